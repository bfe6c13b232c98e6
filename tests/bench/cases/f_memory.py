"""f: memory per idle link, subscriber and live interaction, beside a bare aiohttp WebSocket."""

import statistics
from functools import partial
from typing import Final

from tests.bench.cases.gateways import gateway
from tests.bench.cases.keeping import kept_open, memory_kib
from tests.bench.cases.result import AnyRatio, Case, Column, Missing, Ratio, Result, Section
from tests.bench.running import Bench, Figures, Row, Side
from tests.bench.serving import free_port

LINKS: Final = 5_000
SUBSCRIBERS: Final = 2_000
CALLS: Final = 2_000
FIRST: Final = 100  # connections before it is measured: what is needed once is not counted
MOST_ROUNDS: Final = 3  # memory hardly varies
COLUMNS: Final[tuple[Column, ...]] = (("kib_each", "KiB each", ",.2f"), ("count", "of them", ",.0f"))


def each(port: int, pid: int, kind: str, count: int) -> Figures:
    """What one more of a kind takes."""
    with kept_open(port, kind, FIRST):
        before = memory_kib(pid)
        with kept_open(port, kind, count, FIRST):
            return {"kib_each": (memory_kib(pid) - before) / count, "count": float(count)}


def ours(bench: Bench, kind: str, count: int) -> Figures:
    """In the gateway."""
    with gateway(bench) as up:
        return each(up.port, up.pid, kind, count)


def bare(bench: Bench, count: int) -> Figures:
    """In a server that has nothing but its sockets."""
    port = free_port()
    with bench.serve(bench.module("echo", port), port) as pid:
        return each(port, pid, "echo", count)


def above(row: Row, other: Row) -> AnyRatio:
    """By how much one takes more than another, each round."""
    key = "kib_each"
    both = zip(row.rounds, other.rounds, strict=True)
    found = [
        (one[key] or 0.0) - (two[key] or 0.0) for one, two in both if one is not None and two is not None
    ]
    of = f"{row.name} above {other.name}, KiB"
    if not found:
        return Missing(f"{of}: {row.reason or other.reason}")
    return Ratio(statistics.median(found), min(found), max(found), of)


def measure(bench: Bench) -> Result:
    """All kinds in one alternation."""
    links, subscribers, calls = map(bench.scaled, (LINKS, SUBSCRIBERS, CALLS))
    rows = bench.alternate(
        [
            Side("links", "idle link", partial(ours, bench, "links", links)),
            Side("bare", "bare aiohttp WebSocket", partial(bare, bench, links)),
            Side("stream", "idle subscriber", partial(ours, bench, "stream", subscribers)),
            Side("calls", "link with a live interaction", partial(ours, bench, "calls", calls)),
        ],
        min(MOST_ROUNDS, bench.options.rounds),
    )
    return Result(
        [Section("memory", list(rows.values()), COLUMNS)],
        {"f_kib_per_link": above(rows["links"], rows["bare"])},
        {
            "f_kib_per_subscriber": above(rows["stream"], rows["bare"]),
            "f_kib_per_interaction": above(rows["calls"], rows["links"]),
        },
    )


CASE: Final = Case("f", "memory of what is idle", ("f_kib_per_link",), measure, 170.0)
