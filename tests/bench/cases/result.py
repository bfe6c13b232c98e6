"""What a case hands over: rows of figures, and the ratios that are made of them."""

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from tests.bench.running import Bench, Row

Column = tuple[str, str, str]  # key of a figure, heading, format


@dataclass(frozen=True)
class Ratio:
    """Of the rounds' ratios the median, least and greatest; `of`: what stands in it."""

    median: float
    low: float
    high: float
    of: str = ""


@dataclass(frozen=True)
class Missing:
    """A ratio that cannot be told, and why."""

    reason: str


AnyRatio = Ratio | Missing


@dataclass(frozen=True)
class Section:
    """One table: its heading, what is measured in which column, and the rows.

    `drawn`: the first so many columns are in the plot.
    """

    title: str
    rows: Sequence[Row]
    columns: Sequence[Column]
    drawn: int = 1


@dataclass(frozen=True)
class Result:
    """Of a case. `ratios` are those that the project is held to, `more` are worth knowing."""

    sections: Sequence[Section]
    ratios: Mapping[str, AnyRatio]
    more: Mapping[str, AnyRatio] = field(default_factory=dict)
    notes: Sequence[str] = ()


@dataclass(frozen=True)
class Case:
    """One letter of the benchmark. `ratios` are the keys that its result has, whatever happens.

    `within_s`: it makes fewer rounds rather than take longer.
    """

    letter: str
    title: str
    ratios: Sequence[str]
    measure: Callable[[Bench], Result]
    within_s: float


RATE: Sequence[Column] = (
    ("per_s", "a second", ",.0f"),
    ("cpu_us", "µs of processor each", ",.1f"),
    ("server_share", "server's core", ".0%"),
    ("client_share", "load's core", ".0%"),
)


def pairs(above: Row, below: Row, key: str = "per_s", key_below: str | None = None) -> list[float]:
    """The ratio of each round in which both were measured."""
    found = []
    for one, other in zip(above.rounds, below.rounds, strict=False):
        if one is None or other is None:
            continue
        upper, lower = one.get(key), other.get(key_below or key)
        if upper is not None and lower:
            found.append(upper / lower)
    return found


def ratio(above: Row, below: Row, key: str = "per_s", key_below: str | None = None) -> AnyRatio:
    """What the rounds say, each by itself: the machine is the same for both within a round only."""
    found = pairs(above, below, key, key_below)
    of = f"{above.name} / {below.name}"
    if not found:
        why = below.reason or above.reason or "no round has both"
        return Missing(f"{of}: {why}")
    return Ratio(statistics.median(found), min(found), max(found), of)


def least(ratios: Sequence[AnyRatio]) -> AnyRatio:
    """The one with the least median; missing if any of them is, for that might be the least."""
    return _extreme(ratios, min)


def greatest(ratios: Sequence[AnyRatio]) -> AnyRatio:
    """The one with the greatest median; missing if any of them is."""
    return _extreme(ratios, max)


def _extreme(ratios: Sequence[AnyRatio], choose: Callable[..., Ratio]) -> AnyRatio:
    known = []
    for one in ratios:
        if isinstance(one, Missing):
            return one
        known.append(one)
    return choose(known, key=lambda one: one.median) if known else Missing("nothing was measured")
