"""One CRM as a consumer of the journal: what is to be logged is planned, and written until the CRM has it.

The journal is read from a mark on; entries and mark are written in one transaction, so a crash loses nothing.
An entry says what *shall be* in the CRM, so ten events become one write or two, and an old event never
overwrites a newer one. One request at a time for each key, some at once for each CRM.

Once only: before the request that creates is sent, it is written down that it was begun. What was begun and
has no known end is looked up first, after a while, for it may be under way still. Before any activity is
made, the CRM is asked for our key: then a store that was restored from a backup makes no second one either.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Final

import structlog
from msgspec.structs import replace

from adapters.contract.crm import Activity, Crm, Keyed, LiveCrm
from gateway.crm.config import Opened
from gateway.crm.figures import CrmFigures, CrmOutcome
from gateway.crm.pace import Pace
from gateway.crm.planning import activity_of, legs_of, merged
from gateway.crm.requests import CrmError, Failure, Sender, run, too_late
from gateway.outbound.standby import Standby
from gateway.runtime.clock import Clock
from gateway.store.base import Store
from gateway.store.crm import CrmEntry, EntryState
from schemas.ids import Cursor

PAGE: Final = 500  # events planned for at once
RETRIED: Final = 10_000  # at once, of those that were given up
_MARK_EVERY: Final = 5_000  # events that concern nothing, after which the mark is moved too
_LOOK_S: Final = 60.0  # at the latest: the clock may have leapt
MAY_EXIST: Final = "it may be there, and the CRM cannot be asked for it"
NOT_KEPT: Final = "the journal has its events no more"
_log = structlog.get_logger("trunkline.crm")


class Consumer:
    """One CRM's. Run by whoever made it: `run` again and again, `wake` at each commit."""

    def __init__(
        self,
        one: Opened,
        store: Store,
        clock: Clock,
        sender: Sender,
        figures: CrmFigures,
        *,
        chance: Callable[[], float],
        standby: Standby | None = None,
    ) -> None:
        """`clock`: running time. `chance`: random numbers from 0 to 1, which spread the attempts."""
        self.name = one.name
        self._one = one
        self._store = store
        self._entries = store.crm
        self._clock = clock
        self._sender = sender
        self._figures = figures
        self._standby = standby
        self.pace = Pace(clock, chance)
        self._mark = self._stored_mark = Cursor(0)
        self._rows = asyncio.Lock()  # between reading a row and writing it
        self._wake = asyncio.Event()
        self._under_way: set[str] = set()
        self._news = True  # there may be events to plan for

    async def begin(self) -> None:
        """From where the last run was. A CRM that is new has what happens from now on."""
        mark = await self._entries.mark(self.name)
        if mark is None:
            mark = self._store.last_cursor()
            await self._entries.plan(self.name, (), mark)
        self._mark = self._stored_mark = mark

    def wake(self) -> None:
        """Something was committed."""
        self._news = True
        self._wake.set()

    async def retry(self) -> tuple[int, int]:
        """Try again what was given up: how many; and how many are left, as they may be there."""
        retried = 0
        async with self._rows:
            dead = await self._entries.dead(self.name, RETRIED)
            now = self._clock.now()
            for entry in dead:
                if not entry.begun:
                    retried += 1
                    await self._entries.put(
                        replace(
                            entry, state=EntryState.PENDING, attempts=0, created_at=now, next_attempt_at=now
                        )
                    )
        self.wake()
        return retried, len(dead) - retried

    async def run(self) -> None:
        """Until cancelled. Raises StoreError; may be called again after that."""
        self._under_way.clear()
        timer = None
        try:
            async with asyncio.TaskGroup() as attempts:
                while True:
                    self._wake.clear()
                    if self._news:
                        self._news = False
                        await self._plan()
                    wait_s = await self._begin_due(attempts)
                    timer = self._clock.call_later(min(wait_s, _LOOK_S), self._wake.set)
                    await self._wake.wait()
                    timer.cancel()
        finally:
            self._news = True
            if timer is not None:
                timer.cancel()

    # --- from the journal to entries

    async def _plan(self) -> None:
        while events := await self._store.read(self._mark, PAGE):
            found = legs_of(self._one, events)
            mark = events[-1].cursor
            if found or mark - self._stored_mark >= _MARK_EVERY:
                now = self._clock.now()
                async with self._rows:
                    entries = [
                        merged(await self._entries.entry(self.name, key), self._one, key, legs, now)
                        for key, legs in found.items()
                    ]
                    await self._entries.plan(self.name, entries, mark)
                self._stored_mark = mark
            self._mark = mark

    # --- from entries to the CRM

    async def _begin_due(self, attempts: asyncio.TaskGroup) -> float:
        """Begin what is due and has a place. Returns in how many seconds there is more to do."""
        if self._standby is not None and self._standby.on:
            return _LOOK_S
        if (wait_s := self.pace.wait_s()) > 0:
            return wait_s
        places = self._one.config.at_once if self.pace.well else 1
        waiting = await self._entries.pending(self.name, places + len(self._under_way) + 1)
        now = self._clock.now()
        for entry in waiting:
            if entry.key in self._under_way:
                continue
            if entry.next_attempt_at > now:
                return max((entry.next_attempt_at - now).total_seconds(), 0.001)
            if len(self._under_way) >= places:
                break
            self._under_way.add(entry.key)
            attempts.create_task(self._attempt(entry))
        return _LOOK_S

    async def _attempt(self, entry: CrmEntry) -> None:
        begun_s = self._clock.monotonic()
        try:
            activity = await activity_of(entry, self._store, self._one.config.users)
            if activity is None:
                state = EntryState.LOGGED if entry.ref else EntryState.DEAD
                gone = replace(entry, state=state, error=NOT_KEPT)
                await self._over(entry, gone, CrmOutcome.DEAD)
            elif self._one.live is not None:
                await self._tell(self._one.live, entry, activity)
            elif self._one.crm is not None:
                await self._write(self._one.crm, entry, activity)
        except CrmError as error:
            await self._failed(entry.key, error)
        finally:
            self._figures.took(self.name, self._clock.monotonic() - begun_s)
            self._under_way.discard(entry.key)
            self._wake.set()

    async def _write(self, crm: Crm, entry: CrmEntry, activity: Activity) -> None:
        if await self._updated(crm, entry.ref, activity):
            await self._written(entry, entry.ref)
            return
        # It is new; or somebody deleted it there, or merged it into another one.
        if crm.keyed is Keyed.SEARCH:
            ref = await run(crm.find_log(activity.key), self._sender)
            if await self._updated(crm, ref, activity):
                await self._written(entry, ref)
                return
        elif crm.keyed is Keyed.NONE and entry.begun:
            await self._over(
                entry, replace(entry, state=EntryState.DEAD, error=MAY_EXIST), CrmOutcome.UNKNOWN
            )
            return
        begins = partial(self._begins, entry.key)
        await self._written(entry, await run(crm.create_log(activity), self._sender, begins))

    async def _updated(self, crm: Crm, ref: str, activity: Activity) -> bool:
        return bool(ref) and await run(crm.update_log(ref, activity), self._sender)

    async def _tell(self, live: LiveCrm, entry: CrmEntry, activity: Activity) -> None:
        told = entry.ref
        while (step := live.next_step(told, activity)) is not None:
            now = self._clock.now()
            if (early_s := step.wait_s - (now - step.at).total_seconds()) > 0:
                due = now + timedelta(seconds=early_s)
                await self._change(entry.key, partial(_due, at=due))
                return
            late = step.live and too_late(step.at, now, self._one.config.live_s)
            told = step.missed if late and step.missed else step.told
            await self._change(entry.key, partial(_told, told=told))
            outcome, why = CrmOutcome.LATE if late else CrmOutcome.LOGGED, ""
            if not late:
                try:
                    await run(step.flow, self._sender)
                except CrmError as error:  # told once at most, whatever comes of it
                    outcome, why = CrmOutcome.FAILED, error.text
            self._figures.ended(self.name, outcome)
            _log.info("crm told", crm=self.name, key=entry.key, step=step.told, outcome=outcome, error=why)
        await self._over(entry, replace(entry, state=EntryState.LOGGED, ref=told), CrmOutcome.TOLD)

    async def _begins(self, key: str) -> None:
        """A request that creates is about to be sent: whatever ends us now, that is known."""
        due = self._clock.now() + timedelta(seconds=self._one.config.unknown_wait_s)
        await self._change(key, lambda one: replace(one, begun=True, next_attempt_at=due))

    async def _written(self, entry: CrmEntry, ref: str) -> None:
        done = replace(entry, state=EntryState.LOGGED, ref=ref, begun=False, attempts=0, error="")
        await self._over(entry, done, CrmOutcome.LOGGED)

    async def _over(self, entry: CrmEntry, after: CrmEntry, outcome: CrmOutcome) -> None:
        """The attempt at what `entry` was ended so. What was planned meanwhile is still to be written."""

        def change(now: CrmEntry) -> CrmEntry:
            if now.legs == entry.legs or after.state is EntryState.DEAD:
                return replace(after, legs=now.legs)
            return replace(after, legs=now.legs, state=EntryState.PENDING, next_attempt_at=self._clock.now())

        await self._change(entry.key, change)
        if outcome is CrmOutcome.LOGGED:
            self.pace.lives()
        self._figures.ended(self.name, outcome)
        _log.info("crm activity", crm=self.name, key=entry.key, outcome=outcome, error=after.error)

    async def _failed(self, key: str, error: CrmError) -> None:
        now = self._clock.now()
        config = self._one.config

        def change(one: CrmEntry) -> CrmEntry:
            begun = error.unknown if error.creating else one.begun
            wait_s = self.pace.after_s(one.attempts)
            if begun or error.unknown:  # an old write that is under way must not come after a newer one
                wait_s = max(wait_s, config.unknown_wait_s)
            old = now - one.created_at > timedelta(hours=config.give_up_after_hours)
            state = EntryState.DEAD if error.failure is Failure.REFUSED or old else EntryState.PENDING
            return replace(
                one,
                state=state,
                begun=begun,
                attempts=one.attempts + 1,
                next_attempt_at=now + timedelta(seconds=wait_s),
                error=error.text,
            )

        after = await self._change(key, change)
        self.pace.failed(error)
        dead = after.state is EntryState.DEAD
        self._figures.ended(self.name, CrmOutcome.DEAD if dead else CrmOutcome.FAILED)
        _log.warning(
            "crm activity", crm=self.name, key=key, outcome="dead" if dead else "failed", error=error.text
        )

    async def _change(self, key: str, change: Callable[[CrmEntry], CrmEntry]) -> CrmEntry:
        async with self._rows:
            now = await self._entries.entry(self.name, key)
            if now is None:
                raise LookupError(key)
            after = change(now)
            await self._entries.put(after)
            return after


def _due(entry: CrmEntry, *, at: datetime) -> CrmEntry:
    return replace(entry, next_attempt_at=at)


def _told(entry: CrmEntry, *, told: str) -> CrmEntry:
    return replace(entry, ref=told)
