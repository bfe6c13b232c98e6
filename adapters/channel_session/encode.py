"""North: canonical events as the protocol's events, in the documented orders. Pure: the snapshot tells all.

What a platform of this protocol said of an interaction is said again (`extras`), with our handles; of
any other it is made of the snapshot. Source: seed 003 (orders of dial, accept, reject, complete, consult,
alternate); reference channel-session.md sections 4.4, 4.5 and 5 for the others and for the data, which the
seed does not print.
"""

from collections.abc import Sequence
from typing import Final

from adapters.channel_session import addressing, encode_session, extras, methods, tables, wire
from adapters.channel_session.codec import event as frame
from adapters.channel_session.extras import InteractionExtras, Members, ObjectExtras
from adapters.channel_session.settings import ChannelSessionSettings
from adapters.contract.change import Change, Encoded, Encoder, Frame
from schemas import events as e
from schemas.interaction import Direction, Disposition, EndCause, Interaction, InteractionState, Media, Party
from schemas.observations import DirectoryEntry

Frames = Sequence[Frame]

_OFFERED: Final = frozenset({InteractionState.PREVIEW, InteractionState.DIALING, InteractionState.ALERTING})
_OVER: Final = frozenset({InteractionState.WRAP_UP, InteractionState.COMPLETED})
_INITIALIZED: Final = "interaction.initialized"
_LEG_INITIALIZED: Final = "conversation.initialized"
_LEG_DISPOSED: Final = "conversation.disposed"


def encoder(_: ChannelSessionSettings) -> Encoder:
    """The encoder of changes: nothing in it depends on the settings."""
    return encode


def encode(change: Change) -> Encoded:
    """The frames of each event, in order; none where the protocol has no word for it."""
    encoded: list[Frames] = []
    creating = False
    for event, first in change.told():
        if first:
            creating = isinstance(event, e.InteractionCreated)
        if isinstance(event, e.InteractionEvent):
            encoded.append(_interaction(event, first=first, creating=creating))
        else:
            encoded.append(_other(event))
    return encoded


def _other(event: e.AnyEvent) -> Frames:
    session_id = event.session_id
    match event:
        case e.AgentStateChanged() | e.AgentLoggedIn() | e.AgentUpdated():
            return encode_session.agent(event.agent)
        case e.AgentLoggedOut():
            return encode_session.signed_out(event.agent)
        case e.DispositionsUpdated() if session_id is not None:
            return (dispositions(addressing.channel(session_id, Media.VOICE), event.dispositions),)
        case e.DirectoryUpdated() if session_id is not None:
            return (directory(session_id, event.entries),)
        case _:  # CAPABILITIES says why
            return ()


def _interaction(  # noqa: C901, PLR0911, PLR0912  # one arm an event
    event: e.AnyInteractionEvent, *, first: bool, creating: bool
) -> Frames:
    now = event.interaction
    match event:
        case e.InteractionCreated() | e.InteractionReopened():
            return created(now)
        case e.InteractionEnded():
            return ended(now)
        case e.InteractionCompleted():
            return completed(now)
        case _ if creating:
            return ()  # the creation told it
        case e.InteractionDialing() | e.InteractionAlerting() | e.InteractionPreviewed():
            return (*interaction_state(now), *conversation_state(now))
        case e.InteractionConnected():
            return _connected(now)
        case (
            e.InteractionHeld()
            | e.InteractionRetrieved()
            | e.InteractionMuteChanged()
            | e.ConferenceChanged()
        ):
            return conversation_state(now)
        case e.InteractionDataChanged() if now.consult_of is None:
            return (frame(tables.DATA, addressing.interaction(now), now.data),)
        case e.RecordingChanged():
            return interaction_state(now)
        case e.FocusChanged() if now.focused:
            return focus(now)
        case e.PartyUpdated() if not first:
            return ()  # a change of the conversation told it: held, or one party more
        case e.PartyAdded() | e.PartyUpdated():
            return _member("conversation.member.added", now, event.party)
        case e.PartyRemoved():
            return _member(tables.MEMBER_REMOVED, now, event.party)
        case _:
            return ()


# --- what there is to print


def _extras(now: Interaction) -> InteractionExtras:
    """What the platform said of an interaction, else what it would have."""
    return extras.of_interaction(now) or InteractionExtras(_main(now), _leg(now))


def _main(now: Interaction) -> ObjectExtras | None:
    if now.consult_of is not None:
        return None
    kind = tables.MEDIA_OUT[now.media]
    said = [tables.DATA, _INITIALIZED, tables.PREVIEW]
    return ObjectExtras({"type": kind, "modeltype": kind.upper()}, _main_state(now), said=said)


def _leg(now: Interaction) -> ObjectExtras | None:
    """A conversation is there until the media is over, and only in a call."""
    if now.media is not Media.VOICE or now.state in _OVER:
        return None
    role = tables.PRIMARY if now.consult_of is None else tables.CONSULT
    members = {party.id: _member_of(now, party) for party in now.parties}
    return ObjectExtras({"role": role}, _leg_state(now), members, [_LEG_INITIALIZED])


def _main_state(now: Interaction, word: str = "") -> Members | None:
    """Of state.updated; an agent never sees the queue here, and an unknown state is not guessed at."""
    if not word and now.state in tables.NO_STATE:
        return None
    return {
        "type": tables.INTERACTION,
        "state": word or tables.INTERACTION_OUT[now.state],
        "recording": tables.RECORDING_OUT[now.recording_state],
    }


def _leg_state(now: Interaction, word: str = "") -> Members | None:
    said = word or tables.CONVERSATION_OUT.get(now.state)
    if said is None or now.media is not Media.VOICE:
        return None
    return {"type": tables.CONVERSATION, "state": said, "muted": now.muted}


def _member_of(now: Interaction, party: Party) -> Members:
    # That its whole conversation is held is the conversation's word, and no member is told again for it.
    held = party.held and now.state is not InteractionState.HELD
    state = "HELD" if held else "CONNECTED"
    return {"id": party.id, "address": party.address, "name": party.name, "state": state}


# --- interaction and conversation


def interaction_state(now: Interaction) -> Frames:
    """state.updated of the interaction; a consultation has none of its own."""
    if now.consult_of is not None:
        return ()
    said = extras.of_interaction(now)
    own = said.interaction.state if said is not None and said.interaction is not None else None
    return _state(addressing.interaction(now), own or _main_state(now))


def conversation_state(now: Interaction) -> Frames:
    """state.updated of the conversation, if there is one."""
    said = extras.of_interaction(now)
    own = said.conversation.state if said is not None and said.conversation is not None else None
    return _state(addressing.conversation(now), own or _leg_state(now))


def _state(target: str, state: Members | None) -> Frames:
    return () if state is None else (frame(tables.STATE, target, state),)


def created(now: Interaction) -> Frames:
    """The block that announces an interaction as it is; for a consultation, its conversation."""
    said = _extras(now)
    leg = _created_leg(now, said.conversation) if said.conversation is not None else ()
    own, target = said.interaction, addressing.interaction(now)
    if now.consult_of is not None or own is None:
        return leg if extras.of_interaction(now) is not None else (*leg, *focus(now))
    out = [
        frame("interaction.created", addressing.channel_of(now), {"interaction": {"id": now.id, **own.info}}),
        *_state(target, own.state),
        *leg,
    ]
    if tables.DATA in own.said or now.data:
        out.append(frame(tables.DATA, target, now.data))
    if tables.PREVIEW in own.said and now.state in _OFFERED:
        out.append(frame(tables.PREVIEW, target, now.data))
    if _INITIALIZED in own.said:
        out.append(frame(_INITIALIZED, target, wire.NOTHING))
    return out


def _created_leg(now: Interaction, known: ObjectExtras) -> Frames:
    if _LEG_DISPOSED in known.said:
        return ()
    target = addressing.conversation(now)
    info = {"conversation": {"id": now.id, **known.info}}
    return (
        frame("conversation.created", addressing.interaction(now), info),
        *_state(target, known.state),
        *(frame("conversation.member.added", target, {"member": one}) for one in known.members.values()),
        *([frame(_LEG_INITIALIZED, target, wire.NOTHING)] if _LEG_INITIALIZED in known.said else ()),
    )


def _connected(now: Interaction) -> Frames:
    """After an offer, the record is popped; a dialled one was popped before."""
    popped = now.consult_of is not None or now.direction is Direction.OUTBOUND
    pop = () if popped else (frame(tables.SCREENPOP, addressing.interaction(now), now.data),)
    return (*conversation_state(now), *pop, *interaction_state(now))


def ended(now: Interaction) -> Frames:
    """The media is over: as a rejection, a transfer, a release, or the end of a consultation."""
    leg = leg_ended(now)
    if now.consult_of is not None:
        left = now.end_cause in {EndCause.TRANSFERRED, EndCause.CONFERENCED}
        return leg if left else (*leg, *focus(now, now.consult_of))
    return over(now) if now.end_cause is EndCause.DECLINED else (*leg, *over(now))


def leg_ended(now: Interaction) -> Frames:
    """The end of its conversation, if it had one."""
    target = addressing.conversation(now)
    ending = _state(target, _leg_state(now, "ENDED"))
    return (*ending, frame(_LEG_DISPOSED, target, wire.NOTHING)) if ending else ()


def over(now: Interaction) -> Frames:
    """The end of the interaction itself; after a transfer no state is told."""
    target = addressing.interaction(now)
    last = frame("interaction.ended", target, wire.NOTHING)
    if now.end_cause is EndCause.TRANSFERRED and now.media is Media.VOICE:
        return (last,)
    return (last, *_state(target, _main_state(now, "ENDED")))


def completed(now: Interaction) -> Frames:
    """Closed for good; a consultation's conversation was disposed of when it ended."""
    if now.consult_of is not None:
        return ()
    target = addressing.interaction(now)
    return (
        frame(methods.COMPLETE.name, target, wire.NOTHING),  # the event has the request's name
        *_state(target, _main_state(now, "COMPLETED")),
        frame("interaction.disposed", target, wire.NOTHING),
    )


def focus(now: Interaction, conversation_id: str = "") -> Frames:
    """interaction.focuschanged, to its own conversation or the one named."""
    if now.media is not Media.VOICE:
        return ()
    data = {"conversation": {"id": conversation_id or now.id}}
    return (frame("interaction.focuschanged", addressing.interaction(now), data),)


def _member(name: str, now: Interaction, party: Party) -> Frames:
    if now.media is not Media.VOICE or now.ended_at is not None:
        return ()  # nothing is said of a conversation once it is disposed of (seed 003)
    said = extras.of_interaction(now)
    known = said.conversation.members.get(party.id) if said is not None and said.conversation else None
    return (frame(name, addressing.conversation(now), {"member": known or _member_of(now, party)}),)


# --- lists


def dispositions(target: str, listed: Sequence[Disposition]) -> Frame:
    """channel.externaldispositions.updated."""
    data = wire.DispositionsData(
        tuple(wire.ExternalDisposition(one.id or one.code, one.name) for one in listed)
    )
    return frame(tables.DISPOSITIONS_UPDATED, target, data)


def directory(session_id: str, entries: Sequence[DirectoryEntry]) -> Frame:
    """directory.updated."""
    named: dict[str, list[wire.DirectoryLine]] = {}
    for entry in entries:
        named.setdefault(entry.category, []).append(wire.DirectoryLine(entry.name, entry.address))
    data = wire.DirectoryData(tuple(wire.Category(name, tuple(lines)) for name, lines in named.items()))
    return frame(tables.DIRECTORY_UPDATED, session_id, data)
