"""What another gateway writes, as it writes it: its rows in this node's file, its events told in order here.

The gateway at work says after each commit how far its streams are; who follows reads up to there. Where that
word is lost, it is asked now and then. It answers by subjects that have the fence of its lease, so that
nobody asks one that was frozen meanwhile.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Final

import msgspec
import structlog

from gateway.cluster.connection import Connection, Serving
from gateway.cluster.leases import Lease
from gateway.store.audit import Note
from gateway.store.base import Appended
from gateway.store.jetstream.journal import Journal
from gateway.store.jetstream.node_file import RowFeed
from schemas.errors import StoreError
from schemas.ids import Cursor

log = structlog.get_logger("trunkline.bus")

_ASK_S: Final = 1.0  # without a word for so long, it is asked
_RETRY_S: Final = 0.2


class Where(msgspec.Struct, frozen=True, array_like=True):
    """How far the gateway at work is: newest cursor, and the newest messages of the three streams."""

    cursor: Cursor
    events: int
    state: int
    patches: int


encoded: Final = msgspec.msgpack.Encoder().encode
_where: Final = msgspec.msgpack.Decoder(Where).decode
_note: Final = msgspec.msgpack.Decoder(Note).decode


def work_of(prefix: str, fence: int) -> str:
    """Where the gateway with that fence is asked."""
    return f"{prefix}.work.{fence}"


def word_of(prefix: str) -> str:
    """Where it says how far it is."""
    return f"{prefix}.told"


class Follower:
    """Follows whoever holds the lease, until that is ours."""

    def __init__(
        self, connection: Connection, prefix: str, lease: Lease, journal: Journal, feed: RowFeed
    ) -> None:
        self.on_told: Callable[[Sequence[Appended], bytes], None] = lambda _events, _private: None
        self.on_rows: Callable[[frozenset[str]], Awaitable[None]] = _nothing
        self._connection = connection
        self._prefix = prefix
        self._lease = lease
        self._journal = journal
        self._feed = feed
        self._said = asyncio.Event()
        self._newest: Where | None = None
        self._read = asyncio.Condition()
        self._upto = 0  # the newest message of the bucket that was read, with all before it
        self._end: Serving | None = None
        self.trouble = ""

    @property
    def work(self) -> str:
        """Where the gateway at work is asked; empty if nobody is known to be."""
        holder = self._lease.holder
        return work_of(self._prefix, holder.fence) if holder is not None and holder.owner else ""

    @property
    def behind(self) -> int:
        """How many events have been told, as far as is known, and not here."""
        return 0 if self._newest is None else max(0, self._newest.cursor - self._journal.durable)

    async def begin(self) -> None:
        """Return once what was written before is in the file. Raises StoreError; it may be tried again."""
        self._end = self._end or await self._connection.serve(word_of(self._prefix), self._hear)
        where = await self._ask()
        await self._feed.upto(where.state)
        await self._journal.look(where.cursor, where.events)

    async def run(self) -> None:
        """Follow, until cancelled."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(_ASK_S):
                    await self._said.wait()
            self._said.clear()
            try:
                where, self._newest = self._newest or await self._ask(), None
                await self.upto(where)
                self.trouble = ""
            except StoreError as error:
                self.trouble = str(error)
                await asyncio.sleep(_RETRY_S)

    async def upto(self, where: Where) -> None:
        """Read up to there. Raises StoreError."""
        await self._feed.upto(where.state)
        if changed := frozenset(self._feed.changed):
            await self.on_rows(changed)
            self._feed.changed -= changed
        async for one in self._journal.follow(where.events, where.patches):
            self.on_told(one.events, one.private)
        self._upto = max(self._upto, where.state)
        async with self._read:
            self._read.notify_all()

    async def caught_up(self) -> None:
        """Return when all that the gateway at work has told by now is told here. Raises StoreError."""
        where = await self._ask()
        self._heard(where)
        async with self._read:
            await self._read.wait_for(
                lambda: self._upto >= where.state and self._journal.durable >= where.cursor
            )

    async def pass_on(self, note: Note) -> None:
        """Have the gateway at work keep an entry of the audit. Raises StoreError."""
        await self._connection.request(f"{self._required()}.note", encoded(note))

    async def stop(self) -> None:
        """Hear no more."""
        if self._end is not None:
            await self._end()

    async def _ask(self) -> Where:
        return _where(await self._connection.request(f"{self._required()}.where", b""))

    def _required(self) -> str:
        if not (work := self.work):
            raise StoreError("no gateway is at work at present")
        return work

    async def _hear(self, _subject: str, said: bytes) -> None:
        self._heard(_where(said))

    def _heard(self, where: Where) -> None:
        if self._newest is None or (where.state, where.events) >= (self._newest.state, self._newest.events):
            self._newest = where
        self._said.set()


async def _nothing(_tables: frozenset[str]) -> None:
    """Nobody wants to know."""


class Telling:
    """Of the gateway at work: tells how far it is, and takes what others have to say."""

    def __init__(self, connection: Connection, prefix: str) -> None:
        self._connection = connection
        self._prefix = prefix
        self._ends: list[Serving] = []

    async def begin(
        self, fence: int, where: Callable[[], Where], note: Callable[[Note], Awaitable[None]]
    ) -> None:
        """Answer from now on. Raises StoreError."""

        async def asked(_subject: str, _said: bytes) -> bytes:
            return encoded(where())

        async def noted(_subject: str, said: bytes) -> bytes:
            await note(_note(said))
            return b""

        work = work_of(self._prefix, fence)
        self._ends.append(await self._connection.serve(f"{work}.where", asked))
        self._ends.append(await self._connection.serve(f"{work}.note", noted))

    async def tell(self, where: Where) -> None:
        """So far it is now. Who does not hear it asks."""
        with suppress(StoreError):
            await self._connection.publish(word_of(self._prefix), encoded(where))

    async def stop(self) -> None:
        """Answer no more."""
        for end in self._ends:
            await end()
        self._ends.clear()
