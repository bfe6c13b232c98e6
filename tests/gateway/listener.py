"""A client of /v1/events/stream, as a browser's EventSource reads it."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiohttp import ClientError, ClientResponse

from tests.gateway.handmade import Bench
from tests.patience import PATIENCE_S


def cursor_of(resume: str) -> int:
    """What only a test may know: the cursor in an opaque text."""
    return int(resume.rpartition(".")[2])


@dataclass
class Listener:
    """An EventSource."""

    response: ClientResponse

    async def next(self) -> dict[str, str]:
        """The fields of the next event; comments, and ids alone, are left out."""
        fields: dict[str, str] = {}
        async with asyncio.timeout(PATIENCE_S):
            while line := (await self.response.content.readline()).decode():
                name, _, value = line.rstrip("\n").partition(": ")
                if line == "\n":
                    if "data" in fields:
                        return fields
                    fields.clear()
                elif name:
                    fields[name] = value
        raise ConnectionResetError

    async def last(self) -> int:
        """The id of the last event that came before the connection was cut."""
        last = 0
        try:
            while True:
                last = cursor_of((await self.next())["id"])
        except (ClientError, ConnectionError):
            return last

    async def cursors(self, count: int) -> list[int]:
        """The ids of the next so many."""
        return [cursor_of((await self.next())["id"]) for _ in range(count)]

    async def cursors_up_to(self, last: int) -> list[int]:
        """The ids of those that come, until one is that."""
        seen = [0]
        while seen[-1] < last:
            seen += await self.cursors(1)
        return seen[1:]


@asynccontextmanager
async def listening(
    standing: Bench, query: str = "", headers: Mapping[str, str] | None = None
) -> AsyncIterator[Listener]:
    async with standing.http.get(f"{standing.url}/v1/events/stream{query}", headers=headers) as response:
        assert response.status == 200
        assert response.content_type == "text/event-stream"
        yield Listener(response)
