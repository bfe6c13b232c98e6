"""South: platform events as observations: one row an event, one function a shape.

Source: seed 003; reference channel-session.md sections 5 and 6. A consult conversation is unfolded into an
interaction of its own; the voice interaction's state comes from its own word and its primary
conversation's, whichever is further along. Every event is told, if only by its name (`vendor_event`), but
for one that is the same as the one before it, and for the disposal of what is not there, which it leaves so.
"""

from collections.abc import Callable, Mapping
from typing import Final, TypeVar

import msgspec
from msgspec import UnsetType

from adapters.channel_session import incontact, methods, tables, wire
from adapters.channel_session.decode_agent import (
    agent_seen,
    channel_created,
    channel_disposed,
    channel_initialized,
    channel_state,
    group_created,
    group_disposed,
    group_initialized,
    infochanged,
)
from adapters.channel_session.decode_interaction import (
    OVER,
    Heard,
    Seen,
    gone,
    let_go,
    printed_of,
    tell,
    tell_consult,
)
from adapters.channel_session.memory import KnownConversation, KnownInteraction, KnownSession
from adapters.channel_session.printed import Members, Printed, without_id
from adapters.kit import reading
from adapters.kit.reading import Mended
from schemas.ids import Ref
from schemas.interaction import Disposition, Media, Party
from schemas.observations import (
    AgentObserved,
    AnyObservation,
    DirectoryEntry,
    DirectoryListed,
    DispositionsListed,
    Noticed,
)
from schemas.values import Json

Reader = Callable[[KnownSession, str, Heard], Seen]
DataT = TypeVar("DataT")
KnownT = TypeVar("KnownT")

_MEDIA: Final = frozenset(Media)
_decode_data = msgspec.json.Decoder(Members | None).decode


def read(data: msgspec.Raw, name: str, frame: msgspec.Raw, mended: Mended) -> Heard:
    """An event taken apart. Data that is no object is as if absent. Raises msgspec.DecodeError."""
    if data is wire.NO_DATA:
        return Heard(name, {}, frame, said=False)
    try:
        members = _decode_data(data)
    except msgspec.ValidationError:
        mended.note("data")
        members = None
    return Heard(name, members or {}, frame, said=members is not None)


def _row(kind: type[DataT], read: Callable[[KnownSession, str, DataT, Heard], Seen]) -> Reader:
    def reader(session: KnownSession, target: str, heard: Heard) -> Seen:
        return read(session, target, reading.convert(heard.data, kind, session.mended), heard)

    return reader


def _of(
    find: Callable[[KnownSession, str], KnownT | None],
    kind: type[DataT],
    read: Callable[[KnownSession, KnownT, DataT, Heard], Seen],
    absent: Seen = None,
) -> Reader:
    """Of an object that was announced; `absent` if it was not."""

    def reader(session: KnownSession, target: str, data: DataT, heard: Heard) -> Seen:
        known = find(session, target)
        return absent if known is None else read(session, known, data, heard)

    return _row(kind, reader)


# --- interaction


def _interaction_created(
    session: KnownSession, target: str, data: wire.InteractionData, heard: Heard
) -> Seen:
    """A new one. Told again of one that is known, it says no more than what it is."""
    channel = session.channel(target)
    spelt = target if channel is None else channel.target
    named, info = f"{spelt}.{data.interaction.id}", without_id(printed_of(heard, tables.INTERACTION))
    if (again := session.interactions.get(named)) is not None:
        again.printed.info |= info
        return tell(session, again, heard)
    word = data.interaction.type.casefold()
    media = tables.MEDIA_IN.get(word)
    if media is None and channel is None:
        return None
    odd = "" if media is not None else word
    if media is None and channel is not None:
        media = Media(channel.channel.media) if channel.channel.media in _MEDIA else Media.WORK_ITEM
    session.interactions[named] = KnownInteraction(
        target=named,
        channel=spelt,
        group=session.group_of(spelt),
        media=media or Media.VOICE,
        printed=Printed(info),
        channel_type=odd,
    )
    return ()


def _said(session: KnownSession, known: KnownInteraction, _: wire.Nothing, heard: Heard) -> Seen:
    _note(known.printed, heard.name)
    return tell(session, known, heard)


def _ended(session: KnownSession, known: KnownInteraction, _: wire.Nothing, heard: Heard) -> Seen:
    _advance(known, "ENDED")
    return tell(session, known, heard)


def _note(printed: Printed, name: str) -> None:
    if name not in printed.said:
        printed.said.append(name)


def _advance(known: KnownInteraction, word: str) -> None:
    """Take on a word, unless the contact is over and the word is from before."""
    if tables.RANK[known.state] < OVER or tables.RANK[word] >= tables.RANK[known.state]:
        known.state = word
        known.odd = ""


def _interaction_disposed(
    session: KnownSession, known: KnownInteraction, _: wire.Nothing, heard: Heard
) -> Seen:
    return tuple(let_go(session, known, heard.frame))


def _call_data(session: KnownSession, known: KnownInteraction, data: dict[str, Json], heard: Heard) -> Seen:
    """Of datachanged, all there are; others may say less."""
    if heard.said:
        whole = heard.name == tables.DATA or isinstance(known.data, UnsetType)
        known.data = data if whole or isinstance(known.data, UnsetType) else {**known.data, **data}
    if heard.name != tables.SCREENPOP:  # no later start of the session announces it
        _note(known.printed, heard.name)
    return tell(session, known, heard)


def _focus(session: KnownSession, known: KnownInteraction, data: wire.FocusData, heard: Heard) -> Seen:
    ref = known.target
    if isinstance(data.conversation, wire.ConversationInfo):
        leg = session.conversations.get(f"{known.target}.{data.conversation.id}")
        if leg is not None and leg.consult and (leg.told is not None or session.starting):
            ref = leg.target
    focused = AgentObserved(agent=session.agent, vendor=heard.frame, focused=Ref(ref))
    return (*(tell(session, known, heard) or ()), focused)


# --- conversation


def _conversation_created(
    session: KnownSession, interaction: KnownInteraction, data: wire.ConversationData, heard: Heard
) -> Seen:
    """A new one: of a role that we do not know, it is a consult if there is a primary one.

    Told again of one that is known, it says no more than what it is; of one that is over, nothing.
    """
    named = f"{interaction.target}.{data.conversation.id}"
    info = without_id(printed_of(heard, tables.CONVERSATION))
    if (again := session.conversations.get(named)) is not None:
        again.printed.info |= info
        return _tell_leg(session, again, heard)
    if named in interaction.disposed:
        return ()
    role = data.conversation.role.casefold() if isinstance(data.conversation.role, str) else ""
    told = role if role in {tables.PRIMARY, tables.CONSULT} else ""
    consult = told == tables.CONSULT if told else interaction.primary is not None
    known = session.conversations[named] = KnownConversation(named, interaction, consult, Printed(info))
    if consult:
        return ()  # told with its first word
    interaction.primary = interaction.leg = known
    return tell(session, interaction, heard)


def _tell_leg(session: KnownSession, known: KnownConversation, heard: Heard) -> Seen:
    if known.consult:
        return tell_consult(session, known, heard)
    return tell(session, known.interaction, heard)


def _conversation_initialized(
    session: KnownSession, known: KnownConversation, _: wire.Nothing, heard: Heard
) -> Seen:
    _note(known.printed, heard.name)
    return _tell_leg(session, known, heard)


def _conversation_disposed(
    session: KnownSession, known: KnownConversation, _: wire.Nothing, heard: Heard
) -> Seen:
    session.conversations.pop(known.target)
    interaction = known.interaction
    interaction.disposed.add(known.target)
    if known.consult:
        return () if known.told is None else (gone(session, known.target, heard.frame),)
    _advance(interaction, "ENDED")
    if interaction.primary is known:
        interaction.primary = None
    _note(known.printed, heard.name)
    return tell(session, interaction, heard)


def _member(session: KnownSession, known: KnownConversation, data: wire.MemberData, heard: Heard) -> Seen:
    member = data.member
    named = member.id or member.address or member.name  # a server log shows an address as the identity
    if not named:
        return None
    if heard.name == tables.MEMBER_REMOVED:
        known.members.pop(named, None)
        known.printed.members.pop(named, None)
        return _tell_leg(session, known, heard)
    known.members[named] = Party(
        id=named, name=member.name, address=member.address, held=tables.word(member.state) == "HELD"
    )
    known.printed.members[named] = printed_of(heard, "member")
    if len(known.members) == 1:
        known.remote_address = member.address
    return _tell_leg(session, known, heard)


# --- state.updated


def _state_updated(session: KnownSession, target: str, data: wire.StateData, heard: Heard) -> Seen:
    kinds = (data.type.casefold(),) if isinstance(data.type, str) else tables.STATEFUL
    for kind in kinds:
        if kind == tables.CHANNEL and (channel := session.channel(target)) is not None:
            return channel_state(session, channel, data, heard)
        if kind == tables.INTERACTION and (one := session.interaction(target)) is not None:
            return _interaction_state(session, one, data, heard)
        if kind == tables.CONVERSATION and (leg := session.conversation(target)) is not None:
            return _conversation_state(session, leg, data, heard)
    return None


def _interaction_state(
    session: KnownSession, known: KnownInteraction, data: wire.StateData, heard: Heard
) -> Seen:
    known.printed.state = heard.data
    if isinstance(data.state, str):
        if (word := tables.word(data.state)) in tables.STATE_IN:
            _advance(known, word)
        else:
            known.odd = data.state
    if isinstance(data.recording, str):
        known.recording = tables.word(data.recording)
    return tell(session, known, heard)


def _conversation_state(
    session: KnownSession, known: KnownConversation, data: wire.StateData, heard: Heard
) -> Seen:
    known.printed.state = heard.data
    if isinstance(data.muted, bool):
        known.muted = data.muted
    if isinstance(data.state, str):
        word = tables.word(data.state)
        understood = word in tables.STATE_IN
        about = known if known.consult else known.interaction
        about.odd = "" if understood else data.state
        if understood:
            known.state = word
        if not known.consult and known.state == "ENDED":
            _advance(known.interaction, "ENDED")
    return _tell_leg(session, known, heard)


# --- session, and lists


def dispositions(data: Members, mended: Mended | None = None) -> tuple[Disposition, ...]:
    """The dispositions of a channel, in an event or as they were printed. Raises msgspec.DecodeError."""
    listed = reading.convert(data, wire.DispositionsData, mended).dispositions
    return tuple(Disposition(id=str(one.id), name=one.name) for one in listed)


def directory(data: Members, mended: Mended | None = None) -> tuple[DirectoryEntry, ...]:
    """The directory, likewise. Raises msgspec.DecodeError."""
    return tuple(
        DirectoryEntry(name=line.name, address=line.number, category=category.name)
        for category in reading.convert(data, wire.DirectoryData, mended).categories
        for line in category.entries
        if line.name or line.number
    )


def _dispositions(session: KnownSession, _: str, heard: Heard) -> Seen:
    listed = dispositions(heard.data, session.mended)
    return (DispositionsListed(agent=session.agent, vendor=heard.frame, dispositions=listed),)


def _directory(session: KnownSession, _: str, heard: Heard) -> Seen:
    entries = directory(heard.data, session.mended)
    return (DirectoryListed(agent=session.agent, vendor=heard.frame, entries=entries),)


def _initialized(session: KnownSession, _: str, __: wire.Nothing, heard: Heard) -> Seen:
    """End of start-up: the agent first, then what is open."""
    session.starting = False
    seen: list[AnyObservation] = [*agent_seen(session, heard, whole=True)]
    for known in session.interactions.values():
        seen += tell(session, known, heard) or ()
        for consult in session.consults(known):
            seen += tell_consult(session, consult, heard) or ()
    return tuple(seen)


def _agent_leg(session: KnownSession, _: str, data: wire.LegData, heard: Heard) -> Seen:
    """InContact's agent leg is the device of the agent: what happens to it is a notice."""
    notice = Noticed(
        agent=session.agent,
        vendor=heard.frame,
        code=heard.name.removeprefix("session."),
        message=data.failure.message if data.failure is not None else "",
        error=heard.name == incontact.LEG_FAILED,
    )
    return (notice,)


_channel, _interaction, _conversation = (
    KnownSession.channel,
    KnownSession.interaction,
    KnownSession.conversation,
)
READERS: Final[Mapping[str, Reader]] = {
    tables.INITIALIZED: _row(wire.Nothing, _initialized),
    incontact.LEG_CONNECTED: _row(wire.LegData, _agent_leg),
    incontact.LEG_DISCONNECTED: _row(wire.LegData, _agent_leg),
    incontact.LEG_FAILED: _row(wire.LegData, _agent_leg),
    tables.DIRECTORY_UPDATED: _directory,
    "channelgroup.created": _row(wire.GroupData, group_created),
    "channelgroup.initialized": _row(wire.Nothing, group_initialized),
    "channelgroup.disposed": _row(wire.Nothing, group_disposed),
    "channel.created": _row(wire.ChannelData, channel_created),
    "channel.initialized": _of(_channel, wire.Nothing, channel_initialized),
    "channel.infochanged": _of(_channel, wire.ChannelData, infochanged),
    tables.DISPOSITIONS_UPDATED: _dispositions,
    "channel.disposed": _of(_channel, wire.Nothing, channel_disposed, ()),
    tables.STATE: _row(wire.StateData, _state_updated),
    "interaction.created": _row(wire.InteractionData, _interaction_created),
    "interaction.initialized": _of(_interaction, wire.Nothing, _said),
    tables.PREVIEW: _of(_interaction, dict[str, Json], _call_data),
    tables.SCREENPOP: _of(_interaction, dict[str, Json], _call_data),
    tables.DATA: _of(_interaction, dict[str, Json], _call_data),
    "interaction.focuschanged": _of(_interaction, wire.FocusData, _focus),
    "interaction.ended": _of(_interaction, wire.Nothing, _ended),
    methods.COMPLETE.name: _of(_interaction, wire.Nothing, _said),  # the event has the request's name
    "interaction.disposed": _of(_interaction, wire.Nothing, _interaction_disposed, ()),
    "conversation.created": _of(_interaction, wire.ConversationData, _conversation_created),
    "conversation.initialized": _of(_conversation, wire.Nothing, _conversation_initialized),
    "conversation.disposed": _of(_conversation, wire.Nothing, _conversation_disposed, ()),
    "conversation.member.added": _of(_conversation, wire.MemberData, _member),
    tables.MEMBER_REMOVED: _of(_conversation, wire.MemberData, _member),
}
