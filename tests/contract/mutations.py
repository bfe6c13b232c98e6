"""Frames that nobody should send: random bytes, random JSON, and real frames with something wrong in them.

A seed decides everything. JSON is read and written here with members as pairs, so that one can stand there
twice, and with tokens that no JSON writer would write.
"""

import copy
import json
import random
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from schemas.values import Json


class Members(list[tuple[str, Json]]):
    """An object, member by member."""


class Token(str):
    """Written as it is."""

    __slots__ = ()


_DEEP: Final = 80  # of the 100 that gateway.frames lets through
# What a member may hold instead of what it should.
ODD: Final[tuple[Json, ...]] = (
    None,
    True,
    False,
    0,
    -1,
    1,
    7.5,
    2**53 + 1,
    2**63,
    -(2**70),
    253402300800000,  # a millisecond past the last year that a calendar holds
    Token("1e400"),
    Token("-1e308"),
    Token("1e22"),
    Token("9" * 400),
    Token("9" * 5000),
    Token("NaN"),
    Token("Infinity"),
    Token("-Infinity"),
    Token('"\\ud800"'),
    Token('"\\u0000"'),
    Token("'text'"),
    Token(""),
    Token("[" * _DEEP + "]" * _DEEP),
    "",
    " ",
    "null",
    "0",
    "-1",
    "9" * 5000,
    "\u00b2",  # a digit to str.isdigit and to nobody else
    "\u0663",  # a digit that int() takes
    "\x00",
    "\u2028",
    "x" * 300,
    ".",
    "...",
    "a1",
    "p.grp.voice",
    [],
    [None],
    [[]],
    ["", 1],
    Members(),
    Members([("id", 1)]),
    Members([("", Members())]),
)
_JUNK: Final = (
    b"\xff",
    b"\xc3\x28",
    b"\xed\xa0\x80",
    b"\x00",
    b"\n",
    b'"',
    b"{",
    b"]",
    b",",
    b"\\",
    b"\xef\xbb\xbf",
)


def written(value: Json) -> str:
    """JSON text, or what is to pass for it."""
    match value:
        case Members():
            return "{" + ",".join(f"{json.dumps(name)}:{written(one)}" for name, one in value) + "}"
        case list():
            return "[" + ",".join(written(one) for one in value) + "]"
        case Token():
            return str(value)
        case _:
            return json.dumps(value)


def _read(frame: bytes) -> Json:
    value: Json = json.loads(frame, object_pairs_hook=Members)
    return value


class Rubbish:
    """Makes it, by dice; `names` are members that a reader may look for."""

    def __init__(self, choose: random.Random, names: Sequence[str]) -> None:
        self._choose = choose
        self._names = names
        self._kinds: tuple[Callable[[bytes, bytes], bytes], ...] = (
            self._random_bytes,
            self._random_json,
            self._spoilt_bytes,
            *[self._spoilt_json] * 4,
            *[self._grafted] * 4,
        )

    def made_of(self, frame: bytes, other: bytes) -> bytes:
        """One frame of it, made of two real ones or of nothing."""
        return self._choose.choice(self._kinds)(frame, other)

    def _odd(self) -> Json:
        return copy.deepcopy(self._choose.choice(ODD))

    # --- from nothing

    def _random_bytes(self, _: bytes, __: bytes) -> bytes:
        return self._choose.randbytes(self._choose.randrange(40))

    def _random_json(self, _: bytes, __: bytes) -> bytes:
        return written(self._value(4)).encode()

    def _value(self, depth: int) -> Json:
        kind = self._choose.randrange(4) if depth else 0
        if kind == 1:
            return [self._value(depth - 1) for _ in range(self._choose.randrange(4))]
        if kind > 1:
            size = self._choose.randrange(5)
            return Members((self._choose.choice(self._names), self._value(depth - 1)) for _ in range(size))
        return self._odd()

    # --- from real ones

    def _spoilt_bytes(self, frame: bytes, other: bytes) -> bytes:
        at = self._choose.randrange(len(frame) + 1)
        match self._choose.randrange(5):
            case 0:
                return frame[:at]
            case 1:
                return frame[:at] + self._choose.choice(_JUNK) + frame[at:]
            case 2:
                return frame[:at] + other[self._choose.randrange(len(other)) :]
            case 3:
                return frame[:at] + frame[at + 1 :]
            case _:
                return frame + other

    def _spoilt_json(self, frame: bytes, other: bytes) -> bytes:
        return self._spoilt(_read(frame), other)

    def _grafted(self, frame: bytes, other: bytes) -> bytes:
        """The other frame about what this one is about: it gets this one's members of equal name."""
        value = _read(other)
        mine = {container[key][0]: container[key][1] for container, key in _members(_read(frame))}
        for container, key in list(_members(value)):
            name = container[key][0]
            if name in mine and self._choose.randrange(2):
                _put(container, key, mine[name])
        return self._spoilt(value, frame)

    def _spoilt(self, value: Json, other: bytes) -> bytes:
        for _ in range(self._choose.choice((0, 1, 1, 1, 2, 3))):
            value = self._changed(value, other)
        return written(value).encode()

    def _changed(self, value: Json, other: bytes) -> Json:
        """Once, somewhere in it."""
        places = list(_places(value))
        if not places:
            return self._odd()
        container, key = self._choose.choice(places)
        match self._choose.randrange(8):
            case 0:
                del container[key]
            case 1:
                at = self._choose.randrange(len(container) + 1)
                container[at:at] = container[key : key + 1]  # type: ignore[assignment]  # its own
            case 2:
                there, where = self._choose.choice(places)
                mine, theirs = _held(container, key), _held(there, where)
                _put(container, key, theirs)
                _put(there, where, mine)
            case 3:
                _put(container, key, _held(*self._choose.choice([*_places([_read(other)])])))
            case 4 if isinstance(container, Members):
                container[key] = (self._choose.choice(self._names), container[key][1])
            case 5 if isinstance(container, Members):
                container.append((self._choose.choice(self._names), self._odd()))
            case _:
                _put(container, key, self._odd())
        return value


Place = tuple[list[Json] | Members, int]


def _places(value: Json) -> Iterator[Place]:
    """Where anything stands in it."""
    if isinstance(value, list):
        for index in range(len(value)):
            yield value, index
            yield from _places(_held(value, index))


def _members(value: Json) -> Iterator[tuple[Members, int]]:
    for container, key in _places(value):
        if isinstance(container, Members):
            yield container, key


def _held(container: list[Json] | Members, index: int) -> Json:
    return container[index][1] if isinstance(container, Members) else container[index]


def _put(container: list[Json] | Members, index: int, value: Json) -> None:
    value = copy.deepcopy(value)  # nothing stands in itself
    if isinstance(container, Members):
        container[index] = (container[index][0], value)
    else:
        container[index] = value
