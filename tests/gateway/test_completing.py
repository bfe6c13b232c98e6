"""Completing a call: never what ends it, and never refused for what nobody is sure of."""

from collections.abc import Mapping
from typing import Final

import pytest
from msgspec.structs import replace

from adapters.contract.dialect import Done
from gateway.security.access import ANONYMOUS
from schemas.commands import Complete, Hold, Release, SetNotes
from schemas.ids import Ref
from schemas.interaction import InteractionState, Media
from schemas.observations import InteractionObserved, InteractionsListed
from schemas.results import CommandRecord, CommandStatus, Effect, ErrorCode, Failed, Succeeded
from tests.fakes import FakeClock, until
from tests.gateway.commands import failure
from tests.gateway.handmade import A1, Bench, Over, P, Page, agent, bench, call

LIVE: Final = (
    InteractionState.DIALING,
    InteractionState.ALERTING,
    InteractionState.CONNECTED,
    InteractionState.HELD,
)
NO: Final = Failed(code=ErrorCode.WRONG_STATE, message="no")


async def completing(standing: Bench) -> CommandRecord:
    (one,) = standing.gateway.state.snapshots.interactions()
    return await standing.submit(Complete(interaction_id=one.id), ANONYMOUS)


async def asked(standing: Bench, page: Page) -> None:
    """The platform is asked, and decides."""
    record = await completing(standing)
    assert (await page.carry_out(NO)).verb == "interaction.complete"
    assert failure(await standing.finished(record)).message == "no"


async def refused(standing: Bench) -> None:
    """It is not even asked."""
    failed = failure(await standing.finished(await completing(standing)))
    assert (failed.code, failed.effect) == (ErrorCode.WRONG_STATE, Effect.NONE)
    assert "release it" in failed.message


@pytest.mark.parametrize("state", LIVE)
async def test_a_call_that_the_platform_says_is_on_is_not_completed(state: InteractionState) -> None:
    async with bench() as standing:
        page = await standing.page()
        await standing.shown(page, call(state=state))
        await refused(standing)
        await standing.shown(page, call(state=InteractionState.WRAP_UP))
        await asked(standing, page)


MEDIA: Final[Mapping[str, InteractionObserved]] = {
    "a chat that goes on": replace(call(state=InteractionState.CONNECTED), media=Media.CHAT),
    "in no state that anybody knows": call(state=InteractionState.UNKNOWN),
    "offered and not yet a call": call(state=InteractionState.PREVIEW),
}


@pytest.mark.parametrize("seen", MEDIA.values(), ids=MEDIA.keys())
async def test_of_anything_else_the_platform_decides(seen: InteractionObserved) -> None:
    async with bench() as standing:
        page = await standing.page()
        await standing.shown(page, seen)
        await asked(standing, page)


async def test_what_a_former_connection_told_refuses_nothing() -> None:
    async with bench() as standing:
        page = await standing.page()
        await standing.shown(page, call(state=InteractionState.CONNECTED))
        await page.socket.close()
        await until(lambda: standing.gateway.platforms[P].links == 0)
        page = await standing.relay()
        listed = InteractionsListed(agent=A1, refs=(Ref("c1"),))
        await page.see(agent(), InteractionObserved(agent=A1, ref=Ref("c1"), notes="x"), listed)
        await page.say(Over())
        await until(lambda: standing.gateway.platforms[P].links == 1)
        await asked(standing, page)
        await page.see(call(state=InteractionState.CONNECTED))  # it is as it was, but now that was said
        await until(lambda: certain(standing))
        await refused(standing)


def certain(standing: Bench) -> bool:
    (one,) = standing.gateway.state.snapshots.interactions()
    link = standing.gateway.links.to(one.platform_id, one.session_id)
    return link is not None and link.certain(one)


async def test_while_a_command_is_under_way_or_unseen_the_platform_decides() -> None:
    async with bench() as standing:
        page = await standing.page()
        (one,) = await standing.shown(page, call(state=InteractionState.CONNECTED))
        held = await standing.submit(Hold(interaction_id=one.id), ANONYMOUS)
        at_hold = await page.called()
        await asked(standing, page)
        await page.reply(at_hold, Done())
        await standing.finished(held)
        await asked(standing, page)
        await standing.shown(page, call(state=InteractionState.HELD))
        await refused(standing)


async def test_what_certainly_did_nothing_leaves_no_doubt() -> None:
    async with bench() as standing:
        page = await standing.page()
        (one,) = await standing.shown(page, call(state=InteractionState.CONNECTED))
        record = await standing.submit(SetNotes(interaction_id=one.id, notes="x"), ANONYMOUS)
        await page.carry_out(NO)
        await standing.finished(record)
        await refused(standing)


# --- released, then completed


async def released(standing: Bench, page: Page) -> CommandRecord:
    """A completion right after a release that was taken, and is not seen yet."""
    (one,) = await standing.shown(page, call(state=InteractionState.CONNECTED))
    record = await standing.submit(Release(interaction_id=one.id), ANONYMOUS)
    await page.carry_out(Done())
    await standing.finished(record)
    record = await completing(standing)
    assert record.status is CommandStatus.ACCEPTED
    return record


async def test_a_completion_waits_for_the_end_that_a_release_brings() -> None:
    async with bench() as standing:
        page = await standing.page()
        record = await released(standing, page)
        await page.see(call(state=InteractionState.WRAP_UP))
        assert (await page.carry_out(Done())).verb == "interaction.complete"
        assert (await standing.finished(record)).result == Succeeded()


async def test_where_nothing_is_left_to_complete_it_is_done() -> None:
    async with bench() as standing:
        page = await standing.page()
        record = await released(standing, page)
        await page.see(call(state=InteractionState.COMPLETED))
        assert (await standing.finished(record)).result == Succeeded()


async def test_an_end_that_does_not_come_leaves_it_to_the_platform() -> None:
    clock = FakeClock()
    async with bench(clock=clock) as standing:
        page = await standing.page()
        record = await released(standing, page)
        await clock.advance(10.0)
        await page.carry_out(NO)
        assert failure(await standing.finished(record)).message == "no"
