"""What becomes of every name of this API, in both roles.

Source: reference/bright-pattern.md section 7.2; the names in 7.3 that can be read are among them. Methods are
those of the script, the registrars of handlers included. Errors there are none: no page names one, and only a
callback answers at all. A refusal by the relay is read by its JSON-RPC code (`flows`); ours to a facade is a
JSON-RPC error with a text (`client`).
"""

from collections.abc import Mapping
from typing import Final

from adapters.bright_pattern.embedded.capabilities import HANDED_OVER, MERGES_ALL
from adapters.bright_pattern.embedded.tables import REGISTRARS
from adapters.contract.capabilities import Vocabulary, Word, word, word_by_flow, word_nearly, word_unsaid

# --- methods


def _handed(canonical: str) -> Word:
    return word_nearly(canonical, HANDED_OVER)


_VENDOR_CALL: Final = word("vendor.call")
_CALLED: Final = word_nearly("vendor.call", HANDED_OVER)
_INIT: Final = word_unsaid("the page's own: it loads the proxy frame, and nothing of it crosses the wire")
_METHODS_SOUTH: Final[Mapping[str, Word]] = {
    "init": _INIT,
    "getState": word("agent and interaction snapshots"),
    "setStatus": _handed("agent.set_state"),
    "logout": _handed("agent.logout"),
    "dialNumber": _handed("interaction.dial"),
    "selectService": _handed("interaction.dial"),
    "singleStepTransfer": _handed("interaction.single_step_transfer"),
    "singleStepConference": _handed("interaction.single_step_conference"),
    "setDisposition": _handed("interaction.set_disposition"),
    "setDispositionByName": _handed("interaction.set_disposition"),
    "setNotes": _handed("interaction.set_notes"),
    "terminateInteraction": _handed("interaction.release"),
    "completeInteraction": _handed("interaction.complete"),
    "completeInteractionWithDisp": _handed("interaction.complete"),
    "postVariable": _handed("interaction.set_data"),
    "setRescheduleWindow": _CALLED,
    "getCallRecordingStatus": _VENDOR_CALL,
    "startCallRecording": word("interaction.start_recording"),
    "stopCallRecording": word("interaction.stop_recording"),
    "muteCallRecording": word("interaction.pause_recording"),
    "unmuteCallRecording": word("interaction.resume_recording"),
    "muteCallRecordings": _CALLED,
    "unmuteCallRecordings": _CALLED,
    "getScreenRecordingStatus": _VENDOR_CALL,
    "muteScreenRecording": _CALLED,
    "unmuteScreenRecording": _CALLED,
    "stopScreenRecording": _CALLED,
    "muteScreenRecordings": _CALLED,
    "unmuteScreenRecordings": _CALLED,
    "mergeAllCallsIntoConference": word_nearly("interaction.complete_conference", MERGES_ALL),
    "completeInteractionWithDispByName": word_nearly(
        "vendor.call", "not confirmed: a name is set by setDispositionByName, and then it is completed"
    ),
}

_PASSED_ON: Final = word_nearly(
    "vendor.call",
    "passed on to a platform of this dialect, with a scope of its own; no other platform has such a method",
)
_COMPLETES: Final = word_by_flow(
    "interaction.complete", "a call that is not over is released first, and what is chosen already goes along"
)
_METHODS_NORTH: Final[Mapping[str, Word]] = {
    "init": _INIT,
    "getState": word("agent and interaction snapshots"),
    "setStatus": word("agent.set_state"),
    "logout": word("agent.logout"),
    "dialNumber": word("interaction.dial"),
    "selectService": word_nearly(
        "answer `service` of interaction.dial", "used when this client dials, and not checked before"
    ),
    "singleStepTransfer": word("interaction.single_step_transfer"),
    "singleStepConference": word("interaction.single_step_conference"),
    "setDisposition": word("interaction.set_disposition"),
    "setDispositionByName": word("interaction.set_disposition"),
    "setNotes": word("interaction.set_notes"),
    "terminateInteraction": word("interaction.release"),
    "completeInteraction": _COMPLETES,
    "completeInteractionWithDisp": _COMPLETES,
    "postVariable": word("interaction.set_data"),
    "setRescheduleWindow": _PASSED_ON,
    "getCallRecordingStatus": word("recording of the interaction snapshot"),
    "startCallRecording": word("interaction.start_recording"),
    "stopCallRecording": word("interaction.stop_recording"),
    "muteCallRecording": word("interaction.pause_recording"),
    "unmuteCallRecording": word("interaction.resume_recording"),
    "muteCallRecordings": word_by_flow("interaction.pause_recording", "each call that is being recorded"),
    "unmuteCallRecordings": word_by_flow("interaction.resume_recording", "each call whose recording pauses"),
    "getScreenRecordingStatus": _PASSED_ON,
    "muteScreenRecording": _PASSED_ON,
    "unmuteScreenRecording": _PASSED_ON,
    "stopScreenRecording": _PASSED_ON,
    "muteScreenRecordings": _PASSED_ON,
    "unmuteScreenRecordings": _PASSED_ON,
    "mergeAllCallsIntoConference": word_nearly(
        "interaction.complete_conference", "the active call and its consultation, not every call"
    ),
    "completeInteractionWithDispByName": _COMPLETES,
}

# --- events, by the command of their message

_UNDOCUMENTED: Final = "the data are not documented: the item, and of the rest what is as elsewhere"


def _call(canonical: str) -> Word:
    return word_nearly(canonical, _UNDOCUMENTED)


_TRANSFER: Final = _call("interaction.updated")
_EVENTS_SOUTH: Final[Mapping[str, Word]] = {
    "LOGIN_CHANGED": word("agent.logged_in"),
    "STATE_CHANGED": word("agent.state_changed"),
    "INTERACTION_RENDERED": word("interaction.focus_changed"),
    "INTERACTION_COMPLETED": word("interaction.completed"),
    "_I_CALL_OFFERED": _call("interaction.alerting"),
    "_I_CALL_ANSWERED": _call("interaction.connected"),
    "_O_CALL_DIALING": _call("interaction.dialing"),
    "_O_CALL_CONNECTED": _call("interaction.connected"),
    "_CALL_HELD": _call("interaction.held"),
    "_CALL_RESUMED": _call("interaction.retrieved"),
    "_CALL_ENDED": _call("interaction.ended"),
    "_BLIND_TRANSFER": _TRANSFER,
    "_CONSULT_TRANSFER": _TRANSFER,
    "CALL_RECORDING_STATUS": word("interaction.recording_changed"),
    "SCREEN_RECORDING_STATUS": word_nearly("platform.notice", "as text: the data are not documented"),
}
_OWN_ONLY: Final = "told only where the platform is of this dialect"
_EVENTS_NORTH: Final[Mapping[str, Word]] = {
    **_EVENTS_SOUTH,
    "STATE_CHANGED": word_nearly("agent.state_changed", "reserved shows as ready"),
    "INTERACTION_RENDERED": word_nearly(
        "interaction.focus_changed", "at the latest when a contact is begun, where no platform says it"
    ),
    **{
        name: word_nearly(one.canonical, "with the data of INTERACTION_RENDERED: its own are not documented")
        for name, one in _EVENTS_SOUTH.items()
        if name.startswith("_")
    },
    "_BLIND_TRANSFER": word_nearly("interaction.updated", _OWN_ONLY),
    "_CONSULT_TRANSFER": word_nearly("interaction.updated", _OWN_ONLY),
    "SCREEN_RECORDING_STATUS": word_nearly("platform.notice", _OWN_ONLY),
}


def _registrars(events: Mapping[str, Word]) -> dict[str, Word]:
    """What a registrar asks for; asking is the script's own business."""
    return {name: events[event] for name, event in REGISTRARS.items()}


# --- members

_AGENT_ID: Final = word("agent_id")
_STATUS: Final = word("state")
_DATA_IN: Final = word("data and extras")
_ITEM: Final[Mapping[str, Word]] = {
    "item_id": word("ref"),
    "global_id": word("durable_ref, root_id"),
    "phone_number": word("remote_address"),
    "service": word("service"),
    "screenpop_data": _DATA_IN,
}
_FIELDS_SOUTH: Final[Mapping[str, Word]] = {
    "Message.command": word("method of the JSON-RPC frame"),
    "Message.request_id": word("id of the JSON-RPC frame"),
    "Message.data": word("result, or the only param, of the JSON-RPC frame"),
    "State.agent_id": _AGENT_ID,
    "State.status": _STATUS,
    "State.reason": word("reason"),
    "State.interactions": word("interaction snapshots"),
    **{f"Interaction.{name}": one for name, one in _ITEM.items()},
    "Interaction.recording_url": word("recording"),
    "Interaction.attached_data": _DATA_IN,
    "LoginChanged.agent_id": _AGENT_ID,
    "LoginChanged.login": word("agent.logged_in, agent.logged_out"),
    "StateChanged.status": _STATUS,
    "StateChanged.reason": word("reason"),
    "StateChanged.agent_id": _AGENT_ID,
    **{f"InteractionRendered.{name}": one for name, one in _ITEM.items()},
    **{f"InteractionCompleted.{name}": one for name, one in _ITEM.items()},
    "InteractionCompleted.disposition": word("disposition"),
    "InteractionCompleted.notes": word("notes"),
    "InteractionCompleted.recording_url": word("recording"),
    "CallRecordingStatus.item_id": word("ref"),
    "CallRecordingStatus.call_id": word("refs"),
    "CallRecordingStatus.recording": word("recording_state"),
    "CallRecordingStatus.muted": word("recording_state"),
}
_OUR_ID: Final = word("id")
_FIELDS_NORTH: Final[Mapping[str, Word]] = {
    **_FIELDS_SOUTH,
    **{name: _OUR_ID for name in _FIELDS_SOUTH if name.endswith((".item_id", ".call_id"))},
    **{name: word("root_id") for name in _FIELDS_SOUTH if name.endswith(".global_id")},
}

# --- words

_ENUMS: Final[Mapping[str, Word]] = {
    "status.ready": word("ready"),
    "status.not_ready": word("not_ready"),
    "setStatus.READY": word("ready"),
    "setStatus.NOT_READY": word("not_ready"),
    "flag.1": word("true"),
    "flag.0": word("false"),
    "postVariable.ActivityHistory": word("data, under its whole name"),
}

VOCABULARY: Final[Mapping[str, Vocabulary]] = {
    "south": Vocabulary(
        {**_METHODS_SOUTH, **_registrars(_EVENTS_SOUTH)}, _EVENTS_SOUTH, {}, _FIELDS_SOUTH, _ENUMS
    ),
    "north": Vocabulary(
        {**_METHODS_NORTH, **_registrars(_EVENTS_NORTH)}, _EVENTS_NORTH, {}, _FIELDS_NORTH, _ENUMS
    ),
}
