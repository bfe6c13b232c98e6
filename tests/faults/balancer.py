"""What stands before several gateways, as load balancers do: it asks each whether it is ready.

New connections go to those that are. Those of one that is not, or does not answer any more, are cut, as long
as another one is ready (HAProxy: `on-marked-down shutdown-sessions`).
"""

import asyncio
from collections.abc import Sequence
from random import Random
from typing import Final

from aiohttp import ClientError, ClientSession, ClientTimeout

from tests.faults.proxy import Proxy

_LOOK_S: Final = 0.3
_ANSWER: Final = ClientTimeout(total=1.0)
_MISSED: Final = 3  # looks without an answer, or at one that is not ready, after which it is down


class Balancer:
    """Not yet listening."""

    def __init__(self, port: int, gateways: Sequence[int], dice: Random) -> None:
        """`gateways`: their ports."""
        self.ready: set[int] = set()
        self._port = port
        self._ways = {one: Proxy(one, dice) for one in gateways}
        self._missed = dict.fromkeys(gateways, 0)
        self._dice = dice
        self._server: asyncio.Server | None = None
        self._looking: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Begin."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self._port)
        self._looking = [asyncio.create_task(self._look(one)) for one in self._ways]

    async def stop(self) -> None:
        """End all."""
        for task in self._looking:
            task.cancel()
        if self._server is not None:
            self._server.close()
        for way in self._ways.values():
            await way.stop()

    def cut(self) -> None:
        """All that goes through it."""
        for way in self._ways.values():
            way.cut()

    async def _look(self, gateway: int) -> None:
        async with ClientSession(timeout=_ANSWER) as http:
            while True:
                try:
                    async with http.get(f"http://127.0.0.1:{gateway}/readyz") as response:
                        await response.read()
                        ready = response.ok
                except (ClientError, OSError, TimeoutError):
                    ready = False
                (self.ready.add if ready else self.ready.discard)(gateway)
                self._missed[gateway] = 0 if ready else self._missed[gateway] + 1
                if self._missed[gateway] >= _MISSED and self.ready:
                    self._ways[gateway].cut()
                await asyncio.sleep(_LOOK_S)

    async def _accept(self, reader: asyncio.StreamReader, client: asyncio.StreamWriter) -> None:
        if not self.ready:
            client.transport.abort()
            return
        await self._ways[self._dice.choice(sorted(self.ready))].accept(reader, client)
