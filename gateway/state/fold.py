"""Folds observations into one snapshot per agent session and interaction, and diffs them into events.

So duplicates vanish, a reconnect tells exactly what was missed, and no platform can break the invariants of
schemas.events. All state is in memory.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from msgspec import UNSET
from msgspec.structs import replace

from adapters.contract.capabilities import Capabilities
from adapters.contract.dialect import Naming
from gateway.numbers.plan import DialPlan
from gateway.runtime.ids import Minter
from gateway.state import attachments, moments
from gateway.state.afterwards import Afterwards
from gateway.state.changes import OVER, Changes, ended_at, ending
from gateway.state.diff import AGENT_FIELDS, agent_events
from gateway.state.numbers import Numbers
from gateway.state.snapshots import Snapshots
from schemas import events as ev
from schemas.agent import AgentSession, AgentState
from schemas.ids import InteractionId, PlatformId, Ref, SessionId
from schemas.interaction import EndCause, InteractionState
from schemas.observations import (
    AgentObserved,
    AnyObservation,
    AttachmentsObserved,
    DirectoryListed,
    DispositionsListed,
    InteractionGone,
    InteractionObserved,
    InteractionsListed,
    MessageObserved,
    Noticed,
    Unrecognised,
)

_Told = DispositionsListed | DirectoryListed | Noticed | Unrecognised


def _is_known(seen: AgentObserved, old: AgentSession) -> bool:
    """Whether it has told a state: if only one that we have no word for, but not that it knows none."""
    word = old.vendor_state if seen.vendor_state is UNSET else seen.vendor_state
    return seen.state is not AgentState.UNKNOWN or word.casefold() not in {"", "unknown"}


def _news(old: AgentSession, seen: AgentObserved) -> dict[str, object]:
    """What is told otherwise than it is known."""
    changed: dict[str, object] = {}
    for name in AGENT_FIELDS:
        value = getattr(seen, name)
        if value is not UNSET and value != getattr(old, name):
            changed[name] = value
    return changed


class State:
    """What is known of all platforms, and how what is observed changes it. `snapshots` is for reading."""

    def __init__(
        self,
        capabilities: Mapping[PlatformId, Capabilities],
        dialects: Mapping[PlatformId, str],
        minter: Minter,
        naming: Mapping[PlatformId, Naming] | None = None,
        plans: Mapping[PlatformId, DialPlan] | None = None,
    ) -> None:
        self._capabilities = capabilities
        self.plans = plans or {}  # by which numbers are read
        self.snapshots = self._known = Snapshots(capabilities, minter, naming or {})
        self._changes = Changes(self._known, capabilities, dialects, Numbers(self.plans))
        self._afterwards = Afterwards(self._known, self._changes)
        self.complete = self._changes.complete
        self.set_block = self._changes.set_block
        self.set_wrap_up = self._changes.set_wrap_up

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
        told: Sequence[ev.AnyEvent]
        match seen:
            case InteractionObserved():
                told = self._interaction(platform_id, seen, now, recovered=recovered, link=link)
            case AgentObserved():
                told = self._agent(platform_id, seen, now, recovered=recovered, link=link)
            case MessageObserved():
                told = self._message(platform_id, seen, now, recovered=recovered, link=link)
            case AttachmentsObserved():
                told = self._attached(platform_id, seen, now, recovered=recovered, link=link)
            case InteractionGone():
                told = self._gone(platform_id, seen, now, recovered=recovered, link=link)
            case InteractionsListed():
                told = self._listed(platform_id, seen, now, recovered=recovered, link=link)
            case Unrecognised(spare=True) if seen.vendor is self._known.told_of:
                return ()
            case DispositionsListed() | DirectoryListed() | Noticed() | Unrecognised():
                told = [self._told(platform_id, seen, now, link)]
        if told:
            self._known.told_of = seen.vendor
        return told

    def unmet(self, platform_id: PlatformId, agent: Ref, link: int) -> bool:
        """Whether the agent has interactions that this connection has not told of yet.

        Then what it begins with must be met as a whole, before it is observed one by one.
        """
        return bool(self._known.names(self._known.session(platform_id, agent), link).unmet)

    def meet(self, platform_id: PlatformId, told: Iterable[InteractionObserved], link: int) -> None:
        """Find out which of an agent's known interactions these are; they are all that a snapshot told."""
        of_agents: dict[Ref, list[InteractionObserved]] = {}
        for seen in told:
            of_agents.setdefault(seen.agent, []).append(seen)
        for agent, his in of_agents.items():
            self._known.identity.meet(self._known.names(self._known.session(platform_id, agent), link), his)

    def _interaction(
        self,
        platform_id: PlatformId,
        seen: InteractionObserved,
        now: datetime,
        *,
        recovered: bool,
        link: int | None,
    ) -> Sequence[ev.AnyEvent]:
        session = self._known.session(platform_id, seen.agent)
        names = self._known.names(session, link)
        known = names.refs.get(seen.ref)
        if known is None and not names.naming.lasting:
            self._known.identity.meet(names, (seen,), unsure=link is None)
            known = names.refs.get(seen.ref)
        old = self._known.open.get(known) if known is not None else None
        if old is None:
            done = self._known.over.get(known) if known is not None else None
            if done is None:
                return self._changes.create(session, names, seen, now, recovered=recovered)
            return self._afterwards.after_the_end(session, names, done, seen, now, recovered=recovered)
        if seen.vendor:
            self._known.frames[old.id] = seen.vendor
        state = seen.state
        changed = self._known.repeated.changed(old, seen)
        if changed is None:
            changed = self._changes.changed(old, seen)
        elif state is not UNSET and self._changes.goes_on(old, state) and not seen.ended:
            moved = self._changes.moved(old, state, changed, now, seen, recovered=recovered)
            self._known.repeated.keep(seen, moved[0].interaction)
            return moved
        if state is not UNSET and state is not old.state and (old.ended_at is None or state in OVER):
            changed["state"] = state
        if seen.ended or state in OVER:
            self._changes.end(old, changed, ended_at(seen) or seen.time or now, *ending(seen))
        told = self._changes.apply(old, changed, now, seen, recovered=recovered) if changed else ()
        if (became := self._known.open.get(old.id)) is not None:
            self._known.repeated.keep(seen, became)
        return told

    def _named(self, platform_id: PlatformId, agent: Ref, ref: Ref, link: int | None) -> InteractionId | None:
        """Which interaction of the agent's the connection means."""
        return self._known.names(self._known.session(platform_id, agent), link).refs.get(ref)

    def _gone(
        self,
        platform_id: PlatformId,
        seen: InteractionGone,
        now: datetime,
        *,
        recovered: bool,
        link: int | None,
    ) -> Sequence[ev.AnyEvent]:
        known = self._named(platform_id, seen.agent, seen.ref, link)
        if known is None:
            return ()
        changed: dict[str, object]
        old = self._known.open.get(known)
        if old is not None:
            changed = {"state": InteractionState.COMPLETED}
            self._changes.end(old, changed, seen.time or now, *ending(seen))
            return self._changes.apply(old, changed, now, seen, recovered=recovered)
        done = self._known.over.get(known)
        if done is None:
            return ()
        changed = {}
        self._afterwards.confirm(done, changed, seen.time, *ending(seen))
        return self._afterwards.late(done, changed, now, seen, recovered=recovered)

    def _message(
        self,
        platform_id: PlatformId,
        seen: MessageObserved,
        now: datetime,
        *,
        recovered: bool,
        link: int | None,
    ) -> Sequence[ev.AnyEvent]:
        """What somebody wrote, in an interaction that is open."""
        known = self._named(platform_id, seen.agent, seen.ref, link)
        one = self._known.open.get(known) if known is not None else None
        return self._changes.message(one, seen, now, recovered=recovered) if one is not None else ()

    def _attached(
        self,
        platform_id: PlatformId,
        seen: AttachmentsObserved,
        now: datetime,
        *,
        recovered: bool,
        link: int | None,
    ) -> Sequence[ev.AnyEvent]:
        """What became known of an interaction, in whatever state it is."""
        known = self._named(platform_id, seen.agent, seen.ref, link)
        one = self._known.interaction(known) if known is not None else None
        if one is None:
            return ()
        changed: dict[str, object] = {"attachments": seen.attachments}
        attachments.add(one, changed)
        if one.id not in self._known.open:
            return self._afterwards.late(one, changed, now, seen, recovered=recovered)
        return self._changes.apply(one, changed, now, seen, recovered=recovered) if changed else ()

    def _listed(
        self,
        platform_id: PlatformId,
        seen: InteractionsListed,
        now: datetime,
        *,
        recovered: bool,
        link: int | None,
    ) -> Sequence[ev.AnyEvent]:
        session = self._known.session(platform_id, seen.agent)
        refs = self._known.names(session, link).refs
        listed = {refs.get(ref) for ref in seen.refs}
        told: list[ev.AnyEvent] = []
        for known in listed:
            done = self._known.over.get(known) if known is not None else None
            if done is not None and done.end_inferred:
                told += self._afterwards.reopened(done, self._known.listed_anew.pop(done.id, seen), now)
        for interaction in self._known.interactions(session.id):
            if interaction.id not in listed:
                told += self._changes.complete(interaction, now, recovered=recovered, seen=seen)
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
        old = self._known.session(platform_id, seen.agent)
        self._known.names(old, link)
        at, source = moments.of_event(seen.time, old.since, now)
        told: list[ev.AnyEvent] = []
        if seen.state is AgentState.LOGGED_OUT:
            for interaction in self._known.interactions(old.id):
                told += self._changes.complete(
                    interaction, now, EndCause.UNKNOWN, recovered=recovered, seen=seen
                )
            old = self._known.sessions[old.id]
        changed = _news(old, seen)
        known = False
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
        if seen.private is not UNSET:
            # It is journaled with the next event, of whatever.
            self._known.kept_private.keep(old.id, seen.private)
        if changed:
            new = replace(old, **changed, sequence=old.sequence + len(kinds))
            allowed = self._capabilities[platform_id].allowed_agent(new.state)
            self._known.sessions[old.id] = replace(new, allowed=allowed)
        if seen.focused is not UNSET:
            told += self._focus(
                old.id, self._known.find(old.id, seen.focused), now, seen, recovered=recovered
            )
        session = self._known.sessions[old.id]
        vendor = self._changes.frame_of(platform_id, seen)
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
        for interaction in sorted(self._known.interactions(session_id), key=lambda one: one.id == focused):
            if interaction.focused != (interaction.id == focused):
                changed: dict[str, object] = {"focused": interaction.id == focused}
                told += self._changes.apply(interaction, changed, now, seen, recovered=recovered)
        return told

    # --- what changes no snapshot

    def _told(self, platform_id: PlatformId, seen: _Told, now: datetime, link: int | None) -> ev.AnyEvent:
        session = self._known.session(platform_id, seen.agent) if seen.agent else None
        if session is not None:
            self._known.names(session, link)
        at, source = moments.of_event(seen.time, None, now)
        told: ev.AnyEvent
        match seen:
            case DispositionsListed(dispositions=dispositions, interaction_ref=ref):
                found = self._known.find(session.id, ref) if session else None
                told = ev.DispositionsUpdated(
                    time=now, platform_id=platform_id, dispositions=dispositions, interaction_id=found
                )
            case DirectoryListed(entries=entries):
                told = ev.DirectoryUpdated(time=now, platform_id=platform_id, entries=entries)
            case Noticed(code=code, message=text, error=error):
                told = ev.PlatformNotice(
                    time=now, platform_id=platform_id, code=code, message=text, error=error
                )
            case Unrecognised(name=name, interaction_ref=ref):
                found = self._known.find(session.id, ref) if session else None
                told = ev.VendorUnrecognised(
                    time=now, platform_id=platform_id, name=name, interaction_id=found
                )
        return replace(
            told,
            time=at,
            time_source=source,
            session_id=session.id if session else None,
            agent_id=session.agent_id if session else None,
            vendor=self._changes.frame_of(platform_id, seen),
        )
