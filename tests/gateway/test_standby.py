"""A gateway on standby speaks to nobody outside, serves who comes, and goes on once it is told to."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import ClientSession, UnixConnector

from gateway.api.operator import Activated
from gateway.cli.running import asked
from gateway.outbound.signature import new_secret
from gateway.store.sqlite import SqliteStore
from schemas.errors import RefusedError, StoreError
from schemas.interaction import InteractionState
from schemas.queries import TransferData
from schemas.values import Json
from tests.fakes import until
from tests.gateway.handmade import NAME, Ask, Bench, P, bench, call
from tests.gateway.querying import hooks
from tests.gateway.test_links import Exchange, dials, linked
from tests.gateway.webhook_world import Receiver, receiving

OPEN: Mapping[str, Json] = {"webhooks": {"allow_private_networks": ["127.0.0.0/8"]}}


async def on_standby(path: str) -> None:
    """Keep in the store that the gateway on it is."""
    store = SqliteStore(path)
    await store.open()
    await store.set_standby(on=True)
    await store.close()


async def subscribed(standing: Bench, receiver: Receiver) -> str:
    made = await standing.request("POST", "/v1/webhooks", {"url": f"{receiver.url}/hook"})
    assert made.status == 201
    made_of = made.json()["webhook"]
    assert isinstance(made_of, dict)
    return str(made_of["id"])


@asynccontextmanager
async def operator(folder: Path) -> AsyncIterator[ClientSession]:
    path = str(folder / "operator.t.db.sock")
    async with ClientSession("http://operator", connector=UnixConnector(path)) as http:
        yield http


async def test_a_copy_delivers_nothing_until_it_is_told_to_and_then_all(tmp_path: Path) -> None:
    path = str(tmp_path / "t.db")
    async with receiving() as receiver:
        receiver.answers["/hook"] = 503
        async with bench(path=path, overrides=OPEN) as standing:
            webhook = await subscribed(standing, receiver)
            page = await standing.page()
            await standing.shown(page, call())
            await receiver.next()  # and it failed: deliveries are pending
        await on_standby(path)
        while not receiver.got.empty():
            receiver.got.get_nowait()
        receiver.answers["/hook"] = 204
        for _ in range(2):  # over a restart as well
            async with bench(path=path, overrides=OPEN) as standing:
                page = await standing.page()
                await standing.shown(page, call("c2"))
                test = await standing.request("POST", f"/v1/webhooks/{webhook}/test")
                assert test.status == 503
                replayed = await standing.request("POST", f"/v1/webhooks/{webhook}/replay", {})
                assert replayed.status in {200, 202}
                await standing.gateway.deliverer.planned()
                await standing.gateway.store.barrier()
                ready = await standing.request("GET", "/readyz")
                assert (ready.status, "on standby" in ready.body.decode()) == (200, True)
                assert b"trunkline_standby 1.0" in (await standing.request("GET", "/metrics")).body
                assert receiver.got.empty()
        async with bench(path=path, overrides=OPEN) as standing, operator(tmp_path) as http:
            async with http.post("/activate") as answer:
                assert await answer.json() == {"was_standby": True}
            got = {(await receiver.next()).event for _ in range(3)}
            assert len(got) > 1
            assert (await standing.request("POST", f"/v1/webhooks/{webhook}/test")).status == 200
            assert (await standing.request("GET", "/readyz")).json()["notes"] == {}
            assert b"trunkline_standby 0.0" in (await standing.request("GET", "/metrics")).body
            async with http.post("/activate") as answer:
                assert await answer.json() == {"was_standby": False}
        async with bench(path=path) as standing:
            assert not standing.gateway.standby.on


async def test_the_operator_hears_why_a_standby_cannot_be_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = str(tmp_path / "t.db")
    await on_standby(path)

    async def refuse(*_args: object, **_named: object) -> None:
        raise StoreError("the disk is full")

    async with bench(path=path) as standing, operator(tmp_path) as http:
        monkeypatch.setattr(standing.gateway.store, "set_standby", refuse)
        async with http.post("/activate") as answer:
            assert (answer.status, (await answer.json())["detail"]) == (503, "the disk is full")
        with pytest.raises(RefusedError, match="the disk is full"):
            await asked(standing.gateway.config, "POST", "/activate", None, Activated)
        assert standing.gateway.standby.on


async def test_a_copy_dials_no_platform_until_it_is_told_to(tmp_path: Path) -> None:
    path, exchange = str(tmp_path / "t.db"), Exchange()
    await on_standby(path)
    async with (
        exchange.open() as url,
        bench(path=path, platforms=dials(url)) as standing,
        operator(tmp_path) as http,
    ):
        listed = (await standing.request("GET", "/v1/platforms")).body.decode()
        assert "on standby" in listed
        assert not exchange.calls
        await http.post("/activate")
        await linked(standing, 1)
        assert "on standby" not in (await standing.request("GET", "/v1/platforms")).body.decode()


async def test_a_copy_asks_no_query_hook_until_it_is_told_to(tmp_path: Path) -> None:
    path = str(tmp_path / "t.db")
    await on_standby(path)
    async with receiving() as receiver:
        hook: dict[str, Json] = {"url": receiver.url, "secret": new_secret()}
        platforms: dict[str, dict[str, Json]] = {P: {"dialect": NAME, "queries": {"webhook": hook}}}
        async with bench(path=path, platforms=platforms) as standing:
            page = await standing.page()
            await standing.shown(page, call(state=InteractionState.WRAP_UP))
            await page.say(Ask("t1", TransferData()))
            assert await page.heard() == {"answer": "t1", "value": None}
            assert (receiver.got.empty(), hooks(standing, "no_opinion")) == (True, 0)
            assert await standing.gateway.standby.end()
            await page.say(Ask("t2", TransferData()))
            await until(lambda: hooks(standing, "no_opinion") == 1)


async def test_who_asks_for_standby_at_the_start_has_it_kept(tmp_path: Path) -> None:
    path = str(tmp_path / "t.db")
    async with bench(path=path) as standing:
        await standing.gateway.standby.begin(ask=True)
    async with bench(path=path) as standing:
        assert standing.gateway.standby.on
        ended = await asyncio.gather(standing.gateway.standby.end(), standing.gateway.standby.end())
        assert True in ended
        assert not standing.gateway.standby.on
