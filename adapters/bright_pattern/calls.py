"""South: what a flow is made of: calls, their answers, and questions. Apart from flows.py for its length.

Source: reference/bright-pattern.md section 2.
"""

from collections.abc import Generator
from typing import Final, TypeVar

import msgspec

from adapters.bright_pattern import decode, wire
from adapters.contract.dialect import Call, Flow, Reply
from adapters.kit import reading
from schemas.needinfo import Choice, Field, FieldType, NeedInfoKind, Question
from schemas.results import Effect, ErrorCode, Failed
from schemas.values import Json

T = TypeVar("T")

_result = msgspec.json.Decoder(wire.OperationResult)
_nothing = msgspec.json.Decoder(msgspec.Raw)
_UNREADABLE: Final = Failed(
    code=ErrorCode.PLATFORM_ERROR, effect=Effect.UNKNOWN, message="the platform's answer cannot be read"
)


class CallError(Exception):
    """A call failed; `number` is the vendor's. The flow ends with it, unless it knows better."""

    def __init__(self, failed: Failed, number: int = 0) -> None:
        super().__init__(failed.message)
        self.failed = failed
        self.number = number


Asking = Generator[Call, Reply, T]


def data_of(reply: Reply, *, before: bool = False) -> msgspec.Raw:
    """The data of a success. `before`: an earlier call of the flow took effect that cannot be taken back."""
    try:
        result = reading.decode(_result, reply.body)
    except msgspec.DecodeError as unreadable:
        raise CallError(_UNREADABLE) from unreadable
    if result.status == "success":
        return result.data
    error = result.error or wire.ResultError()
    raise CallError(decode.failure(error, before=before), error.code)


def ask(call: Call, decoder: msgspec.json.Decoder[T], *, before: bool = False) -> Asking[T]:
    """Make a call: what it gives. Raises CallError."""
    data = data_of((yield call), before=before)
    try:
        return reading.decode(decoder, data)
    except msgspec.DecodeError as error:
        raise CallError(_UNREADABLE) from error


def do(call: Call, *, before: bool = False) -> Asking[None]:
    """Make a call that gives nothing. Raises CallError."""
    yield from ask(call, _nothing, before=before)


def options(call: Call, decoder: msgspec.json.Decoder[tuple[T, ...]]) -> Asking[tuple[T, ...]]:
    """What there is to choose from; nothing if the platform does not say."""
    try:
        return (yield from ask(call, decoder))
    except CallError:
        return ()


def failed(reply: Reply) -> Failed | None:
    """Why a call failed; None: it did not."""
    try:
        data_of(reply)
    except CallError as why:
        return why.failed
    return None


def ended(flow: Flow) -> Flow:
    """A flow that ends as the call that failed."""
    try:
        return (yield from flow)
    except CallError as why:
        return why.failed


def said(answers: dict[str, Json], key: str) -> str:
    """An answer that is a text; empty if there is none."""
    value = answers.get(key)
    return value if isinstance(value, str) else ""


def which(kind: NeedInfoKind, title: str, field: str, choices: tuple[Choice, ...], *more: Field) -> Question:
    """The question which of these it is."""
    asked = Field(key=kind.value, type=FieldType.CHOICE, title=field, choices=choices)
    return Question(kind=kind, title=title, fields=(asked, *more))
