"""Load: links of one dialect push changes of their calls, a closed loop.

A subscriber counts what comes out, or clients of a facade do.
"""

import argparse
import asyncio
import signal
import socket
import sys
from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from tests.bench.client import COUNTED, CREATED, Counter, came, connect, subscribe, text
from tests.bench.closed_loop import Load
from tests.bench.load.job import Figures, carry_out
from tests.bench.pages import GENESYS_WWE, Page, open_pages, wires

CHANGED: Final = {
    "bright_pattern": b'{"jsonrpc":"2.0","method":"ON_INTERACTION_STATE_CHANGE"',
    GENESYS_WWE: b'{"jsonrpc":"2.0","method":"interaction"',
}
WWE_CHANNELS: Final = ["agent", "interaction", "media", "markdone", "system", "outbound"]
SETTLED_S: Final = 1.0
PORTION_S: Final = 0.001


class Job(msgspec.Struct):
    """`facade`: the dialect of clients that count instead of the subscriber; `idle` more hear nothing."""

    port: int
    pid: int
    dialect: str
    links: int
    window: int
    seconds: float
    platform: str = "bench"
    listening: int | None = None  # file descriptor of the socket that the gateway dials
    facade: str = ""
    idle: int = 0
    beside: list[int] = []  # processes that count as ours: they drain what the gateway tells
    first: int = 0  # number of the first agent
    rate: float = 0.0  # so many changes a second, or `window` under way; 0: always as many as that


class Sized(Counter):
    """A subscriber that knows how many bytes it was told."""

    size = 0

    def data_received(self, data: bytes) -> None:
        """Count both."""
        self.size += len(data)
        super().data_received(data)


async def work(job: Job) -> Figures:
    """Open, begin, push."""
    args = argparse.Namespace(port=job.port, token="", platform=job.platform)
    listening = None if job.listening is None else socket.socket(fileno=job.listening)
    subscriber = await subscribe(args, Sized)
    agents = [f"a{at}" for at in range(job.first, job.first + job.links)]
    pages = await open_pages(job.dialect, args, agents, listening)
    created = subscriber.expect(CREATED, job.links)
    for page in pages:
        page.begin()
    await came(created, subscriber, wires(pages))
    frames = [page.changes() for page in pages]
    writes = [page.write for page in pages]

    def push(at: int) -> None:
        own = frames[at % job.links]
        writes[at % job.links](own[at // job.links % len(own)])

    if job.rate:
        return await _paced(job, push, subscriber)
    load = Load(job.window, push, job.beside)
    if job.facade:
        await _by_clients(job, args, pages, load)
    else:
        subscriber.counted, subscriber.on_counted = COUNTED, load.done
    before = subscriber.size, load.finished
    figures = await load.measure(job.seconds, job.pid)
    told = load.finished - before[1]
    figures["event_bytes"] = (subscriber.size - before[0]) / told if told else None
    ends = [subscriber.broken, *(page.broken for page in pages)]
    broken = [end.result() for end in ends if end.done()]
    if broken:
        raise ConnectionError(f"{len(broken)} broke, among them {broken[0]}")
    return figures


async def _paced(job: Job, push: Callable[[int], None], subscriber: Counter) -> Figures:
    """Say that it begins, and push in small portions, until SIGTERM or the time is over."""
    loop, sent, told = asyncio.get_running_loop(), 0, 0

    def count(more: int) -> None:
        nonlocal told
        told += more

    subscriber.counted, subscriber.on_counted = COUNTED, count
    over = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, over.set)
    sys.stdout.write("pushing\n")
    sys.stdout.flush()
    begun = loop.time()
    while (passed := loop.time() - begun) < job.seconds and not over.is_set():
        due = min(round(passed * job.rate), told + job.window)
        for at in range(sent, due):
            push(at)
        sent = max(sent, due)
        await asyncio.sleep(PORTION_S)
    return {"sent_per_s": sent / passed, "per_s": told / passed}


async def _by_clients(job: Job, args: argparse.Namespace, pages: Sequence[Page], load: Load) -> None:
    """What the clients of a facade are told is counted."""
    strangers = [f"x{at}" for at in range(job.idle)]
    clients = []
    for agent in (*(page.agent for page in pages), *strangers):
        client = await connect(Counter, args, f"/v1/facades/{job.platform}/{job.facade}?agent={agent}")
        if job.facade == GENESYS_WWE:
            ask = {"jsonrpc": "2.0", "id": 1, "method": "subscribe", "params": [WWE_CHANNELS]}
            client.write(text(ask))
        clients.append(client)
    await asyncio.sleep(SETTLED_S)  # what they are told of what is there already
    for client in clients:
        client.counted, client.on_counted = (CHANGED[job.facade],), load.done


if __name__ == "__main__":
    carry_out(Job, work)
