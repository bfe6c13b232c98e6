"""A gateway whose lease is over makes no more calls, and says what has happened until then."""

import pytest

from adapters.contract.dialect import Done
from gateway.security.access import ANONYMOUS
from gateway.store.memory import MemoryStore
from schemas.commands import Alternate, Hold
from schemas.interaction import InteractionState
from schemas.results import Effect, ErrorCode, Succeeded
from tests.gateway.commands import failure
from tests.gateway.handmade import bench, call


class Owning:
    """Whether the store is still this gateway's."""

    def __init__(self) -> None:
        self.still = True

    def __call__(self) -> bool:
        """As the store says."""
        return self.still


@pytest.fixture
def owning(monkeypatch: pytest.MonkeyPatch) -> Owning:
    answer = Owning()
    monkeypatch.setattr(MemoryStore, "owns", lambda _store: answer())
    return answer


async def test_a_call_is_not_made_once_another_gateway_may_be_making_it(owning: Owning) -> None:
    async with bench() as standing:
        page = await standing.page()
        (shown,) = await standing.shown(page, call(state=InteractionState.CONNECTED))
        owning.still = False
        late = failure(
            await standing.finished(await standing.submit(Hold(interaction_id=shown.id), ANONYMOUS))
        )
        assert (late.code, late.effect) == (ErrorCode.UNAVAILABLE, Effect.NONE)
        owning.still = True
        record = await standing.submit(Hold(interaction_id=shown.id), ANONYMOUS)
        assert (await page.carry_out(Done())).verb == "interaction.hold"  # the first that it ever got
        assert (await standing.finished(record)).result == Succeeded()


async def test_between_two_calls_of_a_command_it_stops_and_says_what_was_done(owning: Owning) -> None:
    async with bench() as standing:
        page = await standing.page()
        shown, _ = await standing.shown(
            page, call("c1", InteractionState.CONNECTED), call("c2", InteractionState.HELD)
        )
        record = await standing.submit(Alternate(interaction_id=shown.id), ANONYMOUS)
        first = await page.called()
        owning.still = False
        await page.reply(first, Done())
        ended = failure(await standing.finished(record))
        assert (ended.code, ended.effect) == (ErrorCode.UNAVAILABLE, Effect.UNKNOWN)
