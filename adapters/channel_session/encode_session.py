"""North: an agent's session as the protocol's events of its group and channels. Pure.

What is told is the difference between what a client was told and what is so now. A platform of this protocol
has said itself how it is (`extras`); for any other that is made of the snapshot. Source: seed 003 (created,
initialized, disposed); reference channel-session.md section 5 for the data, which the seed does not print.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from adapters.channel_session import tables, wire
from adapters.channel_session.addressing import GROUP_ID, MEDIA, parent
from adapters.channel_session.codec import event as frame
from adapters.channel_session.extras import Members, SessionExtras
from adapters.contract.change import Frame
from schemas.agent import AgentSession, AgentState, Channel, ChannelState
from schemas.interaction import Media

EMPTY: Final = SessionExtras()


def media_of(session: AgentSession) -> tuple[Media, ...]:
    """The media that the agent has a channel for; telephony if none is told."""
    known = dict.fromkeys(Media(one.media) for one in session.channels if one.media in MEDIA)
    return tuple(known) or (Media.VOICE,)


def extras_of(
    session: AgentSession, media: Sequence[Media], *, inactive: frozenset[Media] = frozenset(), name: str = ""
) -> SessionExtras:
    """The group with a channel of each of these media; some are inactive for the client."""
    own = {one.media: one for one in session.channels}
    return SessionExtras(
        {GROUP_ID: {"id": GROUP_ID, "name": name or session.name or session.agent_id}},
        {path(one): _channel_of(session, own.get(one), one, inactive=one in inactive) for one in media},
    )


def path(media: Media) -> str:
    """The channel of one medium, below the session."""
    return f"{GROUP_ID}.{media}"


def _channel_of(
    session: AgentSession, own: Channel | None, media: Media, *, inactive: bool
) -> dict[str, Members]:
    named: Members = {
        "id": media,
        "name": (own.name if own is not None else "") or tables.MEDIA_OUT[media],
        "type": tables.MEDIA_OUT[media],
    }
    state = ChannelState.ACTIVE if own is None else own.state
    word, reason = tables.AGENT_STATE_OUT.get(session.state, ""), session.reason
    if session.state is AgentState.LOGGED_OUT:
        state, reason = ChannelState.INACTIVE, ""
    elif own is not None and own.agent_state is not AgentState.UNKNOWN:
        word, reason = tables.AGENT_STATE_OUT[own.agent_state], own.reason or reason
    said: Members = {"state": tables.CHANNEL_STATE_OUT[ChannelState.INACTIVE if inactive else state]}
    if word:
        said["agentstate"] = word
    said["reason"] = reason
    return {
        "created": {**named, "state": tables.CHANNEL_STATE_OUT[ChannelState.INACTIVE]},
        "info": {**named, **said},
        "state": {"type": tables.CHANNEL, **said},
    }


def as_it_is(session_id: str, path: str, known: Mapping[str, Members]) -> list[Frame]:
    """How a channel is, as far as that was said: channel.infochanged, state.updated."""
    target = f"{session_id}.{path}"
    out = [frame("channel.infochanged", target, {"channel": known["info"]})] if "info" in known else []
    if "state" in known:
        out.append(frame(tables.STATE, target, known["state"]))
    return out


def agent(session: AgentSession) -> list[Frame]:
    """Every channel as it is."""
    now = extras_of(session, media_of(session))
    return [one for path, known in now.channels.items() for one in as_it_is(session.id, path, known)]


def signed_out(session: AgentSession) -> list[Frame]:
    """Channels, then the group, are disposed of; nothing about the session follows."""
    return [*agent(session), *became(session.id, extras_of(session, media_of(session)), EMPTY)]


def became(session_id: str, before: SessionExtras, now: SessionExtras) -> list[Frame]:
    """What there is to be told of groups and channels when they have become other ones."""
    gone = [("channel", one) for one in before.channels if one not in now.channels]
    gone += [("channelgroup", one) for one in before.channelgroups if one not in now.channelgroups]
    out = [frame(f"{kind}.disposed", f"{session_id}.{path}", wire.NOTHING) for kind, path in gone]
    for group, info in now.channelgroups.items():
        if group in before.channelgroups:
            continue
        out.append(frame("channelgroup.created", session_id, {"channelgroup": info}))
        for path, known in now.channels.items():
            if parent(path, now.channelgroups) == group and path not in before.channels:
                out += _created(session_id, group, path, known)
        out.append(frame("channelgroup.initialized", f"{session_id}.{group}", wire.NOTHING))
    for path, known in now.channels.items():
        above = parent(path, now.channelgroups)
        if path not in before.channels and (not above or above in before.channelgroups):
            out += _created(session_id, above, path, known)
        elif path in before.channels and known != before.channels[path]:
            out += as_it_is(session_id, path, known)
    return out


def _created(session_id: str, group: str, path: str, known: Mapping[str, Members]) -> list[Frame]:
    """A channel up to its initialisation; it starts inactive, so how it really is comes between."""
    above = f"{session_id}.{group}" if group else session_id
    return [
        frame("channel.created", above, {"channel": known["created"]}),
        *as_it_is(session_id, path, known)[:1],
        frame("channel.initialized", f"{session_id}.{path}", wire.NOTHING),
    ]
