"""A TCP connection that we open: frames in a stream of bytes, as the dialect frames them."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Final

from yarl import URL

from adapters.contract.transports import Framing
from gateway.http.sockets import CLOSE_S
from gateway.outbound.address import literal
from gateway.outbound.lookups import Lookups
from gateway.platforms.platform import Platform

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


async def _connected(
    host: str, port: int, lookups: Lookups
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connection to the first of the host's addresses that takes one."""
    *others, last = [host] if literal(host) is not None else map(str, await lookups.find(host))
    for address in others:
        with suppress(OSError):
            return await asyncio.open_connection(address, port)
    return await asyncio.open_connection(last, port)


@asynccontextmanager
async def dial(platform: Platform, framing: Framing, lookups: Lookups) -> AsyncIterator[FramedCarrier]:
    """Connect to the platform's address. Raises OSError."""
    url = URL(platform.config.url or "")
    reader, writer = await _connected(url.raw_host or "", url.port or 0, lookups)
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
