"""All places where a gateway listens: its address, and the operator's own socket."""

from collections.abc import Sequence
from pathlib import Path

import structlog
from aiohttp import web

from gateway.config import Config
from gateway.http import descriptors, operator_socket
from gateway.http.listener import Listener
from gateway.http.operator_socket import OperatorSocket
from gateway.http.strangers import Strangers
from gateway.runtime.clock import Clock
from gateway.store.config import MEMORY
from gateway.telemetry.metrics import Metrics
from gateway.telemetry.peers import Peers
from schemas.errors import ConfigError

log = structlog.get_logger("trunkline")


class Listening:
    """What clients and operators reach, from `begin` to `close`."""

    def __init__(
        self, app: web.Application, operators: web.Application, config: Config, peers: Peers, clock: Clock
    ) -> None:
        server = config.server
        self._config = config
        self._operators = operators
        self._peers = peers
        self._runner = web.AppRunner(app, handle_signals=False, shutdown_timeout=server.shutdown_s)
        self._strangers = Strangers(peers, clock, server.max_strangers, server.max_strangers_per_address)
        self._descriptors = descriptors.obtain()
        self._listener: Listener | None = None
        self._operator: OperatorSocket | None = None

    async def begin(self) -> Sequence[str]:
        """Listen. Returns the addresses, as URLs. Raises ConfigError."""
        server = self._config.server
        await self._runner.setup()
        if self._runner.server is None:
            raise RuntimeError("setup makes it")
        self._listener = Listener(
            self._runner.server, self._strangers, self._peers, server.trusted_proxies, self._descriptors
        )
        try:
            addresses = await self._listener.listen(server.host, server.port)
        except OSError as error:
            where = f"{server.host}, port {server.port}"
            raise ConfigError(f"server: cannot listen on {where}: {error.strerror}") from error
        await self._listen_to_operator()
        return addresses

    def measure(self, metrics: Metrics) -> None:
        """Set what is measured when it is asked for."""
        metrics.strangers.set(len(self._strangers))
        metrics.descriptors.set(self._descriptors.most)

    def stop(self) -> None:
        """Take nobody more."""
        if self._listener is not None:
            self._listener.stop()
        self._strangers.stop()

    async def close(self) -> None:
        """Part from all who are there."""
        self.stop()
        await self._runner.cleanup()
        if self._operator is not None:
            await self._operator.stop()

    async def _listen_to_operator(self) -> None:
        wanted, store = self._config.server.operator_socket, self._config.store.path
        if wanted == "" or (wanted is None and store == MEMORY):
            return
        beside = Path(store)  # not by a name that begins as the store's: such files are copied with it
        path = beside.with_name(f"operator.{beside.name}.sock") if wanted is None else Path(wanted)
        if wanted is None and len(str(path)) > operator_socket.LONGEST:
            log.warning("no operator socket: its path would be too long", path=str(path))
            return
        self._operator = OperatorSocket(self._operators, path)
        try:
            await self._operator.listen()
        except OSError as error:
            raise ConfigError(f"server.operator_socket: cannot listen on {path}: {error}") from error
