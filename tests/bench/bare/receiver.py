"""Receivers of webhooks that cost next to nothing: `receiver.py COUNT` prints their ports, as a JSON list.

Each answers 204 at once and keeps the connection, so that it is never what sets the pace.
"""

import asyncio
import json
import sys
from typing import Final, cast

import uvloop

ANSWER: Final = b"HTTP/1.1 204 No Content\r\n\r\n"
LENGTH: Final = b"content-length:"


class Receiver(asyncio.Protocol):
    """One connection."""

    def __init__(self) -> None:
        self._rest = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Somebody posts."""
        self._write = cast("asyncio.Transport", transport).write

    def data_received(self, data: bytes) -> None:
        """Answer each request that is whole."""
        data = self._rest + data
        while (end := data.find(b"\r\n\r\n") + 4) > 3:
            head = data[:end].lower()
            at = head.find(LENGTH)
            body = int(head[at + len(LENGTH) :].split(b"\r\n", 1)[0]) if at >= 0 else 0
            if len(data) < end + body:
                break
            data = data[end + body :]
            self._write(ANSWER)
        self._rest = data


async def main(count: int) -> None:
    """Until the process is ended."""
    loop = asyncio.get_running_loop()
    servers = [await loop.create_server(Receiver, "127.0.0.1", 0, backlog=4096) for _ in range(count)]
    sys.stdout.write(json.dumps([one.sockets[0].getsockname()[1] for one in servers]) + "\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1])))
