"""A command whose effect was unknown when it ended: what shows it later is told, once."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from adapters.contract.dialect import Done
from gateway.commands import unproved
from gateway.security.access import ANONYMOUS
from schemas import events as ev
from schemas.agent import AgentState
from schemas.commands import AnyCommand, Hold, Release, SendDtmf, SetState, Unmute
from schemas.ids import Ref
from schemas.interaction import InteractionState as S
from schemas.observations import InteractionsListed
from schemas.results import CommandRecord, Effect, Proof
from tests.e2e.world import Stream
from tests.fakes import FakeClock, until
from tests.gateway.commands import dial, failure, power_cut
from tests.gateway.handmade import A1, Bench, Over, P, Page, agent, bench, call


async def lost(standing: Bench, page: Page, command: AnyCommand) -> CommandRecord:
    """A command under which the link went down."""
    record = await standing.submit(command, ANONYMOUS)
    await page.called()
    await page.socket.close()
    done = await standing.finished(record)
    assert failure(done).effect is Effect.UNKNOWN
    assert done.proof is None
    return done


async def proved(standing: Bench, stream: Stream, record: CommandRecord) -> ev.CommandProved:
    told = await stream.until(lambda event: isinstance(event, ev.CommandProved))
    assert isinstance(told, ev.CommandProved)
    assert told.command_id == record.id
    found = await standing.gateway.dispatch.find(record.id, ANONYMOUS)
    assert found == replace(record, proof=told.effect)
    return told


async def back(standing: Bench, *states: tuple[str, S]) -> Page:
    """The page comes back and tells how things stand."""
    page = await standing.relay()
    await page.see(agent(), *(call(ref, state) for ref, state in states))
    listed = InteractionsListed(agent=A1, refs=tuple(Ref(ref) for ref, _ in states))
    await page.see(listed)
    await page.say(Over())
    await until(lambda: standing.gateway.platforms[P].links > 0)
    return page


@pytest.mark.parametrize(("state", "proof"), [(S.HELD, Proof.DONE), (S.CONNECTED, Proof.NONE)])
async def test_the_snapshot_of_the_next_link_shows_what_became_of_it(state: S, proof: Proof) -> None:
    async with bench() as standing:
        page = await standing.page()
        (shown,) = await standing.shown(page, call(state=S.CONNECTED))
        stream = await standing.stream()
        record = await lost(standing, page, Hold(interaction_id=shown.id))
        await back(standing, ("c1", state))
        told = await proved(standing, stream, record)
        assert (told.effect, told.interaction_id, told.verb) == (proof, shown.id, "interaction.hold")


@pytest.mark.parametrize(("then", "proof"), [(S.COMPLETED, Proof.DONE), (S.CONNECTED, Proof.NONE)])
async def test_an_end_that_was_only_inferred_proves_nothing_and_what_the_platform_says_then_does(
    then: S, proof: Proof
) -> None:
    async with bench() as standing:
        page = await standing.page()
        (shown,) = await standing.shown(page, call(state=S.CONNECTED))
        stream = await standing.stream()
        record = await lost(standing, page, Release(interaction_id=shown.id))
        page = await back(standing)
        await stream.until(lambda event: isinstance(event, ev.InteractionCompleted))
        assert (await standing.gateway.dispatch.find(record.id, ANONYMOUS)).proof is None
        if then is S.COMPLETED:
            await page.see(call(state=then))
        else:
            await back(standing, ("c1", then))
        assert (await proved(standing, stream, record)).effect is proof


async def test_a_call_that_was_not_there_before_is_the_one_that_was_dialled() -> None:
    async with bench() as standing:
        page = await standing.page()
        same = replace(call("c0", S.CONNECTED), remote_address="+1")
        await standing.shown(page, same)
        stream = await standing.stream()
        record = await lost(standing, page, dial(standing))
        page = await back(standing, ("c0", S.CONNECTED))  # nothing of it; and it may have come and gone
        await standing.shown(page, replace(call("c9", S.DIALING), remote_address="+2"))
        (_, _, mine) = await standing.shown(page, replace(call("c1", S.DIALING), remote_address="+1"))
        told = await proved(standing, stream, record)
        assert (told.effect, told.interaction_id) == (Proof.DONE, mine.id)
        assert sum(isinstance(event, ev.CommandProved) for event in stream.seen) == 1


async def test_what_was_seen_before_the_platform_was_given_up_counts() -> None:
    clock = FakeClock()
    async with bench(clock=clock) as standing:
        page = await standing.page()
        (shown,) = await standing.shown(page, call(state=S.CONNECTED))
        stream = await standing.stream()
        record = await standing.submit(Hold(interaction_id=shown.id), ANONYMOUS)
        await page.called()
        await standing.shown(page, call(state=S.HELD))
        await clock.advance(10.0)
        done = await standing.finished(record)
        assert (await proved(standing, stream, done)).effect is Proof.DONE


async def test_a_command_that_the_end_of_the_process_overtook_is_proved_in_the_next_life(
    tmp_path: Path,
) -> None:
    async with bench(path=str(tmp_path / "t.db")) as standing:
        page = await standing.page()
        (shown,) = await standing.shown(page, call(state=S.CONNECTED))
        record = await standing.submit(Hold(interaction_id=shown.id), ANONYMOUS)
        await page.called()
        left = power_cut(tmp_path)
    async with bench(path=left):
        pass  # it is finished there, and watched in vain
    async with bench(path=left) as standing:
        stream = await standing.stream()
        await back(standing, ("c1", S.HELD))
        done = await standing.gateway.dispatch.find(record.id, ANONYMOUS)
        told = await proved(standing, stream, replace(done, proof=None))
        assert told.effect is Proof.DONE
    async with bench(path=left) as standing:
        await back(standing, ("c1", S.CONNECTED))
        await standing.gateway.store.barrier()
        body = (await standing.request("GET", "/v1/events?type=command.proved")).body
        assert body.count(record.id.encode()) == 1


async def test_what_nothing_shows_is_not_watched_and_what_is_over_shows_nothing_more() -> None:
    async with bench() as standing:
        page = await standing.page()
        (shown,) = await standing.shown(page, call(state=S.CONNECTED))
        stream = await standing.stream()
        tones = await lost(standing, page, SendDtmf(interaction_id=shown.id, tones="1"))
        page = await back(standing, ("c1", S.CONNECTED))
        held = await lost(standing, page, Hold(interaction_id=shown.id))
        page = await back(standing)  # whether it was on hold in between nobody can tell
        (other,) = await standing.shown(page, call("c2", S.CONNECTED))
        ended = await lost(standing, page, Release(interaction_id=other.id))
        page = await back(standing)
        await page.see(call("c2", S.COMPLETED))
        assert (await proved(standing, stream, ended)).command_id == ended.id
        for record in (tones, held):
            assert (await standing.gateway.dispatch.find(record.id, ANONYMOUS)).proof is None


async def test_what_was_so_before_proves_nothing() -> None:
    async with bench() as standing:
        page = await standing.page()
        (shown,) = await standing.shown(page, call(state=S.CONNECTED))
        stream = await standing.stream()
        unmuted = await lost(standing, page, Unmute(interaction_id=shown.id))
        page = await back(standing, ("c1", S.CONNECTED))
        held = await lost(standing, page, Hold(interaction_id=shown.id))
        await back(standing, ("c1", S.HELD))
        assert (await proved(standing, stream, held)).effect is Proof.DONE
        assert (await standing.gateway.dispatch.find(unmuted.id, ANONYMOUS)).proof is None


async def test_the_oldest_make_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unproved, "MOST", 1)
    async with bench() as standing:
        page = await standing.page()
        (shown,) = await standing.shown(page, call(state=S.CONNECTED))
        stream = await standing.stream()
        first = await lost(standing, page, Hold(interaction_id=shown.id))
        page = await standing.relay()  # not ready yet, but it serves the agent
        await page.see(agent())
        await until(lambda: standing.gateway.links.serving(standing.session()))
        away = SetState(session_id=standing.session(), state=AgentState.BUSY)
        second = await lost(standing, page, away)
        await back(standing, ("c1", S.HELD))
        assert (await proved(standing, stream, second)).effect is Proof.NONE
        assert (await standing.gateway.dispatch.find(first.id, ANONYMOUS)).proof is None


async def test_after_a_day_nobody_looks_any_more() -> None:
    clock = FakeClock()
    async with bench(clock=clock) as standing:
        page = await standing.page()
        stream = await standing.stream()
        record = await lost(standing, page, dial(standing))
        await clock.advance(unproved.LIFE.total_seconds() + 1)
        page = await back(standing)
        await standing.shown(page, replace(call("c1", S.DIALING), remote_address="+1"))
        probe = await standing.submit(dial(standing), ANONYMOUS)
        await page.carry_out(Done())
        await standing.finished(probe)
        await stream.until(lambda event: event.command_id == probe.id)
        assert (await standing.gateway.dispatch.find(record.id, ANONYMOUS)).proof is None
