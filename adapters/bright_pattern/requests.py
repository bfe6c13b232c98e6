"""North: a client's method calls as canonical commands, or as answers; the rows refer to these.

Apart from methods.py for its length. Source: reference/bright-pattern.md sections 3 and 8; seed 004. The
client's own choices (service, number, stored screens) are kept for as long as it is connected.
"""

from collections.abc import Callable, Generator
from typing import Final

from adapters.bright_pattern import encode, tables, wire
from adapters.bright_pattern.scope import Args, Local, OperationError, Plan, Request, Scope
from adapters.kit import jsonrpc
from adapters.kit.answers import chosen
from adapters.kit.text import as_text
from adapters.kit.under_way import FailedError, Step, Steps
from schemas import commands as c
from schemas.agent import AgentState
from schemas.ids import InteractionId
from schemas.interaction import Disposition, Interaction, InteractionState
from schemas.needinfo import Choice
from schemas.results import Failed, FinalResult, Succeeded
from schemas.values import Json

Shape = tuple[tuple[str, type[object]], ...]  # of parameters: their names and types
_CONFERENCE: Final = 2  # other parties, at least


# --- shapes

Simple = (
    type[c.Accept | c.Reject | c.Release | c.Complete | c.Focus | c.Hold | c.Retrieve | c.Mute | c.Unmute]
    | type[c.StartRecording | c.StopRecording | c.PauseRecording | c.ResumeRecording]
)


def of_one(kind: Simple) -> Request:
    """One command, about an interaction and nothing else."""
    return lambda args, scope: Plan((kind(interaction_id=scope.about(args, 0).id),))


def switch(on: Simple, off: Simple) -> Request:
    """One command for true, one for false."""

    def read(args: Args, scope: Scope) -> Plan:
        kind = on if args.flag(0, "state") else off
        return Plan((kind(interaction_id=scope.about(args, 1).id),))

    return read


def of_text(name: str, make: Callable[[str, InteractionId], c.AnyCommand]) -> Request:
    """One command with a text, about an interaction."""
    return lambda args, scope: Plan((make(args.text(0, name), scope.about(args, 1).id),))


def nothing(_args: Args, _scope: Scope) -> Local:
    """It is done by having been called."""
    return Local()


SEND_CHAT: Final = of_text("message", lambda text, iid: c.SendChat(text=text, interaction_id=iid))
SEND_DTMF: Final = of_text("dtmf", lambda text, iid: c.SendDtmf(tones=text, interaction_id=iid))
REPLACE_NOTE: Final = of_text("note", lambda text, iid: c.SetNotes(notes=text, interaction_id=iid))


# --- the agent


def logout(_args: Args, scope: Scope) -> Plan:
    """Sign out."""
    return Plan((c.Logout(session_id=scope.session.id),))


def set_agent_state(args: Args, scope: Scope) -> Plan:
    """One of two states; a reason goes with one of them."""
    word, reason = args.text(0, "state"), args.maybe(1, "notReadyReason")
    state = tables.SETTABLE_IN.get(word)
    if state is None:
        raise OperationError("invalid_args", f"state must be one of {', '.join(tables.SETTABLE_IN)}")
    if state is not AgentState.NOT_READY:
        reason = ""  # used with not_ready only
    configured = encode.not_ready_reasons(scope.session)
    if reason and configured and reason not in configured:
        raise OperationError("invalid_args", "notReadyReason is not a configured reason")
    answers: dict[str, Json] = {"agent_state": f"{state}:{reason}"} if reason else {}
    return Plan((c.SetState(session_id=scope.session.id, state=state, reason=reason, answers=answers),))


def agent_state(_args: Args, scope: Scope) -> Local:
    """As it is known here."""
    return Local(encode.agent_state(scope.session, scope.settings))


def reasons(_args: Args, scope: Scope) -> Local:
    """The configured reasons for not being ready."""
    return Local(encode.not_ready_reasons(scope.session))


def get_teams(_args: Args, scope: Scope) -> Plan:
    """The teams of the agents that the platform lists."""
    return Plan((c.ListDirectory(session_id=scope.session.id),), lambda done: encode.teams(done.data))


def get_team_members(args: Args, scope: Scope) -> Plan:
    """The agents of one of them."""
    team = args.text(0, "teamId")
    return Plan((c.ListDirectory(session_id=scope.session.id),), lambda done: encode.members(done.data, team))


# --- what to begin with


def set_did_number(args: Args, scope: Scope) -> Local:
    """The number to call from; it is not checked."""
    scope.choices.did = args.maybe(0, "did")
    return Local()


def did_number(_args: Args, scope: Scope) -> Local:
    """The client's own choice, by the name it gave."""
    did = scope.choices.did
    return Local(wire.DIDNumber(did, did, isSMS=False, isVoice=True) if did else None)


def service(_args: Args, scope: Scope) -> Local:
    """The client's own choice."""
    choices = scope.choices
    if not choices.service:
        return Local()
    named = (_service(one) for one in choices.services if choices.service in (one.id, one.label))
    return Local(next(named, wire.ServiceData(choices.service, choices.service)))


def _service(one: Choice) -> wire.ServiceData:
    return wire.ServiceData(one.id, one.label or one.id)


def _services(scope: Scope) -> Generator[Step, FinalResult, tuple[Choice, ...]]:
    """Those that the platform asked about, else those that its directory lists."""
    if not scope.choices.services and not scope.same_dialect:
        result = yield Step(c.ListDirectory(session_id=scope.session.id))
        if isinstance(result, Succeeded):
            scope.choices.services = encode.services(result.data)
            scope.choices.listed(result.data, scope.session)
    return scope.choices.services


def get_services_list(_args: Args, scope: Scope) -> Steps:
    """What the platform has to choose from."""
    return tuple(_service(one) for one in (yield from _services(scope)))


def set_service(args: Args, scope: Scope) -> Steps:
    """By id or name; where the platform lists its services, it is one of them."""
    wanted, choices = args.maybe(0, "service"), scope.choices
    before, choices.service = choices.service, wanted  # at once: the client need not wait with its call
    there = (yield from _services(scope)) if wanted else ()
    if there and chosen(there, wanted) is None:
        choices.service = before
        raise OperationError("no_service", f"there is no service {wanted}")
    return None


def _number(args: Args, index: int, name: str, scope: Scope) -> str:
    """A number to call, not the agent's own. A platform of this dialect says itself which that is."""
    number = args.filled(index, name, "empty_number")
    if not scope.same_dialect and number.strip() in scope.choices.own_numbers(scope.session):
        raise OperationError("self_call", f"{name} is the agent's own number")
    return number


def _initiated(done: Succeeded) -> wire.InitiateResult:
    why = done.data.get("error") if isinstance(done.data, dict) else None
    return wire.InitiateResult(done.interaction_id, why if isinstance(why, str) else None)


def start_call(args: Args, scope: Scope) -> Plan:
    """Dial."""
    number = _number(args, 0, "phoneNumber", scope)
    records = args.records(1)
    return Plan((c.Dial(session_id=scope.session.id, destination=number, records=records),), _initiated)


def start_chat(args: Args, scope: Scope) -> Plan:
    """By a channel, to an address."""
    channel = args.text(0, "channel")
    address, records = args.filled(1, "address", "empty_number"), args.records(2)
    if not channel:
        raise OperationError("no_channel_in_service", "channel is empty")
    session = scope.session.id
    command = c.StartChat(session_id=session, channel_type=channel, destination=address, records=records)
    return Plan((command,), _initiated)


def start_email(args: Args, scope: Scope) -> Plan:
    """To an address."""
    address, records = args.filled(0, "email", "empty_number"), args.records(1)
    return Plan(
        (c.StartEmail(session_id=scope.session.id, destination=address, records=records),), _initiated
    )


# --- one interaction


def switch_active(args: Args, scope: Scope) -> Plan:
    """The only id that is not optional."""
    named = args.text(0, tables.INTERACTION_ID)
    if not named:
        raise OperationError("invalid_args", "interactionId is empty")
    return Plan((c.Focus(interaction_id=scope.interaction(named).id),))


def set_variable(args: Args, scope: Scope) -> Plan:
    """A key, a value."""
    key, value = args.text(0, "key"), args.text(1, "value")
    if not key:
        raise OperationError("invalid_args", "key is empty")
    return Plan((c.SetData(data={key: value}, interaction_id=scope.about(args, 2).id),))


def variables(args: Args, scope: Scope) -> Local:
    """Of the attached data; a variable that is not attached is left out."""
    keys = args.shaped(0, "keys", tuple[str, ...])
    data = scope.about(args, 1).data
    return Local({key: as_text(data[key]) for key in keys if key in data})


def set_screen(args: Args, scope: Scope) -> Local:
    """Shown again on this page when the interaction is active."""
    screen = args.data(0, "screenData")
    scope.choices.screens[scope.about(args, 1).id] = screen
    return Local()


def set_minimized(args: Args, _scope: Scope) -> Local:
    """There is no widget: the page is told what it said."""
    return Local(events=(jsonrpc.notification("ON_WIDGET_MINIMIZED_CHANGE", (args.flag(0, "state"),)),))


def get_dispositions(args: Args, scope: Scope) -> Steps:
    """The choices of the question, where a completion was refused for want of one; else what is listed."""
    target = args.shaped(0, "target", wire.DispositionTarget)
    of_service, named = target.service or "", target.interactionId or ""
    iid = None if of_service and not named else scope.interaction(named).id
    asked = scope.choices.dispositions(iid) if iid else None
    if asked:
        return encode.dispositions([Disposition(id=one.id, name=one.label or one.id) for one in asked])
    session = scope.session.id
    result = yield Step(c.ListDispositions(session_id=session, interaction_id=iid, service=of_service))
    if isinstance(result, Failed):
        raise FailedError(result)
    return encode.dispositions(result.data)


def set_disposition(args: Args, scope: Scope) -> Plan:
    """By id, code or name."""
    disposition = args.text(0, "disposition")
    if not disposition:
        raise OperationError("no_disposition", "disposition is empty")
    return Plan((c.SetDisposition(disposition=disposition, interaction_id=scope.about(args, 1).id),))


def add_note(args: Args, scope: Scope) -> Plan:
    """After those that there are."""
    return _noted(scope, scope.about(args, 1), scope.notes(scope.about(args, 1)), args.text(0, "note"))


def update_note(args: Args, scope: Scope) -> Plan:
    """The note that this client added last is replaced, if it still stands at the end; else one is added."""
    one = scope.about(args, 1)
    last, notes = scope.choices.noted.get(one.id, ""), scope.notes(one)
    before = notes.removesuffix(last).removesuffix("\n") if last else notes
    return _noted(scope, one, before, args.text(0, "note"))


def _noted(scope: Scope, one: Interaction, before: str, note: str) -> Plan:
    scope.choices.noted[one.id] = note
    return Plan((c.SetNotes(notes=f"{before}\n{note}" if before else note, interaction_id=one.id),))


def leave_and_complete(args: Args, scope: Scope) -> Plan:
    """Both notions in turn; the contact may be over already."""
    said = {"disposition": args.maybe(0, "disposition"), "notes": args.maybe(1, "note")}
    answers: dict[str, Json] = {key: value for key, value in said.items() if value}
    one = scope.about(args, 2)
    complete = c.Complete(interaction_id=one.id, answers=answers)
    if one.state is InteractionState.WRAP_UP:
        return Plan((complete,))
    return Plan((c.Release(interaction_id=one.id), complete))


# --- consultation, transfer, conference


def consult_call(args: Args, scope: Scope) -> Plan:
    """About the active call."""
    number = _number(args, 0, "phone", scope)
    return Plan((c.Consult(destination=number, interaction_id=scope.interaction("").id),))


def transfer(args: Args, scope: Scope) -> Plan:
    """Three parameters on the page, one since 2023: the ids are honoured where they come."""
    named = args.maybe(1, "mainCallId") or args.maybe(2, "consultCallId")
    return _joined(args, scope.interaction(named), c.CompleteTransfer)


def merge(args: Args, scope: Scope) -> Plan:
    """The active call and its consultation."""
    return _joined(args, scope.interaction(""), c.CompleteConference)


def _joined(args: Args, one: Interaction, kind: type[c.CompleteTransfer | c.CompleteConference]) -> Plan:
    """Completing takes no data of its own, so what is to go along is attached first."""
    data = args.data(0, "customTransferData")
    complete = kind(interaction_id=one.id)
    return Plan((c.SetData(data=data, interaction_id=one.id), complete) if data else (complete,))


def single_step(kind: type[c.SingleStepTransfer | c.SingleStepConference]) -> Request:
    """To a number, with data."""

    def read(args: Args, scope: Scope) -> Plan:
        number, data = _number(args, 0, "phone", scope), args.data(1, "customTransferData")
        return Plan((kind(destination=number, data=data, interaction_id=scope.about(args, 2).id),))

    return read


def remove_party(args: Args, scope: Scope) -> Plan:
    """By the party's id."""
    party, one = args.text(0, "partyId"), scope.about(args, 1)
    if all(party != known.id for known in one.parties):
        raise OperationError("object_not_found", "partyId names no party of the interaction")
    return Plan((c.DropParty(party_id=party, interaction_id=one.id),))


def invite_to_chat(args: Args, scope: Scope) -> Plan:
    """By a user's id."""
    user, iid = args.filled(0, "partyId", "empty_number"), scope.about(args, 1).id
    kind = c.DestinationKind.AGENT
    return Plan((c.SingleStepConference(destination=user, destination_kind=kind, interaction_id=iid),))


def destroy_conference(args: Args, scope: Scope) -> Plan:
    """All but one are dropped; when the agent leaves the last one, nobody is left to talk to."""
    one = scope.about(args, 0)
    if len(one.parties) < _CONFERENCE:
        raise OperationError("not_suitable_state", "it is no conference")
    dropped = (c.DropParty(party_id=party.id, interaction_id=one.id) for party in one.parties[1:])
    return Plan((*dropped, c.Release(interaction_id=one.id)))


# --- what a platform of this dialect is asked itself


def passed_on(name: str, shape: Shape, id_at: int | None, args: Args, scope: Scope) -> c.VendorCall:
    """The call, its arguments read first, by the platform's own id of the interaction."""
    params: list[Json] = []
    about: Interaction | None = None
    for index, (member, kind) in enumerate(shape):
        args.shaped(index, member, kind)
        params.append(args.given(index))
        if kind is wire.DispositionTarget:  # one that names no service is of an interaction
            target = args.data(index, member)
            named = target.get(tables.INTERACTION_ID)
            if named or not target.get("service"):
                about = scope.interaction(str(named or ""))
                params[index] = {**target, tables.INTERACTION_ID: _ref(about)}
    if id_at is not None:
        about = scope.about(args, id_at)
        params.append(_ref(about))
    session, iid = scope.session.id, about.id if about else None
    return c.VendorCall(session_id=session, method=name, params=tuple(params), interaction_id=iid)


def _ref(one: Interaction) -> str:
    return one.refs.get(tables.INTERACTION_ID, one.id)
