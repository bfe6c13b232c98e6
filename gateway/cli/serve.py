"""`trunkline serve`."""

import asyncio
import signal
from pathlib import Path

import structlog

from gateway.app import Gateway, running
from gateway.cli import checked
from gateway.telemetry import logs

log = structlog.get_logger("trunkline")


async def serve(path: Path) -> int:
    """Run until SIGINT or SIGTERM. Raises ConfigError, StoreError."""
    config = checked.load(path)
    logs.configure(config.log)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with running(Gateway(config)) as gateway:
        if gateway.gate.open_mode():
            log.warning(
                "no API key is configured: everything is open, to this machine only;"
                " `trunkline keys create` makes the first key"
            )
        await stop.wait()
        log.info("stopping")
    return 0
