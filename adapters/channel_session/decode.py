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

from adapters.channel_session import decode_agent, incontact, methods, tables, wire
from adapters.channel_session.decode_interaction import OVER, Heard, Seen, disposed, gone, keep, observed
from adapters.channel_session.extras import Members, ObjectExtras, without_id
from adapters.channel_session.memory import KnownConversation, KnownInteraction, KnownSession
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

Reader = Callable[[Heard], Seen]
KnownT = TypeVar("KnownT")

MEMBER: Final = "member"
_MEDIA: Final = frozenset(Media)
_decode_data = msgspec.json.Decoder(Members | None).decode


def read(session: KnownSession, message: wire.Message, name: str, frame: msgspec.Raw) -> Heard:
    """An event taken apart. Data that is no object is as if absent. Raises msgspec.DecodeError."""
    if message.data is wire.NO_DATA:
        return Heard(session, message.target, name, {}, frame, said=False)
    try:
        members = _decode_data(message.data)
    except msgspec.ValidationError:
        session.mended.note("data")
        members = None
    return Heard(session, message.target, name, members or {}, frame, said=members is not None)


def _of(
    find: Callable[[KnownSession, str], KnownT | None],
    read: Callable[[Heard, KnownT], Seen],
    absent: Seen = None,
) -> Reader:
    """Of an object that was announced; `absent` if it was not."""

    def reader(heard: Heard) -> Seen:
        known = find(heard.session, heard.target)
        return absent if known is None else read(heard, known)

    return reader


# --- interaction


def _interaction_created(heard: Heard) -> Seen:
    """A new one. Told again of one that is known, it says no more than what it is."""
    session, said = heard.session, heard.object(tables.INTERACTION, wire.InteractionInfo)
    channel = session.channel(heard.target)
    spelt = heard.target if channel is None else channel.target
    named, info = f"{spelt}.{said.id}", without_id(heard.members_of(tables.INTERACTION))
    if (again := session.interactions.get(named)) is not None:
        again.extras.info |= info
        return observed(heard, again)
    refs = {"session": session.id, "channel": spelt, "target": named}
    if group := session.group_of(spelt):
        refs["group"] = group
    word, extras = said.type.casefold(), ObjectExtras(info)
    if (media := tables.MEDIA_IN.get(word)) is not None:
        new = KnownInteraction(named, spelt, refs, media, extras)
    elif channel is not None:
        media = Media(channel.channel.media) if channel.channel.media in _MEDIA else Media.WORK_ITEM
        new = KnownInteraction(named, spelt, refs, media, extras, channel_type=word)
    else:
        return None
    session.interactions[named] = new
    return ()


def _said(heard: Heard, known: KnownInteraction | KnownConversation) -> Seen:
    _note(known.extras, heard.name)
    return observed(heard, known if isinstance(known, KnownInteraction) else known.about)


def _ended(heard: Heard, known: KnownInteraction) -> Seen:
    _advance(known, "ENDED")
    return observed(heard, known)


def _note(extras: ObjectExtras, name: str) -> None:
    if name not in extras.said:
        extras.said.append(name)


def _advance(known: KnownInteraction, word: str) -> None:
    """Take on a word, unless the contact is over and the word is from before."""
    if tables.RANK[known.state] < OVER or tables.RANK[word] >= tables.RANK[known.state]:
        known.state = word
        known.odd = ""


def _call_data(heard: Heard, known: KnownInteraction) -> Seen:
    """Of datachanged, all there are; others may say less."""
    if heard.said:
        before = {} if heard.name == tables.DATA or isinstance(known.data, UnsetType) else known.data
        known.data = {**before, **heard.data}
    if heard.name != tables.SCREENPOP:  # no later start of the session announces it
        _note(known.extras, heard.name)
    return observed(heard, known)


def _focus(heard: Heard, known: KnownInteraction) -> Seen:
    session, data, ref = heard.session, heard.convert(wire.FocusData), known.target
    if isinstance(data.conversation, wire.ConversationInfo):
        leg = session.conversations.get(f"{known.target}.{data.conversation.id}")
        if leg is not None and leg.consult and (leg.about.told is not None or session.starting):
            ref = leg.target
    focused = AgentObserved(agent=session.agent, vendor=heard.frame, focused=Ref(ref))
    return (*(observed(heard, known) or ()), focused)


# --- conversation


def _conversation_created(heard: Heard, interaction: KnownInteraction) -> Seen:
    """A new one: of a role that we do not know, it is a consult if there is a primary one.

    Told again of one that is known, it says no more than what it is; of one that is over, nothing.
    """
    session, said = heard.session, heard.object(tables.CONVERSATION, wire.ConversationInfo)
    named, info = f"{interaction.target}.{said.id}", without_id(heard.members_of(tables.CONVERSATION))
    if (again := session.conversations.get(named)) is not None:
        again.extras.info |= info
        return observed(heard, again.about)
    if named in interaction.disposed:
        return ()
    role = said.role.casefold() if isinstance(said.role, str) else ""
    told = role in {tables.PRIMARY, tables.CONSULT}
    consult = role == tables.CONSULT if told else interaction.primary is not None
    known = KnownConversation(named, interaction, interaction, ObjectExtras(info))
    session.conversations[named] = known
    if consult:
        known.about = interaction.consulted(known)
        return ()  # told with its first word
    interaction.primary = interaction.leg = known
    return observed(heard, interaction)


def _conversation_disposed(heard: Heard, known: KnownConversation) -> Seen:
    heard.session.conversations.pop(known.target)
    interaction = known.interaction
    interaction.disposed.add(known.target)
    if known.consult:
        return () if known.about.told is None else (gone(heard, known.target),)
    _advance(interaction, "ENDED")
    if interaction.primary is known:
        interaction.primary = None
    _note(known.extras, heard.name)
    return observed(heard, interaction)


def _member(heard: Heard, known: KnownConversation) -> Seen:
    member = heard.object(MEMBER, wire.Member)
    named = member.id or member.address or member.name  # a server log shows an address as the identity
    if not named:
        return None
    if heard.name == tables.MEMBER_REMOVED:
        known.members.pop(named, None)
        known.extras.members.pop(named, None)
        return observed(heard, known.about)
    known.members[named] = Party(
        id=named, name=member.name, address=member.address, held=tables.word(member.state) == "HELD"
    )
    known.extras.members[named] = heard.members_of(MEMBER)
    if len(known.members) == 1:
        known.remote_address = member.address
    return observed(heard, known.about)


# --- state.updated


def _state_updated(heard: Heard) -> Seen:
    session, target, data = heard.session, heard.target, heard.convert(wire.StateData)
    kinds = (data.type.casefold(),) if isinstance(data.type, str) else tables.STATEFUL
    for kind in kinds:
        if kind == tables.CHANNEL and (channel := session.channel(target)) is not None:
            return decode_agent.channel_state(heard, channel, data)
        if kind == tables.INTERACTION and (one := session.interaction(target)) is not None:
            return _interaction_state(heard, one, data)
        if kind == tables.CONVERSATION and (leg := session.conversation(target)) is not None:
            return _conversation_state(heard, leg, data)
    return None


def _interaction_state(heard: Heard, known: KnownInteraction, data: wire.StateData) -> Seen:
    known.extras.state = heard.data
    if isinstance(data.state, str):
        if (word := tables.word(data.state)) in tables.STATE_IN:
            _advance(known, word)
        else:
            known.odd = data.state
    if isinstance(data.recording, str):
        known.recording = tables.word(data.recording)
    return observed(heard, known)


def _conversation_state(heard: Heard, known: KnownConversation, data: wire.StateData) -> Seen:
    known.extras.state = heard.data
    if isinstance(data.muted, bool):
        known.muted = data.muted
    if isinstance(data.state, str):
        word = tables.word(data.state)
        understood = word in tables.STATE_IN
        known.about.odd = "" if understood else data.state
        if understood:
            known.state = word
        if known.state == "ENDED" and not known.consult:
            _advance(known.interaction, "ENDED")
    seen = observed(heard, known.about)
    for one in seen or ():
        keep(heard, known, one)
    return seen


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


def _dispositions(heard: Heard) -> Seen:
    agent, listed = heard.session.agent, dispositions(heard.data, heard.session.mended)
    return (DispositionsListed(agent=agent, vendor=heard.frame, dispositions=listed),)


def _directory(heard: Heard) -> Seen:
    agent, entries = heard.session.agent, directory(heard.data, heard.session.mended)
    return (DirectoryListed(agent=agent, vendor=heard.frame, entries=entries),)


def _initialized(heard: Heard) -> Seen:
    """End of start-up: the agent first, then what is open."""
    session = heard.session
    session.starting = False
    seen: list[AnyObservation] = [*decode_agent.agent_seen(heard, whole=True)]
    for known in session.interactions.values():
        for one in (known, *session.consults(known)):
            seen += observed(heard, one) or ()
    return tuple(seen)


def _agent_leg(heard: Heard) -> Seen:
    """InContact's agent leg is the device of the agent: what happens to it is a notice."""
    failure = heard.convert(wire.LegData).failure
    notice = Noticed(
        agent=heard.session.agent,
        vendor=heard.frame,
        code=heard.name.removeprefix("session."),
        message=failure.message if failure is not None else "",
        error=heard.name == incontact.LEG_FAILED,
    )
    return (notice,)


_channel, _interaction = KnownSession.channel, KnownSession.interaction
_conversation = KnownSession.conversation
READERS: Final[Mapping[str, Reader]] = {
    tables.INITIALIZED: _initialized,
    incontact.LEG_CONNECTED: _agent_leg,
    incontact.LEG_DISCONNECTED: _agent_leg,
    incontact.LEG_FAILED: _agent_leg,
    tables.DIRECTORY_UPDATED: _directory,
    "channelgroup.created": decode_agent.group_created,
    "channelgroup.initialized": decode_agent.group_initialized,
    "channelgroup.disposed": decode_agent.group_disposed,
    "channel.created": decode_agent.channel_created,
    "channel.initialized": _of(_channel, decode_agent.channel_initialized),
    "channel.infochanged": _of(_channel, decode_agent.infochanged),
    tables.DISPOSITIONS_UPDATED: _dispositions,
    "channel.disposed": _of(_channel, decode_agent.channel_disposed, ()),
    tables.STATE: _state_updated,
    "interaction.created": _interaction_created,
    "interaction.initialized": _of(_interaction, _said),
    tables.PREVIEW: _of(_interaction, _call_data),
    tables.SCREENPOP: _of(_interaction, _call_data),
    tables.DATA: _of(_interaction, _call_data),
    "interaction.focuschanged": _of(_interaction, _focus),
    "interaction.ended": _of(_interaction, _ended),
    methods.COMPLETE.name: _of(_interaction, _said),  # the event has the request's name
    "interaction.disposed": _of(_interaction, disposed, ()),
    "conversation.created": _of(_interaction, _conversation_created),
    "conversation.initialized": _of(_conversation, _said),
    "conversation.disposed": _of(_conversation, _conversation_disposed, ()),
    "conversation.member.added": _of(_conversation, _member),
    tables.MEMBER_REMOVED: _of(_conversation, _member),
}
