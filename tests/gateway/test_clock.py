"""Time: the machine's, and the one that tests turn."""

import asyncio
from datetime import UTC

from gateway.runtime.clock import Clock, SystemClock
from tests.fakes import START, FakeClock


async def test_the_system_clock_is_aware_steady_and_calls_back() -> None:
    clock: Clock = SystemClock()
    assert clock.now().tzinfo is UTC
    assert clock.monotonic() <= clock.monotonic()
    called = asyncio.Event()
    clock.call_later(0, called.set)
    clock.call_later(0, called.clear).cancel()
    await called.wait()
    await clock.sleep(0)


async def test_due_calls_come_in_order_and_see_their_own_time() -> None:
    clock = FakeClock()
    seen: list[tuple[str, float]] = []
    clock.call_later(20, lambda: seen.append(("b", clock.monotonic())))
    clock.call_later(10, lambda: seen.append(("a", clock.monotonic())))
    clock.call_later(15, lambda: seen.append(("never", 0))).cancel()
    clock.call_later(31, lambda: seen.append(("later", 0)))
    await clock.advance(30)
    assert seen == [("a", 10), ("b", 20)]
    assert clock.waiting() == [1]
    assert (clock.now() - START).total_seconds() == 30


async def test_what_a_sleeper_begins_is_done_within_the_same_advance() -> None:
    clock: FakeClock = FakeClock()
    woken: list[float] = []

    async def sleeper() -> None:
        for _ in range(3):
            await clock.sleep(5)
            woken.append(clock.monotonic())

    task = asyncio.create_task(sleeper())
    await clock.advance(15)
    assert woken == [5, 10, 15]
    await task


async def test_a_cancelled_sleeper_leaves_no_timer() -> None:
    clock = FakeClock()
    task = asyncio.create_task(clock.sleep(5))
    await clock.settle()
    assert clock.waiting() == [5]
    task.cancel()
    await clock.settle()
    assert clock.waiting() == []
