"""South: commands that take more than one plain call: generators that hold nothing a restart would lose.

Plain ones are one call of their row. Source: seed 003; reference channel-session.md sections 1.5, 4 and 7.
"""

from collections.abc import Callable, Generator, Sequence
from typing import Final

import msgspec

from adapters.channel_session import codec, decode, incontact, methods, outcomes, tables, wire
from adapters.channel_session.addressing import REF_OF, addressed, ref
from adapters.channel_session.extras import Members
from adapters.channel_session.rows import Row
from adapters.channel_session.settings import ChannelSessionSettings
from adapters.contract.dialect import Call, Context, Done, Flow, Outcome, Reply
from adapters.kit import reading
from adapters.kit.methods import plain_calls
from schemas import commands as c
from schemas.agent import AgentState
from schemas.errors import UnsupportedError
from schemas.interaction import Media
from schemas.needinfo import NeedInfoKind, Question
from schemas.observations import DirectoryEntry
from schemas.results import Effect, ErrorCode, Failed
from schemas.values import Json

Asking = Generator[Call, Reply, wire.Message | Question | Failed]

NO_KIND: Final = "the kind of destination is not said: the platform takes it for a number"
NO_DATA: Final = "attached data and records cannot ride along with a dial"

_PLAIN: Final = plain_calls(methods.ROWS)
_members = msgspec.json.Decoder(Members).decode
_prepared = msgspec.json.Decoder(wire.PreparedData).decode


def begin(command: c.AnyCommand, context: Context, options: ChannelSessionSettings) -> Flow:  # noqa: C901, PLR0911, PLR0912  # one arm a c.verb
    """Begin a command. Raises UnsupportedError for what the protocol cannot say."""
    match command:
        case c.Login():
            return _login(command, options)
        case c.SetState():
            return _run([_set_state(context, command.state, command.reason)], context)
        case c.Dial():
            return _dial(command, context, options)
        case c.Accept():
            row = methods.ANSWER if ref(context, "conversation") else methods.ACCEPT
            return _run([row({})], context)
        case c.Complete():
            return _complete(command, context)
        case c.Release() | c.Consult() if not _of_a_call(command, context):
            raise UnsupportedError(tables.NAME, f"{c.verb(command)}: only of a call")
        case c.Consult():
            return _to(methods.CONSULT, command, context)
        case c.SingleStepTransfer():
            return _to(methods.BLIND_TRANSFER, command, context)
        case c.SingleStepConference():
            return _to(methods.BLIND_CONFERENCE, command, context)
        case c.SetData():
            calls = [methods.SET_DATA({"key": key, "value": value}) for key, value in command.data.items()]
            return _run(calls, context)
        case c.ListDispositions():
            return _list(methods.EXTERNAL_DISPOSITIONS({}), context, decode.dispositions)
        case c.ListDirectory():
            return _list_directory(command, context, options)
        case c.VendorCall():
            return _vendor_call(command, context)
        case _ if (known := _PLAIN.get(type(command))) is not None:
            makes, build = known
            return _run([build(makes, command, context)], context)
        case _:
            name = c.verb(command)
            raise UnsupportedError(tables.NAME, f"{name}: {methods.CAPABILITIES.commands_south[name].note}")


def _of_a_call(command: c.Release | c.Consult, context: Context) -> bool:
    on_call = context.interaction is None or context.interaction.media is Media.VOICE
    return on_call and (isinstance(command, c.Release) or command.media in {"", Media.VOICE})


def _run(calls: Sequence[Call | Failed], context: Context, done: Done | None = None) -> Flow:
    """Calls one after the other, until one does not succeed."""
    for nth, call in enumerate(calls):
        response = yield from _ask(call, context)
        if not isinstance(response, wire.Message):
            return _after(nth, response)
    return done or Done()


def _one(call: Call, context: Context, gives: Callable[[wire.Message], Done]) -> Flow:
    """One call, and what its success gives."""
    response = yield from _ask(call, context)
    return gives(response) if isinstance(response, wire.Message) else response


def _ask(call: Call | Failed, context: Context) -> Asking:
    """One call: its success, or what else came of it."""
    if isinstance(call, Call):
        call = addressed(call, context)
    if isinstance(call, Failed):
        return call
    response = codec.read((yield call).body)
    reached = outcomes.outcome(response, context.agent)
    return response if isinstance(reached, Done) else reached


def _after(calls: int, reached: Question | Failed) -> Outcome:
    """A failure when earlier calls went through has had an effect."""
    if calls and isinstance(reached, Failed):
        return msgspec.structs.replace(reached, effect=Effect.UNKNOWN)
    return reached


# --- signing in, agent state


def prepare(options: ChannelSessionSettings, agent: str, password: str, *, override: bool) -> Call:
    """The call that makes a session."""
    data = wire.PrepareData(wire.AgentCredentials(agent, password), options.model, override)
    return Call(method=wire.PREPARE, params=(data,))


def start(session: str, extension: str) -> Call:
    """The call that starts it: the first on every session."""
    return methods.START({"extension": extension} if extension else {}, target=session)


def prepared(response: wire.Message) -> str:
    """The session id in a prepareSession's success. Raises MalformedFrame."""
    with reading.malformed(tables.NAME, wire.PREPARE):
        return _prepared(response.data).resource_id


def _login(command: c.Login, options: ChannelSessionSettings) -> Flow:
    override = command.force or command.answers.get("confirm") is True
    call = prepare(options, command.agent_id, command.password, override=override)
    response = codec.read((yield call).body)
    reached = outcomes.outcome(response)
    if isinstance(reached, Question) and "confirm" in command.answers and not override:
        return Failed(code=ErrorCode.ALREADY_LOGGED_IN, message=reached.title)
    if not isinstance(reached, Done):
        return reached
    started = yield start(prepared(response), command.extension or options.extension)
    reached = outcomes.outcome(codec.read(started.body))
    return reached if isinstance(reached, Done) else _after(1, reached)


def _set_state(context: Context, state: AgentState, reason: str) -> Call:
    if state not in tables.SETTABLE:
        raise UnsupportedError(tables.NAME, f"setting the agent state {state}")
    data = {"state": tables.AGENT_STATE_OUT[state]}
    if reason:
        data["reason"] = reason
    row = methods.GROUP_SET_STATE if ref(context, "group") else methods.CHANNEL_SET_STATE
    return row(data)


# --- calls


def _dial(command: c.Dial, context: Context, options: ChannelSessionSettings) -> Flow:
    if command.caller_id:
        raise UnsupportedError(tables.NAME, "a caller id per call")
    extensions = incontact.dial_extensions(command, demanded=options.incontact)
    if extensions is None:
        raise UnsupportedError(tables.NAME, f"dialling the destination kind {command.destination_kind}")
    data: dict[str, Json] = {"destination": command.destination}
    if extensions:
        data["extensions"] = extensions
    dropped = (NO_DATA,) if command.data or command.records else ()
    # On the agent's own channel: another interaction may be on another one.
    own = Context(agent=context.agent)
    return _run([methods.DIAL(data)], own, Done(warnings=dropped))


def _to(
    row: Row, command: c.Consult | c.SingleStepTransfer | c.SingleStepConference, context: Context
) -> Flow:
    warnings = [] if command.destination_kind is c.DestinationKind.EXTERNAL else [NO_KIND]
    if command.data:
        warnings.append(f"{NO_DATA}: {', '.join(command.data)}")
    data: dict[str, Json] = {"destination": command.destination}
    if command.extensions:
        data["extensions"] = command.extensions
    return _run([row(data)], context, Done(warnings=tuple(warnings)))


def _complete(command: c.Complete, context: Context) -> Flow:
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
    reached = yield from _run([methods.COMPLETE(data)], context)
    if isinstance(reached, Question) and not data and (data := incontact.left_out(command, reached)):
        reached = yield from _run([methods.COMPLETE(data)], context)
    if state is not None and isinstance(reached, Question) and reached.kind is NeedInfoKind.AGENT_STATE:
        return (yield from _run([state], context))
    return reached


# --- lists


def _list_directory(command: c.ListDirectory, context: Context, options: ChannelSessionSettings) -> Flow:
    call = methods.GET_DIRECTORY({})
    read: Callable[[Members], Sequence[DirectoryEntry]] = decode.directory
    if options.incontact:
        call, read = incontact.ADDRESS_BOOK({"realtime": True}), incontact.directory
    wanted = command.query.casefold()

    def found(received: Members) -> Sequence[DirectoryEntry]:
        return [
            one for one in read(received) if wanted in one.name.casefold() or wanted in one.address.casefold()
        ]

    return _list(call, context, found, whole=not wanted)


def _list(
    call: Call, context: Context, read: Callable[[Members], Sequence[msgspec.Struct]], *, whole: bool = True
) -> Flow:
    """The list that a request brings; as it was printed, too, if that is all of it."""

    def gives(response: wire.Message) -> Done:
        received = _members(response.data)
        listed = [msgspec.to_builtins(one) for one in read(received)]
        return Done(data=listed, extras=received if whole else {})

    return _one(call, context, gives)


# --- the way out


def _vendor_call(command: c.VendorCall, context: Context) -> Flow:
    """Params: the data, and a target where the one that the command's name implies is not meant."""
    data = command.params[0] if command.params else {}
    named = command.params[1] if len(command.params) > 1 else None
    if not isinstance(named, str) and tables.kind(command.method.strip()) not in REF_OF:
        raise UnsupportedError(tables.NAME, f"the command {command.method}: it names no kind of object")
    target = named if isinstance(named, str) else ""
    call = Call(method=command.method, params=(data,), target=target)
    return _one(call, context, lambda response: Done(data=msgspec.json.decode(response.data)))
