"""The media bar of the channel/session protocol over HTTP: reference/channel-session.md 1.3.

Only what carries its messages is another. Where the poll is, and what its messages come in, the reference
does not say; both are the gateway's reading.
"""

from collections import deque
from dataclasses import dataclass
from typing import Any, Final, Self

import msgspec
from aiohttp import WSMsgType

from tests.e2e.clients.channel_session import ChannelSession
from tests.e2e.world import PLATFORM, World

PREFIX: Final = f"/v1/facades/{PLATFORM}/channel_session"
TEXT: Final = {"Content-Type": "text/plain"}


@dataclass(frozen=True)
class Polled:
    """One message, or the end."""

    type: WSMsgType
    data: Any = None


class PolledSocket:
    """Posts and polls, as if it were a socket."""

    def __init__(self, world: World, client_id: str) -> None:
        self._world = world
        self._query = f"?clientId={client_id}"
        self._came: deque[Polled] = deque()

    async def send_str(self, data: str) -> None:
        """One request; that it is queued is all that is answered."""
        path = f"{PREFIX}/direct/processRequest{self._query}"
        reply = await self._world.request("POST", path, data.encode(), TEXT)
        assert (reply.status, reply.body) == (200, b"")

    async def receive(self) -> Polled:
        """The next message."""
        while not self._came:
            reply = await self._world.request("GET", f"{PREFIX}/messages{self._query}")
            if reply.status == 404:
                return Polled(WSMsgType.CLOSED)
            assert reply.status == 200, reply
            told = msgspec.json.decode(reply.body, type=dict[str, list[msgspec.Raw]])
            self._came.extend(Polled(WSMsgType.TEXT, bytes(one).decode()) for one in told["messages"])
        return self._came.popleft()


class PolledChannelSession(ChannelSession):
    """The same client, without a WebSocket."""

    @classmethod
    async def open(cls, world: World, agent: str = "a1") -> Self:
        """Open a transport session under an id of its own."""
        start = {"messageType": "startSession", "client": {"id": f"bar-{agent}", "name": "bar"}}
        reply = await world.request("POST", f"{PREFIX}/sessions?agent={agent}", start, TEXT)
        assert (reply.status, reply.json()) == (200, {"id": f"bar-{agent}"})
        page = cls(PolledSocket(world, f"bar-{agent}"), agent)
        world.tasks.start(page.follow(), "polling client")
        return page
