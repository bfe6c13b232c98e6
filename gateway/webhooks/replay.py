"""Sending again what is over, and what was never queued: chosen by state, type, place and time.

One call does a bounded step in the order of the events and says where to go on, so that a week's events take
several calls and hold up nobody. What is replayed is sent as a record, live event or not: whoever asks for
it wants it late.
"""

from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from functools import partial
from secrets import token_hex
from typing import Annotated, Final

import msgspec

from gateway.events.filters import in_sight, look, types
from gateway.outbound import payload
from gateway.runtime.clock import Clock
from gateway.store.base import Appended, Store
from gateway.store.deliveries import Delivery, DeliveryState, Webhook
from gateway.store.epochs import read_place
from gateway.webhooks.delivery import Deliverer
from gateway.webhooks.filters import matcher
from schemas.ids import Cursor, DeliveryId, Resume

MAX_LOOKED_AT: Final = 50_000  # deliveries or events, in one call
_PAGE: Final = 500
_NEIGHBOURS: Final = 50  # events read with one: a row of the journal holds many

_Time = Annotated[datetime, msgspec.Meta(tz=True)]


class Replayable(StrEnum):
    """What can be sent again."""

    DEAD = DeliveryState.DEAD.value
    EXPIRED = DeliveryState.EXPIRED.value
    DELIVERED = DeliveryState.DELIVERED.value
    PENDING = DeliveryState.PENDING.value  # tried now, rather than when its time comes
    MISSED = "missed"  # never queued: it came before the webhook was made, or while that was disabled


class Replay(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to send again. An empty filter lets everything through; times are those of the events."""

    states: frozenset[Replayable] = frozenset({Replayable.DEAD})
    types: tuple[str, ...] = ()  # `interaction.held`, `interaction.*`, `*`
    platform_ids: frozenset[str] = frozenset()
    agent_ids: frozenset[str] = frozenset()
    interaction_ids: frozenset[str] = frozenset()
    since: _Time | None = msgspec.field(default=None, name="from")
    until: _Time | None = None  # and not at that time
    after: Cursor | Resume = Cursor(
        0
    )  # where the last call said to go on, or whatever a client goes on after


class Replayed(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How many are sent again. With `next` there may be more: ask again, with that as `after`."""

    replayed: int
    next: Cursor | None = None


_Candidate = tuple[Appended, Delivery | None]  # and how it was delivered, if it ever was queued


class Replays:
    """Carries them out."""

    def __init__(self, store: Store, clock: Clock, deliverer: Deliverer) -> None:
        self._store = store
        self._clock = clock
        self._deliverer = deliverer

    async def step(self, webhook: Webhook, wanted: Replay) -> Replayed:
        """Queue what is wanted, as far as one call goes.

        Raises RefusedError for types that there are not, and an `after` of another journal.
        """
        chosen = _chooser(webhook, wanted, self._deliverer)
        look = self._journal if Replayable.MISSED in wanted.states else partial(self._kept, wanted.states)
        upto = self._deliverer.planned_to(webhook)
        after, count, looked_at = self._store.epochs.cursor(read_place(wanted.after)), 0, 0
        while looked_at < MAX_LOOKED_AT and (room := self._deliverer.room(webhook.id)) > 0:
            found, end = await look(webhook, after, min(room, _PAGE))
            now = self._clock.now()
            wanted_ones = [one for one in found if one[0].cursor <= upto and chosen(*one)]
            again = [
                _new(webhook, event, now) if before is None else afresh(before, now)
                for event, before in wanted_ones
                if before is None or before.state is not DeliveryState.PENDING
            ]
            waiting = [
                before for _, before in wanted_ones if before and before.state is DeliveryState.PENDING
            ]
            count += await self._deliverer.requeue(webhook.id, again)
            count += await self._deliverer.hasten(webhook.id, waiting)
            if end is None or end >= upto:
                return Replayed(replayed=count)
            after, looked_at = end, looked_at + _PAGE
        return Replayed(replayed=count, next=after)

    async def _journal(
        self, webhook: Webhook, after: Cursor, limit: int
    ) -> tuple[list[_Candidate], Cursor | None]:
        """The events after a cursor, and the last one's; None if there are none."""
        events = await self._store.read(after, limit)
        if not events:
            return [], None
        before = Cursor(events[0].cursor - 1)
        known = await self._store.deliveries.deliveries(webhook.id, None, before, len(events))
        by_cursor = {one.cursor: one for one in known}
        return [(event, by_cursor.get(event.cursor)) for event in events], events[-1].cursor

    async def _kept(
        self, states: frozenset[Replayable], webhook: Webhook, after: Cursor, limit: int
    ) -> tuple[list[_Candidate], Cursor | None]:
        """The deliveries of events after a cursor, less those whose event is no longer kept."""
        names = {one.value for one in states}
        only = DeliveryState(*names) if len(names) == 1 else None
        page = await self._store.deliveries.deliveries(webhook.id, only, after, limit)
        events: dict[Cursor, Appended] = {}
        found: list[_Candidate] = []
        for one in page:
            if one.state.value not in names:
                continue
            if one.cursor not in events:
                some = await self._store.read(Cursor(one.cursor - 1), _NEIGHBOURS)
                events |= {event.cursor: event for event in some}
            if (event := events.get(one.cursor)) is not None:
                found.append((event, one))
        return found, page[-1].cursor if page else None


def afresh(delivery: Delivery, now: datetime) -> Delivery:
    """The delivery as it is before its first attempt."""
    return msgspec.structs.replace(
        delivery,
        state=DeliveryState.PENDING,
        attempts=0,
        next_attempt_at=now,
        expires_at=None,
        error="",
        step=0,
        aside=False,
    )


def _new(webhook: Webhook, event: Appended, now: datetime) -> Delivery:
    return Delivery(
        id=DeliveryId("dlv_" + token_hex(12)),
        webhook_id=webhook.id,
        cursor=event.cursor,
        type=event.type,
        key=payload.key(event),
        created_at=now,
        next_attempt_at=now,
    )


def _chooser(
    webhook: Webhook, wanted: Replay, deliverer: Deliverer
) -> Callable[[Appended, Delivery | None], bool]:
    wanted_types = types(wanted.types)
    at_any_time = msgspec.structs.replace(webhook, from_cursor=Cursor(0))
    rights = deliverer.owners.rights(webhook)
    its_own = matcher(at_any_time, deliverer.teams, rights)

    def chosen(event: Appended, before: Delivery | None) -> bool:
        state = Replayable.MISSED if before is None else before.state
        return (
            state in wanted.states
            and (not wanted_types or event.type in wanted_types)
            and (not wanted.platform_ids or event.platform_id in wanted.platform_ids)
            and (not wanted.agent_ids or event.agent_id in wanted.agent_ids)
            and (not wanted.interaction_ids or event.interaction_id in wanted.interaction_ids)
            and _in_time(event, wanted)
            and (its_own(event, look) if before is None else in_sight(rights, event))
        )

    return chosen


def _in_time(event: Appended, wanted: Replay) -> bool:
    if wanted.since is None and wanted.until is None:
        return True
    time = payload.head(event.body).time
    return (wanted.since is None or time >= wanted.since) and (wanted.until is None or time < wanted.until)
