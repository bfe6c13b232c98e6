"""NATS' side of a move: streams that are read and left as they are, and streams that are filled.

Until all is there a key of the bucket says so, and how far it has come; no gateway starts on it meanwhile.
"""

import sqlite3
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import suppress
from typing import Final

import msgspec

from gateway.cluster.config import BusConfig
from gateway.cluster.connection import AnsweredError, Connection
from gateway.cluster.leases import MARGIN, Lease, LeaseTable
from gateway.cluster.stream import NO_SUCH, Message
from gateway.runtime.clock import Clock
from gateway.runtime.tasks import Tasks
from gateway.store.jetstream import rows
from gateway.store.jetstream.journal import Journal
from gateway.store.jetstream.patches import Patches
from gateway.store.jetstream.records import Commit, Recorded, Row, encoded
from gateway.store.jetstream.streams import bucket_name, keys_from, streams_of
from gateway.store.moving.figures import page_of, row_of
from schemas.errors import StoreError
from schemas.ids import Cursor

_LEASE: Final = "store"  # the same as a gateway's
_GROUP_MESSAGES: Final = 500  # half of what is stored together: a body in pieces stays in one group
_GROUP_BYTES: Final = 4 * 1024 * 1024


class Moving(msgspec.Struct, frozen=True):
    """What the key says: of which store it is a copy, by its newest epoch; and the last row that is there."""

    source: str
    table: str = ""  # the journal is being copied
    rowid: int = -1


class NatsPlace:
    """The streams of one store. Raises StoreError."""

    def __init__(self, config: BusConfig, clock: Clock) -> None:
        self.name = f"NATS {config.prefix}"
        self._config = config
        self._clock = clock
        self._connection = Connection(config)
        self._events, patches, self._state = streams_of(self._connection, config)
        self._patches = Patches(self._connection, patches, self._events.name, config.prefix)
        self.journal = Journal(self._events, self._patches, config.prefix)
        self._patches_stream = patches
        self._bucket = bucket_name(config.prefix)
        self._leases = LeaseTable(self._connection, config.prefix, config.replicas)
        self._lease = Lease(self._leases, _LEASE, "trunkline migrate", config.lease_s, clock)
        self._tasks = Tasks()

    async def open(self) -> None:
        """Connect. Refuses streams that a gateway works on."""
        await self._connection.open()
        before = await self._leases.all()
        held = {name: one for name, one in before.items() if one.held.owner}
        if held:
            life_s = max(one.held.life_s for one in held.values()) * (1 + MARGIN)
            await self._clock.sleep(life_s)  # who died holds nothing once that is over
            after = await self._leases.all()
            for name, one in held.items():
                if name not in after or after[name].revision != one.revision:
                    raise StoreError(f"{self.name}: {one.held.owner} works on it; stop the gateway first")

    async def close(self) -> None:
        """Let go."""
        with suppress(StoreError):  # nobody answers: it ends by itself
            await self._lease.give_up()
        await self._tasks.finish(0.0)
        await self._connection.close()

    # --- reading

    async def look(self) -> bool:
        """Know where everything ends; False if the streams are not there."""
        try:
            await self._state.look()
            await self.journal.inspect()
        except AnsweredError as error:
            if error.error.err_code in NO_SUCH:
                return False
            raise
        return True

    @property
    def end(self) -> tuple[int, int]:
        """The last messages of both streams: who wrote to them meanwhile is found out."""
        return self._events.last, self._state.last

    async def moving(self) -> Moving | None:
        """The move that is not over; None: there is none."""
        kept = await self._state.newest(f"$KV.{self._bucket}.{rows.MOVING}")
        if kept is None or not kept.body:
            return None
        try:
            return msgspec.json.decode(kept.body, type=Moving)
        except msgspec.DecodeError as error:
            raise StoreError(f"{self.name}: is damaged: {kept.subject}: {error}") from error

    async def epochs(self) -> list[str]:
        """All that the store has, in order."""
        found = [row.values or {} for row in await self._rows_of("epochs")]
        found.sort(key=lambda values: int(str(values["number"])))
        return [str(values["id"]) for values in found]

    async def is_empty(self) -> bool:
        """Whether there is no event and no row."""
        if await self.journal.first_cursor() is not None:
            return False
        for table in rows.KEYS:
            if await self._rows_of(table, most=1):
                return False
        return True

    async def _rows_of(self, table: str, most: int = 0) -> list[Row]:
        """Those of a small table. `most` 0: all."""
        bucket, found, sequence = self._bucket_now(), list[Row](), 1
        while one := await self._state.next(sequence, f"$KV.{self._bucket}.{table}.>"):
            found += (row for row in bucket.rows([one]) if row.values is not None)
            sequence = one.sequence + 1
            if most and len(found) >= most:
                break
        return found

    async def commits(self, after: Cursor) -> AsyncIterator[Commit]:
        """The journal after a cursor."""
        async for one in self.journal.after(after):
            kept = one.recorded
            yield Commit(kept.at, [event for event in kept.events if event.cursor > after], kept.private)

    async def put_tables(self, db: sqlite3.Connection) -> None:
        """Let a file have all rows: as a gateway makes its own."""
        bucket, sequence = self._bucket_now(), 1
        while page := await keys_from(self._state, sequence):
            for row in bucket.rows(page):
                rows.put(db, row)
            sequence = page[-1].sequence + 1
        for row in bucket.large():
            rows.put(db, row)
        async for row in self.journal.rows_after(bucket.applied):
            rows.put(db, row)

    def _bucket_now(self) -> rows.Bucket:
        bucket = rows.Bucket(self._bucket)
        bucket.most_bytes = self._state.most_bytes
        return bucket

    # --- filling

    async def take(self) -> None:
        """From now on nobody but us writes to it."""
        await self._leases.open()
        await self._lease.take(above=await self._events.newest_fence())
        self._tasks.start(self._lease.keep(), "lease")
        fence = self._lease.fence
        await self.journal.open(fence, "")
        await self._state.open(fence, self._bucket_now().owner(fence))

    async def begin(self, source: str) -> None:
        """Anew: whatever is there is of a move that was not over."""
        for stream in (self._events, self._patches_stream, self._state):  # what says so is the last to go
            await stream.purge(stream.last)
        await self.journal.inspect()
        await self._mark(Moving(source), [])

    async def end_move(self) -> None:
        """It is whole."""
        where = f"$KV.{self._bucket}.{rows.MOVING}"
        await self._state.append([Message(where, b"", rows.GONE)], "moved")

    async def _mark(self, moving: Moving, some: list[Row]) -> None:
        where = f"$KV.{self._bucket}.{rows.MOVING}"
        messages = self._bucket_now().messages(some, self.journal.last) if some else []
        messages.append(Message(where, msgspec.json.encode(moving)))
        await self._state.append(messages, f"rows {moving.table} {moving.rowid}")

    async def append(self, commits: Iterable[Commit], tenants: Mapping[str, str]) -> AsyncIterator[int]:
        """Write a journal; yields after each group how many events it had."""
        made: list[Recorded] = []
        offset, messages, size = self.journal.offset, 0, 0
        for commit in commits:
            for one in self.journal.recorded(commit, offset):
                pieces = self._events.pieces(encoded(one))
                if made and (messages + pieces > _GROUP_MESSAGES or size > _GROUP_BYTES):
                    await self.journal.append_recorded(made, tenants)
                    yield sum(len(some.events) for some in made)
                    made, messages, size = [], 0, 0
                made.append(one)
                offset = one.offset + one.size_bytes
                messages, size = messages + pieces, size + one.size_bytes
        if made:
            await self.journal.append_recorded(made, tenants)
            yield sum(len(some.events) for some in made)

    async def fill(self, db: sqlite3.Connection, moving: Moving) -> AsyncIterator[int]:
        """Write the rows of a file from where a move has come to; yields after each group how many."""
        tables = list(rows.KEYS)
        for table in tables[tables.index(moving.table) if moving.table else 0 :]:
            after = moving.rowid if table == moving.table else -1
            while page := page_of(db, table, after):
                some: list[Row] = []
                size = 0
                while page and size <= _GROUP_BYTES:
                    after, values = page.pop(0)
                    some.append(row_of(table, values))
                    size += sum(len(one) for one in values.values() if isinstance(one, bytes))
                await self._mark(Moving(moving.source, table, after), some)
                yield len(some)
