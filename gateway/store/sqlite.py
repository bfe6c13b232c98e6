"""The embedded store: one SQLite file."""

import sqlite3
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Final

from gateway.store.base import Appended
from gateway.store.database import LOG_BYTES, Database
from gateway.store.erasing import SqliteErasing
from gateway.store.rows import ROW_EVENTS, DamagedRowError, decode_row, encode_row
from gateway.store.sqlite_records import STEP_ROWS, SqliteRecords
from gateway.store.times import microseconds, moment
from gateway.store.whole_file import pages_of
from schemas.ids import Cursor

STEP_PAGES: Final = 64  # given back at once, between the writer's other work
FREE_SHARE: Final = 4  # give back when one page of so many is free


class SqliteStore(SqliteRecords):
    """Store in one SQLite file. `now` dates what is kept; `log_bytes` is what its log may have."""

    shared: Final = None  # it is this gateway's alone
    following: Final = None  # nobody else works on it

    def __init__(
        self,
        path: str,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        log_bytes: int = LOG_BYTES,
    ) -> None:
        super().__init__(Database(path, self._write_events, log_bytes), now)
        self.erasing = SqliteErasing(self._database)

    async def open(self) -> None:
        """Lock the file and bring its schema up to date."""
        await self._database.open(self._prepare)

    def _prepare(self, db: sqlite3.Connection) -> None:
        (last,) = db.execute(
            "select max(coalesce(max(last_cursor), 0), coalesce((select cursor from checkpoint), 0))"
            " from journal"
        ).fetchone()
        row = db.execute("select first_cursor from journal order by last_cursor limit 1").fetchone()
        db.execute("begin immediate")
        self._begin_epoch(db, Cursor(last), Cursor(last + 1 if row is None else row[0]))
        db.execute("commit")

    async def close(self) -> None:
        """Write what was appended, then let go."""
        await self._database.close()

    def owns(self) -> bool:
        """The file is locked as long as it is open."""
        return True

    # --- the journal

    def _write_events(self, db: sqlite3.Connection, events: Sequence[Appended], private: bytes) -> None:
        at = microseconds(self.now())
        size = 0
        for start in range(0, len(events), ROW_EVENTS):
            row = events[start : start + ROW_EVENTS]
            body, checksum = encode_row(row)
            size += len(body)
            db.execute(
                "insert into journal (last_cursor, first_cursor, count, at, body, checksum)"
                " values (?, ?, ?, ?, ?, ?)",
                (row[-1].cursor, row[0].cursor, len(row), at, body, checksum),
            )
        if private:
            db.execute("update journal set private = ? where last_cursor = ?", (private, events[-1].cursor))
        db.execute("update journal_size set bytes = bytes + ?", (size,))

    async def read(self, after: Cursor, limit: int) -> list[Appended]:
        """Events after a cursor."""

        def run(db: sqlite3.Connection) -> list[Appended]:
            rows = db.execute(
                "select last_cursor, body, checksum from journal where last_cursor > ? order by last_cursor",
                (after,),
            )
            events = (event for row in rows for event in decode_row(*row) if event.cursor > after)
            found = list(islice(events, limit))
            rows.close()  # an unfinished one would pin the write-ahead log
            return found

        try:
            return await self._database.read(run)
        except DamagedRowError as error:
            self._database.damaged(str(error))
            raise

    async def read_private(self) -> bytes:
        """What is private, in order."""
        rows = await self._database.all(
            "select private from checkpoint union all select private from (select private from journal"
            " where private is not null and last_cursor > coalesce((select cursor from checkpoint), 0)"
            " order by last_cursor)"
        )
        return b"".join(private for (private,) in rows)

    async def first_cursor(self) -> Cursor:
        """The oldest event still kept."""
        durable = self._last - self.pending()  # as of now: what the reader cannot see yet is not missing
        row = await self._database.one("select first_cursor from journal order by last_cursor limit 1")
        return Cursor(durable + 1) if row is None else Cursor(row[0])

    async def prune(self, before: datetime, keep_bytes: int) -> int:
        """Forget one step of the oldest events that the checkpoint covers."""

        def run(db: sqlite3.Connection) -> int:
            (kept,) = db.execute("select bytes from journal_size").fetchone()
            count = end = freed = 0
            for last, events, at, size in db.execute(
                "select last_cursor, count, at, length(body) from journal"
                " where last_cursor <= (select cursor from checkpoint) order by last_cursor limit ?",
                (STEP_ROWS,),
            ).fetchall():
                if at >= microseconds(before) and kept - freed <= keep_bytes:
                    break
                freed += size
                count += events
                end = last
            db.execute("delete from journal where last_cursor <= ?", (end,))
            db.execute("update journal_size set bytes = bytes - ?", (freed,))
            return count

        return await self._database.write(run)

    async def other_bytes(self) -> int:
        """All that the files take beside the journal's events and free pages.

        The log counts with what it may have, not with what a reader makes of it who keeps it open: to forget
        events would not make that one shorter.
        """

        def run(db: sqlite3.Connection) -> int:
            pages, free, page_bytes = pages_of(db)
            (events,) = db.execute("select bytes from journal_size").fetchone()
            return int((pages - free) * page_bytes - events)

        return await self._database.read(run) + self._database.log_bytes

    async def compact(self, keep_bytes: int) -> bool:
        """Give back one step of free pages, where they are a good part of the file, or it is too large.

        What is pruned is written over by what comes: a journal in its steady state needs nothing of this.
        """

        def run(db: sqlite3.Connection) -> bool:
            pages, free, page_bytes = pages_of(db)
            too_large = pages * page_bytes + self._database.log_bytes > keep_bytes
            if not free or (free * FREE_SHARE < pages and not too_large):
                return False
            db.execute(f"pragma incremental_vacuum({STEP_PAGES})").fetchall()
            _, left, _ = pages_of(db)
            return left < free

        return await self._database.write(run)

    async def last_clock(self) -> tuple[datetime, timedelta] | None:
        """What was kept last, or when the newest event was."""
        kept = await super().last_clock()
        if kept is not None:
            return kept
        row = await self._database.one("select at from journal order by last_cursor desc limit 1")
        return None if row is None else (moment(row[0]), timedelta())
