"""One scenario, in a process of its own."""

import asyncio
import sys
import time
import traceback
from pathlib import Path
from random import Random
from typing import Final

from tests.faults.outcome import Outcome
from tests.faults.scenarios import SCENARIOS

_SHOWN: Final = 20


def say(line: str) -> None:
    """Progress."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def run(name: str, seed: int, rounds: int, folder: Path) -> Outcome:
    """One scenario, from a seed of its own: so that it does the same alone as among the others."""
    begun = time.monotonic()
    say(f"{name} ...")
    folder.mkdir()
    try:
        scenario = SCENARIOS[name](Random(f"{seed} {name}"), folder, rounds)  # noqa: S311  # no secret
        outcome = asyncio.run(scenario)
    except (ExceptionGroup, RuntimeError, OSError) as error:
        say(traceback.format_exc())
        outcome = Outcome(unmet=[f"{name} came to no end: {error}"])
    wrong = [*outcome.findings, *(f"unmet: {one}" for one in outcome.unmet)]
    took = time.monotonic() - begun
    say(f"{name}: {outcome.kills} kills, {outcome.events} events, {len(wrong)} findings, {took:.0f} s")
    for one in wrong[:_SHOWN]:
        say(f"  {one}")
    return outcome
