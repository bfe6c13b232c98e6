"""North: a client's requests as canonical commands. Pure, given what the client may see.

Source: seed 002, methods; reference 2.4 (catalogue of errors) and 3. This API has no question to put back to
a client. What a command lacks is told in its errorMessage; the client may give it in the `extensions` of a
request that has them, under `answer.<field>` (our convention), or set it as attached data beforehand: under
the same key, or the configured one of a disposition or of notes.
"""

from collections.abc import Mapping
from typing import Final

import msgspec

from adapters.genesys_wwe import answers, showing, tables, theirs, wire
from adapters.genesys_wwe.scope import Scope, read
from adapters.genesys_wwe.settings import Settings
from schemas import commands as c
from schemas.agent import AgentState
from schemas.errors import RefusedError
from schemas.ids import InteractionId, SessionId
from schemas.interaction import Interaction, InteractionState, Media
from schemas.results import ErrorCode
from schemas.values import Json

ANSWER: Final = "answer."

_Plain = type[
    c.Accept
    | c.Reject
    | c.Release
    | c.Hold
    | c.Retrieve
    | c.StartRecording
    | c.StopRecording
    | c.PauseRecording
    | c.ResumeRecording
    | c.CompleteTransfer
    | c.CompleteConference
]
# One interaction id, nothing else.
PLAIN: Final[Mapping[str, _Plain]] = {
    "interaction.accept": c.Accept,
    "interaction.reject": c.Reject,
    "interaction.completeTransfer": c.CompleteTransfer,
    "interaction.completeConference": c.CompleteConference,
    "voice.answer": c.Accept,
    "voice.hold": c.Hold,
    "voice.resume": c.Retrieve,
    "voice.hangUp": c.Release,
    "voice.startCallRecording": c.StartRecording,
    "voice.stopCallRecording": c.StopRecording,
    "voice.pauseCallRecording": c.PauseRecording,
    "voice.resumeCallRecording": c.ResumeRecording,
}

_on_interaction = msgspec.json.Decoder(wire.OnInteraction)
_on_case = msgspec.json.Decoder(wire.OnCase)
_on_target = msgspec.json.Decoder(wire.OnTarget)
_set_user_data = msgspec.json.Decoder(wire.SetUserData)
_delete_user_data = msgspec.json.Decoder(wire.DeleteUserData)
_block_markdone = msgspec.json.Decoder(wire.BlockMarkdone)
_dial = msgspec.json.Decoder(wire.Dial)
_named = msgspec.json.Decoder(wire.Named)
_set_media_state = msgspec.json.Decoder(wire.SetMediaState)
_preview_record = msgspec.json.Decoder(wire.PreviewRecord)


def commands(  # noqa: C901, PLR0911, PLR0912  # one arm a method
    scope: Scope, method: str, params: msgspec.Raw
) -> tuple[c.AnyCommand, ...]:
    """What a request means; empty where there is nothing left to do. Raises RefusedError."""
    plain = PLAIN.get(method)
    if plain is not None:
        one = scope.interaction(read(_on_interaction, params).interactionId)
        return (plain(interaction_id=one.id),)
    match method:
        case "interaction.deleteUserData":
            return _delete_data(scope, read(_delete_user_data, params))
        case "interaction.selectCaseByCaseId":
            return _select_case(scope, read(_on_case, params).caseId)
        case "interaction.markdone":
            return (_complete(scope, scope.interaction(read(_on_interaction, params).interactionId)),)
        case "interaction.blockMarkdone":
            block = read(_block_markdone, params)
            one = scope.interaction(block.interactionId)
            message = block.warningMessage or tables.BLOCK_WARNING
            limit_s = scope.settings.block_markdone_timeout_ms / 1000
            return (c.BlockCompletion(interaction_id=one.id, message=message, limit_s=limit_s),)
        case "interaction.unblockMarkdone":
            one = scope.interaction(read(_on_interaction, params).interactionId)
            return (c.UnblockCompletion(interaction_id=one.id),)  # perhaps it is another application's block
        case "interaction.consult" | "interaction.singleStepTransfer" | "interaction.singleStepConference":
            return (_to_target(scope, method, read(_on_target, params)),)
        case "agent.setState":
            return (_set_state(scope, read(_named, params).name),)
        case "media.setState":
            return (_set_media(scope, read(_set_media_state, params)),)
        case "outbound.callPreviewRecord" | "outbound.rejectPreviewRecord":
            verb = c.Accept if method == "outbound.callPreviewRecord" else c.Reject
            return (verb(interaction_id=_preview(scope, read(_preview_record, params).interactionId).id),)
        case "voice.dial" | "voice.dialEx":
            return (_dial_command(scope, read(_dial, params)),)
        case "email.create":
            mail = read(_dial, params)
            return (
                c.StartEmail(
                    session_id=scope.session_id(), destination=mail.destination, data=mail.userData or {}
                ),
            )
        case "sipEndpoint.muteMicrophone":
            return _mute(scope)
        case "sipEndpoint.unmuteMicrophone":
            return tuple(c.Unmute(interaction_id=one.id) for one in _with_the_microphone(scope, muted=True))
        case _:
            raise RefusedError(ErrorCode.UNSUPPORTED, f"Unknown service: {method}")


def calls(scope: Scope) -> tuple[Interaction, ...]:
    """The agent's calls that are talked on or held."""
    alive = {InteractionState.CONNECTED, InteractionState.HELD}
    return tuple(one for one in scope.interactions() if one.media is Media.VOICE and one.state in alive)


def _mute(scope: Scope) -> tuple[c.AnyCommand, ...]:
    """The whole endpoint: every call that is talked on, also if we believe it muted."""
    found = _with_the_microphone(scope, muted=False)
    if not found:
        raise RefusedError(ErrorCode.WRONG_STATE, "There is no call to mute")
    return tuple(c.Mute(interaction_id=one.id) for one in found)


def _with_the_microphone(scope: Scope, *, muted: bool) -> tuple[Interaction, ...]:
    """The calls that are talked on, or `muted`, else all; one for all on the platform's own endpoint."""
    alive = calls(scope)
    if scope.theirs():
        return alive[:1]
    return (
        tuple(one for one in alive if one.state is InteractionState.CONNECTED or (muted and one.muted))
        or alive
    )


class Setting(msgspec.Struct, frozen=True):
    """What setUserData comes to: one command at most, so that it is done as a whole or not at all."""

    interaction_id: InteractionId
    command: c.AnyCommand | None  # None: there is nothing that the platform has to know yet
    given: dict[str, Json]  # for the time when the interaction is marked done


def set_data(scope: Scope, params: msgspec.Raw) -> Setting:
    """Read setUserData. Raises RefusedError for a key that may not be written, whatever else there is.

    Dispositions and notes are keys like any other here. Elsewhere they have a command of their own, which is
    taken where nothing else is set at the same time; beside others they are data like the rest, and count
    when the interaction is marked done. Once the media are over that is all that they are good for.
    """
    request = read(_set_user_data, params)
    one = scope.interaction(request.interactionId)
    for key in request.keyValues:
        _writable(scope.settings, key)
    if scope.theirs():
        return Setting(one.id, c.SetData(interaction_id=one.id, data=request.keyValues), {})
    chosen = {scope.settings.disposition_key, scope.settings.notes_key} & request.keyValues.keys()
    answers = {key for key in request.keyValues if key.startswith(ANSWER)}
    given = {key: request.keyValues[key] for key in chosen | answers}
    if chosen == request.keyValues.keys() and len(chosen) == 1:
        [(key, value)] = given.items()
        return Setting(one.id, _alone(scope, one, key, value), given)
    later = answers if one.ended_at is None else chosen | answers
    data = {key: value for key, value in request.keyValues.items() if key not in later}
    return Setting(one.id, c.SetData(interaction_id=one.id, data=data) if data else None, given)


def _alone(scope: Scope, one: Interaction, key: str, value: Json) -> c.AnyCommand | None:
    """A disposition or notes, nothing else; None where the platform takes them with the completion only."""
    command: c.AnyCommand
    if value in (None, ""):
        return c.SetData(interaction_id=one.id, data={key: value})
    if key == scope.settings.disposition_key:
        command = c.SetDisposition(interaction_id=one.id, disposition=str(value))
    else:
        command = c.SetNotes(interaction_id=one.id, notes=str(value))
    return command if not one.allowed or c.verb(command) in one.allowed else None


def _delete_data(scope: Scope, request: wire.DeleteUserData) -> tuple[c.AnyCommand, ...]:
    """An absent key is deleted already, where the platform shows all that there are."""
    one = scope.interaction(request.interactionId)
    _writable(scope.settings, request.key)
    scope.given.get(one.id, {}).pop(request.key, None)
    if not scope.theirs() and request.key not in showing.all_data(one, scope.settings):
        return ()
    return (c.DeleteData(interaction_id=one.id, key=request.key),)


def _writable(settings: Settings, key: str) -> None:
    if not settings.writable(key):
        raise RefusedError(ErrorCode.NOT_ALLOWED, f"Key not writable: {key}")


def _select_case(scope: Scope, case: str) -> tuple[c.AnyCommand, ...]:
    """A case is brought to the front by its main interaction, else by its first."""
    of_case = [one for one in scope.interactions() if case in (one.root_id, scope.case_of(one))]
    if not of_case:
        raise RefusedError(ErrorCode.UNKNOWN_OBJECT, f"Unknown case: {case}")
    main = next((one for one in of_case if one.consult_of is None and one.parent_id is None), of_case[0])
    return (c.Focus(interaction_id=main.id),)


def as_given(scope: Scope, one: Interaction, shown: wire.Interaction) -> wire.Interaction:
    """With what this client has set of it, as it was written."""
    known = set() if one.disposition is None else {scope.settings.disposition_key}  # by its name by now
    given = {
        key: value
        for key, value in scope.given.get(one.id, {}).items()
        if key not in known and scope.settings.readable(key)
    }
    return msgspec.structs.replace(shown, userData={**(shown.userData or {}), **given}) if given else shown


def still_given(scope: Scope, one: Interaction) -> dict[str, Json]:
    """What was set of it, without what somebody has chosen otherwise by now."""
    given = dict(scope.given[one.id])
    disposition, notes = scope.settings.disposition_key, scope.settings.notes_key
    if one.disposition is not None and str(given.get(disposition)) not in showing.names_of(one.disposition):
        given.pop(disposition, None)
    if one.notes and given.get(notes) != one.notes:
        given.pop(notes, None)
    return given


def _complete(scope: Scope, one: Interaction) -> c.Complete:
    """With what has been chosen already, so that nobody asks for it again."""
    settings = scope.settings
    given = scope.given.get(one.id, {})
    answers = {key.removeprefix(ANSWER): value for key, value in given.items() if key.startswith(ANSWER)}
    chosen = one.disposition
    disposition = given.get(settings.disposition_key)
    if chosen is not None and (disposition is None or str(disposition) in showing.names_of(chosen)):
        disposition = chosen.id or chosen.code or chosen.name
    elif disposition is None:
        disposition = one.data.get(settings.disposition_key)
    notes = given.get(settings.notes_key) or one.notes or one.data.get(settings.notes_key)
    for name, value in (("disposition", disposition), ("notes", notes)):
        if value not in (None, ""):
            answers[name] = str(value)
    return c.Complete(interaction_id=one.id, answers=answers)


def _to_target(scope: Scope, method: str, request: wire.OnTarget) -> c.AnyCommand:
    one = scope.interaction(request.interactionId)
    destination, kind, media = _target(request.targetQuery)
    answers, extensions = _answers(request.extensions)
    data = request.userData or {}
    if method == "interaction.consult":
        return c.Consult(
            interaction_id=one.id,
            destination=destination,
            destination_kind=kind,
            media=media,
            data=data,
            extensions=extensions,
            answers=answers,
        )
    verb = c.SingleStepTransfer if method == "interaction.singleStepTransfer" else c.SingleStepConference
    return verb(
        interaction_id=one.id,
        destination=destination,
        destination_kind=kind,
        data=data,
        extensions=extensions,
        answers=answers,
    )


def _target(query: wire.Target | str) -> tuple[str, c.DestinationKind, str]:
    """Destination, its kind, medium. The object names its kind `type`, or `target` on the consult page."""
    if isinstance(query, str):
        return query, c.DestinationKind.EXTERNAL, ""
    word = query.type or query.target or ""
    kind = tables.TARGET_IN.get(word)
    if kind is None:
        raise RefusedError(ErrorCode.INVALID_COMMAND, f"Unknown target type: {word}")
    media = query.media or ""
    medium = tables.MEDIA_IN.get(media)
    return query.destination, kind, media if medium is None else medium.value


def _answers(extensions: dict[str, Json] | None) -> tuple[dict[str, Json], dict[str, Json]]:
    """What answers a question, and what is the platform's own."""
    given = extensions or {}
    answers = {key.removeprefix(ANSWER): value for key, value in given.items() if key.startswith(ANSWER)}
    return answers, {key: value for key, value in given.items() if not key.startswith(ANSWER)}


def _dial_command(scope: Scope, request: wire.Dial) -> c.Dial:
    answers, extensions = _answers(request.extensions)
    return c.Dial(
        session_id=scope.session_id(),
        destination=request.destination,
        data=request.userData or {},
        extensions=extensions,
        answers=answers,
    )


def _set_state(scope: Scope, operation: str) -> c.AnyCommand:
    """By an operation name out of the list that agent.getStateList gives, or a plain one of this API."""
    session_id = scope.session_id()
    session = scope.session()
    found = None if session is None else theirs.operation(session, scope.said(answers.STATES), operation)
    if found is not None:
        return c.SetState(session_id=session_id, state=found[0], reason=found[1])
    listed = {state.operationName: choice for state, choice in showing.state_list(session)}
    choice = listed.get(operation)
    if choice is not None:
        return _into(session_id, choice.state, choice.id)
    plain = {name: state for state, name in tables.OPERATION_OUT.items()}.get(operation)
    if plain is None:
        raise RefusedError(ErrorCode.UNKNOWN_OBJECT, f"Unknown state: {operation}")
    return _into(session_id, plain, "")


def _set_media(scope: Scope, request: wire.SetMediaState) -> c.AnyCommand:
    """The model has one state for all media: a medium's own can be set where it is the only one."""
    names = [one.name for one in showing.media_list(scope.session())]
    if request.mediaName not in names:
        raise RefusedError(ErrorCode.UNKNOWN_OBJECT, f"Unknown media: {request.mediaName}")
    if len(names) > 1:
        raise RefusedError(ErrorCode.UNSUPPORTED, "The state is set for all media at once: agent.setState")
    return _set_state(scope, request.stateOperationName)


def _preview(scope: Scope, interaction_id: str | None) -> Interaction:
    """The record that is shown; it need not be named where there is only one (reference 7, row 9)."""
    one = scope.only_preview() if interaction_id is None else scope.interaction(interaction_id)
    if one.state is not InteractionState.PREVIEW:
        raise RefusedError(ErrorCode.WRONG_STATE, f"No preview: {one.id}")
    return one


def _into(session_id: SessionId, state: AgentState, reason: str) -> c.AnyCommand:
    if state is AgentState.LOGGED_OUT:
        return c.Logout(session_id=session_id, reason=reason)
    return c.SetState(session_id=session_id, state=state, reason=reason)
