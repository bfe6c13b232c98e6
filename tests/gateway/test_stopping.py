"""The gateway's end: nothing new, what is under way to its end, and never longer than it may take."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import pytest
from aiohttp import ClientConnectorError, ClientSession

from adapters.contract.dialect import Done
from adapters.registry import DIALECTS
from gateway.app import Gateway
from gateway.config import parse
from gateway.http.sockets import GOING_AWAY
from gateway.runtime.shutdown import Step, stop
from gateway.runtime.tasks import Tasks
from gateway.security.access import ANONYMOUS
from gateway.store.memory import MemoryStore
from schemas import events as ev
from schemas.errors import RefusedError
from schemas.ids import NeedInfoId
from schemas.needinfo import Answer
from schemas.results import CommandStatus, Effect, ErrorCode, Succeeded
from tests.fakes import FakeClock, until
from tests.gateway.commands import dial, failure
from tests.gateway.handmade import HANDMADE, Bench, P
from tests.patience import PATIENCE_S

# --- the steps


def step(name: str, until_part: float, seconds: float, clock: FakeClock, done: list[str]) -> Step:
    async def work(_left_s: float) -> None:
        await clock.sleep(seconds)
        done.append(name)

    return Step(name, until_part, work)


async def test_a_step_that_hangs_takes_its_share_and_no_more() -> None:
    clock, done = FakeClock(), list[str]()
    steps = [
        step("quick", 0.2, 1.0, clock, done),
        step("hangs", 0.5, 3600.0, clock, done),
        step("last", 1.0, 4.0, clock, done),
    ]
    stopping = asyncio.create_task(stop(steps, 10.0, clock))
    await clock.advance(5.0)
    assert done == ["quick"]
    await clock.advance(4.0)
    assert await stopping == ("hangs",)
    assert done == ["quick", "last"]


async def test_a_step_that_does_not_even_heed_being_cancelled_is_left_behind() -> None:
    clock, never, deaf = FakeClock(), asyncio.Event(), list[asyncio.Task[object]]()

    async def work(_left_s: float) -> None:
        deaf.append(asyncio.ensure_future(never.wait()))
        try:
            await asyncio.sleep(3600)  # longer than the test
        finally:
            await asyncio.shield(deaf[0])

    stopping = asyncio.create_task(stop([Step("deaf", 1.0, work)], 10.0, clock))
    await clock.advance(10.0)
    assert await stopping == ("deaf",)
    never.set()


async def test_what_goes_wrong_in_a_step_is_told_when_all_are_taken() -> None:
    done: list[str] = []

    async def fail(_left_s: float) -> None:
        raise LookupError("a mistake of ours")

    async def note(_left_s: float) -> None:
        done.append("last")

    with pytest.raises(LookupError):
        await stop([Step("fails", 0.5, fail), Step("last", 1.0, note)], 10.0, FakeClock())
    assert done == ["last"]


# --- the gateway


@asynccontextmanager
async def started(shutdown_s: float, store: MemoryStore | None = None) -> AsyncIterator[Bench]:
    """A gateway that a test stops itself."""
    raw = {
        "server": {"port": 0, "shutdown_s": shutdown_s},
        "store": {"path": ":memory:"},
        "platforms": {P: {"dialect": "handmade"}},
    }
    gateway = Gateway(parse(raw, "test"), dialects=(HANDMADE, *DIALECTS), store=store)
    async with AsyncExitStack() as stack:
        await gateway.start()
        await gateway.listen()
        http = await stack.enter_async_context(ClientSession())
        tasks = Tasks()
        stack.push_async_callback(tasks.finish, 0.0)
        yield Bench(gateway, http, tasks, stack)


async def test_what_is_under_way_goes_on_and_nothing_new_is_taken() -> None:
    async with started(30.0) as standing, ClientSession() as newcomer:
        page = await standing.page()
        stream = await standing.stream()
        record = await standing.submit(dial(standing), ANONYMOUS)
        asked = await page.called()
        assert (await standing.request("GET", "/readyz")).status == 200  # and this connection stays
        stopping = asyncio.create_task(standing.gateway.stop())
        await until(lambda: not standing.gateway.health.ready()[0])
        ready = await standing.request("GET", "/readyz")
        assert (ready.status, ready.json()["checks"]) == (
            503,
            {"webhooks": "ok", "store_files": "ok", "gateway": "stopping"},
        )
        async with standing.http.post(
            f"{standing.url}/v1/commands",
            json={"type": "interaction.dial", "session_id": standing.session(), "destination": "+1"},
        ) as refused:
            assert (refused.status, refused.headers["Retry-After"]) == (503, "5")
            assert (await refused.json())["type"] == "urn:trunkline:unavailable"
        with pytest.raises(RefusedError, match="stopping"):
            await standing.gateway.dispatch.answer(Answer(needinfo_id=NeedInfoId("ask_1")), ANONYMOUS)
        with pytest.raises(ClientConnectorError):
            await newcomer.get(f"{standing.url}/healthz")
        await page.reply(asked, Done())
        await stream.until(lambda event: isinstance(event, ev.CommandFinished))
        assert (await page.closed())[0] == GOING_AWAY
        await stopping
        assert standing.gateway.flushed
        kept = await standing.gateway.store.command(record.id)
        assert kept is not None
        assert kept.result == Succeeded()


async def test_a_platform_that_does_not_answer_leaves_its_commands_effect_unknown() -> None:
    async with started(1.0) as standing:
        page = await standing.page()
        record = await standing.submit(dial(standing), ANONYMOUS)
        await page.called()
        await standing.gateway.stop()
        assert standing.gateway.flushed
        kept = await standing.gateway.store.command(record.id)
        assert kept is not None
        assert (kept.status, failure(kept).effect) == (CommandStatus.FINISHED, Effect.UNKNOWN)
        assert failure(kept).code is ErrorCode.LINK_DOWN


class Stuck(MemoryStore):
    """A disk that hangs."""

    def __init__(self) -> None:
        super().__init__()
        self.hangs = False

    async def barrier(self) -> None:
        """Never return, when it hangs."""
        while self.hangs:
            await asyncio.Event().wait()
        await super().barrier()


async def test_a_store_that_hangs_does_not_hold_the_gateway() -> None:
    store = Stuck()
    async with started(0.5, store) as standing:
        store.hangs = True
        async with asyncio.timeout(PATIENCE_S):
            await standing.gateway.stop()
        assert not standing.gateway.flushed
