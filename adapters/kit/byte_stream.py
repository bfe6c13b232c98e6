"""Frames in a stream of bytes: each is a boundary, more of a head that ends with a length, and a content."""

from collections.abc import Iterator
from struct import Struct

from schemas.errors import MalformedFrame


class ByteStream:
    """Takes the stream of one connection apart, however it is cut.

    `head` is the whole head: the boundary, one value that the dialect makes something of, and the length.
    """

    def __init__(self, dialect: str, boundary: bytes, head: Struct, largest_bytes: int) -> None:
        self._dialect = dialect
        self._boundary = boundary
        self._head = head
        self._largest_bytes = largest_bytes
        self._left = bytearray()  # of a frame that is not whole yet

    def feed(self, data: bytes) -> Iterator[tuple[int, bytes]]:
        """The frames that are whole with these bytes: value and content.

        Raises MalformedFrame, after the frames before it, for a missing boundary and for a content of more
        than `largest_bytes`; the stream is of no use then.
        """
        self._left += data
        return self._whole()

    def _whole(self) -> Iterator[tuple[int, bytes]]:
        left, head = self._left, self._head
        while left:
            start = bytes(left[: len(self._boundary)])
            if not self._boundary.startswith(start):
                what = f"the boundary is missing: a frame begins with {start!r}"
                raise MalformedFrame(self._dialect, "stream", what)
            if len(left) < head.size:
                return
            _, value, size_bytes = head.unpack_from(left)
            if size_bytes > self._largest_bytes:
                what = f"a frame of {size_bytes} bytes, at most {self._largest_bytes} are taken"
                raise MalformedFrame(self._dialect, "stream", what)
            end = head.size + size_bytes
            if len(left) < end:
                return
            content = bytes(left[head.size : end])
            del left[:end]  # before it is handed out: whoever takes it may stop there
            yield value, content
