"""Folds observations into one snapshot per agent session and interaction, and diffs them into events.

So duplicates vanish, a reconnect tells exactly what was missed, and no platform can break the invariants of
schemas.events. All state is in memory.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from operator import attrgetter
from typing import Final

from msgspec import UNSET
from msgspec.structs import force_setattr, replace

from adapters.capabilities import Capabilities
from gateway import ids
from gateway.diff import AGENT_FIELDS, SIMPLE_FIELDS, agent_events, interaction_events
from gateway.ids import Minter
from gateway.snapshots import Snapshots
from schemas import events as ev
from schemas.agent import AgentSession, AgentState
from schemas.ids import InteractionId, PlatformId, RootId, SessionId
from schemas.interaction import EndCause, Interaction, InteractionState, Side
from schemas.observations import (
    AgentObserved,
    AnyObservation,
    DirectoryListed,
    DispositionsListed,
    InteractionGone,
    InteractionObserved,
    InteractionsListed,
    Noticed,
    Observation,
    Unrecognised,
)

_OVER: Final = frozenset({InteractionState.WRAP_UP, InteractionState.COMPLETED})
_BEGINNINGS: Final = frozenset(
    {InteractionState.QUEUED, InteractionState.PREVIEW, InteractionState.DIALING, InteractionState.ALERTING}
)
# All of them in one call: the fold compares them for every frame of every platform.
_simple: Final = attrgetter(*SIMPLE_FIELDS)
_Told = DispositionsListed | DirectoryListed | Noticed | Unrecognised


def _source(seen: Observation | None) -> ev.TimeSource:
    return ev.TimeSource.PLATFORM if seen is not None and seen.time else ev.TimeSource.GATEWAY


def _ending(seen: InteractionObserved | InteractionGone) -> tuple[EndCause, Side]:
    """Why and by whom, as far as the platform said: never inferred from silence."""
    cause = EndCause.UNKNOWN if seen.end_cause is UNSET else seen.end_cause
    return cause, Side.UNKNOWN if seen.ended_by is UNSET else seen.ended_by


def _ended_at(seen: InteractionObserved) -> datetime | None:
    return seen.ended_at if isinstance(seen.ended_at, datetime) else None


def _begins_anew(seen: InteractionObserved, done: Interaction, *, recovered: bool) -> bool:
    """Whether a platform uses the id of a completed interaction for another one, or is merely late.

    What a new connection begins with is not late: then we told an end that was none. Nor is a beginning
    under another id, though the durable one is the same: the contact was handed on and has come back.
    """
    if recovered:
        return True
    if seen.durable_ref is None or done.durable_ref is None:
        return seen.state in _BEGINNINGS
    if seen.durable_ref == done.durable_ref:
        return seen.state in _BEGINNINGS and seen.ref != done.ref
    return True


class State(Snapshots):
    """The snapshots of all platforms, and how what is observed changes them."""

    def __init__(
        self,
        capabilities: Mapping[PlatformId, Capabilities],
        dialects: Mapping[PlatformId, str],
        minter: Minter,
    ) -> None:
        super().__init__(capabilities, minter)
        self._dialects = dialects

    # --- folding

    def observe(
        self, platform_id: PlatformId, seen: AnyObservation, now: datetime, *, recovered: bool = False
    ) -> Sequence[ev.AnyEvent]:
        """Take in one observation. Returns the events that tell what it changed, in canonical order."""
        match seen:
            case InteractionObserved():
                return self._interaction(platform_id, seen, now, recovered=recovered)
            case AgentObserved():
                return self._agent(platform_id, seen, now, recovered=recovered)
            case InteractionGone():
                return self._gone(platform_id, seen, now, recovered=recovered)
            case InteractionsListed():
                return self._listed(platform_id, seen, now, recovered=recovered)
            case DispositionsListed() | DirectoryListed() | Noticed() | Unrecognised():
                return [self._told(platform_id, seen, now)]

    def complete(
        self,
        interaction: Interaction,
        now: datetime,
        cause: EndCause = EndCause.LOST,
        *,
        recovered: bool = False,
        seen: Observation | None = None,
    ) -> Sequence[ev.AnyEvent]:
        """Close an interaction of which the platform will say nothing more."""
        changed: dict[str, object] = {"state": InteractionState.COMPLETED}
        self._end(interaction, changed, now, cause, Side.UNKNOWN)
        return self._apply(interaction, changed, now, seen, recovered=recovered)

    def set_block(
        self, interaction: Interaction, message: str, until: datetime | None, now: datetime
    ) -> Sequence[ev.AnyEvent]:
        """Veto completion, or lift the veto with an empty message, where the platform has no such thing."""
        wanted: dict[str, object] = {"completion_blocked": message, "completion_blocked_until": until}
        changed = {name: value for name, value in wanted.items() if value != getattr(interaction, name)}
        return self._apply(interaction, changed, now, None, recovered=False) if changed else ()

    def _interaction(
        self, platform_id: PlatformId, seen: InteractionObserved, now: datetime, *, recovered: bool
    ) -> Sequence[ev.AnyEvent]:
        session = self._session(platform_id, seen.agent)
        known = self._identity.find(session.id, seen.ref, seen.durable_ref)
        old = self._open.get(known) if known is not None else None
        if old is None:
            if seen.state is InteractionState.COMPLETED:
                return ()
            if known is not None and (done := self._completed.get(known)) is not None:
                if not _begins_anew(seen, done, recovered=recovered):
                    return ()
                self._identity.forget(done)
            return self._create(session, seen, now, recovered=recovered)
        if bytes(seen.vendor):
            self._frames[old.id] = seen.vendor
        changed: dict[str, object] = {
            name: told
            for name, told, known_value in zip(SIMPLE_FIELDS, _simple(seen), _simple(old), strict=True)
            if told is not known_value and told is not UNSET and told != known_value
        }
        self._relations(old, seen, changed)
        state = seen.state
        if state is not UNSET and state is not old.state and (old.ended_at is None or state in _OVER):
            changed["state"] = state
        if seen.ended or state in _OVER:
            self._end(old, changed, _ended_at(seen) or seen.time or now, *_ending(seen))
        if not changed:
            return ()
        return self._apply(old, changed, now, seen, recovered=recovered)

    def _create(
        self,
        session: AgentSession,
        seen: InteractionObserved,
        now: datetime,
        *,
        recovered: bool,
    ) -> Sequence[ev.AnyEvent]:
        at = seen.time or now
        values = {
            name: told for name, told in zip(SIMPLE_FIELDS, _simple(seen), strict=True) if told is not UNSET
        }
        if values.get("created_at") is None:
            values["created_at"] = at
        new_id = self._identity.mint(session.id, seen.ref)
        consulted = self._find(session.id, seen.consult_of_ref)
        parent = self._find(session.id, seen.parent_ref)
        relative = consulted or parent
        if seen.root_ref is not None:
            root = ids.root_id(session.platform_id, seen.root_ref)
        elif relative is not None and (other := self.interaction(relative)) is not None:
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
        self._identity.bind(old)
        self._of_session[session.id][new_id] = None
        if bytes(seen.vendor):
            self._frames[new_id] = seen.vendor
        if seen.state is not UNSET:
            values["state"] = seen.state
        if seen.ended or seen.state in _OVER:
            self._end(old, values, _ended_at(seen) or at, *_ending(seen))
        return self._apply(old, values, now, seen, recovered=recovered)

    def _relations(self, old: Interaction, seen: InteractionObserved, changed: dict[str, object]) -> None:
        """Relations and names that are learnt late or change with a reload."""
        if seen.ref != old.ref:
            changed["ref"] = seen.ref
        if seen.durable_ref is not None and seen.durable_ref != old.durable_ref:
            changed["durable_ref"] = seen.durable_ref
        if old.consult_of is None and (found := self._find(old.session_id, seen.consult_of_ref)) is not None:
            changed["consult_of"] = found
        if old.parent_id is None and (found := self._find(old.session_id, seen.parent_ref)) is not None:
            changed["parent_id"] = found

    @staticmethod
    def _end(old: Interaction, changed: dict[str, object], at: datetime, cause: EndCause, side: Side) -> None:
        """Media over: once. A cause learnt later replaces only an unknown one."""
        if old.ended_at is None:
            changed.update(ended_at=at, end_cause=cause, ended_by=side)
            return
        if old.end_cause is EndCause.UNKNOWN and cause not in (EndCause.UNKNOWN, EndCause.LOST):
            changed["end_cause"] = cause
        if old.ended_by is Side.UNKNOWN and side is not Side.UNKNOWN:
            changed["ended_by"] = side

    def _apply(
        self,
        old: Interaction,
        changed: dict[str, object],
        now: datetime,
        seen: Observation | None,
        *,
        recovered: bool,
    ) -> Sequence[ev.AnyEvent]:
        at = (seen.time if seen is not None else None) or now
        state = changed.get("state", old.state)
        if state is InteractionState.CONNECTED and old.connected_at is None:
            changed["connected_at"] = at
        if state is InteractionState.COMPLETED:
            changed.setdefault("completed_at", at)
        new = replace(old, **changed)
        if "ref" in changed or "durable_ref" in changed:
            self._identity.forget(old)
            self._identity.bind(new)
        kinds = interaction_events(old, new, changed)
        if not kinds:
            self._open[new.id] = new
            return ()
        # Frozen, but nobody has seen it yet: cheaper than a second copy of all fields.
        force_setattr(new, "sequence", old.sequence + len(kinds))
        force_setattr(new, "allowed", self._capabilities[old.platform_id].allowed(new))
        if "focused" in changed:
            self._note_focus(new)
        if new.state is InteractionState.COMPLETED:
            self._close(new)
        else:
            self._open[new.id] = new
        vendor = self._frame(old.platform_id, seen)
        source = _source(seen)
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

    def _gone(
        self, platform_id: PlatformId, seen: InteractionGone, now: datetime, *, recovered: bool
    ) -> Sequence[ev.AnyEvent]:
        session = self._session(platform_id, seen.agent)
        known = self._identity.find(session.id, seen.ref)
        old = self._open.get(known) if known is not None else None
        if old is None:
            return ()
        changed: dict[str, object] = {"state": InteractionState.COMPLETED}
        self._end(old, changed, seen.time or now, *_ending(seen))
        return self._apply(old, changed, now, seen, recovered=recovered)

    def _listed(
        self, platform_id: PlatformId, seen: InteractionsListed, now: datetime, *, recovered: bool
    ) -> Sequence[ev.AnyEvent]:
        session = self._session(platform_id, seen.agent)
        listed = {self._identity.find(session.id, ref) for ref in seen.refs}
        told: list[ev.AnyEvent] = []
        for interaction in self.interactions(session.id):
            if interaction.id not in listed:
                told += self.complete(interaction, now, recovered=recovered, seen=seen)
        return told

    # --- agents

    def _agent(
        self, platform_id: PlatformId, seen: AgentObserved, now: datetime, *, recovered: bool
    ) -> Sequence[ev.AnyEvent]:
        old = self._session(platform_id, seen.agent)
        at = seen.time or now
        told: list[ev.AnyEvent] = []
        if seen.state is AgentState.LOGGED_OUT:
            for interaction in self.interactions(old.id):
                told += self.complete(interaction, now, EndCause.UNKNOWN, recovered=recovered, seen=seen)
            old = self.sessions[old.id]
        changed: dict[str, object] = {}
        for name in AGENT_FIELDS:
            value = getattr(seen, name)
            if value is not UNSET and value != getattr(old, name):
                changed[name] = value
        if "state" in changed:
            changed["since"] = at
        kinds = agent_events(old, changed)
        if changed:
            new = replace(old, **changed, sequence=old.sequence + len(kinds))
            allowed = self._capabilities[platform_id].allowed_agent(new.state)
            self.sessions[old.id] = replace(new, allowed=allowed)
        if seen.focused is not UNSET:
            told += self._focus(old.id, self._find(old.id, seen.focused), now, seen, recovered=recovered)
        session = self.sessions[old.id]
        vendor = self._frame(platform_id, seen)
        for part, kind in enumerate(kinds):
            told.append(
                kind(
                    time=at,
                    time_source=_source(seen),
                    platform_id=platform_id,
                    session_id=session.id,
                    agent_id=session.agent_id,
                    sequence=old.sequence + part + 1,
                    part=part,
                    recovered=recovered,
                    vendor=vendor if part == 0 else None,
                    agent=session,
                )
            )
        return told

    def _focus(
        self,
        session_id: SessionId,
        focused: InteractionId | None,
        now: datetime,
        seen: AgentObserved,
        *,
        recovered: bool,
    ) -> list[ev.AnyEvent]:
        """The agent's screen turned to another interaction: the one left is told first."""
        told: list[ev.AnyEvent] = []
        for interaction in sorted(self.interactions(session_id), key=lambda one: one.id == focused):
            if interaction.focused != (interaction.id == focused):
                changed: dict[str, object] = {"focused": interaction.id == focused}
                told += self._apply(interaction, changed, now, seen, recovered=recovered)
        return told

    # --- what changes no snapshot

    def _told(self, platform_id: PlatformId, seen: _Told, now: datetime) -> ev.AnyEvent:
        session = self._session(platform_id, seen.agent) if seen.agent else None
        told: ev.AnyEvent
        match seen:
            case DispositionsListed(dispositions=dispositions, interaction_ref=ref):
                found = self._find(session.id, ref) if session else None
                told = ev.DispositionsUpdated(
                    time=now, platform_id=platform_id, dispositions=dispositions, interaction_id=found
                )
            case DirectoryListed(entries=entries):
                told = ev.DirectoryUpdated(time=now, platform_id=platform_id, entries=entries)
            case Noticed(code=code, message=text, error=error):
                told = ev.PlatformNotice(
                    time=now, platform_id=platform_id, code=code, message=text, error=error
                )
            case Unrecognised(name=name):
                told = ev.VendorUnrecognised(time=now, platform_id=platform_id, name=name)
        return replace(
            told,
            time=seen.time or now,
            time_source=_source(seen),
            session_id=session.id if session else None,
            agent_id=session.agent_id if session else None,
            vendor=self._frame(platform_id, seen),
        )

    def _frame(self, platform_id: PlatformId, seen: Observation | None) -> ev.VendorFrame | None:
        if seen is None or not bytes(seen.vendor):
            return None
        return ev.VendorFrame(dialect=self._dialects[platform_id], frame=seen.vendor)
