"""South: canonical commands as calls of the vendor's API. Sans-IO generators that hold nothing.

Source: seed 002, methods; reference 3.2 to 3.6 for agent, voice, email and sipEndpoint.
"""

from collections.abc import Generator, Mapping
from typing import Final

import msgspec

from adapters.dialect import Call, Context, Done, Flow, Reply
from adapters.genesys_wwe import codec, observing, tables, wire
from adapters.genesys_wwe.capabilities import COMMANDS_SOUTH, NO_RECORDS, OWN_TIMER
from adapters.genesys_wwe.settings import Settings
from adapters.genesys_wwe.tables import NAME
from schemas import commands as c
from schemas.errors import UnsupportedError
from schemas.interaction import Interaction, InteractionState, Media
from schemas.results import Effect, ErrorCode, Failed
from schemas.values import Json

# One call with the interaction's id, nothing to add.
PLAIN: Final[Mapping[type[c.AnyCommand], str]] = {
    c.Accept: "interaction.accept",
    c.Reject: "interaction.reject",
    c.Hold: "voice.hold",
    c.Retrieve: "voice.resume",
    c.StartRecording: "voice.startCallRecording",
    c.StopRecording: "voice.stopCallRecording",
    c.PauseRecording: "voice.pauseCallRecording",
    c.ResumeRecording: "voice.resumeCallRecording",
    c.UnblockCompletion: "interaction.unblockMarkdone",
}

_states = msgspec.json.Decoder(tuple[wire.State, ...])


def begin(settings: Settings, command: c.AnyCommand, context: Context) -> Flow:  # noqa: C901, PLR0911, PLR0912  # one arm a verb
    """The flow of a command. Raises UnsupportedError for what the platform has no call for."""
    match command:
        case (
            c.Login()
            | c.Logout()
            | c.StartChat()
            | c.SendDtmf()
            | c.SendChat()
            | c.DropParty()
            | c.ListDispositions()
            | c.ListDirectory()
        ):
            verb = c.verb(command)
            raise UnsupportedError(NAME, f"{verb}: {COMMANDS_SOUTH[verb].note}")
        case c.Reject() if context.interaction is not None and (
            context.interaction.state is InteractionState.PREVIEW
        ):
            return _on_interaction(context, "outbound.rejectPreviewRecord")
        case (
            c.Accept()
            | c.Reject()
            | c.Hold()
            | c.Retrieve()
            | c.StartRecording()
            | c.StopRecording()
            | c.PauseRecording()
            | c.ResumeRecording()
            | c.UnblockCompletion()
        ):
            return _on_interaction(context, PLAIN[type(command)])
        case c.Release():
            if context.interaction is not None and context.interaction.media is not Media.VOICE:
                raise UnsupportedError(NAME, "leaving a chat, e-mail or work item before it is marked done")
            return _on_interaction(context, "voice.hangUp")
        case c.Complete():
            return _complete(settings, command, context)
        case c.BlockCompletion():
            return _block(settings, command, context)
        case c.Mute():
            return _microphone("sipEndpoint.muteMicrophone")
        case c.Unmute():
            return _microphone("sipEndpoint.unmuteMicrophone")
        case c.Focus():
            return _focus(context)
        case c.SetData():
            return _on_interaction(context, "interaction.setUserData", command.data)
        case c.DeleteData():
            return _on_interaction(context, "interaction.deleteUserData", command.key)
        case c.SetDisposition():
            data = {settings.disposition_key: command.disposition}
            return _on_interaction(context, "interaction.setUserData", data)
        case c.SetNotes():
            return _on_interaction(context, "interaction.setUserData", {settings.notes_key: command.notes})
        case c.Consult():
            return _consult(command, context)
        case c.SingleStepTransfer():
            return _single_step(command, context, "interaction.singleStepTransfer")
        case c.SingleStepConference():
            _no_extensions_in_chat(command.extensions, context)
            return _single_step(command, context, "interaction.singleStepConference")
        case c.CompleteTransfer():
            return _with_consultation(context, "interaction.completeTransfer")
        case c.CompleteConference():
            return _with_consultation(context, "interaction.completeConference")
        case c.Alternate():
            return _alternate(context)
        case c.Dial():
            return _dial(command)
        case c.StartEmail():
            warnings = (NO_RECORDS,) if command.records else ()
            return _call(Call(method="email.create", params=(command.destination, command.data)), warnings)
        case c.SetState():
            return _set_state(command, context)
        case c.VendorCall():
            return _vendor_call(command)


# --- one call


def _ask(call: Call) -> Generator[Call, Reply, msgspec.Raw | Failed]:
    """Make one call: its data, or how it failed."""
    reply = yield call
    return codec.read_answer(reply.body)


def _call(call: Call, warnings: tuple[str, ...] = ()) -> Flow:
    answer = yield from _ask(call)
    return answer if isinstance(answer, Failed) else Done(warnings=warnings)


def _fail(code: ErrorCode, message: str) -> Flow:
    yield from ()
    return Failed(code=code, message=message)


def _ref(interaction: Interaction | None) -> str | None:
    return None if interaction is None else interaction.refs.get("interaction")


def _on_interaction(context: Context, method: str, *params: Json) -> Flow:
    ref = _ref(context.interaction)
    if ref is None:
        return _fail(ErrorCode.UNKNOWN_INTERACTION, "The platform has no such interaction")
    return _call(Call(method=method, params=(ref, *params)))


def _block(settings: Settings, command: c.BlockCompletion, context: Context) -> Flow:
    """The platform has one time for all blocks, which nobody tells; we may know it."""
    ref = _ref(context.interaction)
    if ref is None:
        return _fail(ErrorCode.UNKNOWN_INTERACTION, "The platform has no such interaction")
    other = command.limit_s and round(command.limit_s * 1000) != settings.block_markdone_timeout_ms
    warnings = (OWN_TIMER,) if other else ()
    return _call(Call(method="interaction.blockMarkdone", params=(ref, command.message)), warnings)


def _microphone(method: str) -> Flow:
    verb = "interaction.mute" if method == "sipEndpoint.muteMicrophone" else "interaction.unmute"
    return _call(Call(method=method), (COMMANDS_SOUTH[verb].note,))


def _focus(context: Context) -> Flow:
    case = None if context.interaction is None else context.interaction.refs.get("case")
    if case is None:
        return _fail(ErrorCode.UNKNOWN_OBJECT, "The platform has not told the case of this interaction")
    return _call(Call(method="interaction.selectCaseByCaseId", params=(case,)))


def _vendor_call(command: c.VendorCall) -> Flow:
    if command.method in tables.SECRETS:
        raise UnsupportedError(NAME, f"{command.method}: the answer is a secret and would be told on")
    if "." not in command.method:  # a request is always namespace.method
        raise UnsupportedError(NAME, f"the method {command.method}")
    return _any_call(command)


def _any_call(command: c.VendorCall) -> Flow:
    answer = yield from _ask(Call(method=command.method, params=command.params))
    return answer if isinstance(answer, Failed) else Done(data=msgspec.json.decode(answer))


# --- beginning something


def _dial(command: c.Dial) -> Flow:
    """The answer does not say which interaction came of it, so neither does Done."""
    if command.caller_id:
        raise UnsupportedError(NAME, "a caller id per call")
    if command.destination_kind is not c.DestinationKind.EXTERNAL:
        raise UnsupportedError(NAME, f"a call to a {command.destination_kind.value} without an interaction")
    warnings = (NO_RECORDS,) if command.records else ()
    if command.extensions:
        params = (command.destination, command.data, command.extensions)
        return _call(Call(method="voice.dialEx", params=params), warnings)
    return _call(Call(method="voice.dial", params=(command.destination, command.data)), warnings)


def _target(destination: str, kind: c.DestinationKind, media: str = "") -> Json:
    """A bare text is a telephone number; whatever else has to be said, needs the object."""
    if kind is c.DestinationKind.EXTERNAL and not media:
        return destination
    target = {"type": tables.TARGET_OUT[kind], "destination": destination}
    return {**target, "media": media} if media else target


def _no_extensions_in_chat(extensions: dict[str, Json], context: Context) -> None:
    if extensions and context.interaction is not None and context.interaction.media is Media.CHAT:
        raise UnsupportedError(NAME, "extensions in a chat")


def _consult(command: c.Consult, context: Context) -> Flow:
    if command.media in {"", Media.CHAT}:
        _no_extensions_in_chat(command.extensions, context)
    known = {medium.value: word for medium, word in tables.MEDIA_OUT.items()}
    media = known.get(command.media, command.media)
    target = _target(command.destination, command.destination_kind, media)
    return _on_interaction(context, "interaction.consult", target, command.data, command.extensions)


def _single_step(
    command: c.SingleStepTransfer | c.SingleStepConference, context: Context, method: str
) -> Flow:
    target = _target(command.destination, command.destination_kind)
    return _on_interaction(context, method, target, command.data, command.extensions)


# --- with a consultation


def _with_consultation(context: Context, method: str) -> Flow:
    ref = _ref(context.consultation())
    if ref is None:
        return _fail(ErrorCode.WRONG_STATE, "There is no consultation to complete")
    return _call(Call(method=method, params=(ref,)))


def _alternate(context: Context) -> Flow:
    pair = [one for one in (context.consultation(), context.consulted()) if one is not None]
    active = next((one for one in pair if one.state is InteractionState.CONNECTED), None)
    waiting = next((one for one in pair if one.state is InteractionState.HELD), None)
    hold, resume = _ref(active), _ref(waiting)
    if hold is None or resume is None:
        return _fail(ErrorCode.WRONG_STATE, "It takes one connected and one held call")
    return _swap(hold, resume)


def _swap(hold: str, resume: str) -> Flow:
    """Hold first: two calls cannot both be talked on."""
    held = yield from _ask(Call(method="voice.hold", params=(hold,), step="hold the connected call"))
    if isinstance(held, Failed):
        return held
    resumed = yield from _ask(Call(method="voice.resume", params=(resume,), step="retrieve the held call"))
    return _halfway(resumed) if isinstance(resumed, Failed) else Done()


def _halfway(failed: Failed) -> Failed:
    """An earlier call of the same command went through: it is no longer certain that nothing happened."""
    return msgspec.structs.replace(failed, effect=Effect.UNKNOWN)


# --- finishing


def _complete(settings: Settings, command: c.Complete, context: Context) -> Flow:
    ref = _ref(context.interaction)
    if ref is None or context.interaction is None:
        return _fail(ErrorCode.UNKNOWN_INTERACTION, "The platform has no such interaction")
    return _mark_done(ref, context.interaction, _unsaid(settings, command, context.interaction), command)


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


def _mark_done(ref: str, interaction: Interaction, data: dict[str, Json], command: c.Complete) -> Flow:
    if data:
        attached = yield from _ask(Call(method="interaction.setUserData", params=(ref, data)))
        if isinstance(attached, Failed):
            return attached
    answer = yield from _ask(Call(method="interaction.markdone", params=(ref,)))
    if isinstance(answer, Failed):
        if interaction.completion_blocked and answer.effect is Effect.NONE:
            answer = msgspec.structs.replace(answer, code=ErrorCode.COMPLETION_BLOCKED)
        return _halfway(answer) if data else answer
    if "agent_state" in command.answers:  # the desktop asks no such question; agent.set_state is the way
        return Done(warnings=("The agent's state after it was not set",))
    return Done()


# --- the agent's state


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
        states = yield from _ask(Call(method="agent.getStateList"))
        if isinstance(states, Failed):
            return msgspec.structs.replace(states, effect=Effect.NONE)  # only asked so far
        try:
            operation = _operation(_states.decode(states), command)
        except msgspec.DecodeError as error:
            return Failed(code=ErrorCode.PLATFORM_ERROR, message=f"agent.getStateList: {error}")
    if operation is None:
        return Failed(code=ErrorCode.UNKNOWN_OBJECT, message="Not in this agent's list of states")
    answer = yield from _ask(Call(method="agent.setState", params=(operation,)))
    return answer if isinstance(answer, Failed) else Done()


def _operation(states: tuple[wire.State, ...], command: c.SetState) -> str | None:
    if not command.reason:
        return observing.plain_operations(states).get(command.state.value)
    return next(
        (
            one.operationName
            for one in observing.settable(states)
            if command.reason in (one.operationName, one.displayName)
            and tables.AGENT_STATE_IN.get(one.type or "") is command.state
        ),
        None,
    )
