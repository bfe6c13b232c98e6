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
Rewrite = Callable[[msgspec.Raw], msgspec.Raw]  # of what is more than a handle


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
_text = msgspec.json.Decoder(str).decode
_message = msgspec.json.Decoder(jsonrpc.Message).decode
_encode = msgspec.json.Encoder().encode
_NUMBER: Final = frozenset(b"-0123456789")  # what one begins with


# --- reading


def frame_of(vendor: VendorFrame | None, dialect: str) -> msgspec.Raw | None:
    """What a platform of that dialect said; None: there is no frame, or it is another platform's."""
    return vendor.frame if vendor is not None and vendor.dialect == dialect else None


def members_of(value: msgspec.Raw) -> Members | None:
    """The members of an object; None: it is none."""
    return _members(value) if _begins(value) == b"{" else None


def text(value: msgspec.Raw | None) -> str:
    """A text, or a number as it is written; empty if it is missing or something else."""
    if value is None:
        return ""
    if _begins(value) == b'"':
        return _text(value)
    return bytes(value).decode() if _NUMBER.issuperset(_begins(value)) else ""


def raw(value: Json) -> msgspec.Raw:
    """A value of ours, to stand among theirs."""
    return msgspec.Raw(_encode(value))


def one_of(listed: Iterable[Members], name: str, handle: str) -> Members | None:
    """The first object that bears the platform's handle under that name; None: none does."""
    return next((one for one in listed if text(one.get(name)) == handle != ""), None)


# --- telling


def renamed(members: Members, places: Places, find: Find) -> Members | None:
    """The object with our handles: itself if there is none to replace; None: it is held back."""
    told = members
    for name, place in places.items():
        given = members.get(name, jsonrpc.NOTHING)
        ours = _renamed(given, place, find)
        if ours is None:
            return None
        if ours is not given:
            told = {**told, name: ours}
    return told


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


def _renamed(value: msgspec.Raw, place: Place, find: Find) -> msgspec.Raw | None:
    match place:
        case Handle():
            return _handle(value, place, find)
        case At(position, inner):
            entries = _entries(value) if _begins(value) == b"[" else []
            given = entries[position] if position < len(entries) else jsonrpc.NOTHING
            ours = _renamed(given, inner, find)
            if ours is None or ours is given:
                return None if ours is None else value
            return raw([*entries[:position], ours, *entries[position + 1 :]])
        case Mapping():
            members = members_of(value) or {}
            told = renamed(members, place, find)
            if told is None or told is members:
                return None if told is None else value
            return raw(told)
        case _:
            return value if value is jsonrpc.NOTHING else place(value)


def _handle(value: msgspec.Raw, handle: Handle, find: Find) -> msgspec.Raw | None:
    theirs = text(value)
    if not theirs:
        return None if handle is Handle.NEEDED else value
    ours = find(theirs)
    if ours is None and handle is not Handle.MENTIONED:
        return None
    return raw(ours)


def _begins(value: msgspec.Raw) -> bytes:
    return bytes(memoryview(value)[:1])
