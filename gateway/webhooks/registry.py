"""The webhooks as they are now: in memory, for the deliverer; every change goes to the store first."""

import asyncio
from collections.abc import Callable
from contextlib import suppress

from msgspec.structs import replace

from gateway.store.audit import Note
from gateway.store.deliveries import DeliveryStore, Webhook, WebhookStatus
from schemas.errors import RefusedError
from schemas.grants import Grant
from schemas.ids import WebhookId
from schemas.results import ErrorCode


class Registry:
    """All webhooks. `changed` is called after each change, with the webhook's id."""

    def __init__(self, store: DeliveryStore) -> None:
        self._store = store
        self._webhooks: dict[WebhookId, Webhook] = {}
        self.find = self._webhooks.get  # one, if there is one
        self._lock = asyncio.Lock()  # one change at a time: each is a read, a write, and a write to memory
        self.changed: Callable[[WebhookId], None] = lambda _webhook_id: None

    async def load(self) -> None:
        """Read them from the store."""
        found = await self._store.list_webhooks()
        self._webhooks.clear()
        self._webhooks.update({webhook.id: webhook for webhook in found})

    def all(self) -> list[Webhook]:
        """Oldest first."""
        return list(self._webhooks.values())

    def get(self, webhook_id: WebhookId) -> Webhook:
        """One. Raises RefusedError(UNKNOWN_OBJECT)."""
        webhook = self._webhooks.get(webhook_id)
        if webhook is None:
            raise unknown_webhook()
        return webhook

    async def granted_anew(self, principal: str, grant: Grant) -> None:
        """What somebody sees is changed, and so what his webhooks send."""
        for webhook in self.all():
            if webhook.principal == principal and webhook.id in self._webhooks:
                await self.modify(webhook.id, lambda one: replace(one, grant=grant))

    async def add(
        self,
        webhook: Webhook,
        limit: int,
        known: Callable[[], Webhook | None] = lambda: None,
        note: Note | None = None,
    ) -> Webhook:
        """Add one, unless it is `known` by now; returns whichever is there. RATE_LIMITED beyond the limit."""
        async with self._lock:
            if (before := known()) is not None:
                return before
            tenant = webhook.grant.tenant  # whose others are no concern of
            if sum(one.grant.tenant == tenant for one in self._webhooks.values()) >= limit:
                raise RefusedError(ErrorCode.RATE_LIMITED, f"there are {limit} webhooks already")
            await self._put(webhook, note)
            return webhook

    async def modify(
        self, webhook_id: WebhookId, change: Callable[[Webhook], Webhook], note: Note | None = None
    ) -> Webhook:
        """Replace one by what `change` makes of it. Raises RefusedError(UNKNOWN_OBJECT)."""
        async with self._lock:
            before = self.get(webhook_id)
            after = change(before)
            if after != before:
                await self._put(after, note)
            return after

    async def pause(self, webhook_id: WebhookId, reason: str, note: Note) -> None:
        """Queue and send nothing, until somebody resumes it. One that is not active, or gone, stays so."""
        with suppress(RefusedError):  # it was removed meanwhile
            await self.modify(webhook_id, lambda one: paused(one, reason), note)

    async def remove(
        self,
        webhook_id: WebhookId,
        note: Note | None = None,
        check: Callable[[Webhook], None] = lambda _: None,
    ) -> None:
        """Remove one with its deliveries. Raises RefusedError(UNKNOWN_OBJECT), and whatever `check` does."""
        async with self._lock:
            check(self.get(webhook_id))
            await self._store.delete_webhook(webhook_id, note)
            del self._webhooks[webhook_id]
        self.changed(webhook_id)

    async def _put(self, webhook: Webhook, note: Note | None) -> None:
        await self._store.put_webhook(webhook, note)
        self._webhooks[webhook.id] = webhook
        self.changed(webhook.id)


def paused(webhook: Webhook, reason: str = "") -> Webhook:
    """As it is while it only queues. One that is not active stays as it is."""
    if webhook.status is not WebhookStatus.ACTIVE:
        return webhook
    return replace(webhook, status=WebhookStatus.PAUSED, reason=reason)


def unknown_webhook() -> RefusedError:
    """To be raised for one that there is not, or not for whom asks."""
    return RefusedError(ErrorCode.UNKNOWN_OBJECT, "no such webhook")
