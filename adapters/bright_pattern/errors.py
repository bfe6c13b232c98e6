"""The vendor's errors: number, name and what they mean; both directions.

Source: reference/bright-pattern.md section 2. Three names stand in both lists with different numbers, so only
numbers are mapped.
"""

from collections.abc import Mapping
from typing import Final

from schemas.results import ErrorCode as E

REQUEST_ERRORS: Final[Mapping[str, int]] = {
    "not_enough_privileges": 1,
    "not_logged_in": 2,
    "invalid_args": 3,
    "logged_without_phone": 4,
    "banned": 5,
    "api_not_answer": 6,
    "invalid_request": 7,
    "timeout": 8,
    "no_chat_in_service": 9,
    "empty_number": 10,
    "no_service": 11,
    "self_call": 12,
    "no_interaction": 13,
    "api_method_not_implemented": 14,
    "not_suitable_state": 15,
    "no_disposition": 16,
    "object_not_found": 17,
    "no_permissions_did_sms": 18,
    "no_permissions_did_call": 19,
    "no_channel_in_service": 20,
    "unknown_error": 99,
}
SERVER_ERRORS: Final[Mapping[str, int]] = {
    "forced_logout_by_other_client": 100,
    "forced_logout_by_supervisor": 101,
    "invalid_request": 102,
    "phone_not_registered": 103,
    "phone_not_in_dial_plan": 104,
    "tenant_disabled": 105,
    "destination_user_not_logged": 106,
    "user_disabled_or_deleted": 107,
    "user_already_logged_in": 108,
    "invalid_credentials": 109,
    "other_user_logged_with_phone": 110,
    "invalid_token": 111,
    "logged_users_limit_reached": 112,
    "already_logged_in_with_the_same_session": 113,
    "not_enough_privileges": 114,
    "sip_server_error": 200,
    "unknown_error": 300,
}

# Three names stand in both lists. In an answer such a name is the request's, in ON_SERVER_ERROR the server's.
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


ERROR_IN: Final[Mapping[int, E]] = {
    1: E.NOT_ALLOWED,
    2: E.NOT_LOGGED_IN,
    3: E.INVALID_COMMAND,
    4: E.NO_CHANNEL,
    5: E.BAD_DESTINATION,
    6: E.LINK_DOWN,
    7: E.INVALID_COMMAND,
    8: E.TIMEOUT,
    9: E.NO_CHANNEL,
    10: E.BAD_DESTINATION,
    11: E.NO_CHANNEL,
    12: E.BAD_DESTINATION,
    13: E.UNKNOWN_INTERACTION,
    14: E.UNSUPPORTED,
    15: E.WRONG_STATE,
    16: E.UNKNOWN_OBJECT,
    17: E.UNKNOWN_OBJECT,
    18: E.NOT_ALLOWED,
    19: E.NOT_ALLOWED,
    20: E.NO_CHANNEL,
    99: E.PLATFORM_ERROR,
    100: E.NOT_LOGGED_IN,
    101: E.NOT_LOGGED_IN,
    102: E.INVALID_COMMAND,
    103: E.NO_CHANNEL,
    104: E.NO_CHANNEL,
    105: E.NOT_ALLOWED,
    106: E.BAD_DESTINATION,
    107: E.BAD_CREDENTIALS,
    108: E.ALREADY_LOGGED_IN,
    109: E.BAD_CREDENTIALS,
    110: E.NO_CHANNEL,
    111: E.BAD_CREDENTIALS,
    112: E.NOT_ALLOWED,
    113: E.ALREADY_LOGGED_IN,
    114: E.NOT_ALLOWED,
    200: E.PLATFORM_ERROR,
    300: E.PLATFORM_ERROR,
}
MAYBE_DONE: Final = frozenset({6, 8})  # no answer is no refusal: it may have gone through

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
    E.UNAVAILABLE: "api_not_answer",
    E.LINK_DOWN: "api_not_answer",
    E.TIMEOUT: "timeout",
    E.PLATFORM_ERROR: "unknown_error",
    E.INTERNAL: "unknown_error",
}
