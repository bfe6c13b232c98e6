"""What stands in place of messages of the journal that were taken out of it.

A stream cannot be rewritten. So the new form is kept in another one, under the sequence of the message that
it stands for, and then that message is deleted, its bytes overwritten. Where they are is known in the order
of the journal, 8 bytes each; in a journal of which nothing was taken out there are none.
"""

from array import array
from bisect import bisect_left, bisect_right
from typing import Final

import msgspec

from gateway.cluster.connection import AnsweredError, Connection
from gateway.cluster.stream import NO_SUCH, PIECE, FencedStream, Message, Purged, Stored
from gateway.store.jetstream.records import MESSAGE_ID
from schemas.errors import StoreError

_PAGE: Final = 100_000  # subjects that one answer names
_OWNER: Final = "owner"
_ID: Final = "Trunkline-Stands-As"  # the id of the message of the journal
_STANDS_FOR: Final = "Trunkline-Stands-For"  # how many messages of the journal


class _Subjects(msgspec.Struct, frozen=True):
    subjects: dict[str, int] | None = None


class _Listed(msgspec.Struct, frozen=True):
    state: _Subjects


class _Deleted(msgspec.Struct, frozen=True):
    success: bool


class Patches:
    """Of one journal. In the loop's thread; raises StoreError."""

    def __init__(self, connection: Connection, stream: FencedStream, journal: str, prefix: str) -> None:
        """`journal`: the name of its stream."""
        self._connection = connection
        self._stream = stream
        self._journal = journal
        self._prefix = f"{prefix}.patches"
        self._at = array("q")  # sequences in the journal, rising

    async def open(self, fence: int) -> None:
        """Take the stream over, and find where patches are."""
        await self._stream.open(fence, Message(f"{self._prefix}.{_OWNER}", str(fence).encode()))
        await self.read()
        newest = await self._stream.newest(f"{self._prefix}.seq.*")
        if newest is not None and _STANDS_FOR in newest.headers:  # the former writer may have ended half-way
            sequence = int(newest.subject.rpartition(".")[2])
            await self._delete(sequence, int(newest.headers[_STANDS_FOR]))

    async def read(self) -> None:
        """Find where patches are."""
        self._stream.last = (await self._stream.state()).last_seq
        offset, found = 0, list[int]()
        while True:
            question = {"subjects_filter": f"{self._prefix}.seq.*", "offset": offset}
            listed = await self._connection.api(f"STREAM.INFO.{self._stream.name}", question, _Listed)
            names = list(listed.state.subjects or {})
            found += [int(name.rpartition(".")[2]) for name in names]
            if len(names) < _PAGE:
                break
            offset += len(names)
        self._at = array("q", sorted(found))

    @property
    def last(self) -> int:
        """The sequence of the newest message."""
        return self._stream.last

    @property
    def newest(self) -> int:
        """The last of them; 0 if there is none."""
        return self._at[-1] if self._at else 0

    def within(self, first: int, last: int) -> list[int]:
        """Which of the journal's sequences from one to another have one."""
        return list(self._at[bisect_left(self._at, first) : bisect_right(self._at, last)])

    def next(self, sequence: int) -> int | None:
        """The first from there on."""
        place = bisect_left(self._at, sequence)
        return self._at[place] if place < len(self._at) else None

    async def get(self, sequence: int) -> Stored:
        """What stands there, whole."""
        head = await self._stream.newest(f"{self._prefix}.seq.{sequence}")
        if head is None:
            raise StoreError(f"the journal is damaged: nothing stands in place of message {sequence}")
        body = [head.body]
        for number in range(1, head.pieces):
            piece = await self._stream.newest(f"{self._prefix}.seq.{sequence}.{PIECE}{number}")
            body.append(b"" if piece is None else piece.body)
        return Stored(sequence, head.subject, b"".join(body), {MESSAGE_ID: head.headers[_ID]})

    async def put(self, sequence: int, body: bytes, message_id: str, pieces: int) -> None:
        """Let it stand in place of so many messages of the journal, of which `sequence` is the first."""
        before = await self._stream.newest(f"{self._prefix}.seq.{sequence}")
        # Under other names: a message id is good once only, and this may be its second form
        made = Message(f"{self._prefix}.seq.{sequence}", body, {_ID: message_id, _STANDS_FOR: str(pieces)})
        await self._stream.append([made], f"patch {sequence} {self._stream.last}")
        if before is None:
            self._at.insert(bisect_left(self._at, sequence), sequence)
        for number in range(max(1, self._stream.pieces(body)), 1 if before is None else before.pieces):
            await self._purge(f"{self._prefix}.seq.{sequence}.{PIECE}{number}")
        await self._delete(sequence, pieces)

    async def _delete(self, sequence: int, pieces: int) -> None:
        """Overwrite messages of the journal, as far as they are there."""
        for one in range(sequence, sequence + pieces):
            try:
                question = {"seq": one, "no_erase": False}
                await self._connection.api(f"STREAM.MSG.DELETE.{self._journal}", question, _Deleted)
            except AnsweredError as error:
                if error.error.err_code not in NO_SUCH:
                    raise

    async def _purge(self, subject: str) -> None:
        await self._connection.api(f"STREAM.PURGE.{self._stream.name}", {"filter": subject}, Purged)

    async def forget(self, upto: int) -> None:
        """Those of the journal's messages up to there."""
        for sequence in self.within(0, upto):
            await self._purge(f"{self._prefix}.seq.{sequence}")
            await self._purge(f"{self._prefix}.seq.{sequence}.>")
        del self._at[: bisect_right(self._at, upto)]
