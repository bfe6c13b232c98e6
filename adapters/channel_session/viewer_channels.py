"""A client's group and channels as it has been told of them, and as it has set them itself.

They are told again only when they have changed. Source: reference channel-session.md sections 4.1 to 4.3.
"""

from collections.abc import Iterable

import msgspec

from adapters.channel_session import announce_agent
from adapters.contract.change import Frame
from adapters.contract.dialect import View
from schemas.agent import AgentSession, AgentState, Channel, ChannelState
from schemas.ids import SessionId
from schemas.interaction import InteractionState, Media


class ViewedChannels:
    """The channels of one started session; its client may have them otherwise than the platform."""

    def __init__(self, view: View, session: AgentSession) -> None:
        self.session_id: SessionId = session.id
        self.grouped = True  # the group is announced
        self.leg = False  # inContact's agent leg is connected
        self._view = view
        self._session = session
        self._media: list[Media] = []  # channels announced
        self._inactive: set[Media] = set()  # of those: deactivated, or not activated yet, by this client
        self._removed: set[Media] = set()  # channels that this client disposed of
        self._said: dict[Media, tuple[Frame, Frame]] = {}  # how a channel was last told
        self._fresh: set[Media] = set()  # channels told since the last news of an interaction

    def start(self, busy: Iterable[Media]) -> tuple[Frame, ...]:
        """The group with its channels, those with interactions on them among them."""
        self._media = list(dict.fromkeys((*announce_agent.media_of(self._session), *busy)))
        self._said = {media: self._pair(media) for media in self._media}
        return announce_agent.new_group(self._session, self._media)

    def disposed(self, session: AgentSession | None = None) -> tuple[Frame, ...]:
        """Channels and group are disposed of."""
        gone = session or self._session
        if self.grouped:
            return announce_agent.signed_out(gone, self._media)
        return announce_agent.gone(gone, self._media)

    def changed(self, session: AgentSession) -> list[Frame]:
        """What is news of the channels when the session has become that."""
        self._session = session
        known = {*self._media, *self._removed}
        new = [one for one in announce_agent.media_of(session) if one not in known]
        out = [one for media in new for one in self._new(media)]
        for media in self._media:
            before = self._said.get(media)
            if (pair := self.channel(media)) != before:
                self._fresh.add(media)
                out += pair
        return out

    def before_contact(self, media: Media) -> tuple[Frame, ...]:
        """What is told of its channel before a new interaction: created if need be, then as it is."""
        self._session = self._now()
        new = () if media in self._media else self._new(media)
        pair = () if media in self._fresh else self.channel(media)
        self._fresh.clear()
        return (*new, *pair)

    def contact_told(self) -> None:
        """There was other news meanwhile."""
        self._fresh.clear()

    def _new(self, media: Media) -> tuple[Frame, ...]:
        """The platform has a channel that was not announced, or was disposed of."""
        self._media.append(media)
        self._removed.discard(media)
        self._said[media] = self._pair(media)
        if self.grouped:
            return announce_agent.new_channel(self._shown(), media)
        self.grouped = True
        return announce_agent.new_group(self._shown(), (media,))

    def _pair(self, media: Media) -> tuple[Frame, Frame]:
        return announce_agent.channel(self._shown(), media)

    # --- as this client sets them

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
            for one in self._view.interactions(self._session.agent_id)
        )

    def channel(self, media: Media) -> tuple[Frame, ...]:
        """channel.infochanged and state.updated."""
        pair = self._said[media] = self._pair(media)
        return pair

    def activate(self, media: Media) -> bool:
        """Whether the platform has it active, so that it now is here."""
        if self._real(media) is not ChannelState.ACTIVE:
            return False
        self._inactive.discard(media)
        return True

    def deactivate(self, media: Media) -> None:
        """Inactive for this client."""
        self._inactive.add(media)

    def add(self, media: Media) -> tuple[Frame, ...]:
        """A channel more; it starts inactive."""
        self._inactive.add(media)
        return self._new(media)

    def remove(self, media: Media) -> tuple[Frame, ...]:
        """The channel is disposed of."""
        self._media.remove(media)
        self._removed.add(media)
        self._inactive.discard(media)
        return announce_agent.gone(self._session, (media,))

    def add_group(self, name: str) -> tuple[Frame, ...]:
        """The group again, with the platform's channels, inactive all."""
        self._media = list(dict.fromkeys((*self._media, *announce_agent.media_of(self._session))))
        self._inactive.update(self._media)
        self._removed.clear()
        self.grouped = True
        return announce_agent.new_group(self._shown(), self._media, name)

    def remove_group(self) -> tuple[Frame, ...]:
        """The members, then the group, are disposed of."""
        self.grouped = False
        frames = tuple(one for media in self.media for one in self.remove(media))
        return (*frames, announce_agent.group_gone(self._session))

    def _now(self) -> AgentSession:
        return self._view.agent(self._session.agent_id) or self._session

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
