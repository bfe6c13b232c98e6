"""The state of an interaction or a consultation as an observation: what changed, at first all that is known.

A voice interaction's state comes from its own word and its primary conversation's, whichever is further
along. A word that we do not know is told as it is, once, beside the state that was known before. Source:
reference channel-session.md sections 6.4 and 6.5.
"""

from typing import Final

import msgspec
from msgspec import UNSET

from adapters.channel_session import tables
from adapters.channel_session.memory import KnownConversation, KnownInteraction, KnownSession
from schemas.ids import Ref
from schemas.interaction import Direction, InteractionState, Kind, Media, Party
from schemas.observations import AnyObservation, InteractionObserved

Seen = tuple[AnyObservation, ...] | None  # None: a target or a kind of object that we do not know
OVER: Final = tables.RANK["ENDED"]

_OPENING: Final = {InteractionState.ALERTING: Direction.INBOUND, InteractionState.DIALING: Direction.OUTBOUND}


def refs(session: KnownSession, interaction: KnownInteraction, conversation: str) -> dict[str, str]:
    """Every id of theirs that addressing it needs."""
    named = {"session": session.id, "channel": interaction.channel, "target": interaction.target}
    if interaction.group:
        named["group"] = interaction.group
    if conversation:
        named["conversation"] = conversation
    return named


def changed(session: KnownSession, ref: str, frame: msgspec.Raw) -> InteractionObserved:
    """The beginning of an observation of one change."""
    return InteractionObserved(agent=session.agent, vendor=frame, ref=Ref(ref))


def words(interaction: KnownInteraction) -> str:
    """The word that counts: the one further along, the conversation's if they are level."""
    own, primary = interaction.state, interaction.primary
    if primary is not None and tables.RANK[primary.state] >= tables.RANK[own]:
        return primary.state
    return own


def tell(session: KnownSession, interaction: KnownInteraction, frame: msgspec.Raw, odd: str = "") -> Seen:
    """Tell the state of an interaction if it changed; the first time, tell all that is known."""
    word = words(interaction)
    state = tables.STATE_IN.get(word)
    if odd:
        interaction.odd = odd
        if interaction.told is not None:
            return (msgspec.structs.replace(changed(session, interaction.target, frame), vendor_state=odd),)
        state, word = state or InteractionState.UNKNOWN, odd
    if state is None or (state is interaction.told and (odd or not interaction.odd)):
        return ()
    first, interaction.told = interaction.told is None, state
    interaction.odd = odd
    seen = InteractionObserved(
        agent=session.agent,
        vendor=frame,
        ref=Ref(interaction.target),
        state=state,
        vendor_state=word,
    )
    if not first:
        return (seen,)
    primary = interaction.primary
    members = tuple(primary.members.values()) if primary is not None else ()
    return (
        msgspec.structs.replace(
            seen,
            media=interaction.media,
            direction=_OPENING.get(state, UNSET),
            refs=refs(session, interaction, primary.target if primary is not None else ""),
            data=dict(interaction.data),
            recording_state=tables.RECORDING_IN.get(interaction.recording, UNSET),
            **(party_fields(members) if members else {}),
        ),
    )


def party_fields(members: tuple[Party, ...], *, joined: bool = True) -> dict[str, object]:
    """Who takes part, and what follows from it; the first to join is the remote address."""
    fields: dict[str, object] = {"parties": members, "conference": len(members) > 1}
    if joined and len(members) == 1:
        fields["remote_address"] = members[0].address
    return fields


def tell_consult(session: KnownSession, known: KnownConversation, frame: msgspec.Raw, odd: str = "") -> Seen:
    """Tell the state of a consultation if it changed."""
    state = tables.STATE_IN.get(known.state)
    if state is InteractionState.WRAP_UP:
        state = InteractionState.COMPLETED  # a consultation leaves no work behind
        if known.told is None:
            return ()
    if odd:
        known.odd = odd
        if known.told is not None:
            return (msgspec.structs.replace(changed(session, known.target, frame), vendor_state=odd),)
        state = state or InteractionState.UNKNOWN
    if state is None or (state is known.told and (odd or not known.odd)):
        return ()
    first, known.told = known.told is None, state
    known.odd = odd
    seen = InteractionObserved(
        agent=session.agent,
        vendor=frame,
        ref=Ref(known.target),
        state=state,
        vendor_state=odd or known.state,
    )
    if not first:
        return (seen,)
    return (
        msgspec.structs.replace(
            seen,
            consult_of_ref=Ref(known.interaction.target),
            media=Media.VOICE,
            direction=Direction.OUTBOUND,
            kind=Kind.CONSULT,
            refs=refs(session, known.interaction, known.target),
            **(party_fields(tuple(known.members.values())) if known.members else {}),
        ),
    )
