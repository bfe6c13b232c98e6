"""The deliveries of one webhook: what is due, in which order, how many at once.

Every webhook has a lane of its own, so that a dead endpoint delays no other. Within a lane, deliveries of one
interaction go one after the other. A delivery that keeps failing while the endpoint is well stands aside
after its third attempt, so that it does not hold up its interaction for days; `sequence` then shows the gap.
An endpoint that is down is tried ever more rarely, with one delivery at a time, and once it is back
everything is due at once, in order.
"""

import asyncio
import heapq
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final, NamedTuple

import msgspec

from gateway.clock import Clock, TimerHandleLike
from gateway.outbound.post import GONE, Posted
from gateway.outbound.schedule import Schedule
from gateway.store.deliveries import Delivery, DeliveryState, DeliveryStore, Webhook, WebhookStatus
from gateway.telemetry.metrics import DeliveryOutcome, Metrics
from gateway.webhooks import failing
from gateway.webhooks.attemptlog import AttemptLog
from gateway.webhooks.registry import Registry
from schemas.errors import RefusedError
from schemas.events import AnyEvent
from schemas.ids import Cursor, DeliveryId, WebhookId

WINDOW: Final = 1_000  # deliveries in memory, per webhook; the others wait in the store
SAVING: Final = 64  # successes being written, beside which attempts go on; they wait for the disk only
PATIENCE: Final = 3  # attempts after which a delivery stands aside
DOWN: Final = 5  # failures in a row after which the endpoint counts as down
_PAUSE_S: Final = 30.0  # then, doubling
_LONGEST_PAUSE_S: Final = 600.0

# Sends a delivery; None if its event is no longer kept.
Send = Callable[[Delivery], Awaitable[Posted | None]]
# Gives events to the router.
Publish = Callable[[Iterable[AnyEvent]], None]


class LaneParts(NamedTuple):
    """What all lanes share."""

    store: DeliveryStore
    registry: Registry
    clock: Clock
    schedule: Schedule
    metrics: Metrics
    chance: Callable[[], float]
    send: Send
    log: AttemptLog
    publish: Publish
    concurrency: int


class Lane:
    """One webhook's. `run` is its task."""

    def __init__(self, webhook_id: WebhookId, parts: LaneParts, backlog: int) -> None:
        """`backlog`: how many deliveries are pending as it begins."""
        self.backlog = backlog  # how many are, in memory or not; whoever queues some counts them in
        self._webhook_id = webhook_id
        self._parts = parts
        self._wake = asyncio.Event()
        self._timer: TimerHandleLike | None = None
        self._chains: dict[str, deque[Delivery]] = {}
        self._busy: dict[str, DeliveryId] = {}  # chains with an attempt under way
        self._saving: set[str] = set()  # those of them whose attempt succeeded, and is being written
        self._heads: list[tuple[datetime, Cursor, str]] = []  # of the chains that are not busy, soonest first
        self._size = 0
        self._loaded_to = Cursor(0)
        self._more = True
        self._failures = 0  # in a row
        self._closed_until: datetime | None = None
        self._pause_s = _PAUSE_S
        self._reset = False
        self._leaving = False

    def leave(self) -> None:
        """Begin nothing more: `run` returns when what is under way is over."""
        self._leaving = True
        self._wake.set()

    def wake(self, *, more: bool = False, reload: bool = False) -> None:
        """Look again: something is queued, or, with `reload`, anything may have changed."""
        self._more = self._more or more or reload
        self._reset = self._reset or reload
        self._wake.set()

    async def run(self) -> None:
        """Deliver until cancelled, or until it leaves."""
        try:
            async with asyncio.TaskGroup() as attempts:
                while not self._leaving:
                    self._wake.clear()
                    await self._load()
                    if not self._leaving:
                        self._begin(attempts)
                        await self._wake.wait()
        finally:
            self._cancel_timer()

    # --- what is in memory

    async def _load(self) -> None:
        if self._reset:
            self._reset = False
            self._chains = {key: deque() for key in self._busy}
            self._heads.clear()
            self._size = len(self._busy)
            self._loaded_to = Cursor(0)
        while self._more and self._size < WINDOW // 2:
            limit = WINDOW - self._size
            self._more = False  # unless something is queued while we read
            rows = await self._parts.store.pending(self._webhook_id, self._loaded_to, limit)
            if self._reset:
                return
            under_way = set(self._busy.values())
            for delivery in rows:
                if delivery.id not in under_way:
                    self._size += 1
                    self._add(delivery)
            if rows:
                self._loaded_to = rows[-1].cursor
            self._more = self._more or len(rows) == limit

    def _add(self, delivery: Delivery) -> None:
        key = self._key(delivery)
        chain = self._chains.get(key)
        if chain is None:
            chain = self._chains[key] = deque()
        chain.append(delivery)
        if len(chain) == 1 and key not in self._busy:
            self._ready(key, delivery)

    def _ready(self, key: str, head: Delivery) -> None:
        heapq.heappush(self._heads, (head.next_attempt_at, head.cursor, key))

    def _key(self, delivery: Delivery) -> str:
        aside = delivery.attempts >= PATIENCE and self._failures < DOWN
        return f"{delivery.key} {delivery.id}" if aside else delivery.key

    # --- what is due

    def _begin(self, attempts: asyncio.TaskGroup) -> None:
        """Begin what is due and has a place; set the timer for what is due next."""
        self._cancel_timer()
        webhook = self._parts.registry.find(self._webhook_id)
        if webhook is None or webhook.status is not WebhookStatus.ACTIVE:
            return
        now = self._parts.clock.now()
        if self._closed_until is not None:  # the clock may have been set back
            self._closed_until = min(self._closed_until, now + timedelta(seconds=self._pause_s))
        places = 1 if self._failures >= DOWN else self._parts.concurrency
        while self._heads and len(self._busy) - len(self._saving) < places and len(self._saving) < SAVING:
            key = self._heads[0][2]
            head = self._within_schedule(key, now)
            due = head.next_attempt_at
            too_late = head.expires_at is not None and head.expires_at <= now
            if self._closed_until is not None and not too_late:
                due = max(due, self._closed_until)
            if due > now and not too_late:
                self._timer = self._parts.clock.call_later((due - now).total_seconds(), self._wake.set)
                return
            heapq.heappop(self._heads)
            self._chains[key].popleft()
            self._busy[key] = head.id
            attempts.create_task(self._expire(key, head) if too_late else self._attempt(key, head))

    def _within_schedule(self, key: str, now: datetime) -> Delivery:
        """The head of a chain, due no later than its schedule can ask for, whatever the clock did."""
        head = self._chains[key][0]
        live = head.expires_at is not None
        longest_s = self._parts.schedule.longest_s(live=live, attempts=head.attempts)
        latest = None if longest_s is None else now + timedelta(seconds=longest_s)
        if latest is not None and head.next_attempt_at > latest:
            head = self._chains[key][0] = msgspec.structs.replace(head, next_attempt_at=latest)
        return head

    def _cancel_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _over(self, key: str, delivery: Delivery) -> None:
        """The attempt is over: the delivery goes back, or its successor becomes the head."""
        del self._busy[key]
        self._saving.discard(key)
        chain = self._chains.setdefault(key, deque())
        if delivery.state is not DeliveryState.PENDING:
            self._size -= 1
            self.backlog -= 1
        elif self._key(delivery) == key:
            chain.appendleft(delivery)
        else:
            self._add(delivery)
        if chain:
            self._ready(key, chain[0])
        else:
            del self._chains[key]
        self._wake.set()

    # --- attempts

    async def _expire(self, key: str, delivery: Delivery) -> None:
        over = msgspec.structs.replace(delivery, state=DeliveryState.EXPIRED, error="too late to be of use")
        await self._finished(key, over, DeliveryOutcome.EXPIRED)

    async def _attempt(self, key: str, delivery: Delivery) -> None:
        posted = await self._parts.send(delivery)
        if posted is None:
            over = msgspec.structs.replace(
                delivery, state=DeliveryState.DEAD, error="the event is no longer kept"
            )
            await self._finished(key, over, DeliveryOutcome.DEAD)
            return
        if not posted.error:  # after a failure nothing begins before we know what it means for the endpoint
            self._saving.add(key)
            self._wake.set()
        after, outcome = self._judge(delivery, posted)
        self._parts.log.note(posted.attempt(delivery.id, after.attempts))
        await self._finished(key, after, outcome, posted)

    async def _finished(
        self, key: str, delivery: Delivery, outcome: DeliveryOutcome, posted: Posted | None = None
    ) -> None:
        await self._parts.store.put_delivery(delivery)
        self._parts.metrics.delivery(outcome)
        with suppress(RefusedError):  # the webhook was deleted in the meantime
            if posted is not None:
                await self._note(posted)
        self._over(key, delivery)
        with suppress(RefusedError):
            await self._rest()

    async def _rest(self) -> None:
        """Where nothing is pending any more, the time of a failing endpoint does not go on."""
        if self.backlog > 0 or not self._is_failing():
            return
        now = self._parts.clock.now()
        await self._parts.registry.modify(
            self._webhook_id, lambda one: one if self.backlog > 0 else failing.quiet(one, now)
        )

    def _is_failing(self) -> bool:
        webhook = self._parts.registry.find(self._webhook_id)
        return webhook is not None and webhook.failing_since is not None

    def _judge(self, delivery: Delivery, posted: Posted) -> tuple[Delivery, DeliveryOutcome]:
        attempts = delivery.attempts + 1
        if not posted.error:
            state, outcome = DeliveryState.DELIVERED, DeliveryOutcome.DELIVERED
            return msgspec.structs.replace(delivery, state=state, attempts=attempts, error=""), outcome
        now = self._parts.clock.now()
        live = delivery.expires_at is not None
        wait_s = self._parts.schedule.wait_s(
            live=live, attempts=attempts, chance=self._parts.chance(), retry_after_s=posted.retry_after_s
        )
        due, state, outcome = now, DeliveryState.PENDING, DeliveryOutcome.FAILED
        if wait_s is not None:
            due = now + timedelta(seconds=wait_s)
        elif live:
            state, outcome = DeliveryState.EXPIRED, DeliveryOutcome.EXPIRED
        else:
            state, outcome = DeliveryState.DEAD, DeliveryOutcome.DEAD
        after = msgspec.structs.replace(
            delivery, state=state, attempts=attempts, next_attempt_at=due, error=posted.error
        )
        return after, outcome

    async def _note(self, posted: Posted) -> None:
        """Learn how the endpoint is from how it answered."""
        now = self._parts.clock.now()
        if posted.error:
            self._break(now)
            await self._failed(now, gone=posted.status == GONE)
            return
        if self._failures >= DOWN:
            await self._parts.store.make_due(self._webhook_id, now)
            self.wake(reload=True)
        self._failures, self._closed_until = 0, None
        if self._is_failing():
            await self._parts.registry.modify(self._webhook_id, failing.well)

    def _break(self, now: datetime) -> None:
        """Count a failure; let the endpoint be after several in a row."""
        self._failures += 1
        if self._failures >= DOWN and (self._closed_until is None or now >= self._closed_until):
            # Those that were under way together are one failure to this.
            self._pause_s = (
                _PAUSE_S if self._closed_until is None else min(self._pause_s * 2, _LONGEST_PAUSE_S)
            )
            self._closed_until = now + timedelta(seconds=self._pause_s)

    async def _failed(self, now: datetime, *, gone: bool) -> None:
        def change(webhook: Webhook) -> Webhook:
            after, told = failing.failed(webhook, now, gone=gone)
            self._parts.publish(told)  # right before the change is written: one commit has both, or neither
            if after.status is not webhook.status:
                self._parts.metrics.delivery(DeliveryOutcome.DISABLED)
            return after

        await self._parts.registry.modify(self._webhook_id, change)
