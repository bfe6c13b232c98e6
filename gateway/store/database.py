"""One SQLite file: a writer thread that commits in groups, a reader thread, a lock against a second process.

What arrives while a commit is under way goes into the next one: under load the groups grow, at rest an event
waits for nobody. WAL with synchronous=FULL: what is committed has reached the disk.
"""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from time import monotonic
from typing import Any, Final, TypeVar

from gateway.store.audit import Note
from gateway.store.audit_chain import keep
from gateway.store.base import Appended, Committed, LogState
from gateway.store.files import StoreLock
from gateway.store.migrate import known, migrate
from gateway.store.writer import Alone, Batch, Seal, WriteEvents, Writer, damage, explain
from schemas.errors import StoreError

T = TypeVar("T")
Value = int | str | bytes | None
Row = tuple[Any, ...]  # SQL is as untyped as a wire: whoever writes a query knows its columns

LOG_BYTES: Final = 4 * 1024 * 1024  # at which it is taken into the database
_LEAST_LOG_BYTES: Final = 256 * 1024
PAGE_BYTES: Final = 16384  # a batch of events is some 10 to 100 kB: fewer, larger pages


def looked_at(future: "asyncio.Future[None]") -> None:
    """Whoever did not wait for it does not want to know: the store's trouble tells of a disk."""
    if not future.cancelled():
        future.exception()


def _no_seal(_db: sqlite3.Connection) -> None:
    """The file is all there is."""


def log_bytes_within(most_bytes: int) -> int:
    """What the log may have where all files together may have so much."""
    return max(_LEAST_LOG_BYTES, min(LOG_BYTES, most_bytes // 8))


class Database:
    """The file, its threads and its lock."""

    def __init__(
        self, path: str, write_events: WriteEvents, log_bytes: int = LOG_BYTES, seal: Seal | None = None
    ) -> None:
        """`log_bytes`: what the log may have before it is taken into the database.

        `seal`: makes a commit durable elsewhere before it is one here; then this file need not outlive us.
        """
        self.on_trouble: Callable[[str], None] | None = None
        self.trouble = ""  # what keeps us from writing
        self._damage = ""
        self._path = path
        self.log_bytes = log_bytes
        self._write_events = write_events
        self._seal = seal
        self._loop: asyncio.AbstractEventLoop | None = None
        self._connections: list[sqlite3.Connection] = []  # writer, reader
        self._lock: StoreLock | None = None
        self.files_trouble = ""  # an open file is not the one that has the name
        self._reading_since_s: float | None = None
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
        self._writer = Writer(
            *(self._path, self._connections[0], self._write_events, self._seal or _no_seal),
            *(self, self._reading_s),
        )
        self._writer.start()

    def _open(self, prepare: Callable[[sqlite3.Connection], None]) -> None:
        self._lock = StoreLock(self._path)
        writer = self._connect(self._path)
        writer.execute(f"pragma page_size={PAGE_BYTES}")
        writer.execute("pragma auto_vacuum=incremental")  # of a new file; see SqliteStore.compact
        writer.execute("pragma journal_mode=wal")
        writer.execute("pragma secure_delete=fast")  # what is deleted is not left in pages that are written
        writer.execute(f"pragma synchronous={'full' if self._seal is None else 'off'}")
        writer.execute("pragma recursive_triggers=on")  # a row of the audit is not replaced either
        writer.execute(f"pragma wal_autocheckpoint={self.log_bytes // PAGE_BYTES}")
        writer.execute(f"pragma journal_size_limit={self.log_bytes}")
        migrate(writer, known())
        prepare(writer)
        reader = self._connect(self._path)
        reader.execute("pragma query_only=on")
        reader.execute("select count(*) from migrations").fetchone()  # opens the log, while it has its name

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
        return await self._written(self._take(run))

    def _take(self, run: Callable[[sqlite3.Connection], T]) -> asyncio.Future[T]:
        if self._failure is not None:
            raise self._failure
        if self._loop is None:
            raise StoreError(f"store {self._path}: not open")
        future: asyncio.Future[T] = self._loop.create_future()
        self._next.write(run, future)
        if not self._busy:
            self._schedule()
        return future

    async def _written(self, future: asyncio.Future[T]) -> T:
        try:
            return await future
        except sqlite3.Error as error:  # of this write alone
            raise explain(self._path, error) from error

    async def alone(self, run: Callable[[sqlite3.Connection], None]) -> None:
        """Run outside of any transaction, in the writer's thread, after all that was taken before."""
        await self.barrier()
        if self._writer is None or self._loop is None:
            raise StoreError(f"store {self._path}: not open")
        future: asyncio.Future[None] = self._loop.create_future()
        self._writer.put(Alone(run, future))
        await self._written(future)

    async def read(self, run: Callable[[sqlite3.Connection], T]) -> T:
        """Run in the reader's thread, on what is committed."""
        if self._loop is None or not self._connections:
            raise self._failure or StoreError(f"store {self._path}: not open")
        try:
            return await self._loop.run_in_executor(self._reader, self._read, run)
        except sqlite3.Error as error:
            explained = explain(self._path, error)
            if damage(error):
                self.damaged(str(explained))
            raise explained from error

    def _read(self, run: Callable[[sqlite3.Connection], T]) -> T:
        self._reading_since_s = monotonic()
        try:
            return run(self._connections[-1])
        finally:
            self._reading_since_s = None

    def _reading_s(self) -> float:
        since_s = self._reading_since_s
        return 0.0 if since_s is None else monotonic() - since_s

    @property
    def log(self) -> LogState:
        """How the log is."""
        return self._writer.log.state() if self._writer is not None else LogState()

    async def run(self, sql: str, *values: Value, note: Note | None = None) -> None:
        """One statement, and the note that tells of it, in the next transaction; durable on return."""
        await self.begin(sql, *values, note=note)

    def begin(self, sql: str, *values: Value, note: Note | None = None) -> Awaitable[None]:
        """The same, taken into the batch by the call itself."""

        def run(db: sqlite3.Connection) -> None:
            db.execute(sql, values)
            keep(db, note)

        return self._written(self._take(run))

    def note(self, note: Note) -> Awaitable[None]:
        """An entry of the audit, likewise. Nobody has to await it."""
        future = self._take(lambda db: keep(db, note))
        future.add_done_callback(looked_at)
        return future

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

    def files_replaced(self, what: str) -> None:
        """Open files have no name, or their names are others'; empty: they have them again."""
        self.files_trouble = what

    def damaged(self, what: str) -> None:
        """Trouble without an end."""
        if not self._damage:
            self._damage = what
            self.troubled(what)
