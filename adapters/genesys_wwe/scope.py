"""North: what one client may see and change, and what its requests come to; both for `methods`, `requests`.

A module of its own, because rows, requests and the client all stand on it.
"""

from collections.abc import Sequence

import msgspec

from adapters.contract.change import Frame
from adapters.contract.dialect import View
from adapters.genesys_wwe import tables
from adapters.genesys_wwe.settings import Settings
from schemas.agent import AgentSession
from schemas.commands import AnyCommand
from schemas.errors import RefusedError
from schemas.ids import AgentId, InteractionId, SessionId
from schemas.interaction import Interaction, InteractionState
from schemas.results import ErrorCode
from schemas.values import Json


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What a request comes to: commands, all at once; without any it is done, and answered with `data`."""

    commands: tuple[AnyCommand, ...] = ()
    data: Json = None
    given: dict[InteractionId, dict[str, Json]] = {}  # by interaction: to be remembered once it is done
    broadcast: Frame | None = None  # for the agent's other clients


def plan(*commands: AnyCommand) -> Plan:
    """That these are carried out."""
    return Plan(commands=commands)


class Scope(msgspec.Struct, frozen=True):
    """What one client may see and change."""

    view: View
    agent_id: AgentId
    settings: Settings
    # What a client has set of an interaction, by key as written, for the time when that is marked done: the
    # platform may have no place for it.
    given: dict[InteractionId, dict[str, Json]]

    @property
    def same_dialect(self) -> bool:
        """Whether the agent's platform speaks this dialect too."""
        return self.view.same_dialect

    def session(self) -> AgentSession | None:
        """The agent's session, if there is one."""
        return self.view.agent(self.agent_id)

    def said(self, method: str) -> msgspec.Raw | None:
        """What the agent's platform answered to that method last, if it speaks this dialect too."""
        text = self.view.private(self.agent_id).get(method)
        return None if text in {None, "null"} else msgspec.Raw(text.encode())

    def session_id(self) -> SessionId:
        """Its id. Raises RefusedError."""
        session = self.session()
        if session is None:
            raise RefusedError(ErrorCode.NOT_LOGGED_IN, "The agent is not signed in")
        return session.id

    def interactions(self) -> Sequence[Interaction]:
        """The agent's interactions that this API can show."""
        return [one for one in self.view.interactions(self.agent_id) if one.state not in tables.NO_STATE]

    def find(self, interaction_id: str) -> Interaction | None:
        """One of them."""
        one = self.view.interaction(InteractionId(interaction_id))
        if one is None or one.agent_id != self.agent_id or one.state is InteractionState.COMPLETED:
            return None
        return one

    def interaction(self, interaction_id: str) -> Interaction:
        """One of them. Raises RefusedError."""
        one = self.find(interaction_id)
        if one is None:
            raise RefusedError(ErrorCode.UNKNOWN_INTERACTION, f"Unknown interaction: {interaction_id}")
        return one

    def preview(self, interaction_id: str | None) -> Interaction:
        """One of them, or without a name the only record that is shown (reference 7, row 9).

        Raises RefusedError.
        """
        if interaction_id is not None:
            return self.interaction(interaction_id)
        shown = [one for one in self.interactions() if one.state is InteractionState.PREVIEW]
        if len(shown) != 1:
            raise RefusedError(ErrorCode.UNKNOWN_INTERACTION, "Unknown interaction: ")
        return shown[0]
