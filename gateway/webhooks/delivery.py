"""The deliverer: makes deliveries of journaled events, and has them sent.

There is one way into the queue: the journal is read from a mark on, deliveries are queued, and the mark is
moved with them in one transaction. A commit merely wakes this up, so a crash at any point loses nothing.
"""

import asyncio
import secrets
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Final

import aiohttp
import structlog

from gateway.clock import Clock
from gateway.config import Config
from gateway.store.base import Appended, Store
from gateway.store.deliveries import Attempt, Delivery, DeliveryState, Webhook, WebhookStatus
from gateway.telemetry.metrics import Metrics
from gateway.webhooks import payload
from gateway.webhooks.egress import Egress
from gateway.webhooks.filters import matcher
from gateway.webhooks.lane import Lane, LaneParts
from gateway.webhooks.post import Posted, Poster
from gateway.webhooks.registry import Registry
from gateway.webhooks.schedule import LIVE_TYPES, Schedule
from schemas.ids import Cursor, DeliveryId, WebhookId

PAGE: Final = 500  # events planned for at once
_KEPT_BYTES: Final = 16 * 1024 * 1024  # of bodies just read from the journal
_MARK_EVERY: Final = 5_000  # events of no interest to any webhook, after which the mark is moved too
_log = structlog.get_logger("trunkline.webhooks")


class _Bodies:
    """Events read lately, so that sending one need not read the journal again."""

    def __init__(self) -> None:
        self._events: OrderedDict[Cursor, Appended] = OrderedDict()
        self._size_bytes = 0

    def keep(self, event: Appended) -> None:
        if event.cursor not in self._events:
            self._events[event.cursor] = event
            self._size_bytes += len(event.body)
        while self._size_bytes > _KEPT_BYTES:
            _, old = self._events.popitem(last=False)
            self._size_bytes -= len(old.body)

    def find(self, cursor: Cursor) -> Appended | None:
        return self._events.get(cursor)


class Deliverer:
    """All webhooks' deliveries. `registry` holds the webhooks, `subscriptions.py` changes them."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        session_factory: Callable[[], aiohttp.ClientSession] | None,
        config: Config,
        metrics: Metrics | None = None,
        chance: Callable[[], float] | None = None,
    ) -> None:
        """`session_factory` of None: Egress.session. `chance`: random numbers from 0 to 1, for the jitter."""
        self.egress = Egress.of(config)
        self.registry = Registry(store.deliveries)
        self._store = store
        self._clock = clock
        self._factory = session_factory or self.egress.session
        self._limits = config.limits
        self._schedule = Schedule.of(config.webhooks.schedule)
        self._metrics = metrics or Metrics()
        self._chance = chance or Random().random  # noqa: S311  # spreads retries, guards nothing
        self._session: aiohttp.ClientSession | None = None
        self._poster: Poster | None = None
        self._wake = asyncio.Event()
        self._bodies = _Bodies()
        self._matchers: dict[WebhookId, Callable[[Appended], bool]] = {}
        self._lanes: dict[WebhookId, tuple[Lane, asyncio.Task[None]]] = {}
        self._planner: asyncio.Task[None] | None = None
        self._mark = self._stored_mark = self._backlog_to = Cursor(0)

    async def start(self) -> None:
        """Begin with what was left over. The store must be open."""
        await self.registry.load()
        self._mark = self._stored_mark = await self._store.deliveries.mark()
        self._backlog_to = self._store.last_cursor()
        self._session = self._factory()
        self._poster = Poster(self._session, self.egress, self._clock)
        self.registry.changed = self._changed
        for webhook in self.registry.all():
            self._changed(webhook.id)
        self._planner = self._start(self._plan_forever(), "webhooks")
        self._wake.set()

    async def stop(self) -> None:
        """Abandon what is under way: it is tried again after the next start."""
        self.registry.changed = lambda _webhook_id: None
        tasks = [task for _, task in self._lanes.values()]
        if self._planner is not None:
            tasks.append(self._planner)
        self._lanes.clear()
        self._planner = None
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._session is not None:
            await self._session.close()
            self._session = None

    def committed(self, events: Sequence[Appended]) -> None:
        """Events are durable. Called for every commit, so it only wakes, and not even that for nobody."""
        if self._matchers and events:
            self._wake.set()

    async def planned(self) -> None:
        """Return when deliveries are queued for everything durable so far. For an orderly shutdown."""
        await self._plan()

    def lag(self) -> Mapping[WebhookId, int]:
        """How many deliveries are pending, by webhook."""
        return {webhook_id: lane.backlog for webhook_id, (lane, _) in self._lanes.items()}

    def _changed(self, webhook_id: WebhookId) -> None:
        """A webhook is new, changed or gone."""
        webhook = self.registry.find(webhook_id)
        if webhook is None:
            self._matchers.pop(webhook_id, None)
            _, task = self._lanes.pop(webhook_id, (None, None))
            if task is not None:
                task.cancel()
            return
        if webhook.status is WebhookStatus.DISABLED:
            self._matchers.pop(webhook_id, None)
            _log.warning("webhook disabled", webhook_id=webhook_id, reason=webhook.reason)
        else:
            self._matchers[webhook_id] = matcher(webhook)
        if webhook_id not in self._lanes:
            lane = Lane(webhook_id, self._parts())
            self._lanes[webhook_id] = (lane, self._start(lane.run(), f"webhook {webhook_id}"))
        self._lanes[webhook_id][0].wake()

    def _parts(self) -> LaneParts:
        return LaneParts(
            self._store.deliveries,
            self.registry,
            self._clock,
            self._schedule,
            self._metrics,
            self._chance,
            self._send,
            self._limits.webhook_concurrency,
        )
