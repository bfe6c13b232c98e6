"""HTTP by hand, as cheap as it can be: one connection, kept, one request under way."""

import asyncio
from collections.abc import Callable
from typing import cast

LENGTH = b"content-length:"


def post(path: str, body: bytes) -> bytes:
    """A request with a JSON body."""
    head = f"POST {path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n"
    return head.encode() + b"content-length: %d\r\n\r\n" % len(body) + body


class Http(asyncio.Protocol):
    """One connection. `on_answer` is given the status and the body of each answer."""

    def __init__(self, on_answer: Callable[[int, bytes], object]) -> None:
        self._on_answer = on_answer
        self._rest = b""
        self.write: Callable[[bytes], object] = bytes
        self.broken = ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """It may be written to."""
        self.write = cast("asyncio.Transport", transport).write

    def connection_lost(self, exc: Exception | None) -> None:
        """Kept for whoever looks."""
        self.broken = self.broken or f"connection lost ({exc})"

    def data_received(self, data: bytes) -> None:
        """An answer, once it is whole: by its length, or by its last chunk."""
        data = self._rest + data
        end = data.find(b"\r\n\r\n") + 4
        if end < 4:
            self._rest = data
            return
        head, body = data[:end].lower(), data[end:]
        at = head.find(LENGTH)
        length = int(head[at + len(LENGTH) :].split(b"\r\n", 1)[0]) if at >= 0 else None
        if (length is None and not body.endswith(b"0\r\n\r\n")) or (
            length is not None and len(body) < length
        ):
            self._rest = data
            return
        self._rest = b""
        self._on_answer(int(data[9:12]), body)
