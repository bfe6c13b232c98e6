"""How long deliveries pause after something went wrong: ever longer, but not for a store that was away."""

import asyncio

import pytest

from gateway.outbound.anew import again_and_again
from gateway.store.memory import MemoryStore
from schemas.errors import StoreError
from tests.fakes import FakeClock

IN_GROUP = ExceptionGroup("unhandled errors in a TaskGroup", [StoreError("away")])


class Work:
    """Lives for so long each time, and ends by an error."""

    def __init__(self, clock: FakeClock, error: Exception, lives_s: float) -> None:
        self.began: list[float] = []
        self._clock, self._error, self._lives_s = clock, error, lives_s

    async def run(self) -> None:
        """Raises what it was told to."""
        self.began.append(self._clock.monotonic())
        if self._lives_s:
            await self._clock.sleep(self._lives_s)
        raise self._error


async def pauses(error: Exception, lives_s: float, count: int) -> list[float]:
    """What lay between the ends and the next beginnings, the first so many."""
    clock = FakeClock()
    work = Work(clock, error, lives_s)
    task = asyncio.create_task(again_and_again(work.run, "deliveries", "webhook", clock, MemoryStore()))
    await clock.settle()
    while len(work.began) <= count:
        await clock.advance(1.0)
    task.cancel()
    await asyncio.wait([task])
    return [after - before - lives_s for before, after in zip(work.began, work.began[1:], strict=False)]


@pytest.mark.parametrize("error", [StoreError("away"), IN_GROUP])
async def test_a_store_that_is_away_again_and_again_does_not_make_them_wait_longer(error: Exception) -> None:
    assert await pauses(error, 0.0, 8) == [1.0] * 8


async def test_what_ends_at_once_again_and_again_waits_longer_and_longer() -> None:
    assert await pauses(KeyError("k"), 0.0, 8) == [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0]


async def test_what_went_well_for_long_waits_no_longer_for_what_was_long_ago() -> None:
    assert await pauses(KeyError("k"), 100.0, 5) == [1.0] * 5
