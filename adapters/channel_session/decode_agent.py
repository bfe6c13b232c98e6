"""Session, group and channel events as observations of the agent.

Source: seed 003; reference channel-session.md sections 4.1 and 6.1 to 6.3. The agent's state is that of the
telephony channel, else of the first channel that tells one. A channel signed out does not end the session:
losing the last channel and group does.
"""

from typing import Final

import msgspec
from msgspec import UNSET

from adapters.channel_session import tables, wire
from adapters.channel_session.decode_interaction import Heard, Seen, disposed
from adapters.channel_session.extras import Members, SessionExtras
from adapters.channel_session.memory import KnownChannel, KnownSession
from schemas.agent import AgentState, Channel, ChannelState
from schemas.interaction import Media
from schemas.observations import AgentObserved

Agent = tuple[AgentObserved, ...]
# A change of state comes in these, one after the other for every channel.
_PIECES: Final = frozenset({"channel.infochanged", tables.STATE})


def agent_seen(heard: Heard, about: str = "", *, whole: bool = False) -> Agent:
    """The agent as it is after an event; nothing while the session starts, or if it is no news."""
    session = heard.session
    if session.starting or session.ended:
        return ()
    leading = _leading(session)
    word = leading.word if leading is not None else ""
    state = tables.AGENT_STATE_IN.get(word, AgentState.UNKNOWN)
    if state is AgentState.LOGGED_OUT:
        state = AgentState.NOT_READY  # of the channel; the session lives on
    refs = {"session": session.id}
    if session.groups:
        refs["group"] = next(iter(session.groups))
    if leading is not None:
        refs["channel"] = leading.target
    channels = session.channels.values()
    agreed = len({(one.channel.agent_state, one.channel.reason) for one in channels}) <= 1
    seen = AgentObserved(
        agent=session.agent,
        state=state,
        reason=leading.channel.reason if leading is not None else "",
        channels=tuple(one.channel for one in channels),
        refs=refs,
        vendor_state=word,
        vendor_event=UNSET if whole else f"{heard.name} {about}".rstrip(),
        whole=heard.name not in _PIECES or (heard.name == tables.STATE and agreed),
        extras=msgspec.to_builtins(
            SessionExtras(
                {session.below(one): info for one, info in session.groups.items()},
                {session.below(one.target): one.extras for one in channels},
            )
        ),
    )
    if seen == session.told and not whole:
        return ()
    session.told = seen
    return (msgspec.structs.replace(seen, vendor=heard.frame),)


def _leading(session: KnownSession) -> KnownChannel | None:
    """The channel that the agent's state is taken from."""
    channels = session.channels.values()
    voice = [one for one in channels if one.channel.media == Media.VOICE]
    telling = [one for one in channels if one.word]
    return next(iter(voice or telling or channels), None)


def signed_out(session: KnownSession, frame: msgspec.Raw) -> Agent:
    """The session is over; told once."""
    if session.ended:
        return ()
    session.ended = True
    return (AgentObserved(agent=session.agent, vendor=frame, state=AgentState.LOGGED_OUT),)


# --- groups


def group_created(heard: Heard) -> Agent:
    """A group below the session."""
    named = heard.object(tables.GROUP, wire.Group).id
    heard.session.groups[f"{heard.session.id}.{named}"] = heard.members_of(tables.GROUP)
    return agent_seen(heard, named)


def group_initialized(heard: Heard) -> Agent | None:
    """The group has all its channels."""
    known = heard.target in heard.session.groups
    return agent_seen(heard, heard.session.below(heard.target)) if known else None


def group_disposed(heard: Heard) -> Seen:
    """The group is gone, with the channels in it; with the last one, the session."""
    session, target = heard.session, heard.target
    if target not in session.groups:
        return ()
    channels = [one for one in session.channels.values() if session.group_of(one.target) == target]
    del session.groups[target]
    return _without(heard, target, *channels)


# --- channels


def channel_created(heard: Heard) -> Agent | None:
    """A channel below the session or a group; inactive until told otherwise."""
    session, info = heard.session, heard.convert(wire.ChannelData).channel
    if heard.target != session.id and heard.target not in session.groups:
        return None
    if not info.id:
        raise msgspec.ValidationError("channel.id: missing")
    named = f"{heard.target}.{info.id}"
    known = session.channels.get(named)
    if known is None:
        known = KnownChannel(named, Channel(id=info.id, state=ChannelState.INACTIVE))
        session.channels[named] = known
        _apply(known, info)
    # else told again: how it is by now was said since
    known.extras = {**known.extras, "created": heard.members_of(tables.CHANNEL)}
    return agent_seen(heard, session.below(named))


def channel_initialized(heard: Heard, known: KnownChannel) -> Seen:
    """The channel is there."""
    return agent_seen(heard, heard.session.below(known.target))


def channel_disposed(heard: Heard, known: KnownChannel) -> Seen:
    """The channel is gone."""
    return _without(heard, known.target, known)


def _without(heard: Heard, target: str, *channels: KnownChannel) -> Seen:
    """The session without these channels, of which nothing is told any more, nor of what is on them."""
    session, gone = heard.session, {one.target for one in channels}
    for channel in gone:
        del session.channels[channel]
    left = [one for one in session.interactions.values() if one.channel in gone]
    over = [one for known in left for one in disposed(heard, known)]
    if session.channels or session.groups:
        return (*over, *agent_seen(heard, session.below(target)))
    return signed_out(session, heard.frame)


def infochanged(heard: Heard, known: KnownChannel) -> Seen:
    """Channel state or the agent's availability changed."""
    info = heard.convert(wire.ChannelData).channel
    _print(known, heard.members_of(tables.CHANNEL))
    _apply(known, info)
    return agent_seen(heard, heard.session.below(known.target))


def channel_state(heard: Heard, known: KnownChannel, data: wire.StateData) -> Seen:
    """state.updated of a channel."""
    _print(known, {key: said for key, said in heard.data.items() if key != "type"})
    _apply(known, data)
    return agent_seen(heard, heard.session.below(known.target))


def _print(known: KnownChannel, said: Members) -> None:
    """How the channel is by now: what was said last of each member; a new state has its own reason."""
    before = known.extras.get("info", {})
    said = {key: value for key, value in said.items() if value is not None}
    if "agentstate" in said:
        before = {key: value for key, value in before.items() if key != "reason"}
    known.extras = {**known.extras, "info": {**before, **said}}


def _apply(known: KnownChannel, said: wire.ChannelInfo | wire.StateData) -> None:
    changed: dict[str, object] = {}
    if isinstance(said, wire.ChannelInfo) and isinstance(said.type, str):
        word = said.type.casefold()
        changed["media"] = tables.MEDIA_IN.get(word, word)
    if isinstance(said, wire.ChannelInfo) and isinstance(said.name, str):
        changed["name"] = said.name
    if isinstance(said.state, str) and (read := tables.CHANNEL_STATE_IN.get(tables.word(said.state))):
        changed["state"] = read
    if isinstance(said.agentstate, str):
        word = tables.word(said.agentstate)  # the glossary prints `Not Ready`
        known.word = word if word in tables.AGENT_STATE_IN else said.agentstate
        changed |= {"agent_state": tables.AGENT_STATE_IN.get(word, AgentState.UNKNOWN), "reason": ""}
    if isinstance(said.reason, str):
        changed["reason"] = said.reason
    known.channel = msgspec.structs.replace(known.channel, **changed)
