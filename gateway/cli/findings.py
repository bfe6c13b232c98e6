"""What `trunkline doctor` tells: what was looked at, how it is, and what to do about it."""

from collections.abc import Iterable
from enum import StrEnum

import msgspec


class Level(StrEnum):
    """How bad it is."""

    WELL = "well"
    NOTE = "note"  # it works, and may not for long
    WRONG = "wrong"


class Finding(msgspec.Struct, frozen=True):
    """One. Only what is well has no remedy."""

    about: str
    level: Level
    text: str
    remedy: str = ""


def well(about: str, text: str) -> Finding:
    """All is well."""
    return Finding(about, Level.WELL, text)


def note(about: str, text: str, remedy: str) -> Finding:
    """It may not be well for long."""
    return Finding(about, Level.NOTE, text, remedy)


def wrong(about: str, text: str, remedy: str) -> Finding:
    """It is not well."""
    return Finding(about, Level.WRONG, text, remedy)


def told(findings: Iterable[Finding]) -> str:
    """For people: a line each, and the remedy below it."""
    lines = []
    for one in findings:
        lines.append(f"{one.level.value:5}  {one.about}: {one.text}")
        if one.remedy:
            lines.append(f"       -> {one.remedy}")
    return "\n".join(lines)
