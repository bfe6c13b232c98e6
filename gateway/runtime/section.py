"""What every section of the configuration is."""

from collections.abc import Iterable

from pydantic import BaseModel, ConfigDict
from pydantic_core import ErrorDetails


class Section(BaseModel):
    """Fixed after the start; unknown keys are mistakes."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def mistakes(errors: Iterable[ErrorDetails], *prefix: str) -> list[str]:
    """One line a mistake, without the value: it may be a secret."""
    places = [(".".join((*prefix, *(str(part) for part in error["loc"]))), error) for error in errors]
    return [f"{place}: {error['msg']}" if place else error["msg"] for place, error in places]
