"""The vendor's names and what they mean; both directions, for many-to-one has no inverse.

Source: seeds 000, 001, 004; reference/bright-pattern.md sections 2 (errors), 5.7 (enumerations) and 8
(readings adopted where the documents disagree).
"""

from collections.abc import Mapping
from typing import Final

from schemas.agent import AgentState as A
from schemas.interaction import Direction, Kind, Media, PartyRole
from schemas.interaction import InteractionState as S
from schemas.results import ErrorCode as E

NAME: Final = "bright_pattern"

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

# InteractionOrigination
ORIGINATIONS: Final = frozenset(
    {  # the seeds' twelve ...
        "dialpad",
        "dialpad-search",
        "directory",
        "recent",
        "favorites",
        "workitem",
        "interaction",
        "contact-profile",
        "help",
        "conference",
        "auto",
        "integration-api",
        # ... and those of later declaration files
        "chat-center",
        "internal-chat-page",
        "topbar",
        "supervisor-screen",
        "transfer-panel",
    }
)

CHAT_CHANNELS: Final = frozenset(
    {
        "telegram",
        "line",
        "facebook",
        "web",
        "nexmo",
        "sms",
        "viber",
        "twitter",
        "wechat",
        "whatsapp",
        "ms_teams",
    }
)

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
    "SUCCESS": "success",
    "FAILURE": "failure",
    "CONTINUE": "continue",
    "SPAM": "spam",
    "DO_NOT_CALL": "do_not_call",
}
DISPOSITION_TYPE: Final[Mapping[str, str]] = {ours: theirs for theirs, ours in DISPOSITION_CATEGORY.items()}

# --- errors: number, name and what they mean. Three names stand in both lists, so only numbers are mapped.

REQUEST: Final[tuple[tuple[int, str, E], ...]] = (
    (1, "not_enough_privileges", E.NOT_ALLOWED),
    (2, "not_logged_in", E.NOT_LOGGED_IN),
    (3, "invalid_args", E.INVALID_COMMAND),
    (4, "logged_without_phone", E.NO_CHANNEL),
    (5, "banned", E.BAD_DESTINATION),
    (6, "api_not_answer", E.LINK_DOWN),
    (7, "invalid_request", E.INVALID_COMMAND),
    (8, "timeout", E.TIMEOUT),
    (9, "no_chat_in_service", E.NO_CHANNEL),
    (10, "empty_number", E.BAD_DESTINATION),
    (11, "no_service", E.NO_CHANNEL),
    (12, "self_call", E.BAD_DESTINATION),
    (13, "no_interaction", E.UNKNOWN_INTERACTION),
    (14, "api_method_not_implemented", E.UNSUPPORTED),
    (15, "not_suitable_state", E.WRONG_STATE),
    (16, "no_disposition", E.UNKNOWN_OBJECT),
    (17, "object_not_found", E.UNKNOWN_OBJECT),
    (18, "no_permissions_did_sms", E.NOT_ALLOWED),
    (19, "no_permissions_did_call", E.NOT_ALLOWED),
    (20, "no_channel_in_service", E.NO_CHANNEL),
    (99, "unknown_error", E.PLATFORM_ERROR),
)
SERVER: Final[tuple[tuple[int, str, E], ...]] = (
    (100, "forced_logout_by_other_client", E.NOT_LOGGED_IN),
    (101, "forced_logout_by_supervisor", E.NOT_LOGGED_IN),
    (102, "invalid_request", E.INVALID_COMMAND),
    (103, "phone_not_registered", E.NO_CHANNEL),
    (104, "phone_not_in_dial_plan", E.NO_CHANNEL),
    (105, "tenant_disabled", E.NOT_ALLOWED),
    (106, "destination_user_not_logged", E.BAD_DESTINATION),
    (107, "user_disabled_or_deleted", E.BAD_CREDENTIALS),
    (108, "user_already_logged_in", E.ALREADY_LOGGED_IN),
    (109, "invalid_credentials", E.BAD_CREDENTIALS),
    (110, "other_user_logged_with_phone", E.NO_CHANNEL),
    (111, "invalid_token", E.BAD_CREDENTIALS),
    (112, "logged_users_limit_reached", E.NOT_ALLOWED),
    (113, "already_logged_in_with_the_same_session", E.ALREADY_LOGGED_IN),
    (114, "not_enough_privileges", E.NOT_ALLOWED),
    (200, "sip_server_error", E.PLATFORM_ERROR),
    (300, "unknown_error", E.PLATFORM_ERROR),
)
REQUEST_ERRORS: Final[Mapping[str, int]] = {name: number for number, name, _ in REQUEST}
SERVER_ERRORS: Final[Mapping[str, int]] = {name: number for number, name, _ in SERVER}
ERROR_IN: Final[Mapping[int, E]] = {number: meaning for number, _, meaning in (*REQUEST, *SERVER)}
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
