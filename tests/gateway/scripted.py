"""A receiver that answers in bytes, by script: whatever a server, a proxy or a cut cable can make of it."""

import asyncio
import socket
import struct
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Final, NamedTuple

from tests.patience import PATIENCE_S

Play = Callable[[asyncio.StreamWriter], Awaitable[None]]
WELL: Final = b"HTTP/1.1 204 No Content\r\n\r\n"


class Taken(NamedTuple):
    """A request."""

    line: str
    headers: dict[str, str]
    body: bytes
    connection: int  # which one it came by


class Scripted:
    """Plays what is in `script`, one answer a request, then answers well."""

    def __init__(self) -> None:
        self.script: deque[bytes | Play] = deque()
        self.got: asyncio.Queue[Taken] = asyncio.Queue()
        self.connections = 0
        self.url = ""
        self._parted = asyncio.Event()
        self._writers: set[asyncio.StreamWriter] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        self.connections += 1
        number = self.connections
        self._writers.add(writer)
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                line, *fields = head.strip().split("\r\n")
                headers = {name.lower(): value for name, _, value in (one.partition(": ") for one in fields)}
                body = await reader.readexactly(int(headers.get("content-length", "0")))
                await self.got.put(Taken(line, headers, body, number))
                answer = self.script.popleft() if self.script else WELL
                if isinstance(answer, bytes):
                    writer.write(answer)
                    await writer.drain()
                else:
                    await answer(writer)
        except (asyncio.IncompleteReadError, OSError):
            pass
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()
            self._writers.discard(writer)
            self._parted.set()

    async def next(self) -> Taken:
        """The next request."""
        async with asyncio.timeout(PATIENCE_S):
            return await self.got.get()

    async def hang_up(self) -> None:
        """Close all connections, as a server does with those that are idle."""
        while self._writers:
            self._parted.clear()
            for writer in tuple(self._writers):
                writer.transport.abort()
            await self._parted.wait()


async def reset(writer: asyncio.StreamWriter) -> None:
    """The connection is reset."""
    sock = writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


def then(answer: bytes, what: Play | None = None) -> Play:
    """That answer, and then the end of the connection, or what is given."""

    async def play(writer: asyncio.StreamWriter) -> None:
        writer.write(answer)
        await writer.drain()
        if what is None:
            writer.close()
        else:
            await what(writer)

    return play


def for_ever(begin: bytes, piece: bytes) -> Play:
    """An answer that does not end: pieces, until the other side has gone."""

    async def play(writer: asyncio.StreamWriter) -> None:
        writer.write(begin)
        while not writer.is_closing():
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0.001)  # an answer that trickles

    return play


async def silence(writer: asyncio.StreamWriter) -> None:
    """Nothing more, until the other side has gone."""
    while not writer.is_closing():  # noqa: ASYNC110  # nobody tells
        await asyncio.sleep(0.01)  # nobody tells when the other side has gone


@asynccontextmanager
async def scripted() -> AsyncIterator[Scripted]:
    """One on a port of its own."""
    made = Scripted()
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0, limit=1 << 20)
    host, port = server.sockets[0].getsockname()
    made.url = f"http://{host}:{port}/hook"
    try:
        yield made
    finally:
        server.close()
        await made.hang_up()
        await server.wait_closed()
