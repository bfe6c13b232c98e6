"""g: cost per event with sessions known, with the journal and with links; start and resume.

A store with sessions, and one with a large journal, are made once; each measurement goes on with them. The
cost with links is seen beside that of a bare echo with as many connections: the system's share grows, too.
"""

import itertools
import statistics
import time
from functools import partial
from pathlib import Path
from typing import Final

from tests.bench.cases.gateways import gateway, push
from tests.bench.cases.keeping import kept_open
from tests.bench.cases.result import RATE, AnyRatio, Case, Column, Missing, Ratio, Result, Section, ratio
from tests.bench.pages import BRIGHT_PATTERN
from tests.bench.running import Bench, Figures, Row, Side
from tests.bench.serving import free_port

LINKS: Final = (10, 50, 500)
AT_WORK: Final = 50
KNOWN: Final = (1_000, 10_000)
TOGETHER: Final = 2_000  # links at once, while sessions become known
JOURNAL: Final = 1_000_000
LONG_JOURNAL: Final = 10_000_000
RESUMED: Final = 100_000
SOME_S: Final = 0.2  # of events, which the large journal has over and over
COST: Final[tuple[Column, ...]] = (RATE[1], RATE[0], *RATE[2:])
STARTED: Final[tuple[Column, ...]] = (("start_s", "seconds to be ready", ",.2f"),)
_agents = itertools.count(100_000, 1_000)  # numbers of agents that no store knows
EMPTY: Final = "no session, empty journal"


class Stores:
    """The stores that are made once, in the folder of the case."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self.lasts: dict[Path, int] = {}

    def path(self, name: str) -> Path:
        """Where it is."""
        return self._bench.folder / f"{name}.db"

    def known(self, count: int) -> Path:
        """With so many sessions known, of agents whose links are gone."""
        path = self.path(f"known-{count}")
        with gateway(self._bench, store=path) as up:
            for first in range(0, count, TOGETHER):
                with kept_open(up.port, "links", min(TOGETHER, count - first), first):
                    pass
        return path

    def journal(self, count: int, *, small: bool) -> Path:
        """With so many events."""
        path = self.path(f"journal-{count}")
        with gateway(self._bench, store=path) as up:
            push(self._bench, up, seconds=SOME_S)
        job = {"store": str(path), "count": count, "small": small}
        filled = self._bench.load("fill", job, within_s=count / 5_000 + 60.0)
        self.lasts[path] = int(filled["last"] or 0)
        return path


def cost(bench: Bench, store: Path | None, links: int = AT_WORK) -> Figures:
    """Of an event, with that store as it is by now; its calls are not known in it."""
    first = next(_agents) if store is not None else 0
    with gateway(bench, BRIGHT_PATTERN, links, store) as up:
        return push(bench, up, first=first)


def echoed(bench: Bench, links: int) -> Figures:
    """The bare echo's, of a message."""
    port = free_port()
    with bench.serve(bench.module("echo", port), port) as pid:
        job = {"port": port, "pid": pid, "links": links, "window": bench.options.window}
        return bench.load("pipe", {**job, "seconds": bench.options.seconds, "into": "/", "echo": True})


def start(bench: Bench, store: Path | None) -> Figures:
    """From the command to being well."""
    begun = time.monotonic()
    with gateway(bench, store=store):
        return {"start_s": time.monotonic() - begun}


def resumed(bench: Bench, stores: Stores, store: Path, count: int) -> Figures:
    """By a subscriber that was away for so many events."""
    with gateway(bench, store=store) as up:
        after = stores.lasts[store] - count
        return bench.load("resume", {"port": up.port, "pid": up.pid, "after": after, "count": count})


def spread(rows: list[Row]) -> AnyRatio:
    """By which share the dearest event costs more than the cheapest: of the medians, and of each round."""
    medians = [row.median("cpu_us") for row in rows]
    of = "cost per event, dearest above cheapest, over sessions and journal"
    known = [one for one in medians if one is not None]
    if len(known) < len(rows):
        return Missing(f"{of}: {next(row.reason for row in rows if row.median('cpu_us') is None)}")
    each = []
    for figures in zip(*(row.rounds for row in rows), strict=True):
        costs = [one["cpu_us"] for one in figures if one is not None and one["cpu_us"] is not None]
        if len(costs) == len(rows):
            each.append(max(costs) / min(costs) - 1)
    middle = max(known) / min(known) - 1
    return Ratio(middle, min([*each, middle]), max([*each, middle]), of)


def growth(rows: dict[str, Row]) -> AnyRatio:
    """How much faster the cost grows with links than the echo's: 1 is as fast."""
    few, many = min(LINKS), max(LINKS)
    ours = ratio(rows[f"links{many}"], rows[f"links{few}"], "cpu_us")
    echo = ratio(rows[f"echo{many}"], rows[f"echo{few}"], "cpu_us")
    of = f"growth of the cost from {few} to {many} links / the bare echo's"
    if isinstance(ours, Missing):
        return ours
    if isinstance(echo, Missing):
        return echo
    return Ratio(ours.median / echo.median, ours.low / echo.high, ours.high / echo.low, of)


def begun(empty: Row, full: Row) -> AnyRatio:
    """The start with a full journal, as a share of twice that with an empty one and a second."""
    of = f"{full.name} / (twice {empty.name} + 1 s)"
    pairs = [
        (one["start_s"] or 0.0) / (2 * (other["start_s"] or 0.0) + 1)
        for one, other in zip(full.rounds, empty.rounds, strict=True)
        if one is not None and other is not None
    ]
    if not pairs:
        return Missing(f"{of}: {full.reason or empty.reason}")
    return Ratio(statistics.median(pairs), min(pairs), max(pairs), of)


def measure(bench: Bench) -> Result:
    """The stores are made first; then all sides in one alternation."""
    stores = Stores(bench)
    journal = bench.scaled(JOURNAL)
    bench.say(f"  filling a journal with {journal:,} events")
    large = {f"journal of {journal:,}": stores.journal(journal, small=False)}
    if bench.options.long:
        bench.say(f"  filling a journal with {LONG_JOURNAL:,} events of some 200 bytes")
        large[f"journal of {LONG_JOURNAL:,}"] = stores.journal(LONG_JOURNAL, small=True)
    grown: dict[str, Path] = {}
    for count in map(bench.scaled, KNOWN):
        bench.say(f"  letting {count:,} sessions become known")
        grown[f"{count:,} sessions known"] = stores.known(count)
    grown |= large
    count = min(RESUMED, journal - 1)
    full_name, full = next(iter(large.items()))
    sides = [Side(EMPTY, EMPTY, partial(cost, bench, None))]
    sides += [Side(name, name, partial(cost, bench, store)) for name, store in grown.items()]
    for links in LINKS:
        sides += [
            Side(f"links{links}", f"gateway, {links} links", partial(cost, bench, None, links)),
            Side(f"echo{links}", f"bare echo, {links} links", partial(echoed, bench, links)),
        ]
    sides += [
        Side("start0", "start, empty journal", partial(start, bench, None)),
        Side("start1", f"start, {full_name}", partial(start, bench, full)),
        Side("resume", f"resume of {count:,} events", partial(resumed, bench, stores, full, count)),
    ]
    rows = bench.alternate(sides)
    costs = [rows[name] for name in (EMPTY, *grown)]
    live = Row("live, as in case a", rows[EMPTY].rounds, rows[EMPTY].reason)
    by_links = [rows[f"{side}{links}"] for side in ("links", "echo") for links in LINKS]
    return Result(
        [
            Section(f"what is known, {AT_WORK} links at work", costs, COST),
            Section("links", by_links, COST),
            Section("start", [rows["start0"], rows["start1"]], STARTED),
            Section("resume, events", [rows["resume"], live], RATE),
        ],
        {"g_spread": spread(costs)},
        {
            "g_links": growth(rows),
            "g_start": begun(rows["start0"], rows["start1"]),
            "g_resume": ratio(rows["resume"], live),
        },
    )


CASE: Final = Case("g", "what grows with what", ("g_spread",), measure, 380.0)
