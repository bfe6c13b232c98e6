"""What joins a gateway and a simulated platform: it can be cut, so that people see what a link does then."""

import asyncio
from contextlib import suppress
from typing import Final

from yarl import URL

_PIECE_BYTES: Final = 64 * 1024
_CAUSES: Final = (OSError, asyncio.IncompleteReadError)


class Cable:
    """Carries what comes on a port of loopback to an address, and back."""

    def __init__(self, url: str) -> None:
        """`url`: of the platform, such as http://127.0.0.1:4711."""
        self._to = URL(url)
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()
        self._down_until = 0.0  # of the loop's clock

    async def lay(self) -> str:
        """Begin to carry. Returns the address at this end."""
        self._server = await asyncio.start_server(self._carry, "127.0.0.1", 0)
        port = self._server.sockets[0].getsockname()[1]
        return str(self._to.with_port(port)).rstrip("/")

    def cut(self, seconds: float) -> None:
        """Nothing is carried for so long."""
        self._down_until = asyncio.get_running_loop().time() + seconds
        for writer in list(self._open):
            writer.transport.abort()

    async def close(self) -> None:
        """For good."""
        if self._server is not None:
            self._server.close()
        self.cut(float("inf"))
        await asyncio.sleep(0)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if asyncio.get_running_loop().time() < self._down_until:
            writer.transport.abort()
            return
        try:
            far_reader, far_writer = await asyncio.open_connection(self._to.host, self._to.port)
        except OSError:
            writer.transport.abort()
            return
        self._open |= {writer, far_writer}
        try:
            await asyncio.gather(_pass_on(reader, far_writer), _pass_on(far_reader, writer))
        finally:
            self._open -= {writer, far_writer}


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Until one end has closed; then the other one is."""
    with suppress(*_CAUSES):
        while piece := await reader.read(_PIECE_BYTES):
            writer.write(piece)
            await writer.drain()
    writer.close()
