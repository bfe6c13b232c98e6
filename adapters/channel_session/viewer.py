"""What one started session's client has been told, so that it hears of everything once and in order.

The encoded frames of an event are shared by all clients; what is added here depends on the rest of the
session: a channel that was not announced yet, the channel's and the parent's states that the documented
orders put first, and the end of a consult transfer, which comes after both conversations. Source: seed 003
(dial, consult); reference channel-session.md section 4.4 (consult transfer).
"""

from collections.abc import Sequence

import msgspec

from adapters.channel_session import announce
from adapters.dialect import View
from schemas.agent import AgentSession, AgentState, Channel, ChannelState
from schemas.events import (
    AgentEvent,
    AgentLoggedOut,
    AnyEvent,
    InteractionCompleted,
    InteractionCreated,
    InteractionEnded,
    InteractionEvent,
)
from schemas.ids import AgentId, InteractionId, SessionId
from schemas.interaction import EndCause, Interaction, InteractionState, Media


class Viewer:
    """One agent's session as its client knows it."""

    def __init__(self, view: View, session: AgentSession) -> None:
        self.agent_id: AgentId = session.agent_id
        self._view = view
        self._session = session
        self.session_id: SessionId = session.id
        self.grouped = True  # the group is announced
        self.leg = False  # inContact's agent leg is connected
        self._media: list[Media] = []  # channels announced
        self._inactive: set[Media] = set()  # of those: deactivated, or not activated yet, by this client
        self._removed: set[Media] = set()  # channels that this client disposed of
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
        return self._disposed(self._session)

    def event(self, event: AnyEvent, frames: Sequence[bytes]) -> Sequence[bytes]:
        """What the client gets of an event of this session."""
        if isinstance(event, InteractionEvent):
            return self._interaction(event, event.interaction, frames)
        if isinstance(event, AgentEvent):
            self._session = event.agent
            if isinstance(event, AgentLoggedOut):
                return self._disposed(event.agent)
            known = {*self._media, *self._removed}
            new = [one for one in announce.media_of(event.agent) if one not in known]
            if self._inactive or self._removed:  # not as others see them
                frames = [one for medium in self._media for one in self.channel(medium)] if frames else ()
            return [*(one for medium in new for one in self._channel(medium)), *frames]
        return frames

    def _channel(self, media: Media) -> tuple[bytes, ...]:
        """The platform has a channel that was not announced, or was disposed of."""
        self._media.append(media)
        self._removed.discard(media)
        return self._new(media)

    def _new(self, media: Media) -> tuple[bytes, ...]:
        if self.grouped:
            return announce.new_channel(self._shown(), media)
        self.grouped = True
        return announce.new_group(self._shown(), (media,))

    def _disposed(self, session: AgentSession) -> tuple[bytes, ...]:
        if self.grouped:
            return announce.signed_out(session, self._media)
        return announce.gone(session, self._media)

    # --- channels as this client set them

    @property
    def media(self) -> tuple[Media, ...]:
        """The media of the channels that are announced, in the order they were."""
        return tuple(self._media)

    @property
    def deactivated(self) -> frozenset[Media]:
        """The channels that this client has inactive itself."""
        return frozenset(self._inactive)

    def agent_state(self) -> AgentState:
        """The agent's state now."""
        return self._now().state

    def state(self, media: Media) -> ChannelState:
        """The state of a channel, as this client has it."""
        return ChannelState.INACTIVE if media in self._inactive else self._real(media)

    def busy(self, media: Media) -> bool:
        """Whether an interaction is open on the channel."""
        return any(
            one.media == media and one.state is not InteractionState.COMPLETED
            for one in self._view.interactions(self.agent_id)
        )

    def channel(self, media: Media) -> tuple[bytes, ...]:
        """channel.infochanged and state.updated."""
        return announce.channel(self._shown(), media)

    def activate(self, media: Media) -> bool:
        """Whether the platform has it active, so that it now is here."""
        if self._real(media) is not ChannelState.ACTIVE:
            return False
        self._inactive.discard(media)
        return True

    def deactivate(self, media: Media) -> None:
        """Inactive for this client."""
        self._inactive.add(media)

    def add(self, media: Media) -> tuple[bytes, ...]:
        """A channel more; it starts inactive."""
        self._inactive.add(media)
        return self._channel(media)

    def remove(self, media: Media) -> tuple[bytes, ...]:
        """The channel is disposed of."""
        self._media.remove(media)
        self._removed.add(media)
        self._inactive.discard(media)
        return announce.gone(self._session, (media,))

    def add_group(self, name: str) -> tuple[bytes, ...]:
        """The group again, with the platform's channels, inactive all."""
        self._media = list(dict.fromkeys((*self._media, *announce.media_of(self._session))))
        self._inactive.update(self._media)
        self._removed.clear()
        self.grouped = True
        return announce.new_group(self._shown(), self._media, name)

    def remove_group(self) -> tuple[bytes, ...]:
        """The members, then the group, are disposed of."""
        self.grouped = False
        frames = tuple(one for media in self.media for one in self.remove(media))
        return (*frames, announce.group_gone(self._session))

    def _now(self) -> AgentSession:
        return self._view.agent(self.agent_id) or self._session

    def _real(self, media: Media) -> ChannelState:
        own = next((one for one in self._now().channels if one.media == media), None)
        return own.state if own is not None else ChannelState.ACTIVE

    def _shown(self) -> AgentSession:
        """The session with its channels as this client set them."""
        session = self._session
        if not self._inactive:
            return session
        others = tuple(one for one in session.channels if one.media not in self._inactive)
        own = {one.media: one for one in session.channels}
        inactive = tuple(
            msgspec.structs.replace(
                own.get(media, Channel(id=media, media=media)), state=ChannelState.INACTIVE
            )
            for media in self._media
            if media in self._inactive
        )
        return msgspec.structs.replace(session, channels=(*others, *inactive))

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
        self._session = self._now()
        new = () if now.media in self._media else self._channel(now.media)
        return [*new, *self.channel(now.media), *frames]

    def _ended(self, now: Interaction, frames: Sequence[bytes]) -> Sequence[bytes]:
        if now.consult_of is not None:
            self._consults.pop(now.consult_of, None)
            held = self._held.pop(now.id, None)
            return frames if held is None else [*announce.leg_ended(now), *held]
        consult = self._consults.get(now.id)
        if now.end_cause is not EndCause.TRANSFERRED or consult is None or not self._over(consult):
            return frames
        self._held[consult] = announce.over(now)
        return [*announce.leg_ended(now), *announce.focus(now, consult)]

    def _over(self, consult: InteractionId) -> bool:
        """Whether a consultation ended with what it is about; a single-step transfer leaves it as it is."""
        one = self._view.interaction(consult)
        return one is None or one.state is InteractionState.COMPLETED or one.ended_at is not None

    def _completed(self, now: Interaction, frames: Sequence[bytes]) -> Sequence[bytes]:
        self._known.discard(now.id)
        consult = self._consults.pop(now.id, None)
        held = self._held.pop(consult, ()) if consult is not None else ()
        return [*held, *frames]
