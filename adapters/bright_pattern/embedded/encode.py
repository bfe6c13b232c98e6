"""North: snapshots as the vendor's objects, and canonical events as its events. Pure, once for all clients.

Source: reference/bright-pattern.md section 7.2. The ids shown are ours. Data of a platform of this dialect
are told apart as it does; of any other, what is attached is also what a page is to pop up with. The events of
calls carry what INTERACTION_RENDERED does: their data are not documented. What depends on what one client was
told already is in client.py.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from adapters.bright_pattern.embedded import tables, wire
from adapters.bright_pattern.embedded.settings import EmbeddedSettings
from adapters.contract.change import Change, Encoded, Encoder, Frame
from adapters.kit import jsonrpc, same_dialect
from adapters.kit.same_dialect import At, Find, Handle, Places
from schemas import events as e
from schemas.agent import AgentSession, AgentState
from schemas.ids import AgentId
from schemas.interaction import Direction, Interaction, InteractionState, Media, RecordingState
from schemas.state_events import STATE_EVENTS
from schemas.values import Json

Frames = Sequence[Frame]

# --- objects


def visible(one: Interaction) -> bool:
    """An agent does not see the queue."""
    return one.state is not InteractionState.QUEUED


def _outbound(one: Interaction) -> bool:
    """Whether the agent began it. A call between colleagues is told by whose number the other one's is."""
    if one.direction is Direction.INTERNAL:
        return bool(one.dnis) and one.remote_address == one.dnis
    return one.direction is Direction.OUTBOUND


def status(session: AgentSession | None) -> str:
    """The agent's status; the platform's own word where it is one of this API's for the same state."""
    if session is None:
        return tables.STATUS_OUT[AgentState.LOGGED_OUT]
    own = session.vendor_state
    if own and tables.STATUS_IN.get(own, AgentState.UNKNOWN) is session.state:
        return own
    return tables.STATUS_OUT[session.state]


def state(
    agent_id: AgentId, session: AgentSession | None, interactions: Sequence[Interaction]
) -> wire.StateOut:
    """The answer to getState."""
    reason = "" if session is None else session.reason
    return wire.StateOut(agent_id, status(session), reason, tuple(_item(one) for one in interactions))


def _item(one: Interaction) -> wire.ItemOut:
    return wire.ItemOut(*_shown(one), _recording_url(one), one.extras.get("attached_data", one.data))


def _completed(one: Interaction, settings: EmbeddedSettings) -> wire.Completed:
    """The data of INTERACTION_COMPLETED."""
    return wire.Completed(*_shown(one), _disposition(one, settings), one.notes, _recording_url(one))


def _shown(one: Interaction) -> tuple[str, str, str, str, Json]:
    """The data of INTERACTION_RENDERED and of the events of calls, and the first of all others."""
    screenpop = one.extras.get("screenpop_data", one.data)
    return one.id, one.root_id, one.remote_address, one.service, screenpop


def recording(one: Interaction) -> wire.RecordingStatus:
    """The data of CALL_RECORDING_STATUS. There is one call to an interaction, and the id of both is one."""
    return wire.RecordingStatus(
        item_id=one.id,
        call_id=one.id,
        recording=tables.FLAG_OUT[one.recording_state is not RecordingState.STOPPED],
        muted=tables.FLAG_OUT[one.recording_state is RecordingState.PAUSED],
    )


def _recording_url(one: Interaction) -> str:
    return "" if one.recording is None else one.recording.url


def _disposition(one: Interaction, settings: EmbeddedSettings) -> str:
    chosen = one.disposition
    if chosen is None:
        return ""
    said = (chosen.code, chosen.id, chosen.name)
    by_name = settings.disposition_by == "name"
    return next(filter(None, reversed(said) if by_name else said), "")


# --- events

_ABOUT: Final[Places] = {"params": At(0, {tables.ITEM_ID: Handle.KNOWN})}  # whatever an event may be
_CALL_WORDS: Final[Mapping[type[e.InteractionEvent], tuple[str, str]]] = {  # of a call in, of a call out
    e.InteractionAlerting: ("_I_CALL_OFFERED", "_I_CALL_OFFERED"),
    e.InteractionDialing: ("_O_CALL_DIALING", "_O_CALL_DIALING"),
    e.InteractionConnected: ("_I_CALL_ANSWERED", "_O_CALL_CONNECTED"),
    e.InteractionHeld: ("_CALL_HELD", "_CALL_HELD"),
    e.InteractionRetrieved: ("_CALL_RESUMED", "_CALL_RESUMED"),
    e.InteractionEnded: ("_CALL_ENDED", "_CALL_ENDED"),
}


def event_encoder(settings: EmbeddedSettings) -> Encoder:
    """The frames of a change."""

    def encode(change: Change) -> Encoded:
        return [_event(event, settings) for event in change.events]

    return encode


def _event(event: e.AnyEvent, settings: EmbeddedSettings) -> Frames:
    match event:
        case e.AgentLoggedIn(agent=session) | e.AgentLoggedOut(agent=session):
            data = {"agent_id": session.agent_id, "login": isinstance(event, e.AgentLoggedIn)}
            return (jsonrpc.event("LOGIN_CHANGED", data),)
        case e.AgentStateChanged(agent=session):
            now = wire.StateChanged(status(session), session.reason, session.agent_id)
            return (jsonrpc.event("STATE_CHANGED", now),)
        case e.InteractionEvent(interaction=one) if visible(one):
            return _interaction(event, one, settings)
        case e.PlatformNotice() | e.VendorUnrecognised():
            return same_dialect.passed_on(event.vendor, tables.NAME)  # see `renamed`
        case _:  # the events that this API has no word for; capabilities list them
            return ()


def rendered(one: Interaction) -> Frame:
    """The agent's screen shows it."""
    return jsonrpc.event(tables.RENDERED, wire.Rendered(*_shown(one)))


def _interaction(event: e.AnyInteractionEvent, one: Interaction, settings: EmbeddedSettings) -> Frames:
    frames = [*_transfer(event, one)]
    match event:
        case e.InteractionCompleted():
            frames.append(jsonrpc.event(tables.COMPLETED, _completed(one, settings)))
        case e.FocusChanged() if one.focused:
            frames.append(rendered(one))
        case e.RecordingChanged():
            frames.append(jsonrpc.event(tables.CALL_RECORDING, recording(one)))
        case e.InteractionReopened():
            frames += _call(STATE_EVENTS[one.state], one)
        case _:
            frames += _call(type(event), one)
    return frames


def _call(kind: type[e.InteractionEvent], one: Interaction) -> Frames:
    """The event of a call that has come to this."""
    if kind not in _CALL_WORDS or one.media is not Media.VOICE:
        return ()
    word = _CALL_WORDS[kind][_outbound(one)]
    return (jsonrpc.event(word, wire.Rendered(*_shown(one))),)


def _transfer(event: e.AnyInteractionEvent, one: Interaction) -> Frames:
    """Which of the two kinds it was is in no snapshot: only the frame of a platform of this dialect tells."""
    told = same_dialect.passed_on(event.vendor, tables.NAME, *tables.TRANSFERS)
    return [jsonrpc.event(frame.topic, wire.Rendered(*_shown(one))) for frame in told]


def renamed(frame: Frame, find: Find) -> bytes:
    """A frame of the platform's with our id of the interaction it is about; empty if that is none of ours."""
    return same_dialect.frame_renamed(frame.body, _ABOUT, find)
