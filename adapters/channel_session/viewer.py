"""What one started session's client has been told, so that it hears of everything once and in order.

The encoded frames of an event are shared by all clients; what is added here depends on the rest of the
session: a channel that was not announced yet, the channel's and the parent's states that the documented
orders put first, and the end of a consult transfer, which comes after both conversations. Source: seed 003
(dial, consult); reference channel-session.md section 4.4 (consult transfer).
"""

from collections.abc import Sequence

from adapters.channel_session import announce
from adapters.dialect import View
from schemas.agent import AgentSession
from schemas.events import (
    AgentEvent,
    AgentLoggedOut,
    AnyEvent,
    InteractionCompleted,
    InteractionCreated,
    InteractionEnded,
    InteractionEvent,
)
from schemas.ids import AgentId, InteractionId
from schemas.interaction import EndCause, Interaction, InteractionState, Media


class Viewer:
    """One agent's session as its client knows it."""

    def __init__(self, view: View, session: AgentSession) -> None:
        self.agent_id: AgentId = session.agent_id
        self._view = view
        self._session = session
        self._media: list[Media] = []  # channels announced
        self._known: set[InteractionId] = set()  # interactions announced and not disposed of
        self._consults: dict[
            InteractionId, InteractionId
        ] = {}  # open ones, by what they are consultations of
        self._held: dict[InteractionId, tuple[bytes, ...]] = {}  # by consultation: what its end lets go

    def start(self) -> tuple[bytes, ...]:
        """Announce the session as it is; session.initialized is last."""
        open_now = self._view.interactions(self.agent_id)
        mains = [one for one in open_now if one.consult_of is None]
        self._known = {one.id for one in mains}
        consults = [one for one in open_now if one.consult_of in self._known]
        self._known |= {one.id for one in consults}
        self._consults = {one.consult_of: one.id for one in consults if one.consult_of is not None}
        media = (*announce.media_of(self._session), *(one.media for one in mains))
        self._media = list(dict.fromkeys(media))
        return announce.recovered(self._session, self._media, [*mains, *consults])

    def signed_out(self) -> tuple[bytes, ...]:
        """Channels and group are disposed of."""
        return announce.signed_out(self._session, self._media)

    def event(self, event: AnyEvent, frames: Sequence[bytes]) -> Sequence[bytes]:
        """What the client gets of an event of this session."""
        if isinstance(event, InteractionEvent):
            return self._interaction(event, event.interaction, frames)
        if isinstance(event, AgentEvent):
            self._session = event.agent
            if isinstance(event, AgentLoggedOut):
                return announce.signed_out(event.agent, self._media)
            new = [one for one in announce.media_of(event.agent) if one not in self._media]
            return [*(one for medium in new for one in self._channel(medium)), *frames]
        return frames

    def _channel(self, media: Media) -> tuple[bytes, ...]:
        self._media.append(media)
        return announce.new_channel(self._session, media)

    def _interaction(
        self, event: InteractionEvent, now: Interaction, frames: Sequence[bytes]
    ) -> Sequence[bytes]:
        if now.consult_of is not None and now.consult_of not in self._known:
            return ()  # what it is a consultation of is gone: it has no place any more
        if now.id not in self._known:
            return self._first(event, now, frames)
        match event:
            case InteractionCreated():
                return ()  # announced when the session started
            case InteractionEnded():
                return self._ended(now, frames)
            case InteractionCompleted():
                return self._completed(now, frames)
            case _:
                return frames

    def _first(self, event: InteractionEvent, now: Interaction, frames: Sequence[bytes]) -> Sequence[bytes]:
        """The first that this client hears of it: its creation, or whatever came after that was missed."""
        if isinstance(event, InteractionCreated):
            return self._created(now, frames)
        if now.state is InteractionState.COMPLETED:
            return ()
        return self._created(now, announce.created(now))

    def _created(self, now: Interaction, frames: Sequence[bytes]) -> Sequence[bytes]:
        self._known.add(now.id)
        if now.consult_of is not None:
            self._consults[now.consult_of] = now.id
            parent = self._view.interaction(now.consult_of)
            if parent is None:
                return frames
            return [*announce.interaction_state(parent), *announce.conversation_state(parent), *frames]
        session = self._view.agent(self.agent_id) or self._session
        new = () if now.media in self._media else self._channel(now.media)
        return [*new, *announce.channel(session, now.media), *frames]

    def _ended(self, now: Interaction, frames: Sequence[bytes]) -> Sequence[bytes]:
        if now.consult_of is not None:
            self._consults.pop(now.consult_of, None)
            held = self._held.pop(now.id, None)
            return frames if held is None else [*announce.leg_ended(now), *held]
        consult = self._consults.get(now.id)
        if now.end_cause is not EndCause.TRANSFERRED or consult is None:
            return frames
        self._held[consult] = announce.over(now)
        return [*announce.leg_ended(now), *announce.focus(now, consult)]

    def _completed(self, now: Interaction, frames: Sequence[bytes]) -> Sequence[bytes]:
        self._known.discard(now.id)
        consult = self._consults.pop(now.id, None)
        held = self._held.pop(consult, ()) if consult is not None else ()
        return [*held, *frames]
