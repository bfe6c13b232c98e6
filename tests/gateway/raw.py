"""Connections on which a test says every byte itself."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

HEAD = "GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
UPGRADE = (
    "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n"
)


@dataclass
class Raw:
    """One."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    def say(self, data: bytes | str) -> None:
        """Write it."""
        self.writer.write(data.encode() if isinstance(data, str) else data)

    async def head(self) -> bytes:
        """The head of an answer."""
        return await self.reader.readuntil(b"\r\n\r\n")

    async def answer(self) -> tuple[int, bytes]:
        """Status and body of an answer."""
        head = await self.head()
        sizes = [
            int(line[16:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length: ")
        ]
        return int(head.split()[1]), await self.reader.readexactly(sizes[0] if sizes else 0)

    async def ended(self) -> bytes:
        """What came before the gateway ended it."""
        try:
            return await self.reader.read()
        except ConnectionError:
            return b""

    async def closed(self) -> tuple[int, str]:
        """The code and the reason of a WebSocket's close frame; what stands before it is skipped."""
        while True:
            first, size = await self.reader.readexactly(2)
            if size == 126:
                size = int.from_bytes(await self.reader.readexactly(2), "big")
            payload = await self.reader.readexactly(size)
            if first & 0xF == 8:
                return int.from_bytes(payload[:2], "big"), payload[2:].decode()


def frame(payload: bytes, opcode: int = 1, *, fin: bool = True, rsv1: bool = False) -> bytes:
    """A client's frame (RFC 6455, section 5.2), masked."""
    first = opcode | (0x80 if fin else 0) | (0x40 if rsv1 else 0)
    return head(first, len(payload)) + bytes(payload)  # a mask of zeros changes nothing


def head(first: int, size: int) -> bytes:
    """The head of a client's frame; its mask is all zeros."""
    if size < 126:
        length = bytes((0x80 | size,))
    elif size < 1 << 16:
        length = b"\xfe" + size.to_bytes(2, "big")
    else:
        length = b"\xff" + size.to_bytes(8, "big")
    return bytes((first,)) + length + bytes(4)


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[Raw]:
    """A connection, ended in the end."""
    host, _, port = url.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        yield Raw(reader, writer)
    finally:
        writer.close()
