"""Questions, from a platform's first "not yet" to the one final result, over real sockets.

The platforms: the internal one itself, and vendors that it plays behind their own dialects. What each of them
asks, and in which words, is in ASKS.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Final

import msgspec
import pytest
from aiohttp import ClientSession

from gateway.app import Gateway, running
from gateway.clock import Clock
from gateway.config import MEMORY, parse
from gateway.security.access import Scope
from gateway.security.tokens import Role
from gateway.simulation import Pages, gateway_config, internal_dialect, ready, switchboard
from gateway.tasks import Tasks
from schemas import events as ev
from schemas.agent import AgentState
from schemas.ids import AgentId, InteractionId
from schemas.interaction import InteractionState
from schemas.needinfo import (
    MAX_ROUNDS,
    Field,
    FieldType,
    NeedInfo,
    NeedInfoKind,
    Question,
    Resolution,
)
from schemas.results import (
    CommandRecord,
    CommandStatus,
    Effect,
    ErrorCode,
    Failed,
    NeedsInfo,
    Succeeded,
)
from schemas.values import Json
from tests.e2e.world import BY_NAME, PATIENCE_S, PLATFORM, Reply, Stream, World, platform, world
from tests.fakes import FakeClock, until
from tests.gateway.handmade import bench

INTERNAL: Final = internal_dialect(BY_NAME).name
CHANNEL: Final = "channel_session"
BRIGHT: Final = "bright_pattern"
THREE: Final = (INTERNAL, CHANNEL, BRIGHT)
# What a call to the outside by an agent of two outbound services asks for.
ASKS: Final[Mapping[str, tuple[NeedInfoKind, str]]] = {
    INTERNAL: (NeedInfoKind.OUTBOUND_SKILL, "skill"),
    CHANNEL: (NeedInfoKind.OUTBOUND_SKILL, "skill"),
    BRIGHT: (NeedInfoKind.SERVICE, "service"),
}
# The platform's settings where we only play it.
SETTINGS: Final[Mapping[str, Mapping[str, Json]]] = {CHANNEL: {"incontact": True}}
DISPOSITIONS: Final[list[Json]] = [{"id": "1", "name": "Sold"}, {"id": "2", "name": "Lost"}]


def services() -> list[Json]:
    return [
        {"id": "sales", "name": "Sales", "outbound": True},
        {"id": "support", "name": "Support", "outbound": True},
        {"id": "must", "dispositions": DISPOSITIONS, "disposition_required": True},
        {"id": "may", "dispositions": DISPOSITIONS},
        {"id": "after", "acw": True},
        {"id": "both", "dispositions": DISPOSITIONS, "disposition_required": True, "acw": True},
    ]


def switch(*, signed_in: bool, **more: Json) -> dict[str, Json]:
    agents: list[Json] = [
        {
            "id": name,
            "name": full,
            "extension": extension,
            "password": "p",
            "skills": ["sales", "support"],
            "logged_in": signed_in,
        }
        for name, full, extension in (("a1", "Ann", "101"), ("a2", "Bob", "102"))
    ]
    return {"agents": agents, "services": services(), "answer_after_s": 0.0, **more}


@asynccontextmanager
async def alone(
    settings: Mapping[str, Json],
    path: str,
    needinfo: Mapping[str, Json] | None,
    clock: Clock | None,
) -> AsyncIterator[World]:
    """The internal platform within the gateway under test: it plays itself."""
    one: dict[str, Json] = {"dialect": INTERNAL, "settings": dict(settings), "needinfo": dict(needinfo or {})}
    raw = {"server": {"port": 0, "shutdown_s": 0.5}, "store": {"path": path}, "platforms": {PLATFORM: one}}
    async with AsyncExitStack() as stack:
        gateway = await stack.enter_async_context(running(Gateway(parse(raw, "stage"), clock=clock)))
        http = await stack.enter_async_context(ClientSession())
        tasks = Tasks()
        stack.push_async_callback(tasks.finish, 0.0)
        await until(lambda: len(gateway.state.sessions) == 2)
        yield World(gateway, gateway, http, (), tasks, stack)


@asynccontextmanager
async def stage(
    dialect: str,
    *,
    path: str = MEMORY,
    needinfo: Mapping[str, Json] | None = None,
    clock: Clock | None = None,
    **more: Json,
) -> AsyncIterator[World]:
    """A platform of that dialect with agents a1 and a2, and the services above."""
    if dialect == INTERNAL:
        async with alone(switch(signed_in=True, **more), path, needinfo, clock) as stands:
            yield stands
        return
    simulated = platform(
        dialect,
        switch=switch(signed_in=dialect != CHANNEL, **more),
        settings=SETTINGS.get(dialect),
        needinfo=needinfo,
    )
    async with world([simulated], path) as stands:
        yield stands


# --- what tests say


async def dial(w: World, answers: Mapping[str, Json] | None = None) -> CommandRecord:
    """Call somebody outside."""
    return await w.command(
        type="interaction.dial",
        session_id=w.session(),
        destination="+15551234",
        answers=dict(answers or {}),
    )


async def complete(w: World, interaction: InteractionId) -> CommandRecord:
    return await w.command(type="interaction.complete", interaction_id=interaction)


async def wrap_up(w: World, service: str) -> InteractionId:
    """An interaction of a1 that came by a service and is over but for the work after it."""
    stream = await w.stream()

    async def reached(kind: type[ev.InteractionEvent]) -> InteractionId:
        event = await stream.until(lambda one: isinstance(one, kind) and one.agent_id == "a1")
        assert isinstance(event, ev.InteractionEvent)
        return event.interaction.id

    await w.simulate("a1", "inbound_call", ani="+15550100", service=service)
    interaction = await reached(ev.InteractionAlerting)
    for verb, then in (
        ("interaction.accept", ev.InteractionConnected),
        ("interaction.release", ev.InteractionWrapUp),
    ):
        record = await w.command(type=verb, interaction_id=interaction)
        assert isinstance(record.result, Succeeded), record
        await reached(then)
    return interaction


def asked(record: CommandRecord) -> NeedInfo:
    assert isinstance(record.result, NeedsInfo), record
    assert (record.status, record.result.needinfo.command_id) == (CommandStatus.NEEDINFO, record.id)
    return record.result.needinfo


async def answer(w: World, record: CommandRecord, **values: Json) -> CommandRecord:
    return await w.answer(record, needinfo_id=asked(record).id, values=values)


async def try_answer(
    w: World, record: CommandRecord, headers: Mapping[str, str] | None = None, **answer: Json
) -> Reply:
    body = {"needinfo_id": asked(record).id, **answer}
    return await w.request("POST", f"/v1/commands/{record.id}/answer", body, headers)


def failure(record: CommandRecord) -> Failed:
    assert isinstance(record.result, Failed), record
    return record.result


async def open_questions(w: World) -> list[NeedInfo]:
    reply = await w.request("GET", "/v1/needinfo")
    return msgspec.convert(reply.json()["needinfo"], list[NeedInfo])


async def story(w: World, record: CommandRecord) -> list[ev.AnyEvent]:
    """What was told of the command, from its first question to its end."""
    events = [event for event in await w.journal() if event.command_id == record.id]
    finished = [event for event in events if isinstance(event, ev.CommandFinished)]
    assert [event.result for event in finished] == [record.result]
    assert events[-1] is finished[0]
    return events


def tags(events: Sequence[ev.AnyEvent]) -> list[str]:
    return [str(event.__struct_config__.tag) for event in events]


def resolutions(events: Sequence[ev.AnyEvent]) -> list[Resolution]:
    return [event.resolution for event in events if isinstance(event, ev.NeedInfoResolved)]


ROUND: Final = ["needinfo.requested", "needinfo.resolved"]


# --- answered


@pytest.mark.parametrize("dialect", THREE)
async def test_a_question_that_is_answered_lets_the_same_command_through(dialect: str) -> None:
    async with stage(dialect) as w:
        record = await dial(w)
        question = asked(record)
        kind, key = ASKS[dialect]
        (field,) = question.fields
        assert (question.kind, question.agent_id, question.round) == (kind, "a1", 1)
        assert (field.key, {choice.label for choice in field.choices} >= {"Sales", "Support"}) == (key, True)
        assert await open_questions(w) == [question]
        chosen = next(choice.id for choice in field.choices if choice.label == "Support")
        done = await answer(w, record, **{key: chosen})
        assert isinstance(done.result, Succeeded)
        assert (done.id, done.attempts, done.status) == (record.id, 2, CommandStatus.FINISHED)
        assert await open_questions(w) == []
        told = await story(w, done)
        assert tags(told) == [*ROUND, "command.finished"]
        assert resolutions(told) == [Resolution.SUBMITTED]
        stream = await w.stream(after=0)
        await stream.until(lambda event: isinstance(event, ev.InteractionConnected))
        assert len(w.interactions()) == 1


@pytest.mark.parametrize("dialect", THREE)
async def test_answers_given_up_front_skip_the_question(dialect: str) -> None:
    async with stage(dialect) as w:
        probe = await dial(w)
        _, key = ASKS[dialect]
        chosen = asked(probe).fields[0].choices[0].id
        await w.answer(probe, needinfo_id=asked(probe).id, action="cancel")
        done = await dial(w, answers={key: chosen})
        assert isinstance(done.result, Succeeded)
        assert done.attempts == 1
        assert tags(await story(w, done)) == ["command.finished"]


@pytest.mark.parametrize("dialect", THREE)
async def test_a_disposition_that_is_required_is_asked_for_and_set(dialect: str) -> None:
    async with stage(dialect) as w:
        interaction = await wrap_up(w, "must")
        record = await complete(w, interaction)
        question = asked(record)
        assert (question.kind, question.interaction_id) == (NeedInfoKind.DISPOSITION, interaction)
        assert not question.skippable
        fields = {field.key: field for field in question.fields}
        assert [(one.id, one.label) for one in fields["disposition"].choices] == [
            ("1", "Sold"),
            ("2", "Lost"),
        ]
        assert not fields["notes"].required
        refused = await try_answer(w, record, action="skip")
        assert (refused.status, "cannot be skipped" in str(refused.json()["detail"])) == (400, True)
        done = await answer(w, record, disposition="2", notes="rang off")
        assert isinstance(done.result, Succeeded)
        stream = await w.stream(after=0)
        await stream.until(lambda event: isinstance(event, ev.InteractionCompleted))
        there = [e.interaction for e in await switch_journal(w) if isinstance(e, ev.InteractionCompleted)]
        assert [(one.disposition and one.disposition.id, one.notes) for one in there] == [("2", "rang off")]


async def switch_journal(w: World) -> list[ev.AnyEvent]:
    """What happened on the platform itself."""
    return await World(w.switch, w.switch, w.http, (), w.tasks, w.stack).journal()


@pytest.mark.parametrize("dialect", [INTERNAL, CHANNEL])
async def test_a_disposition_that_may_be_left_out_can_be_skipped(dialect: str) -> None:
    async with stage(dialect) as w:
        interaction = await wrap_up(w, "may")
        record = await complete(w, interaction)
        assert asked(record).skippable
        done = await w.answer(record, needinfo_id=asked(record).id, action="skip")
        assert isinstance(done.result, Succeeded)
        told = await story(w, done)
        assert tags(told) == [*ROUND, "command.finished"]
        assert resolutions(told) == [Resolution.SKIPPED]
        await until(lambda: w.interactions() == [])


@pytest.mark.parametrize("dialect", [INTERNAL, CHANNEL])
async def test_after_call_work_asks_for_the_next_state_which_ends_it(dialect: str) -> None:
    async with stage(dialect) as w:
        interaction = await wrap_up(w, "after")
        record = await complete(w, interaction)
        question = asked(record)
        assert question.kind is NeedInfoKind.AGENT_STATE
        assert {"ready", "not_ready"} <= {choice.id for choice in question.fields[0].choices}
        done = await answer(w, record, agent_state="not_ready")
        assert isinstance(done.result, Succeeded)
        await until(lambda: w.interactions() == [])
        await until(lambda: w.agent().state is AgentState.NOT_READY)


@pytest.mark.parametrize("dialect", [INTERNAL, CHANNEL])
async def test_one_command_may_ask_twice_and_ends_once(dialect: str) -> None:
    async with stage(dialect) as w:
        interaction = await wrap_up(w, "both")
        first = await complete(w, interaction)
        assert asked(first).kind is NeedInfoKind.DISPOSITION
        second = await answer(w, first, disposition="1")
        question = asked(second)
        assert (question.kind, question.round, second.id) == (NeedInfoKind.AGENT_STATE, 2, first.id)
        assert question.id != asked(first).id
        done = await answer(w, second, agent_state="ready")
        assert isinstance(done.result, Succeeded)
        assert done.attempts == 3
        assert tags(await story(w, done)) == [*ROUND, *ROUND, "command.finished"]
        await until(lambda: w.interactions() == [])


@pytest.mark.parametrize("dialect", [INTERNAL, CHANNEL])
async def test_a_reason_for_signing_out_is_asked_for(dialect: str) -> None:
    reasons: list[Json] = ["home", "sick"]
    async with stage(dialect, require_logout_reason=True, logout_reasons=reasons) as w:
        record = await w.command(type="agent.logout", session_id=w.session())
        question = asked(record)
        assert question.kind is NeedInfoKind.LOGOUT_REASON
        assert [choice.id for choice in question.fields[0].choices] == reasons
        done = await answer(w, record, reason="home")
        assert isinstance(done.result, Succeeded)
        await until(lambda: w.agent().state is AgentState.LOGGED_OUT)


async def sign_in(w: World, agent: str, password: str = "p") -> CommandRecord:
    return await w.command(type="agent.login", platform_id=PLATFORM, agent_id=agent, password=password)


@pytest.mark.parametrize("dialect", THREE)
@pytest.mark.parametrize("agreed", [True, False])
async def test_a_session_that_is_there_already_is_taken_over_only_if_that_is_confirmed(
    dialect: str,
    agreed: bool,  # noqa: FBT001  # a column of the table
) -> None:
    async with stage(dialect, confirm_takeover=True) as w:
        record = await sign_in(w, "a1")
        assert asked(record).kind is NeedInfoKind.CONFIRM
        done = await answer(w, record, confirm=agreed)
        if agreed:
            assert isinstance(done.result, Succeeded)
        else:
            assert (failure(done).code, done.attempts) == (ErrorCode.ALREADY_LOGGED_IN, 2)
        assert tags(await story(w, done)) == [*ROUND, "command.finished"]


# --- not answered


@pytest.mark.parametrize("dialect", THREE)
async def test_a_question_that_is_cancelled_ends_the_command_without_effect(dialect: str) -> None:
    async with stage(dialect) as w:
        record = await dial(w)
        done = await w.answer(record, needinfo_id=asked(record).id, action="cancel")
        assert (failure(done).code, failure(done).effect) == (ErrorCode.CANCELLED, Effect.NONE)
        told = await story(w, done)
        assert (tags(told), resolutions(told)) == ([*ROUND, "command.finished"], [Resolution.CANCELLED])
        assert w.interactions() == []


async def finished(w: World, record: CommandRecord, stream: Stream) -> CommandRecord:
    await stream.until(lambda one: isinstance(one, ev.CommandFinished) and one.command_id == record.id)
    reply = await w.request("GET", f"/v1/commands/{record.id}")
    return msgspec.json.decode(reply.body, type=CommandRecord)


@pytest.mark.parametrize("dialect", [CHANNEL, BRIGHT])
async def test_a_question_that_nobody_answers_expires(dialect: str) -> None:
    async with stage(dialect, needinfo={"human_timeout_s": 0.15}) as w:
        stream = await w.stream()
        record = await dial(w)
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


# --- answered wrongly


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
            ({"value": {key: chosen}}, "`value`"),
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

        for credential in (
            tokens.mint(AgentId("a2"), PLATFORM, Role.FACADE),
            tokens.mint(AgentId("a2"), PLATFORM, Role.LINK),
            tokens.mint(AgentId("a1"), PLATFORM, Role.LINK),
        ):
            reply = await try_answer(w, record, bearer(credential), values=values)
            assert (reply.status, reply.json()["type"]) == (403, "urn:trunkline:not_allowed")
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


# --- nobody to ask


@pytest.mark.parametrize("dialect", THREE)
async def test_a_client_that_cannot_answer_is_told_what_is_missing(dialect: str) -> None:
    async with stage(dialect) as w:
        done = await w.command(
            interactive=False, type="interaction.dial", session_id=w.session(), destination="+15551234"
        )
        kind, key = ASKS[dialect]
        failed = failure(done)
        assert (failed.code, failed.effect, failed.message) == (
            ErrorCode.NEEDS_INFO,
            Effect.NONE,
            f"missing: {key}",
        )
        assert failed.missing is not None
        assert (failed.missing.kind, failed.missing.fields[0].key) == (kind, key)
        assert tags(await story(w, done)) == ["command.finished"]
        again = await dial(w, answers={key: failed.missing.fields[0].choices[0].id})
        assert isinstance(again.result, Succeeded)


@pytest.mark.parametrize("dialect", THREE)
async def test_a_policy_may_decline_for_everybody(dialect: str) -> None:
    async with stage(dialect, needinfo={"policy": "decline"}) as w:
        done = await dial(w)
        assert failure(done).code is ErrorCode.NEEDS_INFO
        assert tags(await story(w, done)) == ["command.finished"]


@pytest.mark.parametrize("dialect", [INTERNAL, CHANNEL])
async def test_a_policy_may_skip_what_can_be_skipped_and_all_see_that_it_did(dialect: str) -> None:
    async with stage(dialect, needinfo={"policy": "default"}) as w:
        done = await complete(w, await wrap_up(w, "may"))
        assert isinstance(done.result, Succeeded)
        told = await story(w, done)
        assert tags(told) == [*ROUND, "command.finished"]
        assert resolutions(told) == [Resolution.POLICY]
        cannot = await dial(w)
        assert failure(cannot).code is ErrorCode.NEEDS_INFO


async def test_a_policy_gives_the_default_of_a_question_that_has_one() -> None:
    async with stage(BRIGHT, needinfo={"policy": "default"}) as w:
        done = await sign_in(w, "a1")
        assert (failure(done).code, done.attempts) == (ErrorCode.ALREADY_LOGGED_IN, 2)
        assert resolutions(await story(w, done)) == [Resolution.POLICY]


# --- over a restart


@asynccontextmanager
async def standing(dialect: str) -> AsyncIterator[tuple[Gateway, ClientSession]]:
    """The platform by itself, for gateways that come and go."""
    one = platform(dialect, switch=switch(signed_in=dialect != CHANNEL))
    switchboards = Gateway(switchboard([one], internal_dialect(BY_NAME)))
    async with running(switchboards), ClientSession() as http:
        yield switchboards, http


@asynccontextmanager
async def before_it(
    dialect: str, platforms: Gateway, http: ClientSession, path: str, human_timeout_s: float
) -> AsyncIterator[World]:
    """One life of a gateway before a platform that stays."""
    limits = {"human_timeout_s": human_timeout_s}
    one = platform(dialect, settings=SETTINGS.get(dialect), needinfo=limits)
    config = gateway_config([one], platforms.addresses[0], path)
    async with AsyncExitStack() as stack:
        gateway = await stack.enter_async_context(running(Gateway(config)))
        tasks = Tasks()
        stack.push_async_callback(tasks.finish, 0.0)
        Pages([one], tasks, http).open(platforms.addresses[0], gateway.addresses[0])
        async with asyncio.timeout(PATIENCE_S):
            await ready(gateway, [one])
        yield World(gateway, platforms, http, [one], tasks, stack)


@pytest.mark.parametrize("dialect", [CHANNEL, BRIGHT])
async def test_an_open_question_survives_the_gateway_and_its_command_keeps_its_id(
    dialect: str, tmp_path: Path
) -> None:
    path, key = str(tmp_path / "t.db"), ASKS[dialect][1]
    async with standing(dialect) as (platforms, http):
        async with before_it(dialect, platforms, http, path, 60.0) as w:
            record = await dial(w)
            question = asked(record)
        async with before_it(dialect, platforms, http, path, 60.0) as w:
            assert await open_questions(w) == [question]
            stream = await w.stream()
            wrong = await try_answer(w, record, values={key: "nonsense"})
            assert wrong.status == 400
            done = await answer(w, record, **{key: question.fields[0].choices[0].id})
            assert isinstance(done.result, Succeeded)
            assert (done.id, done.attempts) == (record.id, 2)
            await stream.until(lambda event: isinstance(event, ev.InteractionConnected))
            assert tags(await story(w, done)) == [*ROUND, "command.finished"]
        async with before_it(dialect, platforms, http, path, 60.0) as w:
            assert await open_questions(w) == []
            assert tags(await story(w, done)) == [*ROUND, "command.finished"]


async def test_the_internal_platforms_question_survives_too(tmp_path: Path) -> None:
    path = str(tmp_path / "t.db")
    async with stage(INTERNAL, path=path) as w:
        record = await dial(w)
    async with stage(INTERNAL, path=path) as w:
        assert await open_questions(w) == [asked(record)]
        done = await answer(w, record, skill="support")
        assert (done.id, done.attempts) == (record.id, 2)
        assert isinstance(done.result, Succeeded)


async def test_a_question_whose_time_ran_out_while_the_gateway_was_away_is_expired(tmp_path: Path) -> None:
    path, clock = str(tmp_path / "t.db"), FakeClock()
    async with stage(INTERNAL, path=path, clock=clock) as w:
        record = await dial(w)
        asked(record)
    await clock.advance(121.0)
    async with stage(INTERNAL, path=path, clock=clock) as w:
        stream = await w.stream(after=0)
        await clock.advance(0.0)
        done = await finished(w, record, stream)
        assert failure(done).code is ErrorCode.EXPIRED
        told = await story(w, done)
        assert (tags(told), resolutions(told)) == ([*ROUND, "command.finished"], [Resolution.EXPIRED])
        assert (await try_answer(w, record, values={"skill": "sales"})).status == 410


# --- northbound: the vendor's own way of asking, as its document prints it


class ChannelClient:
    """A media bar that speaks the channel/session protocol to us."""

    def __init__(self, w: World) -> None:
        self._w = w
        self.events: list[dict[str, Json]] = []

    async def open(self, agent: str = "a1") -> str:
        """Connect, take the agent's session over and start it. Returns the session id."""
        self.socket = await self._w.connect(f"/v1/facades/{PLATFORM}/{CHANNEL}")
        data = {"model": "default", "override": True, "agent": {"id": agent, "password": "p"}}
        prepared = await self.ask({"command": "prepareSession", "data": data})
        session = msgspec.convert(prepared["data"], dict[str, str])["resourceId"]
        started = await self.ask({"command": "session.start", "target": session, "data": {}})
        assert started["result"] == "success"
        return session

    async def ask(self, request: dict[str, Json]) -> dict[str, Json]:
        """Send a request; its response. Events that come first are kept."""
        await self.socket.send_json(request)
        while True:
            frame = await self.heard()
            if "result" in frame:
                return frame
            self.events.append(frame)

    async def heard(self) -> dict[str, Json]:
        """The next frame."""
        message = await self.socket.receive(PATIENCE_S)
        return msgspec.json.decode(message.data, type=dict[str, Json])

    async def until(self, name: str, **data: Json) -> dict[str, Json]:
        """An event of that name with these fields in its data, from those kept or the next ones."""

        def fits(frame: Mapping[str, Json]) -> bool:
            said = frame.get("data")
            return (
                frame.get("name") == name
                and isinstance(said, dict)
                and all(said.get(key) == value for key, value in data.items())
            )

        while not any(fits(frame) for frame in self.events):
            self.events.append(await self.heard())
        return next(frame for frame in self.events if fits(frame))


def channel_of(client: ChannelClient) -> str:
    """The target of the agent's voice channel."""
    for frame in client.events:
        if frame.get("name") == "channel.created":
            channel = msgspec.convert(frame["data"], dict[str, dict[str, str]])["channel"]
            if channel["type"].lower() == "telephony":
                return f"{frame['target']}.{channel['id']}"
    raise AssertionError(client.events)


async def opened(w: World) -> ChannelClient:
    client = ChannelClient(w)
    await client.open()
    await client.until("channel.initialized")
    return client


@pytest.mark.parametrize("dialect", [INTERNAL, CHANNEL])
async def test_a_media_bar_is_asked_for_the_skill_and_dials_again_with_it(dialect: str) -> None:
    async with stage(dialect) as w:
        client = await opened(w)
        target = channel_of(client)
        request: dict[str, Json] = {
            "command": "channel.dial",
            "target": target,
            "data": {"destination": "+15551234", "extensions": {"type": "external"}},
        }
        response = await client.ask(request)
        assert response == {
            "command": "channel.dial",
            "target": target,
            "result": "needinfo",
            "uiExtension": {
                "id": "inContact.outboundskill",
                "skills": [
                    {"id": "sales", "skillName": "Sales"},
                    {"id": "support", "skillName": "Support"},
                ],
            },
            "original": request,
        }
        extensions = {"type": "external", "skill": "support"}
        again = await client.ask({**request, "data": {"destination": "+15551234", "extensions": extensions}})
        assert again["result"] == "success"
        await client.until("interaction.created")
        await until(lambda: [one.state for one in w.interactions()] == [InteractionState.CONNECTED])


@pytest.mark.parametrize("dialect", [INTERNAL, CHANNEL])
@pytest.mark.parametrize(
    ("service", "required", "more"),
    [
        ("must", True, {"dispositionId": 2, "notes": "rang off"}),
        ("may", False, {"skipDisposition": True}),
        ("may", False, {"dispositionId": 1, "notes": ""}),
    ],
)
async def test_a_media_bar_is_asked_for_the_disposition_and_completes_again_with_it(
    dialect: str,
    service: str,
    required: bool,  # noqa: FBT001  # a column of the table
    more: dict[str, Json],
) -> None:
    async with stage(dialect) as w:
        client = await opened(w)
        interaction = await wrap_up(w, service)
        created = await client.until("interaction.created")
        target = f"{created['target']}.{interaction}"
        request: dict[str, Json] = {"command": "interaction.request.complete", "target": target, "data": {}}
        response = await client.ask(request)
        assert response == {
            "command": "interaction.request.complete",
            "target": target,
            "result": "needinfo",
            "uiExtension": {
                "type": "disposition",
                "dispositionRequired": required,
                "dispositions": [
                    {
                        "dispositionId": 1,
                        "dispositionName": "Sold",
                        "priority": 1,
                        "isPreviewDisposition": False,
                    },
                    {
                        "dispositionId": 2,
                        "dispositionName": "Lost",
                        "priority": 2,
                        "isPreviewDisposition": False,
                    },
                ],
            },
            "original": request,
        }
        assert (await client.ask({**request, "data": more}))["result"] == "success"
        await until(lambda: w.interactions() == [])
        completed = [e for e in await switch_journal(w) if isinstance(e, ev.InteractionCompleted)]
        chosen = completed[-1].interaction.disposition
        assert (chosen.id if chosen else None) == (str(more["dispositionId"]) if len(more) > 1 else None)
        assert completed[-1].interaction.notes == more.get("notes", "")


@pytest.mark.parametrize("dialect", [INTERNAL, CHANNEL])
async def test_a_media_bar_ends_after_call_work_by_the_agents_next_state(dialect: str) -> None:
    async with stage(dialect) as w:
        client = await opened(w)
        interaction = await wrap_up(w, "after")
        created = await client.until("interaction.created")
        target = f"{created['target']}.{interaction}"
        request: dict[str, Json] = {"command": "interaction.request.complete", "target": target, "data": {}}
        assert await client.ask(request) == {
            "command": "interaction.request.complete",
            "target": target,
            "result": "needinfo",
            "uiExtension": {"type": "agentstate"},
            "original": request,
        }
        chosen = await client.ask(
            {
                "command": "channel.setagentstate",
                "target": channel_of(client),
                "data": {"state": "READY"},
            }
        )
        assert chosen["result"] == "success"
        await until(lambda: w.interactions() == [])
        await until(lambda: w.agent().state is AgentState.READY)


async def test_a_media_bar_is_asked_whether_to_take_a_session_over() -> None:
    async with stage(INTERNAL) as w:
        socket = await w.connect(f"/v1/facades/{PLATFORM}/{CHANNEL}")
        data: dict[str, Json] = {
            "model": "default",
            "override": False,
            "agent": {"id": "a1", "password": "p"},
        }
        request: dict[str, Json] = {"command": "prepareSession", "data": data}
        await socket.send_json(request)
        frame = msgspec.json.decode((await socket.receive(PATIENCE_S)).data, type=dict[str, Json])
        assert (frame["command"], frame["result"], frame["original"]) == (
            "prepareSession",
            "confirm",
            request,
        )
        assert frame["message"]
        await socket.send_json({**request, "data": {**data, "override": True}})
        frame = msgspec.json.decode((await socket.receive(PATIENCE_S)).data, type=dict[str, Json])
        assert frame["result"] == "success"
