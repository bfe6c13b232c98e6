"""Questions that are not answered, or not as they should be."""

import asyncio

import msgspec
import pytest

from gateway.security.access import Scope
from schemas.grants import Role
from schemas.ids import AgentId
from schemas.needinfo import (
    MAX_ROUNDS,
    Field,
    FieldType,
    NeedInfoKind,
    Question,
    Resolution,
)
from schemas.results import (
    CommandRecord,
    Effect,
    ErrorCode,
    Succeeded,
)
from schemas.values import Json
from tests.e2e.needinfo_stage import (
    ASKS,
    BRIGHT,
    CHANNEL,
    INTERNAL,
    ROUND,
    THREE,
    answer,
    asked,
    dial,
    failure,
    finished,
    open_questions,
    resolutions,
    stage,
    story,
    tags,
    try_answer,
)
from tests.e2e.world import PLATFORM, World
from tests.fakes import FakeClock, until
from tests.gateway.handmade import bench


@pytest.mark.parametrize("dialect", THREE)
async def test_a_question_that_is_cancelled_ends_the_command_without_effect(dialect: str) -> None:
    async with stage(dialect) as w:
        record = await dial(w)
        done = await w.answer(record, needinfo_id=asked(record).id, action="cancel")
        assert (failure(done).code, failure(done).effect) == (ErrorCode.CANCELLED, Effect.NONE)
        told = await story(w, done)
        assert (tags(told), resolutions(told)) == ([*ROUND, "command.finished"], [Resolution.CANCELLED])
        assert w.interactions() == []


@pytest.mark.parametrize("dialect", [CHANNEL, BRIGHT])
async def test_a_question_that_nobody_answers_expires(dialect: str) -> None:
    async with stage(dialect, clock=(clock := FakeClock())) as w:
        stream = await w.stream()
        record = await dial(w)
        await clock.advance(120.0)
        done = await finished(w, record, stream)
        assert (failure(done).code, failure(done).effect) == (ErrorCode.EXPIRED, Effect.NONE)
        assert resolutions(await story(w, done)) == [Resolution.EXPIRED]
        late = await try_answer(w, record, values={})
        assert (late.status, late.json()["type"]) == (410, "urn:trunkline:expired")
        assert await open_questions(w) == []


async def test_people_have_two_minutes_and_every_question_its_own() -> None:
    clock = FakeClock()
    async with stage(INTERNAL, clock=clock) as w:
        stream = await w.stream()
        first = await dial(w)
        await clock.advance(60.0)
        second = await dial(w)
        assert (asked(first).expires_at - asked(first).asked_at).total_seconds() == 120
        await clock.advance(59.9)
        assert len(await open_questions(w)) == 2
        await clock.advance(0.2)
        assert failure(await finished(w, first, stream)).code is ErrorCode.EXPIRED
        done = await answer(w, second, skill="sales")
        assert isinstance(done.result, Succeeded)


@pytest.mark.parametrize("dialect", THREE)
async def test_the_second_answer_comes_too_late(dialect: str) -> None:
    async with stage(dialect) as w:
        record = await dial(w)
        key = ASKS[dialect][1]
        chosen = asked(record).fields[0].choices[0].id
        done = await answer(w, record, **{key: chosen})
        again = await try_answer(w, record, values={key: chosen})
        assert (again.status, again.json()["type"]) == (409, "urn:trunkline:conflict")
        assert "already submitted" in str(again.json()["detail"])
        assert tags(await story(w, done)) == [*ROUND, "command.finished"]


@pytest.mark.parametrize("dialect", THREE)
async def test_of_two_answers_at_once_one_gets_through(dialect: str) -> None:
    async with stage(dialect) as w:
        record = await dial(w)
        key = ASKS[dialect][1]
        one, two = (choice.id for choice in asked(record).fields[0].choices[:2])
        replies = await asyncio.gather(
            *(try_answer(w, record, values={key: chosen}) for chosen in (one, two, one))
        )
        assert sorted(reply.status for reply in replies) == [200, 409, 409]
        await until(lambda: len(w.interactions()) == 1)


@pytest.mark.parametrize("dialect", THREE)
async def test_an_answer_that_does_not_fit_names_the_field_and_leaves_the_question_open(dialect: str) -> None:
    async with stage(dialect) as w:
        record = await dial(w)
        key = ASKS[dialect][1]
        chosen = asked(record).fields[0].choices[0].id
        wrong: list[tuple[dict[str, Json], str]] = [
            ({"values": {key: "nonsense"}}, f"values.{key}: must be one of"),
            ({"values": {key: 7}}, f"values.{key}: must be a choice"),
            ({"values": {key: None}}, f"values.{key}: must be a choice"),
            ({}, f"values.{key}: missing"),
            ({"values": {key: chosen, "colour": "red"}}, "values.colour: not asked for"),
            ({"values": {key: chosen}, "action": "shout"}, "action"),
            ({"value": {key: chosen}}, "'value' is no field of Answer; is it values?"),
        ]
        for body, named in wrong:
            reply = await try_answer(w, record, None, **body)
            assert (reply.status, reply.json()["type"]) == (400, "urn:trunkline:invalid_command"), body
            assert named in str(reply.json()["detail"])
        assert await open_questions(w) == [asked(record)]
        assert isinstance((await answer(w, record, **{key: chosen})).result, Succeeded)


@pytest.mark.parametrize("dialect", THREE)
async def test_nobody_answers_for_another_agent(dialect: str) -> None:
    async with stage(dialect) as w:
        record = await dial(w)
        key = ASKS[dialect][1]
        values: dict[str, Json] = {key: asked(record).fields[0].choices[0].id}
        _, crm = await w.gateway.keys.create("crm", [Scope.COMMANDS_WRITE])
        tokens = w.gateway.tokens

        def bearer(credential: str) -> dict[str, str]:
            return {"Authorization": f"Bearer {credential}"}

        for agent_id, role, status, code in (
            ("a2", Role.FACADE, 404, "unknown_object"),  # to him there is none
            ("a2", Role.LINK, 403, "not_allowed"),
            ("a1", Role.LINK, 403, "not_allowed"),
        ):
            credential = tokens.mint(AgentId(agent_id), PLATFORM, role)
            reply = await try_answer(w, record, bearer(credential), values=values)
            assert (reply.status, reply.json()["type"]) == (status, f"urn:trunkline:{code}")
        assert (await try_answer(w, record, values=values)).status == 401
        theirs = await w.request(
            "GET", "/v1/needinfo", None, bearer(tokens.mint(AgentId("a2"), PLATFORM, Role.FACADE))
        )
        assert theirs.json() == {"needinfo": []}
        own = bearer(tokens.mint(AgentId("a1"), PLATFORM, Role.FACADE))
        assert (await try_answer(w, record, own, values=values)).status == 200
        assert (await try_answer(w, record, bearer(crm), values=values)).status == 409


async def test_a_platform_that_never_has_enough_is_given_up_after_five_rounds() -> None:
    question = Question(
        kind=NeedInfoKind.FORM, title="More!", fields=(Field(key="more", type=FieldType.NUMBER),)
    )
    async with bench() as bare:
        page = await bare.page()
        w = World(bare.gateway, bare.gateway, bare.http, (), bare.tasks, bare.stack)
        path = "/v1/commands?wait=0"
        body = {"type": "interaction.dial", "session_id": bare.session(), "destination": "+1"}
        record = msgspec.json.decode((await w.request("POST", path, body)).body, type=CommandRecord)
        for nth in range(1, MAX_ROUNDS):
            assert (await page.carry_out(question)).command.get("answers", {}) == (
                {"more": nth - 1} if nth > 1 else {}
            )
            record = await bare.finished(record)
            assert (asked(record).round, record.attempts) == (nth, nth)
            reply = await w.request(
                "POST",
                f"/v1/commands/{record.id}/answer?wait=0",
                {"needinfo_id": asked(record).id, "values": {"more": nth}},
            )
            assert reply.status == 202
        await page.carry_out(question)
        done = await bare.finished(record)
        assert (failure(done).code, done.attempts) == (ErrorCode.TOO_MANY_ROUNDS, 5)
        assert failure(done).missing == question
        assert tags(await story(w, done)) == [*ROUND * 4, "command.finished"]
