"""A name server on this machine: it answers what a test tells it to, when it tells it to, or never."""

import asyncio
import struct
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from ipaddress import ip_address
from typing import Final, cast

_HEADER: Final = struct.Struct("!6H")
_AAAA: Final = 28
_NAME_ERROR: Final = 3


class NameServer(asyncio.DatagramProtocol):
    """`names` says what it knows: addresses, `None` for a name that it never answers for."""

    def __init__(self) -> None:
        self.names: dict[str, Sequence[str] | None] = {}
        self.ttl_s = 60
        self.asked: list[str] = []  # the name of each question, A and AAAA alike
        self.held: asyncio.Event | None = None  # answers wait for it
        self.address = ""
        self._transport: asyncio.DatagramTransport | None = None
        self._closed = asyncio.Event()
        self._late: set[asyncio.Task[None]] = set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """It listens."""
        transport = cast("asyncio.DatagramTransport", transport)  # the selector loop's says it is none
        self._transport = transport
        host, port = transport.get_extra_info("sockname")
        self.address = f"{host}:{port}"

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """A question."""
        number, *_ = _HEADER.unpack_from(data)
        labels, at = [], _HEADER.size
        while length := data[at]:
            labels.append(data[at + 1 : at + 1 + length].decode().lower())
            at += 1 + length
        end = at + 5
        name, (kind, _) = ".".join(labels), struct.unpack("!2H", data[at + 1 : end])
        self.asked.append(name)
        known = self.names.get(name, ())
        if known is None:
            return
        version = 6 if kind == _AAAA else 4
        wanted = [one.packed for one in map(ip_address, known) if one.version == version]
        flags = 0x8180 | (0 if name in self.names else _NAME_ERROR)
        answer = _HEADER.pack(number, flags, 1, len(wanted), 0, 0) + data[_HEADER.size : end]
        for packed in wanted:
            answer += struct.pack("!3HIH", 0xC00C, kind, 1, self.ttl_s, len(packed)) + packed
        if self.held is None:
            self._say(answer, addr)
        else:
            task = asyncio.create_task(self._say_later(self.held, answer, addr))
            self._late.add(task)
            task.add_done_callback(self._late.discard)

    async def _say_later(self, held: asyncio.Event, answer: bytes, addr: tuple[str, int]) -> None:
        await held.wait()
        self._say(answer, addr)

    def _say(self, answer: bytes, addr: tuple[str, int]) -> None:
        if self._transport is not None:
            self._transport.sendto(answer, addr)

    def connection_lost(self, _exc: Exception | None) -> None:
        """It is closed."""
        self._closed.set()

    async def close(self) -> None:
        """No answers any more."""
        for task in self._late:
            task.cancel()
        if self._transport is not None:
            self._transport.close()
            await self._closed.wait()


@asynccontextmanager
async def name_server() -> AsyncIterator[NameServer]:
    """One on a port of its own."""
    _, made = await asyncio.get_running_loop().create_datagram_endpoint(
        NameServer, local_addr=("127.0.0.1", 0)
    )
    try:
        yield made
    finally:
        await made.close()
