"""How long a webhook has known nothing but failures, whom that is told, and when it is enough.

A webhook that failed for 120 hours is disabled; operators are told when it is first found to be down, and on
the way there, each step once. Time in
which nothing waited to be delivered does not count: an endpoint that nobody asks does not fail.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from msgspec.structs import replace

from gateway.outbound.post import GONE, Posted
from gateway.store.deliveries import Delivery, DeliveryState, Webhook, WebhookStatus
from gateway.telemetry.metrics import WebhookCondition
from schemas.events import NO_PLATFORM, AnyOperatorEvent, WebhookDisabled, WebhookExhausted, WebhookFailing

GIVE_UP: Final = timedelta(hours=120)
TOLD_AGAIN: Final = timedelta(hours=1)  # that it is down; one that comes and goes is no news each time
_OF_WEBHOOKS: Final = "webhook."
TOLD_AT: Final = (50, 70, 90)  # % of that; at 100 it is disabled


def exhausted(webhook: Webhook | None, delivery: Delivery, at: datetime) -> list[AnyOperatorEvent]:
    """What operators are told of a delivery that was given up.

    Not of an event that itself tells of a webhook: two that cannot be reached would tell of each other for
    ever.
    """
    if webhook is None or delivery.state is not DeliveryState.DEAD or delivery.type.startswith(_OF_WEBHOOKS):
        return []
    return [
        WebhookExhausted(
            time=at,
            platform_id=NO_PLATFORM,
            webhook_id=webhook.id,
            name=webhook.name,
            delivery_id=delivery.id,
            of_type=delivery.type,
            of_cursor=delivery.cursor,
            attempts=delivery.attempts,
            error=delivery.error,
        )
    ]


def well(webhook: Webhook) -> Webhook:
    """As it is once it has answered, or its owner begins anew: nothing is held against it."""
    return replace(webhook, failing_since=None, quiet_since=None, quiet_s=0.0, told_percent=0)


def quiet(webhook: Webhook, now: datetime) -> Webhook:
    """As it is when nothing waits to be delivered any more."""
    if webhook.failing_since is None or webhook.quiet_since is not None:
        return webhook
    return replace(webhook, quiet_since=now)


def failed(
    webhook: Webhook,
    now: datetime,
    posted: Posted,
    *,
    opened: bool = False,
    shown: Callable[[datetime], datetime] = lambda at: at,
) -> tuple[Webhook, list[AnyOperatorEvent]]:
    """As it is after a failed attempt, and what operators are told. `opened`: with it, it is down.

    `now` is running time, as all that the webhook keeps of this; `shown` gives it for people.
    """
    if webhook.status is WebhookStatus.DISABLED:  # another attempt was under way
        return webhook, []
    if webhook.quiet_since is not None:
        quiet_s = webhook.quiet_s + (now - webhook.quiet_since).total_seconds()
        webhook = replace(webhook, quiet_since=None, quiet_s=quiet_s)
    since = webhook.failing_since or now
    counted = now - since - timedelta(seconds=webhook.quiet_s)
    if posted.status == GONE:
        return _disabled(webhook, shown(now), since, "it answered 410 Gone")
    if counted >= GIVE_UP:
        return _disabled(webhook, shown(now), since, f"nothing but failures since {shown(since).isoformat()}")
    reached = [one for one in TOLD_AT if webhook.told_percent < one <= counted / GIVE_UP * 100]
    first = opened and (webhook.told_down_at is None or now - webhook.told_down_at >= TOLD_AGAIN)
    told: list[AnyOperatorEvent] = [
        WebhookFailing(
            time=shown(now),
            platform_id=NO_PLATFORM,
            webhook_id=webhook.id,
            name=webhook.name,
            percent=percent,
            since=shown(since),
            error=posted.error,
        )
        for percent in ([0] if first else []) + reached
    ]
    after = replace(
        webhook,
        failing_since=since,
        told_percent=max((webhook.told_percent, *reached)),
        told_down_at=now if first else webhook.told_down_at,
    )
    return after, told


def _disabled(
    webhook: Webhook, at: datetime, since: datetime, reason: str
) -> tuple[Webhook, list[AnyOperatorEvent]]:
    after = replace(webhook, status=WebhookStatus.DISABLED, reason=reason, failing_since=since)
    told = WebhookDisabled(
        time=at, platform_id=NO_PLATFORM, webhook_id=webhook.id, name=webhook.name, reason=reason
    )
    return after, [told]


def condition(webhook: Webhook) -> WebhookCondition:
    """How it is, for operators."""
    match webhook.status:
        case WebhookStatus.ACTIVE:
            return WebhookCondition.WELL if webhook.failing_since is None else WebhookCondition.FAILING
        case WebhookStatus.PAUSED:
            return WebhookCondition.PAUSED
        case WebhookStatus.DISABLED:
            return WebhookCondition.DISABLED
