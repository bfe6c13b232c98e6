"""Taking what concerns somebody out of a store on JetStream.

Tables are rewritten as in the embedded store, and their rows go to the bucket by that. Events are replaced
one message at a time (patches.py). What a commit wrote beside its events goes from their message then: the
bucket has it. A value that was replaced in the bucket is gone for every reader; its bytes go from the disks
of the servers when these compact their files.
"""

import asyncio
import re
from collections.abc import Callable
from datetime import datetime
from typing import Final

import msgspec

from gateway.store.base import Appended, JournalRow
from gateway.store.database import Database
from gateway.store.erasing import PAGE_ROWS, SqliteErasing
from gateway.store.jetstream.journal import Journal
from gateway.store.jetstream.records import Placed, encoded
from gateway.store.times import microseconds
from schemas.ids import Cursor

_EVENTS: Final = "events"  # as the name of a table, where nothing may remain


class JetStreamErasing(SqliteErasing):
    """What erasing needs of both."""

    def __init__(self, database: Database, journal: Journal) -> None:
        super().__init__(database)
        self._journal = journal

    async def journal(self, after: Cursor, fits: Callable[[Appended], bool]) -> list[JournalRow]:
        """The next messages after a cursor, with those of their events that fit, as a thread finds."""
        some = await self._journal.some_after(after, PAGE_ROWS)

        def run() -> list[JournalRow]:
            return [
                JournalRow(
                    one.recorded.events[-1].cursor,
                    [event for event in one.recorded.events if fits(event)],
                    _beside(one),
                )
                for one in some
            ]

        return await asyncio.to_thread(run)

    async def rewrite(
        self, last: Cursor, change: Callable[[Appended], Appended], private: Callable[[bytes], bytes]
    ) -> int:
        """Change events of a message; their cursors stay. Returns how many were."""
        some = await self._journal.some_after(Cursor(last - 1), 1)
        if not some or some[0].recorded.events[-1].cursor != last:
            return 0  # it has been pruned
        (one,) = some
        await self._database.barrier()  # whatever was written with it is in the bucket now
        before = one.recorded.events
        after = [change(event) for event in before]
        kept = private(one.recorded.private) if one.recorded.private else b""
        changed = msgspec.structs.replace(one.recorded, events=after, private=kept, rows=[])
        await self._journal.replace(one, changed)
        return sum(event is not other for event, other in zip(before, after, strict=True))

    async def older(self, kind: str, before: datetime) -> list[Cursor]:
        """The next messages that were written before then and have their fields of a class still."""
        row = await self._database.one(
            "select coalesce((select cursor from faded where class = ?), 0),"
            " coalesce((select cursor from checkpoint), 0)",
            kind,
        )
        faded, covered = (0, 0) if row is None else row
        found: list[Cursor] = []
        for one in await self._journal.some_after(Cursor(faded), PAGE_ROWS):
            last = one.recorded.events[-1].cursor
            if one.recorded.at >= microseconds(before) or last > covered:
                break
            found.append(last)
        return found

    async def remains(self, pattern: re.Pattern[bytes]) -> dict[str, int]:
        """How many rows of each table still name the party, and how many messages of the journal."""
        found = await super().remains(pattern)
        after = Cursor(0)
        while rows := await self.journal(after, lambda event: pattern.search(event.body) is not None):
            after = rows[-1].last
            count = sum(bool(row.events) or pattern.search(row.private) is not None for row in rows)
            if count:
                found[_EVENTS] = found.get(_EVENTS, 0) + count
        return found


def _beside(one: Placed) -> bytes:
    rows = one.recorded.rows
    return one.recorded.private + encoded(rows) if rows else one.recorded.private
