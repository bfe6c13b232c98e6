"""Load: a subscriber that was away and takes up where it left off, until it has had so many events."""

import argparse
import asyncio
from typing import Final

import msgspec

from tests.bench.client import Counter, connect, text
from tests.bench.closed_loop import cpu_s
from tests.bench.load.job import Figures, carry_out

EVENT: Final = (b'{"type":"interaction.', b'{"type":"agent.', b'{"type":"platform.')
RESUMED_S: Final = 60.0


class Job(msgspec.Struct):
    """Everything after that cursor, `count` events."""

    port: int
    pid: int
    after: int
    count: int


async def work(job: Job) -> Figures:
    """From the first word to the last event."""
    loop = asyncio.get_running_loop()
    subscriber = await connect(Counter, argparse.Namespace(port=job.port, token=""), "/v1/stream")
    caught_up = subscriber.expect(EVENT, job.count)
    begun, cpu = loop.time(), cpu_s(job.pid) or 0.0
    subscriber.write(text({"type": "subscribe", "after": job.after}))
    ends: list[asyncio.Future[None] | asyncio.Future[str]] = [caught_up, subscriber.broken]
    await asyncio.wait(ends, timeout=RESUMED_S, return_when=asyncio.FIRST_COMPLETED)
    if not caught_up.done():
        raise ConnectionError(
            f"{subscriber.missing} of {job.count} did not come; last {subscriber.last[:300]!r}"
        )
    took, cpu = loop.time() - begun, (cpu_s(job.pid) or 0.0) - cpu
    return {
        "per_s": job.count / took,
        "count": float(job.count),
        "seconds": took,
        "cpu_us": cpu / job.count * 1e6,
        "server_share": cpu / took,
    }


if __name__ == "__main__":
    carry_out(Job, work)
