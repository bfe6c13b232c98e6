"""The node's own file, and the bucket's rows on their way into it.

While another gateway is at work only what that one wrote goes into the file: nothing of ours is taken.
"""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Final, TypeVar

from gateway.cluster.stream import FencedStream
from gateway.store.audit import Note
from gateway.store.base import Appended, Committed
from gateway.store.database import Database, looked_at
from gateway.store.jetstream import rows
from gateway.store.jetstream.records import Row
from gateway.store.jetstream.streams import keys_from
from schemas.errors import StoreError

T = TypeVar("T")

_NOT_AT_WORK: Final = "another gateway is at work; this one only reads what that one writes"


class NodeFile(Database):
    """Not yet open."""

    follows = False  # another gateway is at work
    pass_on: Callable[[Note], Coroutine[None, None, None]]  # an entry of the audit, to that one

    def append(self, events: Sequence[Appended], callback: Committed, private: bytes) -> None:
        """Take events. Raises StoreError where another gateway is at work."""
        self._require_turn()
        super().append(events, callback, private)

    async def write(self, run: Callable[[sqlite3.Connection], T]) -> T:
        """Run in the next transaction. Raises StoreError where another gateway is at work."""
        self._require_turn()
        return await super().write(run)

    async def followed(self, run: Callable[[sqlite3.Connection], T]) -> T:
        """The same for what another gateway has written."""
        return await super().write(run)

    def begin(self, sql: str, *values: int | str | bytes | None, note: Note | None = None) -> Awaitable[None]:
        """One statement. Raises StoreError where another gateway is at work."""
        self._require_turn()
        return super().begin(sql, *values, note=note)

    def note(self, note: Note) -> Awaitable[None]:
        """An entry of the audit, by whoever is at work."""
        if not self.follows:
            return super().note(note)
        passed = asyncio.ensure_future(self.pass_on(note))
        passed.add_done_callback(looked_at)
        return passed

    async def barrier(self) -> None:
        """Return when all before is committed."""
        await super().write(lambda _db: None)

    def _require_turn(self) -> None:
        if self.follows:
            raise StoreError(_NOT_AT_WORK)


class RowFeed:
    """The keys of the bucket, from the first one on, into the file."""

    def __init__(self, stream: FencedStream, bucket: rows.Bucket, file: NodeFile) -> None:
        self._stream = stream
        self._bucket = bucket
        self._file = file
        self._sequence = 1  # of the next message
        # What goes from the audit goes after the word of its chain, which may stand further on.
        self._pruned: list[Row] = []
        self.changed: set[str] = set()  # tables with other rows than before; whoever looks takes them away

    async def upto(self, last: int) -> None:
        """Read on to that message. Raises StoreError; then it goes on where it was.

        Whoever leads the stream may be behind for a moment, as after a freeze: what it does not have yet is
        not taken for what is not there. Each commit's last message stays until there is a later one.
        """
        self._bucket.most_bytes = self._stream.most_bytes
        self._stream.last = max(self._stream.last, last)
        while page := await keys_from(self._stream, self._sequence):
            some = list(self._bucket.rows(page))
            self._pruned += [one for one in some if one.table == "audit" and one.values is None]
            await self._put([one for one in some if one.table != "audit" or one.values is not None])
            self._sequence = page[-1].sequence + 1
        if self._sequence <= last:
            raise StoreError(f"NATS: {self._stream.name} cannot be read up to its end yet")
        await self._put([*self._bucket.large(), *self._pruned])
        self._pruned.clear()

    async def _put(self, some: list[Row]) -> None:
        def run(db: sqlite3.Connection) -> None:
            for row in some:
                rows.put(db, row)

        if some:
            await self._file.followed(run)
            self.changed |= {row.table for row in some}
