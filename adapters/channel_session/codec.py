"""Frames to and from bytes, and what a response means: pure, both roles, no memory.

Source: seed 003; reference channel-session.md sections 3 and 4. The shapes of inContact are in `incontact`.
"""

from typing import Final

import msgspec
from msgspec import UNSET, UnsetType

from adapters.channel_session import incontact, tables, wire
from adapters.dialect import Done, Outcome
from schemas.agent import AgentSession
from schemas.errors import MalformedFrame
from schemas.needinfo import Choice, Field, FieldType, NeedInfoKind, Question
from schemas.results import Effect, ErrorCode, Failed
from schemas.values import Json

NAME: Final = "channel_session"

_decode = msgspec.json.Decoder(wire.Message).decode
_encode = msgspec.json.Encoder().encode
_decode_reasons = msgspec.json.Decoder(wire.LogoutReasons).decode


def read(frame: bytes | msgspec.Raw) -> wire.Message:
    """Read one frame. Raises MalformedFrame for broken JSON and fields of the wrong type."""
    try:
        return _decode(frame)
    except msgspec.DecodeError as error:
        raise MalformedFrame(NAME, "frame", str(error)) from error


# --- writing


def request(command: str, target: str, data: Json, request_id: str | UnsetType = UNSET) -> bytes:
    """A request; an empty target is left out."""
    return _encode(wire.Request(command, target or UNSET, data, request_id))


def event(name: str, target: str, data: Json) -> bytes:
    """An event."""
    return _encode(wire.Event(target, name, data))


def success(asked: wire.Message, data: Json | UnsetType) -> bytes:
    """A success response, in the spelling that was asked in."""
    return _encode(
        wire.Response(
            command=_spelling(asked),
            target=asked.target or UNSET,
            result="success",
            data=data,
            request_id=asked.request_id,
        )
    )


def failure(asked: wire.Message, original: bytes, code: str, message: str) -> bytes:
    """A failure response with the whole request in it."""
    return _encode(
        wire.Response(
            command=_spelling(asked),
            target=asked.target or UNSET,
            result="failure",
            failure=wire.Failure(code, message),
            original=msgspec.Raw(original),
            request_id=asked.request_id,
        )
    )


def needinfo(asked: wire.Message, original: bytes, extension: Json) -> bytes:
    """A needinfo response: what more the request wants. The seed's prose says NeedsInfo or NeedsMoreInfo."""
    return _encode(
        wire.Response(
            command=_spelling(asked),
            target=asked.target or UNSET,
            result="needinfo",
            ui_extension=extension,
            original=msgspec.Raw(original),
            request_id=asked.request_id,
        )
    )


def confirm(asked: wire.Message, original: bytes, message: str) -> bytes:
    """The answer to a prepareSession for an agent who has a session already."""
    return _encode(
        wire.Response(
            command=_spelling(asked),
            target=UNSET,
            result="confirm",
            message=message,
            original=msgspec.Raw(original),
            request_id=asked.request_id,
        )
    )


def with_data(response: wire.Message, data: msgspec.Raw) -> msgspec.Raw:
    """A success with other data: what its event brought later."""
    command = response.command if isinstance(response.command, str) else ""
    return msgspec.Raw(
        _encode(wire.Response(command=command, target=response.target, result="success", data=data))
    )


def _spelling(asked: wire.Message) -> str:
    return asked.command.strip() if isinstance(asked.command, str) else ""


# --- needinfo, both ways


def question(extension: msgspec.Raw, agent: AgentSession | None) -> Question | None:
    """What a `uiExtension` asks; None for a kind that we do not know. Raises msgspec.DecodeError."""
    reasons = _decode_reasons(extension)
    if reasons.type == "logoutreason":
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
            try:
                asked = question(response.ui_extension, agent)
            except msgspec.DecodeError as error:
                raise MalformedFrame(NAME, "uiExtension", str(error)) from error
            if asked is not None:
                return asked
            return Failed(code=ErrorCode.NEEDS_INFO, message="the platform asks something we do not know")
        case "confirm":
            return Question(
                kind=NeedInfoKind.CONFIRM,
                title=response.message or "The agent has a session already. Take it over?",
                fields=(Field(key="confirm", type=FieldType.BOOLEAN, title="Take over"),),
            )
        case _:
            return _failed(response)


def _failed(response: wire.Message) -> Failed:
    told = response.failure if isinstance(response.failure, wire.Failure) else wire.Failure()
    return Failed(
        code=tables.ERROR_IN.get(told.code, ErrorCode.PLATFORM_ERROR),
        effect=tables.EFFECT_IN.get(told.code, Effect.NONE),
        message=told.message,
        vendor_code=told.code,
    )
