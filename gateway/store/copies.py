"""A store's file, copied while a gateway runs on it, and laid back in its place while none does.

A copy is made by SQLite in one pass (VACUUM INTO): of one moment, complete in one file, without a log beside
it. It is checked before it gets its name. Nothing is ever deleted to make room for it. To be used in a
process of its own: a gateway's may not open and close its store.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import quote

from gateway.store.files import StoreLock
from gateway.store.journal_file import JournalFile, Verdict
from gateway.store.migrate import known, migrate
from gateway.store.whole_file import set_standby
from gateway.store.writer import explain
from schemas.errors import StoreError

_BESIDE: Final = ("-wal", "-shm", "-journal")
_OWNER_ONLY: Final = 0o600
_NO_ROOM: Final = ("SQLITE_FULL", "SQLITE_IOERR")


class Restored(NamedTuple):
    """What is in place now, and where the former store is, if there was one."""

    verdict: Verdict
    former: str


def back_up(store: str, target: Path, *, replace: bool = False) -> Verdict:
    """Copy a store to a file. Raises StoreError; then no file is new, and a former one is as it was."""
    if not Path(store).is_file():
        raise StoreError(f"store {store}: there is no such file")
    if _same(store, target):
        raise StoreError(f"{target}: is the store itself, or a file that belongs to it")
    _refuse(target, replace=replace)
    with _part(target) as part:
        _copy(f"file:{quote(store)}?mode=ro", store, part)
        verdict = _checked(part, f"store {store}", older=True)
        place(part, target, replace=replace)
    return verdict


def restore(source: Path, store: str, *, replace: bool = False, standby: bool = False) -> Restored:
    """Copy a backup to where a store belongs; a former one is moved aside.

    `standby`: the gateway on it is to hold still. Raises StoreError; then a former store is where it was, or
    where the error says.
    """
    if not source.is_file():
        raise StoreError(f"{source}: there is no such file")
    path = Path(os.path.realpath(store))
    if _same(str(path), source):
        raise StoreError(f"{source}: is the store itself, or a file that belongs to it")
    for suffix in ("-wal", "-journal"):
        log = Path(f"{source}{suffix}")
        if log.is_file() and log.stat().st_size:
            raise StoreError(
                f"{source}: is no backup, but a store, or lies beside another's log ({log.name})."
                " `trunkline backup` makes a file that is complete by itself"
            )
    there = [one for one in files(path) if one.exists()]
    if there and not replace:
        what = "there is a store" if path.exists() else f"a former store's {there[0].name} lies there"
        raise StoreError(f"{path}: {what}; --force moves it aside")
    with _locked(path), _part(path) as part:
        _copy(f"file:{quote(str(source))}?immutable=1", str(source), part)
        _prepare(part, standby=standby)
        verdict = _checked(part, str(source), older=False)
        own_as(part, path if path.exists() else path.parent)
        former = move_aside(path) if there else ""
        try:
            place(part, path, replace=False)
        except StoreError as error:
            raise StoreError(f"{error}; the former store is {former}" if former else str(error)) from error
    return Restored(verdict, former)


# --- steps


def files(path: Path) -> Iterator[Path]:
    """A store's file, and what lies beside it while it is open."""
    return (Path(f"{path}{suffix}") for suffix in ("", *_BESIDE))


def _same(store: str, other: Path) -> bool:
    """Whether a file is the store's own, by whatever name."""
    own = [*files(Path(store)), *files(Path(os.path.realpath(store)))]
    return any(
        os.path.realpath(one) == os.path.realpath(other)
        or (one.exists() and other.exists() and one.samefile(other))
        for one in own
    )


def _refuse(target: Path, *, replace: bool) -> None:
    if target.is_dir():
        raise StoreError(f"{target}: is a folder; name a file in it")
    if not target.parent.is_dir():
        raise StoreError(f"{target}: there is no such folder")
    if target.exists() and not target.is_file():
        raise StoreError(f"{target}: is there already, and no file")
    if target.exists() and not replace:
        raise StoreError(f"{target}: is there already; --force replaces it")
    for suffix in _BESIDE:
        if Path(f"{target}{suffix}").exists():
            raise StoreError(f"{target}: {target.name}{suffix} lies there, a log of another file")


@contextmanager
def _part(target: Path) -> Iterator[Path]:
    """An empty file in the same folder, for its owner only, that is gone in the end."""
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, _OWNER_ONLY))
    except OSError as error:
        raise StoreError(f"{target}: cannot be written: {error.strerror}") from error
    try:
        yield part
    finally:
        for one in files(part):
            one.unlink(missing_ok=True)


def _copy(uri: str, name: str, part: Path) -> None:
    try:
        with closing(sqlite3.connect(uri, uri=True, isolation_level=None)) as db:
            db.execute("vacuum into ?", (str(part),))
    except sqlite3.Error as error:
        no_room = getattr(error, "sqlite_errorname", "").startswith(_NO_ROOM)
        raise explain(f"{name}, to {part.parent}" if no_room else name, error) from error


def _prepare(part: Path, *, standby: bool) -> None:
    """Bring it up to date, and say whether the gateway on it is to hold still."""
    try:
        with closing(sqlite3.connect(part, isolation_level=None)) as db:
            migrate(db, known())
            set_standby(db, on=standby)
    except sqlite3.Error as error:
        raise explain(str(part), error) from error


def _checked(part: Path, name: str, *, older: bool) -> Verdict:
    with JournalFile(str(part), alone=True) as journal:
        verdict = journal.verify(older=older)
    if verdict.findings:
        count, first = len(verdict.findings), verdict.findings[0]
        raise StoreError(f"{name}: is damaged, and not copied: {first} ({count} findings)")
    return verdict


def place(part: Path, target: Path, *, replace: bool) -> None:
    """Give it its name, once it is on the disk; without `replace` never over another file."""
    try:
        _sync(part)
        if replace:
            part.replace(target)
        else:
            _name(part, target)
        with suppress(OSError):  # where a folder cannot be synchronised, this is no worse than a copy
            _sync(target.parent)
    except FileExistsError as error:
        raise StoreError(f"{target}: has been made by somebody else meanwhile") from error
    except OSError as error:
        raise StoreError(f"{target}: cannot be written: {error.strerror}") from error


def _name(part: Path, target: Path) -> None:
    """Give it a name that is free. Raises FileExistsError, OSError."""
    try:
        target.hardlink_to(part)
    except FileExistsError:
        raise
    except OSError:  # there are no links there: an empty file takes the name first
        os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, _OWNER_ONLY))
        part.replace(target)
    else:
        part.unlink()


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """As a gateway locks its store, if there is one."""
    if not path.is_file():
        yield
        return
    try:
        lock = StoreLock(str(path))
    except StoreError as error:
        raise StoreError(f"store {path}: {error}; stop the gateway first") from error
    try:
        yield
    finally:
        lock.release()


def own_as(part: Path, other: Path) -> None:
    """Whoever runs the gateway has to be able to open it."""
    found = other.stat()
    with suppress(PermissionError):
        os.chown(part, found.st_uid, found.st_gid)


def move_aside(path: Path) -> str:
    """Under another name, with all that belongs to it. It has both names before it loses the first."""
    former = f"{path}.former-{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    try:
        there = [suffix for suffix in ("", *_BESIDE) if Path(f"{path}{suffix}").exists()]
        for suffix in there:
            Path(f"{former}{suffix}").hardlink_to(f"{path}{suffix}")
        _sync(path.parent)
        for suffix in there:
            Path(f"{path}{suffix}").unlink()
    except OSError as error:
        raise StoreError(f"{path}: cannot be moved aside to {former}: {error.strerror}") from error
    return former
