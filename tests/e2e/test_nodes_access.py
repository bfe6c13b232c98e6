"""Who may come in is the same at every node: keys, revocations, tickets; and who reads is noted."""

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path
from secrets import token_hex
from typing import Any

import pytest
from aiohttp import ClientSession, ClientWebSocketResponse, WSMsgType

from gateway.app import Gateway, running
from gateway.config import parse
from gateway.demo.simulation import internal_dialect
from gateway.http.sockets import ENDED
from tests.e2e.world import BY_NAME
from tests.nats_server import NatsServer

pytestmark = pytest.mark.whole


def node(folder: Path, name: str, bus: dict[str, Any]) -> Gateway:
    agents = [{"id": "ann", "extension": "101"}]
    raw = {
        "server": {"port": 0, "shutdown_s": 10.0},
        "store": {"path": str(folder / f"{name}.db")},
        "platforms": {"sim": {"dialect": internal_dialect(BY_NAME).name, "settings": {"agents": agents}}},
        "bus": bus,
    }
    return Gateway(parse(raw, name))


async def asked(
    http: ClientSession, method: str, url: str, key: str = "", body: object = None
) -> tuple[int, Any]:
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    async with http.request(method, url, json=body, headers=headers) as response:
        return response.status, await response.json()


async def end_of(socket: ClientWebSocketResponse) -> int | None:
    """By which code it is closed, once it is."""
    while (await socket.receive()).type is WSMsgType.TEXT:
        continue
    return socket.close_code


async def test_a_key_a_ticket_and_a_revocation_count_at_every_node(
    tmp_path: Path, nats_server: NatsServer
) -> None:
    bus = {"servers": [nats_server.url], "prefix": f"n{token_hex(4)}", "lease_s": 1}
    async with AsyncExitStack() as stack:
        first = await stack.enter_async_context(running(node(tmp_path, "first", bus)))
        second = await stack.enter_async_context(running(node(tmp_path, "second", bus)))
        http = await stack.enter_async_context(ClientSession())
        here, there = second.addresses[0], first.addresses[0]
        everything = ["events:read", "commands:write", "admin"]

        status, made = await asked(http, "POST", f"{here}/v1/keys", body={"name": "a", "scopes": everything})
        assert status == 201, made
        admin = made["key"]
        for url in (here, there):
            assert (await asked(http, "GET", f"{url}/v1/sessions"))[0] == 401
            assert (await asked(http, "GET", f"{url}/v1/sessions", admin))[0] == 200
        assert (await asked(http, "GET", f"{here}/v1/platforms", admin))[1]["platforms"]
        status, made = await asked(
            http, "POST", f"{there}/v1/keys", admin, {"name": "r", "scopes": ["events:read"]}
        )
        reader, reader_id = made["key"], made["id"]
        await second.store.barrier()

        # By the key, and by a ticket that the other one may have made.
        headers = {"Authorization": f"Bearer {reader}"}
        by_key = await stack.enter_async_context(http.ws_connect(f"{here}/v1/stream", headers=headers))
        _, ticket = await asked(http, "POST", f"{here}/v1/stream-tickets", reader)
        by_ticket = await stack.enter_async_context(
            http.ws_connect(f"{here}/v1/stream?ticket={ticket['ticket']}")
        )
        _, ticket = await asked(http, "POST", f"{there}/v1/stream-tickets", reader)
        source = await stack.enter_async_context(
            http.get(f"{here}/v1/events/stream?after=0&ticket={ticket['ticket']}")
        )
        assert source.status == 200
        for one in (by_key, by_ticket):
            await one.send_json({"type": "subscribe", "after": 0})
            assert (await one.receive_json())["type"] == "stream.subscribed"
            assert (await one.receive_json())["cursor"] == 1
        while b'"cursor":1,' not in await source.content.readline():
            continue
        assert (await asked(http, "GET", f"{here}/v1/events?after=0", reader))[0] == 200
        assert (await asked(http, "GET", f"{here}/v1/keys", reader))[0] == 403

        # What was read here is noted there; what is revoked there is over here.
        wanted, noted = {"events.streamed", "events.read"}, set[str]()
        while not wanted <= noted:  # it is passed on in no hurry
            _, audit = await asked(http, "GET", f"{there}/v1/audit?principal=key:{reader_id}", admin)
            noted = {one["entry"]["action"] for one in audit["entries"]}
        ends = [asyncio.create_task(end_of(one)) for one in (by_key, by_ticket)]
        status, _ = await asked(http, "DELETE", f"{there}/v1/keys/{reader_id}", admin)
        assert status == 200
        assert await asyncio.gather(*ends) == [ENDED, ENDED]
        await source.content.read()
        await second.store.barrier()
        assert (await asked(http, "GET", f"{here}/v1/sessions", reader))[0] == 401
