"""What requests and events are about: the protocol's dotted targets, and ours.

North, ids in targets are canonical ones; the group and the channels have fixed ids, or those of a platform of
this protocol, so that a target follows from a snapshot alone. A client may leave the group out. South, the
target is that of the object which the request's name begins with. Source: reference channel-session.md
section 2.
"""

from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from adapters.channel_session import tables
from adapters.contract.dialect import Call, Context, View
from schemas.ids import AgentId, InteractionId, SessionId
from schemas.interaction import Interaction, Media
from schemas.results import ErrorCode, Failed

# --- south

# The ref that is the target, by the object that a request's name begins with.
REF_OF: Final[Mapping[str, str]] = {
    tables.SESSION: "session",
    tables.GROUP: "group",
    tables.CHANNEL: "channel",
    tables.INTERACTION: "target",
    tables.CONVERSATION: "conversation",
}


def ref(context: Context, key: str) -> str:
    """A target out of the snapshots: the interaction's, else the agent's; empty if there is none."""
    for snapshot in (context.interaction, context.agent):
        if snapshot is not None and (found := snapshot.refs.get(key)):
            return found
    return ""


def addressed(call: Call, context: Context) -> Call | Failed:
    """The call with its target; a failure if there is no such object."""
    target = call.target or ref(context, REF_OF.get(tables.kind(call.method), ""))
    if target:
        return msgspec.structs.replace(call, target=target)
    if tables.kind(call.method) in {tables.CHANNEL, tables.GROUP}:
        return Failed(code=ErrorCode.NO_CHANNEL, message="the agent has no channel to do it on")
    return Failed(code=ErrorCode.WRONG_STATE, message=f"there is nothing to send {call.method} to")


# --- north

GROUP_ID: Final = "grp"
MEDIA: Final = frozenset(Media)


class Found(msgspec.Struct, frozen=True):
    """What a target names."""

    kind: str
    interaction: Interaction | None = None  # of a consult conversation: the consultation
    media: Media | None = None  # of a channel
    theirs: str = ""  # the platform's own target, if it is one of this protocol


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What a request is read with: what its target names."""

    session_id: SessionId
    interaction: Interaction | None
    demanded: bool = False  # inContact's extensions have to be there
    numbers: Mapping[int, str] = {}  # disposition ids behind the numbers that the client was given

    @property
    def interaction_id(self) -> InteractionId:
        """The interaction; of requests about interactions and conversations only."""
        return self.interaction.id if self.interaction is not None else InteractionId("")


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
