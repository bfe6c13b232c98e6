"""South: the page's frames read as the vendor's objects, and its answers as outcomes. Pure.

Source: seed 002 (events); reference 2.4 and 4. What the objects mean stands in `observe`.
"""

from collections.abc import Mapping
from typing import Final, TypeVar

import msgspec
from msgspec import UNSET

from adapters.genesys_wwe import tables, wire
from adapters.genesys_wwe.tables import NAME
from adapters.kit import jsonrpc, reading
from adapters.kit.jsonrpc import NOTHING
from adapters.kit.reading import Mended
from adapters.kit.repeated import Frequent
from schemas.errors import MalformedFrame
from schemas.results import Effect, ErrorCode, Failed
from schemas.values import Json

T = TypeVar("T")

SERVER: Final = "WWE Server"


class Shown(msgspec.Struct, frozen=True):
    """An interaction as the page shows it: the members that we know, and all of them."""

    known: wire.Interaction
    whole: dict[str, Json]
    fits: bool = True  # all members are as documented

    @property
    def ref(self) -> str:
        """The page's handle of it."""
        return self.known.interactionId


class InteractionEvent(msgspec.Struct, frozen=True):
    """On the `interaction` channel: about an interaction, or about a case."""

    event_type: str | None
    shown: Shown | None = None
    case: str | None = None


class MarkdoneEvent(msgspec.Struct, frozen=True):
    """On the `markdone` channel."""

    event_type: str | None
    interaction_id: str = ""
    warning: str = ""
    shown: Shown | None = None


class UnknownEvent(msgspec.Struct, frozen=True):
    """Well-formed, and not in our tables."""

    name: str


AnyEvent = (
    InteractionEvent | MarkdoneEvent | wire.AgentEvent | wire.MediaEvent | wire.OtherEvent | UnknownEvent
)

_frequent = Frequent(wire.InteractionFrame, "interaction")
_interaction_events = msgspec.json.Decoder(tuple[wire.InteractionEvent, ...])
_bare_interactions = msgspec.json.Decoder(tuple[dict[str, Json], ...])
_markdone_events = msgspec.json.Decoder(tuple[wire.MarkdoneEvent, ...])
_envelopes = msgspec.json.Decoder(tuple[wire.Envelope, ...]).decode
_Hint = wire.AgentEvent | wire.MediaEvent
# Channels without a documented payload.
_hints: Final[Mapping[str, msgspec.json.Decoder[tuple[_Hint, ...]]]] = {
    "agent": msgspec.json.Decoder(tuple[wire.AgentEvent, ...]),
    "media": msgspec.json.Decoder(tuple[wire.MediaEvent, ...]),
}
_others = msgspec.json.Decoder(tuple[wire.OtherEvent, ...])
_answer = msgspec.json.Decoder(wire.Answer).decode
_text = msgspec.json.Decoder(str).decode


def shown(whole: dict[str, Json], mended: Mended) -> Shown:
    """An interaction, read once into all its members. Raises msgspec.DecodeError if it has no id."""
    try:
        return Shown(msgspec.convert(whole, wire.Interaction), whole)
    except msgspec.ValidationError:
        return Shown(reading.convert(whole, wire.Interaction, mended), whole, fits=False)


def unwrapped(channel: str, params: msgspec.Raw) -> tuple[str, msgspec.Raw] | None:
    """Channel and `[data]` of an event, which may have come in its envelope; None: not a desktop's."""
    if b'"userAgent"' not in bytes(params):  # cheap to rule out; the text may also stand in attached data
        return channel, params
    try:
        envelope = next(iter(_envelopes(params)), None)
    except msgspec.ValidationError:
        return channel, params  # it stood elsewhere
    if envelope is None or envelope.event is UNSET:
        return channel, params
    if envelope.userAgent != SERVER:
        return None
    body = NOTHING if envelope.data is UNSET else envelope.data
    return envelope.event, msgspec.Raw(b"[" + bytes(body) + b"]")


def decode_event(channel: str, params: msgspec.Raw, mended: Mended) -> AnyEvent:
    """Read one notification. Raises MalformedFrame if it does not say which interaction it is about."""
    posted = unwrapped(channel, params)
    if posted is None:
        return UnknownEvent("envelope of another than the desktop")
    channel, params = posted
    try:
        match channel:
            case "interaction":
                return _interaction_event(params, mended)
            case "markdone":
                return _markdone_event(params, mended)
            case "agent" | "media":
                return _first(reading.decode(_hints[channel], params, mended), channel)
            case _:
                return _other_event(channel, params, mended)
    except msgspec.DecodeError as error:
        if channel == "interaction":
            raise MalformedFrame(NAME, "interaction event", str(error)) from error
        return UnknownEvent(channel)


def repeated(frame: bytes) -> dict[str, Json] | None:
    """The interaction of a frame that says nothing else, if it may be what was said last of a call."""
    posted = _frequent.read(frame)
    if posted is None or posted.id is not UNSET or not posted.params:
        return None
    said = posted.params[0]
    return said.interaction if said.eventType in tables.UNREMARKABLE and said.userAgent is UNSET else None


_STATE, _BEFORE = "state", "previousState"


def same_but_state(was: dict[str, Json], said: dict[str, Json]) -> bool:
    """Whether nothing differs but the state, and the one before."""
    apart = {_STATE: said[_STATE]}
    if isinstance(was.get(_BEFORE), str) and isinstance(said.get(_BEFORE), str):
        apart[_BEFORE] = said[_BEFORE]
    return {**was, **apart} == said


def _interaction_event(params: msgspec.Raw, mended: Mended) -> InteractionEvent:
    said = _first(reading.decode(_interaction_events, params, mended), "interaction")
    whole = said.interaction
    if whole is None and said.interactionId is not None:  # `data` itself is the interaction
        whole = _first(_bare_interactions.decode(params), "interaction")
    one = None if whole is None else shown(whole, mended)
    return InteractionEvent(said.eventType, one, said.selectedCaseId)


def _markdone_event(params: msgspec.Raw, mended: Mended) -> MarkdoneEvent:
    said = _first(reading.decode(_markdone_events, params, mended), "markdone")
    one = None if said.interaction is None else shown(said.interaction, mended)
    named = said.interactionId or ("" if one is None else one.ref)
    return MarkdoneEvent(said.eventType, named, said.warningMessage or "", one)


def _other_event(channel: str, params: msgspec.Raw, mended: Mended) -> wire.OtherEvent | UnknownEvent:
    events = reading.decode(_others, params, mended)
    event = events[0] if events else wire.OtherEvent()
    if event.eventType is None:
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
        text = _text_of(body)
        if text is None:
            message = "An answer that is no envelope"
            return Failed(code=ErrorCode.PLATFORM_ERROR, effect=Effect.UNKNOWN, message=message)
        return Failed(code=ErrorCode.TIMEOUT, effect=Effect.UNKNOWN, message=text)
    if answer.request is not UNSET:
        return Failed(code=ErrorCode.LINK_DOWN, message="The page talks to itself: no desktop around it")
    if answer.errorMessage is not UNSET:
        return Failed(code=ErrorCode.PLATFORM_ERROR, message=_text_of(answer.errorMessage) or "")
    return NOTHING if answer.data is UNSET else answer.data


def _text_of(raw: msgspec.Raw) -> str | None:
    """A text; None: it is none."""
    try:
        return _text(raw)
    except msgspec.ValidationError:
        return None


def body_of(message: jsonrpc.Message) -> msgspec.Raw:
    """The vendor's reply; a refusal by the relay itself is told as the platform's would be."""
    if isinstance(message.error, jsonrpc.Error):
        return msgspec.Raw(msgspec.json.encode({"errorMessage": message.error.message}))
    return NOTHING if message.result is UNSET else message.result


def data_of(message: jsonrpc.Message) -> msgspec.Raw:
    """The data of a reply; null if it is a refusal."""
    data = read_answer(body_of(message))
    return NOTHING if isinstance(data, Failed) else data
