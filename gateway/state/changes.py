"""How a change is made and told: the snapshot after it, and its events, in canonical order."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from operator import attrgetter
from typing import Final

from msgspec import UNSET
from msgspec.structs import force_setattr, replace

from adapters.contract.capabilities import Capabilities
from gateway.runtime import ids
from gateway.state import attachments, moments
from gateway.state.diff import SIMPLE_FIELDS, interaction_events, state_event
from gateway.state.identity import Names
from gateway.state.numbers import TOLD_BY, Numbers
from gateway.state.offers import cause_of
from gateway.state.snapshots import Snapshots
from schemas import events as ev
from schemas.agent import AgentSession
from schemas.ids import PlatformId, RootId
from schemas.interaction import (
    EndCause,
    Interaction,
    InteractionState,
    Kind,
    RecordingState,
    Side,
    WrapUpSetBy,
)
from schemas.observations import (
    InteractionGone,
    InteractionObserved,
    MessageObserved,
    Observation,
)
from schemas.values import TimeSource

OVER: Final = frozenset({InteractionState.WRAP_UP, InteractionState.COMPLETED})
# All of them in one call: the fold compares them for every frame of every platform.
_simple: Final = attrgetter(*SIMPLE_FIELDS)


def ending(seen: InteractionObserved | InteractionGone) -> tuple[EndCause, Side]:
    """Why and by whom, as far as the platform said: never inferred from silence."""
    cause = EndCause.UNKNOWN if seen.end_cause is UNSET else seen.end_cause
    return cause, Side.UNKNOWN if seen.ended_by is UNSET else seen.ended_by


def ended_at(seen: InteractionObserved) -> datetime | None:
    """When, as far as the platform said."""
    return seen.ended_at if isinstance(seen.ended_at, datetime) else None


def learn_end(old: Interaction, changed: dict[str, object], cause: EndCause, side: Side) -> None:
    """Why and by whom, learnt after the end: only what was unknown is replaced, or was our inference."""
    unknown = (EndCause.UNKNOWN, EndCause.LOST) if old.end_inferred else (EndCause.UNKNOWN,)
    if old.end_cause in unknown and cause not in (EndCause.UNKNOWN, EndCause.LOST):
        changed["end_cause"] = cause
    if old.ended_by is Side.UNKNOWN and side is not Side.UNKNOWN:
        changed["ended_by"] = side


class Changes:
    """Changes of the snapshots, one by one."""

    def __init__(
        self,
        known: Snapshots,
        capabilities: Mapping[PlatformId, Capabilities],
        dialects: Mapping[PlatformId, str],
        numbers: Numbers,
    ) -> None:
        self._known = known
        self._numbers = numbers
        self._capabilities = capabilities
        self._dialects = dialects

    def complete(
        self,
        interaction: Interaction,
        now: datetime,
        cause: EndCause = EndCause.LOST,
        *,
        recovered: bool = False,
        seen: Observation | None = None,
    ) -> Sequence[ev.AnyEvent]:
        """Close an interaction of which the platform will say nothing more, for all we know."""
        changed: dict[str, object] = {"state": InteractionState.COMPLETED, "end_inferred": True}
        self.end(interaction, changed, now, cause, Side.UNKNOWN)
        return self.apply(interaction, changed, now, seen, recovered=recovered)

    def set_block(
        self, interaction: Interaction, message: str, until: datetime | None, now: datetime
    ) -> Sequence[ev.AnyEvent]:
        """Veto completion, or lift the veto with an empty message, where the platform has no such thing."""
        return self._set(interaction, now, completion_blocked=message, completion_blocked_until=until)

    def set_wrap_up(
        self, interaction: Interaction, until: datetime | None, by: WrapUpSetBy | None, now: datetime
    ) -> Sequence[ev.AnyEvent]:
        """Limit its after-call work, where the platform tells no limit."""
        return self._set(interaction, now, wrap_up_until=until, wrap_up_set_by=by)

    def message(
        self, one: Interaction, seen: MessageObserved, now: datetime, *, recovered: bool
    ) -> Sequence[ev.AnyEvent]:
        """Tell what somebody wrote: once."""
        if not self._known.heard(one.id, seen.message.id):
            return ()
        at, source = _time(seen.message.time or seen.time, one, now)
        told = seen.message if seen.message.time is not None else replace(seen.message, time=at)
        return (
            ev.MessageAdded(
                time=at,
                time_source=source,
                platform_id=one.platform_id,
                session_id=one.session_id,
                agent_id=one.agent_id,
                recovered=recovered,
                vendor=self.frame_of(one.platform_id, seen),
                interaction_id=one.id,
                media=one.media,
                message=told,
            ),
        )

    def _set(self, interaction: Interaction, now: datetime, **wanted: object) -> Sequence[ev.AnyEvent]:
        changed = {name: value for name, value in wanted.items() if value != getattr(interaction, name)}
        return self.apply(interaction, changed, now, None, recovered=False) if changed else ()

    def changed(self, old: Interaction, seen: InteractionObserved) -> dict[str, object]:
        """What is told otherwise than it is known, but for the state and the end."""
        changed: dict[str, object] = {
            name: told
            for name, told, known_value in zip(SIMPLE_FIELDS, _simple(seen), _simple(old), strict=True)
            if told is not known_value and told is not UNSET and told != known_value
        }
        if changed:
            moments.keep_words(old.extras, changed)
            self._without_defaults(old, seen, changed)
            if not TOLD_BY.isdisjoint(changed):
                self._numbers.add(old.platform_id, old, changed)
            if "recording" in changed:
                attachments.add(old, changed)
        self._relations(old, seen, changed)
        return changed

    def _without_defaults(
        self, old: Interaction, seen: InteractionObserved, changed: dict[str, object]
    ) -> None:
        """Leave out what the platform has no word for, and a new connection does not remember: it stands."""
        if "kind" in changed and old.kind is Kind.CONSULT and old.consult_of is not None:
            del changed["kind"]
        if (
            changed.get("recording_state") is RecordingState.RECORDING
            and old.recording_state is RecordingState.PAUSED
            and seen.state is not UNSET  # a whole frame, and no word about the recording alone
            and self._capabilities[old.platform_id].pause_unseen
        ):
            del changed["recording_state"]

    def create(
        self,
        session: AgentSession,
        names: Names,
        seen: InteractionObserved,
        now: datetime,
        *,
        recovered: bool,
    ) -> Sequence[ev.AnyEvent]:
        """Begin one that nobody knows yet; nothing comes of one that is over already."""
        if seen.state is InteractionState.COMPLETED:
            return ()
        at = seen.time or now
        values = {
            name: told for name, told in zip(SIMPLE_FIELDS, _simple(seen), strict=True) if told is not UNSET
        }
        self._numbers.add(session.platform_id, None, values)
        attachments.add(None, values)
        if values.get("created_at") is None:
            values["created_at"] = min(at, ended_at(seen) or at)
        new_id = self._known.identity.mint(names, seen.ref)
        consulted = self._known.find(session.id, seen.consult_of_ref)
        parent = self._known.find(session.id, seen.parent_ref)
        relative = consulted or parent
        if seen.root_ref is not None:
            root = ids.root_id(session.platform_id, seen.root_ref)
        elif relative is not None and (other := self._known.interaction(relative)) is not None:
            root = other.root_id
        else:
            root = RootId("con_" + new_id.removeprefix("int_"))
        old = Interaction(
            id=new_id,
            root_id=root,
            platform_id=session.platform_id,
            session_id=session.id,
            agent_id=session.agent_id,
            state=InteractionState.UNKNOWN,
            ref=seen.ref,
            durable_ref=seen.durable_ref,
            consult_of=consulted,
            parent_id=parent,
        )
        self._known.identity.bind(names, old)
        self._known.of_session[session.id][new_id] = None
        if seen.vendor:
            self._known.frames[new_id] = seen.vendor
        if seen.state is not UNSET:
            values["state"] = seen.state
        if seen.ended or seen.state in OVER:
            self.end(old, values, ended_at(seen) or at, *ending(seen))
        return self.apply(old, values, now, seen, recovered=recovered)

    def _relations(self, old: Interaction, seen: InteractionObserved, changed: dict[str, object]) -> None:
        """Relations and names that are learnt late or change with a reload."""
        if seen.ref != old.ref:
            changed["ref"] = seen.ref
        if seen.durable_ref is not None and seen.durable_ref != old.durable_ref:
            changed["durable_ref"] = seen.durable_ref
        if (
            old.consult_of is None
            and (found := self._known.find(old.session_id, seen.consult_of_ref)) is not None
        ):
            changed["consult_of"] = found
        if old.parent_id is None and (found := self._known.find(old.session_id, seen.parent_ref)) is not None:
            changed["parent_id"] = found

    @staticmethod
    def end(old: Interaction, changed: dict[str, object], at: datetime, cause: EndCause, side: Side) -> None:
        """Media over: once. A cause learnt later replaces only an unknown one."""
        if old.ended_at is None:
            changed.update(ended_at=at, end_cause=cause_of(old, cause, side), ended_by=side)
            return
        learn_end(old, changed, cause, side)

    @staticmethod
    def goes_on(old: Interaction, state: InteractionState) -> bool:
        """Whether it comes to that state without beginning or ending anything: one event tells it."""
        begun = old.connected_at is not None or state is not InteractionState.CONNECTED
        return begun and state is not old.state and old.ended_at is None and state not in OVER

    def moved(
        self,
        old: Interaction,
        state: InteractionState,
        changed: dict[str, object],
        now: datetime,
        seen: InteractionObserved,
        *,
        recovered: bool,
    ) -> Sequence[ev.AnyInteractionEvent]:
        """By far the most frequent change: another state, see `goes_on`, and what rides along."""
        at, source = _time(seen.time, old, now)
        new = replace(old, state=state, sequence=old.sequence + 1, **changed)
        # Frozen, but nobody has seen it yet: cheaper than a second copy of all fields.
        force_setattr(new, "allowed", self._capabilities[old.platform_id].allowed(new))
        self._known.open[new.id] = new
        make: Callable[..., ev.AnyInteractionEvent] = state_event(old.state, state)
        return (
            make(
                time=at,
                time_source=source,
                platform_id=new.platform_id,
                session_id=new.session_id,
                agent_id=new.agent_id,
                sequence=new.sequence,
                recovered=recovered,
                vendor=self.frame_of(new.platform_id, seen),
                interaction=new,
            ),
        )

    def apply(
        self,
        old: Interaction,
        changed: dict[str, object],
        now: datetime,
        seen: Observation | None,
        *,
        recovered: bool,
        reopened: bool = False,
    ) -> Sequence[ev.AnyEvent]:
        """Make a change and tell it. `changed` has the fields that are told otherwise than they are known."""
        told_at = seen.time if seen is not None else None
        at, source = _time(told_at, old, now)
        state = changed.get("state", old.state)
        if state is InteractionState.CONNECTED and old.connected_at is None:
            changed["connected_at"] = told_at or now
        if state is InteractionState.COMPLETED:
            changed.setdefault("completed_at", told_at or now)
        if not moments.TIMES.isdisjoint(changed):
            moments.in_order(old, changed, now)
        new = replace(old, **changed)
        if "refs" in changed or "ref" in changed or "durable_ref" in changed:
            names = self._known.identity.names(old.session_id, old.platform_id)
            self._known.identity.release(names, old)
            self._known.identity.bind(names, new)
        kinds = interaction_events(old, new, changed, reopened=reopened)
        if not kinds:
            self._known.open[new.id] = new
            return ()
        # Frozen, but nobody has seen it yet: cheaper than a second copy of all fields.
        force_setattr(new, "sequence", old.sequence + len(kinds))
        force_setattr(new, "allowed", self._capabilities[old.platform_id].allowed(new))
        if "focused" in changed:
            self._known.note_focus(new)
        if new.state is InteractionState.COMPLETED:
            self._known.close(new)
        else:
            self._known.open[new.id] = new
        vendor = self.frame_of(old.platform_id, seen)
        told: list[ev.AnyEvent] = []
        for part, (kind, extra) in enumerate(kinds):
            make: Callable[..., ev.AnyEvent] = kind
            told.append(
                make(
                    time=at,
                    time_source=source,
                    platform_id=new.platform_id,
                    session_id=new.session_id,
                    agent_id=new.agent_id,
                    sequence=old.sequence + part + 1,
                    part=part,
                    recovered=recovered,
                    vendor=vendor if part == 0 else None,
                    interaction=new,
                    **extra,
                )
            )
        return told

    def frame_of(self, platform_id: PlatformId, seen: Observation | None) -> ev.VendorFrame | None:
        """What an observation was told by, as events carry it."""
        if seen is None or not seen.vendor:
            return None
        return ev.VendorFrame(dialect=self._dialects[platform_id], frame=seen.vendor, earlier=seen.earlier)


def _time(told: datetime | None, old: Interaction, now: datetime) -> tuple[datetime, TimeSource]:
    """Of an event about it; the times that it has are not looked at where none is told."""
    if told is None:
        return now, TimeSource.GATEWAY
    return moments.of_event(told, moments.last(old), now)
