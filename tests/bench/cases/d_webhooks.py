"""d: signed deliveries of webhooks, to one and to 50 receivers."""

import json
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from typing import Final

from tests.bench.cases.result import RATE, Case, Result, Section, ratio
from tests.bench.closed_loop import cpu_s
from tests.bench.peering import FASTAPI, NODE_RED, Served, fastapi, node_red
from tests.bench.running import REPOSITORY, Bench, Figures, Side
from tests.bench.serving import free_port, pinned

OURS: Final = "webhook deliveries, durable, signed"
BARE: Final = "bare aiohttp client that signs"
MANY: Final = 50
EVENTS_PER_S: Final = 2_000  # so many deliveries are measured a second of the options
Peer = Callable[[Bench, str], AbstractContextManager[Served]]


@contextmanager
def receivers(count: int) -> Iterator[tuple[list[int], int]]:
    """Their ports and their process, on the second core."""
    with pinned(1):
        process = subprocess.Popen(  # noqa: S603  # ours
            Bench.module("bare.receiver", count), cwd=REPOSITORY, stdout=subprocess.PIPE
        )
    assert process.stdout is not None
    try:
        yield json.loads(process.stdout.readline()), process.pid
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()


def delivered(bench: Bench, count: int, *, durable: bool) -> Figures:
    """As many deliveries as is said, whatever the number of receivers; the deliverer has the first core."""
    with receivers(count) as (ports, pid):
        events = max(20, round(bench.options.seconds * EVENTS_PER_S / count))
        store = str(bench.folder / f"{free_port()}.db") if durable else ""
        begun, busy = time.monotonic(), cpu_s(pid) or 0.0
        figures = bench.load("deliver", {"ports": ports, "events": events, "store": store}, core=0)
        took = figures.get("seconds") or time.monotonic() - begun
        return {**figures, "client_share": ((cpu_s(pid) or 0.0) - busy) / took}


def bridged(bench: Bench, peer: Peer) -> Figures:
    """A peer that takes frames by HTTP and posts each to one receiver."""
    with receivers(1) as (ports, pid), peer(bench, f"http://127.0.0.1:{ports[0]}/") as served:
        job = {"port": served.port, "pid": served.pid, "seconds": bench.options.seconds, "beside": [pid]}
        return bench.load("posts", job)


def measure(bench: Bench) -> Result:
    """All sides in one alternation."""
    rows = bench.alternate(
        [
            Side("ours1", OURS, partial(delivered, bench, 1, durable=True)),
            Side("bare1", BARE, partial(delivered, bench, 1, durable=False)),
            Side("fastapi", FASTAPI, partial(bridged, bench, fastapi)),
            Side("nodered", NODE_RED, partial(bridged, bench, node_red)),
            Side("ours50", OURS, partial(delivered, bench, MANY, durable=True)),
            Side("bare50", BARE, partial(delivered, bench, MANY, durable=False)),
        ]
    )
    one = [rows[key] for key in ("ours1", "bare1", "fastapi", "nodered")]
    many = [rows[key] for key in ("ours50", "bare50")]
    return Result(
        [
            Section("one receiver, deliveries", one, RATE),
            Section(f"{MANY} receivers, deliveries", many, RATE),
        ],
        {
            "d_client": ratio(rows["ours1"], rows["bare1"]),
            "d_fastapi": ratio(rows["ours1"], rows["fastapi"]),
        },
        {
            "d50_client": ratio(rows["ours50"], rows["bare50"]),
            "d_nodered": ratio(rows["ours1"], rows["nodered"]),
        },
    )


CASE: Final = Case("d", "signed webhook deliveries", ("d_client", "d_fastapi"), measure, 180.0)
