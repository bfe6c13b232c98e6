"""An interaction or a consultation as it is known, as an observation: the whole of it, if it is news.

A voice interaction's state comes from its own word and its primary conversation's, whichever is further
along. A word that we do not know is told as it is, beside the state that was known before. What is completed
is told when it is disposed of: nothing follows that, and until then the platform speaks of it. Source:
reference channel-session.md sections 6.4 and 6.5.
"""

from typing import Final, TypeVar

import msgspec
from msgspec import UNSET, UnsetType

from adapters.channel_session import tables
from adapters.channel_session.extras import InteractionExtras, Members
from adapters.channel_session.memory import KnownConversation, KnownInteraction, KnownSession
from adapters.kit import reading
from schemas.ids import Ref
from schemas.interaction import Direction, InteractionState
from schemas.observations import NO_FRAME, AnyObservation, InteractionGone, InteractionObserved

DataT = TypeVar("DataT")
Seen = tuple[AnyObservation, ...] | None  # None: a target or a kind of object that we do not know
OVER: Final = tables.RANK["ENDED"]

_OPENING: Final = {InteractionState.ALERTING: Direction.INBOUND, InteractionState.DIALING: Direction.OUTBOUND}


class Heard(msgspec.Struct):
    """An event of the platform, taken apart."""

    session: KnownSession
    target: str
    name: str
    data: Members
    frame: msgspec.Raw
    said: bool = True  # whether there were data

    def convert(self, kind: type[DataT]) -> DataT:
        """Its data. Raises msgspec.DecodeError."""
        return reading.convert(self.data, kind, self.session.mended)

    def object(self, name: str, kind: type[DataT]) -> DataT:
        """The one object in them. Raises msgspec.DecodeError."""
        return reading.convert(self.data.get(name), kind, self.session.mended, name)

    def members_of(self, kind: str) -> Members:
        """The members of an object that it brings."""
        found = self.data.get(kind)
        return found if isinstance(found, dict) else {}


def words(interaction: KnownInteraction) -> str:
    """The word that counts: the one further along, the conversation's if they are level."""
    own, primary = interaction.state, interaction.primary
    if primary is not None and tables.RANK[primary.state] >= tables.RANK[own]:
        return primary.state
    return own


def observed(heard: Heard, known: KnownInteraction) -> Seen:
    """The interaction as it is after an event about it or its conversation, if that is news.

    Nothing while the session starts, or before a word of a state. A consultation has no work that follows:
    when its media is over, so is it.
    """
    word = words(known)
    main = known.main
    state = tables.STATE_IN.get(word)
    over = main is not None and tables.RANK[word] >= OVER
    if over or state is InteractionState.COMPLETED:
        state = known.told
    elif state is None and known.odd:
        state = InteractionState.UNKNOWN
    if heard.session.starting or state is None:
        return ()
    if known.told is None and main is None:
        known.direction = _OPENING.get(state)
    known.told = state
    if state not in _OPENING and tables.PREVIEW in known.extras.said:
        known.extras.said.remove(tables.PREVIEW)  # an offer is announced as one while it is one
    leg = known.leg
    members = tuple(leg.members.values()) if leg is not None else ()
    own = known.extras if main is None else None
    seen = InteractionObserved(
        agent=heard.session.agent,
        ref=Ref(known.target),
        consult_of_ref=known.consult_of,
        state=state,
        vendor_state=known.odd or word,
        vendor_event=known.named(said) if (said := _event(heard)) else UNSET,
        media=known.media,
        channel_type=known.channel_type,
        direction=known.direction or UNSET,
        kind=known.kind,
        refs=dict(known.refs) if leg is None else {**known.refs, "conversation": leg.target},
        data=known.data if isinstance(known.data, UnsetType) else dict(known.data),
        parties=UNSET if leg is None else members,
        conference=UNSET if leg is None else len(members) > 1,
        remote_address=UNSET if leg is None else leg.remote_address,
        muted=UNSET if leg is None else leg.muted,
        recording_state=tables.RECORDING_IN.get(known.recording, UNSET),
        ended=over,
        extras=msgspec.to_builtins(InteractionExtras(own, None if leg is None else leg.extras)),
        whole=(main is None and state not in _OPENING) or known.whole,
    )
    if seen == known.seen:
        return ()
    known.seen = seen
    return (msgspec.structs.replace(seen, vendor=heard.frame),)


def same_but_state(was: Members, data: Members) -> bool:
    """Whether two state.updated differ in nothing but the state."""
    return {**was, "state": data["state"]} == data


def keep(heard: Heard, leg: KnownConversation, seen: AnyObservation) -> None:
    """What a state.updated of a conversation came to, in case the next differs in nothing but the state."""
    if isinstance(seen, InteractionObserved) and not leg.consult:
        goes_on = leg.interaction.primary is leg and not leg.interaction.odd and not heard.session.mended.some
        goes_on = goes_on and heard.data.get("state") in tables.TALKED_ON and heard.data["state"] == leg.state
        heard.session.repeated.keep(heard.data, seen, goes_on=goes_on)


def repeated(
    session: KnownSession, target: str, data: Members, frame: msgspec.Raw
) -> InteractionObserved | None:
    """A state.updated of a conversation that differs from the last in nothing but the state."""
    leg, word = session.conversations.get(target), data.get("state")
    if leg is None or leg.consult or not isinstance(word, str) or word not in tables.TALKED_ON:
        return None
    known, state = leg.interaction, tables.TALKED_ON[word]
    before = known.seen.extras if known.seen is not None else UNSET
    if known.primary is not leg or word == leg.state or isinstance(before, UnsetType):
        return None
    said = before.get("conversation")
    if tables.RANK[known.state] > tables.RANK[word] or not isinstance(said, dict):
        return None
    extras: Members = {"conversation": {**said, "state": data}}
    seen = session.repeated.again(data, known.target, frame, state, word, extras)
    if seen is not None:
        leg.state, leg.extras.state = word, data
        known.told, known.seen = state, msgspec.structs.replace(seen, vendor=NO_FRAME)
    return seen


def _event(heard: Heard) -> str:
    """What the platform said; empty if it merely told what is open. state.updated is of several objects."""
    if heard.name != tables.STATE:
        return "" if heard.name == tables.INITIALIZED else heard.name
    kind = heard.data.get("type")
    return f"{heard.name} {kind}" if isinstance(kind, str) else heard.name


def disposed(heard: Heard, known: KnownInteraction) -> tuple[InteractionGone, ...]:
    """An interaction is disposed of, and what is below it."""
    over = (*heard.session.consults(known), known)
    heard.session.forget(known)
    return tuple(gone(heard, one.target) for one in over if one.told is not None)


def gone(heard: Heard, target: str) -> InteractionGone:
    """It was disposed of."""
    return InteractionGone(agent=heard.session.agent, vendor=heard.frame, ref=Ref(target))
