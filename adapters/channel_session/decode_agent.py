"""Session, group and channel events as observations of the agent.

Source: seed 003; reference channel-session.md sections 4.1 and 6.1 to 6.3. The agent's state is that of the
telephony channel, else of the first channel that tells one. A channel signed out does not end the session:
losing the last channel and group does.
"""

from collections.abc import Sequence
from typing import Final

import msgspec
from msgspec import UNSET, UnsetType

from adapters.channel_session import tables, wire
from adapters.channel_session.decode_interaction import Heard, Seen, let_go
from adapters.channel_session.memory import KnownSession
from adapters.channel_session.printed import Members, Tree
from schemas.agent import AgentState, Channel, ChannelState
from schemas.interaction import Media
from schemas.observations import AgentObserved

Agent = tuple[AgentObserved, ...]
# A change of state comes in these, one after the other for every channel.
_PIECES: Final = frozenset({"channel.infochanged", tables.STATE})


def agent_seen(session: KnownSession, heard: Heard, about: str = "", *, whole: bool = False) -> Agent:
    """The agent as it is after an event; nothing while the session starts, or if it is no news."""
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
        vendor_event=UNSET if whole else f"{heard.name} {about}".rstrip(),
        whole=heard.name not in _PIECES or (heard.name == tables.STATE and _agree(session)),
        extras=msgspec.to_builtins(
            Tree(
                {session.below(one): info for one, info in session.groups.items()},
                {session.below(one): printed for one, printed in session.printed.items()},
            )
        ),
    )
    if seen == session.told and not whole:
        return ()
    session.told = seen
    return (msgspec.structs.replace(seen, vendor=heard.frame),)


def _agree(session: KnownSession) -> bool:
    """Whether the channels are all in the same agent state: a change comes channel by channel."""
    states = {(one.agent_state, one.reason) for one in session.channels.values()}
    return len(states) <= 1


def signed_out(session: KnownSession, frame: msgspec.Raw) -> Agent:
    """The session is over; said once."""
    if session.ended:
        return ()
    session.ended = True
    return (AgentObserved(agent=session.agent, vendor=frame, state=AgentState.LOGGED_OUT),)


def _leading(session: KnownSession) -> str:
    voice = next((one for one, known in session.channels.items() if known.media == Media.VOICE), "")
    return voice or next(iter(session.words), "") or next(iter(session.channels), "")


def group_created(session: KnownSession, _: str, data: wire.GroupData, heard: Heard) -> Agent:
    """A group below the session."""
    named = data.channelgroup.id
    session.groups[f"{session.id}.{named}"] = _object(heard, tables.GROUP)
    return agent_seen(session, heard, named)


def group_initialized(session: KnownSession, target: str, _: wire.Nothing, heard: Heard) -> Agent | None:
    """The group has all its channels."""
    return agent_seen(session, heard, session.below(target)) if target in session.groups else None


def group_disposed(session: KnownSession, target: str, _: wire.Nothing, heard: Heard) -> Seen:
    """The group is gone, with the channels in it; with the last one, the session."""
    if target not in session.groups:
        return ()
    channels = [one for one in session.channels if session.group_of(one) == target]
    del session.groups[target]
    return _without(session, heard, target, channels)


def channel_created(session: KnownSession, target: str, data: wire.ChannelData, heard: Heard) -> Agent | None:
    """A channel below the session or a group; inactive until told otherwise."""
    if target != session.id and target not in session.groups:
        return None
    info = data.channel
    if not info.id:
        raise msgspec.ValidationError("channel.id: missing")
    known = f"{target}.{info.id}"
    printed = {"created": _object(heard, tables.CHANNEL)}
    if known in session.channels:  # told again: how it is by now was said since
        session.printed[known] |= printed
        return agent_seen(session, heard, session.below(known))
    session.channels[known] = Channel(id=info.id, state=ChannelState.INACTIVE)
    session.printed[known] = printed
    _apply_info(session, known, info)
    return agent_seen(session, heard, session.below(known))


def channel_initialized(session: KnownSession, target: str, _: wire.Nothing, heard: Heard) -> Agent | None:
    """The channel is there."""
    known = session.spelt(target)
    return agent_seen(session, heard, session.below(known)) if known is not None else None


def channel_disposed(session: KnownSession, target: str, _: wire.Nothing, heard: Heard) -> Seen:
    """The channel is gone."""
    known = session.spelt(target)
    return () if known is None else _without(session, heard, known, [known])


def _without(session: KnownSession, heard: Heard, target: str, channels: Sequence[str]) -> Seen:
    """The session without these channels, of which nothing is told any more, nor of what is on them."""
    for channel in channels:
        del session.channels[channel], session.printed[channel]
        session.words.pop(channel, None)
    left = [one for one in session.interactions.values() if one.channel in channels]
    over = [one for known in left for one in let_go(session, known, heard.frame)]
    if session.channels or session.groups:
        return (*over, *agent_seen(session, heard, session.below(target)))
    return signed_out(session, heard.frame)


def infochanged(session: KnownSession, target: str, data: wire.ChannelData, heard: Heard) -> Agent | None:
    """Channel state or the agent's availability changed."""
    known = session.spelt(target)
    if known is None:
        return None
    _print(session, known, _object(heard, tables.CHANNEL))
    _apply_info(session, known, data.channel)
    return agent_seen(session, heard, session.below(known))


def channel_state(session: KnownSession, target: str, data: wire.StateData, heard: Heard) -> Agent | None:
    """state.updated of a channel."""
    known = session.spelt(target)
    if known is None:
        return None
    _print(session, known, {key: said for key, said in heard.data.items() if key != "type"})
    _apply(session, known, data.state, data.agentstate, data.reason)
    return agent_seen(session, heard, session.below(known))


def _object(heard: Heard, kind: str) -> Members:
    printed = heard.data.get(kind)
    return printed if isinstance(printed, dict) else {}


def _print(session: KnownSession, known: str, said: Members) -> None:
    """How the channel is by now: what was said last of each member; a new state has its own reason."""
    before = session.printed[known].get("info", {})
    said = {key: value for key, value in said.items() if value is not None}
    if "agentstate" in said:
        before = {key: value for key, value in before.items() if key != "reason"}
    session.printed[known] = {**session.printed[known], "info": {**before, **said}}


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
    if (
        isinstance(state, str)
        and (known_state := tables.CHANNEL_STATE_IN.get(tables.word(state))) is not None
    ):
        channel = msgspec.structs.replace(channel, state=known_state)
    if isinstance(agentstate, str):
        word = tables.word(agentstate)  # the glossary prints `Not Ready`
        session.words[known] = word if word in tables.AGENT_STATE_IN else agentstate
        channel = msgspec.structs.replace(
            channel, agent_state=tables.AGENT_STATE_IN.get(word, AgentState.UNKNOWN), reason=""
        )
    if reason is not UNSET and isinstance(reason, str):
        channel = msgspec.structs.replace(channel, reason=reason)
    session.channels[known] = channel
