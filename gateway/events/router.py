"""Event fan-out: stamps, encodes once, hands to the journal, and after the commit to every subscriber.

There is no task, future or await per event. What one commit made durable is one `Batch`; subscribers with the
same filter share its bytes, and each gets them in one write. Who wants but some agents is called only where
one of them is in the batch, and looks at nothing else there. A subscriber that lags is its own problem: it is
told to close by its `deliver`, and nobody else waits.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from itertools import chain
from operator import attrgetter
from time import perf_counter
from typing import Final, Protocol, TypeVar

import msgspec
from msgspec.structs import force_setattr

from adapters.contract.change import Change, Encoded, Encoder, changes
from gateway.events.filters import Inside, Selection
from gateway.runtime.frames import text_frame
from gateway.runtime.ids import Minter
from gateway.runtime.masking import masked
from gateway.store.base import Appended, Store
from gateway.telemetry.metrics import ClosedBecause, Metrics
from schemas import events as ev
from schemas.errors import StoreError
from schemas.events import NO_PLATFORM, TAGS
from schemas.ids import Cursor
from schemas.privacy import Mask

FEW: Final = 4  # records: an index of them costs more than it saves
_encode = msgspec.json.Encoder().encode
_decode: Final = msgspec.json.Decoder[ev.AnyEvent](ev.AnyEvent).decode
One = TypeVar("One")
_at: Final[Callable[[Appended], Cursor]] = attrgetter("cursor")
Form = Callable[[Sequence[Appended]], bytes]  # of events, joined; two that make the same are equal
_new = tuple.__new__  # a named tuple's own is written in Python and takes twice as long


class Batch:
    """What one commit made durable, with the forms that subscribers share."""

    def __init__(
        self,
        records: Sequence[Appended],
        together: Sequence[Sequence[ev.AnyEvent]],  # what was published at once
        private: Sequence[bytes] = (),
    ) -> None:
        self.records = records
        self.events = together[0] if len(together) == 1 else [event for one in together for event in one]
        self.private = private  # what became durable beside them, and is for nobody to see
        self._joined: dict[tuple[Form, Selection], tuple[bytes, int]] = {}
        self._indexes: dict[str, dict[str, list[Appended]]] = {}
        self._of_agents: dict[str, list[Change]] | None = None
        self._dialects: dict[tuple[Encoder, Cursor], Encoded] = {}
        self._together = together
        self._changes: list[Change] | None = None
        self._of_platforms: Sequence[Appended] | None = None
        self._inside: dict[Cursor, Inside] = {}
        self._concealed: dict[tuple[Cursor, Mask], bytes] = {}

    def websocket(self, wanted: Selection) -> tuple[bytes, int]:
        """Text frames of the wanted events, joined, and how many they are."""
        return self.joined(wanted, _text_frames)

    def joined(self, wanted: Selection, form: Form) -> tuple[bytes, int]:
        """The wanted events in some form, and how many they are; made for the first one that asks."""
        known = self._joined.get((form, wanted))
        if known is None:
            chosen = self.select(wanted)
            known = self._joined[form, wanted] = (form(chosen) if chosen else b"", len(chosen))
        return known

    def changes(self) -> Sequence[Change]:
        """The events as what happened at once for one agent; made for the first client that asks."""
        if self._changes is None:
            self._changes = [change for one in self._together for change in changes(one)]
        return self._changes

    def changes_of(self, agents: Collection[str]) -> Sequence[Change]:
        """Those of some agents, of whichever platform, in order."""
        if self._of_agents is None:
            self._of_agents = {}
            for change in self.changes():
                self._of_agents.setdefault(change.events[0].agent_id or "", []).append(change)
        return _named(self._of_agents, agents, _begins)

    def of_agents(self) -> Iterable[str]:
        """The agents that it concerns; '' where it is nobody in particular."""
        found = self._indexes.get("agent_id")
        return {one.agent_id for one in self.records} if found is None else found

    def dialect(self, encode: Encoder, change: Change) -> Encoded:
        """The change in a dialect, encoded for the first client that asks."""
        cursor = change.events[0].cursor
        known = self._dialects.get((encode, cursor))
        if known is None:
            known = self._dialects[encode, cursor] = encode(change)
        return known

    def select(self, wanted: Selection) -> Sequence[Appended]:
        """The wanted events."""
        if wanted.everything:
            return self._everything()
        chosen = wanted.choose(self._near(wanted), self._look)
        return [self._masked(one, wanted.mask) for one in chosen] if wanted.mask else chosen

    def _near(self, wanted: Selection) -> Sequence[Appended]:
        """Records among which all that are wanted are, in order: where somebody is named, only his."""
        if len(self.records) <= FEW:
            return self.records
        for name, named in (
            ("interaction_id", wanted.interactions),
            ("session_id", wanted.sessions),
            ("agent_id", wanted.of_agents),
        ):
            if named:
                return _named(self._index(name), named, _at)
        if wanted.types and wanted.types.isdisjoint(self._index("type")):
            return ()
        return self.records

    def _index(self, name: str) -> dict[str, list[Appended]]:
        """The records by one of their fields, looked through once for all who ask."""
        found = self._indexes.get(name)
        if found is None:
            found = self._indexes[name] = {}
            for one, value in zip(self.records, map(attrgetter(name), self.records), strict=True):
                found.setdefault(value, []).append(one)
        return found

    def _masked(self, record: Appended, mask: Mask) -> Appended:
        """Encoded once for all who may see as much of it."""
        body = self._concealed.get((record.cursor, mask))
        if body is None:
            event = self.events[record.cursor - self.records[0].cursor]
            body = self._concealed[record.cursor, mask] = _encode(masked(event, mask))
        return record._replace(body=body)

    def _everything(self) -> Sequence[Appended]:
        """What everybody wants: all but the rare events about the gateway itself. Usually the same list."""
        if self._of_platforms is None:
            rare = any(one.platform_id == NO_PLATFORM for one in self.records)
            self._of_platforms = (
                [one for one in self.records if one.platform_id != NO_PLATFORM] if rare else self.records
            )
        return self._of_platforms

    def _look(self, record: Appended) -> Inside:
        found = self._inside.get(record.cursor)
        if found is None:  # cursors rise by one
            event = self.events[record.cursor - self.records[0].cursor]
            found = self._inside[record.cursor] = Inside(event)
        return found


def _text_frames(chosen: Sequence[Appended]) -> bytes:
    return b"".join([text_frame(one.body) for one in chosen])


def _named(
    index: Mapping[str, Sequence[One]], names: Collection[str], order: Callable[[One], int]
) -> Sequence[One]:
    """What an index has under any of the names, in order."""
    if len(names) > len(index):
        found = [some for name, some in index.items() if name in names]
    else:
        found = [index[name] for name in names if name in index]
    if len(found) > 1:
        return sorted(chain.from_iterable(found), key=order)
    return found[0] if found else ()


def _begins(change: Change) -> int:
    return change.events[0].cursor


class Subscriber(Protocol):
    """Somebody who gets batches, in order, in the loop's thread. Must not block, wait or raise."""

    def deliver(self, batch: Batch) -> None:
        """Take what is wanted of it."""
        ...


class Router:
    """From events to the journal and from there to everybody."""

    def __init__(self, store: Store, minter: Minter, metrics: Metrics, *, high_water: int = 50_000) -> None:
        self._store = store
        self._minter = minter
        self._metrics = metrics
        self._high_water = high_water
        self._cursor = store.last_cursor()
        self.durable = self._cursor  # of the newest event that subscribers have been given
        self._since: float | None = None  # when the oldest event was appended that is not durable yet
        self._in_journal: deque[tuple[ev.AnyEvent, ...]] = deque()  # as they were published
        self._private: deque[tuple[Cursor, bytes]] = deque()
        self._subscribers: dict[Subscriber, set[str] | None] = {}  # and the agents, where it is but some
        self._of_everybody: dict[Subscriber, None] = {}  # those of them who get every batch
        self._of_agents: dict[str, dict[Subscriber, None]] = {}  # the others, by agent
        self._room = asyncio.Event()
        self._listeners: list[Callable[[Batch], None]] = []

    @property
    def cursor(self) -> Cursor:
        """Of the newest event, durable or not yet."""
        return self._cursor

    @property
    def full(self) -> bool:
        """Whether the journal lags so far behind that links must stop reading."""
        return self._store.pending() >= self._high_water

    async def drained(self) -> None:
        """Return when `full` is over."""
        while self.full:
            self._room.clear()
            await self._room.wait()

    def on_commit(self, listener: Callable[[Batch], None]) -> None:
        """Tell a part of ours of every batch, for good. Must not block, wait or raise."""
        self._listeners.append(listener)

    def subscribe(self, subscriber: Subscriber, agents: Iterable[str] | None = None) -> None:
        """From the next commit on every batch; with `agents` those that concern one of them.

        In between, all that is durable counts as told.
        """
        self._subscribers[subscriber] = None if agents is None else set()
        if agents is None:
            self._of_everybody[subscriber] = None
        else:
            for agent_id in agents:
                self.follow(subscriber, agent_id)
        self._metrics.subscribers.set(len(self._subscribers))

    def follow(self, subscriber: Subscriber, agent_id: str) -> None:
        """From the next commit on what concerns one more agent; for who has but some, and is still there."""
        followed = self._subscribers.get(subscriber)
        if followed is not None:
            followed.add(agent_id)
            self._of_agents.setdefault(agent_id, {})[subscriber] = None

    def unsubscribe(self, subscriber: Subscriber, because: ClosedBecause = ClosedBecause.LEFT) -> None:
        """Not once more; unknown ones do no harm."""
        if subscriber in self._subscribers:
            followed = self._subscribers.pop(subscriber)
            self._of_everybody.pop(subscriber, None)
            for agent_id in followed or ():
                others = self._of_agents[agent_id]
                del others[subscriber]
                if not others:
                    del self._of_agents[agent_id]
            self._metrics.subscribers.set(len(self._subscribers))
            self._metrics.subscriber_closed(because)

    def publish(self, events: Sequence[ev.AnyEvent], private: bytes = b"") -> None:
        """Give each its id and cursor, encode it once, journal it; nobody sees it before that is durable.

        What they mean for one agent is one change. `private` is journaled with them.
        """
        records: list[Appended] = []
        cursor = self._cursor
        for event in events:
            cursor = Cursor(cursor + 1)
            # Frozen, but nobody has seen it yet: cheaper than a copy of all fields.
            force_setattr(event, "id", self._minter.event())
            force_setattr(event, "cursor", cursor)
            kind = TAGS[type(event)]
            platform = event.platform_id
            session, agent = event.session_id or "", event.agent_id or ""
            if isinstance(event, ev.InteractionEvent):
                interaction: str = event.interaction.id
            else:
                interaction = event.interaction_id if isinstance(event, ev.MessageAdded) else ""
            one = (cursor, kind, platform, session, agent, interaction, _encode(event))
            records.append(_new(Appended, one))
            self._metrics.event(platform, kind)
        if records:
            self._in_journal.append(tuple(events))
            self._cursor = cursor
            if self._since is None:
                self._since = perf_counter()
            if private:
                self._private.append((cursor, private))
            self._store.append(records, self._committed, private)

    def _committed(self, records: Sequence[Appended]) -> None:
        together: list[tuple[ev.AnyEvent, ...]] = []
        left = len(records)
        while left > 0:
            together.append(one := self._in_journal.popleft())
            left -= len(one)
        private: list[bytes] = []
        while self._private and self._private[0][0] <= records[-1].cursor:
            private.append(self._private.popleft()[1])
        self._measure()
        self._tell(Batch(records, together, private))

    def told(self, records: Sequence[Appended], private: bytes = b"") -> None:
        """What another gateway has told, which is in the journal: tell it here. Raises StoreError."""
        try:
            events = [_decode(one.body) for one in records]
        except msgspec.DecodeError as error:
            what = f"events from {records[0].cursor} on are of a newer version: {error}"
            raise StoreError(f"{what}. Upgrade this gateway") from error
        self._cursor = records[-1].cursor
        self._tell(Batch(records, [events], (private,) if private else ()))

    def _tell(self, batch: Batch) -> None:
        self.durable = batch.records[-1].cursor
        for listener in self._listeners:
            listener(batch)
        for subscriber in self._concerned(batch):
            subscriber.deliver(batch)
        if not self.full:
            self._room.set()

    def _concerned(self, batch: Batch) -> Sequence[Subscriber]:
        concerned = dict(self._of_everybody)
        if self._of_agents:  # whoever follows nobody in it is not even looked at
            for agent_id in batch.of_agents():
                if (followers := self._of_agents.get(agent_id)) is not None:
                    concerned.update(followers)
        return tuple(concerned)

    def _measure(self) -> None:
        """One look at the clock a commit: what waits now was appended while this one was written."""
        now = perf_counter()
        if self._since is not None:
            self._metrics.journal_commit_seconds.observe(now - self._since)
        self._since = now if self._in_journal else None
