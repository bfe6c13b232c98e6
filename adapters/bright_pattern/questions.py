"""South: the commands to which the platform may answer that it needs something first.

Source: reference/bright-pattern.md sections 2.1 (no_service, no_disposition, invalid_args), 2.2 (108) and 3.
A flow asks by returning a Question; the next run finds the values in `command.answers`.
"""

from typing import Final

import msgspec

from adapters.bright_pattern import tables, wire, wire_agent, wire_dialing
from adapters.bright_pattern.replies import (
    Asking,
    ask_dispositions,
    ask_reasons,
    ask_services,
    begun,
    do,
    failed,
    initiate,
    one,
)
from adapters.contract.dialect import Call, Done, Flow
from schemas import commands as c
from schemas.agent import AgentState
from schemas.needinfo import Choice, Field, FieldType, NeedInfoKind, Question
from schemas.results import ErrorCode, Failed
from schemas.values import Json

OWN_PAGE: Final = "the platform shows its own login page; the agent signs in there"
_ALREADY: Final = 108
_INVALID_ARGS: Final = 3
_NO_SERVICE: Final = 11
_NOT_IMPLEMENTED: Final = 14
_NOT_SUITABLE_STATE: Final = 15
_NO_DISPOSITION: Final = 16


def as_text(value: Json) -> str:
    """A value where the vendor takes only text: text stays, anything else is written as JSON."""
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def builtin(value: msgspec.Struct) -> Json:
    """A struct as the plain dict that a result's data holds."""
    return msgspec.to_builtins(value)


def _said(answers: dict[str, Json], key: str) -> str:
    value = answers.get(key)
    return value if isinstance(value, str) else ""


# --- login


def login(command: c.Login) -> Flow:
    """Log in; without a password, or where the widget has no login, by the vendor's own page."""
    if not command.password:
        return (yield from one("openLogin", warnings=(OWN_PAGE,)))
    data = wire_agent.LoginData(
        username=command.agent_id, password=command.password, tenant=command.tenant or None
    )
    force = command.force or command.answers.get("confirm") is True
    decided = force or "confirm" in command.answers
    answer = yield from (do("login", data, True) if force else do("login", data))
    match answer:
        case None:
            return Done()
        case wire.ResultError(code=code) if code == _ALREADY and not decided:
            return _TAKE_OVER
        case wire.ResultError(code=code) if code == _NOT_IMPLEMENTED:  # widget 2.0 has only the page
            return (yield from one("openLogin", warnings=(OWN_PAGE,)))
        case _:
            return failed(answer)


_TAKE_OVER: Final = Question(
    kind=NeedInfoKind.CONFIRM,
    title="The agent is logged in elsewhere. Take that session over?",
    fields=(Field(key="confirm", type=FieldType.BOOLEAN, title="Take over", default=False),),
)


# --- agent state


def set_state(command: c.SetState) -> Flow:
    """Set the state; a refused reason becomes the question which one it is."""
    chosen = _said(command.answers, "agent_state")
    state, reason = _parse_state(chosen) if chosen else (command.state, command.reason)
    word = tables.SETTABLE_OUT.get(state)
    if word is None:
        return Failed(code=ErrorCode.INVALID_COMMAND, message=f"the agent cannot be set to {state}")
    answer = yield from (do("setAgentState", word, reason) if reason else do("setAgentState", word))
    if (
        isinstance(answer, wire.ResultError)
        and answer.code == _INVALID_ARGS
        and state is AgentState.NOT_READY
        and not chosen
    ):
        reasons = yield from ask_reasons()
        if isinstance(reasons, tuple) and reasons:
            return _which_reason(reasons)
    return Done() if answer is None else failed(answer)


def _parse_state(text: str) -> tuple[AgentState, str]:
    """`value` or `value:reason`."""
    value, _, reason = text.partition(":")
    try:
        return AgentState(value), reason
    except ValueError:
        return AgentState.UNKNOWN, reason


def _which_reason(reasons: tuple[str, ...]) -> Question:
    choices = tuple(Choice(id=f"{AgentState.NOT_READY}:{one}", label=one) for one in reasons)
    return Question(
        kind=NeedInfoKind.AGENT_STATE,
        title="Why is the agent not ready?",
        fields=(Field(key="agent_state", type=FieldType.CHOICE, title="Reason", choices=choices),),
    )


# --- beginning an interaction


def start(command: c.Dial | c.StartChat | c.StartEmail, call: Call, warnings: tuple[str, ...] = ()) -> Flow:
    """Begin an interaction, with the service and the number it is to come from if they are given."""
    service = _said(command.answers, "service")
    if service:
        answer = yield from do("setService", service)
        if answer is not None:
            return failed(answer)
    if isinstance(command, c.Dial) and command.caller_id:
        answer = yield from do("setDIDNumber", command.caller_id)
        if answer is not None:
            return failed(answer)
    result = yield from initiate(call.method, *call.params)
    if isinstance(result, wire.ResultError) and result.code == _NO_SERVICE and not service:
        services = yield from ask_services()
        if isinstance(services, tuple) and services:
            return _which_service(services)
    if not isinstance(result, wire.InitiateResult):
        return failed(result)
    data = {} if isinstance(command, c.StartChat) else command.data
    return (yield from _attach(result, data, warnings))


def _attach(result: wire.InitiateResult, data: dict[str, Json], warnings: tuple[str, ...]) -> Flow:
    """Data goes to the interaction once it is there; the contact itself is not undone for it."""
    for key, value in data.items():
        if result.id is None:
            return begun(result, (*warnings, "the data was not attached: there is no interaction yet"))
        answer = yield from do("setVariable", key, as_text(value), result.id)
        if answer is not None:
            return begun(result, (*warnings, f"the data was not attached: {failed(answer).vendor_code}"))
    return begun(result, warnings)


def _which_service(services: tuple[wire_agent.ServiceData, ...]) -> Question:
    choices = tuple(Choice(id=one.id, label=one.name) for one in services)
    return Question(
        kind=NeedInfoKind.SERVICE,
        title="For which service is it?",
        fields=(Field(key="service", type=FieldType.CHOICE, title="Service", choices=choices),),
    )


# --- completing


def complete(command: c.Complete, iid: str, *, at_once: bool) -> Flow:
    """Finish the work. `at_once`: a chat that goes on is left by it; a call is not, it would be hung up.

    The disposition and the note are set before: if there is no such disposition, nothing has been ended.
    """
    disposition, notes = _said(command.answers, "disposition"), _said(command.answers, "notes")
    said = 0
    for method, value in (("setDisposition", disposition), ("replaceNote", notes)):
        if value:
            answer = yield from do(method, value, iid)
            if answer is not None:
                return failed(answer, before=said > 0)
            said += 1
    answer = yield from _completed(iid, at_once=at_once)
    if isinstance(answer, wire.ResultError) and answer.code == _NO_DISPOSITION:
        listed = yield from ask_dispositions(wire_dialing.DispositionTarget(interactionId=iid))
        if isinstance(listed, tuple) and listed:
            return _which_disposition(listed)
    if answer is not None:
        return failed(answer, before=said > 0)
    return (yield from _next_state(_said(command.answers, "agent_state")))


def _completed(iid: str, *, at_once: bool) -> Asking[wire.ResultError | Failed | None]:
    if at_once:
        answer = yield from do("leaveAndCompleteInteraction", None, None, iid)
        if not (isinstance(answer, wire.ResultError) and answer.code == _NOT_SUITABLE_STATE):
            return answer  # else it ended meanwhile: go on as in wrap-up
    return (yield from do("completeInteraction", iid))


def _next_state(text: str) -> Flow:
    """The state that the agent chose for afterwards; the interaction is completed whatever comes of it."""
    if not text:
        return Done()
    state, reason = _parse_state(text)
    word = tables.SETTABLE_OUT.get(state)
    if word is None:
        return Done(warnings=(f"the agent cannot be set to {state}",))
    answer = yield from (do("setAgentState", word, reason) if reason else do("setAgentState", word))
    if answer is None:
        return Done()
    return Done(warnings=(f"the agent's state was not changed: {failed(answer).vendor_code}",))


def _which_disposition(listed: tuple[wire_dialing.DispositionData, ...]) -> Question:
    choices = tuple(Choice(id=one.id, label=one.name) for one in listed)
    return Question(
        kind=NeedInfoKind.DISPOSITION,
        title="How did the contact end?",
        fields=(
            Field(key="disposition", type=FieldType.CHOICE, title="Disposition", choices=choices),
            Field(key="notes", type=FieldType.TEXT, title="Notes", required=False),
        ),
    )
