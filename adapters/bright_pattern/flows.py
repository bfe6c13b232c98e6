"""South: the commands that take several of the vendor's calls, or a choice of them; the rest are rows.

Source: reference/bright-pattern.md sections 2.1 (no_service, no_disposition, invalid_args), 2.2 (108), 3
and 8 (readings). Commands that would default to the active interaction always name theirs; CONSULT_CALL,
TRANSFER and MERGE_ALL_CALLS cannot, so the interaction is made active first. A flow asks by returning a
Question; the next run finds the values in `command.answers`.
"""

from collections.abc import Iterator
from typing import Final

import msgspec

from adapters.bright_pattern import decode, methods, tables, wire
from adapters.bright_pattern.methods import METHODS, Row, reference
from adapters.contract.dialect import Call, Context, Done, Flow, Reply
from adapters.kit import reading
from adapters.kit.asking import UNREADABLE, Asker, Asking, CallError, ended
from adapters.kit.methods import Plainly
from adapters.kit.questions import NOTES, which
from adapters.kit.text import as_text, said
from schemas import commands as c
from schemas.agent import AgentState
from schemas.commands import DestinationKind
from schemas.errors import UnsupportedError
from schemas.ids import Ref
from schemas.interaction import Interaction, InteractionState, Media
from schemas.needinfo import Choice, Field, FieldType, NeedInfoKind, Question
from schemas.observations import DirectoryEntry
from schemas.results import ErrorCode, Failed
from schemas.values import Json

_DIALABLE: Final = frozenset({DestinationKind.EXTERNAL, DestinationKind.AGENT})
_TALKED_ON: Final = frozenset({InteractionState.CONNECTED, InteractionState.HELD})
_UNSAID: Final = (c.DeleteData, c.ReplyEmail, c.ForwardEmail)  # whatever they are about
_Flat = str | int | float | bool | None

_result = msgspec.json.Decoder(wire.OperationResult)

# --- commands


def _read(reply: Reply) -> msgspec.Raw | Failed:
    try:
        result = reading.decode(_result, reply.body)
    except msgspec.DecodeError:
        return UNREADABLE
    return result.data if result.status == "success" else decode.failure(result.error or wire.ResultError())


def _refused(why: CallError, name: str) -> bool:
    """Whether the platform said so, by that number: names stand in two lists."""
    told = tables.error_of(why.failed.vendor_code)
    return told is not None and told[0] == tables.GIVEN_ERRORS[name]


_CALLS: Final = Asker(_read)
_PLAINLY: Final = Plainly(tables.NAME, methods.ROWS, methods.CAPABILITIES.commands_south, _CALLS.failed)


def begin(command: c.AnyCommand, context: Context) -> Flow:
    """Begin a command. Raises UnsupportedError at once, before anything is sent."""
    about = isinstance(command, c.InteractionCommand) and not isinstance(command, _UNSAID)
    if about and _ref(context.interaction) is None:
        return _PLAINLY.one(_no("the platform has no such interaction", ErrorCode.UNKNOWN_INTERACTION))
    return ended(_begin(command, context))


def _begin(command: c.AnyCommand, context: Context) -> Flow:  # noqa: C901, PLR0911, PLR0912  # one arm a command
    match command:
        case c.Login():
            return _login(command)
        case c.Logout(reason=reason):
            lost = ("the platform takes no reason for logging out",) if reason else ()
            return _PLAINLY.one(methods.LOGOUT(), lost)
        case c.SetState():
            if command.state not in tables.SETTABLE_OUT:
                raise UnsupportedError(tables.NAME, f"setting the agent to {command.state}")
            return _set_state(command)
        case c.Dial() | c.StartChat() | c.StartEmail():
            return _outbound(command)
        case c.Complete():
            return _complete(command, context.interaction)
        case c.SetData(data=data):
            return _PLAINLY.in_turn(*_variables(reference(context), data))
        case c.DropParty(party_id=party):
            drop = methods.REMOVE_FROM_CHAT if _is_chat(context) else methods.REMOVE_FROM_CALL
            return _PLAINLY.one(drop(party, reference(context)))
        case c.SingleStepTransfer() | c.SingleStepConference():
            return _PLAINLY.one(_single_step(command, context))
        case c.Consult():
            return _consult(command, context)
        case c.Alternate():
            return _alternate(context)
        case c.CompleteTransfer():
            return _join(methods.TRANSFER, context, "complete the transfer")
        case c.CompleteConference():
            return _join(methods.MERGE_ALL_CALLS, context, "join the calls")
        case c.ListDispositions():
            return _list_dispositions(command, context)
        case c.ListDirectory(query=query):
            return _list_directory(query)
        case c.VendorCall():
            return _vendor_call(command, context.interaction)
        case c.InteractionCommand():
            return _PLAINLY.begin(command, context)


def _no(message: str, code: ErrorCode = ErrorCode.WRONG_STATE) -> Failed:
    return Failed(code=code, message=message)


def _ref(one: Interaction | None) -> str | None:
    return one.refs.get(tables.INTERACTION_ID) if one is not None else None


def _is_chat(context: Context) -> bool:
    return context.interaction is not None and context.interaction.media is Media.CHAT


def _dialable(kind: DestinationKind) -> None:
    """Raise UnsupportedError unless it can be dialled: the vendor takes numbers, internal or external."""
    if kind not in _DIALABLE:
        raise UnsupportedError(tables.NAME, f"a destination that is a {kind}")


# --- the agent

_TAKE_OVER: Final = Question(
    kind=NeedInfoKind.CONFIRM,
    title="The agent is logged in elsewhere. Take that session over?",
    fields=(Field(key="confirm", type=FieldType.BOOLEAN, title="Take over", default=False),),
)


def _reason(one: str) -> Choice:
    return Choice(id=f"{AgentState.NOT_READY}:{one}", label=one)


def _named(one: wire.ServiceData | wire.DispositionData) -> Choice:
    return Choice(id=one.id, label=one.name)


def _login(command: c.Login) -> Flow:
    """Log in; without a password, or where the widget has no login, by the vendor's own page."""
    by_page = _PLAINLY.one(methods.OPEN_LOGIN(), (methods.OWN_PAGE,))
    if not command.password:
        return (yield from by_page)
    data = wire.LoginData(username=command.agent_id, password=command.password, tenant=command.tenant or None)
    force = command.force or command.answers.get("confirm") is True
    try:
        yield from _CALLS.do(methods.LOGIN(data, True) if force else methods.LOGIN(data))
    except CallError as why:
        if _refused(why, "user_already_logged_in") and not force and "confirm" not in command.answers:
            return _TAKE_OVER
        if not _refused(why, "api_method_not_implemented"):
            raise
        return (yield from by_page)  # widget 2.0 has only the page
    return Done()


def _set(state: AgentState, reason: str) -> Asking[None]:
    """Raises CallError, also if the agent cannot be set to it."""
    word = tables.SETTABLE_OUT.get(state)
    if word is None:
        raise CallError(_no(f"the agent cannot be set to {state}", ErrorCode.INVALID_COMMAND))
    yield from _CALLS.do(methods.SET_AGENT_STATE(*((word, reason) if reason else (word,))))


def _set_state(command: c.SetState) -> Flow:
    """Set the state; a refused reason becomes the question which one it is."""
    chosen = said(command.answers, "agent_state")
    state, reason = _parse_state(chosen) if chosen else (command.state, command.reason)
    try:
        yield from _set(state, reason)
    except CallError as why:
        if chosen or state is not AgentState.NOT_READY or not _refused(why, "invalid_args"):
            raise
        choices = yield from _CALLS.choices(why, methods.GET_REASONS(), tuple[str, ...], _reason)
        return which(NeedInfoKind.AGENT_STATE, "Why is the agent not ready?", "Reason", choices)
    return Done()


def _parse_state(text: str) -> tuple[AgentState, str]:
    """`value` or `value:reason`."""
    value, _, reason = text.partition(":")
    return (AgentState(value) if value in set(AgentState) else AgentState.UNKNOWN), reason


def _list_directory(query: str) -> Flow:
    """The members of all teams that the agent sees, each once, under the first team that has them."""
    found: dict[str, DirectoryEntry] = {}
    for team in (yield from _CALLS.ask(methods.GET_TEAMS(), tuple[wire.Team, ...])):
        for member in (yield from _CALLS.ask(methods.GET_TEAM_MEMBERS(team.id), tuple[wire.User, ...])):
            entry = decode.colleague(member, team)
            if query.casefold() in f"{entry.name} {entry.address} {entry.category}".casefold():
                found.setdefault(member.id, entry)
    return Done(data=[msgspec.to_builtins(entry) for entry in found.values()])


# --- what begins an interaction


_Beginning = c.Dial | c.StartChat | c.StartEmail


def _outbound(command: _Beginning) -> Flow:
    objects: tuple[Json, ...] = tuple(decode.associated(one) for one in command.records)
    if len(objects) > 1:  # one object (seed 004), or since 5.24 an array of them
        objects = (objects,)
    match command:
        case c.Dial(destination=number):
            _dialable(command.destination_kind)
            lost = ("the platform takes no extensions with a call",) if command.extensions else ()
            return _start(command, methods.START_CALL(number, *objects), command.data, lost)
        case c.StartChat(channel_type=channel, destination=address):
            newer = () if channel in tables.CHAT_CHANNELS else (f"{channel} is no documented channel",)
            return _start(command, methods.START_CHAT(channel, address, *objects), {}, newer)
        case c.StartEmail(destination=address):
            return _start(command, methods.START_EMAIL(address, *objects), command.data)


def _start(command: _Beginning, call: Call, data: dict[str, Json], warnings: tuple[str, ...] = ()) -> Flow:
    """Begin it, with the service and the number that it is to come from if they are given."""
    service = said(command.answers, "service")
    if service:
        yield from _CALLS.do(methods.SET_SERVICE(service))
    if isinstance(command, c.Dial) and command.caller_id:
        yield from _CALLS.do(methods.SET_DID(command.caller_id))
    try:
        result = yield from _CALLS.ask(call, wire.InitiateResult)
    except CallError as why:
        if service or not _refused(why, "no_service"):
            raise
        listed = methods.GET_SERVICES_LIST()
        services = yield from _CALLS.choices(why, listed, tuple[wire.ServiceData, ...], _named)
        return which(NeedInfoKind.SERVICE, "For which service is it?", "Service", services)
    return (yield from _attach(result, data, warnings))


def _attach(result: wire.InitiateResult, data: dict[str, Json], warnings: tuple[str, ...]) -> Flow:
    """Data goes to the interaction once it is there; the contact itself is not undone for it."""
    if data and result.id is None:
        warnings = (*warnings, "the data was not attached: there is no interaction yet")
    else:
        attached = yield from _PLAINLY.in_turn(*_variables(result.id or "", data))
        if isinstance(attached, Failed):
            warnings = (*warnings, f"the data was not attached: {attached.vendor_code}")
    error = result.error
    if error or result.id is None:  # no error: the number may only stand in the dialpad (seed 004)
        warnings = (
            *warnings,
            error or "the platform created no interaction; the number may wait in the dialpad",
        )
    ref = None if result.id is None else Ref(result.id)
    return Done(ref=ref, data={"error": error} if error else None, warnings=warnings)


# --- one interaction


def _variables(iid: str, data: dict[str, Json]) -> Iterator[Call]:
    """One call for each key; what is no text is written as JSON."""
    return (methods.SET_VARIABLE(key, as_text(value), iid) for key, value in data.items())


def _complete(command: c.Complete, one: Interaction | None) -> Flow:
    """Finish the work. A chat that goes on is left by it; a call is not, it would be hung up.

    The disposition and the note are set before: if there is no such disposition, nothing has been ended.
    """
    iid, before = _ref(one), False
    for row, key in ((methods.SET_DISPOSITION, "disposition"), (methods.REPLACE_NOTE, "notes")):
        if given := said(command.answers, key):
            yield from _CALLS.do(row(given, iid), before=before)
            before = True
    at_once = one is not None and one.media is not Media.VOICE and one.state is InteractionState.CONNECTED
    try:
        yield from _completed(iid, at_once=at_once, before=before)
    except CallError as why:
        if not _refused(why, "no_disposition"):
            raise
        listed = methods.GET_DISPOSITIONS_LIST(wire.DispositionTarget(interactionId=iid))
        choices = yield from _CALLS.choices(why, listed, tuple[wire.DispositionData, ...], _named)
        return which(NeedInfoKind.DISPOSITION, "How did the contact end?", "Disposition", choices, NOTES)
    return (yield from _next_state(said(command.answers, "agent_state")))


def _completed(iid: str | None, *, at_once: bool, before: bool) -> Asking[None]:
    if at_once:
        try:
            return (yield from _CALLS.do(methods.LEAVE_AND_COMPLETE(None, None, iid), before=before))
        except CallError as why:
            if not _refused(why, "not_suitable_state"):  # else it ended meanwhile: go on as in wrap-up
                raise
    return (yield from _CALLS.do(methods.COMPLETE_INTERACTION(iid), before=before))


def _next_state(text: str) -> Flow:
    """The state that the agent chose for afterwards; the interaction is completed whatever comes of it."""
    if not text:
        return Done()
    try:
        yield from _set(*_parse_state(text))
    except CallError as why:
        word = why.failed.vendor_code
        return Done(warnings=(f"the agent's state was not changed: {word}" if word else why.failed.message,))
    return Done()


def _list_dispositions(command: c.ListDispositions, context: Context) -> Flow:
    """For the interaction or the service that is named, else for the active interaction."""
    one = context.interaction
    if one is None and not command.service:
        one = next((other for other in context.others if other.focused), None)
    iid = _ref(one)
    if iid is None and not command.service:
        return _no("no interaction is active: name one, or a service", ErrorCode.UNKNOWN_INTERACTION)
    target = wire.DispositionTarget(service=command.service or None, interactionId=iid)
    listed = yield from _CALLS.ask(methods.GET_DISPOSITIONS_LIST(target), tuple[wire.DispositionData, ...])
    return Done(data=[msgspec.to_builtins(decode.disposition(one)) for one in listed])


# --- consultation, transfer, conference


def _single_step(command: c.SingleStepTransfer | c.SingleStepConference, context: Context) -> Call:
    _dialable(command.destination_kind)
    number, iid = command.destination, reference(context)
    if isinstance(command, c.SingleStepConference) and _is_chat(context):
        return methods.INVITE_TO_CHAT(number, iid)
    data = {**command.data, **command.extensions}
    for key, value in data.items():  # CustomTransferData is flat
        if not isinstance(value, _Flat):
            raise UnsupportedError(tables.NAME, f"transfer data with an object in it ({key})")
    row = methods.BLIND_TRANSFER if isinstance(command, c.SingleStepTransfer) else methods.INVITE_TO_CALL
    return row(number, data or None, iid)


def _consult(command: c.Consult, context: Context) -> Flow:
    _dialable(command.destination_kind)
    one = context.interaction
    if (one is not None and one.media is not Media.VOICE) or command.media not in ("", Media.VOICE):
        raise UnsupportedError(tables.NAME, "a consultation that is no call")
    lost = ", ".join({**command.data, **command.extensions})
    warnings = (f"data cannot go along with a consultation: {lost}",) if lost else ()
    return _active(one, methods.CONSULT_CALL(command.destination, step="begin the consultation"), warnings)


def _active(one: Interaction | None, call: Call, warnings: tuple[str, ...]) -> Flow:
    """A call about the active interaction."""
    if one is not None and not one.focused:
        front = methods.SWITCH_ACTIVE_INTERACTION(_ref(one), step="bring the interaction to the front")
        yield from _CALLS.do(front)
    return (yield from _PLAINLY.one(call, warnings))


def _alternate(context: Context) -> Flow:
    """Hold the one, take the other: in that order, for an agent talks to one call at a time."""
    pair = (context.consultation(), context.consulted())
    if None in pair:
        return _PLAINLY.one(_no("there is no consultation to swap with"))
    by_state = {one.state: _ref(one) for one in pair if one is not None}
    held, talking = by_state.get(InteractionState.HELD), by_state.get(InteractionState.CONNECTED)
    if held is None or talking is None:
        return _PLAINLY.one(_no("one of the two must be held and the other connected"))
    return _PLAINLY.in_turn(
        methods.SET_CALL_HOLD(True, talking, step="hold the connected call"),
        methods.SET_CALL_HOLD(False, held, step="retrieve the held call"),
    )


def _join(row: Row, context: Context, step: str) -> Flow:
    """Both methods act on the active call and its consultation."""
    consultation, consulted = context.consultation(), context.consulted()
    if consultation is None or consulted is None:
        return _PLAINLY.one(_no("there is no consultation to complete"))
    calls = {one.id for one in context.others if one.media is Media.VOICE and one.state in _TALKED_ON}
    more = row is methods.MERGE_ALL_CALLS and bool(calls - {consultation.id, consulted.id})
    warnings = (methods.MERGES_ALL,) if more else ()
    return _active(consulted, row(step=step), warnings)


# --- any call


def _vendor_call(command: c.VendorCall, interaction: Interaction | None) -> Flow:
    """Any method, with the id of the interaction that the command names where the parameters leave it out."""
    row, params = METHODS.get(command.method), command.params
    if row is None:
        raise UnsupportedError(tables.NAME, f"the method {command.method}")
    at, iid = row.id_at, _ref(interaction)
    if at is not None and iid is not None and (len(params) <= at or params[at] in (None, "")):
        params = (*params[:at], *(None,) * (at - len(params)), iid, *params[at + 1 :])
    return _anything_of(row(*params))


def _anything_of(call: Call) -> Flow:
    return Done(data=(yield from _CALLS.ask(call, object)))
