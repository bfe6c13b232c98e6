"""All places where a gateway listens: its address, and the operator's own socket."""

from collections.abc import Sequence

import structlog
from aiohttp import web

from gateway.http import descriptors, operator_socket
from gateway.http.config import ServerConfig
from gateway.http.listener import Listener
from gateway.http.operator_socket import OperatorSocket
from gateway.http.strangers import Strangers
from gateway.http.tls import ServedTls
from gateway.runtime.clock import Clock
from gateway.store.config import MEMORY
from gateway.telemetry.metrics import Metrics
from gateway.telemetry.peers import Peers
from schemas.errors import ConfigError

log = structlog.get_logger("trunkline")


class Listening:
    """What clients and operators reach, from `begin` to `close`."""

    def __init__(
        self,
        app: web.Application,
        operators: web.Application,
        server: ServerConfig,
        store: str,
        peers: Peers,
        clock: Clock,
    ) -> None:
        """`store` is the path of ours: the operator's socket is beside it.

        Raises ConfigError for a certificate that cannot be served.
        """
        self._server = server
        self._store = store
        self._operators = operators
        self._peers = peers
        self._runner = web.AppRunner(app, handle_signals=False, shutdown_timeout=server.shutdown_s)
        self._tls = None if server.tls is None else ServedTls(server.tls, clock)
        self._strangers = Strangers(peers, clock, server.max_strangers, server.max_strangers_per_address)
        self._descriptors = descriptors.obtain()
        self._listener: Listener | None = None
        self._operator: OperatorSocket | None = None

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
            addresses = await self._listener.listen(server.host, server.port)
        except OSError as error:
            where = f"{server.host}, port {server.port}"
            raise ConfigError(f"server: cannot listen on {where}: {error.strerror}") from error
        await self._listen_to_operator()
        if self._tls is not None:
            self._tls.watch()
        return addresses

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
