"""All places where a gateway listens: its address, and the operator's own socket."""

from collections.abc import Iterable, Sequence
from typing import Protocol

import structlog
from aiohttp import web

from gateway.http import descriptors, operator_socket
from gateway.http.config import ServerConfig
from gateway.http.listener import Listener
from gateway.http.metrics_port import MetricsPort
from gateway.http.operator_socket import OperatorSocket
from gateway.http.strangers import Strangers
from gateway.http.tls import ServedTls
from gateway.runtime.clock import Clock
from gateway.store.config import MEMORY, StoreConfig
from gateway.telemetry.config import MetricsConfig
from gateway.telemetry.metrics import Metrics
from gateway.telemetry.peers import Peers
from schemas.errors import ConfigError

log = structlog.get_logger("trunkline")


class Operators(Protocol):
    """What operators are shown."""

    def local(self, more: Iterable[web.RouteDef]) -> web.Application:
        """For the operator's own socket, with `more`."""

    def scraped(self) -> web.Application:
        """For Prometheus and probes."""


class Sections(Protocol):
    """The sections of the configuration that say where."""

    @property
    def server(self) -> ServerConfig:
        """For clients, and the operator's socket."""

    @property
    def store(self) -> StoreConfig:
        """The operator's socket is beside it."""

    @property
    def metrics(self) -> MetricsConfig:
        """For Prometheus."""


class Listening:
    """What clients and operators reach, from `begin` to `close`."""

    def __init__(
        self,
        app: web.Application,
        operators: Operators,
        more: Iterable[web.RouteDef],
        config: Sections,
        peers: Peers,
        clock: Clock,
    ) -> None:
        """`more` is for the operator's own socket. Raises ConfigError for a certificate that is of no use."""
        server = self._server = config.server
        self._store = config.store.path
        self._operators = operators.local(more)
        self._peers = peers
        self._runner = web.AppRunner(app, handle_signals=False, shutdown_timeout=server.shutdown_s)
        self._tls = None if server.tls is None else ServedTls(server.tls, clock)
        self._strangers = Strangers(peers, clock, server.max_strangers, server.max_strangers_per_address)
        self._descriptors = descriptors.obtain()
        self._listener: Listener | None = None
        self._operator: OperatorSocket | None = None
        self._metrics = MetricsPort(operators.scraped(), config.metrics, peers, clock, self._descriptors)

    async def begin(self) -> Sequence[str]:
        """Listen. Returns the addresses, as URLs. Raises ConfigError."""
        server = self._server
        await self._runner.setup()
        if self._runner.server is None:
            raise RuntimeError("setup makes it")
        self._listener = Listener(
            *(self._runner.server, self._strangers, self._peers, server.trusted_proxies, self._descriptors),
            tls=self._tls,
            most=server.max_strangers,
        )
        try:
            addresses = await self._listener.listen(server.host, server.port, reuse_port=server.reuse_port)
        except OSError as error:
            where = f"{server.host}, port {server.port}"
            raise ConfigError(f"server: cannot listen on {where}: {error.strerror}") from error
        await self._listen_to_operator()
        if self._tls is not None:
            self._tls.watch()
        if metrics := await self._metrics.begin():
            log.info("listening for Prometheus, without a key", addresses=metrics)
        return addresses

    async def inside(self, path: str) -> None:
        """Serve too what other gateways hand on, at a local socket. Raises OSError."""
        if self._listener is not None:
            await self._listener.listen_inside(path)

    def measure(self, metrics: Metrics) -> None:
        """Set what is measured when it is asked for."""
        metrics.strangers.set(len(self._strangers))
        metrics.descriptors.set(self._descriptors.most)

    def reload(self) -> None:
        """Read the certificate again."""
        if self._tls is not None:
            self._tls.reload()

    def note(self) -> str:
        """What an operator should know of the certificate; empty if nothing."""
        return "" if self._tls is None else self._tls.note()

    def stop(self) -> None:
        """Take nobody more."""
        if self._listener is not None:
            self._listener.stop()
        self._strangers.stop()
        if self._tls is not None:
            self._tls.stop()

    async def close(self) -> None:
        """Part from all who are there."""
        self.stop()
        try:
            if self._listener is not None:
                await self._listener.taken()
            await self._runner.cleanup()
        finally:
            await self._metrics.stop()
            if self._operator is not None:
                await self._operator.stop()

    def cut(self) -> None:
        """Whoever is still there is cut off: he did not read what was left to say, or there was no time."""
        if self._listener is not None:
            self._listener.cut()

    async def _listen_to_operator(self) -> None:
        wanted = self._server.operator_socket
        path = operator_socket.path_of(wanted, "" if self._store == MEMORY else self._store)
        if path is None:
            return
        if wanted is None and len(str(path)) > operator_socket.LONGEST:
            log.warning("no operator socket: its path would be too long", path=str(path))
            return
        self._operator = OperatorSocket(self._operators, path)
        try:
            await self._operator.listen()
        except OSError as error:
            raise ConfigError(f"server.operator_socket: cannot listen on {path}: {error}") from error
