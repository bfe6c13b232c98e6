"""The yardstick: a bare aiohttp WebSocket that sends every frame back. `echo.py PORT`."""

import asyncio
import sys

import uvloop
from aiohttp import WSMsgType, web


async def reflect(request: web.Request) -> web.WebSocketResponse:
    """Send back what comes."""
    socket = web.WebSocketResponse(compress=False)
    await socket.prepare(request)
    async for message in socket:
        if message.type is WSMsgType.TEXT:
            await socket.send_str(message.data)
    return socket


async def well(_: web.Request) -> web.Response:
    """We are there."""
    return web.Response(text="ok")


async def serve(port: int) -> None:
    """Until the process is ended."""
    app = web.Application()
    app.router.add_get("/", reflect)
    app.router.add_get("/healthz", well)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1])))
