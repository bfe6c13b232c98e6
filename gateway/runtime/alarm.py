"""The timer of something sans-IO: it says when it has something to do, and is woken then."""

from collections.abc import Callable
from datetime import datetime

from gateway.runtime.clock import Clock, TimerHandleLike


class Alarm:
    """Asks `due` whenever something may have changed, and calls `wake` when the moment has come."""

    def __init__(
        self,
        clock: Clock,
        due: Callable[[], datetime | None],
        wake: Callable[[], None],
        now: Callable[[], datetime] | None = None,
    ) -> None:
        """`now`: the time that `due` is of, where that is not the clock's."""
        self._clock = clock
        self._now = now or clock.now
        self._due = due
        self._wake = wake
        self._set_for: datetime | None = None
        self._timer: TimerHandleLike | None = None

    def set(self) -> None:
        """Look when to wake; cheap where nothing has changed."""
        due = self._due()
        if due == self._set_for:
            return
        self.stop()
        if due is not None:
            self._set_for = due
            wait_s = max(0.0, (due - self._now()).total_seconds())
            self._timer = self._clock.call_later(wait_s, self._rung)

    def stop(self) -> None:
        """Do not wake any more, until it is set again."""
        self._set_for = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _rung(self) -> None:
        self._timer = self._set_for = None
        self._wake()
        self.set()
