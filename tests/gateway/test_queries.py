"""What platforms ask of the CRM: vetoed here, answered there, or answered by the default."""

import pytest

from gateway.api.stream import Problem
from gateway.security.access import ANONYMOUS, Scope
from schemas import events as ev
from schemas.commands import BlockCompletion
from schemas.grants import Role
from schemas.ids import AgentId, Ref
from schemas.interaction import InteractionState, Record
from schemas.queries import (
    AnsweredBy,
    AnyQuery,
    KnowledgeSearch,
    RecordOnScreen,
    ScreenPop,
    TransferData,
    ValidateRecords,
)
from schemas.results import ErrorCode
from schemas.values import Json
from tests.fakes import FakeClock
from tests.gateway.handmade import Ask, Bench, P, Page, bench, call
from tests.gateway.querying import replies, requested, resolved


async def on_call(standing: Bench) -> Page:
    page = await standing.page()
    await standing.shown(page, call(state=InteractionState.WRAP_UP))
    return page


async def test_with_nobody_to_ask_the_default_is_the_answer_at_once() -> None:
    async with bench() as standing:
        page = await on_call(standing)
        await page.say(Ask("t1", TransferData()))
        assert await page.heard() == {"answer": "t1", "value": None}


async def test_a_declared_client_is_asked_about_the_agent_and_the_interaction() -> None:
    async with bench() as standing:
        page = await on_call(standing)
        stream = await standing.stream(answers=["validate_records"])
        (interaction,) = standing.gateway.state.snapshots.interactions()
        await page.say(Ask("t1", ValidateRecords(records=(Record(id="r1"),)), ref=Ref("c1")))
        query = await requested(stream)
        assert isinstance(query, ValidateRecords)
        assert (query.platform_id, query.agent_id, query.interaction_id) == ("p", "a1", interaction.id)
        assert query.records == (Record(id="r1"),)
        verdict = {"type": "verdict", "query_id": query.id, "yes": False, "message": "no case"}
        await replies(stream, verdict)
        assert await page.heard() == {"answer": "t1", "value": verdict}
        told = await resolved(stream)
        assert (told.answered, told.by, told.query.id) == (True, AnsweredBy.CLIENT, query.id)


async def test_nobody_answering_in_time_is_answered_by_the_default() -> None:
    clock = FakeClock()
    async with bench(clock=clock) as standing:
        page = await on_call(standing)
        stream = await standing.stream(answers=["transfer_data"])
        await page.say(Ask("t1", TransferData()))
        query = await requested(stream)
        await clock.advance(5.1)
        assert await page.heard() == {"answer": "t1", "value": None}
        told = await resolved(stream)
        assert (told.answered, told.by) == (False, AnsweredBy.DEFAULT)
        late = {"type": "data", "query_id": query.id, "data": {}}
        await replies(stream, late)
        assert (await stream.frame(Problem)).code is ErrorCode.UNKNOWN_OBJECT


async def test_a_veto_of_completion_is_the_answer_whoever_else_would_give_one() -> None:
    async with bench() as standing:
        page = await on_call(standing)
        stream = await standing.stream(answers=["validate_records"])
        (interaction,) = standing.gateway.state.snapshots.interactions()
        block = BlockCompletion(interaction_id=interaction.id, message="no case yet")
        await standing.finished(await standing.submit(block, ANONYMOUS))
        await page.say(Ask("t1", ValidateRecords(), ref=Ref("c1")))
        told = await page.heard()
        assert told["answer"] == "t1"
        value = told["value"]
        assert isinstance(value, dict)
        assert (value["type"], value["yes"], value["message"]) == ("verdict", False, "no case yet")
        resolution = await resolved(stream)
        assert (resolution.answered, resolution.by) == (True, AnsweredBy.GATEWAY)
        assert not any(isinstance(event, ev.QueryRequested) for event in stream.seen)


async def test_a_veto_of_one_interaction_is_none_of_another() -> None:
    async with bench() as standing:
        page = await on_call(standing)
        (interaction,) = standing.gateway.state.snapshots.interactions()
        block = BlockCompletion(interaction_id=interaction.id, message="no case yet")
        await standing.finished(await standing.submit(block, ANONYMOUS))
        await page.say(Ask("t1", ValidateRecords(), ref=Ref("c2")), Ask("t2", ValidateRecords()))
        assert [await page.heard(), await page.heard()] == [
            {"answer": "t1", "value": None},
            {"answer": "t2", "value": None},
        ]


@pytest.mark.parametrize(
    ("query", "wrong", "wanted"),
    [
        (TransferData(), {"type": "verdict", "yes": True}, "data"),
        (KnowledgeSearch(text="x"), {"type": "record"}, "items"),
        (RecordOnScreen(), {"type": "items"}, "record"),
        (ValidateRecords(), {"type": "data"}, "verdict"),
        (ScreenPop(), {"type": "record"}, "verdict"),
    ],
)
async def test_an_answer_of_another_type_is_refused_and_the_query_stays_open(
    query: AnyQuery, wrong: dict[str, Json], wanted: str
) -> None:
    async with bench() as standing:
        page = await on_call(standing)
        kind = str(query.__struct_config__.tag)
        stream = await standing.stream(answers=[kind])
        await page.say(Ask("t1", query))
        query_id = (await requested(stream)).id
        answer: dict[str, Json] = {**wrong, "query_id": query_id}
        await replies(stream, answer)
        problem = await stream.frame(Problem)
        assert (problem.ref, problem.code) == ("x", ErrorCode.INVALID_COMMAND)
        assert wanted in problem.message
        right: dict[str, Json] = {"type": wanted, "query_id": query_id}
        if wanted == "verdict":
            right["yes"] = True
        await stream.send({"type": "query_answer", "ref": "y", "answer": right})
        assert (await page.heard())["answer"] == "t1"


async def test_a_client_that_left_is_asked_no_more() -> None:
    async with bench() as standing:
        page = await on_call(standing)
        stream = await standing.stream(answers=["transfer_data"])
        await stream.socket.close()
        witness = await standing.stream()
        await page.say(Ask("t1", TransferData()))
        assert await page.heard() == {"answer": "t1", "value": None}
        await standing.gateway.store.barrier()
        assert not any(isinstance(event, ev.QueryRequested) for event in witness.seen)


async def test_an_answer_about_another_agent_is_refused() -> None:
    async with bench() as standing:
        page = await on_call(standing)
        await standing.page("a2")
        stream = await standing.stream(answers=["transfer_data"])
        await standing.gateway.keys.create("crm", [Scope.EVENTS_READ])
        token = standing.gateway.tokens.mint(AgentId("a2"), P, Role.FACADE)
        other = await standing.stream(token=token)
        await page.say(Ask("t1", TransferData()))
        answer: dict[str, Json] = {"type": "data", "query_id": (await requested(stream)).id}
        await other.send({"type": "query_answer", "ref": "x", "answer": answer})
        assert (await other.frame(Problem)).code is ErrorCode.UNKNOWN_OBJECT
