"""North: canonical events as the vendor's notifications. Pure: the same frames for every client.

Source: reference/bright-pattern.md sections 4 and 6. A change is told once, as a whole snapshot, on part 0 of
its events; only focus, the end and the agent have notifications of their own. What depends on what one
client was told already (focus, login) is sorted out in client.py.
"""

from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from adapters import jsonrpc
from adapters.bright_pattern import north_codec, notices, tables, wire_agent
from adapters.bright_pattern.settings import BrightPatternSettings
from schemas import events as e
from schemas.agent import AgentSession
from schemas.interaction import Interaction

NOTHING: Final[Sequence[bytes]] = ()

_message = msgspec.json.Decoder(jsonrpc.Message).decode


def encoder(settings: BrightPatternSettings) -> Callable[[e.AnyEvent], Sequence[bytes]]:
    """The function that tells an event in this dialect."""

    def encode(event: e.AnyEvent) -> Sequence[bytes]:
        match event:
            case e.InteractionEvent(interaction=one):
                return _interaction(event, one, settings) if north_codec.visible(one) else NOTHING
            case e.AgentEvent(agent=session):
                return _agent(event, session, settings)
            case e.PlatformNotice():
                return _notice(event)
            case e.VendorUnrecognised(vendor=e.VendorFrame(dialect=tables.NAME, frame=frame)):
                return _as_received(bytes(frame))
            case _:
                return NOTHING

    return encode


def _interaction(
    event: e.AnyInteractionEvent, one: Interaction, settings: BrightPatternSettings
) -> Sequence[bytes]:
    frames: list[bytes] = []
    first = event.part == 0
    created = event.sequence == event.part + 1
    completed = isinstance(event, e.InteractionCompleted)
    if first or completed:
        params = (north_codec.interaction(one, settings),)
        if first:
            method = "ON_NEW_INTERACTION" if created else "ON_INTERACTION_STATE_CHANGE"
            frames.append(jsonrpc.notification(method, params))
        if completed:
            frames.append(jsonrpc.notification("ON_INTERACTION_REMOVED", params))
    if isinstance(event, e.FocusChanged):  # last, for client.py takes it off again where it was told
        frames.append(switched(one.id if one.focused else None))
    return frames


def switched(active: str | None) -> bytes:
    """Which interaction is active now."""
    return jsonrpc.notification("ON_ACTIVE_INTERACTION_SWITCHED", (active,))


def logged_in(session: AgentSession) -> bytes:
    """The agent logged in."""
    return jsonrpc.notification("ON_LOGIN", (north_codec.login_state(session),))


def _agent(event: e.AnyAgentEvent, session: AgentSession, settings: BrightPatternSettings) -> Sequence[bytes]:
    match event:
        case e.AgentLoggedIn():
            return (logged_in(session),)
        case e.AgentLoggedOut():
            return (jsonrpc.notification("ON_LOGOUT", ()),)
        case e.AgentStateChanged():
            state = north_codec.agent_state(session, settings)
            reason = state.notReadyReason
            params = (state.state, reason) if isinstance(reason, str) else (state.state,)
            return (jsonrpc.notification("ON_AGENT_STATE_CHANGE", params),)
        case e.AgentUpdated():
            return (switched(session.focused_interaction_id),)


def _notice(event: e.PlatformNotice) -> Sequence[bytes]:
    """An error by its number, of the list of server errors only; a status as the platform told it."""
    if event.code == notices.SOFTPHONE:
        said, _, why = event.message.partition(": ")
        params = (said == notices.READY, why) if why else (said == notices.READY,)
        return (jsonrpc.notification("ON_SOFTPHONE_STATUS_CHANGE", params),)
    if not event.error:
        match event.vendor:
            case e.VendorFrame(dialect=tables.NAME, frame=frame):
                return _as_received(bytes(frame))
            case _:
                return NOTHING
    name = event.code if event.code in tables.SERVER_ERRORS else "unknown_error"
    message = event.message or (event.code if name != event.code else "")
    return (server_error(name, message, north_codec.milliseconds(event.time)),)


def server_error(name: str, message: str, timestamp: int | None) -> bytes:
    """An error of the system or session."""
    data = wire_agent.ServerErrorData(
        code=tables.SERVER_ERRORS[name], name=name, timestamp=timestamp, message=message or None
    )
    return jsonrpc.notification("ON_SERVER_ERROR", (data,))


def _as_received(frame: bytes) -> Sequence[bytes]:
    """An event that our tables do not know, passed on; not if somebody there waits for its answer."""
    try:
        message = _message(frame)
    except msgspec.DecodeError:
        return NOTHING
    return NOTHING if message.is_response or message.expects_answer else (frame,)
