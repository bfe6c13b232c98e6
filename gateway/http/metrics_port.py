"""A port for Prometheus and probes, without a key: for a network that nobody else reaches.

It serves what the operator's socket serves, less what changes anything. Nobody on it ever says who he is, so
it takes few connections, and each for one request.
"""

from collections.abc import Sequence
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler

from gateway.http.descriptors import Descriptors
from gateway.http.listener import Listener
from gateway.http.strangers import Strangers
from gateway.runtime.clock import Clock
from gateway.telemetry.config import MetricsConfig
from gateway.telemetry.peers import Peers
from schemas.errors import ConfigError

MOST: Final = (
    64  # connections at once; the next one takes the place of the one that is silent for the longest
)


class MetricsPort:
    """One, for an application."""

    def __init__(
        self,
        app: web.Application,
        config: MetricsConfig,
        peers: Peers,
        clock: Clock,
        descriptors: Descriptors,
    ) -> None:
        app.middlewares.insert(0, _once)
        self._config = config
        self._peers = peers
        self._descriptors = descriptors
        self._runner = web.AppRunner(app, handle_signals=False, shutdown_timeout=1.0)
        self._strangers = Strangers(peers, clock, MOST, MOST)
        self._listener: Listener | None = None

    async def begin(self) -> Sequence[str]:
        """Listen, if a port is configured. Returns the addresses, as URLs. Raises ConfigError."""
        host, port = self._config.host, self._config.port
        if port is None:
            return ()
        await self._runner.setup()
        if self._runner.server is None:
            raise RuntimeError("setup makes it")
        self._listener = Listener(
            *(self._runner.server, self._strangers, self._peers, (), self._descriptors), tls=None, most=MOST
        )
        try:
            return await self._listener.listen(host, port)
        except OSError as error:
            raise ConfigError(f"metrics: cannot listen on {host}, port {port}: {error.strerror}") from error

    async def stop(self) -> None:
        """Take nobody more, and part from all who are there."""
        self._strangers.stop()
        if self._listener is not None:
            self._listener.stop()
            await self._listener.taken()
            self._listener.cut()
        await self._runner.cleanup()


@web.middleware
async def _once(request: web.Request, handler: Handler) -> web.StreamResponse:
    response = await handler(request)
    response.force_close()
    return response
