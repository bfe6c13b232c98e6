"""What the gateway tells and takes, read off its own structs: classes, their fields, notes and defaults.

What crosses the wire is described once, by the gateway: no client has a struct of it that is written by hand.
`python.py` and `typescript.py` write the same things down for each.
"""

import inspect
import sys
import types
import typing
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from typing import Final, NamedTuple, NewType

import msgspec
from msgspec.structs import FieldInfo
from pydantic import BaseModel, SecretStr
from pydantic_core import PydanticUndefined

from gateway.api import asyncapi, bodies, history, stream
from gateway.api.notes import notes
from gateway.http.problems import ProblemDetails
from gateway.http.tickets import StreamTicket
from gateway.security.minting import MintedToken, TokenRequest
from gateway.store import deliveries
from gateway.webhooks.replay import Replay, Replayed
from gateway.webhooks.spec import DeclaredWebhook
from gateway.webhooks.view import WebhookWithSecret
from schemas import ids
from schemas.commands import AnyCommand
from schemas.events import AnyEvent
from schemas.needinfo import Answer
from schemas.queries import AnyQuery, AnyQueryAnswer, AnyQueryReply
from schemas.results import AnyResult, CommandRecord

# Modules of the clients that are made of several of the gateway's. One of `schemas` has one of its own.
JOINED: Final[Mapping[str, tuple[str, ...]]] = {
    "directory": ("schemas.observations",),  # of which clients are told this alone
    "stream": (
        *("gateway.store.conditions", "gateway.events.filters", "gateway.api.history"),
        *("gateway.api.stream", "gateway.api.sse"),
    ),
    "api": (
        *("gateway.http.problems", "gateway.http.tickets", "gateway.security.minting"),
        *("adapters.contract.remarks", "gateway.platforms.platform", "gateway.store.deliveries"),
        *("gateway.webhooks.spec", "gateway.webhooks.view", "gateway.webhooks.replay", "gateway.api.bodies"),
    ),
}
UNIONS: Final[Mapping[str, object]] = {
    "AnyEvent": AnyEvent,
    "AnyCommand": AnyCommand,
    "AnyResult": AnyResult,
    "AnyQuery": AnyQuery,
    "AnyQueryReply": AnyQueryReply,
    "AnyQueryAnswer": AnyQueryAnswer,
}
# A client's own word for a tag that is newer than it.
UNKNOWN: Final[Mapping[str, str]] = {
    "AnyEvent": "UnknownEvent",
    "AnyCommand": "UnknownCommand",
    "AnyResult": "UnknownResult",
    "AnyQuery": "UnknownQuery",
}
RENAMED: Final[Mapping[type, str]] = {  # where a client has another of that name, or a better one
    stream.Problem: "StreamProblem",
    history.Gap: "StreamGap",
    history.Snapshot: "StreamSnapshot",
    DeclaredWebhook: "WebhookSpec",
    deliveries.Order: "DeliveryOrder",
}
WRITTEN: Final = (
    *(AnyCommand, Answer, AnyQueryReply, *asyncapi.FROM_CLIENT),
    *(TokenRequest, Replay, DeclaredWebhook),
)
READ: Final = (
    *(AnyEvent, CommandRecord, AnyQuery, *asyncapi.TOLD, ProblemDetails, StreamTicket, MintedToken),
    *(bodies.Platforms, bodies.Sessions, bodies.Interactions, bodies.Questions, bodies.EventPage),
    *(bodies.Webhooks, bodies.Deliveries, bodies.Attempts, bodies.WebhookTest, WebhookWithSecret, Replayed),
)
Hint = object  # what stands in an annotation


class Field(NamedTuple):
    """A field of a struct's own."""

    name: str
    told_as: str  # its name in JSON
    hint: Hint
    required: bool
    default: object
    note: str


class Kind(NamedTuple):
    """A struct. `base` is the one that it is made of; `tag` is its own."""

    cls: type
    base: type | None
    tag_field: str | None
    tag: str | None
    omits_defaults: bool
    fields: tuple[Field, ...]


def name_of(cls: type) -> str:
    """What the clients call it."""
    return RENAMED.get(cls, cls.__name__)


def text_of(cls: type) -> str:
    """What it is, in the gateway's own words."""
    return inspect.cleandoc(cls.__doc__ or "")


def base_of(cls: type) -> type | None:
    """The struct that it extends."""
    base = cls.__base__
    of_library = base in {msgspec.Struct, BaseModel, None} or cls is DeclaredWebhook
    return None if of_library else base


def kind_of(cls: type) -> Kind:
    """A struct, read."""
    if issubclass(cls, BaseModel):
        return Kind(cls, None, None, None, omits_defaults=True, fields=tuple(_of_model(cls)))
    if not issubclass(cls, msgspec.Struct):
        raise TypeError(f"{cls} is no struct")
    base, config = base_of(cls), cls.__struct_config__
    inherited = None if base is None else getattr(base, "__struct_config__", None)
    return Kind(
        cls,
        base,
        config.tag_field if inherited is None or inherited.tag_field is None else None,
        None if config.tag in {None, cls.__name__} else str(config.tag),  # the library's own for who has none
        config.omit_defaults,
        tuple(_own(cls)),
    )


def _own(cls: type[msgspec.Struct]) -> Iterator[Field]:
    hints, said = typing.get_type_hints(cls), notes(cls)
    for one in msgspec.structs.fields(cls):
        if one.name in inspect.get_annotations(cls):
            yield Field(
                one.name,
                one.encode_name,
                hints[one.name],
                one.required,
                _default(one),
                said.get(one.name, ""),
            )


def _default(one: FieldInfo) -> object:
    return one.default if one.default_factory is msgspec.NODEFAULT else one.default_factory()


def _of_model(cls: type[BaseModel]) -> Iterator[Field]:
    said = notes(cls)
    for name, one in cls.model_fields.items():
        required = one.default is PydanticUndefined
        note = one.description or said.get(name, "")
        yield Field(name, name, plain(one.annotation), required, None if required else one.default, note)


def plain(hint: Hint) -> Hint:
    """Without what only validates."""
    origin, within = typing.get_origin(hint), typing.get_args(hint)
    if origin is typing.Annotated:
        return plain(within[0])
    if hint is SecretStr:
        return str
    if origin in {typing.Union, types.UnionType}:
        made = plain(within[0])
        for one in within[1:]:
            made = typing.Union[made, plain(one)]  # noqa: UP007  # of values, not of what is written here
        return made
    if origin in {list, dict, tuple, frozenset}:
        return types.GenericAlias(origin, tuple(plain(one) for one in within))
    return hint


def within(hint: Hint) -> Iterator[type]:
    """The classes that an annotation names."""
    if isinstance(hint, type) and typing.get_origin(hint) is None:
        yield hint
    for one in typing.get_args(hint):
        yield from within(one)


def reached(roots: tuple[object, ...]) -> frozenset[type]:
    """All structs and enumerations that these are made of, and those that they extend."""
    left: list[type] = [one for root in roots for one in within(root)]
    seen: set[type] = set()
    while left:
        cls = left.pop()
        if cls in seen or not issubclass(cls, (msgspec.Struct, BaseModel, StrEnum)) or cls is msgspec.Struct:
            continue
        seen.add(cls)
        if not issubclass(cls, StrEnum):
            kind = kind_of(cls)
            left += [one for field in kind.fields for one in within(field.hint)]
            left += [kind.base] if kind.base is not None else []
    return frozenset(seen)


ALL: Final = reached((*WRITTEN, *READ))
SENT: Final = reached(WRITTEN)


def _rooms() -> dict[str, tuple[str, ...]]:
    joined = {module for modules in JOINED.values() for module in modules}
    alone = {cls.__module__ for cls in ALL} - joined
    own = {one.removeprefix("schemas."): (one,) for one in sorted(alone) if one.startswith("schemas.")}
    return {"ids": (ids.__name__,), **own, **JOINED}


# The modules of the clients, and where the gateway has what is in them.
ROOMS: Final[Mapping[str, tuple[str, ...]]] = _rooms()
ROOM_OF: Final = {module: room for room, modules in ROOMS.items() for module in modules}


def title_of(room: str) -> str:
    """What a module holds: the first line that the gateway's own says of itself."""
    (said, *_) = (sys.modules[ROOMS[room][0]].__doc__ or "").splitlines()
    return said


def of_room(room: str) -> list[type]:
    """Its classes, in the order of the source."""
    return _ordered(cls for cls in ALL if cls.__module__ in ROOMS[room])


def of_union(name: str) -> list[type]:
    """The members of a named union, in the order of the source."""
    return _ordered(typing.get_args(UNIONS[name]))


def _ordered(classes: Iterable[type]) -> list[type]:
    return sorted(classes, key=_place)


def _place(cls: type) -> tuple[int, int]:
    modules = ROOMS[ROOM_OF[cls.__module__]]
    return modules.index(cls.__module__), list(vars(sys.modules[cls.__module__])).index(cls.__name__)


def new_types() -> dict[str, tuple[str, str]]:
    """Ids: what each is, and what is said of it."""
    lines = inspect.getsource(sys.modules[ids.__name__]).splitlines()
    return {
        name: (one.__supertype__.__name__, _comment(lines, name))
        for name, one in vars(ids).items()
        if isinstance(one, NewType)
    }


def _comment(lines: list[str], name: str) -> str:
    return next((one.partition("  # ")[2] for one in lines if one.startswith(f"{name} = ")), "")


def union_names(hint: Hint) -> tuple[list[str], list[Hint]]:
    """The named unions that an annotation has all members of, and what is left of it."""
    left = list(typing.get_args(hint))
    found = []
    for name, union in UNIONS.items():
        members = typing.get_args(union)
        if all(one in left for one in members):
            found.append(name)
            left = [one for one in left if one not in members]
    return found, left


def check() -> None:
    """Raises LookupError for what has no place in the clients, or shares its name with another."""
    if lost := [cls for cls in ALL if cls.__module__ not in ROOM_OF]:
        raise LookupError(f"no module of the clients has {lost}")
    if twice := [name for name, count in Counter(map(name_of, ALL)).items() if count > 1]:
        raise LookupError(f"several things are called {', '.join(twice)}")
