"""South: the commands that are more than one plain call (`methods`). Sans-IO generators that hold nothing.

Source: seed 002, methods; reference 3.2 to 3.6 for agent, voice, email and sipEndpoint.
"""

from typing import Final

import msgspec

from adapters.contract.dialect import Call, Context, Done, Flow
from adapters.genesys_wwe import calls, decode, methods, observe, snapshots, wire
from adapters.genesys_wwe.settings import Settings
from adapters.genesys_wwe.tables import NAME
from adapters.kit.asking import Asker, CallError, ended
from adapters.kit.methods import Plainly
from schemas import commands as c
from schemas.errors import UnsupportedError
from schemas.interaction import Interaction, InteractionState, Media
from schemas.results import Effect, ErrorCode, Failed
from schemas.values import Json

NO_RECORDS: Final = "CRM records cannot ride along"
_NO_PAIR: Final = Failed(code=ErrorCode.WRONG_STATE, message="It takes one connected and one held call")
OWN_TIMER: Final = "The platform's own timer ends the block, not the limit that was asked for"

_CALLS: Final = Asker(lambda reply: decode.read_answer(reply.body))
_PLAINLY: Final = Plainly(NAME, methods.ROWS, methods.CAPABILITIES.commands_south, _CALLS.failed)


def begin(settings: Settings, command: c.AnyCommand, context: Context) -> Flow:
    """The flow of a command. Raises UnsupportedError for what the platform has no call for."""
    return ended(_begin(settings, command, context))


def _begin(settings: Settings, command: c.AnyCommand, context: Context) -> Flow:  # noqa: C901, PLR0911, PLR0912  # one arm a verb
    one = context.interaction
    match command:
        case c.Release() if one is not None and one.media is not Media.VOICE:
            raise UnsupportedError(NAME, "leaving a chat, e-mail or work item before it is marked done")
        case (
            c.Consult(media="" | Media.CHAT, extensions=riding) | c.SingleStepConference(extensions=riding)
        ) if riding and one is not None and one.media is Media.CHAT:
            raise UnsupportedError(NAME, "extensions in a chat")
        case c.Reject() if one is not None and one.state is InteractionState.PREVIEW:
            return _PLAINLY.one(calls.on_interaction(methods.REJECT_PREVIEW, context))
        case c.BlockCompletion():
            return _block(settings, command, context)
        case c.SetDisposition():
            return _set_data(context, {settings.disposition_key: command.disposition})
        case c.SetNotes():
            return _set_data(context, {settings.notes_key: command.notes})
        case c.Complete():
            return _complete(settings, command, context)
        case c.Alternate():
            return _alternate(context)
        case c.Dial():
            return _dial(command)
        case c.StartEmail():
            call = methods.CREATE_EMAIL(command.destination, command.data)
            return _PLAINLY.one(call, (NO_RECORDS,) if command.records else ())
        case c.SetState():
            return _set_state(command, context)
        case c.VendorCall(method=method) if method in methods.SECRETS:
            raise UnsupportedError(NAME, f"{method}: the answer is a secret and would be told on")
        case c.VendorCall(method=method) if "." not in method:  # a request is always namespace.method
            raise UnsupportedError(NAME, f"the method {method}")
        case c.VendorCall(method=method, params=params):
            return _any_call(Call(method=method, params=params))
        case _:
            return _PLAINLY.begin(command, context)


# --- one call


def _set_data(context: Context, data: dict[str, Json]) -> Flow:
    return _PLAINLY.one(calls.on_interaction(methods.SET_USER_DATA, context, data))


def _block(settings: Settings, command: c.BlockCompletion, context: Context) -> Flow:
    """The platform has one time for all blocks, which nobody tells; we may know it."""
    other = command.limit_s and round(command.limit_s * 1000) != settings.block_markdone_timeout_ms
    call = calls.on_interaction(methods.BLOCK_MARKDONE, context, command.message)
    return _PLAINLY.one(call, (OWN_TIMER,) if other else ())


def _dial(command: c.Dial) -> Flow:
    """The answer does not say which interaction came of it, so neither does Done."""
    if command.caller_id:
        raise UnsupportedError(NAME, "a caller id per call")
    if command.destination_kind is not c.DestinationKind.EXTERNAL:
        raise UnsupportedError(NAME, f"a call to a {command.destination_kind.value} without an interaction")
    if command.extensions:
        call = methods.DIAL_EX(command.destination, command.data, command.extensions)
    else:
        call = methods.DIAL(command.destination, command.data)
    return _PLAINLY.one(call, (NO_RECORDS,) if command.records else ())


def _any_call(call: Call) -> Flow:
    return Done(data=(yield from _CALLS.ask(call, object)))


# --- several calls


def _alternate(context: Context) -> Flow:
    """Hold first: two calls cannot both be talked on."""
    pair = [one for one in (context.consultation(), context.consulted()) if one is not None]
    active = next((one for one in pair if one.state is InteractionState.CONNECTED), None)
    waiting = next((one for one in pair if one.state is InteractionState.HELD), None)
    hold, resume = calls.handle(active), calls.handle(waiting)
    if hold is None or resume is None:
        return _PLAINLY.one(_NO_PAIR)
    return _PLAINLY.in_turn(
        methods.HOLD(hold, step="hold the connected call"),
        methods.RESUME(resume, step="retrieve the held call"),
    )


def _complete(settings: Settings, command: c.Complete, context: Context) -> Flow:
    interaction = context.interaction
    ref = calls.handle(interaction)
    if interaction is None or ref is None:
        return calls.NO_INTERACTION
    data = _unsaid(settings, command, interaction)
    if data:
        yield from _CALLS.do(methods.SET_USER_DATA(ref, data))
    try:
        yield from _CALLS.do(methods.MARKDONE(ref))
    except CallError as why:
        failed = why.failed
        if interaction.completion_blocked and failed.effect is Effect.NONE:
            failed = msgspec.structs.replace(failed, code=ErrorCode.COMPLETION_BLOCKED)
        return msgspec.structs.replace(failed, effect=Effect.UNKNOWN) if data else failed
    if "agent_state" in command.answers:  # the desktop asks no such question; agent.set_state is the way
        return Done(warnings=("The agent's state after it was not set",))
    return Done()


def _unsaid(settings: Settings, command: c.Complete, interaction: Interaction) -> dict[str, Json]:
    """The answers that the attached data does not hold yet: data cannot be set on a call that is over."""
    chosen = interaction.disposition
    standing = set() if chosen is None else snapshots.names_of(chosen)
    data: dict[str, Json] = {}
    disposition = command.answers.get("disposition")
    if disposition is not None and disposition not in standing:
        data[settings.disposition_key] = disposition
    notes = command.answers.get("notes")
    if notes is not None and notes != interaction.notes:
        data[settings.notes_key] = notes
    return data


def _set_state(command: c.SetState, context: Context) -> Flow:
    """By operation name out of the agent's own list: from what is known of it, else by asking."""
    agent = context.agent
    operation = None
    if agent is not None and command.reason:
        offered = any(one.id == command.reason and one.state is command.state for one in agent.choices)
        operation = command.reason if offered else None
    elif agent is not None:
        operation = agent.refs.get(command.state.value)
    if operation is None:
        try:
            states = yield from _CALLS.ask(methods.GET_STATES(), tuple[wire.State, ...])
        except CallError as why:
            return msgspec.structs.replace(why.failed, effect=Effect.NONE)  # only asked so far
        operation = _operation(states, command)
    if operation is None:
        return Failed(code=ErrorCode.UNKNOWN_OBJECT, message="Not in this agent's list of states")
    return (yield from _PLAINLY.one(methods.SET_STATE(operation)))


def _operation(states: tuple[wire.State, ...], command: c.SetState) -> str | None:
    if not command.reason:
        return observe.plain_operations(states).get(command.state.value)
    named = (
        name
        for name, choice in observe.operations(states)
        if choice.state is command.state and command.reason in (name, choice.label)
    )
    return next(named, None)
