"""Tolerant decoding: what is not as documented costs itself, and no more than that.

- Null clears where the type allows null; elsewhere it is as if absent.
- Another type than documented costs that member, if its struct can do without it (it has a default).
- What a struct cannot do without costs the struct: as an entry its list goes on, as a member its owner.
- Nothing is left to give up: msgspec.DecodeError, as from a decoder.

So a wire struct says by its defaults what may cost the frame: give one to every member but those that say
whom it concerns. A frame as documented is decoded as ever; one is taken apart only once that has failed. Half
a character in a text is no matter of types: gateway.frames puts it right before anybody decodes.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from types import UnionType
from typing import Annotated, Final, TypeGuard, TypeVar, Union, get_args, get_origin

import msgspec

from adapters.contract.remarks import Remark, RemarkKind
from schemas.errors import MalformedFrame
from schemas.values import Json

T = TypeVar("T")
KEPT: Final = 20  # places named, of one frame
_WAITING: Final = 100  # remarks of one connection

_members = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_entries = msgspec.json.Decoder(list[msgspec.Raw]).decode
_raw = msgspec.json.Decoder(msgspec.Raw).decode
_encode = msgspec.json.Encoder().encode


class Mended:
    """What was left out of frames of one connection, until the operator is told."""

    def __init__(self) -> None:
        self._places: list[str] = []

    def clear(self) -> None:
        """Another frame is read now."""
        self._places.clear()

    def note(self, place: str) -> None:
        """That was left out: what was left out within it is no news any more."""
        self._places = [one for one in self._places if not one.startswith((f"{place}.", f"{place}["))]
        if len(self._places) < KEPT:
            self._places.append(place)

    @property
    def some(self) -> bool:
        """Whether anything was left out of this frame so far."""
        return bool(self._places)

    def left_out(self, names: Collection[str]) -> bool:
        """Whether one of these members of the frame itself was left out."""
        return not set(names).isdisjoint(self._places)

    def lost_entry(self, name: str) -> bool:
        """Whether that list is not whole: an entry of it was left out."""
        return any(re.fullmatch(rf"{re.escape(name)}\[\d+\]", place) for place in self._places)

    def told(self, name: str) -> list[Remark]:
        """What there is to say of a frame of that name; then it is said."""
        places, self._places = self._places, []
        return [Remark(RemarkKind.MENDED, f"{name}: {place}") for place in places]


class Remarks:
    """What a connection has to say of its frames, until the core asks: see adapters.contract.remarks."""

    def __init__(self) -> None:
        self._waiting: tuple[Remark, ...] = ()  # most connections never have one

    def add(self, *remarks: Remark) -> None:
        """More of it; of too many the newest stay."""
        if remarks:
            self._waiting = (*self._waiting, *remarks)[-_WAITING:]

    def take(self) -> Sequence[Remark]:
        """All of it; then it is said."""
        taken, self._waiting = self._waiting, ()
        return taken


def decode(decoder: msgspec.json.Decoder[T], data: bytes | msgspec.Raw, mended: Mended | None = None) -> T:
    """Decode JSON, what does not fit left out and noted. Raises msgspec.DecodeError if that is no help."""
    try:
        return decoder.decode(data)
    except msgspec.ValidationError as error:
        try:
            return decoder.decode(_fit(_raw(data), decoder.type, "", Mended() if mended is None else mended))
        except msgspec.DecodeError:
            raise error from None  # what was wrong first says more


def fitting(decoder: msgspec.json.Decoder[T], data: msgspec.Raw, mended: Mended | None = None) -> msgspec.Raw:
    """The same, as JSON that the decoder takes. Raises msgspec.DecodeError if that is no help."""
    try:
        decoder.decode(data)
    except msgspec.ValidationError:
        return _fit(data, decoder.type, "", Mended() if mended is None else mended)
    return data


def convert(value: Json, kind: type[T], mended: Mended | None = None, place: str = "") -> T:
    """The same for a value that is decoded already, and stands there. Raises msgspec.DecodeError."""
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        try:
            fitting = _fit(_raw(_encode(value)), kind, place, Mended() if mended is None else mended)
            return msgspec.json.decode(fitting, type=kind)
        except msgspec.DecodeError:
            raise error from None


def request(decoder: msgspec.json.Decoder[T], data: bytes | msgspec.Raw) -> T:
    """Decode what a client asks for: null is as if absent where it is not allowed, all else has to fit.

    To leave out what a client meant otherwise would be to do another thing. Raises msgspec.DecodeError.
    """
    try:
        return decoder.decode(data)
    except msgspec.ValidationError:
        mended = Mended()
        found = decode(decoder, data, mended)
        if mended.told(""):
            raise
        return found


@contextmanager
def malformed(dialect: str, where: str) -> Iterator[None]:
    """What cannot be decoded within makes the frame malformed: MalformedFrame for msgspec.DecodeError.

    Not for what every frame runs through: there an `except` costs less.
    """
    try:
        yield
    except msgspec.DecodeError as error:
        raise MalformedFrame(dialect, where, str(error)) from error


def moment(milliseconds: float | None) -> datetime | None:
    """Milliseconds since 1970 as an aware time; None for none, or for what no calendar holds."""
    if not milliseconds:
        return None
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return None


# --- taking apart


def _fit(data: msgspec.Raw, kind: object, place: str, mended: Mended) -> msgspec.Raw:
    """The value without what does not fit in it. Raises msgspec.DecodeError if the rest does not either."""
    kinds = list(_alternatives(kind))
    fitting = data
    match bytes(memoryview(data)[:1]):
        case b"{":
            structs = [one for one in kinds if isinstance(one, type) and issubclass(one, msgspec.Struct)]
            mappings = [one for one in kinds if get_origin(one) is dict]
            if len(structs) == 1:
                fitting = _object(data, structs[0], place, mended)
            elif mappings:
                fitting = _mapping(data, get_args(mappings[0])[1], place, mended)
        case b"[":
            items = [item for one in kinds for item in _item(one)]
            positional = [one for one in kinds if _is_positional(one)]
            if items:
                fitting = _list(data, items[0], place, mended)
            elif positional:
                fitting = _positions(data, positional[0], place, mended)
        case _:
            pass
    msgspec.json.decode(fitting, type=kind)
    return fitting


def _alternatives(kind: object) -> Iterator[object]:
    """The types that a type allows, one by one."""
    origin = get_origin(kind)
    if origin is Annotated:
        yield from _alternatives(get_args(kind)[0])
    elif origin in {Union, UnionType}:
        for one in get_args(kind):
            yield from _alternatives(one)
    else:
        yield kind


def _item(kind: object) -> tuple[object, ...]:
    """The type of a list's entries; empty if it is no list of entries that are alike."""
    arguments = get_args(kind)
    alike = get_origin(kind) is list or (get_origin(kind) is tuple and arguments[1:] == (...,))
    return arguments[:1] if alike else ()


def _object(data: msgspec.Raw, kind: type[msgspec.Struct], place: str, mended: Mended) -> msgspec.Raw:
    members = _members(data)
    for field in msgspec.structs.fields(kind):
        name = field.encode_name
        if name in members:
            there = f"{place}.{name}" if place else name
            try:
                members[name] = _fit(members[name], field.type, there, mended)
            except msgspec.DecodeError:
                _leave_out(members.pop(name), there, mended)  # one that has to be there is missed by `_fit`
    return _raw(_encode(members))


def _list(data: msgspec.Raw, kind: object, place: str, mended: Mended) -> msgspec.Raw:
    kept = []
    for index, entry in enumerate(_entries(data)):
        there = f"{place}[{index}]"
        try:
            kept.append(_fit(entry, kind, there, mended))
        except msgspec.DecodeError:
            _leave_out(entry, there, mended)
    return _raw(_encode(kept))


def _is_positional(kind: object) -> TypeGuard[type[msgspec.Struct]]:
    """Whether it is a struct that is written as an array."""
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct) and kind.__struct_config__.array_like


def _positions(data: msgspec.Raw, kind: type[msgspec.Struct], place: str, mended: Mended) -> msgspec.Raw:
    """What is left out gives way to its default: the places of the others must not change."""
    kept = _entries(data)
    for index, field in enumerate(msgspec.structs.fields(kind)[: len(kept)]):
        there = f"{place}[{index}]"
        try:
            kept[index] = _fit(kept[index], field.type, there, mended)
        except msgspec.DecodeError:
            if field.required:
                raise
            _leave_out(kept[index], there, mended)
            kept[index] = _raw(_encode(field.default))
    return _raw(_encode(kept))


def _mapping(data: msgspec.Raw, kind: object, place: str, mended: Mended) -> msgspec.Raw:
    """Keys may be a customer's: they are not named."""
    kept = {}
    for key, value in _members(data).items():
        there = f"{place}[...]"
        try:
            kept[key] = _fit(value, kind, there, mended)
        except msgspec.DecodeError:
            _leave_out(value, there, mended)
    return _raw(_encode(kept))


def _leave_out(value: msgspec.Raw, place: str, mended: Mended) -> None:
    """Null is as if absent, and no news: some platforms write it everywhere."""
    if bytes(value) != b"null":
        mended.note(place)
