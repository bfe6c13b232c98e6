"""South: reading the answers to our calls inside a flow. Source: reference/bright-pattern.md section 2."""

from collections.abc import Generator, Mapping
from typing import Final, TypeVar

import msgspec
from msgspec import UnsetType

from adapters import jsonrpc
from adapters.bright_pattern import codec, wire, wire_agent, wire_dialing
from adapters.bright_pattern.errors import REQUEST_ERRORS
from adapters.dialect import Call, Done, Flow, Outcome, Reply
from adapters.kit import reading
from schemas.ids import Ref
from schemas.results import Effect, ErrorCode, Failed
from schemas.values import Json

T = TypeVar("T")

_result = msgspec.json.Decoder(wire.OperationResult)
_initiated = msgspec.json.Decoder(wire.InitiateResult)
_services = msgspec.json.Decoder(tuple[wire_agent.ServiceData, ...])
_dispositions = msgspec.json.Decoder(tuple[wire_dialing.DispositionData, ...])
_reasons = msgspec.json.Decoder(tuple[str, ...])
_teams = msgspec.json.Decoder(tuple[wire_agent.Team, ...])
_users = msgspec.json.Decoder(tuple[wire_agent.User, ...])
_nothing = msgspec.json.Decoder(msgspec.Raw)
_anything = msgspec.json.Decoder[Json](object)
_JSONRPC_ERRORS: Final[Mapping[int, str]] = {
    jsonrpc.METHOD_NOT_FOUND: "api_method_not_implemented",
    jsonrpc.INVALID_PARAMS: "invalid_args",
    jsonrpc.INVALID_REQUEST: "invalid_request",
}

UNREADABLE = Failed(
    code=ErrorCode.PLATFORM_ERROR, effect=Effect.UNKNOWN, message="the platform's answer cannot be read"
)

Asking = Generator[Call, Reply, T]


def _read(reply: Reply, decoder: msgspec.json.Decoder[T]) -> T | wire.ResultError | Failed:
    """The data of a success, or why there is none."""
    try:
        result = reading.decode(_result, reply.body)
        if result.status == "error":
            return result.error or wire.ResultError(99, "unknown_error")
        return reading.decode(decoder, result.data)
    except msgspec.DecodeError:
        return UNREADABLE


def do(method: str, *params: object, step: str = "") -> Asking[wire.ResultError | Failed | None]:
    """Make a call that gives nothing; None is success."""
    answer = _read((yield Call(method=method, params=params, step=step)), _nothing)
    return None if isinstance(answer, msgspec.Raw) else answer


def ask_services() -> Asking[tuple[wire_agent.ServiceData, ...] | wire.ResultError | Failed]:
    """The services usable for outgoing interactions."""
    return _read((yield Call(method="getServicesList")), _services)


def ask_dispositions(
    target: wire_dialing.DispositionTarget,
) -> Asking[tuple[wire_dialing.DispositionData, ...] | wire.ResultError | Failed]:
    """The dispositions allowed for that target."""
    return _read((yield Call(method="getDispositionsList", params=(target,))), _dispositions)


def ask_reasons() -> Asking[tuple[str, ...] | wire.ResultError | Failed]:
    """The configured reasons for not being ready."""
    return _read((yield Call(method="getAgentNotReadyReasons")), _reasons)


def ask_teams() -> Asking[tuple[wire_agent.Team, ...] | wire.ResultError | Failed]:
    """The teams that the agent sees."""
    return _read((yield Call(method="getTeams")), _teams)


def ask_members(team: str) -> Asking[tuple[wire_agent.User, ...] | wire.ResultError | Failed]:
    """The members of a team."""
    return _read((yield Call(method="getTeamMembers", params=(team,))), _users)


def initiate(method: str, *params: object) -> Asking[wire.InitiateResult | wire.ResultError | Failed]:
    """Make a call that begins an interaction."""
    return _read((yield Call(method=method, params=params)), _initiated)


def anything(call: Call) -> Flow:
    """Make any call; what it gives is the data of the outcome."""
    answer = _read((yield call), _anything)
    match answer:
        case Failed():
            return answer
        case wire.ResultError():
            return codec.failure(answer)
        case _:
            return Done(data=answer)


def failed(answer: wire.ResultError | Failed, *, before: bool = False) -> Failed:
    """Why the flow ends. `before`: an earlier call of it took effect that cannot be taken back."""
    return codec.failure(answer, before=before) if isinstance(answer, wire.ResultError) else answer


def outcome(answer: wire.ResultError | Failed | None, warnings: tuple[str, ...] = ()) -> Outcome:
    """How a flow ends that ends with this call."""
    return Done(warnings=warnings) if answer is None else failed(answer)


def one(method: str, *params: object, warnings: tuple[str, ...] = (), step: str = "") -> Flow:
    """A flow of one call, or the last call of one."""
    return outcome((yield from do(method, *params, step=step)), warnings)


def begun(result: wire.InitiateResult, warnings: tuple[str, ...]) -> Done:
    """A begun interaction. No id is no error: the number may only stand in the dialpad (seed 004)."""
    why = result.error
    data = {"error": why} if why else None
    if result.id is None:
        why = why or "the platform created no interaction; the number may wait in the dialpad"
    said = (*warnings, why) if why else warnings
    return Done(ref=None if result.id is None else Ref(result.id), data=data, warnings=said)


def refuse(code: ErrorCode, message: str) -> Flow:
    """A flow that fails before anything is sent."""
    yield from ()
    return Failed(code=code, message=message)


def body(message: jsonrpc.Message) -> msgspec.Raw:
    """The vendor's result; where the relay itself refused, what the vendor would say to the same."""
    if not isinstance(message.result, UnsetType):
        return message.result
    error = message.error
    if isinstance(error, UnsetType) or error is None:
        return jsonrpc.NOTHING
    name = _JSONRPC_ERRORS.get(error.code, "unknown_error")
    refusal = wire.Refused(wire.ResultError(REQUEST_ERRORS[name], name, error.message))
    return msgspec.Raw(msgspec.json.encode(refusal))
