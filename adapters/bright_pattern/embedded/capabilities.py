"""What this API can say, in both roles. The notes are the warnings and the reasons that people read."""

from collections.abc import Mapping
from typing import Final

from adapters.contract.capabilities import Ability, Capabilities, approximate, by_gateway, exact, unsupported

HANDED_OVER: Final = "Handed over: the desktop gives no answer, and its events tell what came of it"
MERGES_ALL: Final = "All calls of the agent are merged, not only the two"
NO_LOGIN: Final = "signing in is done in the desktop"
NO_CALL: Final = "the API has no such command"


def _handed(vendor: str) -> Ability:
    return approximate(vendor, HANDED_OVER)


COMMANDS_SOUTH: Final[Mapping[str, Ability]] = {
    "agent.login": unsupported(NO_LOGIN),
    "agent.logout": _handed("logout"),
    "agent.set_state": _handed("setStatus"),
    "interaction.dial": _handed("dialNumber, selectService"),
    "interaction.start_chat": unsupported(NO_CALL),
    "interaction.start_email": unsupported(NO_CALL),
    "interaction.accept": unsupported(NO_CALL),
    "interaction.reject": unsupported(NO_CALL),
    "interaction.release": _handed("terminateInteraction"),
    "interaction.complete": _handed("completeInteraction, completeInteractionWithDisp"),
    "interaction.block_completion": by_gateway("the gateway holds the veto; the desktop does not know of it"),
    "interaction.unblock_completion": by_gateway("the gateway lifts the veto"),
    "interaction.hold": unsupported(NO_CALL),
    "interaction.retrieve": unsupported(NO_CALL),
    "interaction.mute": unsupported(NO_CALL),
    "interaction.unmute": unsupported(NO_CALL),
    "interaction.send_dtmf": unsupported(NO_CALL),
    "interaction.focus": unsupported(NO_CALL),
    "interaction.start_recording": exact("startCallRecording"),
    "interaction.stop_recording": exact("stopCallRecording"),
    "interaction.pause_recording": exact("muteCallRecording"),
    "interaction.resume_recording": exact("unmuteCallRecording"),
    "chat.send": unsupported(NO_CALL),
    "interaction.consult": unsupported(NO_CALL),
    "interaction.alternate": unsupported(NO_CALL),
    "interaction.complete_transfer": unsupported(NO_CALL),
    "interaction.complete_conference": approximate("mergeAllCallsIntoConference", MERGES_ALL),
    "interaction.single_step_transfer": _handed("singleStepTransfer"),
    "interaction.single_step_conference": _handed("singleStepConference"),
    "interaction.drop_party": unsupported(NO_CALL),
    "interaction.set_data": _handed("postVariable"),
    "interaction.delete_data": unsupported("a variable can only be set"),
    "interaction.set_disposition": _handed("setDisposition, setDispositionByName"),
    "interaction.set_notes": _handed("setNotes"),
    "interaction.list_dispositions": unsupported(NO_CALL),
    "directory.list": unsupported(NO_CALL),
    "vendor.call": exact("any method"),
}

_OURS: Final = "told by the gateway itself"
_NO_EVENT: Final = "there is no such event"
_ASKS_NOTHING: Final = "the desktop asks nothing"

EVENTS_SOUTH: Final[Mapping[str, Ability]] = {
    "platform.state_changed": exact(_OURS),
    "platform.notice": approximate("SCREEN_RECORDING_STATUS", "as text: its data are not documented"),
    "agent.logged_in": exact("LOGIN_CHANGED"),
    "agent.logged_out": exact("LOGIN_CHANGED"),
    "agent.state_changed": exact("STATE_CHANGED"),
    "agent.updated": unsupported("neither a list of states nor channels are told"),
    "interaction.created": approximate(
        "_I_CALL_OFFERED, _O_CALL_DIALING, getState", "found by getState it has no state: that is unknown"
    ),
    "interaction.queued": unsupported("an agent does not see the queue"),
    "interaction.previewed": unsupported(_NO_EVENT),
    "interaction.dialing": exact("_O_CALL_DIALING"),
    "interaction.alerting": exact("_I_CALL_OFFERED"),
    "interaction.connected": exact("_I_CALL_ANSWERED, _O_CALL_CONNECTED"),
    "interaction.held": exact("_CALL_HELD"),
    "interaction.retrieved": exact("_CALL_RESUMED"),
    "interaction.ended": approximate("_CALL_ENDED", "without the cause, unless it was transferred"),
    "interaction.wrap_up_started": exact("_CALL_ENDED"),
    "interaction.completed": exact("INTERACTION_COMPLETED"),
    "interaction.reopened": approximate(
        "getState, any event of it", "found by getState it is in the state that was told last"
    ),
    "interaction.data_changed": approximate(
        "INTERACTION_RENDERED, getState", "read again after a variable is posted here; no event tells it"
    ),
    "interaction.mute_changed": unsupported(_NO_EVENT),
    "interaction.recording_changed": exact("CALL_RECORDING_STATUS"),
    "interaction.focus_changed": exact("INTERACTION_RENDERED"),
    "interaction.disposition_changed": approximate(
        "INTERACTION_COMPLETED", "disposition and notes are told when it is completed"
    ),
    "interaction.conference_changed": unsupported(_NO_EVENT),
    "interaction.completion_block_changed": exact(_OURS),
    "interaction.updated": exact("_BLIND_TRANSFER, _CONSULT_TRANSFER"),
    "party.added": unsupported("no party but the number is told"),
    "party.removed": unsupported("no party but the number is told"),
    "party.updated": unsupported("no party but the number is told"),
    "dispositions.updated": unsupported(_NO_EVENT),
    "directory.updated": unsupported(_NO_EVENT),
    "needinfo.requested": unsupported(_ASKS_NOTHING),
    "needinfo.resolved": unsupported(_ASKS_NOTHING),
    "command.finished": exact(_OURS),
    "command.proved": exact(_OURS),
    "query.requested": unsupported(_ASKS_NOTHING),
    "query.resolved": unsupported(_ASKS_NOTHING),
    "vendor.unrecognised": exact("any other event, and what cannot be assigned to an interaction"),
}

_NO_BLOCK: Final = "a client has no veto on completion"

COMMANDS_NORTH: Final[Mapping[str, Ability]] = {
    **COMMANDS_SOUTH,
    "agent.logout": exact("logout"),
    "agent.set_state": exact("setStatus"),
    "interaction.dial": exact("dialNumber, selectService"),
    "interaction.release": exact("terminateInteraction"),
    "interaction.complete": exact("completeInteraction, completeInteractionWithDisp"),
    "interaction.block_completion": unsupported(_NO_BLOCK),
    "interaction.unblock_completion": unsupported(_NO_BLOCK),
    "interaction.complete_conference": approximate(
        "mergeAllCallsIntoConference", "the active call and its consultation, not every call"
    ),
    "interaction.single_step_transfer": exact("singleStepTransfer"),
    "interaction.single_step_conference": exact("singleStepConference"),
    "interaction.set_data": exact("postVariable"),
    "interaction.set_disposition": exact("setDisposition, setDispositionByName"),
    "interaction.set_notes": exact("setNotes"),
    "vendor.call": approximate(
        "setRescheduleWindow and screen recording",
        "seven methods that mean something to a platform of this dialect only",
    ),
}

_NO_WORD: Final = "the API has no such event"

EVENTS_NORTH: Final[Mapping[str, Ability]] = {
    **EVENTS_SOUTH,
    "platform.state_changed": unsupported("the script knows no state of the link"),
    "platform.notice": approximate(
        "SCREEN_RECORDING_STATUS", "only what a platform of this dialect says of its screen recording"
    ),
    "agent.state_changed": approximate("STATE_CHANGED", "reserved shows as ready"),
    "interaction.created": unsupported("its state is told, or that it is rendered"),
    "interaction.dialing": approximate("_O_CALL_DIALING", "calls only"),
    "interaction.alerting": approximate("_I_CALL_OFFERED", "calls only"),
    "interaction.connected": approximate("_I_CALL_ANSWERED, _O_CALL_CONNECTED", "calls only"),
    "interaction.held": approximate("_CALL_HELD", "calls only"),
    "interaction.retrieved": approximate("_CALL_RESUMED", "calls only"),
    "interaction.ended": approximate("_CALL_ENDED", "calls only, and without the cause"),
    "interaction.wrap_up_started": unsupported("told with the end of the call"),
    "interaction.reopened": approximate(
        "the event of its state, INTERACTION_RENDERED", "as one that is there; other media if in front"
    ),
    "interaction.data_changed": unsupported(_NO_WORD),
    "interaction.recording_changed": exact("CALL_RECORDING_STATUS"),
    "interaction.focus_changed": approximate(
        "INTERACTION_RENDERED", "coming to the front, not leaving it; at the latest when a contact is begun"
    ),
    "interaction.disposition_changed": approximate(
        "INTERACTION_COMPLETED", "disposition and notes are told when it is completed"
    ),
    "interaction.completion_block_changed": unsupported(_NO_WORD),
    "interaction.updated": approximate(
        "_BLIND_TRANSFER, _CONSULT_TRANSFER", "only what a platform of this dialect says of a transfer"
    ),
    "command.finished": unsupported("there is no answer to a command"),
    "command.proved": unsupported("a request is answered once"),
    "vendor.unrecognised": exact("passed on as it came from a platform of this dialect"),
}

CAPABILITIES: Final = Capabilities(
    commands_south=COMMANDS_SOUTH,
    events_south=EVENTS_SOUTH,
    commands_north=COMMANDS_NORTH,
    events_north=EVENTS_NORTH,
)
