"""Keeps restarts short and the store within its bounds: once a minute, in small steps between other work."""

from datetime import timedelta
from typing import Final

from gateway.commands.ledger import KEY_LIFE
from gateway.config import Config
from gateway.router import Router
from gateway.runtime.age import Mark, RunningTime
from gateway.snapshots import KEPT_FOR
from gateway.state import State
from gateway.store.base import Store
from gateway.tasks import Tasks

EVERY_S: Final = 60.0


class Upkeep:
    """Checkpoints, and what is kept no longer."""

    def __init__(self, store: Store, state: State, router: Router, time: RunningTime, config: Config) -> None:
        self._store = store
        self._state = state
        self._router = router
        self._time = time
        self._kept = config.store
        self._kept_days = timedelta(days=config.limits.commands_days)

    async def begin(self, tasks: Tasks) -> None:
        """Go on with age where the last run was. That is kept at once, for a kill, and waits for no disk."""
        last = await self._store.last_clock()
        self._router.publish(self._time.begin(Mark(*last) if last is not None else None))
        tasks.start(self._store.keep_clock(*self._time.mark()), "clock")

    async def forever(self) -> None:
        """Until cancelled."""
        while True:
            await self._time.sleep(EVERY_S)
            self._router.publish(self._time.look())
            if not self._store.trouble:  # else it would only wait
                await self.checkpoint()
                await self._forget()

    async def checkpoint(self) -> None:
        """Keep the state as it is now."""
        self._state.forget_old(self._time.before(KEPT_FOR))
        cursor, dump, private = self._router.cursor, self._state.dump(), self._state.dump_private()
        await self._store.barrier()
        await self._store.checkpoint(cursor, dump, private)
        await self._store.keep_clock(*self._time.mark())

    async def _forget(self) -> None:
        before = self._time.before(timedelta(days=self._kept.retention_days))
        while await self._store.prune(before, self._kept.retention_bytes):
            continue
        while await self._store.compact():
            continue
        while await self._store.prune_commands(
            self._time.before(max(self._kept_days, KEY_LIFE))
        ):  # a key is good for so long
            continue
        while await self._store.deliveries.prune(self._time.before(self._kept_days)):
            continue
