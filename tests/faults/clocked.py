"""A gateway whose time of day jumps: SIGUSR1 sets it forward, SIGUSR2 back.

`clocked.py [--days DAYS] CONFIG`.

Composed of the same parts as `trunkline serve`, with a clock handed in; its steady time stays the machine's.
"""

import asyncio
import signal
import sys
from datetime import datetime, timedelta
from typing import Final

import uvloop

from gateway.app import Gateway, running
from gateway.config import load
from gateway.runtime.clock import SystemClock
from gateway.telemetry import logs

JUMP: Final = timedelta(hours=6)  # unless it is told how many days


class JumpingClock(SystemClock):
    """The machine's clock, as much too late or too early as it was told."""

    def __init__(self) -> None:
        self._off = timedelta()

    def now(self) -> datetime:
        """The time of day, aware, UTC."""
        return super().now() + self._off

    def jump(self, by: timedelta) -> None:
        """From one moment to the next."""
        self._off += by


async def serve(path: str, jump: timedelta) -> None:
    """Until SIGTERM."""
    config = load(path)
    logs.configure(config.log)
    clock = JumpingClock()
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    loop.add_signal_handler(signal.SIGUSR1, clock.jump, jump)
    loop.add_signal_handler(signal.SIGUSR2, clock.jump, -jump)
    async with running(Gateway(config, clock=clock)):
        await stop.wait()


if __name__ == "__main__":
    *days, config_path = sys.argv[1:]
    uvloop.run(serve(config_path, timedelta(days=int(days[1])) if days else JUMP))
