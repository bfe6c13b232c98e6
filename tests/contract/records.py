"""What the tests of the stores keep in them, and the clock they set."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from random import Random

from gateway.store.base import Appended
from gateway.store.deliveries import Delivery, Webhook, WebhookSecret
from schemas.commands import Accept
from schemas.ids import (
    AgentId,
    CommandId,
    Cursor,
    DeliveryId,
    InteractionId,
    NeedInfoId,
    PlatformId,
    SessionId,
    WebhookId,
)
from schemas.needinfo import Field, FieldType, NeedInfo, NeedInfoKind
from schemas.results import CommandRecord, CommandStatus

NOW = datetime(2026, 3, 2, 9, 0, 0, 123456, tzinfo=UTC)


class Dial:
    """A settable time of day."""

    def __init__(self) -> None:
        self.time = NOW

    def __call__(self) -> datetime:
        """What time it is."""
        return self.time


def events(first: int, last: int) -> list[Appended]:
    return [
        Appended(
            Cursor(n),
            "interaction.held",
            "p1",
            "s1",
            "anna",
            f"i{n % 3}",
            b'{"id":"%d","name":"\xc3\xa9"}' % n,
        )
        for n in range(first, last + 1)
    ]


def noise(seed: int, size_bytes: int) -> bytes:
    """A body that takes as much room as it has bytes, however a store writes it."""
    return Random(seed).randbytes(size_bytes)  # noqa: S311  # guards nothing


def ignore(_events: Sequence[Appended]) -> None:
    """For appends of which only the effect matters."""


def record(name: str, minutes: int = 0, status: CommandStatus = CommandStatus.ACCEPTED) -> CommandRecord:
    return CommandRecord(
        id=CommandId(name),
        command=Accept(interaction_id=InteractionId("i1")),
        platform_id=PlatformId("p1"),
        session_id=SessionId("s1"),
        agent_id=AgentId("anna"),
        status=status,
        accepted_at=NOW + timedelta(minutes=minutes),
        principal="crm",
        idempotency_key="once",
    )


def question(name: str, command: str = "c1", minutes: int = 0) -> NeedInfo:
    return NeedInfo(
        id=NeedInfoId(name),
        command_id=CommandId(command),
        platform_id=PlatformId("p1"),
        session_id=SessionId("s1"),
        agent_id=AgentId("anna"),
        kind=NeedInfoKind.LOGOUT_REASON,
        title="Why?",
        fields=(Field(key="reason", type=FieldType.TEXT),),
        asked_at=NOW + timedelta(minutes=minutes),
        expires_at=NOW + timedelta(minutes=minutes + 2),
    )


def webhook(name: str = "w1", minutes: int = 0) -> Webhook:
    return Webhook(
        id=WebhookId(name),
        url="https://crm.example/hook",
        secrets=(WebhookSecret(secret="whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),),
        created_at=NOW + timedelta(minutes=minutes),
    )


def delivery(n: int, hook: str = "w1") -> Delivery:
    return Delivery(
        id=DeliveryId(f"d-{hook}-{n}"),
        webhook_id=WebhookId(hook),
        cursor=Cursor(n),
        type="interaction.held",
        key="i1",
        created_at=NOW,
        next_attempt_at=NOW + timedelta(hours=1),
        expires_at=NOW + timedelta(hours=2) if n % 2 else None,
    )
