"""A store copied beside whoever writes it, and laid back: complete, checked, over nothing that is there."""

import resource
import shutil
import sqlite3
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.store import copies
from gateway.store.epochs import read_place
from gateway.store.journal_file import JournalFile
from gateway.store.sqlite import SqliteStore
from schemas.errors import StoreError
from schemas.ids import Cursor
from tests.contract.records import record
from tests.gateway.handmade import bench
from tests.gateway.test_resume import OLD_STORE, tell


@pytest.fixture
async def path(tmp_path: Path) -> Path:
    """The file of a store that somebody has used."""
    made = tmp_path / "store" / "t.db"
    made.parent.mkdir()
    async with bench(path=str(made)) as standing:
        await tell(standing, 10)
    return made


@pytest.fixture
def copy(path: Path, tmp_path: Path) -> Path:
    made = tmp_path / "copy.db"
    copies.back_up(str(path), made)
    return made


def left(folder: Path) -> list[str]:
    return sorted(one.name for one in folder.iterdir())


async def test_a_copy_made_beside_a_writer_is_complete_and_its_owners_alone(tmp_path: Path) -> None:
    path, copy = tmp_path / "t.db", tmp_path / "copies" / "copy.db"
    copy.parent.mkdir()
    async with bench(path=str(path)) as standing:
        await tell(standing, 300)
        await standing.gateway.store.put_command(record("c1"))
        told = standing.gateway.router.durable
        verdict = copies.back_up(str(path), copy)
        assert verdict.last == told
        assert (verdict.findings, stat.S_IMODE(copy.stat().st_mode)) == ([], 0o600)
        assert left(copy.parent) == ["copy.db"]  # complete by itself
        await tell(standing, 5)  # it goes on
        assert not standing.gateway.store.trouble
    with JournalFile(str(copy), alone=True) as journal:
        assert [event.cursor for event in journal.events()] == list(range(1, told + 1))


def test_a_copy_replaces_a_file_only_if_told_to(path: Path, copy: Path) -> None:
    before = copy.stat().st_ino
    with pytest.raises(StoreError, match="--force"):
        copies.back_up(str(path), copy)
    assert copy.stat().st_ino == before
    copies.back_up(str(path), copy, replace=True)
    assert copy.stat().st_ino != before


def test_a_copy_needs_no_links_where_there_are_none(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr("pathlib.os.link", refused)
    copy = tmp_path / "usb" / "copy.db"
    copy.parent.mkdir()
    copies.back_up(str(path), copy)
    assert left(copy.parent) == ["copy.db"]
    with JournalFile(str(copy), alone=True) as journal:
        assert not journal.verify().findings


def itself(path: Path) -> Path:
    return path


def by_symlink(path: Path) -> Path:
    (path.parent / "link.db").symlink_to(path)
    return path.parent / "link.db"


def by_hardlink(path: Path) -> Path:
    (path.parent / "hard.db").hardlink_to(path)
    return path.parent / "hard.db"


def its_log(path: Path) -> Path:
    return path.with_name("t.db-wal")


@pytest.mark.parametrize("other_name", [itself, by_symlink, by_hardlink, its_log])
def test_the_store_is_never_replaced_by_its_own_copy(path: Path, other_name: Callable[[Path], Path]) -> None:
    with pytest.raises(StoreError, match="is the store itself"):
        copies.back_up(str(path), other_name(path), replace=True)


def test_a_place_that_cannot_be_written_is_said_so(path: Path, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no such folder"):
        copies.back_up(str(path), tmp_path / "nowhere" / "copy.db")
    with pytest.raises(StoreError, match="is a folder"):
        copies.back_up(str(path), tmp_path)
    with pytest.raises(StoreError, match="no such file"):
        copies.back_up(str(tmp_path / "other.db"), tmp_path / "copy.db")
    (tmp_path / "copy.db-wal").touch()
    with pytest.raises(StoreError, match="a log of another file"):
        copies.back_up(str(path), tmp_path / "copy.db")


def test_a_full_disk_leaves_nothing_behind(path: Path, tmp_path: Path) -> None:
    folder = tmp_path / "copies"
    folder.mkdir()
    _, hard = limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size // 4, hard))
    try:
        with pytest.raises(StoreError, match=r"room|full"):
            copies.back_up(str(path), folder / "copy.db")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert left(folder) == []


def test_what_is_damaged_is_not_copied_as_if_it_were_well(path: Path, tmp_path: Path) -> None:
    db = sqlite3.connect(path)
    db.execute(
        "update journal set body = zeroblob(9) where last_cursor = (select max(last_cursor) from journal)"
    )
    db.commit()
    db.close()
    with pytest.raises(StoreError, match="the checksum differs"):
        copies.back_up(str(path), tmp_path / "copy.db")
    assert not (tmp_path / "copy.db").exists()


async def test_a_restored_store_goes_on_where_the_copy_was_and_tells_the_gap(path: Path, copy: Path) -> None:
    async with bench(path=str(path)) as standing:
        await tell(standing, 10)
        store = standing.gateway.store
        lost = read_place(store.epochs.resume(store.last_cursor()))
        common = read_place(store.epochs.resume(Cursor(4)))
    restored = copies.restore(copy, str(path), replace=True)
    assert not restored.verdict.findings
    async with bench(path=str(path)) as standing:
        await tell(standing, 40)
        epochs = standing.gateway.store.epochs
        assert not epochs.holds(lost)
        assert epochs.holds(common)
        assert not standing.gateway.standby.on
    former = Path(restored.former)
    assert former.parent == path.parent
    async with bench(path=str(former)) as standing:
        assert standing.gateway.store.last_cursor() >= lost.cursor


async def test_a_store_that_was_copied_by_hand_begins_an_epoch_too(path: Path, tmp_path: Path) -> None:
    async with bench(path=str(path)) as standing:
        await tell(standing, 3)
        kept = tmp_path / "by-hand.db"
        for suffix in ("", "-wal"):
            shutil.copy(f"{path}{suffix}", f"{kept}{suffix}")
        await tell(standing, 3)
        lost = read_place(standing.gateway.store.epochs.resume(standing.gateway.store.last_cursor()))
    async with bench(path=str(kept)) as standing:
        await tell(standing, 40)
        assert not standing.gateway.store.epochs.holds(lost)


def test_nothing_is_laid_over_a_store_or_beside_anothers_log(path: Path, copy: Path, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="there is a store; --force"):
        copies.restore(copy, str(path))
    for suffix in ("-wal", "-shm"):
        other = tmp_path / "other.db"
        log = Path(f"{other}{suffix}")
        log.write_bytes(b"log")
        with pytest.raises(StoreError, match=f"other.db{suffix} lies there"):
            copies.restore(copy, str(other))
        restored = copies.restore(copy, str(other), replace=True)
        assert Path(f"{restored.former}{suffix}").read_bytes() == b"log"
        assert not log.exists()
        other.unlink()


async def test_a_store_in_use_is_not_replaced_whatever_is_asked_for(path: Path, copy: Path) -> None:
    link = path.parent / "link.db"
    link.symlink_to(path)
    store = SqliteStore(str(path))
    await store.open()
    for name in (path, link):
        with pytest.raises(StoreError, match="in use"):
            copies.restore(copy, str(name), replace=True)
    await store.put_command(record("c1"))
    await store.close()


def test_what_is_no_backup_is_refused_and_what_is_there_stays(path: Path, copy: Path, tmp_path: Path) -> None:
    whole = copy.read_bytes()
    text = tmp_path / "list.txt"
    text.write_bytes(b"my shopping list\n" * 300)
    beside = tmp_path / "live.db"
    beside.write_bytes(whole)
    Path(f"{beside}-wal").write_bytes(b"x" * 100)
    damaged = tmp_path / "damaged.db"
    damaged.write_bytes(whole[: len(whole) // 2])
    newer = tmp_path / "newer.db"
    newer.write_bytes(whole)
    db = sqlite3.connect(newer)
    db.execute("insert into migrations values (999, '0999_future.sql', 'x')")
    db.commit()
    db.close()
    before = path.read_bytes()
    for file, why in (
        (text, "no database"),
        (beside, "is no backup, but a store"),
        (damaged, "damaged"),
        (newer, "newer than this program"),
        (tmp_path / "none.db", "no such file"),
        (path, "is the store itself"),
    ):
        with pytest.raises(StoreError, match=why):
            copies.restore(file, str(path), replace=True)
    assert path.read_bytes() == before
    assert not [name for name in left(path.parent) if "part" in name or "former" in name]


async def test_a_store_of_before_is_copied_and_upgraded_by_laying_it_back(tmp_path: Path) -> None:
    old, copy, path = tmp_path / "old.db", tmp_path / "copy.db", tmp_path / "t.db"
    db = sqlite3.connect(old)
    db.executescript(OLD_STORE.read_text("utf-8"))
    db.close()
    verdict = copies.back_up(str(old), copy)
    assert verdict.events >= 10
    copies.restore(copy, str(path), standby=True)
    store = SqliteStore(str(path))
    await store.open()
    assert len(await store.read(Cursor(0), 1000)) == verdict.events
    assert await store.standby()
    await store.close()
