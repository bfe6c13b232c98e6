"""A webhook as it is shown: everything that its owner set, but for secrets, and how it fares."""

from datetime import datetime

import msgspec

from gateway.outbound import signature
from gateway.runtime.age import RunningTime
from gateway.store.conditions import Content
from gateway.store.deliveries import ContentType, Order, Rate, Webhook, WebhookMode, WebhookStatus
from schemas.ids import WebhookId
from schemas.interaction import Media


class WebhookView(msgspec.Struct, frozen=True, kw_only=True):
    """A webhook as its owner sees it."""

    id: WebhookId
    url: str
    name: str
    events: tuple[str, ...]
    platform_ids: tuple[str, ...]
    agent_ids: tuple[str, ...]
    teams: tuple[str, ...]
    media: tuple[Media, ...]
    content: Content
    headers: tuple[str, ...]  # their names
    mode: WebhookMode
    public_keys: tuple[str, ...]  # whpk_..., newest first; each verifies a v1a signature
    status: WebhookStatus
    reason: str
    created_at: datetime
    failing_since: datetime | None
    secrets: int  # how many sign at present
    order: Order
    rate: Rate | None
    final_statuses: tuple[int, ...]
    content_type: ContentType
    members: tuple[str, ...]
    omit: tuple[str, ...]
    connection: str
    handshake: bool
    allowed_per_minute: int  # what the receiver gave leave for; 0: it named no limit
    ed25519: bool


class WebhookWithSecret(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to creating one, and to rotating its secret: the one time the secret is told.

    It is empty for a webhook that was there already.
    """

    webhook: WebhookView
    secret: str


def view(webhook: Webhook, time: RunningTime) -> WebhookView:
    """As it is now, with times as people read them."""
    valid = signature.valid(webhook, time.now())
    return WebhookView(
        id=webhook.id,
        url=webhook.url,
        name=webhook.name,
        events=webhook.events,
        platform_ids=webhook.platform_ids,
        agent_ids=webhook.agent_ids,
        teams=webhook.teams,
        media=webhook.media,
        content=webhook.content,
        headers=tuple(webhook.headers),
        mode=webhook.mode,
        public_keys=tuple(signature.public_key(one.private_key) for one in valid if one.private_key),
        status=webhook.status,
        reason=webhook.reason,
        created_at=webhook.created_at,
        failing_since=None if webhook.failing_since is None else time.shown(webhook.failing_since),
        secrets=len(valid),
        order=webhook.order,
        rate=webhook.rate,
        final_statuses=webhook.final_statuses,
        content_type=webhook.content_type,
        members=webhook.members[0].only,
        omit=webhook.members[0].omit,
        connection=webhook.connection,
        handshake=webhook.handshake,
        allowed_per_minute=webhook.allowed_per_minute,
        ed25519=bool(webhook.secrets[0].private_key),
    )
