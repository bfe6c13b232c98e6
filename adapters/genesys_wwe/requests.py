"""North: what a client's requests mean, as commands or as an answer from what is known. Pure.

Which method is read by what stands in `methods`; a module of its own, because those rows stand on it. What a
function takes after the scope are the method's parameters: those before the callbacks `succeeded` and
`failed`, as seed 002 names them (interactionId, keyValues, warningMessage, caseId, targetQuery, ...).

Source: seed 002, methods; reference 2.4 (catalogue of errors) and 3. This API has no question to put back to
a client. What a command lacks is told in its errorMessage; the client may give it in the `extensions` of a
request that has them, under `answer.<field>` (our convention), or set it as attached data beforehand: under
the same key, or the configured one of a disposition or of notes.
"""

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Final

import msgspec

from adapters.genesys_wwe import same_dialect, snapshots, tables, wire
from adapters.genesys_wwe.calls import ToTarget
from adapters.genesys_wwe.scope import Plan, Scope, plan
from adapters.genesys_wwe.settings import Settings
from adapters.kit import jsonrpc
from schemas import commands as c
from schemas.agent import AgentState
from schemas.errors import RefusedError
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


def interaction(scope: Scope, interaction_id: str) -> Plan:
    """One that is named; null if there is none."""
    one = scope.find(interaction_id)
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


def medium(scope: Scope, name: str) -> Plan:
    """One of the agent's media."""
    said = scope.said(tables.MEDIA_LIST)
    if said is not None:
        return Plan(data=same_dialect.medium(said, name))
    return Plan(data=next((one for one in snapshots.media_list(scope.session()) if one.name == name), None))


def muted(scope: Scope) -> Json:
    """Whether any call is."""
    return any(one.muted for one in calls(scope))


def options(scope: Scope, options: tuple[str, ...] | str) -> Plan:
    """The sections with the options that any of the selectors names; a section without any is left out.

    A selector is a name, with a wildcard at either end, or `Section/` before it. Source: reference 3.9.
    """
    found: dict[str, dict[str, str]] = {}
    for selector in (options,) if isinstance(options, str) else options:
        before, slash, after = selector.partition("/")
        section, pattern = (before, after) if slash else (SECTION, selector)
        of_it = scope.settings.options.get(section, {})
        matching = {name: value for name, value in of_it.items() if fnmatchcase(name, pattern)}
        if matching:
            found.setdefault(section, {}).update(matching)
    return Plan(data=[wire.Section(*section) for section in found.items()])


def contextual_options(
    scope: Scope, wanted: tuple[str, ...] | str, interaction_id: str | None = None
) -> Plan:
    """The same, about an interaction."""
    scope.interaction(interaction_id or "")
    return options(scope, wanted)


# --- attached data, which is the disposition and the notes too


def set_data(scope: Scope, interaction_id: str, key_values: dict[str, Json]) -> Plan:
    """One command at most: it is done as a whole or not at all, as for a key that may not be written.

    Dispositions and notes are keys like any other here. Elsewhere they have a command of their own, which is
    taken where nothing else is set at the same time; beside others they are data like the rest, and count
    when the interaction is marked done. Once the media are over that is all that they are good for.
    """
    one = scope.interaction(interaction_id)
    for key in key_values:
        _writable(scope.settings, key)
    if scope.same_dialect:
        return plan(c.SetData(interaction_id=one.id, data=key_values))
    of_completion = {scope.settings.disposition_key, scope.settings.notes_key} & key_values.keys()
    answers = {key for key in key_values if key.startswith(ANSWER)}
    given = {one.id: {key: key_values[key] for key in of_completion | answers}}
    if len(of_completion) == len(key_values) == 1:
        [(key, value)] = key_values.items()
        command = _alone(scope, one, key, value)
    else:
        later = answers if one.ended_at is None else of_completion | answers
        data = {key: value for key, value in key_values.items() if key not in later}
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


def delete_data(scope: Scope, interaction_id: str, key: str) -> Plan:
    """An absent key is deleted already, where the platform shows all that there are."""
    one = scope.interaction(interaction_id)
    _writable(scope.settings, key)
    scope.given.get(one.id, {}).pop(key, None)
    if not scope.same_dialect and key not in snapshots.all_data(one, scope.settings):
        return Plan()
    return plan(c.DeleteData(interaction_id=one.id, key=key))


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


def complete(scope: Scope, interaction_id: str) -> Plan:
    """With what has been chosen already, so that nobody asks for it again."""
    one, settings = scope.interaction(interaction_id), scope.settings
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


def block(scope: Scope, interaction_id: str, warning_message: str | None = None) -> Plan:
    """For as long as the operator has set."""
    return plan(
        c.BlockCompletion(
            interaction_id=scope.interaction(interaction_id).id,
            message=warning_message or tables.BLOCK_WARNING,
            limit_s=scope.settings.block_markdone_timeout_ms / 1000,
        )
    )


def select_case(scope: Scope, case_id: str) -> Plan:
    """A case, by our id or the platform's own, comes to the front by its main interaction, or its first."""
    of_case = [
        one
        for one in scope.interactions()
        if case_id == one.root_id or (scope.same_dialect and case_id == one.refs.get("case"))
    ]
    if not of_case:
        raise RefusedError(ErrorCode.UNKNOWN_OBJECT, f"Unknown case: {case_id}")
    main = next((one for one in of_case if one.consult_of is None and one.parent_id is None), of_case[0])
    return plan(c.Focus(interaction_id=main.id))


def to_target(
    kind: ToTarget,
    scope: Scope,
    interaction_id: str,
    target_query: wire.Target | str,
    user_data: dict[str, Json] | None = None,
    extensions: dict[str, Json] | None = None,
) -> Plan:
    """To another party: a consultation, by any medium, or a transfer or conference at once."""
    destination, destination_kind, media = _target(target_query)
    answers, riding = _answers(extensions)
    command = kind(
        interaction_id=scope.interaction(interaction_id).id,
        destination=destination,
        destination_kind=destination_kind,
        data=user_data or {},
        extensions=riding,
        answers=answers,
    )
    if isinstance(command, c.Consult):
        command = msgspec.structs.replace(command, media=media)
    return plan(command)


def _target_word(query: wire.Target | str) -> str:
    """The object names its kind `type`, or `target` on the consult page; a bare text has none."""
    return "" if isinstance(query, str) else query.type or query.target or ""


def is_target_unknown(_scope: Scope, _interaction_id: str, target_query: wire.Target | str) -> bool:
    """Whether it is of a kind that our model has not got."""
    word = _target_word(target_query)
    return bool(word) and word not in tables.TARGET_IN


def _target(query: wire.Target | str) -> tuple[str, c.DestinationKind, str]:
    """Destination, its kind, medium."""
    if isinstance(query, str):
        return query, c.DestinationKind.EXTERNAL, ""
    word = _target_word(query)
    kind = tables.TARGET_IN.get(word)
    if kind is None:
        raise RefusedError(ErrorCode.INVALID_COMMAND, f"Unknown target type: {word}")
    media = query.media or ""
    medium = tables.MEDIA_IN.get(media)
    return query.destination, kind, media if medium is None else medium.value


def preview(
    kind: type[c.Accept | c.Reject],
    scope: Scope,
    interaction_id: str | None = None,
    _record_handle: int | None = None,
) -> Plan:
    """Of the record that is shown."""
    one = scope.preview(interaction_id)
    if one.state is not InteractionState.PREVIEW:
        raise RefusedError(ErrorCode.WRONG_STATE, f"No preview: {one.id}")
    return plan(kind(interaction_id=one.id))


def calls(scope: Scope) -> tuple[Interaction, ...]:
    """The agent's calls that are talked on or held."""
    return tuple(one for one in scope.interactions() if one.media is Media.VOICE and one.state in _ALIVE)


def microphone(kind: type[c.Mute | c.Unmute], scope: Scope) -> Plan:
    """The whole endpoint: every call that is talked on, or for unmuting that is muted, else every call.

    On the platform's own endpoint one command does for all; it is given also if we believe it needless.
    """
    alive = calls(scope)
    if kind is c.Mute and not alive:
        raise RefusedError(ErrorCode.WRONG_STATE, "There is no call to mute")
    talking = [
        one for one in alive if one.state is InteractionState.CONNECTED or (kind is c.Unmute and one.muted)
    ]
    meant = alive[:1] if scope.same_dialect else talking or alive
    return plan(*(kind(interaction_id=one.id) for one in meant))


# --- commands of the agent


def dial(
    scope: Scope,
    destination: str,
    user_data: dict[str, Json] | None = None,
    extensions: dict[str, Json] | None = None,
) -> Plan:
    """To a number."""
    answers, riding = _answers(extensions)
    return plan(
        c.Dial(
            session_id=scope.session_id(),
            destination=destination,
            data=user_data or {},
            extensions=riding,
            answers=answers,
        )
    )


def start_email(scope: Scope, destination: str, user_data: dict[str, Json] | None = None) -> Plan:
    """To an address."""
    return plan(c.StartEmail(session_id=scope.session_id(), destination=destination, data=user_data or {}))


def set_state(scope: Scope, operation: str) -> Plan:
    """By an operation name out of the list of states, or a plain one of this API."""
    session_id, session = scope.session_id(), scope.session()
    said = scope.said(tables.STATE_LIST)
    found = None if session is None else same_dialect.operation(session, said, operation)
    if found is not None:
        return plan(c.SetState(session_id=session_id, state=found[0], reason=found[1]))
    listed = {
        state.operationName: (choice.state, choice.id) for state, choice in snapshots.state_list(session)
    }
    plain = {name: (state, "") for state, name in tables.OPERATION_OUT.items()}
    if operation not in plain | listed:
        raise RefusedError(ErrorCode.UNKNOWN_OBJECT, f"Unknown state: {operation}")
    state, reason = (plain | listed)[operation]
    if state is AgentState.LOGGED_OUT:
        return plan(c.Logout(session_id=session_id, reason=reason))
    return plan(c.SetState(session_id=session_id, state=state, reason=reason))


def has_several_media(scope: Scope) -> bool:
    """Whether the agent has; the model has one state for all of them."""
    session = scope.session()
    return session is not None and len(session.channels) > 1


def set_medium_state(scope: Scope, media_name: str, operation: str) -> Plan:
    """A medium's own can be set where it is the only one."""
    names = [one.name for one in snapshots.media_list(scope.session())]
    if media_name not in names:
        raise RefusedError(ErrorCode.UNKNOWN_OBJECT, f"Unknown media: {media_name}")
    if len(names) > 1:
        raise RefusedError(ErrorCode.UNSUPPORTED, "The state is set for all media at once: agent.setState")
    return set_state(scope, operation)


# --- messages


def broadcast(_scope: Scope, channel: str, message: dict[str, msgspec.Raw]) -> Plan:
    """Any JSON object. The event is named by the channel, by which the vendor's library finds its handler."""
    if not channel:
        raise RefusedError(ErrorCode.INVALID_COMMAND, "Parameters: the channel has no name")
    return Plan(broadcast=jsonrpc.event(tables.MESSENGER + channel, message))
