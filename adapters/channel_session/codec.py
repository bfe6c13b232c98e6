"""Frames to and from bytes, and what a response means: pure, both roles, no memory.

Source: seed 003; reference channel-session.md sections 3 and 4. The shapes of inContact are in `incontact`.
"""

from typing import Final

import msgspec
from msgspec import UNSET, UnsetType

from adapters.channel_session import incontact, tables, wire
from adapters.channel_session.printed import Members
from adapters.contract.change import Frame
from adapters.contract.dialect import Done, Outcome
from adapters.kit import reading
from adapters.kit.reading import Mended
from adapters.kit.replies import Words
from schemas.agent import AgentSession
from schemas.errors import MalformedFrame
from schemas.needinfo import Choice, Field, FieldType, NeedInfoKind, Question
from schemas.results import Effect, ErrorCode, Failed
from schemas.values import Json

# Keys of a result's or a question's extras: what was printed there.
FAILURE: Final = "failure"
UI_EXTENSION: Final = "uiExtension"
_OBJECT_EVENT: Final = wire.OBJECT_EVENT.casefold()

_WHOM: Final = frozenset({"command", "target", "result", "name"})
_MESSAGE: Final = msgspec.json.Decoder(wire.Message)
_REASONS: Final = msgspec.json.Decoder(wire.LogoutReasons)
_FAILURE: Final = msgspec.json.Decoder(wire.Failure | None)
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


_ORIGINAL: Final = msgspec.json.Decoder(wire.Original)


def words(response: wire.Message) -> tuple[Words, Words | None]:
    """What a response says of its request, and the request that it repeats. Raises MalformedFrame."""
    repeated = None
    if isinstance(response.original, msgspec.Raw) and _is_object(response.original):
        try:
            found = reading.decode(_ORIGINAL, response.original)
        except msgspec.DecodeError as error:  # a number that nothing holds
            raise MalformedFrame(tables.NAME, "original", str(error)) from error
        repeated = Words(_id(found.request_id), tables.bare(found.command), found.target, found.data)
    own = _id(response.request_id)
    echo = {} if own or repeated is not None else as_object(response.data)
    return Words(own, tables.bare(spelling(response)), response.target, echo), repeated


def _id(said: str | int | UnsetType | None) -> str:
    return str(said) if isinstance(said, str | int) else ""


def as_object(data: msgspec.Raw) -> Members:
    """The data of a request or a response; empty if it is no object. Raises MalformedFrame."""
    try:
        return (_decode_members(data) if _is_object(data) else None) or {}
    except msgspec.DecodeError as error:  # a number that nothing holds
        raise MalformedFrame(tables.NAME, "data", str(error)) from error


def _is_object(data: msgspec.Raw) -> bool:
    return bytes(memoryview(data)[:1]) == b"{"


# --- writing


def request(command: str, target: str, data: Json, request_id: str | UnsetType = UNSET) -> bytes:
    """A request; an empty target is left out."""
    return _encode(wire.Request(command, target or UNSET, data, request_id))


def event(name: str, target: str, data: Json) -> Frame:
    """An event."""
    return Frame(name, _encode(wire.Event(target, name, data)))


def success(asked: wire.Message, data: Json | UnsetType) -> bytes:
    """A success response, in the spelling that was asked in."""
    return _encode(
        wire.Response(spelling(asked), asked.target or UNSET, asked.request_id, "success", data=data)
    )


def failure(
    asked: wire.Message, original: bytes, code: str, message: str, printed: Members | None = None
) -> bytes:
    """A failure response with the whole request in it; `printed` is how the platform itself put it."""
    return _not_done(asked, original, "failure", failure=printed or wire.Failure(code, message))


def needinfo(asked: wire.Message, original: bytes, extension: Json) -> bytes:
    """A needinfo response: what more the request wants. The seed's prose says NeedsInfo or NeedsMoreInfo."""
    return _not_done(asked, original, "needinfo", extension=extension)


def confirm(asked: wire.Message, original: bytes, message: str) -> bytes:
    """The answer to a prepareSession for an agent who has a session already."""
    return _not_done(asked, original, "confirm", message=message)


def _not_done(
    asked: wire.Message,
    original: bytes,
    result: str,
    *,
    failure: wire.Failure | Members | UnsetType = UNSET,
    extension: Json | UnsetType = UNSET,
    message: str | UnsetType = UNSET,
) -> bytes:
    return _encode(
        wire.Response(
            spelling(asked),
            asked.target or UNSET,
            asked.request_id,
            result,
            failure=failure,
            ui_extension=extension,
            message=message,
            original=msgspec.Raw(original),
        )
    )


def with_data(response: wire.Message, data: msgspec.Raw) -> msgspec.Raw:
    """A success with other data: what its event brought later."""
    command = response.command if isinstance(response.command, str) else ""
    return msgspec.Raw(_encode(wire.Response(command, response.target, UNSET, "success", data=data)))


def spelling(asked: wire.Message) -> str:
    """A request's command as it was spelt, without the blanks around it."""
    return asked.command.strip() if isinstance(asked.command, str) else ""


# --- needinfo, both ways


def question(extension: msgspec.Raw, agent: AgentSession | None) -> Question | None:
    """What a `uiExtension` asks; None for a kind that we do not know. Raises msgspec.DecodeError."""
    reasons = reading.decode(_REASONS, extension)
    if reasons.type.strip().casefold() == "logoutreason":
        return Question(
            kind=NeedInfoKind.LOGOUT_REASON,
            title="Reason for signing out",
            fields=(
                Field(
                    key="reason",
                    type=FieldType.CHOICE if reasons.reasons else FieldType.TEXT,
                    title="Reason",
                    choices=tuple(Choice(id=one.id, label=one.name) for one in reasons.reasons),
                ),
            ),
        )
    return incontact.question(extension, agent)


def ui_extension(asked: Question) -> Json | None:
    """The `uiExtension` that asks a question; None where the protocol has no such question."""
    if asked.kind is NeedInfoKind.LOGOUT_REASON:
        return wire.LogoutReasons(
            "logoutreason",
            tuple(wire.ReasonChoice(one.id, one.label) for field in asked.fields for one in field.choices),
        )
    return incontact.ui_extension(asked)


# --- what a response means


def outcome(response: wire.Message, agent: AgentSession | None = None) -> Outcome:
    """What became of a call. Raises MalformedFrame if the response is none of the documented shapes."""
    match response.result:
        case "success":
            return Done()
        case "needinfo" if isinstance(response.ui_extension, msgspec.Raw):
            return _asked(response.ui_extension, agent)
        case "confirm":
            return Question(
                kind=NeedInfoKind.CONFIRM,
                title=response.message or "The agent has a session already. Take it over?",
                fields=(Field(key="confirm", type=FieldType.BOOLEAN, title="Take over"),),
            )
        case _:
            return _failed(response)


def _asked(extension: msgspec.Raw, agent: AgentSession | None) -> Question | Failed:
    """The question, with the extension as it was printed; one that we do not know is a failure that keeps it.

    What would be done with an answer to it is nowhere said, so that no form is made of it.
    """
    try:
        asked = question(extension, agent)
        printed = _decode_members(extension) or {}
    except msgspec.DecodeError as error:
        raise MalformedFrame(tables.NAME, "uiExtension", str(error)) from error
    extras: dict[str, Json] = {UI_EXTENSION: printed}
    if asked is not None:
        return msgspec.structs.replace(asked, extras=extras)
    kind = str(printed.get("id") or printed.get("type") or "something without a name")
    return Failed(
        code=ErrorCode.NEEDS_INFO,
        message=f"the platform asks what we do not know: {kind}",
        vendor_code=kind,
        extras=extras,
    )


def told_failure(response: wire.Message) -> tuple[wire.Failure, Members]:
    """Why a request failed, read and as it was printed. Raises MalformedFrame."""
    printed = response.failure if isinstance(response.failure, msgspec.Raw) else wire.NO_DATA
    try:
        return reading.decode(_FAILURE, printed) or wire.Failure(), _decode_members(printed) or {}
    except msgspec.DecodeError as error:
        raise MalformedFrame(tables.NAME, "failure", str(error)) from error


def _failed(response: wire.Message) -> Failed:
    """A result that is none of the documented ones is a failure by that name: it may have had an effect."""
    told, printed = told_failure(response)
    word = response.result if isinstance(response.result, str) and response.result != "failure" else ""
    return Failed(
        code=tables.ERROR_IN.get(told.code.casefold(), ErrorCode.PLATFORM_ERROR),
        effect=Effect.UNKNOWN if word else tables.EFFECT_IN.get(told.code.casefold(), Effect.NONE),
        message=told.message or (f"the platform answered {word}" if word else ""),
        vendor_code=told.code or word,
        extras={FAILURE: printed} if printed else {},
    )
