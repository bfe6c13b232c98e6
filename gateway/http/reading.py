"""Bodies and frames, read to the last name: a field that there is not is refused, with the nearest there is.

A misspelt field would be left out in silence, and the command carried out without it.
"""

from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from functools import cached_property
from typing import Final, Generic, TypeVar

import msgspec
from msgspec.inspect import (
    CollectionType,
    DictType,
    Metadata,
    StructType,
    Type,
    UnionType,
    type_info,
)

T = TypeVar("T")

SHOWN: Final = 40  # characters of a name that somebody made up
_raw: Final = msgspec.json.Decoder(strict=False).decode


def nearest(name: str, known: Iterable[str]) -> str:
    """Which name was meant, or which there are; to follow what is wrong with it."""
    known = list(known)
    near = get_close_matches(name, known, 1, 0.5)
    return f"is it {near[0]}?" if near else f"there are: {', '.join(known) or 'none'}"


class Strict(Generic[T]):
    """Reads one type."""

    def __init__(self, kind: object) -> None:
        self._kind = kind
        self._decode = msgspec.json.Decoder(kind).decode

    @cached_property
    def _type(self) -> Type:
        return type_info(self._kind)

    def decode(self, body: bytes) -> T:
        """What a body says. Raises msgspec.DecodeError; its message names a field that there is not."""
        try:
            read: T = self._decode(body)
        except msgspec.ValidationError:
            self._require_known(body)  # the misspelt name says more than the one that is missing
            raise
        self._require_known(body)
        return read

    def _require_known(self, body: bytes) -> None:
        wrong = next(_unknown(_raw(body), self._type, ""), None)
        if wrong is not None:
            raise msgspec.ValidationError(wrong)


def _unknown(value: object, kind: Type, where: str) -> Iterator[str]:
    """What is wrong with the names in a value. What is of another type than it should be is left alone."""
    match value, kind:
        case _, Metadata():
            yield from _unknown(value, kind.type, where)
        case _, UnionType():
            yield from _of_union(value, kind, where)
        case dict(), StructType():
            yield from _of_struct(value, kind, where)
        case dict(), DictType():
            for key, each in value.items():
                yield from _unknown(each, kind.value_type, f"{where}.{key[:SHOWN]}")
        case list(), CollectionType():
            for i, each in enumerate(value):
                yield from _unknown(each, kind.item_type, f"{where}[{i}]")
        case _:
            pass  # a plain value, or any JSON


def _of_union(value: object, kind: UnionType, where: str) -> Iterator[str]:
    structs = [one for one in kind.types if isinstance(one, StructType)]
    if isinstance(value, dict) and structs:
        yield from _of_structs(value, structs, where)
    else:
        for one in kind.types:
            yield from _unknown(value, one, where)


def _of_structs(value: dict[str, object], kinds: list[StructType], where: str) -> Iterator[str]:
    tags = {one.tag: one for one in kinds if one.tag is not None}
    if not tags:
        if len(kinds) == 1:
            yield from _of_struct(value, kinds[0], where)
        return
    field = next(iter(tags.values())).tag_field or "type"
    tag = value.get(field)
    if not isinstance(tag, str):
        return
    if tag in tags:
        yield from _of_struct(value, tags[tag], where)
    else:
        yield f"{tag[:SHOWN]!r} is no {field}{_at(where)}; {nearest(tag, map(str, tags))}"


def _of_struct(value: dict[str, object], kind: StructType, where: str) -> Iterator[str]:
    fields = {one.encode_name: one.type for one in kind.fields}
    for name, one in value.items():
        if name in fields:
            if isinstance(one, dict | list):  # a plain value has no names in it
                yield from _unknown(one, fields[name], f"{where}.{name}")
        elif name != kind.tag_field:
            of = str(kind.tag) if kind.tag is not None else kind.cls.__name__
            yield f"{name[:SHOWN]!r} is no field of {of}{_at(where)}; {nearest(name, fields)}"


def _at(where: str) -> str:
    return f" (at ${where})" if where else ""
