"""The snapshots that anybody is shown: as of the newest durable event, and as a restart would find them.

The live ones (gateway.state) are ahead of these while the disk writes. They are for folding what platforms
tell, and for carrying out commands; whatever leaves the gateway is read here, at the cursor `Router.durable`.
"""

from collections import OrderedDict
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from typing import Final, Protocol

import msgspec
from msgspec.structs import replace

from gateway.state.private import Private
from gateway.state.snapshots import KEPT
from schemas import events as ev
from schemas.agent import AgentSession
from schemas.ids import InteractionId, SessionId
from schemas.interaction import Interaction, InteractionState

_COMPLETED: Final = InteractionState.COMPLETED


class Restored(Protocol):
    """Where a start begins: everything in it is durable."""

    sessions: dict[SessionId, AgentSession]

    def interactions(self) -> list[Interaction]:
        """The open ones, oldest first."""
        ...

    def completed(self) -> Iterable[Interaction]:
        """Those completed of late, oldest first."""
        ...

    def dump_private(self) -> bytes:
        """What the adapters keep."""
        ...


class Shown:
    """One snapshot per agent session and interaction."""

    def __init__(self) -> None:
        self.sessions: dict[SessionId, AgentSession] = {}
        self._open: dict[InteractionId, Interaction] = {}
        self._completed: OrderedDict[InteractionId, Interaction] = OrderedDict()
        self._of_session: dict[SessionId, dict[InteractionId, None]] = {}
        self._frames: dict[InteractionId, msgspec.Raw] = {}
        self._private = Private()

    def begin(self, state: Restored) -> None:
        """Show what was restored."""
        self.sessions.update(state.sessions)
        self._private.take(state.dump_private())
        for one in (*state.completed(), *state.interactions()):
            self._keep(one)

    # --- reading

    def interaction(self, interaction_id: InteractionId) -> Interaction | None:
        """An open interaction, or one completed not long ago."""
        return self._open.get(interaction_id) or self._completed.get(interaction_id)

    def interactions(self, session_id: SessionId | None = None) -> list[Interaction]:
        """The open ones, oldest first; of one session or of all."""
        if session_id is None:
            return list(self._open.values())
        return [self._open[one] for one in self._of_session.get(session_id, ())]

    def frame(self, interaction_id: InteractionId) -> msgspec.Raw | None:
        """The last frame in which the platform told something new of an open interaction."""
        return self._frames.get(interaction_id)

    def private(self, session_id: SessionId) -> Mapping[str, str]:
        """What the platform's adapter keeps of a session: for clients of its own dialect alone."""
        return self._private.of(session_id)

    def forget(self, erased: Container[InteractionId]) -> None:
        """Show no more of completed ones that were erased."""
        for one in [one for one in self._completed if one in erased]:
            del self._completed[one]

    def forget_private(self, names: Callable[[bytes], bool]) -> None:
        """Likewise of what the adapters keep."""
        self._private.forget(names)

    # --- what became durable

    def committed(self, events: Sequence[ev.AnyEvent], private: Iterable[bytes] = ()) -> None:
        """Go on to the snapshots that events carry."""
        for lines in private:
            self._private.take(lines)
        for event in events:
            if isinstance(event, ev.InteractionEvent):
                told = event.interaction
                before = self._open.get(told.id)
                if before is not None and before.focused is told.focused and told.state is not _COMPLETED:
                    self._open[told.id] = told  # by far the most frequent
                elif told is not before:  # the events of one change share it
                    self._keep(told)
                if event.vendor is not None and told.id in self._open:
                    self._frame(event, event.vendor.frame)
            elif isinstance(event, ev.AgentEvent):
                self.sessions[event.agent.id] = event.agent

    def _frame(self, event: ev.InteractionEvent, frame: msgspec.Raw) -> None:
        """Not that of a change of focus: it may speak of the agent, and not of the interaction."""
        if not isinstance(event, ev.FocusChanged):
            self._frames[event.interaction.id] = frame

    def _keep(self, new: Interaction) -> None:
        before = self._open.get(new.id)
        if new.session_id not in self.sessions:  # of an agent of whom the platform has said nothing else
            self.sessions[new.session_id] = AgentSession(
                id=new.session_id, platform_id=new.platform_id, agent_id=new.agent_id
            )
        if new.state is InteractionState.COMPLETED:
            self._close(new)
        else:
            if before is None:
                self._completed.pop(new.id, None)  # it was reopened
                self._of_session.setdefault(new.session_id, {})[new.id] = None
            self._open[new.id] = new
        if before is None or before.focused is not new.focused or new.state is InteractionState.COMPLETED:
            self._focus(new)

    def _close(self, done: Interaction) -> None:
        self._open.pop(done.id, None)
        self._frames.pop(done.id, None)
        self._of_session.get(done.session_id, {}).pop(done.id, None)
        self._completed[done.id] = done
        if len(self._completed) > KEPT:
            self._completed.popitem(last=False)

    def _focus(self, changed: Interaction) -> None:
        """Where a platform shows several at once, another one may still be in front."""
        session = self.sessions[changed.session_id]
        front = session.focused_interaction_id
        if changed.focused and changed.id in self._open:
            front = changed.id
        elif front == changed.id:
            others = self.interactions(session.id)
            front = next((one.id for one in others if one.focused and one.id != changed.id), None)
        if front != session.focused_interaction_id:
            self.sessions[session.id] = replace(session, focused_interaction_id=front)
