"""The bare fan-out: frames in, a made-up event of so many bytes out, coalesced.

`fanout.py PORT BYTES`. One write a subscriber and turn of the loop; no journal, nothing decoded.
"""

import asyncio
import sys
from typing import Final

import uvloop
from aiohttp import web

from tests.bench.bare.serving import Subscribers, framed, serve


class FanOut:
    """Sockets to sockets."""

    def __init__(self, size: int) -> None:
        begun = b'{"type":"interaction.held","x":"'
        self._frame: Final = framed(begun + b"x" * (size - len(begun) - 2) + b'"}')
        self.subscribers: Final = Subscribers()
        self._due = 0

    def _flush(self) -> None:
        frames, self._due = self._frame * self._due, 0
        self.subscribers.write(frames)

    async def take(self, request: web.Request) -> web.WebSocketResponse:
        """A page."""
        socket = web.WebSocketResponse(compress=False, decode_text=False)
        await socket.prepare(request)
        loop = asyncio.get_running_loop()
        async for _ in socket:
            if not self._due:
                loop.call_soon(self._flush)
            self._due += 1
        return socket


async def main(port: int, size: int) -> None:
    """Until the process is ended."""
    fan = FanOut(size)
    await serve(port, {"/in": fan.take, "/sub": fan.subscribers.tell})


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1]), int(sys.argv[2])))
