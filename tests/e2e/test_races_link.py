"""A consultation while the link breaks and comes back; an agent who is signed out in the middle of one.

Nothing is told twice, nothing gets another id, what was missed is told as recovered; then the consultation
goes on as if nothing had been. What ended unseen ended for an unknown reason.
"""

from collections.abc import Callable, Mapping
from typing import Final

import pytest

from schemas.agent import AgentState
from schemas.interaction import EndCause, Side
from schemas.values import Json
from tests.e2e.race_stage import OUTSIDE, UNTOLD, End, Stage, Told, Who
from tests.e2e.world import VENDORS, platform, world

MAIN, CONSULT = Who.MAIN, Who.CONSULT
HELD: Final = "created alerting connected held ended wrap_up completed"
TALK: Final = "created dialing connected ended completed"


async def transferred_over_a_new_link(on: Stage) -> None:
    await on.consulting(OUTSIDE)
    before = on.now(MAIN), on.now(CONSULT)
    await on.link_breaks()
    await on.link_is_back()
    assert [on.now(MAIN).sequence, on.now(CONSULT).sequence] == [one.sequence for one in before]
    on.held()
    await on.do(MAIN, "complete_transfer")
    await on.finished(MAIN)


async def customer_leaves_unseen(on: Stage) -> None:
    await on.consulting(OUTSIDE)
    await on.link_breaks()
    await on.hangs_up(MAIN)
    await on.link_is_back()
    await on.until(MAIN, "ended")
    await on.do(CONSULT, "release")
    await on.finished(MAIN)


@pytest.mark.parametrize("vendor", VENDORS)
async def test_a_link_that_comes_back_tells_nothing_twice(vendor: str) -> None:
    async with world([platform(vendor, agents=("a1",))], meddled=True) as played:
        stage = Stage(played, await played.stream())
        told = await stage.play(transferred_over_a_new_link)
        ours = End(EndCause.TRANSFERRED, Side.AGENT)
        assert told == {MAIN: Told(HELD, ours), CONSULT: Told(TALK, ours)}
        assert stage.recovered() == []


@pytest.mark.parametrize("vendor", VENDORS)
async def test_what_was_missed_is_told_as_recovered(vendor: str) -> None:
    async with world([platform(vendor, agents=("a1",))], meddled=True) as played:
        stage = Stage(played, await played.stream())
        told = await stage.play(customer_leaves_unseen)
        released = End(EndCause.NORMAL, Side.AGENT)
        assert told == {MAIN: Told(HELD, UNTOLD), CONSULT: Told(TALK, released)}
        assert stage.recovered() == [(MAIN, "ended"), (MAIN, "wrap_up")]


# --- signed out by the platform

# In the vendor's frames (bp 4 and 2.2; wwe 4.3; cs 4.1 and 5), by the refs that the call has there.
SIGNED_OUT: Final[Mapping[str, Callable[[Mapping[str, str]], tuple[Json, ...]]]] = {
    "bright_pattern": lambda _: (
        {
            "jsonrpc": "2.0",
            "method": "ON_SERVER_ERROR",
            "params": [{"code": 101, "name": "forced_logout_by_supervisor", "timestamp": 1767225600000}],
        },
        {"jsonrpc": "2.0", "method": "ON_LOGOUT", "params": []},
    ),
    "genesys_wwe": lambda _: (
        {
            "jsonrpc": "2.0",
            "method": "agent",
            "params": [{"type": "LOGOUT", "displayName": "Logged off", "operationName": "LogOff"}],
        },
    ),
    "channel_session": lambda refs: tuple(
        {"messageType": "objectEvent", "target": target, "name": name, "data": {}}
        for target, name in (
            *((f"{refs['group']}.{one}", "channel.disposed") for one in ("voice", "chat", "email")),
            (refs["group"], "channelgroup.disposed"),
        )
    ),
}


@pytest.mark.parametrize("vendor", VENDORS)
async def test_an_agent_who_is_signed_out_has_no_calls_any_more(vendor: str) -> None:
    async def signed_out(on: Stage) -> None:
        await on.consulting(OUTSIDE)
        await on.platform_says(*SIGNED_OUT[vendor](on.now(MAIN).refs))

    async with world([platform(vendor, agents=("a1",))], meddled=True) as played:
        stage = Stage(played, await played.stream())
        told = await stage.play(signed_out)
        main = "created alerting connected held ended completed"
        assert told == {MAIN: Told(main, UNTOLD), CONSULT: Told(TALK, UNTOLD)}
        assert played.agent().state is AgentState.LOGGED_OUT
