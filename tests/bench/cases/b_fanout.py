"""b: an event to 100 and to 1,000 subscribers, durable, with and without filters.

Beside it a bare fan-out of as many bytes. One subscriber counts, as in case a; the others are drained. A
filter names half of the agents, another half for each subscriber, so each is told half of the events.
"""

import json
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Final

import msgspec

from tests.bench.cases.gateways import gateway, push
from tests.bench.cases.result import AnyRatio, Case, Column, Result, Section, ratio
from tests.bench.running import REPOSITORY, Bench, Figures, Side
from tests.bench.serving import free_port, pinned

LINKS: Final = 50
FEW: Final = 100
MANY: Final = 1_000
WINDOW: Final = {FEW: 400, MANY: 200}  # events under way: what is told to so many comes in bursts
LONGER: Final = {FEW: 1.0, MANY: 2.0}  # times the seconds of the options, for the same reason
EVENT_BYTES: Final = 2_600  # until it has been measured
COLUMNS: Final[Sequence[Column]] = (
    ("deliveries_per_s", "deliveries a second", ",.0f"),
    ("per_s", "events a second", ",.0f"),
    ("cpu_us", "µs of processor an event", ",.0f"),
    ("server_share", "server's core", ".0%"),
    ("client_share", "load's core", ".0%"),
)
EVERYTHING: Final = json.dumps({"type": "subscribe"})


def filtered(count: int) -> list[str]:
    """The first frames of as many subscribers, who each follow other agents."""
    return [
        json.dumps(
            {
                "type": "subscribe",
                "filter": {"agents": [f"a{(at + step) % LINKS}" for step in range(LINKS // 2)]},
            }
        )
        for at in range(count)
    ]


@contextmanager
def drained(port: int, path: str, hellos: Sequence[str]) -> Iterator[tuple[int, dict[str, int]]]:
    """Subscribers that are told and read nothing. Gives their process and, in the end, their bytes."""
    job = msgspec.json.encode({"port": port, "path": path, "hellos": hellos})
    with pinned(1):
        process = subprocess.Popen(  # noqa: S603  # ours
            Bench.module("load.drain"), cwd=REPOSITORY, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
    told: dict[str, int] = {}
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        process.stdin.write(job)
        process.stdin.close()
        if process.stdout.readline() != b"draining\n":
            raise SystemExit("the subscribers that are drained did not come about")
        yield process.pid, told
        process.terminate()
        last = process.stdout.read()
        if not last:
            raise SystemExit("a subscriber that is drained was closed")
        told.update(json.loads(last))
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()


class FanOut:
    """The sides; ours says how large an event is, for the others."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._event_bytes = EVENT_BYTES

    def ours(self, number: int, hellos: Sequence[str], share: float) -> Figures:
        """The gateway, each of these subscribers being told that share of the events."""
        with gateway(self._bench) as up, drained(up.port, "/v1/stream", hellos) as (pid, _):
            figures = push(self._bench, up, beside=[pid], **self._load(number))
        self._event_bytes = round(figures.get("event_bytes") or EVENT_BYTES)
        return _with_deliveries(figures, 1 + share * len(hellos))

    def bare(self, number: int, count: int) -> Figures:
        """The bare fan-out."""
        bench, port = self._bench, free_port()
        with (
            bench.serve(bench.module("bare.fanout", port, self._event_bytes), port) as pid,
            drained(port, "/sub", [""] * count) as (draining, _),
        ):
            job = {"port": port, "pid": pid, "links": LINKS, "beside": [draining], **self._load(number)}
            figures = bench.load("pipe", job)
        return _with_deliveries(figures, 1 + count)

    def _load(self, number: int) -> dict[str, float]:
        return {"window": WINDOW[number], "seconds": self._bench.options.seconds * LONGER[number]}


def _with_deliveries(figures: Figures, subscribers: float) -> Figures:
    return {**figures, "deliveries_per_s": (figures["per_s"] or 0.0) * subscribers}


def measure(bench: Bench) -> Result:
    """All sides in one alternation."""
    fan = FanOut(bench)
    sides, counts = [], {number: bench.scaled(number) for number in (FEW, MANY)}
    for number, count in counts.items():
        others = count - 1
        sides += [
            Side(f"ours{number}", "gateway", partial(fan.ours, number, [EVERYTHING] * others, 1.0)),
            Side(f"bare{number}", "bare coalesced fan-out", partial(fan.bare, number, others)),
            Side(
                f"filtered{number}",
                "gateway, a filter each",
                partial(fan.ours, number, filtered(others), 0.5),
            ),
        ]
    rows = bench.alternate(sides)
    sections = [
        Section(
            f"{count} subscribers",
            [rows[f"{side}{number}"] for side in ("ours", "filtered", "bare")],
            COLUMNS,
        )
        for number, count in counts.items()
    ]
    more: dict[str, AnyRatio] = {"b1000_fanout": ratio(rows["ours1000"], rows["bare1000"])}
    for number in counts:
        key = "deliveries_per_s"
        more[f"b{number}_filtered"] = ratio(rows[f"filtered{number}"], rows[f"bare{number}"], key)
    return Result(sections, {"b100_fanout": ratio(rows["ours100"], rows["bare100"])}, more)


CASE: Final = Case("b", "an event to many subscribers, durable", ("b100_fanout",), measure, 300.0)
