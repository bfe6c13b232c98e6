"""Interactions that a platform forgot are given up once; what shows up later is another one."""

from pathlib import Path

from schemas import events as ev
from schemas.interaction import EndCause, Interaction, Side
from schemas.interaction import InteractionState as S
from schemas.observations import InteractionsListed
from tests.e2e.world import Stream
from tests.fakes import FakeClock, until
from tests.gateway.handmade import A1, Bench, P, agent, bench, call

HOURS = 3600.0


def found(standing: Bench, one: Interaction) -> Interaction:
    now = standing.gateway.state.snapshots.interaction(one.id)
    assert now is not None
    return now


async def lost(stream: Stream) -> Interaction:
    told = await stream.until(lambda event: isinstance(event, ev.InteractionCompleted))
    assert isinstance(told, ev.InteractionCompleted)
    return told.interaction


async def test_what_has_had_no_link_for_hours_is_ended_as_lost_and_once() -> None:
    clock = FakeClock()
    async with bench(clock=clock) as standing:
        page = await standing.page()
        (shown,) = await standing.shown(page, call(state=S.CONNECTED))
        stream = await standing.stream()
        await page.socket.close()
        await until(lambda: standing.gateway.platforms[P].links == 0)
        await clock.advance(5.9 * HOURS)
        assert found(standing, shown).state is S.CONNECTED
        await clock.advance(0.2 * HOURS)
        one = await lost(stream)
        assert (one.id, one.end_cause, one.ended_by) == (shown.id, EndCause.LOST, Side.UNKNOWN)
        await clock.advance(12 * HOURS)
        kinds = [type(event) for event in stream.seen if isinstance(event, ev.InteractionEvent)]
        assert kinds == [ev.InteractionEnded, ev.InteractionCompleted]


async def test_a_link_that_is_silent_for_hours_is_trusted() -> None:
    clock = FakeClock()
    async with bench(clock=clock) as standing:
        page = await standing.page()
        (shown,) = await standing.shown(page, call(state=S.CONNECTED))
        await clock.advance(48 * HOURS)
        assert found(standing, shown).state is S.CONNECTED


async def test_a_link_that_was_back_in_between_begins_the_time_anew() -> None:
    clock = FakeClock()
    async with bench(clock=clock) as standing:
        page = await standing.page()
        (shown,) = await standing.shown(page, call(state=S.CONNECTED))
        for _ in range(3):
            await page.socket.close()
            await until(lambda: standing.gateway.platforms[P].links == 0)
            await clock.advance(4 * HOURS)
            page = await standing.page()
            await clock.advance(0.1 * HOURS)
        assert found(standing, shown).state is S.CONNECTED


async def test_what_is_seen_again_after_it_was_given_up_goes_on() -> None:
    clock = FakeClock()
    async with bench(clock=clock) as standing:
        page = await standing.page()
        (shown,) = await standing.shown(page, call(state=S.CONNECTED))
        stream = await standing.stream()
        await page.socket.close()
        await until(lambda: standing.gateway.platforms[P].links == 0)
        await clock.advance(7 * HOURS)
        await lost(stream)
        page = await standing.page()  # it was told of nobody's calls before it was ready
        (again,) = await standing.shown(page, call(state=S.HELD))
        assert (again.id, again.end_inferred, again.ended_at) == (shown.id, False, None)
        assert isinstance(
            await stream.until(lambda event: isinstance(event, ev.InteractionReopened)),
            ev.InteractionReopened,
        )
        await page.see(InteractionsListed(agent=A1, refs=(again.ref,)), agent())
        await standing.shown(page, call(state=S.CONNECTED))
        assert found(standing, again).state is S.CONNECTED


async def test_the_time_counts_on_from_a_restart(tmp_path: Path) -> None:
    clock, path = FakeClock(), str(tmp_path / "t.db")
    async with bench(clock=clock, path=path) as standing:
        (shown,) = await standing.shown(await standing.page(), call(state=S.CONNECTED))
    await clock.advance(100 * HOURS)
    async with bench(clock=clock, path=path) as standing:
        await clock.advance(5.9 * HOURS)
        assert found(standing, shown).state is S.CONNECTED
        stream = await standing.stream()
        await clock.advance(0.2 * HOURS)
        assert (await lost(stream)).id == shown.id
