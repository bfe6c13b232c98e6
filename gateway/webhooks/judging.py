"""What becomes of a delivery after an attempt: over, or tried again, and when; in its place, or aside."""

from collections.abc import Callable
from datetime import timedelta
from typing import NamedTuple

from msgspec.structs import replace

from gateway.outbound.post import Posted
from gateway.outbound.schedule import ATTEMPT_S, Schedule
from gateway.runtime.age import RunningTime
from gateway.store.deliveries import Delivery, DeliveryState, Order, Webhook
from gateway.telemetry.metrics import DeliveryOutcome
from gateway.webhooks.chains import Chain
from gateway.webhooks.endpoint import Verdict, verdict


class Next(NamedTuple):
    """What becomes of a delivery after an attempt."""

    delivery: Delivery
    outcome: DeliveryOutcome
    wait_s: float = 0.0  # until it is tried again, where it is


class Judge:
    """Judges by the schedules. `chance`: random numbers from 0 to 1."""

    def __init__(self, schedule: Schedule, time: RunningTime, chance: Callable[[], float]) -> None:
        self._schedule = schedule
        self._time = time
        self._chance = chance

    def next(self, webhook: Webhook | None, chain: Chain, delivery: Delivery, posted: Posted) -> Next:
        """Of the first delivery of a chain. Counts a step at the rhythm of live events on the chain."""
        tried = replace(delivery, attempts=delivery.attempts + 1, error=posted.error)
        if not posted.error:
            return Next(replace(tried, state=DeliveryState.DELIVERED), DeliveryOutcome.DELIVERED)
        now = self._time.now()
        if webhook is None or (why := _final(posted, webhook)):
            error = f"{posted.error}, {why if webhook is not None else 'and the webhook is gone'}"
            return Next(replace(tried, state=DeliveryState.DEAD, error=error), DeliveryOutcome.DEAD)
        said = verdict(posted)
        if said is Verdict.LIMITED:  # no word on this one: the endpoint as a whole waits
            return Next(replace(tried, next_attempt_at=now), DeliveryOutcome.FAILED)
        if chain.early and said is Verdict.DOWN:  # its own time is still to come
            left_s = max(chain.due_s - self._time.monotonic(), 0.0)
            return Next(tried, DeliveryOutcome.FAILED, left_s)
        live = delivery.expires_at is not None
        step = delivery.step + 1
        wait_s = self._schedule.wait_s(live=live, attempts=step, chance=self._chance())
        left_s = chain.live_until_s - self._time.monotonic()
        aside = delivery.aside
        if webhook.order is Order.INTERACTION and said is Verdict.REFUSED:
            aside = True
        elif left_s > 0 and not live:  # a live event waits for this one
            quick_s = self._schedule.live_wait_s(chain.live_step + 1, self._chance())
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
            return Next(replace(tried, state=over, step=step), outcome)
        due = now + timedelta(seconds=wait_s)
        return Next(
            replace(tried, step=step, aside=aside, next_attempt_at=due), DeliveryOutcome.FAILED, wait_s
        )


def _final(posted: Posted, webhook: Webhook) -> str:
    """Why there is to be no further attempt; empty: there may be."""
    if posted.final:
        return "and wants no further attempt"
    return "which is final" if posted.status in webhook.final_statuses else ""
