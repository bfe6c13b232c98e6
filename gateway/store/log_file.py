"""The database's log (-wal): taken into the database in good time, kept short, and who holds it if it grows.

SQLite begins the log anew once all of it is in the database and nobody reads it. Who keeps a reading
transaction open makes it grow without an end, and only who reads can end that: so it is told who that is.
"""

import os
import sqlite3
from collections.abc import Callable
from time import monotonic
from typing import Final

from gateway.store.base import LogState
from gateway.store.files import Watched, readers

WATCH_S: Final = 2.0  # between two looks, where there is something to look after
CHECKPOINT_S: Final = 15.0  # between two checkpoints at most, beside those that SQLite makes by its size
MOST_BYTES: Final = 64 * 1024 * 1024  # a longer one is cut, as soon as nobody reads it
HELD_S: Final = 60.0  # after which it is told who holds it
_OWN_S: Final = 1.0  # a reader of ours that takes longer counts
_MIB: Final = 1024 * 1024


class LogFile:
    """In the writer's thread; `state` and `checkpoints` may be read in any."""

    def __init__(self, db: sqlite3.Connection, files: Watched, reading_s: Callable[[], float]) -> None:
        """`reading_s`: for how long a reader of our own has been at it."""
        self._db = db
        self._files = files
        self._reading_s = reading_s
        self._tried_s = monotonic()
        self._held_since_s: float | None = None
        self._who = ""
        self.checkpoints = 0

    def tend(self) -> None:
        """What is due. Raises sqlite3.Error."""
        since_s = monotonic() - self._tried_s
        if since_s < WATCH_S:
            return
        if self._files.log_bytes() > MOST_BYTES:
            self._cut()
        elif since_s >= CHECKPOINT_S or self._held_since_s is not None:
            self.take()

    def take(self, mode: str = "passive") -> bool:
        """Take it into the database: whether all of it is there. `passive` waits for no reader."""
        self._tried_s = monotonic()
        busy, logged, taken = self._db.execute(f"pragma wal_checkpoint({mode})").fetchone()
        done = not busy and logged == taken
        if done:
            self.checkpoints += 1
            self._held_since_s = None
        else:
            if self._held_since_s is None:
                self._held_since_s = self._tried_s
            self._who = self._find()
        return bool(done)

    def _cut(self) -> None:
        """Take it and cut it off, if that is to be had without waiting."""
        (timeout_ms,) = self._db.execute("pragma busy_timeout").fetchone()
        self._db.execute("pragma busy_timeout=0")
        try:
            self.take("truncate")
        finally:
            self._db.execute(f"pragma busy_timeout={timeout_ms}")

    def state(self) -> LogState:
        """How it is."""
        size_bytes, since_s = self._files.log_bytes(), self._held_since_s
        held_s = 0.0 if since_s is None else monotonic() - since_s
        note = ""
        if held_s >= HELD_S:
            note = (
                f"the log (-wal) has {size_bytes / _MIB:.0f} MiB, and for {held_s:.0f} s it could not be"
                f" taken into the database file, as {self._who} reads what is older; it grows until that ends"
            )
        return LogState(size_bytes, self.checkpoints, held_s, note)

    def _find(self) -> str:
        ours = ["a reader of the gateway's own"] if self._reading_s() >= _OWN_S else []
        found = readers(self._files.index_number)
        others = [f"process {number} ({name})" for number, name in found if number != os.getpid()]
        return " and ".join(ours + others) or "somebody who cannot be seen from here"
