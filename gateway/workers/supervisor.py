"""Several gateways and their NATS server, as one service: started, watched, started again, stopped in order.

Each gateway is `trunkline serve` with the same configuration; the environment says what each has for itself.
All listen on the same port (SO_REUSEPORT): the system gives each connection to one of them, and nobody
stands in front who would have to copy every byte. Who does not answer any more, and would still be given
connections, is killed.
"""

import asyncio
import json
import signal
import sys
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Final

import structlog

from gateway.cluster.config import BusConfig
from gateway.config import Config
from gateway.http import operator_socket
from gateway.runtime.clock import Clock
from gateway.store.config import MEMORY
from gateway.workers.asking import follows, lives
from gateway.workers.embedded import EmbeddedServer, folder_of
from gateway.workers.process import Kept
from schemas.errors import ConfigError

log = structlog.get_logger("trunkline.workers")

_LOOK_S: Final = 2.0
_MISSED: Final = 5  # looks without an answer, after which a gateway is killed
_READY_LOOK_S: Final = 0.1
_STOP_MORE_S: Final = 5.0  # beside what a gateway gives itself


def require_fit(config: Config) -> None:
    """Raises ConfigError for a configuration that several processes cannot share."""
    if config.server.port == 0:
        raise ConfigError("server.port: with --workers it has to be a port, as all listen on the same one")
    if config.store.path == MEMORY:
        raise ConfigError(f"store.path: with --workers it cannot be {MEMORY}")
    if config.server.operator_socket == "":
        raise ConfigError("server.operator_socket: with --workers there has to be one")
    path = Path(config.store.path)
    if config.bus is None and path.exists() and not folder_of(config.store.path).exists():
        raise ConfigError(
            f"store.path: {path} is a store, and with --workers it is in NATS: move it with"
            " `trunkline migrate --from sqlite --to nats`"
        )


class Worker:
    """One gateway. `number` counts from 0."""

    def __init__(
        self, number: int, path: Path, config: Config, bus: BusConfig, clock: Clock, more: Sequence[str]
    ) -> None:
        """`more`: what else `trunkline serve` is told."""
        self.missed = 0
        self._more = more
        self._number = number
        self._path = path
        self._config = config
        self._bus = bus
        store = config.store.path
        own = store if number == 0 else f"{store}.{number}"
        socket = operator_socket.path_of(config.server.operator_socket, store)
        if socket is None:
            raise ConfigError("server.operator_socket: with --workers there has to be one")
        self.socket = operator_socket.numbered(socket, number)
        self._store = own
        self.process = Kept(f"gateway {number}", self._command, self._variables, clock)

    def _command(self) -> Sequence[str]:
        return (sys.executable, "-m", "gateway", "serve", "--config", str(self._path), *self._more)

    def _variables(self) -> Mapping[str, str]:
        bus, metrics = self._bus, self._config.metrics
        said = {
            "SERVER__REUSE_PORT": "true",
            "SERVER__OPERATOR_SOCKET": str(self.socket.absolute()),
            "STORE__PATH": str(Path(self._store).absolute()),
        }
        if self._config.bus is None:
            password = "" if bus.password is None else bus.password.get_secret_value()
            said |= {
                "BUS__SERVERS": json.dumps(bus.servers),
                "BUS__USER": bus.user,
                "BUS__PASSWORD": password,
            }
        if metrics.port:
            said["METRICS__PORT"] = str(metrics.port + self._number)
        return {f"TRUNKLINE_{name}": value for name, value in said.items()}


class Supervisor:
    """Not yet started."""

    def __init__(
        self, path: Path, config: Config, count: int, clock: Clock, more: Sequence[str] = ()
    ) -> None:
        """`count` gateways; `more`: see Worker. Raises ConfigError."""
        require_fit(config)
        self._more = more
        self._path = path
        self._config = config
        self._count = count
        self._clock = clock
        self._server = None if config.bus is not None else EmbeddedServer(config.store.path, clock)
        self.workers: list[Worker] = []
        self._keeping: list[asyncio.Task[None]] = []

    async def run(self, stop: asyncio.Event) -> int:
        """Until then; the exit code. Raises StoreError where NATS does not start."""
        try:
            bus = self._config.bus
            if self._server is not None:
                await self._server.start()
                bus = self._server.bus
                self._keep(self._server.process)
            if bus is None:
                raise RuntimeError("one of both")
            parts = self._path, self._config, bus, self._clock, self._more
            self.workers = [Worker(number, *parts) for number in range(self._count)]
            first, *others = self.workers
            await first.process.start()
            if not await self._ready(first, stop):  # what is wrong with one is wrong with all
                return 0 if stop.is_set() else await first.process.ended() or 1
            for one in others:
                await one.process.start()
            for one in self.workers:
                self._keep(one.process)
                self._keeping.append(asyncio.create_task(self._watch(one)))
            log.info("gateways started", count=self._count)
            await stop.wait()
            return 0
        finally:
            await self._stop()

    def _keep(self, process: Kept) -> None:
        self._keeping.append(asyncio.create_task(process.keep()))

    async def _ready(self, worker: Worker, stop: asyncio.Event) -> bool:
        """Return once it serves; False if it has ended before, or all is to."""
        while worker.process.running and not stop.is_set():
            if await lives(worker.socket):
                return True
            await self._clock.sleep(_READY_LOOK_S)
        return False

    async def _watch(self, worker: Worker) -> None:
        """Kill it if it has not answered for long: it will be started again."""
        served = 0  # the process that has answered once; before that it may take its time
        while True:
            await self._clock.sleep(_LOOK_S)
            pid = worker.process.pid
            if await lives(worker.socket):
                served, worker.missed = pid, 0
            elif pid and pid == served:
                worker.missed += 1
            if worker.missed >= _MISSED:
                worker.missed, served = 0, 0
                log.error("does not answer, and is killed", process=worker.process.name, pid=pid)
                worker.process.send(signal.SIGKILL)

    def forward(self, what: signal.Signals) -> None:
        """To all gateways."""
        for one in self.workers:
            one.process.send(what)

    async def _stopped(self, workers: Sequence[Worker]) -> None:
        within_s = self._config.server.shutdown_s + _STOP_MORE_S
        if not all(await asyncio.gather(*(one.process.stop(within_s) for one in workers))):
            log.critical("not all gateways ended in time")

    async def _stop(self) -> None:
        """First who follows, so that nobody takes over; then who is at work; then NATS."""
        following = await asyncio.gather(*(follows(one.socket) for one in self.workers))
        told = list(zip(self.workers, following, strict=True))
        await self._stopped([one for one, follows_another in told if follows_another])
        await self._stopped([one for one, follows_another in told if not follows_another])
        if self._server is not None:
            await self._server.stop()
        for task in self._keeping:
            task.cancel()
        await asyncio.gather(*self._keeping, return_exceptions=True)


async def supervise(path: Path, config: Config, count: int, clock: Clock, *, standby: bool) -> int:
    """Until SIGINT or SIGTERM. Raises ConfigError, StoreError."""
    supervisor = Supervisor(path, config, count, clock, ("--standby",) if standby else ())
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    loop.add_signal_handler(signal.SIGHUP, partial(supervisor.forward, signal.SIGHUP))
    return await supervisor.run(stop)
