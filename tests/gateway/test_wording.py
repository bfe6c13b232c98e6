"""What the core settles for all platforms: tones, reasons, numbers never asked about, unanswered offers."""

import pytest
from msgspec.structs import replace

from adapters.dialect import Done
from gateway.commands.config import NeedInfoConfig
from gateway.security.access import ANONYMOUS
from schemas import events as ev
from schemas.agent import AgentState, StateChoice
from schemas.commands import Complete, Consult, Logout, SendDtmf, SetState
from schemas.errors import RefusedError
from schemas.interaction import EndCause, InteractionState, Side
from schemas.needinfo import Choice, Field, FieldType, NeedInfoKind, Question
from schemas.results import ErrorCode, Succeeded
from schemas.values import Json
from tests.fakes import FakeClock
from tests.gateway.commands import dial, failure
from tests.gateway.handmade import agent, bench, call

SKILL = Question(
    kind=NeedInfoKind.OUTBOUND_SKILL,
    title="Which?",
    fields=(
        Field(key="skill", type=FieldType.CHOICE, choices=(Choice(id="s1"), Choice(id="s2"))),
        Field(key="note", type=FieldType.TEXT, required=False),
    ),
)


# --- tones


@pytest.mark.parametrize("tones", ["", ",", "12a", "1 2", "E", "+1", "\uff11", "1\n", "p"])
async def test_tones_that_no_telephone_has_are_refused_before_they_are_sent(tones: str) -> None:
    async with bench() as standing:
        page = await standing.page()
        [one] = await standing.shown(page, call(state=InteractionState.CONNECTED))
        with pytest.raises(RefusedError) as refused:
            await standing.submit(SendDtmf(interaction_id=one.id, tones=tones), ANONYMOUS)
        assert refused.value.code is ErrorCode.INVALID_COMMAND
        await standing.submit(SendDtmf(interaction_id=one.id, tones="0,9#*ABCD"), ANONYMOUS)
        assert (await page.called()).command["tones"] == "0,9#*ABCD"  # the first that the platform hears of


# --- numbers


@pytest.mark.parametrize(
    "number", ["112", "911", "9-911", "0 112", "tel:112", "\uff11\uff11\uff12", "+4930110"]
)
async def test_a_number_that_is_never_asked_about_is_dialled_with_what_there_is(number: str) -> None:
    overrides = {"needinfo": {"never_ask": ["+49 (30) 110"]}}
    async with bench(platforms={"p": {"dialect": "handmade", **overrides}}) as standing:
        page = await standing.page()
        record = await standing.submit(dial(standing, number), ANONYMOUS)
        await page.carry_out(SKILL)
        again = await page.carry_out(Done())
        assert again.command["answers"] == {"skill": "s1"}
        assert isinstance((await standing.finished(record)).result, Succeeded)
        told = await standing.gateway.store.read(0, 1000)  # type: ignore[arg-type]  # a cursor
        assert not [one for one in told if one.type.startswith("needinfo")]


async def test_nobody_is_asked_about_a_consultation_with_such_a_number_either() -> None:
    async with bench() as standing:
        page = await standing.page()
        [one] = await standing.shown(page, call(state=InteractionState.CONNECTED))
        await standing.submit(Consult(interaction_id=one.id, destination="112"), ANONYMOUS)
        await page.carry_out(SKILL)
        assert (await page.carry_out(Done())).command["answers"] == {"skill": "s1"}


def test_any_other_number_is_asked_about() -> None:
    config = NeedInfoConfig(never_ask=("+4930110",))
    assert not any(config.never_asks(one) for one in ("+1112", "1120", "+4930111", "", "5911"))


# --- reasons


CHOICES = (
    StateChoice(id="", state=AgentState.NOT_READY, label="Not ready"),
    StateChoice(id="7", state=AgentState.NOT_READY, label="Lunch"),
    StateChoice(id="Lunch", state=AgentState.READY, label="Late shift"),
    StateChoice(id="9", state=AgentState.LOGGED_OUT, label="End of shift"),
)


@pytest.mark.parametrize(
    ("state", "given", "sent"),
    [
        (AgentState.NOT_READY, "7", "7"),
        (AgentState.NOT_READY, "Lunch", "7"),
        (AgentState.NOT_READY, "lunch", "7"),
        (AgentState.NOT_READY, "Not ready", ""),
        (AgentState.READY, "Lunch", "Lunch"),
        (AgentState.NOT_READY, "Dentist", "Dentist"),  # the platform shall say
    ],
)
async def test_a_reason_is_taken_by_its_id_and_by_its_label(state: AgentState, given: str, sent: str) -> None:
    async with bench() as standing:
        page = await standing.page()
        await page.see(replace(agent(), choices=CHOICES))
        await standing.shown(page, call(state=InteractionState.WRAP_UP))
        record = await standing.submit(
            SetState(session_id=standing.session(), state=state, reason=given), ANONYMOUS
        )
        assert (await page.carry_out(Done())).command.get("reason", "") == sent
        assert isinstance((await standing.finished(record)).result, Succeeded)


async def test_a_reason_is_taken_alike_where_it_rides_along() -> None:
    async with bench() as standing:
        page = await standing.page()
        await page.see(replace(agent(), choices=CHOICES))
        [one] = await standing.shown(page, call(state=InteractionState.WRAP_UP))
        answers: dict[str, Json] = {"agent_state": "not_ready:Lunch"}
        await standing.submit(Complete(interaction_id=one.id, answers=answers), ANONYMOUS)
        assert (await page.carry_out(Done())).command["answers"] == {"agent_state": "not_ready:7"}
        await standing.submit(Logout(session_id=standing.session(), reason="End of shift"), ANONYMOUS)
        assert (await page.carry_out(Done())).command["reason"] == "9"


# --- offers that nobody took


@pytest.mark.parametrize("late", [False, True])
async def test_an_offer_that_nobody_took_leaves_nothing_to_wrap_up(*, late: bool) -> None:
    async with bench() as standing:
        page = await standing.page()
        offered = call()
        await standing.shown(page, offered)
        if late:  # that it is over is told first, and then that it is still listed
            await page.see(replace(offered, ended=True, end_cause=EndCause.NO_ANSWER, ended_by=Side.PLATFORM))
        over = replace(
            offered, state=InteractionState.WRAP_UP, end_cause=EndCause.NO_ANSWER, ended_by=Side.PLATFORM
        )
        [one] = await standing.shown(page, over)
        await standing.gateway.store.barrier()
        told = [record.type for record in await standing.gateway.store.read(0, 1000)]  # type: ignore[arg-type]
        assert "interaction.ended" in told
        assert "interaction.wrap_up_started" not in told
        assert (one.state, one.end_cause) == (InteractionState.WRAP_UP, EndCause.NO_ANSWER)


async def test_what_was_taken_is_wrapped_up() -> None:
    async with bench() as standing:
        page = await standing.page()
        stream = await standing.stream()
        await standing.shown(page, call(state=InteractionState.CONNECTED))
        await standing.shown(page, call(state=InteractionState.WRAP_UP))
        await stream.until(lambda event: isinstance(event, ev.InteractionWrapUp))


# --- clients with little time


async def test_a_command_has_its_result_by_the_time_that_its_client_gives_up() -> None:
    clock = FakeClock()
    async with bench(clock=clock) as standing:
        page = await standing.page()
        record = await standing.gateway.dispatch.submit(dial(standing), ANONYMOUS, within_s=8.0)
        await page.called()
        await clock.advance(8.0)
        failed = failure(await standing.finished(record))
        assert (failed.code, failed.message) == (ErrorCode.TIMEOUT, "the platform did not answer within 8 s")


async def test_the_calls_of_a_command_have_that_time_together() -> None:
    clock = FakeClock()
    async with bench(clock=clock) as standing:
        page = await standing.page()
        record = await standing.gateway.dispatch.submit(dial(standing), ANONYMOUS, within_s=8.0)
        await page.called()
        await clock.advance(5.0)
        assert (await standing.gateway.dispatch.find(record.id, ANONYMOUS)).result is None
        await clock.advance(3.0)
        assert failure(await standing.finished(record)).code is ErrorCode.TIMEOUT
