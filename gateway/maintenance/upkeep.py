"""Keeps restarts short and the store within its bounds: once a minute, in small steps between other work."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Final, Protocol

from gateway.events.router import Router
from gateway.maintenance.fading import Fading
from gateway.runtime.age import Mark, RunningTime
from gateway.runtime.idempotency import KEY_LIFE
from gateway.runtime.limits import LimitsConfig
from gateway.runtime.tasks import Tasks
from gateway.security.audit import Audit
from gateway.security.keys import Keys
from gateway.state.fold import State
from gateway.state.snapshots import KEPT_FOR
from gateway.store.base import Store
from gateway.store.config import StoreConfig
from gateway.telemetry.metrics import Metrics
from schemas.events import ClockLeapt

EVERY_S: Final = 60.0


class UpkeepSections(Protocol):
    """The sections of the configuration that say what is kept."""

    @property
    def store(self) -> StoreConfig:
        """How much of the journal."""
        ...

    @property
    def limits(self) -> LimitsConfig:
        """For how long what is beside it."""
        ...


class Upkeep:
    """Checkpoints, and what is kept no longer."""

    def __init__(
        self,
        store: Store,
        state: State,
        router: Router,
        time: RunningTime,
        sections: UpkeepSections,
        metrics: Metrics,
        *,
        keys: Keys,
    ) -> None:
        self._store = store
        self._state = state
        self._router = router
        self._time = time
        self._metrics = metrics
        self._audit = Audit(store)
        self._fading = Fading(store)
        self._keys = keys
        self._kept = sections.store
        self._kept_days = timedelta(days=sections.limits.commands_days)
        self.also: list[Callable[[], Awaitable[None]]] = []  # what others look after as often

    async def begin(self, tasks: Tasks) -> None:
        """Go on with age where the last run was. That is kept at once, for a kill, and waits for no disk."""
        last = await self._store.last_clock()
        self._leapt(self._time.begin(Mark(*last) if last is not None else None))
        tasks.start(self._store.keep_clock(*self._time.mark()), "clock")

    async def forever(self) -> None:
        """Until cancelled."""
        while True:
            await self._time.sleep(EVERY_S)
            self._leapt(self._time.look())
            if not self._store.trouble:  # else it would only wait
                await self.checkpoint()
                await self._forget()
                for look in self.also:
                    await look()
                await self._audit.tell_head()

    def _leapt(self, told: Sequence[ClockLeapt]) -> None:
        self._router.publish(told)
        self._metrics.clock_leaps.inc(len(told))

    async def checkpoint(self) -> None:
        """Keep the state as it is now."""
        self._state.snapshots.forget_old(self._time.before(KEPT_FOR), self._time.now())
        cursor, dump, private = (
            self._router.cursor,
            self._state.snapshots.dump(),
            self._state.snapshots.dump_private(),
        )
        await self._store.barrier()
        await self._store.checkpoint(cursor, dump, private)
        await self._store.keep_clock(*self._time.mark())
        await self._keys.save_uses()

    async def _forget(self) -> None:
        before = self._time.before(timedelta(days=self._kept.retention_days))
        while await self._store.prune(before, await self._room()):
            continue
        while await self._store.prune_commands(
            self._time.before(max(self._kept_days, KEY_LIFE))
        ):  # a key is good for so long
            continue
        while await self._store.deliveries.prune(self._time.before(self._kept_days)):
            continue
        days = self._kept.retention_days_of
        await self._fading.run({kind: self._time.before(timedelta(days=one)) for kind, one in days.items()})
        now = self._time.shown(self._time.now())
        old = now - timedelta(days=self._kept.audit_days)
        while await self._store.audit.prune(old, self._kept.audit_entries, now):
            continue
        while await self._store.compact(self._kept.retention_bytes):
            continue

    async def _room(self) -> int:
        """What is left for events: all files together keep to the bound."""
        return max(0, self._kept.retention_bytes - await self._store.other_bytes())
