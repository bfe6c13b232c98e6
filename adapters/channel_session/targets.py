"""Targets as we give them out north, and what a client's target names.

Ids are canonical ones; the group and the channels have fixed ids, or those of a platform of this protocol, so
that a target follows from a snapshot alone. A client may leave the group out. Source: reference
channel-session.md section 2.
"""

from collections.abc import Iterable
from typing import Final

import msgspec

from adapters.channel_session import tables
from adapters.dialect import View
from schemas.ids import AgentId, InteractionId, SessionId
from schemas.interaction import Interaction, Media

GROUP_ID: Final = "grp"
MEDIA: Final = frozenset(Media)


class Found(msgspec.Struct, frozen=True):
    """What a target names."""

    kind: str
    interaction: Interaction | None = None  # of a consult conversation: the consultation
    media: Media | None = None  # of a channel
    theirs: str = ""  # the platform's own target, if it is one of this protocol


def group(session_id: str) -> str:
    """The target of the one group."""
    return f"{session_id}.{GROUP_ID}"


def channel(session_id: str, media: Media) -> str:
    """The target of the channel of one medium."""
    return f"{session_id}.{GROUP_ID}.{media}"


def renamed(target: str, session: str, ours: str) -> str:
    """A target below another session; ids may have dots, so that a target cannot be cut at its first one."""
    return ours + target[len(session) :]


def parent(path: str, groups: Iterable[str]) -> str:
    """The group that a channel is in, both without the session; empty if it stands alone."""
    return max((one for one in groups if path.startswith(f"{one}.")), key=len, default="")


def channel_of(snapshot: Interaction) -> str:
    """The target of the channel that an interaction is on; a platform of this protocol has its own ids."""
    theirs = snapshot.refs.get("channel") if "target" in snapshot.refs else None
    if theirs is None:
        return channel(snapshot.session_id, snapshot.media)
    return renamed(theirs, snapshot.refs["session"], snapshot.session_id)


def interaction(snapshot: Interaction) -> str:
    """The target of an interaction; a consultation's is that of what it is a consultation of."""
    return f"{channel_of(snapshot)}.{snapshot.consult_of or snapshot.id}"


def conversation(snapshot: Interaction) -> str:
    """The target of its conversation."""
    return f"{interaction(snapshot)}.{snapshot.id}"


def resolve(target: str, session_id: SessionId, agent_id: AgentId, view: View) -> Found | None:
    """What a client's target names below its session; None if nothing does."""
    _, *below = target.split(".")
    grouped = below[:1] == [GROUP_ID]
    match below[1:] if grouped else below:
        case []:
            return Found(tables.GROUP if grouped else tables.SESSION)
        case [media] if media in MEDIA:
            return Found(tables.CHANNEL, media=Media(media))
        case [media, number]:
            found = _open(number, session_id, agent_id, view)
            if found is not None and found.media == media and found.consult_of is None:
                return Found(tables.INTERACTION, found)
        case [media, number, leg] if media == Media.VOICE:
            found = _open(leg, session_id, agent_id, view)
            if found is not None and found.media == media and (found.consult_of or found.id) == number:
                return Found(tables.CONVERSATION, found)
    return None


def _open(number: str, session_id: SessionId, agent_id: AgentId, view: View) -> Interaction | None:
    found = view.interaction(InteractionId(number))
    if found is None or found.agent_id != agent_id or found.session_id != session_id:
        return None
    return found
