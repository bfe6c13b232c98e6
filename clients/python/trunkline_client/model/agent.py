"""An agent signed in to a platform.

Made by `make clients` of what the gateway itself reads and writes; not to be changed by hand.
"""

from datetime import datetime

import msgspec

from trunkline_client.model.ids import AgentId, InteractionId, PlatformId, SessionId
from trunkline_client.tolerance import OpenEnum


class AgentState(OpenEnum):
    """What the agent takes at present. `unknown` is never guessed away."""

    UNKNOWN = "unknown"
    LOGGED_OUT = "logged_out"
    NOT_READY = "not_ready"
    READY = "ready"
    RESERVED = "reserved"
    BUSY = "busy"
    AFTER_CALL_WORK = "after_call_work"
    SUPERVISING = "supervising"


class ChannelState(OpenEnum):
    """Whether the agent is signed in to one channel."""

    INACTIVE = "inactive"
    ACTIVE = "active"
    UNAVAILABLE = "unavailable"


class StateChoice(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One entry of the agent's state menu."""

    id: str  # what agent.set_state takes as `reason`; empty for the plain state
    state: AgentState
    label: str = ""


class Channel(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One medium of the agent, with its own state where the platform keeps one."""

    id: str
    name: str = ""
    media: str = "voice"  # schemas.interaction.Media, or a medium newer than this model
    state: ChannelState = ChannelState.ACTIVE
    agent_state: AgentState = AgentState.UNKNOWN
    reason: str = ""


class AgentSession(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One agent signed in to one platform: the snapshot that agent events carry."""

    id: SessionId
    platform_id: PlatformId
    agent_id: AgentId
    name: str = ""
    state: AgentState = AgentState.UNKNOWN
    reason: str = ""  # why not ready, in the platform's own word
    pending_state: AgentState | None = None  # taken on when the present work is over
    since: datetime | None = None  # of `state` and `reason`; None: the platform has told neither yet
    choices: tuple[StateChoice, ...] = ()
    channels: tuple[Channel, ...] = ()
    focused_interaction_id: InteractionId | None = None
    sequence: int = 0  # counts this session's own events
    allowed: tuple[str, ...] = ()  # commands the platform takes now
    refs: dict[str, str] = {}
    vendor_state: str = ""  # the platform's own word, kept when ours says less
    vendor_event: str = ""  # what the platform said last of it, by its own name
    extras: dict[str, object] = {}  # what else the platform says of it, by its own names
