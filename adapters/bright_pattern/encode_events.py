"""North: canonical events as the vendor's notifications. Pure: the same frames for every client.

Source: reference/bright-pattern.md sections 4 and 6. A snapshot is told once, by the first of its events;
only focus and the agent have notifications of their own. What depends on what one client was told
already (focus, login) is sorted out in client.py.

What a platform of this dialect told itself is told as it came, by the events that it used: only the id of the
interaction is ours, and an interaction is new when it is new to our clients. What such a platform did not say
has no word here.
"""

from typing import Final

from adapters.bright_pattern import encode, same_dialect, tables, wire
from adapters.bright_pattern.settings import BrightPatternSettings
from adapters.contract.change import Change, Encoded, Encoder, Frame
from adapters.kit import jsonrpc
from schemas import events as e
from schemas.agent import AgentSession
from schemas.interaction import Interaction, InteractionState
from schemas.values import Json

Frames = tuple[Frame, ...]
NOTHING: Final[Frames] = ()

NEW: Final = "ON_NEW_INTERACTION"
CHANGED: Final = "ON_INTERACTION_STATE_CHANGE"
REMOVED: Final = "ON_INTERACTION_REMOVED"
SWITCHED: Final = "ON_ACTIVE_INTERACTION_SWITCHED"


def encoder(settings: BrightPatternSettings) -> Encoder:
    """The function that tells a change in this dialect."""

    def encoded(change: Change) -> Encoded:
        return [_event(event, settings, first=first) for event, first in change.told()]

    return encoded


def _event(event: e.AnyEvent, settings: BrightPatternSettings, *, first: bool) -> Frames:
    match event:
        case e.InteractionEvent(interaction=one):
            return _interaction(event, one, settings, first=first) if encode.visible(one) else NOTHING
        case e.AgentEvent(agent=session):
            return _agent(event, session, settings)
        case e.PlatformNotice():
            return _notice(event)
        case e.VendorUnrecognised(vendor=vendor):
            return same_dialect.passed_on(vendor)
        case _:
            return NOTHING


def _interaction(
    event: e.AnyInteractionEvent, one: Interaction, settings: BrightPatternSettings, *, first: bool
) -> Frames:
    frames = _change(event, one, settings) if first else NOTHING
    if isinstance(event, e.FocusChanged):
        return (*frames, switched(one.id if one.focused else None))
    return frames


def _change(event: e.AnyInteractionEvent, one: Interaction, settings: BrightPatternSettings) -> Frames:
    same = encode.of_this_dialect(one)
    said = None if isinstance(event, e.FocusChanged) else same_dialect.said_of(event.vendor, one, settings)
    completed = one.state is InteractionState.COMPLETED
    reopened = isinstance(event, e.InteractionReopened)
    if isinstance(event, e.InteractionUpdated) and event.late:
        return NOTHING  # what is removed is not spoken of again
    if same and said is None and not completed and not reopened:
        return NOTHING
    methods = [NEW if event.sequence == 1 or reopened else CHANGED]
    if completed:
        methods = [REMOVED] if same and (said is None or said.method == REMOVED) else [*methods, REMOVED]
    params = (encode.interaction(one, settings),) if said is None else said.params
    return tuple(_frame(method, params) for method in methods)


def _frame(method: str, params: tuple[Json, ...]) -> Frame:
    return Frame(method, jsonrpc.notification(method, params), params)


def switched(active: str | None) -> Frame:
    """Which interaction is active now."""
    return _frame(SWITCHED, (active,))


def logged_in(session: AgentSession) -> Frame:
    """The agent logged in."""
    return _frame("ON_LOGIN", (encode.login_state(session),))


def _agent(event: e.AnyAgentEvent, session: AgentSession, settings: BrightPatternSettings) -> Frames:
    match event:
        case e.AgentLoggedIn():
            return same_dialect.passed_on(event.vendor, "ON_LOGIN") or (logged_in(session),)
        case e.AgentLoggedOut():
            return same_dialect.passed_on(event.vendor, "ON_LOGOUT") or (_frame("ON_LOGOUT", ()),)
        case e.AgentStateChanged():
            if settings.newer_agent_states is None and (
                said := same_dialect.passed_on(event.vendor, "ON_AGENT_STATE_CHANGE")
            ):
                return said
            state = encode.agent_state(session, settings)
            reason = state.notReadyReason
            params = (state.state, reason) if isinstance(reason, str) else (state.state,)
            return (_frame("ON_AGENT_STATE_CHANGE", params),)
        case e.AgentUpdated():
            return (switched(session.focused_interaction_id),)


def _notice(event: e.PlatformNotice) -> Frames:
    """As a platform of this dialect told it; an error of another by its number, of the server's list only."""
    said = same_dialect.passed_on(event.vendor)
    if said or not event.error:
        return said
    name = event.code if event.code in tables.SERVER_ERRORS else "unknown_error"
    message = event.message or (event.code if name != event.code else "")
    return (server_error(name, message, encode.milliseconds(event.time)),)


def server_error(name: str, message: str, timestamp: int | None) -> Frame:
    """An error of the system or session."""
    data = wire.ServerErrorData(
        code=tables.SERVER_ERRORS[name], name=name, timestamp=timestamp, message=message or None
    )
    return _frame("ON_SERVER_ERROR", (data,))
