"""North: a client's group and channels, as it was told of them and as it has set them itself.

They are told again only when they have changed. Nothing canonical means the requests about them, so what they
change is one client's own memory. Only going Not Ready before a channel is deactivated is every platform's
affair: it is asked for, and the request is then carried out again. Source: reference channel-session.md
sections 4.1 to 4.3.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import msgspec

from adapters.channel_session import encode_session, tables
from adapters.channel_session.addressing import GROUP_ID
from adapters.channel_session.encode_session import EMPTY, as_it_is, became, media_of, path
from adapters.channel_session.extras import SessionExtras
from adapters.contract.change import Frame
from adapters.contract.dialect import View
from adapters.kit.methods import Reads
from schemas.agent import AgentSession, AgentState, ChannelState
from schemas.interaction import InteractionState, Media
from schemas.values import Json


class RefusedError(Exception):
    """A request that is answered with a failure; `frames` tell what was done before it."""

    def __init__(self, code: str, message: str, frames: Sequence[Frame] = ()) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.frames = frames


class Channels:
    """The channels of one started session; its client may have them otherwise than the platform."""

    def __init__(self, view: View, session: AgentSession) -> None:
        self.grouped = True  # the group is announced
        self.leg = False  # inContact's agent leg is connected
        self.media: list[Media] = []  # channels announced, in the order they were
        self.inactive: set[Media] = set()  # of those: deactivated, or not activated yet, by this client
        self._removed: set[Media] = set()  # channels that this client disposed of
        self._name = ""  # of the group, where this client gave it one
        self._view = view
        self._session = session
        self._told: SessionExtras = EMPTY
        self._fresh: set[Media] = set()  # channels told since the last news of an interaction

    # --- as they are told

    def start(self, busy: Iterable[Media]) -> list[Frame]:
        """The group with its channels, those with interactions on them among them."""
        self.media = list(dict.fromkeys((*media_of(self._session), *busy)))
        return self._tell()

    def disposed(self, session: AgentSession | None = None) -> list[Frame]:
        """Channels and group are disposed of."""
        self._session = session or self._session
        last = self._as_set()
        self._told = EMPTY
        told = [one for at, known in last.channels.items() for one in as_it_is(self._session.id, at, known)]
        return [*told, *became(self._session.id, last, EMPTY)]

    def changed(self, session: AgentSession) -> list[Frame]:
        """What is news of the channels when the session has become that."""
        self._session = session
        new = [one for one in media_of(session) if one not in {*self.media, *self._removed}]
        self.media += new
        self.grouped = self.grouped or bool(new)
        before = self._told.channels
        out = self._tell()
        for one in self.media:
            if (known := before.get(path(one))) is not None and known != self._told.channels[path(one)]:
                self._fresh.add(one)
        return out

    def before_interaction(self, media: Media) -> list[Frame]:
        """What is told of its channel before a new interaction: created if need be, then as it is."""
        self._session = self._now()
        out = [] if media in self.media else self._add(media)
        if media not in self._fresh:
            out += as_it_is(self._session.id, path(media), self._told.channels[path(media)])
        self._fresh.clear()
        return out

    def interaction_told(self) -> None:
        """There was other news meanwhile."""
        self._fresh.clear()

    def _as_set(self) -> SessionExtras:
        if not self.grouped:
            return EMPTY
        inactive = frozenset(self.inactive)
        return encode_session.extras_of(self._session, self.media, inactive=inactive, name=self._name)

    def _tell(self) -> list[Frame]:
        before, self._told = self._told, self._as_set()
        return became(self._session.id, before, self._told)

    def _add(self, media: Media) -> list[Frame]:
        """A channel that was not announced, or was disposed of."""
        self.media.append(media)
        self._removed.discard(media)
        self.grouped = True
        return self._tell()

    # --- as this client sets them

    @property
    def session_id(self) -> str:
        """The session's own target."""
        return self._session.id

    def agent_state(self) -> AgentState:
        """The agent's state now."""
        return self._now().state

    def state(self, media: Media) -> ChannelState:
        """The state of a channel, as this client has it."""
        return ChannelState.INACTIVE if media in self.inactive else self.really(media)

    def really(self, media: Media) -> ChannelState:
        """The state of a channel on the platform."""
        own = next((one for one in self._now().channels if one.media == media), None)
        return own.state if own is not None else ChannelState.ACTIVE

    def busy(self, media: Media) -> bool:
        """Whether an interaction is open on the channel."""
        return any(
            one.media == media and one.state is not InteractionState.COMPLETED
            for one in self._view.interactions(self._session.agent_id)
        )

    def set_active(self, media: Media, *, active: bool) -> list[Frame]:
        """Active or inactive for this client."""
        (self.inactive.discard if active else self.inactive.add)(media)
        return self._tell()

    def add(self, media: Media) -> list[Frame]:
        """A channel more; it starts inactive."""
        self.inactive.add(media)
        return self._add(media)

    def remove(self, *media: Media) -> list[Frame]:
        """Channels are disposed of."""
        self.media = [one for one in self.media if one not in media]
        self._removed.update(media)
        self.inactive.difference_update(media)
        return self._tell()

    def add_group(self, name: str) -> list[Frame]:
        """The group again, with the platform's channels, inactive all."""
        self.media = list(dict.fromkeys((*self.media, *media_of(self._session))))
        self.inactive.update(self.media)
        self._removed.clear()
        self._name = name
        self.grouped = True
        return self._tell()

    def remove_group(self) -> list[Frame]:
        """The members, then the group, are disposed of."""
        self.grouped = False
        return self.remove(*self.media)

    def _now(self) -> AgentSession:
        return self._view.agent(self._session.agent_id) or self._session


# --- requests


class Carried(msgspec.Struct, frozen=True):
    """A request that was carried out: the events it raised, and the success's data if not the request's."""

    frames: list[Frame] = []
    data: Json = None
    not_ready: bool = False  # the agent has to go Not Ready first


class Local(msgspec.Struct, frozen=True):
    """A request about a client's channels whose target was found."""

    channels: Channels
    media: Media | None  # of the channel that is its target
    name: str
    gone_not_ready: bool = False  # it was asked for, and done


Carries = Reads[Local, Carried]


class Named(msgspec.Struct, frozen=True):
    """A channel or a group, as far as a request names it."""

    id: str = ""
    name: str = ""
    type: str = ""


NOT_NAMED: Final = Named()


def _media(channels: Channels, channel: Named) -> Media:
    if not channel.id:
        raise RefusedError("bad-request", "channel.id: missing")
    found = next((one for one in channels.media if one == channel.id), None)
    if found is None:
        raise RefusedError("unknown-target", f"there is no channel {channel.id}")
    return found


def _free(channels: Channels, media: Media, frames: Sequence[Frame] = ()) -> None:
    if channels.busy(media):
        raise RefusedError("ongoing-interaction", f"the channel {media} has an open interaction", frames)


def _turns(asked: Local, channel: Named, *, active: bool) -> Iterator[Media]:
    """The channels to be changed, in turn: one that is named, which has to need it, else all."""
    channels, media = asked.channels, asked.media
    if media is None and channel.id:
        media = _media(channels, channel)
    for one in tuple(channels.media) if media is None else (media,):
        if (channels.state(one) is ChannelState.ACTIVE) is active:
            yield one
        elif media is not None:
            raise RefusedError("bad-state", f"the channel is {channels.state(one)} already")


def activate(asked: Local, channel: Named = NOT_NAMED) -> Carried:
    """One channel or all. The first that fails ends the run; those before it stay active."""
    done: list[Frame] = []
    for media in _turns(asked, channel, active=False):
        state = asked.channels.really(media)
        if state is not ChannelState.ACTIVE:
            raise RefusedError("activation-failed", f"the platform keeps the channel {state}", done)
        done += asked.channels.set_active(media, active=True)
    return Carried(done)


def deactivate(asked: Local, channel: Named = NOT_NAMED) -> Carried:
    """Likewise. An open interaction ends the run; Ready goes Not Ready before the first."""
    done: list[Frame] = []
    for media in _turns(asked, channel, active=True):
        _free(asked.channels, media, done)
        if asked.channels.agent_state() is AgentState.READY and not asked.gone_not_ready:
            return Carried(not_ready=True)
        done += asked.channels.set_active(media, active=False)
    return Carried(done)


def add(asked: Local, channel: Named = NOT_NAMED) -> Carried:
    """A channel, of a type that there is none of."""
    media = tables.MEDIA_IN.get(channel.type.casefold())
    if media is None:
        raise RefusedError("bad-request", f"channel.type: no such type as {channel.type}")
    if media in asked.channels.media:
        raise RefusedError("bad-state", f"there is a channel of the type {channel.type} already")
    return Carried(asked.channels.add(media))


def remove(asked: Local, channel: Named = NOT_NAMED) -> Carried:
    """A channel without an interaction."""
    media = _media(asked.channels, channel)
    _free(asked.channels, media)
    return Carried(asked.channels.remove(media))


def add_group(asked: Local, channelgroup: Named = NOT_NAMED) -> Carried:
    """The one group of a session, where it was removed."""
    if asked.channels.grouped:
        raise RefusedError("unsupported", f"{asked.name} is not supported")
    return Carried(asked.channels.add_group(channelgroup.name))


def remove_group(asked: Local, channelgroup: Named = NOT_NAMED) -> Carried:
    """The group, where all its channels are free."""
    if not channelgroup.id:
        raise RefusedError("bad-request", "channelgroup.id: missing")
    if channelgroup.id != GROUP_ID or not asked.channels.grouped:
        raise RefusedError("unknown-target", f"there is no group {channelgroup.id}")
    for media in asked.channels.media:
        _free(asked.channels, media)
    return Carried(asked.channels.remove_group())
