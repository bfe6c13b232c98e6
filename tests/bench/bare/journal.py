"""The bare parts' journal: group commit by one thread, a row a commit, synchronous=FULL.

While one batch is being written the next one gathers: what has arrived by then is one commit. Nobody is told
before that.
"""

import asyncio
import sqlite3
import threading
from collections.abc import Callable, Sequence
from queue import SimpleQueue
from typing import Final, Generic, TypeVar

MOST: Final = 256  # in one commit
ItemT = TypeVar("ItemT")


class Journal(Generic[ItemT]):
    """`body` says what is written of an item; `durable` is called in the loop, with the items of a commit."""

    def __init__(
        self, path: str, body: Callable[[ItemT], bytes], durable: Callable[[Sequence[ItemT]], object]
    ) -> None:
        self._body = body
        self._durable = durable
        self._loop = asyncio.get_running_loop()
        self._waiting: list[ItemT] = []
        self._busy = False
        self._batches: SimpleQueue[list[ItemT]] = SimpleQueue()
        self._written = 0
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        for pragma in ("page_size=16384", "journal_mode=wal", "synchronous=full"):
            self._db.execute(f"pragma {pragma}")
        self._db.execute("create table block (last integer primary key, count integer, body blob)")
        threading.Thread(target=self._write, daemon=True).start()

    def append(self, item: ItemT) -> None:
        """To be written with what else arrives."""
        self._waiting.append(item)
        if not self._busy:
            self._busy = True
            self._loop.call_soon(self._next)  # after every socket that is readable now has been read

    def _next(self) -> None:
        batch, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
        self._batches.put(batch)

    def _write(self) -> None:
        while True:
            batch = self._batches.get()
            self._written += len(batch)
            row = (self._written, len(batch), b"\n".join(map(self._body, batch)))
            self._db.execute("insert into block values (?, ?, ?)", row)
            self._loop.call_soon_threadsafe(self._done, batch)

    def _done(self, batch: list[ItemT]) -> None:
        self._durable(batch)
        if self._waiting:
            self._next()
        else:
            self._busy = False
