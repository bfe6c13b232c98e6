"""What was met a while ago at most, and how often that may be told: so much is remembered and no more."""

from collections.abc import Hashable, Iterator
from typing import Generic, TypeVar

from gateway.runtime.clock import Clock

Key = TypeVar("Key", bound=Hashable)


class Recent(Generic[Key]):
    """Things that were met within some time, in the order in which they were met last."""

    def __init__(self, clock: Clock, within_s: float, most: int) -> None:
        self._clock = clock
        self._within_s = within_s
        self._most = most
        self._met_s: dict[Key, float] = {}

    def __iter__(self) -> Iterator[Key]:
        """Those that there are now."""
        self._forget_old()
        return iter(tuple(self._met_s))

    def met(self, key: Key) -> None:
        """It is here, from now on anew; where there is no room the oldest makes some."""
        self._met_s.pop(key, None)
        if len(self._met_s) >= self._most:
            del self._met_s[next(iter(self._met_s))]
        self._met_s[key] = self._clock.monotonic()

    def first(self, key: Key) -> bool:
        """Whether it was not met within the time, and there is room for it: then it is met now."""
        self._forget_old()
        if key in self._met_s or len(self._met_s) >= self._most:
            return False
        self._met_s[key] = self._clock.monotonic()
        return True

    def forget(self, key: Key) -> None:
        """It is not here any more."""
        self._met_s.pop(key, None)

    def _forget_old(self) -> None:
        now_s = self._clock.monotonic()
        for key, met_s in tuple(self._met_s.items()):
            if now_s - met_s < self._within_s:
                break
            del self._met_s[key]
