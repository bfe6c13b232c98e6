"""North: what a client is answered from what is known, without a command. Pure.

Source: reference 3. Options are read by selector: a name, a wildcard at either end, or `Section/` before it.
"""

from collections.abc import Iterable
from typing import Final

import msgspec

from adapters.genesys_wwe import methods, requests, showing, wire
from adapters.genesys_wwe.settings import Settings
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


def answer(  # noqa: C901  # one arm a method
    scope: requests.Scope, method: str, params: msgspec.Raw
) -> Json:
    """The `data` of the reply to a method in READS. Raises RefusedError."""
    session = scope.session()
    data: Json
    match method:
        case "interaction.getInteractions":
            data = [showing.interaction(one, scope.settings) for one in scope.interactions()]
        case "interaction.getByInteractionId":
            one = scope.find(requests.read(_on_interaction, params).interactionId)
            data = None if one is None else showing.interaction(one, scope.settings)
        case "agent.get":
            data = showing.agent(session, scope.agent_id)
        case "agent.getState":
            data = showing.agent_state(session)
        case "agent.getStateList":
            data = [state for state, _ in showing.state_list(session)]
        case "media.getMediaList":
            data = showing.media_list(session)
        case "media.getMediaByName":
            name = requests.read(_named, params).name
            data = next((one for one in showing.media_list(session) if one.name == name), None)
        case "sipEndpoint.isMicrophoneMute":
            data = any(one.muted for one in requests.calls(scope))
        case "configuration.getOption":
            data = sections(scope.settings, requests.read(_options, params).options)
        case "configuration.getContextualOption":
            asked = requests.read(_options, params)
            scope.interaction(asked.interactionId or "")
            data = sections(scope.settings, asked.options)
        case "system.getAllowedServices":
            served = methods.NORTH | methods.BESIDE
            data = sorted(service for service in served if scope.settings.serves(service))
        case _:  # the frames; and an activity, for which there is no timer to put back
            data = methods.FRAME.get(method)
    return data


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
