"""WebSocket text frames (RFC 6455, section 5.2) as a server sends them, built once and written to many."""

from typing import Final

_TEXT: Final = 0x81  # FIN, text
_SHORT: Final = 126
_LONG: Final = 1 << 16


def text_frame(payload: bytes) -> bytes:
    """One unmasked text frame. `payload` must be UTF-8, as every encoder here makes it."""
    size = len(payload)
    if size < _SHORT:
        return bytes((_TEXT, size)) + payload
    if size < _LONG:
        return b"\x81\x7e" + size.to_bytes(2, "big") + payload
    return b"\x81\x7f" + size.to_bytes(8, "big") + payload
