"""A WebSocket before it is known who is there: one small message, and nothing after it until he is let in.

It stands before aiohttp's reader and looks at the heads of frames (RFC 6455, section 5.2) only, so that a
frame that is too large is refused by what its head says of it. Once he is let in it hands everything on
unseen: the reader's own bound is then the only one.
"""

from collections.abc import Callable
from typing import Final, Protocol

STRANGER_BYTES: Final = 64 * 1024  # of a message, or a body, before it is known whose it is
_HELD_BYTES: Final = 1024 * 1024  # of what came after it; more than what is read at once can be
_SHORTEST: Final = 2  # bytes of a head
_MASK: Final = 4
_CONTROL: Final = 0x8
_FIN: Final = 0x80
_MASKED: Final = 0x80
_LENGTHS: Final = {126: 2, 127: 8}


class Reader(Protocol):
    """What aiohttp feeds with the bytes of an upgraded connection."""

    def feed_data(self, data: bytes) -> tuple[bool, bytes]:
        """Take bytes; whether the connection is to be closed, and what was not taken."""
        ...

    def feed_eof(self) -> None:
        """There will be no more."""
        ...


class Doorway:
    """Before one reader."""

    def __init__(self, reader: Reader, pause: Callable[[], None], go_on: Callable[[], None]) -> None:
        """`pause` and `go_on` are of reading from the connection."""
        self._reader = reader
        self._pause = pause
        self._go_on = go_on
        self._head = bytearray()
        self._left = 0  # bytes of the frame whose head is read
        self._last = False  # whether the message ends with that frame
        self._size = 0  # of the message so far
        self._held: bytearray | None = None  # once the message is over: what came after it
        self._refused = ""  # why
        self._tell: Callable[[str], None] | None = None
        self.feed_data: Callable[[bytes], tuple[bool, bytes]] = self._look  # no step more, once it is open

    def feed_eof(self) -> None:
        """There will be no more."""
        self._reader.feed_eof()

    def on_refused(self, tell: Callable[[str], None]) -> None:
        """Tell whoever serves the socket why nothing more is taken, now or later."""
        self._tell = tell
        if self._refused:
            tell(self._refused)

    def open(self) -> None:
        """It is known who is there."""
        self.feed_data = self._reader.feed_data
        held, self._held = self._held, None
        if held is not None:
            self._go_on()
            if held:
                self._reader.feed_data(bytes(held))

    def _look(self, data: bytes) -> tuple[bool, bytes]:
        if self._refused:
            return False, b""
        if self._held is not None:
            self._hold(self._held, data)
            return False, b""
        end = self._end_of_message(data)
        if end is None:
            return False, b""
        told = self._reader.feed_data(data[:end])
        if self._over():
            self._pause()
            self._held = bytearray()
            self._hold(self._held, data[end:])
        return told

    def _over(self) -> bool:
        """Whether the message has ended."""
        return self._last and not self._left and not self._head

    def _hold(self, held: bytearray, data: bytes) -> None:
        held += data
        if len(held) > _HELD_BYTES:
            self._refuse("it says more before it is known who it is")

    def _refuse(self, why: str) -> None:
        self._refused = why
        self._held = None
        self._pause()
        if self._tell is not None:
            self._tell(why)

    def _end_of_message(self, data: bytes) -> int | None:
        """Up to where it may be handed on; None: the message is too large."""
        at = 0
        while at < len(data) and not self._over():
            if self._left:
                taken = min(self._left, len(data) - at)
                self._left -= taken
                at += taken
            else:
                at = self._read_head(data, at)
                if self._size > STRANGER_BYTES:
                    self._refuse(f"more than {STRANGER_BYTES} bytes before it is known who it is")
                    return None
        return at

    def _read_head(self, data: bytes, at: int) -> int:
        """Take from it what belongs to a head; once that is whole, what it says counts."""
        head = self._head
        while at < len(data):
            head.append(data[at])
            at += 1
            if len(head) < _SHORTEST:
                continue
            short = head[1] & ~_MASKED
            size_end = _SHORTEST + _LENGTHS.get(short, 0)
            if len(head) < size_end + (_MASK if head[1] & _MASKED else 0):
                continue
            self._left = int.from_bytes(head[_SHORTEST:size_end], "big") if short in _LENGTHS else short
            if not head[0] & _CONTROL:
                self._size += self._left
                self._last = bool(head[0] & _FIN)
            head.clear()
            break
        return at
