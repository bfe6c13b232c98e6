"""A plot a case, as PNG: bars of the medians, with least and greatest as whiskers."""

import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from tests.bench.cases.result import Section
from tests.bench.report import Done
from tests.bench.running import Row

OURS: Final = "#1f6f8b"
OTHERS: Final = "#b8b8b8"
BAR_INCHES: Final = 0.34
OTHER_WORDS: Final = ("bare", "FastAPI", "Node-RED", "socket.io", "echo")


class Bar(NamedTuple):
    """One figure of one side."""

    label: str
    values: Sequence[float]  # of the rounds
    ours: bool
    form: str


def draw(done: Sequence[Done], folder: Path) -> None:
    """One file a case: `latest-a.png`."""
    for case in done:
        drawn = [(section, found) for section in case.result.sections if (found := bars(section))]
        if not drawn:
            continue
        counts = [max(2, len(found)) for _, found in drawn]
        height = 0.8 + sum(BAR_INCHES * count + 0.9 for count in counts)
        figure = Figure(figsize=(9, height), layout="constrained")
        FigureCanvasAgg(figure)
        figure.suptitle(f"{case.letter}: {case.title}", fontsize=12, fontweight="bold")
        axes = figure.subplots(len(drawn), 1, squeeze=False, height_ratios=counts)
        for place, (section, found) in zip(axes[:, 0], drawn, strict=True):
            place.set_title(heading(section), fontsize=9, loc="left")
            draw_bars(place, found)
        figure.savefig(folder / f"latest-{case.letter}.png", dpi=110)


def heading(section: Section) -> str:
    """What is drawn."""
    if section.drawn > 1:
        return section.title
    return f"{section.title}, {section.columns[0][1]}"


def bars(section: Section) -> list[Bar]:
    """The columns that are drawn, of each row that has them."""
    several = section.drawn > 1
    return [
        Bar(f"{row.name}, {name}" if several else row.name, values, not is_other(row), form)
        for row in section.rows
        for key, name, form in section.columns[: section.drawn]
        if (values := row.of(key))
    ]


def draw_bars(axes: Axes, found: Sequence[Bar]) -> None:
    """Medians, with least and greatest as whiskers."""
    middles = [statistics.median(bar.values) for bar in found]
    places, most = range(len(found)), max(max(bar.values) for bar in found)
    axes.barh(
        places,
        middles,
        height=0.66,
        color=[OURS if bar.ours else OTHERS for bar in found],
        xerr=[
            [middle - min(bar.values) for bar, middle in zip(found, middles, strict=True)],
            [max(bar.values) - middle for bar, middle in zip(found, middles, strict=True)],
        ],
        error_kw={"elinewidth": 1, "capsize": 2, "ecolor": "#444444"},
    )
    for place, bar, middle in zip(places, found, middles, strict=True):
        beside = max(bar.values) + most * 0.012
        axes.text(beside, place, format(middle, bar.form), va="center", fontsize=8)
    axes.set_yticks(places, [bar.label for bar in found], fontsize=8)
    axes.invert_yaxis()
    axes.set_xlim(0, most * 1.12)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,g}"))
    axes.tick_params(axis="x", labelsize=8)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)


def is_other(row: Row) -> bool:
    """It is not ours, but what ours is measured beside."""
    return any(word in row.name for word in OTHER_WORDS)
