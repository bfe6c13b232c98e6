"""North: canonical events as the vendor's notifications. Pure: the same frames for every client.

Source: reference/bright-pattern.md sections 4 and 6. A snapshot is told once, by the first of its events;
only focus and the agent have notifications of their own. What depends on what one client was told
already (focus, login) is sorted out in client.py.

What a platform of this dialect told itself is told as it came, by the events that it used: only the id of the
interaction is ours, and an interaction is new when it is new to our clients. What such a platform did not say
has no word here.
"""

from typing import Final

import msgspec
from msgspec import UNSET

from adapters.bright_pattern import encode, same_dialect, tables, wire
from adapters.bright_pattern.settings import BrightPatternSettings
from adapters.contract.change import Encoder, Frame
from adapters.kit import jsonrpc
from schemas import events as e
from schemas.agent import AgentSession
from schemas.interaction import Interaction, InteractionState
from schemas.values import Json

Frames = tuple[Frame, ...]

NEW: Final = "ON_NEW_INTERACTION"
CHANGED: Final = "ON_INTERACTION_STATE_CHANGE"
REMOVED: Final = "ON_INTERACTION_REMOVED"
SWITCHED: Final = "ON_ACTIVE_INTERACTION_SWITCHED"


def encoder(settings: BrightPatternSettings, *, same_dialect: bool = False) -> Encoder:
    """The function that tells a change in this dialect. `same_dialect`: the platform's too."""
    write = _Write(settings, same_dialect)
    return lambda change: [write.event(event, first=first) for event, first in change.told()]


def own_encoder(settings: BrightPatternSettings) -> Encoder:
    """The same for a platform of this dialect."""
    return encoder(settings, same_dialect=True)


class _Write(msgspec.Struct, frozen=True):
    """How events are told."""

    settings: BrightPatternSettings
    same_dialect: bool

    def event(self, event: e.AnyEvent, *, first: bool) -> Frames:
        """The frames of an event. `first`: of its snapshot, which is told by it."""
        match event:
            case e.InteractionEvent(interaction=one) if encode.visible(one):
                frames = self._change(event, one) if first else ()
                focus = isinstance(event, e.FocusChanged)
                return (*frames, switched(one.id if one.focused else None)) if focus else frames
            case e.AgentEvent():
                return self._agent(event)
            case e.PlatformNotice():
                return _notice(event)
            case e.VendorUnrecognised(vendor=vendor):
                return same_dialect.passed_on(vendor)
            case _:
                return ()

    def _change(self, event: e.AnyInteractionEvent, one: Interaction) -> Frames:
        if isinstance(event, e.InteractionUpdated) and event.late:
            return ()  # what is removed is not spoken of again
        focus = isinstance(event, e.FocusChanged)
        said = None if focus else same_dialect.said_of(event.vendor, one, self.settings)
        completed = one.state is InteractionState.COMPLETED
        reopened = isinstance(event, e.InteractionReopened)
        if self.same_dialect and said is None and not completed and not reopened:
            return ()
        methods = [NEW if event.sequence == 1 or reopened else CHANGED]
        if completed:
            alone = self.same_dialect and (said is None or said.method == REMOVED)
            methods = [REMOVED] if alone else [*methods, REMOVED]
        if said is not None:
            return tuple(_frame(method, *said.params) for method in methods)
        written = encode.interaction(one, self.settings, same_dialect=self.same_dialect)
        return tuple(_frame(method, written) for method in methods)

    def _agent(self, event: e.AnyAgentEvent) -> Frames:
        match event:
            case e.AgentLoggedIn(agent=session):
                said = same_dialect.passed_on(event.vendor, "ON_LOGIN")
                return said or (logged_in(session, same_dialect=self.same_dialect),)
            case e.AgentLoggedOut():
                return same_dialect.passed_on(event.vendor, "ON_LOGOUT") or (_frame("ON_LOGOUT"),)
            case e.AgentStateChanged(agent=session):
                if self.settings.newer_agent_states is None and (
                    said := same_dialect.passed_on(event.vendor, "ON_AGENT_STATE_CHANGE")
                ):
                    return said
                state = encode.agent_state(session, self.settings, same_dialect=self.same_dialect)
                reason = (state.notReadyReason,) if state.notReadyReason is not UNSET else ()
                return (_frame("ON_AGENT_STATE_CHANGE", state.state, *reason),)
            case e.AgentUpdated(agent=session):
                return (switched(session.focused_interaction_id),)


def _frame(method: str, *params: Json) -> Frame:
    return Frame(method, jsonrpc.notification(method, params), params)


def switched(active: str | None) -> Frame:
    """Which interaction is active now."""
    return _frame(SWITCHED, active)


def logged_in(session: AgentSession, *, same_dialect: bool) -> Frame:
    """The agent logged in."""
    return _frame("ON_LOGIN", encode.login_state(session, same_dialect=same_dialect))


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
    return _frame("ON_SERVER_ERROR", data)
