"""What one client of a dialect may see: the core's snapshots, within its scope."""

from collections.abc import Sequence

import msgspec

from gateway import ids
from gateway.state import State
from schemas.agent import AgentSession
from schemas.ids import AgentId, InteractionId, PlatformId
from schemas.interaction import Interaction


class PlatformView:
    """The agents of one platform, or one of them; see adapters.dialect.View."""

    def __init__(
        self, state: State, platform_id: PlatformId, only: AgentId | None, *, frames: bool = False
    ) -> None:
        self._state = state
        self._platform_id = platform_id
        self._only = only
        self._frames = frames  # the client reads the platform's own

    def agent(self, agent_id: AgentId) -> AgentSession | None:
        """The agent's session; None if there never was one, or it is not this client's business."""
        if self._only is not None and agent_id != self._only:
            return None
        return self._state.sessions.get(ids.session_id(self._platform_id, agent_id))

    def interactions(self, agent_id: AgentId) -> Sequence[Interaction]:
        """The agent's open interactions, oldest first."""
        session = self.agent(agent_id)
        return self._state.interactions(session.id) if session is not None else ()

    def interaction(self, interaction_id: InteractionId) -> Interaction | None:
        """An open interaction of the agents in view, or one completed not long ago."""
        found = self._state.interaction(interaction_id)
        if found is None or found.platform_id != self._platform_id:
            return None
        return found if self._only is None or found.agent_id == self._only else None

    def frame(self, interaction_id: InteractionId) -> msgspec.Raw | None:
        """The last frame in which the platform spoke of it; None unless its dialect is the client's."""
        if not self._frames or self.interaction(interaction_id) is None:
            return None
        return self._state.frame(interaction_id)
