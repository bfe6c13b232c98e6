"""How long somebody who asks is kept waiting by a disk that cannot be written: less than a second.

What was asked is not taken back by that. It waits for the disk, and may yet be carried out; so whoever asked
is told that its effect is unknown, never that it was refused.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final, TypeVar

from gateway.runtime.clock import Clock, TimerHandleLike
from gateway.runtime.tasks import Tasks
from schemas.errors import RefusedError, StoreError, UncertainError
from schemas.results import ErrorCode

T = TypeVar("T")

LONGEST_WAIT_S: Final = 0.8  # an answer, of whatever kind, comes within a second
UNCERTAIN: Final = (
    "it was taken and may yet be carried out, so its effect is unknown. Look, or ask again with the same"
    " Idempotency-Key, once the journal can be written"
)


class Patience:
    """Tells those who wait for the disk that it takes too long. `troubled` is to be told of each change."""

    def __init__(self, clock: Clock, tasks: Tasks) -> None:
        self._clock = clock
        self._tasks = tasks
        self._why = ""
        self._timer: TimerHandleLike | None = None
        self._waiting: set[asyncio.Future[None]] = set()
        self._listeners: list[Callable[[], None]] = []
        self.over = False  # the disk has kept people waiting long enough

    def on_over(self, listener: Callable[[], None]) -> None:
        """Tell a part of ours each time that it takes too long. Must not block, wait or raise."""
        self._listeners.append(listener)

    def troubled(self, why: str) -> None:
        """The store is in trouble, or well again (empty)."""
        self._why = why
        if why and self._timer is None:
            self._timer = self._clock.call_later(LONGEST_WAIT_S, self._end)
        elif not why and self._timer is not None:
            self._timer.cancel()
            self._timer, self.over = None, False

    def _end(self) -> None:
        self.over = True
        for waiter in self._waiting:
            _ring(waiter)
        for listener in self._listeners:
            listener()

    async def answer(self, work: Awaitable[T]) -> T:
        """What comes of the work, which may wait for the disk; whoever gives up leaves it going on.

        Raises UncertainError if the disk takes too long.
        """
        task = asyncio.ensure_future(work)
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        task.add_done_callback(lambda _: _ring(waiter))
        self._waiting.add(waiter)
        timer = self._clock.call_later(LONGEST_WAIT_S, lambda: _ring(waiter)) if self.over else None
        try:
            await waiter
        finally:
            self._waiting.discard(waiter)
            if timer is not None:
                timer.cancel()
            if not task.done():
                self._tasks.start(_left(task), "held up by the disk")
        if task.done():
            return task.result()
        raise UncertainError(ErrorCode.UNAVAILABLE, f"{self._why}: {UNCERTAIN}")


def _ring(waiter: "asyncio.Future[None]") -> None:
    if not waiter.done():
        waiter.set_result(None)


async def _left(task: "asyncio.Future[T]") -> None:
    """Nobody is there any more who could be told that it was refused."""
    with suppress(RefusedError, StoreError):
        await task
