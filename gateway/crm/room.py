"""All CRMs: opened as configured, run until we stop, looked after."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from functools import partial
from random import Random
from typing import Final, Protocol

import msgspec
from aiohttp import web

from adapters.contract.crm import Connector
from gateway.crm.config import CrmConfig, opened
from gateway.crm.consumer import Consumer
from gateway.crm.figures import CrmFigures
from gateway.crm.pace import Pace
from gateway.crm.popping import Popper
from gateway.crm.presence import Presence
from gateway.crm.requests import HttpSender
from gateway.events.router import Router
from gateway.http.answers import respond
from gateway.outbound.anew import again_and_again
from gateway.outbound.egress import Egress
from gateway.outbound.standby import Standby
from gateway.runtime.age import RunningTime
from gateway.runtime.tasks import Tasks
from gateway.store.base import Store
from gateway.store.crm import EntryState
from gateway.telemetry.health import Health
from gateway.telemetry.metrics import Metrics
from schemas.errors import RefusedError, StoreError
from schemas.ids import PlatformId
from schemas.results import ErrorCode

_LOOK_S: Final = 60.0
SHOWN: Final = 20  # of those that were given up
KEPT: Final = timedelta(days=30)  # what is over: far longer than anything comes late


class CrmShown(msgspec.Struct, frozen=True, kw_only=True):
    """How a CRM is, for its operator."""

    name: str
    problem: str  # empty: it answers
    pending: int
    dead: int
    oldest_dead: dict[str, str]  # by our key, why


class Retried(msgspec.Struct, frozen=True):
    """What was given up and is tried again; and what was left, as it may be there."""

    retried: int
    left: int


class CrmParts(Protocol):
    """What all of them need."""

    store: Store
    time: RunningTime
    metrics: Metrics
    health: Health
    standby: Standby


class Crms:
    """The CRMs of this gateway."""

    def __init__(
        self,
        section: Mapping[str, CrmConfig],
        connectors: Sequence[Connector],
        platforms: Mapping[PlatformId, object],
        egress: Egress,
        parts: CrmParts,
    ) -> None:
        """`egress`: what may be sent to, for a first check. Raises ConfigError."""
        self._parts = parts
        self._opened = opened(section, {one.name: one for one in connectors}, platforms, egress)
        self._counts: dict[str, Mapping[EntryState, int]] = {}
        self._consumers: list[Consumer] = []
        if self._opened:
            self._figures = CrmFigures(parts.metrics, [one.name for one in self._opened])
            self._figures.waiting = lambda: self._counts

    async def start(self, egress: Egress, router: Router, background: Tasks) -> None:
        """Begin with what was left over. The store must be open. `egress`: with the look-ups to go by.

        What is under way when the `background` ends is found out by the next start.
        """
        spread = Random().random  # noqa: S311  # spreads retries, guards nothing
        for one in self._opened:
            config = one.config
            sender = HttpSender(
                egress,
                self._parts.time,
                config.url.get_secret_value(),
                {name: value.get_secret_value() for name, value in config.headers.items()},
                connection=config.connection or "",
                timeout_s=config.timeout_s,
            )
            consumer = Consumer(
                *(one, self._parts.store, self._parts.time, sender, self._figures),
                chance=spread,
                standby=self._parts.standby,
            )
            await consumer.begin()
            self._consumers.append(consumer)
            background.start(self._run(consumer, sender), f"crm {one.name}")
            if config.pop and one.crm is not None:
                popper = Popper(one, one.crm, sender, self._parts.time, background, self._figures)
                popper.standby = self._parts.standby
                router.on_commit(popper.committed)
            if config.presence and one.crm is not None:
                pace = Pace(self._parts.time, spread)
                presence = Presence(one, one.crm, sender, self._parts.time, self._figures, pace)
                router.on_commit(presence.committed)
                self._parts.standby.when_active(partial(_begin, background, presence))
            self._parts.health.note(f"crm {one.name}", partial(_note, consumer))
        if self._consumers:
            router.on_commit(self.committed)
            self._parts.standby.when_active(self.committed)
            background.start(self._look_after(), "crm entries")

    def committed(self, *_batch: object) -> None:
        """Events are durable, or there is leave to send."""
        for consumer in self._consumers:
            consumer.wake()

    def for_operator(self) -> list[web.RouteDef]:
        """What the operator's own socket has of them."""
        return [web.get("/crm", self._shown), web.post("/crm/{name}/retry", self._retry)]

    async def _shown(self, _request: web.Request) -> web.Response:
        """How each is."""
        entries = self._parts.store.crm
        told = []
        for one in self._consumers:
            counts, dead = await entries.count(one.name), await entries.dead(one.name, SHOWN)
            told.append(
                CrmShown(
                    name=one.name,
                    problem=one.pace.problem,
                    pending=counts.get(EntryState.PENDING, 0),
                    dead=counts.get(EntryState.DEAD, 0),
                    oldest_dead={entry.key: entry.error for entry in dead},
                )
            )
        return respond(told)

    async def _retry(self, request: web.Request) -> web.Response:
        """Try again what was given up."""
        name = request.match_info["name"]
        for one in self._consumers:
            if one.name == name:
                return respond(Retried(*await one.retry()))
        raise RefusedError(ErrorCode.UNKNOWN_OBJECT, f"there is no CRM {name!r}")

    async def _look_after(self) -> None:
        """Count what waits, and forget what is over."""
        entries, time = self._parts.store.crm, self._parts.time
        while True:
            if not self._parts.store.trouble:  # else it would only wait
                with suppress(StoreError):  # which the store tells
                    for one in self._opened:
                        self._counts[one.name] = await entries.count(one.name)
                    while await entries.prune(time.before(KEPT)):
                        continue
            await time.sleep(_LOOK_S)

    async def _run(self, consumer: Consumer, sender: HttpSender) -> None:
        try:
            about, parts = ("activities of a CRM", f"crm {consumer.name}"), self._parts
            await again_and_again(consumer.run, *about, parts.time, parts.store)
        finally:
            await sender.close()


def _begin(background: Tasks, presence: Presence) -> None:
    background.start(presence.run(), "crm shows presence")


def _note(consumer: Consumer) -> str:
    problem = consumer.pace.problem
    return f"activities wait: {problem}" if problem else ""
