"""The bare command round trip: a client, a link, and two commits. `commands.py PORT STORE`.

A command is durable before it goes to the link, and its result before it goes to the client, as it has to be
where nothing may be done twice and nothing told may be taken back. Clients come over `/crm` (WebSocket) and
`/command` (HTTP); the link is at `/link`, and answers with the id that it was given.
"""

import asyncio
import sys
from collections.abc import Callable, Sequence
from typing import Final, cast

import msgspec
import uvloop
from aiohttp import web

from tests.bench.bare.journal import Journal
from tests.bench.bare.serving import framed, serve


class Command(msgspec.Struct, gc=False):
    """As the client gives it, and with an id as the link gets it."""

    type: str
    interaction: str
    id: int = 0


class Outcome(msgspec.Struct, gc=False):
    """As the link gives it, and as the client gets it."""

    id: int
    ok: bool


class Entry(msgspec.Struct, gc=False):
    """What is written, and what follows when it is durable."""

    body: bytes
    then: Callable[[bytes], object]


_command: Final = msgspec.json.Decoder(Command).decode
_outcome: Final = msgspec.json.Decoder(Outcome).decode
_write: Final = msgspec.json.Encoder().encode


class Exchange:
    """Commands under way."""

    def __init__(self, store: str) -> None:
        self._journal: Final = Journal[Entry](store, lambda entry: entry.body, self._durable)
        self._waiting: dict[int, Callable[[bytes], object]] = {}
        self._to_link: Callable[[bytes], object] = bytes
        self._number = 0

    @staticmethod
    def _durable(entries: Sequence[Entry]) -> None:
        for entry in entries:
            entry.then(entry.body)

    def command(self, frame: bytes, answer: Callable[[bytes], object]) -> None:
        """From a client."""
        command = _command(frame)
        self._number += 1
        command.id = self._number
        self._waiting[command.id] = answer
        self._journal.append(Entry(_write(command), lambda body: self._to_link(framed(body))))

    async def link(self, request: web.Request) -> web.WebSocketResponse:
        """The link, of which there is one."""
        socket = web.WebSocketResponse(compress=False, decode_text=False)
        await socket.prepare(request)
        self._to_link = cast("asyncio.Transport", request.transport).write
        async for message in socket:
            outcome = _outcome(message.data)
            self._journal.append(Entry(_write(outcome), self._waiting.pop(outcome.id)))
        return socket

    async def crm(self, request: web.Request) -> web.WebSocketResponse:
        """A client, by WebSocket."""
        socket = web.WebSocketResponse(compress=False, decode_text=False)
        await socket.prepare(request)
        write = cast("asyncio.Transport", request.transport).write
        async for message in socket:
            self.command(message.data, lambda body: write(framed(body)))
        return socket

    async def post(self, request: web.Request) -> web.Response:
        """A client, by HTTP."""
        answered: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self.command(await request.read(), answered.set_result)
        return web.Response(body=await answered, content_type="application/json")


async def main(port: int, store: str) -> None:
    """Until the process is ended."""
    exchange = Exchange(store)
    await serve(port, {"/link": exchange.link, "/crm": exchange.crm}, {"/command": exchange.post})


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1]), sys.argv[2]))
