"""How a CRM is, and when it may be asked again."""

from collections.abc import Callable
from typing import Final

from gateway.crm.requests import CrmError, Failure
from gateway.runtime.clock import Clock

_FIRST_S: Final = 1.0
_LONGEST_S: Final = 300.0
_SHUT_S: Final = 60.0  # a credential is mended by people
_ENTRY_S: Final = 5.0  # between two attempts at one activity, and twice that next time
_ENTRY_LONGEST_S: Final = 3600.0
_JITTER: Final = 0.2
_MOST_DOUBLED: Final = 12


class Pace:
    """One CRM's. What fails in it is not tried with each activity."""

    def __init__(self, clock: Clock, chance: Callable[[], float]) -> None:
        """`chance`: random numbers from 0 to 1."""
        self._clock = clock
        self._chance = chance
        self._failures = 0
        self._until_s = 0.0
        self.problem = ""  # for people; empty: all is well

    @property
    def well(self) -> bool:
        """Whether it answered last."""
        return not self._failures

    def wait_s(self) -> float:
        """Seconds until it may be asked again."""
        return max(0.0, self._until_s - self._clock.monotonic())

    def after_s(self, attempts: int) -> float:
        """Seconds until an activity is tried again, after so many attempts that failed before."""
        return self._spread(min(_ENTRY_LONGEST_S, _ENTRY_S * 2 ** min(attempts, _MOST_DOUBLED)))

    def lives(self) -> None:
        """It answered as it should."""
        self._failures, self._until_s, self.problem = 0, 0.0, ""

    def failed(self, error: CrmError) -> None:
        """It did not."""
        if error.failure is Failure.REFUSED:
            self.lives()
            return
        wait_s = self._spread(min(_LONGEST_S, _FIRST_S * 2 ** min(self._failures, _MOST_DOUBLED)))
        if error.failure is Failure.LIMITED and error.retry_after_s is not None:
            wait_s = min(max(error.retry_after_s, wait_s), _LONGEST_S)
        if error.failure is Failure.SHUT:
            wait_s = max(wait_s, _SHUT_S)
        self._failures += 1
        self._until_s = max(self._until_s, self._clock.monotonic() + wait_s)
        self.problem = error.text

    def _spread(self, seconds: float) -> float:
        return seconds * (1 + _JITTER * (2 * self._chance() - 1))
