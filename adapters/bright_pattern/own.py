"""North: methods that are answered here, without asking the platform.

Source: reference/bright-pattern.md sections 3.2, 3.4 and 3.7. The client's own choices (service, number,
stored screens) are kept for as long as it is connected.
"""

from collections.abc import Sequence

import msgspec

from adapters.bright_pattern import north_codec, wire_agent
from adapters.bright_pattern.memory import Memory
from adapters.bright_pattern.methods import Args, Scope
from adapters.bright_pattern.questions import as_text
from adapters.bright_pattern.settings import BrightPatternSettings
from adapters.kit import jsonrpc
from schemas.values import Json


class Own(msgspec.Struct, frozen=True):
    """The answer, and the events that follow it."""

    data: Json = None
    events: Sequence[bytes] = ()


def answer(  # noqa: C901, PLR0911  # one arm a method
    method: str, args: Args, scope: Scope, memory: Memory, settings: BrightPatternSettings
) -> Own | None:
    """What is known here; None: the platform has to be asked. Raises OperationError."""
    match method:
        case "getAgentState":
            return Own(north_codec.agent_state(scope.session, settings))
        case "getAgentNotReadyReasons":
            return Own(north_codec.not_ready_reasons(scope.session))
        case "setService":
            memory.service = args.maybe(0, "service")
            return Own()
        case "getService":
            return Own(_service(memory))
        case "getServicesList":
            return Own(memory.services)
        case "setDIDNumber":
            memory.did = args.maybe(0, "did")
            return Own()
        case "getDIDNumber":
            return Own(
                wire_agent.DIDNumber(memory.did, memory.did, isSMS=False, isVoice=True)
                if memory.did
                else None
            )
        case "getVariables":
            return Own(_variables(args, scope))
        case "setInteractionActiveScreen":
            screen = args.data(0, "screenData")
            memory.screens[scope.id(args, 1)] = screen
            return Own()
        case "activatePage":
            return Own()
        case "setWidgetMinimized":
            return Own(events=(jsonrpc.notification("ON_WIDGET_MINIMIZED_CHANGE", (args.flag(0, "state"),)),))
        case _:
            return None


def shown(active: str | None, memory: Memory) -> Sequence[bytes]:
    """ON_SHOW_SCREEN, if a screen was stored for what became active."""
    screen = memory.screens.get(active) if active else None
    return () if screen is None else (jsonrpc.notification("ON_SHOW_SCREEN", (screen, active)),)


def _service(memory: Memory) -> wire_agent.ServiceData | None:
    if not memory.service:
        return None
    named = (one for one in memory.services if memory.service in (one.id, one.name))
    return next(named, wire_agent.ServiceData(memory.service, memory.service))


def _variables(args: Args, scope: Scope) -> dict[str, str]:
    """Of the attached data; a variable that is not attached is left out."""
    keys = args.shaped(0, "keys", tuple[str, ...])
    data = scope.interaction(args.maybe(1, "interactionId")).data
    return {key: as_text(data[key]) for key in keys if key in data}
