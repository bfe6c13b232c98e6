"""The audit in the tables of the embedded store."""

import sqlite3
from collections.abc import Awaitable
from datetime import datetime
from typing import Final

from gateway.store.audit import Head, Linked, Note, Wanted, excess, pruned
from gateway.store.audit_chain import chain_of, keep
from gateway.store.database import Database
from gateway.store.times import microseconds

STEP_ROWS: Final = 256  # forgotten at once, between the writer's other work


class SqliteAudit:
    """AuditStore in one file."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def note(self, note: Note) -> Awaitable[None]:
        """Add an entry; taken by the call itself."""
        return self._database.note(note)

    async def entries(self, wanted: Wanted, limit: int) -> list[Linked]:
        """Those that are wanted, in order."""

        def run(db: sqlite3.Connection) -> list[Linked]:
            head = chain_of(db)
            rows = db.execute(
                "select number, body, coalesce((select hash from audit former where former.number ="
                " audit.number - 1), ?), hash from audit where number > ? and (? = '' or principal = ?)"
                " and (? = '' or action = ?) order by number limit ?",
                (head.before, wanted.after, *(wanted.principal,) * 2, *(wanted.action,) * 2, limit),
            )
            return [Linked(*row) for row in rows.fetchall()]

        return await self._database.read(run)

    async def head(self) -> Head:
        """Where the chain begins and ends."""
        return await self._database.read(chain_of)

    async def prune(self, before: datetime, most: int, now: datetime) -> int:
        """Forget one step of the oldest entries."""

        def run(db: sqlite3.Connection) -> int:
            head = chain_of(db)
            spare = excess(head.last - head.first + 1, most)
            oldest = db.execute(
                "select number, at, hash from audit order by number limit ?", (STEP_ROWS,)
            ).fetchall()
            count = 0
            while count < len(oldest) and (count < spare or oldest[count][1] < microseconds(before)):
                count += 1
            if not count:
                return 0
            last, _, anchor = oldest[count - 1]
            db.execute("update audit_chain set first = ?, before = ?", (last + 1, anchor))
            db.execute("delete from audit where number <= ?", (last,))
            keep(db, pruned(head, last, anchor, now))
            return count

        return await self._database.write(run)
