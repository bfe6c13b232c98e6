"""The CRM shows its users as our agents are: the newest state counts, whatever the CRM does meanwhile."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest
from pydantic import SecretStr

from adapters.registry import CONNECTORS
from gateway.crm.config import CrmConfig, Opened
from gateway.crm.figures import CrmFigures
from gateway.crm.pace import Pace
from gateway.crm.presence import Presence
from gateway.telemetry.metrics import Metrics
from schemas.agent import AgentSession, AgentState
from schemas.ids import AgentId, PlatformId, SessionId
from tests.crm.fake_crm import TABLE, FakeCrm, Habit
from tests.fakes import FakeClock


def agent(state: AgentState, name: str = "ana") -> AgentSession:
    return AgentSession(
        id=SessionId("s"), platform_id=PlatformId("sales"), agent_id=AgentId(name), state=state
    )


@asynccontextmanager
async def showing(crm: FakeCrm, clock: FakeClock) -> AsyncIterator[Presence]:
    config = CrmConfig(connector="rest", url=SecretStr("https://crm"), users={"ana": "42", "bo": "43"})
    (rest,) = [one.open(TABLE) for one in CONNECTORS if one.name == "rest"]
    assert rest is not None
    figures, pace = CrmFigures(Metrics(), ["crm"]), Pace(clock, lambda: 0.5)
    made = Presence(Opened("crm", config, rest, None), rest, crm, clock, figures, pace)
    task = asyncio.get_running_loop().create_task(made.run())
    try:
        yield made
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def test_states_are_told_in_the_words_of_the_crm() -> None:
    clock = FakeClock()
    crm = FakeCrm(clock)
    async with showing(crm, clock) as presence:
        for one in (
            agent(AgentState.READY),
            agent(AgentState.NOT_READY, "bo"),
            agent(AgentState.READY, "cy"),
        ):
            presence.changed(one)
        await clock.advance(10)
        presence.changed(agent(AgentState.BUSY))  # the table has no word for it
        await clock.advance(10)
    assert crm.presence == {"42": "online", "43": "away"}


@pytest.mark.parametrize("habit", [one for one in Habit if one is not Habit.WELL])
async def test_the_newest_state_stands_in_the_end(habit: Habit) -> None:
    clock = FakeClock()
    crm = FakeCrm(clock)
    crm.next = [habit]
    async with showing(crm, clock) as presence:
        presence.changed(agent(AgentState.READY))
        await clock.advance(1)
        presence.changed(agent(AgentState.LOGGED_OUT))
        await clock.advance(300)
    assert crm.presence == {"42": "offline"}
