"""Keeps restarts short and the store within its bounds: once a minute, in small steps between other work."""

from datetime import timedelta
from typing import Final

from gateway.clock import Clock
from gateway.commands.ledger import KEY_LIFE
from gateway.config import Config
from gateway.router import Router
from gateway.state import State
from gateway.store.base import Store

EVERY_S: Final = 60.0


class Upkeep:
    """Checkpoints, and what is kept no longer."""

    def __init__(self, store: Store, state: State, router: Router, clock: Clock, config: Config) -> None:
        self._store = store
        self._state = state
        self._router = router
        self._clock = clock
        self._kept = config.store
        self._kept_days = timedelta(days=config.limits.commands_days)

    async def forever(self) -> None:
        """Until cancelled."""
        while True:
            await self._clock.sleep(EVERY_S)
            if not self._store.trouble:  # else it would only wait
                await self.checkpoint()
                await self._forget()

    async def checkpoint(self) -> None:
        """Keep the state as it is now."""
        self._state.forget_old(self._clock.now())
        cursor, dump = self._router.cursor, self._state.dump()
        await self._store.barrier()
        await self._store.checkpoint(cursor, dump)

    async def _forget(self) -> None:
        now = self._clock.now()
        before = now - timedelta(days=self._kept.retention_days)
        while await self._store.prune(before, self._kept.retention_bytes):
            continue
        while await self._store.compact():
            continue
        while await self._store.prune_commands(
            now - max(self._kept_days, KEY_LIFE)
        ):  # a key is good for so long
            continue
        while await self._store.deliveries.prune(now - self._kept_days):
            continue
