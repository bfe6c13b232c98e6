"""The store on NATS JetStream.

The journal is a stream, and whatever else is kept a key-value bucket. What is asked for with conditions and
in orders that keys do not have is asked of a file of this node's own: SQLite again, made anew from the bucket
at each start, and never the only place of anything. A commit of that file is sealed by JetStream: it counts
once the stream and the bucket have it, and is taken back if they do not take it. So both stores have the same
statements, and group commit, order and back-pressure are those of the writer's thread.

A commit that has events and rows is two groups of messages: first the events, the last of which carry the
rows too, then the rows. If it breaks off in between, the next start writes the rows from there.

One gateway writes: it holds the lease `store`, and both streams take nothing of a fence that is over.
"""

import asyncio
import os
import secrets
import sqlite3
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, TypeVar

from gateway.cluster.config import BusConfig
from gateway.cluster.connection import Connection
from gateway.cluster.leases import Lease, LeaseTable
from gateway.runtime.clock import Clock, SystemClock
from gateway.runtime.tasks import Tasks
from gateway.store.base import Appended
from gateway.store.config import MEMORY, node_file
from gateway.store.database import Database
from gateway.store.jetstream import rows
from gateway.store.jetstream.erasing import JetStreamErasing
from gateway.store.jetstream.journal import Journal
from gateway.store.jetstream.patches import Patches
from gateway.store.jetstream.records import Row
from gateway.store.jetstream.streams import bucket_name, keys_from, streams_of
from gateway.store.sqlite_records import SqliteRecords
from schemas.errors import StoreError
from schemas.ids import Cursor

T = TypeVar("T")

LEASE: Final = "store"
_NOT_OURS: Final = "NATS: the lease is not renewed; nothing is written until it is ours again"
_BESIDE: Final = ("", "-wal", "-shm", "-journal")


class JetStreamStore(SqliteRecords):
    """Not yet open. `path`: where this node's own file may be; it is made anew, and gone in the end."""

    def __init__(
        self,
        config: BusConfig,
        path: str,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        clock: Clock | None = None,
    ) -> None:
        self._folder = TemporaryDirectory(prefix="trunkline-") if path == MEMORY else None
        self._path = node_file(path if self._folder is None else f"{self._folder.name}/trunkline")
        super().__init__(Database(self._path, self._write_events, seal=self._seal), now)
        self._config = config
        self._connection = Connection(config)
        prefix, replicas = config.prefix, config.replicas
        self._events, patches, self._state = streams_of(self._connection, config)
        self._journal = Journal(
            self._events, Patches(self._connection, patches, self._events.name, prefix), prefix
        )
        self.erasing = JetStreamErasing(self._database, self._journal)
        table = LeaseTable(self._connection, prefix, replicas)
        owner = f"{os.uname().nodename}:{os.getpid()}:{secrets.token_hex(4)}"
        self.lease = Lease(table, LEASE, owner, config.lease_s, clock or SystemClock())
        self._table = table
        self._tasks = Tasks()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._taken: tuple[Sequence[Appended], bytes] = ((), b"")  # events of the commit that is under way
        self._commits = 0
        self._bucket = rows.Bucket(bucket_name(prefix))
        self._tenants: dict[str, str] = {}

    @property
    def trouble(self) -> str:
        """What keeps us from writing: also before anything has to be."""
        return super().trouble or self._away()

    @property
    def files_trouble(self) -> str:
        """What is wrong with the connection, or with the node's own file."""
        return self._away() or super().files_trouble

    def _away(self) -> str:
        return self._connection.trouble or ("" if self.lease.holds() else _NOT_OURS)

    # --- life

    async def open(self) -> None:
        """Connect, wait for the lease, and make the node's file from the bucket."""
        self._loop = asyncio.get_running_loop()
        try:
            await self._connection.open()
            await self._table.open()
            await self.lease.take(above=await self._events.newest_fence())
            self.lease.on_lost = lambda error: self._database.damaged(str(error))
            self._tasks.start(self.lease.keep(), "lease")
            epoch = secrets.token_hex(8)
            await self._journal.open(self.lease.fence, epoch)
            await self._state.open(self.lease.fence, self._bucket.owner(self.lease.fence))
            self._remove_file()
            await self._database.open(self._prepare)
        except StoreError:
            await self._let_go()
            raise

    def _prepare(self, db: sqlite3.Connection) -> None:
        """Make the file what the bucket says, write what a commit left over, begin an epoch: in a thread."""
        bucket = self._bucket
        bucket.most_bytes = self._state.most_bytes
        db.execute("begin immediate")
        sequence = 1
        while page := self._await(keys_from(self._state, sequence)):
            for row in bucket.rows(page):
                rows.put(db, row)
            sequence = page[-1].sequence + 1
        if bucket.moving:
            raise StoreError("is being moved to, and not whole: `trunkline migrate` goes on with it")
        for row in bucket.large():
            rows.put(db, row)
        db.execute("commit")
        rows.watch(db)
        db.execute("begin immediate")
        for row in self._await(self._left_over(bucket.applied)):
            rows.put(db, row)
        (saved,) = db.execute("select coalesce((select cursor from checkpoint), 0)").fetchone()
        last = Cursor(max(saved, self._journal.durable))
        oldest = self._await(self._journal.first_cursor())
        self._begin_epoch(db, last, Cursor(last + 1) if oldest is None else oldest)
        self._tenants = dict(db.execute("select platform_id, tenant from tenants").fetchall())
        self._seal(db)
        db.execute("commit")

    async def _left_over(self, applied: int) -> list[Row]:
        return [row async for row in self._journal.rows_after(applied)]

    async def close(self) -> None:
        """Write what was appended, give the lease up, disconnect."""
        try:
            await self._database.close()
        finally:
            await self._let_go()

    async def _let_go(self) -> None:
        with suppress(StoreError):  # nobody answers: the lease ends by itself
            await self.lease.give_up()
        await self._tasks.finish(0.0)
        await self._connection.close()
        self._remove_file()
        if self._folder is not None:
            self._folder.cleanup()

    def owns(self) -> bool:
        """As long as the lease holds."""
        return self.lease.holds()

    def _remove_file(self) -> None:
        for suffix in _BESIDE:
            Path(f"{self._path}{suffix}").unlink(missing_ok=True)

    # --- a commit, in the writer's thread

    def _write_events(self, _db: sqlite3.Connection, events: Sequence[Appended], private: bytes) -> None:
        self._taken = events, private

    def _seal(self, db: sqlite3.Connection) -> None:
        """Let JetStream have what the transaction holds. Called again after a StoreError."""
        touched = rows.touched(db)
        events, private = self._taken
        if events or touched:
            self._await(self._store(events, private, touched))
        self._taken = (), b""

    async def _store(self, events: Sequence[Appended], private: bytes, touched: list[Row]) -> None:
        for row in touched:
            if row.table == "tenants" and row.values is not None:
                self._tenants[str(row.key[0])] = str(row.values["tenant"])
        if self.lease.lost is not None:
            raise self.lease.lost
        if not self.lease.holds():
            raise StoreError(_NOT_OURS)
        if events:
            await self._journal.append(events, private, touched, self.now(), self._tenants)
        if touched:
            messages = self._bucket.messages(touched, self._journal.last)
            await self._state.append(messages, f"rows {self._commits}")
            self._bucket.stored(touched)
        self._commits += 1

    def _await(self, work: Coroutine[None, None, T]) -> T:
        """From another thread: what comes of it in the loop's."""
        if self._loop is None:
            work.close()
            raise StoreError("NATS: not connected")
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    # --- the journal

    async def read(self, after: Cursor, limit: int) -> list[Appended]:
        """Events after a cursor."""
        return await self._journal.read(after, limit)

    async def read_private(self) -> bytes:
        """What is private, in order."""
        row = await self._database.one("select cursor, private from checkpoint")
        cursor, private = (Cursor(0), b"") if row is None else (Cursor(row[0]), bytes(row[1]))
        return private + await self._journal.private_after(cursor)

    async def first_cursor(self) -> Cursor:
        """The oldest event still kept."""
        durable = self._last - self.pending()
        oldest = await self._journal.first_cursor()
        return Cursor(durable + 1) if oldest is None else oldest

    async def prune(self, before: datetime, keep_bytes: int) -> int:
        """Forget one step of the oldest events that the checkpoint covers."""
        saved = await self.last_checkpoint()
        return await self._journal.prune(before, keep_bytes, Cursor(0) if saved is None else saved[0])

    async def other_bytes(self) -> int:
        """What both streams take beside the events."""
        return await self._journal.other_bytes() + (await self._state.state()).bytes

    async def compact(self, _keep_bytes: int) -> bool:
        """JetStream does it by itself."""
        return False
