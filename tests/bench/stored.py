"""`make bench-quick`: a few ratios in under two minutes, beside those that are stored in baseline.json.

Ratios of processor time alone are stored: figures are a machine's, and drift with it. What moved by more than
the rounds of this run differ among themselves is printed as moved; nothing fails on it. `--store` stores what
was measured.
"""

import sys
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final

import msgspec

from tests.bench.cases.d_webhooks import delivered
from tests.bench.cases.g_growth import echoed
from tests.bench.cases.gateways import piped_bare, pushed
from tests.bench.cases.result import AnyRatio, Missing, Ratio, ratio
from tests.bench.pages import DIALECTS
from tests.bench.running import HERE, REPOSITORY, Bench, Options, Side, say

BASELINE: Final = HERE / "baseline.json"
LINKS: Final = 50
OPTIONS: Final = Options(rounds=3, seconds=1.2)
KEYS: Final = (*(f"a_roofline_{one}" for one in DIALECTS), "a_echo", "d_client")
WITHIN_S: Final = 100.0
COST: Final = "cpu_us"  # of each, the others' by ours: a busy machine moves it least
LEAST_MOVE: Final = 0.1  # a tenth either way is never told: the same code does that


class Baseline(msgspec.Struct, frozen=True):
    """What is stored."""

    ratios: dict[str, float]
    measured_at: str  # commit


def measure(rounds: int, seconds: float) -> dict[str, AnyRatio]:
    """The ratios of a short run."""
    folder = REPOSITORY / "build" / "bench"
    folder.mkdir(exist_ok=True, parents=True)
    options = replace(OPTIONS, rounds=rounds, seconds=seconds)
    with tempfile.TemporaryDirectory(prefix="quick-", dir=folder) as name:
        bench = Bench(options, Path(name), folder, say, WITHIN_S)
        sides = [Side(one, one, partial(pushed, bench, one, LINKS)) for one in DIALECTS]
        sides += [
            Side("bare", "bare parts, group commit", partial(piped_bare, bench, LINKS)),
            Side("echo", "bare echo", partial(echoed, bench, LINKS)),
            Side("deliveries", "webhook deliveries", partial(delivered, bench, 1, durable=True)),
            Side("client", "bare client", partial(delivered, bench, 1, durable=False)),
        ]
        rows = bench.alternate(sides)
    found = {f"a_roofline_{one}": ratio(rows["bare"], rows[one], COST) for one in DIALECTS}
    found["a_echo"] = ratio(rows["echo"], rows[DIALECTS[0]], COST)
    found["d_client"] = ratio(rows["client"], rows["deliveries"], COST)
    return found


def moved(now: Ratio, was: float) -> bool:
    """Whether it lies outside of all rounds, and a tenth from their median. One round alone cannot tell."""
    outside = now.low < now.high and (was < now.low or was > now.high)
    return outside and abs(now.median / was - 1) > LEAST_MOVE


def table(found: Mapping[str, AnyRatio], stored: Mapping[str, float]) -> list[str]:
    """What is now, what was, and what moved."""
    lines = [f"{'ratio':28}{'stored':>8}{'now':>8}{'min to max':>18}"]
    for key, now in found.items():
        was = stored.get(key)
        told = "none" if was is None else f"{was:.3f}"
        if isinstance(now, Missing):
            lines.append(f"{key:28}{told:>8}{'none':>8}  {now.reason}")
            continue
        line = f"{key:28}{told:>8}{now.median:8.3f}{f'{now.low:.3f} to {now.high:.3f}':>18}"
        if was is not None and moved(now, was):
            line += f"  MOVED {now.median / was - 1:+.0%}"
        lines.append(line)
    return lines


def read(path: Path = BASELINE) -> Baseline:
    """What is stored."""
    return msgspec.json.decode(path.read_bytes(), type=Baseline)


def write(found: Mapping[str, AnyRatio], commit: str, path: Path = BASELINE) -> None:
    """Store what was measured. Raises SystemExit if something is missing."""
    ratios = {}
    for key, one in found.items():
        if isinstance(one, Missing):
            sys.exit(f"not stored: there is no {key}: {one.reason}")
        ratios[key] = round(one.median, 4)
    encoded = msgspec.json.encode(Baseline(ratios, commit))
    path.write_bytes(msgspec.json.format(encoded, indent=2) + b"\n")
