"""What a subscriber can do with a webhook. The signing secret is told when it is made, and never again."""

import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

import msgspec

from gateway.events.filters import types
from gateway.http.admission import require_teams
from gateway.outbound import signature
from gateway.runtime.clock import Clock
from gateway.runtime.idempotency import KEY_LIFE, require_short
from gateway.security.access import Principal
from gateway.store.base import Store
from gateway.store.conditions import Content
from gateway.store.deliveries import (
    Attempt,
    ContentType,
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
from gateway.webhooks.owners import kept_id, told_id
from gateway.webhooks.registry import unknown_webhook
from gateway.webhooks.replay import Replay, Replayed, Replays, afresh
from gateway.webhooks.spec import DeclaredWebhook, WebhookSpec, choices, differences, digest, owned
from schemas.errors import RefusedError
from schemas.grants import UNNARROWED, Grant
from schemas.ids import Cursor, DeliveryId, WebhookId
from schemas.interaction import Media
from schemas.results import ErrorCode

OVERLAP: Final = timedelta(hours=24)  # both secrets sign for so long after a rotation
MAX_SECRETS: Final = 10
MAX_PAGE: Final = 1_000


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


class WebhookWithSecret(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to creating one, and to rotating its secret: the one time the secret is told.

    It is empty for a webhook that was there already.
    """

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
        self._owners = deliverer.owners
        self._replays = Replays(store, self._time, deliverer)
        self._limit = limit

    def require_store(self) -> None:
        """Raises RefusedError while nothing can be kept."""
        if self._store.trouble:
            raise RefusedError(
                ErrorCode.UNAVAILABLE, "the journal cannot be written at present; nothing was changed"
            )

    async def create(
        self, spec: WebhookSpec, principal: str, key: str = "", grant: Grant = UNNARROWED
    ) -> WebhookWithSecret:
        """A new webhook, for events from now on. BAD_DESTINATION for an address that may not be sent to.

        The same request under the same `key` within a day is answered alike, with the secret unless that was
        rotated: who lost the answer could not do without it. A webhook of the same id and content is left as
        it is. CONFLICT for another request under that key, or another content under that id.
        """
        require_short(key)
        if isinstance(spec, DeclaredWebhook) and spec.id is not None:
            spec = spec.model_copy(update={"id": kept_id(spec.id, grant.tenant)})
        known = self._known(spec, principal, key, grant)
        if known is not None:
            return self._again(known, principal, key)
        await self._check(spec)
        secret = signature.new_secret()
        chosen_id = spec.id if isinstance(spec, DeclaredWebhook) else None
        webhook = Webhook(
            id=WebhookId(chosen_id or "whk_" + secrets.token_hex(12)),
            secrets=_paired((WebhookSecret(secret=secret),), wanted=spec.ed25519),
            created_at=self._clock.now(),
            from_cursor=self._store.last_cursor(),
            principal=principal,
            grant=grant,
            idempotency_key=key,
            keyed_at=self._time.now() if key else None,
            digest=digest(spec) if key else "",
            members=choices(spec, (), Cursor(0)),
            **owned(spec, {}),
        )
        added = await self._registry.add(
            webhook, self._limit, lambda: self._known(spec, principal, key, grant)
        )
        if added is not webhook:  # it was asked for twice at once
            return self._again(added, principal, key)
        return WebhookWithSecret(webhook=self._view(webhook), secret=secret)

    def _known(self, spec: WebhookSpec, principal: str, key: str, grant: Grant) -> Webhook | None:
        """The webhook that this request made before, or that has its id. Raises RefusedError(CONFLICT)."""
        for one in self._registry.all() if key else ():
            if self._made_under(one, principal, key):
                if one.digest != digest(spec):
                    raise RefusedError(
                        ErrorCode.CONFLICT, f"idempotency key {key} was used for another webhook, {one.id}"
                    )
                return one
        if not isinstance(spec, DeclaredWebhook) or spec.id is None:
            return None
        found, named = self._registry.find(WebhookId(spec.id)), told_id(WebhookId(spec.id), grant.tenant)
        if found is not None and not self._owners.grant(found).within(grant):
            raise RefusedError(ErrorCode.CONFLICT, f"the id {named} is taken")
        if found is not None and (wrong := differences(spec, found)):
            raise RefusedError(
                ErrorCode.CONFLICT, f"webhook {named} is there, and differs in {', '.join(wrong)}"
            )
        return found

    def _made_under(self, webhook: Webhook, principal: str, key: str) -> bool:
        """Whether he made it under that key, not too long ago."""
        return (
            (webhook.idempotency_key, webhook.principal) == (key, principal)
            and webhook.keyed_at is not None
            and webhook.keyed_at >= self._time.before(KEY_LIFE)
        )

    def _again(self, webhook: Webhook, principal: str, key: str) -> WebhookWithSecret:
        first = len(webhook.secrets) == 1 and self._made_under(webhook, principal, key)
        return WebhookWithSecret(
            webhook=self._view(webhook), secret=webhook.secrets[0].secret if first else ""
        )

    def seen(self, named: str, principal: Principal) -> WebhookId:
        """The webhook that somebody calls so. Raises RefusedError if he sees none of that name."""
        for webhook_id in (kept_id(named, principal.grant.tenant), WebhookId(named)):
            found = self._registry.find(webhook_id)
            if found is not None and self._owners.shows(found, principal):
                return webhook_id
        raise unknown_webhook()

    def seen_by(self, principal: Principal) -> list[WebhookView]:
        """All that somebody sees, oldest first."""
        return [self._view(one) for one in self._registry.all() if self._owners.shows(one, principal)]

    def require_teams(self, names: Iterable[str], principal: Principal) -> None:
        """Raises RefusedError for teams without anybody whom he sees."""
        require_teams(principal, names, self._deliverer.teams)

    def get(self, webhook_id: WebhookId) -> WebhookView:
        """One webhook."""
        return self._view(self._registry.get(webhook_id))

    def all(self) -> list[WebhookView]:
        """All of them, oldest first."""
        return [self._view(webhook) for webhook in self._registry.all()]

    async def update(self, webhook_id: WebhookId, spec: WebhookSpec) -> WebhookView:
        """Set everything anew. What is queued already stays queued, and goes to the new address.

        Which members are sent holds for events from now on: an id has one content.
        """
        await self._check(spec)
        view = self._view(
            await self._registry.modify(
                webhook_id,
                lambda one: msgspec.structs.replace(
                    one,
                    secrets=_paired(one.secrets, wanted=spec.ed25519),
                    members=choices(spec, one.members, self._store.last_cursor()),
                    **owned(spec, one.headers),
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
        self._deliverer.egress.profiles.get(spec.connection)
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
            content_type=webhook.content_type,
            members=webhook.members[0].only,
            omit=webhook.members[0].omit,
            connection=webhook.connection,
        )


def _paired(secrets: tuple[WebhookSecret, ...], *, wanted: bool) -> tuple[WebhookSecret, ...]:
    """The secrets with a key pair beside the newest, if one is wanted; else without any."""
    newest = secrets[0]
    if not wanted:
        return tuple(msgspec.structs.replace(one, private_key="") for one in secrets)
    if newest.private_key:
        return secrets
    return (msgspec.structs.replace(newest, private_key=signature.new_private_key()), *secrets[1:])
