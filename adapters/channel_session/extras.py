"""What a platform said of its objects beside the model: `extras` of an interaction and of a session.

South keeps it as the frames have it; north tells a client of this protocol from it, so that such a client
reads what the platform said. Handles (ids that are segments of targets) are the keys here, or left out:
a client has others. Source of the names: reference channel-session.md sections 4 and 5.
"""

import msgspec

from schemas.agent import AgentSession
from schemas.interaction import Interaction
from schemas.values import Json

Members = dict[str, Json]


class ObjectExtras(msgspec.Struct, omit_defaults=True):
    """An interaction or a conversation."""

    info: Members = {}  # of its `*.created`, without the id
    state: Members | None = None  # of its last state.updated
    members: dict[str, Members] = {}  # of a conversation, by id
    said: list[str] = []  # events about it that changed nothing else


class InteractionExtras(msgspec.Struct, omit_defaults=True):
    """Extras of an interaction. A consultation is a conversation only."""

    interaction: ObjectExtras | None = None
    conversation: ObjectExtras | None = None


class SessionExtras(msgspec.Struct, omit_defaults=True):
    """Extras of a session, by target below it."""

    channelgroups: dict[str, Members] = {}  # as created
    channels: dict[str, dict[str, Members]] = {}  # `created`; `info`: how it was said to be by now


def of_interaction(snapshot: Interaction) -> InteractionExtras | None:
    """What the platform said of an interaction; None if it is a platform of another kind."""
    own = "target" in snapshot.refs and snapshot.extras
    return msgspec.convert(snapshot.extras, InteractionExtras) if own else None


def of_session(session: AgentSession) -> SessionExtras | None:
    """What the platform said of a session; None if it is a platform of another kind."""
    return msgspec.convert(session.extras, SessionExtras) if "session" in session.refs else None


def without_id(members: Members) -> Members:
    """The members of an object beside its id."""
    return {key: value for key, value in members.items() if key != "id"}
