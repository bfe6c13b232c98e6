"""a: a vendor's event to one subscriber, durable, over 50 and 200 links, each of the dialects."""

from functools import partial
from typing import Final

from tests.bench.cases.gateways import piped_bare, pushed
from tests.bench.cases.result import RATE, AnyRatio, Case, Result, Section, least, ratio
from tests.bench.pages import DIALECTS
from tests.bench.peering import FASTAPI, NODE_RED, SOCKET_IO, piped_fastapi, piped_node_red, piped_socket_io
from tests.bench.running import Bench, Row, Side

BARE: Final = "bare parts, group commit"
FEW: Final = 50
MANY: Final = 200
PEERS: Final = {FASTAPI: piped_fastapi, NODE_RED: piped_node_red, SOCKET_IO: piped_socket_io}
HELD_TO: Final = {"a_roofline": BARE, "a_fastapi": FASTAPI, "a_nodered": NODE_RED}


def measure(bench: Bench) -> Result:
    """All sides of both numbers of links in one alternation."""
    sides = []
    for links in (FEW, MANY):
        sides += [
            Side(_at(dialect, links), dialect, partial(pushed, bench, dialect, links)) for dialect in DIALECTS
        ]
        sides.append(Side(_at(BARE, links), BARE, partial(piped_bare, bench, links)))
    sides += [Side(_at(name, FEW), name, partial(peer, bench, FEW)) for name, peer in PEERS.items()]
    rows = bench.alternate(sides)
    few = [row for name, row in rows.items() if name.endswith(_at("", FEW))]
    many = [row for name, row in rows.items() if name.endswith(_at("", MANY))]
    more: dict[str, AnyRatio] = {
        "a_socketio": _least(rows, SOCKET_IO, FEW),
        "a200_roofline": _least(rows, BARE, MANY),
    }
    for dialect in DIALECTS:
        more[f"a_roofline_{dialect}"] = ratio(rows[_at(dialect, FEW)], rows[_at(BARE, FEW)])
    return Result(
        [Section(f"{FEW} links, events", few, RATE), Section(f"{MANY} links, events", many, RATE)],
        {key: _least(rows, name, FEW) for key, name in HELD_TO.items()},
        more,
    )


def _at(name: str, links: int) -> str:
    return f"{name}, {links} links"


def _least(rows: dict[str, Row], beside: str, links: int) -> AnyRatio:
    """Over the dialects."""
    return least([ratio(rows[_at(dialect, links)], rows[_at(beside, links)]) for dialect in DIALECTS])


CASE: Final = Case("a", "a vendor's event to one subscriber, durable", tuple(HELD_TO), measure, 330.0)
