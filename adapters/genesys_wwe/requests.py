"""North: what a client's requests mean, as commands or as an answer from what is known. Pure.

Which method is read by what stands in `methods`; a module of its own, because those rows stand on it. Source:
seed 002, methods; reference 2.4 (catalogue of errors) and 3. This API has no question to put back to a
client. What a command lacks is told in its errorMessage; the client may give it in the `extensions` of a
request that has them, under `answer.<field>` (our convention), or set it as attached data beforehand: under
the same key, or the configured one of a disposition or of notes.
"""

from collections.abc import Mapping
from typing import Final

import msgspec

from adapters.genesys_wwe import same_dialect, snapshots, tables, wire
from adapters.genesys_wwe.scope import Plan, Scope, plan
from adapters.genesys_wwe.settings import Settings
from adapters.kit import jsonrpc
from schemas import commands as c
from schemas.agent import AgentState
from schemas.errors import RefusedError
from schemas.ids import SessionId
from schemas.interaction import Interaction, InteractionState, Media
from schemas.results import ErrorCode
from schemas.values import Json

ANSWER: Final = "answer."
SECTION: Final = "interaction-workspace"  # of a selector that names none
_ALIVE: Final = frozenset({InteractionState.CONNECTED, InteractionState.HELD})

# --- answers from what is known


def interactions(scope: Scope) -> Json:
    """All that can be shown."""
    return [_shown(scope, one) for one in scope.interactions()]


def interaction(scope: Scope, params: wire.OnInteraction) -> Plan:
    """One that is named; null if there is none."""
    one = scope.find(params.interactionId)
    return Plan(data=None if one is None else _shown(scope, one))


def _shown(scope: Scope, one: Interaction) -> Json:
    """As the platform of the same dialect showed it last, else as our snapshot has it."""
    if scope.same_dialect:
        frame = scope.view.frame(one.id)
        came = None if frame is None else same_dialect.read(one, frame, scope.settings)
        return same_dialect.rebuilt(one, scope.settings) if came is None else came
    shown = snapshots.interaction(one, scope.settings)
    known = set() if one.disposition is None else {scope.settings.disposition_key}  # by its name by now
    given = {
        key: value
        for key, value in scope.given.get(one.id, {}).items()
        if key not in known and scope.settings.readable(key)
    }
    return msgspec.structs.replace(shown, userData={**(shown.userData or {}), **given}) if given else shown


def medium(scope: Scope, said: msgspec.Raw | None, name: str) -> Plan:
    """One of the agent's media; `said` is the list as the platform of the same dialect gave it."""
    if said is not None:
        return Plan(data=same_dialect.medium(said, name))
    return Plan(data=next((one for one in snapshots.media_list(scope.session()) if one.name == name), None))


def muted(scope: Scope) -> Json:
    """Whether any call is."""
    return any(one.muted for one in calls(scope))


def options(scope: Scope, params: wire.Options) -> Plan:
    """The sections with the options that any of the selectors names; a section without any is left out.

    A selector is a name, with a wildcard at either end, or `Section/` before it. Source: reference 3.9.
    """
    wanted = (params.options,) if isinstance(params.options, str) else params.options
    found: dict[str, dict[str, str]] = {}
    for selector in wanted:
        before, slash, after = selector.partition("/")
        section, pattern = (before, after) if slash else (SECTION, selector)
        of_it = scope.settings.options.get(section, {})
        matching = {name: value for name, value in of_it.items() if _fits(name, pattern)}
        if matching:
            found.setdefault(section, {}).update(matching)
    return Plan(data=[wire.Section(*section) for section in found.items()])


def contextual_options(scope: Scope, params: wire.Options) -> Plan:
    """The same, about an interaction."""
    scope.interaction(params.interactionId or "")
    return options(scope, params)


def _fits(name: str, pattern: str) -> bool:
    core = pattern.strip("*")
    if pattern.startswith("*"):
        return core in name if pattern.endswith("*") else name.endswith(core)
    return name.startswith(core) if pattern.endswith("*") else name == pattern


# --- attached data, which is the disposition and the notes too


def set_data(scope: Scope, params: wire.SetUserData) -> Plan:
    """One command at most: it is done as a whole or not at all, as for a key that may not be written.

    Dispositions and notes are keys like any other here. Elsewhere they have a command of their own, which is
    taken where nothing else is set at the same time; beside others they are data like the rest, and count
    when the interaction is marked done. Once the media are over that is all that they are good for.
    """
    one = scope.interaction(params.interactionId)
    for key in params.keyValues:
        _writable(scope.settings, key)
    if scope.same_dialect:
        return plan(c.SetData(interaction_id=one.id, data=params.keyValues))
    of_completion = {scope.settings.disposition_key, scope.settings.notes_key} & params.keyValues.keys()
    answers = {key for key in params.keyValues if key.startswith(ANSWER)}
    given = {one.id: {key: params.keyValues[key] for key in of_completion | answers}}
    if len(of_completion) == len(params.keyValues) == 1:
        [(key, value)] = params.keyValues.items()
        command = _alone(scope, one, key, value)
    else:
        later = answers if one.ended_at is None else of_completion | answers
        data = {key: value for key, value in params.keyValues.items() if key not in later}
        command = c.SetData(interaction_id=one.id, data=data) if data else None
    return Plan(commands=() if command is None else (command,), given=given)


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


def delete_data(scope: Scope, params: wire.DeleteUserData) -> Plan:
    """An absent key is deleted already, where the platform shows all that there are."""
    one = scope.interaction(params.interactionId)
    _writable(scope.settings, params.key)
    scope.given.get(one.id, {}).pop(params.key, None)
    if not scope.same_dialect and params.key not in snapshots.all_data(one, scope.settings):
        return Plan()
    return plan(c.DeleteData(interaction_id=one.id, key=params.key))


def _writable(settings: Settings, key: str) -> None:
    if not settings.writable(key):
        raise RefusedError(ErrorCode.NOT_ALLOWED, f"Key not writable: {key}")


def remember(scope: Scope, done: Plan) -> None:
    """What it has set, for the time when the interaction is marked done."""
    for interaction_id, given in done.given.items():
        if given:
            scope.given.setdefault(interaction_id, {}).update(given)


def forget(scope: Scope, one: Interaction) -> None:
    """What was set of it counts no more: it is over, or somebody has chosen something else since."""
    if one.state is InteractionState.COMPLETED:
        scope.given.pop(one.id, None)
    given = scope.given.get(one.id, {})
    disposition, notes = scope.settings.disposition_key, scope.settings.notes_key
    if one.disposition is not None and str(given.get(disposition)) not in snapshots.names_of(one.disposition):
        given.pop(disposition, None)
    if one.notes and given.get(notes) != one.notes:
        given.pop(notes, None)


def complete(scope: Scope, params: wire.OnInteraction) -> Plan:
    """With what has been chosen already, so that nobody asks for it again."""
    one, settings = scope.interaction(params.interactionId), scope.settings
    given = scope.given.get(one.id, {})
    answers, _ = _answers(given)
    chosen = one.disposition
    disposition = given.get(settings.disposition_key)
    if chosen is not None and (disposition is None or str(disposition) in snapshots.names_of(chosen)):
        disposition = chosen.id or chosen.code or chosen.name
    elif disposition is None:
        disposition = one.data.get(settings.disposition_key)
    notes = given.get(settings.notes_key) or one.notes or one.data.get(settings.notes_key)
    for name, value in (("disposition", disposition), ("notes", notes)):
        if value not in (None, ""):
            answers[name] = str(value)
    return plan(c.Complete(interaction_id=one.id, answers=answers))


def _answers(given: Mapping[str, Json] | None) -> tuple[dict[str, Json], dict[str, Json]]:
    """What answers a question, and what is the platform's own."""
    found = given or {}
    answers = {key.removeprefix(ANSWER): value for key, value in found.items() if key.startswith(ANSWER)}
    return answers, {key: value for key, value in found.items() if not key.startswith(ANSWER)}


# --- commands on interactions


def block(scope: Scope, params: wire.BlockMarkdone) -> Plan:
    """For as long as the operator has set."""
    return plan(
        c.BlockCompletion(
            interaction_id=scope.interaction(params.interactionId).id,
            message=params.warningMessage or tables.BLOCK_WARNING,
            limit_s=scope.settings.block_markdone_timeout_ms / 1000,
        )
    )


def select_case(scope: Scope, params: wire.Named) -> Plan:
    """A case is brought to the front by its main interaction, else by its first."""
    case = params.name
    of_case = [one for one in scope.interactions() if case in (one.root_id, _case_of(scope, one))]
    if not of_case:
        raise RefusedError(ErrorCode.UNKNOWN_OBJECT, f"Unknown case: {case}")
    main = next((one for one in of_case if one.consult_of is None and one.parent_id is None), of_case[0])
    return plan(c.Focus(interaction_id=main.id))


def _case_of(scope: Scope, one: Interaction) -> str:
    """The id of its case: the platform's own, else ours."""
    return one.refs.get("case", one.root_id) if scope.same_dialect else one.root_id


def consult(scope: Scope, params: wire.OnTarget) -> Plan:
    """With another party, by any medium."""
    destination, kind, media = _target(params.targetQuery)
    answers, extensions = _answers(params.extensions)
    return plan(
        c.Consult(
            interaction_id=scope.interaction(params.interactionId).id,
            destination=destination,
            destination_kind=kind,
            media=media,
            data=params.userData or {},
            extensions=extensions,
            answers=answers,
        )
    )


def single_step(
    kind: type[c.SingleStepTransfer | c.SingleStepConference], scope: Scope, params: wire.OnTarget
) -> Plan:
    """To a target, at once."""
    destination, destination_kind, _ = _target(params.targetQuery)
    answers, extensions = _answers(params.extensions)
    return plan(
        kind(
            interaction_id=scope.interaction(params.interactionId).id,
            destination=destination,
            destination_kind=destination_kind,
            data=params.userData or {},
            extensions=extensions,
            answers=answers,
        )
    )


def target_word(query: wire.Target | str) -> str:
    """The object names its kind `type`, or `target` on the consult page; a bare text has none."""
    return "" if isinstance(query, str) else query.type or query.target or ""


def _target(query: wire.Target | str) -> tuple[str, c.DestinationKind, str]:
    """Destination, its kind, medium."""
    if isinstance(query, str):
        return query, c.DestinationKind.EXTERNAL, ""
    word = target_word(query)
    kind = tables.TARGET_IN.get(word)
    if kind is None:
        raise RefusedError(ErrorCode.INVALID_COMMAND, f"Unknown target type: {word}")
    media = query.media or ""
    medium = tables.MEDIA_IN.get(media)
    return query.destination, kind, media if medium is None else medium.value


def preview(kind: type[c.Accept | c.Reject], scope: Scope, params: wire.PreviewRecord) -> Plan:
    """Of the record that is shown."""
    one = scope.preview(params.interactionId)
    if one.state is not InteractionState.PREVIEW:
        raise RefusedError(ErrorCode.WRONG_STATE, f"No preview: {one.id}")
    return plan(kind(interaction_id=one.id))


def calls(scope: Scope) -> tuple[Interaction, ...]:
    """The agent's calls that are talked on or held."""
    return tuple(one for one in scope.interactions() if one.media is Media.VOICE and one.state in _ALIVE)


def mute(scope: Scope) -> Plan:
    """The whole endpoint: every call that is talked on, also if we believe it muted."""
    found = _with_the_microphone(scope, muted=False)
    if not found:
        raise RefusedError(ErrorCode.WRONG_STATE, "There is no call to mute")
    return plan(*(c.Mute(interaction_id=one.id) for one in found))


def unmute(scope: Scope) -> Plan:
    """The whole endpoint; nothing if there is no call."""
    return plan(*(c.Unmute(interaction_id=one.id) for one in _with_the_microphone(scope, muted=True)))


def _with_the_microphone(scope: Scope, *, muted: bool) -> tuple[Interaction, ...]:
    """The calls that are talked on, or `muted`, else all; one for all on the platform's own endpoint."""
    alive = calls(scope)
    if scope.same_dialect:
        return alive[:1]
    talking = (one for one in alive if one.state is InteractionState.CONNECTED or (muted and one.muted))
    return tuple(talking) or alive


# --- commands of the agent


def dial(scope: Scope, params: wire.Dial) -> Plan:
    """To a number."""
    answers, extensions = _answers(params.extensions)
    return plan(
        c.Dial(
            session_id=scope.session_id(),
            destination=params.destination,
            data=params.userData or {},
            extensions=extensions,
            answers=answers,
        )
    )


def start_email(scope: Scope, params: wire.Dial) -> Plan:
    """To an address."""
    return plan(
        c.StartEmail(
            session_id=scope.session_id(), destination=params.destination, data=params.userData or {}
        )
    )


def set_state(scope: Scope, said: msgspec.Raw | None, operation: str) -> Plan:
    """By an operation name out of the list of states, or a plain one of this API.

    `said` is the list as the platform of the same dialect gave it.
    """
    session_id, session = scope.session_id(), scope.session()
    found = None if session is None else same_dialect.operation(session, said, operation)
    if found is not None:
        state, reason = found
        return plan(c.SetState(session_id=session_id, state=state, reason=reason))
    listed = {state.operationName: choice for state, choice in snapshots.state_list(session)}
    choice = listed.get(operation)
    if choice is not None:
        return _into(session_id, choice.state, choice.id)
    plain = {name: state for state, name in tables.OPERATION_OUT.items()}.get(operation)
    if plain is None:
        raise RefusedError(ErrorCode.UNKNOWN_OBJECT, f"Unknown state: {operation}")
    return _into(session_id, plain, "")


def _into(session_id: SessionId, state: AgentState, reason: str) -> Plan:
    if state is AgentState.LOGGED_OUT:
        return plan(c.Logout(session_id=session_id, reason=reason))
    return plan(c.SetState(session_id=session_id, state=state, reason=reason))


def set_medium_state(scope: Scope, said: msgspec.Raw | None, params: wire.SetMediaState) -> Plan:
    """The model has one state for all media: a medium's own can be set where it is the only one."""
    names = [one.name for one in snapshots.media_list(scope.session())]
    if params.mediaName not in names:
        raise RefusedError(ErrorCode.UNKNOWN_OBJECT, f"Unknown media: {params.mediaName}")
    if len(names) > 1:
        raise RefusedError(ErrorCode.UNSUPPORTED, "The state is set for all media at once: agent.setState")
    return set_state(scope, said, params.stateOperationName)


# --- messages


def broadcast(params: wire.BroadcastMessage) -> Plan:
    """The event is named by the whole channel, by which the vendor's library finds its handler."""
    if not params.channel:
        raise RefusedError(ErrorCode.INVALID_COMMAND, "Parameters: the channel has no name")
    return Plan(broadcast=jsonrpc.event(tables.MESSENGER + params.channel, params.message))
