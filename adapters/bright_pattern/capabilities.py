"""What can be said in this dialect, in both roles: the source of the matrix. Source: design, section 2."""

from collections.abc import Mapping
from typing import Final

from adapters.bright_pattern.flows import NO_DELETE
from adapters.contract.capabilities import (
    Ability,
    Capabilities,
    approximate,
    by_gateway,
    exact,
    flow,
    unsupported,
)

_COMMANDS_SOUTH: Final[Mapping[str, Ability]] = {
    "agent.login": flow("login, openLogin"),
    "agent.logout": exact("logout"),
    "agent.set_state": flow("setAgentState, getAgentNotReadyReasons"),
    "interaction.dial": flow("startCall, setService, setDIDNumber, setVariable, getServicesList"),
    "interaction.start_chat": flow("startChat, setService, getServicesList"),
    "interaction.start_email": flow("startEmail, setService, setVariable, getServicesList"),
    "interaction.accept": exact("acceptInteraction"),
    "interaction.reject": exact("rejectInteraction"),
    "interaction.release": exact("leaveInteraction"),
    "interaction.complete": flow(
        "completeInteraction, leaveAndCompleteInteraction, setDisposition, replaceNote, "
        "getDispositionsList, setAgentState"
    ),
    "interaction.block_completion": by_gateway("the gateway holds the veto, and gives it when it is asked"),
    "interaction.unblock_completion": by_gateway("the gateway lifts the veto"),
    "interaction.hold": exact("setCallHold"),
    "interaction.retrieve": exact("setCallHold"),
    "interaction.mute": exact("setCallMute"),
    "interaction.unmute": exact("setCallMute"),
    "interaction.send_dtmf": exact("sendDtmf"),
    "interaction.focus": exact("switchActiveInteraction"),
    "interaction.start_recording": exact("setCallRecording"),
    "interaction.stop_recording": exact("setCallRecording"),
    "interaction.pause_recording": exact("setCallRecordingMute"),
    "interaction.resume_recording": exact("setCallRecordingMute"),
    "chat.send": exact("sendChatMessage"),
    "interaction.consult": flow("switchActiveInteraction, consultCall"),
    "interaction.alternate": flow("setCallHold"),
    "interaction.complete_transfer": flow("switchActiveInteraction, transfer"),
    "interaction.complete_conference": flow("switchActiveInteraction, mergeAllCallsIntoConference"),
    "interaction.single_step_transfer": exact("blindTransfer"),
    "interaction.single_step_conference": exact("inviteToCallConference, inviteToChatConference"),
    "interaction.drop_party": exact("removeFromCallConference, removeFromChatConference"),
    "interaction.set_data": flow("setVariable"),
    "interaction.delete_data": unsupported(NO_DELETE),
    "interaction.set_disposition": exact("setDisposition"),
    "interaction.set_notes": exact("replaceNote"),
    "interaction.list_dispositions": exact("getDispositionsList"),
    "directory.list": flow("getTeams, getTeamMembers"),
    "vendor.call": exact("any of the 60 methods"),
}

_STATE: Final = "ON_INTERACTION_STATE_CHANGE"
_OURS: Final = "told by the gateway itself"
_GETTER: Final = "there is a getter, no event"

_EVENTS_SOUTH: Final[Mapping[str, Ability]] = {
    "platform.state_changed": exact(_OURS),
    "platform.notice": exact(
        "ON_SERVER_ERROR, ON_SOFTPHONE_STATUS_CHANGE, ON_AUDIO_DEVICE_CHANGE, ON_PHONE_CAPABILITIES_CHANGE, "
        "ON_CALL_AUDIO_QUALITY_ALERT, ON_SCREEN_RECORDING_STATE_CHANGE, ON_LOAD_TRANSFER_DATA, "
        "ON_OPEN_RECORD, ON_SEARCH_RECORDS, ON_SHOW_SCREEN, ON_WIDGET_MINIMIZED_CHANGE, "
        "ON_SUMMARY_GENERATION_STARTED, ON_SUMMARY_GENERATION_COMPLETED"
    ),
    "agent.logged_in": exact("ON_LOGIN"),
    "agent.logged_out": exact("ON_LOGOUT"),
    "agent.state_changed": exact("ON_AGENT_STATE_CHANGE"),
    "agent.updated": exact("ON_ACTIVE_INTERACTION_SWITCHED, getAgentNotReadyReasons"),
    "interaction.created": exact("ON_NEW_INTERACTION"),
    "interaction.queued": exact(_STATE),
    "interaction.previewed": unsupported("there is no preview state"),
    "interaction.dialing": exact(_STATE),
    "interaction.alerting": exact(_STATE),
    "interaction.connected": exact(_STATE),
    "interaction.held": exact(_STATE),
    "interaction.retrieved": exact(_STATE),
    "interaction.ended": approximate(_STATE, "the cause is known only of what our own calls ended"),
    "interaction.wrap_up_started": exact(_STATE),
    "interaction.completed": exact("ON_INTERACTION_REMOVED"),
    "interaction.reopened": exact("getInteractionsState, any event of it"),
    "interaction.data_changed": exact(_STATE),
    "interaction.mute_changed": exact(_STATE),
    "interaction.recording_changed": approximate(_STATE, "a pause is seen only if it was asked for here"),
    "interaction.focus_changed": exact("ON_ACTIVE_INTERACTION_SWITCHED"),
    "interaction.disposition_changed": exact(_STATE),
    "interaction.conference_changed": approximate(_STATE, "more than one other party is a conference"),
    "interaction.completion_block_changed": unsupported("a veto is given when asked, and not told"),
    "interaction.updated": exact(_STATE),
    "party.added": exact(_STATE),
    "party.removed": exact(_STATE),
    "party.updated": approximate(_STATE, "a party's name and number, not whether it is held or muted"),
    "dispositions.updated": unsupported(_GETTER),
    "directory.updated": unsupported(_GETTER),
    "needinfo.requested": exact(_OURS),
    "needinfo.resolved": exact(_OURS),
    "command.finished": exact(_OURS),
    "command.proved": exact(_OURS),
    "query.requested": exact("the nine events that need an answer"),
    "query.resolved": exact(_OURS),
    "vendor.unrecognised": exact("any other event"),
}

_NO_BLOCK: Final = "a client vetoes completion when it is asked, not ahead of time"

_COMMANDS_NORTH: Final[Mapping[str, Ability]] = {
    **_COMMANDS_SOUTH,
    "agent.login": exact("login, openLogin"),
    "agent.set_state": exact("setAgentState"),
    "interaction.dial": exact("startCall"),
    "interaction.start_chat": exact("startChat"),
    "interaction.start_email": exact("startEmail"),
    "interaction.complete": exact("completeInteraction, leaveAndCompleteInteraction"),
    "interaction.block_completion": unsupported(_NO_BLOCK),
    "interaction.unblock_completion": unsupported(_NO_BLOCK),
    "interaction.consult": exact("consultCall"),
    "interaction.alternate": unsupported("a client swaps by setCallHold itself"),
    "interaction.complete_transfer": exact("transfer"),
    "interaction.complete_conference": exact("mergeAllCallsIntoConference"),
    "interaction.single_step_conference": exact("inviteToCallConference, inviteToChatConference"),
    "interaction.set_data": exact("setVariable"),
    "interaction.set_notes": exact("replaceNote, addNote, updateNote"),
    "directory.list": exact("getTeams, getTeamMembers"),
    "vendor.call": approximate(
        "getConfig, getPhoneDevice, setRescheduleWindow and others",
        "methods that only a platform of this dialect knows, or knows better",
    ),
}

_TOLD_BY: Final = "the answer to the call tells"

_EVENTS_NORTH: Final[Mapping[str, Ability]] = {
    **_EVENTS_SOUTH,
    "platform.state_changed": unsupported("the script knows no state of the link"),
    "platform.notice": approximate(
        "ON_SERVER_ERROR and twelve events of states of affairs",
        "errors, and what a platform of this dialect says of its widget, devices, records and summaries",
    ),
    "interaction.reopened": exact("ON_NEW_INTERACTION"),
    "agent.updated": approximate("ON_ACTIVE_INTERACTION_SWITCHED", "only which interaction is active"),
    "interaction.previewed": approximate(_STATE, "a preview is shown as delivery_pending"),
    "interaction.ended": approximate(_STATE, "without the cause, and without who left"),
    "interaction.recording_changed": approximate(_STATE, "a paused recording is shown as going on"),
    "interaction.conference_changed": exact(_STATE),
    "dispositions.updated": unsupported(_GETTER),
    "directory.updated": unsupported(_GETTER),
    "needinfo.requested": unsupported(_TOLD_BY),
    "needinfo.resolved": unsupported(_TOLD_BY),
    "command.finished": unsupported(_TOLD_BY),
    "command.proved": unsupported("a request is answered once"),
    "query.resolved": unsupported("the widget does not tell how its question ended"),
    "vendor.unrecognised": exact("passed on as it came from a platform of this dialect"),
}

CAPABILITIES: Final = Capabilities(
    commands_south=_COMMANDS_SOUTH,
    events_south=_EVENTS_SOUTH,
    commands_north=_COMMANDS_NORTH,
    events_north=_EVENTS_NORTH,
    voice_only=frozenset({"interaction.consult"}),
    pause_unseen=True,
)
