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
from schemas.errors import MalformedFrame

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
    """Takes a stream apart, however it is cut."""

    def __init__(self, largest_bytes: int) -> None:
        self._largest_bytes = largest_bytes
        self._left = bytearray()  # of a frame that is not whole yet

    def feed(self, data: bytes) -> Iterator[Frame]:
        """The frames that are whole with these bytes.

        Raises MalformedFrame, after the frames before it, for a missing boundary and for a content of more
        than `largest_bytes`; the stream is of no use then.
        """
        self._left += data
        return self._whole()

    def _whole(self) -> Iterator[Frame]:
        left = self._left
        while left:
            start = bytes(left[: len(BOUNDARY)])
            if not BOUNDARY.startswith(start):
                raise MalformedFrame(
                    NAME, "stream", f"the boundary is missing: a frame begins with {start!r}"
                )
            if len(left) < _HEAD.size:
                return
            _, protocol, size_bytes = _HEAD.unpack_from(left)
            if size_bytes > self._largest_bytes:
                what = f"a frame of {size_bytes} bytes, at most {self._largest_bytes} are taken"
                raise MalformedFrame(NAME, "stream", what)
            end = _HEAD.size + size_bytes
            if len(left) < end:
                return
            content = bytes(left[_HEAD.size : end])
            del left[:end]  # before it is handed out: whoever takes it may stop there
            yield Frame(protocol, content)


class Framing:
    """The contents of frames, of one connection; see adapters.transports.Framing."""

    def __init__(self, protocol: int, largest_bytes: int) -> None:
        self._protocol = protocol
        self._deframer = Deframer(largest_bytes)

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The contents that are whole with these bytes. Raises MalformedFrame, see Deframer."""
        return (frame.content for frame in self._deframer.feed(data))

    def wrap(self, frame: bytes) -> bytes:
        """A message as it stands in the stream."""
        return pack(Frame(self._protocol, frame))


def framing(settings: ChannelSessionSettings, largest_bytes: int) -> Framing:
    """Of a new connection."""
    return Framing(settings.tcp_protocol_index, largest_bytes)
