"""Platform events as observations: one row an event, one function a shape.

Source: seed 003; reference channel-session.md sections 5 and 6. A consult conversation is unfolded into an
interaction of its own; the voice interaction's state comes from its own word and its primary
conversation's, whichever is further along.
"""

from collections.abc import Callable, Mapping
from typing import Final, TypeVar

import msgspec

from adapters.channel_session import flows, tables, wire
from adapters.channel_session.memory import KnownConversation, KnownInteraction, KnownSession
from adapters.channel_session.observe_agent import (
    agent_seen,
    channel_created,
    channel_disposed,
    channel_state,
    group_created,
    group_disposed,
    infochanged,
)
from adapters.channel_session.telling import OVER, Seen, changed, party_fields, refs, tell, tell_consult
from schemas.ids import Ref
from schemas.interaction import InteractionState, Media, Party
from schemas.observations import (
    AgentObserved,
    DirectoryListed,
    DispositionsListed,
    InteractionGone,
    Noticed,
)
from schemas.values import Json

Reader = Callable[[KnownSession, str, msgspec.Raw, msgspec.Raw], Seen]
DataT = TypeVar("DataT")

_MEDIA: Final = frozenset(Media)


def _row(kind: type[DataT], read: Callable[[KnownSession, str, DataT, msgspec.Raw], Seen]) -> Reader:
    decode = msgspec.json.Decoder(kind).decode

    def reader(session: KnownSession, target: str, data: msgspec.Raw, frame: msgspec.Raw) -> Seen:
        return read(session, target, decode(data), frame)

    return reader


# --- interaction


def _interaction_created(
    session: KnownSession, target: str, data: wire.InteractionData, _: msgspec.Raw
) -> Seen:
    channel = session.find(session.channels, target)
    media = tables.MEDIA_IN.get(data.interaction.type.casefold())
    if media is None and channel is None:
        return None
    if media is None and channel is not None:
        media = Media(channel.media) if channel.media in _MEDIA else Media.WORK_ITEM
    known = KnownInteraction(
        target=f"{target}.{data.interaction.id}",
        channel=target,
        group=session.group_of(target),
        media=media or Media.VOICE,
    )
    session.interactions[known.target] = known
    return ()


def _interaction_word(word: str) -> Reader:
    def read(session: KnownSession, target: str, _: wire.Nothing, frame: msgspec.Raw) -> Seen:
        known = session.find(session.interactions, target)
        if known is None:
            return None
        _advance(known, word)
        return tell(session, known, frame)

    return _row(wire.Nothing, read)


def _advance(known: KnownInteraction, word: str) -> None:
    """Take on a word, unless the contact is over and the word is from before."""
    if tables.RANK[known.state] < OVER or tables.RANK[word] >= tables.RANK[known.state]:
        known.state = word


def _interaction_disposed(session: KnownSession, target: str, _: wire.Nothing, frame: msgspec.Raw) -> Seen:
    known = session.find(session.interactions, target)
    if known is None:
        return None
    gone = [one for one in session.consults(known) if one.told not in {None, InteractionState.COMPLETED}]
    ended = [one.target for one in gone]
    if known.told not in {None, InteractionState.COMPLETED}:
        ended.append(known.target)
    session.forget(known)
    return tuple(InteractionGone(agent=session.agent, vendor=frame, ref=Ref(ref)) for ref in ended)


def _call_data(*, whole: bool) -> Reader:
    def read(session: KnownSession, target: str, data: dict[str, Json], frame: msgspec.Raw) -> Seen:
        known = session.find(session.interactions, target)
        if known is None:
            return None
        current = data if whole else {**known.data, **data}
        if current == known.data:
            return ()
        known.data = current
        if known.told is None:
            return ()
        return (msgspec.structs.replace(changed(session, known.target, frame), data=dict(current)),)

    return _row(dict[str, Json], read)


def _focus(session: KnownSession, target: str, data: wire.FocusData, frame: msgspec.Raw) -> Seen:
    known = session.find(session.interactions, target)
    if known is None:
        return None
    ref = known.target
    if isinstance(data.conversation, wire.ConversationInfo):
        leg = session.conversations.get(f"{known.target}.{data.conversation.id}")
        if leg is not None and leg.consult and leg.told is not None:
            ref = leg.target
    return (AgentObserved(agent=session.agent, vendor=frame, focused=Ref(ref)),)


# --- conversation


def _conversation_created(
    session: KnownSession, target: str, data: wire.ConversationData, _: msgspec.Raw
) -> Seen:
    interaction = session.find(session.interactions, target)
    if interaction is None:
        return None
    role = data.conversation.role
    consult = role == tables.CONSULT if isinstance(role, str) else interaction.primary is not None
    known = KnownConversation(f"{interaction.target}.{data.conversation.id}", interaction, consult)
    session.conversations[known.target] = known
    if not consult:
        interaction.primary = known
    return ()


def _conversation_disposed(session: KnownSession, target: str, _: wire.Nothing, frame: msgspec.Raw) -> Seen:
    known = session.find(session.conversations, target)
    if known is None:
        return None
    known.state = "ENDED"
    session.conversations.pop(known.target)
    if known.consult:
        told = known.told
        if told is None or told is InteractionState.COMPLETED:
            return ()
        return (InteractionGone(agent=session.agent, vendor=frame, ref=Ref(known.target)),)
    interaction = known.interaction
    _advance(interaction, "ENDED")
    if interaction.primary is known:
        interaction.primary = None
    return tell(session, interaction, frame)


def _member(*, added: bool) -> Reader:
    def read(session: KnownSession, target: str, data: wire.MemberData, frame: msgspec.Raw) -> Seen:
        known = session.find(session.conversations, target)
        if known is None:
            return None
        member = data.member
        if added:
            known.members[member.id] = Party(
                id=member.id, name=member.name, address=member.address, held=member.state == "HELD"
            )
        else:
            known.members.pop(member.id, None)
        if (known.told if known.consult else known.interaction.told) is None:
            return ()
        members = tuple(known.members.values())
        seen = changed(session, known.target if known.consult else known.interaction.target, frame)
        fields = party_fields(members, joined=added)
        return (msgspec.structs.replace(seen, **fields),)

    return _row(wire.MemberData, read)


# --- state.updated


def _state_updated(session: KnownSession, target: str, data: wire.StateData, frame: msgspec.Raw) -> Seen:
    kinds = (data.type,) if isinstance(data.type, str) else tables.STATEFUL
    for kind in kinds:
        if kind == tables.CHANNEL and session.find(session.channels, target) is not None:
            return channel_state(session, target, data, frame)
        if kind == tables.INTERACTION and (one := session.find(session.interactions, target)) is not None:
            return _interaction_state(session, one, data, frame)
        if kind == tables.CONVERSATION and (leg := session.find(session.conversations, target)) is not None:
            return _conversation_state(session, leg, data, frame)
    return None


def _interaction_state(
    session: KnownSession, known: KnownInteraction, data: wire.StateData, frame: msgspec.Raw
) -> Seen:
    odd = ""
    if isinstance(data.state, str):
        if data.state in tables.STATE_IN:
            _advance(known, data.state)
        else:
            odd = data.state
    recording = data.recording if isinstance(data.recording, str) else known.recording
    new = recording != known.recording
    known.recording = recording
    if new and known.told is not None and recording in tables.RECORDING_IN:
        state = tables.RECORDING_IN[recording]
        seen = msgspec.structs.replace(changed(session, known.target, frame), recording_state=state)
        return (*(tell(session, known, frame, odd) or ()), seen)
    return tell(session, known, frame, odd)


def _conversation_state(
    session: KnownSession, known: KnownConversation, data: wire.StateData, frame: msgspec.Raw
) -> Seen:
    interaction = known.interaction
    odd, fresh = "", known.state == ""
    if isinstance(data.state, str):
        if data.state in tables.STATE_IN:
            known.state = data.state
        else:
            odd = data.state
    if known.consult:
        told = known.told
        seen = tell_consult(session, known, frame, odd) or ()
    else:
        told = interaction.told
        if known.state == "ENDED":
            _advance(interaction, "ENDED")
        seen = tell(session, interaction, frame, odd) or ()
        if fresh and told is not None:  # the first word of a leg: from here on it can be addressed
            addressed = msgspec.structs.replace(
                changed(session, interaction.target, frame),
                refs=refs(session, interaction, known.target),
            )
            seen = (addressed, *seen)
    if isinstance(data.muted, bool) and data.muted != known.muted:
        known.muted = data.muted
        ref = known.target if known.consult else interaction.target
        seen = (*seen, msgspec.structs.replace(changed(session, ref, frame), muted=data.muted))
    return seen


# --- lists


def _dispositions(session: KnownSession, _: str, data: msgspec.Raw, frame: msgspec.Raw) -> Seen:
    return (DispositionsListed(agent=session.agent, vendor=frame, dispositions=flows.dispositions(data)),)


def _directory(session: KnownSession, _: str, data: msgspec.Raw, frame: msgspec.Raw) -> Seen:
    entries = flows.directory(data, books=False)
    return (DirectoryListed(agent=session.agent, vendor=frame, entries=entries),)


def _initialized(session: KnownSession, _: str, __: msgspec.Raw, frame: msgspec.Raw) -> Seen:
    """End of start-up: the agent first, then what was recovered."""
    session.starting = False
    return agent_seen(session, frame, whole=True)


def _leg(became: str) -> Reader:
    """InContact's agent leg is the device of the agent: what happens to it is a notice."""

    def read(session: KnownSession, _: str, data: wire.LegData, frame: msgspec.Raw) -> Seen:
        failure = data.failure or wire.Failure()
        return (
            Noticed(
                agent=session.agent,
                vendor=frame,
                code=f"agentleg.{became}",
                message=failure.message,
                error=became == "failed",
            ),
        )

    return _row(wire.LegData, read)


def _bookkeeping(_: KnownSession, __: str, ___: msgspec.Raw, ____: msgspec.Raw) -> Seen:
    return ()


READERS: Final[Mapping[str, Reader]] = {
    "session.initialized": _initialized,
    "session.agentleg.connected": _leg("connected"),
    "session.agentleg.disconnected": _leg("disconnected"),
    "session.agentleg.failed": _leg("failed"),
    "directory.updated": _directory,
    "channelgroup.created": _row(wire.GroupData, group_created),
    "channelgroup.initialized": _bookkeeping,
    "channelgroup.disposed": _row(wire.Nothing, group_disposed),
    "channel.created": _row(wire.ChannelData, channel_created),
    "channel.initialized": _bookkeeping,
    "channel.infochanged": _row(wire.ChannelData, infochanged),
    "channel.externaldispositions.updated": _dispositions,
    "channel.disposed": _row(wire.Nothing, channel_disposed),
    "state.updated": _row(wire.StateData, _state_updated),
    "interaction.created": _row(wire.InteractionData, _interaction_created),
    "interaction.initialized": _bookkeeping,
    "interaction.preview": _call_data(whole=False),
    "interaction.screenpop": _call_data(whole=False),
    "interaction.datachanged": _call_data(whole=True),
    "interaction.focuschanged": _row(wire.FocusData, _focus),
    "interaction.ended": _interaction_word("ENDED"),
    "interaction.complete": _interaction_word("COMPLETED"),
    "interaction.disposed": _row(wire.Nothing, _interaction_disposed),
    "conversation.created": _row(wire.ConversationData, _conversation_created),
    "conversation.initialized": _bookkeeping,
    "conversation.disposed": _row(wire.Nothing, _conversation_disposed),
    "conversation.member.added": _member(added=True),
    "conversation.member.removed": _member(added=False),
}
