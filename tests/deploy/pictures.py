"""Pictures of the dashboards: each panel's own queries, asked of a real Prometheus, and plotted.

    .venv/bin/python -m tests.deploy.pictures docs/operate/dashboards

There is no Grafana to be had where this is built, so a picture shows what the panels would: their places,
titles, units and series. It is drawn after a minute of a gateway that is kept busy (see `busy`).
"""

import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import matplotlib as mpl
from matplotlib import dates
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import EngFormatter

from tests.deploy.busy import busy
from tests.deploy.described import DEPLOY
from tests.deploy.prometheus import Prometheus

DASHBOARDS: Final[Mapping[str, Mapping[str, Any]]] = {
    file.stem: json.loads(file.read_text(encoding="utf-8"))
    for file in sorted((DEPLOY / "grafana" / "dashboards").glob("*.json"))
}
RATE_S, STEP_S = 10, 1
_COLUMNS, _UNIT_IN = 24, 0.52  # of Grafana's grid; inches of one of its cells
_UNITS: Final = {"s": "s", "ops": "/s", "percentunit": "", "bytes": "B", "short": ""}
_SHORTEST_S: Final = 10.0
_FOR_S: Final = 45.0


@dataclass(frozen=True)
class Series:
    """A line of a panel: its legend, and times with values."""

    legend: str
    points: Sequence[tuple[float, float]]


def panels(dashboard: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Those that show something."""
    return (panel for panel in dashboard["panels"] if panel["type"] != "row")


def filled_in(expression: str) -> str:
    """An expression with what Grafana would put in for its variables."""
    values = {
        "$__rate_interval": f"{RATE_S}s",
        "$__interval": f"{STEP_S}s",
        "$instance": ".*",
        "$platform": ".*",
    }
    for name, value in values.items():
        expression = expression.replace(name, value)
    return expression


async def series(prometheus: Prometheus, panel: Mapping[str, Any], last_s: float) -> list[Series]:
    """What its queries give for the last so many seconds."""
    end = time.time()
    found = []
    for target in panel["targets"]:
        query = filled_in(target["expr"])
        about = {"query": query, "start": f"{end - last_s}", "end": f"{end}", "step": f"{STEP_S}"}
        for one in (await prometheus.api("query_range", **about))["result"]:
            legend = target["legendFormat"]
            for label, value in one["metric"].items():
                legend = legend.replace("{{" + label + "}}", value)
            points = [(at, float(value)) for at, value in one["values"] if value != "NaN"]
            if points:
                found.append(Series(legend, points))
    return found


async def asked(
    prometheus: Prometheus, dashboard: Mapping[str, Any], last_s: float
) -> dict[int, list[Series]]:
    """What each panel of a dashboard shows, by its id."""
    return {panel["id"]: await series(prometheus, panel, last_s) for panel in panels(dashboard)}


def draw(dashboard: Mapping[str, Any], shown: Mapping[int, Sequence[Series]], target: Path) -> None:
    """A dashboard as a picture."""
    rows = max(panel["gridPos"]["y"] + panel["gridPos"]["h"] for panel in dashboard["panels"]) + 2
    with mpl.rc_context({"font.size": 8, "axes.spines.top": False, "axes.spines.right": False}):
        figure = Figure(figsize=(_COLUMNS * _UNIT_IN, rows * _UNIT_IN * 0.8))
        figure.text(0.012, 1 - 0.9 / rows, dashboard["title"], fontsize=15, weight="bold")
        figure.text(0.36, 1 - 0.9 / rows, dashboard["description"], fontsize=10, color="dimgrey")
        for panel in dashboard["panels"]:
            at = panel["gridPos"]
            left, top = at["x"] / _COLUMNS, 1 - (at["y"] + 2) / rows
            if panel["type"] == "row":
                figure.text(0.012, top - 0.65 / rows, panel["title"], fontsize=11, color="dimgrey")
                continue
            found = shown[panel["id"]]
            if panel["type"] == "stat":
                _stat(figure, panel, found, (left, top), (at["w"] / _COLUMNS, at["h"] / rows))
                continue
            columns = at["w"] // 3
            below = 1.2 + 0.45 * -(-len(found) // columns)  # the times, and the legend's lines
            height = at["h"] - below - 0.9
            box = (
                left + 1.3 / _COLUMNS,
                top - (0.7 + height) / rows,
                (at["w"] - 1.9) / _COLUMNS,
                height / rows,
            )
            _graph(figure.add_axes(box), panel, found, columns)
        figure.savefig(target, dpi=80)


def _stat(
    figure: Figure,
    panel: Mapping[str, Any],
    found: Sequence[Series],
    at: tuple[float, float],
    size: tuple[float, float],
) -> None:
    middle = at[0] + size[0] / 2
    figure.text(at[0] + 0.008, at[1] - size[1] * 0.2, panel["title"], fontsize=9, weight="bold")
    value, colour = "no data", "grey"
    if found:
        last = found[0].points[-1][1]
        value = found[0].legend if panel["options"]["textMode"] == "name" else f"{last:.3g}"
        value += _UNITS[panel["fieldConfig"]["defaults"]["unit"]] if found[0].legend != value else ""
        steps = panel["fieldConfig"]["defaults"]["thresholds"]["steps"]
        colour = [step["color"] for step in steps if step["value"] is None or last >= step["value"]][-1]
    figure.text(middle, at[1] - size[1] * 0.68, value, fontsize=20, ha="center", color=colour)


def _graph(axes: Axes, panel: Mapping[str, Any], found: Sequence[Series], columns: int) -> None:
    axes.set_title(panel["title"], fontsize=9, weight="bold", loc="left")
    defaults = panel["fieldConfig"]["defaults"]
    if defaults["custom"]["stacking"]["mode"] == "normal" and found:
        times = sorted({at for one in found for at, _ in one.points})
        levels = [[dict(one.points).get(at, 0.0) for at in times] for one in found]
        axes.stackplot([*map(_day, times)], levels, labels=[one.legend for one in found], alpha=0.6)
    else:
        for one in found:
            days = [_day(at) for at, _ in one.points]
            axes.plot(days, [value for _, value in one.points], linewidth=1.2, label=one.legend)
    first, last = axes.get_xlim()
    axes.set_xlim(first, max(last, first + _day(_SHORTEST_S)))
    axes.set_ylim(bottom=0)
    if not any(value for one in found for _, value in one.points):
        axes.set_ylim(top=1)
    axes.grid(visible=True, linewidth=0.3)
    axes.xaxis.set_major_locator(dates.AutoDateLocator(maxticks=6))  # type: ignore[no-untyped-call]  # theirs
    axes.xaxis.set_major_formatter(dates.DateFormatter("%H:%M:%S"))  # type: ignore[no-untyped-call]  # theirs
    axes.set_ylabel(_UNITS[defaults["unit"]])
    if defaults["unit"] == "bytes":
        axes.yaxis.set_major_formatter(EngFormatter())
    if found:
        axes.legend(loc="upper left", bbox_to_anchor=(-0.05, -0.12), ncols=columns, frameon=False, fontsize=7)
    else:
        axes.text(0.5, 0.5, "no data", transform=axes.transAxes, ha="center", color="grey")


def _day(at_s: float) -> float:
    """As it is plotted: days since 1970."""
    return at_s / 86_400


async def _main(folder: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="tl-") as place:
        async with busy(Path(place)) as prometheus:
            await asyncio.sleep(_FOR_S)
            shown = {name: await asked(prometheus, one, _FOR_S) for name, one in DASHBOARDS.items()}
    for name, of_panels in shown.items():
        draw(DASHBOARDS[name], of_panels, folder / f"{name}.png")
        print(f"{name}: {len(of_panels)} panels, {sum(map(len, of_panels.values()))} series")  # noqa: T201


if __name__ == "__main__":
    target = Path(sys.argv[1])
    target.mkdir(parents=True, exist_ok=True)
    asyncio.run(_main(target))
