"""What goes wrong with receivers of web hooks."""

import asyncio
import sys
import time
from collections.abc import Callable, Mapping
from http import HTTPStatus
from pathlib import Path
from random import Random
from typing import Any, Final

from aiohttp import ClientSession, web

from tests.faults import hooks
from tests.faults.notes import Event, Order
from tests.faults.outcome import Outcome, concluded
from tests.faults.receivers import HERE, THERE, Answer, Hook, Script, answering, break_off, hang, well
from tests.faults.world import Plan, World, world

FAULTY_S: Final = 15.0  # how long receivers misbehave
RESTART_S: Final = 8.0
_SECONDS: Final = 60.0  # in which an outage of that long is made up for; by schedule it were 5 minutes
_FOLLOWED_S: Final = 66.0  # a connection lives a minute, and a name is known for a second
_WATCHED_S: Final = 8.0  # after that
_A_SECOND: Final = 3
_REFUSED: Final = "interaction.data_changed"
_MOVING: Final = "moving.example"


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
    hooked = {name: Hook(script()) for name, script in RECEIVERS.items()}
    plan = Plan(pages=3, agents=1, commanders=1, pause_s=0.8, receivers=hooked)
    async with world(plan, dice, folder) as there:
        there.receivers["410"].followed.types = ()  # it takes what it takes
        await asyncio.sleep(FAULTY_S / 3)
        await there.receivers["dies"].stop()
        await asyncio.sleep(FAULTY_S / 3)
        await there.receivers["dies"].start()
        before = sum(there.receivers["410"].attempts.values())
        await asyncio.sleep(FAULTY_S / 3)
        outcome = await concluded(there)
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


# --- what is refused, too much, away, or elsewhere


class Refusing:
    """Events of one type are refused: for good, or one in `every`, once, until that is `over`."""

    def __init__(self, kind: str, *, every: int = 0) -> None:
        self.over = False
        self._kind = kind
        self._every = every
        self._seen = 0

    def __call__(self, event: Event, attempt: int) -> Answer | None:
        """See `Script`."""
        if event.type != self._kind or self.over:
            return None
        if self._every:
            self._seen += attempt == 1
            if attempt > 1 or self._seen % self._every:
                return None
        return answering(HTTPStatus.BAD_REQUEST)


def limited(per_second: int) -> Script:
    """So many are taken in each second, and it is said when the next one begins."""
    taken: list[int] = [0, 0]  # the second, and how many in it
    too_many = answering(HTTPStatus.TOO_MANY_REQUESTS, {"Retry-After": "1"})

    def script(_event: Event, _attempt: int) -> Answer | None:
        second = int(time.monotonic())
        if second != taken[0]:
            taken[:] = [second, 0]
        taken[1] += 1
        return too_many if taken[1] > per_second else None

    return script


async def outages(dice: Random, folder: Path, _rounds: int) -> Outcome:
    """Receivers refuse one type, limit the rate, are away for 8 s in mid-call, and move elsewhere."""
    refusing = Refusing(_REFUSED, every=5)
    by_order = {str(order): Hook(refusing, order) for order in Order}
    receivers = {
        "well": Hook(well),
        "refuses": Hook(Refusing(_REFUSED), never=_REFUSED),
        "limits": Hook(limited(_A_SECOND), agents=frozenset({"a0"})),
        "moves": Hook(well, host=_MOVING),
        "restarts": Hook(well),
        **by_order,
    }
    plan = Plan(pages=3, agents=1, commanders=1, pause_s=1.5, receivers=receivers, quick=False)
    async with world(plan, dice, folder) as there:
        await asyncio.sleep(dice.uniform(1.0, 3.0))
        await _move(there)
        moved_at_s = time.monotonic()
        await asyncio.sleep(dice.uniform(20.0, 30.0))
        refusing.over = True  # what an outage and a refusal meet has to wait for minutes
        async with asyncio.TaskGroup() as group:
            for name in ("restarts", *by_order):
                group.create_task(_restart_in_mid_call(there, name, dice))
        await asyncio.sleep(max(moved_at_s + _FOLLOWED_S - time.monotonic(), 0.0))
        before = there.receivers["moves"].came_to.copy()
        await asyncio.sleep(_WATCHED_S)
        came = there.receivers["moves"].came_to - before
        if came[HERE] or not came[THERE]:
            there.notes.unmet.append(f"a name that moved a minute ago was not followed: {dict(came)}")
        outcome = await concluded(there)
        outcome.unmet += _not_tried(there)
        return outcome


async def _move(there: World) -> None:
    """Both addresses are served: the old one does not help by being gone."""
    if there.names is None:
        raise RuntimeError("there is no name server")
    await there.receivers["moves"].serve_there()
    there.names.names[_MOVING] = [THERE]


async def _restart_in_mid_call(there: World, name: str, dice: Random) -> None:
    """Away while an agent's call rings: it must hear of that within seconds of its return."""
    receiver = there.receivers[name]
    await receiver.stop()
    quiet = [desk for desk in there.desks if not desk.open] or there.desks
    dice.choice(quiet).begin("alerting")
    await asyncio.sleep(RESTART_S)
    await receiver.start()
    missed = there.told_before_now(receiver.followed)
    end = time.monotonic() + _SECONDS
    while missed - {event.id for event in receiver.followed.events}:
        if time.monotonic() > end:
            there.notes.unmet.append(f"{name}: {_SECONDS:g} s after its return it does not know of all")
            return
        await asyncio.sleep(0.1)


def _not_tried(there: World) -> list[str]:
    """What never happened was not tried."""
    by_name = {name: one.followed for name, one in there.receivers.items()}
    overtaken = {name: hooks.overtaken(one) for name, one in by_name.items()}
    never = {
        "nothing was refused": not by_name["refuses"].refused,
        "the rate was never exceeded": not any(n > 1 for n in there.receivers["limits"].attempts.values()),
        "nothing that was refused was passed": not overtaken[Order.INTERACTION],
        "in no order nothing was passed": not overtaken[Order.NONE],
        "the strict one refused nothing": not by_name[Order.STRICT].refused,
    }
    return [what for what, is_so in never.items() if is_so]
