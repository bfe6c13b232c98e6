"""A small HTTP proxy on loopback: CONNECT, and plain requests by their whole address. It notes the lines."""

import asyncio
from base64 import b64encode
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit


@dataclass
class ConnectProxy:
    """`routes` says where an address, `host:port`, really leads; others are dialled as they are."""

    routes: dict[str, str] = field(default_factory=dict)
    credentials: str = ""  # user:password that it wants
    refused: Mapping[str, str] = field(default_factory=dict)  # host:port to a status line's end
    asked: list[str] = field(default_factory=list)  # first lines
    address: str = ""
    _writers: set[asyncio.StreamWriter] = field(default_factory=set)

    @property
    def url(self) -> str:
        """As it is configured, without credentials."""
        return f"http://{self.address}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        self._writers.add(writer)
        with suppress(OSError, asyncio.IncompleteReadError):
            await self._serve(reader, writer)
        writer.close()
        self._writers.discard(writer)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        line, *fields = head.decode().strip().split("\r\n")
        self.asked.append(line)
        method, target, _ = line.split(" ")
        given = {name.lower(): value for name, _, value in (one.partition(": ") for one in fields)}
        wanted = f"Basic {b64encode(self.credentials.encode()).decode()}"
        if self.credentials and given.get("proxy-authorization") != wanted:
            writer.write(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
            return await writer.drain()
        place = target if method == "CONNECT" else urlsplit(target).netloc
        if place in self.refused:
            writer.write(f"HTTP/1.1 {self.refused[place]}\r\nContent-Length: 0\r\n\r\n".encode())
            return await writer.drain()
        host, _, port = self.routes.get(place, place).rpartition(":")
        inner_reader, inner = await asyncio.open_connection(host.strip("[]"), int(port))
        if method == "CONNECT":
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        else:
            parts = urlsplit(target)
            rest = target.removeprefix(f"{parts.scheme}://{parts.netloc}")
            inner.write(head.replace(target.encode(), rest.encode(), 1))
        async with asyncio.TaskGroup() as both:
            both.create_task(_copy(reader, inner))
            both.create_task(_copy(inner_reader, writer))
        return None

    def hang_up(self) -> None:
        """Close all connections."""
        for writer in self._writers:
            writer.transport.abort()


async def _copy(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await source.read(64 * 1024):
            sink.write(data)
            await sink.drain()
    sink.close()


@asynccontextmanager
async def connect_proxy() -> AsyncIterator[ConnectProxy]:
    """One on a port of its own."""
    made = ConnectProxy()
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    made.address = f"{host}:{port}"
    try:
        yield made
    finally:
        server.close()
        made.hang_up()
        await server.wait_closed()
