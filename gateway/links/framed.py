"""A TCP connection that we open: frames in a stream of bytes, as the dialect frames them."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from yarl import URL

from adapters.transports import Framing
from gateway.platform import Platform
from gateway.sockets import CLOSE_S

_CHUNK: Final = 64 * 1024


class FramedCarrier:
    """See gateway.links.dialled.Carrier."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, framing: Framing) -> None:
        self._reader = reader
        self._writer = writer
        self._framing = framing

    async def frames(self) -> AsyncGenerator[bytes]:
        """What the stream holds; a frame that is cut off by its end is none."""
        while data := await self._reader.read(_CHUNK):
            for frame in self._framing.feed(data):
                yield frame

    async def send(self, frame: bytes) -> None:
        """One frame."""
        self._writer.write(self._framing.wrap(frame))
        await self._writer.drain()


@asynccontextmanager
async def dial(platform: Platform, framing: Framing) -> AsyncIterator[FramedCarrier]:
    """Connect to the platform's address."""
    url = URL(platform.config.url or "")
    reader, writer = await asyncio.open_connection(url.host, url.port)
    try:
        yield FramedCarrier(reader, writer, framing)
    finally:
        writer.close()
        try:
            async with asyncio.timeout(CLOSE_S):
                await writer.wait_closed()
        except (OSError, TimeoutError):
            pass
        finally:  # what it does not read would be waited for, and nobody would dial again
            writer.transport.abort()
