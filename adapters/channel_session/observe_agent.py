"""Session, group and channel events as observations of the agent.

Source: seed 003; reference channel-session.md sections 4.1 and 6.1 to 6.3. The agent's state is that of the
telephony channel, else of the first channel that tells one. A channel signed out does not end the session:
losing the last channel and group does.
"""

import msgspec
from msgspec import UNSET, UnsetType

from adapters.channel_session import tables, wire
from adapters.channel_session.memory import KnownSession
from schemas.agent import AgentState, Channel, ChannelState
from schemas.interaction import Media
from schemas.observations import AgentObserved


def agent_seen(
    session: KnownSession, frame: msgspec.Raw, *, whole: bool = False
) -> tuple[AgentObserved, ...]:
    """The agent as it is now; nothing while the session starts, or if nothing changed."""
    if session.starting or session.ended:
        return ()
    target = _leading(session)
    channel = session.channels.get(target)
    word = session.words.get(target, "")
    state = tables.AGENT_STATE_IN.get(word, AgentState.UNKNOWN)
    if state is AgentState.LOGGED_OUT:
        state = AgentState.NOT_READY  # of the channel; the session lives on
    refs = {"session": session.id}
    if session.groups:
        refs["group"] = next(iter(session.groups))
    if target:
        refs["channel"] = target
    seen = AgentObserved(
        agent=session.agent,
        state=state if word else AgentState.UNKNOWN,
        reason=channel.reason if channel is not None else "",
        channels=tuple(session.channels.values()),
        refs=refs,
        vendor_state=word,
    )
    if seen == session.told and not whole:
        return ()
    session.told = seen
    return (msgspec.structs.replace(seen, vendor=frame),)


def signed_out(session: KnownSession, frame: msgspec.Raw) -> tuple[AgentObserved, ...]:
    """The session is over; said once."""
    if session.ended:
        return ()
    session.ended = True
    return (AgentObserved(agent=session.agent, vendor=frame, state=AgentState.LOGGED_OUT),)


def _leading(session: KnownSession) -> str:
    voice = next((one for one, known in session.channels.items() if known.media == Media.VOICE), "")
    return voice or next(iter(session.words), "") or next(iter(session.channels), "")


def group_created(
    session: KnownSession, _: str, data: wire.GroupData, __: msgspec.Raw
) -> tuple[AgentObserved, ...]:
    """A group below the session."""
    session.groups[f"{session.id}.{data.channelgroup.id}"] = data.channelgroup.name
    return ()


def group_disposed(
    session: KnownSession, target: str, _: wire.Nothing, frame: msgspec.Raw
) -> tuple[AgentObserved, ...] | None:
    """The group is gone; with the last one, the session."""
    if session.groups.pop(target, None) is None:
        return None
    return _left(session, frame)


def channel_created(
    session: KnownSession, target: str, data: wire.ChannelData, __: msgspec.Raw
) -> tuple[AgentObserved, ...] | None:
    """A channel below the session or a group; inactive until told otherwise."""
    if target != session.id and target not in session.groups:
        return None
    info = data.channel
    known = f"{target}.{info.id}"
    session.channels[known] = Channel(id=info.id, state=ChannelState.INACTIVE)
    _apply_info(session, known, info)
    return ()


def channel_disposed(
    session: KnownSession, target: str, _: wire.Nothing, frame: msgspec.Raw
) -> tuple[AgentObserved, ...] | None:
    """The channel is gone."""
    channel = session.find(session.channels, target)
    if channel is None:
        return None
    for known in [one for one, same in session.channels.items() if same is channel]:
        del session.channels[known]
        session.words.pop(known, None)
    return _left(session, frame)


def _left(session: KnownSession, frame: msgspec.Raw) -> tuple[AgentObserved, ...]:
    if session.channels or session.groups:
        return agent_seen(session, frame)
    return signed_out(session, frame)


def infochanged(
    session: KnownSession, target: str, data: wire.ChannelData, frame: msgspec.Raw
) -> tuple[AgentObserved, ...] | None:
    """Channel state or the agent's availability changed."""
    known = _spelt(session, target)
    if known is None:
        return None
    _apply_info(session, known, data.channel)
    return agent_seen(session, frame)


def channel_state(
    session: KnownSession, target: str, data: wire.StateData, frame: msgspec.Raw
) -> tuple[AgentObserved, ...] | None:
    """state.updated of a channel."""
    known = _spelt(session, target)
    if known is None:
        return None
    _apply(session, known, data.state, data.agentstate, data.reason)
    return agent_seen(session, frame)


def _spelt(session: KnownSession, target: str) -> str | None:
    """The target under which a channel is kept."""
    if target in session.channels:
        return target
    channel = session.find(session.channels, target)
    return next((one for one, known in session.channels.items() if known is channel), None)


def _apply_info(session: KnownSession, known: str, info: wire.ChannelInfo) -> None:
    channel = session.channels[known]
    if isinstance(info.type, str):
        word = info.type.casefold()
        channel = msgspec.structs.replace(channel, media=tables.MEDIA_IN.get(word, word))
    if isinstance(info.name, str):
        channel = msgspec.structs.replace(channel, name=info.name)
    session.channels[known] = channel
    _apply(session, known, info.state, info.agentstate, info.reason)


def _apply(
    session: KnownSession,
    known: str,
    state: str | UnsetType,
    agentstate: str | UnsetType,
    reason: str | UnsetType,
) -> None:
    channel = session.channels[known]
    if isinstance(state, str) and state in tables.CHANNEL_STATE_IN:
        channel = msgspec.structs.replace(channel, state=tables.CHANNEL_STATE_IN[state])
    if isinstance(agentstate, str):
        word = agentstate.upper().replace(" ", "_")  # the glossary prints `Not Ready`
        session.words[known] = word if word in tables.AGENT_STATE_IN else agentstate
        channel = msgspec.structs.replace(
            channel, agent_state=tables.AGENT_STATE_IN.get(word, AgentState.UNKNOWN), reason=""
        )
    if reason is not UNSET and isinstance(reason, str):
        channel = msgspec.structs.replace(channel, reason=reason)
    session.channels[known] = channel
