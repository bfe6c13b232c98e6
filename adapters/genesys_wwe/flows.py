"""South: the commands that are more than one plain call (`methods`). Sans-IO generators that hold nothing.

Source: seed 002, methods; reference 3.2 to 3.6 for agent, voice, email and sipEndpoint.
"""

from collections.abc import Generator
from typing import Final

import msgspec

from adapters.contract.dialect import Call, Context, Done, Flow, Reply
from adapters.genesys_wwe import calls, decode, methods, observe, tables, wire
from adapters.genesys_wwe.settings import Settings
from adapters.genesys_wwe.tables import NAME
from adapters.kit import reading
from adapters.kit.methods import Plainly
from schemas import commands as c
from schemas.errors import UnsupportedError
from schemas.interaction import Interaction, InteractionState, Media
from schemas.results import Effect, ErrorCode, Failed
from schemas.values import Json

NO_RECORDS: Final = "CRM records cannot ride along"
OWN_TIMER: Final = "The platform's own timer ends the block, not the limit that was asked for"

_states = msgspec.json.Decoder(tuple[wire.State, ...])


def _refusal(reply: Reply) -> Failed | None:
    answer = decode.read_answer(reply.body)
    return answer if isinstance(answer, Failed) else None


_PLAINLY: Final = Plainly(NAME, methods.ROWS, methods.CAPABILITIES.commands_south, _refusal)


def begin(settings: Settings, command: c.AnyCommand, context: Context) -> Flow:  # noqa: C901, PLR0911, PLR0912  # one arm a verb
    """The flow of a command. Raises UnsupportedError for what the platform has no call for."""
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
        case c.VendorCall():
            return _vendor_call(command)
        case _:
            return _PLAINLY.begin(command, context)


def _ask(call: Call) -> Generator[Call, Reply, msgspec.Raw | Failed]:
    """Make one call: its data, or how it failed."""
    reply = yield call
    return decode.read_answer(reply.body)


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


def _vendor_call(command: c.VendorCall) -> Flow:
    if command.method in methods.SECRETS:
        raise UnsupportedError(NAME, f"{command.method}: the answer is a secret and would be told on")
    if "." not in command.method:  # a request is always namespace.method
        raise UnsupportedError(NAME, f"the method {command.method}")
    return _any_call(command)


def _any_call(command: c.VendorCall) -> Flow:
    answer = yield from _ask(Call(method=command.method, params=command.params))
    return answer if isinstance(answer, Failed) else Done(data=msgspec.json.decode(answer))


# --- several calls


def _alternate(context: Context) -> Flow:
    """Hold first: two calls cannot both be talked on."""
    pair = [one for one in (context.consultation(), context.consulted()) if one is not None]
    active = next((one for one in pair if one.state is InteractionState.CONNECTED), None)
    waiting = next((one for one in pair if one.state is InteractionState.HELD), None)
    hold, resume = calls.handle(active), calls.handle(waiting)
    if hold is None or resume is None:
        return Failed(code=ErrorCode.WRONG_STATE, message="It takes one connected and one held call")
    held = yield from _ask(methods.HOLD(hold, step="hold the connected call"))
    if isinstance(held, Failed):
        return held
    resumed = yield from _ask(methods.RESUME(resume, step="retrieve the held call"))
    return _halfway(resumed) if isinstance(resumed, Failed) else Done()


def _halfway(failed: Failed) -> Failed:
    """An earlier call of the same command went through: it is no longer certain that nothing happened."""
    return msgspec.structs.replace(failed, effect=Effect.UNKNOWN)


def _complete(settings: Settings, command: c.Complete, context: Context) -> Flow:
    interaction = context.interaction
    done = calls.on_interaction(methods.MARKDONE, context)
    if isinstance(done, Failed) or interaction is None:
        return (yield from _PLAINLY.one(done))
    data = _unsaid(settings, command, interaction)
    if data:
        attached = yield from _set_data(context, data)
        if isinstance(attached, Failed):
            return attached
    answer = yield from _ask(done)
    if isinstance(answer, Failed):
        if interaction.completion_blocked and answer.effect is Effect.NONE:
            answer = msgspec.structs.replace(answer, code=ErrorCode.COMPLETION_BLOCKED)
        return _halfway(answer) if data else answer
    if "agent_state" in command.answers:  # the desktop asks no such question; agent.set_state is the way
        return Done(warnings=("The agent's state after it was not set",))
    return Done()


def _unsaid(settings: Settings, command: c.Complete, interaction: Interaction) -> dict[str, Json]:
    """The answers that the attached data does not hold yet: data cannot be set on a call that is over."""
    chosen = interaction.disposition
    standing = {chosen.id, chosen.code, chosen.name} if chosen is not None else set()
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
        states = yield from _ask(methods.GET_STATES())
        if isinstance(states, Failed):
            return msgspec.structs.replace(states, effect=Effect.NONE)  # only asked so far
        try:
            operation = _operation(reading.decode(_states, states), command)
        except msgspec.DecodeError as error:
            return Failed(code=ErrorCode.PLATFORM_ERROR, message=f"{methods.GET_STATES.name}: {error}")
    if operation is None:
        return Failed(code=ErrorCode.UNKNOWN_OBJECT, message="Not in this agent's list of states")
    return (yield from _PLAINLY.one(methods.SET_STATE(operation)))


def _operation(states: tuple[wire.State, ...], command: c.SetState) -> str | None:
    if not command.reason:
        return observe.plain_operations(states).get(command.state.value)
    return next(
        (
            one.operationName
            for one in observe.settable(states)
            if command.reason in (one.operationName, one.displayName)
            and tables.AGENT_STATE_IN.get(one.type or "") is command.state
        ),
        None,
    )
