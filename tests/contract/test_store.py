"""What every store owes; and what the durable ones owe besides."""

import asyncio
import threading
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from gateway.store.base import Appended, KeyRecord, Store
from gateway.store.deliveries import Attempt, Delivery, DeliveryState, Webhook, WebhookSecret
from gateway.store.memory import MemoryStore
from gateway.store.sqlite import SqliteStore
from schemas.commands import Accept, Login
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
from schemas.needinfo import Field, FieldType, NeedInfo, NeedInfoKind, Resolution
from schemas.results import CommandRecord, CommandStatus, Succeeded

NOW = datetime(2026, 3, 2, 9, 0, 0, 123456, tzinfo=UTC)


class Dial:
    """A settable time of day."""

    def __init__(self) -> None:
        self.time = NOW

    def __call__(self) -> datetime:
        """What time it is."""
        return self.time


@pytest.fixture
def time_of_day() -> Dial:
    return Dial()


@pytest.fixture(params=["memory", "sqlite"])
async def store(request: pytest.FixtureRequest, tmp_path: Path, time_of_day: Dial) -> AsyncIterator[Store]:
    made: Store = (
        MemoryStore(time_of_day)
        if request.param == "memory"
        else SqliteStore(str(tmp_path / "trunkline.db"), time_of_day)
    )
    await made.open()
    yield made
    await made.close()


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


# --- the journal


async def test_an_empty_journal_begins_at_one(store: Store) -> None:
    assert store.last_cursor() == 0
    assert await store.first_cursor() == 1
    assert await store.read(Cursor(0), 10) == []
    assert await store.last_checkpoint() is None


async def test_events_come_back_as_they_were_in_order(store: Store) -> None:
    store.append(events(1, 3), ignore)
    store.append(events(4, 700), ignore)
    await store.barrier()
    assert await store.read(Cursor(0), 1000) == events(1, 700)
    assert await store.read(Cursor(2), 3) == events(3, 5)
    assert await store.read(Cursor(299), 2) == events(300, 301)
    assert await store.read(Cursor(700), 10) == []
    assert await store.first_cursor() == 1


async def test_append_returns_before_anything_is_committed(store: Store) -> None:
    told: list[Sequence[Appended]] = []
    store.append(events(1, 2), told.append)
    assert not told
    assert store.pending() == 2
    assert store.last_cursor() == 2
    await store.barrier()
    assert told == [events(1, 2)]
    assert store.pending() == 0


async def test_commits_are_told_in_the_order_of_the_appends_and_in_the_loops_thread(store: Store) -> None:
    told: list[int] = []
    threads: set[int] = set()

    def committed(batch: Sequence[Appended]) -> None:
        told.extend(event.cursor for event in batch)
        threads.add(threading.get_ident())

    for n in range(1, 200):
        store.append(events(n, n), committed)
        if n % 20 == 0:
            await asyncio.sleep(0)
    await store.barrier()
    assert told == list(range(1, 200))
    assert threads == {threading.get_ident()}


async def test_what_is_told_as_committed_can_be_read(store: Store) -> None:
    told: asyncio.Future[Cursor] = asyncio.get_running_loop().create_future()
    store.append(events(1, 5), lambda batch: told.set_result(batch[-1].cursor))
    last = await told
    assert await store.read(Cursor(last - 1), 1) == events(5, 5)


async def test_an_append_from_within_committed_is_taken(store: Store) -> None:
    done = asyncio.Event()
    store.append(events(1, 1), lambda _: store.append(events(2, 2), lambda _: done.set()))
    await done.wait()
    assert [event.cursor for event in await store.read(Cursor(0), 10)] == [1, 2]


async def test_a_callback_that_raises_keeps_nothing_from_the_others(store: Store) -> None:
    heard: list[object] = []
    asyncio.get_running_loop().set_exception_handler(
        lambda _loop, context: heard.append(context["exception"])
    )
    told: list[Sequence[Appended]] = []

    def fail(_events: Sequence[Appended]) -> None:
        raise LookupError("a mistake of ours")

    done = asyncio.Event()
    store.append(events(1, 1), fail)
    store.append(events(2, 2), told.append)
    store.append(events(3, 3), lambda _: done.set())
    await done.wait()
    assert told == [events(2, 2)]
    assert [type(one) for one in heard] == [LookupError]


async def test_an_empty_append_does_nothing(store: Store) -> None:
    store.append([], ignore)
    assert store.pending() == 0
    await store.barrier()


async def test_a_checkpoint_replaces_the_former(store: Store) -> None:
    await store.checkpoint(Cursor(3), b"{}")
    await store.checkpoint(Cursor(7), b'{"a":1}')
    assert await store.last_checkpoint() == (7, b'{"a":1}')


async def test_pruning_goes_in_small_steps_from_the_oldest(store: Store, time_of_day: Dial) -> None:
    for n in range(1, 301):
        store.append(events(n, n), ignore)
        await store.barrier()
    time_of_day.time = NOW + timedelta(days=2)
    store.append(events(301, 310), ignore)
    await store.barrier()
    await store.checkpoint(Cursor(310), b"{}")
    steps = []
    while gone := await store.prune(NOW + timedelta(days=1), 10**9):
        steps.append(gone)
    assert sum(steps) == 300
    assert await store.first_cursor() == 301
    assert await store.read(Cursor(0), 1000) == events(301, 310)


async def test_pruning_keeps_to_the_size(store: Store) -> None:
    for n in range(1, 11):
        store.append([Appended(Cursor(n), "t", "p", "", "", "", b"x" * 1000)], ignore)
        await store.barrier()
    await store.checkpoint(Cursor(10), b"{}")
    while await store.prune(NOW - timedelta(days=1), 4500):
        pass
    assert await store.first_cursor() == 7


async def test_after_pruning_everything_cursors_go_on(store: Store) -> None:
    store.append(events(1, 10), ignore)
    await store.barrier()
    await store.checkpoint(Cursor(10), b"{}")
    assert await store.prune(NOW + timedelta(days=1), 10**9) == 10
    assert await store.first_cursor() == 11
    assert store.last_cursor() == 10


# --- commands and questions


async def test_a_command_is_replaced_by_id(store: Store) -> None:
    await store.put_command(record("c1"))
    finished = msgspec.structs.replace(
        record("c1"), status=CommandStatus.FINISHED, finished_at=NOW, result=Succeeded(data={"a": [1]})
    )
    await store.put_command(finished)
    assert await store.command(CommandId("c1")) == finished
    assert await store.command(CommandId("c2")) is None


async def test_the_password_of_a_login_is_not_kept(store: Store) -> None:
    login = Login(platform_id=PlatformId("p1"), agent_id=AgentId("anna"), password="hunter2", tenant="t")
    await store.put_command(msgspec.structs.replace(record("c1"), command=login))
    kept = await store.command(CommandId("c1"))
    assert kept is not None
    assert kept.command == msgspec.structs.replace(login, password="")


async def test_a_command_is_found_by_its_key_within_the_time(store: Store) -> None:
    await store.put_command(record("old"))
    await store.put_command(record("new", minutes=5))
    await store.put_command(msgspec.structs.replace(record("keyless", minutes=6), idempotency_key=""))
    found = await store.command_by_key("crm", "once", NOW)
    assert found is not None
    assert found.id == "new"
    assert await store.command_by_key("crm", "once", NOW + timedelta(minutes=6)) is None
    assert await store.command_by_key("other", "once", NOW) is None
    assert await store.command_by_key("crm", "", NOW) is None


async def test_open_commands_are_those_not_finished_oldest_first(store: Store) -> None:
    await store.put_command(record("c2", minutes=2, status=CommandStatus.SENT))
    await store.put_command(record("c1", minutes=1))
    await store.put_command(record("c0", minutes=0, status=CommandStatus.FINISHED))
    assert [one.id for one in await store.open_commands()] == ["c1", "c2"]


async def test_pruning_commands_takes_finished_ones_and_their_questions(store: Store) -> None:
    await store.put_command(record("done", status=CommandStatus.FINISHED))
    await store.put_command(record("open"))
    await store.put_needinfo(question("n1", "done"), Resolution.SUBMITTED)
    await store.put_needinfo(question("n2", "open"), None)
    while await store.prune_commands(NOW + timedelta(hours=1)):
        pass
    assert await store.command(CommandId("done")) is None
    assert await store.command(CommandId("open")) is not None
    assert await store.needinfo(NeedInfoId("n1")) is None
    assert await store.needinfo(NeedInfoId("n2")) is not None


async def test_a_question_is_open_until_it_is_resolved(store: Store) -> None:
    await store.put_needinfo(question("n2", minutes=1), None)
    await store.put_needinfo(question("n1"), None)
    assert [one.id for one in await store.open_needinfos()] == ["n1", "n2"]
    await store.put_needinfo(question("n1"), Resolution.EXPIRED)
    assert await store.needinfo(NeedInfoId("n1")) == (question("n1"), Resolution.EXPIRED)
    assert await store.needinfo(NeedInfoId("n2")) == (question("n2", minutes=1), None)
    assert await store.open_needinfos() == [question("n2", minutes=1)]


# --- keys


async def test_keys_are_kept_and_replaced(store: Store) -> None:
    key = KeyRecord(id="k1", name="crm", digest=b"\x00\xff" * 16, scopes=("admin",), created_at=NOW)
    await store.put_key(key)
    revoked = msgspec.structs.replace(key, revoked_at=NOW)
    await store.put_key(revoked)
    assert await store.key_by_id("k1") == revoked
    assert await store.key_by_id("k2") is None
    assert await store.list_keys() == [revoked]


async def test_a_secret_is_made_once(store: Store) -> None:
    first = await store.secret("link-tokens")
    assert len(first) == 32
    assert await store.secret("link-tokens") == first
    assert await store.secret("other") != first


# --- webhooks and deliveries


async def test_webhooks_are_kept_and_replaced(store: Store) -> None:
    await store.deliveries.put_webhook(webhook("w2", 1))
    await store.deliveries.put_webhook(webhook("w1"))
    changed = msgspec.structs.replace(webhook("w1"), events=("interaction.*",))
    await store.deliveries.put_webhook(changed)
    assert await store.deliveries.list_webhooks() == [changed, webhook("w2", 1)]
    assert await store.deliveries.webhook(WebhookId("w1")) == changed
    assert await store.deliveries.webhook(WebhookId("w3")) is None


async def test_deliveries_are_queued_once_with_the_mark(store: Store) -> None:
    kept = store.deliveries
    await kept.put_webhook(webhook())
    assert await kept.mark() == 0
    await kept.queue([delivery(n) for n in range(1, 6)], Cursor(5))
    again = msgspec.structs.replace(delivery(5), id=DeliveryId("another"))
    await kept.queue([again, delivery(6)], Cursor(6))
    assert await kept.mark() == 6
    assert await kept.pending(WebhookId("w1"), Cursor(2), 3) == [delivery(3), delivery(4), delivery(5)]
    assert await kept.count_pending(WebhookId("w1")) == 6
    assert await kept.delivery(DeliveryId("d-w1-5")) == delivery(5)
    assert await kept.delivery(DeliveryId("another")) is None


async def test_nothing_is_queued_for_a_webhook_that_is_gone(store: Store) -> None:
    await store.deliveries.queue([delivery(1)], Cursor(1))
    assert await store.deliveries.delivery(DeliveryId("d-w1-1")) is None


async def test_an_attempt_changes_the_delivery_and_is_kept(store: Store) -> None:
    kept = store.deliveries
    await kept.put_webhook(webhook())
    await kept.queue([delivery(1), delivery(2)], Cursor(2))
    after = msgspec.structs.replace(delivery(1), attempts=1, state=DeliveryState.DELIVERED)
    attempt = Attempt(delivery_id=after.id, number=1, at=NOW, duration_ms=12, status=204, response="ok")
    await kept.attempted(after, attempt)
    assert await kept.delivery(after.id) == after
    assert await kept.attempts(after.id) == [attempt]
    assert await kept.pending(WebhookId("w1"), Cursor(0), 10) == [delivery(2)]
    assert await kept.deliveries(WebhookId("w1"), DeliveryState.DELIVERED, Cursor(0), 10) == [after]
    assert await kept.deliveries(WebhookId("w1"), None, Cursor(0), 10) == [after, delivery(2)]
    await kept.put_delivery(delivery(1))
    assert await kept.count_pending(WebhookId("w1")) == 2


async def test_making_due_never_puts_off(store: Store) -> None:
    kept = store.deliveries
    await kept.put_webhook(webhook())
    await kept.queue([delivery(1)], Cursor(1))
    for at in (NOW + timedelta(minutes=30), NOW + timedelta(hours=5)):
        await kept.make_due(WebhookId("w1"), at)
        (one,) = await kept.pending(WebhookId("w1"), Cursor(0), 10)
        assert one.next_attempt_at == NOW + timedelta(minutes=30)


async def test_a_deleted_webhook_takes_its_deliveries_along(store: Store) -> None:
    kept = store.deliveries
    await kept.put_webhook(webhook())
    await kept.put_webhook(webhook("w2"))
    await kept.queue([delivery(1), delivery(1, "w2")], Cursor(1))
    assert await kept.delete_webhook(WebhookId("w1"))
    assert not await kept.delete_webhook(WebhookId("w1"))
    assert await kept.delivery(DeliveryId("d-w1-1")) is None
    assert await kept.delivery(DeliveryId("d-w2-1")) is not None
    late = Attempt(delivery_id=DeliveryId("d-w1-1"), number=1, at=NOW, duration_ms=1)
    await kept.attempted(delivery(1), late)
    assert await kept.attempts(late.delivery_id) == []


async def test_pruning_deliveries_spares_pending_and_young_ones(store: Store) -> None:
    kept = store.deliveries
    await kept.put_webhook(webhook())
    over = msgspec.structs.replace(delivery(2), state=DeliveryState.DEAD)
    young = msgspec.structs.replace(
        over, id=DeliveryId("y"), cursor=Cursor(3), created_at=NOW + timedelta(days=9)
    )
    await kept.queue([delivery(1), over, young], Cursor(3))
    while await kept.prune(NOW + timedelta(days=1)):
        pass
    assert [one.cursor for one in await kept.deliveries(WebhookId("w1"), None, Cursor(0), 10)] == [1, 3]
