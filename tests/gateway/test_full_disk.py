"""A disk that is full: nothing is lost, nothing is begun that could not be kept, and it ends by itself."""

import asyncio
from pathlib import Path

import pytest
from aiohttp import WSCloseCode

from gateway.security.access import ANONYMOUS
from gateway.store.base import Store
from gateway.store.sqlite import SqliteStore
from schemas import events as ev
from schemas.commands import Accept, Reject
from schemas.errors import UncertainError
from schemas.interaction import InteractionState
from schemas.results import Effect, ErrorCode, Failed
from schemas.values import Json
from tests.contract.full_disk import full_disk
from tests.fakes import FakeClock, until
from tests.gateway.handmade import Page, bench, call

LIMIT = 40


async def test_a_full_disk_is_told_holds_the_links_refuses_commands_and_loses_nothing(tmp_path: Path) -> None:
    path = str(tmp_path / "trunkline.db")
    async with bench(path=path, overrides={"limits": {"journal_pending": LIMIT}}) as standing:
        store: Store = standing.gateway.store
        assert isinstance(store, SqliteStore)
        page: Page = await standing.page()
        (one,) = await standing.shown(page, call())
        stream = await standing.stream()
        command = {"type": "interaction.accept", "interaction_id": one.id}
        await store.barrier()
        with full_disk(path):
            for _ in range(LIMIT):
                await page.see(call(state=InteractionState.HELD), call(state=InteractionState.CONNECTED))
            assert (await page.heard())["params"] == [True]
            await until(lambda: bool(store.trouble))
            other = Page(await standing.connect("/v1/links/p"))
            await other.socket.send_json({"id": 1, "method": "trunkline.hello", "params": [{"agent": "a2"}]})
            assert (await other.closed())[0] == WSCloseCode.TRY_AGAIN_LATER
            async with standing.http.post(f"{standing.url}/v1/commands", json=command) as refused:
                assert refused.status == 503
                assert "nothing was begun" in await refused.text()
                assert "Retry-After" in refused.headers
            webhook = {"url": "https://subscriber.example"}
            assert (await standing.request("POST", "/v1/webhooks", webhook)).status == 503
            health = await standing.request("GET", "/readyz")
            assert health.status == 503
            assert "no room" in health.body.decode()
            assert b"trunkline_store_trouble 1.0" in (await standing.request("GET", "/metrics")).body
            assert store.pending() < LIMIT + 10
            assert (await standing.request("GET", f"/v1/interactions/{one.id}")).status == 200
        assert (await page.heard())["params"] == [False]
        changes = (ev.InteractionHeld, ev.InteractionRetrieved, ev.InteractionConnected)
        await until(lambda: sum(isinstance(event, changes) for event in stream.seen) == 2 * LIMIT)
        assert [event.cursor for event in stream.seen] == list(
            range(stream.seen[0].cursor, stream.seen[-1].cursor + 1)
        )
        assert (await standing.request("GET", "/readyz")).status == 200
        assert b"trunkline_store_trouble 0.0" in (await standing.request("GET", "/metrics")).body
        assert store.trouble == ""


async def test_a_platform_of_ours_stands_still_while_the_journal_is_full(tmp_path: Path) -> None:
    path = str(tmp_path / "trunkline.db")
    platforms: dict[str, dict[str, Json]] = {
        "p": {"dialect": "softswitch", "settings": {"agents": [{"id": "a1"}]}}
    }
    overrides = {"limits": {"journal_pending": 1}}
    async with bench(path=path, platforms=platforms, overrides=overrides) as standing:
        session = standing.session()
        simulate = {"type": "vendor.call", "session_id": session, "method": "simulate.inbound_call"}
        stream = await standing.stream()
        for number in range(3):
            body = {**simulate, "params": [{"ani": f"+1555010{number}", "agent": "a1"}]}
            assert (await standing.request("POST", "/v1/commands", body)).status in {200, 202}
        await until(lambda: sum(isinstance(event, ev.InteractionCreated) for event in stream.seen) == 3)


async def test_a_command_that_could_be_kept_only_much_later_is_not_carried_out(tmp_path: Path) -> None:
    path, clock = str(tmp_path / "trunkline.db"), FakeClock()
    async with bench(path=path, clock=clock) as standing:
        store = standing.gateway.store
        page = await standing.page()
        (one,) = await standing.shown(page, call())
        await store.barrier()
        with full_disk(path):
            accept = standing.submit(Accept(interaction_id=one.id), ANONYMOUS, key="once")
            given = asyncio.ensure_future(accept)  # before anybody knows of the trouble
            await until(lambda: bool(store.trouble))
            await clock.advance(11)
            with pytest.raises(UncertainError, match="effect is unknown"):
                await given
        same = standing.submit(Accept(interaction_id=one.id), ANONYMOUS, key="once")
        done = await standing.finished(await same)
        assert isinstance(done.result, Failed)
        assert (done.result.code, done.result.effect) == (ErrorCode.UNAVAILABLE, Effect.NONE)
        await standing.submit(Reject(interaction_id=one.id), ANONYMOUS)
        assert (await page.called()).verb == "interaction.reject"  # the first that the platform hears of
