"""A stream of JetStream that one gateway at a time writes to.

What is appended together is stored whole or not at all (ADR-50), and only directly after what the writer
knows to be the end: the first message of each group says so (`Nats-Expected-Last-Sequence`). Whoever takes
over appends something of his own, and from then on nothing of the former writer fits any more, however late
it comes. Each message says the fence of its writer: after a lost answer the writer looks whose the end is.

A body that is larger than a message may be is cut into pieces; each is a message, and all are in one group.
"""

from collections.abc import Mapping, Sequence
from typing import Final, Literal, NamedTuple

import msgspec

from gateway.cluster.connection import AnsweredError, ApiError, Connection, read
from schemas.errors import FencedError, StoreError

MOST_TOGETHER: Final = 1_000  # messages in one group, by the servers' default
FENCE: Final = "Trunkline-Fence"
PIECES: Final = "Trunkline-Pieces"  # of how many the body consists, on the first of them
PIECE: Final = "~"  # before the number, as the last token of the subject of all others
_HEADROOM: Final = 2_048  # bytes for the headers of a message
_WRONG_LAST: Final = (10071, 10201)  # another end; messages that are stored already
NO_SUCH: Final = (10059, 10037, 10043, 10057)  # stream, message


class Message(NamedTuple):
    """What is stored under a subject. `headers` beside those of this module."""

    subject: str
    body: bytes
    headers: Mapping[str, str] = {}


class StreamState(msgspec.Struct, frozen=True):
    """Its messages: how many, their bytes, the first and the last sequence."""

    messages: int
    bytes: int
    first_seq: int
    last_seq: int


class StreamConfig(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """As JetStream takes it."""

    name: str
    subjects: tuple[str, ...]
    num_replicas: int
    max_bytes: int = -1
    max_msgs_per_subject: int = -1
    storage: Literal["", "file"] = ""
    discard: Literal["", "new"] = ""  # a full stream refuses: what is kept is not given up for what comes
    compression: Literal["", "s2"] = ""
    allow_direct: bool = False
    allow_atomic: bool = False
    allow_msg_ttl: bool = False
    allow_rollup_hdrs: bool = False
    deny_delete: bool = False


class _Info(msgspec.Struct, frozen=True):
    state: StreamState


class Appended(msgspec.Struct, frozen=True):
    """What storing a message says."""

    seq: int


class Purged(msgspec.Struct, frozen=True):
    """What a purge says."""

    success: bool = False
    purged: int = 0


async def ensure(connection: Connection, config: StreamConfig) -> None:
    """Make a stream, or make it as it is configured now. Raises StoreError."""
    verb = "UPDATE"
    try:
        await connection.api(f"STREAM.INFO.{config.name}", {}, _Info)
    except AnsweredError as error:
        if error.error.err_code not in NO_SUCH:
            raise
        verb = "CREATE"
    await connection.api(f"STREAM.{verb}.{config.name}", config, _Info)


class FencedStream:
    """One of them. Raises StoreError for what may pass, FencedError for what will not."""

    def __init__(self, connection: Connection, config: StreamConfig) -> None:
        self._connection = connection
        self._config = config
        self.name = config.name
        self.last = 0  # the sequence after which the next group has to come
        self.fence = 0
        self._group = ""  # that was begun last
        self._stored = 0  # of it, messages that are known to be stored
        self._unsure = False  # whether what was sent last is stored
        self._batches = 0

    async def open(self, fence: int, first: Message) -> None:
        """Make it as it is configured now, and take it over: from `first` on, nobody but us appends to it."""
        self.fence = fence
        await ensure(self._connection, self._config)
        (piece,) = self._cut(first)
        while True:
            self.last = (await self.state()).last_seq
            if await self.newest_fence() > fence:
                raise self._fenced("somebody with a later lease")
            try:
                self.last = await self._send((piece,))
            except AnsweredError as error:
                if error.error.err_code not in _WRONG_LAST:
                    raise  # else the former writer has been quicker, this once
            else:
                return

    async def look(self) -> None:
        """Know where it ends, to read it and leave it as it is."""
        self.last = (await self.state()).last_seq

    async def newest_fence(self) -> int:
        """Of whoever wrote to it last; 0 if nobody has."""
        newest = await self.newest(">")
        return 0 if newest is None else int(newest.headers.get(FENCE, "0"))

    async def state(self) -> StreamState:
        """How it is, as its leader knows it."""
        return (await self._connection.api(f"STREAM.INFO.{self.name}", {}, _Info)).state

    async def require(self, last: int) -> None:
        """Raise StoreError if whoever leads it does not have that message yet, and cannot say what there is.

        A server that was frozen, or has just started, answers as of before for a moment.
        """
        if (await self.state()).last_seq < last:
            raise StoreError(f"NATS: {self.name} cannot be read up to its end yet")

    async def purge(self, upto: int) -> None:
        """Forget all up to a sequence."""
        await self._connection.api(f"STREAM.PURGE.{self.name}", {"seq": upto + 1}, Purged)

    # --- appending

    async def append(self, messages: Sequence[Message], group: str) -> int:
        """Store them; returns the sequence of the last one.

        `group` names them: called again with the same after a StoreError, it stores what is not stored yet.
        """
        pieces = [piece for message in messages for piece in self._cut(message)]
        if group != self._group:
            self._group, self._stored, self._unsure = group, 0, False
        while self._stored < len(pieces):
            part = pieces[self._stored : self._stored + MOST_TOGETHER]
            if not (self._unsure and await self._found(len(part))):
                await self._try(part)
            self._stored += len(part)
            self._unsure = False
        return self.last

    @property
    def most_bytes(self) -> int:
        """Of a body in one message."""
        return self._connection.max_bytes - _HEADROOM

    def pieces(self, body: bytes) -> int:
        """In how many messages a body is."""
        return max(1, -(-len(body) // self.most_bytes))

    def _cut(self, message: Message) -> Sequence[Message]:
        size = self.most_bytes
        headers = {**message.headers, FENCE: str(self.fence)}
        if len(message.body) <= size:
            return (message._replace(headers=headers),)
        bodies = [message.body[at : at + size] for at in range(0, len(message.body), size)]
        first = Message(message.subject, bodies[0], {**headers, PIECES: str(len(bodies))})
        rest = [
            Message(f"{message.subject}.{PIECE}{number}", body, {FENCE: str(self.fence)})
            for number, body in enumerate(bodies[1:], 1)
        ]
        return (first, *rest)

    async def _try(self, messages: Sequence[Message]) -> None:
        self._unsure = True
        try:
            self.last = await self._send(messages)
        except AnsweredError as error:
            if error.error.err_code not in _WRONG_LAST or not await self._found(len(messages)):
                raise

    async def _send(self, messages: Sequence[Message]) -> int:
        expected = {"Nats-Expected-Last-Sequence": str(self.last)}
        if len(messages) == 1:
            (one,) = messages
            said = await self._connection.request(one.subject, one.body, {**one.headers, **expected})
        else:
            said = await self._send_all(messages, expected)
        return read(f"append to {self.name}", said, Appended).seq

    async def _send_all(self, messages: Sequence[Message], expected: Mapping[str, str]) -> bytes:
        # A name is good for one try: the servers may still wait for the rest of a former one.
        self._batches += 1
        batch = f"{self.fence}-{self._batches}"
        for number, one in enumerate(messages, 1):
            headers = {**one.headers, "Nats-Batch-Id": batch, "Nats-Batch-Sequence": str(number)}
            if number == 1:
                headers |= expected
            if number == len(messages):
                headers["Nats-Batch-Commit"] = "1"
                return await self._connection.request(one.subject, one.body, headers)
            await self._connection.publish(one.subject, one.body, headers)
        raise StoreError("NATS: nothing to append")

    async def _found(self, count: int) -> bool:
        """Whether what was sent is stored after all. Raises FencedError if somebody else has appended."""
        last = (await self.state()).last_seq
        if last == self.last:
            return False
        try:
            end = await self.at(last)
        except AnsweredError as error:
            if error.error.err_code in NO_SUCH:
                raise self._fenced("somebody") from error
            raise
        whose = end.headers.get(FENCE, "0")
        if whose != str(self.fence) or last != self.last + count:
            raise self._fenced(f"fence {whose}")
        self.last = last
        return True

    def _fenced(self, whose: str) -> FencedError:
        return FencedError(f"NATS: {self.name}: {whose} has written to it: another gateway has taken over")

    # --- reading

    async def at(self, sequence: int, subject: str = "") -> "Stored":
        """A message as the leader has it; with a subject, the next one under it from there on."""
        question: dict[str, object] = {"seq": sequence}
        if subject:
            question["next_by_subj"] = subject
        found = await self._connection.api(f"STREAM.MSG.GET.{self.name}", question, _Got)
        return found.message.read()

    async def next(self, sequence: int, subject: str = ">") -> "Stored | None":
        """The first message under a subject from there on, as the leader has it."""
        try:
            return await self.at(sequence, subject)
        except AnsweredError as error:
            if error.error.err_code in NO_SUCH:
                return None
            raise

    async def newest(self, subject: str) -> "Stored | None":
        """The last message under a subject, as the leader has it."""
        try:
            return await last_under(self._connection, self.name, subject)
        except AnsweredError as error:
            if error.error.err_code in NO_SUCH:
                return None
            raise

    async def page(
        self, sequence: int, count: int, subject: str = ">", most_bytes: int = 0
    ) -> "list[Stored]":
        """So many messages from there on, as any replica has them: fewer than there are, perhaps."""
        question: dict[str, object] = {"seq": sequence, "batch": count, "next_by_subj": subject}
        if most_bytes:
            question["max_bytes"] = most_bytes
        found: list[Stored] = []
        inbox = await self._connection.subscribe()
        try:
            await self._connection.ask(f"$JS.API.DIRECT.GET.{self.name}", question, inbox)
            while True:
                answer = await inbox.next()
                headers = answer.headers or {}
                if (status := headers.get("Status")) is not None:
                    if status in ("204", "404"):  # that is all; there is nothing
                        return found
                    raise AnsweredError(f"read {self.name}", ApiError(int(status), 0, str(dict(headers))))
                found.append(
                    Stored(int(headers["Nats-Sequence"]), headers["Nats-Subject"], answer.data, headers)
                )
        finally:
            await inbox.close()


class Stored(NamedTuple):
    """A message as it is kept."""

    sequence: int
    subject: str
    body: bytes
    headers: Mapping[str, str]

    @property
    def pieces(self) -> int:
        """How many messages its body is in."""
        return int(self.headers.get(PIECES, "1"))

    @property
    def is_piece(self) -> bool:
        """Whether it only goes on with the one before."""
        return self.subject.rpartition(".")[2].startswith(PIECE)


class _Raw(msgspec.Struct, frozen=True):
    subject: str
    seq: int
    data: bytes = b""
    hdrs: bytes = b""

    def read(self) -> Stored:
        headers: dict[str, str] = {}
        for line in self.hdrs.decode().split("\r\n")[1:]:
            name, colon, value = line.partition(":")
            if colon:
                headers[name.strip()] = value.strip()
        return Stored(self.seq, self.subject, self.data, headers)


class _Got(msgspec.Struct, frozen=True):
    message: _Raw


async def last_under(connection: Connection, stream: str, subject: str) -> Stored:
    """The last message under a subject, as the leader has it. Raises AnsweredError, StoreError."""
    return (await connection.api(f"STREAM.MSG.GET.{stream}", {"last_by_subj": subject}, _Got)).message.read()
