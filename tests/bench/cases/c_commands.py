"""c: a command's round trip to a link and back, over REST and WebSocket, idle and under load."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Final

import msgspec

from tests.bench.cases.gateways import Up, gateway
from tests.bench.cases.result import AnyRatio, Case, Column, Missing, Result, Section, greatest, ratio
from tests.bench.pages import BRIGHT_PATTERN
from tests.bench.running import REPOSITORY, Bench, Figures, Side
from tests.bench.serving import free_port, pinned

RATE_PER_S: Final = 5_000
LINKS: Final = 50
FIRST: Final = 1_000  # their agents, beside the one that is commanded
PUSHED_S: Final = 40.0  # at most
ENOUGH: Final = 0.9  # of that rate, or it is no measurement under that load
UNDER_WAY: Final = 1_000  # events at most: a machine that cannot take so many a second is not flooded
SURFACES: Final = {"ws": "WebSocket", "rest": "REST"}


def columns(surface: str) -> tuple[Column, ...]:
    """Of one of them."""
    return (
        (f"{surface}_p50_ms", "p50, ms", ",.2f"),
        (f"{surface}_p99_ms", "p99, ms", ",.2f"),
        (f"{surface}_p999_ms", "p99.9, ms", ",.2f"),
        ("events_per_s", "events/s meanwhile", ",.0f"),
    )


@contextmanager
def pushing(bench: Bench, up: Up) -> Iterator[Figures]:
    """Other agents' links push that many events a second meanwhile, in a process of their own.

    How many there really were stands in what this gives, in the end.
    """
    job = {"port": up.port, "pid": up.pid, "dialect": up.dialect, "links": LINKS, "window": UNDER_WAY}
    job = {**job, "seconds": PUSHED_S, "rate": RATE_PER_S, "first": FIRST}
    command = [*bench.module("load.events"), msgspec.json.encode(job).decode()]
    with pinned(1):
        process = subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE)  # noqa: S603  # ours
    assert process.stdout is not None
    try:
        if process.stdout.readline() != b"pushing\n":
            raise SystemExit("the links that push did not begin")
        figures: Figures = {}
        yield figures
        if process.poll() is not None:
            raise SystemExit("the links that push came to an end before the commands did")
        process.terminate()
        last = process.stdout.read()
        if not last:
            raise SystemExit("the links that push were cut")
        figures["events_per_s"] = msgspec.json.decode(last, type=Figures)["per_s"]
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()


def commanded(bench: Bench, *, loaded: bool) -> Figures:
    """The gateway's, over both surfaces."""
    with gateway(bench, BRIGHT_PATTERN) as up:
        job = {"port": up.port, "pid": up.pid, "seconds": bench.options.seconds}
        if not loaded:
            return bench.load("commands", job)
        with pushing(bench, up) as meanwhile:
            found = bench.load("commands", job)
        return {**found, **meanwhile}


def echoed(bench: Bench) -> Figures:
    """The bare two hops with two commits."""
    port = free_port()
    with bench.serve(bench.module("bare.commands", port, bench.folder / f"{port}.db"), port) as pid:
        return bench.load(
            "commands", {"port": port, "pid": pid, "seconds": bench.options.seconds, "bare": True}
        )


def measure(bench: Bench) -> Result:
    """All sides in one alternation."""
    rows = bench.alternate(
        [
            Side("idle", "gateway, idle", partial(commanded, bench, loaded=False)),
            Side("loaded", f"gateway, {RATE_PER_S:,} events/s", partial(commanded, bench, loaded=True)),
            Side("bare", "bare two hops, two commits", partial(echoed, bench)),
        ]
    )
    idle: list[AnyRatio] = []
    loaded: list[AnyRatio] = []
    for surface in SURFACES:
        p50, p99 = f"{surface}_p50_ms", f"{surface}_p99_ms"
        idle.append(ratio(rows["idle"], rows["bare"], p50))
        loaded.append(ratio(rows["loaded"], rows["idle"], p99, p50))
    taken = rows["loaded"].median("events_per_s")
    if taken is not None and taken < ENOUGH * RATE_PER_S:
        too_slow = f"{taken:,.0f} of {RATE_PER_S:,} events/s were taken: this machine has too much to do"
        loaded = [Missing(too_slow)]
    sections = [
        Section(name, list(rows.values()), columns(surface), drawn=2) for surface, name in SURFACES.items()
    ]
    return Result(sections, {"c_idle_echo": greatest(idle), "c_loaded_p99": greatest(loaded)})


CASE: Final = Case("c", "a command's round trip", ("c_idle_echo", "c_loaded_p99"), measure, 160.0)
