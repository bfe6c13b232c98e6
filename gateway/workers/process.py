"""One program that is kept running: started, started again when it ends, with longer and longer pauses."""

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Final

import structlog

from gateway.runtime.clock import Clock

log = structlog.get_logger("trunkline.workers")

FIRST_PAUSE_S: Final = 0.5
LONGEST_PAUSE_S: Final = 15.0
SETTLED_S: Final = 60.0  # who has run for so long begins with the first pause again


class Kept:
    """Not yet started. `command` is asked before each start."""

    def __init__(
        self,
        name: str,
        command: Callable[[], Sequence[str]],
        more: Callable[[], Mapping[str, str]],
        clock: Clock,
    ) -> None:
        """`more`: variables of its environment, beside ours."""
        self.name = name
        self.starts = 0
        self.descriptors: list[int] = []  # open ones that it gets
        self._command = command
        self._more = more
        self._clock = clock
        self._process: asyncio.subprocess.Process | None = None
        self._pause_s = FIRST_PAUSE_S
        self._stopping = asyncio.Event()

    @property
    def running(self) -> bool:
        """Whether it is, as far as is known."""
        return self._process is not None and self._process.returncode is None

    @property
    def pid(self) -> int:
        """Of the one that runs; 0 if none does."""
        return self._process.pid if self._process is not None and self.running else 0

    async def start(self) -> None:
        """Once. Raises OSError."""
        tether = (sys.executable, "-m", "gateway.workers.tethered", str(os.getpid()))
        self._process = await asyncio.create_subprocess_exec(
            *tether,
            *self._command(),
            env={**os.environ, **self._more()},
            stdin=asyncio.subprocess.DEVNULL,
            pass_fds=self.descriptors,
        )
        self.starts += 1

    async def ended(self) -> int:
        """Its status, once it has."""
        return 0 if self._process is None else await self._process.wait()

    async def keep(self) -> None:
        """Start it whenever it has ended, until it is to stop. It was started once before."""
        while True:
            began_s = self._clock.monotonic()
            status = await self.ended()
            if self._stopping.is_set():
                return
            if self._clock.monotonic() - began_s >= SETTLED_S:
                self._pause_s = FIRST_PAUSE_S
            log.error("ended", process=self.name, status=status, again_in_s=self._pause_s)
            await self._clock.sleep(self._pause_s)
            self._pause_s = min(LONGEST_PAUSE_S, 2 * self._pause_s)
            if self._stopping.is_set():
                return
            await self.start()

    def send(self, what: signal.Signals) -> None:
        """A signal, if it runs."""
        if self._process is not None and self.running:
            with suppress(ProcessLookupError):
                self._process.send_signal(what)

    async def stop(self, within_s: float) -> bool:
        """End it: in order, or after that time anyhow. Whether it did so in order."""
        self._stopping.set()
        self.send(signal.SIGTERM)
        try:
            async with asyncio.timeout(within_s):
                await self.ended()
        except TimeoutError:
            self.send(signal.SIGKILL)
            await self.ended()
            return False
        return True
