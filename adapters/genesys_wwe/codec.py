"""South: the page's frames read as the vendor's objects, and its answers as outcomes. Pure.

Source: seed 002 (events); reference 2.4 and 4. What the objects mean stands in `observing`.
"""

from collections.abc import Callable, Mapping
from typing import Final, TypeVar

import msgspec
from msgspec import UNSET

from adapters.genesys_wwe import tables, wire
from adapters.genesys_wwe.tables import NAME
from adapters.jsonrpc import NOTHING
from schemas.errors import MalformedFrame
from schemas.results import Effect, ErrorCode, Failed

T = TypeVar("T")

SERVER: Final = "WWE Server"


class UnknownEvent(msgspec.Struct, frozen=True):
    """Well-formed, and not in our tables."""

    name: str


AnyHappening = (
    wire.InteractionEvent
    | wire.MarkdoneEvent
    | wire.AgentEvent
    | wire.MediaEvent
    | wire.OtherEvent
    | UnknownEvent
)

_interaction_events = msgspec.json.Decoder(tuple[wire.InteractionEvent, ...]).decode
_bare_interactions = msgspec.json.Decoder(tuple[wire.Interaction, ...]).decode
_envelopes = msgspec.json.Decoder(tuple[wire.Envelope, ...]).decode
_Hint = wire.MarkdoneEvent | wire.AgentEvent | wire.MediaEvent
_hints: Final[
    Mapping[str, Callable[[msgspec.Raw], tuple[_Hint, ...]]]
] = {  # channels without a documented payload
    "markdone": msgspec.json.Decoder(tuple[wire.MarkdoneEvent, ...]).decode,
    "agent": msgspec.json.Decoder(tuple[wire.AgentEvent, ...]).decode,
    "media": msgspec.json.Decoder(tuple[wire.MediaEvent, ...]).decode,
}
_others = msgspec.json.Decoder(tuple[wire.OtherEvent, ...]).decode
_answer = msgspec.json.Decoder(wire.Answer).decode
_text = msgspec.json.Decoder(str).decode


def decode_event(channel: str, params: msgspec.Raw) -> AnyHappening:
    """Read one notification. Raises MalformedFrame for an interaction event of another shape."""
    if b'"userAgent"' in bytes(params):  # cheap to rule out; the text may also stand in attached data
        try:
            envelope = next(iter(_envelopes(params)), None)
        except msgspec.ValidationError:
            envelope = None  # it stood elsewhere
        if envelope is not None and envelope.event is not UNSET:
            if envelope.userAgent != SERVER:
                return UnknownEvent(f"envelope of {envelope.userAgent}")
            body = NOTHING if envelope.data is UNSET else envelope.data
            channel, params = envelope.event, msgspec.Raw(b"[" + bytes(body) + b"]")
    try:
        if channel == "interaction":
            return _interaction_event(params)
        decode = _hints.get(channel)
        if decode is not None:
            return _first(decode(params), channel)
    except msgspec.ValidationError as error:
        if channel == "interaction":
            raise MalformedFrame(NAME, "interaction event", str(error)) from error
        return UnknownEvent(channel)
    return _other_event(channel, params)


def _interaction_event(params: msgspec.Raw) -> wire.InteractionEvent:
    event = _first(_interaction_events(params), "interaction")
    if event.interaction is None and event.interactionId is not None:
        return wire.InteractionEvent(
            eventType=event.eventType, interaction=_first(_bare_interactions(params), "interaction")
        )
    return event


def _other_event(channel: str, params: msgspec.Raw) -> wire.OtherEvent | UnknownEvent:
    try:
        event = next(iter(_others(params)), None)
    except msgspec.ValidationError:
        event = None
    if event is None or event.eventType is None:
        return UnknownEvent(channel)
    if channel in tables.NOTICE_CHANNELS:
        return event
    return UnknownEvent(f"{channel}.{event.eventType}")


def _first(events: tuple[T, ...], channel: str) -> T:
    if not events:
        raise MalformedFrame(NAME, f"{channel} event", "no data")
    return events[0]


# --- answers


def read_answer(body: msgspec.Raw) -> msgspec.Raw | Failed:
    """The `data` of a reply, or why there is none.

    errorMessage being there means failure, whatever it holds. A bare text is the client library's own: it
    waited in vain, so the call may have gone through. A reply that still has its request is an echo of a page
    that is not inside a desktop: nobody else heard it.
    """
    try:
        answer = _answer(body)
    except msgspec.ValidationError:
        return _no_envelope(body)
    if answer.request is not UNSET:
        return Failed(code=ErrorCode.LINK_DOWN, message="The page talks to itself: no desktop around it")
    if answer.errorMessage is not UNSET:
        return Failed(code=ErrorCode.PLATFORM_ERROR, message=_error_text(answer.errorMessage))
    return NOTHING if answer.data is UNSET else answer.data


def _no_envelope(body: msgspec.Raw) -> Failed:
    try:
        text = _text(body)
    except msgspec.ValidationError:
        return Failed(
            code=ErrorCode.PLATFORM_ERROR, effect=Effect.UNKNOWN, message="An answer that is no envelope"
        )
    return Failed(code=ErrorCode.TIMEOUT, effect=Effect.UNKNOWN, message=text)


def _error_text(message: msgspec.Raw) -> str:
    try:
        return _text(message)
    except msgspec.ValidationError:
        return ""


def decode_data(decoder: msgspec.json.Decoder[T], data: msgspec.Raw, where: str) -> T:
    """The data of an answer as what it should be. Raises MalformedFrame."""
    try:
        return decoder.decode(data)
    except msgspec.DecodeError as error:
        raise MalformedFrame(NAME, where, str(error)) from error
