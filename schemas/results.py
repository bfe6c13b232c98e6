"""How a command ends: succeeded, needinfo for a while, or failed; and the record of its life."""

from datetime import datetime
from enum import StrEnum

import msgspec

from schemas.commands import AnyCommand
from schemas.ids import AgentId, CommandId, InteractionId, PlatformId, SessionId
from schemas.needinfo import NeedInfo, Question
from schemas.values import Json


class ErrorCode(StrEnum):
    """Why a command failed. A closed set; the platform's own code stands beside it."""

    INVALID_COMMAND = "invalid_command"  # the body: unknown verb, wrong type, missing field
    UNSUPPORTED = "unsupported"  # the platform's dialect cannot say it
    NOT_ALLOWED = "not_allowed"  # our rights, or the platform's privileges
    UNKNOWN_PLATFORM = "unknown_platform"
    UNKNOWN_SESSION = "unknown_session"
    UNKNOWN_INTERACTION = "unknown_interaction"
    UNKNOWN_OBJECT = "unknown_object"  # party, disposition, service, key, ...
    NOT_LOGGED_IN = "not_logged_in"
    ALREADY_LOGGED_IN = "already_logged_in"
    BAD_CREDENTIALS = "bad_credentials"
    WRONG_STATE = "wrong_state"
    COMPLETION_BLOCKED = "completion_blocked"
    NO_CHANNEL = "no_channel"  # no active channel, device or service to do it on
    BAD_DESTINATION = "bad_destination"
    BUSY = "busy"
    NEEDS_INFO = "needs_info"  # asked of a client that cannot answer; `missing` says what
    CANCELLED = "cancelled"  # a question was answered with cancel
    EXPIRED = "expired"  # a question was not answered in time
    TOO_MANY_ROUNDS = "too_many_rounds"
    CONFLICT = "conflict"  # the same key with another body; a question answered twice
    RATE_LIMITED = "rate_limited"
    UNAVAILABLE = "unavailable"  # we are stopping, or our disk is full; it was not sent, ask again
    LINK_DOWN = "link_down"
    TIMEOUT = "timeout"  # the platform did not answer
    PLATFORM_ERROR = "platform_error"  # it answered with an error of its own
    INTERNAL = "internal"


class Effect(StrEnum):
    """What a failed command did."""

    NONE = "none"  # certainly nothing
    UNKNOWN = "unknown"  # it may have gone through; never repeated by us


class Proof(StrEnum):
    """What was found out later about a command whose effect was unknown."""

    DONE = "done"  # the platform shows what the command asked for
    NONE = "none"  # the platform shows that it is not so


class Result(msgspec.Struct, frozen=True, kw_only=True, tag_field="outcome", omit_defaults=True):
    """Common to all."""


class Succeeded(Result, frozen=True, kw_only=True, tag="succeeded"):
    """The platform did it, or accepted to."""

    interaction_id: InteractionId | None = None  # the one that the command created, where the platform tells
    data: Json = None  # what was asked for (dispositions, directory, the answer to vendor.call)
    warnings: tuple[str, ...] = ()  # what could only be approximated
    dialled: str = ""  # the destination as the platform was given it, where that is not as the command has it
    extras: dict[str, Json] = {}  # what `data` has no place for, by the platform's own names


class NeedsInfo(Result, frozen=True, kw_only=True, tag="needinfo"):
    """Not yet: something has to be answered first."""

    needinfo: NeedInfo


class Failed(Result, frozen=True, kw_only=True, tag="failed"):
    """The platform refused, or we lost track of the command."""

    code: ErrorCode
    effect: Effect = Effect.NONE
    message: str = ""  # for people; no stack, no customer data
    vendor_code: str = ""
    dialled: str = ""  # as in Succeeded
    missing: Question | None = None  # with NEEDS_INFO
    extras: dict[str, Json] = {}  # what else the platform said, by its own names


AnyResult = Succeeded | NeedsInfo | Failed
FinalResult = Succeeded | Failed


class CommandStatus(StrEnum):
    """Where a command stands."""

    ACCEPTED = "accepted"  # stored, and certainly not sent: it waits for the agent's link
    SENT = "sent"  # stored before its first call leaves: a platform call may be under way
    NEEDINFO = "needinfo"
    FINISHED = "finished"


class CommandRecord(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A command and what became of it."""

    id: CommandId
    command: AnyCommand
    platform_id: PlatformId
    session_id: SessionId
    agent_id: AgentId
    status: CommandStatus
    accepted_at: datetime
    attempts: int = 0  # one each round
    interactive: bool = True  # False: the client cannot answer questions
    principal: str = ""  # who asked
    idempotency_key: str = ""
    traceparent: str = ""  # W3C Trace Context: what it is a part of
    sent_at: datetime | None = None  # when the first call of the newest attempt left
    # The calls of the newest attempt, where it took several, in order: all but the last were answered.
    steps: tuple[str, ...] = ()
    finished_at: datetime | None = None
    result: AnyResult | None = None
    proof: Proof | None = None  # of a failure whose effect is unknown, once something shows it
