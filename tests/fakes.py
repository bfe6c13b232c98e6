"""Stand-ins for what is not ours: time."""

import asyncio
import heapq
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count

from tests.patience import PATIENCE_S

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
_TURNS = 25  # loop turns after which what a callback set off has been done, short of real sockets and threads
_REST_S = 0.001


class FakeTimer:
    """A call that waits for its time."""

    def __init__(self, due: float, callback: Callable[[], None]) -> None:
        self.due = due
        self.callback = callback
        self.cancelled = False

    def cancel(self) -> None:
        """Do not call."""
        self.cancelled = True


class FakeClock:
    """A clock that stands still until it is told to go on."""

    def __init__(self, start: datetime = START) -> None:
        self._start = start
        self._elapsed_s = 0.0
        self._order = count()
        self._timers: list[tuple[float, int, FakeTimer]] = []

    def now(self) -> datetime:
        """The time of day, aware, UTC."""
        return self._start + timedelta(seconds=self._elapsed_s)

    def monotonic(self) -> float:
        """Seconds since the clock was made."""
        return self._elapsed_s

    def call_later(self, delay_s: float, callback: Callable[[], None]) -> FakeTimer:
        """Call during the `advance` that passes this moment."""
        timer = FakeTimer(self._elapsed_s + max(delay_s, 0.0), callback)
        heapq.heappush(self._timers, (timer.due, next(self._order), timer))
        return timer

    async def sleep(self, delay_s: float) -> None:
        """Return during the `advance` that passes this moment."""
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        timer = self.call_later(delay_s, lambda: None if woken.done() else woken.set_result(None))
        try:
            await woken
        finally:
            timer.cancel()

    def waiting(self) -> list[float]:
        """Seconds until each timer that is set, soonest first."""
        return sorted(timer.due - self._elapsed_s for _, _, timer in self._timers if not timer.cancelled)

    async def advance(self, seconds: float) -> None:
        """Let so much time pass: what falls due is called in order, and the loop runs in between."""
        await self.settle()
        end = self._elapsed_s + seconds
        while self._timers and self._timers[0][0] <= end:
            due, _, timer = heapq.heappop(self._timers)
            if timer.cancelled:
                continue
            self._elapsed_s = max(self._elapsed_s, due)
            timer.callback()
            await self.settle()
        self._elapsed_s = end
        await self.settle()

    async def settle(self) -> None:
        """Let the loop do what it can without time passing."""
        for _ in range(_TURNS):
            await asyncio.sleep(0)


async def until(condition: Callable[[], bool], timeout_s: float = PATIENCE_S) -> None:
    """Let the loop turn, with real sockets and threads, until something is so. Raises TimeoutError.

    It rests between looks: a loop that never sleeps keeps the interpreter's lock from the store's threads.
    """
    async with asyncio.timeout(timeout_s):
        for _ in count():
            if condition():
                return
            await asyncio.sleep(_REST_S)
