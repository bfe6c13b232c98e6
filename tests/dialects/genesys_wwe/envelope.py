"""The messages that the two windows post to each other, and our JSON-RPC frames, each as the other. Pure.

A relay needs this when no vendor library stands between, and so does whoever plays the desktop. A reference
is text on this wire, so ids come back as text. Source: seed 002 (events); reference 2.1 to 2.3.
"""

from typing import Final

import msgspec
from msgspec import UNSET

from adapters import jsonrpc
from adapters.genesys_wwe.tables import NAME
from adapters.genesys_wwe.wire import Answer, Envelope
from schemas.errors import MalformedFrame

SERVER: Final = "WWE Server"
CLIENT: Final = "WWE Client"
VERSION: Final = 2
SUBSCRIPTION: Final = frozenset({"subscribe", "unsubscribe"})

_encode = msgspec.json.Encoder().encode
_envelope = msgspec.json.Decoder(Envelope).decode
_answer = msgspec.json.Decoder(Answer).decode
_params = msgspec.json.Decoder(tuple[msgspec.Raw, ...]).decode


def client_envelope(frame: bytes) -> bytes:
    """What the client posts for a JSON-RPC request. Raises MalformedFrame for any other frame."""
    message = jsonrpc.decode(NAME, frame)
    if message.method is UNSET or message.id is UNSET:
        raise MalformedFrame(NAME, "envelope", "a client posts requests only")
    params = _params(message.params)
    reference = str(message.id)
    if message.method in SUBSCRIPTION:
        data = params[0] if params else jsonrpc.NOTHING
        return _encode(_posted(CLIENT, referenceId=reference, event=message.method, data=data))
    parameters = message.params if params else UNSET
    return _encode(_posted(CLIENT, referenceId=reference, request=message.method, parameters=parameters))


def client_frame(envelope: bytes) -> bytes:
    """The JSON-RPC request of a message that a client posted. Raises MalformedFrame."""
    posted = _read(envelope, CLIENT)
    if posted.referenceId is UNSET:
        raise MalformedFrame(NAME, "envelope", "a request without a reference")
    if posted.request is not UNSET:
        params = () if posted.parameters is UNSET else _params(posted.parameters)
        return jsonrpc.request(posted.referenceId, posted.request, params)
    if posted.event is UNSET or posted.event not in SUBSCRIPTION:
        raise MalformedFrame(NAME, "envelope", "neither a request nor a subscription")
    data = jsonrpc.NOTHING if posted.data is UNSET else posted.data
    return jsonrpc.request(posted.referenceId, posted.event, (data,))


def server_envelope(frame: bytes) -> bytes:
    """What the desktop posts for a JSON-RPC response or notification. Raises MalformedFrame."""
    message = jsonrpc.decode(NAME, frame)
    if message.method is not UNSET:
        params = _params(message.params)
        return _encode(_posted(SERVER, event=message.method, data=params[0] if params else jsonrpc.NOTHING))
    reference = str(message.id)
    if isinstance(message.error, jsonrpc.Error):
        text = msgspec.Raw(_encode(message.error.message))
        return _encode(_posted(SERVER, referenceId=reference, errorMessage=text))
    try:
        answer = _answer(jsonrpc.NOTHING if message.result is UNSET else message.result)
    except msgspec.ValidationError as error:
        raise MalformedFrame(NAME, "envelope", str(error)) from error
    return _encode(
        _posted(
            SERVER,
            referenceId=reference,
            data=answer.data,
            errorMessage=answer.errorMessage,
            subscriptionId=answer.subscriptionId,
        )
    )


def server_frame(envelope: bytes) -> bytes:
    """The JSON-RPC frame of a reply or an event that the desktop posted. Raises MalformedFrame.

    What has an `event` is an event, even if it carries a reference: so the vendor's client reads it.
    """
    posted = _read(envelope, SERVER)
    if posted.event is not UNSET:
        return jsonrpc.notification(posted.event, (jsonrpc.NOTHING if posted.data is UNSET else posted.data,))
    if posted.referenceId is UNSET:
        raise MalformedFrame(NAME, "envelope", "neither an event nor a reply")
    members = {
        "data": posted.data,
        "errorMessage": posted.errorMessage,
        "subscriptionId": posted.subscriptionId,
        "request": posted.request,  # an echo stays one
    }
    result = {name: value for name, value in members.items() if value is not UNSET}
    return jsonrpc.response(posted.referenceId, result)


def _posted(user_agent: str, **members: msgspec.Raw | str | msgspec.UnsetType) -> Envelope:
    return msgspec.structs.replace(Envelope(userAgent=user_agent, protocolVersion=VERSION), **members)


def _read(envelope: bytes, user_agent: str) -> Envelope:
    """Of the right side only. The version is sent and nobody reacts to another one."""
    try:
        posted = _envelope(envelope)
    except msgspec.DecodeError as error:
        raise MalformedFrame(NAME, "envelope", str(error)) from error
    if posted.userAgent != user_agent:
        raise MalformedFrame(NAME, "envelope", f"not posted by a {user_agent}")
    return posted
