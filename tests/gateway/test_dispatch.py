"""The life of a command: taken once, attempted, timed, finished once."""

import asyncio
from pathlib import Path

import msgspec
import pytest

from adapters.contract.dialect import Done
from gateway.security.access import ANONYMOUS, Principal, Scope
from schemas import events as ev
from schemas.commands import AnyCommand, Hold, Login, Logout, SendChat, StartEmail
from schemas.errors import RefusedError
from schemas.ids import AgentId, CommandId, InteractionId, Ref, SessionId
from schemas.interaction import InteractionState
from schemas.results import CommandRecord, CommandStatus, Effect, ErrorCode, Succeeded
from tests.fakes import FakeClock, until
from tests.gateway.commands import dial, failure
from tests.gateway.handmade import P, bench, call

OTHER = Principal(name="key:other", scopes=frozenset(Scope))


def kept_in(folder: Path) -> list[bytes]:
    return [one.read_bytes() for one in folder.iterdir()]


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
        (shown,) = await standing.shown(page, call("c7", InteractionState.DIALING))
        result = (await standing.finished(record)).result
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
        exposition = (await standing.request("GET", "/metrics")).body.decode()
        unawaited = 'trunkline_remarks_total{dialect="handmade",kind="unawaited",platform="p"} 1.0'
        assert unawaited in exposition.splitlines()


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
