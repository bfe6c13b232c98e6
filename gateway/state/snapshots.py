"""The snapshots of all platforms as they are: looked up, kept, closed, and carried over a restart.

What changes them is in changes.py, afterwards.py and fold.py; nobody outside of this room writes here.
"""

from collections import OrderedDict
from collections.abc import Container, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Final

import msgspec
from msgspec.structs import replace

from adapters.contract.capabilities import Capabilities
from adapters.contract.dialect import Naming
from gateway.runtime import ids
from gateway.runtime.ids import Minter
from gateway.state.identity import NOBODY, Identity, Names
from gateway.state.private import Private
from gateway.state.repeated import Repeated
from schemas import events as ev
from schemas.agent import AgentSession
from schemas.ids import AgentId, InteractionId, PlatformId, Ref, SessionId
from schemas.interaction import Interaction, InteractionState
from schemas.observations import InteractionObserved

# Completed interactions that are still known, of which the platform may yet say something.
KEPT: Final = 10_000
HEARD: Final = 500  # messages of one interaction
KEPT_FOR: Final = timedelta(hours=24)


class Dump(msgspec.Struct, frozen=True):
    """Everything that a restart needs."""

    sessions: list[AgentSession]
    interactions: list[Interaction]
    completed: list[Interaction] = []
    left_in: dict[InteractionId, InteractionState] = {}
    dated: dict[InteractionId, datetime] = {}


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
        self.identity = Identity(minter, naming, self.interaction)
        self.sessions: dict[SessionId, AgentSession] = {}
        self._session_ids: dict[tuple[PlatformId, Ref], SessionId] = {}
        self.open: dict[InteractionId, Interaction] = {}
        self.over: OrderedDict[InteractionId, Interaction] = OrderedDict()
        # Of those whose end we inferred: the state that the platform told last.
        self.left_in: dict[InteractionId, InteractionState] = {}
        self._dated: dict[InteractionId, datetime] = {}  # of the completed, in running time
        # And what was said of them since, until a list tells whether they are there.
        self.listed_anew: dict[InteractionId, InteractionObserved] = {}
        self.of_session: dict[SessionId, dict[InteractionId, None]] = {}
        self.kept_private = Private()
        self.told_of = msgspec.Raw(b"")  # the frame that the last events tell
        self.repeated = Repeated()
        self._heard: dict[
            InteractionId, OrderedDict[str, None]
        ] = {}  # messages of open ones, the last of them
        self.frames: dict[InteractionId, msgspec.Raw] = {}  # of open ones; lost with a restart, told anew

    # --- reading

    def interaction(self, interaction_id: InteractionId) -> Interaction | None:
        """An open interaction, or one completed not long ago."""
        return self.open.get(interaction_id) or self.over.get(interaction_id)

    def open_interaction(self, interaction_id: InteractionId) -> Interaction | None:
        """One that is not completed."""
        return self.open.get(interaction_id)

    def interactions(self, session_id: SessionId | None = None) -> list[Interaction]:
        """The open ones, oldest first; of one session or of all."""
        if session_id is None:
            return list(self.open.values())
        return [self.open[one] for one in self.of_session.get(session_id, ()) if one in self.open]

    def completed(self) -> Iterable[Interaction]:
        """Those completed of late, oldest first."""
        return self.over.values()

    def frame(self, interaction_id: InteractionId) -> msgspec.Raw | None:
        """The last frame in which the platform spoke of an open interaction."""
        return self.frames.get(interaction_id)

    def private(self, session_id: SessionId) -> Mapping[str, str]:
        """What the platform's adapter keeps of a session."""
        return self.kept_private.of(session_id)

    def identify(self, session_id: SessionId, ref: Ref, link: int | None = None) -> InteractionId | None:
        """Our id of what the connection with that number names so, minted now if it has not shown it yet.

        None if another connection speaks for the agent by now, or if this one has yet to show what there is:
        then nobody knows which one it means.
        """
        names = self.identity.names(session_id, self.sessions[session_id].platform_id)
        if link is None:
            return self.identity.mint(names, ref)
        if names.link == NOBODY:
            self.identity.turn(names, link)
        if names.link != link and not names.naming.lasting:
            return None
        known = names.refs.get(ref)
        if known is None and any(one in self.open for one in names.unmet):
            return None
        return known or self.identity.mint(names, ref)

    def knows(self, session_id: SessionId, ref: Ref) -> bool:
        """Whether an open interaction of the session is named so."""
        return self.find(session_id, ref) in self.open

    def is_of(self, interaction: Interaction, link: int) -> bool:
        """Whether the connection with that number has told of it, so that its `ref` means it there."""
        return self.identity.is_of(interaction, link)

    def session_of(self, platform_id: PlatformId, agent: Ref) -> SessionId:
        """The session of an agent, whether it has been seen or not."""
        return self.session(platform_id, agent).id

    # --- keeping

    def heard(self, interaction_id: InteractionId, message_id: str) -> bool:
        """Whether that message is heard for the first time; of very old ones it may seem so again."""
        heard = self._heard.setdefault(interaction_id, OrderedDict())
        if message_id in heard:
            return False
        heard[message_id] = None
        if len(heard) > HEARD:
            heard.popitem(last=False)
        return True

    def session(self, platform_id: PlatformId, agent: Ref) -> AgentSession:
        """The session of an agent, begun now if it has not been seen."""
        session_id = self._session_ids.get((platform_id, agent))
        if session_id is None:
            agent_id = AgentId(agent)
            session_id = self._session_ids[platform_id, agent] = ids.session_id(platform_id, agent_id)
            if session_id not in self.sessions:
                self.sessions[session_id] = AgentSession(
                    id=session_id, platform_id=platform_id, agent_id=agent_id
                )
                self.of_session[session_id] = {}
        return self.sessions[session_id]

    def names(self, session: AgentSession, link: int | None) -> Names:
        """What that connection calls the session's interactions; what came by None changes no connection."""
        names = self.identity.names(session.id, session.platform_id)
        if names.link != link and link is not None:
            self.identity.turn(names, link)
        return names

    def find(self, session_id: SessionId, ref: object) -> InteractionId | None:
        """Which interaction of the session is named so, if any."""
        return self.identity.find(session_id, Ref(ref)) if isinstance(ref, str) else None

    def close(self, done: Interaction) -> None:
        """It is over, and known for a while."""
        before = self.open.pop(done.id, None)
        self.frames.pop(done.id, None)
        self.repeated.forget(done.id)
        self._heard.pop(done.id, None)
        self.of_session[done.session_id].pop(done.id, None)
        self.over[done.id] = done
        if done.end_inferred and before is not None and before.state is not InteractionState.COMPLETED:
            self.left_in[done.id] = before.state
        while len(self.over) > KEPT:
            self._forget_oldest()
        self._out_of_focus(done)

    def reopen(self, reopened: Interaction) -> None:
        """It is open, whatever it was."""
        self.over.pop(reopened.id, None)
        self.left_in.pop(reopened.id, None)
        self.listed_anew.pop(reopened.id, None)
        self._dated.pop(reopened.id, None)
        self.open[reopened.id] = reopened
        self.of_session[reopened.session_id][reopened.id] = None

    def _forget_oldest(self) -> None:
        self._forget(next(iter(self.over)))

    def _forget(self, done: InteractionId) -> None:
        oldest = self.over.pop(done)
        self.left_in.pop(oldest.id, None)
        self._dated.pop(oldest.id, None)
        self.listed_anew.pop(oldest.id, None)
        self.identity.forget(oldest)

    def forget(self, erased: Container[InteractionId]) -> None:
        """Let go of completed ones that were erased."""
        for one in [one for one in self.over if one in erased]:
            self._forget(one)

    def forget_old(self, before: datetime, now: datetime) -> None:
        """Let go of what was completed before that: too long ago to hear more of.

        Both are running time. So is what this goes by: a completion is dated when it is first met here, as
        `completed_at` is of a platform's clock, or of one that people set.
        """
        while self.over:
            dated = self._dated.get(next(iter(self.over)))
            if dated is None or dated > before:
                break
            self._forget_oldest()
        for done in reversed(self.over):
            if done in self._dated:
                break
            self._dated[done] = now

    def note_focus(self, interaction: Interaction) -> None:
        """Whether it is in front has changed."""
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
        completed = list(self.over.values())
        sessions, still_open = list(self.sessions.values()), list(self.open.values())
        return _encode(Dump(sessions, still_open, completed, self.left_in, self._dated))

    def dump_private(self) -> bytes:
        """What the adapters keep, for its own place in the checkpoint."""
        return self.kept_private.dump(self.sessions)

    def restore_private(self, lines: bytes) -> None:
        """Take up what they kept."""
        self.kept_private.take(lines)

    def private_changes(self) -> bytes:
        """What they kept since this was asked last, to be journaled with the events of now."""
        return self.kept_private.changes()

    def restore(self, dump: bytes | None, later: Iterable[ev.AnyEvent]) -> None:
        """Take up where a dump and the events after it left off."""
        if dump is not None:
            saved = _decode_dump(dump)
            for session in saved.sessions:
                self._restore_session(session)
            for interaction in (*saved.completed, *saved.interactions):
                self._restore_interaction(interaction)
            self.left_in.update((one, left) for one, left in saved.left_in.items() if one in self.over)
            self._dated.update((one, at) for one, at in saved.dated.items() if one in self.over)
        for event in later:
            if isinstance(event, ev.AgentEvent):
                self._restore_session(event.agent)
            elif isinstance(event, ev.InteractionEvent):
                self._restore_interaction(event.interaction)

    def _restore_session(self, session: AgentSession) -> None:
        if session.platform_id not in self._capabilities:  # it is configured no longer
            return
        self.sessions[session.id] = session
        self.of_session.setdefault(session.id, {})

    def _restore_interaction(self, interaction: Interaction) -> None:
        if interaction.platform_id not in self._capabilities:
            return
        if interaction.session_id not in self.sessions:
            self.session(interaction.platform_id, Ref(interaction.agent_id))
        names = self.identity.names(interaction.session_id, interaction.platform_id)
        if (before := self.interaction(interaction.id)) is not None:
            self.identity.release(names, before)
        self.identity.restore(names, interaction)
        if interaction.state is InteractionState.COMPLETED:
            self.close(interaction)
        else:
            self.reopen(interaction)
