"""What the embedded store owes beside the contract: outliving the process, and saying what is wrong."""

import asyncio
import os
import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from gateway.store.base import Appended
from gateway.store.migrate import Migration, known, migrate
from gateway.store.sqlite import ROW_EVENTS, SqliteStore
from schemas.errors import StoreError
from schemas.ids import Cursor, WebhookId
from tests.contract.records import delivery, events, ignore, question, record, webhook


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
    assert {os.stat(path + suffix).st_mode & 0o077 for suffix in ("", "-wal", ".lock")} == {0}  # noqa: PTH116
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


async def test_a_failure_to_write_is_told_once_and_nothing_is_committed_after_it(path: str) -> None:
    store = SqliteStore(path)
    await store.open()
    heard: list[StoreError] = []
    failed = asyncio.Event()

    def hear(error: StoreError) -> None:
        heard.append(error)
        failed.set()

    store.on_failure = hear
    store.append(events(1, 1), ignore)
    await store.barrier()
    told: list[Sequence[Appended]] = []
    store.append(events(1, 1), told.append)  # the cursor is there already
    waiting = asyncio.ensure_future(store.put_command(record("c1")))
    await failed.wait()
    with pytest.raises(StoreError, match="UNIQUE"):
        await waiting
    with pytest.raises(StoreError):
        store.append(events(2, 2), told.append)
    with pytest.raises(StoreError):
        await store.barrier()
    assert not told
    assert len(heard) == 1
    assert store.pending() == 0
    assert await store.read(Cursor(0), 10) == events(1, 1)
    await store.close()
