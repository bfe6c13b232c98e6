"""What an operator may choose about this dialect. No secrets: the relay runs in the agent's page."""

from pydantic import Field

from adapters.dialect import DialectSettings


class BrightPatternSettings(DialectSettings):
    """Bright Pattern's options."""

    newer_agent_states: bool = Field(
        default=False,
        description="Tell clients the state `reserved`, which 5.19 pages do not know. Otherwise such an "
        "agent is `ready` with reservedForIncomingInteraction.",
    )
    selected_as_list: bool = Field(
        default=True,
        description="Write the selected associated objects as a list of ids (since 5.24), not as one id.",
    )
    script: str = Field(
        default="",
        pattern=r"^(https?://[^\s;,'\"]+)?$",
        description="Address of the vendor's script, which the ready relay page loads.",
    )
