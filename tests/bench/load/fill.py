"""A journal with as many events as is said, written through the store itself."""

import asyncio

import msgspec

from gateway.store.base import Appended
from gateway.store.sqlite import SqliteStore
from schemas.ids import Cursor
from tests.bench.client import interaction
from tests.bench.load.job import Figures, carry_out

AHEAD = 5_000  # events not yet durable, at most
PORTION = 500
WHOLE_CALL = 200  # bytes; a larger event has the platform's frame in it, as real ones have


class Job(msgspec.Struct):
    """`size`: bytes of an event, about."""

    store: str
    count: int
    size: int


def event(number: int, size: int) -> Appended:
    """One whose interaction and agent change from each to the next."""
    call = f"int_{number % 5_000}"
    agent = f"a{number % 50}"
    body: dict[str, object] = {"type": "interaction.held", "id": f"evt_{number}", "cursor": number}
    body["time"] = f"2026-03-02T09:{number // 60 % 60:02}:{number % 60:02}.{number % 1_000_000:06}Z"
    if size > WHOLE_CALL:
        body["interaction"] = interaction(agent, "hold", number)
        body["interaction_id"] = call
    encoded = msgspec.json.encode(body)
    return Appended(Cursor(number), "interaction.held", "bench", "ses_1", agent, call, encoded)


async def work(job: Job) -> Figures:
    """Until all are durable."""
    store = SqliteStore(job.store)
    await store.open()
    first, durable = store.last_cursor() + 1, asyncio.Event()
    for begin in range(first, first + job.count, PORTION):
        end = min(begin + PORTION, first + job.count)
        while store.pending() > AHEAD:
            durable.clear()
            await durable.wait()
        events = [event(number, job.size) for number in range(begin, end)]
        store.append(events, lambda _: durable.set())
        await asyncio.sleep(0)
    await store.barrier()
    last = store.last_cursor()
    await store.close()
    return {"first": float(first), "last": float(last)}


if __name__ == "__main__":
    carry_out(Job, work)
