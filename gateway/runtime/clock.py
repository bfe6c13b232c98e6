"""Time, as a thing that can be handed in, so that tests need not wait for it."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Protocol


class TimerHandleLike(Protocol):
    """What `call_later` gives back."""

    def cancel(self) -> None:
        """Do not call; nothing happens if it was called already."""
        ...


class Clock(Protocol):
    """The time of day, for people; a steady time, for waiting."""

    def now(self) -> datetime:
        """The time of day, aware, UTC. May jump."""
        ...

    def monotonic(self) -> float:
        """Seconds since some moment. Never goes back."""
        ...

    def call_later(self, delay_s: float, callback: Callable[[], None]) -> TimerHandleLike:
        """Call in the loop's thread after so many seconds."""
        ...

    async def sleep(self, delay_s: float) -> None:
        """Return after so many seconds."""
        ...


class SystemClock:
    """The machine's clock and the running loop's timers."""

    now = staticmethod(partial(datetime.now, UTC))  # the time of day, aware; no call of ours in between
    monotonic = staticmethod(time.monotonic)  # seconds since some moment

    def call_later(self, delay_s: float, callback: Callable[[], None]) -> TimerHandleLike:
        """Call in the loop's thread after so many seconds."""
        return asyncio.get_running_loop().call_later(delay_s, callback)

    async def sleep(self, delay_s: float) -> None:
        """Return after so many seconds."""
        await asyncio.sleep(delay_s)


class Steady:
    """A time of day that never jumps: the clock's when it was made, and since then its steady time."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._from = clock.now()
        self._from_s = clock.monotonic()

    def now(self) -> datetime:
        """Aware, UTC."""
        return self._from + timedelta(seconds=self._clock.monotonic() - self._from_s)


@asynccontextmanager
async def time_limit(clock: Clock, limit_s: float) -> AsyncIterator[None]:
    """What is done inside takes no longer, by that clock. Raises TimeoutError."""
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(None) as limit:
        timer = clock.call_later(limit_s, lambda: limit.reschedule(loop.time()))
        try:
            yield
        finally:
            timer.cancel()
