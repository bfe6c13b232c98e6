"""What a subscriber can do with a webhook. The signing secret is told when it is made, and never again."""

import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated, Final, Literal, TypedDict

import msgspec
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PlainValidator,
    SecretStr,
    WithJsonSchema,
    field_validator,
)

from gateway.events.filters import types
from gateway.outbound import signature
from gateway.outbound.headers import checked
from gateway.runtime.clock import Clock
from gateway.store.base import Store
from gateway.store.conditions import MAX_CONDITIONS, Content, parse
from gateway.store.deliveries import (
    Attempt,
    Delivery,
    DeliveryState,
    Order,
    Rate,
    Webhook,
    WebhookMode,
    WebhookSecret,
    WebhookStatus,
)
from gateway.store.epochs import Place
from gateway.webhooks import failing
from gateway.webhooks.delivery import Deliverer
from gateway.webhooks.replay import Replay, Replayed, Replays, afresh
from schemas.errors import RefusedError
from schemas.ids import DeliveryId, WebhookId
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


_Status = Annotated[int, Field(ge=300, le=599)]


class RateSpec(BaseModel):
    """How many deliveries it gets at most."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    per_second: float = Field(gt=0, le=1_000, allow_inf_nan=False)
    burst: int = Field(default=1, ge=1, le=1_000)


_Rate = Annotated[
    RateSpec | None,
    WithJsonSchema(
        {
            "type": ["object", "null"],
            "properties": {
                "per_second": {"type": "number", "exclusiveMinimum": 0, "maximum": 1_000},
                "burst": {"type": "integer", "minimum": 1, "maximum": 1_000, "default": 1},
            },
            "required": ["per_second"],
            "additionalProperties": False,
        }
    ),
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
    headers: dict[str, SecretStr] | None = None  # of its own; never shown again. Left out: as they are
    mode: Literal["structured", "binary"] = "structured"  # of CloudEvents
    ed25519: bool = False  # sign for a public key too (v1a)
    order: Literal["interaction", "strict", "none"] = "interaction"  # what waits for what
    rate: _Rate = None
    final_statuses: list[_Status] = Field(default=[], max_length=100)  # not tried again after these

    @field_validator("headers")
    @classmethod
    def _may_be_set(cls, value: dict[str, SecretStr] | None) -> dict[str, SecretStr] | None:
        if value is None:
            return None
        made = checked({name: one.get_secret_value() for name, one in value.items()})
        return {name: SecretStr(one) for name, one in made.items()}

    def plain_headers(self, before: Mapping[str, str]) -> dict[str, str]:
        """The headers to send; those from before where none are given."""
        if self.headers is None:
            return dict(before)
        return {name: one.get_secret_value() for name, one in self.headers.items()}


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


class WebhookWithSecret(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to creating one, and to rotating its secret: the one time the secret is told."""

    webhook: WebhookView
    secret: str


class Subscriptions:
    """Webhooks, as the administration sees them. All raise RefusedError; UNKNOWN_OBJECT for an unknown id."""

    def __init__(self, store: Store, clock: Clock, deliverer: Deliverer, limit: int) -> None:
        self._store = store
        self._clock = clock
        self._time = deliverer.time
        self._deliverer = deliverer
        self._registry = deliverer.registry
        self._replays = Replays(store, self._time, deliverer)
        self._limit = limit

    def require_store(self) -> None:
        """Raises RefusedError while nothing can be kept."""
        if self._store.trouble:
            raise RefusedError(
                ErrorCode.UNAVAILABLE, "the journal cannot be written at present; nothing was changed"
            )

    async def create(self, spec: WebhookSpec, principal: str) -> WebhookWithSecret:
        """A new webhook, for events from now on. BAD_DESTINATION for an address that may not be sent to."""
        await self._check(spec)
        secret = signature.new_secret()
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
            headers=spec.plain_headers({}),
            mode=WebhookMode(spec.mode),
            secrets=_paired((WebhookSecret(secret=secret),), wanted=spec.ed25519),
            created_at=self._clock.now(),
            from_cursor=self._store.last_cursor(),
            principal=principal,
            **_manner(spec),
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
        view = self._view(
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
                    headers=spec.plain_headers(one.headers),
                    mode=WebhookMode(spec.mode),
                    secrets=_paired(one.secrets, wanted=spec.ed25519),
                    **_manner(spec),
                ),
            )
        )
        await self._deliverer.begin_anew(webhook_id)
        return view

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
        view = self._view(
            await self._registry.modify(
                webhook_id,
                lambda one: msgspec.structs.replace(
                    failing.well(one),
                    status=WebhookStatus.ACTIVE,
                    reason="",
                    from_cursor=last if one.status is WebhookStatus.DISABLED else one.from_cursor,
                ),
            )
        )
        await self._deliverer.begin_anew(webhook_id)
        return view

    async def delete(self, webhook_id: WebhookId) -> None:
        """Remove it with its deliveries."""
        await self._registry.remove(webhook_id)

    async def rotate(self, webhook_id: WebhookId) -> WebhookWithSecret:
        """A new secret; for 24 hours the former ones sign as well."""
        secret, now = signature.new_secret(), self._time.now()

        def change(webhook: Webhook) -> Webhook:
            kept = [
                msgspec.structs.replace(one, expires_at=one.expires_at or now + OVERLAP)
                for one in webhook.secrets
                if one.expires_at is None or one.expires_at > now
            ]
            fresh = _paired((WebhookSecret(secret=secret),), wanted=bool(webhook.secrets[0].private_key))
            return msgspec.structs.replace(webhook, secrets=(*fresh, *kept)[:MAX_SECRETS])

        webhook = await self._registry.modify(webhook_id, change)
        return WebhookWithSecret(webhook=self._view(webhook), secret=secret)

    async def test(self, webhook_id: WebhookId) -> Attempt:
        """Send it a `webhook.test` event, once, and tell what came of it."""
        attempt = await self._deliverer.trial(webhook_id)
        if not attempt.error:
            await self._deliverer.begin_anew(webhook_id)
        return attempt

    async def deliveries(
        self, webhook_id: WebhookId, state: DeliveryState | None, after: Place, limit: int
    ) -> list[Delivery]:
        """Its deliveries in the order of their events, for paging by cursor."""
        self._registry.get(webhook_id)
        start = self._store.epochs.cursor(after)
        page = await self._store.deliveries.deliveries(webhook_id, state, start, min(limit, MAX_PAGE))
        return [self._shown(one) for one in page]

    async def attempts(self, webhook_id: WebhookId, delivery_id: DeliveryId) -> list[Attempt]:
        """The attempts at one of them."""
        delivery = await self._delivery(webhook_id, delivery_id)
        return await self._store.deliveries.attempts(delivery.id)

    async def replay(self, webhook_id: WebhookId, delivery_id: DeliveryId) -> None:
        """Send one again that is over; one that is pending is tried now."""
        one = await self._delivery(webhook_id, delivery_id)
        if one.state is DeliveryState.PENDING:
            await self._deliverer.hasten(webhook_id, [one])
        else:
            await self._deliverer.requeue(webhook_id, [afresh(one, self._time.now())])

    async def replay_some(self, webhook_id: WebhookId, wanted: Replay) -> Replayed:
        """Send again what is wanted, as far as one call goes."""
        return await self._replays.step(self._registry.get(webhook_id), wanted)

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

    def _shown(self, one: Delivery) -> Delivery:
        """With times as people read them."""
        shown = self._time.shown
        return msgspec.structs.replace(
            one,
            created_at=shown(one.created_at),
            next_attempt_at=shown(one.next_attempt_at),
            expires_at=None if one.expires_at is None else shown(one.expires_at),
        )

    def _view(self, webhook: Webhook) -> WebhookView:
        valid = signature.valid(webhook, self._time.now())
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
            failing_since=None if webhook.failing_since is None else self._time.shown(webhook.failing_since),
            secrets=len(valid),
            order=webhook.order,
            rate=webhook.rate,
            final_statuses=webhook.final_statuses,
        )


class _Manner(TypedDict):
    order: Order
    rate: Rate | None
    final_statuses: tuple[int, ...]


def _manner(spec: WebhookSpec) -> _Manner:
    """How it is sent to, as the owner sets it."""
    rate = None
    if spec.rate is not None:
        rate = Rate(per_second=spec.rate.per_second, burst=spec.rate.burst)
    return _Manner(order=Order(spec.order), rate=rate, final_statuses=tuple(spec.final_statuses))


def _paired(secrets: tuple[WebhookSecret, ...], *, wanted: bool) -> tuple[WebhookSecret, ...]:
    """The secrets with a key pair beside the newest, if one is wanted; else without any."""
    newest = secrets[0]
    if not wanted:
        return tuple(msgspec.structs.replace(one, private_key="") for one in secrets)
    if newest.private_key:
        return secrets
    return (msgspec.structs.replace(newest, private_key=signature.new_private_key()), *secrets[1:])
