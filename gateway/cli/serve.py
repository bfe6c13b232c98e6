"""`trunkline serve`."""

import asyncio
import gc
import os
import signal
from pathlib import Path

import structlog

from gateway.app import Gateway, running
from gateway.cli import checked
from gateway.runtime.clock import SystemClock
from gateway.telemetry import logs
from gateway.workers import supervisor
from gateway.workers.embedded import folder_of
from schemas.errors import ConfigError

log = structlog.get_logger("trunkline")


def _settle_memory() -> None:
    """Keep the collector from going over everything for every few events.

    What was made until now lives as long as the process. Events are made by the thousand and hold no cycles:
    reference counts free them, so looks at the young may be rare. Worth about 15 % of the time per event.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


async def serve(path: Path, *, standby: bool = False, workers: int = 1) -> int:
    """Run until SIGINT, SIGTERM, or until another gateway has taken over. Raises ConfigError, StoreError."""
    config = checked.load(path)
    logs.configure(config.log)
    if workers > 1:
        return await supervisor.supervise(path, config, workers, SystemClock(), standby=standby)
    if config.bus is None and folder_of(config.store.path).exists():
        raise ConfigError(
            f"store.path: the store is in {folder_of(config.store.path)}, for --workers. Serve it with them,"
            " or move it back with `trunkline migrate --from nats --to sqlite`, and remove that folder"
        )
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with running(Gateway(config, standby=standby)) as gateway:
        if gateway.gate.open_mode():
            log.warning(
                "no API key is configured: everything is open, to this machine only;"
                " `trunkline keys create` makes the first key"
            )
        loop.add_signal_handler(signal.SIGHUP, gateway.reload)
        _settle_memory()
        ends = [asyncio.create_task(one.wait()) for one in (stop, gateway.node.over)]
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        for one in ends:
            one.cancel()
        log.info("stopping")
    if not gateway.flushed:
        log.critical("the store did not take everything in time")
        logs.drain(1.0)
        os._exit(1)  # one of its threads hangs, and would be waited for
    return int(gateway.node.over.is_set())
