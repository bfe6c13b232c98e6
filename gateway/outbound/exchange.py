"""What is known of one exchange over HTTP, however it ends.

That is: whether its connection had been used before, and what the first bytes of the answer said.

A status line is an answer, even where what follows it cannot be read: headers that are too long or doubled, a
body that breaks off. The client library shows none of it then, so the bytes are looked at as they come.
"""

import re
from contextvars import ContextVar
from typing import Final

import aiohttp
from aiohttp.client_proto import ResponseHandler

_HEAD: Final = 64 * 1024  # of an answer, looked through for its status
_STATUS: Final = re.compile(rb"(?:\A|\r?\n\r?\n)HTTP/1\.[01] ([2-9][0-9][0-9])[ \r\n]")


class Exchange:
    """One request and what came back."""

    def __init__(self) -> None:
        self.reused = False  # its connection
        self.protocol: WatchedHandler | None = None

    @property
    def answered(self) -> bool:
        """Whether anything came back."""
        return self.protocol is not None and bool(self.protocol.head)

    @property
    def status(self) -> int | None:
        """The status, once its line is there; that of a provisional answer is none."""
        found = _STATUS.search(self.protocol.head) if self.protocol is not None else None
        return int(found[1]) if found is not None else None


under_way: ContextVar[Exchange] = ContextVar("exchange")


class WatchedHandler(ResponseHandler):
    """A connection that keeps the head of the answer that it reads."""

    head = b""
    used = False  # by a request, this one or one before it

    def data_received(self, data: bytes) -> None:
        """Bytes came."""
        if len(self.head) < _HEAD:
            self.head += data[:_HEAD]
        super().data_received(data)


class WatchedRequest(aiohttp.ClientRequest):
    """A request that tells whether its connection was used before."""

    async def send(self, conn: aiohttp.connector.Connection) -> aiohttp.ClientResponse:
        """Send it."""
        protocol = conn.protocol
        if isinstance(protocol, WatchedHandler):
            if (exchange := under_way.get(None)) is not None:
                exchange.reused = protocol.used
            protocol.used = True
        return await super().send(conn)


class WatchedResponse(aiohttp.ClientResponse):
    """An answer whose exchange is known from the moment it is waited for."""

    async def start(self, connection: aiohttp.connector.Connection) -> "WatchedResponse":
        """Wait for the head of the answer."""
        protocol = connection.protocol
        if isinstance(protocol, WatchedHandler):
            protocol.head = b""  # what came already is read anew
            if (exchange := under_way.get(None)) is not None:
                exchange.protocol = protocol
        await super().start(connection)
        return self
