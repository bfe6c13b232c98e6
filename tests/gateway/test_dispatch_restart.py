"""What a command leaves behind: when it is stored, how far it came, and what the next life makes of that."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from adapters.contract.dialect import Done
from gateway.security.access import ANONYMOUS
from gateway.store.audit import Note
from gateway.store.sqlite import SqliteStore
from schemas import events as ev
from schemas.commands import Alternate, AnyCommand, Complete, Login
from schemas.ids import AgentId, Cursor, Ref
from schemas.interaction import InteractionState
from schemas.needinfo import Answer, Choice, Field, FieldType, NeedInfoKind, Question, Resolution
from schemas.results import (
    AnyResult,
    CommandRecord,
    CommandStatus,
    Effect,
    ErrorCode,
    Failed,
    NeedsInfo,
    Succeeded,
)
from tests.fakes import FakeClock, FakeTimer, until
from tests.gateway.commands import dial, failure, power_cut
from tests.gateway.handmade import Bench, P, Page, bench, call
from tests.patience import PATIENCE_S


@asynccontextmanager
async def restarted(folder: Path, clock: FakeClock | None = None) -> AsyncIterator[Bench]:
    """A second life: it knows the agent, whose page has not come back yet."""
    path = str(folder / "t.db")
    async with bench(path=path, clock=clock) as standing:
        await standing.page()
    async with bench(path=path, clock=clock) as standing:
        yield standing


async def stored(standing: Bench, record: CommandRecord) -> CommandRecord:
    kept = await standing.gateway.store.command(record.id)
    assert kept is not None
    return kept


# --- when it is stored


async def test_a_call_leaves_only_when_the_store_says_that_it_may_have(tmp_path: Path) -> None:
    async with bench(path=str(tmp_path / "t.db")) as standing:
        page = await standing.page()
        record = await standing.submit(dial(standing), ANONYMOUS)
        assert await stored(standing, record) == record
        assert (record.status, record.sent_at) == (CommandStatus.SENT, None)
        await page.carry_out(Done())
        done = await standing.finished(record)
        assert done.sent_at is not None
        assert done.finished_at is not None
        assert done.accepted_at <= done.sent_at <= done.finished_at
        assert await stored(standing, record) == done


async def test_just_after_a_start_a_command_waits_for_the_agents_link(tmp_path: Path) -> None:
    async with restarted(tmp_path) as standing:
        record = await standing.submit(dial(standing), ANONYMOUS)
        assert record.status is CommandStatus.ACCEPTED
        assert await stored(standing, record) == record
        page = await standing.page()
        assert (await page.carry_out(Done())).call == 1
        assert (await standing.finished(record)).result == Succeeded()


async def test_it_waits_no_longer_than_for_an_answer_and_then_nothing_has_happened(tmp_path: Path) -> None:
    clock = FakeClock()
    async with restarted(tmp_path, clock) as standing:
        record = await standing.submit(dial(standing), ANONYMOUS)
        await clock.advance(10.0)
        failed = failure(await standing.finished(record))
        assert (failed.code, failed.effect) == (ErrorCode.LINK_DOWN, Effect.NONE)
        late = failure(await standing.finished(await standing.submit(dial(standing), ANONYMOUS)))
        assert (late.code, late.effect) == (ErrorCode.LINK_DOWN, Effect.NONE)  # at once: nobody waits now


# --- over a crash


async def test_a_command_that_was_not_sent_is_sent_by_the_next_life_once(tmp_path: Path) -> None:
    async with restarted(tmp_path) as standing:
        record = await standing.submit(dial(standing), ANONYMOUS, key="k")
        left = power_cut(tmp_path)
    async with bench(path=left) as standing:
        again = await standing.submit(dial(standing), ANONYMOUS, key="k")
        assert (again.id, again.status) == (record.id, CommandStatus.ACCEPTED)
        page = await standing.page()
        assert (await page.carry_out(Done())).call == 1
        assert (await standing.finished(record)).result == Succeeded()
        probe = await standing.submit(dial(standing), ANONYMOUS)
        assert (await page.carry_out(Done())).call == 2
        await standing.finished(probe)


async def test_one_that_waited_too_long_for_that_fails_without_effect(tmp_path: Path) -> None:
    clock = FakeClock()
    async with restarted(tmp_path, clock) as standing:
        record = await standing.submit(dial(standing), ANONYMOUS)
        left = power_cut(tmp_path)
    async with bench(path=left, clock=FakeClock(clock.now().replace(minute=30))) as standing:
        failed = failure(await standing.finished(record))
        assert (failed.code, failed.effect) == (ErrorCode.UNAVAILABLE, Effect.NONE)


async def test_a_sign_in_is_not_taken_up_again_for_its_password_is_not_kept(tmp_path: Path) -> None:
    login = Login(platform_id=P, agent_id=AgentId("a1"), password="s3")
    async with restarted(tmp_path) as standing:
        record = await standing.submit(login, ANONYMOUS)
        assert record.status is CommandStatus.ACCEPTED
        left = power_cut(tmp_path)
    async with bench(path=left) as standing:
        failed = failure(await standing.finished(record))
        assert (failed.code, failed.effect) == (ErrorCode.UNAVAILABLE, Effect.NONE)
        assert "sign in again" in failed.message


# --- of several calls


async def swap(standing: Bench, page: Page) -> CommandRecord:
    """Half done: the first call was answered, the second one is with the platform."""
    shown, *_ = await standing.shown(page, call(state=InteractionState.CONNECTED))
    record = await standing.submit(Alternate(interaction_id=shown.id), ANONYMOUS)
    await page.carry_out(Done())
    return record


HALF = "(at: take the other; done before: hold the one)"


@pytest.mark.parametrize("how", ["refused", "link", "timeout"])
async def test_a_command_that_stops_half_way_says_where(how: str) -> None:
    clock = FakeClock()
    async with bench(clock=clock) as standing:
        page = await standing.page()
        record = await swap(standing, page)
        asked = await page.called()
        if how == "refused":
            no = Failed(code=ErrorCode.WRONG_STATE, message="no", effect=Effect.UNKNOWN)
            await page.reply(asked, no)
        elif how == "link":
            await page.socket.close()
        else:
            await clock.advance(10.0)
        done = await standing.finished(record)
        failed = failure(done)
        assert failed.message.endswith(HALF)
        assert failed.effect is Effect.UNKNOWN
        assert done.steps == ("hold the one", "take the other")


@pytest.mark.parametrize("who", ["customer", "colleague"])
async def test_whoever_hangs_up_does_not_end_the_command_but_the_platforms_answer_does(who: str) -> None:
    async with bench() as standing:
        page = await standing.page()
        consultation = replace(call("c2", InteractionState.HELD), consult_of_ref=Ref("c1"))
        await standing.shown(page, call(state=InteractionState.CONNECTED), consultation)
        record = await swap(standing, page)
        asked = await page.called()
        gone = "c1" if who == "customer" else "c2"
        await standing.shown(page, call(gone, InteractionState.WRAP_UP))
        found = await standing.gateway.dispatch.find(record.id, ANONYMOUS)
        assert found.status is CommandStatus.SENT
        await page.reply(asked, Failed(code=ErrorCode.WRONG_STATE, message="gone", effect=Effect.UNKNOWN))
        assert failure(await standing.finished(record)).message == f"gone {HALF}"
        left = [one for one in standing.gateway.state.snapshots.interactions() if one.ended_at is None]
        assert [one.ref for one in left] == ["c2" if who == "customer" else "c1"]


async def test_a_gateway_that_is_killed_half_way_says_so_when_it_is_back(tmp_path: Path) -> None:
    async with bench(path=str(tmp_path / "t.db")) as standing:
        page = await standing.page()
        record = await swap(standing, page)
        await page.called()
        await standing.gateway.store.barrier()
        left = power_cut(tmp_path)
    async with bench(path=left) as standing:
        found = await standing.gateway.dispatch.find(record.id, ANONYMOUS)
        failed = failure(found)
        assert (failed.code, failed.effect) == (ErrorCode.INTERNAL, Effect.UNKNOWN)
        assert failed.message.endswith(HALF)
        assert found.steps == ("hold the one", "take the other")


async def test_a_command_of_one_call_has_no_steps_and_costs_two_writes(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    written: list[CommandStatus] = []
    put = SqliteStore.put_command

    async def counted(self: SqliteStore, record: CommandRecord, note: Note | None = None) -> None:
        written.append(record.status)
        await put(self, record, note)

    monkeypatch.setattr(SqliteStore, "put_command", counted)
    async with bench(path=str(tmp_path / "t.db")) as standing:
        page = await standing.page()
        record = await standing.submit(dial(standing), ANONYMOUS)
        await page.carry_out(Done())
        assert (await standing.finished(record)).steps == ()
    assert written == [CommandStatus.SENT, CommandStatus.FINISHED]


# --- with a question open


SKILL = Question(
    kind=NeedInfoKind.OUTBOUND_SKILL,
    title="Which?",
    fields=(Field(key="skill", type=FieldType.CHOICE, choices=(Choice(id="s1"),)),),
)
TAKE_OVER = Question(
    kind=NeedInfoKind.CONFIRM,
    title="Take over?",
    fields=(Field(key="confirm", type=FieldType.BOOLEAN, title="Take over"),),
)


async def asking(standing: Bench, page: Page, command: AnyCommand, *rounds: Question) -> CommandRecord:
    """A command that the platform asks about, in the last of these rounds."""
    record = await standing.submit(command, ANONYMOUS)
    for number, question in enumerate(rounds):
        await page.carry_out(question)
        record = await standing.finished(record)
        if number < len(rounds) - 1:
            await standing.gateway.dispatch.answer(yes(record), ANONYMOUS)
    return record


def yes(record: CommandRecord) -> Answer:
    """What says yes to a question, whatever it asks."""
    assert isinstance(record.result, NeedsInfo), record
    (asked,) = record.result.needinfo.fields
    return Answer(needinfo_id=record.result.needinfo.id, values={asked.key: "s1" if asked.choices else True})


async def over(standing: Bench, record: CommandRecord) -> CommandRecord:
    """The command, finished."""
    async with asyncio.timeout(PATIENCE_S):
        found = await standing.gateway.dispatch.find(record.id, ANONYMOUS)
        while found.finished_at is None:
            await standing.gateway.clock.sleep(0)
            found = await standing.gateway.dispatch.find(record.id, ANONYMOUS)
    return found


async def ends(standing: Bench, record: CommandRecord) -> list[AnyResult]:
    """All results that were ever told of it."""
    await standing.gateway.store.barrier()
    events = await standing.gateway.store.read(Cursor(0), 1_000)
    finished = msgspec.json.Decoder(ev.CommandFinished)
    told = [finished.decode(one.body) for one in events if one.type == "command.finished"]
    return [one.result for one in told if one.command_id == record.id]


class Eager(FakeClock):
    """What is due at once is called in the next turn of the loop, as the machine's clock does."""

    def call_later(self, delay_s: float, callback: Callable[[], None]) -> FakeTimer:
        """Call when it is due, or in the next turn."""
        timer = super().call_later(delay_s, callback)
        if delay_s <= 0:

            def ring() -> None:
                if not timer.cancelled:
                    timer.cancelled = True
                    callback()

            asyncio.get_running_loop().call_soon(ring)
        return timer


@pytest.mark.parametrize("others", [0, 3])
async def test_a_question_that_ran_out_meanwhile_ends_its_command_once_and_as_expired(
    tmp_path: Path, others: int
) -> None:
    clock = Eager()
    async with bench(path=str(tmp_path / "t.db"), clock=clock) as standing:
        page = await standing.page()
        sent = [await standing.submit(dial(standing, f"+{n}"), ANONYMOUS) for n in range(others)]
        for _ in sent:
            await page.called()
        record = await asking(standing, page, dial(standing), SKILL)
        left = power_cut(tmp_path)
    later = Eager(clock.now() + timedelta(seconds=121))
    async with bench(path=left, clock=later) as standing:
        await later.advance(1.0)
        done = await over(standing, record)
        assert (failure(done).code, failure(done).effect) == (ErrorCode.EXPIRED, Effect.NONE)
        assert await ends(standing, record) == [done.result]
        for one in sent:  # and of what was sent nobody knows
            assert failure(await standing.finished(one)).effect is Effect.UNKNOWN


@pytest.mark.parametrize(
    ("how", "code"),
    [(Resolution.EXPIRED, ErrorCode.EXPIRED), (Resolution.CANCELLED, ErrorCode.CANCELLED)],
)
async def test_what_was_killed_between_the_end_of_its_question_and_its_own_ends_as_the_question_did(
    tmp_path: Path, how: Resolution, code: ErrorCode
) -> None:
    path = str(tmp_path / "t.db")
    async with bench(path=path) as standing:
        record = await asking(standing, await standing.page(), dial(standing), SKILL)
    store = SqliteStore(path)
    await store.open()
    assert isinstance(record.result, NeedsInfo)
    await store.put_needinfo(record.result.needinfo, how)  # and no further did it get
    await store.close()
    async with bench(path=path) as standing:
        done = await standing.finished(record)
        assert (failure(done).code, failure(done).effect) == (code, Effect.NONE)
        assert await ends(standing, record) == [done.result]


async def test_a_question_about_an_interaction_that_is_completed_by_then_is_overtaken(tmp_path: Path) -> None:
    path = str(tmp_path / "t.db")
    async with bench(path=path) as standing:
        page = await standing.page()
        shown, *_ = await standing.shown(page, call(state=InteractionState.WRAP_UP))
        record = await asking(standing, page, Complete(interaction_id=shown.id), SKILL)
        assert isinstance(record.result, NeedsInfo)
        await page.see(call(state=InteractionState.COMPLETED))
        await until(lambda: not standing.gateway.dispatch.pending)
    store = SqliteStore(path)
    await store.open()
    await store.put_command(record)  # as if it had been killed before it could draw the conclusion
    await store.put_needinfo(record.result.needinfo, None)
    await store.close()
    async with bench(path=path) as standing:
        assert isinstance((await over(standing, record)).result, Succeeded)
        assert not standing.gateway.dispatch.pending


@pytest.mark.parametrize("rounds", [(TAKE_OVER,), (TAKE_OVER, SKILL)], ids=["first", "second"])
async def test_a_sign_in_whose_question_is_answered_by_the_next_life_is_not_sent(
    tmp_path: Path, rounds: tuple[Question, ...]
) -> None:
    login = Login(platform_id=P, agent_id=AgentId("a1"), password="s3")
    async with bench(path=str(tmp_path / "t.db")) as standing:
        record = await asking(standing, await standing.page(), login, *rounds)
        left = power_cut(tmp_path)
    async with bench(path=left) as standing:
        page = await standing.page()
        await standing.gateway.dispatch.answer(yes(record), ANONYMOUS)
        failed = failure(await over(standing, record))
        assert (failed.code, failed.effect) == (ErrorCode.UNAVAILABLE, Effect.NONE)
        assert "sign in again" in failed.message
        probe = await standing.submit(dial(standing), ANONYMOUS)
        assert (await page.carry_out(Done())).verb == "interaction.dial"  # the first thing it hears
        await standing.finished(probe)


async def test_a_sign_in_whose_answer_was_all_that_was_kept_asks_for_the_password_again(
    tmp_path: Path,
) -> None:
    path = str(tmp_path / "t.db")
    login = Login(platform_id=P, agent_id=AgentId("a1"), password="s3")
    async with bench(path=path) as standing:
        record = await asking(standing, await standing.page(), login, TAKE_OVER)
    store = SqliteStore(path)
    await store.open()
    assert isinstance(record.result, NeedsInfo)
    await store.put_needinfo(record.result.needinfo, Resolution.POLICY)
    await store.close()
    async with bench(path=path) as standing:
        failed = failure(await over(standing, record))
        assert (failed.code, failed.effect) == (ErrorCode.UNAVAILABLE, Effect.NONE)


async def test_the_same_life_still_has_the_password() -> None:
    async with bench() as standing:
        page = await standing.page()
        login = Login(platform_id=P, agent_id=AgentId("a1"), password="s3")
        record = await asking(standing, page, login, TAKE_OVER)
        await standing.gateway.dispatch.answer(yes(record), ANONYMOUS)
        assert (await page.carry_out(Done())).command["password"] == "s3"
        assert isinstance((await standing.finished(record)).result, Succeeded)
