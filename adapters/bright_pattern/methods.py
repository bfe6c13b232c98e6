"""North: a client's method calls as canonical commands.

Source: reference/bright-pattern.md sections 3 and 8; seed 004. An optional id that is "" or null is absent,
and means the active interaction. What needs no platform is in own.py, what
only this platform has is in passing.py.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final, TypeVar

import msgspec

from adapters.bright_pattern import codec, errors, north_codec, tables, wire
from adapters.bright_pattern.memory import Memory
from schemas import commands as c
from schemas.agent import AgentSession, AgentState
from schemas.errors import RefusedError
from schemas.ids import InteractionId
from schemas.interaction import Interaction, InteractionState, Record
from schemas.results import Succeeded
from schemas.values import Json

T = TypeVar("T")

Result = Callable[[Succeeded], Json]
_Objects = wire.InteractionAssociatedObject | tuple[wire.InteractionAssociatedObject, ...] | None


class OperationError(RefusedError):
    """A request that is answered with one of the vendor's errors. Does not leave the adapter."""

    def __init__(self, name: str, message: str = "") -> None:
        super().__init__(errors.ERROR_IN[errors.REQUEST_ERRORS[name]], message)
        self.error = north_codec.error(name, message)


class Plan(msgspec.Struct, frozen=True):
    """What a method comes to: commands to be carried out one after the other, and what the last one gives."""

    commands: tuple[c.AnyCommand, ...]
    result: Result = lambda _: None


class Args:
    """The positional arguments of a call. Raises OperationError(invalid_args) naming the argument."""

    def __init__(self, values: Sequence[Json]) -> None:
        self._values = values

    def given(self, index: int) -> Json:
        """An argument as it came; None if it is absent."""
        return self._values[index] if index < len(self._values) else None

    def text(self, index: int, name: str) -> str:
        """A required string; it may be empty."""
        value = self.given(index)
        if not isinstance(value, str):
            raise OperationError("invalid_args", f"{name} must be a string")
        return value

    def maybe(self, index: int, name: str) -> str:
        """An optional string; "" if it is absent."""
        return "" if self.given(index) is None else self.text(index, name)

    def flag(self, index: int, name: str) -> bool:
        """A required boolean."""
        value = self.given(index)
        if not isinstance(value, bool):
            raise OperationError("invalid_args", f"{name} must be a boolean")
        return value

    def data(self, index: int, name: str) -> dict[str, Json]:
        """An optional flat record; empty if it is absent."""
        value = self.given(index)
        if value is None:
            return {}
        if not isinstance(value, dict):
            raise OperationError("invalid_args", f"{name} must be an object")
        return {str(key): entry for key, entry in value.items()}

    def shaped(self, index: int, name: str, kind: type[T]) -> T:
        """An argument of the vendor's own type."""
        try:
            return msgspec.convert(self.given(index), kind)
        except msgspec.ValidationError as error:
            raise OperationError("invalid_args", f"{name}: {error}") from error

    def records(self, index: int) -> tuple[Record, ...]:
        """InitialObjects (initialObject on the page): absent, one object, or an array."""
        value = self.given(index)
        if value is None or value == "":
            return ()
        several = value if isinstance(value, list) else [value]
        try:
            objects = msgspec.convert(several, tuple[wire.InteractionAssociatedObject, ...])
        except msgspec.ValidationError as error:
            raise OperationError("invalid_args", f"associatedObjects: {error}") from error
        return tuple(codec.record(one) for one in objects)


class Scope(msgspec.Struct, frozen=True):
    """Whom a call concerns: the agent, and the interactions that it has."""

    session: AgentSession
    interactions: tuple[Interaction, ...]
    active: InteractionId | None
    memory: Memory

    @property
    def own(self) -> bool:
        """Whether the platform is of this dialect."""
        return north_codec.is_own_session(self.session)

    def notes(self, one: Interaction) -> str:
        """The interaction's notes, with those that wait for its completion."""
        kept = self.memory.notes(one.id)
        return one.notes if kept is None else kept

    def interaction(self, named: str) -> Interaction:
        """The one named, else the active one, else the only one. Raises OperationError(no_interaction)."""
        wanted = named or self.active
        if wanted:
            found = next((one for one in self.interactions if one.id == wanted), None)
            if found is not None:
                return found
        if not named and len(self.interactions) == 1:
            return self.interactions[0]
        raise OperationError(
            "no_interaction", f"no such interaction: {named}" if named else "no active interaction"
        )

    def id(self, args: Args, index: int, name: str = "interactionId") -> InteractionId:
        """The same, as the optional argument says."""
        return self.interaction(args.maybe(index, name)).id


def _plan(*commands: c.AnyCommand) -> Plan:
    return Plan(commands)


def initiated(done: Succeeded) -> wire.InitiateResult:
    """The answer of the methods that begin an interaction."""
    why = done.data.get("error") if isinstance(done.data, dict) else None
    return wire.InitiateResult(done.interaction_id, why if isinstance(why, str) else None)


def _filled(args: Args, index: int, name: str) -> str:
    text = args.text(index, name)
    if not text.strip():
        raise OperationError("empty_number", f"{name} is empty")
    return text


def _number(args: Args, index: int, name: str, scope: Scope) -> str:
    """A number to call, not the agent's own. A platform of this dialect says itself which that is."""
    number = _filled(args, index, name)
    if not scope.own and number.strip() in {scope.session.agent_id, scope.session.refs.get("extension")}:
        raise OperationError("self_call", f"{name} is the agent's own number")
    return number


# --- agent


def _set_agent_state(args: Args, scope: Scope) -> Plan:
    word, reason = args.text(0, "state"), args.maybe(1, "notReadyReason")
    state = tables.SETTABLE_IN.get(word)
    if state is None:
        raise OperationError("invalid_args", f"state must be one of {', '.join(tables.SETTABLE_IN)}")
    if state is not AgentState.NOT_READY:
        reason = ""  # used with not_ready only
    known = north_codec.not_ready_reasons(scope.session)
    if reason and known and reason not in known:
        raise OperationError("invalid_args", "notReadyReason is not a configured reason")
    answers: dict[str, Json] = {"agent_state": f"{state}:{reason}"} if reason else {}
    return _plan(c.SetState(session_id=scope.session.id, state=state, reason=reason, answers=answers))


def _logout(_args: Args, scope: Scope) -> Plan:
    return _plan(c.Logout(session_id=scope.session.id))


def _get_teams(_args: Args, scope: Scope) -> Plan:
    return Plan((c.ListDirectory(session_id=scope.session.id),), lambda done: north_codec.teams(done.data))


def _get_team_members(args: Args, scope: Scope) -> Plan:
    team = args.text(0, "teamId")
    return Plan(
        (c.ListDirectory(session_id=scope.session.id),), lambda done: north_codec.members(done.data, team)
    )


# --- beginning


def _start_call(args: Args, scope: Scope) -> Plan:
    number = _number(args, 0, "phoneNumber", scope)
    command = c.Dial(session_id=scope.session.id, destination=number, records=args.records(1))
    return Plan((command,), initiated)


def _start_chat(args: Args, scope: Scope) -> Plan:
    channel, address = args.text(0, "channel"), _filled(args, 1, "address")
    if not channel:
        raise OperationError("no_channel_in_service", "channel is empty")
    command = c.StartChat(
        session_id=scope.session.id, channel_type=channel, destination=address, records=args.records(2)
    )
    return Plan((command,), initiated)


def _start_email(args: Args, scope: Scope) -> Plan:
    address = _filled(args, 0, "email")
    command = c.StartEmail(session_id=scope.session.id, destination=address, records=args.records(1))
    return Plan((command,), initiated)


# --- one interaction


_Simple = (
    type[c.Accept | c.Reject | c.Release | c.Complete | c.Focus | c.Hold | c.Retrieve | c.Mute | c.Unmute]
    | type[c.StartRecording | c.StopRecording | c.PauseRecording | c.ResumeRecording]
)


def _simple(kind: _Simple) -> "Reader":
    return lambda args, scope: _plan(kind(interaction_id=scope.id(args, 0)))


def _switch(on: _Simple, off: _Simple) -> "Reader":
    def read(args: Args, scope: Scope) -> Plan:
        kind = on if args.flag(0, "state") else off
        return _plan(kind(interaction_id=scope.id(args, 1)))

    return read


def _switch_active(args: Args, scope: Scope) -> Plan:
    named = args.text(0, "interactionId")
    if not named:
        raise OperationError("invalid_args", "interactionId is empty")
    return _plan(c.Focus(interaction_id=scope.interaction(named).id))


def _send_dtmf(args: Args, scope: Scope) -> Plan:
    return _plan(c.SendDtmf(tones=args.text(0, "dtmf"), interaction_id=scope.id(args, 1)))


def _send_chat_message(args: Args, scope: Scope) -> Plan:
    return _plan(c.SendChat(text=args.text(0, "message"), interaction_id=scope.id(args, 1)))


def _set_variable(args: Args, scope: Scope) -> Plan:
    key, value = args.text(0, "key"), args.text(1, "value")
    if not key:
        raise OperationError("invalid_args", "key is empty")
    return _plan(c.SetData(data={key: value}, interaction_id=scope.id(args, 2)))


def _set_disposition(args: Args, scope: Scope) -> Plan:
    disposition = args.text(0, "disposition")
    if not disposition:
        raise OperationError("no_disposition", "disposition is empty")
    return _plan(c.SetDisposition(disposition=disposition, interaction_id=scope.id(args, 1)))


def _replace_note(args: Args, scope: Scope) -> Plan:
    return _plan(c.SetNotes(notes=args.text(0, "note"), interaction_id=scope.id(args, 1)))


def _add_note(args: Args, scope: Scope) -> Plan:
    note, one = args.text(0, "note"), scope.interaction(args.maybe(1, "interactionId"))
    scope.memory.noted[one.id] = note
    return _plan(
        c.SetNotes(notes=f"{notes}\n{note}" if (notes := scope.notes(one)) else note, interaction_id=one.id)
    )


def _update_note(args: Args, scope: Scope) -> Plan:
    """The note that this client added last is replaced, if it still stands at the end; else one is added."""
    note, one = args.text(0, "note"), scope.interaction(args.maybe(1, "interactionId"))
    last, notes = scope.memory.noted.get(one.id, ""), scope.notes(one)
    before = notes.removesuffix(last).removesuffix("\n") if last else notes
    scope.memory.noted[one.id] = note
    return _plan(c.SetNotes(notes=f"{before}\n{note}" if before else note, interaction_id=one.id))


def _leave_and_complete(args: Args, scope: Scope) -> Plan:
    """Both notions in turn; the contact may be over already."""
    said = {"disposition": args.maybe(0, "disposition"), "notes": args.maybe(1, "note")}
    answers: dict[str, Json] = {key: value for key, value in said.items() if value}
    one = scope.interaction(args.maybe(2, "interactionId"))
    complete = c.Complete(interaction_id=one.id, answers=answers)
    if one.state is InteractionState.WRAP_UP:
        return _plan(complete)
    return _plan(c.Release(interaction_id=one.id), complete)


# --- consultation, transfer, conference


def _consult_call(args: Args, scope: Scope) -> Plan:
    number = _number(args, 0, "phone", scope)
    return _plan(c.Consult(destination=number, interaction_id=scope.interaction("").id))


def _riding(iid: InteractionId, data: dict[str, Json]) -> tuple[c.AnyCommand, ...]:
    """Completing takes no data of its own, so what is to ride along is attached first."""
    return (c.SetData(data=data, interaction_id=iid),) if data else ()


def _transfer(args: Args, scope: Scope) -> Plan:
    """Three parameters on the page, one since 2023: the ids are honoured where they come."""
    named = args.maybe(1, "mainCallId") or args.maybe(2, "consultCallId")
    iid = scope.interaction(named).id
    before = _riding(iid, args.data(0, "customTransferData"))
    return _plan(*before, c.CompleteTransfer(interaction_id=iid))


def _merge(args: Args, scope: Scope) -> Plan:
    iid = scope.interaction("").id
    before = _riding(iid, args.data(0, "customTransferData"))
    return _plan(*before, c.CompleteConference(interaction_id=iid))


def _blind_transfer(args: Args, scope: Scope) -> Plan:
    number, data = _number(args, 0, "phone", scope), args.data(1, "customTransferData")
    return _plan(c.SingleStepTransfer(destination=number, data=data, interaction_id=scope.id(args, 2)))


def _invite(args: Args, scope: Scope) -> Plan:
    number, data = _number(args, 0, "phone", scope), args.data(1, "customTransferData")
    return _plan(c.SingleStepConference(destination=number, data=data, interaction_id=scope.id(args, 2)))


def _remove_party(args: Args, scope: Scope) -> Plan:
    party, one = args.text(0, "partyId"), scope.interaction(args.maybe(1, "interactionId"))
    if all(party != known.id for known in one.parties):
        raise OperationError("object_not_found", "partyId names no party of the interaction")
    return _plan(c.DropParty(party_id=party, interaction_id=one.id))


def _invite_to_chat(args: Args, scope: Scope) -> Plan:
    user, iid = _filled(args, 0, "partyId"), scope.id(args, 1)
    kind = c.DestinationKind.AGENT
    return _plan(c.SingleStepConference(destination=user, destination_kind=kind, interaction_id=iid))


def _destroy_conference(args: Args, scope: Scope) -> Plan:
    """All but one are dropped; when the agent leaves the last one, nobody is left to talk to."""
    one = scope.interaction(args.maybe(0, "interactionId"))
    if len(one.parties) < _CONFERENCE:
        raise OperationError("not_suitable_state", "it is no conference")
    dropped = (c.DropParty(party_id=party.id, interaction_id=one.id) for party in one.parties[1:])
    return _plan(*dropped, c.Release(interaction_id=one.id))


_CONFERENCE: Final = 2  # other parties, at least

Reader = Callable[[Args, Scope], Plan]
READ: Final[Mapping[str, Reader]] = {
    "logout": _logout,
    "setAgentState": _set_agent_state,
    "getTeams": _get_teams,
    "getTeamMembers": _get_team_members,
    "startCall": _start_call,
    "startChat": _start_chat,
    "startEmail": _start_email,
    "acceptInteraction": _simple(c.Accept),
    "rejectInteraction": _simple(c.Reject),
    "switchActiveInteraction": _switch_active,
    "sendChatMessage": _send_chat_message,
    "setVariable": _set_variable,
    "setDisposition": _set_disposition,
    "addNote": _add_note,
    "updateNote": _update_note,
    "replaceNote": _replace_note,
    "setCallHold": _switch(c.Hold, c.Retrieve),
    "setCallMute": _switch(c.Mute, c.Unmute),
    "sendDtmf": _send_dtmf,
    "consultCall": _consult_call,
    "transfer": _transfer,
    "blindTransfer": _blind_transfer,
    "inviteToCallConference": _invite,
    "removeFromCallConference": _remove_party,
    "destroyCallConference": _destroy_conference,
    "inviteToChatConference": _invite_to_chat,
    "removeFromChatConference": _remove_party,
    "mergeAllCallsIntoConference": _merge,
    "leaveInteraction": _simple(c.Release),
    "completeInteraction": _simple(c.Complete),
    "leaveAndCompleteInteraction": _leave_and_complete,
    "setCallRecording": _switch(c.StartRecording, c.StopRecording),
    "setCallRecordingMute": _switch(c.PauseRecording, c.ResumeRecording),
}
