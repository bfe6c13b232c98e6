"""A whole gateway whose store is NATS JetStream: killed under load, it has everything once."""

import asyncio
import signal
from pathlib import Path
from typing import Any

import msgspec
import pytest
from aiohttp import ClientError, ClientSession, WSMsgType

from tests.e2e.processes import configure, journal, served, stop
from tests.nats_server import NatsServer

pytestmark = pytest.mark.whole

ENOUGH = 100  # events, after which it is killed


def on_bus(folder: Path, server: NatsServer) -> str:
    """A configuration with a bus; returns its path."""
    path = Path(configure(folder))
    path.write_text(f"{path.read_text()}\nbus: {{servers: ['{server.url}'], prefix: whole, lease_s: 1}}\n")
    return str(path)


async def give_orders(http: ClientSession, url: str, session: str) -> list[str]:
    """One command after the other until nobody takes any. Returns those that were accepted."""
    taken: list[str] = []
    while True:
        state = ("ready", "not_ready")[len(taken) % 2]
        body = {"type": "agent.set_state", "session_id": session, "state": state}
        try:
            async with http.post(f"{url}/v1/commands", json=body) as response:
                if response.status != 200:
                    return taken
                taken.append((await response.json())["id"])
        except ClientError:
            return taken


async def follow(http: ClientSession, url: str, enough: asyncio.Event) -> list[dict[str, Any]]:
    """What a stream client is told until the connection breaks."""
    told: list[dict[str, Any]] = []
    async with http.ws_connect(f"{url}/v1/stream", max_msg_size=0) as socket:
        await socket.send_json({"type": "subscribe", "after": 0})
        while (message := await socket.receive()).type is WSMsgType.TEXT:
            told += [one for one in [msgspec.json.decode(message.data)] if "id" in one]
            if len(told) >= ENOUGH:
                enough.set()
    return told


async def test_a_gateway_on_nats_that_is_killed_has_everything_once(
    tmp_path: Path, nats_server: NatsServer
) -> None:
    config, enough = on_bus(tmp_path, nats_server), asyncio.Event()
    async with served(config) as (process, url), ClientSession() as http:
        async with http.get(f"{url}/v1/sessions") as response:
            both = [one["id"] for one in (await response.json())["sessions"]]
        following = asyncio.create_task(follow(http, url, enough))
        orders = [asyncio.create_task(give_orders(http, url, session)) for session in both]
        await enough.wait()
        process.send_signal(signal.SIGKILL)
        taken = [one for some in await asyncio.gather(*orders) for one in some]
        seen = await following
        await process.wait()
    async with served(config) as (process, url), ClientSession() as http:
        everything = await journal(http, url)
        kept = {one["cursor"]: one["id"] for one in everything}
        assert [one["cursor"] for one in everything] == list(range(1, len(everything) + 1))
        assert {one["cursor"]: one["id"] for one in seen}.items() <= kept.items()
        finished = [one["command_id"] for one in everything if one["type"] == "command.finished"]
        assert sorted(finished) == sorted(set(finished))
        assert set(taken) <= set(finished)
        for one in set(finished):
            async with http.get(f"{url}/v1/commands/{one}") as response:
                assert (await response.json())["status"] == "finished"
        assert (await stop(process)).code == 0
    assert not (tmp_path / "trunkline.db.node").exists()
    assert not (tmp_path / "trunkline.db").exists()


async def ready(http: ClientSession, url: str, status: int) -> str:
    """What `/readyz` says once it answers so."""
    while True:
        async with http.get(f"{url}/readyz") as response:
            if response.status == status:
                return await response.text()
        await asyncio.sleep(0.05)  # it tells nobody when that changes


async def test_without_nats_it_says_so_goes_on_once_it_is_back_and_stops_in_time(tmp_path: Path) -> None:
    server = NatsServer(tmp_path / "nats")
    server.start()
    try:
        async with served(on_bus(tmp_path, server)) as (process, url), ClientSession() as http:
            await ready(http, url, 200)
            server.kill()
            assert "NATS" in await ready(http, url, 503)
            server.start()
            await ready(http, url, 200)
            async with http.get(f"{url}/v1/sessions") as response:
                session = (await response.json())["sessions"][0]["id"]
            body = {"type": "agent.set_state", "session_id": session, "state": "ready"}
            async with http.post(f"{url}/v1/commands", json=body) as response:
                assert response.status in {200, 202}, await response.text()
            server.kill()
            await ready(http, url, 503)
            await stop(process)
    finally:
        server.kill()
