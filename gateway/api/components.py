"""The structs as JSON Schema (2020-12): each once, under its name, for every document that refers to them.

msgspec makes the schemas. Added here: the names of the unions, the format of times, and pydantic's models.
"""

from collections.abc import Iterator, Mapping
from typing import Final

import msgspec
from msgspec.inspect import CollectionType, DateTimeType, DictType, Metadata, StructType, Type, UnionType
from pydantic import BaseModel

from schemas.commands import AnyCommand
from schemas.events import AnyEvent
from schemas.needinfo import Answer
from schemas.queries import AnyQuery, AnyQueryAnswer, AnyQueryReply
from schemas.results import AnyResult, CommandRecord

Schema = dict[str, object]

ROOTS: Final[Mapping[str, object]] = {
    "Event": AnyEvent,
    "Command": AnyCommand,
    "Result": AnyResult,
    "CommandRecord": CommandRecord,
    "Answer": Answer,
    "Query": AnyQuery,
    "QueryAnswer": AnyQueryAnswer,
    "QueryReply": AnyQueryReply,
}
_NAMES: Final[Mapping[object, str]] = {kind: name for name, kind in ROOTS.items()}
_ANYTHING: Final = "any JSON value"  # msgspec takes no empty schema from a hook


def name_of(kind: object) -> str:
    """The name that a struct, model or named union stands under."""
    if (name := _NAMES.get(kind)) is not None:
        return name
    if isinstance(kind, type):
        return kind.__name__
    raise TypeError(f"{kind} has no name of its own")


def components(roots: Mapping[str, object], ref_template: str) -> dict[str, Schema]:
    """The schema of each root, and of all they refer to, by name.

    `ref_template` says how one refers to another, such as `#/$defs/{name}`.
    """
    kinds = list(roots.values())
    made, parts = msgspec.json.schema_components(kinds, schema_hook=_hook, ref_template=ref_template)
    for struct, key in _times(kinds):
        told = parts[struct]["properties"][key]
        for option in told.get("anyOf", [told]):
            if option == {"type": "string"}:
                option["format"] = "date-time"
    own: dict[str, Schema] = {name: one for name, one in zip(roots, made, strict=True) if name not in parts}
    refs: list[tuple[Schema, Schema]] = [
        (one, {"$ref": ref_template.format(name=name)}) for name, one in own.items() if name in ROOTS
    ]
    return {
        name: {key: _fold(value, refs) for key, value in one.items()}
        for name, one in sorted({**own, **parts}.items())
    }


def _hook(kind: type) -> dict[str, object]:
    if issubclass(kind, BaseModel):
        return kind.model_json_schema()
    if kind is object:
        return {"$comment": _ANYTHING}
    raise TypeError(kind)


def _fold(value: object, refs: list[tuple[Schema, Schema]]) -> object:
    """The schema with each named union replaced by its name."""
    match value:
        case dict():
            for whole, ref in refs:
                if value == whole:
                    return ref
            return {
                key: _fold(one, refs) for key, one in value.items() if (key, one) != ("$comment", _ANYTHING)
            }
        case list():
            return [_fold(one, refs) for one in value]
        case _:
            return value


def _times(kinds: list[object]) -> Iterator[tuple[str, str]]:
    """Struct and field of every time in them."""
    for struct in structs(kinds):
        yield from ((struct.cls.__name__, one.encode_name) for one in struct.fields if _is_time(one.type))


def structs(kinds: list[object]) -> Iterator[StructType]:
    """Every struct in them, once."""
    left: list[Type] = list(msgspec.inspect.multi_type_info(kinds))
    seen: set[type] = set()
    while left:
        match left.pop():
            case StructType(cls=cls, fields=fields) as struct if cls not in seen:
                seen.add(cls)
                left += [one.type for one in fields]
                yield struct
            case UnionType(types=within):
                left += within
            case CollectionType(item_type=item):
                left.append(item)
            case DictType(value_type=value):
                left.append(value)
            case Metadata(type=plain):
                left.append(plain)
            case _:
                pass  # holds no other


def _is_time(kind: Type) -> bool:
    options = kind.types if isinstance(kind, UnionType) else (kind,)
    return any(isinstance(one, DateTimeType) for one in options)
