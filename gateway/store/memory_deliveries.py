"""Webhooks and deliveries in dictionaries: the part of the store that forgets."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

import msgspec

from gateway.store.audit import Note
from gateway.store.deliveries import Attempt, Delivery, DeliveryState, Webhook
from gateway.store.memory_audit import MemoryAudit
from schemas.ids import Cursor, DeliveryId, WebhookId

STEP: Final = 512  # deliveries forgotten at once


class MemoryDeliveries:
    """DeliveryStore in dictionaries."""

    def __init__(self, audit: MemoryAudit) -> None:
        self._audit = audit
        self._webhooks: dict[WebhookId, Webhook] = {}
        self._deliveries: dict[DeliveryId, Delivery] = {}
        self._attempts: dict[DeliveryId, list[Attempt]] = {}
        self._queued: dict[tuple[WebhookId, Cursor], DeliveryId] = {}
        self._mark = Cursor(0)

    async def put_webhook(self, webhook: Webhook, note: Note | None = None) -> None:
        """Insert, or replace by id."""
        self._audit.add(note)
        self._webhooks[webhook.id] = webhook

    async def webhook(self, webhook_id: WebhookId) -> Webhook | None:
        """One webhook."""
        return self._webhooks.get(webhook_id)

    async def list_webhooks(self) -> list[Webhook]:
        """All of them, oldest first."""
        return sorted(self._webhooks.values(), key=lambda webhook: (webhook.created_at, webhook.id))

    async def delete_webhook(self, webhook_id: WebhookId, note: Note | None = None) -> bool:
        """Remove it with its deliveries."""
        self._audit.add(note)
        self._forget([one.id for one in self._deliveries.values() if one.webhook_id == webhook_id])
        return self._webhooks.pop(webhook_id, None) is not None

    async def mark(self) -> Cursor:
        """Deliveries have been queued for all events up to this one."""
        return self._mark

    async def queue(self, deliveries: Sequence[Delivery], mark: Cursor) -> int:
        """Queue deliveries and move the mark."""
        before = len(self._deliveries)
        for delivery in deliveries:
            place = (delivery.webhook_id, delivery.cursor)
            if delivery.webhook_id in self._webhooks and place not in self._queued:
                self._queued[place] = delivery.id
                self._deliveries[delivery.id] = delivery
        self._mark = mark
        return len(self._deliveries) - before

    async def put_deliveries(self, deliveries: Sequence[Delivery]) -> None:
        """Replace by id."""
        self._deliveries.update({one.id: one for one in deliveries if one.id in self._deliveries})

    async def requeue(self, deliveries: Sequence[Delivery]) -> int:
        """Queue deliveries again."""
        count = 0
        for delivery in deliveries:
            known_id = self._queued.get((delivery.webhook_id, delivery.cursor))
            if known_id is None:
                count += await self.queue([delivery], self._mark)
            elif (known := self._deliveries[known_id]).state is not DeliveryState.PENDING:
                self._deliveries[known_id] = msgspec.structs.replace(
                    delivery, id=known_id, created_at=known.created_at
                )
                count += 1
        return count

    async def hasten(self, delivery_ids: Sequence[DeliveryId], at: datetime) -> int:
        """Let those that are pending be due by then."""
        count = 0
        for one in map(self._deliveries.get, delivery_ids):
            if one is not None and one.state is DeliveryState.PENDING:
                count += 1
                due = min(one.next_attempt_at, at)
                self._deliveries[one.id] = msgspec.structs.replace(one, next_attempt_at=due)
        return count

    async def make_due(self, webhook_id: WebhookId, at: datetime) -> None:
        """Let all pending deliveries of a webhook be due by then."""
        for one in self._select(webhook_id, DeliveryState.PENDING, Cursor(0)):
            if one.next_attempt_at > at:
                self._deliveries[one.id] = msgspec.structs.replace(one, next_attempt_at=at)

    async def delivery(self, delivery_id: DeliveryId) -> Delivery | None:
        """One delivery."""
        return self._deliveries.get(delivery_id)

    async def pending(self, webhook_id: WebhookId, after: Cursor, limit: int) -> list[Delivery]:
        """Pending deliveries of events after a cursor, in order."""
        return self._select(webhook_id, DeliveryState.PENDING, after)[:limit]

    async def following(self, webhook_id: WebhookId, key: str, after: Cursor, limit: int) -> list[Delivery]:
        """Pending deliveries with a key, in order."""
        found = self._select(webhook_id, DeliveryState.PENDING, after)
        return [one for one in found if one.key == key and not one.aside][:limit]

    async def live(self, webhook_id: WebhookId, now: datetime, limit: int) -> list[Delivery]:
        """Pending deliveries that expire after `now`, in order."""
        found = self._select(webhook_id, DeliveryState.PENDING, Cursor(0))
        return [one for one in found if one.expires_at is not None and one.expires_at > now][:limit]

    async def count_pending(self, webhook_id: WebhookId) -> int:
        """How many are pending."""
        return len(self._select(webhook_id, DeliveryState.PENDING, Cursor(0)))

    async def deliveries(
        self, webhook_id: WebhookId, state: DeliveryState | None, after: Cursor, limit: int
    ) -> list[Delivery]:
        """Deliveries of events after a cursor, in order."""
        return self._select(webhook_id, state, after)[:limit]

    async def log_attempts(self, attempts: Sequence[Attempt]) -> None:
        """Keep attempts for people to read."""
        for attempt in attempts:
            if attempt.delivery_id in self._deliveries:
                self._attempts.setdefault(attempt.delivery_id, []).append(attempt)

    async def attempts(self, delivery_id: DeliveryId) -> list[Attempt]:
        """The attempts at a delivery, in order."""
        return list(self._attempts.get(delivery_id, ()))

    async def prune(self, before: datetime) -> int:
        """Forget one small step of deliveries that are over and were made before then."""
        old = [
            one.id
            for one in self._deliveries.values()
            if one.state is not DeliveryState.PENDING and one.created_at < before
        ][:STEP]
        self._forget(old)
        return len(old)

    def _select(self, webhook_id: WebhookId, state: DeliveryState | None, after: Cursor) -> list[Delivery]:
        return sorted(
            (
                one
                for one in self._deliveries.values()
                if one.webhook_id == webhook_id
                and one.cursor > after
                and (state is None or one.state is state)
            ),
            key=lambda one: one.cursor,
        )

    def _forget(self, delivery_ids: Iterable[DeliveryId]) -> None:
        for delivery_id in delivery_ids:
            gone = self._deliveries.pop(delivery_id)
            self._queued.pop((gone.webhook_id, gone.cursor), None)
            self._attempts.pop(delivery_id, None)
