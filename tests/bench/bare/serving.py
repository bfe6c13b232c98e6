"""What the bare servers share: frames by hand, and aiohttp with a health page."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import cast

from aiohttp import web

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def framed(body: bytes) -> bytes:
    """An unmasked text frame, as a server sends it."""
    length = len(body)
    if length < 126:
        return bytes((0x81, length)) + body
    if length < 1 << 16:
        return b"\x81\x7e" + length.to_bytes(2) + body
    return b"\x81\x7f" + length.to_bytes(8) + body


class Subscribers:
    """Who is told: each by one write, straight to its transport."""

    def __init__(self) -> None:
        self._writes: set[Callable[[bytes], None]] = set()

    def write(self, frames: bytes) -> None:
        """To each of them."""
        for write in self._writes:
            write(frames)

    async def tell(self, request: web.Request) -> web.WebSocketResponse:
        """One, until it goes."""
        socket = web.WebSocketResponse(compress=False)
        await socket.prepare(request)
        write = cast("asyncio.Transport", request.transport).write
        self._writes.add(write)
        async for _ in socket:
            pass
        self._writes.discard(write)
        return socket


async def _well(_: web.Request) -> web.Response:
    return web.Response(text="ok")


async def serve(port: int, gets: Mapping[str, Handler], posts: Mapping[str, Handler] | None = None) -> None:
    """Until the process is ended."""
    app = web.Application()
    for path, handler in {"/healthz": _well, **gets}.items():
        app.router.add_get(path, handler)
    for path, handler in (posts or {}).items():
        app.router.add_post(path, handler)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port, backlog=4096).start()
    await asyncio.Event().wait()
