"""What one client of a dialect may see: the snapshots that are durable, within its scope."""

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

import msgspec

from gateway.facades.numbers import canonical
from gateway.runtime import ids
from schemas.agent import AgentSession
from schemas.ids import AgentId, InteractionId, PlatformId, SessionId
from schemas.interaction import Interaction


class Snapshots(Protocol):
    """Those of all platforms, such as gateway.events.shown has."""

    @property
    def sessions(self) -> Mapping[SessionId, AgentSession]:
        """All there are."""
        ...

    def interactions(self, session_id: SessionId | None = None) -> list[Interaction]:
        """The open ones, oldest first; of one session or of all."""
        ...

    def interaction(self, interaction_id: InteractionId) -> Interaction | None:
        """An open interaction, or one completed not long ago."""
        ...

    def frame(self, interaction_id: InteractionId) -> msgspec.Raw | None:
        """The last frame in which the platform spoke of an open interaction."""
        ...

    def private(self, session_id: SessionId) -> Mapping[str, str]:
        """What the platform's adapter keeps of a session."""
        ...


class PlatformView:
    """The agents of one platform that a client sees, or one of them; see adapters.dialect.View."""

    def __init__(
        self,
        shown: Snapshots,
        platform_id: PlatformId,
        only: AgentId | None,
        sees: Callable[[AgentId], bool] = lambda _agent_id: True,
        *,
        same_dialect: bool = False,
    ) -> None:
        self._shown = shown
        self._platform_id = platform_id
        self._only = only
        self._sees = sees
        self.same_dialect = same_dialect  # the client reads the platform's own frames

    def agent(self, agent_id: AgentId) -> AgentSession | None:
        """The agent's session; None if there never was one, or it is not this client's business."""
        if not self._in_view(agent_id):
            return None
        return self._shown.sessions.get(ids.session_id(self._platform_id, agent_id))

    def interactions(self, agent_id: AgentId) -> Sequence[Interaction]:
        """The agent's open interactions, oldest first."""
        session = self.agent(agent_id)
        if session is None:
            return ()
        shown = self._shown.interactions(session.id)
        return shown if self.same_dialect else [canonical(one) for one in shown]

    def interaction(self, interaction_id: InteractionId) -> Interaction | None:
        """An open interaction of the agents in view, or one completed not long ago."""
        found = self._shown.interaction(interaction_id)
        if found is None or found.platform_id != self._platform_id:
            return None
        if not self._in_view(found.agent_id):
            return None
        return found if self.same_dialect else canonical(found)

    def _in_view(self, agent_id: AgentId) -> bool:
        return self._only in (None, agent_id) and self._sees(agent_id)

    def private(self, agent_id: AgentId) -> Mapping[str, str]:
        """What the platform's adapter keeps of the agent; nothing unless its dialect is the client's."""
        session = self.agent(agent_id) if self.same_dialect else None
        return self._shown.private(session.id) if session is not None else {}

    def frame(self, interaction_id: InteractionId) -> msgspec.Raw | None:
        """The last frame in which the platform spoke of it; None unless its dialect is the client's."""
        if not self.same_dialect or self.interaction(interaction_id) is None:
            return None
        return self._shown.frame(interaction_id)
