"""`python -m tests.faults`: real processes on loopback, and everything that goes wrong. See the README.

Standard output gets one line. Exit status 1 unless all four figures are 0 and nothing was expected in vain.
"""

import argparse
import asyncio
import os
import secrets
import shutil
import sys
import tempfile
import time
from pathlib import Path
from random import Random

from tests.faults.scenarios import SCENARIOS, Outcome

_SHOWN = 20


def say(line: str) -> None:
    """Progress."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def run(name: str, seed: int, rounds: int, folder: Path) -> Outcome:
    """One scenario, from a seed of its own: so that it does the same alone as among the others."""
    begun = time.monotonic()
    say(f"{name} ...")
    folder.mkdir()
    outcome = asyncio.run(SCENARIOS[name](Random(f"{seed} {name}"), folder, rounds))  # noqa: S311  # no secret
    wrong = [*outcome.findings, *(f"unmet: {one}" for one in outcome.unmet)]
    took = time.monotonic() - begun
    say(f"{name}: {outcome.kills} kills, {outcome.events} events, {len(wrong)} findings, {took:.0f} s")
    for one in wrong[:_SHOWN]:
        say(f"  {one}")
    return outcome


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
    for name in asked.scenario or SCENARIOS:
        outcome = run(name, asked.seed, asked.rounds, folder / name)
        total.kills += outcome.kills
        total.events += outcome.events
        total.findings.add(outcome.findings)
        total.unmet += outcome.unmet
    found = total.findings
    sys.stdout.write(
        f"kills={total.kills} events={total.events} lost={len(found.lost)} duplicated={len(found.duplicated)}"
        f" reordered={len(found.reordered)} commands_twice={len(found.commands_twice)}\n"
    )
    if any(found) or total.unmet:
        say(f"repeat with --seed {asked.seed}; journal and log are kept in {folder}")
        return 1
    shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
