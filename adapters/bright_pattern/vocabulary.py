"""What becomes of every name in the vendor's documents, in both roles.

Methods, events and errors are here; members of types and words of enumerations in the two modules beside.
Source: reference/bright-pattern.md sections 2 (errors), 3 (methods) and 4 (events). Three names of errors
stand in two lists, so an error is named by its number too.
"""

from collections.abc import Mapping
from typing import Final

from adapters.bright_pattern import vocabulary_enums, vocabulary_fields
from adapters.bright_pattern.errors import ERROR_IN, ERROR_OUT, REQUEST_ERRORS, SERVER_ERRORS
from adapters.bright_pattern.vocabulary_fields import FROM_ITS_OWN, PASSED_ON
from adapters.capabilities import Vocabulary, Word, word, word_by_flow, word_nearly

_VENDOR_CALL: Final = word("vendor.call")

_METHODS_SOUTH: Final[Mapping[str, Word]] = {
    "getLoginState": word("agent snapshot"),
    "login": word("agent.login"),
    "openLogin": word_nearly(
        "agent.login", "the platform shows its own login page; the agent signs in there"
    ),
    "logout": word("agent.logout"),
    "getAgentState": word("agent snapshot"),
    "setAgentState": word("agent.set_state"),
    "getAgentNotReadyReasons": word("choices of the agent snapshot"),
    "getTeams": word("directory.list"),
    "getTeamMembers": word("directory.list"),
    "getServicesList": word("question for a service"),
    "getService": _VENDOR_CALL,
    "setService": word("answer `service` of what begins an interaction"),
    "getDIDNumbersList": _VENDOR_CALL,
    "getDIDNumber": _VENDOR_CALL,
    "setDIDNumber": word("caller_id of interaction.dial"),
    "getPhoneDevicesList": _VENDOR_CALL,
    "getPhoneDevice": _VENDOR_CALL,
    "setPhoneDevice": _VENDOR_CALL,
    "getConfig": _VENDOR_CALL,
    "startCall": word("interaction.dial"),
    "startChat": word("interaction.start_chat"),
    "startEmail": word("interaction.start_email"),
    "getInteractionsState": word("interaction snapshots"),
    "acceptInteraction": word("interaction.accept"),
    "rejectInteraction": word("interaction.reject"),
    "switchActiveInteraction": word("interaction.focus"),
    "sendChatMessage": word("chat.send"),
    "suggestChatMessage": _VENDOR_CALL,
    "setVariable": word("interaction.set_data"),
    "getVariables": _VENDOR_CALL,
    "addInteractionAssociatedObject": _VENDOR_CALL,
    "setInteractionActiveScreen": _VENDOR_CALL,
    "getDispositionsList": word("interaction.list_dispositions"),
    "setDisposition": word("interaction.set_disposition"),
    "setRescheduleWindow": _VENDOR_CALL,
    "addNote": _VENDOR_CALL,
    "updateNote": _VENDOR_CALL,
    "replaceNote": word("interaction.set_notes"),
    "setDialCandidates": _VENDOR_CALL,
    "activatePage": _VENDOR_CALL,
    "setCallHold": word("interaction.hold, interaction.retrieve"),
    "setCallMute": word("interaction.mute, interaction.unmute"),
    "sendDtmf": word("interaction.send_dtmf"),
    "consultCall": word("interaction.consult"),
    "transfer": word("interaction.complete_transfer"),
    "blindTransfer": word("interaction.single_step_transfer"),
    "inviteToCallConference": word("interaction.single_step_conference"),
    "removeFromCallConference": word("interaction.drop_party"),
    "destroyCallConference": _VENDOR_CALL,
    "mergeAllCallsIntoConference": word_nearly(
        "interaction.complete_conference", "all calls of the agent are merged, not only the two"
    ),
    "inviteToChatConference": word("interaction.single_step_conference"),
    "removeFromChatConference": word("interaction.drop_party"),
    "leaveInteraction": word("interaction.release"),
    "completeInteraction": word("interaction.complete"),
    "leaveAndCompleteInteraction": word("interaction.complete"),
    "setCallRecording": word("interaction.start_recording, interaction.stop_recording"),
    "setCallRecordingMute": word("interaction.pause_recording, interaction.resume_recording"),
    "getScreenRecordingState": _VENDOR_CALL,
    "setScreenRecordingMute": _VENDOR_CALL,
    "setWidgetMinimized": _VENDOR_CALL,
}

_METHODS_NORTH: Final[Mapping[str, Word]] = {
    **_METHODS_SOUTH,
    "openLogin": word_nearly(
        "agent.login", "a login without a password; while nobody is signed in, the frame asks"
    ),
    "getServicesList": word_nearly(
        "question for a service", "of another platform, those that it asked for, else those of its directory"
    ),
    "getService": word_nearly(
        "answer `service` of what begins an interaction", "of another platform, the client's own choice"
    ),
    "setService": word_nearly(
        "answer `service` of what begins an interaction",
        "of another platform, used with what this client begins, and one of those that it lists",
    ),
    "getDIDNumbersList": PASSED_ON,
    "getDIDNumber": word_nearly(
        "caller_id of interaction.dial", "of another platform, the client's own choice, by the name it gave"
    ),
    "setDIDNumber": word_nearly(
        "caller_id of interaction.dial", "of another platform, used when this client dials, and not checked"
    ),
    "getPhoneDevicesList": PASSED_ON,
    "getPhoneDevice": PASSED_ON,
    "setPhoneDevice": PASSED_ON,
    "getConfig": PASSED_ON,
    "suggestChatMessage": PASSED_ON,
    "getVariables": word_nearly(
        "data of the interaction snapshot", "of another platform, only variables that are attached data"
    ),
    "addInteractionAssociatedObject": PASSED_ON,
    "setInteractionActiveScreen": word_nearly(
        "focus of the agent snapshot", "of another platform, shown again on this page only"
    ),
    "setRescheduleWindow": PASSED_ON,
    "addNote": word("interaction.set_notes"),
    "updateNote": word_nearly("interaction.set_notes", "replaces what this client added last, else adds"),
    "setDialCandidates": PASSED_ON,
    "activatePage": word_nearly("query.requested", "every page is asked, and the first answer counts"),
    "destroyCallConference": word_by_flow("interaction.drop_party, interaction.release"),
    "mergeAllCallsIntoConference": word_nearly(
        "interaction.complete_conference", "the active call and its consultation, not every call"
    ),
    "transfer": word_by_flow("interaction.set_data, interaction.complete_transfer"),
    "leaveAndCompleteInteraction": word_by_flow("interaction.release, interaction.complete"),
    "getScreenRecordingState": PASSED_ON,
    "setScreenRecordingMute": PASSED_ON,
    "setWidgetMinimized": word_nearly(
        "the page itself", "of another platform there is no widget: the page is told what it said"
    ),
}

_NOTICE: Final = word("platform.notice")
_STATED: Final = word_nearly("platform.notice", "as text")
_QUERY: Final = word("query.requested")

_EVENTS_SOUTH: Final[Mapping[str, Word]] = {
    "ON_LOGIN": word("agent.logged_in"),
    "ON_LOGOUT": word("agent.logged_out"),
    "ON_AGENT_STATE_CHANGE": word("agent.state_changed"),
    "ON_NEW_INTERACTION": word("interaction.created"),
    "ON_INTERACTION_STATE_CHANGE": word("interaction.updated and what else changed"),
    "ON_INTERACTION_REMOVED": word("interaction.completed"),
    "ON_ACTIVE_INTERACTION_SWITCHED": word("interaction.focus_changed"),
    "ON_REQUEST_TRANSFER_DATA": _QUERY,
    "ON_LOAD_TRANSFER_DATA": _STATED,
    "ON_GET_KNOWLEDGE_BASE_FOLDER": _QUERY,
    "ON_SEARCH_KNOWLEDGE_BASE": _QUERY,
    "ON_GET_KNOWLEDGE_BASE_ARTICLE": _QUERY,
    "ON_OPEN_RECORD": _STATED,
    "ON_SEARCH_RECORDS": _STATED,
    "ON_SHOW_SCREEN": _STATED,
    "ON_REQUEST_RECORD_INFO": _QUERY,
    "ON_REQUEST_RECORD_ON_SCREEN": _QUERY,
    "ON_VALIDATE_ASSOCIATED_RECORDS": _QUERY,
    "ON_SAVE_ACTIVITY_RECORD": _QUERY,
    "ON_WEB_SCREEN_POP_CUSTOM": _QUERY,
    "ON_SCREEN_RECORDING_STATE_CHANGE": _STATED,
    "ON_WIDGET_MINIMIZED_CHANGE": _STATED,
    "ON_SERVER_ERROR": _NOTICE,
    "ON_SOFTPHONE_STATUS_CHANGE": _STATED,
    "ON_AUDIO_DEVICE_CHANGE": _STATED,
    "ON_PHONE_CAPABILITIES_CHANGE": _STATED,
    "ON_CALL_AUDIO_QUALITY_ALERT": _STATED,
    "ON_SUMMARY_GENERATION_STARTED": _STATED,
    "ON_SUMMARY_GENERATION_COMPLETED": _STATED,
}

_EVENTS_NORTH: Final[Mapping[str, Word]] = {
    **_EVENTS_SOUTH,
    "ON_LOAD_TRANSFER_DATA": FROM_ITS_OWN,
    "ON_OPEN_RECORD": FROM_ITS_OWN,
    "ON_SEARCH_RECORDS": FROM_ITS_OWN,
    "ON_SHOW_SCREEN": word_nearly(
        "platform.notice", "for a screen that this page stored, or as a platform of this dialect tells it"
    ),
    "ON_SCREEN_RECORDING_STATE_CHANGE": FROM_ITS_OWN,
    "ON_WIDGET_MINIMIZED_CHANGE": word_nearly(
        "platform.notice",
        "after the page's setWidgetMinimized, or as a platform of this dialect tells it",
    ),
    "ON_SOFTPHONE_STATUS_CHANGE": FROM_ITS_OWN,
    "ON_AUDIO_DEVICE_CHANGE": FROM_ITS_OWN,
    "ON_PHONE_CAPABILITIES_CHANGE": FROM_ITS_OWN,
    "ON_CALL_AUDIO_QUALITY_ALERT": word_nearly(
        "platform.notice", "told only where the platform is of this dialect, with that platform's call id"
    ),
    "ON_SUMMARY_GENERATION_STARTED": FROM_ITS_OWN,
    "ON_SUMMARY_GENERATION_COMPLETED": FROM_ITS_OWN,
}

_NUMBERED: Final = {
    f"{code} {name}": code for listed in (REQUEST_ERRORS, SERVER_ERRORS) for name, code in listed.items()
}
_ERRORS_SOUTH: Final[Mapping[str, Word]] = {
    name: word(f"error {ERROR_IN[code]}") for name, code in _NUMBERED.items()
}

_OUR_OWN: Final = frozenset(
    {
        *(REQUEST_ERRORS[name] for name in ERROR_OUT.values()),
        *(
            REQUEST_ERRORS[name]
            for name in ("invalid_request", "empty_number", "no_service", "no_disposition")
        ),
        *(SERVER_ERRORS[name] for name in ("user_already_logged_in", "invalid_credentials", "unknown_error")),
    }
)
_ERRORS_NORTH: Final[Mapping[str, Word]] = {
    name: word
    if _NUMBERED[name] in _OUR_OWN
    else word_nearly(word.canonical, "told only where the platform is of this dialect and says so")
    for name, word in _ERRORS_SOUTH.items()
}

VOCABULARY: Final[Mapping[str, Vocabulary]] = {
    "south": Vocabulary(
        _METHODS_SOUTH, _EVENTS_SOUTH, _ERRORS_SOUTH, vocabulary_fields.SOUTH, vocabulary_enums.SOUTH
    ),
    "north": Vocabulary(
        _METHODS_NORTH, _EVENTS_NORTH, _ERRORS_NORTH, vocabulary_fields.NORTH, vocabulary_enums.NORTH
    ),
}
