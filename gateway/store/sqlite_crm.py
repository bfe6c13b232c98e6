"""What is to be logged in CRMs, in SQLite."""

import sqlite3
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

import msgspec

from gateway.store.crm import CrmEntry, EntryState
from gateway.store.database import Database, Value
from gateway.store.times import microseconds
from schemas.ids import Cursor

STEP_ROWS: Final = 256  # deleted at once, between the writer's other work
_PUT: Final = "insert or replace into crm_entries values (?, ?, ?, ?, ?, ?)"
_SELECT: Final = "select body from crm_entries where crm = ? and state = ?"
_encode: Final = msgspec.json.Encoder().encode
_decode: Final = msgspec.json.Decoder(CrmEntry).decode


def _values(entry: CrmEntry) -> tuple[Value, ...]:
    at = microseconds(entry.created_at), microseconds(entry.next_attempt_at)
    return (entry.crm, entry.key, entry.state.value, *at, _encode(entry))


def _name(crm: str) -> str:
    return f"crm:{crm}"


class SqliteCrm:
    """CrmStore in a table of the embedded store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def mark(self, crm: str) -> Cursor | None:
        """Up to where the journal has been read."""
        row = await self._database.one("select cursor from marks where name = ?", _name(crm))
        return None if row is None else Cursor(row[0])

    async def plan(self, crm: str, entries: Sequence[CrmEntry], mark: Cursor) -> None:
        """Insert entries, or replace by key, and move the mark."""
        rows = [_values(one) for one in entries]

        def run(db: sqlite3.Connection) -> None:
            db.executemany(_PUT, rows)
            db.execute("insert or replace into marks values (?, ?)", (_name(crm), mark))

        await self._database.write(run)

    async def entry(self, crm: str, key: str) -> CrmEntry | None:
        """One entry."""
        row = await self._database.one("select body from crm_entries where crm = ? and key = ?", crm, key)
        return None if row is None else _decode(row[0])

    async def put(self, entry: CrmEntry) -> None:
        """Replace it by its key."""
        await self._database.run(_PUT, *_values(entry))

    async def pending(self, crm: str, limit: int) -> list[CrmEntry]:
        """Those to be written."""
        return await self._some("next_attempt_at", crm, EntryState.PENDING, limit)

    async def dead(self, crm: str, limit: int) -> list[CrmEntry]:
        """Those that are given up."""
        return await self._some("created_at", crm, EntryState.DEAD, limit)

    async def _some(self, order: str, crm: str, state: EntryState, limit: int) -> list[CrmEntry]:
        rows = await self._database.all(f"{_SELECT} order by {order}, key limit ?", crm, state.value, limit)
        return [_decode(body) for (body,) in rows]

    async def count(self, crm: str) -> Mapping[EntryState, int]:
        """How many there are."""
        rows = await self._database.all(
            "select state, count(*) from crm_entries where crm = ? group by state", crm
        )
        return {EntryState(state): count for state, count in rows}

    async def prune(self, before: datetime) -> int:
        """Forget one small step of entries that are over."""

        def run(db: sqlite3.Connection) -> int:
            old = db.execute(
                "select crm, key from crm_entries where state <> 'pending' and created_at < ? limit ?",
                (microseconds(before), STEP_ROWS),
            ).fetchall()
            db.executemany("delete from crm_entries where crm = ? and key = ?", old)
            return len(old)

        return await self._database.write(run)
