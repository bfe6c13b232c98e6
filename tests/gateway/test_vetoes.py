"""The veto on completion that the core holds: how long it stands, also over a restart."""

from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from adapters.contract.dialect import Done
from gateway.commands.targets import Targets
from gateway.commands.vetoes import veto
from gateway.security.access import ANONYMOUS
from schemas import events as ev
from schemas.commands import AnyCommand, BlockCompletion, Complete, UnblockCompletion
from schemas.ids import Cursor
from schemas.interaction import Interaction, InteractionState
from schemas.results import AnyResult, ErrorCode, Failed, Succeeded
from tests.fakes import FakeClock, until
from tests.gateway.handmade import Bench, P, Page, bench, call

S = InteractionState
CHANGED = "interaction.completion_block_changed"
_decode = msgspec.json.Decoder(ev.CompletionBlockChanged).decode


async def wrapping_up(standing: Bench, page: Page) -> Interaction:
    (one,) = await standing.shown(page, call(state=S.WRAP_UP))
    return one


async def result(standing: Bench, command: AnyCommand) -> AnyResult | None:
    return (await standing.finished(await standing.submit(command, ANONYMOUS))).result


async def refusal(standing: Bench, command: AnyCommand) -> ErrorCode:
    failed = await result(standing, command)
    assert isinstance(failed, Failed)
    return failed.code


def block(one: Interaction, limit_s: float = 0.0) -> BlockCompletion:
    return BlockCompletion(interaction_id=one.id, message="save first", limit_s=limit_s)


def shown(standing: Bench) -> Interaction:
    (one,) = standing.gateway.state.snapshots.interactions()
    return one


async def test_a_limited_veto_is_lifted_when_its_time_is_over_and_says_that_it_ended_so() -> None:
    clock = FakeClock()
    async with bench(clock=clock) as standing:
        page = await standing.page()
        one = await wrapping_up(standing, page)
        stream = await standing.stream(filter={"types": [CHANGED]})
        assert isinstance(await result(standing, block(one, 30)), Succeeded)
        until_when = clock.now() + timedelta(seconds=30)
        assert shown(standing).completion_blocked_until == until_when
        await clock.advance(29.9)
        assert await refusal(standing, Complete(interaction_id=one.id)) is ErrorCode.COMPLETION_BLOCKED
        await clock.advance(0.1)
        lifted = shown(standing)
        assert (lifted.completion_blocked, lifted.completion_blocked_until) == ("", until_when)
        await stream.until(
            lambda event: (
                isinstance(event, ev.CompletionBlockChanged) and not event.interaction.completion_blocked
            )
        )
        assert len(stream.seen) == 2


async def test_a_veto_that_is_lifted_by_hand_leaves_no_time_behind_and_one_without_limit_stands() -> None:
    clock = FakeClock()
    async with bench(clock=clock) as standing:
        one = await wrapping_up(standing, await standing.page())
        await result(standing, block(one, 30))
        await result(standing, UnblockCompletion(interaction_id=one.id))
        assert shown(standing).completion_blocked_until is None
        await result(standing, block(one))
        await clock.advance(3600)
        assert shown(standing).completion_blocked == "save first"


async def test_a_later_limit_takes_the_place_of_an_earlier_one() -> None:
    clock = FakeClock()
    async with bench(clock=clock) as standing:
        one = await wrapping_up(standing, await standing.page())
        await result(standing, block(one, 10))
        await clock.advance(5)
        await result(standing, block(one, 10))
        await clock.advance(6)
        assert shown(standing).completion_blocked
        await clock.advance(4)
        assert not shown(standing).completion_blocked


async def test_completion_is_judged_by_the_clock_and_not_by_the_timer() -> None:
    clock = FakeClock()
    async with bench(clock=clock) as standing:
        page = await standing.page()
        one = await wrapping_up(standing, page)
        await result(standing, block(one, 30))
        standing.gateway.vetoes.stop()  # a timer that is late
        await clock.advance(30)
        assert shown(standing).completion_blocked
        assert not veto(shown(standing), clock.now())
        record = await standing.submit(Complete(interaction_id=one.id), ANONYMOUS)
        assert (await page.carry_out(Done())).verb == "interaction.complete"
        assert isinstance((await standing.finished(record)).result, Succeeded)


@pytest.mark.parametrize("down_s", [10.0, 100.0])
async def test_a_restart_takes_the_timer_up_again(tmp_path: Path, down_s: float) -> None:
    clock, path = FakeClock(), str(tmp_path / "t.db")
    async with bench(clock=clock, path=path) as standing:
        one = await wrapping_up(standing, await standing.page())
        await result(standing, block(one, 30))
    await clock.advance(down_s)
    async with bench(clock=clock, path=path) as standing:
        await clock.advance(0)
        if down_s < 30:
            assert shown(standing).completion_blocked == "save first"
            assert await refusal(standing, Complete(interaction_id=one.id)) is ErrorCode.COMPLETION_BLOCKED
            await clock.advance(30 - down_s)
        assert shown(standing).completion_blocked == ""
        await standing.gateway.store.barrier()
        journal = await standing.gateway.store.read(Cursor(0), 1000)
        told = [_decode(one.body) for one in journal if one.type == CHANGED]
        assert [one.interaction.completion_blocked for one in told] == ["save first", ""]


async def test_a_veto_is_put_on_the_interaction_as_it_is_now_and_not_as_it_was() -> None:
    async with bench() as standing:
        page = await standing.page()
        one = await wrapping_up(standing, page)
        targets, command = Targets(standing.gateway.platforms, standing.gateway.state), block(one)
        target = targets.of(command)
        seen = replace(call(state=S.WRAP_UP), data={"case": "7"})
        standing.gateway.state.observe(P, seen, standing.gateway.clock.now())
        assert standing.gateway.dispatch.precheck.outcome(command, target) == Done()
        assert (shown(standing).data, shown(standing).completion_blocked) == ({"case": "7"}, "save first")


async def test_a_completed_interaction_takes_no_veto() -> None:
    async with bench() as standing:
        page = await standing.page()
        one = await wrapping_up(standing, page)
        await page.see(call(state=S.COMPLETED))
        await until(lambda: not standing.gateway.state.snapshots.interactions())
        for command in (block(one), UnblockCompletion(interaction_id=one.id)):
            assert await refusal(standing, command) is ErrorCode.WRONG_STATE
