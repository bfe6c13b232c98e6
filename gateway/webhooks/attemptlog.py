"""The log of attempts, for people to read. No delivery waits for it, and none is lost with it."""

import asyncio
from collections import deque
from typing import Final

import structlog

from gateway.store.deliveries import Attempt, DeliveryStore
from gateway.telemetry.metrics import Metrics
from schemas.errors import StoreError

BOUND: Final = 2_000  # attempts waiting to be written; further ones are left out
_STEP: Final = 100  # written at once
_log = structlog.get_logger("trunkline.webhooks")


class AttemptLog:
    """Writes what it is told when it gets round to it. `run` is its task."""

    def __init__(self, store: DeliveryStore, metrics: Metrics) -> None:
        self._store = store
        self._metrics = metrics
        self._waiting: deque[Attempt] = deque()
        self._wake = asyncio.Event()
        self._over = False

    def note(self, attempt: Attempt) -> None:
        """Take an attempt to be written."""
        if len(self._waiting) >= BOUND:
            self._lost(1, "too many are waiting to be written")
            return
        self._waiting.append(attempt)
        self._wake.set()

    def finish(self) -> None:
        """End with what is waiting."""
        self._over = True
        self._wake.set()

    async def run(self) -> None:
        """Write until it is to finish."""
        while not self._over:
            await self._wake.wait()
            self._wake.clear()
            await self._write()

    async def _write(self) -> None:
        while self._waiting:
            some = [self._waiting.popleft() for _ in range(min(_STEP, len(self._waiting)))]
            try:
                await self._store.log_attempts(some)
            except StoreError as error:
                self._lost(len(some), str(error))

    def _lost(self, count: int, why: str) -> None:
        self._metrics.attempts_unlogged.inc(count)
        _log.warning("attempts not logged", count=count, why=why)
