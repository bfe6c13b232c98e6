"""The roofline: the whole path and nothing else. `pipeline.py PORT STORE`.

Frames come in at `/in` through aiohttp, are decoded and encoded once by msgspec, journaled by group commit,
and then told at `/sub`: the frames of a commit as one write a subscriber, straight to its transport.
"""

import sys
from collections.abc import Sequence
from typing import Final

import uvloop
from aiohttp import web

from tests.bench.bare.journal import Journal
from tests.bench.bare.serving import Subscribers, framed, serve
from tests.bench.bare.translation import translate, write


class Pipeline:
    """Sockets, journal, sockets."""

    def __init__(self, store: str) -> None:
        self.subscribers: Final = Subscribers()
        self._journal: Final = Journal[bytes](store, bytes, self._told)
        self._number = 0

    def _told(self, bodies: Sequence[bytes]) -> None:
        self.subscribers.write(b"".join(map(framed, bodies)))

    async def take(self, request: web.Request) -> web.WebSocketResponse:
        """A page."""
        socket = web.WebSocketResponse(compress=False, decode_text=False)
        await socket.prepare(request)
        async for message in socket:
            self._number += 1
            self._journal.append(write(translate(message.data, self._number)))
        return socket


async def main(port: int, store: str) -> None:
    """Until the process is ended."""
    pipeline = Pipeline(store)
    await serve(port, {"/in": pipeline.take, "/sub": pipeline.subscribers.tell})


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1]), sys.argv[2]))
