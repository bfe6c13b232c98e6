"""A closed loop of load, and the processor time of the processes that take part."""

import asyncio
import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

WARM_UP_S: Final = 0.5
PATIENCE_S: Final = 10.0


def cpu_s(pid: int) -> float | None:
    """Processor time of a process with all its threads."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    except OSError:
        return None
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Load:
    """A closed loop: `push` sends one more, `done` counts what came out and sends as many again.

    `beside` are processes that work for this client: their processor time counts as its own.
    """

    def __init__(self, window: int, push: Callable[[int], None], beside: Sequence[int] = ()) -> None:
        self._beside = beside
        self.finished = 0
        self._sent = 0
        self._window = window
        self._push = push
        self._loop = asyncio.get_running_loop()
        self._at = 0.0  # when something came out last

    def done(self, count: int) -> None:
        """So many came out."""
        self._at = self._loop.time()
        self.finished += count
        for at in range(self._sent, self.finished + self._window):
            self._push(at)
        self._sent = self.finished + self._window

    async def measure(self, seconds: float, pid: int) -> dict[str, float | None]:
        """Warm up until as many came out as are under way, then count for so long.

        Counted is from one coming out to another: they come in bursts. Raises TimeoutError if nothing does.
        """
        self.done(0)
        await asyncio.sleep(WARM_UP_S)
        await self._until(self._window)
        begun, first, count = self._loop.time(), self._at, self.finished
        cpu, own = cpu_s(pid), self._own_s()
        await asyncio.sleep(seconds)
        if not await self._until(count + 1):
            raise TimeoutError(f"nothing came out in {seconds} s; before that {self.finished}")
        took, count = self._loop.time() - begun, self.finished - count
        cpu_end, share = cpu_s(pid), (self._own_s() - own) / took
        per_s = count / (self._at - first)
        served = None if cpu is None or cpu_end is None else (cpu_end - cpu) / took
        return {
            "per_s": per_s,
            "count": count,
            "seconds": took,
            "cpu_us": None if served is None else served / per_s * 1e6,
            "server_share": served,
            "client_share": share,
        }

    async def _until(self, finished: int) -> bool:
        """Whether so many have come out, be it late."""
        until = self._loop.time() + PATIENCE_S
        while self.finished < finished and self._loop.time() < until:  # noqa: ASYNC110  # nobody tells
            await asyncio.sleep(WARM_UP_S / 10)
        return self.finished >= finished

    def _own_s(self) -> float:
        return time.process_time() + sum(cpu_s(pid) or 0.0 for pid in self._beside)
