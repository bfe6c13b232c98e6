"""A WebSocket that we open: one text frame is one frame of the dialect."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import ClientSession, ClientWebSocketResponse, WSMsgType

from gateway.platform import Platform
from gateway.sockets import HARD_LIMIT_BYTES, HEARTBEAT_S


class WebSocketCarrier:
    """See gateway.links.dialled.Carrier."""

    def __init__(self, socket: ClientWebSocketResponse[bool]) -> None:
        self._socket = socket

    async def frames(self) -> AsyncGenerator[bytes]:
        """The text frames."""
        while True:
            message = await self._socket.receive()
            if message.type is WSMsgType.TEXT:
                yield bytes(message.data)
            elif message.type is not WSMsgType.BINARY:
                return

    async def send(self, frame: bytes) -> None:
        """One text frame."""
        await self._socket.send_str(frame.decode())


@asynccontextmanager
async def dial(session: ClientSession, platform: Platform) -> AsyncIterator[WebSocketCarrier]:
    """Open one to the platform's address."""
    socket = await session.ws_connect(
        platform.config.url or "",
        max_msg_size=HARD_LIMIT_BYTES,
        heartbeat=HEARTBEAT_S,
        autoping=True,
        decode_text=False,
    )
    try:
        yield WebSocketCarrier(socket)
    finally:
        await socket.close()
