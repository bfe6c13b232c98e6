"""A connection through NATS ends without an error, whatever has become of the local end of it."""

import asyncio

from gateway.cluster.config import BusConfig
from gateway.cluster.connection import Connection
from gateway.cluster.tunnel import Pipe


class Closed(asyncio.Transport):
    """A transport as uvloop's is once its handle is closed: it says so of everything that is asked of it."""

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Not any more."""
        raise RuntimeError(f"unable to write {len(data)}; the handler is closed")

    def is_closing(self) -> bool:
        """It is closed."""
        return True

    def close(self) -> None:
        """Once more."""
        raise RuntimeError("unable to perform operation; the handler is closed")


async def test_who_has_left_before_he_could_be_refused_is_no_trouble() -> None:
    reader = asyncio.StreamReader()
    reader.feed_eof()
    writer = asyncio.StreamWriter(
        Closed(), asyncio.StreamReaderProtocol(reader), reader, asyncio.get_running_loop()
    )
    pipe = Pipe(Connection(BusConfig(servers=["nats://127.0.0.1:1"])), reader, writer, "t")
    await pipe.refuse(b"nobody")
    pipe.cut()
