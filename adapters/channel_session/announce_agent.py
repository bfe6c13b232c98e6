"""North: an agent's session as the protocol's events of its group and channels. Pure: the snapshot tells all.

Source: seed 003 (created, initialized, disposed); reference channel-session.md section 5 for the data, which
the seed does not print. How a platform of this protocol put it itself is in `reprint`.
"""

from collections.abc import Sequence

from msgspec import UNSET

from adapters.channel_session import tables, targets, wire
from adapters.channel_session.codec import event as frame
from adapters.contract.change import Frame
from schemas.agent import AgentSession, AgentState, ChannelState
from schemas.interaction import Media


def media_of(session: AgentSession) -> tuple[Media, ...]:
    """The media that the agent has a channel for; telephony if none is told."""
    known = dict.fromkeys(Media(one.media) for one in session.channels if one.media in targets.MEDIA)
    return tuple(known) or (Media.VOICE,)


def agent(session: AgentSession) -> tuple[Frame, ...]:
    """channel.infochanged and state.updated of every channel."""
    return tuple(one for media in media_of(session) for one in channel(session, media))


def channel(session: AgentSession, media: Media) -> tuple[Frame, Frame]:
    """channel.infochanged and state.updated of one channel."""
    return info(session, media), _channel_state(session, media)


def info(session: AgentSession, media: Media) -> Frame:
    """channel.infochanged of one channel, as it is."""
    state, word, reason = _channel_words(session, media)
    data = wire.ChannelInfo(
        id=media,
        name=_channel_name(session, media),
        type=tables.MEDIA_OUT[media],
        state=state,
        agentstate=word or UNSET,
        reason=reason,
    )
    return frame("channel.infochanged", targets.channel(session.id, media), wire.ChannelData(data))


def _channel_state(session: AgentSession, media: Media) -> Frame:
    state, word, reason = _channel_words(session, media)
    data = wire.StateData(type=tables.CHANNEL, state=state, agentstate=word or UNSET, reason=reason)
    return frame("state.updated", targets.channel(session.id, media), data)


def _channel_words(session: AgentSession, media: Media) -> tuple[str, str, str]:
    own = next((one for one in session.channels if one.media == media), None)
    if session.state is AgentState.LOGGED_OUT:
        return tables.CHANNEL_STATE_OUT[ChannelState.INACTIVE], "LOGGED_OUT", ""
    if own is not None and own.agent_state is not AgentState.UNKNOWN:
        return (
            tables.CHANNEL_STATE_OUT[own.state],
            tables.AGENT_STATE_OUT[own.agent_state],
            own.reason or session.reason,
        )
    state = own.state if own is not None else ChannelState.ACTIVE
    return tables.CHANNEL_STATE_OUT[state], tables.AGENT_STATE_OUT.get(session.state, ""), session.reason


def _channel_name(session: AgentSession, media: Media) -> str:
    named = next((one.name for one in session.channels if one.media == media), "")
    return named or tables.MEDIA_OUT[media]


def new_channel(session: AgentSession, media: Media) -> tuple[Frame, ...]:
    """A channel from its creation to its initialisation; it starts INACTIVE, so its real state follows."""
    created_as = wire.ChannelInfo(
        id=media,
        name=_channel_name(session, media),
        type=tables.MEDIA_OUT[media],
        state=tables.CHANNEL_STATE_OUT[ChannelState.INACTIVE],
    )
    return (
        frame("channel.created", targets.group(session.id), wire.ChannelData(created_as)),
        info(session, media),
        frame("channel.initialized", targets.channel(session.id, media), wire.NOTHING),
    )


def new_group(session: AgentSession, media: Sequence[Media], name: str = "") -> tuple[Frame, ...]:
    """The group from its creation to its initialisation, with its members."""
    named = wire.GroupData(wire.Named(targets.GROUP_ID, name or session.name or session.agent_id))
    return (
        frame("channelgroup.created", session.id, named),
        *(one for medium in media for one in new_channel(session, medium)),
        frame("channelgroup.initialized", targets.group(session.id), wire.NOTHING),
    )


def gone(session: AgentSession, media: Sequence[Media]) -> tuple[Frame, ...]:
    """Channels are disposed of."""
    return tuple(frame("channel.disposed", targets.channel(session.id, one), wire.NOTHING) for one in media)


def group_gone(session: AgentSession) -> Frame:
    """The group is disposed of."""
    return frame("channelgroup.disposed", targets.group(session.id), wire.NOTHING)


def signed_out(session: AgentSession, media: Sequence[Media] | None = None) -> tuple[Frame, ...]:
    """Channels, then the group, are disposed of; nothing about the session follows."""
    every = media_of(session) if media is None else media
    return (
        *(one for medium in every for one in channel(session, medium)),
        *gone(session, every),
        group_gone(session),
    )
