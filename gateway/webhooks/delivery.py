"""The deliverer: makes deliveries of journaled events, and has them sent.

There is one way into the queue: the journal is read from a mark on, deliveries are queued, and the mark is
moved with them in one transaction. A commit merely wakes this up, so a crash at any point loses nothing.
"""

import asyncio
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from os import urandom
from random import Random
from typing import Final

import structlog
from yarl import URL

from gateway.events.filters import look
from gateway.events.teams import Teams
from gateway.outbound import payload
from gateway.outbound.anew import FIRST_PAUSE_S, again_and_again
from gateway.outbound.client import Client
from gateway.outbound.egress import Egress
from gateway.outbound.lookups import Lookups
from gateway.outbound.post import Posted, Unexpected
from gateway.outbound.schedule import LIVE_TYPES, Schedule
from gateway.outbound.standby import Standby
from gateway.runtime.age import RunningTime
from gateway.runtime.clock import Clock
from gateway.store.base import Appended, Store
from gateway.store.deliveries import Attempt, Delivery, DeliveryState, Webhook, WebhookStatus
from gateway.telemetry.collectors import Waiting
from gateway.telemetry.metrics import Metrics
from gateway.webhooks import failing, handshake
from gateway.webhooks.attemptlog import AttemptLog
from gateway.webhooks.endpoint_queue import EndpointQueue
from gateway.webhooks.filters import Matcher, matcher
from gateway.webhooks.judging import Judge
from gateway.webhooks.owners import Owners
from gateway.webhooks.queue_parts import Publish, QueueParts
from gateway.webhooks.read_lately import ReadLately
from gateway.webhooks.recorder import Recorder
from gateway.webhooks.registry import Registry
from gateway.webhooks.sections import DeliverySections
from gateway.webhooks.sending import Sender
from gateway.webhooks.spec import WebhookSpec
from schemas.ids import Cursor, DeliveryId, WebhookId

PAGE: Final = 500  # events planned for at once
_MARK_EVERY: Final = 5_000  # events of no interest to any webhook, after which the mark is moved too
_NAMELESS: Final = "trunkline"  # our host, where no public address is configured
_log = structlog.get_logger("trunkline.webhooks")


class Deliverer:
    """All webhooks' deliveries. `registry` holds the webhooks, `subscriptions.py` changes them."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        lookups: Lookups | None,
        config: DeliverySections,
        metrics: Metrics | None = None,
        *,
        time: RunningTime | None = None,
        publish: Publish = lambda _events: None,
        chance: Callable[[], float] | None = None,
    ) -> None:
        """`lookups` of None: some of its own. `chance`: random numbers from 0 to 1, for the jitter.

        `publish` takes the events for operators. All times of deliveries are `time`'s, one of the clock's own
        without.
        """
        self.egress = Egress.of(config, lookups)
        self.registry = Registry(store.deliveries)
        self.teams = Teams(config.platforms)
        self._store = store
        self._clock = clock
        self.time = time or RunningTime(clock)
        self.standby: Standby | None = None  # to be set before the start, as the next one
        self.owners = Owners()
        self.sender = Sender
        self._limits = config.limits
        self._requires_leave = config.webhooks.require_handshake
        self._host = URL(config.server.public_url or "").host or _NAMELESS
        self._packer = payload.Packer(config.webhooks.max_payload_bytes, config.server.public_url)
        self._schedule = Schedule.of(config.webhooks.schedule)
        self._metrics = metrics or Metrics()
        self._publish = publish
        self._attempt_log = AttemptLog(store.deliveries, self._metrics)
        self._log_task: asyncio.Task[None] | None = None
        self._recorder = Recorder(store.deliveries, self.time)
        spread = chance or Random().random  # noqa: S311  # spreads retries, guards nothing
        self._judge = Judge(self._schedule, self.time, spread)
        self._senders: dict[WebhookId, Sender] = {}
        self._wake = asyncio.Event()
        self._bodies = ReadLately()
        self._matchers: dict[WebhookId, Matcher] = {}
        self._queues: dict[WebhookId, tuple[EndpointQueue, asyncio.Task[None]]] = {}
        self._left: dict[WebhookId, int] = {}  # pending from before this start
        self._planner: asyncio.Task[None] | None = None
        self._mark = self._stored_mark = self._backlog_to = Cursor(0)
        self._planning = asyncio.Lock()
        self._problem = ""

    async def start(self) -> None:
        """Begin with what was left over. The store must be open."""
        await self.registry.load()
        self._mark = self._stored_mark = await self._store.deliveries.mark()
        self._backlog_to = self._store.last_cursor()
        self.registry.changed = self._changed
        for webhook in self.registry.all():
            self._left[webhook.id] = await self._store.deliveries.count_pending(webhook.id)
            self._changed(webhook.id)
        self._measure()
        self._metrics.waiting_webhooks(self._waiting)
        self._log_task = self._start(self._attempt_log.run(), "log of attempts")
        self._planner = self._start(self._plan_forever(), "webhooks")
        self._wake.set()
        if self.standby is not None:
            self.standby.when_active(self._wake_all)

    def _wake_all(self) -> None:
        for queue, _ in self._queues.values():
            queue.wake(reload=True)

    async def stop(self, within_s: float = 0.0) -> None:
        """Begin nothing more, and give what is under way so long. What is not over is tried again."""
        self.registry.changed = lambda _webhook_id: None
        if self._planner is not None:
            self._planner.cancel()
        tasks = [task for _, task in self._queues.values()]
        for queue, _ in self._queues.values():
            queue.leave()
        if tasks:
            await asyncio.wait(tasks, timeout=within_s)
        self._queues.clear()
        if self._planner is not None:
            tasks.append(self._planner)
            self._planner = None
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._recorder.stop()
        if self._log_task is not None:
            self._attempt_log.finish()
            await asyncio.gather(self._log_task, return_exceptions=True)
            self._log_task = None

    def committed(self, events: Sequence[Appended]) -> None:
        """Events are durable. Called for every commit, so it only wakes, and not even that for nobody."""
        if self._matchers and events:
            self._wake.set()

    async def planned(self) -> None:
        """Return when deliveries are queued for everything durable so far. For an orderly shutdown."""
        await self._plan()

    def problem(self) -> str:
        """What stopped deliveries; empty if nothing did. A check for Health."""
        return self._problem

    def lag(self) -> Mapping[WebhookId, int]:
        """How many deliveries are pending, by webhook."""
        return {webhook_id: queue.backlog for webhook_id, (queue, _) in self._queues.items()}

    def _waiting(self) -> Iterator[Waiting]:
        now = self.time.now()
        for webhook_id, (queue, _) in self._queues.items():
            oldest = queue.oldest()
            age_s = 0.0 if oldest is None else max((now - oldest).total_seconds(), 0.0)
            yield Waiting(webhook_id, queue.backlog, age_s)

    def _changed(self, webhook_id: WebhookId) -> None:
        """A webhook is new, changed or gone."""
        self._measure()
        webhook = self.registry.find(webhook_id)
        if webhook is None:
            self._matchers.pop(webhook_id, None)
            self._senders.pop(webhook_id, None)
            _, task = self._queues.pop(webhook_id, (None, None))
            if task is not None:
                task.cancel()
            return
        if webhook.status is WebhookStatus.DISABLED:
            self._matchers.pop(webhook_id, None)
            _log.warning("webhook disabled", webhook_id=webhook_id, reason=webhook.reason)
        else:
            self._matchers[webhook_id] = matcher(webhook, self.teams, self.owners.rights(webhook))
        if webhook_id not in self._queues:
            client = Client(self.egress)
            self._senders[webhook_id] = self.sender(client, self.owners, self._packer, self.time)
            queue = EndpointQueue(webhook_id, self._parts(), self._left.pop(webhook_id, 0))
            self._queues[webhook_id] = (
                queue,
                self._start(self._run(webhook_id, queue, client), f"webhook {webhook_id}"),
            )
        self._queues[webhook_id][0].wake()

    async def _run(self, webhook_id: WebhookId, queue: EndpointQueue, client: Client) -> None:
        try:
            about = "webhook deliveries", f"webhook {webhook_id}"
            await again_and_again(queue.run, *about, self._clock, self._store)
        finally:
            await client.close()

    def _parts(self) -> QueueParts:
        return QueueParts(
            self._store.deliveries,
            self.registry,
            self.time,
            self._schedule,
            self._judge,
            self._metrics,
            self._send,
            self._attempt_log,
            self._publish,
            self._limits.webhook_concurrency,
            self._recorder,
            self.standby,
        )

    def _measure(self) -> None:
        self._metrics.webhooks(map(failing.condition, self.registry.all()))

    def _start(self, work: Coroutine[object, object, None], name: str) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work, name=name)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            self._problem = f"{task.get_name()} stopped: {type(error).__name__}"
            _log.error("webhook deliveries stopped", task=task.get_name(), exc_info=error)

    # --- from the journal to the queue

    async def _plan_forever(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            with Unexpected() as unexpected:
                await self._plan()
            self._problem = ""
            if unexpected.error is not None:
                self._problem = f"events are not queued: {type(unexpected.error).__name__}"
                unexpected.tell("events are not queued for webhooks")
                self._wake.set()
                await self._clock.sleep(FIRST_PAUSE_S)

    async def _plan(self) -> None:
        async with self._planning:
            while self._matchers:
                interested = [self.registry.find(webhook_id) for webhook_id in self._matchers]
                begin = min((one.from_cursor for one in interested if one is not None), default=self._mark)
                self._mark = max(self._mark, begin)
                events = await self._store.read(self._mark, PAGE)
                if not events:
                    return
                await self._plan_page(events)

    async def _plan_page(self, events: Sequence[Appended]) -> None:
        now = self.time.now()
        planned: list[Delivery] = []
        looked = cache(look)  # each event is decoded once, if any webhook looks inside
        for event in events:
            for webhook_id, matches in self._matchers.items():
                if matches(event, looked):
                    planned.append(self._delivery(event, webhook_id, now))
                    self._bodies.keep(event)
        overflowed = [one for one in planned if one.state is DeliveryState.DEAD]
        for one in overflowed:
            webhook = self.registry.find(one.webhook_id)
            self._publish(failing.exhausted(webhook, one, self.time.shown(now)))
        mark = events[-1].cursor
        if planned or mark - self._stored_mark >= _MARK_EVERY:
            all_new = await self._store.deliveries.queue(planned, mark) == len(planned)
            self._stored_mark = mark
            self._queued(planned, all_new=all_new)
        self._mark = mark

    def _queued(self, planned: Sequence[Delivery], *, all_new: bool) -> None:
        of_each: dict[WebhookId, list[Delivery]] = {}
        for delivery in planned:
            if delivery.state is DeliveryState.PENDING:
                of_each.setdefault(delivery.webhook_id, []).append(delivery)
        for webhook_id, some in of_each.items():
            if (found := self._queues.get(webhook_id)) is not None:
                found[0].queued(some, known=all_new)

    def _delivery(self, event: Appended, webhook_id: WebhookId, now: datetime) -> Delivery:
        expires_at = None
        if event.type in LIVE_TYPES:
            # What is left over from before this start has aged since; of the others, the platform's clock
            # may be wrong, and ours tells.
            left_over = event.cursor <= self._backlog_to
            since = min(self.time.of_last_run(payload.head(event.body).time), now) if left_over else now
            expires_at = since + timedelta(seconds=self._schedule.lifetime_s)
        queue = self._queues[webhook_id][0]
        full = queue.backlog >= self._limits.webhook_backlog
        queue.backlog += not full
        return Delivery(
            id=DeliveryId(f"dlv_{urandom(12).hex()}"),
            webhook_id=webhook_id,
            cursor=event.cursor,
            type=event.type,
            key=payload.key(event),
            state=DeliveryState.DEAD if full else DeliveryState.PENDING,
            created_at=now,
            next_attempt_at=now,
            expires_at=expires_at,
            error="too many deliveries were waiting" if full else "",
        )

    # --- from the queue to the endpoint

    async def _send(self, delivery: Delivery) -> Posted | None:
        webhook = self.registry.find(delivery.webhook_id)
        if webhook is None:
            return None
        event = self._bodies.find(delivery.cursor)
        if event is None:
            found = await self._store.read(Cursor(delivery.cursor - 1), 1)
            if not found or found[0].cursor != delivery.cursor:
                return None
            event = found[0]
        while not self._store.owns():
            await self._clock.sleep(FIRST_PAUSE_S)  # or for good: another gateway delivers by now
        sender = self._senders.get(webhook.id)
        return None if sender is None else await sender.send(webhook, event, delivery.expires_at)

    async def trial(self, webhook_id: WebhookId) -> Attempt:
        """Send an event that means nothing, once, and tell what came of it. Nothing is queued.

        Raises RefusedError on standby.
        """
        if self.standby is not None:
            self.standby.refuse()
        webhook = self.registry.get(webhook_id)
        message_id = f"tst_{urandom(12).hex()}"
        event, about = payload.trial(message_id, self._clock.now())
        posted = await self._senders[webhook_id].trial(webhook, event, about)
        return posted.attempt(DeliveryId(message_id), 1)

    async def leave(self, spec: WebhookSpec, headers: Mapping[str, str]) -> int:
        """How many a minute its receiver gives leave for, if it is to be asked; 0: no limit. RefusedError."""
        if not (spec.handshake or self._requires_leave):
            return 0
        return await handshake.leave(self.egress, spec, self._host, headers)

    def forget_events(self) -> None:
        """They were erased: what was read of them before is sent no more."""
        self._bodies.forget()
        self._packer.forget()

    def planned_to(self, webhook: Webhook) -> Cursor:
        """The events after this one are not missed: they are queued when their turn comes."""
        if webhook.id not in self._matchers:
            return self._store.last_cursor()
        return max(self._mark, webhook.from_cursor)

    def room(self, webhook_id: WebhookId) -> int:
        """How many more deliveries may wait."""
        self.registry.get(webhook_id)
        return max(0, self._limits.webhook_backlog - self._queues[webhook_id][0].backlog)

    async def requeue(self, webhook_id: WebhookId, deliveries: Sequence[Delivery]) -> int:
        """Have deliveries sent from the first attempt on, those that are over or new; returns how many."""
        count = await self._store.deliveries.requeue(deliveries) if deliveries else 0
        if count and webhook_id in self._queues:
            queue = self._queues[webhook_id][0]
            queue.backlog += count
            queue.wake(reload=True)
        return count

    async def hasten(self, webhook_id: WebhookId, deliveries: Sequence[Delivery]) -> int:
        """Have those of them that are pending tried now; returns how many."""
        ids = [one.id for one in deliveries]
        count = await self._store.deliveries.hasten(ids, self.time.now()) if ids else 0
        if count and webhook_id in self._queues:
            self._queues[webhook_id][0].wake(reload=True)
        return count

    async def begin_anew(self, webhook_id: WebhookId) -> None:
        """Hold nothing against its endpoint: its owner has changed something, or it was seen to answer."""
        if webhook_id in self._queues:
            await self._queues[webhook_id][0].begin_anew()
