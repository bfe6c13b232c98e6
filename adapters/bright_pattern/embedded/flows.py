"""South: the commands that take several of the desktop's, or a choice of them; the rest are rows.

Nothing that was only handed over is taken for done, and how an interaction ended is never taken from what we
asked for. Source: reference/bright-pattern.md section 7.2.
"""

from collections.abc import Mapping
from typing import Final

import msgspec
from msgspec import UNSET
from msgspec.structs import replace

from adapters.bright_pattern.embedded import methods, tables
from adapters.bright_pattern.embedded.methods import COMMANDS, COMMANDS_SOUTH, METHODS, Row, item_of
from adapters.bright_pattern.embedded.settings import EmbeddedSettings
from adapters.bright_pattern.embedded.tables import NAME
from adapters.contract.capabilities import Support
from adapters.contract.dialect import Call, Context, Done, Flow, Reply
from adapters.kit import jsonrpc
from adapters.kit.asking import Asker, ended
from adapters.kit.methods import Plainly
from adapters.kit.text import as_text
from schemas import commands as c
from schemas.agent import AgentState
from schemas.commands import DestinationKind
from schemas.errors import UnsupportedError
from schemas.interaction import InteractionState, Media
from schemas.results import Effect, ErrorCode, Failed
from schemas.values import Json

_ERRORS: Final[Mapping[int, ErrorCode]] = {  # of the relay: the desktop has none
    jsonrpc.METHOD_NOT_FOUND: ErrorCode.UNSUPPORTED,
    jsonrpc.INVALID_PARAMS: ErrorCode.INVALID_COMMAND,
}
_OPEN: Final = frozenset(InteractionState) - {
    InteractionState.QUEUED,
    InteractionState.WRAP_UP,
    InteractionState.COMPLETED,
}
_JOINABLE: Final = frozenset({InteractionState.UNKNOWN, InteractionState.CONNECTED, InteractionState.HELD})


def begin(settings: EmbeddedSettings, command: c.AnyCommand, context: Context) -> Flow:  # noqa: C901, PLR0911, PLR0912  # one arm a command
    """The flow of a command. Raises UnsupportedError at once for what the desktop has no command for."""
    item = item_of(context.interaction)
    said = COMMANDS_SOUTH[c.verb(command)].support not in {Support.UNSUPPORTED, Support.GATEWAY}
    if said and not item and isinstance(command, c.InteractionCommand):
        return _PLAINLY.one(methods.UNKNOWN)
    match command:
        case c.Logout(reason=reason):
            lost = ("The desktop takes no reason for signing out",) if reason else ()
            return _handed(methods.LOGOUT(), warnings=lost)
        case c.SetState(state=state, reason=reason):
            return _handed(_status(state, reason))
        case c.Dial():
            return _dial(command)
        case c.SetData(data=data):
            return _handed(*_variables(item, data))
        case c.SetDisposition(disposition=""):
            raise UnsupportedError(NAME, "the removal of a disposition: one can only be set")
        case c.SetDisposition(disposition=disposition):
            return _handed(_disposition(settings, item, disposition))
        case c.Complete():
            return _complete(settings, command, item)
        case c.SingleStepTransfer():
            return _single_step(command, methods.SINGLE_STEP_TRANSFER, item, context)
        case c.SingleStepConference():
            return _single_step(command, methods.SINGLE_STEP_CONFERENCE, item, context)
        case c.CompleteConference():
            return _merge(context)
        case c.VendorCall():
            return _vendor_call(command)
        case c.InteractionCommand() | c.SessionCommand() | c.Login():
            return _PLAINLY.begin(command, context)


# --- calls


def _read(reply: Reply) -> msgspec.Raw | Failed:
    """A response of the relay. An error in it is the relay's own, so what it is about was not handed over."""
    message = jsonrpc.decode(NAME, bytes(reply.body))
    error = message.error
    if isinstance(error, jsonrpc.Error):
        code = _ERRORS.get(error.code, ErrorCode.PLATFORM_ERROR)
        effect = Effect.UNKNOWN if code is ErrorCode.PLATFORM_ERROR else Effect.NONE
        return Failed(code=code, effect=effect, message=error.message, vendor_code=str(error.code))
    return jsonrpc.NOTHING if message.result is UNSET else message.result


_CALLS: Final = Asker(_read)
_PLAINLY: Final = Plainly(NAME, METHODS.values(), COMMANDS_SOUTH, _CALLS.failed)


def _handed(*calls: Call, warnings: tuple[str, ...] = ()) -> Flow:
    """One command after the other, each handed over."""
    done = yield from _PLAINLY.in_turn(*calls)
    return replace(done, warnings=(methods.HANDED_OVER, *warnings)) if isinstance(done, Done) else done


def _wrong_state(message: str) -> Flow:
    return _PLAINLY.one(Failed(code=ErrorCode.WRONG_STATE, message=message))


def _vendor_call(command: c.VendorCall) -> Flow:
    """By the script's name, or by the name of its message."""
    row = METHODS.get(command.method) or COMMANDS.get(command.method)
    if row is None:
        raise UnsupportedError(NAME, f"the method {command.method}")
    return ended(_any_call(row, command.params))


def _any_call(row: Row, params: tuple[Json, ...]) -> Flow:
    data = yield from _CALLS.ask(row(*params), object)
    return Done(data=data, warnings=() if row.callback else (methods.HANDED_OVER,))


# --- the agent


def _status(state: AgentState, reason: str) -> Call:
    word = tables.SETTABLE.get(state)
    if word is None:
        raise UnsupportedError(NAME, f"setting the agent to {state}")
    return methods.SET_STATUS(*((word, reason) if reason else (word,)))


def _dial(command: c.Dial) -> Flow:
    """For the service that an answer names, else for the one that is selected."""
    if command.caller_id:
        raise UnsupportedError(NAME, "a caller id per call")
    if command.destination_kind is not DestinationKind.EXTERNAL:
        raise UnsupportedError(NAME, f"a call to a {command.destination_kind.value}")
    service = command.answers.get("service") or command.answers.get("skill")
    select = (methods.SELECT_SERVICE(str(service)),) if service else ()
    lost = command.data or command.records or command.extensions
    warnings = ("A call takes nothing along: no data, no records, no extensions",) if lost else ()
    return _handed(*select, methods.DIAL_NUMBER(command.destination), warnings=warnings)


# --- one interaction


def _variables(item: str, data: Mapping[str, Json]) -> tuple[Call, ...]:
    return tuple(methods.POST_VARIABLE(item, name, as_text(value)) for name, value in data.items())


def _disposition(settings: EmbeddedSettings, item: str, disposition: str) -> Call:
    by_name = settings.disposition_by == "name"
    return (methods.SET_DISPOSITION_BY_NAME if by_name else methods.SET_DISPOSITION)(item, disposition)


def _complete(settings: EmbeddedSettings, command: c.Complete, item: str) -> Flow:
    """A code and its notes go with the completion; a name, and notes alone, have to be set before it."""
    disposition = str(command.answers.get("disposition") or "")
    notes = str(command.answers.get("notes") or "")
    calls: list[Call] = []
    if disposition and settings.disposition_by == "code":
        calls.append(methods.COMPLETE_WITH(item, disposition, *((notes,) if notes else ())))
    else:
        if disposition:
            calls.append(_disposition(settings, item, disposition))
        if notes:
            calls.append(methods.SET_NOTES(item, notes))
        calls.append(methods.COMPLETE(item))
    state, _, reason = str(command.answers.get("agent_state") or "").partition(":")
    warnings: tuple[str, ...] = ()
    if state in set(tables.SETTABLE):
        calls.append(_status(AgentState(state), reason))
    elif state:
        warnings = (f"The agent cannot be set to {state}",)
    return _handed(*calls, warnings=warnings)


def _single_step(
    command: c.SingleStepTransfer | c.SingleStepConference, row: Row, item: str, context: Context
) -> Flow:
    """The desktop does it to the call on its screen, which cannot be chosen: only if it is that one."""
    if command.destination_kind is not DestinationKind.EXTERNAL:
        raise UnsupportedError(NAME, f"a {command.destination_kind.value} as the destination")
    in_front = context.interaction is not None and context.interaction.focused
    if not in_front and any(other.state in _OPEN for other in context.others):
        return _wrong_state("The desktop takes the call on its screen, which is another one")
    warnings = ("The desktop takes no extensions",) if command.extensions else ()
    return _handed(*_variables(item, command.data), row(command.destination), warnings=warnings)


def _merge(context: Context) -> Flow:
    """All calls of the agent; it takes two."""
    ones = [one for one in (context.interaction, *context.others) if one is not None]
    if sum(one.media is Media.VOICE and one.state in _JOINABLE for one in ones) < 2:  # noqa: PLR2004
        return _wrong_state("It takes two calls")
    return _handed(methods.MERGE_ALL_CALLS(), warnings=(methods.MERGES_ALL,))
