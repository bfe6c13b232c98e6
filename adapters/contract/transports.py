"""What may carry a dialect's frames beside a WebSocket, as far as the dialect's documents say.

A dialect declares such a transport as data and pure functions; the core does the input and output, in both
roles: north it is the server, south the client.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import msgspec


class Begin(msgspec.Struct, frozen=True, kw_only=True):
    """A client opens a transport session."""

    name: str  # what the client calls itself
    id: str | None = None  # None: it is to be given one
    token: str = ""  # a key or token, from a client that cannot send a header


class End(msgspec.Struct, frozen=True):
    """A client closes its transport session."""

    id: str


@dataclass(frozen=True)
class Polling:
    """HTTP: a transport session is opened, frames are posted one by one, and those for the client polled.

    The paths are relative to the platform's address and have no slash at their ends.
    """

    sessions: str  # POST: opens and closes
    requests: str  # POST: one frame, which is queued; what comes of it is polled
    messages: str  # GET: the frames that are waiting
    parameter: str  # in the query of requests and messages: the transport session's id
    media: str  # type of all bodies
    # north
    read_session: Callable[[bytes], Begin | End]  # raises MalformedFrame
    begun: Callable[[str], bytes]  # the answer to Begin: (id)
    wrap: Callable[[Sequence[bytes]], bytes]  # the answer to a poll
    # south
    begin: Callable[[str], bytes]  # (name)
    read_begun: Callable[[bytes], str]  # the id; raises MalformedFrame
    end: Callable[[str, str], bytes]  # (id, name)
    unwrap: Callable[[bytes], Sequence[bytes]]  # raises MalformedFrame


class Framing(Protocol):
    """How frames stand in a stream of bytes; one for each connection, as it keeps what is not yet whole."""

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The frames that are whole with these bytes, in order.

        Raises MalformedFrame, after the frames before it, for what no frame begins with and for one that is
        too large. Nothing more can be read from that stream.
        """
        ...

    def wrap(self, frame: bytes) -> bytes:
        """A frame as it stands in the stream."""
        ...
