"""e: clients of one dialect over a platform of another, both ways: 50 at work, 450 more that are idle."""

from functools import partial
from typing import Final

from tests.bench.cases.gateways import gateway, push, pushed
from tests.bench.cases.result import RATE, Case, Result, Section, least, ratio
from tests.bench.pages import BRIGHT_PATTERN, GENESYS_WWE
from tests.bench.running import Bench, Figures, Side

LINKS: Final = 50
IDLE: Final = 450
WAYS: Final = ((GENESYS_WWE, BRIGHT_PATTERN), (BRIGHT_PATTERN, GENESYS_WWE))  # clients, platform


def faced(bench: Bench, clients: str, platform: str, idle: int) -> Figures:
    """What the clients are told is counted."""
    with gateway(bench, platform, LINKS, facades={clients: {}}) as up:
        return push(bench, up, facade=clients, idle=idle)


def measure(bench: Bench) -> Result:
    """Both ways, with the platform's own figure of case a in the same alternation."""
    idle = bench.scaled(IDLE)
    sides = []
    for clients, platform in WAYS:
        sides += [
            Side(f"a {platform}", f"{platform}, one subscriber", partial(pushed, bench, platform, LINKS)),
            Side(
                f"{clients} over {platform}",
                f"{clients} clients over {platform}",
                partial(faced, bench, clients, platform, idle),
            ),
        ]
    rows = bench.alternate(sides)
    both = [ratio(rows[f"{clients} over {platform}"], rows[f"a {platform}"]) for clients, platform in WAYS]
    section = Section(
        f"{LINKS} links, {LINKS + idle} clients, of which {idle} idle", list(rows.values()), RATE
    )
    return Result(
        [section],
        {"e_vs_a": least(both)},
        {f"e_vs_a_{platform}": found for (_, platform), found in zip(WAYS, both, strict=True)},
    )


CASE: Final = Case("e", "one dialect's clients over another's platform", ("e_vs_a",), measure, 180.0)
