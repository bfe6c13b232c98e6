"""Folds observations into one snapshot per agent session and interaction, and diffs them into events.

So duplicates vanish, a reconnect tells exactly what was missed, and no platform can break the invariants of
schemas.events. All state is in memory.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from operator import attrgetter
from typing import Final

from msgspec import UNSET
from msgspec.structs import force_setattr, replace

from adapters.capabilities import Capabilities
from adapters.dialect import Naming
from gateway import ids, moments
from gateway.diff import AGENT_FIELDS, SIMPLE_FIELDS, agent_events, interaction_events
from gateway.identity import Names
from gateway.ids import Minter
from gateway.snapshots import Snapshots
from schemas import events as ev
from schemas.agent import AgentSession, AgentState
from schemas.ids import InteractionId, PlatformId, Ref, RootId, SessionId
from schemas.interaction import EndCause, Interaction, InteractionState, Kind, RecordingState, Side
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
# What a platform may still say of what is over.
_LATE: Final = ("recording", "notes", "disposition", "records", "extras")
# All of them in one call: the fold compares them for every frame of every platform.
_simple: Final = attrgetter(*SIMPLE_FIELDS)
_Told = DispositionsListed | DirectoryListed | Noticed | Unrecognised


def _ending(seen: InteractionObserved | InteractionGone) -> tuple[EndCause, Side]:
    """Why and by whom, as far as the platform said: never inferred from silence."""
    cause = EndCause.UNKNOWN if seen.end_cause is UNSET else seen.end_cause
    return cause, Side.UNKNOWN if seen.ended_by is UNSET else seen.ended_by


def _ended_at(seen: InteractionObserved) -> datetime | None:
    return seen.ended_at if isinstance(seen.ended_at, datetime) else None


def _begins_anew(seen: InteractionObserved, done: Interaction, *, recovered: bool) -> bool:
    """Whether a platform uses the names of what it ended itself for another one, or is merely late.

    What a new connection begins with is not late. Nor is a beginning under another id, though the durable one
    is the same: the contact was handed on and has come back.
    """
    if seen.state is InteractionState.COMPLETED:
        return False
    if recovered:
        return True
    if seen.durable_ref is None or done.durable_ref is None:
        return seen.state in _BEGINNINGS
    if seen.durable_ref == done.durable_ref:
        return seen.state in _BEGINNINGS and seen.ref != done.ref
    return True


def _is_known(seen: AgentObserved, old: AgentSession) -> bool:
    """Whether it has told a state: if only one that we have no word for, but not that it knows none."""
    word = old.vendor_state if seen.vendor_state is UNSET else seen.vendor_state
    return seen.state is not AgentState.UNKNOWN or word.casefold() not in {"", "unknown"}


def _is_another(seen: InteractionObserved, done: Interaction) -> bool:
    """Whether a ref of what we took for ended names another one by now."""
    return (
        seen.state in _BEGINNINGS
        and seen.durable_ref is not None
        and done.durable_ref is not None
        and seen.durable_ref != done.durable_ref
        and seen.ref == done.ref
    )


class State(Snapshots):
    """The snapshots of all platforms, and how what is observed changes them."""

    def __init__(
        self,
        capabilities: Mapping[PlatformId, Capabilities],
        dialects: Mapping[PlatformId, str],
        minter: Minter,
        naming: Mapping[PlatformId, Naming] | None = None,
    ) -> None:
        super().__init__(capabilities, minter, naming or {})
        self._dialects = dialects

    # --- folding

    def observe(
        self,
        platform_id: PlatformId,
        seen: AnyObservation,
        now: datetime,
        *,
        recovered: bool = False,
        link: int | None = None,
    ) -> Sequence[ev.AnyEvent]:
        """Take in one observation. Returns the events that tell what it changed, in canonical order.

        `link` is the number of the connection that it came by; refs are good within one (gateway.identity).
        None: nobody knows, so that a ref not heard of may be that of a new one.
        """
        match seen:
            case InteractionObserved():
                return self._interaction(platform_id, seen, now, recovered=recovered, link=link)
            case AgentObserved():
                return self._agent(platform_id, seen, now, recovered=recovered, link=link)
            case InteractionGone():
                return self._gone(platform_id, seen, now, recovered=recovered, link=link)
            case InteractionsListed():
                return self._listed(platform_id, seen, now, recovered=recovered, link=link)
            case DispositionsListed() | DirectoryListed() | Noticed() | Unrecognised():
                return [self._told(platform_id, seen, now, link)]

    def unmet(self, platform_id: PlatformId, agent: Ref, link: int) -> bool:
        """Whether the agent has interactions that this connection has not told of yet.

        Then what it begins with must be met as a whole, before it is observed one by one.
        """
        return bool(self._names(self._session(platform_id, agent), link).unmet)

    def meet(self, platform_id: PlatformId, told: Iterable[InteractionObserved], link: int) -> None:
        """Find out which of an agent's known interactions these are; they are all that a snapshot told."""
        of_agents: dict[Ref, list[InteractionObserved]] = {}
        for seen in told:
            of_agents.setdefault(seen.agent, []).append(seen)
        for agent, his in of_agents.items():
            self._identity.meet(self._names(self._session(platform_id, agent), link), his)

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
        self._end(interaction, changed, now, cause, Side.UNKNOWN)
        return self._apply(interaction, changed, now, seen, recovered=recovered)

    def set_block(
        self, interaction: Interaction, message: str, until: datetime | None, now: datetime
    ) -> Sequence[ev.AnyEvent]:
        """Veto completion, or lift the veto with an empty message, where the platform has no such thing."""
        wanted: dict[str, object] = {"completion_blocked": message, "completion_blocked_until": until}
        changed = {name: value for name, value in wanted.items() if value != getattr(interaction, name)}
        return self._apply(interaction, changed, now, None, recovered=False) if changed else ()

    def _names(self, session: AgentSession, link: int | None) -> Names:
        names = self._identity.names(session.id, session.platform_id)
        if names.link != link and link is not None:
            self._identity.turn(names, link)
        return names

    def _interaction(
        self,
        platform_id: PlatformId,
        seen: InteractionObserved,
        now: datetime,
        *,
        recovered: bool,
        link: int | None,
    ) -> Sequence[ev.AnyEvent]:
        session = self._session(platform_id, seen.agent)
        names = self._names(session, link)
        known = names.refs.get(seen.ref)
        if known is None and not names.naming.lasting:
            self._identity.meet(names, (seen,), unsure=link is None)
            known = names.refs.get(seen.ref)
        old = self._open.get(known) if known is not None else None
        if old is None:
            done = self._completed.get(known) if known is not None else None
            if done is None:
                return self._create(session, names, seen, now, recovered=recovered)
            return self._after_the_end(session, names, done, seen, now, recovered=recovered)
        if bytes(seen.vendor):
            self._frames[old.id] = seen.vendor
        changed = self._changed(old, seen)
        state = seen.state
        if state is not UNSET and state is not old.state and (old.ended_at is None or state in _OVER):
            changed["state"] = state
        if seen.ended or state in _OVER:
            self._end(old, changed, _ended_at(seen) or seen.time or now, *_ending(seen))
        if not changed:
            return ()
        return self._apply(old, changed, now, seen, recovered=recovered)

    def _changed(self, old: Interaction, seen: InteractionObserved) -> dict[str, object]:
        """What is told otherwise than it is known, but for the state and the end."""
        changed: dict[str, object] = {
            name: told
            for name, told, known_value in zip(SIMPLE_FIELDS, _simple(seen), _simple(old), strict=True)
            if told is not known_value and told is not UNSET and told != known_value
        }
        if changed:
            moments.keep_words(old.extras, changed)
            self._without_defaults(old, seen, changed)
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

    # --- after the end

    def _after_the_end(
        self,
        session: AgentSession,
        names: Names,
        done: Interaction,
        seen: InteractionObserved,
        now: datetime,
        *,
        recovered: bool,
    ) -> Sequence[ev.AnyEvent]:
        """A word of what is completed: it goes on after all, it is another one, or this is merely late."""
        if done.end_inferred and not _is_another(seen, done):
            if seen.state not in (UNSET, InteractionState.COMPLETED):
                return self._reopened(done, seen, now)
        elif _begins_anew(seen, done, recovered=recovered):
            names.refs.pop(seen.ref, None)
            return self._create(session, names, seen, now, recovered=recovered)
        if isinstance(seen.state, InteractionState) and seen.state not in _OVER:
            return ()  # from before the end
        changed: dict[str, object] = {}
        for name in _LATE:
            told = getattr(seen, name)
            if told is not UNSET and told and told != getattr(done, name):
                changed[name] = told
        moments.keep_words(done.extras, changed)
        if seen.state is InteractionState.COMPLETED:
            self._confirm(done, changed, _ended_at(seen) or seen.time, *_ending(seen))
        return self._late(done, changed, now, seen, recovered=recovered)

    @staticmethod
    def _confirm(
        done: Interaction, changed: dict[str, object], at: datetime | None, cause: EndCause, side: Side
    ) -> None:
        """The platform says itself that it is over: nothing takes that back."""
        if done.end_inferred:
            changed["end_inferred"] = False
            if at is not None and done.completed_at is not None and at < done.completed_at:
                changed["ended_at"] = at
        unknown = (EndCause.UNKNOWN, EndCause.LOST) if done.end_inferred else (EndCause.UNKNOWN,)
        if done.end_cause in unknown and cause is not EndCause.UNKNOWN:
            changed["end_cause"] = cause
        if done.ended_by is Side.UNKNOWN and side is not Side.UNKNOWN:
            changed["ended_by"] = side

    def _late(
        self,
        done: Interaction,
        changed: dict[str, object],
        now: datetime,
        seen: Observation,
        *,
        recovered: bool,
    ) -> Sequence[ev.AnyEvent]:
        """Tell what was learnt of what is over."""
        if not changed:
            return ()
        at, source = moments.of_event(seen.time, done.completed_at, now)
        if "ended_at" in changed:
            moments.in_order(done, changed, now)
        sequence = done.sequence + 1
        new = self._completed[done.id] = replace(done, **changed, sequence=sequence)
        return [
            ev.InteractionUpdated(
                time=at,
                time_source=source,
                platform_id=new.platform_id,
                session_id=new.session_id,
                agent_id=new.agent_id,
                sequence=sequence,
                recovered=recovered,
                vendor=self._frame(new.platform_id, seen),
                interaction=new,
                late=True,
            )
        ]

    def _reopened(
        self, done: Interaction, seen: InteractionObserved | InteractionsListed, now: datetime
    ) -> Sequence[ev.AnyEvent]:
        """It was not over: take back what was taken for its end."""
        old = replace(
            done,
            state=InteractionState.UNKNOWN,
            focused=False,
            ended_at=None,
            completed_at=None,
            end_cause=None,
            ended_by=None,
            end_inferred=False,
        )
        changed: dict[str, object] = {}
        if isinstance(seen, InteractionObserved):
            if bytes(seen.vendor):
                self._frames[old.id] = seen.vendor
            changed = self._changed(old, seen)
            changed["state"] = seen.state
            if seen.ended or seen.state in _OVER:
                cause, side = _ending(seen)
                at = _ended_at(seen) or seen.time or now
                if done.ended_at is not None and done.ended_at != done.completed_at:  # that it did say
                    at, cause, side = done.ended_at, done.end_cause or cause, done.ended_by or side
                self._end(old, changed, at, cause, side)
        self._reopen(old)
        return self._apply(old, changed, now, seen, recovered=True, reopened=True)

    # --- beginnings

    def _create(
        self,
        session: AgentSession,
        names: Names,
        seen: InteractionObserved,
        now: datetime,
        *,
        recovered: bool,
    ) -> Sequence[ev.AnyEvent]:
        if seen.state is InteractionState.COMPLETED:
            return ()
        at = seen.time or now
        values = {
            name: told for name, told in zip(SIMPLE_FIELDS, _simple(seen), strict=True) if told is not UNSET
        }
        if values.get("created_at") is None:
            values["created_at"] = min(at, _ended_at(seen) or at)
        new_id = self._identity.mint(names, seen.ref)
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
        self._identity.bind(names, old)
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
        reopened: bool = False,
    ) -> Sequence[ev.AnyEvent]:
        told_at = seen.time if seen is not None else None
        at, source = (now, ev.TimeSource.GATEWAY)
        if told_at is not None:
            at, source = moments.of_event(told_at, moments.last(old), now)
        state = changed.get("state", old.state)
        if state is InteractionState.CONNECTED and old.connected_at is None:
            changed["connected_at"] = told_at or now
        if state is InteractionState.COMPLETED:
            changed.setdefault("completed_at", told_at or now)
        if not moments.TIMES.isdisjoint(changed):
            moments.in_order(old, changed, now)
        new = replace(old, **changed)
        if "ref" in changed or "durable_ref" in changed:
            names = self._identity.names(old.session_id, old.platform_id)
            self._identity.release(names, old)
            self._identity.bind(names, new)
        kinds = interaction_events(old, new, changed, reopened=reopened)
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
        self,
        platform_id: PlatformId,
        seen: InteractionGone,
        now: datetime,
        *,
        recovered: bool,
        link: int | None,
    ) -> Sequence[ev.AnyEvent]:
        names = self._names(self._session(platform_id, seen.agent), link)
        known = names.refs.get(seen.ref)
        if known is None:
            return ()
        changed: dict[str, object]
        old = self._open.get(known)
        if old is not None:
            changed = {"state": InteractionState.COMPLETED}
            self._end(old, changed, seen.time or now, *_ending(seen))
            return self._apply(old, changed, now, seen, recovered=recovered)
        done = self._completed.get(known)
        if done is None:
            return ()
        changed = {}
        self._confirm(done, changed, seen.time, *_ending(seen))
        return self._late(done, changed, now, seen, recovered=recovered)

    def _listed(
        self,
        platform_id: PlatformId,
        seen: InteractionsListed,
        now: datetime,
        *,
        recovered: bool,
        link: int | None,
    ) -> Sequence[ev.AnyEvent]:
        session = self._session(platform_id, seen.agent)
        refs = self._names(session, link).refs
        listed = {refs.get(ref) for ref in seen.refs}
        told: list[ev.AnyEvent] = []
        for known in listed:
            done = self._completed.get(known) if known is not None else None
            if done is not None and done.end_inferred:
                told += self._reopened(done, seen, now)
        for interaction in self.interactions(session.id):
            if interaction.id not in listed:
                told += self.complete(interaction, now, recovered=recovered, seen=seen)
        return told

    # --- agents

    def _agent(
        self,
        platform_id: PlatformId,
        seen: AgentObserved,
        now: datetime,
        *,
        recovered: bool,
        link: int | None,
    ) -> Sequence[ev.AnyEvent]:
        old = self._session(platform_id, seen.agent)
        self._names(old, link)
        at, source = moments.of_event(seen.time, old.since, now)
        told: list[ev.AnyEvent] = []
        if seen.state is AgentState.LOGGED_OUT:
            for interaction in self.interactions(old.id):
                told += self.complete(interaction, now, EndCause.UNKNOWN, recovered=recovered, seen=seen)
            old = self.sessions[old.id]
        changed: dict[str, object] = {}
        known = False
        for name in AGENT_FIELDS:
            value = getattr(seen, name)
            if value is not UNSET and value != getattr(old, name):
                changed[name] = value
        first = old.since is None
        if first and seen.state is not UNSET and (known := _is_known(seen, old)):
            changed["state"] = seen.state  # news, even where nobody knows what it means
        moments.keep_words(old.extras, changed)
        if (known or not first) and (
            changed.keys() & {"state", "reason"}
            or ("vendor_state" in changed and old.state is AgentState.UNKNOWN is seen.state)
        ):
            changed["since"] = at
            moments.keep_since(old.extras, changed, seen.time)
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
                    time_source=source,
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

    def _told(self, platform_id: PlatformId, seen: _Told, now: datetime, link: int | None) -> ev.AnyEvent:
        session = self._session(platform_id, seen.agent) if seen.agent else None
        if session is not None:
            self._names(session, link)
        at, source = moments.of_event(seen.time, None, now)
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
            time=at,
            time_source=source,
            session_id=session.id if session else None,
            agent_id=session.agent_id if session else None,
            vendor=self._frame(platform_id, seen),
        )

    def _frame(self, platform_id: PlatformId, seen: Observation | None) -> ev.VendorFrame | None:
        if seen is None or not bytes(seen.vendor):
            return None
        return ev.VendorFrame(dialect=self._dialects[platform_id], frame=seen.vendor)
