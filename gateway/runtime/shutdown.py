"""An orderly end: steps one after another, each with its share of the time, and all of them within it.

A step that is not over when its share is used up is cancelled and left: a platform that does not answer, a
client that does not read, a receiver or a disk that hangs must not take the time of what comes after it, and
least of all hold the process. What is left is made good later: an open command is finished by the next start,
a delivery is tried again, a client resumes after its last cursor.
"""

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from typing import Final, NamedTuple

import structlog

from gateway.runtime.clock import Clock

log = structlog.get_logger("trunkline")

_TO_LET_GO: Final = 0.9  # the rest of its time is for whatever gives up by itself
_TURNS: Final = 3  # of the loop, in which whatever heeds it has heard that it is cancelled


class Step(NamedTuple):
    """Has until that part of the whole time is over. `work` is told in how many seconds to be done."""

    name: str
    until: float
    work: Callable[[float], Coroutine[object, object, object]]


async def stop(steps: Iterable[Step], within_s: float, clock: Clock) -> tuple[str, ...]:
    """Take all steps. Returns which were cut short. Raises the first error of any, once all are taken."""
    began_s = clock.monotonic()
    cut: list[str] = []
    errors: list[BaseException] = []
    for step in steps:
        left_s = max(0.0, began_s + within_s * step.until - clock.monotonic())
        work = step.work(left_s * _TO_LET_GO)
        task = asyncio.get_running_loop().create_task(work, name=f"stop {step.name}")
        if not await _ended(task, left_s, clock):
            cut.append(step.name)
            log.warning("stopped short", step=step.name, seconds=round(left_s, 3))
        elif (error := task.exception()) is not None:
            errors.append(error)
    if errors:
        raise errors[0]
    return tuple(cut)


async def _ended(task: asyncio.Task[object], within_s: float, clock: Clock) -> bool:
    """Whether it came to its end by itself."""
    over = asyncio.Event()
    task.add_done_callback(lambda _: over.set())
    timer = clock.call_later(within_s, over.set)
    try:
        await over.wait()
    finally:
        timer.cancel()
    if task.done():
        return True
    task.cancel()
    for _ in range(_TURNS):
        await asyncio.sleep(0)
    return False
