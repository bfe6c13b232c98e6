"""What one message of the journal holds: events that follow one another, of one agent and one kind.

Its subject is `<prefix>.events.<tenant>.<platform>.<agent>.<kind>`, each one token, and what there is none of
is `-`. The kind is the noun of the events' types. So whoever wants some agents' or some kinds' events is sent
no others by the servers themselves. All messages of one commit are stored together or not at all.

`Nats-Msg-Id` is the fence and the first cursor: who looks for a cursor need not read bodies.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Final, NamedTuple

import msgspec

from gateway.cluster.stream import Message, Stored
from gateway.cluster.tokens import token
from gateway.store.base import Appended
from schemas.errors import StoreError
from schemas.ids import Cursor

NONE: Final = "-"
TOGETHER: Final = 256  # events in one message: what reading one of them has to decode
MESSAGE_ID: Final = "Nats-Msg-Id"


class Row(msgspec.Struct, frozen=True, array_like=True):
    """A row of a table as it is from now on; `values` None: it is gone."""

    table: str
    key: tuple[str | int, ...]
    values: dict[str, object] | None


class Commit(NamedTuple):
    """Events that were written together, or a part of them; `private` belongs after the last of them."""

    at: int  # microseconds since 1970, by the store's time
    events: Sequence[Appended]
    private: bytes


class Recorded(msgspec.Struct, frozen=True, array_like=True):
    """The body. `offset`: what the bodies of all events before it come to, in bytes."""

    at: int  # microseconds since 1970, by the store's time
    offset: int
    events: list[Appended]
    private: bytes = b""
    rows: list[Row] = []  # of the same commit, to be written if it broke off between the two

    @property
    def size_bytes(self) -> int:
        """What its events come to."""
        return sum(len(one.body) for one in self.events)


class Placed(NamedTuple):
    """One that was read: in which messages it is."""

    first_seq: int
    last_seq: int
    recorded: Recorded


encoded: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder(Recorded).decode


def runs(events: Sequence[Appended]) -> Iterator[list[Appended]]:
    """The events of a commit as they go into messages."""
    for _, run in groupby(events, _place):
        some = list(run)
        for start in range(0, len(some), TOGETHER):
            yield some[start : start + TOGETHER]


def _place(event: Appended) -> tuple[str, str, str]:
    return event.platform_id, event.agent_id, event.type.partition(".")[0]


def message(prefix: str, recorded: Recorded, fence: int, tenants: Mapping[str, str]) -> Message:
    """As it is stored."""
    platform, agent, kind = _place(recorded.events[0])
    names = (tenants.get(platform, ""), platform, agent, kind)
    subject = ".".join((prefix, "events", *(token(name or NONE) for name in names)))
    return Message(subject, encoded(recorded), {MESSAGE_ID: f"{fence}.{recorded.events[0].cursor}"})


def first_cursor(stored: Stored) -> Cursor:
    """Of the first message of one. Raises StoreError."""
    try:
        return Cursor(int(stored.headers[MESSAGE_ID].rpartition(".")[2]))
    except (KeyError, ValueError) as error:
        raise StoreError(f"the journal is damaged: message {stored.sequence} names no cursor") from error


def placed(messages: Sequence[Stored]) -> Placed:
    """The messages of one put together. Raises StoreError."""
    try:
        recorded = _decode(b"".join(one.body for one in messages))
    except msgspec.DecodeError as error:
        raise StoreError(f"the journal is damaged: message {messages[0].sequence}: {error}") from error
    return Placed(messages[0].sequence, messages[-1].sequence, recorded)
