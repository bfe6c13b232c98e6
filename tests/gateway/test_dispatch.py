"""The life of a command: taken once, attempted, timed, finished once."""

import asyncio
import shutil
from pathlib import Path

import msgspec
import pytest

from adapters.dialect import Done
from gateway.pending import check
from gateway.security.access import ANONYMOUS, Principal, Scope
from gateway.store.sqlite import SqliteStore
from schemas import events as ev
from schemas.agent import AgentState
from schemas.commands import AnyCommand, Dial, Hold, Login, Logout, SendChat, SetState, StartEmail
from schemas.errors import RefusedError
from schemas.ids import AgentId, CommandId, InteractionId, NeedInfoId, Ref, SessionId
from schemas.interaction import InteractionState
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
from tests.fakes import FakeClock, until
from tests.gateway.handmade import Bench, P, Page, agent, bench, call

OTHER = Principal(name="key:other", scopes=frozenset(Scope))
SKILL = Question(
    kind=NeedInfoKind.OUTBOUND_SKILL,
    title="Which?",
    fields=(
        Field(key="skill", type=FieldType.CHOICE, choices=(Choice(id="s1"), Choice(id="s2"))),
        Field(key="note", type=FieldType.TEXT, required=False),
    ),
    skippable=True,
)


def dial(standing: Bench, to: str = "+1") -> Dial:
    return Dial(session_id=standing.session(), destination=to)


def power_cut(folder: Path) -> str:
    """The store as it would be found if the power failed now."""
    found = folder / "found"
    found.mkdir()
    for one in folder.glob("t.db*"):
        shutil.copy(one, found)
    return str(found / "t.db")


def kept_in(folder: Path) -> list[bytes]:
    return [one.read_bytes() for one in folder.iterdir()]


def failure(record: CommandRecord) -> Failed:
    assert isinstance(record.result, Failed), record
    return record.result


def question(record: CommandRecord) -> NeedInfo:
    assert isinstance(record.result, NeedsInfo), record
    return record.result.needinfo


# --- one attempt


async def test_a_command_goes_to_the_platform_and_its_result_comes_back() -> None:
    async with bench() as standing:
        page = await standing.page()
        (shown,) = await standing.shown(page, call())
        record = await standing.submit(Hold(interaction_id=shown.id), ANONYMOUS)
        assert (record.status, record.attempts) == (CommandStatus.SENT, 1)
        asked = await page.carry_out(Done(warnings=("nearly",)))
        assert (asked.verb, asked.command["interaction_id"]) == ("interaction.hold", shown.id)
        done = await standing.finished(record)
        assert (done.id, done.status) == (record.id, CommandStatus.FINISHED)
        assert done.result == Succeeded(warnings=("nearly",))
        assert done == await standing.gateway.dispatch.find(record.id, ANONYMOUS)


async def test_the_interaction_that_a_command_began_has_the_id_it_is_seen_under() -> None:
    async with bench() as standing:
        page = await standing.page()
        record = await standing.submit(dial(standing), ANONYMOUS)
        await page.carry_out(Done(ref=Ref("c7")))
        result = (await standing.finished(record)).result
        (shown,) = await standing.shown(page, call("c7", InteractionState.DIALING))
        assert result == Succeeded(interaction_id=shown.id)


@pytest.mark.parametrize(
    ("command", "code", "message"),
    [
        (StartEmail(session_id=SessionId("?"), destination="a@b"), ErrorCode.UNSUPPORTED, "no e-mail"),
        (SendChat(interaction_id=InteractionId("?"), text="hi"), ErrorCode.UNSUPPORTED, "mood"),
    ],
)
async def test_what_cannot_be_said_fails_before_anything_is_sent(
    command: AnyCommand, code: ErrorCode, message: str
) -> None:
    async with bench() as standing:
        page = await standing.page()
        (shown,) = await standing.shown(page, call(state=InteractionState.CONNECTED))
        if isinstance(command, StartEmail):
            command = msgspec.structs.replace(command, session_id=standing.session())
        if isinstance(command, SendChat):
            command = msgspec.structs.replace(command, interaction_id=shown.id)
        failed = failure(await standing.finished(await standing.submit(command, ANONYMOUS)))
        assert (failed.code, failed.effect) == (code, Effect.NONE)
        assert message in failed.message
        probe = await standing.submit(dial(standing), ANONYMOUS)
        assert (await page.carry_out(Done())).verb == "interaction.dial"
        await standing.finished(probe)


async def test_without_a_link_nothing_is_sent_and_nothing_has_happened() -> None:
    async with bench() as standing:
        page = await standing.page()
        await page.socket.close()
        await until(lambda: standing.gateway.platforms[P].links == 0)
        failed = failure(await standing.finished(await standing.submit(dial(standing), ANONYMOUS)))
        assert (failed.code, failed.effect) == (ErrorCode.LINK_DOWN, Effect.NONE)


async def test_a_link_that_goes_down_under_a_command_leaves_its_effect_unknown() -> None:
    async with bench() as standing:
        page = await standing.page()
        record = await standing.submit(dial(standing), ANONYMOUS)
        await page.called()
        await page.socket.close()
        failed = failure(await standing.finished(record))
        assert (failed.code, failed.effect) == (ErrorCode.LINK_DOWN, Effect.UNKNOWN)


async def test_a_command_is_never_carried_by_another_agents_page() -> None:
    async with bench() as standing:
        mine = await standing.page("a1")
        await standing.page("a2")
        await mine.socket.close()
        await until(lambda: standing.gateway.platforms[P].links == 1)
        for command in (dial(standing), Login(platform_id=P, agent_id=AgentId("a1"))):
            failed = failure(await standing.finished(await standing.submit(command, ANONYMOUS)))
            assert failed.code is ErrorCode.LINK_DOWN


async def test_a_page_on_which_nobody_is_signed_in_carries_the_sign_in() -> None:
    async with bench() as standing:
        page = await standing.relay("")
        await page.socket.send_str('{"told":"ready"}')
        await until(lambda: standing.gateway.platforms[P].links == 1)
        record = await standing.submit(Login(platform_id=P, agent_id=AgentId("a1"), password="s3"), ANONYMOUS)
        assert (await page.carry_out(Done())).command["password"] == "s3"
        assert isinstance((await standing.finished(record)).result, Succeeded)


async def test_a_platform_that_does_not_answer_leaves_the_effect_unknown_and_a_late_reply_is_dropped() -> (
    None
):
    clock = FakeClock()
    async with bench(clock=clock) as standing:
        page = await standing.page()
        stream = await standing.stream()
        record = await standing.submit(dial(standing), ANONYMOUS)
        asked = await page.called()
        await clock.advance(9.9)
        assert (await standing.gateway.dispatch.find(record.id, ANONYMOUS)).status is CommandStatus.SENT
        await clock.advance(0.2)
        failed = failure(await standing.finished(record))
        assert (failed.code, failed.effect) == (ErrorCode.TIMEOUT, Effect.UNKNOWN)
        await page.reply(asked, Done(ref=Ref("c1")))
        (shown,) = await standing.shown(page, call("c1", InteractionState.DIALING))
        created = await stream.until(lambda event: isinstance(event, ev.InteractionCreated))
        assert isinstance(created, ev.InteractionCreated)
        assert created.interaction.id == shown.id
        finished = [event for event in stream.seen if isinstance(event, ev.CommandFinished)]
        assert [event.result for event in finished] == [failed]
        assert await standing.gateway.dispatch.find(record.id, ANONYMOUS) == await standing.finished(record)


async def test_an_answer_that_is_not_what_the_documents_say_fails_the_command_and_not_the_link() -> None:
    async with bench() as standing:
        page = await standing.page()
        record = await standing.submit(dial(standing), ANONYMOUS)
        asked = await page.called()
        await page.socket.send_json({"told": "reply", "id": asked.call})
        failed = failure(await standing.finished(record))
        assert (failed.code, failed.effect) == (ErrorCode.PLATFORM_ERROR, Effect.UNKNOWN)
        await standing.shown(page, call())


async def test_completion_is_refused_here_while_it_is_blocked() -> None:
    async with bench() as standing:
        page = await standing.page()
        (shown,) = await standing.shown(page, call(state=InteractionState.WRAP_UP))

        async def give(verb: str, **more: object) -> CommandRecord:
            command = msgspec.convert({"type": verb, "interaction_id": shown.id, **more}, AnyCommand)
            return await standing.submit(command, ANONYMOUS)

        blocked = await standing.finished(await give("interaction.block_completion", message="no case yet"))
        assert isinstance(blocked.result, Succeeded)
        failed = failure(await standing.finished(await give("interaction.complete")))
        assert (failed.code, failed.message) == (ErrorCode.COMPLETION_BLOCKED, "no case yet")
        await standing.finished(await give("interaction.unblock_completion"))
        record = await give("interaction.complete")
        assert (await page.carry_out(Done())).verb == "interaction.complete"
        assert isinstance((await standing.finished(record)).result, Succeeded)


async def test_a_waiter_is_told_nothing_when_it_takes_too_long() -> None:
    clock = FakeClock()
    async with bench(clock=clock) as standing:
        await standing.page()
        record = await standing.submit(dial(standing), ANONYMOUS)
        waiting = asyncio.create_task(standing.gateway.dispatch.settled(record.id, 2.0))
        await clock.advance(2.0)
        assert await waiting is None


async def test_a_command_nobody_knows_is_said_to_be_unknown() -> None:
    async with bench() as standing:
        with pytest.raises(RefusedError) as refused:
            await standing.gateway.dispatch.find(CommandId("cmd_nothing"), ANONYMOUS)
        assert refused.value.code is ErrorCode.UNKNOWN_OBJECT


# --- taken once


@pytest.mark.parametrize("store", ["memory", "sqlite"])
async def test_the_same_key_and_body_is_the_same_command(store: str, tmp_path: Path) -> None:
    path = ":memory:" if store == "memory" else str(tmp_path / "t.db")
    async with bench(path=path) as standing:
        page = await standing.page()
        twins = await asyncio.gather(*(standing.submit(dial(standing), ANONYMOUS, key="k") for _ in range(5)))
        assert len({one.id for one in twins}) == 1
        await page.carry_out(Done(ref=Ref("c1")))
        done = await standing.finished(twins[0])
        again = await standing.submit(dial(standing), ANONYMOUS, key="k")
        assert again == done
        fresh = await standing.submit(dial(standing), ANONYMOUS, key="k2")
        theirs = await standing.submit(dial(standing), OTHER, key="k")
        assert len({done.id, fresh.id, theirs.id}) == 3
        calls = [await page.carry_out(Done()), await page.carry_out(Done())]
        assert [one.call for one in calls] == [2, 3]


async def test_the_same_key_with_another_body_is_a_conflict_while_it_runs_and_after() -> None:
    async with bench() as standing:
        page = await standing.page()
        record = await standing.submit(dial(standing), ANONYMOUS, key="k")
        for finished in (False, True):
            if finished:
                await page.carry_out(Done())
                await standing.finished(record)
            with pytest.raises(RefusedError) as refused:
                await standing.submit(dial(standing, "+2"), ANONYMOUS, key="k")
            assert refused.value.code is ErrorCode.CONFLICT
            assert record.id in refused.value.message


async def test_a_key_is_good_for_a_day() -> None:
    clock = FakeClock()
    async with bench(clock=clock) as standing:
        page = await standing.page()
        first = await standing.submit(dial(standing), ANONYMOUS, key="k")
        await page.carry_out(Done())
        await standing.finished(first)
        await clock.advance(24 * 3600 + 60)
        second = await standing.submit(dial(standing), ANONYMOUS, key="k")
        assert second.id != first.id
        await page.carry_out(Done())


async def test_a_key_past_its_length_is_refused_and_not_cut() -> None:
    async with bench() as standing:
        await standing.page()
        with pytest.raises(RefusedError) as refused:
            await standing.submit(dial(standing), ANONYMOUS, key="k" * 201)
        assert refused.value.code is ErrorCode.INVALID_COMMAND


@pytest.mark.parametrize("store", ["memory", "sqlite"])
async def test_a_password_reaches_the_platform_and_nothing_else(store: str, tmp_path: Path) -> None:
    file = tmp_path / "t.db"
    secret = "hunter2-hunter2"
    async with bench(path=":memory:" if store == "memory" else str(file)) as standing:
        page = await standing.page()
        stream = await standing.stream()
        command = Login(platform_id=P, agent_id=AgentId("a1"), password=secret)
        first = await standing.submit(command, ANONYMOUS, key="k")
        twin = await standing.submit(command, ANONYMOUS, key="k")
        assert (await page.carry_out(Done())).command["password"] == secret
        done = await standing.finished(first)
        again = await standing.submit(command, ANONYMOUS, key="k")
        found = await standing.gateway.dispatch.find(first.id, ANONYMOUS)
        stored = await standing.gateway.store.command(first.id)
        assert first.id == twin.id == again.id
        for record in (first, twin, done, again, found, stored):
            assert record is not None
            assert secret not in msgspec.json.encode(record).decode()
        await stream.until(lambda event: isinstance(event, ev.CommandFinished))
        assert secret not in (await standing.request("GET", "/v1/events?limit=1000")).body.decode()
    if store == "sqlite":
        assert not [one for one in kept_in(tmp_path) if secret.encode() in one]


async def test_too_many_commands_at_once_are_refused_and_the_next_is_taken_when_one_is_over() -> None:
    async with bench(overrides={"limits": {"command_queue": 2}}) as standing:
        page = await standing.page()
        first = await standing.submit(dial(standing), ANONYMOUS)
        await standing.submit(dial(standing), ANONYMOUS)
        with pytest.raises(RefusedError) as refused:
            await standing.submit(dial(standing), ANONYMOUS)
        assert refused.value.code is ErrorCode.RATE_LIMITED
        other = await standing.page("a2")
        await standing.submit(Logout(session_id=standing.session("a2")), ANONYMOUS)
        await other.carry_out(Done())
        await page.carry_out(Done())
        await standing.finished(first)
        await standing.submit(dial(standing), ANONYMOUS)


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
        async with asyncio.timeout(5):
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


async def test_an_answer_in_the_very_turn_of_the_deadline_and_the_deadline_are_not_both_heeded() -> None:
    clock = FakeClock()
    async with bench(clock=clock) as standing:
        page = await standing.page()
        stream = await standing.stream()
        record = await ask(standing, page)
        answer = Answer(needinfo_id=question(record).id, values={"skill": "s1"})
        refused: list[object] = []

        def at_the_deadline() -> None:
            task = asyncio.ensure_future(standing.gateway.dispatch.answer(answer, ANONYMOUS))
            task.add_done_callback(lambda done: refused.append(done.exception()))

        clock.call_later(120.0, at_the_deadline)
        await clock.advance(121.0)
        done = await standing.finished(record)
        await stream.until(lambda event: isinstance(event, ev.CommandFinished))
        resolved = [event.resolution for event in stream.seen if isinstance(event, ev.NeedInfoResolved)]
        assert resolved == [Resolution.EXPIRED]
        assert failure(done).code is ErrorCode.EXPIRED
        assert isinstance(refused[0], RefusedError)


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
