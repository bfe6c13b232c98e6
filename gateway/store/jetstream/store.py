"""The store on NATS JetStream.

The journal is a stream, and whatever else is kept a key-value bucket. What is asked for with conditions and
in orders that keys do not have is asked of a file of this node's own: SQLite again, made anew from the bucket
at each start, and never the only place of anything. A commit of that file is sealed by JetStream: it counts
once the stream and the bucket have it, and is taken back if they do not take it. So both stores have the same
statements, and group commit, order and back-pressure are those of the writer's thread.

A commit that has events and rows is two groups of messages: first the events, the last of which carry the
rows too, then the rows. If it breaks off in between, the next start writes the rows from there.

One gateway writes: it holds the lease `store`, and both streams take nothing of a fence that is over. Others
may follow it (`follows`): their files and what they tell are what it writes, until one of them has the lease.
"""

import asyncio
import os
import secrets
import sqlite3
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, TypeVar

import structlog

from gateway.cluster.config import BusConfig
from gateway.cluster.connection import Connection
from gateway.cluster.leases import RENEWALS, Lease, LeaseTable
from gateway.runtime.clock import Clock, SystemClock
from gateway.runtime.tasks import Tasks
from gateway.store.base import Appended, Following
from gateway.store.config import MEMORY, node_file
from gateway.store.epochs import EPOCHS, Epoch, Epochs
from gateway.store.jetstream import rows
from gateway.store.jetstream.erasing import JetStreamErasing
from gateway.store.jetstream.following import Follower, Telling, Where
from gateway.store.jetstream.journal import Journal
from gateway.store.jetstream.neighbours import Neighbours
from gateway.store.jetstream.node_file import NodeFile, RowFeed
from gateway.store.jetstream.patches import Patches
from gateway.store.jetstream.records import Row
from gateway.store.jetstream.streams import bucket_name, streams_of
from gateway.store.sqlite_records import SqliteRecords
from schemas.errors import FencedError, StoreError
from schemas.ids import Cursor

T = TypeVar("T")
log = structlog.get_logger("trunkline.bus")

LEASE: Final = "store"
_NOT_OURS: Final = "NATS: the lease is not renewed; nothing is written until it is ours again"
_LOOK_S: Final = 0.1  # between two looks whether the gateway at work is ready
_PATIENT_S: Final = 15.0  # for each step of a take-over, in which a stream may get another leader
_BESIDE: Final = ("", "-wal", "-shm", "-journal")


class JetStreamStore(SqliteRecords):
    """Not yet open. `path`: where this node's own file may be; it is made anew, and gone in the end."""

    def __init__(
        self,
        config: BusConfig,
        path: str,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        clock: Clock | None = None,
        *,
        follows: bool = False,
    ) -> None:
        """`follows`: where another gateway is at work, `open` returns nevertheless; see `Store.following`."""
        self._folder = TemporaryDirectory(prefix="trunkline-") if path == MEMORY else None
        self._path = node_file(path if self._folder is None else f"{self._folder.name}/trunkline")
        self._file = NodeFile(self._path, self._write_events, seal=self._seal)
        super().__init__(self._file, now)
        self._config = config
        self._connection = Connection(config)
        prefix = config.prefix
        self._events, patches, self._state = streams_of(self._connection, config)
        self._journal = Journal(
            self._events, Patches(self._connection, patches, self._events.name, prefix), prefix
        )
        self.erasing = JetStreamErasing(self._database, self._journal)
        table = LeaseTable(self._connection, prefix, config.replicas)
        owner = f"{os.uname().nodename}:{os.getpid()}:{secrets.token_hex(4)}"
        self.lease = Lease(table, LEASE, owner, config.lease_s, clock or SystemClock())
        self._table = table
        self._tasks = Tasks()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._taken: tuple[Sequence[Appended], bytes] = ((), b"")  # events of the commit that is under way
        self._commits = 0
        self._bucket = rows.Bucket(bucket_name(prefix))
        self._tenants: dict[str, str] = {}
        self._at_work = False  # or another gateway is
        self._feed = RowFeed(self._state, self._bucket, self._file)
        self._may_follow = follows
        self._follower = Follower(self._connection, prefix, self.lease, self._journal, self._feed)
        self._telling = Telling(self._connection, prefix)
        self.shared = Neighbours(self._connection, prefix, self.lease, self._follower)
        self._file.pass_on = self._follower.pass_on
        self._taking: asyncio.Task[None] | None = None
        self._following: Callable[[], object] = lambda: None  # ends it

    @property
    def trouble(self) -> str:
        """What keeps us from writing: also before anything has to be."""
        return super().trouble or self._away()

    @property
    def files_trouble(self) -> str:
        """What is wrong with the connection, or with the node's own file."""
        return self._away() or super().files_trouble

    def _away(self) -> str:
        if self._file.follows:
            return self._connection.trouble or self._follower.trouble
        return self._connection.trouble or ("" if self.lease.holds() else _NOT_OURS)

    # --- life

    async def open(self) -> None:
        """Connect, wait for the lease, and make the node's file from the bucket.

        Who follows does not wait: what the gateway at work has written is read, and goes on being read.
        """
        self._loop = asyncio.get_running_loop()
        try:
            await self._connection.open()
            await self._table.open()
            taking = self._taking = asyncio.create_task(self._take_lease())
            if not (self._may_follow and await self._followed(taking)):
                await taking
                await self._own_streams()
                await self._open_file()
                await self._begin(*await self._read_rest())
        except (StoreError, asyncio.CancelledError):
            await self._let_go()
            raise

    async def _take_lease(self) -> None:
        """Return once it is ours; while others follow, whatever goes wrong may pass."""
        while True:
            try:
                await self.lease.take(above=await self._events.newest_fence())
            except StoreError:
                if not self._file.follows:
                    raise
                await asyncio.sleep(self._config.lease_s / RENEWALS)
            else:
                self.lease.on_lost = self._fenced
                self._tasks.start(self.lease.keep(), "lease")
                return

    async def _followed(self, taking: "asyncio.Task[None]") -> bool:
        """Whether another gateway is at work, and all that it has written is here. No: the lease is ours."""
        while not taking.done():
            if self._follower.work:
                try:
                    if not self._file.follows:
                        await self._open_file()
                        self._file.follows = True
                    await self._follower.begin()
                except StoreError as error:  # it is starting, or has just ended
                    log.info("the gateway at work does not answer yet", why=str(error))
                else:
                    self._last = self._journal.durable
                    await self._read_epochs()
                    return True
            await asyncio.wait([taking], timeout=_LOOK_S)
        return False

    async def _open_file(self) -> None:
        if not self._file.follows:
            self._remove_file()
            await self._file.open(lambda _db: None)

    async def _own_streams(self) -> None:
        """Let nobody but us write from now on."""
        await self._journal.open(self.lease.fence, secrets.token_hex(8))
        await self._state.open(self.lease.fence, self._bucket.owner(self.lease.fence))

    def _fenced(self, error: FencedError) -> None:
        self._file.damaged(str(error))
        self.shared.on_fenced()

    async def _read_rest(self) -> tuple[list[Row], Cursor | None]:
        """With all streams ours: what was not read yet; the rows that a commit left over, the oldest event.

        Whoever leads a stream now has to have what we wrote last: one that was frozen may not know that yet.
        """
        for stream in (self._events, self._state):
            await stream.require(stream.last)
        async for one in self._journal.follow(self._journal.last, self._journal.newest_patch):
            self._follower.on_told(one.events, one.private)
        await self._feed.upto(self._state.last)
        left = [row async for row in self._journal.rows_after(self._bucket.applied)]
        return left, await self._journal.first_cursor()

    async def _begin(self, left: list[Row], oldest: Cursor | None) -> None:
        """Write what a commit left over, begin an epoch."""
        if self._bucket.moving:
            raise StoreError("another store is being moved here; `trunkline migrate` goes on with it")
        self._bucket.most_bytes = self._state.most_bytes
        self._file.follows = False
        await self._file.write(lambda db: self._prepare(db, left, oldest))
        await self._telling.begin(self.lease.fence, self._where, self._file.note)
        await self._telling.tell(self._where())

    def _prepare(self, db: sqlite3.Connection, left: list[Row], oldest: Cursor | None) -> None:
        """In the transaction that is open, in the writer's thread."""
        rows.watch(db)
        for row in left:
            rows.put(db, row)
        (saved,) = db.execute("select coalesce((select cursor from checkpoint), 0)").fetchone()
        last = Cursor(max(saved, self._journal.durable))
        self._begin_epoch(db, last, Cursor(last + 1) if oldest is None else oldest)
        self._tenants = dict(db.execute("select platform_id, tenant from tenants").fetchall())
        self._at_work = True

    # --- while another gateway is at work

    @property
    def following(self) -> Following | None:
        """This store, as long as it follows another's."""
        return self if self._file.follows else None

    def follow(
        self,
        told: Callable[[Sequence[Appended], bytes], None],
        changed: Callable[[frozenset[str]], Awaitable[None]],
    ) -> None:
        """Go on following: `told` gets events in order, `changed` the tables whose rows are others now."""

        def go_on(events: Sequence[Appended], private: bytes) -> None:
            self._last = events[-1].cursor
            told(events, private)

        async def rows_changed(tables: frozenset[str]) -> None:
            if "epochs" in tables:
                await self._read_epochs()
            await changed(tables)

        self._follower.on_told, self._follower.on_rows = go_on, rows_changed
        self._following = self._tasks.start(self._follower.run(), "following")

    async def _read_epochs(self) -> None:
        self._epochs = Epochs([Epoch(*row) for row in await self._file.all(EPOCHS)])

    async def turn(self) -> None:
        """Return once the lease is ours. Nobody else writes from then on."""
        if self._taking is not None:
            await self._taking

    async def take_over(self) -> None:
        """Tell here what is left to be told, and write from now on."""
        self._following()
        await self._follower.stop()
        await self._patiently(self._own_streams)
        await self._begin(*await self._patiently(self._read_rest))

    async def _patiently(self, step: Callable[[], Coroutine[None, None, T]]) -> T:
        """As long as the turn is ours, and not for ever: a stream may have no leader for a moment."""
        end_s = time.monotonic() + _PATIENT_S
        while True:
            try:
                return await step()
            except FencedError:
                raise
            except StoreError as error:
                if time.monotonic() > end_s or not self.lease.holds():
                    raise
                log.info("taking over takes longer", why=str(error))
            await asyncio.sleep(_LOOK_S)

    async def barrier(self) -> None:
        """Return when everything appended before is durable; who follows, when what was told is told here."""
        if self._file.follows:
            await self._follower.caught_up()
        else:
            await super().barrier()

    async def secret(self, name: str) -> bytes:
        """A secret; who follows has those that were made."""
        if not self._file.follows:
            return await super().secret(name)
        row = await self._file.one("select value from secrets where name = ?", name)
        if row is None:
            raise StoreError(f"the gateway at work has no secret {name} yet")
        return bytes(row[0])

    def _where(self) -> Where:
        return Where(self._journal.durable, self._journal.last, self._state.last, self._journal.newest_patch)

    async def close(self) -> None:
        """Write what was appended, give the lease up, disconnect."""
        try:
            await self._database.close()
        finally:
            await self._let_go()

    async def _let_go(self) -> None:
        if self._taking is not None and not self._taking.done():
            self._taking.cancel()
            await asyncio.wait([self._taking])
        await self.shared.stop()
        await self._telling.stop()
        await self._follower.stop()
        with suppress(StoreError):  # nobody answers: the lease ends by itself
            await self.lease.give_up()
        await self._tasks.finish(0.0)
        await self._connection.close()
        self._remove_file()
        if self._folder is not None:
            self._folder.cleanup()

    def owns(self) -> bool:
        """As long as the lease holds, and all is ready for it."""
        return self._at_work and self.lease.holds()

    def _remove_file(self) -> None:
        for suffix in _BESIDE:
            Path(f"{self._path}{suffix}").unlink(missing_ok=True)

    # --- a commit, in the writer's thread

    def _write_events(self, _db: sqlite3.Connection, events: Sequence[Appended], private: bytes) -> None:
        self._taken = events, private

    def _seal(self, db: sqlite3.Connection) -> None:
        """Let JetStream have what the transaction holds. Called again after a StoreError."""
        if not self._at_work:
            return  # it comes from there
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
        await self._telling.tell(self._where())

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
