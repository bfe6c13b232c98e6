"""What goes wrong, one function each: a world under load, a disturbance, and what is found afterwards."""

import asyncio
import os
import re
import signal
import sys
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from random import Random
from typing import Any, Final

from aiohttp import ClientError, ClientSession, ClientTimeout, web

from tests.faults import clocked
from tests.faults.checker import Findings
from tests.faults.disk import Disk
from tests.faults.notes import Event
from tests.faults.receivers import Answer, Script, answering, break_off, hang, well
from tests.faults.world import Plan, World, world

FAULTY_S: Final = 15.0  # how long links and receivers misbehave
_TELLING: Final = 4  # rounds of kills in which everything happens
_UPKEEP_S: Final = 80.0  # the gateway looks once a minute
_AT_ONCE: Final = ClientTimeout(total=5.0)  # it promises a second; the machine is busy


@dataclass
class Outcome:
    """What a scenario found."""

    kills: int = 0
    events: int = 0
    findings: Findings = field(default_factory=Findings)
    unmet: list[str] = field(default_factory=list)  # what else was expected in vain


async def _concluded(there: World, expected: str | None = None) -> Outcome:
    """`expected`: what the gateway may complain of."""
    findings = await there.settle()
    complaints = [line for line in there.gateway.complaints() if expected is None or expected not in line]
    unmet = there.notes.unmet + [f"the gateway logged {line}" for line in complaints[:3]]
    unmet += [f"journal verify: {line}" for line in await there.gateway.journal_findings()]
    return Outcome(there.gateway.kills, there.events, findings, unmet)


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
        outcome = await _concluded(there)
        if rounds >= _TELLING:  # what never happened was not tried
            asked = any(event.question for one in there.notes.followed for event in one.events)
            outcome.unmet += [] if there.notes.readings else ["nobody read on from a list"]
            outcome.unmet += [] if asked else ["no question was asked"]
        return outcome


# --- receivers misbehave


def sometimes(answer: Answer, attempts: int = 1, every: int = 40) -> Script:
    """Now and then an event is refused so many times.

    Fewer than would let others overtake it, and so rarely that the receiver never counts as down.
    """
    seen: list[str] = []

    def script(event: Event, attempt: int) -> Answer | None:
        if attempt == 1:
            seen.append(event.id)
        return answer if attempt <= attempts and event.id in seen[::every] else None

    return script


def once(answer: Answer) -> Script:
    """The first attempt of all."""
    return sometimes(answer, every=sys.maxsize)


def after(events: int, answer: Answer) -> Script:
    """So many are taken, none after that."""
    seen: set[str] = set()

    def script(event: Event, _attempt: int) -> Answer | None:
        seen.add(event.id)
        return answer if len(seen) > events else None

    return script


async def late(_request: web.Request) -> web.StreamResponse:
    """Refuses, and takes its time to do so."""
    await asyncio.sleep(1.0)
    return web.Response(status=HTTPStatus.INTERNAL_SERVER_ERROR)


RECEIVERS: Final[Mapping[str, Callable[[], Script]]] = {
    "well": lambda: well,
    "dies": lambda: well,
    "hangs": lambda: once(hang),
    "slow": lambda: sometimes(late),
    "500": lambda: sometimes(answering(HTTPStatus.INTERNAL_SERVER_ERROR), attempts=2),
    "429": lambda: sometimes(answering(HTTPStatus.TOO_MANY_REQUESTS, {"Retry-After": "1"})),
    "302": lambda: sometimes(answering(HTTPStatus.FOUND, {"Location": "/elsewhere"})),
    "breaks off": lambda: sometimes(break_off),
    "410": lambda: after(20, answering(HTTPStatus.GONE)),
}


async def receivers(dice: Random, folder: Path, _rounds: int) -> Outcome:
    """Web-hook receivers die, hang, refuse, break off, and want no more."""
    scripts = {name: script() for name, script in RECEIVERS.items()}
    plan = Plan(pages=3, agents=1, commanders=1, pause_s=0.8, receivers=scripts)
    async with world(plan, dice, folder) as there:
        there.receivers["dies"].followed.in_order = False  # nobody counts the attempts that found nobody
        there.receivers["410"].followed.types = ()  # it takes what it takes
        await asyncio.sleep(FAULTY_S / 3)
        await there.receivers["dies"].stop()
        await asyncio.sleep(FAULTY_S / 3)
        await there.receivers["dies"].start()
        before = sum(there.receivers["410"].attempts.values())
        await asyncio.sleep(FAULTY_S / 3)
        outcome = await _concluded(there)
        status = await _webhook(there, "410")
        attempts = sum(there.receivers["410"].attempts.values())
        if status != "disabled" or attempts != before:
            outcome.unmet.append(
                f"410: the webhook is {status}, and got {attempts - before} requests after that"
            )
        if there.receivers["302"].elsewhere:
            outcome.unmet.append("302: a redirect was followed")
        return outcome


async def _webhook(there: World, name: str) -> str:
    address = f"{there.gateway.url}/v1/webhooks/{there.receivers[name].webhook_id}"
    async with ClientSession() as http, http.get(address) as response:
        webhook: dict[str, Any] = await response.json()
        return str(webhook["status"])


# --- a subscriber reads too slowly


async def slow(dice: Random, folder: Path, _rounds: int) -> Outcome:
    """A stream's reader stops reading now and then; it is closed for that, and resumes."""
    async with world(Plan(slow_reader=True, padding_bytes=2_000), dice, folder) as there:
        await asyncio.sleep(FAULTY_S)
        outcome = await _concluded(there)
        if there.slow is not None and not there.slow.too_slow:
            outcome.unmet.append("the slow reader was never closed")
        return outcome


# --- links are cut


async def links(dice: Random, folder: Path, _rounds: int) -> Outcome:
    """Connections are cut, delayed, half-closed, on both sides of the gateway."""
    async with world(Plan(proxied=True), dice, folder) as there:
        there.receivers["hook"].followed.in_order = False  # nobody counts the attempts that were cut
        loop = asyncio.get_running_loop()
        end = loop.time() + FAULTY_S
        while loop.time() < end:
            await dice.choice(there.proxies).misbehave()
            await asyncio.sleep(dice.uniform(0.05, 0.4))
        return await _concluded(there)


# --- the disk is full


async def disk(dice: Random, folder: Path, _rounds: int) -> Outcome:
    """The disk gets full under load, and has room again."""
    small = Disk(folder / "disk")
    await small.attach()
    try:
        async with world(Plan(store=small.folder), dice, folder) as there:
            for _ in range(2):
                await asyncio.sleep(dice.uniform(1.0, 2.0))
                small.fill(there.gateway.pid)
                told = await _readiness(there, ready=False)
                if not re.search("is full|no room", told.get("store", "")):
                    there.notes.unmet.append(f"with a full disk /readyz said {told}")
                await _read_at_once(there)
                await asyncio.sleep(dice.uniform(0.5, 2.0))
                small.room()
                told = await _readiness(there, ready=True)
                if set(told.values()) != {"ok"}:
                    there.notes.unmet.append(f"with room on the disk again /readyz said {told}")
            return await _concluded(there, expected="store in trouble")
    finally:
        await small.detach()


async def _read_at_once(there: World) -> None:
    """What is durable is served though nothing can be written; what would have to wait is refused."""
    durable = max(event.cursor for one in there.notes.followed for event in one.events)
    kept = ("interactions", "sessions", "events?after=0&limit=10", f"events/{durable}")
    later = (f"events?after={durable + 10**6}", f"events/{durable + 10**6}")
    async with ClientSession(timeout=_AT_ONCE) as http:
        for path in (*kept, *later):
            try:
                async with http.get(f"{there.gateway.url}/v1/{path}") as response:
                    await response.read()
                    answer = str(response.status)
            except (ClientError, TimeoutError) as error:
                answer = type(error).__name__
            if answer != "200" and (path in kept or not answer.isdecimal()):
                there.notes.unmet.append(f"with a full disk {path} was answered {answer}")


async def _readiness(there: World, *, ready: bool, within_s: float = 15.0) -> dict[str, str]:
    """What /readyz says once it says so, or in the end."""
    loop = asyncio.get_running_loop()
    end = loop.time() + within_s
    while True:
        now, checks = await there.gateway.readiness()
        if now is ready or loop.time() > end:
            return checks
        await asyncio.sleep(0.05)


# --- the clock jumps


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
        return await _concluded(there)


async def leap(dice: Random, folder: Path, _rounds: int) -> Outcome:
    """The time of day leaps a week and more, and back: nothing is forgotten by age."""
    command = (sys.executable, "-P", str(Path(clocked.__file__)), "--days", "8")
    plan = Plan(pages=2, agents=1, commanders=1, pause_s=0.8, command=command, on_time=False)
    async with world(plan, dice, folder) as there:
        await asyncio.sleep(dice.uniform(3.0, 5.0))
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
        return await _concluded(there)


async def _nothing_forgotten(there: World) -> None:
    """The first event and the first command are still there."""
    commands = [command for order in there.notes.orders for command in order.commands]
    async with ClientSession() as http:
        for path in ("events/1", *(f"commands/{command}" for command in commands[:1])):
            async with http.get(f"{there.gateway.url}/v1/{path}") as response:
                if response.status != HTTPStatus.OK:
                    there.notes.unmet.append(
                        f"after a leap of the clock {path} is answered {response.status}"
                    )


# --- the files of the store


async def wal(dice: Random, folder: Path, _rounds: int) -> Outcome:
    """The store's log is removed while it is written: the gateway mends that or says so; nothing is lost."""
    async with world(Plan(), dice, folder) as there:
        await asyncio.sleep(dice.uniform(2.0, 4.0))
        log = there.store / "trunkline.db-wal"
        log.unlink()
        loop = asyncio.get_running_loop()
        end = loop.time() + _UPKEEP_S
        while not log.exists() and (await there.gateway.readiness())[0]:
            if loop.time() > end:
                there.notes.unmet.append("the -wal file was removed, and /readyz is well")
                break
            await asyncio.sleep(0.1)
        await there.gateway.kill()  # whatever it has told since is kept all the same
        await there.gateway.start()
        return await _concluded(there, expected="store")


async def second(dice: Random, folder: Path, _rounds: int) -> Outcome:
    """Another gateway is started on the same store, by other names of it; it is refused."""
    async with world(Plan(pages=3, agents=1, commanders=1), dice, folder) as there:
        store = there.store / "trunkline.db"
        await asyncio.sleep(dice.uniform(1.0, 2.0))
        (there.store / "trunkline.db.lock").unlink(missing_ok=True)
        by_symlink, by_link = there.store / "by-symlink.db", there.store / "by-link.db"
        by_symlink.symlink_to(store)
        by_link.hardlink_to(store)
        for path in (store, by_symlink, by_link):
            if (status := await there.gateway.another(path)) in (0, None):
                there.notes.unmet.append(f"a second gateway on {path.name} was not refused ({status})")
        by_link.unlink()
        await there.gateway.kill()
        await there.gateway.start()
        return await _concluded(there)


Scenario = Callable[[Random, Path, int], Coroutine[object, object, Outcome]]
SCENARIOS: Final[Mapping[str, Scenario]] = {
    "kills": kills,
    "receivers": receivers,
    "slow": slow,
    "links": links,
    "disk": disk,
    "clock": clock,
    "leap": leap,
    "wal": wal,
    "second": second,
}
