"""One SQLite file: a writer thread that commits in groups, a reader thread, a lock against a second process.

What arrives while a commit is under way goes into the next one: under load the groups grow, at rest an event
waits for nobody. WAL with synchronous=FULL: what is committed has reached the disk.
"""

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, TypeVar

from gateway.store.base import Appended, Committed
from gateway.store.files import StoreLock
from gateway.store.migrate import known, migrate
from gateway.store.writer import Batch, WriteEvents, Writer, damage, explain
from schemas.errors import StoreError

T = TypeVar("T")
Value = int | str | bytes | None
Row = tuple[Any, ...]  # SQL is as untyped as a wire: whoever writes a query knows its columns

LOG_BYTES: Final = 4 * 1024 * 1024  # at which it is taken into the database
_PAGE_BYTES: Final = 16384  # a batch of events is some 10 to 100 kB: fewer, larger pages


class Database:
    """The file, its threads and its lock."""

    def __init__(self, path: str, write_events: WriteEvents) -> None:
        self.on_trouble: Callable[[str], None] | None = None
        self.trouble = ""  # what keeps us from writing
        self._damage = ""
        self._path = path
        self._write_events = write_events
        self._loop: asyncio.AbstractEventLoop | None = None
        self._connections: list[sqlite3.Connection] = []  # writer, reader
        self._lock: StoreLock | None = None
        self.files_trouble = ""  # an open file is not the one that has the name
        self.log_checkpoints = 0
        self._writer: Writer | None = None
        self._reader = ThreadPoolExecutor(max_workers=1, thread_name_prefix="store-reader")
        self._next = Batch()
        self._busy = False  # a batch is with the writer, or a flush is scheduled
        self._pending = 0
        self._failure: StoreError | None = None
        self._closed = False

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
        self._writer = Writer(self._path, self._connections[0], self._write_events, self)
        self._writer.start()

    def _open(self, prepare: Callable[[sqlite3.Connection], None]) -> None:
        self._lock = StoreLock(self._path)
        writer = self._connect(self._path)
        writer.execute(f"pragma page_size={_PAGE_BYTES}")
        writer.execute("pragma auto_vacuum=incremental")  # of a new file; see SqliteStore.compact
        writer.execute("pragma journal_mode=wal")
        writer.execute("pragma synchronous=full")
        writer.execute(f"pragma wal_autocheckpoint={LOG_BYTES // _PAGE_BYTES}")
        writer.execute(f"pragma journal_size_limit={LOG_BYTES}")
        migrate(writer, known())
        prepare(writer)
        reader = self._connect(self._path)
        reader.execute("pragma query_only=on")

    def _connect(self, path: str, timeout_s: float = 5.0) -> sqlite3.Connection:
        db = sqlite3.connect(path, timeout=timeout_s, isolation_level=None, check_same_thread=False)
        self._connections.append(db)
        return db

    async def close(self) -> None:
        """Write what waits, then let go. Raises StoreError if it cannot be written now."""
        if self._writer is None or self._loop is None or self._closed:
            return
        self._closed = True
        self._writer.hurry()
        try:
            if self._failure is None:
                await self.barrier()
        finally:
            await self._loop.run_in_executor(self._reader, self._writer.join)
            self._reader.shutdown(wait=False)
            self._disconnect()
            self._failure = self._failure or StoreError(f"store {self._path}: closed")

    def _disconnect(self) -> None:
        while self._connections:
            self._connections.pop().close()
        if self._lock is not None:
            self._lock.release()

    # --- in the loop's thread

    def append(self, events: Sequence[Appended], callback: Committed, private: bytes) -> None:
        """Take events into the next batch."""
        if self._failure is not None:
            raise self._failure
        self._pending += len(events)
        self._next.append(events, callback, private)
        if not self._busy:
            self._schedule()

    def pending(self) -> int:
        """Events not yet committed."""
        return self._pending

    async def write(self, run: Callable[[sqlite3.Connection], T]) -> T:
        """Run in the next batch's transaction; durable on return. While there is trouble it waits."""
        if self._failure is not None:
            raise self._failure
        if self._loop is None:
            raise StoreError(f"store {self._path}: not open")
        future: asyncio.Future[T] = self._loop.create_future()
        self._next.write(run, future)
        if not self._busy:
            self._schedule()
        try:
            return await future
        except sqlite3.Error as error:  # of this write alone
            raise explain(self._path, error) from error

    async def read(self, run: Callable[[sqlite3.Connection], T]) -> T:
        """Run in the reader's thread, on what is committed."""
        if self._loop is None or not self._connections:
            raise self._failure or StoreError(f"store {self._path}: not open")
        try:
            return await self._loop.run_in_executor(self._reader, run, self._connections[-1])
        except sqlite3.Error as error:
            explained = explain(self._path, error)
            if damage(error):
                self.damaged(str(explained))
            raise explained from error

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
        batch, self._next = self._next, Batch()
        if self._writer is not None:
            self._writer.put(batch)

    # --- told by the writer

    def written(self, batch: Batch) -> None:
        """It is durable: tell whoever waits, and go on with what has come since."""
        self._pending -= len(batch.events)
        self._busy = False
        if self._next.parts:
            self._schedule()
        self._tell(batch)

    def _tell(self, batch: Batch) -> None:
        try:
            while batch.parts:
                batch.parts.popleft().committed()
        finally:  # a callback that raises must not keep the news from the others
            if batch.parts and self._loop is not None:
                self._loop.call_soon(self._tell, batch)

    def failed(self, batch: Batch, error: StoreError) -> None:
        """Nothing will be written any more."""
        self._failure = error
        self._pending = 0
        lost, self._next = self._next, Batch()
        for part in (*batch.parts, *lost.parts):
            part.failed(error)
        self.damaged(str(error))

    def troubled(self, what: str) -> None:
        """There is trouble, or an end of it."""
        self.trouble = self._damage or what
        if self.on_trouble is not None:
            self.on_trouble(self.trouble)

    def checkpointed(self) -> None:
        """The log is in the database."""
        self.log_checkpoints += 1

    def files_replaced(self, what: str, *, lost: bool) -> None:
        """An open file has no name, or its name is another's. `lost`: what is written goes nowhere."""
        self.files_trouble = what
        if lost:
            self.damaged(f"store {self._path}: {what}")

    def damaged(self, what: str) -> None:
        """Trouble without an end."""
        if not self._damage:
            self._damage = what
            self.troubled(what)
