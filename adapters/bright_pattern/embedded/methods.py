"""The methods: 30 rows. Source: reference/bright-pattern.md section 7.2.

South, the desktop answers a command only where it has a callback. Of all others we know that they were handed
over, and the result says so; what came of one, its events tell. The messages of recording, and of what is
named elsewhere, are inferred: no page gives them, and most others are the name in upper snake case.
"""

import re
from dataclasses import dataclass
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


@dataclass(frozen=True, eq=False)
class Row(Method[Scope, None]):
    """A method. One without a callback is handed over, and nobody says what came of it."""

    request: Read | None = None  # north, in place of `read`: the arguments are positional
    command: str = ""  # what its message is called
    callback: bool = False
    signed_out: bool = False  # north, it is taken from a page whose agent is not signed in, too

    def __call__(self, *params: Json, target: str = "", step: str = "") -> Call:
        """A call of it."""
        return Call(method=self.command, params=params, target=target, step=step)


def item_of(one: Interaction | None) -> str:
    """The vendor's id of an interaction; empty if it has none."""
    return one.refs.get(ITEM_ID, "") if one is not None else ""


# --- shapes of rows


def _message(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).upper()


def _handed(
    name: str,
    tag: str,
    request: Read,
    north: Word | None = None,
    message: str = "",
    calls: tuple[Plain, ...] = (),
) -> Row:
    """It is handed over."""
    south = word_nearly(tag, HANDED_OVER)
    return Row(name, south, north or word(tag), calls, request=request, command=message or _message(name))


_Recording = type[c.StartRecording | c.StopRecording | c.PauseRecording | c.ResumeRecording]


def _recording(name: str, kind: _Recording) -> Row:
    """It is answered."""
    call = plain(kind, lambda row, _, context: row(item_of(context.interaction)))
    said = word(c.verb(kind))
    return Row(name, said, said, (call,), None, requests.on_item(kind), _message(name), callback=True)


_CALLED: Final = word_nearly("vendor.call", HANDED_OVER)
_PASSED_ON: Final = word_nearly(
    "vendor.call",
    "passed on to a platform of this dialect, with a scope of its own; no other platform has such a method",
)


def _passed(name: str, length: int = 0, *, callback: bool = False) -> Row:
    """What only a platform of this dialect knows. `length`: of the arguments with the item."""
    request = requests.passed(_message(name), length)
    south = word("vendor.call") if callback else _CALLED
    return Row(name, south, _PASSED_ON, (), None, request, _message(name), callback)


def _every(
    name: str, kind: type[c.PauseRecording | c.ResumeRecording], state: RecordingState, note: str
) -> Row:
    """One command for each call."""
    north = word_by_flow(c.verb(kind), note)
    return Row(name, _CALLED, north, (), None, requests.all_recordings(kind, state), _message(name))


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

# --- the agent

GET_STATE = Row(
    "getState",
    _SNAPSHOTS,
    _SNAPSHOTS,
    request=requests.state,
    command="GET_STATE",
    callback=True,
    signed_out=True,
)
SET_STATUS = _handed("setStatus", "agent.set_state", requests.set_status, message="CHANGE_STATE")
LOGOUT = _handed("logout", "agent.logout", requests.of_agent(c.Logout))
DIAL_NUMBER = _handed("dialNumber", _DIAL, requests.of_agent(c.Dial, "destination"))
SELECT_SERVICE = Row(
    "selectService",
    word_nearly(_DIAL, HANDED_OVER),
    word_nearly(
        "answer `service` of interaction.dial", "used when this client dials, and not checked before"
    ),
    request=requests.select_service,
    command="SELECT_SERVICE",
    signed_out=True,
)

# --- an interaction

SINGLE_STEP_TRANSFER = _handed(
    "singleStepTransfer",
    "interaction.single_step_transfer",
    requests.on_screen(c.SingleStepTransfer, "destination"),
)
SINGLE_STEP_CONFERENCE = _handed(
    "singleStepConference",
    "interaction.single_step_conference",
    requests.on_screen(c.SingleStepConference, "destination"),
)
SET_DISPOSITION = _handed("setDisposition", "interaction.set_disposition", _TO_DISPOSE)
SET_DISPOSITION_BY_NAME = _handed("setDispositionByName", "interaction.set_disposition", _TO_DISPOSE)
SET_NOTES = _handed(
    "setNotes",
    "interaction.set_notes",
    requests.on_item(c.SetNotes, optional="notes"),
    calls=(plain(c.SetNotes, lambda row, said, context: row(item_of(context.interaction), said.notes)),),
)
TERMINATE = _handed(
    "terminateInteraction",
    "interaction.release",
    requests.on_item(c.Release),
    message="TERMINATE_INTERACTION_FROM_API",
    calls=(plain(c.Release, lambda row, _, context: row(item_of(context.interaction))),),
)
COMPLETE = _handed(
    "completeInteraction", _COMPLETE, requests.complete, _COMPLETES, "COMPLETE_INTERACTION_FROM_API"
)
COMPLETE_WITH = _handed(
    "completeInteractionWithDisp",
    _COMPLETE,
    requests.complete_with,
    _COMPLETES,
    "COMPLETE_INTERACTION_WITH_DISPOSITION",
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
    command="GET_CALL_RECORDING_STATUS",
    callback=True,
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
    command="MERGE_ALL_CALLS_INTO_CONFERENCE",
)
COMPLETE_WITH_NAME = Row(
    "completeInteractionWithDispByName",
    word_nearly(
        "vendor.call", "not confirmed: a name is set by setDispositionByName, and then it is completed"
    ),
    _COMPLETES,
    request=requests.complete_with,
    command="COMPLETE_INTERACTION_WITH_DISPOSITION_BY_NAME",
)

METHODS: Final = {one.name: one for one in list(globals().values()) if isinstance(one, Row)}
COMMANDS: Final = {one.command: one for one in METHODS.values()}
CALL_RECORDING: Final = frozenset(  # of one call
    row.command
    for row in (
        GET_CALL_RECORDING_STATUS,
        START_CALL_RECORDING,
        STOP_CALL_RECORDING,
        MUTE_CALL_RECORDING,
        UNMUTE_CALL_RECORDING,
    )
)

PACKAGE: Final = "adapters.bright_pattern.embedded"
CAPABILITIES, VOCABULARY = declared(PACKAGE, tuple(METHODS.values()), globals())
COMMANDS_SOUTH: Final = CAPABILITIES.commands_south
