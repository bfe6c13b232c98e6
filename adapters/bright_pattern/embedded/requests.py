"""North: a client's commands as canonical commands. Pure, given what the client may see.

Source: reference/bright-pattern.md section 7.2, and 7.3 for the forms without an item id, which are about
the interaction on the agent's screen. There are no documented errors: what is refused here is told to the
facade, as a JSON-RPC error, and the script's caller learns nothing, as from the vendor.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import msgspec

from adapters.bright_pattern.embedded import showing, tables
from adapters.dialect import View
from schemas import commands as c
from schemas.agent import AgentSession, AgentState
from schemas.errors import RefusedError
from schemas.ids import AgentId
from schemas.interaction import Interaction, InteractionState, Media, RecordingState
from schemas.results import ErrorCode
from schemas.values import Json

_TALKED_ON: Final = frozenset({InteractionState.DIALING, InteractionState.CONNECTED, InteractionState.HELD})
_params = msgspec.json.Decoder(list[Json]).decode


class Plan(msgspec.Struct, frozen=True):
    """What a request comes to: commands, one after the other or all at once; or an answer without any."""

    commands: tuple[c.AnyCommand, ...] = ()
    together: bool = False
    data: Json = None


class Args:
    """Positional arguments. Raises RefusedError for missing or wrongly typed ones."""

    def __init__(self, params: msgspec.Raw) -> None:
        try:
            self.given = _params(params)
        except msgspec.DecodeError as error:
            raise RefusedError(ErrorCode.INVALID_COMMAND, f"params: {error}") from error

    def maybe(self, index: int) -> str:
        """A text that may be left out, null or empty; a number is taken for its digits."""
        value = self.given[index] if index < len(self.given) else None
        if isinstance(value, bool) or not isinstance(value, str | int | None):
            raise RefusedError(ErrorCode.INVALID_COMMAND, f"argument {index + 1} is no text")
        return "" if value is None else str(value)

    def text(self, index: int, name: str) -> str:
        """A text that must be there."""
        text = self.maybe(index)
        if not text.strip():
            raise RefusedError(ErrorCode.INVALID_COMMAND, f"{name} is empty")
        return text


class Scope(msgspec.Struct, frozen=True):
    """What one client may see and change."""

    view: View
    agent_id: AgentId

    def session(self) -> AgentSession:
        """The agent's session. Raises RefusedError."""
        session = self.view.agent(self.agent_id)
        if session is None or session.state is AgentState.LOGGED_OUT:
            raise RefusedError(ErrorCode.NOT_LOGGED_IN, "The agent is not signed in")
        return session

    def interactions(self) -> Sequence[Interaction]:
        """The agent's, as far as the desktop shows them."""
        return [one for one in self.view.interactions(self.agent_id) if showing.visible(one)]

    def interaction(self, item_id: str) -> Interaction:
        """The one named, else the active one, else the only one. Raises RefusedError."""
        listed = self.interactions()
        wanted = item_id or self.session().focused_interaction_id
        found = next((one for one in listed if one.id == wanted), None)
        if found is not None:
            return found
        if not item_id and len(listed) == 1:
            return listed[0]
        text = f"Unknown interaction: {item_id}" if item_id else "No interaction is active"
        raise RefusedError(ErrorCode.UNKNOWN_INTERACTION, text)


def plan(scope: Scope, command: str, params: msgspec.Raw) -> Plan:
    """What a command means. Raises RefusedError."""
    read = _READ.get(command)
    if read is None:
        raise RefusedError(ErrorCode.UNSUPPORTED, f"There is no command {command}")
    args = Args(params)
    scope.session()
    return read(scope, args)


# --- the agent


def _set_status(scope: Scope, args: Args) -> Plan:
    word = args.text(0, "status")
    state = next((one for one, other in tables.SETTABLE.items() if other == word.upper()), None)
    if state is None:
        raise RefusedError(ErrorCode.INVALID_COMMAND, f"status must be one of {', '.join(SETTABLE_WORDS)}")
    session = scope.session()
    wanted = args.maybe(1)
    named = next((one.id for one in session.choices if one.state is state and wanted == one.label), wanted)
    return _one(c.SetState(session_id=session.id, state=state, reason=named))


SETTABLE_WORDS: Final = tuple(tables.SETTABLE.values())


def _logout(scope: Scope, args: Args) -> Plan:
    del args
    return _one(c.Logout(session_id=scope.session().id))


def _dial(scope: Scope, args: Args) -> Plan:
    number = args.text(0, "number")
    return _one(c.Dial(session_id=scope.session().id, destination=number))


# --- one interaction


def _one(command: c.AnyCommand) -> Plan:
    return Plan((command,))


def _on_item(args: Args, length: int, scope: Scope) -> tuple[Interaction, int]:
    """The interaction, and where the other arguments begin: shorter ones leave the item out."""
    if len(args.given) >= length:
        return scope.interaction(args.maybe(0)), 1
    return scope.interaction(""), 0


_Plain = type[c.Release | c.StartRecording | c.StopRecording | c.PauseRecording | c.ResumeRecording]
_Read = Callable[[Scope, Args], Plan]


def _plain(verb: _Plain) -> _Read:
    return lambda scope, args: _one(verb(interaction_id=scope.interaction(args.maybe(0)).id))


def _single_step(verb: type[c.SingleStepTransfer | c.SingleStepConference]) -> _Read:
    def read(scope: Scope, args: Args) -> Plan:
        number = args.text(0, "number")
        return _one(verb(interaction_id=scope.interaction("").id, destination=number))

    return read


def _set_disposition(scope: Scope, args: Args) -> Plan:
    one, at = _on_item(args, 2, scope)
    return _one(c.SetDisposition(interaction_id=one.id, disposition=args.text(at, "disposition")))


def _set_notes(scope: Scope, args: Args) -> Plan:
    one, at = _on_item(args, 2, scope)
    return _one(c.SetNotes(interaction_id=one.id, notes=args.maybe(at)))


def _post_variable(scope: Scope, args: Args) -> Plan:
    one, at = _on_item(args, 3, scope)
    name = args.text(at, "name")
    return _one(c.SetData(interaction_id=one.id, data={name: args.maybe(at + 1)}))


def _complete(scope: Scope, args: Args) -> Plan:
    return _completion(scope.interaction(args.maybe(0)), "", "")


def _complete_with(scope: Scope, args: Args) -> Plan:
    disposition = args.text(1, "disposition")
    return _completion(scope.interaction(args.maybe(0)), disposition, args.maybe(2))


def _completion(one: Interaction, disposition: str, notes: str) -> Plan:
    """With what has been chosen already. It also releases a call; terminating does only that (7.3)."""
    standing = one.disposition
    if standing is not None and not disposition:
        disposition = standing.id or standing.code or standing.name
    said = {"disposition": disposition, "notes": notes or one.notes}
    answers: dict[str, Json] = {name: value for name, value in said.items() if value}
    complete = c.Complete(interaction_id=one.id, answers=answers)
    if one.media is Media.VOICE and one.state in _TALKED_ON:
        return Plan((c.Release(interaction_id=one.id), complete))
    return _one(complete)


# --- recording


def _recording_status(scope: Scope, args: Args) -> Plan:
    return Plan(data=showing.recording(scope.interaction(args.maybe(0))))


def _all_recordings(verb: type[c.PauseRecording | c.ResumeRecording], state: RecordingState) -> _Read:
    def read(scope: Scope, args: Args) -> Plan:
        del args
        return Plan(
            tuple(
                verb(interaction_id=one.id)
                for one in scope.interactions()
                if one.media is Media.VOICE and one.state in _TALKED_ON and one.recording_state is state
            ),
            together=True,
        )

    return read


# --- several calls, and what only a platform of this dialect knows


def _merge(scope: Scope, args: Args) -> Plan:
    """The active call and its consultation."""
    del args
    active = scope.interaction("")
    others = scope.interactions()
    if active.consult_of is None and not any(other.consult_of == active.id for other in others):
        raise RefusedError(ErrorCode.WRONG_STATE, "There is no consultation to merge")
    return _one(c.CompleteConference(interaction_id=active.id))


def _passed(command: str, *, length: int = 0) -> _Read:
    """Passed on with the platform's own id of the interaction. `length`: of the arguments with the item."""

    def read(scope: Scope, args: Args) -> Plan:
        if not length:
            return _vendor_call(scope, command, tuple(args.given), None)
        one, at = _on_item(args, length, scope)
        params = (one.refs.get("item_id", one.id), *args.given[at:])
        return _vendor_call(scope, command, params, one)

    return read


def _vendor_call(scope: Scope, command: str, params: tuple[Json, ...], one: Interaction | None) -> Plan:
    return _one(
        c.VendorCall(
            session_id=scope.session().id,
            method=command,  # the wire name, which no other dialect has
            params=params,
            interaction_id=None if one is None else one.id,
        )
    )


PASSED: Final[Mapping[str, int]] = {
    "SET_RESCHEDULE_WINDOW": 5,
    "GET_SCREEN_RECORDING_STATUS": 1,
    "MUTE_SCREEN_RECORDING": 1,
    "UNMUTE_SCREEN_RECORDING": 1,
    "STOP_SCREEN_RECORDING": 1,
    "MUTE_SCREEN_RECORDINGS": 0,
    "UNMUTE_SCREEN_RECORDINGS": 0,
}
_READ: Final[Mapping[str, _Read]] = {
    "CHANGE_STATE": _set_status,
    "LOGOUT": _logout,
    "DIAL_NUMBER": _dial,
    "SINGLE_STEP_TRANSFER": _single_step(c.SingleStepTransfer),
    "SINGLE_STEP_CONFERENCE": _single_step(c.SingleStepConference),
    "SET_DISPOSITION": _set_disposition,
    "SET_DISPOSITION_BY_NAME": _set_disposition,
    "SET_NOTES": _set_notes,
    "TERMINATE_INTERACTION_FROM_API": _plain(c.Release),
    "COMPLETE_INTERACTION_FROM_API": _complete,
    "COMPLETE_INTERACTION_WITH_DISPOSITION": _complete_with,
    "COMPLETE_INTERACTION_WITH_DISPOSITION_BY_NAME": _complete_with,
    "POST_VARIABLE": _post_variable,
    "GET_CALL_RECORDING_STATUS": _recording_status,
    "START_CALL_RECORDING": _plain(c.StartRecording),
    "STOP_CALL_RECORDING": _plain(c.StopRecording),
    "MUTE_CALL_RECORDING": _plain(c.PauseRecording),
    "UNMUTE_CALL_RECORDING": _plain(c.ResumeRecording),
    "MUTE_CALL_RECORDINGS": _all_recordings(c.PauseRecording, RecordingState.RECORDING),
    "UNMUTE_CALL_RECORDINGS": _all_recordings(c.ResumeRecording, RecordingState.PAUSED),
    "MERGE_ALL_CALLS_INTO_CONFERENCE": _merge,
    **{command: _passed(command, length=length) for command, length in PASSED.items()},
}
