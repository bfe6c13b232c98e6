"""Structs of the model with some classes of their fields concealed: masked by a mark, or left out.

What comes out is of the same type, and reads back as such: a text that is concealed and may not be left out
has the mark in its place. With any mask the platform's own words go too (`schemas.privacy`).
"""

from collections.abc import Iterator, Mapping
from functools import cache
from types import UnionType
from typing import Final, NamedTuple, TypeVar, Union, get_args, get_origin

import msgspec

from schemas import events as ev
from schemas.grants import FieldClass
from schemas.privacy import FieldKind, Mask, classes_of

MARK: Final = "[masked]"
_NOTHING: Final[Mapping[type, object]] = {
    dict: {},
    tuple: (),
    list: (),
    msgspec.Raw: msgspec.Raw(b"null"),
}  # else null
S = TypeVar("S", bound=msgspec.Struct)
_decode: Final = msgspec.json.Decoder[ev.AnyEvent](ev.AnyEvent).decode
_encode: Final = msgspec.json.Encoder().encode


class _Rule(NamedTuple):
    name: str
    concealed: bool  # else what is in it is looked at
    marked: bool  # a text has the mark in its place
    default: object  # NODEFAULT: it may not be left out


def masked(struct: S, mask: Mask) -> S:
    """The struct as it may be seen."""
    return _masked(struct, mask) if mask else struct


def masked_event(body: bytes, mask: Mask) -> bytes:
    """An event's JSON as it may be seen."""
    return _encode(masked(_decode(body), mask)) if mask else body


def _masked(struct: S, mask: Mask) -> S:
    changes: dict[str, object] = {}
    for rule in _rules(type(struct), mask):
        before = getattr(struct, rule.name)
        after = _concealed(before, rule) if rule.concealed else _inside(before, mask)
        if after is not before:
            changes[rule.name] = after
    return msgspec.structs.replace(struct, **changes) if changes else struct


def _concealed(value: object, rule: _Rule) -> object:
    if value == rule.default:
        return value
    if isinstance(value, str) and (rule.marked or rule.default is msgspec.NODEFAULT):
        return MARK if value else value
    return _NOTHING.get(type(value)) if rule.default is msgspec.NODEFAULT else rule.default


def _inside(value: object, mask: Mask) -> object:
    match value:
        case msgspec.Struct():
            return _masked(value, mask)
        case tuple():
            made = tuple(_inside(one, mask) for one in value)
            return value if all(a is b for a, b in zip(made, value, strict=True)) else made
        case _:
            return value


@cache
def _rules(kind: type[msgspec.Struct], mask: Mask) -> tuple[_Rule, ...]:
    """What is done with the fields of a struct, but for those with which nothing ever is."""
    classes = classes_of(kind)
    return tuple(
        _Rule(one.name, mask.hides(classes[one.name]), _marked(classes[one.name], mask), _default(one))
        for one in msgspec.structs.fields(kind)
        if mask.hides(classes[one.name]) or any(_structs(one.type))
    )


def _marked(which: FieldKind, mask: Mask) -> bool:
    """Whether it is masked: what is left out as well is left out."""
    if which in (FieldKind.PLAIN, FieldKind.VENDOR):
        return False
    return FieldClass(which.value) in mask.masked - mask.dropped


def _default(field: msgspec.structs.FieldInfo) -> object:
    return field.default if field.default_factory is msgspec.NODEFAULT else field.default_factory()


def _structs(hint: object) -> Iterator[type[msgspec.Struct]]:
    """The structs that a value of that type may be or hold."""
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        yield hint
    elif get_origin(hint) in (Union, UnionType, tuple, list):
        for one in get_args(hint):
            yield from _structs(one)


# --- what a path into an event leads to


def concealed_path(path: str, mask: Mask) -> bool:
    """Whether what stands at a dotted path into an event is concealed, in any kind of event."""
    return any(_leads_to_concealed(kind, path, mask) for kind in get_args(ev.AnyEvent))


def _leads_to_concealed(kind: type[msgspec.Struct], path: str, mask: Mask) -> bool:
    name, _, rest = path.partition(".")
    for field in msgspec.structs.fields(kind):
        if field.encode_name == name:
            if mask.hides(classes_of(kind)[field.name]):
                return True
            return (
                any(_leads_to_concealed(one, rest, mask) for one in _structs(field.type)) if rest else False
            )
    return False
