"""What probes and collectors ask: for a key with the network, without one on the operator's own socket."""

from collections.abc import Callable, Iterable
from typing import Final

import msgspec
from aiohttp import web

from gateway.api import endpoints
from gateway.api.audit import AuditApi
from gateway.http.answers import Empty, respond
from gateway.http.application import application
from gateway.http.operations import Operation, Unguarded
from gateway.maintenance.erasing import Erasing
from gateway.outbound.standby import Standby
from gateway.runtime.clock import SystemClock
from gateway.security.access import Principal
from gateway.security.audit import OPERATOR, Action, Audit
from gateway.store.base import Store
from gateway.telemetry.health import Health
from gateway.telemetry.metrics import Metrics
from schemas.errors import RefusedError, StoreError
from schemas.results import ErrorCode


class Deed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Something to be noted."""

    action: Action
    details: dict[str, str] = {}


class Person(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Somebody, by his numbers and addresses."""

    spellings: tuple[str, ...]


class Activated(msgspec.Struct, frozen=True):
    """The standby is over."""

    was_standby: bool  # or it was over before


def _outspoken(handler: Unguarded) -> Unguarded:
    """The operator hears what is wrong with the store, which others do not."""

    async def handle(request: web.Request) -> web.StreamResponse:
        try:
            return await handler(request)
        except StoreError as error:
            raise RefusedError(ErrorCode.UNAVAILABLE, str(error)) from error

    return handle


_person: Final = msgspec.json.Decoder(Person).decode
_deed: Final = msgspec.json.Decoder(Deed).decode


class OperatorViews:
    """The handlers."""

    def __init__(
        self, health: Health, metrics: Metrics, measure: Callable[[], None], standby: Standby, store: Store
    ) -> None:
        """`measure` sets the metrics that are measured only when they are asked for."""
        self._audit = Audit(store)
        self.erasing: Erasing | None = None  # once the gateway is wired
        self._standby = standby
        self._health = health
        self._metrics = metrics
        self._measure = measure

    def operations(self) -> tuple[Operation, ...]:
        """What is served on the network."""
        return (
            *endpoints.operator(health=self.healthz, ready=self.readyz, metrics=self.all_metrics),
            *AuditApi(self._audit, SystemClock()).operations(),
        )

    def local(self, more: Iterable[web.RouteDef]) -> web.Application:
        """The same for the operator's own socket, what only the operator may do, and `more`."""
        app = self.scraped()
        app.add_routes(more)
        app.router.add_post("/activate", _outspoken(self.activate))
        app.router.add_post("/audit", _outspoken(self.noted))
        app.router.add_post("/erase", _outspoken(self.erase))
        app.router.add_post("/vacuum", _outspoken(self.vacuum))
        return app

    def scraped(self) -> web.Application:
        """What Prometheus and probes ask, for a port of its own: nothing in it changes anything."""
        app = application()
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
        response = web.json_response(told, status=200 if ready else 503)
        if not ready:
            response.headers["Retry-After"] = "5"
        return response

    async def activate(self, _request: web.Request) -> web.Response:
        """End the standby; `was_standby` says whether there was one."""
        was = await self._standby.end()
        await self._audit.note(OPERATOR, Action.ACTIVATED)
        return respond(Activated(was))

    async def noted(self, request: web.Request) -> web.Response:
        """Note what the operator has done beside us, on the store's file."""
        deed = _deed(await request.read())
        await self._audit.note(OPERATOR, deed.action, **deed.details)
        return respond(Empty())

    async def erase(self, request: web.Request) -> web.Response:
        """Take a person out of what is kept, and say what is left."""
        wanted = _person(await request.read())
        if self.erasing is None:
            raise RefusedError(ErrorCode.UNAVAILABLE, "the gateway is starting")
        try:
            return respond(await self.erasing.erase(wanted.spellings))
        except ValueError as error:
            raise RefusedError(ErrorCode.INVALID_COMMAND, str(error)) from error

    async def vacuum(self, _request: web.Request) -> web.Response:
        """Write the store's file anew."""
        if self.erasing is not None:
            await self.erasing.vacuum()
        return respond(Empty())

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
