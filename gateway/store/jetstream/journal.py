"""The journal in one stream: appending, finding a cursor, reading on from it, forgetting the oldest.

Sequences of the stream are not cursors: a message holds several events. Where a cursor is, is found in what
was appended lately, or else by halving; both by the first cursor in the messages' headers.
"""

from bisect import bisect_right
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Final

import msgspec

from gateway.cluster.stream import FencedStream, Message, Stored
from gateway.store.base import Appended
from gateway.store.jetstream.patches import Patches
from gateway.store.jetstream.records import (
    Commit,
    Placed,
    Recorded,
    Row,
    encoded,
    first_cursor,
    message,
    placed,
    runs,
)
from gateway.store.times import microseconds
from schemas.ids import Cursor

_PAGE: Final = 128  # messages read at once
_PAGE_BYTES: Final = 4 * 1024 * 1024
_NEAR: Final = 64  # messages: so far is rather read than halved
_REMEMBERED: Final = 4_096  # places of messages appended lately
_READERS: Final = 256  # who read on page by page and are found again without halving
_STEP: Final = 64  # messages forgotten at once
_START: Final = "start"


class Journal:
    """Of one store. All of it in the loop's thread; raises StoreError."""

    def __init__(self, stream: FencedStream, patches: Patches, prefix: str) -> None:
        self._stream = stream
        self._patches = patches
        self._prefix = prefix
        self._heads = f"{prefix}.events.*.*.*.*"  # messages that begin one
        self._start = f"{prefix}.{_START}"
        self._offset = 0  # of what comes next
        self._firsts: list[int] = []  # cursors, rising, and the sequences of their messages
        self._sequences: list[int] = []
        self._went_on: dict[int, int] = {}  # likewise, of cursors at which pages ended
        self.durable = Cursor(0)  # the newest event that is stored; of who follows, that it has told
        self._unread = 0  # of who follows, the first message that it has not read

    async def open(self, fence: int, epoch: str) -> None:
        """Make the stream, and let nobody but us append from now on."""
        await self._stream.open(fence, Message(self._start, epoch.encode()))
        await self._patches.open(fence)
        await self._begin()

    async def inspect(self) -> None:
        """To read it and leave it as it is."""
        await self._stream.look()
        await self._patches.read()
        self._offset, self.durable = 0, Cursor(0)
        await self._begin()

    async def _begin(self) -> None:
        await self._stream.require(self._stream.last)
        newest = await self._newest()
        if newest is not None:
            self._offset = newest.recorded.offset + newest.recorded.size_bytes
            if not self._unread:
                self.durable = newest.recorded.events[-1].cursor

    async def look(self, cursor: Cursor, last: int) -> None:
        """Begin to read what another writes: what is there up to that event, and message, counts as known."""
        self._stream.last, self.durable = last, cursor
        await self._patches.read()
        self._unread = await self._sequence_of(Cursor(cursor + 1))

    async def follow(self, last: int, patches: int) -> AsyncIterator[Recorded]:
        """What was written since, up to that message; `patches`: the newest of those.

        After a StoreError it goes on where it was.
        """
        if not self._unread:
            return  # nobody was followed
        if patches != self._patches.last:
            await self._patches.read()
        self._stream.last = max(self._stream.last, last)
        async for one in self.from_sequence(self._unread):
            if one.recorded.events[-1].cursor > self.durable:
                yield one.recorded  # if that fails it comes again
                self._remember(one.recorded.events[0].cursor, one.first_seq)
                self.durable = one.recorded.events[-1].cursor
            self._unread = one.last_seq + 1

    @property
    def newest_patch(self) -> int:
        """The sequence of the newest one."""
        return self._patches.last

    @property
    def offset(self) -> int:
        """What the bodies of all events so far come to, in bytes, also of those that were forgotten."""
        return self._offset

    @property
    def last(self) -> int:
        """The sequence of the newest message."""
        return self._stream.last

    async def _newest(self) -> Placed | None:
        head = await self._stream.newest(self._heads)
        if self._patches.newest > (0 if head is None else head.sequence):
            head = await self._patches.get(self._patches.newest)
        return await self._whole(head)

    async def _oldest(self) -> Placed | None:
        return await self._whole(await self._next(1))

    async def _next(self, sequence: int) -> Stored | None:
        """The next beginning of one, from there on."""
        head, patch = await self._stream.next(sequence, self._heads), self._patches.next(sequence)
        if patch is not None and (head is None or patch <= head.sequence):
            return await self._patches.get(patch)
        if head is None:
            await self._stream.require(self._stream.last)
        return head

    async def _whole(self, head: Stored | None) -> Placed | None:
        """The one that begins with this message."""
        if head is None:
            return None
        if head.pieces == 1:
            return placed([head])
        async for one in self.from_sequence(head.sequence):
            return one
        return None

    # --- writing

    async def append(
        self,
        events: Sequence[Appended],
        private: bytes,
        rows: list[Row],
        at: datetime,
        tenants: Mapping[str, str],
    ) -> None:
        """Store the events of a commit, with what is private of them; `rows` belong to the same commit.

        If they are stored already, nothing is done: it may be called again after a StoreError.
        """
        if events[-1].cursor <= self.durable:
            return
        made = self.recorded(Commit(microseconds(at), events, private), self._offset)
        made[-1] = msgspec.structs.replace(made[-1], rows=rows)
        await self.append_recorded(made, tenants)

    def recorded(self, commit: Commit, offset: int) -> list[Recorded]:
        """A commit as it is stored. `offset`: see Recorded."""
        made: list[Recorded] = []
        for some in runs(commit.events):
            one = Recorded(commit.at, offset, some)
            offset += one.size_bytes
            made.append(one)
        made[-1] = msgspec.structs.replace(made[-1], private=commit.private)
        return made

    async def append_recorded(self, made: Sequence[Recorded], tenants: Mapping[str, str]) -> None:
        """Store some. Called again with the same after a StoreError, it stores what is not stored yet."""
        messages = [message(self._prefix, one, self._stream.fence, tenants) for one in made]
        before = self._stream.last
        await self._stream.append(messages, f"events {made[0].events[0].cursor}")
        self._offset = made[-1].offset + made[-1].size_bytes
        self.durable = made[-1].events[-1].cursor
        if self._stream.last - before == len(messages):  # none is in several pieces
            for sequence, one in enumerate(made, before + 1):
                self._remember(one.events[0].cursor, sequence)

    def _remember(self, cursor: Cursor, sequence: int) -> None:
        self._firsts.append(cursor)
        self._sequences.append(sequence)
        if len(self._firsts) > 2 * _REMEMBERED:
            del self._firsts[:_REMEMBERED], self._sequences[:_REMEMBERED]

    # --- reading

    async def read(self, after: Cursor, limit: int) -> list[Appended]:
        """The events after a cursor, in order, at most `limit`."""
        if limit <= 0 or after >= self.durable:
            return []
        found: list[Appended] = []
        async for one in self.from_sequence(await self._sequence_of(Cursor(after + 1))):
            found += (event for event in one.recorded.events if event.cursor > after)
            if len(found) >= limit:
                self._went_on[found[limit - 1].cursor + 1] = one.first_seq
                if len(self._went_on) > _READERS:
                    del self._went_on[next(iter(self._went_on))]
                break
        return found[:limit]

    async def private_after(self, cursor: Cursor) -> bytes:
        """What is private of all that came after a cursor."""
        return b"".join([one.recorded.private async for one in self.after(cursor)])

    async def rows_after(self, sequence: int) -> AsyncIterator[Row]:
        """What was committed beside the events after a message."""
        async for one in self.from_sequence(sequence + 1):
            for row in one.recorded.rows:
                yield row

    async def first_cursor(self) -> Cursor | None:
        """Of the oldest event that is kept."""
        oldest = await self._next(1)
        return None if oldest is None else first_cursor(oldest)

    async def after(self, cursor: Cursor) -> AsyncIterator[Placed]:
        """All of which the last event comes after a cursor."""
        if cursor < self.durable:
            async for one in self.from_sequence(await self._sequence_of(Cursor(cursor + 1))):
                if one.recorded.events[-1].cursor > cursor:
                    yield one

    async def from_sequence(self, sequence: int) -> AsyncIterator[Placed]:
        """All from a message on, as far as there are some now."""
        end = self._stream.last
        pending: list[Stored] = []
        async for stored in self._messages(sequence, end):
            if stored.subject == self._start:
                continue
            if not stored.is_piece:
                pending = []  # what precedes it without its beginning has been forgotten
            elif not pending:
                continue
            pending.append(stored)
            if len(pending) == pending[0].pieces:
                yield placed(pending)
                pending = []

    async def _messages(self, sequence: int, end: int) -> AsyncIterator[Stored]:
        """With what stands in place of some. A replica may be behind: where it ends, its leader is asked."""
        while sequence <= end:
            page = await self._stream.page(sequence, _PAGE, most_bytes=_PAGE_BYTES)
            if not page:
                one = await self._stream.next(sequence)
                if one is None:
                    await self._stream.require(end)
                page = [] if one is None else [one]
            upto = page[-1].sequence if page else end
            patched = self._patches.within(sequence, upto)
            for place in patched:
                while page and page[0].sequence < place:
                    yield page.pop(0)
                if page and page[0].sequence == place:
                    page.pop(0)  # not deleted yet
                yield await self._patches.get(place)
            for stored in page:
                yield stored
            sequence = upto + 1

    async def _sequence_of(self, cursor: Cursor) -> int:
        """A message that holds it, or one that is not long before that."""
        place = bisect_right(self._firsts, cursor)
        if place:
            return self._sequences[place - 1]
        if (known := self._went_on.get(cursor)) is not None:
            return known
        oldest = await self._next(1)
        low = 1 if oldest is None else oldest.sequence
        high = self._sequences[0] if self._sequences else self._stream.last + 1
        while high - low > _NEAR:
            middle = (low + high) // 2
            one = await self._next(middle)
            if one is None or first_cursor(one) > cursor:
                high = middle
            else:
                low = max(one.sequence, middle)
        return low

    # --- rewriting

    async def some_after(self, cursor: Cursor, count: int) -> list[Placed]:
        """The next so many of which the last event comes after a cursor."""
        found: list[Placed] = []
        async for one in self.after(cursor):
            found.append(one)
            if len(found) >= count:
                break
        return found

    async def replace(self, one: Placed, recorded: Recorded) -> None:
        """Let it be so from now on, and overwrite what it was."""
        fence_and_cursor = f"{self._stream.fence}.{recorded.events[0].cursor}"
        pieces = one.last_seq - one.first_seq + 1
        await self._patches.put(one.first_seq, encoded(recorded), fence_and_cursor, pieces)

    # --- forgetting

    async def prune(self, before: datetime, keep_bytes: int, covered: Cursor) -> int:
        """Forget one step of the oldest, as far as a checkpoint covers them; returns how many events."""
        date, kept = microseconds(before), await self.kept_bytes()
        count = freed = end = seen = 0
        async for one in self.from_sequence(1):
            recorded = one.recorded
            wanted = recorded.at >= date and kept - freed <= keep_bytes
            seen += 1
            if wanted or recorded.events[-1].cursor > covered or seen > _STEP:
                break
            freed += recorded.size_bytes
            count += len(recorded.events)
            end = one.last_seq
        if count:
            await self._stream.purge(end)
            await self._patches.forget(end)
        return count

    async def kept_bytes(self) -> int:
        """What the bodies of all events come to that are kept."""
        oldest = await self._oldest()
        return 0 if oldest is None else self._offset - oldest.recorded.offset

    async def other_bytes(self) -> int:
        """What the stream takes beside that."""
        return max(0, (await self._stream.state()).bytes - await self.kept_bytes())
