"""JSON-RPC 2.0, as the browser relays and facades speak it: one object a WebSocket text frame.

A request is a vendor method with positional parameters, a notification is a vendor event. Batches and named
parameters are not used. Source: jsonrpc.org, specification 2.0 (2013).
"""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec
from msgspec import UNSET, UnsetType

from adapters.contract.change import Frame
from schemas.errors import MalformedFrame
from schemas.values import Json

PARSE_ERROR: Final = -32700
INVALID_REQUEST: Final = -32600
METHOD_NOT_FOUND: Final = -32601
INVALID_PARAMS: Final = -32602
INTERNAL_ERROR: Final = -32603

NOTHING: Final = msgspec.Raw(b"null")
NO_PARAMS: Final = msgspec.Raw(b"[]")


class Error(msgspec.Struct, frozen=True, omit_defaults=True):
    """The error member of a response."""

    code: int
    message: str
    data: Json = None


class Message(msgspec.Struct, frozen=True):
    """Any frame; which one it is shows in what is set."""

    id: int | str | UnsetType | None = UNSET
    method: str | UnsetType = UNSET
    params: msgspec.Raw = NO_PARAMS
    result: msgspec.Raw | UnsetType = UNSET
    error: Error | UnsetType | None = UNSET

    @property
    def is_response(self) -> bool:
        """An answer to a request of ours."""
        return self.method is UNSET

    @property
    def expects_answer(self) -> bool:
        """A request, not a notification."""
        return self.method is not UNSET and self.id is not UNSET

    @property
    def request_id(self) -> int | str | None:
        """What an answer names; None for none."""
        return None if isinstance(self.id, UnsetType) else self.id


_decode = msgspec.json.Decoder(Message).decode
_encode = msgspec.json.Encoder().encode
_members = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_entries = msgspec.json.Decoder(list[msgspec.Raw]).decode
_word = msgspec.json.Decoder(str | int).decode


def decode(dialect: str, frame: bytes) -> Message:
    """Read one frame. Raises MalformedFrame if it is neither a request, a notification nor a response.

    Params and result stay as they are, so that they are UTF-8 is checked here.
    """
    try:
        if not frame.isascii():
            frame.decode()
        message = _decode(frame)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise MalformedFrame(dialect, "json-rpc frame", str(error)) from error
    if message.method is UNSET and (
        message.id is UNSET or (message.result is UNSET and message.error is UNSET)
    ):
        raise MalformedFrame(dialect, "json-rpc frame", "neither a method nor an answer")
    return message


def request(request_id: int | str, method: str, params: tuple[Json, ...]) -> bytes:
    """The frame of a call."""
    return _encode({"jsonrpc": "2.0", "id": request_id, "method": method, "params": params})


def notification(method: str, params: tuple[Json, ...]) -> bytes:
    """The frame of an event."""
    return _encode({"jsonrpc": "2.0", "method": method, "params": params})


def event(method: str, *params: Json) -> Frame:
    """The same for the clients of a dialect, who select by the method."""
    return Frame(method, notification(method, params))


def response(request_id: int | str | None, result: Json) -> bytes:
    """The frame of an answer."""
    return _encode({"jsonrpc": "2.0", "id": request_id, "result": result})


def failure(request_id: int | str | None, code: int, message: str) -> bytes:
    """The frame of an answer that says the request itself was wrong."""
    return _encode({"jsonrpc": "2.0", "id": request_id, "error": Error(code, message)})


def one_by_one(frame: msgspec.Raw, path: Sequence[str], key: str) -> Mapping[str, msgspec.Raw]:
    """The frame once for each entry of the list at that path, with this entry alone, by what is under `key`.

    An event about one of many keeps these, and not the whole list each time. Empty if there are not many, or
    the frame has another shape: then the frame itself is what there is.
    """
    around: list[tuple[dict[str, msgspec.Raw], str]] = []
    alone: dict[str, msgspec.Raw] = {}
    inner = frame
    try:
        for name in path:
            members = _members(inner)
            around.append((members, name))
            inner = members[name]
        entries = _entries(inner)
        if len(entries) <= 1:
            return {}
        for entry in entries:
            body = b"[" + bytes(entry) + b"]"
            for members, name in reversed(around):
                body = _encode({**members, name: msgspec.Raw(body)})
            alone[str(_word(_members(entry)[key]))] = msgspec.Raw(body)
    except (msgspec.DecodeError, KeyError):
        return {}
    return alone
