"""Connections that would go on for ever: so many at most, and ended as soon as the gateway stops."""

import asyncio

import pytest
from aiohttp import ClientError, ClientSession, WSServerHandshakeError, web
from aiohttp.test_utils import TestServer

from gateway.app import Gateway, running
from gateway.config import parse
from gateway.http import problems
from gateway.http.sockets import GOING_AWAY, Connections, served
from schemas.values import Json
from tests.patience import PATIENCE_S

PLATFORMS: Json = {"p": {"dialect": "softswitch", "settings": {"agents": [{"id": "a1"}]}}}


def gateway(**server: Json) -> Gateway:
    """One with a simulated platform, nothing kept."""
    raw: dict[str, Json] = {
        "server": {"port": 0, **server},
        "store": {"path": ":memory:"},
        "platforms": PLATFORMS,
    }
    return Gateway(parse(raw, "test"))


async def test_more_connections_than_configured_are_refused_until_one_is_over() -> None:
    async with running(gateway(max_connections=1)) as one, ClientSession() as http:
        stream, events = f"{one.addresses[0]}/v1/stream", f"{one.addresses[0]}/v1/events/stream"
        async with http.ws_connect(stream) as socket:
            await socket.send_json({"type": "subscribe"})
            await socket.receive_str()
            with pytest.raises(WSServerHandshakeError) as refused:
                await http.ws_connect(stream)
            assert refused.value.status == 429
            async with http.get(events) as response:
                assert response.status == 429
                assert (await response.json())["type"] == "urn:trunkline:rate_limited"
        async with asyncio.timeout(PATIENCE_S):
            while True:
                async with http.get(events) as response:
                    if response.status == 200:
                        return


async def test_peer_that_leaves_during_the_handshake_is_no_error_of_ours(
    caplog: pytest.LogCaptureFixture,
) -> None:
    left = asyncio.Event()

    async def handler(request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        request.transport.abort()
        try:
            async with served(request, 1024) as socket:
                return socket.response
        finally:
            left.set()

    app = web.Application(middlewares=[problems.middleware])
    Connections(app, most=1)
    app.router.add_get("/", handler)
    async with TestServer(app) as server, ClientSession() as http:
        for _ in range(2):  # the first one's place is free again
            with pytest.raises(ClientError):
                await http.ws_connect(server.make_url("/"))
            await left.wait()
            left.clear()
    assert not [one for one in caplog.records if one.levelname == "ERROR"]


async def test_a_gateway_that_stops_tells_everybody_at_once() -> None:
    async with ClientSession() as http:
        async with asyncio.timeout(PATIENCE_S), running(gateway(shutdown_s=4 * PATIENCE_S)) as one:
            url = one.addresses[0]
            stream = await http.ws_connect(f"{url}/v1/stream")
            await stream.send_json({"type": "subscribe"})
            await stream.receive_str()
            facade = await http.ws_connect(f"{url}/v1/facades/p/bright_pattern?agent=a1")
            await facade.send_json({"jsonrpc": "2.0", "id": 1, "method": "getLoginState", "params": []})
            await facade.receive_str()
            events = await http.get(f"{url}/v1/events/stream")
            await events.content.readuntil(b"\n\n")

            async def leave() -> None:
                for socket in (stream, facade):
                    await socket.receive()
                    assert socket.close_code == GOING_AWAY

            leaving = asyncio.create_task(leave())
        await leaving
        assert await events.content.read() == b""  # the whole answer: it was ended, not cut
