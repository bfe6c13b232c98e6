"""The store's log: taken in time, bounded, and told who holds it; and what all files may take together."""

import asyncio
import sqlite3
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gateway.store.base import Appended
from gateway.store.files import network, readers
from gateway.store.journal_file import PAGE_ROWS, JournalFile
from gateway.store.sqlite import SqliteStore
from schemas.ids import Cursor
from tests.contract.records import ignore, noise
from tests.fakes import until
from tests.gateway.handmade import bench
from tests.gateway.test_resume import tell
from tests.patience import PATIENCE_S

MIB = 1024 * 1024
_READER = """
import sqlite3, sys
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute("begin")
db.execute("select count(*) from journal").fetchone()
print("reads", flush=True)
sys.stdin.readline()
"""


@asynccontextmanager
async def reading(path: Path) -> AsyncIterator[int]:
    """Another process that keeps a reading transaction open: its number."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", _READER, str(path)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        async with asyncio.timeout(PATIENCE_S):
            await process.stdout.readline()
        yield process.pid
    finally:
        process.kill()
        await process.communicate()


def large(first: int, last: int, size_bytes: int = 10_000) -> list[Appended]:
    return [
        Appended(Cursor(n), "interaction.held", "p", "s", "a", "", noise(n, size_bytes))
        for n in range(first, last + 1)
    ]


def size_of(path: Path) -> int:
    return sum(one.stat().st_size for one in path.parent.glob(f"{path.name}*"))


@pytest.fixture
def quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("writer.WATCH_S", "log_file.WATCH_S", "log_file.CHECKPOINT_S", "log_file.HELD_S"):
        monkeypatch.setattr(f"gateway.store.{name}", 0.02)


@pytest.mark.usefixtures("quickly")
async def test_who_holds_the_log_is_told_and_that_it_is_over(tmp_path: Path) -> None:
    path = tmp_path / "t.db"
    async with bench(path=str(path)) as standing:
        store = standing.gateway.store
        async with reading(path) as process:
            await tell(standing, 5)
            await until(lambda: bool(store.log.note))
            ready = await standing.request("GET", "/readyz")
            assert ready.status == 200
            notes = ready.json()["notes"]
            assert isinstance(notes, dict)
            assert f"process {process} (python" in str(notes["store_log"])
            metrics = (await standing.request("GET", "/metrics")).body.decode()
            assert "trunkline_store_log_held_seconds 0.0\n" not in metrics
        await until(lambda: not store.log.note and not store.log.held_s)
        assert (await standing.request("GET", "/readyz")).json()["notes"] == {}
        metrics = (await standing.request("GET", "/metrics")).body.decode()
        (count,) = [
            line for line in metrics.splitlines() if line.startswith("trunkline_store_log_checkpoints")
        ]
        assert float(count.split()[1]) > 0


@pytest.mark.usefixtures("quickly")
async def test_a_log_that_grew_is_cut_as_soon_as_nobody_reads_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.store.log_file.MOST_BYTES", 5 * MIB)
    path = tmp_path / "t.db"
    store = SqliteStore(str(path))
    await store.open()
    async with reading(path):
        for n in range(100, 900, 100):
            store.append(large(n, n + 99), ignore)
            await store.barrier()
        assert store.log.size_bytes > 5 * MIB
    await until(lambda: store.log.size_bytes == 0)
    store.append(large(900, 901), ignore)
    await store.barrier()
    assert len(await store.read(Cursor(99), 2000)) == 802
    await store.close()


@pytest.mark.usefixtures("quickly")
async def test_what_is_quiet_is_taken_into_the_database_too(tmp_path: Path) -> None:
    store = SqliteStore(str(tmp_path / "t.db"))
    await store.open()
    store.append(large(1, 2), ignore)
    await store.barrier()
    before = store.log.checkpoints
    await until(lambda: store.log.checkpoints > before)
    await store.close()


@pytest.mark.parametrize("backwards", [False, True])
async def test_who_stops_in_mid_journal_holds_nothing(tmp_path: Path, *, backwards: bool) -> None:
    path = tmp_path / "t.db"
    store = SqliteStore(str(path))
    await store.open()
    for n in range(1, PAGE_ROWS * 3):
        store.append(large(n, n), ignore)
        await store.barrier()
    other = sqlite3.connect(path)
    with JournalFile(str(path)) as journal:
        events = journal.backwards() if backwards else journal.events()
        begun = [next(events).cursor for _ in range(PAGE_ROWS + 2)]
        store.append(large(n + 1, n + 1), ignore)
        await store.barrier()
        assert other.execute("pragma wal_checkpoint(truncate)").fetchone()[0] == 0
        rest = [event.cursor for event in events]
    everything = list(range(1, PAGE_ROWS * 3))
    assert begun + rest == (everything[::-1] if backwards else [*everything, n + 1])
    other.close()
    await store.close()


async def test_the_bound_is_on_all_files_together(tmp_path: Path) -> None:
    path = tmp_path / "t.db"
    most = 12 * MIB
    store = SqliteStore(str(path))
    await store.open()
    for n in range(0, 3000, 100):  # some 30 MB
        store.append(large(n + 1, n + 100), ignore)
        await store.barrier()
    await store.checkpoint(store.last_cursor(), b"{}" * MIB)  # counts, and is no event
    long_ago = datetime.now(UTC) - timedelta(days=1)
    while await store.prune(long_ago, max(0, most - await store.other_bytes())):
        continue
    while await store.compact(most):
        continue
    assert len(await store.read(Cursor(0), 5000)) > 300
    await store.close()
    assert size_of(path) < most


def test_network_file_systems_are_known_by_their_mounts() -> None:
    mounts = (
        "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n"
        "23 22 0:40 / /srv rw - nfs4 server:/srv rw\n"
        "24 22 0:41 / /srv/local\\040disk rw - xfs /dev/sdb rw\n"
        "25 22 0:42 / /mnt rw - fuse.s3fs s3fs rw\n"
        "26 22 0:43 / /win rw master:2 propagate_from:1 - cifs //server/share rw\n"
        "27 22 0:44 / /vm rw - 9p host rw\n"
        "28 22 0:45 / /disk rw - fuseblk /dev/sdc rw\n"
        "nonsense\n"
    )
    found = {
        path: network(path, mounts)
        for path in ("/t.db", "/srv/t.db", "/srv/local disk/t.db", "/mnt/a/t.db", "/win/t.db", "/vm/t.db")
    }
    assert list(found.values()) == ["", "nfs4", "", "fuse.s3fs", "cifs", "9p"]
    assert network("/disk/t.db", mounts) == ""
    assert network("/srvother/t.db", mounts) == ""


async def test_a_store_on_a_network_file_system_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(f"22 1 0:40 / {tmp_path} rw - nfs4 server:/srv rw\n")
    monkeypatch.setattr("gateway.store.files._MOUNTS", mounts)
    async with bench(path=str(tmp_path / "t.db")) as standing:
        ready = await standing.request("GET", "/readyz")
        assert ready.status == 200
        assert "network file system (nfs4)" in ready.body.decode()
        assert b"trunkline_store_on_network 1.0" in (await standing.request("GET", "/metrics")).body


def test_readers_are_those_that_lock_the_index_for_reading() -> None:
    locks = (
        "1: POSIX  ADVISORY  READ 41 fe:00:77 124 124\n"
        "2: POSIX  ADVISORY  READ 42 fe:00:77 128 128\n"  # has it open, and reads nothing
        "3: POSIX  ADVISORY  WRITE 43 fe:00:77 120 120\n"
        "4: POSIX  ADVISORY  READ 44 fe:00:78 124 124\n"
        "5: FLOCK  ADVISORY  READ 45 fe:00:77 0 EOF\n"
        "6: -> POSIX  ADVISORY  READ 46 fe:00:77 124 124\n"  # waits for it
    )
    assert [number for number, _ in readers(77, locks)] == [41]
