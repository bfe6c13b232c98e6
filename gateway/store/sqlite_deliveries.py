"""Webhooks and deliveries in SQLite: the part of the embedded store that turns over fastest."""

import sqlite3
from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec

from gateway.store.audit import Note
from gateway.store.audit_chain import keep
from gateway.store.database import Database, Row, Value
from gateway.store.deliveries import Attempt, Delivery, DeliveryState, Webhook
from gateway.store.times import microseconds, moment
from schemas.ids import Cursor, DeliveryId, WebhookId

STEP_ROWS: Final = 256  # deleted at once, between the writer's other work

_MARK: Final = "deliveries"
_INSERT: Final = (
    "insert into deliveries (id, webhook_id, cursor, type, key, state, attempts, created_at,"
    " next_attempt_at, expires_at, error, step, aside) select ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?"
    " where exists (select 1 from webhooks where id = ?) on conflict (webhook_id, cursor) do"
)
_KEEP: Final = f"{_INSERT} nothing"
_RENEW: Final = (
    f"{_INSERT} update set state = excluded.state, attempts = excluded.attempts,"
    " next_attempt_at = excluded.next_attempt_at, expires_at = excluded.expires_at, error = excluded.error,"
    " step = excluded.step, aside = excluded.aside"
    " where state <> 'pending'"
)
_UPDATE: Final = (
    "update deliveries set state = ?, attempts = ?, next_attempt_at = ?, expires_at = ?, error = ?,"
    " step = ?, aside = ? where id = ?"
)
_LOG: Final = (
    "insert into attempts (delivery_id, number, at, duration_ms, status, error, response)"
    " select ?, ?, ?, ?, ?, ?, ? where exists (select 1 from deliveries where id = ?)"
)
_HASTEN: Final = (
    "update deliveries set next_attempt_at = min(next_attempt_at, ?) where id = ? and state = 'pending'"
)
_SELECT: Final = (
    "select id, webhook_id, cursor, type, key, state, attempts, created_at, next_attempt_at, expires_at,"
    " error, step, aside from deliveries"
)
_encode = msgspec.json.Encoder().encode
_webhook = msgspec.json.Decoder(Webhook).decode


def _delivery(row: Row) -> Delivery:
    ident, webhook_id, cursor, kind, key, state, attempts, created_at, *rest = row
    next_attempt_at, expires_at, error, step, aside = rest
    return Delivery(
        id=ident,
        webhook_id=webhook_id,
        cursor=cursor,
        type=kind,
        key=key,
        state=DeliveryState(state),
        attempts=attempts,
        created_at=moment(created_at),
        next_attempt_at=moment(next_attempt_at),
        expires_at=None if expires_at is None else moment(expires_at),
        error=error,
        step=step,
        aside=bool(aside),
    )


def _values(delivery: Delivery) -> tuple[Value, ...]:
    return (
        delivery.id,
        delivery.webhook_id,
        delivery.cursor,
        delivery.type,
        delivery.key,
        str(delivery.state),
        delivery.attempts,
        microseconds(delivery.created_at),
        microseconds(delivery.next_attempt_at),
        None if delivery.expires_at is None else microseconds(delivery.expires_at),
        delivery.error,
        delivery.step,
        delivery.aside,
    )


def _changed(delivery: Delivery) -> tuple[Value, ...]:
    return (
        str(delivery.state),
        delivery.attempts,
        microseconds(delivery.next_attempt_at),
        None if delivery.expires_at is None else microseconds(delivery.expires_at),
        delivery.error,
        delivery.step,
        delivery.aside,
        delivery.id,
    )


class SqliteDeliveries:
    """DeliveryStore in the tables of the embedded store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put_webhook(self, webhook: Webhook, note: Note | None = None) -> None:
        """Insert, or replace by id."""
        await self._database.run(
            "insert or replace into webhooks values (?, ?, ?)",
            webhook.id,
            microseconds(webhook.created_at),
            _encode(webhook),
            note=note,
        )

    async def webhook(self, webhook_id: WebhookId) -> Webhook | None:
        """One webhook."""
        row = await self._database.one("select body from webhooks where id = ?", webhook_id)
        return None if row is None else _webhook(row[0])

    async def list_webhooks(self) -> list[Webhook]:
        """All of them, oldest first."""
        rows = await self._database.all("select body from webhooks order by created_at, id")
        return [_webhook(body) for (body,) in rows]

    async def delete_webhook(self, webhook_id: WebhookId, note: Note | None = None) -> bool:
        """Remove it with its deliveries."""

        def run(db: sqlite3.Connection) -> bool:
            mine = (webhook_id,)
            keep(db, note)
            db.execute(
                "delete from attempts where delivery_id in (select id from deliveries where webhook_id = ?)",
                mine,
            )
            db.execute("delete from deliveries where webhook_id = ?", mine)
            return db.execute("delete from webhooks where id = ?", mine).rowcount > 0

        return await self._database.write(run)

    async def mark(self) -> Cursor:
        """Deliveries have been queued for all events up to this one."""
        row = await self._database.one("select cursor from marks where name = ?", _MARK)
        return Cursor(0 if row is None else row[0])

    async def queue(self, deliveries: Sequence[Delivery], mark: Cursor) -> int:
        """Queue deliveries and move the mark."""
        rows = [(*_values(delivery), delivery.webhook_id) for delivery in deliveries]

        def run(db: sqlite3.Connection) -> int:
            new = db.executemany(_KEEP, rows).rowcount if rows else 0
            db.execute("insert or replace into marks values (?, ?)", (_MARK, mark))
            return new

        return await self._database.write(run)

    async def put_deliveries(self, deliveries: Sequence[Delivery]) -> None:
        """Replace by id."""
        rows = [_changed(delivery) for delivery in deliveries]
        await self._database.write(lambda db: db.executemany(_UPDATE, rows))

    async def requeue(self, deliveries: Sequence[Delivery]) -> int:
        """Queue deliveries again."""
        rows = [(*_values(delivery), delivery.webhook_id) for delivery in deliveries]
        return await self._database.write(lambda db: db.executemany(_RENEW, rows).rowcount)

    async def hasten(self, delivery_ids: Sequence[DeliveryId], at: datetime) -> int:
        """Let those that are pending be due by then."""
        rows = [(microseconds(at), one) for one in delivery_ids]
        return await self._database.write(lambda db: db.executemany(_HASTEN, rows).rowcount)

    async def make_due(self, webhook_id: WebhookId, at: datetime) -> None:
        """Let all pending deliveries of a webhook be due by then."""
        await self._database.run(
            "update deliveries set next_attempt_at = min(next_attempt_at, ?)"
            " where webhook_id = ? and state = 'pending'",
            microseconds(at),
            webhook_id,
        )

    async def delivery(self, delivery_id: DeliveryId) -> Delivery | None:
        """One delivery."""
        row = await self._database.one(f"{_SELECT} where id = ?", delivery_id)
        return None if row is None else _delivery(row)

    async def pending(self, webhook_id: WebhookId, after: Cursor, limit: int) -> list[Delivery]:
        """Pending deliveries of events after a cursor, in order."""
        return await self.deliveries(webhook_id, DeliveryState.PENDING, after, limit)

    async def following(self, webhook_id: WebhookId, key: str, after: Cursor, limit: int) -> list[Delivery]:
        """Pending deliveries with a key, in order."""
        rows = await self._database.all(
            f"{_SELECT} where webhook_id = ? and key = ? and cursor > ? and state = 'pending' and not aside"
            " order by cursor limit ?",
            *(webhook_id, key, after, limit),
        )
        return [_delivery(row) for row in rows]

    async def live(self, webhook_id: WebhookId, now: datetime, limit: int) -> list[Delivery]:
        """Pending deliveries that expire after `now`, in order."""
        rows = await self._database.all(
            f"{_SELECT} where webhook_id = ? and state = 'pending' and expires_at > ?"
            " order by cursor limit ?",
            *(webhook_id, microseconds(now), limit),
        )
        return [_delivery(row) for row in rows]

    async def count_pending(self, webhook_id: WebhookId) -> int:
        """How many are pending."""
        row = await self._database.one(
            "select count(*) from deliveries where webhook_id = ? and state = 'pending'", webhook_id
        )
        return 0 if row is None else int(row[0])

    async def deliveries(
        self, webhook_id: WebhookId, state: DeliveryState | None, after: Cursor, limit: int
    ) -> list[Delivery]:
        """Deliveries of events after a cursor, in order."""
        chosen = "" if state is None else " and state = ?"
        values: tuple[Value, ...] = (webhook_id, after) if state is None else (webhook_id, after, state.value)
        rows = await self._database.all(
            f"{_SELECT} where webhook_id = ? and cursor > ?{chosen} order by cursor limit ?",
            *values,
            limit,
        )
        return [_delivery(row) for row in rows]

    async def log_attempts(self, attempts: Sequence[Attempt]) -> None:
        """Keep attempts for people to read."""
        rows = [
            (
                *(one.delivery_id, one.number, microseconds(one.at), one.duration_ms),
                *(one.status, one.error, one.response, one.delivery_id),
            )
            for one in attempts
        ]

        await self._database.write(lambda db: db.executemany(_LOG, rows))

    async def attempts(self, delivery_id: DeliveryId) -> list[Attempt]:
        """The attempts at a delivery, in order."""
        rows = await self._database.all(
            "select delivery_id, number, at, duration_ms, status, error, response from attempts"
            " where delivery_id = ? order by rowid",
            delivery_id,
        )
        return [
            Attempt(
                delivery_id=ident,
                number=number,
                at=moment(at),
                duration_ms=duration_ms,
                status=status,
                error=error,
                response=response,
            )
            for ident, number, at, duration_ms, status, error, response in rows
        ]

    async def prune(self, before: datetime) -> int:
        """Forget one small step of deliveries that are over and were made before then."""

        def run(db: sqlite3.Connection) -> int:
            old = db.execute(
                "select id from deliveries where state <> 'pending' and created_at < ? limit ?",
                (microseconds(before), STEP_ROWS),
            ).fetchall()
            db.executemany("delete from attempts where delivery_id = ?", old)
            db.executemany("delete from deliveries where id = ?", old)
            return len(old)

        return await self._database.write(run)
