"""South: the commands that are more than one plain call (`methods`). Sans-IO generators that hold nothing.

Source: docs/sources/amazon-connect.md, sections 5 and 14.1.
"""

from typing import Final

import msgspec

from adapters.amazon_connect import calls, decode, methods, tables, wire
from adapters.amazon_connect.tables import NAME
from adapters.contract.dialect import Call, Context, Done, Flow
from adapters.contract.wrap_up import completing
from adapters.kit.asking import Asker, Asking, CallError, ended
from adapters.kit.methods import Makes, Plainly
from schemas import commands as c
from schemas.errors import UnsupportedError
from schemas.interaction import Interaction, InteractionState, Media
from schemas.results import Effect, Failed
from schemas.values import Json

CONNECT_ALL: Final = "connect all three"
STAYS: Final = "All three are in conference now: the agent could not leave"
CALLED: Final = "The other party has been called, and the rest failed"

_CALLS: Final = Asker(lambda reply: decode.read_answer(reply.body))
_PLAINLY: Final = Plainly(NAME, methods.ROWS, methods.CAPABILITIES.commands_south, _CALLS.failed)


class _Listed(msgspec.Struct):
    endpoints: tuple[wire.Endpoint, ...] = ()


def begin(command: c.AnyCommand, context: Context) -> Flow:
    """The flow of a command. Raises UnsupportedError for what the platform has no call for."""
    return ended(_begin(completing(command), context))


def _begin(command: c.AnyCommand, context: Context) -> Flow:  # noqa: C901, PLR0911  # one arm a verb
    one = context.interaction
    match command:
        case c.Logout():
            return _logout(context)
        case c.Mute() if one is not None and one.conference:
            return _PLAINLY.one(_own_leg(methods.MUTE_LEG, context))
        case c.Unmute() if one is not None and one.conference:
            return _PLAINLY.one(_own_leg(methods.UNMUTE_LEG, context))
        case c.Hold() if _is_task(one):
            return _PLAINLY.one(calls.about(methods.PAUSE, context))
        case c.Retrieve() if _is_task(one):
            return _PLAINLY.one(calls.about(methods.GO_ON, context))
        case c.CompleteTransfer():
            return _complete_transfer(context)
        case c.SingleStepTransfer():
            return _single_step_transfer(command, context)
        case c.SingleStepConference():
            return _single_step_conference(command, context)
        case c.ListDirectory():
            return _directory(command, context)
        case c.VendorCall(method=method, params=params):
            if method not in methods.BY_NAME:
                raise UnsupportedError(NAME, f"the method {method}")
            return _any_call(Call(method=method, params=params))
        case _:
            return _PLAINLY.begin(command, context)


def _is_task(one: Interaction | None) -> bool:
    return one is not None and one.media is Media.WORK_ITEM


def _own_leg(row: Makes, context: Context, step: str = "") -> Call | Failed:
    one = context.consulted() or context.interaction
    contact = calls.contact_of(one)
    if one is None or not contact:
        return calls.UNKNOWN
    params: Json = {"contactId": contact, "connectionId": one.refs.get(calls.AGENT_LEG, "")}
    return row(params, step=step)


def _any_call(call: Call) -> Flow:
    return Done(data=(yield from _CALLS.ask(call, object)))


def _directory(command: c.ListDirectory, context: Context) -> Flow:
    """The quick connects, as entries that can be consulted with."""
    call = calls.directory(methods.GET_ENDPOINTS, command, context)
    if isinstance(call, Failed):
        return call
    found = yield from _CALLS.ask(call, _Listed)
    entries = [decode.entry(one) for one in found.endpoints]
    wanted = command.query.casefold()
    return Done(data=[one for one in entries if wanted in one.name.casefold()])


def _logout(context: Context) -> Flow:
    """Offline first, as the documents have it: whoever is not offline is given calls."""
    listed = () if context.agent is None else context.agent.extras.get(calls.STATES, ())
    states = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list | tuple) else []
    offline = next((one for one in states if one.get("type") == tables.OFFLINE), None)
    if offline is not None:
        step = "go offline"
        yield from _CALLS.do(methods.SET_STATE({"state": offline, "enqueueNextState": True}, step=step))
    yield from _CALLS.do(methods.LOGOUT({}, step="sign out"), before=offline is not None)
    return Done()


def _complete_transfer(context: Context) -> Flow:
    """All talk, and the agent leaves. If he cannot, nobody is lost, but he is still there."""
    main = context.consulted() or context.interaction
    leave = _own_leg(methods.DESTROY, context, "leave the two")
    if isinstance(leave, Failed):
        return leave
    if main is not None and main.state is InteractionState.HELD and not main.conference:
        about: Json = {"contactId": calls.contact_of(main)}
        yield from _CALLS.do(methods.CONFERENCE(about, step=CONNECT_ALL))
        failed = yield from _then(leave, STAYS)
    else:
        failed = _CALLS.failed((yield leave))
    return failed or Done()


def _single_step_transfer(command: c.SingleStepTransfer, context: Context) -> Flow:
    one, target = context.interaction, calls.endpoint(command.destination, command.destination_kind)
    if one is not None and one.media is not Media.VOICE:
        return _PLAINLY.one(calls.about(methods.TRANSFER, context, endpoint=target))
    return _added(target, context, _own_leg(methods.DESTROY, context, "leave the two"))


def _single_step_conference(command: c.SingleStepConference, context: Context) -> Flow:
    one, target = context.interaction, calls.endpoint(command.destination, command.destination_kind)
    if one is not None and one.media is not Media.VOICE:
        return _PLAINLY.one(calls.about(methods.INVITE, context, endpoint=target))
    return _added(target, context, calls.about(methods.CONFERENCE, context))


def _added(target: Json, context: Context, then: Call | Failed) -> Flow:
    add = calls.about(methods.ADD, context, endpoint=target)
    if isinstance(add, Failed) or isinstance(then, Failed):
        return calls.UNKNOWN
    yield from _CALLS.do(add)
    return (yield from _then(then, CALLED)) or Done()


def _then(call: Call, otherwise: str) -> Asking[Failed | None]:
    try:
        yield from _CALLS.do(call, before=True)
    except CallError as why:
        message = f"{otherwise}: {why.failed.message}"
        return msgspec.structs.replace(why.failed, effect=Effect.UNKNOWN, message=message)
    return None
