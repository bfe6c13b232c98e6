"""`make bench`: all cases beside the bare parts and the peers, in one run; ends within half an hour.

`--cases a,d` measures some, `--rounds 1 --seconds 1 --scale 0.05` tries them. Writes `latest.json`,
`latest.md` and a plot a case to bench-results/, and prints the ratios. What cannot be measured here is null
in the JSON, with the reason.
"""

import argparse
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec

from tests.bench import plots, profiles, publishing, report
from tests.bench.cases import a_events, b_fanout, c_commands, d_webhooks, e_facades, f_memory, g_growth
from tests.bench.cases.result import Case
from tests.bench.profiled import Sample
from tests.bench.running import REPOSITORY, Bench, Options, say

CASES: Final[Sequence[Case]] = (
    *(a_events.CASE, b_fanout.CASE, c_commands.CASE, d_webhooks.CASE, e_facades.CASE),
    *(f_memory.CASE, g_growth.CASE),
)
RESULTS: Final = REPOSITORY / "bench-results"
PEERS: Final = REPOSITORY / "build" / "bench"
BOUND_S: Final = 30 * 60.0
RESERVE_S: Final = 60.0  # of it, for what is made before an alternation
LONGER: Final = 3.0


def parse(arguments: Sequence[str]) -> tuple[Options, Sequence[Case], argparse.Namespace]:
    """The command line: how much, what, and the rest as it is given."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    letters = ",".join(case.letter for case in CASES)
    parser.add_argument("--cases", default=letters, help=f"some of {letters}")
    parser.add_argument("--rounds", type=int, default=Options.rounds, help="five or more, to be believed")
    parser.add_argument("--seconds", type=float, default=Options.seconds, help="of each measurement")
    parser.add_argument("--window", type=int, default=Options.window, help="messages under way")
    parser.add_argument("--scale", type=float, default=1.0, help="of the large numbers; less only to try it")
    parser.add_argument("--long", action="store_true", help="a journal of ten million events, too (LONG=1)")
    parser.add_argument("--results", type=Path, default=RESULTS, help="the folder that is written to")
    parser.add_argument(
        "--publish", action="store_true", help="write ratios, plots and profiles into the manual"
    )
    given = parser.parse_args(arguments)
    chosen = [case for case in CASES if case.letter in given.cases.split(",")]
    unknown = set(given.cases.split(",")) - {case.letter for case in CASES}
    if unknown:
        parser.error(f"there is no case {', '.join(sorted(unknown))}")
    options = Options(
        rounds=given.rounds, seconds=given.seconds, window=given.window, long=given.long, scale=given.scale
    )
    return options, chosen, given


def run(
    options: Options, cases: Sequence[Case], results: Path
) -> tuple[report.Document, Sequence[report.Done]]:
    """Measure, and write what was found after each case, so that an end in the middle leaves something."""
    results.mkdir(exist_ok=True, parents=True)
    PEERS.mkdir(
        exist_ok=True, parents=True
    )  # on the disk: the system's folder for temporary files may not be
    done: list[report.Done] = []
    first = time.monotonic()
    now = datetime.now(UTC)
    made = report.document(done, options, now)
    for case in cases:
        say(f"{case.letter}: {case.title}")
        begun = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="run-", dir=PEERS) as name:
            left_s = BOUND_S - RESERVE_S - (time.monotonic() - first)
            result = case.measure(Bench(options, Path(name), PEERS, say, within_s(options, case, left_s)))
        done.append(report.Done(case.letter, case.title, time.monotonic() - begun, result))
        made = report.document(done, options, now)
        write(made, done, results)
    return made, done


def profiled(options: Options) -> Mapping[str, Sequence[Sample]]:
    """What the time goes to, in each dialect."""
    say("profiles")
    with tempfile.TemporaryDirectory(prefix="run-", dir=PEERS) as name:
        return profiles.measure(Bench(options, Path(name), PEERS, say))


def within_s(options: Options, case: Case, left_s: float) -> float:
    """How long its alternation may take: more with the long journal, for which nobody waits."""
    return case.within_s * LONGER if options.long else min(case.within_s, left_s)


def write(made: report.Document, done: Sequence[report.Done], results: Path) -> None:
    """JSON, Markdown and plots."""
    (results / "latest.json").write_bytes(msgspec.json.format(msgspec.json.encode(made), indent=1))
    (results / "latest.md").write_text(report.markdown(made, done), encoding="utf-8")
    plots.draw(done, results)


def main() -> int:
    """Returns 0 whatever was found: figures are for people to judge."""
    options, cases, given = parse(sys.argv[1:])
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))  # and nothing is left running
    if shutil.disk_usage(REPOSITORY).free < 4 << 30:
        say("less than 4 GiB are free: the journals of case g may not fit")
    begun = time.monotonic()
    made, done = run(options, cases, given.results)
    if given.publish:
        publishing.publish(made, done, profiled(options), given.results)
    sys.stdout.write("\n".join(["", *report.ratio_table(made), *report.missing(made), ""]))
    took = time.monotonic() - begun
    sys.stdout.write(f"{took / 60:.1f} min; written to {given.results}\n")
    if took > BOUND_S and not options.long:
        sys.stdout.write(f"TOO LONG: it has to end within {BOUND_S / 60:.0f} min\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
