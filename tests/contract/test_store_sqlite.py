"""What the embedded store owes beside the contract: outliving the process, and saying what is wrong."""

import asyncio
import os
import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from zlib import crc32

import msgspec
import pytest

from gateway.store.base import Appended
from gateway.store.migrate import Migration, known, migrate
from gateway.store.rows import ROW_EVENTS, DamagedRowError, decode_row, encode_row
from gateway.store.sqlite import SqliteStore
from schemas.errors import StoreError
from schemas.ids import Cursor, WebhookId
from tests.contract.full_disk import full_disk
from tests.contract.records import delivery, events, ignore, noise, question, record, webhook
from tests.patience import PATIENCE_S


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "trunkline.db")


async def test_everything_outlives_the_process(path: str) -> None:
    store = SqliteStore(path)
    await store.open()
    store.append(events(1, 600), ignore)
    await store.put_command(record("c1"))
    await store.put_needinfo(question("n1"), None)
    await store.checkpoint(Cursor(400), b"{}")
    await store.deliveries.put_webhook(webhook())
    await store.deliveries.queue([delivery(1)], Cursor(1))
    secret = await store.secret("s")
    store.append(events(601, 602), ignore)
    await store.close()
    await store.close()

    store = SqliteStore(path)
    await store.open()
    assert store.last_cursor() == 602
    assert await store.read(Cursor(0), 1000) == events(1, 602)
    assert await store.open_commands() == [record("c1")]
    assert await store.open_needinfos() == [question("n1")]
    assert await store.last_checkpoint() == (400, b"{}")
    assert await store.deliveries.pending(WebhookId("w1"), Cursor(0), 9) == [delivery(1)]
    assert await store.deliveries.mark() == 1
    assert await store.secret("s") == secret
    await store.close()


async def test_the_last_cursor_outlives_the_events(path: str) -> None:
    store = SqliteStore(path)
    await store.open()
    store.append(events(1, 10), ignore)
    await store.checkpoint(Cursor(10), b"{}")
    assert await store.prune(datetime.now(UTC) + timedelta(days=1), 10**9) == 10
    await store.close()
    store = SqliteStore(path)
    await store.open()
    assert store.last_cursor() == 10
    await store.close()


async def test_what_no_checkpoint_covers_is_not_pruned(path: str) -> None:
    store = SqliteStore(path)
    await store.open()
    for n in range(1, 21):
        store.append(events(n, n), ignore)
        await store.barrier()
    later = datetime.now(UTC) + timedelta(days=1)
    assert await store.prune(later, 0) == 0
    await store.checkpoint(Cursor(12), b"{}")
    assert await store.prune(later, 0) == 12
    assert await store.first_cursor() == 13
    await store.close()


async def test_a_crash_loses_nothing_that_was_told_as_committed(path: str, tmp_path: Path) -> None:
    store = SqliteStore(path)
    await store.open()
    copies: list[tuple[int, Path]] = []

    def crash(batch: Sequence[Appended]) -> None:
        folder = tmp_path / f"crash-{len(copies)}"
        folder.mkdir()
        for suffix in ("", "-wal"):
            shutil.copy(path + suffix, str(folder / "trunkline.db") + suffix)
        copies.append((batch[-1].cursor, folder))

    for n in range(1, 2000, 100):
        store.append(events(n, n + 99), crash if n % 500 == 1 else ignore)
        await asyncio.sleep(0)
    await store.barrier()
    await store.close()
    assert len(copies) == 4
    for committed, folder in copies:
        revived = SqliteStore(str(folder / "trunkline.db"))
        await revived.open()
        last = revived.last_cursor()
        assert last >= committed
        assert await revived.read(Cursor(0), 5000) == events(1, last)
        revived.append(events(last + 1, last + 1), ignore)
        await revived.close()


async def test_what_arrives_together_shares_a_row_up_to_a_bound(path: str) -> None:
    store = SqliteStore(path)
    await store.open()
    for n in range(1, ROW_EVENTS + 11):
        store.append(events(n, n), ignore)
    await store.close()
    db = sqlite3.connect(path)
    assert db.execute("select count from journal order by last_cursor").fetchall() == [(ROW_EVENTS,), (10,)]
    db.close()


async def test_a_second_process_is_refused(path: str) -> None:
    first, second = SqliteStore(path), SqliteStore(path)
    await first.open()
    with pytest.raises(StoreError, match="in use by another process"):
        await second.open()
    await first.close()
    third = SqliteStore(path)
    await third.open()
    await third.close()


async def test_the_files_are_for_their_owner_only(path: str) -> None:
    store = SqliteStore(path)
    await store.open()
    store.append(events(1, 1), ignore)
    await store.barrier()
    assert {os.stat(path + suffix).st_mode & 0o077 for suffix in ("", "-wal")} == {0}  # noqa: PTH116
    await store.close()


async def test_a_folder_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no such folder"):
        await SqliteStore(str(tmp_path / "nowhere" / "trunkline.db")).open()


async def test_a_file_that_is_no_database_is_said_so(path: str) -> None:
    Path(path).write_bytes(b"my shopping list\n" * 300)  # noqa: ASYNC240  # nothing else runs
    with pytest.raises(StoreError, match="no database, or damaged"):
        await SqliteStore(path).open()


async def test_a_newer_schema_is_refused(path: str) -> None:
    store = SqliteStore(path)
    await store.open()
    await store.close()
    db = sqlite3.connect(path)
    db.execute("insert into migrations values (999, '0999_future.sql', 'x')")
    db.commit()
    db.close()
    with pytest.raises(StoreError, match=r"newer than this program \(0999_future.sql"):
        await SqliteStore(path).open()


@pytest.fixture
def database() -> Iterator[sqlite3.Connection]:
    db = sqlite3.connect(":memory:", isolation_level=None)
    yield db
    db.close()


def test_migrations_are_numbered_without_a_gap_and_applied_once(database: sqlite3.Connection) -> None:
    steps = known()
    assert steps[0].version == 1
    assert all(after.version == before.version + 1 for before, after in pairwise(steps))
    migrate(database, steps)
    migrate(database, steps)
    later = Migration(
        steps[-1].version + 1,
        "later.sql",
        "create table more (x);\n-- a comment\ninsert into more values (1);\n",
    )
    migrate(database, (*steps, later))
    migrate(database, (*steps, later))
    assert database.execute("select x from more").fetchall() == [(1,)]


def test_a_migration_that_was_changed_afterwards_is_refused(database: sqlite3.Connection) -> None:
    migrate(database, [Migration(1, "0001_a.sql", "create table a (x);\n")])
    with pytest.raises(StoreError, match=r"0001_a\.sql differs"):
        migrate(database, [Migration(1, "0001_a.sql", "create table b (x);\n")])


def test_a_migration_that_fails_leaves_no_half(database: sqlite3.Connection) -> None:
    with pytest.raises(sqlite3.OperationalError):
        migrate(
            database, [Migration(1, "0001_a.sql", "create table a (x);\ninsert into nothing values (1);\n")]
        )
    assert database.execute("select name from sqlite_master where name = 'a'").fetchall() == []


class Told:
    """What a store says of its trouble."""

    def __init__(self, store: SqliteStore) -> None:
        self.all: list[str] = []
        self._changed = asyncio.Event()
        store.on_trouble = self._hear

    def _hear(self, what: str) -> None:
        self.all.append(what)
        self._changed.set()

    async def change(self) -> str:
        """The next word of it."""
        async with asyncio.timeout(PATIENCE_S):
            await self._changed.wait()
        self._changed.clear()
        return self.all[-1]


async def test_what_no_waiting_can_mend_ends_the_writing_and_is_told_once(path: str) -> None:
    store = SqliteStore(path)
    await store.open()
    trouble = Told(store)
    store.append(events(1, 1), ignore)
    await store.barrier()
    told: list[Sequence[Appended]] = []
    store.append(events(1, 1), told.append)  # the cursor is there already
    waiting = asyncio.ensure_future(store.put_command(record("c1")))
    assert "UNIQUE" in await trouble.change()
    with pytest.raises(StoreError, match="UNIQUE"):
        await waiting
    with pytest.raises(StoreError):
        store.append(events(2, 2), told.append)
    with pytest.raises(StoreError):
        await store.barrier()
    assert not told
    assert trouble.all == [store.trouble]
    assert store.pending() == 0
    assert await store.read(Cursor(0), 10) == events(1, 1)
    await store.close()


async def test_a_full_disk_loses_nothing_and_is_over_once_there_is_room(path: str) -> None:
    store = SqliteStore(path)
    await store.open()
    trouble = Told(store)
    store.append(events(1, 300), ignore)
    await store.barrier()
    told: list[int] = []
    with full_disk(path):
        store.append(events(301, 600), lambda batch: told.extend(one.cursor for one in batch))
        assert "no room" in await trouble.change()
        waiting = asyncio.ensure_future(store.put_command(record("c1")))
        store.append(events(601, 900), lambda batch: told.extend(one.cursor for one in batch))
        assert store.pending() == 600
        assert await store.read(Cursor(299), 10) == events(300, 300)  # reading goes on
    assert await trouble.change() == ""
    await waiting
    await store.barrier()
    assert told == list(range(301, 901))
    assert store.trouble == ""
    assert await store.read(Cursor(0), 1000) == events(1, 900)
    assert await store.open_commands() == [record("c1")]
    await store.close()


async def test_closing_on_a_full_disk_does_not_wait_for_room(path: str) -> None:
    store = SqliteStore(path)
    await store.open()
    trouble = Told(store)
    store.append(events(1, 300), ignore)
    await store.barrier()
    with full_disk(path):
        store.append(events(301, 600), ignore)
        await trouble.change()
        with pytest.raises(StoreError, match="no room"):
            await store.close()
    revived = SqliteStore(path)
    await revived.open()
    assert revived.last_cursor() == 300
    await revived.close()


async def test_a_write_that_is_wrong_in_itself_harms_no_other(path: str) -> None:
    store = SqliteStore(path)
    await store.open()
    told: list[Sequence[Appended]] = []
    store.append(events(1, 2), told.append)

    async def put(name: str) -> None:
        await store.put_command(record(name))

    wrong = asyncio.ensure_future(put("\ud800"))  # no text that can be written
    right = asyncio.ensure_future(put("c1"))
    with pytest.raises(UnicodeEncodeError):
        await wrong
    await right
    assert told == [events(1, 2)]
    assert store.trouble == ""
    assert await store.open_commands() == [record("c1")]
    await store.close()


async def test_a_row_that_is_not_what_was_written_is_found_and_told(path: str) -> None:
    store = SqliteStore(path)
    await store.open()
    for n in range(1, 4):
        store.append(events(n, n), ignore)
        await store.barrier()
    await store.close()
    db = sqlite3.connect(path)
    (body,) = db.execute("select body from journal where last_cursor = 2").fetchone()
    db.execute("update journal set body = ? where last_cursor = 2", (body.replace(b"anna", b"emma"),))
    db.commit()
    db.close()
    store = SqliteStore(path)
    await store.open()
    trouble = Told(store)
    assert await store.read(Cursor(2), 10) == events(3, 3)
    with pytest.raises(StoreError, match=r"the events up to 2: the checksum differs"):
        await store.read(Cursor(0), 10)
    assert "up to 2" in await trouble.change()
    await store.close()


async def test_rows_are_compressed_and_those_from_before_are_read_as_they_are(path: str) -> None:
    store = SqliteStore(path)
    await store.open()
    store.append(events(1, 100), ignore)
    store.append(events(101, 200), ignore)
    await store.barrier()
    await store.close()
    before = msgspec.msgpack.encode(events(1, 200))
    db = sqlite3.connect(path)
    (body,) = db.execute("select body from journal where last_cursor = 200").fetchone()
    assert len(body) < len(before) / 4
    assert decode_row(Cursor(200), body, None) == events(1, 200)
    db.execute("update journal set body = ?, checksum = ? where last_cursor = 200", (before, crc32(before)))
    db.commit()
    db.close()
    store = SqliteStore(path)
    await store.open()
    assert await store.read(Cursor(0), 1000) == events(1, 200)
    await store.close()


def test_a_compressed_row_that_is_damaged_is_told() -> None:
    body, checksum = encode_row(events(1, 200))
    for damaged, summed in ((body[:-20], checksum), (body[:-20], None), (b"\x28\xb5\x2f\xfd" + body, None)):
        with pytest.raises(DamagedRowError, match="the events up to 200"):
            decode_row(Cursor(200), damaged, summed)


async def test_a_damaged_page_is_told(path: str) -> None:
    store = SqliteStore(path)
    await store.open()
    for n in range(1, 40):
        bodies = [one._replace(body=noise(one.cursor, 50)) for one in events(n * 300, n * 300 + 299)]
        store.append(bodies, ignore)
        await store.barrier()
    await store.close()
    whole = bytearray(Path(path).read_bytes())  # noqa: ASYNC240  # nothing else runs
    middle = len(whole) // 2 // 16384 * 16384  # a page of the journal, and not its newest
    whole[middle : middle + 64] = b"\xff" * 64
    Path(path).write_bytes(whole)  # noqa: ASYNC240
    store = SqliteStore(path)
    await store.open()
    with pytest.raises(StoreError, match="damaged"):
        await store.read(Cursor(0), 100_000)
    assert "damaged" in store.trouble
    with suppress(StoreError):
        await store.close()


async def test_pruning_gives_the_disk_back_in_small_steps(path: str) -> None:
    store = SqliteStore(path)
    await store.open()
    for n in range(1, 200):
        store.append(events(n * 300, n * 300 + 299), ignore)
        await store.barrier()
    await store.checkpoint(store.last_cursor(), b"{}")
    later = datetime.now(UTC) + timedelta(days=1)
    while await store.prune(later, 10**9):
        continue
    steps = 0
    while await store.compact(10**9):
        steps += 1
        store.append(events(store.last_cursor() + 1, store.last_cursor() + 1), ignore)  # it goes on
    await store.close()
    assert steps > 1
    assert Path(path).stat().st_size < 1_000_000  # noqa: ASYNC240
