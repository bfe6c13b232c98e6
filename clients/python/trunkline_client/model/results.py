"""How a command ends: succeeded, needinfo for a while, or failed; and the record of its life.

Made by `make clients` of what the gateway itself reads and writes; not to be changed by hand.
"""

from datetime import datetime

import msgspec

from trunkline_client.model.commands import ToldCommand
from trunkline_client.model.ids import AgentId, CommandId, InteractionId, PlatformId, SessionId
from trunkline_client.model.needinfo import NeedInfo, Question
from trunkline_client.tolerance import OpenEnum


class ErrorCode(OpenEnum):
    """Why a command failed. A closed set; the platform's own code stands beside it."""

    INVALID_COMMAND = "invalid_command"
    UNSUPPORTED = "unsupported"
    NOT_ALLOWED = "not_allowed"
    UNKNOWN_PLATFORM = "unknown_platform"
    UNKNOWN_SESSION = "unknown_session"
    UNKNOWN_INTERACTION = "unknown_interaction"
    UNKNOWN_OBJECT = "unknown_object"
    NOT_LOGGED_IN = "not_logged_in"
    ALREADY_LOGGED_IN = "already_logged_in"
    BAD_CREDENTIALS = "bad_credentials"
    WRONG_STATE = "wrong_state"
    COMPLETION_BLOCKED = "completion_blocked"
    NO_CHANNEL = "no_channel"
    BAD_DESTINATION = "bad_destination"
    BUSY = "busy"
    NEEDS_INFO = "needs_info"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    TOO_MANY_ROUNDS = "too_many_rounds"
    CONFLICT = "conflict"
    RATE_LIMITED = "rate_limited"
    UNAVAILABLE = "unavailable"
    LINK_DOWN = "link_down"
    TIMEOUT = "timeout"
    PLATFORM_ERROR = "platform_error"
    INTERNAL = "internal"


class Effect(OpenEnum):
    """What a failed command did."""

    NONE = "none"
    UNKNOWN = "unknown"


class Proof(OpenEnum):
    """What was found out later about a command whose effect was unknown."""

    DONE = "done"
    NONE = "none"


class Result(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="outcome"):
    """Common to all."""


class Succeeded(Result, frozen=True, kw_only=True, omit_defaults=True, tag="succeeded"):
    """The platform did it, or accepted to."""

    interaction_id: InteractionId | None = None  # the one that the command created, where the platform tells
    data: object = None  # what was asked for (dispositions, directory, the answer to vendor.call)
    warnings: tuple[str, ...] = ()  # what could only be approximated
    dialled: str = ""  # the destination as the platform was given it, where that is not as the command has it
    extras: dict[str, object] = {}  # what `data` has no place for, by the platform's own names


class NeedsInfo(Result, frozen=True, kw_only=True, omit_defaults=True, tag="needinfo"):
    """Not yet: something has to be answered first."""

    needinfo: NeedInfo


class Failed(Result, frozen=True, kw_only=True, omit_defaults=True, tag="failed"):
    """The platform refused, or we lost track of the command."""

    code: ErrorCode
    effect: Effect = Effect.NONE
    message: str = ""  # for people; no stack, no customer data
    vendor_code: str = ""
    dialled: str = ""  # as in Succeeded
    missing: Question | None = None  # with NEEDS_INFO
    extras: dict[str, object] = {}  # what else the platform said, by its own names


AnyResult = Succeeded | NeedsInfo | Failed


class UnknownResult(Result, frozen=True, kw_only=True, omit_defaults=True, tag="UnknownResult"):
    """One that is newer than this client: `told` is all that was said."""

    told: dict[str, object] = {}


ToldResult = AnyResult | UnknownResult


class CommandStatus(OpenEnum):
    """Where a command stands."""

    ACCEPTED = "accepted"
    SENT = "sent"
    NEEDINFO = "needinfo"
    FINISHED = "finished"


class CommandRecord(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A command and what became of it."""

    id: CommandId
    command: ToldCommand
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
    result: ToldResult | None = None
    proof: Proof | None = None  # of a failure whose effect is unknown, once something shows it
