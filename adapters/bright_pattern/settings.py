"""What an operator may choose about this dialect. No secrets: the relay runs in the agent's page."""

from pydantic import Field

from adapters.contract.dialect import DialectSettings


class ScriptSettings(DialectSettings):
    """What both of its APIs have."""

    script: str = Field(
        default="",
        pattern=r"^(https?://[^\s;,'\"]+)?$",
        description="Address of the vendor's script, which the ready relay page loads.",
    )


class BrightPatternSettings(ScriptSettings):
    """Bright Pattern's options."""

    newer_agent_states: bool | None = Field(
        default=None,
        description="Tell clients the states `reserved` and `ringing`, which 5.19 pages do not know (true), "
        "or `ready` with reservedForIncomingInteraction for them (false). Not set: as a platform of this "
        "dialect says it, and `ready` for the others.",
    )
    selected_as_list: bool | None = Field(
        default=None,
        description="Write the selected associated objects as a list of ids, as since 5.24 (true), or as one "
        "id (false). Not set: as a platform of this dialect says it, and a list for the others.",
    )
