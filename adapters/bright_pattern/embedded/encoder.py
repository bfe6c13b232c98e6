"""North: canonical events as the vendor's events. Pure, once an event for all clients.

Source: reference/bright-pattern.md section 7.2. The events of calls carry what INTERACTION_RENDERED does:
their data are not documented. What depends on what one client was told already is in `client`.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import msgspec
from msgspec import UnsetType

from adapters.bright_pattern.embedded import showing, tables
from adapters.bright_pattern.embedded.settings import EmbeddedSettings
from adapters.contract.change import Change, Encoded, Encoder, Frame
from adapters.kit import jsonrpc
from schemas import events as e
from schemas.agent import AgentSession
from schemas.interaction import Interaction, Media
from schemas.values import Json

Frames = Sequence[Frame]

_message = msgspec.json.Decoder(jsonrpc.Message).decode
_params = msgspec.json.Decoder(list[Json]).decode

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
        case e.AgentLoggedIn(agent=session):
            return (_login(session, signed_in=True),)
        case e.AgentLoggedOut(agent=session):
            return (_login(session, signed_in=False),)
        case e.AgentStateChanged(agent=session):
            return (_status(session),)
        case e.InteractionEvent(interaction=one) if showing.visible(one):
            return _interaction(event, one, settings)
        case e.PlatformNotice() | e.VendorUnrecognised():
            return _as_it_came(event)
        case _:  # the events that this API has no word for; capabilities list them
            return ()


def _frame(event: str, data: Json) -> Frame:
    return Frame(event, jsonrpc.notification(event, (data,)))


def rendered(one: Interaction) -> Frame:
    """The agent's screen shows it."""
    return _frame(tables.RENDERED, showing.rendered(one))


def _login(session: AgentSession, *, signed_in: bool) -> Frame:
    return _frame("LOGIN_CHANGED", {"agent_id": session.agent_id, "login": signed_in})


def _status(session: AgentSession) -> Frame:
    data = {"status": showing.status(session), "reason": session.reason, "agent_id": session.agent_id}
    return _frame("STATE_CHANGED", data)


def _interaction(event: e.AnyInteractionEvent, one: Interaction, settings: EmbeddedSettings) -> Frames:
    frames = [*_transfer(event, one)]
    match event:
        case e.InteractionCompleted():
            frames.append(_frame(tables.COMPLETED, showing.completed(one, settings)))
        case e.FocusChanged() if one.focused:
            frames.append(rendered(one))
        case e.RecordingChanged():
            frames.append(_frame(tables.CALL_RECORDING, showing.recording(one)))
        case e.InteractionReopened():
            frames += _call(e.STATE_EVENTS[one.state], one)
        case _:
            frames += _call(type(event), one)
    return frames


def _call(kind: type[e.InteractionEvent], one: Interaction) -> Frames:
    """The event of a call that has come to this."""
    if kind not in _CALL_WORDS or one.media is not Media.VOICE:
        return ()
    word = _CALL_WORDS[kind][showing.outbound(one)]
    return (_frame(word, showing.rendered(one)),)


def _transfer(event: e.AnyInteractionEvent, one: Interaction) -> Frames:
    """Which of the two kinds it was is in no snapshot: only the frame of a platform of this dialect tells."""
    return [
        _frame(frame.topic, showing.rendered(one))
        for frame in _as_it_came(event)
        if frame.topic in tables.TRANSFERS
    ]


def _as_it_came(event: e.AnyEvent) -> Frames:
    """What a platform of this dialect said; see `renamed`."""
    if event.vendor is None or event.vendor.dialect != tables.NAME:
        return ()
    frame = bytes(event.vendor.frame)
    message = _message(frame)
    if isinstance(message.method, UnsetType) or message.expects_answer:
        return ()
    return (Frame(message.method, frame),)


def renamed(frame: Frame, find: Callable[[str], str | None]) -> bytes | None:
    """Such a frame with our id of the interaction that it is about; None if that is none of ours."""
    try:
        params = _params(_message(frame.body).params)
    except msgspec.DecodeError:  # no event of this API looks so, but it was passed on
        return frame.body
    data = params[0] if params else None
    if not isinstance(data, dict) or not data.get("item_id"):
        return frame.body
    ours = find(str(data["item_id"]))
    if ours is None:
        return None
    return jsonrpc.notification(frame.topic, ({**data, "item_id": ours}, *params[1:]))
