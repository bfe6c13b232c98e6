"""The vendor's names and what they mean; both directions, for many-to-one has no inverse.

Source: seeds 000, 001, 004; reference/bright-pattern.md sections 2 (errors), 3 (methods), 4 (events), 5.7
(enumerations) and 8 (readings adopted where the documents disagree).
"""

from collections.abc import Mapping
from typing import Final

from schemas.agent import AgentState as A
from schemas.interaction import Direction, Kind, Media, PartyRole
from schemas.interaction import InteractionState as S
from schemas.results import ErrorCode as E

NAME: Final = "bright_pattern"

# --- methods: name in the script, name of its message between page and widget (reference 3)

METHODS: Final[Mapping[str, str]] = {
    "getLoginState": "GET_LOGIN_STATE",
    "login": "LOGIN",
    "openLogin": "OPEN_LOGIN",
    "logout": "LOGOUT",
    "getAgentState": "GET_AGENT_STATE",
    "setAgentState": "SET_AGENT_STATE",
    "getAgentNotReadyReasons": "GET_AGENT_NOT_READY_REASONS",
    "getTeams": "GET_TEAMS",
    "getTeamMembers": "GET_TEAM_MEMBERS",
    "getServicesList": "GET_SERVICES_LIST",
    "getService": "GET_SERVICE",
    "setService": "SET_SERVICE",
    "getDIDNumbersList": "GET_DID_LIST",
    "getDIDNumber": "GET_DID",
    "setDIDNumber": "SET_DID",
    "getPhoneDevicesList": "GET_PHONE_DEVICES_LIST",
    "getPhoneDevice": "GET_PHONE_DEVICE",
    "setPhoneDevice": "SET_PHONE_DEVICE",
    "getConfig": "GET_CONFIG",
    "startCall": "START_CALL",
    "startChat": "START_CHAT",
    "startEmail": "START_EMAIL",
    "getInteractionsState": "GET_INTERACTIONS_STATE",
    "acceptInteraction": "ACCEPT_INTERACTION",
    "rejectInteraction": "REJECT_INTERACTION",
    "switchActiveInteraction": "SWITCH_ACTIVE_INTERACTION",
    "sendChatMessage": "SEND_CHAT_MESSAGE",
    "suggestChatMessage": "SUGGEST_CHAT_MESSAGE",
    "setVariable": "SET_VARIABLE",
    "getVariables": "GET_VARIABLES",
    "addInteractionAssociatedObject": "ADD_INTERACTION_ASSOCIATED_OBJECT",
    "setInteractionActiveScreen": "SET_INTERACTION_ACTIVE_SCREEN",
    "getDispositionsList": "GET_DISPOSITIONS_LIST",
    "setDisposition": "SET_DISPOSITION",
    "setRescheduleWindow": "SET_RESCHEDULE",
    "addNote": "ADD_NOTE",
    "updateNote": "UPDATE_NOTE",
    "replaceNote": "REPLACE_NOTE",
    "setDialCandidates": "SET_DIAL_CANDIDATES",
    "activatePage": "ACTIVATE_PAGE",
    "setCallHold": "SET_CALL_HOLD",
    "setCallMute": "SET_CALL_MUTE",
    "sendDtmf": "SEND_DTMF",
    "consultCall": "CONSULT_CALL",
    "transfer": "TRANSFER",
    "blindTransfer": "BLIND_TRANSFER",
    "inviteToCallConference": "INVITE_TO_CALL_CONFERENCE",
    "removeFromCallConference": "REMOVE_FROM_CALL_CONFERENCE",
    "destroyCallConference": "DESTROY_CALL_CONFERENCE",
    "mergeAllCallsIntoConference": "MERGE_ALL_CALLS_INTO_CONFERENCE",
    "inviteToChatConference": "INVITE_TO_CHAT_CONFERENCE",
    "removeFromChatConference": "REMOVE_FROM_CHAT_CONFERENCE",
    "leaveInteraction": "LEAVE_INTERACTION",
    "completeInteraction": "COMPLETE_INTERACTION",
    "leaveAndCompleteInteraction": "LEAVE_AND_COMPLETE_INTERACTION",
    "setCallRecording": "SET_CALL_RECORDING",
    "setCallRecordingMute": "SET_CALL_RECORDING_MUTE",
    "getScreenRecordingState": "GET_SCREEN_RECORDING_STATE",
    "setScreenRecordingMute": "SET_SCREEN_RECORDING_MUTE",
    "setWidgetMinimized": "SET_WIDGET_MINIMIZED",
}

LATER_METHODS: Final = frozenset({"getChatTranscript", "getVoiceTranscript"})  # undeclared, of unknown shape

# --- events: constant, whether the widget waits for the handler's answer (reference 4)

EVENTS: Final[Mapping[str, bool]] = {
    "ON_LOGIN": False,
    "ON_LOGOUT": False,
    "ON_AGENT_STATE_CHANGE": False,
    "ON_NEW_INTERACTION": False,
    "ON_INTERACTION_STATE_CHANGE": False,  # page onInteractionStateChange
    "ON_INTERACTION_REMOVED": False,  # page onInteractionEnd: OnInteractionEndHandler(removedInteraction)
    "ON_ACTIVE_INTERACTION_SWITCHED": False,
    "ON_REQUEST_TRANSFER_DATA": True,
    "ON_LOAD_TRANSFER_DATA": False,
    "ON_GET_KNOWLEDGE_BASE_FOLDER": True,
    "ON_SEARCH_KNOWLEDGE_BASE": True,
    "ON_GET_KNOWLEDGE_BASE_ARTICLE": True,
    "ON_OPEN_RECORD": False,
    "ON_SEARCH_RECORDS": False,
    "ON_SHOW_SCREEN": False,
    "ON_REQUEST_RECORD_INFO": True,
    "ON_REQUEST_RECORD_ON_SCREEN": True,
    "ON_VALIDATE_ASSOCIATED_RECORDS": True,
    "ON_SAVE_ACTIVITY_RECORD": True,  # until 2026-02 nobody waited
    "ON_WEB_SCREEN_POP_CUSTOM": True,
    "ON_SCREEN_RECORDING_STATE_CHANGE": False,
    "ON_WIDGET_MINIMIZED_CHANGE": False,
    "ON_SERVER_ERROR": False,
    "ON_SOFTPHONE_STATUS_CHANGE": False,
    "ON_AUDIO_DEVICE_CHANGE": False,
    "ON_PHONE_CAPABILITIES_CHANGE": False,
    "ON_CALL_AUDIO_QUALITY_ALERT": False,
    "ON_SUMMARY_GENERATION_STARTED": False,
    "ON_SUMMARY_GENERATION_COMPLETED": False,
}

# --- interactions

PENDING: Final = "delivery_pending"  # offered, or not yet answered: the direction decides, see codec.state
STATE_IN: Final[Mapping[str, S]] = {
    "unknown": S.UNKNOWN,
    "queued": S.QUEUED,
    "ivr": S.QUEUED,
    "delivered": S.CONNECTED,
    "hold": S.HELD,
    "wrap_up": S.WRAP_UP,
    "wrap_up_hold": S.WRAP_UP,  # and wrap_up_paused
    "completed": S.COMPLETED,
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
    S.COMPLETED: "completed",
}
STATES: Final = frozenset({*STATE_IN, PENDING})
OVER: Final = frozenset({"wrap_up", "wrap_up_hold", "completed"})

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
KINDS: Final = frozenset({"unknown", "direct_call", "outbound", "scenario", "chat"})

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

# --- errors: three names stand in both lists with different codes, so only codes are mapped

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
    E.LINK_DOWN: "api_not_answer",
    E.TIMEOUT: "timeout",
    E.PLATFORM_ERROR: "unknown_error",
    E.INTERNAL: "unknown_error",
}
