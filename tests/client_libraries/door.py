"""A port that stays, before one that changes: what clients keep to while a gateway comes and goes."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import Final

_CHUNK: Final = 1 << 16


class Door:
    """Passes bytes on; loses an answer, or everything that is connected, where it is told to."""

    def __init__(self) -> None:
        self.port = 0
        self.cut_off = 0  # answers that were lost
        self._to_port: int | None = None
        self._doomed = b""
        self._writers: set[asyncio.StreamWriter] = set()

    def lead_to(self, port: int | None) -> None:
        """From now on; None: nobody is there."""
        self._to_port = port

    def lose_answer(self, begins: str) -> None:
        """The next request that begins so is carried out, and its answer is lost."""
        self._doomed = begins.encode()

    def cut(self) -> None:
        """Everything that is connected."""
        for one in tuple(self._writers):
            one.transport.abort()

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        self._writers.add(writer)
        try:
            if self._to_port is not None:
                from_there, there = await asyncio.open_connection("127.0.0.1", self._to_port)
                await self._join(reader, writer, from_there, there)
        except OSError:
            pass  # nobody is there
        finally:
            writer.transport.abort()
            self._writers.discard(writer)

    async def _join(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        from_there: asyncio.StreamReader,
        there: asyncio.StreamWriter,
    ) -> None:
        losing = False

        async def out() -> None:
            nonlocal losing
            while chunk := await reader.read(_CHUNK):
                if self._doomed and chunk.startswith(self._doomed):
                    self._doomed, losing = b"", True
                there.write(chunk)
                await there.drain()

        async def back() -> None:
            while chunk := await from_there.read(_CHUNK):
                if losing:
                    self.cut_off += 1
                    return
                writer.write(chunk)
                await writer.drain()

        both = {asyncio.ensure_future(_quietly(one)) for one in (out(), back())}
        try:
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        finally:
            there.transport.abort()
            for one in both:
                one.cancel()
            await asyncio.wait(both)


async def _quietly(carrying: Coroutine[object, object, None]) -> None:
    with suppress(OSError):
        await carrying


@asynccontextmanager
async def door() -> AsyncIterator[Door]:
    """One on a port of its own."""
    made = Door()
    server = await asyncio.start_server(made.accept, "127.0.0.1", 0)
    made.port = int(server.sockets[0].getsockname()[1])
    try:
        yield made
    finally:
        server.close()
        made.cut()
        await server.wait_closed()
