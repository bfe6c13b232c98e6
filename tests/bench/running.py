"""One run of `make bench`: sides that are measured in turn, each in processes of its own.

A side is a server on the first core and a load client on the second. The rounds alternate (ABBA),
so that a machine that gets slower or faster favours nobody; each measurement warms up by itself. What cannot
be measured here is told with its reason, and never made up.
"""

import math
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import msgspec

from tests.bench.serving import free_port, pinned, server

HERE: Final = Path(__file__).parent
REPOSITORY: Final = HERE.parents[1]
MEASURED_S: Final = 90.0  # one measurement, at most; then something is broken
LINE: Final = 200  # characters of a reason
TRIES: Final = 2  # failures of one side, then it is left out

Figures = dict[str, float | None]


class Absent(Exception):  # noqa: N818  # it is no fault of ours
    """A side cannot be measured here. The text says why."""


@dataclass(frozen=True)
class Side:
    """Something measured: its name, and one measurement. That may raise Absent; SystemExit when it fails.

    `key`: what tells it from others of the case that have the same name for people.
    """

    key: str
    name: str
    measure: Callable[[], Figures]


@dataclass
class Row:
    """A side's figures, a round each; None where it failed. `reason`: why there are none."""

    name: str
    rounds: list[Figures | None] = field(default_factory=list)
    reason: str = ""

    def of(self, key: str) -> list[float]:
        """One figure over the rounds, where there is one."""
        return [value for one in self.rounds if one is not None and (value := one.get(key)) is not None]

    def median(self, key: str) -> float | None:
        """None: there is none."""
        values = self.of(key)
        return statistics.median(values) if values else None


@dataclass(frozen=True)
class Options:
    """How much is measured."""

    rounds: int = 5
    seconds: float = 2.0
    links: int = 50
    window: int = 400
    long: bool = False
    scale: float = 1.0  # of the large numbers (subscribers, idle links, journals): less than 1 only to try it


@dataclass(frozen=True)
class Bench:
    """What a case works with: its options, a folder on the disk, where the peers are."""

    options: Options
    folder: Path
    peers: Path
    say: Callable[[str], None]
    within_s: float = math.inf  # of one alternation: no round begins that would end later
    profile: Path | None = None  # where gateways write what their time goes to; see profiled.py

    def scaled(self, number: int) -> int:
        """One of the large numbers."""
        return max(2, math.ceil(number * self.options.scale))

    def alternate(self, sides: Sequence[Side], rounds: int | None = None) -> dict[str, Row]:
        """Measure all, in turn; gives the rows by key. What fails twice is left out for good."""
        rows = {side.key: Row(side.name) for side in sides}
        failures = dict.fromkeys(rows, 0)
        first = time.monotonic()
        for number in range(rounds or self.options.rounds):
            if number and (time.monotonic() - first) * (number + 1) / number > self.within_s:
                self.say(f"  {number} rounds alone: more would take longer than {self.within_s:.0f} s")
                break
            for side in sides if number % 2 == 0 else reversed(sides):
                row = rows[side.key]
                if failures[side.key] >= TRIES:
                    row.rounds.append(None)
                    continue
                begun = time.monotonic()
                try:
                    figures: Figures | None = side.measure()
                except Absent as absent:
                    failures[side.key], figures, row.reason = TRIES, None, str(absent)
                    self.say(f"NOT MEASURED: {side.key}: {absent}")
                except (SystemExit, OSError, subprocess.SubprocessError) as error:
                    failures[side.key] += 1
                    figures, row.reason = None, f"failed: {brief(str(error))}"
                    self.say(f"FAILED: {side.key}: {error}")
                row.rounds.append(figures)
                if figures is not None:
                    row.reason, failures[side.key] = "", 0
                    self.say(f"  {number + 1} {side.key}: {_short(figures, time.monotonic() - begun)}")
        return rows

    def serve(
        self, command: Sequence[str], port: int, well: Callable[[int], bool] | None = None
    ) -> AbstractContextManager[int]:
        """A server on the first core. Gives its process id."""
        return server(command, port, self.folder, REPOSITORY, well)

    def gateway(
        self, platforms: Mapping[str, object], store: Path | None = None, **sections: object
    ) -> tuple[int, Sequence[str]]:
        """A port, and the command of a gateway that serves there. A fresh store unless one is given."""
        port = free_port()
        config = {
            "server": {"host": "127.0.0.1", "port": port},
            "store": {"path": str(store or self.folder / f"{port}.db")},
            "platforms": platforms,
            "log": {"level": "warning"},
            **sections,
        }
        path = self.folder / f"{port}.yaml"
        path.write_bytes(msgspec.json.encode(config))  # JSON is YAML, too
        module = ["gateway"] if self.profile is None else ["tests.bench.profiled", str(self.profile)]
        return port, [sys.executable, "-m", *module, "serve", "--config", str(path)]

    @staticmethod
    def module(name: str, *arguments: object) -> list[str]:
        """The command of one of our own servers, such as `bare.pipeline`."""
        return [sys.executable, "-m", f"tests.bench.{name}", *map(str, arguments)]

    def load(
        self,
        name: str,
        job: Mapping[str, object],
        *,
        keep: Sequence[int] = (),
        core: int = 1,
        within_s: float = MEASURED_S,
    ) -> Figures:
        """Run a load client, on the second core. Raises SystemExit with what it complained of."""
        command = [*self.module(f"load.{name}"), msgspec.json.encode(job).decode()]
        with pinned(core):
            done = subprocess.run(  # noqa: S603  # ours
                command,
                cwd=REPOSITORY,
                capture_output=True,
                check=False,
                timeout=within_s,
                pass_fds=keep,
            )
        if done.returncode:
            raise SystemExit(done.stderr.decode(errors="replace")[-600:].strip())
        return msgspec.json.decode(done.stdout, type=Figures)


def brief(text: str) -> str:
    """The last line of what went wrong, which says most."""
    return next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "")[:LINE]


def _short(figures: Figures, took_s: float) -> str:
    told = [f"{key} {value:,.4g}" for key, value in figures.items() if value is not None]
    return f"{', '.join(told)} ({took_s:.1f} s)"


def say(line: str) -> None:
    """To whoever waits at the terminal."""
    sys.stderr.write(f"{line}{os.linesep}")
    sys.stderr.flush()
