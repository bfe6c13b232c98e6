"""North: what a client connection is given to look at."""

from collections.abc import Mapping, Sequence
from typing import Protocol

import msgspec

from schemas.agent import AgentSession
from schemas.ids import AgentId, InteractionId
from schemas.interaction import Interaction


class View(Protocol):
    """What a client may see: the agents of its scope, as they are now."""

    same_dialect: bool  # the platform speaks the client's dialect

    def agent(self, agent_id: AgentId) -> AgentSession | None:
        """The agent's session; None if there never was one."""
        ...

    def interactions(self, agent_id: AgentId) -> Sequence[Interaction]:
        """The agent's interactions that are not completed, oldest first."""
        ...

    def interaction(self, interaction_id: InteractionId) -> Interaction | None:
        """One of them."""
        ...

    def private(self, agent_id: AgentId) -> Mapping[str, str]:
        """What the platform's adapter keeps of the agent; nothing unless its dialect is the client's."""
        ...

    def frame(self, interaction_id: InteractionId) -> msgspec.Raw | None:
        """The last frame in which the platform spoke of it; None unless its dialect is the client's."""
        ...
