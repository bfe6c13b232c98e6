"""For tests of moving a store: one with everything in it, all that a file holds, a mover that kills itself.

`python -m tests.contract.moved STEP TARGET PATH BUS` moves a store, and ends by SIGKILL at a step; it prints
how many steps there were if it came to its end.
"""

import asyncio
import os
import signal
import sqlite3
import sys
from collections.abc import Callable, Mapping
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from random import Random

import msgspec

from gateway.cluster.config import BusConfig
from gateway.runtime.clock import SystemClock
from gateway.store.audit import Note
from gateway.store.base import Appended
from gateway.store.credentials import KeyRecord
from gateway.store.deliveries import Attempt, DeliveryState
from gateway.store.jetstream.store import JetStreamStore
from gateway.store.moving import move
from gateway.store.rows import decode_row
from gateway.store.sqlite import SqliteStore
from schemas.ids import Cursor
from schemas.needinfo import Resolution
from schemas.results import CommandStatus
from tests.contract.records import NOW, Dial, delivery, events, ignore, noise, question, record, webhook

Kept = SqliteStore | JetStreamStore

SECRET = b"what was said in confidence"
ALL = 260  # events


async def fill(made: Callable[[], Kept], clock: Dial, dice: Random) -> None:
    """Everything that a store keeps, as gateways do in two lives. `made`: the store, each time another."""
    store = made()
    await store.open()
    cursor = 1
    while cursor <= ALL:  # commits of all sizes, with several agents, and bodies larger than a message
        last = min(ALL, cursor + dice.choice((0, 1, 5, 40)))
        some = [
            one._replace(
                agent_id=f"a.{dice.randrange(3)}",
                platform_id=f"p{dice.randrange(2)}",
                body=noise(one.cursor, 2_200_000) if one.cursor % 60 == 0 else one.body,
            )
            for one in events(cursor, last)
        ]
        private = b'{"p":%d}\n' % cursor if dice.random() < 0.5 else b""
        store.append(some, ignore, private)
        await store.barrier()
        clock.time += timedelta(seconds=dice.choice((0, 1)))
        cursor = last + 1
    store.append(events(ALL + 1, ALL + 1), ignore, SECRET)
    await store.barrier()
    clock.time += timedelta(days=2)
    await store.checkpoint(Cursor(ALL - 10), noise(7, 2_500_000), b"all\n")
    await store.put_tenants({"p0": "acme"})
    await store.set_standby(on=True)
    await store.keep_clock(clock.time, timedelta(seconds=-5))
    await store.secret("link-tokens")
    for n in range(30):
        status = CommandStatus.FINISHED if n % 3 else CommandStatus.ACCEPTED
        note = Note(at=NOW, principal="key:1", action="command.given", object=f"c{n}")
        await store.put_command(record(f"c{n}", n, status), note)
    await store.put_needinfo(question("n1"), None)
    await store.put_needinfo(question("n2"), Resolution.SUBMITTED)
    key = KeyRecord(id="k1", name="crm", digest=b"\x00\xff", scopes=("admin",), created_at=NOW)
    await store.credentials.put_key(key)
    await store.credentials.withdraw("a.b/c d", NOW)
    await store.deliveries.put_webhook(webhook())
    await store.deliveries.put_webhook(webhook("w2"))
    queued = [delivery(n, hook) for n in range(1, 600) for hook in ("w1", "w2")]
    await store.deliveries.queue(queued, Cursor(599))
    over = [msgspec.structs.replace(one, state=DeliveryState.DELIVERED) for one in queued[:50]]
    attempts = [
        Attempt(delivery_id=one.id, number=1, at=NOW, duration_ms=3, status=200, response="thanks")
        for one in over
    ]
    await store.deliveries.put_deliveries(over)
    await store.deliveries.log_attempts(attempts)
    await store.audit.prune(NOW + timedelta(days=1), 20, clock.time)
    await _erase(store)
    await store.erasing.faded("content", Cursor(ALL // 2))
    await store.close()
    store = made()
    await store.open()  # another start: another epoch, with events of its own
    store.append(events(ALL + 2, ALL + 5), ignore, b"again\n")
    await store.barrier()
    await store.close()


async def _erase(store: Kept) -> None:
    """Some events, and what was private of one."""

    def change(one: Appended) -> Appended:
        return one._replace(body=b'{"erased":true}') if one.cursor % 7 == 0 else one

    after = Cursor(0)
    while found := await store.erasing.journal(after, lambda one: one.cursor % 7 == 0):
        after = found[-1].last
        for row in found:
            if row.events or SECRET in row.private:
                await store.erasing.rewrite(row.last, change, lambda said: said.replace(SECRET, b"-\n"))


def held(path: Path) -> Mapping[str, object]:
    """All that a store's file holds, row by row: whatever tables it has; of its journal the events."""
    found: dict[str, object] = {}
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
        tables = [name for (name,) in db.execute("select name from sqlite_master where type = 'table'")]
        for table in sorted(set(tables) - {"journal", "journal_size"}):
            found[table] = sorted(map(repr, db.execute(f"select * from {table}")))  # noqa: S608  # its own names
        rows = db.execute(
            "select last_cursor, body, checksum, at, private from journal order by last_cursor"
        ).fetchall()
        found["events"] = [
            (at, one) for last, body, total, at, _ in rows for one in decode_row(last, body, total)
        ]
        found["private"] = [(last, private) for last, *_, private in rows if private is not None]
        (noted,) = db.execute("select bytes from journal_size").fetchone()
        assert noted == sum(len(body) for _, body, *_ in rows)
    return found


async def _moved(step: int, target: str, path: str, bus: BusConfig) -> int:
    seen = 0

    def told(_phase: str, _done: int, _total: int) -> None:
        nonlocal seen
        seen += 1
        if seen == step:
            os.kill(os.getpid(), signal.SIGKILL)

    if target == "nats":
        await move.to_nats(path, bus, SystemClock(), told)
    else:
        await move.to_file(path, bus, SystemClock(), told, replace=False)
    return seen


if __name__ == "__main__":
    number, where, file, said = sys.argv[1:]
    bus = BusConfig.model_validate_json(said)
    sys.stdout.write(str(asyncio.run(_moved(int(number), where, file, bus))))
