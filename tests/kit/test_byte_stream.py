"""A stream of bytes is taken apart, whatever its head; what is no frame is fatal after those before it."""

from struct import Struct

import pytest

from adapters.kit.byte_stream import ByteStream
from schemas.errors import MalformedFrame

HEAD = Struct("!2sHH")  # boundary, a value of the dialect's, length
FRAME = b"##\x00\x07\x00\x03abc"


def stream(largest_bytes: int = 100) -> ByteStream:
    return ByteStream("x", b"##", HEAD, largest_bytes)


def test_frames_come_out_whole_however_they_are_cut() -> None:
    one = stream()
    came = [frame for byte in FRAME + FRAME for frame in one.feed(bytes([byte]))]
    assert came == [(7, b"abc"), (7, b"abc")]


def test_frames_before_what_is_none_are_told() -> None:
    frames = stream().feed(FRAME + b"?")
    assert next(frames) == (7, b"abc")
    with pytest.raises(MalformedFrame, match="boundary is missing"):
        next(frames)


def test_a_length_past_the_bound_is_refused_before_the_content_has_come() -> None:
    with pytest.raises(MalformedFrame, match="3 bytes, at most 2"):
        list(stream(largest_bytes=2).feed(FRAME[: HEAD.size]))
