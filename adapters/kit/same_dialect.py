"""North, over a platform of the client's own dialect: what it said passes as it came, with our handles.

A handle is the platform's name of something that outlives it with us: an interaction, a session. In its place
stands ours. All else is the platform's own: members newer than our manual, null where another platform leaves
out, words of no list. A frame in which nothing has to be replaced passes byte for byte.

Which members hold handles is a matter of the vendor's documents, and written as the frames are: by member,
`{"params": At(0, {"interactionId": Handle.NEEDED})}`.
"""

from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from typing import Final, NamedTuple, TypeAlias

import msgspec

from adapters.contract.change import Frame
from adapters.kit import jsonrpc
from schemas.events import VendorFrame
from schemas.values import Json

Members = dict[str, msgspec.Raw]  # of one object, each as it came
Find = Callable[[str], str | None]  # our handle for the platform's; None: the client knows of none
Rewrite = Callable[[msgspec.Raw], Json]  # of what is more than a handle


class Handle(Enum):
    """What is told where a member names nothing, or what the client does not know."""

    NEEDED = "what concerns nobody in particular is held back"
    KNOWN = "nothing is as good; what concerns another one is held back"
    MENTIONED = "nothing is as good; null stands for another one"


class At(NamedTuple):
    """One entry of a list, such as a parameter."""

    position: int
    place: "Place"


Place: TypeAlias = "Handle | At | Rewrite | Mapping[str, Place]"
Places = Mapping[str, Place]

_members = msgspec.json.Decoder(Members).decode
_entries = msgspec.json.Decoder(list[msgspec.Raw]).decode
_scalar = msgspec.json.Decoder(str | int | float | None).decode
_message = msgspec.json.Decoder(jsonrpc.Message).decode
_encode = msgspec.json.Encoder().encode
_HELD_BACK: Final = object()
_NEEDED: Final = Handle.NEEDED  # looked up once: that is slow for members of enumerations
_MENTIONED: Final = Handle.MENTIONED


# --- reading


def frame_of(vendor: VendorFrame | None, dialect: str) -> msgspec.Raw | None:
    """What a platform of that dialect said; None: there is no frame, or it is another platform's."""
    return vendor.frame if vendor is not None and vendor.dialect == dialect else None


def members_of(value: msgspec.Raw | None) -> Members | None:
    """The members of an object; None: it is none, or missing."""
    try:
        return None if value is None else _members(value)
    except msgspec.ValidationError:
        return None


def text(value: msgspec.Raw | None) -> str:
    """A text, or a number as text; empty if it is missing or something else."""
    try:
        found = None if value is None else _scalar(value)
    except msgspec.ValidationError:
        return ""
    return "" if found is None else str(found)


def raw(value: Json) -> msgspec.Raw:
    """A value of ours, to stand among theirs."""
    return msgspec.Raw(_encode(value))


def one_of(listed: Iterable[Members], name: str, handle: str) -> Members | None:
    """The first object that bears the platform's handle under that name; None: none does."""
    return next((one for one in listed if text(one.get(name)) == handle != ""), None)


# --- telling


def renamed(members: Members, places: Places, find: Find) -> Mapping[str, Json] | None:
    """The object with our handles: itself if there is none to replace; None: it is held back."""
    told: dict[str, Json] | None = None
    for name, place in places.items():
        given = members.get(name, jsonrpc.NOTHING)
        ours = _renamed(given, place, find)
        if ours is _HELD_BACK:
            return None
        if ours is not given:
            told = {**members} if told is None else told
            told[name] = ours
    return members if told is None else told


def frame_renamed(body: bytes, places: Places, find: Find) -> bytes:
    """A whole frame, likewise; empty: it is held back."""
    members = _members(body)
    told = renamed(members, places, find)
    if told is None:
        return b""
    return body if told is members else _encode(told)


def passed_on(vendor: VendorFrame | None, dialect: str, *events: str) -> tuple[Frame, ...]:
    """A JSON-RPC frame, if a platform of that dialect told one of these events, or any if none is named.

    Not an answer to a call of ours. One that somebody there waits for is told without the question.
    """
    frame = frame_of(vendor, dialect)
    if frame is None:
        return ()
    message = _message(frame)
    if not isinstance(message.method, str) or (events and message.method not in events):
        return ()
    if message.expects_answer:
        told = {"jsonrpc": "2.0", "method": message.method, "params": message.params}
        return (Frame(message.method, _encode(told)),)
    return (Frame(message.method, bytes(frame)),)


def _renamed(value: msgspec.Raw, place: Place, find: Find) -> Json:
    if isinstance(place, Handle):
        return _handle(value, place, find)
    if isinstance(place, At):
        return _entry(value, place, find)
    if callable(place):
        return value if value is jsonrpc.NOTHING else place(value)
    members = members_of(value) or {}
    told = renamed(members, place, find)
    if told is None:
        return _HELD_BACK
    return value if told is members else told


def _handle(value: msgspec.Raw, handle: Handle, find: Find) -> Json:
    theirs = text(value)
    if not theirs:
        return _HELD_BACK if handle is _NEEDED else value
    ours = find(theirs)
    return _HELD_BACK if ours is None and handle is not _MENTIONED else ours


def _entry(value: msgspec.Raw, at: At, find: Find) -> Json:
    try:
        entries = _entries(value)
    except msgspec.ValidationError:
        entries = []
    given = entries[at.position] if at.position < len(entries) else jsonrpc.NOTHING
    ours = _renamed(given, at.place, find)
    if ours is _HELD_BACK or ours is given:
        return value if ours is given else ours
    return [*entries[: at.position], ours, *entries[at.position + 1 :]]
