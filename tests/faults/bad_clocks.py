"""What goes wrong with the time of day."""

import asyncio
import os
import signal
import sys
from collections import Counter
from dataclasses import replace
from http import HTTPStatus
from pathlib import Path
from random import Random
from typing import Any, Final

from aiohttp import ClientSession

from tests.faults import clocked
from tests.faults.outcome import Outcome, concluded
from tests.faults.receivers import Hook, well
from tests.faults.world import Plan, World, world

_UPKEEP_S: Final = 80.0  # the gateway looks once a minute


async def clock(dice: Random, folder: Path, _rounds: int) -> Outcome:
    """The time of day jumps by hours, forward and back; once over a restart."""
    command = (sys.executable, "-P", str(Path(clocked.__file__)))
    async with world(Plan(command=command, on_time=False), dice, folder) as there:
        for jump in (signal.SIGUSR1, signal.SIGUSR2, signal.SIGUSR2, signal.SIGUSR1, signal.SIGUSR1):
            await asyncio.sleep(dice.uniform(0.5, 1.5))
            os.kill(there.gateway.pid, jump)
        await asyncio.sleep(dice.uniform(0.5, 1.5))
        await there.gateway.kill()
        await there.gateway.start()
        await asyncio.sleep(dice.uniform(0.5, 1.5))
        return await concluded(there)


async def leap(dice: Random, folder: Path, _rounds: int) -> Outcome:
    """The time of day leaps a week and more, and back: nothing is forgotten, nobody is given up."""
    command = (sys.executable, "-P", str(Path(clocked.__file__)), "--days", "8")
    receivers = {"hook": Hook(well), "away": Hook(well, types=("command.",))}
    load = Plan(pages=2, agents=1, commanders=1, pause_s=0.8)
    plan = replace(load, command=command, receivers=receivers, on_time=False, quick=False)
    async with world(plan, dice, folder) as there:
        await asyncio.sleep(dice.uniform(3.0, 5.0))
        await there.receivers["away"].stop()
        await asyncio.sleep(dice.uniform(3.0, 5.0))  # it is failing
        os.kill(there.gateway.pid, signal.SIGUSR1)
        await asyncio.sleep(_UPKEEP_S)
        await _nothing_forgotten(there)
        await there.gateway.kill()
        await there.gateway.start()  # by the machine's clock again: a leap back
        os.kill(there.gateway.pid, signal.SIGUSR1)
        await asyncio.sleep(dice.uniform(1.0, 2.0))
        os.kill(there.gateway.pid, signal.SIGUSR2)
        await asyncio.sleep(dice.uniform(1.0, 2.0))
        await _nothing_forgotten(there)
        await there.receivers["away"].start()
        await there.test("away")  # else it is looked for every few minutes by now
        outcome = await concluded(there)
        told = Counter(event.type for event in there.operator.events)
        if not told["gateway.clock_leapt"] or told["webhook.disabled"] or told["webhook.failing"] > 1:
            outcome.unmet.append(f"of leaps of the clock operators were told {dict(told)}")
        return outcome


async def _nothing_forgotten(there: World) -> None:
    """The journal, the commands and their keys are there, and the web hooks are active."""
    told = {event.id for one in there.notes.followed if one.whole for event in one.events}
    kept = {event.id for event in (await there.journal()).events}
    if lost := told - kept:
        there.notes.unmet.append(f"a leap of the clock: {len(lost)} events are not kept any more")
    async with ClientSession() as http:
        await _same_commands(http, there)
        async with http.get(f"{there.gateway.url}/v1/webhooks") as response:
            listed: dict[str, Any] = await response.json()
    status = {one["name"]: one["status"] for one in listed["webhooks"]}
    if set(status.values()) != {"active"} or len(status) != len(there.receivers):
        there.notes.unmet.append(f"a leap of the clock: the web hooks are {status}")


async def _same_commands(http: ClientSession, there: World) -> None:
    """Asked for, and given again under their keys, they are the same."""
    for place, given in enumerate(there.notes.orders):
        for command in given.commands:
            async with http.get(f"{there.gateway.url}/v1/commands/{command}") as response:
                record: dict[str, Any] = await response.json()
                is_now = record.get("result", {}).get("outcome")
                if response.status != HTTPStatus.OK or is_now != given.outcome:
                    there.notes.unmet.append(f"a leap of the clock: {command} is {response.status} {is_now}")
        if given.commands:
            headers = {"Idempotency-Key": given.key}
            address = f"{there.gateway.url}/v1/commands"
            async with http.post(address, json=given.command, headers=headers) as response:
                again: dict[str, Any] = await response.json()
            ids = tuple(dict.fromkeys((*given.commands, again.get("id", "none"))))
            there.notes.orders[place] = replace(given, commands=ids)
