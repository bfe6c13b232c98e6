"""North: canonical events as the vendor's events. Pure, once an event for all clients.

Source: seed 002 (events); reference 4. A change is told once, by its first event (part 0), as one
`interaction` event with the whole snapshot. A selected case and a blocked mark-done have events of their own,
which may stand anywhere in a change: where one stands first, the snapshot is told beside it, because the
other parts of the same change are silent.

The end of an interaction: open media enter a final state, a call has none and is REMOVED. Where ending and
completion are one change, part 0 tells the final state and the later `interaction.completed` is REMOVED: that
is how we read 4.2, which names REMOVED and does not promise it.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import msgspec

from adapters import jsonrpc
from adapters.genesys_wwe import showing, tables, wire
from adapters.genesys_wwe.settings import Settings
from schemas import events as e
from schemas.interaction import Interaction, Media
from schemas.values import Json

Frames = Sequence[bytes]

UPDATED: Final = "UPDATED"  # ours: a neutral label, since no vendor's name is known
_params = msgspec.json.Decoder(tuple[msgspec.Raw, ...]).decode
_RAW_CHANNELS: Final = frozenset({"outbound", "system"})  # no attached data and no state of ours in them


def event_encoder(settings: Settings) -> Callable[[e.AnyEvent], Frames]:
    """The frames of an event: JSON-RPC notifications whose method is the channel."""

    def encode(event: e.AnyEvent) -> Frames:
        match event:
            case e.InteractionEvent():
                return _interaction(event, settings)
            case e.AgentLoggedIn() | e.AgentLoggedOut() | e.AgentStateChanged():
                return (_frame("agent", _agent(event)),)
            case e.AgentUpdated():
                return tuple(_frame("media", one) for one in showing.media_list(event.agent))
            case e.PlatformNotice():
                return _as_it_came(event) or (_frame("system", _notice(event)),)
            case e.VendorUnrecognised():
                return _as_it_came(event)
            case _:  # the events that this API has no word for; capabilities list them
                return ()

    return encode


def _frame(channel: str, data: Json) -> bytes:
    return jsonrpc.notification(channel, (data,))


def _agent(event: e.AgentLoggedIn | e.AgentLoggedOut | e.AgentStateChanged) -> wire.AgentEvent:
    state = showing.agent_state(None if isinstance(event, e.AgentLoggedOut) else event.agent)
    return wire.AgentEvent(type=state.type, displayName=state.displayName, operationName=state.operationName)


def _notice(event: e.PlatformNotice) -> wire.OtherEvent:
    if event.error:
        return wire.OtherEvent(tables.ERROR_NOTICE, f"{event.code}: {event.message}")
    return wire.OtherEvent(event.code, event.message)


def _as_it_came(event: e.VendorUnrecognised | e.PlatformNotice) -> Frames:
    """What the same vendor's platform said, on a channel that carries nothing we translate."""
    if event.vendor is None or event.vendor.dialect != tables.NAME:
        return ()
    message = jsonrpc.decode(tables.NAME, bytes(event.vendor.frame))
    method = message.method
    if not isinstance(method, str):
        return ()
    if method not in _RAW_CHANNELS and not method.startswith(tables.MESSENGER):
        return ()
    try:
        params = _params(message.params)
    except msgspec.ValidationError:  # named ones: no client of this dialect has a handler for them
        return ()
    return (jsonrpc.notification(method, params),)


_LABELS: Final[
    Mapping[type[e.InteractionEvent], str]
] = {  # reference 4.2; the rest are labelled by their state
    e.RecordingChanged: "CALL_RECORDING_STATE_CHANGE",
    e.PartyAdded: "PARTICIPANTS_UPDATED",
    e.PartyRemoved: "PARTICIPANTS_UPDATED",
    e.PartyUpdated: "PARTICIPANTS_UPDATED",
    e.InteractionWrapUp: UPDATED,  # RELEASED was said when the media ended
    e.InteractionMuteChanged: UPDATED,
    e.FocusChanged: UPDATED,
    e.ConferenceChanged: UPDATED,
    e.CompletionBlockChanged: UPDATED,
    e.InteractionUpdated: UPDATED,
}


def _interaction(event: e.InteractionEvent, settings: Settings) -> Frames:
    shown = event.interaction
    own: tuple[bytes, ...] = ()
    if shown.state in tables.NO_STATE:
        return ()
    match event:
        case e.InteractionCompleted():
            return (_snapshot(_last_label(event), shown, settings),)
        case e.FocusChanged() if shown.focused:
            selected = wire.InteractionEvent(eventType=tables.CASE_SELECTED, selectedCaseId=shown.root_id)
            own = (_frame("interaction", selected),)
        case e.CompletionBlockChanged():
            own = (_frame("markdone", _block(shown)),)
        case _:
            pass
    if event.part > 0:
        return own
    previous = "HELD" if isinstance(event, e.InteractionRetrieved) else None
    return (*own, _snapshot(_label(event), shown, settings, previous))


def _snapshot(label: str, shown: Interaction, settings: Settings, previous: str | None = None) -> bytes:
    whole = showing.interaction(shown, settings, previous)
    return _frame("interaction", wire.InteractionEvent(eventType=label, interaction=whole))


def _label(event: e.InteractionEvent) -> str:
    if isinstance(event, e.InteractionDataChanged | e.DispositionChanged):
        voice = event.interaction.media is Media.VOICE
        return "ATTACHED_DATA_CHANGED" if voice else "USER_DATA_UPDATED"
    word = showing.state_word(event.interaction)
    if isinstance(event, e.InteractionUpdated) and word == tables.TRANSFERRING:
        return word  # a state here, a member of the snapshot in the model
    return _LABELS.get(type(event)) or tables.LABEL_OF_STATE.get(word, word)


def _last_label(event: e.InteractionCompleted) -> str:
    if event.part > 0 or event.interaction.media is Media.VOICE:
        return "REMOVED"
    return showing.state_word(event.interaction)


def _block(shown: Interaction) -> wire.MarkdoneEvent:
    return wire.MarkdoneEvent(
        eventType=tables.BLOCKED if shown.completion_blocked else tables.UNBLOCKED,
        interactionId=shown.id,
        warningMessage=shown.completion_blocked,
    )
