"""North: a client's method calls as canonical commands, or as answers; the rows refer to these.

Apart from methods.py for its length. Source: reference/bright-pattern.md sections 2.2, 3 and 8; seed 004. The
client's own choices (service, number, stored screens) are kept for as long as it is connected.
"""

from collections.abc import Generator, Sequence
from contextlib import suppress
from typing import Final

import msgspec

from adapters.bright_pattern import decode, encode, tables, wire
from adapters.bright_pattern.scope import Local, OperationError, Request, Scope, argument
from adapters.kit import jsonrpc
from adapters.kit.answers import chosen
from adapters.kit.text import as_text
from adapters.kit.under_way import FailedError, Step, Steps
from schemas import commands as c
from schemas.agent import AgentSession, AgentState
from schemas.ids import AgentId, PlatformId
from schemas.interaction import Disposition, Interaction, InteractionState, Record
from schemas.needinfo import Choice, NeedInfoKind
from schemas.results import ErrorCode, Failed, FinalResult, Succeeded
from schemas.values import Json

Commands = tuple[c.AnyCommand, ...]
_CONFERENCE: Final = 2  # other parties, at least


def _filled(text: str, name: str, error: str) -> str:
    if not text.strip():
        raise OperationError(error, f"{name} is empty")
    return text


# --- the agent

_forced: type[bool | str | None] = bool | str | None  # type: ignore[assignment]  # a union
# A login is accepted or refused; the vendor tells the latter by an event too. (2.2)
_ERRORS: Final = {
    ErrorCode.ALREADY_LOGGED_IN: "user_already_logged_in",
    ErrorCode.BAD_CREDENTIALS: "invalid_credentials",
}


def login(given: Sequence[Json], session: AgentSession | None, agent: AgentId | None) -> c.Login:
    """The command, of a client that stands for that agent. Raises OperationError."""
    data = argument(given, 0, "loginData", wire.LoginData)
    force = argument(given, 1, "force", _forced) in (True, "true")
    if agent is not None and data.username != agent:
        raise OperationError("not_enough_privileges", "this client stands for another agent")
    return c.Login(
        platform_id=session.platform_id if session else PlatformId(""),
        agent_id=AgentId(data.username),
        password=data.password,
        tenant=data.tenant or "",
        force=force,
        answers={"confirm": True} if force else {},
    )


def login_error(result: Failed) -> wire.ResultError | None:
    """The server error that says why; None: it is none of those.

    The platform's own word if it stands in the list of server errors only, for the same failure.
    """
    word, asks = result.vendor_code, result.missing
    number = tables.SERVER_ERRORS.get(word)
    name = _ERRORS.get(result.code)
    if asks is not None and asks.kind is NeedInfoKind.CONFIRM:
        name = "user_already_logged_in"
    elif number and word not in tables.REQUEST_ERRORS and tables.ERROR_IN[number] is result.code:
        name = word
    return (
        None if name is None else wire.ResultError(tables.SERVER_ERRORS[name], name, result.message or None)
    )


def set_agent_state(scope: Scope, state: str, not_ready_reason: str | None) -> c.SetState:
    """One of two states; a reason goes with one of them."""
    wanted = tables.SETTABLE_IN.get(state)
    if wanted is None:
        raise OperationError("invalid_args", f"state must be one of {', '.join(tables.SETTABLE_IN)}")
    reason = (not_ready_reason or "") if wanted is AgentState.NOT_READY else ""
    configured = encode.not_ready_reasons(scope.session)
    if reason and configured and reason not in configured:
        raise OperationError("invalid_args", "notReadyReason is not a configured reason")
    answers: dict[str, Json] = {"agent_state": f"{wanted}:{reason}"} if reason else {}
    return c.SetState(session_id=scope.session.id, state=wanted, reason=reason, answers=answers)


def agent_state(scope: Scope) -> Local:
    """As it is known here."""
    return Local(encode.agent_state(scope.session, scope.settings, same_dialect=scope.same_dialect))


def reasons(scope: Scope) -> Local:
    """The configured reasons for not being ready."""
    return Local(encode.not_ready_reasons(scope.session))


def _directory(scope: Scope) -> Generator[Step, FinalResult, Json]:
    """What the platform lists; it may list the agent too."""
    result = yield Step(c.ListDirectory(session_id=scope.session.id))
    if isinstance(result, Failed):
        raise FailedError(result)
    scope.choices.listed(result.data, scope.session)
    return result.data


def get_teams(scope: Scope) -> Steps:
    """The teams of the agents that the platform lists."""
    return encode.teams((yield from _directory(scope)))


def get_team_members(scope: Scope, team_id: str) -> Steps:
    """The agents of one of them."""
    return encode.members((yield from _directory(scope)), team_id)


# --- what to begin with


def set_did_number(scope: Scope, did: str | None) -> Local:
    """The number to call from; it is not checked."""
    scope.choices.did = did or ""
    return Local()


def did_number(scope: Scope) -> Local:
    """The client's own choice, by the name it gave."""
    did = scope.choices.did
    return Local(wire.DIDNumber(did, did, isSMS=False, isVoice=True) if did else None)


def service(scope: Scope) -> Local:
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
        with suppress(FailedError):
            scope.choices.services = encode.services((yield from _directory(scope)))
    return scope.choices.services


def get_services_list(scope: Scope) -> Steps:
    """What the platform has to choose from."""
    return tuple(_service(one) for one in (yield from _services(scope)))


def set_service(scope: Scope, service: str | None) -> Steps:
    """By id or name; where the platform lists its services, it is one of them."""
    wanted, choices = service or "", scope.choices
    before, choices.service = choices.service, wanted  # at once: the client need not wait with its call
    there = (yield from _services(scope)) if wanted else ()
    if there and chosen(there, wanted) is None:
        choices.service = before
        raise OperationError("no_service", f"there is no service {wanted}")
    return None


def _number(number: str, name: str, scope: Scope) -> str:
    """A number to call, not the agent's own. A platform of this dialect says itself which that is."""
    _filled(number, name, "empty_number")
    if not scope.same_dialect and number.strip() in scope.choices.own_numbers(scope.session):
        raise OperationError("self_call", f"{name} is the agent's own number")
    return number


def _records(objects: Json) -> tuple[Record, ...]:
    """InitialObjects (initialObject on the page): absent, one object, or an array."""
    if objects is None or objects == "":
        return ()
    several = objects if isinstance(objects, list) else [objects]
    try:
        listed = msgspec.convert(several, tuple[wire.InteractionAssociatedObject, ...])
    except msgspec.ValidationError as error:
        raise OperationError("invalid_args", f"associatedObjects: {error}") from error
    return tuple(decode.record(one) for one in listed)


def start_call(scope: Scope, phone_number: str, objects: Json) -> c.Dial:
    """Dial."""
    number, records = _number(phone_number, "phoneNumber", scope), _records(objects)
    return c.Dial(session_id=scope.session.id, destination=number, records=records)


def start_chat(scope: Scope, channel: str, address: str, objects: Json) -> c.StartChat:
    """By a channel, to an address."""
    _filled(address, "address", "empty_number")
    records, session = _records(objects), scope.session.id
    _filled(channel, "channel", "no_channel_in_service")
    return c.StartChat(session_id=session, channel_type=channel, destination=address, records=records)


def start_email(scope: Scope, email: str, objects: Json) -> c.StartEmail:
    """To an address."""
    address, records = _filled(email, "email", "empty_number"), _records(objects)
    return c.StartEmail(session_id=scope.session.id, destination=address, records=records)


def initiated(done: Succeeded) -> wire.InitiateResult:
    """What came of one of these."""
    why = done.data.get("error") if isinstance(done.data, dict) else None
    return wire.InitiateResult(done.interaction_id, why if isinstance(why, str) else None)


# --- one interaction


def switch_active(scope: Scope, interaction_id: str) -> c.Focus:
    """The only id that is not optional."""
    if not interaction_id:
        raise OperationError("invalid_args", "interactionId is empty")
    return c.Focus(interaction_id=scope.interaction(interaction_id).id)


def set_variable(_scope: Scope, key: str, value: str, one: Interaction) -> c.SetData:
    """A key, a value."""
    if not key:
        raise OperationError("invalid_args", "key is empty")
    return c.SetData(data={key: value}, interaction_id=one.id)


def variables(_scope: Scope, keys: tuple[str, ...], one: Interaction) -> Local:
    """Of the attached data; a variable that is not attached is left out."""
    return Local({key: as_text(one.data[key]) for key in keys if key in one.data})


def set_screen(scope: Scope, screen_data: dict[str, Json] | None, one: Interaction) -> Local:
    """Shown again on this page when the interaction is active."""
    scope.choices.screens[one.id] = screen_data or {}
    return Local()


def set_minimized(_scope: Scope, state: bool) -> Local:  # noqa: FBT001  # the vendor's
    """There is no widget: the page is told what it said."""
    return Local(events=(jsonrpc.notification("ON_WIDGET_MINIMIZED_CHANGE", (state,)),))


def get_dispositions(scope: Scope, target: wire.DispositionTarget) -> Steps:
    """The choices of the question, where a completion was refused for want of one; else what is listed."""
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


def set_disposition(_scope: Scope, disposition: str, one: Interaction) -> c.SetDisposition:
    """By id, code or name."""
    if not disposition:
        raise OperationError("no_disposition", "disposition is empty")
    return c.SetDisposition(disposition=disposition, interaction_id=one.id)


def add_note(scope: Scope, note: str, one: Interaction) -> c.SetNotes:
    """After those that there are."""
    return _noted(scope, one, scope.notes(one), note)


def update_note(scope: Scope, note: str, one: Interaction) -> c.SetNotes:
    """The note that this client added last is replaced, if it still stands at the end; else one is added."""
    last, notes = scope.choices.noted.get(one.id, ""), scope.notes(one)
    return _noted(scope, one, notes.removesuffix(last).removesuffix("\n") if last else notes, note)


def _noted(scope: Scope, one: Interaction, before: str, note: str) -> c.SetNotes:
    scope.choices.noted[one.id] = note
    return c.SetNotes(notes=f"{before}\n{note}" if before else note, interaction_id=one.id)


def leave_and_complete(
    _scope: Scope, disposition: str | None, note: str | None, one: Interaction
) -> Commands:
    """Both notions in turn; the contact may be over already."""
    said = {"disposition": disposition, "notes": note}
    answers: dict[str, Json] = {key: value for key, value in said.items() if value}
    complete = c.Complete(interaction_id=one.id, answers=answers)
    over = one.state is InteractionState.WRAP_UP
    return (complete,) if over else (c.Release(interaction_id=one.id), complete)


# --- consultation, transfer, conference


def consult_call(scope: Scope, phone: str) -> c.Consult:
    """About the active call."""
    return c.Consult(destination=_number(phone, "phone", scope), interaction_id=scope.interaction("").id)


def transfer(
    scope: Scope,
    custom_transfer_data: dict[str, Json] | None,
    main_call_id: str | None,
    consult_call_id: str | None,
) -> Commands:
    """Three parameters on the page, one since 2023: the ids are honoured where they come."""
    one = scope.interaction(main_call_id or consult_call_id or "")
    return _joined(custom_transfer_data, one, c.CompleteTransfer)


def merge(scope: Scope, custom_transfer_data: dict[str, Json] | None) -> Commands:
    """The active call and its consultation."""
    return _joined(custom_transfer_data, scope.interaction(""), c.CompleteConference)


def _joined(
    data: dict[str, Json] | None, one: Interaction, kind: type[c.CompleteTransfer | c.CompleteConference]
) -> Commands:
    """Completing takes no data of its own, so what is to go along is attached first."""
    complete = kind(interaction_id=one.id)
    return (c.SetData(data=data, interaction_id=one.id), complete) if data else (complete,)


def single_step(kind: type[c.SingleStepTransfer | c.SingleStepConference]) -> Request:
    """To a number, with data."""

    def read(
        scope: Scope, phone: str, custom_transfer_data: dict[str, Json] | None, one: Interaction
    ) -> c.AnyCommand:
        number = _number(phone, "phone", scope)
        return kind(destination=number, data=custom_transfer_data or {}, interaction_id=one.id)

    return read


def remove_party(_scope: Scope, party_id: str, one: Interaction) -> c.DropParty:
    """By the party's id."""
    if all(party_id != known.id for known in one.parties):
        raise OperationError("object_not_found", "partyId names no party of the interaction")
    return c.DropParty(party_id=party_id, interaction_id=one.id)


def invite_to_chat(_scope: Scope, party_id: str, one: Interaction) -> c.SingleStepConference:
    """By a user's id."""
    user, kind = _filled(party_id, "partyId", "empty_number"), c.DestinationKind.AGENT
    return c.SingleStepConference(destination=user, destination_kind=kind, interaction_id=one.id)


def destroy_conference(_scope: Scope, one: Interaction) -> Commands:
    """All but one are dropped; when the agent leaves the last one, nobody is left to talk to."""
    if len(one.parties) < _CONFERENCE:
        raise OperationError("not_suitable_state", "it is no conference")
    dropped = (c.DropParty(party_id=party.id, interaction_id=one.id) for party in one.parties[1:])
    return (*dropped, c.Release(interaction_id=one.id))
