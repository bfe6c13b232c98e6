"""What a subscriber can do with a webhook. The signing secret is told when it is made, and never again."""

import secrets
from datetime import datetime, timedelta
from typing import Annotated, Final

import msgspec
from pydantic import BaseModel, ConfigDict, Field, PlainValidator, WithJsonSchema

from gateway.clock import Clock
from gateway.content import MAX_CONDITIONS, Content, parse
from gateway.filtering import types
from gateway.store.base import Store
from gateway.store.deliveries import (
    Attempt,
    Delivery,
    DeliveryState,
    Webhook,
    WebhookSecret,
    WebhookStatus,
)
from gateway.webhooks.delivery import Deliverer
from gateway.webhooks.signature import new_secret
from schemas.errors import RefusedError
from schemas.ids import Cursor, DeliveryId, WebhookId
from schemas.interaction import Media
from schemas.results import ErrorCode

OVERLAP: Final = timedelta(hours=24)  # both secrets sign for so long after a rotation
MAX_SECRETS: Final = 10
MAX_PAGE: Final = 1_000


# The schemas stand where they are used: a model brings no definitions of its own into the contract.
_Medium = Annotated[Media, WithJsonSchema({"type": "string", "enum": list(Media)})]
_Conditions = Annotated[
    Content,
    PlainValidator(parse),
    WithJsonSchema({"type": "object", "maxProperties": MAX_CONDITIONS, "additionalProperties": {}}),
]


class WebhookSpec(BaseModel):
    """What a subscriber sets. Empty filters let everything through."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: str = Field(max_length=2_000)
    name: str = Field(default="", max_length=100)
    events: list[str] = Field(default=[], max_length=100)  # `interaction.held`, `interaction.*`, `*`
    platform_ids: list[str] = Field(default=[], max_length=100)
    agent_ids: list[str] = Field(default=[], max_length=1_000)
    teams: list[str] = Field(default=[], max_length=100)
    media: list[_Medium] = Field(default=[], max_length=len(Media))
    content: _Conditions = {}


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
    status: WebhookStatus
    reason: str
    created_at: datetime
    failing_since: datetime | None
    secrets: int  # how many sign at present


class WebhookWithSecret(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to creating one, and to rotating its secret: the one time the secret is told."""

    webhook: WebhookView
    secret: str


class Subscriptions:
    """Webhooks, as the administration sees them. All raise RefusedError; UNKNOWN_OBJECT for an unknown id."""

    def __init__(self, store: Store, clock: Clock, deliverer: Deliverer, limit: int) -> None:
        self._store = store
        self._clock = clock
        self._deliverer = deliverer
        self._registry = deliverer.registry
        self._limit = limit

    async def create(self, spec: WebhookSpec, principal: str) -> WebhookWithSecret:
        """A new webhook, for events from now on. BAD_DESTINATION for an address that may not be sent to."""
        await self._check(spec)
        secret = new_secret()
        webhook = Webhook(
            id=WebhookId("whk_" + secrets.token_hex(12)),
            url=spec.url,
            name=spec.name,
            events=tuple(spec.events),
            platform_ids=tuple(spec.platform_ids),
            agent_ids=tuple(spec.agent_ids),
            teams=tuple(spec.teams),
            media=tuple(spec.media),
            content=spec.content,
            secrets=(WebhookSecret(secret=secret),),
            created_at=self._clock.now(),
            from_cursor=self._store.last_cursor(),
            principal=principal,
        )
        await self._registry.add(webhook, self._limit)
        return WebhookWithSecret(webhook=self._view(webhook), secret=secret)

    def get(self, webhook_id: WebhookId) -> WebhookView:
        """One webhook."""
        return self._view(self._registry.get(webhook_id))

    def all(self) -> list[WebhookView]:
        """All of them, oldest first."""
        return [self._view(webhook) for webhook in self._registry.all()]

    async def update(self, webhook_id: WebhookId, spec: WebhookSpec) -> WebhookView:
        """Set everything anew. What is queued already stays queued, and goes to the new address."""
        await self._check(spec)
        return self._view(
            await self._registry.modify(
                webhook_id,
                lambda one: msgspec.structs.replace(
                    one,
                    url=spec.url,
                    name=spec.name,
                    events=tuple(spec.events),
                    platform_ids=tuple(spec.platform_ids),
                    agent_ids=tuple(spec.agent_ids),
                    teams=tuple(spec.teams),
                    media=tuple(spec.media),
                    content=spec.content,
                ),
            )
        )

    async def pause(self, webhook_id: WebhookId) -> WebhookView:
        """Send nothing; go on queueing. One that is disabled stays so."""
        return self._view(
            await self._registry.modify(
                webhook_id,
                lambda one: (
                    one
                    if one.status is WebhookStatus.DISABLED
                    else msgspec.structs.replace(one, status=WebhookStatus.PAUSED)
                ),
            )
        )

    async def resume(self, webhook_id: WebhookId) -> WebhookView:
        """Send again. Events that came while it was disabled are not made up for."""
        last = self._store.last_cursor()
        return self._view(
            await self._registry.modify(
                webhook_id,
                lambda one: msgspec.structs.replace(
                    one,
                    status=WebhookStatus.ACTIVE,
                    reason="",
                    failing_since=None,
                    from_cursor=last if one.status is WebhookStatus.DISABLED else one.from_cursor,
                ),
            )
        )

    async def delete(self, webhook_id: WebhookId) -> None:
        """Remove it with its deliveries."""
        await self._registry.remove(webhook_id)

    async def rotate(self, webhook_id: WebhookId) -> WebhookWithSecret:
        """A new secret; for 24 hours the former ones sign as well."""
        secret, now = new_secret(), self._clock.now()

        def change(webhook: Webhook) -> Webhook:
            kept = [
                msgspec.structs.replace(one, expires_at=one.expires_at or now + OVERLAP)
                for one in webhook.secrets
                if one.expires_at is None or one.expires_at > now
            ]
            fresh = WebhookSecret(secret=secret)
            return msgspec.structs.replace(webhook, secrets=(fresh, *kept)[:MAX_SECRETS])

        webhook = await self._registry.modify(webhook_id, change)
        return WebhookWithSecret(webhook=self._view(webhook), secret=secret)

    async def test(self, webhook_id: WebhookId) -> Attempt:
        """Send it a `webhook.test` event, once, and tell what came of it."""
        return await self._deliverer.trial(webhook_id)

    async def deliveries(
        self, webhook_id: WebhookId, state: DeliveryState | None, after: Cursor, limit: int
    ) -> list[Delivery]:
        """Its deliveries in the order of their events, for paging by cursor."""
        self._registry.get(webhook_id)
        return await self._store.deliveries.deliveries(webhook_id, state, after, min(limit, MAX_PAGE))

    async def attempts(self, webhook_id: WebhookId, delivery_id: DeliveryId) -> list[Attempt]:
        """The attempts at one of them."""
        delivery = await self._delivery(webhook_id, delivery_id)
        return await self._store.deliveries.attempts(delivery.id)

    async def replay(self, webhook_id: WebhookId, delivery_id: DeliveryId) -> None:
        """Send one again that is over; one that is pending is left as it is."""
        await self._deliverer.replay([await self._delivery(webhook_id, delivery_id)])

    async def replay_all(self, webhook_id: WebhookId, state: DeliveryState) -> int:
        """Send all again that are dead, or expired; returns how many."""
        if state is DeliveryState.PENDING:
            raise RefusedError(ErrorCode.WRONG_STATE, "pending deliveries are sent anyway")
        count, after = 0, Cursor(0)
        while page := await self.deliveries(webhook_id, state, after, MAX_PAGE):
            count += await self._deliverer.replay(page)
            after = page[-1].cursor
        return count

    async def _check(self, spec: WebhookSpec) -> None:
        types(spec.events)
        self._deliverer.teams.members(spec.teams)
        await self._deliverer.egress.check_resolved(spec.url)

    async def _delivery(self, webhook_id: WebhookId, delivery_id: DeliveryId) -> Delivery:
        self._registry.get(webhook_id)
        delivery = await self._store.deliveries.delivery(delivery_id)
        if delivery is None or delivery.webhook_id != webhook_id:
            raise RefusedError(ErrorCode.UNKNOWN_OBJECT, "no such delivery")
        return delivery

    def _view(self, webhook: Webhook) -> WebhookView:
        now = self._clock.now()
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
            status=webhook.status,
            reason=webhook.reason,
            created_at=webhook.created_at,
            failing_since=webhook.failing_since,
            secrets=sum(one.expires_at is None or one.expires_at > now for one in webhook.secrets),
        )
