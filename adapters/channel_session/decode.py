"""Platform events as observations: one row an event, one function a shape.

Source: seed 003; reference channel-session.md sections 5 and 6. A consult conversation is unfolded into an
interaction of its own; the voice interaction's state comes from its own word and its primary
conversation's, whichever is further along. Every event is told, if only by its name (`vendor_event`), but
for one that is the same as the one before it, and for the disposal of what is not there, which it leaves so.
"""

from collections.abc import Callable, Mapping
from typing import Final, TypeVar

import msgspec
from msgspec import UnsetType

from adapters.channel_session import decode_lists, incontact, methods, tables, wire
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
from adapters.channel_session.decode_interaction import OVER, Heard, Seen, gone, let_go, tell, tell_consult
from adapters.channel_session.memory import KnownConversation, KnownInteraction, KnownSession
from adapters.channel_session.printed import Members, Printed, without_id
from adapters.kit import reading
from adapters.kit.reading import Mended
from schemas.ids import Ref
from schemas.interaction import Media, Party
from schemas.observations import AgentObserved, AnyObservation, DirectoryListed, DispositionsListed, Noticed
from schemas.values import Json

Reader = Callable[[KnownSession, str, Heard], Seen]
DataT = TypeVar("DataT")

_MEDIA: Final = frozenset(Media)


def _row(kind: type[DataT], read: Callable[[KnownSession, str, DataT, Heard], Seen]) -> Reader:
    def reader(session: KnownSession, target: str, heard: Heard) -> Seen:
        return read(session, target, reading.convert(heard.data, kind, session.mended), heard)

    return reader


def _info(heard: Heard, kind: str) -> Members:
    """What was printed of an object, without its id."""
    found = heard.data[kind]
    return without_id(found) if isinstance(found, dict) else {}


# --- interaction


def _interaction_created(
    session: KnownSession, target: str, data: wire.InteractionData, heard: Heard
) -> Seen:
    """A new one. Told again of one that is known, it says no more than what it is."""
    spelt = session.spelt(target) or target
    channel = session.channels.get(spelt)
    word = data.interaction.type.casefold()
    media = tables.MEDIA_IN.get(word)
    if (again := session.interactions.get(f"{spelt}.{data.interaction.id}")) is not None:
        again.printed.info |= _info(heard, tables.INTERACTION)
        return tell(session, again, heard)
    if media is None and channel is None:
        return None
    known = KnownInteraction(
        target=f"{spelt}.{data.interaction.id}",
        channel=spelt,
        group=session.group_of(spelt),
        media=Media.VOICE,
        printed=Printed(_info(heard, tables.INTERACTION)),
        channel_type="" if media is not None else word,
    )
    if media is None and channel is not None:
        media = Media(channel.media) if channel.media in _MEDIA else Media.WORK_ITEM
    known.media = media or Media.VOICE
    session.interactions[known.target] = known
    return ()


def _said(word: str = "") -> Reader:
    """An event without data; `word` is the state that it brings."""

    def read(session: KnownSession, target: str, _: wire.Nothing, heard: Heard) -> Seen:
        known = session.find(session.interactions, target)
        if known is None:
            return None
        if word:
            _advance(known, word)
        else:
            _note(known.printed, heard.name)
        return tell(session, known, heard)

    return _row(wire.Nothing, read)


def _note(printed: Printed, name: str) -> None:
    if name not in printed.said:
        printed.said.append(name)


def _advance(known: KnownInteraction, word: str) -> None:
    """Take on a word, unless the contact is over and the word is from before."""
    if tables.RANK[known.state] < OVER or tables.RANK[word] >= tables.RANK[known.state]:
        known.state = word
        known.odd = ""


def _interaction_disposed(session: KnownSession, target: str, _: wire.Nothing, heard: Heard) -> Seen:
    known = session.find(session.interactions, target)
    return () if known is None else tuple(let_go(session, known, heard.frame))


def _call_data(*, whole: bool) -> Reader:
    def read(session: KnownSession, target: str, data: dict[str, Json], heard: Heard) -> Seen:
        known = session.find(session.interactions, target)
        if known is None:
            return None
        if heard.said:
            known.data = data if whole or isinstance(known.data, UnsetType) else {**known.data, **data}
        if heard.name != tables.SCREENPOP:  # no later start of the session announces it
            _note(known.printed, heard.name)
        return tell(session, known, heard)

    return _row(dict[str, Json], read)


def _focus(session: KnownSession, target: str, data: wire.FocusData, heard: Heard) -> Seen:
    known = session.find(session.interactions, target)
    if known is None:
        return None
    ref = known.target
    if isinstance(data.conversation, wire.ConversationInfo):
        leg = session.conversations.get(f"{known.target}.{data.conversation.id}")
        if leg is not None and leg.consult and (leg.told is not None or session.starting):
            ref = leg.target
    focused = AgentObserved(agent=session.agent, vendor=heard.frame, focused=Ref(ref))
    return (*(tell(session, known, heard) or ()), focused)


# --- conversation


def _conversation_created(
    session: KnownSession, target: str, data: wire.ConversationData, heard: Heard
) -> Seen:
    """A new one: of a role that we do not know, it is a consult if there is a primary one.

    Told again of one that is known, it says no more than what it is; of one that is over, nothing.
    """
    interaction = session.find(session.interactions, target)
    if interaction is None:
        return None
    named = f"{interaction.target}.{data.conversation.id}"
    if (again := session.conversations.get(named)) is not None:
        again.printed.info |= _info(heard, tables.CONVERSATION)
        return _tell_leg(session, again, heard)
    if named in interaction.disposed:
        return ()
    role = data.conversation.role.casefold() if isinstance(data.conversation.role, str) else ""
    told = role if role in {tables.PRIMARY, tables.CONSULT} else ""
    consult = told == tables.CONSULT if told else interaction.primary is not None
    known = KnownConversation(named, interaction, consult, Printed(_info(heard, tables.CONVERSATION)))
    session.conversations[known.target] = known
    if consult:
        return ()  # told with its first word
    interaction.primary = interaction.leg = known
    return tell(session, interaction, heard)


def _tell_leg(session: KnownSession, known: KnownConversation, heard: Heard) -> Seen:
    if known.consult:
        return tell_consult(session, known, heard)
    return tell(session, known.interaction, heard)


def _conversation_initialized(session: KnownSession, target: str, _: wire.Nothing, heard: Heard) -> Seen:
    known = session.find(session.conversations, target)
    if known is None:
        return None
    _note(known.printed, heard.name)
    return _tell_leg(session, known, heard)


def _conversation_disposed(session: KnownSession, target: str, _: wire.Nothing, heard: Heard) -> Seen:
    known = session.find(session.conversations, target)
    if known is None:
        return ()
    session.conversations.pop(known.target)
    known.interaction.disposed.add(known.target)
    if known.consult:
        return () if known.told is None else (gone(session, known.target, heard.frame),)
    interaction = known.interaction
    _advance(interaction, "ENDED")
    if interaction.primary is known:
        interaction.primary = None
    _note(known.printed, heard.name)
    return tell(session, interaction, heard)


def _member(*, added: bool) -> Reader:
    def read(session: KnownSession, target: str, data: wire.MemberData, heard: Heard) -> Seen:
        known = session.find(session.conversations, target)
        if known is None:
            return None
        member = data.member
        named = member.id or member.address or member.name  # a server log shows an address as the identity
        if not named:
            return None
        if added:
            known.members[named] = Party(
                id=named, name=member.name, address=member.address, held=tables.word(member.state) == "HELD"
            )
            printed = heard.data["member"]
            known.printed.members[named] = printed if isinstance(printed, dict) else {}
            if len(known.members) == 1:
                known.remote_address = member.address
        else:
            known.members.pop(named, None)
            known.printed.members.pop(named, None)
        return _tell_leg(session, known, heard)

    return _row(wire.MemberData, read)


# --- state.updated


def _state_updated(session: KnownSession, target: str, data: wire.StateData, heard: Heard) -> Seen:
    kinds = (data.type.casefold(),) if isinstance(data.type, str) else tables.STATEFUL
    for kind in kinds:
        if kind == tables.CHANNEL and session.find(session.channels, target) is not None:
            return channel_state(session, target, data, heard)
        if kind == tables.INTERACTION and (one := session.find(session.interactions, target)) is not None:
            return _interaction_state(session, one, data, heard)
        if kind == tables.CONVERSATION and (leg := session.find(session.conversations, target)) is not None:
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
        odd = "" if understood else data.state
        if understood:
            known.state = word
        if known.consult:
            known.odd = odd
        else:
            known.interaction.odd = odd
            if known.state == "ENDED":
                _advance(known.interaction, "ENDED")
    return _tell_leg(session, known, heard)


# --- session, and lists


def _dispositions(session: KnownSession, _: str, heard: Heard) -> Seen:
    listed = decode_lists.dispositions(heard.data, session.mended)
    return (DispositionsListed(agent=session.agent, vendor=heard.frame, dispositions=listed),)


def _directory(session: KnownSession, _: str, heard: Heard) -> Seen:
    entries = decode_lists.directory(heard.data, session.mended)
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


def _leg(became: str) -> Reader:
    """InContact's agent leg is the device of the agent: what happens to it is a notice."""

    def read(session: KnownSession, _: str, data: wire.LegData, heard: Heard) -> Seen:
        failure = data.failure or wire.Failure()
        return (
            Noticed(
                agent=session.agent,
                vendor=heard.frame,
                code=f"agentleg.{became}",
                message=failure.message,
                error=became == "failed",
            ),
        )

    return _row(wire.LegData, read)


READERS: Final[Mapping[str, Reader]] = {
    tables.INITIALIZED: _row(wire.Nothing, _initialized),
    incontact.LEG_CONNECTED: _leg("connected"),
    incontact.LEG_DISCONNECTED: _leg("disconnected"),
    incontact.LEG_FAILED: _leg("failed"),
    tables.DIRECTORY_UPDATED: _directory,
    "channelgroup.created": _row(wire.GroupData, group_created),
    "channelgroup.initialized": _row(wire.Nothing, group_initialized),
    "channelgroup.disposed": _row(wire.Nothing, group_disposed),
    "channel.created": _row(wire.ChannelData, channel_created),
    "channel.initialized": _row(wire.Nothing, channel_initialized),
    "channel.infochanged": _row(wire.ChannelData, infochanged),
    tables.DISPOSITIONS_UPDATED: _dispositions,
    "channel.disposed": _row(wire.Nothing, channel_disposed),
    tables.STATE: _row(wire.StateData, _state_updated),
    "interaction.created": _row(wire.InteractionData, _interaction_created),
    "interaction.initialized": _said(),
    tables.PREVIEW: _call_data(whole=False),
    tables.SCREENPOP: _call_data(whole=False),
    "interaction.datachanged": _call_data(whole=True),
    "interaction.focuschanged": _row(wire.FocusData, _focus),
    "interaction.ended": _said("ENDED"),
    methods.COMPLETE.name: _said(),
    "interaction.disposed": _row(wire.Nothing, _interaction_disposed),
    "conversation.created": _row(wire.ConversationData, _conversation_created),
    "conversation.initialized": _row(wire.Nothing, _conversation_initialized),
    "conversation.disposed": _row(wire.Nothing, _conversation_disposed),
    "conversation.member.added": _member(added=True),
    "conversation.member.removed": _member(added=False),
}


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
