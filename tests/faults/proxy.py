"""A small TCP proxy that cuts, delays and half-closes what goes through it."""

import asyncio
from contextlib import suppress
from random import Random
from typing import Final

_CHUNK: Final = 1 << 16
_HELD_BACK_S: Final = 0.4  # between an end that one side saw and the other one's


class _Pair:
    """One connection, and the one that it is passed on to."""

    def __init__(self, client: asyncio.StreamWriter, server: asyncio.StreamWriter) -> None:
        self.client = client
        self.server = server
        self.swallowing = False  # bytes of either side vanish from now on

    def abort(self) -> None:
        for side in (self.client, self.server):
            side.transport.abort()


class Proxy:
    """Passes what comes to a port of its own on to another one."""

    def __init__(self, to_port: int, dice: Random) -> None:
        self.port = 0
        self.cuts = 0
        self._to_port = to_port
        self._dice = dice
        self._delay_s = 0.0
        self._pairs: dict[_Pair, asyncio.Task[None]] = {}
        self._server: asyncio.Server | None = None

    async def start(self) -> int:
        """Listen; returns the port."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = int(self._server.sockets[0].getsockname()[1])
        return self.port

    async def stop(self) -> None:
        """Cut everything and listen no more."""
        if self._server is not None:
            self._server.close()
        for pair in list(self._pairs):
            pair.abort()
        await asyncio.gather(*self._pairs.values(), return_exceptions=True)

    async def misbehave(self) -> None:
        """One fault, by the dice, on about half of the connections; afterwards they are cut."""
        self.cuts += 1
        chosen = [pair for pair in self._pairs if self._dice.random() < 0.5]
        match self._dice.randrange(5):
            case 0:  # a cut
                pass
            case 1:  # slow from now on, and whole: nothing of it is cut
                self._delay_s = self._dice.uniform(0.0, 0.15)
                return
            case 2:  # what is said goes nowhere, and nobody knows yet
                for pair in chosen:
                    pair.swallowing = True
                await asyncio.sleep(_HELD_BACK_S)
            case 3:  # one side has said all that it will
                for pair in chosen:
                    side = self._dice.choice((pair.client, pair.server))
                    pair.swallowing = True
                    with suppress(OSError, RuntimeError):
                        side.write_eof()
                await asyncio.sleep(_HELD_BACK_S)
            case _:  # whoever connected is cut off at once; what it said last still arrives, and late
                delay_s, self._delay_s = self._delay_s, _HELD_BACK_S / 2
                await asyncio.sleep(_HELD_BACK_S / 4)
                for pair in chosen:
                    pair.client.transport.abort()
                await asyncio.sleep(_HELD_BACK_S)
                self._delay_s = delay_s
        for pair in chosen:
            pair.abort()

    def heal(self) -> None:
        """No delay any more."""
        self._delay_s = 0.0

    async def _accept(self, reader: asyncio.StreamReader, client: asyncio.StreamWriter) -> None:
        try:
            from_server, server = await asyncio.open_connection("127.0.0.1", self._to_port)
        except OSError:
            client.transport.abort()
            return
        pair = _Pair(client, server)
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
                if self._delay_s:
                    await asyncio.sleep(self._delay_s)
                if not pair.swallowing:
                    writer.write(chunk)
                    await writer.drain()
        with suppress(OSError, RuntimeError):
            writer.write_eof()
