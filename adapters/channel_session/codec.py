"""Frames to and from bytes: pure, both roles, no memory. What a response means is in `outcomes`.

Source: seed 003; reference channel-session.md sections 3 and 4.
"""

from typing import Final

import msgspec
from msgspec import UNSET, UnsetType

from adapters.channel_session import tables, wire
from adapters.channel_session.extras import Members
from adapters.contract.change import Frame
from adapters.kit import reading
from adapters.kit.reading import Mended
from adapters.kit.replies import Words
from schemas.errors import MalformedFrame
from schemas.values import Json

_OBJECT_EVENT: Final = wire.OBJECT_EVENT.casefold()

_WHOM: Final = frozenset({"command", "target", "result", "name"})
_MESSAGE: Final = msgspec.json.Decoder(wire.Message)
_ORIGINAL: Final = msgspec.json.Decoder(wire.Original)
_encode = msgspec.json.Encoder().encode
_decode_members = msgspec.json.Decoder(Members | None).decode


def read(frame: bytes | msgspec.Raw, mended: Mended | None = None) -> wire.Message:
    """Read one frame; a result that we know is in lower case then.

    Raises MalformedFrame for broken JSON, and for what is wrong in the members that say whom it concerns.
    """
    mended = Mended() if mended is None else mended
    try:
        message = reading.decode(_MESSAGE, frame, mended)
        if mended.left_out(_WHOM):
            message = _MESSAGE.decode(frame)
    except msgspec.DecodeError as error:
        raise MalformedFrame(tables.NAME, "frame", str(error)) from error
    result = message.result
    if isinstance(result, str) and (plain := result.strip().casefold()) != result and plain in tables.RESULTS:
        return msgspec.structs.replace(message, result=plain)
    return message


def is_event(message: wire.Message) -> bool:
    """Whether it is an event of an object, which has a name then."""
    kind = message.message_type
    return isinstance(kind, str) and kind.casefold() == _OBJECT_EVENT and isinstance(message.name, str)


def words(response: wire.Message) -> tuple[Words, Words | None]:
    """What a response says of its request, and the request that it repeats. Raises MalformedFrame."""
    repeated = None
    if isinstance(response.original, msgspec.Raw) and _is_object(response.original):
        with reading.malformed(tables.NAME, "original"):  # as by a number that nothing holds
            found = reading.decode(_ORIGINAL, response.original)
        repeated = Words(_id(found.request_id), tables.bare(found.command), found.target, found.data)
    own = _id(response.request_id)
    echo = {} if own or repeated is not None else as_object(response.data)
    return Words(own, tables.bare(spelling(response)), response.target, echo), repeated


def _id(said: str | int | UnsetType | None) -> str:
    return str(said) if isinstance(said, str | int) else ""


def as_object(data: msgspec.Raw) -> Members:
    """The data of a request or a response; empty if it is no object. Raises MalformedFrame."""
    with reading.malformed(tables.NAME, "data"):  # as by a number that nothing holds
        return (_decode_members(data) if _is_object(data) else None) or {}


def _is_object(data: msgspec.Raw) -> bool:
    return bytes(memoryview(data)[:1]) == b"{"


# --- writing


def request(command: str, target: str, data: Json, request_id: str | UnsetType = UNSET) -> bytes:
    """A request; an empty target is left out."""
    return _encode(wire.Request(command, target or UNSET, data, request_id))


def event(name: str, target: str, data: Json) -> Frame:
    """An event."""
    return Frame(name, _encode(wire.Event(target, name, data)))


def with_data(response: wire.Message, data: msgspec.Raw) -> msgspec.Raw:
    """A success with other data: what its event brought later."""
    command = response.command if isinstance(response.command, str) else ""
    return msgspec.Raw(_encode(wire.Response(command, response.target, UNSET, "success", data=data)))


def spelling(asked: wire.Message) -> str:
    """A request's command as it was spelt, without the blanks around it."""
    return asked.command.strip() if isinstance(asked.command, str) else ""
