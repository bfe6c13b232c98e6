"""How commands end that the last run left behind, or whose question was not answered. Pure."""

from typing import Final

from gateway.commands.attempt import stopped
from schemas.commands import AnyCommand, Complete, Login
from schemas.needinfo import MAX_ROUNDS, Question, Resolution
from schemas.results import (
    CommandRecord,
    CommandStatus,
    Effect,
    ErrorCode,
    Failed,
    FinalResult,
    Succeeded,
)

RESTARTED: Final = Failed(
    code=ErrorCode.INTERNAL,
    effect=Effect.UNKNOWN,
    message="the gateway restarted while the command was under way",
)
STOPPING: Final = "the gateway is stopping"
NO_JOURNAL: Final = "the journal cannot be written at present; nothing was begun"
SIGN_IN_AGAIN: Final = Failed(
    code=ErrorCode.UNAVAILABLE,
    message="the gateway restarted before it was sent, and keeps no password: sign in again",
)
TOO_LONG_AGO: Final = Failed(
    code=ErrorCode.UNAVAILABLE,
    message="the gateway restarted before it was sent, and that was too long ago",
)
TOO_LATE: Final = Failed(
    code=ErrorCode.UNAVAILABLE, message="it could be kept only when it came too late by then"
)
END_NOT_SHOWN: Final = Failed(
    code=ErrorCode.TIMEOUT, message="it was released, and its end is not shown yet: complete it once it is"
)
EXPIRED: Final = Failed(code=ErrorCode.EXPIRED, message="nobody answered the question in time")
CANCELLED: Final = Failed(code=ErrorCode.CANCELLED, message="the question was cancelled")


def no_link(platform_id: str, so_far: str = "") -> Failed:
    """Of one that there is no way for."""
    return Failed(code=ErrorCode.LINK_DOWN, message=f"no link to {platform_id} for this agent{so_far}")


def missing(asked: Question) -> Failed:
    """Of one whose question cannot be put to anybody."""
    message = "missing: " + ", ".join(field.key for field in asked.fields)
    return Failed(code=ErrorCode.NEEDS_INFO, message=message, missing=asked)


def too_many_rounds(asked: Question) -> Failed:
    """Of one of which the platform wants to know ever more."""
    message = f"the platform still asks after {MAX_ROUNDS} rounds"
    return Failed(code=ErrorCode.TOO_MANY_ROUNDS, message=message, missing=asked)


def left_behind(record: CommandRecord, asked: Resolution | None) -> FinalResult:
    """Of one that was with the platform, or whose question ended (`asked`) and no more."""
    if record.status is CommandStatus.NEEDINFO:
        match asked:
            case Resolution.EXPIRED:
                return EXPIRED
            case Resolution.CANCELLED:
                return CANCELLED
            case Resolution.OVERTAKEN:
                return overtaken(record.command)
            case _ if isinstance(record.command, Login):
                return SIGN_IN_AGAIN
            case _:
                pass
    return stopped(RESTARTED, record.steps)


def overtaken(command: AnyCommand) -> FinalResult:
    """Of one whose interaction was completed while its question was open."""
    message = "the interaction was completed before the question was answered"
    if isinstance(command, Complete):
        return Succeeded(warnings=(message,))
    return Failed(code=ErrorCode.WRONG_STATE, message=message)
