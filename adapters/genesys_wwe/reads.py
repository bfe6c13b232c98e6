"""North: what a client is answered from what is known, without a command. Pure.

Source: reference 3. Options are read by selector: a name, a wildcard at either end, or `Section/` before it.
"""

from collections.abc import Iterable
from typing import Final

import msgspec

from adapters.genesys_wwe import answers, methods, requests, showing, theirs, wire
from adapters.genesys_wwe.scope import Scope, read
from adapters.genesys_wwe.settings import Settings
from schemas.interaction import Interaction
from schemas.values import Json

SECTION: Final = "interaction-workspace"  # of a selector that names none
READS: Final = (
    frozenset(
        {
            "interaction.getInteractions",
            "interaction.getByInteractionId",
            "agent.get",
            "agent.getState",
            "agent.getStateList",
            "media.getMediaList",
            "media.getMediaByName",
            "sipEndpoint.isMicrophoneMute",
            "configuration.getOption",
            "configuration.getContextualOption",
            "system.getAllowedServices",
            "system.triggerActivity",
        }
    )
    | methods.FRAME.keys()
)

_on_interaction = msgspec.json.Decoder(wire.OnInteraction)
_named = msgspec.json.Decoder(wire.Named)
_options = msgspec.json.Decoder(wire.Options)


def answer(scope: Scope, method: str, params: msgspec.Raw) -> Json:
    """The `data` of the reply to a method in READS. Raises RefusedError."""
    session = scope.session()
    data: Json
    match method:
        case "interaction.getInteractions":
            data = [_interaction(scope, one) for one in scope.interactions()]
        case "interaction.getByInteractionId":
            one = scope.find(read(_on_interaction, params).interactionId)
            data = None if one is None else _interaction(scope, one)
        case "agent.get" | "agent.getState" | "agent.getStateList" | "media.getMediaList":
            said = scope.said(method)
            data = _of_the_agent(scope, method) if said is None else said
        case "media.getMediaByName":
            name = read(_named, params).name
            media = scope.said(answers.MEDIA)
            if media is None:
                data = next((one for one in showing.media_list(session) if one.name == name), None)
            else:
                data = theirs.medium(media, name)
        case "sipEndpoint.isMicrophoneMute":
            data = any(one.muted for one in requests.calls(scope))
        case "configuration.getOption":
            data = sections(scope.settings, read(_options, params).options)
        case "configuration.getContextualOption":
            asked = read(_options, params)
            scope.interaction(asked.interactionId or "")
            data = sections(scope.settings, asked.options)
        case "system.getAllowedServices":
            served = methods.NORTH | methods.BESIDE | (methods.PASSED.keys() if scope.theirs() else set())
            data = sorted(service for service in served if scope.settings.serves(service))
        case _:  # the frames; and an activity, for which there is no timer to put back
            data = methods.FRAME.get(method)
    return data


def _interaction(scope: Scope, one: Interaction) -> Json:
    """As the platform of the same dialect showed it last, else as our snapshot has it."""
    if not scope.theirs():
        return requests.as_given(scope, one, showing.interaction(one, scope.settings))
    frame = scope.view.frame(one.id)
    shown = None if frame is None else theirs.read(one, frame, scope.settings)
    return theirs.rebuilt(one, scope.settings) if shown is None else shown


def _of_the_agent(scope: Scope, method: str) -> Json:
    session = scope.session()
    match method:
        case "agent.get":
            return showing.agent(session, scope.agent_id)
        case "agent.getState":
            return showing.agent_state(session)
        case "agent.getStateList":
            return [state for state, _ in showing.state_list(session)]
        case _:
            return showing.media_list(session)


def sections(settings: Settings, selectors: tuple[str, ...] | str) -> list[wire.Section]:
    """The options that any of the selectors names, by section; a section without any is left out."""
    wanted = (selectors,) if isinstance(selectors, str) else selectors
    found: dict[str, dict[str, str]] = {}
    for selector in wanted:
        before, slash, after = selector.partition("/")
        section, pattern = (before, after) if slash else (SECTION, selector)
        options = dict(_matching(settings.options.get(section, {}), pattern))
        if options:
            found.setdefault(section, {}).update(options)
    return [wire.Section(name, options) for name, options in found.items()]


def _matching(options: dict[str, str], pattern: str) -> Iterable[tuple[str, str]]:
    start, end = pattern.endswith("*"), pattern.startswith("*")
    core = pattern.strip("*")
    for name, value in options.items():
        if (
            name == pattern
            or (start and end and core in name)
            or (start and not end and name.startswith(core))
            or (end and not start and name.endswith(core))
        ):
            yield name, value
