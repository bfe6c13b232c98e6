"""What goes wrong, one function each: a world under load, a disturbance, and what is found afterwards."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from pathlib import Path
from random import Random
from typing import Final

from tests.faults.bad_clocks import clock, leap
from tests.faults.bad_files import disk, second, wal
from tests.faults.bad_receivers import outages, receivers
from tests.faults.lives import REOPENED
from tests.faults.outcome import Outcome, concluded
from tests.faults.world import Plan, world

FAULTY_S: Final = 15.0  # how long links and readers misbehave
_LONGER: Final = 12
_TELLING: Final = 20  # rounds of kills in which everything happens


# --- the gateway dies


async def kills(dice: Random, folder: Path, rounds: int, plan: Plan | None = None) -> Outcome:
    """The gateway is killed at random moments; now and then while it starts."""
    async with world(plan or Plan(), dice, folder) as there:
        for _ in range(rounds):
            await asyncio.sleep(dice.uniform(0.05, 1.2))
            await there.gateway.kill()
            await asyncio.sleep(dice.uniform(0.0, 0.3))
            if dice.random() < 0.1:
                await there.gateway.begin()
                await asyncio.sleep(dice.uniform(0.0, 0.8))
                await there.gateway.kill()
            await there.gateway.start()
        outcome = await concluded(there)
        if rounds >= _TELLING:  # what never happened was not tried
            told = [event for one in there.notes.followed for event in one.events]
            tried = {
                "nobody read on from a list": bool(there.notes.readings),
                "no question was asked": any(event.question for event in told),
                "nothing was reopened": any(event.type == REOPENED for event in told),
            }
            outcome.unmet += [what for what, was_so in tried.items() if not was_so]
        return outcome


# --- a subscriber reads too slowly


async def slow(dice: Random, folder: Path, _rounds: int) -> Outcome:
    """A stream's reader stops reading now and then; it is closed for that, and resumes."""
    async with world(Plan(slow_reader=True, padding_bytes=2_000), dice, folder) as there:
        await asyncio.sleep(FAULTY_S)
        for _ in range(_LONGER):  # on a busy machine it takes longer until there is too much for it
            if there.slow is None or there.slow.too_slow:
                break
            await asyncio.sleep(FAULTY_S)
        outcome = await concluded(there)
        if there.slow is not None and not there.slow.too_slow:
            outcome.unmet.append("the slow reader was never closed")
        return outcome


# --- links are cut


async def links(dice: Random, folder: Path, _rounds: int) -> Outcome:
    """Connections are cut, delayed, half-closed, on both sides of the gateway."""
    async with world(Plan(proxied=True), dice, folder) as there:
        loop = asyncio.get_running_loop()
        end = loop.time() + FAULTY_S
        while loop.time() < end:
            await dice.choice(there.proxies).misbehave()
            await asyncio.sleep(dice.uniform(0.05, 0.4))
        return await concluded(there)


Scenario = Callable[[Random, Path, int], Coroutine[object, object, Outcome]]
SCENARIOS: Final[Mapping[str, Scenario]] = {
    "kills": kills,
    "receivers": receivers,
    "outages": outages,
    "slow": slow,
    "links": links,
    "disk": disk,
    "clock": clock,
    "leap": leap,
    "wal": wal,
    "second": second,
}
