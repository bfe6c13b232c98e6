"""The thread that writes: one transaction for all that arrived while the last one was under way.

A disk that is full, read-only or failing keeps the batch and tries again until it is through: nothing is
lost, and whoever feeds us learns that there is trouble. Only what no waiting can mend ends the writing.
"""

import asyncio
import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from queue import Empty, SimpleQueue
from time import monotonic
from typing import Final, Generic, Protocol, TypeVar

from gateway.store.base import Appended, Committed
from gateway.store.files import Watched
from schemas.errors import StoreError

T = TypeVar("T")
WriteEvents = Callable[[sqlite3.Connection, Sequence[Appended], bytes], None]

WATCH_S: Final = 2.0  # between two looks at the files' names
CHECKPOINT_S: Final = 60.0  # between two checkpoints of the log at most, beside those by its size
_LOST: Final = (
    "the database file was removed or replaced while it was open: what is written now is lost with a restart."
    " Export the events from this gateway, stop it, and put the file back"
)
_UNNAMED: Final = (
    "the log (-wal) was removed or replaced while it was open: all is in the database file, and writing"
    " goes on there, slowly. Restart the gateway when you can, and remove nothing beside the database"
)
_FIRST_PAUSE_S: Final = 0.1
_LONGEST_PAUSE_S: Final = 2.0
_CAUSES: Final = {
    "SQLITE_BUSY": "in use by another process",
    "SQLITE_LOCKED": "in use by another process",
    "SQLITE_READONLY": "cannot be written",
    "SQLITE_PERM": "cannot be written",
    "SQLITE_CANTOPEN": "cannot be opened: no such folder, or no right to it",
    "SQLITE_NOTADB": "is no database, or damaged",
    "SQLITE_CORRUPT": "is damaged",
    "SQLITE_FULL": "the disk is full",
    "SQLITE_IOERR": "the disk failed, or there is no room on it",
}
_PASSING: Final = ("SQLITE_BUSY", "SQLITE_FULL", "SQLITE_IOERR", "SQLITE_READONLY", "SQLITE_CANTOPEN")
_WRONG: Final = (sqlite3.Error, ValueError, TypeError, OverflowError)  # what a write can be in itself
_DAMAGE: Final = ("SQLITE_CORRUPT", "SQLITE_NOTADB")


def explain(path: str, error: sqlite3.Error) -> StoreError:
    """What a person needs to know of an SQLite error."""
    name = getattr(error, "sqlite_errorname", "")
    cause = next((text for prefix, text in _CAUSES.items() if name.startswith(prefix)), "")
    return StoreError(f"store {path}: {cause} ({error})" if cause else f"store {path}: {error}")


def damage(error: Exception) -> bool:
    """Whether the file is not what was written to it."""
    return getattr(error, "sqlite_errorname", "").startswith(_DAMAGE)


def _passing(error: Exception) -> bool:
    """Whether it may be over by itself, or by an operator's doing."""
    return getattr(error, "sqlite_errorname", "").startswith(_PASSING)


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
        """Nobody waits: the store's trouble tells it."""


class _Work(Protocol):
    """Something to be done inside the transaction, in the writer's thread."""

    def execute(self, db: sqlite3.Connection) -> None: ...

    def refused(self, error: Exception) -> None: ...


class _Write(Generic[T]):
    """Any other write: runs in the writer's thread, inside the batch's transaction."""

    __slots__ = ("_error", "_future", "_result", "_run")

    def __init__(self, run: Callable[[sqlite3.Connection], T], future: asyncio.Future[T]) -> None:
        self._run = run
        self._future = future
        self._result: list[T] = []
        self._error: Exception | None = None

    def execute(self, db: sqlite3.Connection) -> None:
        self._error = None
        self._result = [self._run(db)]

    def refused(self, error: Exception) -> None:
        """It is wrong in itself, and the rest of the batch goes on without it."""
        self._error = error

    def committed(self) -> None:
        if self._future.done():
            return
        if self._error is not None:
            self._future.set_exception(self._error)
        else:
            self._future.set_result(self._result[0])

    def failed(self, error: StoreError) -> None:
        if not self._future.done():
            self._future.set_exception(error)


class Batch:
    """What goes into one transaction."""

    __slots__ = ("_writes", "events", "parts", "private")

    def __init__(self) -> None:
        self.events: list[Appended] = []
        self.private = b""  # what goes with the events, and is for nobody else
        self.parts: deque[_Done] = deque()  # of both kinds, in order
        self._writes: list[_Work] = []

    def append(self, events: Sequence[Appended], committed: Committed, private: bytes) -> None:
        """Add a run of events."""
        self.events.extend(events)
        self.private += private
        self.parts.append(_Append(events, committed))

    def write(self, run: Callable[[sqlite3.Connection], T], future: asyncio.Future[T]) -> None:
        """Add another write. The future gets its result, once that is durable."""
        write = _Write(run, future)
        self._writes.append(write)
        self.parts.append(write)

    def commit(self, db: sqlite3.Connection, write_events: WriteEvents) -> None:
        """All of it, in one transaction; a write that is wrong in itself is left out and told so."""
        try:
            self._commit(db, write_events, _together)
        except _WRONG as error:
            if _passing(error) or damage(error) or not self._writes:
                raise
            self._commit(db, write_events, _apart)

    def _commit(
        self,
        db: sqlite3.Connection,
        write_events: WriteEvents,
        execute: Callable[[_Work, sqlite3.Connection], None],
    ) -> None:
        db.execute("begin immediate")
        try:
            if self.events:
                write_events(db, self.events, self.private)
            for write in self._writes:
                execute(write, db)
            db.execute("commit")
        finally:
            if db.in_transaction:
                db.execute("rollback")


def _together(write: _Work, db: sqlite3.Connection) -> None:
    write.execute(db)


def _apart(write: _Work, db: sqlite3.Connection) -> None:
    """A write of which the others are not to suffer."""
    db.execute("savepoint apart")
    try:
        write.execute(db)
    except _WRONG as error:
        if _passing(error) or damage(error):
            raise
        db.execute("rollback to apart")
        write.refused(error)
    db.execute("release apart")


class Owner(Protocol):
    """Whoever gave us batches: told in its own thread, the loop's."""

    def written(self, batch: Batch) -> None:
        """It is durable."""
        ...

    def failed(self, batch: Batch, error: StoreError) -> None:
        """It is not, and nothing will be any more."""
        ...

    def troubled(self, what: str) -> None:
        """What keeps us from writing; empty once it is over."""
        ...

    def checkpointed(self) -> None:
        """The log is in the database."""
        ...

    def files_replaced(self, what: str, *, lost: bool) -> None:
        """An open file is not the one that has its name any more."""
        ...


class Writer:
    """One thread with one connection, and batches in order."""

    def __init__(self, path: str, db: sqlite3.Connection, write_events: WriteEvents, owner: Owner) -> None:
        """To be made in the running loop."""
        self._loop = asyncio.get_running_loop()
        self._path = path
        self._db = db
        self._write_events = write_events
        self._owner = owner
        self._inbox: SimpleQueue[Batch | None] = SimpleQueue()
        self._impatient = threading.Event()
        self._files = Watched(path)
        self._looked_at_s = self._checkpointed_s = monotonic()
        self._unnamed = self._lost = False  # the log has no name any more; the database has none
        self._thread = threading.Thread(target=self._work, name="store-writer", daemon=True)

    def start(self) -> None:
        """Begin to take batches."""
        self._thread.start()

    def put(self, batch: Batch) -> None:
        """To be written next."""
        self._inbox.put(batch)

    def hurry(self) -> None:
        """Give up what cannot be written now: we are about to stop."""
        self._impatient.set()

    def join(self) -> None:
        """Write what was put, and end. Blocks."""
        self._inbox.put(None)
        self._thread.join()

    def _work(self) -> None:
        batch: Batch | None = None
        error = StoreError(f"store {self._path}: the writer stopped")
        try:
            while (batch := self._next()) is not None:
                if (failure := self._persist(batch)) is not None:
                    error = failure
                    break
                if self._unnamed:
                    self._checkpoint("full")  # nothing else of it would be found after a restart
                self._tell(self._owner.written, batch)
        finally:  # whoever waits is told, whatever it was
            if batch is not None:
                self._tell(self._owner.failed, batch, error)

    def _next(self) -> Batch | None:
        """What comes next; until it comes, and between two batches, the files are looked after."""
        while True:
            now_s = monotonic()
            if now_s - self._looked_at_s >= WATCH_S:
                self._looked_at_s = now_s
                self._watch()
            if now_s - self._checkpointed_s >= CHECKPOINT_S:
                self._checkpoint("passive")
            try:
                return self._inbox.get(timeout=WATCH_S)
            except Empty:
                continue

    def _watch(self) -> None:
        """Whether the files that are open are those that have the names."""
        if not self._lost and self._files.database_replaced():
            self._lost = True
            self._tell(partial(self._owner.files_replaced, _LOST, lost=True))
        elif not self._unnamed and self._files.log_replaced():
            self._unnamed = True
            self._checkpoint("full")
            self._tell(partial(self._owner.files_replaced, _UNNAMED, lost=False))

    def _checkpoint(self, mode: str) -> None:
        """Take the log into the database. `passive` waits for no reader, and takes what it can."""
        self._checkpointed_s = monotonic()
        try:
            self._db.execute(f"pragma wal_checkpoint({mode})").fetchall()
        except sqlite3.Error:
            return  # a disk without room: the next commit tells of it
        self._tell(self._owner.checkpointed)

    def _persist(self, batch: Batch) -> StoreError | None:
        """Until it is written. Returns why that will never be."""
        told, pause_s = "", _FIRST_PAUSE_S
        while True:
            try:
                batch.commit(self._db, self._write_events)
            except sqlite3.Error as error:
                explained = explain(self._path, error)
                if not _passing(error) or self._impatient.is_set():
                    return explained
                if str(explained) != told:
                    told = str(explained)
                    self._tell(self._owner.troubled, told)
                self._impatient.wait(pause_s)
                pause_s = min(pause_s * 2, _LONGEST_PAUSE_S)
            else:
                if told:
                    self._tell(self._owner.troubled, "")
                return None

    def _tell(self, told: Callable[..., None], *args: object) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(told, *args)
