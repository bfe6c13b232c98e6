"""The deliveries of one webhook: what is due, in which order, how many at once.

Every webhook has a queue of its own, so that a dead endpoint delays no other. Deliveries of one interaction
go one after the other. What the receiver refuses (4xx) stands aside, and so does what would let a live event
behind it expire; it comes later under its own `sequence`. With `order: strict` nothing stands aside, with
`order: none` nothing waits for another. While a live event waits, its interaction is tried at the rhythm of
live events. What is not due takes no room: the store is read on past it.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import Final

from msgspec.structs import replace

from gateway.outbound.post import GONE, Posted
from gateway.runtime.clock import TimerHandleLike
from gateway.store.deliveries import Delivery, DeliveryState, Order, Webhook, WebhookStatus
from gateway.telemetry.metrics import DeliveryOutcome
from gateway.webhooks import failing
from gateway.webhooks.chains import CHAIN, Chain, Chains
from gateway.webhooks.endpoint import Endpoint, Verdict, pace, unreachable, verdict
from gateway.webhooks.judging import Next
from gateway.webhooks.queue_parts import QueueParts
from schemas.errors import RefusedError
from schemas.ids import Cursor, DeliveryId, WebhookId

WINDOW: Final = 1_000  # deliveries in memory, per webhook; the others wait in the store
SAVING: Final = 64  # prompt answers being written, beside which attempts go on; they wait for the disk only
_PAGE: Final = 500

NOT_SENT: Final = "the event is no longer kept, or is no longer granted to whose webhook it is"


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
        self._under_way = 0  # attempts that have a place
        self._saving = 0  # those with a prompt answer, which is being written
        self._recording = 0  # deliveries that were taken, which is being written
        self._unwritten: Exception | None = None  # why that could not be written
        self._loaded_to = Cursor(0)
        self._more = True
        self._reset = False
        self._leaving = False
        self._reading = False
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
        await self._all_recorded()
        self._under_way = self._saving = 0
        self._unwritten = None
        self._chains = Chains(self._parts.clock.monotonic)
        self.wake(reload=True)
        try:
            async with asyncio.TaskGroup() as attempts:
                while not self._leaving:
                    self._wake.clear()
                    await self._read()
                    with suppress(RefusedError):  # the webhook was deleted in the meantime
                        await self._rest()
                    if not self._leaving:
                        self._begin(attempts)
                        await self._wake.wait()
                    if self._unwritten is not None:
                        raise self._unwritten
            await self._all_recorded()
        finally:
            self._cancel_timer()

    async def _all_recorded(self) -> None:
        while self._recording:
            self._wake.clear()
            await self._wake.wait()

    # --- what is in memory

    def queued(self, deliveries: Sequence[Delivery], *, known: bool) -> None:
        """Some were queued, in order. A live one is not left in the store until there is room.

        `known`: they are in the store as they are here. Then they are not read from there, if all before is.
        """
        webhook = self._parts.registry.find(self._webhook_id)
        if webhook is None:
            return
        behind = self._more or self._reading or self._reset
        if known and not behind and self._chains.size + len(deliveries) <= WINDOW:
            self._take(deliveries, webhook)
            self.wake()
            return
        for delivery in deliveries:
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
            self._reading = True
            try:
                rows = await self._parts.store.pending(self._webhook_id, self._loaded_to, _PAGE)
            finally:
                self._reading = False
            if self._reset:
                return
            self._take([one for one in rows if one.id not in self._over_meanwhile], webhook)
            if rows:
                self._loaded_to = rows[-1].cursor
            self._more = self._more or len(rows) == _PAGE

    def _take(self, deliveries: Sequence[Delivery], webhook: Webhook) -> None:
        now, now_s = self._parts.clock.now(), self._parts.clock.monotonic()
        for one in deliveries:
            wait_s = live_until_s = 0.0
            if one.next_attempt_at > now:
                longest_s = self._parts.schedule.longest_s(live=one.expires_at is not None, attempts=one.step)
                wait_s = (one.next_attempt_at - now).total_seconds()
                if longest_s is not None:  # whatever the clock did
                    wait_s = min(wait_s, longest_s)
            if one.expires_at is not None and not one.aside:
                live_until_s = now_s + (one.expires_at - now).total_seconds()
            alone = one.aside or webhook.order is Order.NONE
            self._chains.take(one, now_s + wait_s, live_until_s, alone=alone)
            self._loaded_to = one.cursor

    # --- what is due

    def _begin(self, attempts: asyncio.TaskGroup) -> None:
        """Begin what is due and has a place; set the timer for what is due next."""
        self._cancel_timer()
        webhook = self._active()
        if webhook is None:
            return
        endpoint, chains = self._endpoint, self._chains
        while (chain := chains.next()) is not None:
            wait_s = self._wait_s(webhook)
            if wait_s is None:
                return
            if wait_s > 0:
                self._timer = self._parts.clock.call_later(wait_s, self._wake.set)
                return
            attempts.create_task(self._work(self._taken(chain, webhook)))
        soonest = chains.soonest()
        if soonest is None:
            return
        now_s = self._parts.clock.monotonic()
        wait_s = soonest.due_s - now_s
        look_s = endpoint.look_wait_s()
        alone = not (self._under_way or self._saving or self._recording)
        if look_s is not None and alone and soonest.live_until_s <= now_s:
            wait_s = min(wait_s, max(look_s, endpoint.wait_s(pace(webhook), live=False)))
            if wait_s <= 0:
                attempts.create_task(self._work(self._taken(soonest, webhook, early=True)))
                return
        self._timer = self._parts.clock.call_later(wait_s, self._wake.set)

    def _active(self) -> Webhook | None:
        """The webhook, if anything may be sent to it."""
        webhook, standby = self._parts.registry.find(self._webhook_id), self._parts.standby
        if webhook is None or webhook.status is not WebhookStatus.ACTIVE:
            return None
        return None if standby is not None and standby.on else webhook

    def _wait_s(self, webhook: Webhook) -> float | None:
        """Seconds until the next attempt may begin; None: until one that is under way is over."""
        if self._under_way >= self._endpoint.places or self._saving + self._recording >= SAVING:
            return None
        rate = pace(webhook)
        if rate is None and self._endpoint.well:
            return 0.0
        return self._endpoint.wait_s(rate, live=self._chains.live())

    def _taken(self, chain: Chain, webhook: Webhook, *, early: bool = False) -> Chain:
        """An attempt at its first delivery begins."""
        if pace(webhook) is not None:
            self._endpoint.begun()
        self._chains.begin(chain, early=early)
        self._under_way += 1
        return chain

    def _cancel_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    async def _work(self, chain: Chain | None) -> None:
        """Attempts, one after the other, as long as something is due and may begin."""
        while chain is not None:
            await self._turn(chain)
            if self._more and self._chains.size < WINDOW // 2:
                self._wake.set()
            chain = self._next()
        self._wake.set()

    def _next(self) -> Chain | None:
        webhook = self._active()
        if webhook is None or self._leaving or self._unwritten is not None:
            return None
        chain = self._chains.next()
        if chain is None or self._wait_s(webhook) != 0:
            return None
        return self._taken(chain, webhook)

    async def _turn(self, chain: Chain) -> None:
        """One attempt at the first delivery of a chain."""
        if not chain.waiting:
            await self._fill(chain)
        if chain.waiting:
            delivery = chain.waiting.popleft()
            if delivery.expires_at is not None and delivery.expires_at <= self._parts.clock.now():
                over = replace(delivery, state=DeliveryState.EXPIRED, error="too late to be of use")
                await self._finished(chain, Next(over, DeliveryOutcome.EXPIRED))
            else:
                await self._attempt(chain, delivery)
        else:
            self._chains.empty(chain)
        self._under_way -= 1

    async def _fill(self, chain: Chain) -> None:
        store = self._parts.store
        chain.more = False  # unless something is queued while we read
        if chain.only is not None:
            one = await store.delivery(chain.only)
            self._chains.fill(chain, [one] if one and one.state is DeliveryState.PENDING else [], more=False)
            return
        chain.reading = True
        try:
            rows = await store.following(self._webhook_id, chain.key, chain.last, CHAIN + 1)
        finally:
            chain.reading = False
        self._chains.fill(chain, rows[:CHAIN], more=len(rows) > CHAIN)

    # --- attempts

    async def _attempt(self, chain: Chain, delivery: Delivery) -> None:
        posted = await self._parts.send(delivery)
        if posted is None:
            over = replace(delivery, state=DeliveryState.DEAD, error=NOT_SENT)
            await self._finished(chain, Next(over, DeliveryOutcome.DEAD))
            return
        if not posted.error and self._endpoint.well and not self._is_failing():
            self._taken_well(chain, delivery, posted)
            return
        webhook = self._parts.registry.find(self._webhook_id)
        after = self._parts.judge.next(webhook, chain, delivery, posted)
        self._parts.log.note(posted.attempt(delivery.id, after.delivery.attempts))
        if posted.status == GONE or verdict(posted) not in (Verdict.TAKEN, Verdict.REFUSED):
            # Nothing begins in its place before we know what that means for the endpoint.
            await self._finished(chain, after, posted)
            return
        self._under_way -= 1  # it lives and wants more
        self._saving += 1
        self._wake.set()
        await self._finished(chain, after, posted)
        self._saving -= 1
        self._under_way += 1

    def _taken_well(self, chain: Chain, delivery: Delivery, posted: Posted) -> None:
        """The usual case: delivered, and no news of the endpoint. The chain goes on once that is durable."""
        attempts = delivery.attempts + 1
        self._parts.log.note(posted.attempt(delivery.id, attempts))
        self._recording += 1
        self._parts.recorder.record(
            replace(delivery, state=DeliveryState.DELIVERED, attempts=attempts, error=""),
            partial(self._recorded, chain, posted.duration_ms / 1000),
        )

    def _recorded(
        self, chain: Chain, took_s: float, delivery: Delivery, now: datetime, error: Exception | None
    ) -> None:
        self._recording -= 1
        self._wake.set()
        if error is not None:
            self._unwritten = error
            return
        if self._reading:
            self._over_meanwhile.add(delivery.id)
        age_s = max((now - delivery.created_at).total_seconds(), 0.0)
        self._parts.metrics.delivery(DeliveryOutcome.DELIVERED, age_s, took_s)
        self.backlog -= 1
        self._chains.over(chain)

    async def _finished(self, chain: Chain, after: Next, posted: Posted | None = None) -> None:
        delivery, webhook = after.delivery, self._parts.registry.find(self._webhook_id)
        told = failing.exhausted(webhook, delivery, self._parts.clock.shown(self._parts.clock.now()))
        if told:
            self._parts.publish(told)  # right before it is written, so that one commit has both
        await self._parts.store.put_deliveries((delivery,))
        if self._reading:
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
