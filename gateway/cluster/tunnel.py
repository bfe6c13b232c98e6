"""Connections to the node at work, through NATS: in at a local socket of one node, out at one of the other.

What goes over them is bytes; nothing here knows what these say. Each piece is asked and answered before the
next is sent: so nobody is sent more than he reads, and a node that is gone is noticed at once. A node that
connections come from is asked whether it is there: those on which nothing is said would outlive it.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from secrets import token_hex
from typing import Final

import structlog

from gateway.cluster.connection import Connection, NobodyError, Serving
from gateway.runtime.tasks import Tasks
from schemas.errors import StoreError

log = structlog.get_logger("trunkline.bus")

_PIECE: Final = 64 * 1024
_DRAIN_S: Final = 0.5  # of an answer's time: then the sender is told to ask again
_LOOK_S: Final = 1.0  # between two looks whether another node is there
_MISSED: Final = 3  # looks without an answer, after which it is not
_DATA, _ASK, _END = b"d", b"a", b"e"
_GO_ON, _WAIT, _OVER = b"g", b"w", b"o"


class Pipe:
    """One connection: what is read here is sent there."""

    def __init__(
        self, connection: Connection, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, prefix: str
    ) -> None:
        self._connection = connection
        self._reader, self._writer = reader, writer
        self.here = f"{prefix}.pipe.{token_hex(12)}"
        self._over = False

    async def listen(self) -> Serving:
        """Take what comes from there. Raises StoreError."""
        return await self._connection.serve(self.here, self._hear)

    async def _hear(self, _subject: str, said: bytes) -> bytes:
        if self._over or said == _END:
            self.cut()
            return _OVER
        try:
            self._writer.write(said[1:])
            async with asyncio.timeout(_DRAIN_S):
                await self._writer.drain()
        except TimeoutError:
            return _WAIT
        except (ConnectionError, RuntimeError):  # the last is uvloop's word for one that is closed
            self.cut()
            return _OVER
        return _GO_ON

    async def carry(self, there: str) -> None:
        """Until either end is over."""
        try:
            while data := await self._reader.read(_PIECE):
                said = await self._connection.request(there, _DATA + data)
                while said == _WAIT:
                    said = await self._connection.request(there, _ASK)
                if said != _GO_ON:
                    return
            await self._connection.request(there, _END)
        except (StoreError, ConnectionError):
            return  # the other end notices, or is gone
        finally:
            self.cut()

    async def refuse(self, refusal: bytes) -> None:
        """Say that in place of what would have come from there."""
        await self._reader.read(_PIECE)  # or what it has sent would meet a closed socket
        with suppress(RuntimeError):  # uvloop's word for one that is closed
            self._writer.write(refusal)
            await self._writer.drain()

    def cut(self) -> None:
        """End it."""
        self._over = True
        with suppress(RuntimeError):
            self._writer.close()
        self._reader.feed_eof()


class Entrance:
    """Of a node that is not at work: a local socket, which leads to the one that is."""

    def __init__(self, connection: Connection, prefix: str, node: str, at_work: Callable[[], str]) -> None:
        """`at_work`: where it is asked; empty if there is none."""
        self._refusal = b""
        self._connection = connection
        self._prefix = prefix
        self._node = node
        self._at_work = at_work
        self._server: asyncio.AbstractServer | None = None
        self._pipes: set[Pipe] = set()
        self._tasks = Tasks()
        self._end: Serving | None = None

    async def listen(self, path: str, refusal: bytes) -> None:
        """Begin; `refusal` is what is said where nobody is at work. Raises OSError, StoreError."""
        self._refusal = refusal
        self._end = await self._connection.serve(presence(self._prefix, self._node), _here)
        self._server = await asyncio.start_unix_server(self._taken, path)

    async def stop(self) -> None:
        """No more."""
        self.cut()
        if self._server is not None:
            self._server.close()
        if self._end is not None:
            await self._end()
        await self._tasks.finish(0.0)

    def cut(self) -> None:
        """End all: the node that they lead to is at work no more."""
        for pipe in tuple(self._pipes):
            pipe.cut()

    def _taken(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._tasks.start(self._take(reader, writer), "tunnel")

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        where = self._at_work()
        pipe = Pipe(self._connection, reader, writer, self._prefix)
        self._pipes.add(pipe)
        try:
            end = await pipe.listen()
            try:
                there = await self._opened(where, pipe)
                if there:
                    await pipe.carry(there)
                else:
                    await pipe.refuse(self._refusal)
            finally:
                await end()
        except (StoreError, ConnectionError) as error:
            log.warning("the node at work cannot be reached", why=str(error))
        finally:
            pipe.cut()
            self._pipes.discard(pipe)

    async def _opened(self, where: str, pipe: Pipe) -> str:
        """Where to send what goes into it; empty if certainly nobody has taken it."""
        try:
            said = f"{self._node} {pipe.here}".encode()
            return (await self._connection.request(f"{where}.open", said)).decode() if where else ""
        except NobodyError:
            return ""


class Exit:
    """Of the node at work: what others hand on comes out at its local socket."""

    def __init__(self, connection: Connection, prefix: str, path: str) -> None:
        self._connection = connection
        self._prefix = prefix
        self._path = path
        self._tasks = Tasks()
        self._pipes: dict[str, set[Pipe]] = {}  # by the node that they come from

    async def open(self, _subject: str, said: bytes) -> bytes:
        """A new one: where to send what goes into it. Empty if there can be none."""
        node, _, there = said.decode().partition(" ")
        try:
            reader, writer = await asyncio.open_unix_connection(self._path)
            pipe = Pipe(self._connection, reader, writer, self._prefix)
            end = await pipe.listen()
        except (OSError, StoreError) as error:
            log.warning("a connection of another node was not taken", why=str(error))
            return b""
        if node not in self._pipes:
            self._pipes[node] = set()
            self._tasks.start(self._watch(node), "another node")
        self._pipes[node].add(pipe)
        self._tasks.start(self._carry(pipe, there, end, node), "tunnel")
        return pipe.here.encode()

    async def _carry(self, pipe: Pipe, there: str, end: Serving, node: str) -> None:
        try:
            await pipe.carry(there)
        finally:
            self._pipes.get(node, set()).discard(pipe)
            await end()

    async def _watch(self, node: str) -> None:
        """End what comes from a node that is gone."""
        missed = 0
        while self._pipes[node]:
            await asyncio.sleep(_LOOK_S)
            try:
                await self._connection.request(presence(self._prefix, node), b"")
                missed = 0
            except NobodyError:
                missed += 1
            except StoreError:
                missed = _MISSED
            if missed >= _MISSED:
                log.warning("another node is gone", node=node, connections=len(self._pipes[node]))
                break
        for pipe in self._pipes.pop(node):
            pipe.cut()

    async def stop(self) -> None:
        """No more."""
        for pipes in self._pipes.values():
            for pipe in tuple(pipes):
                pipe.cut()
        await self._tasks.finish(0.0)


def presence(prefix: str, node: str) -> str:
    """Where a node says that it is there."""
    return f"{prefix}.node.{node}"


async def _here(_subject: str, _said: bytes) -> bytes:
    return b"here"
