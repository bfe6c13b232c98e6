"""What a store keeps beside the journal, in the tables of an SQLite file: the same for all that have one."""

import secrets
import sqlite3
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec

from gateway.store.audit import AuditStore, Note
from gateway.store.base import Appended, Committed, LogState, is_unproved, storable
from gateway.store.database import Database
from gateway.store.deliveries import DeliveryStore
from gateway.store.epochs import EPOCHS, Epoch, Epochs
from gateway.store.sqlite_audit import SqliteAudit
from gateway.store.sqlite_credentials import SqliteCredentials
from gateway.store.sqlite_crm import SqliteCrm
from gateway.store.sqlite_deliveries import SqliteDeliveries
from gateway.store.times import microseconds, moment
from gateway.store.whole_file import set_standby
from schemas.ids import CommandId, Cursor, NeedInfoId
from schemas.needinfo import NeedInfo, Resolution
from schemas.results import CommandRecord, CommandStatus

STEP_ROWS: Final = 64  # deleted at once, between the writer's other work
_OPEN, _FINISHED, _UNPROVED = 0, 1, 2  # in commands.finished: what is looked for has to be found by an index

_encode = msgspec.json.Encoder().encode
_command = msgspec.json.Decoder(CommandRecord).decode
_needinfo = msgspec.json.Decoder(NeedInfo).decode


class SqliteRecords:
    """Store without the journal. `now` dates what is kept."""

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        self.now = now
        self.leapt: Callable[[], timedelta] = timedelta
        self._last = Cursor(0)
        self._epochs = Epochs(())
        self._database = database
        self._deliveries = SqliteDeliveries(database)
        self.audit: AuditStore = SqliteAudit(database)
        self.credentials = SqliteCredentials(database)
        self.crm = SqliteCrm(database)

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

    @property
    def epochs(self) -> Epochs:
        """Those of the journal."""
        return self._epochs

    def _begin_epoch(self, db: sqlite3.Connection, last: Cursor, oldest: Cursor) -> None:
        """In the transaction that is open."""
        self._last = last
        self._epochs = Epochs([Epoch(*row) for row in db.execute(EPOCHS)]).begun(last, oldest)
        db.execute("delete from epochs")
        db.executemany("insert into epochs (id, first_cursor) values (?, ?)", self._epochs)

    # --- what is on its way into the journal

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

    # --- where a restart begins

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
        """What was kept last."""
        row = await self._database.one("select wall, leapt from clock")
        return None if row is None else (moment(row[0]), timedelta(microseconds=row[1]))

    # --- commands

    def put_command(self, record: CommandRecord, note: Note | None = None) -> Awaitable[None]:
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
            note=note,
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

    async def put_needinfo(
        self, needinfo: NeedInfo, resolution: Resolution | None, note: Note | None = None
    ) -> None:
        """Insert, or replace by id."""
        await self._database.run(
            "insert or replace into needinfos (id, command_id, asked_at, resolution, body)"
            " values (?, ?, ?, ?, ?)",
            needinfo.id,
            needinfo.command_id,
            microseconds(needinfo.asked_at),
            None if resolution is None else resolution.value,
            _encode(needinfo),
            note=note,
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
