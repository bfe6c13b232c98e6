"""What an operator may choose about this dialect. No secrets: the relay runs in the agent's page."""

from typing import Literal

from pydantic import Field

from adapters.bright_pattern.settings import ScriptSettings


class EmbeddedSettings(ScriptSettings):
    """The options of the Embedded Agent Desktop API."""

    disposition_by: Literal["code", "name"] = Field(
        default="code",
        description="Whether platforms are told dispositions by code (setDisposition) or by name "
        "(setDispositionByName), and which of the two clients are told.",
    )
