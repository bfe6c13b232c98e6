"""The methods: 30 rows. Source: reference/bright-pattern.md section 7.2.

South, the desktop answers a command only where it has a callback. Of all others we know that they were handed
over, and the result says so; what came of one, its events tell. The messages of recording, and of what is
named elsewhere, are inferred: no page gives them, and most others are the name in upper snake case.
"""

import re
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

from adapters.bright_pattern.embedded import requests
from adapters.bright_pattern.embedded.requests import Read, Scope
from adapters.bright_pattern.embedded.tables import ITEM_ID
from adapters.contract.capabilities import Word, word, word_by_flow, word_nearly
from adapters.contract.dialect import Call
from adapters.kit.declared import declared
from adapters.kit.methods import Method, Plain, plain
from schemas import commands as c
from schemas.ids import InteractionId
from schemas.interaction import Interaction, RecordingState
from schemas.results import ErrorCode, Failed
from schemas.values import Json

HANDED_OVER: Final = "Handed over: the desktop gives no answer, and its events tell what came of it"
MERGES_ALL: Final = "All calls of the agent are merged, not only the two"
UNKNOWN: Final = Failed(code=ErrorCode.UNKNOWN_INTERACTION, message="The desktop has no such interaction")


def _message(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).upper()


@dataclass(frozen=True, eq=False)
class Row(Method[Scope, None]):
    """A method. One without a callback is handed over, and nobody says what came of it."""

    request: Read | None = None  # north, in place of `read`: the arguments are positional
    message: str = ""  # what its message is called; empty: as it is itself
    callback: bool = False
    recording: bool = False  # south, its answer tells how the recording of a call stands
    gives: str = ""  # north, the answer to questions that a client gives by it
    signed_out: bool = False  # north, it is taken from a page whose agent is not signed in, too

    @cached_property
    def command(self) -> str:
        """What its message is called."""
        return self.message or _message(self.name)

    def __call__(self, *params: Json, target: str = "", step: str = "") -> Call:
        """A call of it."""
        return Call(method=self.command, params=params, target=target, step=step)


def item_of(one: Interaction | None) -> str:
    """The vendor's id of an interaction; empty if it has none."""
    return one.refs.get(ITEM_ID, "") if one is not None else ""


# --- shapes of rows


def _handed(
    name: str,
    tag: str,
    request: Read,
    north: Word | None = None,
    *,
    message: str = "",
    calls: tuple[Plain, ...] = (),
    gives: str = "",
) -> Row:
    """It is handed over."""
    south = word_nearly(tag, HANDED_OVER)
    return Row(name, south, north or word(tag), calls, request=request, message=message, gives=gives)


_Plain = type[c.Release | c.StartRecording | c.StopRecording | c.PauseRecording | c.ResumeRecording]


def _of_item(kind: _Plain) -> tuple[Plain, ...]:
    return (plain(kind, lambda row, _, context: row(item_of(context.interaction))),)


def _recording(name: str, kind: _Plain) -> Row:
    """It is answered."""
    said = word(c.verb(kind))
    return Row(name, said, said, _of_item(kind), None, requests.on_item(kind), callback=True, recording=True)


_CALLED: Final = word_nearly("vendor.call", HANDED_OVER)
_PASSED_ON: Final = word_nearly(
    "vendor.call",
    "passed on to a platform of this dialect, with a scope of its own; no other platform has such a method",
)


def _passed(name: str, length: int = 0, *, callback: bool = False) -> Row:
    """What only a platform of this dialect knows. `length`: of the arguments with the item."""
    south = word("vendor.call") if callback else _CALLED
    return Row(name, south, _PASSED_ON, request=requests.passed(_message(name), length), callback=callback)


def _every(
    name: str, kind: type[c.PauseRecording | c.ResumeRecording], state: RecordingState, note: str
) -> Row:
    """One command for each call."""
    north = word_by_flow(c.verb(kind), note)
    return Row(name, _CALLED, north, request=requests.all_recordings(kind, state))


def _variable(interaction_id: InteractionId, name: str, value: str) -> c.SetData:
    return c.SetData(interaction_id=interaction_id, data={name: value})


_TO_DISPOSE: Final = requests.on_item(c.SetDisposition, "disposition")
_COMPLETE: Final = "interaction.complete"
_COMPLETES: Final = word_by_flow(
    _COMPLETE, "a call that is not over is released first, and what is chosen already goes along"
)
_SNAPSHOTS: Final = word("agent and interaction snapshots")
_MERGE: Final = "interaction.complete_conference"
_DIAL: Final = "interaction.dial"
_SERVICE: Final = word_nearly(
    f"answer `service` of {_DIAL}", "used when this client dials, and not checked before"
)

# --- the agent

GET_STATE = Row("getState", _SNAPSHOTS, _SNAPSHOTS, request=requests.state, callback=True, signed_out=True)
SET_STATUS = _handed(
    "setStatus", "agent.set_state", requests.set_status, message="CHANGE_STATE", gives="agent_state"
)
LOGOUT = _handed("logout", "agent.logout", requests.of_agent(c.Logout))
DIAL_NUMBER = _handed("dialNumber", _DIAL, requests.of_agent(c.Dial, "destination"))
SELECT_SERVICE = replace(
    _handed("selectService", _DIAL, requests.select_service, _SERVICE, gives="service"), signed_out=True
)

# --- an interaction

SINGLE_STEP_TRANSFER = _handed(
    "singleStepTransfer",
    "interaction.single_step_transfer",
    requests.on_item(c.SingleStepTransfer, "destination", named=False),
)
SINGLE_STEP_CONFERENCE = _handed(
    "singleStepConference",
    "interaction.single_step_conference",
    requests.on_item(c.SingleStepConference, "destination", named=False),
)
SET_DISPOSITION = _handed("setDisposition", "interaction.set_disposition", _TO_DISPOSE, gives="disposition")
SET_DISPOSITION_BY_NAME = _handed("setDispositionByName", "interaction.set_disposition", _TO_DISPOSE)
SET_NOTES = _handed(
    "setNotes",
    "interaction.set_notes",
    requests.on_item(c.SetNotes, optional="notes"),
    gives="notes",
    calls=(plain(c.SetNotes, lambda row, said, context: row(item_of(context.interaction), said.notes)),),
)
TERMINATE = _handed(
    "terminateInteraction",
    "interaction.release",
    requests.on_item(c.Release),
    message="TERMINATE_INTERACTION_FROM_API",
    calls=_of_item(c.Release),
)
COMPLETE = _handed(
    "completeInteraction", _COMPLETE, requests.complete, _COMPLETES, message="COMPLETE_INTERACTION_FROM_API"
)
COMPLETE_WITH = _handed(
    "completeInteractionWithDisp",
    _COMPLETE,
    requests.complete_with,
    _COMPLETES,
    message="COMPLETE_INTERACTION_WITH_DISPOSITION",
)
POST_VARIABLE = _handed(
    "postVariable", "interaction.set_data", requests.on_item(_variable, "name", optional="value")
)
SET_RESCHEDULE_WINDOW = _passed("setRescheduleWindow", 5)

# --- recording: the pages show a callback for that of one call

GET_CALL_RECORDING_STATUS = Row(
    "getCallRecordingStatus",
    word("vendor.call"),
    word("recording of the interaction snapshot"),
    request=requests.recording_status,
    callback=True,
    recording=True,
)
START_CALL_RECORDING = _recording("startCallRecording", c.StartRecording)
STOP_CALL_RECORDING = _recording("stopCallRecording", c.StopRecording)
MUTE_CALL_RECORDING = _recording("muteCallRecording", c.PauseRecording)
UNMUTE_CALL_RECORDING = _recording("unmuteCallRecording", c.ResumeRecording)
MUTE_CALL_RECORDINGS = _every(
    "muteCallRecordings", c.PauseRecording, RecordingState.RECORDING, "each call that is being recorded"
)
UNMUTE_CALL_RECORDINGS = _every(
    "unmuteCallRecordings", c.ResumeRecording, RecordingState.PAUSED, "each call whose recording pauses"
)
GET_SCREEN_RECORDING_STATUS = _passed("getScreenRecordingStatus", 1, callback=True)
MUTE_SCREEN_RECORDING = _passed("muteScreenRecording", 1)
UNMUTE_SCREEN_RECORDING = _passed("unmuteScreenRecording", 1)
STOP_SCREEN_RECORDING = _passed("stopScreenRecording", 1)
MUTE_SCREEN_RECORDINGS = _passed("muteScreenRecordings")
UNMUTE_SCREEN_RECORDINGS = _passed("unmuteScreenRecordings")

# --- in a third party's list, and unconfirmed

MERGE_ALL_CALLS = Row(
    "mergeAllCallsIntoConference",
    word_nearly(_MERGE, MERGES_ALL),
    word_nearly(_MERGE, "the active call and its consultation, not every call"),
    request=requests.merge,
)
COMPLETE_WITH_NAME = Row(
    "completeInteractionWithDispByName",
    word_nearly(
        "vendor.call", "not confirmed: a name is set by setDispositionByName, and then it is completed"
    ),
    _COMPLETES,
    request=requests.complete_with,
    message="COMPLETE_INTERACTION_WITH_DISPOSITION_BY_NAME",
)

METHODS: Final = {one.name: one for one in list(globals().values()) if isinstance(one, Row)}
COMMANDS: Final = {one.command: one for one in METHODS.values()}
GIVEN_BY: Final = {one.gives: one.name for one in METHODS.values()} | {"skill": SELECT_SERVICE.name}
PACKAGE: Final = "adapters.bright_pattern.embedded"
CAPABILITIES, VOCABULARY = declared(PACKAGE, tuple(METHODS.values()), globals())
COMMANDS_SOUTH: Final = CAPABILITIES.commands_south
