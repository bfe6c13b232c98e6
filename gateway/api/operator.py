"""What probes and collectors ask: for a key with the network, without one on the operator's own socket."""

from collections.abc import Callable, Iterable

from aiohttp import web

from gateway.api import endpoints
from gateway.http import problems
from gateway.http.operations import Operation
from gateway.outbound.standby import Standby
from gateway.security.access import Principal
from gateway.telemetry.health import Health
from gateway.telemetry.metrics import Metrics
from schemas.errors import RefusedError, StoreError
from schemas.results import ErrorCode


class OperatorViews:
    """The handlers."""

    def __init__(
        self, health: Health, metrics: Metrics, measure: Callable[[], None], standby: Standby
    ) -> None:
        """`measure` sets the metrics that are measured only when they are asked for."""
        self._standby = standby
        self._health = health
        self._metrics = metrics
        self._measure = measure

    def operations(self) -> tuple[Operation, ...]:
        """What is served on the network."""
        return endpoints.operator(health=self.healthz, ready=self.readyz, metrics=self.all_metrics)

    def local(self, more: Iterable[web.RouteDef]) -> web.Application:
        """The same for the operator's own socket, what only the operator may do, and `more`."""
        app = self.scraped()
        app.add_routes(more)
        app.router.add_post("/activate", self.activate)
        return app

    def scraped(self) -> web.Application:
        """What Prometheus and probes ask, for a port of its own: nothing in it changes anything."""
        app = web.Application(middlewares=[problems.middleware])
        app.router.add_get("/healthz", self.healthz)
        app.router.add_get("/readyz", self.readyz)
        app.router.add_get("/metrics", self.metrics)
        return app

    async def healthz(self, _request: web.Request) -> web.Response:
        """Alive."""
        return web.json_response({"status": "ok"})

    async def readyz(self, _request: web.Request) -> web.Response:
        """Fit to serve, or why not."""
        ready, checks = self._health.ready()
        told = {"ready": ready, "checks": checks, "notes": self._health.notes()}
        return web.json_response(told, status=200 if ready else 503)

    async def activate(self, _request: web.Request) -> web.Response:
        """End the standby; `was_standby` says whether there was one."""
        try:
            return web.json_response({"was_standby": await self._standby.end()})
        except StoreError as error:
            return web.json_response({"error": str(error)}, status=503)

    async def all_metrics(self, request: web.Request, principal: Principal) -> web.Response:
        """Of everybody and everything: no part of them is anybody's alone."""
        if not principal.sees_everybody:
            why = "metrics are of all platforms, and only some are granted"
            raise RefusedError(ErrorCode.NOT_ALLOWED, why)
        return await self.metrics(request)

    async def metrics(self, _request: web.Request) -> web.Response:
        """As Prometheus reads them."""
        self._measure()
        return web.Response(
            body=self._metrics.render(),
            headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"},
        )
