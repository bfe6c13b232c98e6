"""The port for webhooks and deliveries, and the records that cross it.

A delivery is one event for one webhook. It names its event by cursor: the journal has the body. A test
delivery (`webhook.test`) has cursor 0 and no row.
"""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Protocol

import msgspec

from gateway.store.audit import Note
from gateway.store.conditions import Content
from schemas.grants import UNNARROWED, FieldClass, Grant
from schemas.ids import Cursor, DeliveryId, WebhookId
from schemas.interaction import Media


class WebhookStatus(StrEnum):
    """Whether a webhook is sent to."""

    ACTIVE = "active"
    PAUSED = "paused"  # by its owner; deliveries are queued and wait
    DISABLED = "disabled"  # by us: it answered 410, or failed for too long; nothing is queued


class WebhookMode(StrEnum):
    """Where the attributes of CloudEvents stand."""

    STRUCTURED = "structured"  # in the body, around the event
    BINARY = "binary"  # in headers; the body is the event


class ContentType(StrEnum):
    """What a structured body is said to be. A binary one is JSON anyway."""

    CLOUD_EVENT = "application/cloudevents+json"
    JSON = "application/json"  # for receivers that parse nothing else


class Members(msgspec.Struct, frozen=True, kw_only=True):
    """Which members of an event are sent, by dotted paths."""

    only: tuple[str, ...] = ()  # these, beside those that say which event it is; none: all
    omit: tuple[str, ...] = ()
    after: Cursor = Cursor(0)  # for events after this one


class Order(StrEnum):
    """What waits for what."""

    INTERACTION = "interaction"  # in order, but for what is refused and what would let a live event expire
    STRICT = "strict"  # in order, whatever becomes of live events
    NONE = "none"


class Rate(msgspec.Struct, frozen=True, kw_only=True):
    """How many deliveries an endpoint gets at most."""

    per_second: float
    burst: int = 1  # after a time without any


class WebhookSecret(msgspec.Struct, frozen=True, kw_only=True):
    """A signing secret, `whsec_...`. `expires_at` is set once a newer one took over."""

    secret: str
    private_key: str = ""  # whsk_..., where a public key is to verify too
    expires_at: datetime | None = None


class Webhook(msgspec.Struct, frozen=True, kw_only=True):
    """A subscription. Empty filters let everything through."""

    id: WebhookId
    url: str
    name: str = ""
    events: tuple[str, ...] = ()  # patterns, such as `interaction.*`
    platform_ids: tuple[str, ...] = ()
    agent_ids: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    media: tuple[Media, ...] = ()
    content: Content = {}
    headers: dict[str, str] = {}  # its own, beside ours; the values are secrets
    mode: WebhookMode = WebhookMode.STRUCTURED
    secrets: tuple[WebhookSecret, ...]  # newest first
    status: WebhookStatus = WebhookStatus.ACTIVE
    reason: str = ""  # why it is disabled
    created_at: datetime
    from_cursor: Cursor = Cursor(0)  # events after this one
    failing_since: datetime | None = None  # nothing but failures since then
    quiet_since: datetime | None = None  # of that: there has been nothing to deliver since then
    quiet_s: float = 0.0  # and so long before, which does not count
    told_percent: int = 0  # of the time after which it is disabled, told to operators
    told_down_at: datetime | None = None  # when they were last told that it is down
    order: Order = Order.INTERACTION
    rate: Rate | None = None
    final_statuses: tuple[int, ...] = ()  # after which a delivery is not tried again
    principal: str = ""  # who made it
    grant: Grant = UNNARROWED  # what he was granted then
    idempotency_key: str = ""  # under which he did
    keyed_at: datetime | None = None
    digest: str = ""  # of what he asked for
    content_type: ContentType = ContentType.CLOUD_EVENT
    mask: tuple[FieldClass, ...] = ()
    drop: tuple[FieldClass, ...] = ()
    members: tuple[Members, ...] = (Members(),)  # newest first; older ones hold for older events
    connection: str = ""  # by its name in the configuration
    handshake: bool = False  # its receiver was asked for leave
    allowed_per_minute: int = 0  # what that gave leave for; 0: it named no limit


class DeliveryState(StrEnum):
    """Where a delivery stands."""

    PENDING = "pending"
    DELIVERED = "delivered"
    DEAD = "dead"  # given up; can be replayed
    EXPIRED = "expired"  # a live event that came too late to be of use


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """One event for one webhook."""

    id: DeliveryId
    webhook_id: WebhookId
    cursor: Cursor
    type: str  # of the event
    key: str  # deliveries of one webhook with the same key keep their order
    state: DeliveryState = DeliveryState.PENDING
    attempts: int = 0
    created_at: datetime
    next_attempt_at: datetime
    expires_at: datetime | None = None  # live events only
    error: str = ""  # of the last attempt
    step: int = 0  # how much of its schedule it has used up; attempts beside that do not count
    aside: bool = False  # nothing waits for it


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """One attempt at a delivery. `status` is None where there was no answer."""

    delivery_id: DeliveryId
    number: int  # from 1
    at: datetime
    duration_ms: int
    status: int | None = None
    error: str = ""
    response: str = ""  # at most 16 KiB of the answer's body


class DeliveryStore(Protocol):
    """Webhooks, deliveries and attempts. What writes is durable on return."""

    async def put_webhook(self, webhook: Webhook, note: Note | None = None) -> None:
        """Insert, or replace by id."""
        ...

    async def webhook(self, webhook_id: WebhookId) -> Webhook | None:
        """One webhook."""
        ...

    async def list_webhooks(self) -> list[Webhook]:
        """All of them, oldest first."""
        ...

    async def delete_webhook(self, webhook_id: WebhookId, note: Note | None = None) -> bool:
        """Remove it with its deliveries. False if there was none."""
        ...

    async def mark(self) -> Cursor:
        """Deliveries have been queued for all events up to this one."""
        ...

    async def queue(self, deliveries: Sequence[Delivery], mark: Cursor) -> int:
        """Queue deliveries and move the mark, both or neither; returns how many of them are new.

        One that is queued already stays as it is, and there is none for a webhook that is gone.
        """
        ...

    async def put_deliveries(self, deliveries: Sequence[Delivery]) -> None:
        """Replace by id, all or none; what was removed in the meantime stays removed."""
        ...

    async def requeue(self, deliveries: Sequence[Delivery]) -> int:
        """Queue deliveries again: one of the same webhook and event that is over takes their state.

        It keeps its id and its date. One that is pending stays as it is. Returns how many were changed or
        are new.
        """
        ...

    async def hasten(self, delivery_ids: Sequence[DeliveryId], at: datetime) -> int:
        """Let those of the deliveries that are pending be due by then; returns how many they are."""
        ...

    async def make_due(self, webhook_id: WebhookId, at: datetime) -> None:
        """Let all pending deliveries of a webhook be due by then."""
        ...

    async def delivery(self, delivery_id: DeliveryId) -> Delivery | None:
        """One delivery."""
        ...

    async def pending(self, webhook_id: WebhookId, after: Cursor, limit: int) -> list[Delivery]:
        """Pending deliveries of events after a cursor, in order."""
        ...

    async def following(self, webhook_id: WebhookId, key: str, after: Cursor, limit: int) -> list[Delivery]:
        """Pending deliveries with a key, of events after a cursor, in order; not those that stand aside."""
        ...

    async def live(self, webhook_id: WebhookId, now: datetime, limit: int) -> list[Delivery]:
        """Pending deliveries that are of use until some time after `now`, in the order of their events."""
        ...

    async def count_pending(self, webhook_id: WebhookId) -> int:
        """How many are pending."""
        ...

    async def deliveries(
        self, webhook_id: WebhookId, state: DeliveryState | None, after: Cursor, limit: int
    ) -> list[Delivery]:
        """Deliveries of events after a cursor, in order; of one state, or of all."""
        ...

    async def log_attempts(self, attempts: Sequence[Attempt]) -> None:
        """Keep attempts for people to read. A failure (StoreError) harms no other write."""
        ...

    async def attempts(self, delivery_id: DeliveryId) -> list[Attempt]:
        """The attempts at a delivery, in order."""
        ...

    async def prune(self, before: datetime) -> int:
        """Forget one small step of deliveries that are over and were made before then; returns how many."""
        ...
