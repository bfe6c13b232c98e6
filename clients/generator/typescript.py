"""The types for the JavaScript client, as declarations: structs as interfaces, unions by their tags."""

import types
import typing
from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum
from typing import Final, NewType

import msgspec

from clients.generator import reading
from clients.generator.reading import ROOMS, UNIONS, Field, Hint, Kind, name_of

HEAD: Final = """\
// The canonical model. Made by `make clients` of what the gateway itself reads and writes; not to be changed
// by hand. A field with ? may be left out; where the gateway leaves it out, it has its default: false, 0, ""
// or nothing. What is newer than this file comes all the same: give each switch a default.

/** A text of this set, or one that is newer than this file. */
export type Open<Known extends string> = Known | (string & {});

/** Any JSON value. */
export type Json = unknown;
"""
_PLAIN: Final[dict[object, str]] = {
    str: "string",
    int: "number",
    float: "number",
    bool: "boolean",
    datetime: "string",
    object: "Json",
    msgspec.Raw: "Json",
    type(None): "null",
}


def declarations() -> str:
    """The text of `model.d.ts`."""
    return "\n".join([HEAD, *_ids(), *(line for room in ROOMS for line in _room(room)), *_unions()]) + "\n"


def _ids() -> Iterator[str]:
    for name, (of, note) in reading.new_types().items():
        yield from _comment(note, "")
        yield f"export type {name} = {'number' if of == 'int' else 'string'};"
    yield ""


def _room(room: str) -> Iterator[str]:
    for cls in () if room == "ids" else reading.of_room(room):
        yield from _comment(reading.text_of(cls), "")
        if issubclass(cls, StrEnum):
            known = " | ".join(f'"{one.value}"' for one in cls)
            yield f"export type {name_of(cls)} = Open<{known}>;"
        else:
            yield from _struct(reading.kind_of(cls))
        yield ""


def _struct(kind: Kind) -> Iterator[str]:
    base = "" if kind.base is None else f" extends {name_of(kind.base)}"
    yield f"export interface {name_of(kind.cls)}{base} {{"
    if kind.tag is not None:
        yield f'  {_tag_field(kind)}: "{kind.tag}";'
    for one in kind.fields:
        yield from _field(one, optional=not one.required and _left_out(kind))
    yield "}"


def _tag_field(kind: Kind) -> str:
    config: msgspec.structs.StructConfig = kind.cls.__struct_config__  # type: ignore[attr-defined]  # a struct, as it has a tag
    return str(config.tag_field)


def _left_out(kind: Kind) -> bool:
    return kind.omits_defaults or kind.cls in reading.SENT


def _field(one: Field, *, optional: bool) -> Iterator[str]:
    yield from _comment(one.note, "  ")
    yield f"  {one.told_as}{'?' if optional else ''}: {_type(one.hint)};"


def _comment(text: str, indent: str) -> Iterator[str]:
    lines = text.splitlines()
    if len(lines) == 1:
        yield f"{indent}/** {lines[0]} */"
    elif lines:
        yield f"{indent}/**"
        yield from (f"{indent} * {line}".rstrip() for line in lines)
        yield f"{indent} */"


def _type(hint: Hint) -> str:
    origin, within = typing.get_origin(hint), typing.get_args(hint)
    if origin in {typing.Union, types.UnionType}:
        names, left = reading.union_names(hint)
        return " | ".join(dict.fromkeys([*names, *map(_type, left)]))
    if origin in {list, tuple, frozenset}:
        item = _type(within[0])
        return f"({item})[]" if "|" in item else f"{item}[]"
    if origin is dict:
        return f"{{ [key: string]: {_type(within[1])} }}"
    return " | ".join(f'"{one}"' for one in within) if origin is typing.Literal else _name(hint)


def _name(hint: Hint) -> str:
    if isinstance(hint, NewType):
        return str(hint.__name__)
    if hint in _PLAIN:
        return _PLAIN[hint]
    if isinstance(hint, type):
        return name_of(hint)
    raise TypeError(f"the clients have no word for {hint}")


def _unions() -> Iterator[str]:
    for name in UNIONS:
        yield f"export type {name} =\n  | " + "\n  | ".join(map(name_of, reading.of_union(name))) + ";\n"
