"""An interaction or a consultation as it is known, as an observation: the whole of it, if it is news.

A voice interaction's state comes from its own word and its primary conversation's, whichever is further
along. A word that we do not know is told as it is, beside the state that was known before. What is completed
is told when it is disposed of: nothing follows that, and until then the platform speaks of it. Source:
reference channel-session.md sections 6.4 and 6.5.
"""

from typing import Final

import msgspec
from msgspec import UNSET, UnsetType

from adapters.channel_session import tables
from adapters.channel_session.memory import KnownConversation, KnownInteraction, KnownSession
from adapters.channel_session.printed import Contact, Members
from schemas.ids import Ref
from schemas.interaction import Direction, InteractionState, Kind, Media, Party
from schemas.observations import AnyObservation, InteractionGone, InteractionObserved

Seen = tuple[AnyObservation, ...] | None  # None: a target or a kind of object that we do not know
OVER: Final = tables.RANK["ENDED"]

_OPENING: Final = {InteractionState.ALERTING: Direction.INBOUND, InteractionState.DIALING: Direction.OUTBOUND}


class Heard(msgspec.Struct, frozen=True):
    """An event of the platform, taken apart."""

    name: str
    data: Members
    frame: msgspec.Raw
    said: bool = True  # whether there were data


def printed_of(heard: Heard, kind: str) -> Members:
    """The members of an object that an event brings."""
    found = heard.data.get(kind)
    return found if isinstance(found, dict) else {}


def refs(session: KnownSession, interaction: KnownInteraction, conversation: str) -> dict[str, str]:
    """Every id of theirs that addressing it needs."""
    named = {"session": session.id, "channel": interaction.channel, "target": interaction.target}
    if interaction.group:
        named["group"] = interaction.group
    if conversation:
        named["conversation"] = conversation
    return named


def words(interaction: KnownInteraction) -> str:
    """The word that counts: the one further along, the conversation's if they are level."""
    own, primary = interaction.state, interaction.primary
    if primary is not None and tables.RANK[primary.state] >= tables.RANK[own]:
        return primary.state
    return own


def tell(session: KnownSession, known: KnownInteraction, heard: Heard) -> Seen:
    """The interaction as it is after an event about it or its conversation, if that is news.

    Nothing while the session starts, or before a word of a state.
    """
    word = words(known)
    state = tables.STATE_IN.get(word)
    if state is InteractionState.COMPLETED:
        state = known.told
    elif state is None and known.odd:
        state = InteractionState.UNKNOWN
    if session.starting or state is None:
        return ()
    if known.told is None:
        known.direction = _OPENING.get(state)
    known.told = state
    if state not in _OPENING and tables.PREVIEW in known.printed.said:
        known.printed.said.remove(tables.PREVIEW)  # an offer is announced as one while it is one
    leg = known.leg
    members = tuple(leg.members.values()) if leg is not None else ()
    seen = InteractionObserved(
        agent=session.agent,
        ref=Ref(known.target),
        state=state,
        vendor_state=known.odd or word,
        vendor_event=known.named(said) if (said := _event(heard)) else UNSET,
        media=known.media,
        channel_type=known.channel_type,
        direction=known.direction or UNSET,
        refs=refs(session, known, leg.target if leg is not None else ""),
        data=known.data if isinstance(known.data, UnsetType) else dict(known.data),
        parties=UNSET if leg is None else members,
        conference=UNSET if leg is None else len(members) > 1,
        remote_address=UNSET if leg is None else leg.remote_address,
        muted=UNSET if leg is None else leg.muted,
        recording_state=tables.RECORDING_IN.get(known.recording, UNSET),
        extras=msgspec.to_builtins(Contact(known.printed, leg.printed if leg is not None else None)),
        whole=state not in _OPENING or known.whole,
    )
    if seen == known.seen:
        return ()
    known.seen = seen
    return (msgspec.structs.replace(seen, vendor=heard.frame),)


def tell_consult(session: KnownSession, known: KnownConversation, heard: Heard) -> Seen:
    """The same of a consultation. It has no work that follows: when its media is over, so is it."""
    state = tables.STATE_IN.get(known.state)
    over = tables.RANK[known.state] >= OVER
    if over:
        state = known.told
    elif state is None and known.odd:
        state = InteractionState.UNKNOWN
    if session.starting or state is None:
        return ()
    known.told = state
    members: tuple[Party, ...] = tuple(known.members.values())
    seen = InteractionObserved(
        agent=session.agent,
        ref=Ref(known.target),
        consult_of_ref=Ref(known.interaction.target),
        state=state,
        vendor_state=known.odd or known.state,
        vendor_event=_event(heard) or UNSET,
        media=Media.VOICE,
        direction=Direction.OUTBOUND,
        kind=Kind.CONSULT,
        refs=refs(session, known.interaction, known.target),
        parties=members,
        conference=len(members) > 1,
        remote_address=known.remote_address,
        muted=known.muted,
        ended=over,
        extras=msgspec.to_builtins(Contact(conversation=known.printed)),
        whole=bool(known.remote_address) or "conversation.initialized" in known.printed.said,
    )
    if seen == known.seen:
        return ()
    known.seen = seen
    return (msgspec.structs.replace(seen, vendor=heard.frame),)


def _event(heard: Heard) -> str:
    """What the platform said; empty if it merely told what is open. state.updated is of several objects."""
    if heard.name == tables.INITIALIZED:
        return ""
    kind = heard.data.get("type")
    return f"{heard.name} {kind}" if heard.name == tables.STATE and isinstance(kind, str) else heard.name


def let_go(session: KnownSession, known: KnownInteraction, frame: msgspec.Raw) -> list[InteractionGone]:
    """An interaction is disposed of, and what is below it."""
    over = [gone(session, one.target, frame) for one in session.consults(known) if one.told is not None]
    if known.told is not None:
        over.append(gone(session, known.target, frame))
    session.forget(known)
    return over


def gone(session: KnownSession, target: str, frame: msgspec.Raw) -> InteractionGone:
    """It was disposed of."""
    return InteractionGone(agent=session.agent, vendor=frame, ref=Ref(target))
