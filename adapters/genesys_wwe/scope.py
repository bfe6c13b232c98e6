"""North: what one client may see and change, and how its parameters are read."""

from collections.abc import Sequence
from typing import TypeVar

import msgspec

from adapters.dialect import View
from adapters.genesys_wwe import tables, theirs
from adapters.genesys_wwe.settings import Settings
from schemas.agent import AgentSession
from schemas.errors import RefusedError
from schemas.ids import AgentId, InteractionId, SessionId
from schemas.interaction import Interaction, InteractionState
from schemas.results import ErrorCode
from schemas.values import Json

T = TypeVar("T")


def read(decoder: msgspec.json.Decoder[T], params: msgspec.Raw) -> T:
    """Positional parameters. Raises RefusedError for missing or wrongly typed ones."""
    try:
        return decoder.decode(params)
    except msgspec.DecodeError as error:
        raise RefusedError(ErrorCode.INVALID_COMMAND, f"Parameters: {error}") from error


class Scope(msgspec.Struct, frozen=True):
    """What one client may see and change."""

    view: View
    agent_id: AgentId
    settings: Settings
    # What a client has set of an interaction, by key as written, for the time when that is marked done: the
    # platform may have no place for it.
    given: dict[InteractionId, dict[str, Json]]

    def session(self) -> AgentSession | None:
        """The agent's session, if there is one."""
        return self.view.agent(self.agent_id)

    def theirs(self) -> bool:
        """Whether the agent's platform speaks this dialect too."""
        return self.view.same_dialect

    def said(self, method: str) -> msgspec.Raw | None:
        """What the agent's platform answered to that method last, if it speaks this dialect too."""
        return theirs.said(self.view.private(self.agent_id), method)

    def case_of(self, one: Interaction) -> str:
        """The id of its case: theirs, else ours."""
        return one.refs.get("case", one.root_id) if self.theirs() else one.root_id

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

    def only_preview(self) -> Interaction:
        """The record that is shown, where it is the only one (reference 7, row 9). Raises RefusedError."""
        shown = [one for one in self.interactions() if one.state is InteractionState.PREVIEW]
        if len(shown) != 1:
            raise RefusedError(ErrorCode.UNKNOWN_INTERACTION, "Unknown interaction: ")
        return shown[0]
