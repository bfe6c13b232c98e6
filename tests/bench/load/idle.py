"""Load: connections that are opened and do nothing more. Says `open` when all are, and lives until SIGTERM.

`links` are agents' pages, `calls` those with a call each, `stream` are subscribers, and `echo` connections of
the bare echo, which have had one frame sent back.
"""

import argparse
import asyncio
import signal
import sys
from collections.abc import Sequence
from typing import Final, Literal

import msgspec

from tests.bench.client import Counter, Wire, connect, interaction, subscribe, text
from tests.bench.closed_loop import PATIENCE_S
from tests.bench.load.job import Figures, carry_out
from tests.bench.pages import BRIGHT_PATTERN, open_pages

TOGETHER: Final = 100  # handshakes under way


class Job(msgspec.Struct):
    """`first`: number of the first agent."""

    port: int
    kind: Literal["links", "calls", "stream", "echo"]
    count: int
    first: int = 0
    platform: str = "bench"


async def opened(job: Job, first: int, count: int) -> Sequence[object]:
    """Some of them, whole."""
    args = argparse.Namespace(port=job.port, token="", platform=job.platform)
    match job.kind:
        case "links" | "calls":
            agents = [f"x{at}" for at in range(first, first + count)]
            pages = await open_pages(BRIGHT_PATTERN, args, agents)
            for page in pages if job.kind == "calls" else ():
                page.begin()
            return pages
        case "stream":
            return [await subscribe(args, Counter) for _ in range(count)]
        case "echo":
            return await asyncio.gather(*(_echoed(args, at) for at in range(first, first + count)))


async def _echoed(args: argparse.Namespace, at: int) -> Wire:
    wire = await connect(Counter, args, "/")
    back = wire.expect((b"",), 1)
    wire.write(text(interaction(f"x{at}", "hold")))
    await asyncio.wait_for(back, PATIENCE_S)
    return wire


async def work(job: Job) -> Figures:
    """Open, and wait to be ended."""
    kept = [
        await opened(job, job.first + at, min(TOGETHER, job.count - at))
        for at in range(0, job.count, TOGETHER)
    ]
    over = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, over.set)
    sys.stdout.write("open\n")
    sys.stdout.flush()
    await over.wait()
    broken = sum(one.broken.done() for some in kept for one in some if isinstance(one, Wire))
    if broken:
        raise ConnectionError(f"{broken} of {job.count} were closed")
    return {"count": float(job.count)}


if __name__ == "__main__":
    carry_out(Job, work)
