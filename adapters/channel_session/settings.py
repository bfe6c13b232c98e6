"""The options of a channel/session platform."""

from hmac import compare_digest

from pydantic import Field, SecretStr

from adapters.contract.dialect import DialectSettings
from schemas.ids import AgentId


class ChannelSessionSettings(DialectSettings):
    """How sessions are prepared, and for whom as soon as the link is up."""

    model: str = Field(default="default", description="The call model named in prepareSession.")
    agents: dict[str, SecretStr] = Field(
        default_factory=dict, description="Agents to sign in at once: id and password."
    )
    take_over: bool = Field(
        default=True,
        description="Take over the sessions that these agents have already, as those of before a restart.",
    )
    incontact: bool = Field(
        default=False, description="The platform is inContact: say and demand its extensions."
    )
    extension: str = Field(
        default="", description="Telephony extension of session.start; only Avaya wants one."
    )
    tcp_protocol_index: int = Field(
        default=0,
        ge=0,
        le=255,
        description="Protocol index of our frames to a tcp:// address; negotiation would tell it.",
    )

    def knows_password(self, agent_id: AgentId, password: str) -> bool | None:
        """Whether that is the agent's password; None: it is not configured."""
        own = self.agents.get(agent_id)
        return None if own is None else compare_digest(own.get_secret_value().encode(), password.encode())
