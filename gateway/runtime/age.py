"""Running time: what age and long deadlines go by. The time of day, less every leap that the clock has made.

The time of day is for people, and people set it. What is kept for days, tried again in hours or good for
minutes must not be forgotten, disabled or kept alive by that. So whatever the clock does against the steady
time by more than LEAP is taken out, told once, and remembered over restarts; what it gains or loses in small
steps, as by NTP, is followed. Where nobody ever set it, running time is the time of day.

While we were stopped nobody can say what was a leap: the time of day is believed, but never goes back, and a
start more than DOUBT after the last sign of life forgets nothing by age for as long again. If the clock is
set back meanwhile, that is taken for the correction. A machine that slept looks like a leap: it did not run.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

import structlog

from gateway.runtime.clock import Clock, TimerHandleLike
from schemas.events import NO_PLATFORM, ClockLeapt

log = structlog.get_logger("trunkline.clock")

LEAP: Final = timedelta(minutes=1)
DOUBT: Final = timedelta(hours=24)


class Mark(NamedTuple):
    """What outlives the process: the last time of day, and how far the clock had leapt in all."""

    wall: datetime
    leapt: timedelta


class _Anchor(NamedTuple):
    """A moment in both times: one attribute, for the store's thread reads it too."""

    wall: datetime
    steady_s: float
    leapt: timedelta


class RunningTime:
    """A Clock that never leaps, over another one."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.monotonic = clock.monotonic  # seconds since some moment, without a call in between
        self._anchor = _Anchor(clock.now(), clock.monotonic(), timedelta())
        self._last = Mark(self._anchor.wall, timedelta())  # as the last run left it
        self._doubted = timedelta()  # so long nobody knows whether we were stopped, or the clock leapt
        self._held: datetime | None = None  # in that doubt nothing is older than it was then
        self._held_until_s = 0.0

    # --- the clock

    def now(self) -> datetime:
        """Running time, aware, as if it were UTC."""
        wall, anchor = self.clock.now(), self._anchor
        strayed = wall - anchor.wall - timedelta(seconds=self.monotonic() - anchor.steady_s)
        if -LEAP <= strayed <= LEAP:  # written out: it is asked for with each delivery and command
            return wall - anchor.leapt
        return wall - anchor.leapt - strayed

    def call_later(self, delay_s: float, callback: Callable[[], None]) -> TimerHandleLike:
        """Call in the loop's thread after so many seconds."""
        return self.clock.call_later(delay_s, callback)

    async def sleep(self, delay_s: float) -> None:
        """Return after so many seconds."""
        await self.clock.sleep(delay_s)

    # --- between the two times

    def leapt(self) -> timedelta:
        """How far the time of day is ahead of running time."""
        return self._leapt(self.clock.now())

    def shown(self, at: datetime) -> datetime:
        """A moment in running time, for people: by the clock as it goes now."""
        return at + self.leapt()

    def of_last_run(self, at: datetime) -> datetime:
        """A time of day that the last run wrote down, in running time."""
        return at - self._last.leapt

    def before(self, life: timedelta) -> datetime:
        """What is dated before this has had so long a life; in doubt, what had it already."""
        now = self.now()
        if self._held is not None and self.clock.monotonic() < self._held_until_s:
            now = min(now, self._held)
        return now - life

    def _leapt(self, wall: datetime) -> timedelta:
        anchor = self._anchor
        strayed = self._strayed(anchor, wall)
        return anchor.leapt + strayed if abs(strayed) > LEAP else anchor.leapt

    def _strayed(self, anchor: _Anchor, wall: datetime) -> timedelta:
        return wall - anchor.wall - timedelta(seconds=self.monotonic() - anchor.steady_s)

    # --- what its owner does

    def begin(self, last: Mark | None) -> Sequence[ClockLeapt]:
        """Go on from where the last run was. Returns what operators are told."""
        wall = self.clock.now()
        if last is None:
            return ()
        self._last = last
        away = wall - last.wall
        back = away if away < -LEAP else timedelta()
        self._anchor = _Anchor(wall, self.clock.monotonic(), last.leapt + back)
        if back:
            return (self._told(back, stopped=True),)
        if away > DOUBT:
            self._doubted = away
            self._held = last.wall - last.leapt
            self._held_until_s = self.clock.monotonic() + DOUBT.total_seconds()
            return (self._told(away, stopped=True, kept_until=wall + DOUBT),)
        return ()

    def look(self) -> Sequence[ClockLeapt]:
        """Note a leap, once. To be called now and then. Returns what operators are told."""
        anchor, wall = self._anchor, self.clock.now()
        strayed = self._strayed(anchor, wall)
        leapt = anchor.leapt
        told: tuple[ClockLeapt, ...] = ()
        if abs(strayed) > LEAP:
            corrected = max(timedelta(), min(-strayed, self._doubted))
            self._doubted -= corrected
            leapt += strayed + corrected
            told = (self._told(strayed, stopped=False),)
        self._anchor = _Anchor(wall, self.clock.monotonic(), leapt)
        return told

    def mark(self) -> Mark:
        """To be kept for the next run."""
        wall = self.clock.now()
        return Mark(wall, self._leapt(wall))

    def _told(self, by: timedelta, *, stopped: bool, kept_until: datetime | None = None) -> ClockLeapt:
        seconds = round(by.total_seconds(), 3)
        log.warning("clock leapt", seconds=seconds, while_stopped=stopped, nothing_forgotten_until=kept_until)
        return ClockLeapt(
            time=self.clock.now(),
            platform_id=NO_PLATFORM,
            seconds=seconds,
            while_stopped=stopped,
            kept_until=kept_until,
        )
