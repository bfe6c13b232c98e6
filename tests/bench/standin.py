"""Stands in for the gateway where the load client itself is tested: the same paths, no translation at all.

`standin.py PORT [SLOW_S]`. A link is asked two things and only its later events count; a subscriber is told
of each from when he is told that he is subscribed, which takes so long.
"""

import asyncio
import json
import sys
from typing import Final

import uvloop
from aiohttp import web

EVENTS: Final = {
    ("ON_NEW_INTERACTION", "delivered"): "interaction.created",
    ("ON_INTERACTION_STATE_CHANGE", "hold"): "interaction.held",
    ("ON_INTERACTION_STATE_CHANGE", "delivered"): "interaction.retrieved",
}
SUBSCRIBERS: Final = web.AppKey("subscribers", list[web.WebSocketResponse])
SLOW_S: Final = web.AppKey("slow_s", float)


async def link(request: web.Request) -> web.WebSocketResponse:
    """An agent's page: hello, two questions, events."""
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    hello = await socket.receive_json()
    await socket.send_json({"jsonrpc": "2.0", "id": hello["id"], "result": {}})
    for number, method in enumerate(("getLoginState", "getInteractionsState"), 1):
        await socket.send_json({"jsonrpc": "2.0", "id": number, "method": method, "params": []})
    unanswered = {1, 2}
    early: list[str] = []
    async for message in socket:
        frame = json.loads(message.data)
        if "method" in frame:
            (snapshot,) = frame["params"]
            early.append(EVENTS[frame["method"], snapshot["state"]])
        elif frame["result"]["status"] == "success":
            unanswered.discard(frame["id"])
        if not unanswered:
            for event in early:
                for subscriber in request.app[SUBSCRIBERS]:
                    await subscriber.send_str(f'{{"type":"{event}","filler":"{"x" * 1000}"}}')
            early.clear()
    return socket


async def stream(request: web.Request) -> web.WebSocketResponse:
    """A subscriber."""
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    if await socket.receive_json() != {"type": "subscribe"}:
        await socket.close(code=4400)
        return socket
    await asyncio.sleep(request.app[SLOW_S])
    request.app[SUBSCRIBERS].append(socket)
    await socket.send_str('{"type":"stream.subscribed"}')
    await socket.send_str('{"type":"platform.state_changed"}')
    async for _ in socket:
        pass
    return socket


async def well(_: web.Request) -> web.Response:
    """We are there."""
    return web.Response(text="ok")


async def serve(port: int, slow_s: float = 0.0) -> None:
    """Until the process is ended."""
    app = web.Application()
    app[SUBSCRIBERS] = []
    app[SLOW_S] = slow_s
    app.router.add_get("/v1/links/{platform}", link)
    app.router.add_get("/v1/stream", stream)
    app.router.add_get("/healthz", well)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1]), *map(float, sys.argv[2:])))
