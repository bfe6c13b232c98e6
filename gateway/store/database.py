"""One SQLite file: a writer thread that commits in groups, a reader thread, a lock against a second process.

What arrives while a commit is under way goes into the next one: under load the groups grow, at rest an event
waits for nobody. WAL with synchronous=FULL: what is committed has reached the disk.
"""

import asyncio
import os
import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from typing import Any, Final, Generic, Protocol, TypeVar

from gateway.store.base import Appended, Committed
from gateway.store.migrate import known, migrate
from schemas.errors import StoreError

T = TypeVar("T")
Value = int | str | bytes | None
Row = tuple[Any, ...]  # SQL is as untyped as a wire: whoever writes a query knows its columns
WriteEvents = Callable[[sqlite3.Connection, Sequence[Appended]], None]

_PAGE_BYTES: Final = 16384  # a batch of events is some 10 to 100 kB: fewer, larger pages
_CAUSES: Final = {
    "SQLITE_BUSY": "in use by another process",
    "SQLITE_LOCKED": "in use by another process",
    "SQLITE_READONLY": "cannot be written",
    "SQLITE_PERM": "cannot be written",
    "SQLITE_CANTOPEN": "cannot be opened: no such folder, or no right to it",
    "SQLITE_NOTADB": "is no database, or damaged",
    "SQLITE_CORRUPT": "is damaged",
    "SQLITE_FULL": "the disk is full",
    "SQLITE_IOERR": "the disk failed",
}


def explain(path: str, error: sqlite3.Error) -> StoreError:
    """What a person needs to know of an SQLite error."""
    name = getattr(error, "sqlite_errorname", "")
    cause = next((text for prefix, text in _CAUSES.items() if name.startswith(prefix)), "")
    return StoreError(f"store {path}: {cause} ({error})" if cause else f"store {path}: {error}")


class _Done(Protocol):
    """Something of a batch, to be told in the loop's thread how the batch went."""

    def committed(self) -> None: ...

    def failed(self, error: StoreError) -> None: ...


class _Append:
    """A run of events."""

    __slots__ = ("_callback", "_events")

    def __init__(self, events: Sequence[Appended], callback: Committed) -> None:
        self._events = events
        self._callback = callback

    def committed(self) -> None:
        self._callback(self._events)

    def failed(self, error: StoreError) -> None:
        """Nobody waits: `on_failure` tells it."""


class _Work(Protocol):
    """Something to be done inside the transaction, in the writer's thread."""

    def execute(self, db: sqlite3.Connection) -> None: ...


class _Write(Generic[T]):
    """Any other write: runs in the writer's thread, inside the batch's transaction."""

    __slots__ = ("_future", "_result", "_run")

    def __init__(self, run: Callable[[sqlite3.Connection], T], future: asyncio.Future[T]) -> None:
        self._run = run
        self._future = future
        self._result: list[T] = []

    def execute(self, db: sqlite3.Connection) -> None:
        self._result = [self._run(db)]

    def committed(self) -> None:
        if not self._future.done():
            self._future.set_result(self._result[0])

    def failed(self, error: StoreError) -> None:
        if not self._future.done():
            self._future.set_exception(error)


class _Batch:
    """What goes into one transaction."""

    __slots__ = ("events", "parts", "writes")

    def __init__(self) -> None:
        self.events: list[Appended] = []
        self.writes: list[_Work] = []
        self.parts: deque[_Done] = deque()  # both, in order


class Database:
    """The file, its threads and its lock."""

    def __init__(self, path: str, write_events: WriteEvents) -> None:
        self.on_failure: Callable[[StoreError], None] | None = None
        self._path = path
        self._write_events = write_events
        self._loop: asyncio.AbstractEventLoop | None = None
        self._connections: list[sqlite3.Connection] = []  # lock, writer, reader
        self._inbox: SimpleQueue[_Batch | None] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._reader = ThreadPoolExecutor(max_workers=1, thread_name_prefix="store-reader")
        self._next = _Batch()
        self._busy = False  # a batch is with the writer, or a flush is scheduled
        self._pending = 0
        self._failure: StoreError | None = None

    async def open(self, prepare: Callable[[sqlite3.Connection], None]) -> None:
        """Lock, connect, migrate; `prepare` may read what it needs. Raises StoreError."""
        self._loop = asyncio.get_running_loop()
        try:
            await self._loop.run_in_executor(self._reader, self._open, prepare)
        except (StoreError, sqlite3.Error) as error:
            self._disconnect()
            self._reader.shutdown(wait=False)
            if isinstance(error, sqlite3.Error):
                raise explain(self._path, error) from error
            raise StoreError(f"store {self._path}: {error}") from error
        self._thread = threading.Thread(target=self._work, name="store-writer", daemon=True)
        self._thread.start()

    def _open(self, prepare: Callable[[sqlite3.Connection], None]) -> None:
        # A lock of its own: SQLite's exclusive mode would shut our own reader out as well.
        lock = self._connect(f"{self._path}.lock", timeout_s=0)
        lock.execute("pragma journal_mode=delete")
        lock.execute("begin exclusive")
        writer = self._connect(self._path)
        writer.execute(f"pragma page_size={_PAGE_BYTES}")
        writer.execute("pragma journal_mode=wal")
        writer.execute("pragma synchronous=full")
        migrate(writer, known())
        prepare(writer)
        reader = self._connect(self._path)
        reader.execute("pragma query_only=on")

    def _connect(self, path: str, timeout_s: float = 5.0) -> sqlite3.Connection:
        if not Path(path).exists() and Path(path).parent.is_dir():
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))  # customers' data and secrets
        db = sqlite3.connect(path, timeout=timeout_s, isolation_level=None, check_same_thread=False)
        self._connections.append(db)
        return db

    async def close(self) -> None:
        """Write what waits, then let go."""
        if self._thread is None or self._loop is None:
            return
        thread, self._thread = self._thread, None
        try:
            if self._failure is None:
                await self.barrier()
        finally:
            self._inbox.put(None)
            await self._loop.run_in_executor(self._reader, thread.join)
            self._reader.shutdown(wait=False)
            self._disconnect()
            self._failure = self._failure or StoreError(f"store {self._path}: closed")

    def _disconnect(self) -> None:
        while self._connections:
            self._connections.pop().close()

    # --- in the loop's thread

    def append(self, events: Sequence[Appended], callback: Committed) -> None:
        """Take events into the next batch."""
        if self._failure is not None:
            raise self._failure
        self._pending += len(events)
        self._next.events.extend(events)
        self._next.parts.append(_Append(events, callback))
        if not self._busy:
            self._schedule()

    def pending(self) -> int:
        """Events not yet committed."""
        return self._pending

    async def write(self, run: Callable[[sqlite3.Connection], T]) -> T:
        """Run in the next batch's transaction; durable on return."""
        if self._failure is not None:
            raise self._failure
        if self._loop is None:
            raise StoreError(f"store {self._path}: not open")
        future: asyncio.Future[T] = self._loop.create_future()
        write = _Write(run, future)
        self._next.writes.append(write)
        self._next.parts.append(write)
        if not self._busy:
            self._schedule()
        return await future

    async def read(self, run: Callable[[sqlite3.Connection], T]) -> T:
        """Run in the reader's thread, on what is committed."""
        if self._loop is None or not self._connections:
            raise self._failure or StoreError(f"store {self._path}: not open")
        try:
            return await self._loop.run_in_executor(self._reader, run, self._connections[-1])
        except sqlite3.Error as error:
            raise explain(self._path, error) from error

    async def run(self, sql: str, *values: Value) -> None:
        """One statement, in the next batch's transaction; durable on return."""
        await self.write(lambda db: db.execute(sql, values).rowcount)

    async def one(self, sql: str, *values: Value) -> Row | None:
        """The first row that a query finds."""
        return await self.read(lambda db: db.execute(sql, values).fetchone())

    async def all(self, sql: str, *values: Value) -> list[Row]:
        """The rows that a query finds."""
        return await self.read(lambda db: db.execute(sql, values).fetchall())

    async def barrier(self) -> None:
        """Return when all before is committed and its callbacks have been called."""
        await self.write(lambda _db: None)

    def _schedule(self) -> None:
        if self._loop is None:
            raise StoreError(f"store {self._path}: not open")
        self._busy = True
        self._loop.call_soon(self._flush)  # after every socket that is readable now has been read

    def _flush(self) -> None:
        batch, self._next = self._next, _Batch()
        self._inbox.put(batch)

    def _written(self, batch: _Batch) -> None:
        self._pending -= len(batch.events)
        self._busy = False
        if self._next.parts:
            self._schedule()
        self._tell(batch)

    def _tell(self, batch: _Batch) -> None:
        try:
            while batch.parts:
                batch.parts.popleft().committed()
        finally:  # a callback that raises must not keep the news from the others
            if batch.parts and self._loop is not None:
                self._loop.call_soon(self._tell, batch)

    def _failed(self, batch: _Batch, error: StoreError) -> None:
        self._failure = error
        self._pending = 0
        lost, self._next = self._next, _Batch()
        for part in (*batch.parts, *lost.parts):
            part.failed(error)
        if self.on_failure is not None:
            self.on_failure(error)

    # --- in the writer's thread

    def _work(self) -> None:
        batch: _Batch | None = None
        error: StoreError | None = StoreError(f"store {self._path}: the writer stopped")
        try:
            while (batch := self._inbox.get()) is not None:
                self._commit(batch)
                self._report(self._written, batch)
            error = None
        except sqlite3.Error as cause:
            error = explain(self._path, cause)
        finally:
            if batch is not None and error is not None:
                self._report(self._failed, batch, error)

    def _commit(self, batch: _Batch) -> None:
        db = self._connections[1]
        db.execute("begin immediate")
        try:
            if batch.events:
                self._write_events(db, batch.events)
            for write in batch.writes:
                write.execute(db)
            db.execute("commit")
        finally:
            if db.in_transaction:
                db.execute("rollback")

    def _report(self, callback: Callable[..., None], *args: object) -> None:
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(callback, *args)
