"""Taking what concerns somebody out of the embedded store: row by row, and then out of the file itself.

What is rewritten is overwritten (`secure_delete`), free pages are given back, and the log is cut. The raw
file is looked at by another process: to open and close it in this one would drop SQLite's locks.
"""

import re
import sqlite3
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Final

from gateway.store.base import Appended, JournalRow, KeptRow
from gateway.store.database import Database
from gateway.store.rows import decode_row, encode_row
from gateway.store.times import microseconds
from schemas.ids import Cursor

PAGE_ROWS: Final = 16
_STEP_PAGES: Final = 64
_BODIES: Final = {  # the tables whose bodies are rewritten, with the column that names the row
    "commands": "id",
    "needinfos": "id",
}


class SqliteErasing:
    """What erasing needs of one file."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def journal(self, after: Cursor, fits: Callable[[Appended], bool]) -> list[JournalRow]:
        """The next rows after a cursor, with those of their events that fit, as a thread finds."""

        def run(db: sqlite3.Connection) -> list[JournalRow]:
            rows = db.execute(
                "select last_cursor, body, checksum, private from journal where last_cursor > ?"
                " order by last_cursor limit ?",
                (after, PAGE_ROWS),
            ).fetchall()
            return [
                JournalRow(
                    last, [one for one in decode_row(last, body, checksum) if fits(one)], private or b""
                )
                for last, body, checksum, private in rows
            ]

        return await self._database.read(run)

    async def rewrite(
        self, last: Cursor, change: Callable[[Appended], Appended], private: Callable[[bytes], bytes]
    ) -> int:
        """Change events of a row; their cursors stay. Returns how many were."""

        def run(db: sqlite3.Connection) -> int:
            row = db.execute(
                "select body, checksum, private from journal where last_cursor = ?", (last,)
            ).fetchone()
            if row is None:
                return 0  # it has been pruned
            before = decode_row(last, row[0], row[1])
            after = [change(one) for one in before]
            body, checksum = encode_row(after)
            kept = private(row[2]) if row[2] is not None else None
            db.execute("pragma secure_delete=on")
            db.execute(
                "update journal set body = ?, checksum = ?, private = ? where last_cursor = ?",
                (body, checksum, kept or None, last),
            )
            db.execute("update journal_size set bytes = bytes + ?", (len(body) - len(row[0]),))
            return sum(one is not other for one, other in zip(before, after, strict=True))

        return await self._database.write(run)

    async def older(self, kind: str, before: datetime) -> list[Cursor]:
        """The next rows that were written before then and have their fields of a class still.

        What a start would read after the checkpoint is not among them.
        """
        rows = await self._database.all(
            "select last_cursor from journal where last_cursor > coalesce((select cursor from faded where"
            " class = ?), 0) and at < ? and last_cursor <= (select cursor from checkpoint)"
            " order by last_cursor limit ?",
            *(kind, microseconds(before), PAGE_ROWS),
        )
        return [Cursor(last) for (last,) in rows]

    async def faded(self, kind: str, upto: Cursor) -> None:
        """They have not, up to there."""
        await self._database.run("insert or replace into faded values (?, ?)", kind, upto)

    async def kept(self, table: str, after: str) -> list[KeptRow]:
        """The next commands or questions, in the order of their ids."""
        state = {"commands": "finished", "needinfos": "resolution"}[table]
        rows = await self._database.all(
            f"select {_BODIES[table]}, {state}, body from {table} where id > ? order by id limit 200",  # noqa: S608  # names of ours
            after,
        )
        return [KeptRow(*row) for row in rows]

    async def replace(self, table: str, rows: Sequence[tuple[bytes, str]]) -> None:
        """Set bodies by id; of a command, the key under which it came goes too."""
        more = ", key = ''" if table == "commands" else ""

        def run(db: sqlite3.Connection) -> None:
            db.execute("pragma secure_delete=on")
            db.executemany(f"update {table} set body = ?{more} where id = ?", rows)  # noqa: S608  # likewise

        await self._database.write(run)

    async def blank_attempts(self, cursors: Sequence[Cursor], pattern: re.Pattern[bytes]) -> int:
        """Take the answers out of the attempts at these events' deliveries, and whatever names the party."""

        def names(text: str) -> bool:
            return pattern.search(text.encode()) is not None

        def run(db: sqlite3.Connection) -> int:
            db.execute("pragma secure_delete=on")
            db.create_function("names_party", 1, names)
            count = 0
            for start in range(0, len(cursors), 500):
                some = cursors[start : start + 500]
                count += db.executemany(
                    "update attempts set response = '' where response <> '' and delivery_id in"
                    " (select id from deliveries where cursor = ?)",
                    [(one,) for one in some],
                ).rowcount
            count += db.execute(
                "update attempts set response = '', error = '' where names_party(response || error)"
            ).rowcount
            db.execute("update deliveries set error = '' where names_party(error)")
            return count

        return await self._database.write(run)

    async def shrink(self) -> None:
        """Give back every free page, and cut the log: neither holds what there was before."""

        def step(db: sqlite3.Connection) -> int:
            db.execute(f"pragma incremental_vacuum({_STEP_PAGES})").fetchall()
            (left,) = db.execute("pragma freelist_count").fetchone()
            return int(left)

        before = -1
        while (left := await self._database.write(step)) not in (0, before):
            before = left
        await self._database.alone(_cut)

    async def vacuum(self) -> None:
        """Write the whole file anew. Nothing else is written meanwhile."""

        def run(db: sqlite3.Connection) -> None:
            db.execute("vacuum")
            _cut(db)

        await self._database.alone(run)

    async def remains(self, pattern: re.Pattern[bytes]) -> dict[str, int]:
        """How many rows of each table still name the party, in whatever column. In steps: others read too."""
        found: dict[str, int] = {}
        for (table,) in await self._database.all("select name from sqlite_master where type = 'table'"):
            after: int | None = -1
            while after is not None:
                count, after = await self._database.read(partial(_naming, table, after, pattern))
                if count:
                    found[table] = found.get(table, 0) + count
        return found


def _naming(
    table: str, after: int, pattern: re.Pattern[bytes], db: sqlite3.Connection
) -> tuple[int, int | None]:
    """Of the next rows of a table, how many name the party; and the last one's place, None at the end."""
    query = f'select rowid, * from "{table}" where rowid > ? order by rowid limit ?'  # noqa: S608  # the file's own name
    rows = db.execute(query, (after, PAGE_ROWS)).fetchall()
    count = sum(any(_names(value, pattern) for value in row) for row in rows)
    return count, rows[-1][0] if rows else None


def _names(value: object, pattern: re.Pattern[bytes]) -> bool:
    match value:
        case bytes():
            return pattern.search(value) is not None
        case str():
            return pattern.search(value.encode()) is not None
        case _:
            return False


def _cut(db: sqlite3.Connection) -> None:
    db.execute("pragma secure_delete=fast")
    db.execute("pragma wal_checkpoint(truncate)").fetchall()
