"""What every frame that came must be, before anything decodes it."""

import json
import time

import msgspec
import pytest

from gateway.runtime.frames import MAX_DEPTH, MAX_DIGITS, check, put_right


@pytest.mark.parametrize(
    "frame",
    [
        b"{}",
        '["\u00e9\U0001f4de"]'.encode(),
        b"[" * MAX_DEPTH + b"]" * MAX_DEPTH,
        b"[" + b"[]," * 5000 + b"[]]",
        b'{"text":"' + b"[{" * 5000 + b'\\"[' + b'"}',
        b'{"call":-' + b"7" * MAX_DIGITS + b"}",
        b'{"card":"' + b"7" * (MAX_DIGITS + 1) + b'","call":1}',
    ],
    ids=[
        "nothing",
        "any letters",
        "as deep as may be",
        "wide",
        "brackets in a text",
        "many digits",
        "digits in a text",
    ],
)
def test_frame_that_can_be_decoded_is_let_through(frame: bytes) -> None:
    check(frame)
    json.loads(frame)  # as a subscriber's Python reads it


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        (b'["\xff"]', r"^not UTF-8 \(byte 2\)$"),
        (b'{"a":' * (MAX_DEPTH + 1) + b"1" + b"}" * (MAX_DEPTH + 1), "^nested more than 100 deep$"),
        (b'["\\\\",' + b"[" * 200_000, "^nested more than 100 deep$"),
        (b'{"call":-' + b"7" * (MAX_DIGITS + 1) + b"}", "^a number of more than 4300 digits$"),
        (b'{"text":"\\"","calls":[1,' + b"7" * 5000 + b"]}", "^a number of more than 4300 digits$"),
    ],
    ids=[
        "not UTF-8",
        "too deep",
        "too deep after an escaped backslash",
        "too many digits",
        "too many digits after a text",
    ],
)
def test_frame_that_would_break_a_decoder_or_a_reader_is_refused(frame: bytes, reason: str) -> None:
    with pytest.raises(msgspec.DecodeError, match=reason):
        check(frame)


def test_digits_are_looked_through_once() -> None:
    frame = b"[" + (b"7" * MAX_DIGITS + b",") * 500 + b"7]"
    began = time.process_time()
    check(frame)
    assert time.process_time() - began < 2.0  # minutes, if every digit began a search to the end


def test_open_text_full_of_quotes_is_looked_through_once() -> None:
    frame = b"[" * 101 + b'"' + b'\\"' * 500_000
    began = time.process_time()
    with pytest.raises(msgspec.DecodeError):
        check(frame)
    assert time.process_time() - began < 2.0  # minutes, if every quote began a search to the end


@pytest.mark.parametrize(
    ("frame", "whole"),
    [
        (rb'{"a":"thanks \ud83d"}', rb'{"a":"thanks \ufffd"}'),
        (rb'{"a":"\uDE00 thanks"}', rb'{"a":"\ufffd thanks"}'),
        (rb'{"\ud83d":1}', rb'{"\ufffd":1}'),
        (rb'{"a":"\ud83d\ud83d\ude00"}', rb'{"a":"\ufffd\ud83d\ude00"}'),
        (rb'{"a":"\ud83d\n"}', rb'{"a":"\ufffd\n"}'),
        (rb'{"a":"\\\ud83d"}', rb'{"a":"\\\ufffd"}'),
    ],
)
def test_half_a_character_is_put_right(frame: bytes, whole: bytes) -> None:
    assert put_right(frame) == whole
    msgspec.json.decode(whole)


@pytest.mark.parametrize(
    "frame", [rb'{"a":"\ud83d\ude00"}', rb'{"a":"\\ud83d"}', b"{", b'{"a":"\xf0\x9f"}', b"\\"]
)
def test_what_is_whole_or_wrong_otherwise_stays(frame: bytes) -> None:
    assert put_right(frame) is None
