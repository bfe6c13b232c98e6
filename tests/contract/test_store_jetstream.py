"""What only a store on JetStream meets: restarts from nothing, servers that die or are full, and rivals."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from secrets import token_hex

import msgspec
import nats
import pytest

from gateway.cluster.config import BusConfig
from gateway.cluster.stream import Message
from gateway.store.audit import Check, Link, Note, Wanted
from gateway.store.base import Appended
from gateway.store.credentials import KeyRecord
from gateway.store.deliveries import DeliveryState
from gateway.store.epochs import Place
from gateway.store.jetstream.store import JetStreamStore
from schemas.errors import StoreError
from schemas.ids import CommandId, Cursor, DeliveryId, NeedInfoId, WebhookId
from tests.contract.records import NOW, Dial, delivery, events, ignore, noise, question, record, webhook
from tests.fakes import until
from tests.nats_server import NatsServer
from tests.patience import PATIENCE_S

Made = Callable[..., JetStreamStore]


@pytest.fixture
async def made(nats_server: NatsServer, tmp_path: Path) -> AsyncIterator[Made]:
    """Makes stores on the same streams, each as a gateway of its own."""
    stores: list[JetStreamStore] = []
    prefix = f"t{token_hex(6)}"

    def make(server: NatsServer = nats_server, **more: object) -> JetStreamStore:
        said = {"servers": [server.url], "prefix": prefix, "lease_s": 1.0, "answer_s": 1.0, **more}
        path = tmp_path / f"{len(stores)}.db"
        stores.append(JetStreamStore(BusConfig.model_validate(said), str(path), Dial()))
        return stores[-1]

    yield make
    for store in stores:
        with suppress(StoreError):
            await store.close()


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[NatsServer]:
    """One that a test may kill."""
    server = NatsServer(tmp_path / "server")
    server.start()
    yield server
    server.freeze(on=False)
    server.kill()


def large(cursor: int, size_bytes: int) -> Appended:
    return Appended(Cursor(cursor), "interaction.held", "p1", "s1", "anna", "i1", noise(cursor, size_bytes))


async def put(store: JetStreamStore, *some: Appended) -> None:
    store.append(some, ignore)
    await store.barrier()


# --- a start from nothing but the streams


async def test_another_node_finds_everything_there(made: Made) -> None:
    first = made()
    await first.open()
    first.append(events(1, 300), ignore, b"one\n")
    await first.barrier()
    await first.checkpoint(Cursor(300), b"{}", b"all\n")
    first.append(events(301, 302), ignore, b"two\n")
    await first.put_command(record("c1"), Note(at=NOW, principal="key:1", action="command.given"))
    await first.put_needinfo(question("n1"), None)
    key = KeyRecord(id="k1", name="crm", digest=b"\x00\xff", scopes=(), created_at=NOW)
    await first.credentials.put_key(key)
    await first.credentials.withdraw("a.b/c d", NOW)
    await first.put_tenants({"p1": "acme"})
    await first.set_standby(on=True)
    await first.keep_clock(NOW, timedelta(seconds=5))
    secret = await first.secret("link-tokens")
    await first.deliveries.put_webhook(webhook())
    await first.deliveries.queue([delivery(1), delivery(2)], Cursor(2))
    over = msgspec.structs.replace(delivery(1), state=DeliveryState.DELIVERED)
    await first.deliveries.put_deliveries([over])
    await first.put_command(record("gone"))
    read_up_to = Place(Cursor(302), list(first.epochs)[-1].id)
    await first.close()

    second = made()
    await second.open()
    assert second.last_cursor() == 302
    assert await second.read(Cursor(0), 1_000) == events(1, 302)
    assert await second.read_private() == b"all\ntwo\n"
    assert await second.last_checkpoint() == (300, b"{}")
    assert second.epochs.holds(read_up_to)
    assert await second.command(CommandId("c1")) == record("c1")
    assert await second.needinfo(NeedInfoId("n1")) == (question("n1"), None)
    assert await second.credentials.list_keys() == [key]
    assert await second.credentials.withdrawn() == {"a.b/c d": NOW}
    assert await second.tenants() == {"p1": "acme"}
    assert await second.standby()
    assert await second.last_clock() == (NOW, timedelta(seconds=5))
    assert await second.secret("link-tokens") == secret
    assert await second.deliveries.mark() == 2
    assert await second.deliveries.deliveries(WebhookId("w1"), None, Cursor(0), 9) == [over, delivery(2)]
    (entry,) = await second.audit.entries(Wanted(), 9)
    links = [Link(entry.number, entry.body, entry.hash)]
    assert list(Check(await second.audit.head(), None).findings(links)) == []
    await second.audit.note(Note(at=NOW, principal="key:1", action="key.created"))
    assert (await second.audit.head()).last == 2


async def test_what_was_removed_stays_removed(made: Made) -> None:
    first = made()
    await first.open()
    await first.deliveries.put_webhook(webhook())
    await first.deliveries.queue([delivery(1)], Cursor(1))
    await first.deliveries.delete_webhook(WebhookId("w1"))
    await first.credentials.withdraw("a", NOW)
    await first.credentials.forget_withdrawn(NOW + timedelta(days=1))
    for n in range(9):
        await first.audit.note(Note(at=NOW + timedelta(minutes=n), principal="gateway", action="a.b"))
    while await first.audit.prune(NOW + timedelta(minutes=5), 100, NOW):
        pass
    head = await first.audit.head()
    await first.close()
    second = made()
    await second.open()
    assert await second.deliveries.list_webhooks() == []
    assert await second.deliveries.delivery(DeliveryId("d-w1-1")) is None
    assert await second.credentials.withdrawn() == {}
    assert await second.audit.head() == head
    assert [one.number for one in await second.audit.entries(Wanted(), 99)] == [6, 7, 8, 9, 10]


async def test_any_cursor_is_found_in_a_long_journal_by_a_store_that_has_just_begun(made: Made) -> None:
    first = made()
    await first.open()
    for n in range(1, 500):
        first.append(
            [one._replace(agent_id=f"agent{n}") for one in events(3 * n - 2, 3 * n)], ignore
        )  # a message each
    await first.barrier()
    await first.close()
    second = made()
    await second.open()
    for after in (0, 1, 2, 3, 700, 701, 702, 1_200, 1_495, 1_496, 1_497):
        found = await second.read(Cursor(after), 2)
        assert [one.cursor for one in found] == [n for n in (after + 1, after + 2) if n <= 1_497]


async def test_a_commit_that_broke_off_before_its_rows_is_written_to_its_end(made: Made) -> None:
    first = made()
    await first.open()

    async def breaks_off(messages: Sequence[Message], group: str) -> int:
        raise StoreError(f"the process is gone before {group} of {len(messages)}")

    first._state.append = breaks_off  # type: ignore[method-assign]  # noqa: SLF001  # between the two
    first.append(events(1, 3), ignore)
    written = asyncio.ensure_future(first.put_command(record("c1")))
    await until(lambda: bool(first.trouble))
    assert not written.done()
    await first._tasks.finish(0.0)  # noqa: SLF001
    second = made()
    await second.open()
    assert await second.read(Cursor(0), 9) == events(1, 3)
    assert await second.command(CommandId("c1")) == record("c1")
    with pytest.raises(StoreError):
        await first.close()
    with pytest.raises(StoreError):
        await written


# --- what is large


async def test_what_is_larger_than_a_message_is_kept_in_pieces(made: Made) -> None:
    first = made()
    await first.open()
    some = [large(1, 10), large(2, 3_000_000), large(3, 10), large(4, 1_500_000)]
    await put(first, *some)
    await first.checkpoint(Cursor(2), noise(1, 2_500_000))
    await first.close()
    second = made()
    await second.open()
    assert await second.read(Cursor(0), 9) == some
    assert await second.read(Cursor(2), 1) == some[2:3]
    assert await second.last_checkpoint() == (2, noise(1, 2_500_000))
    await second.checkpoint(Cursor(4), b"{}")
    await second.close()
    third = made()
    await third.open()
    assert await third.last_checkpoint() == (4, b"{}")
    kept = await third._state.state()  # noqa: SLF001  # nothing of the large one is left
    assert kept.bytes < 100_000
    while await third.prune(NOW + timedelta(days=1), 10**9):
        pass
    assert await third.first_cursor() == 5
    assert third.last_cursor() == 4


# --- who else reads


async def test_others_get_the_events_of_some_agents_and_kinds_by_subject(
    made: Made, nats_server: NatsServer
) -> None:
    store = made()
    await store.open()
    prefix = store._config.prefix  # noqa: SLF001
    await store.put_tenants({"p1": "acme corp"})
    mine = [one._replace(agent_id="ann.lee") for one in events(1, 2)]
    other = events(3, 3)[0]
    state = events(4, 4)[0]._replace(agent_id="ann.lee", type="agent.state_changed")
    await put(store, *mine, other, state)
    client = await nats.connect(nats_server.url)
    try:
        stream = client.jetstream()
        subject = f"{prefix}.events.acme=20corp.p1.ann=2Elee.interaction"
        reader = await stream.subscribe(subject, ordered_consumer=True)
        got = await reader.next_msg(PATIENCE_S)
        assert got.headers is not None
        assert got.headers["Nats-Msg-Id"].endswith(".1")
        everything = await stream.subscribe(f"{prefix}.events.>", ordered_consumer=True)
        assert len([await everything.next_msg(PATIENCE_S) for _ in range(3)]) == 3
    finally:
        await client.close()


# --- servers that die, hang, or are full


async def test_what_is_appended_while_no_server_is_there_waits_and_is_kept_once(
    made: Made, own_server: NatsServer
) -> None:
    store = made(own_server)
    told: list[str] = []
    await store.open()
    store.on_trouble = told.append
    await put(store, *events(1, 5))
    own_server.kill()
    store.append(events(6, 9), ignore)
    written = asyncio.ensure_future(store.put_command(record("c1")))
    await until(lambda: bool(store.trouble))
    assert store.pending() == 4
    assert "NATS" in store.files_trouble
    own_server.start()
    await written
    assert store.pending() == 0
    assert told[-1] == ""
    await until(lambda: not store.trouble)
    assert await store.read(Cursor(0), 99) == events(1, 9)
    assert await store.command(CommandId("c1")) == record("c1")


async def test_what_a_server_took_and_did_not_answer_is_kept_once(made: Made, own_server: NatsServer) -> None:
    store = made(own_server)
    await store.open()
    await put(store, *events(1, 5))
    own_server.freeze(on=True)
    some = [one._replace(agent_id=f"a{one.cursor}") for one in events(6, 30)]  # a group of many messages
    store.append(some, ignore)
    written = asyncio.ensure_future(store.put_command(record("c1")))
    await until(lambda: "in time" in store.trouble or "lease" in store.trouble)
    own_server.freeze(on=False)
    await written
    assert await store.read(Cursor(0), 99) == [*events(1, 5), *some]
    assert await store.command(CommandId("c1")) == record("c1")


async def test_a_lost_answer_to_what_becomes_smaller_is_no_other_gateway(
    made: Made, own_server: NatsServer
) -> None:
    store = made(own_server)
    await store.open()
    await put(store, *events(1, 4))
    await store.checkpoint(Cursor(3), noise(1, 2_500_000))
    own_server.freeze(on=True)
    written = asyncio.ensure_future(store.checkpoint(Cursor(4), b"{}"))
    await until(lambda: bool(store.trouble))
    own_server.freeze(on=False)
    await written
    assert await store.last_checkpoint() == (4, b"{}")
    kept = await store._state.state()  # noqa: SLF001
    assert kept.bytes < 100_000


async def test_a_full_stream_is_trouble_until_there_is_room_and_loses_nothing(made: Made) -> None:
    store = made(journal_bytes=200_000)
    await store.open()
    some = [large(n, 20_000) for n in range(1, 15)]
    for one in some:
        store.append([one], ignore)
        if not store.trouble and store.pending() < 2:
            await asyncio.sleep(0)
    await until(lambda: "maximum bytes" in store.trouble)
    assert store.pending() == len(some) or await store.first_cursor() == 1
    held = await store.read(Cursor(0), 99)
    store.on_trouble = None
    roomier = made(journal_bytes=2_000_000)
    await roomier._connection.open()  # noqa: SLF001  # an operator gives it more
    config = roomier._events._config  # noqa: SLF001
    await roomier._connection.api(f"STREAM.UPDATE.{config.name}", config, msgspec.Raw)  # noqa: SLF001
    await store.barrier()
    await until(lambda: not store.trouble)
    found = await store.read(Cursor(0), 99)
    assert found == some
    assert found[: len(held)] == held


# --- rivals


async def test_a_second_gateway_waits_until_the_first_has_stopped(made: Made) -> None:
    first, second = made(), made()
    await first.open()
    opening = asyncio.ensure_future(second.open())
    await put(first, *events(1, 3))
    assert not opening.done()
    await first.close()
    await opening
    assert await second.read(Cursor(0), 9) == events(1, 3)


async def test_who_was_away_too_long_writes_nothing_more(made: Made) -> None:
    first, second = made(), made()
    await first.open()
    await put(first, *events(1, 3))
    await first._tasks.finish(0.0)  # noqa: SLF001  # frozen, as far as its lease goes
    await second.open()
    assert second.lease.fence > first.lease.fence
    assert not first.lease.holds()
    first.append(events(4, 5), ignore)
    stale = asyncio.ensure_future(first.put_command(record("stale")))
    await until(lambda: "lease" in first.trouble)
    await put(second, *events(4, 4))
    with pytest.raises(StoreError):
        await first.close()
    with pytest.raises(StoreError):
        await stale
    assert await second.read(Cursor(0), 9) == events(1, 4)
    assert await second.command(CommandId("stale")) is None


async def test_who_finds_his_lease_gone_to_another_says_so_and_ends(made: Made) -> None:
    first, second = made(), made()
    await first.open()
    await first._tasks.finish(0.0)  # noqa: SLF001  # frozen, as far as its lease goes
    await second.open()
    await first.lease.keep()
    assert "has it" in first.trouble
    with pytest.raises(StoreError, match="has it"):
        await first.put_command(record("stale"))
    with pytest.raises(StoreError, match="has it"):
        first.append(events(1, 1), ignore)
    assert await second.command(CommandId("stale")) is None


async def test_even_with_its_lease_in_hand_a_former_writer_appends_nothing(made: Made) -> None:
    first, second = made(), made()
    await first.open()
    await put(first, *events(1, 3))
    await first._tasks.finish(0.0)  # noqa: SLF001
    await second.open()
    first.lease.holds = lambda: True  # type: ignore[method-assign]  # its clock stands still
    first.append(events(4, 5), ignore)
    stale = asyncio.ensure_future(first.put_command(record("stale")))
    with pytest.raises(StoreError, match="another gateway has taken over"):
        await stale
    with pytest.raises(StoreError, match="another gateway"):
        first.append(events(6, 6), ignore)
    assert "another gateway" in first.trouble
    await put(second, *events(4, 4))
    assert await second.read(Cursor(0), 9) == events(1, 4)
