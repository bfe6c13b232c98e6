"""South: canonical commands as commands of the desktop. Sans-IO generators that hold nothing.

The desktop answers a command only where it has a callback. Of all others we know that they were handed
over, and the result says so (HANDED_OVER); what came of one, its events tell. So nothing is taken for done,
and how an interaction ended is never taken from what we asked for. Source: reference/bright-pattern.md
section 7.2.
"""

from collections.abc import Generator, Mapping
from typing import Final, assert_never

import msgspec
from msgspec import UNSET

from adapters import jsonrpc
from adapters.bright_pattern.embedded import tables
from adapters.bright_pattern.embedded.capabilities import COMMANDS_SOUTH, HANDED_OVER, MERGES_ALL
from adapters.bright_pattern.embedded.settings import EmbeddedSettings
from adapters.bright_pattern.embedded.tables import METHODS, NAME
from adapters.capabilities import Support
from adapters.dialect import Call, Context, Done, Flow, Reply
from schemas import commands as c
from schemas.agent import AgentState
from schemas.commands import DestinationKind
from schemas.errors import UnsupportedError
from schemas.interaction import Interaction, InteractionState, Media
from schemas.results import Effect, ErrorCode, Failed
from schemas.values import Json

_RECORDING: Final[Mapping[type[c.AnyCommand], str]] = {
    c.StartRecording: "startCallRecording",
    c.StopRecording: "stopCallRecording",
    c.PauseRecording: "muteCallRecording",
    c.ResumeRecording: "unmuteCallRecording",
}
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

Step = Generator[Call, Reply, msgspec.Raw | Failed]


def begin(settings: EmbeddedSettings, command: c.AnyCommand, context: Context) -> Flow:
    """The flow of a command. Raises UnsupportedError at once for what the desktop has no command for."""
    ability = COMMANDS_SOUTH[c.verb(command)]
    if ability.support in {Support.UNSUPPORTED, Support.GATEWAY}:
        raise UnsupportedError(NAME, f"{c.verb(command)}: {ability.note}")
    match command:
        case c.Logout(reason=reason):
            warnings = ("The desktop takes no reason for signing out",) if reason else ()
            return _handed(("logout", ()), warnings=warnings)
        case c.SetState(state=state, reason=reason):
            return _handed(("setStatus", _status(state, reason)))
        case c.Dial():
            return _dial(command)
        case c.VendorCall():
            return _vendor_call(command)
        case c.InteractionCommand():
            return _of_interaction(settings, command, context)
        case c.Login() | c.StartChat() | c.StartEmail() | c.ListDispositions() | c.ListDirectory():
            raise UnsupportedError(NAME, c.verb(command))
        case _:
            assert_never(command)


def _of_interaction(settings: EmbeddedSettings, command: c.AnyInteractionCommand, context: Context) -> Flow:  # noqa: C901, PLR0911, PLR0912  # one arm a verb
    item = context.interaction.refs.get("item_id") if context.interaction is not None else None
    if item is None or context.interaction is None:
        return _fail(ErrorCode.UNKNOWN_INTERACTION, "The desktop has no such interaction")
    match command:
        case c.Release():
            return _handed(("terminateInteraction", (item,)))
        case c.Complete():
            return _complete(settings, command, item)
        case c.StartRecording() | c.StopRecording() | c.PauseRecording() | c.ResumeRecording():
            return _answered(_RECORDING[type(command)], item)
        case c.SetData(data=data):
            return _handed(*_variables(item, data))
        case c.SetDisposition(disposition=disposition):
            if not disposition:
                raise UnsupportedError(NAME, "the removal of a disposition: one can only be set")
            return _handed(_disposition(settings, item, disposition))
        case c.SetNotes(notes=notes):
            return _handed(("setNotes", (item, notes)))
        case c.SingleStepTransfer():
            return _single_step(command, context.interaction, context, "singleStepTransfer")
        case c.SingleStepConference():
            return _single_step(command, context.interaction, context, "singleStepConference")
        case c.CompleteConference():
            return _merge(context)
        case (
            c.Accept()
            | c.Reject()
            | c.Hold()
            | c.Retrieve()
            | c.Mute()
            | c.Unmute()
            | c.SendDtmf()
            | c.Focus()
            | c.SendChat()
            | c.Consult()
            | c.Alternate()
            | c.CompleteTransfer()
            | c.DropParty()
            | c.DeleteData()
            | c.BlockCompletion()
            | c.UnblockCompletion()
        ):
            raise UnsupportedError(NAME, c.verb(command))
        case _:
            assert_never(command)


# --- calls

_Said = tuple[str, tuple[Json, ...]]  # a method of the script, its arguments


def _ask(method: str, params: tuple[Json, ...]) -> Step:
    """Make one call: its answer, or why there is none."""
    reply = yield Call(method=METHODS[method].command, params=params)
    return _read(reply)


def _read(reply: Reply) -> msgspec.Raw | Failed:
    """A response of the relay. An error in it is the relay's own, so what it is about was not handed over."""
    message = jsonrpc.decode(NAME, bytes(reply.body))
    error = message.error
    if isinstance(error, jsonrpc.Error):
        code = _ERRORS.get(error.code, ErrorCode.PLATFORM_ERROR)
        effect = Effect.UNKNOWN if code is ErrorCode.PLATFORM_ERROR else Effect.NONE
        return Failed(code=code, effect=effect, message=error.message, vendor_code=str(error.code))
    return jsonrpc.NOTHING if message.result is UNSET else message.result


def _handed(*said: _Said, warnings: tuple[str, ...] = ()) -> Flow:
    """One command after the other, each handed over."""
    for index, (method, params) in enumerate(said):
        answer = yield from _ask(method, params)
        if isinstance(answer, Failed):  # what went before it is not undone
            return msgspec.structs.replace(answer, effect=Effect.UNKNOWN) if index else answer
    return Done(warnings=(HANDED_OVER, *warnings))


def _answered(method: str, *params: Json) -> Flow:
    """A command with a callback."""
    answer = yield from _ask(method, params)
    return answer if isinstance(answer, Failed) else Done()


def _fail(code: ErrorCode, message: str) -> Flow:
    yield from ()
    return Failed(code=code, message=message)


def _vendor_call(command: c.VendorCall) -> Flow:
    """By the script's name, or by the name of its message."""
    method = METHODS.get(command.method) or tables.COMMANDS.get(command.method)
    if method is None:
        raise UnsupportedError(NAME, f"the method {command.method}")
    return _any_call(method, command.params)


def _any_call(method: tables.Method, params: tuple[Json, ...]) -> Flow:
    answer = _read((yield Call(method=method.command, params=params)))
    if isinstance(answer, Failed):
        return answer
    return Done(data=msgspec.json.decode(answer), warnings=() if method.callback else (HANDED_OVER,))


# --- the agent


def _status(state: AgentState, reason: str) -> tuple[Json, ...]:
    word = tables.SETTABLE.get(state)
    if word is None:
        raise UnsupportedError(NAME, f"setting the agent to {state}")
    return (word, reason) if reason else (word,)


def _dial(command: c.Dial) -> Flow:
    """For the service that an answer names, else for the one that is selected."""
    if command.caller_id:
        raise UnsupportedError(NAME, "a caller id per call")
    if command.destination_kind is not DestinationKind.EXTERNAL:
        raise UnsupportedError(NAME, f"a call to a {command.destination_kind.value}")
    service = command.answers.get("service") or command.answers.get("skill")
    select: tuple[_Said, ...] = (("selectService", (str(service),)),) if service else ()
    lost = command.data or command.records or command.extensions
    warnings = ("A call takes nothing along: no data, no records, no extensions",) if lost else ()
    return _handed(*select, ("dialNumber", (command.destination,)), warnings=warnings)


# --- one interaction


def _variables(item: str, data: Mapping[str, Json]) -> tuple[_Said, ...]:
    return tuple(("postVariable", (item, name, _as_text(value))) for name, value in data.items())


def _as_text(value: Json) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _disposition(settings: EmbeddedSettings, item: str, disposition: str) -> _Said:
    by_name = settings.disposition_by == "name"
    return "setDispositionByName" if by_name else "setDisposition", (item, disposition)


def _complete(settings: EmbeddedSettings, command: c.Complete, item: str) -> Flow:
    """A code and its notes go with the completion; a name, and notes alone, have to be set before it."""
    disposition = str(command.answers.get("disposition") or "")
    notes = str(command.answers.get("notes") or "")
    said: list[_Said] = []
    if disposition and settings.disposition_by == "code":
        params = (item, disposition, notes) if notes else (item, disposition)
        said.append(("completeInteractionWithDisp", params))
    else:
        if disposition:
            said.append(_disposition(settings, item, disposition))
        if notes:
            said.append(("setNotes", (item, notes)))
        said.append(("completeInteraction", (item,)))
    state, _, reason = str(command.answers.get("agent_state") or "").partition(":")
    if not state:
        return _handed(*said)
    word = next((word for one, word in tables.SETTABLE.items() if one.value == state), None)
    if word is None:
        return _handed(*said, warnings=(f"The agent cannot be set to {state}",))
    return _handed(*said, ("setStatus", (word, reason) if reason else (word,)))


def _single_step(
    command: c.SingleStepTransfer | c.SingleStepConference, one: Interaction, context: Context, method: str
) -> Flow:
    """The desktop does it to the call on its screen, which cannot be chosen: only if it is that one."""
    if command.destination_kind is not DestinationKind.EXTERNAL:
        raise UnsupportedError(NAME, f"a {command.destination_kind.value} as the destination")
    others = [other for other in context.others if other.state in _OPEN]
    if not one.focused and others:
        return _fail(ErrorCode.WRONG_STATE, "The desktop takes the call on its screen, which is another one")
    item = one.refs["item_id"]
    warnings = ("The desktop takes no extensions",) if command.extensions else ()
    said = (*_variables(item, command.data), (method, (command.destination,)))
    return _handed(*said, warnings=warnings)


def _merge(context: Context) -> Flow:
    """All calls of the agent; it takes two."""
    ones = [one for one in (context.interaction, *context.others) if one is not None]
    if sum(one.media is Media.VOICE and one.state in _JOINABLE for one in ones) < 2:  # noqa: PLR2004
        return _fail(ErrorCode.WRONG_STATE, "It takes two calls")
    return _handed(("mergeAllCallsIntoConference", ()), warnings=(MERGES_ALL,))
