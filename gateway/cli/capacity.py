"""`trunkline simulate-capacity`: what so many agents need, on paper, from the costs of one event.

The agents' events come at random (Poisson). The gateway at work takes what has come, pays for it on its one
core, and has it stored by NATS in one group, while the next ones come: so groups grow with the load, and an
event waits for the group under way and for its own. That is simulated, with a seed. All else is arithmetic.

One gateway of a store is at work; the others serve clients from what it tells. Where one core is too small
for it, agents are parted over several stores (`bus.prefix`), by platform or tenant.
"""

from bisect import bisect_right
from math import ceil
from random import Random
from typing import Final

import msgspec
import typer

BUSY: Final = 0.5  # of its core at the peak, no more: a command waits behind events
_SIMULATED_S: Final = 4.0
_MOST_EVENTS: Final = 200_000
_WEEK_S: Final = 40 * 3600.0  # of work
_MEGABYTE: Final = 1e6


class Parts(msgspec.Struct, frozen=True, kw_only=True):
    """What one event costs: microseconds of a core, bytes. docs/operate/sizing.md says which are measured."""

    at_work_us: float = 1_000.0
    another_us: float = 870.0
    server_us: float = 710.0
    stream_us: float = 8.0  # for each stream that gets it
    store_s: float = 0.004  # until NATS has a group of events on most of its servers
    journal_bytes: float = 1_640.0  # of each replica
    told_bytes: float = 3_000.0  # to each stream
    heard_bytes: float = 1_000.0  # of the platform's frame
    base_mib: float = 90.0  # of a gateway that does nothing
    link_kib: float = 20.0  # of a link, or a stream


def parts(at_work_us: float | None, store_ms: float | None) -> Parts:
    """The usual ones, but for what somebody has measured himself."""
    usual = Parts()
    return msgspec.structs.replace(
        usual,
        at_work_us=usual.at_work_us if at_work_us is None else at_work_us,
        store_s=usual.store_s if store_ms is None else store_ms / 1000,
    )


class Load(msgspec.Struct, frozen=True, kw_only=True):
    """What agents and clients do."""

    agents: int
    calls_an_hour: float = 12.0  # of each agent
    events_a_call: float = 10.0
    peak: float = 5.0  # times the mean
    streams: int = 20  # subscribers to everything, and consoles

    @property
    def mean(self) -> float:
        """Events a second."""
        return self.agents * self.calls_an_hour * self.events_a_call / 3600.0


class Waits(msgspec.Struct, frozen=True):
    """Of simulated events: seconds from the frame until it may be told; and how many share a group."""

    median_s: float
    p99_s: float
    group: float
    kept_up: bool  # the gateway was never behind by more than a second


class Capacity(msgspec.Struct, frozen=True, kw_only=True):
    """What comes of it."""

    events_a_second: float  # in the mean
    peak: float
    most_of_one: int  # agents of one gateway at work
    stores: int
    nodes_needed: int
    nodes: int
    fits: bool
    at_work_busy: float  # of its core, at the peak
    another_busy: float
    server_busy: float
    waits: Waits
    nats_bytes_a_second: float  # stored, of all replicas, at the peak
    nats_bytes_a_week: float
    out_bytes_a_second: float  # to all streams, at the peak
    node_mib: float
    cores_per_1000: float  # of gateways and servers, at the peak
    bytes_a_week_per_1000: float  # of all replicas


def simulated(rate: float, parts: Parts, dice: Random) -> Waits:
    """Events at that rate, through the gateway at work and NATS."""
    until_s = min(_SIMULATED_S, _MOST_EVENTS / rate)
    came: list[float] = []  # when, in seconds, and when the core was done with it
    ready: list[float] = []
    at = free = 0.0
    while not came or at < until_s:
        at += dice.expovariate(rate)
        free = max(at, free) + parts.at_work_us / 1e6
        came.append(at)
        ready.append(free)
    waited: list[float] = []
    groups, stored = 0, 0.0
    while len(waited) < len(came):
        begun = max(stored, ready[len(waited)])  # NATS takes one group at a time
        together = bisect_right(ready, begun)
        stored = begun + parts.store_s
        waited += [stored - one for one in came[len(waited) : together]]
        groups += 1
    waited.sort()
    part = (len(waited) - 1) / 100
    return Waits(waited[int(part * 50)], waited[int(part * 99)], len(waited) / groups, waited[-1] < 1.0)


def capacity(load: Load, nodes: int, replicas: int, parts: Parts, seed: int) -> Capacity:
    """Of that load on so many nodes."""
    per_agent = load.mean / load.agents * load.peak
    most = max(1, int(BUSY * 1e6 / parts.at_work_us / per_agent))
    stores = ceil(load.agents / most)
    peak = load.mean * load.peak
    of_one = peak / stores
    streams_each = ceil(load.streams / stores)
    others_us = parts.another_us + parts.stream_us * streams_each
    others = max(1, ceil(of_one * others_us / 1e6 / BUSY))  # one at least, to take over
    needed = stores * (1 + others)
    there = max(1, (nodes - stores) // stores) if nodes > stores else 1
    another_busy = of_one * (parts.another_us + parts.stream_us * ceil(streams_each / there)) / 1e6
    at_work_busy = of_one * parts.at_work_us / 1e6
    server_busy = of_one * parts.server_us / 1e6
    connections = load.agents / stores + streams_each
    cores = stores * (at_work_busy + others * another_busy + replicas * server_busy)
    stored = parts.journal_bytes * replicas
    return Capacity(
        events_a_second=load.mean,
        peak=peak,
        most_of_one=most,
        stores=stores,
        nodes_needed=needed,
        nodes=nodes,
        fits=nodes >= needed,
        at_work_busy=at_work_busy,
        another_busy=another_busy,
        server_busy=server_busy,
        waits=simulated(of_one, parts, Random(seed)),  # noqa: S311  # guards nothing
        nats_bytes_a_second=peak * stored,
        nats_bytes_a_week=load.mean * stored * _WEEK_S,
        out_bytes_a_second=peak * parts.told_bytes * load.streams / stores,
        node_mib=parts.base_mib + connections * parts.link_kib / 1024,
        cores_per_1000=cores / load.agents * 1000,
        bytes_a_week_per_1000=load.mean * stored * _WEEK_S / load.agents * 1000,
    )


def message_bytes(subject: int, headers: int, body: int) -> int:
    """What a message takes in a stream, of the bytes of its parts (nats-server, `fileStoreMsgSize`)."""
    return 30 + subject + (4 + headers if headers else 0) + body


def simulate(load: Load, nodes: int, replicas: int, parts: Parts, seed: int, *, as_json: bool) -> int:
    """Tell. 1: so many nodes are too few."""
    found = capacity(load, nodes, replicas, parts, seed)
    if as_json:
        typer.echo(msgspec.json.encode(found))
    else:
        for name, value in _lines(load, found):
            typer.echo(f"{name:<36}{value}")
    return 0 if found.fits else 1


def _lines(load: Load, found: Capacity) -> list[tuple[str, str]]:
    waits, week = found.waits, found.bytes_a_week_per_1000
    enough = "enough" if found.fits else "too few"
    return [
        ("events a second", f"{found.events_a_second:,.0f} in the mean, {found.peak:,.0f} at the peak"),
        ("agents of one gateway at work", f"{found.most_of_one:,} (half of its core at the peak)"),
        ("stores", f"{found.stores} of {ceil(load.agents / found.stores):,} agents"),
        ("nodes", f"{found.nodes}: {enough}; {found.nodes_needed} needed, one of them at work in each store"),
        ("core of a gateway at work", f"{found.at_work_busy:.0%}"),
        ("core of another gateway", f"{found.another_busy:.0%}"),
        ("core of a NATS server", f"{found.server_busy:.0%}"),
        (
            "from the frame until it may be told",
            f"{waits.median_s * 1e3:.1f} ms, {waits.p99_s * 1e3:.1f} ms at most of 99 %",
        ),
        ("events in a group", f"{waits.group:.1f}"),
        (
            "NATS stores",
            f"{found.nats_bytes_a_second / _MEGABYTE:,.1f} MB a second at the peak, all replicas",
        ),
        ("NATS keeps", f"{found.nats_bytes_a_week / 1e9:,.0f} GB a week of 40 hours, all replicas"),
        ("to streams", f"{found.out_bytes_a_second / _MEGABYTE:,.1f} MB a second at the peak, of each store"),
        ("memory of a node", f"{found.node_mib:,.0f} MiB"),
        (
            "1,000 agents cost",
            f"{found.cores_per_1000:.2f} cores at the peak, {week / 1e9:,.1f} GB a week",
        ),
    ]
