"""Conditions on what an event says: a dotted path into its JSON, and what must stand there.

The idea is that of the content filters of event buses: values, lists of them, a prefix, presence. What is
followed is the event itself, not its text: a field that is left out has its default, and so it is found by
that value too. A path goes through every member of a list; a key with dots in it is found at a path's end.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from functools import cache
from typing import Annotated, Final, NamedTuple

import msgspec
from msgspec import Meta

MAX_CONDITIONS: Final = 20
MAX_ALTERNATIVES: Final = 100
MAX_PATH: Final = 200
MAX_TEXT: Final = 1_000

Text = Annotated[str, Meta(max_length=MAX_TEXT)]
Path = Annotated[str, Meta(min_length=1, max_length=MAX_PATH)]


class Match(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Another way to say what must stand there: how a text begins, or whether there is anything at all."""

    prefix: Text | None = None
    exists: bool | None = None

    def __post_init__(self) -> None:
        """Raises ValueError, unless it says one of the two."""
        if (self.prefix is None) == (self.exists is None):
            raise ValueError("needs prefix or exists, and one of them only")


Alternative = Text | int | float | bool | Match | None  # null: nothing stands there
Alternatives = Annotated[tuple[Alternative, ...], Meta(min_length=1, max_length=MAX_ALTERNATIVES)]
# What must stand at each path, all of it; of a list, any. A mapping, as clients and webhooks give it.
Content = Annotated[dict[Path, Alternative | Alternatives], Meta(max_length=MAX_CONDITIONS)]

_Key = tuple[bool, str | int | float]  # True is 1 to Python, and nothing of the sort in JSON


class Found(NamedTuple):
    """What stands at a path of one event."""

    values: frozenset[_Key]
    texts: tuple[str, ...]
    told: bool  # whether the event's JSON has anything there; a default is left out of it


class Condition(NamedTuple):
    """One path, and what may stand there. It can be hashed, so that equal filters are one."""

    path: str
    values: frozenset[_Key]
    prefixes: tuple[str, ...]
    exists: frozenset[bool]

    def holds(self, found: Found) -> bool:
        """Whether one of the alternatives stands there."""
        return (
            found.told in self.exists
            or not self.values.isdisjoint(found.values)
            or (bool(self.prefixes) and any(text.startswith(self.prefixes) for text in found.texts))
        )


def parse(raw: object) -> Content:
    """Conditions, as JSON has them. Raises ValueError that says where it is wrong."""
    try:
        return msgspec.convert(raw, Content)
    except msgspec.ValidationError as error:
        raise ValueError(str(error)) from error


def from_texts(texts: Iterable[str]) -> Content:
    """Conditions, as a query has them: `path:value`. Raises ValueError that says what is wrong.

    The same path again is another alternative. `*` is whatever is there, `some*` a prefix. A query has no
    types: `123` is the text and the number, `true` and `null` likewise; in quotes, it is the text alone.
    """
    raw: dict[str, list[object]] = {}
    for text in texts:
        path, colon, value = text.partition(":")
        if not colon:
            raise ValueError(f"{text[:MAX_PATH]!r} is not of the form path:value")
        raw.setdefault(path, []).extend(_meant(value))
    return parse(raw)


def _meant(value: str) -> list[object]:
    try:
        read = msgspec.json.decode(value)
    except msgspec.DecodeError:
        if not value.endswith("*"):
            return [value]
        return [{"exists": True} if value == "*" else {"prefix": value[:-1]}]
    if isinstance(read, str):
        return [read]
    return [value] if isinstance(read, list | dict) else [value, read]


def conditions(content: Content) -> tuple[Condition, ...]:
    """Made ready to be applied, in an order that does not depend on how it was written."""
    return tuple(_condition(path, meant) for path, meant in sorted(content.items()))


def _condition(path: str, meant: Alternative | tuple[Alternative, ...]) -> Condition:
    values: set[_Key] = set()
    prefixes: set[str] = set()
    exists: set[bool] = set()
    for one in meant if isinstance(meant, tuple) else (meant,):
        match one:
            case None:
                exists.add(False)
            case Match(exists=bool(there)):
                exists.add(there)
            case Match(prefix=str(prefix)):
                prefixes.add(prefix)
            case str() | int() | float():
                values.add(_key(one))
            case Match():
                raise TypeError("it was made without its check")
    return Condition(path, frozenset(values), tuple(sorted(prefixes)), frozenset(exists))


def _key(value: str | float) -> _Key:
    return isinstance(value, bool), value


# --- following paths


def find(root: object, path: str) -> Found:
    """What stands at the path. `root` may hold structs, mappings, lists and raw JSON."""
    values: set[_Key] = set()
    texts: list[str] = []
    told = False
    for leaf, shown in _follow(root, path, shown=True):
        told = told or shown
        value = msgspec.to_builtins(leaf) if isinstance(leaf, datetime) else leaf  # as its JSON has it
        if isinstance(value, str):
            texts.append(value)
        if isinstance(value, str | int | float):
            values.add(_key(value))
    return Found(frozenset(values), tuple(texts), told)


def _follow(node: object, path: str, *, shown: bool) -> Iterator[tuple[object, bool]]:
    """Everything at the path that is not null, and whether JSON shows it."""
    match node:
        case None:
            pass
        case list() | tuple():
            for member in node:
                yield from _follow(member, path, shown=shown)
        case msgspec.Raw():
            yield from _follow(msgspec.json.decode(node), path, shown=shown)
        case _ if not path:
            yield node, shown
        case dict() if path in node:
            yield from _follow(node[path], "", shown=True)
        case dict():
            key, _, rest = path.partition(".")
            yield from _follow(node.get(key), rest, shown=True)
        case msgspec.Struct():
            key, _, rest = path.partition(".")
            value, shown = _field(node, key)
            yield from _follow(value, rest, shown=shown)
        case _:
            pass  # the path goes on, and there is nothing below


def _field(struct: msgspec.Struct, name: str) -> tuple[object, bool]:
    """What a struct has under a name of its JSON, and whether that is written."""
    if name == struct.__struct_config__.tag_field:
        return struct.__struct_config__.tag, True
    field = _fields(type(struct)).get(name)
    if field is None:
        return None, False
    value = getattr(struct, field.attribute)
    return value, value != field.left_out


class _Field(NamedTuple):
    attribute: str
    left_out: object  # the value that is not written


@cache
def _fields(kind: type[msgspec.Struct]) -> Mapping[str, _Field]:
    """The fields of a struct, by their names in JSON."""
    omits = kind.__struct_config__.omit_defaults
    return {
        one.encode_name: _Field(one.name, _default(one) if omits else msgspec.NODEFAULT)
        for one in msgspec.structs.fields(kind)
    }


def _default(field: msgspec.structs.FieldInfo) -> object:
    return field.default if field.default_factory is msgspec.NODEFAULT else field.default_factory()
