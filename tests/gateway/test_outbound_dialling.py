"""As many platforms are dialled as are configured: none waits for another's link to end."""

import asyncio

from aiohttp import ClientWebSocketResponse, web
from aiohttp.test_utils import TestServer

from gateway.outbound.client import dialling
from gateway.outbound.lookups import Lookups
from tests.patience import PATIENCE_S

MORE_THAN_A_POOL_HAS = 120


async def test_link_does_not_wait_for_another_one_to_end() -> None:
    async def platform(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        async for _ in socket:
            pass
        return socket

    app = web.Application()
    app.router.add_get("/", platform)
    lookups = Lookups([])
    async with TestServer(app) as server, dialling(lookups) as session, asyncio.timeout(PATIENCE_S):
        links: list[ClientWebSocketResponse[bool]] = [
            await session.ws_connect(server.make_url("/")) for _ in range(MORE_THAN_A_POOL_HAS)
        ]
        assert not any(link.closed for link in links)
        await asyncio.gather(*(link.close() for link in links))
    await lookups.close()
