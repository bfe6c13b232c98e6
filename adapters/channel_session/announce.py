"""North: canonical events as the protocol's events, in the documented orders. Pure: the snapshot tells all.

Source: seed 003 (orders of dial, accept, reject, complete, consult, alternate); reference channel-
session.md sections 4.4, 4.5 and 5 for the others and for the data, which the seed does not print.
"""

from collections.abc import Sequence
from typing import Final

from adapters.channel_session import printed, reprint, tables, targets, wire
from adapters.channel_session.announce_agent import agent, signed_out
from adapters.channel_session.codec import event as frame
from adapters.channel_session.settings import ChannelSessionSettings
from adapters.contract.change import Change, Encoded, Encoder, Frame
from schemas.events import (
    AgentLoggedIn,
    AgentLoggedOut,
    AgentStateChanged,
    AgentUpdated,
    AnyEvent,
    AnyInteractionEvent,
    ConferenceChanged,
    DirectoryUpdated,
    DispositionsUpdated,
    FocusChanged,
    InteractionAlerting,
    InteractionCompleted,
    InteractionConnected,
    InteractionCreated,
    InteractionDataChanged,
    InteractionDialing,
    InteractionEnded,
    InteractionEvent,
    InteractionHeld,
    InteractionMuteChanged,
    InteractionPreviewed,
    InteractionReopened,
    InteractionRetrieved,
    PartyAdded,
    PartyRemoved,
    PartyUpdated,
    RecordingChanged,
)
from schemas.interaction import Direction, Disposition, EndCause, Interaction, InteractionState, Media, Party
from schemas.observations import DirectoryEntry
from schemas.values import Json

_OFFERED: Final = frozenset({InteractionState.PREVIEW, InteractionState.DIALING, InteractionState.ALERTING})


def encoder(_: ChannelSessionSettings) -> Encoder:
    """The encoder of changes: nothing in it depends on the settings."""
    return encode


def encode(change: Change) -> Encoded:
    """The frames of each event, in order; none where the protocol has no word for it."""
    encoded: list[Sequence[Frame]] = []
    creating = False
    for event, first in change.told():
        if first:
            creating = isinstance(event, InteractionCreated)
        if isinstance(event, InteractionEvent):
            encoded.append(_interaction_event(event, first=first, creating=creating))
        else:
            encoded.append(_other_event(event))
    return encoded


def _other_event(event: AnyEvent) -> Sequence[Frame]:
    session_id = event.session_id
    match event:
        case AgentStateChanged() | AgentLoggedIn() | AgentUpdated():
            return agent(event.agent)
        case AgentLoggedOut():
            return signed_out(event.agent)
        case DispositionsUpdated() if session_id is not None:
            return (dispositions(targets.channel(session_id, Media.VOICE), event.dispositions),)
        case DirectoryUpdated() if session_id is not None:
            return (directory(session_id, event.entries),)
        case _:  # CAPABILITIES says why
            return ()


def _interaction_event(  # noqa: C901, PLR0911, PLR0912  # one arm an event
    event: AnyInteractionEvent, *, first: bool, creating: bool
) -> Sequence[Frame]:
    now = event.interaction
    match event:
        case InteractionCreated() | InteractionReopened():
            return created(now)
        case InteractionEnded():
            return ended(now)
        case InteractionCompleted():
            return completed(now)
        case _ if creating:
            return ()  # the creation told it
        case InteractionDialing() | InteractionAlerting() | InteractionPreviewed():
            return (*interaction_state(now), *conversation_state(now))
        case InteractionConnected():
            return _connected(now)
        case InteractionHeld() | InteractionRetrieved() | InteractionMuteChanged():
            return conversation_state(now)
        case InteractionDataChanged() if now.consult_of is None:
            return (frame("interaction.datachanged", targets.interaction(now), now.data),)
        case RecordingChanged():
            return interaction_state(now)
        case FocusChanged() if now.focused:
            return focus(now)
        case ConferenceChanged():
            return conversation_state(now)
        case PartyUpdated() if not first:
            return ()  # a change of the conversation told it: held, or one party more
        case PartyAdded() | PartyUpdated():
            return _member("conversation.member.added", now, event.party)
        case PartyRemoved():
            return _member("conversation.member.removed", now, event.party)
        case _:
            return ()


# --- interaction and conversation


def interaction_state(now: Interaction) -> tuple[Frame, ...]:
    """state.updated of the interaction; a consultation has none of its own."""
    if now.consult_of is not None:
        return ()
    if (said := printed.contact(now)) is not None and said.interaction is not None and said.interaction.state:
        return (frame("state.updated", targets.interaction(now), said.interaction.state),)
    if now.state in tables.NO_STATE:
        return ()
    return (_interaction_word(now, tables.INTERACTION_OUT[now.state]),)


def _interaction_word(now: Interaction, word: str) -> Frame:
    data = wire.StateData(
        type=tables.INTERACTION, state=word, recording=tables.RECORDING_OUT[now.recording_state]
    )
    return frame("state.updated", targets.interaction(now), data)


def conversation_state(now: Interaction) -> tuple[Frame, ...]:
    """state.updated of the conversation, if there is one."""
    if (
        (said := printed.contact(now)) is not None
        and said.conversation is not None
        and said.conversation.state
    ):
        return (frame("state.updated", targets.conversation(now), said.conversation.state),)
    word = tables.CONVERSATION_OUT.get(now.state)
    if word is None or now.media is not Media.VOICE:
        return ()
    return (_conversation_word(now, word),)


def _conversation_word(now: Interaction, word: str) -> Frame:
    data = wire.StateData(type=tables.CONVERSATION, state=word, muted=now.muted)
    return frame("state.updated", targets.conversation(now), data)


def created(now: Interaction) -> tuple[Frame, ...]:
    """The block that announces an interaction as it is; for a consultation, its conversation."""
    if (said := printed.contact(now)) is not None:
        return reprint.contact(now, said)
    if now.consult_of is not None:
        return (*_conversation(now, tables.CONSULT), *focus(now))
    target = targets.interaction(now)
    kind = tables.MEDIA_OUT[now.media]
    info = wire.InteractionInfo(now.id, kind, kind.upper())
    offered = (frame("interaction.preview", target, now.data),) if now.state in _OFFERED else ()
    return (
        frame("interaction.created", targets.channel_of(now), wire.InteractionData(info)),
        *interaction_state(now),
        *_conversation(now, tables.PRIMARY),
        frame("interaction.datachanged", target, now.data),
        *offered,
        frame("interaction.initialized", target, wire.NOTHING),
    )


def _conversation(now: Interaction, role: str) -> tuple[Frame, ...]:
    """A conversation is there until the media is over, and only in a call."""
    if now.media is not Media.VOICE or now.state in {InteractionState.WRAP_UP, InteractionState.COMPLETED}:
        return ()
    info = wire.ConversationInfo(now.id, role)
    return (
        frame("conversation.created", targets.interaction(now), wire.ConversationData(info)),
        *conversation_state(now),
        *(one for party in now.parties for one in _member("conversation.member.added", now, party)),
        frame("conversation.initialized", targets.conversation(now), wire.NOTHING),
    )


def _connected(now: Interaction) -> tuple[Frame, ...]:
    """After an offer, the record is popped; a dialled one was popped before."""
    if now.consult_of is not None or now.direction is Direction.OUTBOUND:
        return (*conversation_state(now), *interaction_state(now))
    pop = frame("interaction.screenpop", targets.interaction(now), now.data)
    return (*conversation_state(now), pop, *interaction_state(now))


def ended(now: Interaction) -> tuple[Frame, ...]:
    """The media is over: as a rejection, a transfer, a release, or the end of a consultation."""
    leg = leg_ended(now)
    if now.consult_of is not None:
        left = now.end_cause in {EndCause.TRANSFERRED, EndCause.CONFERENCED}
        return leg if left else (*leg, *focus(now, now.consult_of))
    return over(now) if now.end_cause is EndCause.DECLINED else (*leg, *over(now))


def leg_ended(now: Interaction) -> tuple[Frame, ...]:
    """The end of its conversation, if it had one."""
    if now.media is not Media.VOICE:
        return ()
    disposed = frame("conversation.disposed", targets.conversation(now), wire.NOTHING)
    return (_conversation_word(now, "ENDED"), disposed)


def over(now: Interaction) -> tuple[Frame, ...]:
    """The end of the interaction itself; after a transfer no state is told."""
    last = frame("interaction.ended", targets.interaction(now), wire.NOTHING)
    if now.end_cause is EndCause.TRANSFERRED and now.media is Media.VOICE:
        return (last,)
    return (last, _interaction_word(now, "ENDED"))


def completed(now: Interaction) -> tuple[Frame, ...]:
    """Closed for good; a consultation's conversation was disposed of when it ended."""
    if now.consult_of is not None:
        return ()
    target = targets.interaction(now)
    return (
        frame("interaction.complete", target, wire.NOTHING),
        _interaction_word(now, "COMPLETED"),
        frame("interaction.disposed", target, wire.NOTHING),
    )


def focus(now: Interaction, conversation_id: str = "") -> tuple[Frame, ...]:
    """interaction.focuschanged, to its own conversation or the one named."""
    if now.media is not Media.VOICE:
        return ()
    data = wire.FocusData(wire.ConversationInfo(conversation_id or now.id))
    return (frame("interaction.focuschanged", targets.interaction(now), data),)


def _member(name: str, now: Interaction, party: Party) -> tuple[Frame, ...]:
    if now.media is not Media.VOICE or now.ended_at is not None:
        return ()  # nothing is said of a conversation once it is disposed of (seed 003)
    said = printed.contact(now)
    known = said.conversation.members.get(party.id) if said is not None and said.conversation else None
    member: Json = known or wire.Member(
        id=party.id,
        address=party.address,
        name=party.name,
        # that its whole conversation is held is the conversation's word, and no member is told again for it
        state="HELD" if party.held and now.state is not InteractionState.HELD else "CONNECTED",
    )
    return (frame(name, targets.conversation(now), {"member": member}),)


# --- lists


def dispositions(target: str, listed: Sequence[Disposition]) -> Frame:
    """channel.externaldispositions.updated."""
    data = wire.DispositionsData(
        tuple(wire.ExternalDisposition(one.id or one.code, one.name) for one in listed)
    )
    return frame("channel.externaldispositions.updated", target, data)


def directory(session_id: str, entries: Sequence[DirectoryEntry]) -> Frame:
    """directory.updated."""
    named: dict[str, list[wire.DirectoryLine]] = {}
    for entry in entries:
        named.setdefault(entry.category, []).append(wire.DirectoryLine(entry.name, entry.address))
    data = wire.DirectoryData(tuple(wire.Category(name, tuple(lines)) for name, lines in named.items()))
    return frame("directory.updated", session_id, data)
