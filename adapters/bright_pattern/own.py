"""North: methods that are answered here, as far as may be without asking the platform.

Source: reference/bright-pattern.md sections 2.1, 3.2, 3.4 and 3.7. The client's own choices (service, number,
stored screens) are kept for as long as it is connected.
"""

from collections.abc import Callable, Generator, Mapping, Sequence
from typing import Final

import msgspec

from adapters import jsonrpc
from adapters.bright_pattern import north_codec, wire_agent, wire_dialing
from adapters.bright_pattern.memory import Memory
from adapters.bright_pattern.methods import Args, OperationError, Scope
from adapters.bright_pattern.questions import as_text
from adapters.bright_pattern.settings import BrightPatternSettings
from adapters.kit.answers import chosen
from adapters.kit.under_way import FailedError, Step, Steps
from schemas import commands as c
from schemas.interaction import Disposition
from schemas.needinfo import Choice
from schemas.results import Failed, FinalResult, Succeeded
from schemas.values import Json


class Own(msgspec.Struct, frozen=True):
    """The answer, and the events that follow it."""

    data: Json = None
    events: Sequence[bytes] = ()


def answer(  # noqa: PLR0911  # one arm a method
    method: str, args: Args, scope: Scope, memory: Memory, settings: BrightPatternSettings
) -> Own | None:
    """What is known here; None: the platform has to be asked. Raises OperationError."""
    match method:
        case "getAgentState":
            return Own(north_codec.agent_state(scope.session, settings))
        case "getAgentNotReadyReasons":
            return Own(north_codec.not_ready_reasons(scope.session))
        case "getService":
            return Own(_service(memory))
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
    named = (_shown(one) for one in memory.services if memory.service in (one.id, one.label))
    return next(named, wire_agent.ServiceData(memory.service, memory.service))


def _shown(one: Choice) -> wire_agent.ServiceData:
    return wire_agent.ServiceData(one.id, one.label or one.id)


def _variables(args: Args, scope: Scope) -> dict[str, str]:
    """Of the attached data; a variable that is not attached is left out."""
    keys = args.shaped(0, "keys", tuple[str, ...])
    data = scope.interaction(args.maybe(1, "interactionId")).data
    return {key: as_text(data[key]) for key in keys if key in data}


# --- what any platform lists


def _services(scope: Scope) -> Generator[Step, FinalResult, tuple[Choice, ...]]:
    """Those that the platform asked about, else those that its directory lists."""
    if not scope.memory.services and not scope.own:
        result = yield Step(c.ListDirectory(session_id=scope.session.id))
        if isinstance(result, Succeeded):
            scope.memory.services = north_codec.services(result.data)
    return scope.memory.services


def _get_services(_args: Args, scope: Scope) -> Steps:
    return tuple(_shown(one) for one in (yield from _services(scope)))


def _set_service(args: Args, scope: Scope) -> Steps:
    """By id or name; where the platform lists its services, it is one of them."""
    wanted, memory = args.maybe(0, "service"), scope.memory
    before, memory.service = memory.service, wanted  # at once: the client need not wait with its call
    known = (yield from _services(scope)) if wanted else ()
    if known and chosen(known, wanted) is None:
        memory.service = before
        raise OperationError("no_service", f"there is no service {wanted}")
    return None


def _get_dispositions(args: Args, scope: Scope) -> Steps:
    """The choices of the question, where a completion was refused for want of one; else what is listed."""
    target = args.shaped(0, "target", wire_dialing.DispositionTarget)
    service, named = target.service or "", target.interactionId or ""
    iid = None if service and not named else scope.interaction(named).id
    asked = scope.memory.dispositions(iid) if iid else None
    if asked:
        return north_codec.dispositions([Disposition(id=one.id, name=one.label or one.id) for one in asked])
    result = yield Step(c.ListDispositions(session_id=scope.session.id, interaction_id=iid, service=service))
    if isinstance(result, Failed):
        raise FailedError(result)
    return north_codec.dispositions(result.data)


LISTED: Final[Mapping[str, Callable[[Args, Scope], Steps]]] = {
    "getServicesList": _get_services,
    "setService": _set_service,
    "getDispositionsList": _get_dispositions,
}
