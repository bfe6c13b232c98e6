"""A small TCP proxy that cuts, delays and half-closes what goes through it."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from random import Random
from typing import Final

_CHUNK: Final = 1 << 16
_UNNOTICED_S: Final = 0.4  # until both sides know that the connection is no more


class _Pair:
    """One connection, and the one that it is passed on to."""

    def __init__(self, client: asyncio.StreamWriter, server: asyncio.StreamWriter) -> None:
        self.client = client
        self.server = server
        self.swallowing = False  # bytes of either side vanish from now on
        self.delay_s = 0.0  # of what is passed on

    def abort(self) -> None:
        for side in (self.client, self.server):
            side.transport.abort()


class Proxy:
    """Passes what comes to a port of its own on to another one."""

    def __init__(self, to_port: int, dice: Random) -> None:
        self.port = 0
        self._to_port = to_port
        self._dice = dice
        self._pairs: dict[_Pair, asyncio.Task[None]] = {}
        self._server: asyncio.Server | None = None
        self._hole = False

    async def start(self) -> int:
        """Listen; returns the port."""
        self._server = await asyncio.start_server(self.accept, "127.0.0.1", 0)
        self.port = int(self._server.sockets[0].getsockname()[1])
        return self.port

    async def stop(self) -> None:
        """Cut everything and listen no more."""
        if self._server is not None:
            self._server.close()
        self.cut()
        await asyncio.gather(*self._pairs.values(), return_exceptions=True)

    def cut(self) -> None:
        """All that is connected, at once."""
        for pair in list(self._pairs):
            pair.abort()

    def hole(self, *, on: bool) -> None:
        """Whatever is said goes nowhere, and nobody is told; in the end all is cut."""
        self._hole = on
        for pair in self._pairs:
            pair.swallowing = on
        if not on:
            self.cut()

    async def misbehave(self) -> None:
        """One fault, by the dice, on about half of the connections. All but slow ones are cut in the end."""
        chosen = [pair for pair in self._pairs if self._dice.random() < 0.5]
        match self._dice.randrange(5):
            case 0:
                for pair in chosen:
                    pair.delay_s = self._dice.uniform(0.0, 0.15)
                return
            case 1:  # what is said goes nowhere, and nobody knows yet
                for pair in chosen:
                    pair.swallowing = True
                await asyncio.sleep(_UNNOTICED_S)
            case 2:
                await self._half_close(chosen)
            case 3:
                await self._cut_late(chosen)
            case _:
                pass
        for pair in chosen:
            pair.abort()

    async def _half_close(self, chosen: Sequence[_Pair]) -> None:
        """One side is told that the other has said all that it will."""
        for pair in chosen:
            side = self._dice.choice((pair.client, pair.server))
            pair.swallowing = True
            with suppress(OSError, RuntimeError):
                side.write_eof()
        await asyncio.sleep(_UNNOTICED_S)

    @staticmethod
    async def _cut_late(chosen: Sequence[_Pair]) -> None:
        """Whoever connected is cut off, and may connect again; what it said last arrives after that."""
        for pair in chosen:
            pair.delay_s = _UNNOTICED_S * 0.75
        await asyncio.sleep(_UNNOTICED_S / 4)
        for pair in chosen:
            pair.client.transport.abort()
        await asyncio.sleep(_UNNOTICED_S)

    async def accept(self, reader: asyncio.StreamReader, client: asyncio.StreamWriter) -> None:
        """Pass on one connection until it is over."""
        try:
            from_server, server = await asyncio.open_connection("127.0.0.1", self._to_port)
        except OSError:
            client.transport.abort()
            return
        pair = _Pair(client, server)
        pair.swallowing = self._hole
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("not in a task")
        self._pairs[pair] = task
        try:
            await asyncio.wait(
                [
                    asyncio.ensure_future(self._pass_on(pair, reader, server)),
                    asyncio.ensure_future(self._pass_on(pair, from_server, client)),
                ]
            )
        finally:
            pair.abort()
            del self._pairs[pair]

    async def _pass_on(self, pair: _Pair, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Until the one side ends; the other one is then told so."""
        with suppress(OSError):
            while chunk := await reader.read(_CHUNK):
                if pair.delay_s:
                    await asyncio.sleep(pair.delay_s)
                if not pair.swallowing:
                    writer.write(chunk)
                    await writer.drain()
        with suppress(OSError, RuntimeError):
            writer.write_eof()
