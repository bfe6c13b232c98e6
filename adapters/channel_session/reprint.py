"""North, over a platform of this protocol: what it printed, printed again with our handles. Pure.

Handles are the segments of targets and the ids that name interactions and conversations: ours outlive a
reconnect. Groups and channels keep the platform's ids, below our session. All else is the platform's own.
"""

from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from adapters.channel_session import codec, printed, tables, targets, wire
from adapters.channel_session.codec import event as frame
from adapters.contract.change import Frame
from schemas.events import AnyEvent, Event
from schemas.interaction import Interaction, InteractionState
from schemas.values import Json

# Events that name a conversation in their data.
_NAMING: Final = frozenset({"conversation.created", "interaction.focuschanged"})
_OFFERED: Final = frozenset({InteractionState.DIALING, InteractionState.ALERTING})
_decode_all = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_decode_members = msgspec.json.Decoder(printed.Members | None).decode
_encode = msgspec.json.Encoder().encode


class Spoken(msgspec.Struct, frozen=True):
    """An event of the platform's as it came."""

    name: str
    target: str
    frame: msgspec.Raw


def spoken(event: AnyEvent) -> Spoken | None:
    """The platform's own event behind one of ours; None if there is none that a client could be told.

    What was missed has a frame too, but not that of the change.
    """
    if event.vendor is None or event.vendor.dialect != codec.NAME or event.recovered:
        return None
    said = codec.read(event.vendor.frame)
    if not codec.is_event(said) or not isinstance(said.name, str) or said.name == tables.INITIALIZED:
        return None
    return Spoken(said.name, said.target, event.vendor.frame)


def earlier(event: Event) -> list[Spoken]:
    """The platform's events before it that told pieces of the same change."""
    if event.vendor is None:
        return []
    read = [(codec.read(one), one) for one in event.vendor.earlier]
    return [Spoken(said.name, said.target, one) for said, one in read if isinstance(said.name, str)]


class Handle(msgspec.Struct, frozen=True):
    """One object of an interaction: its target there, and ours."""

    kind: str
    theirs: str
    ours: str


def objects(now: Interaction) -> list[Handle]:
    """The interaction and its conversation, in the form with the group and in that without.

    Of a consultation only the conversation: the interaction is that of what it is a consultation of.
    """
    found = []
    if now.consult_of is None:
        found.append(Handle(tables.INTERACTION, now.refs.get("target", ""), targets.interaction(now)))
    if (theirs := now.refs.get("conversation")) is not None:
        found.append(Handle(tables.CONVERSATION, theirs, targets.conversation(now)))
    if (theirs := now.refs.get("group")) is not None:
        session = now.refs["session"]
        ours = targets.renamed(theirs, session, now.session_id)
        found += [
            Handle(
                one.kind,
                targets.renamed(one.theirs, theirs, session),
                targets.renamed(one.ours, ours, now.session_id),
            )
            for one in found
        ]
    return found


def handles(known: Iterable[Interaction]) -> dict[str, str]:
    """The platform's targets of interactions and conversations, with ours."""
    return {handle.theirs: handle.ours for one in known for handle in objects(one)}


def ours(said: Spoken, theirs: str, session_id: str, known: Mapping[str, str]) -> Frame:
    """Their event with our handles; `theirs` is their session."""
    members = _decode_all(said.frame)
    target = known.get(said.target) or targets.renamed(said.target, theirs, session_id)
    members["target"] = _raw(target)
    if said.name in _NAMING and "data" in members:
        data = _decode_members(members["data"]) or {}
        named = data.get("conversation")
        if isinstance(named, dict):
            leg = known.get(f"{said.target}.{named.get('id')}", "").rpartition(".")[2] or named.get("id")
            members["data"] = _raw({**data, "conversation": {**named, "id": leg}})
    if "context" in members:  # the debugging aid names the objects of the target, inside out
        below = (said.target.removeprefix(theirs), target.removeprefix(session_id))
        renamed = {theirs: session_id, **dict(zip(*(one.split(".") for one in below), strict=False))}
        members["context"] = _raw(_renamed(msgspec.json.decode(members["context"]), renamed))
    return Frame(said.name, _encode(members))


def _raw(value: Json) -> msgspec.Raw:
    return msgspec.Raw(_encode(value))


def _renamed(context: Json, names: Mapping[str, str]) -> Json:
    if not isinstance(context, dict):
        return context
    return {
        key: names.get(value, value) if key == "id" and isinstance(value, str) else _renamed(value, names)
        for key, value in context.items()
    }


# --- objects as they are


def contact(now: Interaction, known: printed.Contact) -> tuple[Frame, ...]:
    """An interaction as far as the platform printed it; of a consultation, the conversation."""
    leg = _leg(now, known.conversation) if known.conversation is not None else ()
    if now.consult_of is not None or known.interaction is None:
        return leg
    own, target = known.interaction, targets.interaction(now)
    info = {"interaction": {"id": now.id, **own.info}}
    out = [frame("interaction.created", targets.channel_of(now), info)]
    if own.state is not None:
        out.append(frame("state.updated", target, own.state))
    out += leg
    if "interaction.datachanged" in own.said or now.data:
        out.append(frame("interaction.datachanged", target, now.data))
    if "interaction.preview" in own.said and now.state in _OFFERED:
        out.append(frame("interaction.preview", target, now.data))
    if "interaction.initialized" in own.said:
        out.append(frame("interaction.initialized", target, wire.NOTHING))
    return tuple(out)


def _leg(now: Interaction, known: printed.Printed) -> tuple[Frame, ...]:
    if "conversation.disposed" in known.said:
        return ()
    target = targets.conversation(now)
    info = {"conversation": {"id": now.id, **known.info}}
    out = [frame("conversation.created", targets.interaction(now), info)]
    if known.state is not None:
        out.append(frame("state.updated", target, known.state))
    out += [frame("conversation.member.added", target, {"member": one}) for one in known.members.values()]
    if "conversation.initialized" in known.said:
        out.append(frame("conversation.initialized", target, wire.NOTHING))
    return tuple(out)


def tree(session_id: str, before: printed.Tree, now: printed.Tree) -> list[Frame]:
    """What there is to be told of groups and channels when they have become other ones."""
    gone = [("channel", one) for one in before.channels if one not in now.channels]
    gone += [("channelgroup", one) for one in before.channelgroups if one not in now.channelgroups]
    out = [frame(f"{kind}.disposed", f"{session_id}.{path}", wire.NOTHING) for kind, path in gone]
    for group, info in now.channelgroups.items():
        if group in before.channelgroups:
            continue
        out.append(frame("channelgroup.created", session_id, {"channelgroup": info}))
        for path, known in now.channels.items():
            if targets.parent(path, now.channelgroups) == group and path not in before.channels:
                out += _channel(session_id, group, path, known)
        out.append(frame("channelgroup.initialized", f"{session_id}.{group}", wire.NOTHING))
    for path, known in now.channels.items():
        parent = targets.parent(path, now.channelgroups)
        if path not in before.channels and (not parent or parent in before.channelgroups):
            out += _channel(session_id, parent, path, known)
        elif path in before.channels and known != before.channels[path]:
            out += _said(session_id, path, known)
    return out


def _channel(session_id: str, group: str, path: str, known: Mapping[str, printed.Members]) -> list[Frame]:
    parent = f"{session_id}.{group}" if group else session_id
    return [
        frame("channel.created", parent, {"channel": known["created"]}),
        *_said(session_id, path, known),
        frame("channel.initialized", f"{session_id}.{path}", wire.NOTHING),
    ]


def _said(session_id: str, path: str, known: Mapping[str, printed.Members]) -> list[Frame]:
    """How a channel is, if that was said."""
    target = f"{session_id}.{path}"
    return [frame("channel.infochanged", target, {"channel": known["info"]})] if "info" in known else []
