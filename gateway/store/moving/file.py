"""The file's side of a move: one that is read and left as it is, and one that is made.

What is made has another name until it is whole, so no gateway opens a part of a store. It says what it is a
copy of; who comes again goes on with it.
"""

import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final
from urllib.parse import quote

from gateway.store import copies
from gateway.store.base import Appended
from gateway.store.database import PAGE_BYTES
from gateway.store.files import StoreLock
from gateway.store.jetstream.records import Commit
from gateway.store.jetstream.rows import KEYS
from gateway.store.migrate import known, migrate
from gateway.store.rows import ROW_EVENTS, decode_row, encode_row
from gateway.store.writer import explain
from schemas.errors import StoreError
from schemas.ids import Cursor

_PAGE_ROWS: Final = 16
_MOVING: Final = "create table if not exists moving (source text not null)"


def newest_epoch(db: sqlite3.Connection) -> str:
    """What tells one state of a store from any other, as each start begins an epoch. Empty: none ever did."""
    row = db.execute("select id from epochs order by number desc limit 1").fetchone()
    return "" if row is None else str(row[0])


def epochs_of(db: sqlite3.Connection) -> list[str]:
    """All that the store has."""
    return [str(one) for (one,) in db.execute("select id from epochs order by number").fetchall()]


def commits_of(db: sqlite3.Connection, after: Cursor) -> Iterator[Commit]:
    """The rows of a journal after a cursor, read in pages."""
    last = int(after)
    while rows := db.execute(
        "select last_cursor, at, body, checksum, private from journal where last_cursor > ?"
        " order by last_cursor limit ?",
        (last, _PAGE_ROWS),
    ).fetchall():
        for last, at, body, checksum, private in rows:
            events = decode_row(Cursor(last), body, checksum)
            yield Commit(at, [one for one in events if one.cursor > after], private or b"")


class SourceFile:
    """A store's file, locked against a gateway, and only read. Raises StoreError."""

    def __init__(self, path: str) -> None:
        if not Path(path).is_file():
            raise StoreError(f"store {path}: there is no such file")
        self._path = path
        self._lock = _locked(path)
        try:
            # A log that holds something is read too; else nothing is laid beside the file
            log = Path(f"{path}-wal")
            how = "mode=ro" if log.is_file() and log.stat().st_size else "immutable=1"
            self.db = sqlite3.connect(f"file:{quote(path)}?{how}", uri=True, check_same_thread=False)
            self._is_current()
        except sqlite3.Error as error:
            self._lock.release()
            raise explain(path, error) from error
        except StoreError:
            self.close()
            raise

    def _is_current(self) -> None:
        applied = {name for (name,) in self.db.execute("select name from migrations").fetchall()}
        if applied != {one.name for one in known()}:
            raise StoreError(
                f"store {self._path}: is of another version of the program; start this one's gateway on it"
                " once, and stop it"
            )
        if not newest_epoch(self.db):
            raise StoreError(f"store {self._path}: no gateway ever ran on it; there is nothing to move")

    def close(self) -> None:
        """Let go."""
        self.db.close()
        self._lock.release()


class TargetFile:
    """The file that is made, under another name until it is whole. Raises StoreError."""

    def __init__(self, path: str) -> None:
        self._path = Path(os.path.realpath(path))
        self.part = Path(f"{self._path}.moving")
        if not self._path.parent.is_dir():
            raise StoreError(f"store {path}: there is no such folder")
        self._lock = _locked(str(self.part))
        try:
            self.db = self._connect()
        except sqlite3.Error as error:
            self._lock.release()
            raise explain(str(self.part), error) from error

    def _connect(self) -> sqlite3.Connection:
        db = sqlite3.connect(self.part, isolation_level=None, check_same_thread=False)
        db.execute(f"pragma page_size={PAGE_BYTES}")
        db.execute("pragma auto_vacuum=incremental")
        db.execute("pragma journal_mode=wal")
        migrate(db, known())
        db.execute(_MOVING)
        return db

    @property
    def source(self) -> str:
        """The newest epoch of what it is a copy of; empty if it was not begun."""
        row = self.db.execute("select source from moving").fetchone()
        return "" if row is None else str(row[0])

    def begin(self, source: str) -> None:
        """Anew, as a copy of that."""
        self.db.execute("begin immediate")
        self._clear()
        self.db.execute("delete from journal")
        self.db.execute("update journal_size set bytes = 0")
        self.db.execute("delete from moving")
        self.db.execute("insert into moving values (?)", (source,))
        self.db.execute("commit")

    def _clear(self) -> None:
        self.db.execute("update audit_chain set first = last + 1")  # its entries may go then
        for table in KEYS:
            if table != "audit_chain":
                self.db.execute(f"delete from {table}")  # noqa: S608  # names of ours
        self.db.execute(
            "update audit_chain set first = 1, before = zeroblob(32), last = 0, head = zeroblob(32)"
        )

    @property
    def last(self) -> Cursor:
        """Of the events that it has."""
        (last,) = self.db.execute("select coalesce(max(last_cursor), 0) from journal").fetchone()
        return Cursor(last)

    def append(self, commits: Sequence[Commit]) -> None:
        """Write rows of the journal, in one transaction."""
        size = 0
        self.db.execute("begin immediate")
        for at, events, private in commits:
            body, checksum = encode_row(events)
            size += len(body)
            self.db.execute(
                "insert into journal (last_cursor, first_cursor, count, at, body, checksum, private)"
                " values (?, ?, ?, ?, ?, ?, ?)",
                (events[-1].cursor, events[0].cursor, len(events), at, body, checksum, private or None),
            )
        self.db.execute("update journal_size set bytes = bytes + ?", (size,))
        self.db.execute("commit")

    def begin_tables(self) -> None:
        """All rows go in by one transaction, or none."""
        self.db.execute("begin immediate")
        self._clear()

    def end_tables(self) -> None:
        """They are there."""
        self.db.execute("commit")

    def is_taken(self) -> bool:
        """Whether there is a store where it belongs, or a log of one."""
        return any(one.exists() for one in copies.files(self._path))

    def place(self, *, replace: bool) -> str:
        """Give it its name; returns where the former store is, if there was one."""
        self.db.execute("drop table moving")
        self.db.execute("pragma wal_checkpoint(truncate)").fetchall()
        self.db.close()
        former = ""
        if self.is_taken():
            if not replace:
                raise StoreError(f"{self._path}: has been made by somebody else meanwhile")
            lock = _locked(str(self._path)) if self._path.exists() else None
            former = copies.move_aside(self._path)
            if lock is not None:
                lock.release()
        copies.own_as(self.part, self._path.parent)
        copies.place(self.part, self._path, replace=False)
        self.close()
        return former

    def close(self) -> None:
        """Let go of it; what is not whole stays, to be gone on with."""
        self.db.close()
        self._lock.release()


class Joining:
    """Puts pieces of commits together again, to rows as large as the file has them."""

    def __init__(self, write: Callable[[Commit], None]) -> None:
        self._write = write
        self._at = 0
        self._events: list[Appended] = []

    def add(self, commit: Commit) -> None:
        """The next piece. A row ends with what is private of it, and has one time."""
        fits = len(self._events) + len(commit.events) <= ROW_EVENTS
        if self._events and not (fits and commit.at == self._at):
            self.flush()
        self._at = commit.at
        self._events += commit.events
        if commit.private:
            self.flush(commit.private)

    def flush(self, private: bytes = b"") -> None:
        """Write what is together."""
        if self._events:
            self._write(Commit(self._at, self._events, private))
            self._events = []


def _locked(path: str) -> StoreLock:
    try:
        return StoreLock(path)
    except StoreError as error:
        raise StoreError(f"store {path}: {error}; stop the gateway first") from error
