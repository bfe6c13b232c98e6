"""The snapshots of all platforms as they are: looked up, kept, closed, and carried over a restart.

What changes them is gateway.state.
"""

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Final

import msgspec
from msgspec.structs import replace

from adapters.capabilities import Capabilities
from adapters.dialect import Naming
from gateway import ids
from gateway.events.private import Private
from gateway.identity import NOBODY, Identity
from gateway.ids import Minter
from schemas import events as ev
from schemas.agent import AgentSession
from schemas.ids import AgentId, InteractionId, PlatformId, Ref, SessionId
from schemas.interaction import Interaction, InteractionState

# Completed interactions that are still known, of which the platform may yet say something.
KEPT: Final = 10_000
KEPT_FOR: Final = timedelta(hours=24)


class Dump(msgspec.Struct, frozen=True):
    """Everything that a restart needs."""

    sessions: list[AgentSession]
    interactions: list[Interaction]
    completed: list[Interaction] = []


_encode = msgspec.json.Encoder().encode
_decode_dump = msgspec.json.Decoder(Dump).decode


class Snapshots:
    """One per agent session and interaction."""

    def __init__(
        self,
        capabilities: Mapping[PlatformId, Capabilities],
        minter: Minter,
        naming: Mapping[PlatformId, Naming],
    ) -> None:
        self._capabilities = capabilities
        self._identity = Identity(minter, naming, self.interaction)
        self.sessions: dict[SessionId, AgentSession] = {}
        self._session_ids: dict[tuple[PlatformId, Ref], SessionId] = {}
        self._open: dict[InteractionId, Interaction] = {}
        self._completed: OrderedDict[InteractionId, Interaction] = OrderedDict()
        self._of_session: dict[SessionId, dict[InteractionId, None]] = {}
        self._private = Private()
        self._told_of = msgspec.Raw(b"")  # the frame that the last events tell
        self._frames: dict[InteractionId, msgspec.Raw] = {}  # of open ones; lost with a restart, told anew

    # --- reading

    def interaction(self, interaction_id: InteractionId) -> Interaction | None:
        """An open interaction, or one completed not long ago."""
        return self._open.get(interaction_id) or self._completed.get(interaction_id)

    def open_interaction(self, interaction_id: InteractionId) -> Interaction | None:
        """One that is not completed."""
        return self._open.get(interaction_id)

    def interactions(self, session_id: SessionId | None = None) -> list[Interaction]:
        """The open ones, oldest first; of one session or of all."""
        if session_id is None:
            return list(self._open.values())
        return [self._open[one] for one in self._of_session.get(session_id, ()) if one in self._open]

    def completed(self) -> Iterable[Interaction]:
        """Those completed of late, oldest first."""
        return self._completed.values()

    def frame(self, interaction_id: InteractionId) -> msgspec.Raw | None:
        """The last frame in which the platform spoke of an open interaction."""
        return self._frames.get(interaction_id)

    def private(self, session_id: SessionId) -> Mapping[str, str]:
        """What the platform's adapter keeps of a session."""
        return self._private.of(session_id)

    def identify(self, session_id: SessionId, ref: Ref, link: int | None = None) -> InteractionId | None:
        """Our id of what the connection with that number names so, minted now if it has not shown it yet.

        None if another connection speaks for the agent by now, or if this one has yet to show what there is:
        then nobody knows which one it means.
        """
        names = self._identity.names(session_id, self.sessions[session_id].platform_id)
        if link is None:
            return self._identity.mint(names, ref)
        if names.link == NOBODY:
            self._identity.turn(names, link)
        if names.link != link and not names.naming.lasting:
            return None
        known = names.refs.get(ref)
        if known is None and any(one in self._open for one in names.unmet):
            return None
        return known or self._identity.mint(names, ref)

    def knows(self, session_id: SessionId, ref: Ref) -> bool:
        """Whether an open interaction of the session is named so."""
        return self._find(session_id, ref) in self._open

    def is_of(self, interaction: Interaction, link: int) -> bool:
        """Whether the connection with that number has told of it, so that its `ref` means it there."""
        return self._identity.is_of(interaction, link)

    def session_of(self, platform_id: PlatformId, agent: Ref) -> SessionId:
        """The session of an agent, whether it has been seen or not."""
        return self._session(platform_id, agent).id

    # --- keeping

    def _session(self, platform_id: PlatformId, agent: Ref) -> AgentSession:
        session_id = self._session_ids.get((platform_id, agent))
        if session_id is None:
            agent_id = AgentId(agent)
            session_id = self._session_ids[platform_id, agent] = ids.session_id(platform_id, agent_id)
            if session_id not in self.sessions:
                self.sessions[session_id] = AgentSession(
                    id=session_id, platform_id=platform_id, agent_id=agent_id
                )
                self._of_session[session_id] = {}
        return self.sessions[session_id]

    def _find(self, session_id: SessionId, ref: object) -> InteractionId | None:
        return self._identity.find(session_id, Ref(ref)) if isinstance(ref, str) else None

    def _close(self, done: Interaction) -> None:
        self._open.pop(done.id, None)
        self._frames.pop(done.id, None)
        self._of_session[done.session_id].pop(done.id, None)
        self._completed[done.id] = done
        while len(self._completed) > KEPT:
            self._forget_oldest()
        self._out_of_focus(done)

    def _reopen(self, reopened: Interaction) -> None:
        self._completed.pop(reopened.id, None)
        self._open[reopened.id] = reopened
        self._of_session[reopened.session_id][reopened.id] = None

    def _forget_oldest(self) -> None:
        _, oldest = self._completed.popitem(last=False)
        self._identity.forget(oldest)

    def forget_old(self, before: datetime) -> None:
        """Let go of what was completed before that: too long ago to hear more of."""
        while self._completed:
            oldest = next(iter(self._completed.values()))
            if oldest.completed_at is None or oldest.completed_at > before:
                break
            self._forget_oldest()

    def _note_focus(self, interaction: Interaction) -> None:
        session = self.sessions[interaction.session_id]
        if interaction.focused:
            self.sessions[session.id] = replace(session, focused_interaction_id=interaction.id)
        else:
            self._out_of_focus(interaction)

    def _out_of_focus(self, left: Interaction) -> None:
        """Where a platform shows several at once, another one may still be in front."""
        session = self.sessions[left.session_id]
        if session.focused_interaction_id == left.id:
            others = self.interactions(session.id)
            front = next((one.id for one in others if one.focused and one.id != left.id), None)
            self.sessions[session.id] = replace(session, focused_interaction_id=front)

    # --- over a restart

    def dump(self) -> bytes:
        """All snapshots, for the store's checkpoint."""
        completed = list(self._completed.values())
        return _encode(Dump(list(self.sessions.values()), list(self._open.values()), completed))

    def dump_private(self) -> bytes:
        """What the adapters keep, for its own place in the checkpoint."""
        return self._private.dump(self.sessions)

    def restore_private(self, lines: bytes) -> None:
        """Take up what they kept."""
        self._private.take(lines)

    def private_changes(self) -> bytes:
        """What they kept since this was asked last, to be journaled with the events of now."""
        return self._private.changes()

    def restore(self, dump: bytes | None, later: Iterable[ev.AnyEvent]) -> None:
        """Take up where a dump and the events after it left off."""
        if dump is not None:
            saved = _decode_dump(dump)
            for session in saved.sessions:
                self._restore_session(session)
            for interaction in (*saved.completed, *saved.interactions):
                self._restore_interaction(interaction)
        for event in later:
            if isinstance(event, ev.AgentEvent):
                self._restore_session(event.agent)
            elif isinstance(event, ev.InteractionEvent):
                self._restore_interaction(event.interaction)

    def _restore_session(self, session: AgentSession) -> None:
        if session.platform_id not in self._capabilities:  # it is configured no longer
            return
        self.sessions[session.id] = session
        self._of_session.setdefault(session.id, {})

    def _restore_interaction(self, interaction: Interaction) -> None:
        if interaction.platform_id not in self._capabilities:
            return
        if interaction.session_id not in self.sessions:
            self._session(interaction.platform_id, Ref(interaction.agent_id))
        names = self._identity.names(interaction.session_id, interaction.platform_id)
        if (before := self.interaction(interaction.id)) is not None:
            self._identity.release(names, before)
        self._identity.restore(names, interaction)
        if interaction.state is InteractionState.COMPLETED:
            self._close(interaction)
        else:
            self._reopen(interaction)
