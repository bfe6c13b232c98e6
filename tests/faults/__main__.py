"""`python -m tests.faults`: real processes on loopback, and everything that goes wrong. See the README.

Standard output gets one line. Exit status 1 unless four figures are 0, all live events were told in time, and
nothing was expected in vain.
"""

import argparse
import os
import secrets
import shutil
import sys
import tempfile
from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from tests.faults.outcome import Outcome
from tests.faults.running import run, say
from tests.faults.scenarios import SCENARIOS

_AT_ONCE = 2  # scenarios


def main() -> int:
    """Run what was asked for, and print the figures."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description="Faults; see tests/faults.")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(2**32))
    parser.add_argument("--rounds", type=int, default=200 if os.environ.get("LONG") == "1" else 50)
    parser.add_argument("--scenario", action="append", choices=list(SCENARIOS))
    asked = parser.parse_args()
    say(f"seed {asked.seed}")
    folder = Path(tempfile.mkdtemp(prefix="trunkline-faults-"))
    total = Outcome()
    # Most of a scenario is waiting. Each has a process, so that none is slowed down by another's checks.
    with ProcessPoolExecutor(_AT_ONCE, get_context("spawn")) as pool:
        done = [
            pool.submit(run, name, asked.seed, asked.rounds, folder / name)
            for name in asked.scenario or SCENARIOS
        ]
        for outcome in map(Future.result, done):
            total.kills += outcome.kills
            total.events += outcome.events
            total.findings.add(outcome.findings)
            total.unmet += outcome.unmet
    sys.stdout.write(f"{total.line}\n")
    if any(total.findings) or total.unmet:
        say(f"repeat with --seed {asked.seed}; journal and log are kept in {folder}")
        return 1
    shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
