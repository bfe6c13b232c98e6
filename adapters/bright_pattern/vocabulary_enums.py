"""What becomes of every word of the vendor's enumerations, as `Type.value`, in both roles.

Source: reference/bright-pattern.md section 5.7. All are open: see codec.py for what becomes of a newer word.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from adapters.bright_pattern import tables
from adapters.bright_pattern.vocabulary_fields import PASSED_ON
from adapters.contract.capabilities import Word, word, word_nearly

_CALL: Final = word("vendor.call")
_OWN_ONLY: Final = "only as a platform of this dialect says it"

_PHONE_DEVICES: Final = (
    "browser",
    "external",
    "hard_custom",
    "hard_default",
    "nailed",
    "none",
    "soft_secure",
    "soft_unsecure",
    "microsoft_teams",
)
_PHONES: Final = ("mobile", "business", "home", "fax", "other")
_POPS: Final = ("OPEN_WEB_PAGE", "DISPLAY_TEXT")


def _mapped(kind: str, table: Mapping[str, str], member: str) -> dict[str, Word]:
    return {f"{kind}.{theirs}": word(f"{member} {ours}") for theirs, ours in table.items()}


def _each(kind: str, words: Iterable[str], said: Word) -> dict[str, Word]:
    return {f"{kind}.{one}": said for one in words}


SOUTH: Final[Mapping[str, Word]] = {
    **_mapped("InteractionType", tables.MEDIA_IN, "media"),
    **_mapped("InteractionState", tables.STATE_IN, "state"),
    f"InteractionState.{tables.PENDING}": word("state alerting, or dialing of an outbound call"),
    "InteractionState.ivr": word("state queued, vendor_state"),
    "InteractionState.wrap_up_hold": word("state wrap_up, wrap_up_paused"),
    f"InteractionState.{tables.FINISHED}": word("ended; state completed when it is removed"),
    **_mapped("CallDirection", tables.DIRECTION_IN, "direction"),
    **_mapped("ChatPartyType", tables.CHAT_PARTY_IN, "role"),
    **_each("InteractionOrigination", tables.ORIGINATIONS, word("origination")),
    **_each("InteractionKind", tables.KINDS, word("extras")),
    "InteractionKind.direct_call": word("kind direct, extras"),
    **_mapped("AgentState", tables.AGENT_STATE_IN, "state"),
    "AgentState.ringing": word("state reserved, vendor_state"),
    **_each("UserState", tables.USER_STATES, word("state of a directory entry")),
    **_each("UserState", tables.USER_STATE_SPELT, word("state of a directory entry, with underscores")),
    **_each("ChatChannelType", tables.CHAT_CHANNELS, word("channel_type of interaction.start_chat")),
    **_each("PhoneDevice", (f"phone_type_{one}" for one in _PHONE_DEVICES), _CALL),
    **_mapped("DispositionType", tables.DISPOSITION_CATEGORY, "category"),
    **_each("PhoneType", _PHONES, _CALL),
    **_each("WebScreenPop.action", _POPS, word("action of the query screen_pop")),
    "ResultStatus.success": word("outcome succeeded"),
    "ResultStatus.error": word("outcome failed"),
}

NORTH: Final[Mapping[str, Word]] = {
    **SOUTH,
    "InteractionState.ivr": word_nearly("state queued", _OWN_ONLY),
    **_each("InteractionKind", tables.KINDS - {"direct_call"}, word_nearly("extras", _OWN_ONLY)),
    "AgentState.reserved": word_nearly(
        "state reserved", "by the setting, or as a platform of this dialect says it; else ready with the flag"
    ),
    "AgentState.ringing": word_nearly("state reserved", _OWN_ONLY),
    **_each(
        "UserState",
        tables.USER_STATE_SPELT,
        word_nearly("state of a directory entry", "with underscores, unless such a platform is asked"),
    ),
    **_each("PhoneDevice", (f"phone_type_{one}" for one in _PHONE_DEVICES), PASSED_ON),
    **_each("PhoneType", _PHONES, PASSED_ON),
}
