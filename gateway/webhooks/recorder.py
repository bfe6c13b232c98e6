"""Deliveries that were taken, recorded many at once: what ends during one write goes into the next.

All webhooks share it, so that fifty receivers cost no more writes than one.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime

from gateway.outbound.post import Unexpected
from gateway.runtime.age import RunningTime
from gateway.store.deliveries import Delivery, DeliveryStore

# Told when it is durable, or why it could not be written.
Recorded = Callable[[Delivery, datetime, Exception | None], None]


class Recorder:
    """Writes states of deliveries. Whoever gives it some bounds how many wait."""

    def __init__(self, store: DeliveryStore, time: RunningTime) -> None:
        self._store = store
        self._time = time
        self._waiting: list[tuple[Delivery, Recorded]] = []
        self._task: asyncio.Task[None] | None = None

    def record(self, delivery: Delivery, recorded: Recorded) -> None:
        """Write it, soon; `recorded` must not block, wait or raise."""
        self._waiting.append((delivery, recorded))
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._write(), name="records of deliveries")

    def stop(self) -> None:
        """Tell nobody any more. What was not written is delivered again."""
        if self._task is not None:
            self._task.cancel()
            self._task = None
        self._waiting.clear()

    async def _write(self) -> None:
        while self._waiting:
            some, self._waiting = self._waiting, []
            with Unexpected() as unexpected:
                await self._store.put_deliveries([delivery for delivery, _ in some])
            now = self._time.now()
            for delivery, recorded in some:
                recorded(delivery, now, unexpected.error)
        self._task = None
