"""Frames to structs and back, for both ends of the softswitch's protocol (see wire.py)."""

from typing import Final

import msgspec
from msgspec import UNSET

from adapters.contract.dialect import Done, Outcome
from adapters.softswitch import wire
from schemas.commands import AnyCommand
from schemas.errors import MalformedFrame
from schemas.needinfo import Question
from schemas.observations import AnyObservation
from schemas.results import Failed

_encode = msgspec.json.Encoder().encode
_down = msgspec.json.Decoder(wire.Down).decode
_outcome: Final = msgspec.json.Decoder(wire.AnyOutcome)
_request = msgspec.json.Decoder(wire.Request).decode
_command: Final = msgspec.json.Decoder(AnyCommand)

SNAPSHOT: Final = _encode(wire.Request(id=wire.SNAPSHOT_ID, snapshot=True))


def encode_command(call_id: int, agent: str, command: AnyCommand) -> bytes:
    """The client's frame of one command."""
    return _encode(wire.CommandFrame(call_id, agent, command))


def decode_down(frame: bytes) -> wire.Down:
    """Read a frame of the switch. Raises MalformedFrame if it is neither an answer nor an observation."""
    try:
        down = _down(frame)
    except msgspec.DecodeError as error:
        raise MalformedFrame(wire.NAME, "frame", str(error)) from error
    answer = down.id is not UNSET and down.outcome is not UNSET
    if answer == (down.observation is not UNSET):
        raise MalformedFrame(wire.NAME, "frame", "either an answer or an observation")
    return down


def decode_outcome(body: bytes | msgspec.Raw) -> Outcome:
    """Read an answer. Raises MalformedFrame."""
    try:
        outcome: wire.AnyOutcome = _outcome.decode(body)
    except msgspec.DecodeError as error:
        raise MalformedFrame(wire.NAME, "outcome", str(error)) from error
    match outcome:
        case wire.DoneOutcome(done):
            return done
        case wire.QuestionOutcome(question):
            return question
        case wire.FailedOutcome(failed):
            return failed


def decode_request(frame: bytes) -> wire.Request:
    """Read a frame of the client. Raises MalformedFrame if nobody could be answered."""
    try:
        request = _request(frame)
    except msgspec.DecodeError as error:
        raise MalformedFrame(wire.NAME, "request", str(error)) from error
    if request.snapshot == (request.command is not UNSET):
        raise MalformedFrame(wire.NAME, "request", "either a command or a snapshot")
    return request


def decode_command(body: msgspec.Raw) -> AnyCommand:
    """Read the command of a request. Raises msgspec.DecodeError, which the switch answers."""
    command: AnyCommand = _command.decode(body)
    return command


def encode_answer(request_id: int, outcome: Outcome) -> bytes:
    """The switch's frame that answers a request."""
    match outcome:
        case Done():
            return _encode(wire.Answer(request_id, wire.DoneOutcome(outcome)))
        case Question():
            return _encode(wire.Answer(request_id, wire.QuestionOutcome(outcome)))
        case Failed():
            return _encode(wire.Answer(request_id, wire.FailedOutcome(outcome)))


def encode_observation(observation: AnyObservation) -> bytes:
    """The switch's frame of something that happened. `vendor` must not be the empty default."""
    return _encode(wire.Observed(observation))
