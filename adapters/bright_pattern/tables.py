"""The vendor's names and what they mean; both directions, for many-to-one has no inverse.

Errors are in errors.py. Source: seeds 000, 001, 004; reference/bright-pattern.md sections 3 (methods), 4
(events), 5.7 (enumerations) and 8 (readings adopted where the documents disagree).
"""

from collections.abc import Mapping
from typing import Final

from schemas.agent import AgentState as A
from schemas.interaction import Direction, Kind, Media, PartyRole
from schemas.interaction import InteractionState as S

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

# Where the optional interaction id stands, counted from 0 (reference 3). consultCall, transfer and
# mergeAllCallsIntoConference act on the active one; getDispositionsList has it inside its target.
OPTIONAL_ID: Final[Mapping[str, int]] = {
    **dict.fromkeys(
        (
            "acceptInteraction",
            "rejectInteraction",
            "leaveInteraction",
            "completeInteraction",
            "destroyCallConference",
        ),
        0,
    ),
    **dict.fromkeys(
        (
            "sendChatMessage",
            "getVariables",
            "addInteractionAssociatedObject",
            "setInteractionActiveScreen",
            "setDisposition",
            "setRescheduleWindow",
            "addNote",
            "updateNote",
            "replaceNote",
            "setCallHold",
            "setCallMute",
            "sendDtmf",
            "removeFromCallConference",
            "inviteToChatConference",
            "removeFromChatConference",
            "setCallRecording",
            "setCallRecordingMute",
        ),
        1,
    ),
    **dict.fromkeys(
        (
            "suggestChatMessage",
            "setVariable",
            "blindTransfer",
            "inviteToCallConference",
            "leaveAndCompleteInteraction",
        ),
        2,
    ),
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
FINISHED: Final = "completed"  # but not removed yet, see codec.interaction
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
STATES: Final = frozenset({*STATE_IN, PENDING})
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
# UserState, of a member of a team: any AgentState, offline, and those of before 2023; a page spells two so.
USER_STATES: Final = frozenset({*AGENT_STATE_IN, "offline", "available", "dnd", "away"})
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
