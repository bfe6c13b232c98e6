"""What every store owes: the journal, commands and their questions, keys."""

import asyncio
import threading
from collections.abc import Sequence
from datetime import timedelta

import msgspec
import pytest

from gateway.store.base import Appended, Store, storable
from gateway.store.blanked import incomplete
from gateway.store.credentials import KeyRecord
from schemas.commands import Login, VendorCall
from schemas.ids import AgentId, CommandId, Cursor, NeedInfoId, PlatformId, SessionId
from schemas.needinfo import Resolution
from schemas.results import CommandStatus, Effect, ErrorCode, Failed, Proof, Succeeded
from schemas.values import Json
from tests.contract.records import NOW, Dial, events, ignore, question, record

# --- the journal


async def test_an_empty_journal_begins_at_one(store: Store) -> None:
    assert store.last_cursor() == 0
    assert await store.first_cursor() == 1
    assert await store.read(Cursor(0), 10) == []
    assert await store.last_checkpoint() is None


async def test_what_is_not_durable_yet_is_not_missing_from_the_beginning(store: Store) -> None:
    store.append(events(1, 2), ignore)
    assert await store.first_cursor() == 1


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


async def test_what_one_commit_made_durable_is_told_at_once(store: Store) -> None:
    told: list[Sequence[Appended]] = []
    others: list[Sequence[Appended]] = []
    store.append(events(1, 1), told.append)
    store.append(events(2, 3), told.append)
    store.append(events(4, 4), told.append)
    store.append(events(5, 5), others.append)
    store.append(events(6, 6), told.append)
    await store.barrier()
    assert (told, others) == ([events(1, 4), events(6, 6)], [events(5, 5)])


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


async def test_what_is_private_is_read_back_in_order_and_in_no_event(store: Store) -> None:
    done = asyncio.Event()
    store.append(events(1, 2), ignore, b"one\n")
    store.append(events(3, 3), ignore)
    store.append(events(4, 4), lambda _: done.set(), b"two\n")
    await done.wait()
    assert await store.read_private() == b"one\ntwo\n"
    assert await store.read(Cursor(0), 10) == events(1, 4)
    await store.checkpoint(Cursor(4), b"{}", b"all so far\n")
    store.append(events(5, 5), ignore, b"three\n")
    await store.barrier()
    assert await store.read_private() == b"all so far\nthree\n"
    assert await store.last_checkpoint() == (4, b"{}")


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


async def test_of_two_writes_of_a_command_the_one_begun_last_stands(store: Store) -> None:
    later = record("c1", status=CommandStatus.SENT)
    await asyncio.gather(store.put_command(record("c1")), store.put_command(later))
    assert await store.command(CommandId("c1")) == later


async def test_the_password_of_a_login_is_not_kept(store: Store) -> None:
    login = Login(platform_id=PlatformId("p1"), agent_id=AgentId("anna"), password="hunter2", tenant="t")
    await store.put_command(msgspec.structs.replace(record("c1"), command=login))
    kept = await store.command(CommandId("c1"))
    assert kept is not None
    assert kept.command == msgspec.structs.replace(login, password="")


@pytest.mark.parametrize(
    ("method", "params", "kept"),
    [
        ("page.open", ({"userPassword": "hunter2", "Secret": {"k": "hunter2"}, "user": "anna"}, 7), "anna"),
        ("page.open", ([{"deep": [{"apiKey": "hunter2", "auth_token": "hunter2"}]}], "plain"), "plain"),
        ("session.logon", ("anna", "hunter2", True), "true"),
    ],
)
async def test_what_is_secret_in_a_platforms_own_call_is_not_kept(
    store: Store, method: str, params: tuple[Json, ...], kept: str
) -> None:
    call = VendorCall(session_id=SessionId("s"), method=method, params=params)
    given = msgspec.structs.replace(record("c1"), command=call)
    await store.put_command(given)
    found = await store.command(CommandId("c1"))
    assert found is not None
    said = msgspec.json.encode(found.command)
    assert b"hunter2" not in said
    assert kept.encode() in said
    assert found == storable(found) == storable(given)
    assert incomplete(found.command)
    other = msgspec.json.decode(msgspec.json.encode(call).replace(b"hunter2", b"*******"), type=VendorCall)
    assert storable(msgspec.structs.replace(given, command=other)) != found
    harmless = msgspec.structs.replace(call, method="page.close", params=({"user": "anna"}, "plain"))
    assert storable(msgspec.structs.replace(given, command=harmless)).command is harmless


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


async def test_commands_of_unknown_effect_are_found_until_something_shows_it(store: Store) -> None:
    unknown = Failed(code=ErrorCode.TIMEOUT, effect=Effect.UNKNOWN)
    finished = [
        msgspec.structs.replace(record(f"c{n}", minutes=n, status=CommandStatus.FINISHED), result=unknown)
        for n in range(4)
    ]
    certain = record("c4", minutes=4, status=CommandStatus.FINISHED)
    for one in (*finished, msgspec.structs.replace(certain, result=Failed(code=ErrorCode.BUSY))):
        await store.put_command(one)
    assert await store.unproved(NOW + timedelta(minutes=1), 10) == finished[:0:-1]
    assert await store.unproved(NOW, 2) == [finished[3], finished[2]]
    await store.put_command(msgspec.structs.replace(finished[3], proof=Proof.DONE))
    assert await store.unproved(NOW, 1) == [finished[2]]
    assert await store.open_commands() == []
    while await store.prune_commands(NOW + timedelta(hours=1)):
        pass
    assert await store.command(CommandId("c0")) is None


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
    await store.credentials.put_key(key)
    revoked = msgspec.structs.replace(key, revoked_at=NOW)
    await store.credentials.put_key(revoked)
    assert await store.credentials.key_by_id("k1") == revoked
    assert await store.credentials.key_by_id("k2") is None
    assert await store.credentials.list_keys() == [revoked]


async def test_a_secret_is_made_once(store: Store) -> None:
    first = await store.secret("link-tokens")
    assert len(first) == 32
    assert await store.secret("link-tokens") == first
    assert await store.secret("other") != first
