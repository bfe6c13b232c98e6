"""The owner of background tasks: none is lost, none fails in silence, all are over at the end."""

import asyncio
from collections.abc import Callable, Coroutine

import structlog

log = structlog.get_logger("trunkline.tasks")


class Tasks:
    """Tasks that outlive the call which began them. Whoever adds to it bounds how many."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, work: Coroutine[object, object, None], name: str) -> Callable[[], object]:
        """Run it in the background. Returns what ends it before its time."""
        task = asyncio.get_running_loop().create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._over)
        return task.cancel

    def _over(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("task failed", task=task.get_name(), exc_info=error)

    async def finish(self, timeout_s: float) -> None:
        """Give them so long to end, then cancel the rest."""
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=timeout_s)
            for task in late:
                task.cancel()
            if late:
                await asyncio.wait(late)
