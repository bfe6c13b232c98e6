"""The TCP transport's frames: a boundary, a protocol index, a length, and one JSON structure.

Source: reference channel-session.md section 1.2 [public]; the order of the length's bytes is our reading
[inferred]. Left out, as no document shows it: the handshake, the negotiation that tells a protocol's index,
and the ERROR message that a missing boundary is answered with. So the index we write is a setting, and one
that we read tells nothing: whatever it is, the content goes to whoever reads the protocol.
"""

from collections.abc import Iterator
from struct import Struct
from typing import Final, NamedTuple

from adapters.channel_session.settings import ChannelSessionSettings
from adapters.channel_session.tables import NAME
from adapters.kit.byte_stream import ByteStream

BOUNDARY: Final = b"~!OM"
_HEAD: Final = Struct("!4sBI")  # boundary, protocol index, length of the content


class Frame(NamedTuple):
    """One frame of the stream."""

    protocol: int  # its index: 0 to 255
    content: bytes


def pack(frame: Frame) -> bytes:
    """A frame as it stands in the stream."""
    return _HEAD.pack(BOUNDARY, frame.protocol, len(frame.content)) + frame.content


class Deframer:
    """The frames of one connection."""

    def __init__(self, largest_bytes: int) -> None:
        self._stream = ByteStream(NAME, BOUNDARY, _HEAD, largest_bytes)

    def feed(self, data: bytes) -> Iterator[Frame]:
        """Those that are whole with these bytes. Raises MalformedFrame, see ByteStream."""
        return (Frame(*frame) for frame in self._stream.feed(data))


class Framing:
    """The contents of frames, of one connection; see adapters.contract.transports.Framing."""

    def __init__(self, protocol: int, largest_bytes: int) -> None:
        self._protocol = protocol
        self._deframer = Deframer(largest_bytes)

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The contents that are whole with these bytes. Raises MalformedFrame, see ByteStream."""
        return (frame.content for frame in self._deframer.feed(data))

    def wrap(self, frame: bytes) -> bytes:
        """A message as it stands in the stream."""
        return pack(Frame(self._protocol, frame))


def framing(settings: ChannelSessionSettings, largest_bytes: int) -> Framing:
    """Of a new connection."""
    return Framing(settings.tcp_protocol_index, largest_bytes)
