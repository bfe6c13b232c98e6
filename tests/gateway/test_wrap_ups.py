"""After-call work: until when, who set that, longer and shorter; on platforms that tell no limit."""

from datetime import timedelta
from pathlib import Path
from typing import Final

import pytest
from msgspec.structs import replace

from adapters.contract.dialect import Done
from gateway.security.access import ANONYMOUS
from schemas import events as ev
from schemas.commands import AnyCommand, BlockCompletion, EndWrapUp, ExtendWrapUp, UnblockCompletion
from schemas.interaction import EndCause, Interaction, InteractionState, Side, WrapUpSetBy
from schemas.needinfo import Choice, Field, FieldType, NeedInfoKind, Question
from schemas.results import AnyResult, ErrorCode, Failed, Succeeded
from schemas.values import Json
from tests.fakes import START, FakeClock, until
from tests.gateway.folding import new_state, see, shown, tags
from tests.gateway.handmade import NAME, Bench, Page, bench, call

S: Final = InteractionState
LIMITED: Final[dict[str, dict[str, Json]]] = {"p": {"dialect": NAME, "wrap_up": {"limit_s": 30}}}
OUTCOME: Final = Question(
    kind=NeedInfoKind.DISPOSITION,
    title="What came of it?",
    fields=(Field(key="disposition", type=FieldType.CHOICE, choices=(Choice(id="sold"),)),),
    skippable=False,
)


async def wrapping_up(standing: Bench, page: Page) -> Interaction:
    await standing.shown(page, call(state=S.CONNECTED))
    (one,) = await standing.shown(page, call(state=S.WRAP_UP))
    return one


def now(standing: Bench) -> Interaction:
    (one,) = standing.gateway.state.snapshots.interactions()
    return one


async def result(standing: Bench, command: AnyCommand) -> AnyResult | None:
    return (await standing.finished(await standing.submit(command, ANONYMOUS))).result


async def refused(standing: Bench, command: AnyCommand) -> ErrorCode:
    failed = await result(standing, command)
    assert isinstance(failed, Failed)
    return failed.code


async def test_the_operators_limit_is_told_and_ends_the_work() -> None:
    clock = FakeClock()
    async with bench(clock=clock, platforms=LIMITED) as standing:
        page = await standing.page()
        await wrapping_up(standing, page)
        await until(lambda: now(standing).wrap_up_until is not None)
        one = now(standing)
        assert one.wrap_up_set_by is WrapUpSetBy.GATEWAY
        assert one.wrap_up_until == clock.now() + timedelta(seconds=30)
        await clock.advance(29)
        assert now(standing).state is S.WRAP_UP
        await clock.advance(1)
        assert (await page.carry_out(Done())).verb == "interaction.complete"


async def test_an_agent_has_longer_and_that_is_what_is_told() -> None:
    clock = FakeClock()
    async with bench(clock=clock, platforms=LIMITED) as standing:
        page = await standing.page()
        one = await wrapping_up(standing, page)
        await until(lambda: now(standing).wrap_up_until is not None)
        stream = await standing.stream(filter={"types": ["interaction.updated"]})
        assert await result(standing, ExtendWrapUp(interaction_id=one.id, by_s=60)) == Succeeded()
        longer = START + timedelta(seconds=90)
        await stream.until(
            lambda event: (
                isinstance(event, ev.InteractionUpdated) and event.interaction.wrap_up_until == longer
            )
        )
        assert now(standing).wrap_up_set_by is WrapUpSetBy.AGENT
        await clock.advance(89)
        assert now(standing).state is S.WRAP_UP
        await clock.advance(1)
        assert (await page.carry_out(Done())).verb == "interaction.complete"


async def test_work_without_a_limit_gets_one_from_now() -> None:
    clock = FakeClock()
    async with bench(clock=clock) as standing:
        page = await standing.page()
        one = await wrapping_up(standing, page)
        assert one.wrap_up_until is None
        await result(standing, ExtendWrapUp(interaction_id=one.id, by_s=10))
        assert now(standing).wrap_up_until == clock.now() + timedelta(seconds=10)


async def test_a_limit_outlives_a_restart(tmp_path: Path) -> None:
    clock, path = FakeClock(), str(tmp_path / "t.db")
    async with bench(clock=clock, path=path) as standing:
        page = await standing.page()
        one = await wrapping_up(standing, page)
        await result(standing, ExtendWrapUp(interaction_id=one.id, by_s=10))
    async with bench(clock=clock, path=path) as standing:
        page = await standing.page()
        await standing.shown(page, call(state=S.WRAP_UP))
        assert now(standing).wrap_up_set_by is WrapUpSetBy.AGENT
        await clock.advance(10)
        assert (await page.carry_out(Done())).verb == "interaction.complete"


async def test_a_veto_delays_the_end_and_a_question_ends_nothing() -> None:
    clock = FakeClock()
    async with bench(clock=clock, platforms=LIMITED) as standing:
        page = await standing.page()
        one = await wrapping_up(standing, page)
        await until(lambda: now(standing).wrap_up_until is not None)
        await result(standing, BlockCompletion(interaction_id=one.id, message="save first"))
        await clock.advance(31)
        await result(standing, UnblockCompletion(interaction_id=one.id))
        await clock.advance(10)
        assert (await page.carry_out(OUTCOME)).verb == "interaction.complete"
        # Nobody is there to be asked: the work goes on, and is given up by nobody.
        assert await result(standing, ExtendWrapUp(interaction_id=one.id, by_s=5)) == Succeeded()
        assert now(standing).state is S.WRAP_UP


async def test_a_pause_delays_the_end() -> None:
    clock = FakeClock()
    async with bench(clock=clock, platforms=LIMITED) as standing:
        page = await standing.page()
        await wrapping_up(standing, page)
        await until(lambda: now(standing).wrap_up_until is not None)
        await page.see(replace(call(state=S.WRAP_UP), wrap_up_paused=True))
        await until(lambda: now(standing).wrap_up_paused)
        await clock.advance(40)
        await page.see(replace(call(state=S.WRAP_UP), wrap_up_paused=False))
        await until(lambda: not now(standing).wrap_up_paused)
        await clock.advance(10)
        assert (await page.carry_out(Done())).verb == "interaction.complete"


async def test_an_early_end_is_a_completion_of_what_is_over() -> None:
    async with bench() as standing:
        page = await standing.page()
        (one,) = await standing.shown(page, call(state=S.CONNECTED))
        for early in (EndWrapUp(interaction_id=one.id), ExtendWrapUp(interaction_id=one.id, by_s=5)):
            assert await refused(standing, early) is ErrorCode.WRONG_STATE
        await standing.shown(page, call(state=S.WRAP_UP))
        await result(standing, BlockCompletion(interaction_id=one.id, message="save first"))
        assert await refused(standing, EndWrapUp(interaction_id=one.id)) is ErrorCode.COMPLETION_BLOCKED
        await result(standing, UnblockCompletion(interaction_id=one.id))
        record = await standing.submit(
            EndWrapUp(interaction_id=one.id, answers={"disposition": "sold"}), ANONYMOUS
        )
        called = await page.carry_out(Done())
        assert (called.verb, called.command["answers"]) == ("interaction.complete", {"disposition": "sold"})
        assert (await standing.finished(record)).result == Succeeded()


def test_a_platforms_own_limit_is_told_with_the_beginning_and_its_change_by_an_update() -> None:
    state = new_state()
    see(state, call(state=S.CONNECTED))
    own = replace(
        call(state=S.WRAP_UP), wrap_up_until=START, wrap_up_set_by=WrapUpSetBy.PLATFORM, created_at=START
    )
    told = see(state, own)
    assert tags(told) == ["interaction.ended", "interaction.wrap_up_started"]
    assert shown(told).wrap_up_set_by is WrapUpSetBy.PLATFORM
    assert tags(see(state, replace(own, wrap_up_until=START + timedelta(seconds=5)))) == [
        "interaction.updated"
    ]
    assert not see(state, call(state=S.WRAP_UP))  # not said is not known: the limit stands
    assert state.snapshots.interactions()[0].wrap_up_until == START + timedelta(seconds=5)


@pytest.mark.parametrize(
    ("state", "side", "cause"),
    [
        (S.ALERTING, Side.AGENT, EndCause.DECLINED),
        (S.ALERTING, Side.REMOTE, EndCause.ABANDONED),
        (S.ALERTING, Side.PLATFORM, EndCause.NO_ANSWER),
        (S.ALERTING, Side.UNKNOWN, EndCause.NORMAL),
        (S.QUEUED, Side.REMOTE, EndCause.ABANDONED),
        (S.DIALING, Side.AGENT, EndCause.ABANDONED),
        (S.DIALING, Side.REMOTE, EndCause.DECLINED),
        (S.DIALING, Side.PLATFORM, EndCause.NO_ANSWER),
        (S.CONNECTED, Side.REMOTE, EndCause.NORMAL),
    ],
)
def test_an_offer_that_nobody_took_ends_in_the_same_words_everywhere(
    state: InteractionState, side: Side, cause: EndCause
) -> None:
    known = new_state()
    see(known, call(state=state))
    over = replace(call(state=S.COMPLETED), end_cause=EndCause.NORMAL, ended_by=side)
    assert shown(see(known, over)).end_cause is cause
