"""The embedded store: one SQLite file."""

import secrets
import sqlite3
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Final

import msgspec

from gateway.store.base import Appended, Committed, LogState, is_unproved, storable
from gateway.store.database import LOG_BYTES, Database
from gateway.store.deliveries import DeliveryStore
from gateway.store.epochs import EPOCHS, Epoch, Epochs
from gateway.store.rows import ROW_EVENTS, DamagedRowError, decode_row, encode_row
from gateway.store.sqlite_credentials import SqliteCredentials
from gateway.store.sqlite_deliveries import SqliteDeliveries, microseconds, moment
from gateway.store.whole_file import pages_of, set_standby
from schemas.ids import CommandId, Cursor, NeedInfoId
from schemas.needinfo import NeedInfo, Resolution
from schemas.results import CommandRecord, CommandStatus

STEP_ROWS: Final = 64  # deleted at once, between the writer's other work
STEP_PAGES: Final = 64  # given back at once, likewise
FREE_SHARE: Final = 4  # give back when one page of so many is free
_OPEN, _FINISHED, _UNPROVED = 0, 1, 2  # in commands.finished: what is looked for has to be found by an index

_encode = msgspec.json.Encoder().encode
_command = msgspec.json.Decoder(CommandRecord).decode
_needinfo = msgspec.json.Decoder(NeedInfo).decode


class SqliteStore:
    """Store in one SQLite file. `now` dates what is kept; `log_bytes` is what its log may have."""

    def __init__(
        self,
        path: str,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        log_bytes: int = LOG_BYTES,
    ) -> None:
        self.now = now
        self.leapt: Callable[[], timedelta] = timedelta
        self._last = Cursor(0)
        self._epochs = Epochs(())
        self._database = Database(path, self._write_events, log_bytes)
        self._deliveries = SqliteDeliveries(self._database)
        self.credentials = SqliteCredentials(self._database)

    @property
    def deliveries(self) -> DeliveryStore:
        """Webhooks and what is to be delivered to them."""
        return self._deliveries

    @property
    def on_trouble(self) -> Callable[[str], None] | None:
        """Told `trouble`, in the loop's thread, whenever it changes."""
        return self._database.on_trouble

    @on_trouble.setter
    def on_trouble(self, callback: Callable[[str], None] | None) -> None:
        self._database.on_trouble = callback

    @property
    def trouble(self) -> str:
        """What keeps us from writing."""
        return self._database.trouble

    @property
    def files_trouble(self) -> str:
        """What is wrong with the files as files."""
        return self._database.files_trouble

    @property
    def log(self) -> LogState:
        """How the database's log is."""
        return self._database.log

    async def open(self) -> None:
        """Lock the file and bring its schema up to date."""
        await self._database.open(self._prepare)

    def _prepare(self, db: sqlite3.Connection) -> None:
        (last,) = db.execute(
            "select max(coalesce(max(last_cursor), 0), coalesce((select cursor from checkpoint), 0))"
            " from journal"
        ).fetchone()
        self._last = Cursor(last)
        row = db.execute("select first_cursor from journal order by last_cursor limit 1").fetchone()
        oldest = Cursor(last + 1 if row is None else row[0])
        self._epochs = Epochs([Epoch(*row) for row in db.execute(EPOCHS)]).begun(self._last, oldest)
        db.execute("begin immediate")
        db.execute("delete from epochs")
        db.executemany("insert into epochs (id, first_cursor) values (?, ?)", self._epochs)
        db.execute("commit")

    async def close(self) -> None:
        """Write what was appended, then let go."""
        await self._database.close()

    # --- the journal

    @property
    def epochs(self) -> Epochs:
        """Those of the journal."""
        return self._epochs

    def last_cursor(self) -> Cursor:
        """The cursor of the newest event appended."""
        return self._last

    def append(self, events: Sequence[Appended], committed: Committed, private: bytes = b"") -> None:
        """Take events to be written."""
        if events:
            self._database.append(events, committed, private)
            self._last = events[-1].cursor

    def pending(self) -> int:
        """How many events are appended and not yet durable."""
        return self._database.pending()

    async def barrier(self) -> None:
        """Return when everything appended before is durable."""
        await self._database.barrier()

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

    async def checkpoint(self, cursor: Cursor, body: bytes, private: bytes = b"") -> None:
        """Keep the state as of a cursor."""
        await self._database.run(
            "insert or replace into checkpoint (one, cursor, body, private) values (1, ?, ?, ?)",
            *(cursor, body, private),
        )

    async def last_checkpoint(self) -> tuple[Cursor, bytes] | None:
        """What was kept last."""
        row = await self._database.one("select cursor, body from checkpoint")
        return None if row is None else (Cursor(row[0]), row[1])

    async def keep_clock(self, wall: datetime, leapt: timedelta) -> None:
        """The time of day, and how far it has leapt so far."""
        far = leapt // timedelta(microseconds=1)
        await self._database.run("insert or replace into clock values (1, ?, ?)", microseconds(wall), far)

    async def last_clock(self) -> tuple[datetime, timedelta] | None:
        """What was kept last, or when the newest event was."""
        row = await self._database.one("select wall, leapt from clock") or await self._database.one(
            "select at, 0 from journal order by last_cursor desc limit 1"
        )
        return None if row is None else (moment(row[0]), timedelta(microseconds=row[1]))

    # --- commands

    def put_command(self, record: CommandRecord) -> Awaitable[None]:
        """Insert, or replace by id; taken by the call itself."""
        return self._database.begin(
            "insert into commands (id, principal, key, accepted_at, finished, body)"
            " values (?, ?, ?, ?, ?, ?) on conflict (id) do update set principal = excluded.principal,"
            " key = excluded.key, finished = excluded.finished, body = excluded.body",
            record.id,
            record.principal,
            record.idempotency_key,
            microseconds(record.accepted_at - self.leapt()),
            _stage(record),
            _encode(storable(record)),
        )

    async def command(self, command_id: CommandId) -> CommandRecord | None:
        """One command."""
        row = await self._database.one("select body from commands where id = ?", command_id)
        return None if row is None else _command(row[0])

    async def command_by_key(self, principal: str, key: str, since: datetime) -> CommandRecord | None:
        """The newest command accepted under this idempotency key since then."""
        row = await self._database.one(
            "select body from commands where principal = ? and key = ? and key <> '' and accepted_at >= ?"
            " order by accepted_at desc limit 1",
            principal,
            key,
            microseconds(since),
        )
        return None if row is None else _command(row[0])

    async def open_commands(self) -> list[CommandRecord]:
        """Those not finished, oldest first."""
        rows = await self._database.all(
            "select body from commands where finished = ? order by accepted_at, id", _OPEN
        )
        return [_command(body) for (body,) in rows]

    async def unproved(self, since: datetime, limit: int) -> list[CommandRecord]:
        """Those finished without anybody knowing whether they took effect, newest first."""
        rows = await self._database.all(
            "select body from commands where finished = ? and accepted_at >= ?"
            " order by accepted_at desc, id desc limit ?",
            _UNPROVED,
            microseconds(since),
            limit,
        )
        return [_command(body) for (body,) in rows]

    async def prune_commands(self, before: datetime) -> int:
        """Forget finished commands accepted before then, with their questions."""

        def run(db: sqlite3.Connection) -> int:
            old = db.execute(
                "select id from commands where finished in (?, ?) and accepted_at < ? limit ?",
                (_FINISHED, _UNPROVED, microseconds(before), STEP_ROWS),
            ).fetchall()
            db.executemany("delete from needinfos where command_id = ?", old)
            db.executemany("delete from commands where id = ?", old)
            return len(old)

        return await self._database.write(run)

    # --- questions

    async def put_needinfo(self, needinfo: NeedInfo, resolution: Resolution | None) -> None:
        """Insert, or replace by id."""
        await self._database.run(
            "insert or replace into needinfos (id, command_id, asked_at, resolution, body)"
            " values (?, ?, ?, ?, ?)",
            needinfo.id,
            needinfo.command_id,
            microseconds(needinfo.asked_at),
            None if resolution is None else resolution.value,
            _encode(needinfo),
        )

    async def needinfo(self, needinfo_id: NeedInfoId) -> tuple[NeedInfo, Resolution | None] | None:
        """One question and how it ended."""
        row = await self._database.one("select body, resolution from needinfos where id = ?", needinfo_id)
        if row is None:
            return None
        return _needinfo(row[0]), None if row[1] is None else Resolution(row[1])

    async def open_needinfos(self) -> list[NeedInfo]:
        """Those not resolved, oldest first."""
        rows = await self._database.all(
            "select body from needinfos where resolution is null order by asked_at, id"
        )
        return [_needinfo(body) for (body,) in rows]

    # --- what else there is one of

    async def tenants(self) -> Mapping[str, str]:
        """Whose each platform is."""
        return dict(await self._database.all("select platform_id, tenant from tenants"))

    async def put_tenants(self, tenants: Mapping[str, str]) -> None:
        """Whose some platforms are."""
        for one in tenants.items():
            await self._database.run("insert or replace into tenants values (?, ?)", *one)

    async def standby(self) -> bool:
        """Whether the gateway on it is to hold still."""
        return await self._database.one("select 1 from standby") is not None

    async def set_standby(self, *, on: bool) -> None:
        """Whether it is to, from now on."""
        await self._database.write(lambda db: set_standby(db, on=on))

    async def secret(self, name: str) -> bytes:
        """A secret of 32 random bytes, made when first asked for."""
        fresh = secrets.token_bytes(32)

        def run(db: sqlite3.Connection) -> bytes:
            db.execute("insert or ignore into secrets values (?, ?)", (name, fresh))
            return bytes(db.execute("select value from secrets where name = ?", (name,)).fetchone()[0])

        return await self._database.write(run)


def _stage(record: CommandRecord) -> int:
    if record.status is not CommandStatus.FINISHED:
        return _OPEN
    return _UNPROVED if is_unproved(record) else _FINISHED
