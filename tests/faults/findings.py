"""What a checker found."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

_KINDS: Final = ("lost", "duplicated", "reordered", "commands_twice", "too_late")


@dataclass
class Findings:
    """What is wrong, one line each, and of how many live events that could be had in time how many were."""

    lost: list[str] = field(default_factory=list)
    duplicated: list[str] = field(default_factory=list)
    reordered: list[str] = field(default_factory=list)
    commands_twice: list[str] = field(default_factory=list)
    too_late: list[str] = field(default_factory=list)
    live: int = 0

    @property
    def live_in_time(self) -> float:
        """The share, never rounded up."""
        thousandths = 1000 if not self.live else 1000 * (self.live - len(self.too_late)) // self.live
        return thousandths / 1000

    def __iter__(self) -> Iterator[str]:
        """All that is wrong, with its kind."""
        for kind in _KINDS:
            yield from (f"{kind}: {one}" for one in getattr(self, kind))

    def add(self, other: "Findings") -> None:
        """Those of another scenario as well."""
        for kind in _KINDS:
            getattr(self, kind).extend(getattr(other, kind))
        self.live += other.live
