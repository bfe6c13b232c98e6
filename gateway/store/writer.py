"""The thread that writes: one transaction for all that arrived while the last one was under way.

A disk that is full, read-only or failing keeps the batch and tries again until it is through: nothing is
lost, and whoever feeds us learns that there is trouble. Only what no waiting can mend ends the writing.
"""

import asyncio
import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from queue import Empty, SimpleQueue
from time import monotonic
from typing import Final, Generic, Protocol, TypeVar

from gateway.store.base import Appended, Committed
from gateway.store.files import Watched
from gateway.store.log_file import LogFile
from schemas.errors import FencedError, StoreError

T = TypeVar("T")
WriteEvents = Callable[[sqlite3.Connection, Sequence[Appended], bytes], None]
Seal = Callable[[sqlite3.Connection], None]  # the last word before a commit; raises StoreError to refuse it

WATCH_S: Final = 2.0  # between two looks at the files' names while nothing is written
_LOST: Final = (
    "the database file, or its folder, was removed, renamed or replaced while it was open: nothing counts as"
    " written until it has its name again. Put it back; or stop the gateway, which loses what is not written"
)
_UNNAMED: Final = (
    "the log (-wal) was removed or replaced while it was open: all is in the database file, and writing"
    " goes on there, slowly. Restart the gateway when you can, and remove nothing beside the database"
)
_UNSHARED: Final = (
    "the log's index (-shm) was removed or replaced while it was open: nothing is lost, but who else reads"
    " the file may read wrongly. Restart the gateway when you can, and remove nothing beside the database"
)
_NOT_TAKEN: Final = (
    "the log (-wal) has no name any more, and cannot be taken into the database file now, as somebody reads"
    " what is older: nothing counts as written until that is over"
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


class _Run:
    """Events of which the same one is to be told, all at once."""

    __slots__ = ("callback", "events")

    def __init__(self, callback: Committed) -> None:
        self.callback = callback
        self.events: list[Appended] = []

    def committed(self) -> None:
        self.callback(self.events)

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

    __slots__ = ("_run", "_writes", "events", "parts", "private")

    def __init__(self) -> None:
        self.events: list[Appended] = []
        self.private = b""  # what goes with the events, and is for nobody else
        self.parts: deque[_Done] = deque()  # of both kinds, in order
        self._run: _Run | None = None  # the newest one
        self._writes: list[_Work] = []

    def append(self, events: Sequence[Appended], committed: Committed, private: bytes) -> None:
        """Add events. Those that follow one another and name the same `committed` are one run.

        A write between them does not part them: whoever waits for it goes on later than any `committed`.
        """
        run = self._run
        if run is None or run.callback != committed:
            run = self._run = _Run(committed)
            self.parts.append(run)
        run.events.extend(events)
        self.events.extend(events)
        self.private += private

    def write(self, run: Callable[[sqlite3.Connection], T], future: asyncio.Future[T]) -> None:
        """Add another write. The future gets its result, once that is durable."""
        write = _Write(run, future)
        self._writes.append(write)
        self.parts.append(write)

    def commit(self, db: sqlite3.Connection, write_events: WriteEvents, seal: Seal) -> None:
        """All of it, in one transaction; a write that is wrong in itself is left out and told so."""
        try:
            self._commit(db, write_events, seal, _together)
        except _WRONG as error:
            if _passing(error) or damage(error) or not self._writes:
                raise
            self._commit(db, write_events, seal, _apart)

    def _commit(
        self,
        db: sqlite3.Connection,
        write_events: WriteEvents,
        seal: Seal,
        execute: Callable[[_Work, sqlite3.Connection], None],
    ) -> None:
        db.execute("begin immediate")
        try:
            if self.events:
                write_events(db, self.events, self.private)
            for write in self._writes:
                execute(write, db)
            seal(db)
            db.execute("commit")
        finally:
            if db.in_transaction:
                db.execute("rollback")


class Alone(Batch):
    """One write for which there may be no transaction."""

    __slots__ = ("_alone",)

    def __init__(self, run: Callable[[sqlite3.Connection], None], future: "asyncio.Future[None]") -> None:
        super().__init__()
        self._alone = _Write(run, future)
        self.parts.append(self._alone)

    def commit(self, db: sqlite3.Connection, _write_events: WriteEvents, _seal: Seal) -> None:
        """Do it, once: what goes wrong with it is told, and not tried again."""
        try:
            self._alone.execute(db)
        except sqlite3.Error as error:
            self._alone.refused(error)


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

    def files_replaced(self, what: str) -> None:
        """Which open files are not those that have the names any more; empty once they are."""
        ...


class Writer:
    """One thread with one connection, and batches in order."""

    def __init__(
        self,
        path: str,
        db: sqlite3.Connection,
        write_events: WriteEvents,
        seal: Seal,
        owner: Owner,
        reading_s: Callable[[], float],
    ) -> None:
        """To be made in the running loop. `reading_s`: for how long a reader of ours has been at it."""
        self._loop = asyncio.get_running_loop()
        self._path = path
        self._db = db
        self._write_events = write_events
        self._seal = seal
        self._owner = owner
        self._inbox: SimpleQueue[Batch | None] = SimpleQueue()
        self._impatient = threading.Event()
        self._files = Watched(path)
        self.log = LogFile(db, self._files, reading_s)
        self._looked_at_s = monotonic()
        self._trouble = self._files_trouble = ""  # as told last
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
            with suppress(sqlite3.Error):  # a disk without room: the next commit tells of it
                self.log.tend()
            try:
                return self._inbox.get(timeout=WATCH_S)
            except Empty:
                continue

    def _watch(self) -> None:
        """Whether the files that are open are those that have the names."""
        try:
            self._secure()
        except StoreError as error:
            self._troubled(str(error))
        except sqlite3.Error:
            return  # a disk without room: the next commit tells of it
        else:
            self._troubled("")

    def _secure(self) -> None:
        """See to it that what is committed is found after a kill. Raises StoreError if it would not be.

        A commit is in the log, and both files are found by their names: a look at these takes microseconds.
        What is in a log without a name has to be in the database before anybody may rely on it.
        """
        lost, unnamed = self._files.database_replaced(), self._files.log_replaced()
        self._files_told(
            _LOST if lost else _UNNAMED if unnamed else _UNSHARED if self._files.index_replaced() else ""
        )
        if lost:
            raise StoreError(f"store {self._path}: {_LOST}")
        if unnamed and not self.log.take("full"):
            raise StoreError(f"store {self._path}: {_NOT_TAKEN}")

    def _persist(self, batch: Batch) -> StoreError | None:
        """Until it is written, and would be found after a kill. Returns why that will never be."""
        pause_s, committed = _FIRST_PAUSE_S, False
        while True:
            try:
                if not committed:
                    batch.commit(self._db, self._write_events, self._seal)
                    committed = True
                self._secure()
            except (sqlite3.Error, StoreError) as error:
                explained = error if isinstance(error, StoreError) else explain(self._path, error)
                lasting = isinstance(error, FencedError) or (
                    isinstance(error, sqlite3.Error) and not _passing(error)
                )
                if lasting or self._impatient.is_set():
                    return explained
                self._troubled(str(explained))
                self._impatient.wait(pause_s)
                pause_s = min(pause_s * 2, _LONGEST_PAUSE_S)
            else:
                self._troubled("")
                return None

    def _troubled(self, what: str) -> None:
        if what != self._trouble:
            self._trouble = what
            self._tell(self._owner.troubled, what)

    def _files_told(self, what: str) -> None:
        if what != self._files_trouble:
            self._files_trouble = what
            self._tell(self._owner.files_replaced, what)

    def _tell(self, told: Callable[..., None], *args: object) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(told, *args)
