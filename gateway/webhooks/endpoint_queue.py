"""The deliveries of one webhook: what is due, in which order, how many at once.

Every webhook has a queue of its own, so that a dead endpoint delays no other. Deliveries of one interaction
go one after the other. What the receiver refuses (4xx) stands aside, and so does what would let a live event
behind it expire; it comes later under its own `sequence`. With `order: strict` nothing stands aside, with
`order: none` nothing waits for another. While a live event waits, its interaction is tried at the rhythm of
live events. What is not due takes no room: the store is read on past it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from msgspec.structs import replace

from gateway.outbound.post import GONE, Posted
from gateway.outbound.schedule import ATTEMPT_S, Schedule
from gateway.outbound.standby import Standby
from gateway.runtime.age import RunningTime
from gateway.runtime.clock import TimerHandleLike
from gateway.store.deliveries import Delivery, DeliveryState, DeliveryStore, Order, Webhook, WebhookStatus
from gateway.telemetry.metrics import DeliveryOutcome, Metrics
from gateway.webhooks import failing
from gateway.webhooks.attemptlog import AttemptLog
from gateway.webhooks.chains import CHAIN, Chain, Chains
from gateway.webhooks.endpoint import Endpoint, Verdict, pace, unreachable, verdict
from gateway.webhooks.registry import Registry
from schemas.errors import RefusedError
from schemas.events import AnyEvent
from schemas.ids import Cursor, DeliveryId, WebhookId

WINDOW: Final = 1_000  # deliveries in memory, per webhook; the others wait in the store
SAVING: Final = 64  # prompt answers being written, beside which attempts go on; they wait for the disk only
_PAGE: Final = 500

NOT_SENT: Final = "the event is no longer kept, or is no longer granted to whose webhook it is"
# Sends a delivery; None if its event is not to be had.
Send = Callable[[Delivery], Awaitable[Posted | None]]
# Gives events to the router.
Publish = Callable[[Sequence[AnyEvent]], None]


class QueueParts(NamedTuple):
    """What all queues share."""

    store: DeliveryStore
    registry: Registry
    clock: RunningTime
    schedule: Schedule
    metrics: Metrics
    chance: Callable[[], float]
    send: Send
    log: AttemptLog
    publish: Publish
    concurrency: int
    standby: Standby | None = None


class _Next(NamedTuple):
    """What becomes of a delivery after an attempt."""

    delivery: Delivery
    outcome: DeliveryOutcome
    wait_s: float = 0.0  # until it is tried again, where it is


class EndpointQueue:
    """One webhook's. `run` is its task."""

    def __init__(self, webhook_id: WebhookId, parts: QueueParts, backlog: int) -> None:
        """`backlog`: how many deliveries are pending as it begins."""
        self.backlog = backlog  # how many are, in memory or not; whoever queues some counts them in
        self._webhook_id = webhook_id
        self._parts = parts
        self._wake = asyncio.Event()
        self._timer: TimerHandleLike | None = None
        self._chains = Chains(parts.clock.monotonic)
        self._endpoint = Endpoint(parts.clock.monotonic, parts.concurrency)
        self._under_way = 0
        self._saving = 0  # of those: the attempt had a prompt answer, which is being written
        self._loaded_to = Cursor(0)
        self._more = True
        self._reset = False
        self._leaving = False
        self._over_meanwhile: set[DeliveryId] = set()  # changed while the store is being read

    def leave(self) -> None:
        """Begin nothing more: `run` returns when what is under way is over."""
        self._leaving = True
        self._wake.set()

    def wake(self, *, more: bool = False, reload: bool = False) -> None:
        """Look again: something is queued, or, with `reload`, anything may have changed."""
        self._more = self._more or more or reload
        self._reset = self._reset or reload
        self._wake.set()

    async def begin_anew(self) -> None:
        """Hold nothing against the endpoint, and have all that waits tried now."""
        self._endpoint.reset()
        await self._parts.store.make_due(self._webhook_id, self._parts.clock.now())
        self.wake(reload=True)

    def oldest(self) -> datetime | None:
        """When the delivery was made that has waited longest."""
        return self._chains.oldest()

    async def run(self) -> None:
        """Deliver until cancelled, or until it leaves."""
        self._under_way = self._saving = 0
        self._chains = Chains(self._parts.clock.monotonic)
        self.wake(reload=True)
        try:
            async with asyncio.TaskGroup() as attempts:
                while not self._leaving:
                    self._wake.clear()
                    await self._read()
                    if not self._leaving:
                        self._begin(attempts)
                        await self._wake.wait()
        finally:
            self._cancel_timer()

    # --- what is in memory

    def queued(self, delivery: Delivery) -> None:
        """One was queued. A live one is not left in the store until there is room."""
        webhook = self._parts.registry.find(self._webhook_id)
        if webhook is not None:
            self._hurry(delivery, webhook)
        self.wake(more=True)

    def _hurry(self, delivery: Delivery, webhook: Webhook) -> None:
        if delivery.expires_at is not None:
            left_s = (delivery.expires_at - self._parts.clock.now()).total_seconds()
            alone = delivery.aside or webhook.order is Order.NONE
            self._chains.urgent(delivery, self._parts.clock.monotonic() + left_s, alone=alone)

    async def _read(self) -> None:
        webhook = self._parts.registry.find(self._webhook_id)
        if self._reset:
            self._reset = False
            self._chains.clear()
            self._loaded_to = Cursor(0)
            if webhook is not None:  # however much waits before them, as after a restart
                now = self._parts.clock.now()
                for delivery in await self._parts.store.live(self._webhook_id, now, WINDOW):
                    if delivery.next_attempt_at <= now:
                        self._hurry(delivery, webhook)
        while webhook is not None and self._more and self._chains.size < WINDOW // 2:
            self._more = False  # unless something is queued while we read
            self._over_meanwhile.clear()
            rows = await self._parts.store.pending(self._webhook_id, self._loaded_to, _PAGE)
            if self._reset:
                return
            for delivery in rows:
                if delivery.id not in self._over_meanwhile:
                    self._take(delivery, webhook)
            if rows:
                self._loaded_to = rows[-1].cursor
            self._more = self._more or len(rows) == _PAGE

    def _take(self, delivery: Delivery, webhook: Webhook) -> None:
        now = self._parts.clock.now()
        longest_s = self._parts.schedule.longest_s(
            live=delivery.expires_at is not None, attempts=delivery.step
        )
        wait_s = (delivery.next_attempt_at - now).total_seconds()
        if longest_s is not None:  # whatever the clock did
            wait_s = min(wait_s, longest_s)
        live_s = 0.0
        if delivery.expires_at is not None and not delivery.aside:
            live_s = (delivery.expires_at - now).total_seconds()
        now_s = self._parts.clock.monotonic()
        alone = delivery.aside or webhook.order is Order.NONE
        self._chains.take(delivery, now_s + wait_s, now_s + live_s, alone=alone)

    # --- what is due

    def _begin(self, attempts: asyncio.TaskGroup) -> None:
        """Begin what is due and has a place; set the timer for what is due next."""
        self._cancel_timer()
        webhook = self._parts.registry.find(self._webhook_id)
        if webhook is None or webhook.status is not WebhookStatus.ACTIVE:
            return
        if self._parts.standby is not None and self._parts.standby.on:
            return
        endpoint, chains = self._endpoint, self._chains
        while (chain := chains.next()) is not None:
            if self._under_way - self._saving >= endpoint.places or self._saving >= SAVING:
                return
            wait_s = endpoint.wait_s(pace(webhook), live=chains.live())
            if wait_s > 0:
                self._timer = self._parts.clock.call_later(wait_s, self._wake.set)
                return
            self._try(attempts, chain, webhook)
        soonest = chains.soonest()
        if soonest is None:
            return
        now_s = self._parts.clock.monotonic()
        wait_s = soonest.due_s - now_s
        look_s = endpoint.look_wait_s()
        if look_s is not None and not self._under_way and soonest.live_until_s <= now_s:
            wait_s = min(wait_s, max(look_s, endpoint.wait_s(pace(webhook), live=False)))
            if wait_s <= 0:
                self._try(attempts, soonest, webhook, early=True)
                return
        self._timer = self._parts.clock.call_later(wait_s, self._wake.set)

    def _try(
        self, attempts: asyncio.TaskGroup, chain: Chain, webhook: Webhook, *, early: bool = False
    ) -> None:
        self._endpoint.begun(pace(webhook))
        self._chains.begin(chain, early=early)
        self._under_way += 1
        attempts.create_task(self._turn(chain))

    def _cancel_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    async def _turn(self, chain: Chain) -> None:
        """One attempt at the first delivery of a chain."""
        if not chain.waiting:
            await self._fill(chain)
        if chain.waiting:
            delivery = chain.waiting.popleft()
            if delivery.expires_at is not None and delivery.expires_at <= self._parts.clock.now():
                over = replace(delivery, state=DeliveryState.EXPIRED, error="too late to be of use")
                await self._finished(chain, _Next(over, DeliveryOutcome.EXPIRED))
            else:
                await self._attempt(chain, delivery)
        else:
            self._chains.empty(chain)
        self._under_way -= 1
        self._wake.set()

    async def _fill(self, chain: Chain) -> None:
        store = self._parts.store
        chain.more = False  # unless something is queued while we read
        if chain.only is not None:
            one = await store.delivery(chain.only)
            self._chains.fill(chain, [one] if one and one.state is DeliveryState.PENDING else [], more=False)
            return
        rows = await store.following(self._webhook_id, chain.key, chain.last, CHAIN + 1)
        self._chains.fill(chain, rows[:CHAIN], more=len(rows) > CHAIN)

    # --- attempts

    async def _attempt(self, chain: Chain, delivery: Delivery) -> None:
        posted = await self._parts.send(delivery)
        if posted is None:
            over = replace(delivery, state=DeliveryState.DEAD, error=NOT_SENT)
            await self._finished(chain, _Next(over, DeliveryOutcome.DEAD))
            return
        saving = posted.status != GONE and verdict(posted) in (Verdict.TAKEN, Verdict.REFUSED)
        if (
            saving
        ):  # it lives and wants more; else nothing begins before we know what that means for the endpoint
            self._saving += 1
            self._wake.set()
        after = self._judge(chain, delivery, posted)
        self._parts.log.note(posted.attempt(delivery.id, after.delivery.attempts))
        await self._finished(chain, after, posted)
        self._saving -= saving

    async def _finished(self, chain: Chain, after: _Next, posted: Posted | None = None) -> None:
        delivery, webhook = after.delivery, self._parts.registry.find(self._webhook_id)
        told = failing.exhausted(webhook, delivery, self._parts.clock.shown(self._parts.clock.now()))
        if told:
            self._parts.publish(told)  # right before it is written, so that one commit has both
        await self._parts.store.put_delivery(delivery)
        self._over_meanwhile.add(delivery.id)
        self._parts.metrics.delivery(
            after.outcome,
            max((self._parts.clock.now() - delivery.created_at).total_seconds(), 0.0),
            None if posted is None else posted.duration_ms / 1000,
        )
        due_s = self._parts.clock.monotonic() + after.wait_s
        if delivery.state is not DeliveryState.PENDING:
            self.backlog -= 1
            self._chains.over(chain)
        elif delivery.aside and chain.only is None:
            self._chains.aside(chain, delivery, due_s)
        else:
            self._chains.back(chain, delivery, due_s)
        with suppress(RefusedError):  # the webhook was deleted in the meantime
            if posted is not None:
                await self._note(posted)
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

    def _judge(self, chain: Chain, delivery: Delivery, posted: Posted) -> _Next:
        tried = replace(delivery, attempts=delivery.attempts + 1, error=posted.error)
        if not posted.error:
            return _Next(replace(tried, state=DeliveryState.DELIVERED), DeliveryOutcome.DELIVERED)
        webhook, now = self._parts.registry.find(self._webhook_id), self._parts.clock.now()
        if webhook is None or (why := _final(posted, webhook)):
            error = f"{posted.error}, {why if webhook is not None else 'and the webhook is gone'}"
            return _Next(replace(tried, state=DeliveryState.DEAD, error=error), DeliveryOutcome.DEAD)
        said = verdict(posted)
        if said is Verdict.LIMITED:  # no word on this one: the endpoint as a whole waits
            return _Next(replace(tried, next_attempt_at=now), DeliveryOutcome.FAILED)
        if chain.early and said is Verdict.DOWN:  # its own time is still to come
            left_s = max(chain.due_s - self._parts.clock.monotonic(), 0.0)
            return _Next(tried, DeliveryOutcome.FAILED, left_s)
        live = delivery.expires_at is not None
        step = delivery.step + 1
        wait_s = self._parts.schedule.wait_s(live=live, attempts=step, chance=self._parts.chance())
        left_s = chain.live_until_s - self._parts.clock.monotonic()
        aside = delivery.aside
        if webhook.order is Order.INTERACTION and said is Verdict.REFUSED:
            aside = True
        elif left_s > 0 and not live:  # a live event waits for this one
            quick_s = self._parts.schedule.live_wait_s(chain.live_step + 1, self._parts.chance())
            if quick_s is not None and quick_s + ATTEMPT_S < left_s:
                chain.live_step += 1
                step, wait_s = delivery.step, quick_s if wait_s is None else min(wait_s, quick_s)
            elif webhook.order is Order.INTERACTION:
                aside = True
        if wait_s is None:
            over, outcome = (
                (DeliveryState.EXPIRED, DeliveryOutcome.EXPIRED)
                if live
                else (DeliveryState.DEAD, DeliveryOutcome.DEAD)
            )
            return _Next(replace(tried, state=over, step=step), outcome)
        due = now + timedelta(seconds=wait_s)
        return _Next(
            replace(tried, step=step, aside=aside, next_attempt_at=due), DeliveryOutcome.FAILED, wait_s
        )

    async def _note(self, posted: Posted) -> None:
        """Learn how the endpoint is from how it answered."""
        now, endpoint, opened = self._parts.clock.now(), self._endpoint, False
        match verdict(posted):
            case Verdict.TAKEN | Verdict.REFUSED:
                if endpoint.lives():
                    await self._parts.store.make_due(self._webhook_id, now)
                    self._chains.all_due()
                if not posted.error:
                    if self._is_failing():
                        await self._parts.registry.modify(self._webhook_id, failing.well)
                    return
            case Verdict.LIMITED:
                endpoint.limited(posted.retry_after_s)
            case Verdict.DOWN:
                opened = endpoint.silent(away=unreachable(posted))
        await self._failed(now, posted, opened=opened)

    async def _failed(self, now: datetime, posted: Posted, *, opened: bool) -> None:
        def change(webhook: Webhook) -> Webhook:
            after, told = failing.failed(webhook, now, posted, opened=opened, shown=self._parts.clock.shown)
            self._parts.publish(told)  # right before the change is written: one commit has both, or neither
            if after.status is not webhook.status:
                self._parts.metrics.delivery(DeliveryOutcome.DISABLED)
            return after

        await self._parts.registry.modify(self._webhook_id, change)


def _final(posted: Posted, webhook: Webhook) -> str:
    """Why there is to be no further attempt; empty: there may be."""
    if posted.final:
        return "and wants no further attempt"
    return "which is final" if posted.status in webhook.final_statuses else ""
