"""Files that are taken away under the embedded store: what it told is found after a kill all the same."""

import asyncio
import shutil
import sqlite3
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from gateway.store.base import Appended
from gateway.store.sqlite import SqliteStore
from schemas.errors import StoreError
from schemas.ids import Cursor
from tests.contract.records import events, ignore
from tests.fakes import until
from tests.patience import PATIENCE_S

_TELLER = """
import asyncio, sys
from gateway.store.sqlite import SqliteStore
from tests.contract.records import events

def told(batch):
    print(batch[-1].cursor, flush=True)

async def main():
    store = SqliteStore(sys.argv[1])
    await store.open()
    for n in range(1, 1_000_000):
        store.append(events(n, n), told)
        await store.barrier()

asyncio.run(main())
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "store"
    made.mkdir()
    return made


def remove_log(folder: Path) -> None:
    (folder / "t.db-wal").unlink()


def replace_log(folder: Path) -> None:
    (folder / "t.db-wal").rename(folder / "away")
    (folder / "t.db-wal").touch()


def remove_log_and_index(folder: Path) -> None:
    (folder / "t.db-wal").unlink()
    (folder / "t.db-shm").unlink()


def remove_index(folder: Path) -> None:
    (folder / "t.db-shm").unlink()


@pytest.mark.parametrize("take_away", [remove_log, replace_log, remove_log_and_index, remove_index])
async def test_what_is_told_after_a_file_was_taken_away_is_found_after_a_kill(
    folder: Path, take_away: Callable[[Path], None]
) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", _TELLER, str(folder / "t.db")), stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    told = 0
    try:
        async with asyncio.timeout(PATIENCE_S):
            for _ in range(30):
                await process.stdout.readline()
            take_away(folder)
            for _ in range(30):
                told = int(await process.stdout.readline())
    finally:
        process.kill()
        rest, _ = await process.communicate()
    last = max([told, *(int(line) for line in rest.splitlines(keepends=True) if line.endswith(b"\n"))])
    store = SqliteStore(str(folder / "t.db"))
    await store.open()
    assert store.last_cursor() >= last
    assert await store.read(Cursor(0), last) == events(1, last)
    await store.close()


def rename_database(folder: Path) -> Callable[[], object]:
    (folder / "t.db").rename(folder / "away.db")
    return lambda: (folder / "away.db").rename(folder / "t.db")


def replace_database(folder: Path) -> Callable[[], object]:
    (folder / "t.db").rename(folder / "away.db")
    shutil.copy(folder / "away.db", folder / "t.db")
    return lambda: (folder / "away.db").replace(folder / "t.db")


def rename_folder(folder: Path) -> Callable[[], object]:
    folder.rename(folder.with_name("away"))
    return lambda: folder.with_name("away").rename(folder)


@pytest.mark.parametrize("take_away", [rename_database, replace_database, rename_folder])
async def test_nothing_counts_as_written_until_the_database_has_its_name_again(
    folder: Path, take_away: Callable[[Path], Callable[[], object]]
) -> None:
    store = SqliteStore(str(folder / "t.db"))
    await store.open()
    store.append(events(1, 5), ignore)
    await store.barrier()
    told: list[int] = []
    put_back = take_away(folder)
    store.append(events(6, 9), lambda batch: told.append(batch[-1].cursor))
    await until(lambda: "put it back" in store.trouble.lower())
    assert "until it has its name again" in store.files_trouble
    store.append(events(10, 12), lambda batch: told.append(batch[-1].cursor))
    assert await store.read(Cursor(3), 2) == events(4, 5)  # what is durable is served
    assert not told
    put_back()
    await store.barrier()
    assert told == [9, 12]
    await until(lambda: not store.trouble and not store.files_trouble)
    await store.close()


async def test_who_stops_without_the_database_is_told_what_is_lost(folder: Path) -> None:
    store = SqliteStore(str(folder / "t.db"))
    await store.open()
    told: list[Sequence[Appended]] = []
    (folder / "t.db").unlink()
    store.append(events(1, 5), told.append)
    await until(lambda: bool(store.trouble))
    with pytest.raises(StoreError, match="removed, renamed or replaced"):
        await store.close()
    assert not told


async def test_a_reader_that_keeps_the_log_from_the_database_keeps_what_is_new_untold(folder: Path) -> None:
    store = SqliteStore(str(folder / "t.db"))
    await store.open()
    reader = sqlite3.connect(folder / "t.db", isolation_level=None)
    reader.execute("begin")
    reader.execute("select count(*) from journal").fetchone()
    store.append(events(1, 5), ignore)
    await store.barrier()
    told: list[int] = []
    remove_log(folder)
    store.append(events(6, 9), lambda batch: told.append(batch[-1].cursor))
    await until(lambda: "somebody reads" in store.trouble)
    assert not told
    reader.close()
    await store.barrier()
    assert told == [9]
    shutil.copy(folder / "t.db", folder / "killed.db")  # what a kill would leave
    await store.close()
    store = SqliteStore(str(folder / "killed.db"))
    await store.open()
    assert store.last_cursor() == 9
    await store.close()


async def test_an_index_that_was_removed_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.store.writer.WATCH_S", 0.02)
    store = SqliteStore(str(folder / "t.db"))
    await store.open()
    remove_index(folder)
    await until(lambda: "-shm" in store.files_trouble)
    assert not store.trouble
    await store.close()
