"""A plot a case, as PNG: bars of the medians, with least and greatest as whiskers."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from tests.bench.cases.result import Column, Section
from tests.bench.report import Done
from tests.bench.running import Row

OURS: Final = "#1f6f8b"
OTHERS: Final = "#b8b8b8"
BAR_INCHES: Final = 0.34
OTHER_WORDS: Final = ("bare", "FastAPI", "Node-RED", "socket.io", "echo")


def draw(done: Sequence[Done], folder: Path) -> None:
    """One file a case: `latest-a.png`."""
    for case in done:
        sections = [one for one in case.result.sections if any(row.of(one.columns[0][0]) for row in one.rows)]
        if not sections:
            continue
        heights = [max(2, len(one.rows)) for one in sections]
        figure = Figure(
            figsize=(9, 1.0 + sum(BAR_INCHES * one + 1.0 for one in heights)), layout="constrained"
        )
        FigureCanvasAgg(figure)
        figure.suptitle(f"{case.letter}: {case.title}", fontsize=12, fontweight="bold")
        axes = figure.subplots(len(sections), 1, squeeze=False, height_ratios=heights)
        for place, section in zip(axes[:, 0], sections, strict=True):
            bars(place, section)
        figure.savefig(folder / f"latest-{case.letter}.png", dpi=110)


def bars(axes: Axes, section: Section) -> None:
    """One table's first column."""
    column = section.columns[0]
    rows = [row for row in section.rows if row.of(column[0])]
    middles = [row.median(column[0]) or 0.0 for row in rows]
    below = [middle - min(row.of(column[0])) for row, middle in zip(rows, middles, strict=True)]
    above = [max(row.of(column[0])) - middle for row, middle in zip(rows, middles, strict=True)]
    places = range(len(rows))
    axes.barh(
        places,
        middles,
        height=0.66,
        color=[OTHERS if is_other(row) else OURS for row in rows],
        xerr=[below, above],
        error_kw={"elinewidth": 1, "capsize": 2, "ecolor": "#444444"},
    )
    most = max((max(row.of(column[0])) for row in rows), default=1.0)
    for place, row, middle in zip(places, rows, middles, strict=True):
        text = format(middle, column[2])
        axes.text(max(row.of(column[0])) + most * 0.012, place, text, va="center", fontsize=8)
    axes.set_yticks(places, [row.name for row in rows], fontsize=8)
    axes.invert_yaxis()
    axes.set_xlim(0, most * 1.12)
    axes.set_title(f"{section.title}: {heading(column)}", fontsize=9, loc="left")
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: format(value, column[2])))
    axes.tick_params(axis="x", labelsize=8)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)


def heading(column: Column) -> str:
    """What is drawn."""
    return column[1]


def is_other(row: Row) -> bool:
    """It is not ours, but what ours is measured beside."""
    return any(word in row.name for word in OTHER_WORDS)
