"""A store on JetStream that follows the gateway at work: it has what that one writes, and takes over."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from secrets import token_hex

import pytest

from gateway.cluster.config import BusConfig
from gateway.store.audit import Note, Wanted
from gateway.store.base import Appended
from gateway.store.credentials import KeyRecord
from gateway.store.jetstream.store import JetStreamStore
from schemas.errors import FencedError, StoreError
from schemas.ids import CommandId, Cursor, DeliveryId, WebhookId
from tests.contract.records import NOW, Dial, delivery, events, ignore, noise, record, webhook
from tests.fakes import until
from tests.nats_server import NatsServer

Made = Callable[[], JetStreamStore]


@pytest.fixture
async def made(nats_server: NatsServer, tmp_path: Path) -> AsyncIterator[Made]:
    """Makes stores on the same streams, each as a gateway of its own; whoever does not come first follows."""
    stores: list[JetStreamStore] = []
    said = {"servers": [nats_server.url], "prefix": f"t{token_hex(6)}", "lease_s": 1.0, "answer_s": 1.0}

    def make() -> JetStreamStore:
        path = tmp_path / f"{len(stores)}.db"
        stores.append(JetStreamStore(BusConfig.model_validate(said), str(path), Dial(), follows=True))
        return stores[-1]

    yield make
    for store in stores:
        with suppress(StoreError):
            await store.close()


class Told:
    """What a store that follows has told."""

    def __init__(self, store: JetStreamStore) -> None:
        self.events: list[Appended] = []
        self.private = b""
        self.tables: set[str] = set()
        store.follow(self._events, self._rows)

    def _events(self, some: Sequence[Appended], private: bytes) -> None:
        self.events += some
        self.private += private

    async def _rows(self, tables: frozenset[str]) -> None:
        self.tables |= tables


async def put(store: JetStreamStore, *some: Appended, private: bytes = b"") -> None:
    store.append(some, ignore, private)
    await store.barrier()


async def test_whatever_is_written_is_there_and_nothing_is_taken_of_its_own(made: Made) -> None:
    first, second = made(), made()
    await first.open()
    await put(first, *events(1, 300))
    await first.checkpoint(Cursor(100), noise(1, 2_500_000))  # in several messages
    await first.deliveries.put_webhook(webhook())
    await first.deliveries.queue([delivery(1), delivery(2)], Cursor(2))
    await second.open()
    assert second.following is not None
    assert not second.owns()
    assert second.last_cursor() == 300
    assert await second.read(Cursor(0), 1_000) == events(1, 300)
    assert await second.last_checkpoint() == (100, noise(1, 2_500_000))
    assert list(second.epochs) == list(first.epochs)

    told = Told(second)
    for n in range(301, 340, 3):
        await put(first, *events(n, n + 2), private=b"%d\n" % n)
    await first.checkpoint(Cursor(300), noise(2, 3_000_000))
    await first.checkpoint(Cursor(310), b"{}")
    key = KeyRecord(id="k1", name="crm", digest=b"\x00\xff", scopes=(), created_at=NOW)
    await first.credentials.put_key(key)
    await first.credentials.withdraw("a.b/c d", NOW)
    await first.credentials.forget_withdrawn(NOW + timedelta(days=1))
    await first.deliveries.delete_webhook(WebhookId("w1"))
    for n in range(9):
        await first.audit.note(Note(at=NOW + timedelta(minutes=n), principal="gateway", action="a.b"))
    while await first.audit.prune(NOW + timedelta(minutes=5), 100, NOW):
        pass
    await second.barrier()
    assert told.events == events(301, 339)
    assert told.private == b"".join(b"%d\n" % n for n in range(301, 340, 3))
    assert {"keys", "withdrawn", "audit", "checkpoint", "webhooks"} <= told.tables
    assert await second.last_checkpoint() == (310, b"{}")
    assert await second.credentials.list_keys() == [key]
    assert await second.credentials.withdrawn() == {}
    assert await second.deliveries.delivery(DeliveryId("d-w1-1")) is None
    assert await second.audit.head() == await first.audit.head()

    with pytest.raises(StoreError, match="another gateway is at work"):
        await second.put_command(record("c1"))
    with pytest.raises(StoreError, match="another gateway is at work"):
        second.append(events(340, 340), ignore)
    await second.audit.note(Note(at=NOW, principal="key:1", action="events.read"))
    (*_, noted) = await first.audit.entries(Wanted(), 99)
    assert b"events.read" in noted.body
    row = (await first.erasing.journal(Cursor(300), lambda _one: True))[0]
    await first.erasing.rewrite(row.last, lambda one: one._replace(body=b"{}"), lambda private: private)
    await put(first, *events(340, 340))
    await second.barrier()
    (erased, *_) = await second.read(Cursor(row.last - 1), 1)
    assert erased.body == b"{}"


async def test_it_takes_over_where_the_other_one_ended(made: Made) -> None:
    first, second, third = made(), made(), made()
    await first.open()
    await put(first, *events(1, 3))
    await second.open()
    await third.open()
    told, also = Told(second), Told(third)
    await second.barrier()
    await first.put_command(record("c1"))
    await put(first, *events(4, 6))
    await first._tasks.finish(0.0)  # noqa: SLF001  # frozen, as far as its lease goes
    turns = [asyncio.create_task(one.turn()) for one in (second, third)]
    await asyncio.wait(turns, return_when=asyncio.FIRST_COMPLETED)
    assert not all(one.done() for one in turns)
    mine, other, told = (second, third, told) if turns[0].done() else (third, second, also)
    await mine.take_over()
    assert mine.owns()
    assert mine.following is None
    assert told.events == events(4, 6)
    assert mine.last_cursor() == 6
    assert await mine.command(CommandId("c1")) == record("c1")
    assert len(list(mine.epochs)) == 2
    first.append(events(7, 8), ignore)
    await put(mine, *events(7, 7))
    await mine.put_command(record("c2"))
    await until(lambda: other.last_cursor() == 7)
    await other.barrier()
    assert await other.read(Cursor(0), 99) == events(1, 7)
    assert await other.command(CommandId("c2")) == record("c2")
    assert list(other.epochs) == list(mine.epochs)
    with pytest.raises(StoreError):
        await first.close()
    assert await mine.read(Cursor(0), 99) == events(1, 7)
    for one in turns:
        one.cancel()


async def test_whose_lease_is_over_does_not_take_the_streams_from_a_later_owner(made: Made) -> None:
    first, second = made(), made()
    await first.open()
    await put(first, *events(1, 3))
    stream = second._events  # noqa: SLF001
    await second._connection.open()  # noqa: SLF001
    with pytest.raises(FencedError, match="later"):
        await stream.open(first.lease.fence - 1, second._bucket.owner(0))  # noqa: SLF001
    await put(first, *events(4, 4))
    assert await first.read(Cursor(0), 9) == events(1, 4)


async def test_what_a_server_does_not_have_yet_is_not_taken_for_what_is_not_there(made: Made) -> None:
    first, second = made(), made()
    await first.open()
    await second.open()
    told = Told(second)
    feed, written = second._feed, first._state.last  # noqa: SLF001  # a word that comes too early
    with pytest.raises(StoreError, match="up to its end"):
        await feed.upto(written + 2)
    await first.deliveries.put_webhook(webhook())
    await second.barrier()
    assert "webhooks" in told.tables
    assert await second.deliveries.list_webhooks() == [webhook()]


async def test_what_a_server_does_not_have_yet_is_no_end_of_the_journal_and_no_beginning(made: Made) -> None:
    store = made()
    await store.open()
    stream, journal = store._events, store._journal  # noqa: SLF001  # a server that knows less than we do
    stream.last += 1
    with pytest.raises(StoreError, match="up to its end"):
        await store.first_cursor()
    stream.last -= 1
    await put(store, *events(1, 3))
    stream.last, journal.durable = stream.last + 1, Cursor(4)
    with pytest.raises(StoreError, match="up to its end"):
        await store.read(Cursor(3), 10)
    assert await store.read(Cursor(1), 2) == events(2, 3)
    stream.last, journal.durable = stream.last - 1, Cursor(3)
    await put(store, *events(4, 4))
    assert await store.read(Cursor(3), 10) == events(4, 4)
