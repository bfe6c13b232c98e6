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

from adapters.genesys_wwe import answers, showing, tables, theirs, wire
from adapters.genesys_wwe.settings import Settings
from adapters.genesys_wwe.theirs import UPDATED
from adapters.kit import jsonrpc
from schemas import events as e
from schemas.interaction import Interaction, Media
from schemas.values import Json

Frames = Sequence[bytes]


def event_encoder(settings: Settings) -> Callable[[e.AnyEvent], Frames]:
    """The frames of an event: JSON-RPC notifications whose method is the channel."""

    def encode(event: e.AnyEvent) -> Frames:  # noqa: PLR0911  # one arm a kind
        match event:
            case e.InteractionEvent():
                return _interaction(event, settings)
            case e.AgentEvent() if event.part > 0:
                return ()  # the first event of the change has told how the agent stands now
            case _ if (came := theirs.other_event(event)) is not None:
                return (came,)
            case e.AgentLoggedIn() | e.AgentLoggedOut() | e.AgentStateChanged():
                return (_frame("agent", _agent(event)),)
            case e.AgentUpdated():
                return tuple(_frame("media", one) for one in theirs.media_list(event.agent))
            case e.PlatformNotice():
                return (_frame("system", _notice(event)),)
            case _:  # the events that this API has no word for; capabilities list them
                return ()

    return encode


def _frame(channel: str, data: Json) -> bytes:
    return jsonrpc.notification(channel, (data,))


def _agent(event: e.AgentLoggedIn | e.AgentLoggedOut | e.AgentStateChanged) -> Json:
    said = None if isinstance(event, e.AgentLoggedOut) else theirs.said(event.agent, answers.STATE)
    if said is not None:
        return said
    state = showing.agent_state(None if isinstance(event, e.AgentLoggedOut) else event.agent)
    return wire.AgentEvent(type=state.type, displayName=state.displayName, operationName=state.operationName)


def _notice(event: e.PlatformNotice) -> wire.OtherEvent:
    if event.error:
        return wire.OtherEvent(tables.ERROR_NOTICE, f"{event.code}: {event.message}")
    return wire.OtherEvent(event.code, event.message)


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


# What the vendor's object of an interaction has no member for.
_NOT_IN_IT: Final = (e.InteractionMuteChanged, e.CompletionBlockChanged)


def _interaction(event: e.InteractionEvent, settings: Settings) -> Frames:  # noqa: PLR0911  # one arm a kind
    shown = event.interaction
    own: tuple[bytes, ...] = ()
    if shown.state in tables.NO_STATE:
        return ()
    if theirs.is_theirs(shown):
        came = theirs.interaction_event(event, settings)
        if came is not None:
            return (came,)
        if event.part > 0 and not _gone_without_a_word(event):
            return ()  # the platform's own frame has told all of the change
    match event:
        case e.InteractionUpdated(late=True):
            return ()  # what is removed is not spoken of again
        case e.InteractionCompleted():
            return (_snapshot(_last_label(event), shown, settings),)
        case e.FocusChanged() if shown.focused:
            case_id = theirs.case_of(shown)
            selected = wire.InteractionEvent(eventType=tables.CASE_SELECTED, selectedCaseId=case_id)
            own = (_frame("interaction", selected),)
        case e.CompletionBlockChanged():
            own = (_frame("markdone", _block(shown)),)
        case _:
            pass
    if event.part > 0 or (theirs.is_theirs(shown) and isinstance(event, _NOT_IN_IT)):
        return own
    previous = "HELD" if isinstance(event, e.InteractionRetrieved) else None
    return (*own, _snapshot(_label(event), shown, settings, previous))


def _snapshot(label: str, shown: Interaction, settings: Settings, previous: str | None = None) -> bytes:
    whole = theirs.rebuilt(shown, settings, previous)
    return _frame("interaction", {"eventType": label, "interaction": whole})


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


def blocked_frame(interaction_id: str, warning: str) -> bytes:
    """To a client that tried to mark done what is blocked."""
    return _frame("markdone", wire.MarkdoneEvent(tables.BLOCKED, interaction_id, warning))
