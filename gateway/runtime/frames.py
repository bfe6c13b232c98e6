"""Frames: how a server writes text frames (RFC 6455, section 5.2), and what every frame that came must be.

Half a character (an escaped surrogate alone), as browsers write a text that was cut, is no JSON text for most
readers, ours among them: such a frame is put right and read again, once it could not be read.
"""

import re
from typing import Final

import msgspec

MAX_DEPTH: Final = 100  # no vendor comes near; decoding recurses, and so does whoever reads what we pass on
MAX_DIGITS: Final = 4300  # of one number; Python's json, as many a subscriber has it, refuses more

_TEXT: Final = 0x81  # FIN, text
_SHORT: Final = 126
_LONG: Final = 1 << 16
_LINE_FEED: Final = 0x0A
_RETURN: Final = 0x0D


def text_frame(payload: bytes) -> bytes:
    """One unmasked text frame. `payload` must be UTF-8, as every encoder here makes it."""
    size = len(payload)
    if size < _SHORT:
        return bytes((_TEXT, size)) + payload
    if size < _LONG:
        return b"\x81\x7e" + size.to_bytes(2, "big") + payload
    return b"\x81\x7f" + size.to_bytes(8, "big") + payload


# A text, closed or not: one that is left open must not be looked for again from every quote in it.
_TEXT_OF_JSON: Final = rb'"(?:[^"\\]++|\\.)*+"?'
_TEXTS: Final = re.compile(_TEXT_OF_JSON, re.DOTALL)
_MARKS: Final = re.compile(_TEXT_OF_JSON + rb"|[\[{]|[\]}]", re.DOTALL)

_LONG_NUMBER: Final = re.compile(rb"(?<![0-9])[0-9]{%d}" % (MAX_DIGITS + 1))

# An escape: two that are one character, half of one alone, or any other.
_ESCAPES: Final = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(u[dD][89a-fA-F][0-9a-fA-F]{2})|.)",
    re.DOTALL,
)
_REPLACEMENT: Final = rb"\ufffd"


def put_right(frame: bytes) -> bytes | None:
    """The frame with U+FFFD for every half of a character; None if there is none."""
    whole = _ESCAPES.sub(lambda found: _REPLACEMENT if found[1] else found[0], frame)
    return whole if whole != frame else None


def check(frame: bytes) -> None:
    """Refuse what no JSON decoder here may see. Raises msgspec.DecodeError with the reason.

    Decoders skip what they leave raw: text that is no UTF-8 would reach the journal and break its readers.
    They recurse into all else, as readers of the journal do.
    """
    if not frame.isascii():
        try:
            frame.decode()
        except UnicodeDecodeError as error:
            raise msgspec.DecodeError(f"not UTF-8 (byte {error.start})") from error
    if len(frame) <= 2 * MAX_DEPTH:  # what is opened has to be closed as well
        return
    if frame.count(b"[") + frame.count(b"{") > MAX_DEPTH and _depth(frame) > MAX_DEPTH:
        raise msgspec.DecodeError(f"nested more than {MAX_DEPTH} deep")
    if len(frame) > MAX_DIGITS and _LONG_NUMBER.search(frame) and _LONG_NUMBER.search(_TEXTS.sub(b"", frame)):
        raise msgspec.DecodeError(f"a number of more than {MAX_DIGITS} digits")


def checked(frame: bytes) -> bytes:
    """The same on one line, as journal and streams keep an event. Raises msgspec.DecodeError; see `check`."""
    check(frame)
    if _LINE_FEED in frame or _RETURN in frame:
        return msgspec.json.format(frame, indent=-1)
    return frame


def _depth(frame: bytes) -> int:
    deepest = depth = 0
    for mark in _MARKS.finditer(frame):
        match mark[0]:
            case b"[" | b"{":
                depth += 1
                deepest = max(deepest, depth)
            case b"]" | b"}":
                depth -= 1
            case _:
                pass  # a text: brackets in it do not count
    return deepest
