"""A journal of as many events as is said, written through the store itself.

A gateway has made it and told some calls' changes in it; these are told over and over, each with its own id
and cursor. The checkpoint goes along, as it does in a gateway that runs.
"""

import asyncio
from collections.abc import Sequence
from typing import Final

import msgspec

from gateway.store.base import Appended
from gateway.store.sqlite import SqliteStore
from schemas.ids import Cursor
from tests.bench.load.job import Figures, carry_out

AHEAD: Final = 5_000  # events not yet durable, at most
PORTION: Final = 500
TOLD: Final = 500  # events that are told over and over, at most
SMALL: Final = "platform.state_changed"  # some 200 bytes
_members = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


class Job(msgspec.Struct):
    """`small`: events of some 200 bytes, not of the usual size."""

    store: str
    count: int
    small: bool


def again(told: Appended, cursor: int) -> Appended:
    """The same event, later."""
    members = _members(told.body)
    members["id"] = msgspec.Raw(b'"evt_again_%d"' % cursor)
    members["cursor"] = msgspec.Raw(b"%d" % cursor)
    return told._replace(cursor=Cursor(cursor), body=msgspec.json.encode(members))


async def templates(store: SqliteStore, *, small: bool) -> Sequence[Appended]:
    """What is told over and over. Raises ConnectionError if the gateway told nothing of the kind."""
    read = await store.read(Cursor(0), TOLD)
    found = [one for one in read if (one.type == SMALL) is small and (small or "interaction" in one.type)]
    if not found:
        raise ConnectionError(f"nothing to be told again among {len(read)} events")
    return found


async def work(job: Job) -> Figures:
    """Until all are durable."""
    store = SqliteStore(job.store)
    await store.open()
    told, durable = await templates(store, small=job.small), asyncio.Event()
    first = store.last_cursor() + 1
    for begin in range(first, first + job.count, PORTION):
        while store.pending() > AHEAD:
            durable.clear()
            await durable.wait()
        end = min(begin + PORTION, first + job.count)
        store.append([again(told[at % len(told)], at) for at in range(begin, end)], lambda _: durable.set())
        await asyncio.sleep(0)
    await store.barrier()
    last, saved = store.last_cursor(), await store.last_checkpoint()
    if saved is not None:
        await store.checkpoint(last, saved[1])
    await store.close()
    return {"first": float(first), "last": float(last)}


if __name__ == "__main__":
    carry_out(Job, work)
