"""What is sans-IO says when it has something to do, and is woken then: not before, not twice."""

from datetime import datetime, timedelta

from gateway.runtime.alarm import Alarm
from gateway.runtime.clock import Steady
from tests.fakes import START, FakeClock


class Sleeper:
    """Something that wants to be woken at certain moments."""

    def __init__(self, clock: FakeClock, *seconds: float) -> None:
        self.clock = clock
        self.moments = [START + timedelta(seconds=one) for one in seconds]
        self.woken: list[float] = []
        self.alarm = Alarm(clock, self.due, self.wake)

    def due(self) -> datetime | None:
        """The next moment."""
        return self.moments[0] if self.moments else None

    def wake(self) -> None:
        """The moment has come."""
        self.woken.append(self.clock.monotonic())
        self.moments.pop(0)


async def test_it_is_woken_at_each_moment_that_it_names() -> None:
    clock = FakeClock()
    sleeper = Sleeper(clock, 5, 7)
    sleeper.alarm.set()
    await clock.advance(60)
    assert sleeper.woken == [5, 7]
    assert clock.waiting() == []


async def test_setting_it_again_moves_it_only_if_the_moment_has_changed() -> None:
    clock = FakeClock()
    sleeper = Sleeper(clock, 5)
    sleeper.alarm.set()
    sleeper.alarm.set()
    assert clock.waiting() == [5]
    sleeper.moments.insert(0, START + timedelta(seconds=1))
    sleeper.alarm.set()
    assert clock.waiting() == [1]
    await clock.advance(60)
    assert sleeper.woken == [1, 5]


async def test_what_is_stopped_or_has_nothing_to_do_is_not_woken() -> None:
    clock = FakeClock()
    sleeper = Sleeper(clock, 5)
    sleeper.alarm.set()
    sleeper.alarm.stop()
    await clock.advance(10)
    assert sleeper.woken == []
    sleeper.moments.clear()
    sleeper.alarm.set()
    assert clock.waiting() == []


async def test_a_clock_that_is_set_back_makes_nothing_late() -> None:
    class Wrong(FakeClock):
        off = timedelta()

        def now(self) -> datetime:
            return super().now() + self.off

    clock = Wrong()
    steady = Steady(clock)
    woken: list[float] = []
    moments = [START + timedelta(seconds=one) for one in (5, 7)]

    def wake() -> None:
        assert steady.now() == moments.pop(0)
        woken.append(clock.monotonic())

    alarm = Alarm(clock, lambda: moments[0] if moments else None, wake, steady.now)
    alarm.set()
    clock.off = timedelta(hours=-6)
    await clock.advance(60)
    assert woken == [5, 7]
