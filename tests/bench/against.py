"""The working copy beside an earlier commit: is it slower?

Each round measures both, one right after the other, each in a fresh process; who is first alternates (ABBA),
so that a machine that gets slower or faster favours neither. The ratios of the rounds give an interval that
holds the true ratio with 95 %. What has its whole interval below `BOUND` is slower; a noisy machine widens
the interval, and so does not fail by itself.

The load client of frames is always the working copy's; what is measured runs the commit's own code.
Deliveries are made in the process that measures them: each side runs its own `tests/bench/deliveries.py`.
"""

import argparse
import json
import math
import os
import signal
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Final

from tests.bench.serving import Figures, configuration, free_port, load, server

REPOSITORY: Final = Path(__file__).resolve().parents[2]
BOUND: Final = 0.95
MIN_ROUNDS: Final = 10
DELIVERED_S: Final = 300.0  # then something is broken
# Student's t, two-sided 95 %, by degrees of freedom; in between the smaller number of them counts.
# Source: NIST/SEMATECH e-Handbook of Statistical Methods, 1.3.6.7.2, column 0.975.
STUDENT_T: Final = {9: 2.262, 11: 2.201, 14: 2.145, 19: 2.093, 29: 2.045, 59: 2.001}


@dataclass(frozen=True)
class Case:
    """Something that is measured: how many a second, by the code in a tree."""

    name: str
    measure: Callable[[Path, argparse.Namespace], Figures]


@dataclass(frozen=True)
class Interval:
    """Of ours to theirs, a second."""

    low: float
    ratio: float
    high: float

    @property
    def slower(self) -> bool:
        """Beyond doubt."""
        return self.high < BOUND


def interval(pairs: Sequence[tuple[float, float]]) -> Interval:
    """What the rounds' figures (ours, theirs) say, at least ten: their ratios' geometric mean with 95 %."""
    logs = [math.log(ours / theirs) for ours, theirs in pairs]
    middle = statistics.fmean(logs)
    t = STUDENT_T[max(freedom for freedom in STUDENT_T if freedom < len(logs))]
    half = t * statistics.stdev(logs) / math.sqrt(len(logs))
    return Interval(*(math.exp(middle + off) for off in (-half, 0.0, half)))


def frames(tree: Path, options: argparse.Namespace) -> Figures:
    """Frames of agents' pages that become events of a stream."""
    with tempfile.TemporaryDirectory(prefix="trunkline-bench-") as name:
        port = free_port()
        command = [sys.executable, "-m", "gateway", "serve"]
        command += ["--config", str(configuration(port, Path(name)))]
        with server(command, port, Path(name), tree) as pid:
            return load("gateway", port, pid, options)


def deliveries(tree: Path, options: argparse.Namespace) -> Figures:
    """Deliveries of one webhook to a receiver that takes them at once."""
    command = [sys.executable, "-m", "tests.bench.deliveries", "--rounds", "1"]
    command += ["--events", str(options.deliveries)]
    environment = {**os.environ, "PYTHONPATH": str(tree)}
    done = subprocess.run(  # noqa: S603  # ours
        command, cwd=tree, env=environment, stdout=subprocess.PIPE, check=False, timeout=DELIVERED_S
    )
    if done.returncode:
        raise SystemExit(f"the deliveries of {tree} failed")
    return {"per_s": float(json.loads(done.stdout)["deliveries_per_s"])}


CASES: Final = (Case("frames", frames), Case("deliveries", deliveries))


@contextmanager
def _ended_by(handler: Callable[[int, FrameType | None], object] | signal.Handlers) -> Iterator[None]:
    """What SIGTERM and Ctrl-C do in here."""
    before = {one: signal.signal(one, handler) for one in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for one, handled in before.items():
            signal.signal(one, handled)


def _leave(number: int, _frame: FrameType | None) -> None:
    sys.exit(128 + number)


def _git(repository: Path, *arguments: str) -> str:
    """What it prints. Raises SystemExit with what it complains of."""
    command = ["git", "-C", str(repository), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  # ours
    if done.returncode:
        raise SystemExit(f"git {arguments[0]}: {done.stderr.strip()}")
    return done.stdout.strip()


def commit_of(name: str) -> str:
    """The commit in full. Raises SystemExit if there is none of that name."""
    return _git(REPOSITORY, "rev-parse", "--verify", f"{name}^{{commit}}")


@contextmanager
def work_tree(repository: Path, commit: str) -> Iterator[Path]:
    """The commit's files, under build/; removed in the end, whatever ends it but SIGKILL."""
    (repository / "build").mkdir(exist_ok=True)
    with (
        _ended_by(_leave),
        tempfile.TemporaryDirectory(prefix="against-", dir=repository / "build") as name,
    ):
        tree = Path(name, "tree")
        _git(repository, "worktree", "add", "--quiet", "--detach", str(tree), commit)
        try:
            yield tree
        finally:
            with _ended_by(signal.SIG_IGN):  # a second Ctrl-C
                _git(repository, "worktree", "remove", "--force", str(tree))


def compare(options: argparse.Namespace) -> int:
    """Measure the cases chosen; one JSON object goes to standard output. Returns 1 if one is slower."""
    commit = commit_of(options.against)
    results = []
    with work_tree(REPOSITORY, commit) as theirs:
        for case in [one for one in CASES if one.name in options.cases]:
            rounds = [_round(case, number, theirs, options) for number in range(options.rounds)]
            found = interval([(one["ours_per_s"], one["theirs_per_s"]) for one in rounds])
            results.append(
                {
                    "case": case.name,
                    "ratio": round(found.ratio, 4),
                    "interval": [round(found.low, 4), round(found.high, 4)],
                    "slower": found.slower,
                    "rounds": rounds,
                }
            )
            _say(f"{case.name}: {found.ratio:.3f} of {commit[:12]}'s ({found.low:.3f} to {found.high:.3f})")
    sys.stdout.write(json.dumps({"against": commit, "bound": BOUND, "cases": results}) + "\n")
    return int(any(one["slower"] for one in results))


def _round(case: Case, number: int, theirs: Path, options: argparse.Namespace) -> dict[str, float]:
    """Both, in turn."""
    sides = [("ours", REPOSITORY), ("theirs", theirs)]
    figures: dict[str, float] = {}
    for name, tree in sides if number % 2 == 0 else reversed(sides):
        for key, value in case.measure(tree, options).items():
            if key in ("per_s", "cpu_us") and value is not None:
                figures[f"{name}_{key}"] = round(value, 1)
    ours, other = figures["ours_per_s"], figures["theirs_per_s"]
    _say(f"{case.name} {number + 1}/{options.rounds}: {ours:,.0f} beside {other:,.0f} a second")
    return figures


def _say(line: str) -> None:
    sys.stderr.write(f"{line}{os.linesep}")
    sys.stderr.flush()
