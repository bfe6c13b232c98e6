"""The vendor's names and what they mean; what a value of an enumeration means is read from coverage.toml.

Source: seeds 000, 001, 004; reference/bright-pattern.md sections 2 (errors), 5.7 (enumerations) and 8
(readings adopted where the documents disagree).
"""

from collections.abc import Mapping
from typing import Final

from adapters.kit import coverage
from adapters.kit.coverage import meanings
from schemas.agent import AgentState as A
from schemas.interaction import Direction, Kind, Media, PartyRole
from schemas.interaction import InteractionState as S
from schemas.results import ErrorCode as E

NAME: Final = "bright_pattern"
PACKAGE: Final = "adapters.bright_pattern"

# Keys of Interaction.refs and AgentSession.refs.
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
    **meanings(PACKAGE, "InteractionState", "state", S),
    "ivr": S.QUEUED,
    "wrap_up_hold": S.WRAP_UP,  # and wrap_up_paused
    FINISHED: S.COMPLETED,
}
STATE_OUT: Final[Mapping[S, str]] = {
    **{state: word for word, state in meanings(PACKAGE, "InteractionState", "state", S).items()},
    **dict.fromkeys((S.PREVIEW, S.DIALING, S.ALERTING), PENDING),
    S.COMPLETED: FINISHED,
}
OVER: Final = frozenset({"wrap_up", "wrap_up_hold", FINISHED})
GOES_ON: Final = {word: state for word, state in STATE_IN.items() if word not in OVER}

MEDIA_IN: Final = meanings(PACKAGE, "InteractionType", "media", Media)
MEDIA_OUT: Final = {medium: word for word, medium in MEDIA_IN.items()}
NO_MEDIA: Final = frozenset({Media.WORK_ITEM})  # clients of this dialect do not see them

DIRECTION_IN: Final = meanings(PACKAGE, "CallDirection", "direction", Direction)
KIND_IN: Final[Mapping[str, Kind]] = {"direct_call": Kind.DIRECT}
CHAT_PARTY_IN: Final = meanings(PACKAGE, "ChatPartyType", "role", PartyRole)
ORIGINATIONS: Final = frozenset(coverage.words(PACKAGE, "enums", "InteractionOrigination"))
CHAT_CHANNELS: Final = frozenset(coverage.words(PACKAGE, "enums", "ChatChannelType"))

# --- agent

AGENT_STATE_IN: Final[Mapping[str, A]] = {
    **meanings(PACKAGE, "AgentState", "state", A),
    "ringing": A.RESERVED,
}
NEWER_AGENT_STATES: Final = frozenset({"reserved", "ringing"})  # since 5.24
AGENT_STATE_OUT: Final[Mapping[A, str]] = {
    **{state: word for word, state in meanings(PACKAGE, "AgentState", "state", A).items()},
    A.UNKNOWN: "not_ready",  # the vendor has no such word, and such an agent is offered nothing
    A.LOGGED_OUT: "not_ready",  # never asked for: requests are answered with not_logged_in
}
# UserState, of a member of a team, as a page spells two of them.
USER_STATE_SPELT: Final[Mapping[str, str]] = {
    "not ready": "not_ready",
    "after call work": "after_call_work",
}
SETTABLE_IN: Final[Mapping[str, A]] = {"ready": A.READY, "not_ready": A.NOT_READY}
SETTABLE_OUT: Final = {state: word for word, state in SETTABLE_IN.items()}

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


# By the first of the request errors that mean it, unless another says it better.
ERROR_OUT: Final[Mapping[E, str]] = {
    **dict.fromkeys(E, "unknown_error"),
    **{ERROR_IN[number]: name for name, number in reversed(tuple(REQUEST_ERRORS.items()))},
    E.UNKNOWN_PLATFORM: "api_not_answer",
    E.UNAVAILABLE: "api_not_answer",
    E.UNKNOWN_SESSION: "not_logged_in",
    E.UNKNOWN_OBJECT: "object_not_found",
    E.ALREADY_LOGGED_IN: "not_suitable_state",
    E.BAD_CREDENTIALS: "not_enough_privileges",
    E.COMPLETION_BLOCKED: "not_suitable_state",
    E.NO_CHANNEL: "no_channel_in_service",
    E.BAD_DESTINATION: "invalid_args",
    E.BUSY: "not_suitable_state",
    E.NEEDS_INFO: "invalid_args",  # unless encode.failure knows better
    E.EXPIRED: "timeout",
    E.CONFLICT: "not_suitable_state",
}
