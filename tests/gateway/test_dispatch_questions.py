"""The life of a command that meets a question, or the end of the process."""

import asyncio
from pathlib import Path

import pytest
from msgspec.structs import replace

from adapters.dialect import Done
from gateway.commands.pending import check, given
from gateway.security.access import ANONYMOUS
from gateway.store.sqlite import SqliteStore
from schemas import events as ev
from schemas.agent import AgentState
from schemas.commands import SetState
from schemas.errors import RefusedError
from schemas.ids import NeedInfoId
from schemas.needinfo import (
    Answer,
    AnswerAction,
    Choice,
    Field,
    FieldType,
    NeedInfo,
    NeedInfoKind,
    Question,
    Resolution,
)
from schemas.results import CommandRecord, CommandStatus, Effect, ErrorCode, NeedsInfo, Succeeded
from schemas.values import Json
from tests.fakes import FakeClock
from tests.gateway.commands import dial, failure, power_cut
from tests.gateway.handmade import Bench, Page, agent, bench
from tests.patience import PATIENCE_S

SKILL = Question(
    kind=NeedInfoKind.OUTBOUND_SKILL,
    title="Which?",
    fields=(
        Field(key="skill", type=FieldType.CHOICE, choices=(Choice(id="s1"), Choice(id="s2"))),
        Field(key="note", type=FieldType.TEXT, required=False),
    ),
    skippable=True,
)


def question(record: CommandRecord) -> NeedInfo:
    assert isinstance(record.result, NeedsInfo), record
    return record.result.needinfo


# --- questions


async def ask(standing: Bench, page: Page) -> CommandRecord:
    record = await standing.submit(dial(standing), ANONYMOUS)
    await page.carry_out(SKILL)
    return await standing.finished(record)


async def test_nobody_is_told_of_a_question_that_cannot_be_answered_yet(tmp_path: Path) -> None:
    async with bench(path=str(tmp_path / "t.db")) as standing:
        page = await standing.page()
        dispatch = standing.gateway.dispatch
        record = await standing.submit(dial(standing), ANONYMOUS, key="k")
        asked = await page.called()
        await page.reply(asked, SKILL)
        seen = record
        async with asyncio.timeout(PATIENCE_S):
            while seen.status is not CommandStatus.NEEDINFO:
                await standing.gateway.clock.sleep(0)
                seen = await dispatch.find(record.id, ANONYMOUS)
        answer = Answer(needinfo_id=question(seen).id, values={"skill": "s1"})
        await dispatch.answer(answer, ANONYMOUS)
        assert (await page.carry_out(Done())).command["answers"] == {"skill": "s1"}


async def test_of_many_answers_at_once_one_gets_through() -> None:
    async with bench() as standing:
        page = await standing.page()
        asked = question(await ask(standing, page))
        answer = Answer(needinfo_id=asked.id, values={"skill": "s1"})
        results = await asyncio.gather(
            *(standing.gateway.dispatch.answer(answer, ANONYMOUS) for _ in range(4)),
            return_exceptions=True,
        )
        refused = [one for one in results if isinstance(one, RefusedError)]
        assert [one.code for one in refused] == [ErrorCode.CONFLICT] * 3
        await page.carry_out(Done())


@pytest.mark.parametrize("turns", range(20, 32))
async def test_an_answer_in_the_very_turn_of_the_deadline_and_the_deadline_are_not_both_heeded(
    turns: int,
) -> None:
    clock = FakeClock()
    answers: list[asyncio.Task[CommandRecord]] = []
    async with bench(clock=clock) as standing:
        page = await standing.page()
        stream = await standing.stream()

        async def at_the_last_moment() -> CommandRecord:
            for _ in range(turns):  # the deadline is some 25 turns of the loop from here
                await asyncio.sleep(0)
            return await standing.gateway.dispatch.answer(answer, ANONYMOUS)

        clock.call_later(120.0, lambda: answers.append(asyncio.ensure_future(at_the_last_moment())))
        record = await ask(standing, page)
        answer = Answer(needinfo_id=question(record).id, values={"skill": "s1"})
        await clock.advance(120.0)
        (outcome,) = await asyncio.gather(*answers, return_exceptions=True)
        if isinstance(outcome, CommandRecord):
            await page.carry_out(Done())
        await stream.until(lambda event: isinstance(event, ev.CommandFinished))
        done = await standing.finished(record)
        told = [event.resolution for event in stream.seen if isinstance(event, ev.NeedInfoResolved)]
        ends = [event.result for event in stream.seen if isinstance(event, ev.CommandFinished)]
        assert ends == [done.result]
        if isinstance(outcome, CommandRecord):
            assert (told, done.result) == ([Resolution.SUBMITTED], Succeeded())
        else:
            assert isinstance(outcome, RefusedError)
            assert (told, failure(done).code) == ([Resolution.EXPIRED], ErrorCode.EXPIRED)


async def test_a_policy_answers_and_everybody_sees_that_it_did() -> None:
    platforms = {"p": {"dialect": "handmade", "needinfo": {"policy": "default"}}}
    async with bench(platforms=platforms) as standing:
        page = await standing.page()
        stream = await standing.stream()
        record = await standing.submit(dial(standing), ANONYMOUS)
        await page.carry_out(SKILL)
        assert (await page.carry_out(Done())).command["answers"] == {"skip_outbound_skill": True}
        done = await standing.finished(record)
        assert isinstance(done.result, Succeeded)
        assert done.attempts == 2
        await stream.until(lambda event: isinstance(event, ev.CommandFinished))
        told = [event for event in stream.seen if event.command_id == record.id]
        assert [str(event.__struct_config__.tag) for event in told] == [
            "needinfo.requested",
            "needinfo.resolved",
            "command.finished",
        ]
        assert isinstance(told[1], ev.NeedInfoResolved)
        assert told[1].resolution is Resolution.POLICY
        assert standing.gateway.dispatch.pending.all() == []


@pytest.mark.parametrize(
    ("values", "added"),
    [
        ({}, {"skip_outbound_skill": True}),
        ({"note": "later"}, {"note": "later", "skip_outbound_skill": True}),
        ({"skill": "s1", "note": "now"}, {"skill": "s1", "note": "now"}),
    ],
)
def test_nothing_chosen_where_nothing_has_to_be_is_skipped(
    values: dict[str, Json], added: dict[str, Json]
) -> None:
    optional = replace(SKILL, fields=tuple(replace(field, required=False) for field in SKILL.fields))
    answer = Answer(needinfo_id=NeedInfoId("n"), values=values)
    check(optional, answer)
    assert given(optional, answer) == added


def test_an_answer_is_checked_field_by_field() -> None:
    form = Question(
        kind=NeedInfoKind.FORM,
        title="",
        fields=(
            Field(key="choice", type=FieldType.CHOICE, choices=(Choice(id="x"), Choice(id="y"))),
            Field(key="text", type=FieldType.TEXT, default="-"),
            Field(key="yes", type=FieldType.BOOLEAN, required=False),
            Field(key="number", type=FieldType.NUMBER, required=False),
        ),
    )
    nobody = NeedInfoId("ask_1")
    right: list[dict[str, Json]] = [
        {"choice": "x"},
        {"choice": "y", "text": "t", "yes": False, "number": 1.5},
    ]
    for values in right:
        check(form, Answer(needinfo_id=nobody, values=values))
    wrong: dict[str, dict[str, Json]] = {
        "values.choice: missing": {},
        "values.choice: must be one of x, y": {"choice": "z"},
        "values.choice: must be a choice": {"choice": 1},
        "values.text: must be a text": {"choice": "x", "text": None},
        "values.yes: must be a boolean": {"choice": "x", "yes": "true"},
        "values.number: must be a number": {"choice": "x", "number": True},
        "values.more: not asked for": {"choice": "x", "more": 1},
    }
    for message, values in wrong.items():
        with pytest.raises(RefusedError) as refused:
            check(form, Answer(needinfo_id=nobody, values=values))
        assert (refused.value.code, refused.value.message) == (ErrorCode.INVALID_COMMAND, message)
    with pytest.raises(RefusedError, match="cannot be skipped"):
        check(form, Answer(needinfo_id=nobody, action=AnswerAction.SKIP))
    check(form, Answer(needinfo_id=nobody, action=AnswerAction.CANCEL))


# --- over a restart


async def test_a_command_under_way_when_the_process_ended_is_finished_with_its_effect_unknown(
    tmp_path: Path,
) -> None:
    path = str(tmp_path / "t.db")
    async with bench(path=path) as standing:
        page = await standing.page()
        record = await standing.submit(dial(standing), ANONYMOUS, key="k")
        await page.called()
        left = power_cut(tmp_path)
    async with bench(path=left) as standing:
        found = await standing.gateway.dispatch.find(record.id, ANONYMOUS)
        assert (failure(found).effect, found.status) == (Effect.UNKNOWN, CommandStatus.FINISHED)
        await standing.gateway.store.barrier()
        body = (await standing.request("GET", "/v1/events?type=command.finished")).body
        assert body.count(record.id.encode()) == 1
        again = await standing.submit(dial(standing), ANONYMOUS, key="k")
        assert again.id == record.id


async def test_a_command_whose_question_was_answered_just_before_the_end_is_finished_too(
    tmp_path: Path,
) -> None:
    path = str(tmp_path / "t.db")
    async with bench(path=path) as standing:
        page = await standing.page()
        record = await ask(standing, page)
    store = SqliteStore(path)
    await store.open()
    await store.put_needinfo(question(record), Resolution.SUBMITTED)  # and no further did it get
    await store.close()
    async with bench(path=path) as standing:
        found = await standing.gateway.dispatch.find(record.id, ANONYMOUS)
        assert (failure(found).effect, found.status) == (Effect.UNKNOWN, CommandStatus.FINISHED)


async def test_limits_hold_after_a_restart_as_before(tmp_path: Path) -> None:
    path, limits = str(tmp_path / "t.db"), {"limits": {"command_queue": 1}}
    async with bench(path=path, overrides=limits) as standing:
        record = await ask(standing, await standing.page())
    async with bench(path=path, overrides=limits) as standing:
        page = await standing.page()
        answer = Answer(needinfo_id=question(record).id, values={"skill": "s1"})
        await standing.gateway.dispatch.answer(answer, ANONYMOUS)
        state = SetState(session_id=standing.session(), state=AgentState.READY)
        with pytest.raises(RefusedError) as refused:
            await standing.submit(state, ANONYMOUS)
        assert refused.value.code is ErrorCode.RATE_LIMITED
        await page.carry_out(Done())
        await standing.finished(record)
        await standing.submit(state, ANONYMOUS)
        await page.see(agent(AgentState.BUSY))
