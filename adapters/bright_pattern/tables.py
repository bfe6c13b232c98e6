"""The vendor's names and what they mean; both directions, for many-to-one has no inverse.

Source: seeds 000, 001, 004; reference/bright-pattern.md sections 2 (errors), 5.7 (enumerations) and 8
(readings adopted where the documents disagree).
"""

from collections.abc import Mapping
from typing import Final

from adapters.kit import coverage
from schemas.agent import AgentState as A
from schemas.interaction import Direction, Kind, Media, PartyRole
from schemas.interaction import InteractionState as S
from schemas.results import ErrorCode as E

NAME: Final = "bright_pattern"
PACKAGE: Final = "adapters.bright_pattern"

# Keys of Interaction.refs and AgentSession.refs. INTERACTION_ID and LOGGED_IN always stand there, which tells
# that the platform is of this dialect.
INTERACTION_ID: Final = "interactionId"
GLOBAL_ID: Final = "globalInteractionId"
LOGGED_IN: Final = "isLoggedIn"
AGENT_ID: Final = "agentId"
SESSION_ID: Final = "sessionId"
USERNAME: Final = "username"

# --- interactions

PENDING: Final = "delivery_pending"  # offered, or not yet answered: the direction decides, see decode.state
FINISHED: Final = "completed"  # but not removed yet, see decode.interaction
STATE_IN: Final[Mapping[str, S]] = {
    "unknown": S.UNKNOWN,
    "queued": S.QUEUED,
    "ivr": S.QUEUED,
    "delivered": S.CONNECTED,
    "hold": S.HELD,
    "wrap_up": S.WRAP_UP,
    "wrap_up_hold": S.WRAP_UP,  # and wrap_up_paused
    FINISHED: S.COMPLETED,
}
STATE_OUT: Final[Mapping[S, str]] = {
    S.UNKNOWN: "unknown",
    S.QUEUED: "queued",
    S.PREVIEW: PENDING,
    S.DIALING: PENDING,
    S.ALERTING: PENDING,
    S.CONNECTED: "delivered",
    S.HELD: "hold",
    S.WRAP_UP: "wrap_up",
    S.COMPLETED: FINISHED,
}
OVER: Final = frozenset({"wrap_up", "wrap_up_hold", FINISHED})
GOES_ON: Final = {word: state for word, state in STATE_IN.items() if word not in OVER}

# InteractionType
MEDIA_IN: Final[Mapping[str, Media]] = {"voice": Media.VOICE, "chat": Media.CHAT, "email": Media.EMAIL}
MEDIA_OUT: Final[Mapping[Media, str]] = {Media.VOICE: "voice", Media.CHAT: "chat", Media.EMAIL: "email"}
NO_MEDIA: Final = frozenset({Media.WORK_ITEM})  # clients of this dialect do not see them

# CallDirection
DIRECTION_IN: Final[Mapping[str, Direction]] = {
    "inbound": Direction.INBOUND,
    "outbound": Direction.OUTBOUND,
}

KIND_IN: Final[Mapping[str, Kind]] = {"direct_call": Kind.DIRECT}

# ChatPartyType
CHAT_PARTY_IN: Final[Mapping[str, PartyRole]] = {"internal": PartyRole.AGENT, "external": PartyRole.CUSTOMER}

ORIGINATIONS: Final = frozenset(coverage.words(PACKAGE, "enums", "InteractionOrigination"))
CHAT_CHANNELS: Final = frozenset(coverage.words(PACKAGE, "enums", "ChatChannelType"))

# --- agent

AGENT_STATE_IN: Final[Mapping[str, A]] = {
    "ready": A.READY,
    "not_ready": A.NOT_READY,
    "busy": A.BUSY,
    "after_call_work": A.AFTER_CALL_WORK,
    "supervising": A.SUPERVISING,
    "reserved": A.RESERVED,
    "ringing": A.RESERVED,
}
NEWER_AGENT_STATES: Final = frozenset({"reserved", "ringing"})  # since 5.24
AGENT_STATE_OUT: Final[Mapping[A, str]] = {
    A.UNKNOWN: "not_ready",  # the vendor has no such word, and such an agent is offered nothing
    A.LOGGED_OUT: "not_ready",  # never asked for: requests are answered with not_logged_in
    A.NOT_READY: "not_ready",
    A.READY: "ready",
    A.RESERVED: "reserved",
    A.BUSY: "busy",
    A.AFTER_CALL_WORK: "after_call_work",
    A.SUPERVISING: "supervising",
}
# UserState, of a member of a team, as a page spells two of them.
USER_STATE_SPELT: Final[Mapping[str, str]] = {
    "not ready": "not_ready",
    "after call work": "after_call_work",
}
SETTABLE_IN: Final[Mapping[str, A]] = {"ready": A.READY, "not_ready": A.NOT_READY}
SETTABLE_OUT: Final[Mapping[A, str]] = {A.READY: "ready", A.NOT_READY: "not_ready"}

DISPOSITION_CATEGORY: Final[Mapping[str, str]] = {
    word: word.lower() for word in coverage.words(PACKAGE, "enums", "DispositionType")
}

# --- errors: coverage.toml says what each means. Three names stand in two lists, so only numbers are mapped.

_MEANT: Final = coverage.words(PACKAGE, "errors")  # "number name": "error meaning"
_LISTED: Final = [(int(number), name) for number, _, name in (word.partition(" ") for word in _MEANT)]
_FIRST_OF_SERVER: Final = 100
REQUEST_ERRORS: Final[Mapping[str, int]] = {
    name: number for number, name in _LISTED if number < _FIRST_OF_SERVER
}
SERVER_ERRORS: Final[Mapping[str, int]] = {
    name: number for number, name in _LISTED if number >= _FIRST_OF_SERVER
}
ERROR_IN: Final[Mapping[int, E]] = {
    int(word.partition(" ")[0]): E(meaning.removeprefix("error ")) for word, meaning in _MEANT.items()
}
MAYBE_DONE: Final = frozenset({6, 8})  # no answer is no refusal: it may have gone through
# In an answer a name of both lists is the request's, in ON_SERVER_ERROR the server's.
GIVEN_ERRORS: Final[Mapping[str, int]] = {**SERVER_ERRORS, **REQUEST_ERRORS}
TOLD_ERRORS: Final[Mapping[str, int]] = {**REQUEST_ERRORS, **SERVER_ERRORS}


def error_word(code: int | str, name: str, listed: Mapping[str, int]) -> str:
    """An error by its name, with its number before it unless that is the listed one: none is lost."""
    return name if name and str(listed.get(name)) == str(code) else f"{code} {name}".rstrip()


def error_of(word: str) -> tuple[int, str] | None:
    """Number and name of an answered error that was named so; None for what no such error is named."""
    if word in GIVEN_ERRORS:
        return GIVEN_ERRORS[word], word
    number, _, name = word.partition(" ")
    return (int(number), name) if number.isascii() and number.isdigit() else None


ERROR_OUT: Final[Mapping[E, str]] = {
    E.INVALID_COMMAND: "invalid_args",
    E.UNSUPPORTED: "api_method_not_implemented",
    E.NOT_ALLOWED: "not_enough_privileges",
    E.UNKNOWN_PLATFORM: "api_not_answer",
    E.UNKNOWN_SESSION: "not_logged_in",
    E.UNKNOWN_INTERACTION: "no_interaction",
    E.UNKNOWN_OBJECT: "object_not_found",
    E.NOT_LOGGED_IN: "not_logged_in",
    E.ALREADY_LOGGED_IN: "not_suitable_state",
    E.BAD_CREDENTIALS: "not_enough_privileges",
    E.WRONG_STATE: "not_suitable_state",
    E.COMPLETION_BLOCKED: "not_suitable_state",
    E.NO_CHANNEL: "no_channel_in_service",
    E.BAD_DESTINATION: "invalid_args",
    E.BUSY: "not_suitable_state",
    E.NEEDS_INFO: "invalid_args",  # unless QUESTION_OUT knows better
    E.CANCELLED: "unknown_error",
    E.EXPIRED: "timeout",
    E.TOO_MANY_ROUNDS: "unknown_error",
    E.CONFLICT: "not_suitable_state",
    E.RATE_LIMITED: "unknown_error",
    E.LINK_DOWN: "api_not_answer",
    E.UNAVAILABLE: "api_not_answer",
    E.TIMEOUT: "timeout",
    E.PLATFORM_ERROR: "unknown_error",
    E.INTERNAL: "unknown_error",
}
