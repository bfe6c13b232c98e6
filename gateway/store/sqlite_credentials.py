"""Keys and withdrawn tokens in SQLite."""

from datetime import datetime
from typing import Final

import msgspec

from gateway.store.credentials import KeyRecord
from gateway.store.database import Database
from gateway.store.sqlite_deliveries import microseconds, moment

_encode: Final = msgspec.json.Encoder().encode
_key: Final = msgspec.json.Decoder(KeyRecord).decode


class SqliteCredentials:
    """Those of the embedded store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put_key(self, record: KeyRecord) -> None:
        """Insert, or replace by id."""
        await self._database.run(
            "insert or replace into keys values (?, ?, ?)",
            record.id,
            microseconds(record.created_at),
            _encode(record),
        )

    async def key_by_id(self, key_id: str) -> KeyRecord | None:
        """One key."""
        row = await self._database.one("select body from keys where id = ?", key_id)
        return None if row is None else _key(row[0])

    async def list_keys(self) -> list[KeyRecord]:
        """All keys, oldest first."""
        return [
            _key(body)
            for (body,) in await self._database.all("select body from keys order by created_at, id")
        ]

    async def drop_key(self, key_id: str) -> None:
        """Forget a key."""
        await self._database.run("delete from keys where id = ?", key_id)

    async def withdraw(self, mark: str, until: datetime) -> None:
        """Keep that it is good no more."""
        await self._database.run("insert or replace into withdrawn values (?, ?)", mark, microseconds(until))

    async def withdrawn(self) -> dict[str, datetime]:
        """All that was withdrawn."""
        rows = await self._database.all("select mark, until from withdrawn")
        return {mark: moment(until) for mark, until in rows}

    async def forget_withdrawn(self, before: datetime) -> None:
        """Forget what would have ended before then."""
        await self._database.run("delete from withdrawn where until < ?", microseconds(before))
