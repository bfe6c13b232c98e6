"""What a subscriber can do with a webhook. The signing secret is told when it is made, and never again."""

import secrets
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from typing import Final

import msgspec
from pydantic import SecretStr

from gateway.events.filters import Selection, concealing, types
from gateway.http.admission import require_teams
from gateway.runtime.clock import Clock
from gateway.runtime.idempotency import KEY_LIFE, require_short
from gateway.security.access import ANONYMOUS, Principal
from gateway.security.audit import Action, Audit
from gateway.store.audit import GATEWAY, Note
from gateway.store.base import Store
from gateway.store.conditions import conditions
from gateway.store.deliveries import (
    Attempt,
    Delivery,
    DeliveryState,
    Webhook,
    WebhookSecret,
    WebhookStatus,
)
from gateway.store.epochs import Place
from gateway.webhooks import failing, rotation
from gateway.webhooks.delivery import Deliverer
from gateway.webhooks.owners import kept_id, told_id
from gateway.webhooks.registry import paused, unknown_webhook
from gateway.webhooks.replay import Replay, Replayed, Replays, afresh
from gateway.webhooks.spec import DeclaredWebhook, WebhookSpec, choices, differences, digest, owned, spec_of
from gateway.webhooks.view import WebhookView, WebhookWithSecret, view
from schemas.errors import RefusedError
from schemas.grants import UNNARROWED, FieldClass, Grant
from schemas.ids import Cursor, DeliveryId, WebhookId
from schemas.privacy import Mask
from schemas.results import ErrorCode

MAX_PAGE: Final = 1_000
_TRIES: Final = 5


Check = Callable[[WebhookView], None]  # raises, if a webhook that is so may not be changed


def _unchecked(_: WebhookView) -> None:
    pass


class _OvertakenError(Exception):
    """Somebody else has changed it between reading and writing."""


class Subscriptions:
    """Webhooks, as the administration sees them. All raise RefusedError; UNKNOWN_OBJECT for an unknown id."""

    def __init__(self, store: Store, clock: Clock, deliverer: Deliverer, limit: int) -> None:
        self._store = store
        self._audit = Audit(store)
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
        allowed = await self._check(spec, {})
        chosen_id, own = (spec.id, spec.secret) if isinstance(spec, DeclaredWebhook) else (None, None)
        secret = rotation.chosen(own)
        webhook = Webhook(
            id=WebhookId(chosen_id or "whk_" + secrets.token_hex(12)),
            secrets=rotation.paired((WebhookSecret(secret=secret),), wanted=spec.ed25519),
            created_at=self._clock.now(),
            from_cursor=self._store.last_cursor(),
            principal=principal,
            grant=grant,
            idempotency_key=key,
            keyed_at=self._time.now() if key else None,
            digest=digest(spec) if key else "",
            members=choices(spec, (), Cursor(0)),
            allowed_per_minute=allowed,
            **owned(spec, {}),
        )
        note = self._audit.made(principal, Action.WEBHOOK_CREATED, webhook.id)
        added = await self._registry.add(
            webhook, self._limit, lambda: self._known(spec, principal, key, grant), note
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

    def require_granted(self, spec: WebhookSpec, principal: Principal) -> None:
        """Raises RefusedError for teams without anybody whom he sees, and another tenant's connection."""
        require_teams(principal, spec.teams, self._deliverer.teams)
        self._deliverer.egress.profiles.get(spec.connection, principal.grant.tenant)

    def get(self, webhook_id: WebhookId) -> WebhookView:
        """One webhook."""
        return self._view(self._registry.get(webhook_id))

    def all(self) -> list[WebhookView]:
        """All of them, oldest first."""
        return [self._view(webhook) for webhook in self._registry.all()]

    async def update(
        self, webhook_id: WebhookId, spec: WebhookSpec, check: Check = _unchecked, *, by: str = GATEWAY
    ) -> WebhookView:
        """Set everything anew. What is queued already stays queued, and goes to the new address.

        Which members are sent holds for events from now on: an id has one content. `check` is asked of the
        webhook as it is then, here as with every change, and raises if it is not to be changed.
        """
        check(self.get(webhook_id))
        allowed = await self._check(spec, self._registry.get(webhook_id).headers)
        note = self._changed(by, webhook_id, "set")
        made = await self._modify(webhook_id, note, check, lambda one: self._as_asked(one, spec, allowed))
        await self._deliverer.begin_anew(webhook_id)
        return made

    async def patch(
        self,
        webhook_id: WebhookId,
        read: Callable[[object], WebhookSpec],
        check: Check = _unchecked,
        *,
        by: str = GATEWAY,
    ) -> WebhookView:
        """Set some of it anew. `read` makes a specification of that of the webhook as it is."""
        for _ in range(_TRIES):
            before = self._registry.get(webhook_id)
            check(self._view(before))
            was = spec_of(before)
            spec = read(was)
            allowed = await self._check(spec, before.headers)
            note = self._changed(by, webhook_id, "patch")
            with suppress(_OvertakenError):
                made = await self._modify(webhook_id, note, check, partial(self._patched, was, spec, allowed))
                await self._deliverer.begin_anew(webhook_id)
                return made
        raise RefusedError(ErrorCode.CONFLICT, "it is being changed by others; read it again")

    def _patched(self, was: object, spec: WebhookSpec, allowed: int, one: Webhook) -> Webhook:
        if spec_of(one) != was:
            raise _OvertakenError
        return self._as_asked(one, spec, allowed)

    def _as_asked(self, one: Webhook, spec: WebhookSpec, allowed: int) -> Webhook:
        return msgspec.structs.replace(
            one,
            secrets=rotation.paired(one.secrets, wanted=spec.ed25519),
            members=choices(spec, one.members, self._store.last_cursor()),
            allowed_per_minute=allowed,
            **owned(spec, one.headers),
        )

    async def _modify(
        self, webhook_id: WebhookId, note: Note, check: Check, change: Callable[[Webhook], Webhook]
    ) -> WebhookView:
        def checked(one: Webhook) -> Webhook:
            check(self._view(one))
            return change(one)

        return self._view(await self._registry.modify(webhook_id, checked, note))

    def _changed(self, by: str, webhook_id: WebhookId, how: str) -> Note:
        return self._audit.made(by, Action.WEBHOOK_CHANGED, webhook_id, how=how)

    async def pause(
        self, webhook_id: WebhookId, check: Check = _unchecked, *, by: str = GATEWAY
    ) -> WebhookView:
        """Send nothing; go on queueing. One that is disabled stays so."""
        return await self._modify(webhook_id, self._changed(by, webhook_id, "pause"), check, paused)

    async def resume(
        self, webhook_id: WebhookId, check: Check = _unchecked, *, by: Principal = ANONYMOUS
    ) -> WebhookView:
        """Send again. Events that came while it was disabled are not made up for."""
        last = self._store.last_cursor()
        made = await self._modify(
            webhook_id,
            self._changed(by.name, webhook_id, "resume"),
            check,
            lambda one: msgspec.structs.replace(
                failing.well(self._owners.resumed(one, by)),
                status=WebhookStatus.ACTIVE,
                reason="",
                from_cursor=last if one.status is WebhookStatus.DISABLED else one.from_cursor,
            ),
        )
        await self._deliverer.begin_anew(webhook_id)
        return made

    async def delete(self, webhook_id: WebhookId, check: Check = _unchecked, *, by: str = GATEWAY) -> None:
        """Remove it with its deliveries."""
        note = self._audit.made(by, Action.WEBHOOK_DELETED, webhook_id)
        await self._registry.remove(webhook_id, note, lambda one: check(self._view(one)))

    async def rotate(
        self,
        webhook_id: WebhookId,
        own: SecretStr | None = None,
        check: Check = _unchecked,
        *,
        by: str = GATEWAY,
    ) -> WebhookWithSecret:
        """A new secret, of the subscriber's own or of ours; for 24 hours the former ones sign as well.

        CONFLICT for one that signs already.
        """
        secret, now = rotation.chosen(own), self._time.now()
        note = self._audit.made(by, Action.WEBHOOK_ROTATED, webhook_id)
        return WebhookWithSecret(
            webhook=await self._modify(
                webhook_id, note, check, lambda one: rotation.rotated(one, secret, now)
            ),
            secret=secret,
        )

    async def end_rotation(
        self, webhook_id: WebhookId, check: Check = _unchecked, *, by: str = GATEWAY
    ) -> WebhookView:
        """The newest secret alone signs from now on."""
        return await self._modify(
            webhook_id,
            self._changed(by, webhook_id, "end-rotation"),
            check,
            lambda one: msgspec.structs.replace(one, secrets=one.secrets[:1]),
        )

    async def test(self, webhook_id: WebhookId, by: str = GATEWAY) -> Attempt:
        """Send it a `webhook.test` event, once, and tell what came of it."""
        self._audit.tell(by, Action.WEBHOOK_TESTED, webhook_id)
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

    async def of_event(self, cursor: Cursor, principal: Principal) -> list[Delivery]:
        """What an event became, for each webhook that somebody sees and that it was queued for."""
        found: list[Delivery] = []
        for one in self.seen_by(principal):
            page = await self._store.deliveries.deliveries(one.id, None, Cursor(cursor - 1), 1)
            found += [self._shown(each) for each in page if each.cursor == cursor]
        return found

    async def attempts(self, webhook_id: WebhookId, delivery_id: DeliveryId) -> list[Attempt]:
        """The attempts at one of them."""
        delivery = await self._delivery(webhook_id, delivery_id)
        return await self._store.deliveries.attempts(delivery.id)

    async def replay(self, webhook_id: WebhookId, delivery_id: DeliveryId, by: str = GATEWAY) -> None:
        """Send one again that is over; one that is pending is tried now."""
        one = await self._delivery(webhook_id, delivery_id)
        await self._audit.note(by, Action.REPLAYED, webhook_id, delivery=delivery_id)
        if one.state is DeliveryState.PENDING:
            await self._deliverer.hasten(webhook_id, [one])
        else:
            await self._deliverer.requeue(webhook_id, [afresh(one, self._time.now())])

    async def replay_some(self, webhook_id: WebhookId, wanted: Replay, by: str = GATEWAY) -> Replayed:
        """Send again what is wanted, as far as one call goes."""
        webhook, states = self._registry.get(webhook_id), ",".join(sorted(wanted.states))
        await self._audit.note(by, Action.REPLAYED, webhook_id, states=states, after=str(wanted.after))
        return await self._replays.step(webhook, wanted)

    async def _check(self, spec: WebhookSpec, headers: Mapping[str, str]) -> int:
        """Whether it can be so; how many a minute its receiver gives leave for, if that is to be asked."""
        types(spec.events)
        masked = Mask(frozenset(map(FieldClass, spec.mask)), frozenset(map(FieldClass, spec.drop)))
        concealing(Selection(content=conditions(spec.content)), masked)
        self._deliverer.teams.members(spec.teams)
        self._deliverer.egress.profiles.get(spec.connection)
        await self._deliverer.egress.check_resolved(spec.url)
        return await self._deliverer.leave(spec, headers)

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
        return view(webhook, self._time)
