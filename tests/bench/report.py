"""What a run has found, as JSON for programs and Markdown for people.

No figure is made up: what is missing is null, with the reason.
"""

import os
import platform
import statistics
import subprocess
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, TypedDict

import msgspec

from tests.bench.cases.result import AnyRatio, Column, Missing, Result, Section
from tests.bench.running import REPOSITORY, Options, Row

# What the project is held to: at least, or at most.
KEYS: Final = (
    *("a_roofline", "a_fastapi", "a_nodered", "b100_fanout", "c_idle_echo", "c_loaded_p99"),
    *("d_client", "d_fastapi", "e_vs_a", "f_kib_per_link", "g_spread"),
)
AT_LEAST: Final = {
    "a_roofline": 0.45,
    "a_fastapi": 1.5,
    "a_nodered": 8.0,
    "b100_fanout": 0.6,
    "d_client": 0.5,
    "d_fastapi": 2.5,
    "e_vs_a": 0.6,
    "a_roofline_bright_pattern": 0.6,
    "a_socketio": 0.7,
    "b1000_fanout": 0.7,
    "g_resume": 5.0,
}
AT_MOST: Final = {
    "c_idle_echo": 2.0,
    "c_loaded_p99": 5.0,
    "f_kib_per_link": 10.0,
    "g_spread": 0.15,
    "g_links": 1.1,
    "g_start": 1.0,
}
HOW: Final = "the server on one core, the load on another. Medians, with least and greatest."
BUSY: Final = 0.9  # of a core: a load client that is busier than the server sets the pace


class Spread(TypedDict):
    """Of the rounds."""

    median: float
    min: float
    max: float


class RowDocument(TypedDict):
    """A side, in the JSON document."""

    name: str
    reason: str
    figures: dict[str, Spread]
    rounds: list[dict[str, float | None] | None]


class SectionDocument(TypedDict):
    """A table."""

    title: str
    rows: list[RowDocument]


class CaseDocument(TypedDict):
    """A case."""

    title: str
    took_s: float
    sections: list[SectionDocument]
    notes: list[str]


class Document(TypedDict):
    """`bench-results/latest.json`. Of `ratios` the keys are always the same."""

    made: str
    commit: str
    machine: dict[str, str | int | float]
    options: dict[str, float]
    ratios: dict[str, float | None]
    more_ratios: dict[str, float | None]
    ranges: dict[str, tuple[float, float]]
    of: dict[str, str]
    reasons: dict[str, str]
    cases: dict[str, CaseDocument]


class Done(msgspec.Struct, frozen=True):
    """A case that was run."""

    letter: str
    title: str
    took_s: float
    result: Result


def document(done: Sequence[Done], options: Options, now: datetime) -> Document:
    """All of it."""
    made = Document(
        made=now.astimezone(UTC).isoformat(timespec="seconds"),
        commit=_commit(),
        machine=machine(),
        options={"rounds": options.rounds, "seconds": options.seconds, "window": options.window},
        ratios=dict.fromkeys(KEYS),
        more_ratios={},
        ranges={},
        of={},
        reasons={key: f"case {key[0]} was not run" for key in KEYS},
        cases={},
    )
    for case in done:
        for key, found in case.result.ratios.items():
            made["ratios"][key] = _tell(key, found, made)
        for key, found in case.result.more.items():
            made["more_ratios"][key] = _tell(key, found, made)
        made["cases"][case.letter] = CaseDocument(
            title=case.title,
            took_s=round(case.took_s, 1),
            sections=[_section(one) for one in case.result.sections],
            notes=list(case.result.notes),
        )
    return made


def _tell(key: str, found: AnyRatio, made: Document) -> float | None:
    """Its median; range and reason go where they belong."""
    if isinstance(found, Missing):
        made["reasons"][key] = found.reason
        return None
    made["reasons"].pop(key, None)
    made["ranges"][key] = (round(found.low, 4), round(found.high, 4))
    made["of"][key] = found.of
    return round(found.median, 4)


def _section(section: Section) -> SectionDocument:
    return SectionDocument(title=section.title, rows=[_row(row) for row in section.rows])


def _row(row: Row) -> RowDocument:
    keys = dict.fromkeys(key for one in row.rounds if one is not None for key in one)
    figures = {
        key: Spread(median=statistics.median(values), min=min(values), max=max(values))
        for key in keys
        if (values := row.of(key))
    }
    return RowDocument(name=row.name, reason=row.reason, figures=figures, rounds=list(row.rounds))


def machine() -> dict[str, str | int | float]:
    """Where it ran, without a name of it."""
    known: dict[str, str | int | float] = {
        "system": platform.system(),
        "release": platform.release(),
        "python": platform.python_version(),
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        "load_before": round(os.getloadavg()[0], 2),
    }
    return known


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")


def _commit() -> str:
    command = ["git", "-C", str(REPOSITORY), "describe", "--always", "--dirty", "--abbrev=12"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  # ours
    return done.stdout.strip()


def met(key: str, value: float | None) -> str:
    """Whether that is what the project is held to; nothing where there is no bound or no figure."""
    if value is None:
        return ""
    if key in AT_LEAST:
        return "yes" if value >= AT_LEAST[key] else "no"
    if key in AT_MOST:
        return "yes" if value <= AT_MOST[key] else "no"
    return ""


def bound(key: str) -> str:
    """As it is printed."""
    if key in AT_LEAST:
        return f"at least {AT_LEAST[key]:g}"
    return f"at most {AT_MOST[key]:g}" if key in AT_MOST else ""


def ratio_table(made: Document) -> list[str]:
    """The ratios, in Markdown."""
    lines = ["| ratio | median | min to max | bound | met | of |", "|---|--:|--:|---|---|---|"]
    every: Mapping[str, float | None] = {**made["ratios"], **made["more_ratios"]}
    for key, value in every.items():
        if value is None:
            lines.append(f"| {key} | none | | {bound(key)} | | {made['reasons'].get(key, '')} |")
            continue
        low, high = made["ranges"][key]
        told = f"| {key} | {value:,.3g} | {low:,.3g} to {high:,.3g} | {bound(key)} | {met(key, value)} |"
        lines.append(f"{told} {made['of'][key]} |")
    return lines


def section_table(section: Section) -> list[str]:
    """One table, in Markdown: medians, with least and greatest."""
    columns = [one for one in section.columns if any(row.of(one[0]) for row in section.rows)]
    lines = [f"**{section.title}**", "", "| | " + " | ".join(heading for _, heading, _ in columns) + " |"]
    lines.append("|---|" + "--:|" * len(columns))
    for row in section.rows:
        if row.reason:
            lines.append(f"| {row.name} | not measured: {row.reason} |" + " |" * (len(columns) - 1))
        else:
            lines.append(f"| {row.name} | " + " | ".join(_cell(row, one) for one in columns) + " |")
    lines += ["", *(f"{warning}." for row in section.rows if (warning := paced_by_load(row)))]
    return lines


def _cell(row: Row, column: Column) -> str:
    key, _, form = column
    values = row.of(key)
    if not values:
        return ""
    middle = format(statistics.median(values), form)
    return (
        f"{middle} ({format(min(values), form)} to {format(max(values), form)})"
        if len(values) > 1
        else middle
    )


def paced_by_load(row: Row) -> str:
    """A warning, if it was the load client that had no more to give."""
    client, served = row.median("client_share"), row.median("server_share")
    if client is None or served is None or client < BUSY or client < served:
        return ""
    return f"{row.name}: load at {client:.0%} of its core, server at {served:.0%}: a lower bound"


def run_lines(made: Document) -> list[str]:
    """What was run, where and how."""
    told = ", ".join(f"{key} {value}" for key, value in made["machine"].items())
    rounds, seconds = made["options"]["rounds"], made["options"]["seconds"]
    return [
        f"Commit {made['commit']}, {made['made']}. {told}.",
        "",
        f"{rounds:g} rounds, {seconds:g} s each measurement, the sides in turn; {HOW}",
        "",
    ]


def markdown(made: Document, done: Sequence[Done]) -> str:
    """The report for people."""
    lines = ["# What it costs, and what others cost in the same run", "", *run_lines(made)]
    lines += [*ratio_table(made), ""]
    for case in done:
        lines += [f"## {case.letter}: {case.title}", "", f"![{case.title}](latest-{case.letter}.png)", ""]
        for section in case.result.sections:
            lines += [*section_table(section), ""]
        lines += [*case.result.notes, ""]
    return "\n".join(lines) + "\n"


def missing(made: Document) -> list[str]:
    """What there is no figure for, and why: said loudly."""
    return [
        f"NO FIGURE for {key}: {made['reasons'].get(key, '')}"
        for key, value in made["ratios"].items()
        if value is None
    ]
