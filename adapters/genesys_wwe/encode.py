"""North: canonical events as the vendor's events. Pure, once an event for all clients.

Source: seed 002 (events); reference 4. A snapshot is told once, by the first of its events, as one
`interaction` event. A selected case and a blocked mark-done have events of their own, which may stand
anywhere among them: where one stands first, the snapshot is told beside it.

The end of an interaction: open media enter a final state, a call has none and is REMOVED. Where ending and
completion are one change, the first event tells the final state and `interaction.completed` is REMOVED: that
is how we read 4.2, which names REMOVED and does not promise it.
"""

from collections.abc import Mapping
from typing import Final

from adapters.contract.change import Change, Encoded, Encoder, Frame
from adapters.genesys_wwe import same_dialect, snapshots, tables, wire
from adapters.genesys_wwe.same_dialect import UPDATED
from adapters.genesys_wwe.settings import Settings
from adapters.kit import jsonrpc
from schemas import events as e
from schemas.interaction import Interaction, InteractionState, Media
from schemas.values import Json

Frames = tuple[Frame, ...]


def event_encoder(settings: Settings) -> Encoder:
    """The frames of a change: JSON-RPC notifications whose method, and topic, is the channel.

    But for those of the agent's media: which of them changed, each client knows by what it was told before.
    """

    def encode(change: Change) -> Encoded:
        return [_event(event, settings, first=first) for event, first in change.told()]

    return encode


def own_event_encoder(settings: Settings) -> Encoder:
    """The same over a platform of this dialect: its own frames and objects where there are any."""

    def encode(change: Change) -> Encoded:
        once: set[str] = set()
        return [_own_event(event, settings, once, first=first) for event, first in change.told()]

    return encode


def _event(event: e.AnyEvent, settings: Settings, *, first: bool) -> Frames:
    match event:
        case e.InteractionEvent():
            return _interaction(event, settings, first=first)
        case e.AgentEvent() if not first:
            return ()  # the first event of the change has told how the agent stands now
        case e.AgentLoggedIn() | e.AgentLoggedOut() | e.AgentStateChanged():
            return (jsonrpc.event("agent", _agent(event)),)
        case e.PlatformNotice():
            return (jsonrpc.event("system", _notice(event)),)
        case _:  # the events that this API has no word for; capabilities list them
            return ()


def _own_event(event: e.AnyEvent, settings: Settings, once: set[str], *, first: bool) -> Frames:
    """`once`: what the platform's frame has told already, by `same_dialect.PlatformEvent.about`."""
    match event:
        case e.InteractionEvent():
            came = same_dialect.interaction_event(event, settings, lambda word: _listed_label(event, word))
            if came is None:
                return _interaction(event, settings, first=first, own=True)
        case e.AgentEvent() if not first:
            return ()
        case _:
            came = same_dialect.other_event(event)
    match event:
        case _ if came is not None:
            told = came.about in once
            once.add(came.about)
            return () if told else (came.frame,)
        case e.AgentStateChanged() | e.AgentLoggedIn() if state := same_dialect.answered_state(event):
            return (jsonrpc.event("agent", state),)
        case _:
            return _event(event, settings, first=first)


def _agent(event: e.AgentLoggedIn | e.AgentLoggedOut | e.AgentStateChanged) -> Json:
    state = snapshots.agent_state(None if isinstance(event, e.AgentLoggedOut) else event.agent)
    return wire.AgentEvent(type=state.type, displayName=state.displayName, operationName=state.operationName)


def _notice(event: e.PlatformNotice) -> wire.OtherEvent:
    if event.error:
        return wire.OtherEvent(tables.ERROR_NOTICE, f"{event.code}: {event.message}")
    return wire.OtherEvent(event.code, event.message)


# Reference 4.2; the rest are labelled by their state.
_LABELS: Final[Mapping[type[e.InteractionEvent], str]] = {
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


# What the vendor's object of an interaction has no member for.
_NOT_IN_IT: Final = (e.InteractionMuteChanged, e.CompletionBlockChanged)


def _interaction(event: e.InteractionEvent, settings: Settings, *, first: bool, own: bool = False) -> Frames:
    """`own`: the platform is of this dialect, and has no frame for it."""
    shown = event.interaction
    if shown.state in tables.NO_STATE or (isinstance(event, e.InteractionUpdated) and event.late):
        return ()  # what is removed is not spoken of again
    if own and not first and not _gone_without_a_word(event):
        return ()  # the platform's own frame has told all of the change
    beside = _beside(event, shown.refs.get("case", shown.root_id) if own else shown.root_id)
    write = same_dialect.rebuilt if own else snapshots.interaction
    match event:
        case e.InteractionCompleted():
            return (_snapshot(_last_label(event, first=first), write(shown, settings)),)
        case _ if not first or (own and isinstance(event, _NOT_IN_IT)):
            return beside
        case _:
            return (*beside, _snapshot(_label(event), write(shown, settings, _previous(event))))


def _beside(event: e.InteractionEvent, case_id: str) -> Frames:
    """What has an event of its own, beside that of the interaction."""
    match event:
        case e.FocusChanged() if event.interaction.focused:
            selected = wire.InteractionEvent(eventType=tables.CASE_SELECTED, selectedCaseId=case_id)
            return (jsonrpc.event("interaction", selected),)
        case e.CompletionBlockChanged():
            return (jsonrpc.event("markdone", _block(event.interaction)),)
        case _:
            return ()


def _snapshot(label: str, whole: Json) -> Frame:
    return jsonrpc.event("interaction", {"eventType": label, "interaction": whole})


def _previous(event: e.InteractionEvent) -> str | None:
    """What the interaction was before, as far as the event says; None: nobody says.

    Clients take TALKING after RINGING for a call that was answered just now: what is read again was not.
    """
    if isinstance(event, e.InteractionRetrieved):
        return "HELD"
    on = event.interaction.state is InteractionState.CONNECTED and not event.interaction.transferring
    return snapshots.offered_word(event.interaction) if on and not event.recovered else None


def _label(event: e.InteractionEvent, word: str = "") -> str:
    """`word` is the platform's own for the state, where there is one."""
    if isinstance(event, e.InteractionDataChanged | e.DispositionChanged):
        voice = event.interaction.media is Media.VOICE
        return "ATTACHED_DATA_CHANGED" if voice else "USER_DATA_UPDATED"
    word = word or snapshots.state_word(event.interaction)
    if isinstance(event, e.InteractionUpdated) and word == tables.TRANSFERRING:
        return word  # a state here, a member of the snapshot in the model
    return _LABELS.get(type(event)) or tables.LABEL_OF_STATE.get(word, word)


def _listed_label(event: e.InteractionEvent, word: str) -> str:
    """Of an interaction as a list shows it. One that we did not know of has not been answered just now."""
    met = isinstance(event, e.InteractionCreated | e.InteractionReopened)
    if met and tables.STATE_IN.get(word) is InteractionState.CONNECTED:
        return UPDATED
    return _label(event, word)


def _last_label(event: e.InteractionCompleted, *, first: bool) -> str:
    if not first or event.interaction.media is Media.VOICE:
        return "REMOVED"
    return snapshots.state_word(event.interaction)


def _gone_without_a_word(event: e.InteractionEvent) -> bool:
    """Completed, and the platform never said so: it is just not there any more."""
    said = event.interaction.vendor_state in {*tables.FINAL, "IDLE"}
    return isinstance(event, e.InteractionCompleted) and not said


def _block(shown: Interaction) -> wire.MarkdoneEvent:
    """A block that ended by itself has kept the time at which it did."""
    over = tables.UNBLOCKED if shown.completion_blocked_until is None else tables.BLOCK_TIMEOUT
    return wire.MarkdoneEvent(
        eventType=tables.BLOCKED if shown.completion_blocked else over,
        interactionId=shown.id,
        warningMessage=shown.completion_blocked,
    )


def blocked_frame(interaction_id: str, warning: str) -> Frame:
    """To a client that tried to mark done what is blocked."""
    return jsonrpc.event("markdone", wire.MarkdoneEvent(tables.BLOCKED, interaction_id, warning))
