"""What every section of the configuration is."""

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """Fixed after the start; unknown keys are mistakes."""

    model_config = ConfigDict(frozen=True, extra="forbid")
