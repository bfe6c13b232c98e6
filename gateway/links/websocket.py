"""A WebSocket that we open: one text frame is one frame of the dialect."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager, suppress

from aiohttp import ClientSession, ClientWebSocketResponse, WebSocketError, WSCloseCode, WSMsgType

from gateway.http.sockets import CLOSE_S, HEARTBEAT_S
from gateway.platforms.platform import Platform
from schemas.errors import MalformedFrame


class WebSocketCarrier:
    """See gateway.links.dialled.Carrier."""

    def __init__(self, socket: ClientWebSocketResponse[bool], dialect: str, most_bytes: int) -> None:
        self._socket = socket
        self._dialect = dialect
        self._most_bytes = most_bytes

    async def frames(self) -> AsyncGenerator[bytes]:
        """The text frames."""
        while True:
            message = await self._socket.receive()
            if message.type is WSMsgType.TEXT:
                yield bytes(message.data)
            elif message.type is not WSMsgType.BINARY:
                wrong = message.data
                if isinstance(wrong, WebSocketError) and wrong.code == WSCloseCode.MESSAGE_TOO_BIG:
                    raise MalformedFrame(self._dialect, "frame", f"more than {self._most_bytes} bytes")
                return

    async def send(self, frame: bytes) -> None:
        """One text frame."""
        await self._socket.send_str(frame.decode())


@asynccontextmanager
async def dial(
    session: ClientSession, platform: Platform, most_bytes: int
) -> AsyncIterator[WebSocketCarrier]:
    """Open one to the platform's address. A frame of `most_bytes` is its end."""
    socket = await session.ws_connect(
        platform.config.url or "",
        max_msg_size=most_bytes,
        heartbeat=HEARTBEAT_S,
        autoping=True,
        decode_text=False,
    )
    try:
        yield WebSocketCarrier(socket, platform.dialect.name, most_bytes)
    finally:  # to one that does not read, the closing word cannot be said
        with suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_S):
                await socket.close()
