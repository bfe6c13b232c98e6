"""Canonical commands as calls of the platform: sans-IO generators that hold nothing a restart would lose.

Source: seed 003; reference channel-session.md sections 1.5, 4 and 7.
"""

from collections.abc import Sequence
from typing import Final

import msgspec

from adapters.channel_session import codec, incontact, lists, tables, wire
from adapters.channel_session.capabilities import COMMANDS_SOUTH
from adapters.channel_session.printed import Members
from adapters.channel_session.settings import ChannelSessionSettings
from adapters.dialect import Call, Context, Done, Flow, Outcome
from schemas.agent import AgentState
from schemas.commands import (
    Accept,
    Alternate,
    AnyCommand,
    BlockCompletion,
    Complete,
    CompleteConference,
    CompleteTransfer,
    Consult,
    DeleteData,
    DestinationKind,
    Dial,
    DropParty,
    Focus,
    Hold,
    ListDirectory,
    ListDispositions,
    Login,
    Logout,
    Mute,
    PauseRecording,
    Reject,
    Release,
    ResumeRecording,
    Retrieve,
    SendChat,
    SendDtmf,
    SetData,
    SetDisposition,
    SetNotes,
    SetState,
    SingleStepConference,
    SingleStepTransfer,
    StartChat,
    StartEmail,
    StartRecording,
    StopRecording,
    UnblockCompletion,
    Unmute,
    VendorCall,
    verb,
)
from schemas.errors import MalformedFrame, UnsupportedError
from schemas.interaction import Media
from schemas.needinfo import NeedInfoKind, Question
from schemas.results import Effect, ErrorCode, Failed
from schemas.values import Json

# Commands without data, with the ref that is their target.
PLAIN: Final[dict[type[AnyCommand], tuple[str, str]]] = {
    Reject: (tables.REJECT, "target"),
    Hold: (tables.HOLD, "conversation"),
    Retrieve: (tables.RETRIEVE, "conversation"),
    Mute: (tables.MUTE, "conversation"),
    Unmute: (tables.UNMUTE, "conversation"),
    StartRecording: (tables.RECORDING_START, "target"),
    StopRecording: (tables.RECORDING_STOP, "target"),
    PauseRecording: (tables.RECORDING_PAUSE, "target"),
    ResumeRecording: (tables.RECORDING_RESUME, "target"),
    Alternate: (tables.ALTERNATE, "target"),
    CompleteTransfer: (tables.CONSULT_TRANSFER, "target"),
    CompleteConference: (tables.CONSULT_CONFERENCE, "target"),
}
# Which ref a command's target is, by the object that its name begins with.
REF_OF: Final = {
    tables.SESSION: "session",
    tables.GROUP: "group",
    tables.CHANNEL: "channel",
    tables.INTERACTION: "target",
    tables.CONVERSATION: "conversation",
}
NO_KIND: Final = "the kind of destination is not said: the platform takes it for a number"
NO_DATA: Final = "attached data and records cannot ride along with a dial"

_members = msgspec.json.Decoder(Members).decode
_prepared = msgspec.json.Decoder(wire.PreparedData).decode


def begin(command: AnyCommand, context: Context, options: ChannelSessionSettings) -> Flow:  # noqa: C901, PLR0911, PLR0912  # one arm a verb
    """Begin a command. Raises UnsupportedError for what the protocol cannot say."""
    match command:
        case Login():
            return _login(command, options)
        case Logout():
            reason = command.reason or command.answers.get("reason")
            return _one(tables.LOGOUT, context, {"reason": reason} if reason else {})
        case SetState():
            return _run([_set_state(context, command.state, command.reason)], context)
        case Dial():
            return _dial(command, context, options)
        case Accept() if _ref(context, "conversation"):
            return _one(tables.ANSWER, context, {})
        case Accept():
            return _one(tables.ACCEPT, context, {})
        case Release():
            if context.interaction is not None and context.interaction.media is not Media.VOICE:
                raise UnsupportedError(codec.NAME, "leaving a contact that is not a call")
            return _one(tables.RELEASE, context, {})
        case Complete():
            return _complete(command, context)
        case SendDtmf():
            return _one(tables.SEND_DTMF, context, {"digits": command.tones})
        case Consult():
            called = context.interaction is None or context.interaction.media is Media.VOICE
            if not called or command.media not in {"", Media.VOICE}:
                raise UnsupportedError(codec.NAME, "a consultation that is no call")
            return _to(tables.INTERACTION_CONSULT, command, context)
        case SingleStepTransfer():
            return _to(tables.BLIND_TRANSFER, command, context)
        case SingleStepConference():
            return _to(tables.BLIND_CONFERENCE, command, context)
        case SetData():
            target = _ref(context, "target")
            return _run(
                [
                    _call(tables.SET_DATA, target, {"key": key, "value": value})
                    for key, value in command.data.items()
                ],
                context,
            )
        case SetDisposition():
            return _one(tables.SET_DISPOSITION, context, {"disposition": command.disposition})
        case ListDispositions():
            return _list_dispositions(context)
        case ListDirectory():
            return _list_directory(command, context, options)
        case VendorCall():
            return _vendor_call(command, context)
        case (
            Reject()
            | Hold()
            | Retrieve()
            | Mute()
            | Unmute()
            | StartRecording()
            | StopRecording()
            | PauseRecording()
            | ResumeRecording()
            | Alternate()
            | CompleteTransfer()
            | CompleteConference()
        ):
            method, key = PLAIN[type(command)]
            return _run([_call(method, _ref(context, key), {})], context)
        case (
            StartChat()
            | StartEmail()
            | BlockCompletion()
            | UnblockCompletion()
            | Focus()
            | SendChat()
            | DropParty()
            | DeleteData()
            | SetNotes()
        ):
            name = verb(command)
            raise UnsupportedError(codec.NAME, f"{name}: {COMMANDS_SOUTH[name].note}")


def _ref(context: Context, key: str) -> str:
    """A target out of the snapshots: the interaction's, else the agent's; empty if there is none."""
    for snapshot in (context.interaction, context.agent):
        if snapshot is not None and (found := snapshot.refs.get(key)):
            return found
    return ""


def _call(method: str, target: str, data: Json) -> Call:
    return Call(method=method, params=(data,), target=target)


def _one(method: str, context: Context, data: Json, done: Done | None = None) -> Flow:
    kind = method.partition(".")[0]
    return _run([_call(method, _ref(context, REF_OF[kind]), data)], context, done)


def _run(calls: Sequence[Call], context: Context, done: Done | None = None) -> Flow:
    """Calls one after the other, until one does not succeed."""
    for nth, call in enumerate(calls):
        if not call.target:
            return _untargeted(call)
        reached = codec.outcome(codec.read((yield call).body), context.agent)
        if not isinstance(reached, Done):
            return _after(nth, reached)
    return done or Done()


def _after(calls: int, reached: Outcome) -> Outcome:
    """A failure when earlier calls went through has had an effect."""
    if calls and isinstance(reached, Failed):
        return msgspec.structs.replace(reached, effect=Effect.UNKNOWN)
    return reached


def _untargeted(call: Call) -> Failed:
    if call.method.startswith(tables.CHANNEL):
        return Failed(code=ErrorCode.NO_CHANNEL, message="the agent has no channel to do it on")
    return Failed(code=ErrorCode.WRONG_STATE, message=f"there is nothing to send {call.method} to")


# --- signing in, agent state


def prepare(options: ChannelSessionSettings, agent: str, password: str, *, override: bool) -> Call:
    """The call that makes a session."""
    return _call(
        wire.PREPARE, "", wire.PrepareData(wire.AgentCredentials(agent, password), options.model, override)
    )


def start(session: str, extension: str) -> Call:
    """The call that starts it: the first on every session."""
    return _call(tables.START, session, {"extension": extension} if extension else {})


def prepared(response: wire.Message) -> str:
    """The session id in a prepareSession's success. Raises MalformedFrame."""
    try:
        return _prepared(response.data).resource_id
    except msgspec.DecodeError as error:
        raise MalformedFrame(codec.NAME, wire.PREPARE, str(error)) from error


def _login(command: Login, options: ChannelSessionSettings) -> Flow:
    override = command.force or command.answers.get("confirm") is True
    response = codec.read(
        (yield prepare(options, command.agent_id, command.password, override=override)).body
    )
    reached = codec.outcome(response)
    if isinstance(reached, Question) and "confirm" in command.answers and not override:
        return Failed(code=ErrorCode.ALREADY_LOGGED_IN, message=reached.title)
    if not isinstance(reached, Done):
        return reached
    call = start(prepared(response), command.extension or options.extension)
    return _after(1, codec.outcome(codec.read((yield call).body)))


def _set_state(context: Context, state: AgentState, reason: str) -> Call:
    if state not in tables.SETTABLE:
        raise UnsupportedError(codec.NAME, f"setting the agent state {state}")
    data = {"state": tables.AGENT_STATE_OUT[state]}
    if reason:
        data["reason"] = reason
    if group := _ref(context, "group"):
        return _call(tables.GROUP_SET_STATE, group, data)
    return _call(tables.CHANNEL_SET_STATE, _ref(context, "channel"), data)


# --- calls


def _dial(command: Dial, context: Context, options: ChannelSessionSettings) -> Flow:
    if command.caller_id:
        raise UnsupportedError(codec.NAME, "a caller id per call")
    extensions = incontact.dial_extensions(command, demanded=options.incontact)
    if extensions is None:
        raise UnsupportedError(codec.NAME, f"dialling the destination kind {command.destination_kind}")
    data: dict[str, Json] = {"destination": command.destination}
    if extensions:
        data["extensions"] = extensions
    dropped = (NO_DATA,) if command.data or command.records else ()
    # The agent's own channel: another interaction may be on another one.
    target = context.agent.refs.get("channel", "") if context.agent is not None else ""
    return _run([_call(tables.DIAL, target, data)], context, Done(warnings=dropped))


def _to(method: str, command: Consult | SingleStepTransfer | SingleStepConference, context: Context) -> Flow:
    warnings = [] if command.destination_kind is DestinationKind.EXTERNAL else [NO_KIND]
    if command.data:
        warnings.append(f"{NO_DATA}: {', '.join(command.data)}")
    data: dict[str, Json] = {"destination": command.destination}
    if command.extensions:
        data["extensions"] = command.extensions
    return _one(method, context, data, Done(warnings=tuple(warnings)))


def _complete(command: Complete, context: Context) -> Flow:
    """Complete, or set the agent state that completes: after-call work is not completed a second time."""
    if context.interaction is not None and context.interaction.consult_of is not None:
        return Failed(code=ErrorCode.WRONG_STATE, message="a consultation has no work of its own to finish")
    asked = command.answers.get("agent_state")
    state = None
    if isinstance(asked, str) and asked:
        word, _, reason = asked.partition(":")
        try:
            state = _set_state(context, AgentState(word), reason)
        except (ValueError, UnsupportedError):
            return Failed(code=ErrorCode.INVALID_COMMAND, message=f"agent_state: no such state as {word!r}")
    data = incontact.completion(command)
    working = context.agent is not None and context.agent.state is AgentState.AFTER_CALL_WORK
    asked_for = context.answered is NeedInfoKind.AGENT_STATE
    if state is not None and (asked_for or (working and not data)):
        return (yield from _run([state], context))
    target = _ref(context, "target")
    reached = yield from _run([_call(tables.COMPLETE, target, data)], context)
    if isinstance(reached, Question) and not data and (data := incontact.left_out(command, reached)):
        reached = yield from _run([_call(tables.COMPLETE, target, data)], context)
    if state is not None and isinstance(reached, Question) and reached.kind is NeedInfoKind.AGENT_STATE:
        return (yield from _run([state], context))
    return reached


# --- lists


def _list_dispositions(context: Context) -> Flow:
    target = _ref(context, "channel")
    if not target:
        return _untargeted(_call(tables.EXTERNAL_DISPOSITIONS, target, {}))
    response = codec.read((yield _call(tables.EXTERNAL_DISPOSITIONS, target, {})).body)
    reached = codec.outcome(response, context.agent)
    if not isinstance(reached, Done):
        return reached
    printed = _members(response.data)
    listed = lists.dispositions(printed)
    return Done(data=[msgspec.to_builtins(one) for one in listed], extras=printed)


def _list_directory(command: ListDirectory, context: Context, options: ChannelSessionSettings) -> Flow:
    session = _ref(context, "session")
    method = incontact.ADDRESS_BOOK if options.incontact else tables.GET_DIRECTORY
    if not session:
        return _untargeted(_call(method, session, {}))
    response = codec.read(
        (yield _call(method, session, {"realtime": True} if options.incontact else {})).body
    )
    reached = codec.outcome(response, context.agent)
    if not isinstance(reached, Done):
        return reached
    printed = _members(response.data)
    entries = incontact.directory(printed) if options.incontact else lists.directory(printed)
    wanted = command.query.casefold()
    return Done(
        data=[
            msgspec.to_builtins(entry)
            for entry in entries
            if wanted in entry.name.casefold() or wanted in entry.address.casefold()
        ],
        extras={} if wanted else printed,
    )


# --- the way out


def _vendor_call(command: VendorCall, context: Context) -> Flow:
    """Params: the data, and a target where the one that the command's name implies is not meant."""
    data = command.params[0] if command.params else {}
    named = command.params[1] if len(command.params) > 1 else None
    kind = command.method.strip().partition(".")[0]
    if kind not in REF_OF and not isinstance(named, str):
        raise UnsupportedError(codec.NAME, f"the command {command.method}: it names no kind of object")
    target = named if isinstance(named, str) else _ref(context, REF_OF.get(kind, ""))
    return _any_call(_call(command.method, target, data), context)


def _any_call(call: Call, context: Context) -> Flow:
    if not call.target:
        return _untargeted(call)
    response = codec.read((yield call).body)
    reached = codec.outcome(response, context.agent)
    return Done(data=msgspec.json.decode(response.data)) if isinstance(reached, Done) else reached
