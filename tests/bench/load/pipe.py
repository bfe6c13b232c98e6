"""Load: the same frames into any server that takes and tells them, a closed loop."""

import argparse
import asyncio
from typing import Final

import msgspec

from tests.bench.client import DURATIONS, Counter, connect, interaction, masked
from tests.bench.closed_loop import PATIENCE_S, Load
from tests.bench.load.job import Figures, carry_out

EVENT: Final = "event"  # its name in socket.io


class Job(msgspec.Struct):
    """`hello`: the first frame of every connection, `prefix` and `suffix`: around each pushed message."""

    port: int
    pid: int
    links: int
    window: int
    seconds: float
    into: str = "/in"
    out: str = "/sub"
    hello: str = ""
    prefix: str = ""
    suffix: str = ""
    counted: str = "{"
    beside: list[int] = []  # processes that count as ours
    echo: bool = False  # what comes back on the links is counted


def messages(agent: str) -> list[bytes]:
    """What a page pushes, as client.changes has it, unmasked."""
    return [
        msgspec.json.encode(
            {
                "jsonrpc": "2.0",
                "method": "ON_INTERACTION_STATE_CHANGE",
                "params": [interaction(agent, "delivered" if at % 2 else "hold", at)],
            }
        )
        for at in range(DURATIONS)
    ]


async def work(job: Job) -> Figures:
    """Open, push."""
    args = argparse.Namespace(port=job.port, token="")
    links = [await connect(Counter, args, job.into) for _ in range(job.links)]
    subscriber = links[0] if job.echo else await connect(Counter, args, job.out)
    subscriber.counted = (job.counted.encode(),)
    if job.hello:
        for wire in (subscriber, *links):
            wire.write(masked(job.hello.encode()))
    frames = [
        [masked(job.prefix.encode() + body + job.suffix.encode()) for body in messages(f"a{at}")]
        for at in range(job.links)
    ]
    writes = [link.write for link in links]

    def push(at: int) -> None:
        writes[at % job.links](frames[at % job.links][at // job.links % DURATIONS])

    load = Load(job.window, push, job.beside)
    heard = subscriber.expect(subscriber.counted, 1)
    loop = asyncio.get_running_loop()
    until = loop.time() + PATIENCE_S
    while not heard.done():  # such servers do not say when a subscription holds
        if loop.time() > until:
            raise ConnectionError(f"nothing came out at {job.out}; last frame {subscriber.last[:300]!r}")
        push(0)
        await asyncio.wait([heard], timeout=0.2)
    await asyncio.sleep(0.3)  # the rest of those
    for counter in links if job.echo else (subscriber,):
        counter.counted, counter.on_counted = subscriber.counted, load.done
    return await load.measure(job.seconds, job.pid)


if __name__ == "__main__":
    carry_out(Job, work)
