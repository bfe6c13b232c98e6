"""The audit of every store: numbered, chained, pruned without a break; and what a check of a file finds."""

import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from gateway.store import audit_file
from gateway.store.audit import BEGINNING, Check, Head, Link, Linked, Note, Wanted, digest
from gateway.store.base import Store
from gateway.store.credentials import KeyRecord
from gateway.store.sqlite import SqliteStore
from schemas.errors import StoreError
from schemas.ids import WebhookId
from tests.contract.records import NOW, question, record, webhook

EVERYTHING = Wanted()


def deed(action: str = "key.created", principal: str = "key:1", minutes: int = 0) -> Note:
    return Note(at=NOW + timedelta(minutes=minutes), principal=principal, action=action, object="k1")


def read(one: Linked) -> Note:
    return msgspec.json.decode(one.body, type=Note)


async def wrong(store: Store, known: tuple[int, str] | None = None) -> list[str]:
    links = [Link(one.number, one.body, one.hash) for one in await store.audit.entries(EVERYTHING, 10_000)]
    return list(Check(await store.audit.head(), known).findings(links))


async def test_an_empty_audit_is_a_chain(store: Store) -> None:
    assert await store.audit.head() == Head()
    assert await store.audit.entries(EVERYTHING, 10) == []
    assert await wrong(store) == []


async def test_entries_are_numbered_and_each_hash_is_over_the_one_before(store: Store) -> None:
    for n in range(3):
        await store.audit.note(deed(minutes=n))
    one, two, three = await store.audit.entries(EVERYTHING, 10)
    assert [read(each).number for each in (one, two, three)] == [1, 2, 3]
    assert (one.before, two.before, three.before) == (BEGINNING, one.hash, two.hash)
    assert three.hash == digest(two.hash, three.body)
    assert await store.audit.head() == Head(1, BEGINNING, 3, three.hash)
    assert await wrong(store) == []


async def test_entries_are_chosen_by_place_and_by_whose_and_what_they_are(store: Store) -> None:
    await store.audit.note(deed("key.created", "key:1"))
    await store.audit.note(deed("key.revoked", "key:2"))
    await store.audit.note(deed("key.created", "key:2"))

    async def numbers(wanted: Wanted, limit: int = 10) -> list[int]:
        return [one.number for one in await store.audit.entries(wanted, limit)]

    assert await numbers(Wanted(1)) == [2, 3]
    assert await numbers(Wanted(), 2) == [1, 2]
    assert await numbers(Wanted(principal="key:2")) == [2, 3]
    assert await numbers(Wanted(action="key.created")) == [1, 3]
    assert await numbers(Wanted(1, "key:2", "key.created")) == [3]
    (third,) = await store.audit.entries(Wanted(2), 1)
    assert third.before == (await store.audit.entries(Wanted(1), 1))[0].hash


async def test_what_is_written_takes_its_note_with_it(store: Store) -> None:
    key = KeyRecord(id="k", name="n", digest=b"", scopes=(), created_at=NOW)
    await store.put_command(record("c1"), deed("command.given"))
    await store.put_needinfo(question("n1"), None, deed("question.answered"))
    await store.credentials.put_key(key, deed("key.created"))
    await store.deliveries.put_webhook(webhook(), deed("webhook.created"))
    await store.deliveries.delete_webhook(WebhookId("w1"), deed("webhook.deleted"))
    await store.put_command(record("c2"))  # nothing to tell
    told = [read(one).action for one in await store.audit.entries(EVERYTHING, 10)]
    assert told == [
        *("command.given", "question.answered", "key.created"),
        *("webhook.created", "webhook.deleted"),
    ]


@pytest.mark.parametrize("most", [1_000, 5])
async def test_a_pruned_chain_holds_and_tells_of_it(store: Store, most: int) -> None:
    for n in range(20):
        await store.audit.note(deed(minutes=n))
    before = NOW + timedelta(minutes=7 if most == 1_000 else -1)
    now = NOW + timedelta(hours=1)
    gone = 0
    while count := await store.audit.prune(before, most, now):
        gone += count
    assert gone >= 7
    head = await store.audit.head()
    kept = await store.audit.entries(EVERYTHING, 100)
    assert kept[0].number == head.first == gone + 1
    assert kept[0].before == head.before != BEGINNING
    assert read(kept[-1]).action == "audit.pruned"
    assert await wrong(store) == []
    assert await store.audit.prune(NOW - timedelta(days=1), 1_000, now) == 0


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "trunkline.db")


async def kept(path: str, count: int = 6) -> list[Linked]:
    store = SqliteStore(path)
    await store.open()
    for n in range(count):
        await store.audit.note(deed(minutes=n))
    found = await store.audit.entries(EVERYTHING, 100)
    await store.close()
    return found


def meddle(path: str, *statements: str) -> None:
    """As somebody does who has the file, and knows how."""
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("drop trigger audit_is_not_changed")
        db.execute("drop trigger audit_is_not_shortened")
        for statement in statements:
            db.execute(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "update audit set principal = 'key:9'",
        "delete from audit",
        "delete from audit where number = 3",
        "insert or replace into audit values (2, 0, '', '', x'', x'')",
    ],
)
async def test_nothing_of_it_is_changed_by_any_statement_of_ours(path: str, statement: str) -> None:
    await kept(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("pragma recursive_triggers=on")  # as the store has it: `or replace` deletes, too
        with pytest.raises(sqlite3.IntegrityError, match="only appended to"):
            db.execute(statement)
    assert audit_file.verify(path).findings == []


MEDDLING = {
    "an entry says something else": (
        "update audit set body = cast(replace(cast(body as text), 'key:1', 'x') as blob) where number = 3",
    ),
    "an entry is taken out": ("delete from audit where number = 4",),
    "the first is taken out": ("delete from audit where number = 1",),
    "two change places": (
        "update audit set number = 99 where number = 2",
        "update audit set number = 2 where number = 3",
        "update audit set number = 3 where number = 99",
    ),
    "the end is cut": ("delete from audit where number > 4",),
    "all is gone": ("delete from audit",),
    "the beginning is cut, and the chain says so": (
        "update audit_chain set first = 4, before = (select hash from audit where number = 3)",
        "delete from audit where number < 4",
    ),
    "one is put in at the end": (
        "insert into audit select 7, at, principal, action, body, hash from audit limit 1",
    ),
}


@pytest.mark.parametrize("statements", MEDDLING.values(), ids=MEDDLING.keys())
async def test_whoever_meddles_with_the_file_is_found(path: str, statements: tuple[str, ...]) -> None:
    await kept(path)
    assert audit_file.verify(path).findings == []
    meddle(path, *statements)
    assert audit_file.verify(path).findings


async def test_a_cut_end_that_the_chain_agrees_with_is_found_by_what_was_noted_down(
    path: str,
) -> None:
    last = (await kept(path))[-1]
    noted = (last.number, last.hash.hex())
    assert audit_file.verify(path, noted).findings == []
    meddle(
        path,
        "delete from audit where number > 4",
        "update audit_chain set last = 4, head = (select hash from audit where number = 4)",
    )
    assert audit_file.verify(path).findings == []  # the file alone cannot tell
    assert "the end was cut" in audit_file.verify(path, noted).findings[0]


def rewritten(path: str) -> None:
    """Somebody forges an entry and makes the whole chain after it anew."""
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("drop trigger audit_is_not_changed")
        before = BEGINNING
        for number, body in db.execute("select number, body from audit order by number").fetchall():
            forged = body.replace(b"key:1", b"key:2")
            before = digest(before, forged)
            db.execute("update audit set body = ?, hash = ? where number = ?", (forged, before, number))
        db.execute("update audit_chain set head = ?", (before,))


async def test_a_chain_that_was_made_anew_is_found_by_what_was_noted_down(path: str) -> None:
    third = (await kept(path))[2]
    rewritten(path)
    assert audit_file.verify(path).findings == []
    (finding,) = audit_file.verify(path, (3, third.hash.hex())).findings
    assert "another hash" in finding


async def test_what_was_noted_down_of_a_pruned_entry_proves_nothing_and_says_so(path: str) -> None:
    first = (await kept(path))[0]
    store = SqliteStore(path)
    await store.open()
    assert await store.audit.prune(NOW + timedelta(minutes=2), 100, NOW) == 2
    await store.close()
    (finding,) = audit_file.verify(path, (1, first.hash.hex())).findings
    assert "it is pruned" in finding


async def test_an_export_is_what_another_program_can_check(path: str) -> None:
    await kept(path, 1_200)  # more than a page
    before = "00" * 32
    for number, one in enumerate(audit_file.entries(path), 1):
        read_back = msgspec.json.decode(one.line, type=dict[str, msgspec.Raw])
        entry = bytes(read_back["entry"])
        assert msgspec.json.decode(entry)["number"] == number
        assert msgspec.json.decode(read_back["before"]) == before
        before = msgspec.json.decode(read_back["hash"], type=str)
        assert (
            digest(bytes.fromhex(msgspec.json.decode(read_back["before"], type=str)), entry).hex() == before
        )
    assert [one.number for one in audit_file.entries(path, 1_198)] == [1_199, 1_200]


async def test_the_file_is_read_beside_the_store_that_writes_it(path: str) -> None:
    store = SqliteStore(path)
    await store.open()
    await store.audit.note(deed())
    assert (audit_file.verify(path).entries, audit_file.verify(path).findings) == (1, [])
    await store.audit.note(deed())
    assert audit_file.verify(path).entries == 2
    await store.close()


async def test_a_file_from_before_there_was_an_audit_says_so(path: str) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute("create table journal (a)")
    with pytest.raises(StoreError, match="older version"):
        audit_file.verify(path)
