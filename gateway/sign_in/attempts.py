"""How often something may be tried. A try counts before its outcome is known, or many could go at once."""

from collections import Counter
from collections.abc import Mapping
from typing import Final

from gateway.runtime.clock import Clock
from schemas.errors import RefusedError
from schemas.results import ErrorCode

WITHIN_S: Final = 60.0
MOST_NAMES: Final = 10_000


class Attempts:
    """Those of this minute, by name: of an agent, of an address."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._counts: Counter[str] = Counter()
        self._until_s = 0.0

    def take(self, allowed: Mapping[str, int]) -> None:
        """One more under each of these names. Raises RefusedError if one of them has had its number."""
        if self._clock.monotonic() >= self._until_s:
            self._counts.clear()
            self._until_s = self._clock.monotonic() + WITHIN_S
        had_all = any(self._counts[name] >= most for name, most in allowed.items())
        if had_all or len(self._counts) >= MOST_NAMES:
            left_s = self._until_s - self._clock.monotonic()
            raise RefusedError(ErrorCode.RATE_LIMITED, "too many attempts; try again in a minute", left_s)
        self._counts.update(allowed.keys())

    def give_back(self, allowed: Mapping[str, int]) -> None:
        """It was none of those that are counted."""
        self._counts.subtract(name for name in allowed if self._counts[name] > 0)
