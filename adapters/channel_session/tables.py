"""Names that map: states, media, failure codes. Both directions are written out.

Source: reference channel-session.md sections 6 (states), 8.2 (failure codes).
"""

from collections.abc import Mapping
from typing import Final

from schemas.agent import AgentState, ChannelState
from schemas.interaction import InteractionState, Media, RecordingState
from schemas.results import Effect, ErrorCode

NAME: Final = "channel_session"

# --- objects

SESSION: Final = "session"
GROUP: Final = "channelgroup"
CHANNEL: Final = "channel"
INTERACTION: Final = "interaction"
CONVERSATION: Final = "conversation"
STATEFUL: Final = (CHANNEL, INTERACTION, CONVERSATION)  # what state.updated is about
PRIMARY: Final = "primary"
CONSULT: Final = "consult"

# --- states

# Section 6.4 (interaction) and 6.5 (conversation): no word means two things, so one table serves both.
STATE_IN: Final[Mapping[str, InteractionState]] = {
    "ALERTING": InteractionState.ALERTING,
    "DIALING": InteractionState.DIALING,
    "STARTED": InteractionState.CONNECTED,
    "TALKING": InteractionState.CONNECTED,
    "HELD": InteractionState.HELD,
    "ENDED": InteractionState.WRAP_UP,
    "COMPLETED": InteractionState.COMPLETED,
}
# How far along a word is. An interaction and its primary conversation tell it one after the other; the
# further one counts.
RANK: Final[Mapping[str, int]] = {
    "": -1,
    "ALERTING": 0,
    "DIALING": 0,
    "STARTED": 1,
    "TALKING": 1,
    "HELD": 1,
    "ENDED": 2,
    "COMPLETED": 3,
}
INTERACTION_OUT: Final[Mapping[InteractionState, str]] = {
    InteractionState.PREVIEW: "ALERTING",  # offered: to be accepted or rejected
    InteractionState.DIALING: "DIALING",
    InteractionState.ALERTING: "ALERTING",
    InteractionState.CONNECTED: "STARTED",
    InteractionState.HELD: "STARTED",
    InteractionState.WRAP_UP: "ENDED",
    InteractionState.COMPLETED: "COMPLETED",
}
CONVERSATION_OUT: Final[Mapping[InteractionState, str]] = {
    InteractionState.PREVIEW: "ALERTING",
    InteractionState.DIALING: "DIALING",
    InteractionState.ALERTING: "ALERTING",
    InteractionState.CONNECTED: "TALKING",
    InteractionState.HELD: "HELD",
}
# An agent never sees the queue here, and an unknown state is not guessed at: no state.updated for these.
NO_STATE: Final = frozenset({InteractionState.QUEUED, InteractionState.UNKNOWN})

AGENT_STATE_IN: Final[Mapping[str, AgentState]] = {
    "LOGGED_OUT": AgentState.LOGGED_OUT,
    "LOGGED_IN": AgentState.NOT_READY,  # signed in on a switch that sets neither: nothing is offered
    "READY": AgentState.READY,
    "NOT_READY": AgentState.NOT_READY,
    "ACW": AgentState.AFTER_CALL_WORK,
    "AFTER_CALL_WORK": AgentState.AFTER_CALL_WORK,
    "BUSY": AgentState.BUSY,
}
AGENT_STATE_OUT: Final[Mapping[AgentState, str]] = {
    AgentState.LOGGED_OUT: "LOGGED_OUT",
    AgentState.NOT_READY: "NOT_READY",
    AgentState.READY: "READY",
    AgentState.RESERVED: "BUSY",
    AgentState.BUSY: "BUSY",
    AgentState.AFTER_CALL_WORK: "ACW",
    AgentState.SUPERVISING: "BUSY",
}
# What setagentstate takes; BUSY is read only, and signing out is a command of its own.
SETTABLE: Final = frozenset({AgentState.READY, AgentState.NOT_READY, AgentState.AFTER_CALL_WORK})

CHANNEL_STATE_IN: Final[Mapping[str, ChannelState]] = {
    "INACTIVE": ChannelState.INACTIVE,
    "ACTIVE": ChannelState.ACTIVE,
    "UNAVAILABLE": ChannelState.UNAVAILABLE,
}
CHANNEL_STATE_OUT: Final[Mapping[ChannelState, str]] = {
    ChannelState.INACTIVE: "INACTIVE",
    ChannelState.ACTIVE: "ACTIVE",
    ChannelState.UNAVAILABLE: "UNAVAILABLE",
}
RECORDING_IN: Final[Mapping[str, RecordingState]] = {
    "STOPPED": RecordingState.STOPPED,
    "RECORDING": RecordingState.RECORDING,
    "PAUSED": RecordingState.PAUSED,
}
RECORDING_OUT: Final[Mapping[RecordingState, str]] = {
    RecordingState.STOPPED: "STOPPED",
    RecordingState.RECORDING: "RECORDING",
    RecordingState.PAUSED: "PAUSED",
}
MEDIA_IN: Final[Mapping[str, Media]] = {  # by the lower-case word
    "telephony": Media.VOICE,
    "chat": Media.CHAT,
    "email": Media.EMAIL,
    "workitem": Media.WORK_ITEM,
}
MEDIA_OUT: Final[Mapping[Media, str]] = {
    Media.VOICE: "Telephony",
    Media.CHAT: "Chat",
    Media.EMAIL: "Email",
    Media.WORK_ITEM: "WorkItem",  # newer than the manual, whose receivers ignore what they do not know
}

# --- events that are referred to

INITIALIZED: Final = "session.initialized"
STATE: Final = "state.updated"
DATA: Final = "interaction.datachanged"
MEMBER_REMOVED: Final = "conversation.member.removed"
PREVIEW: Final = "interaction.preview"
SCREENPOP: Final = "interaction.screenpop"
DISPOSITIONS_UPDATED: Final = "channel.externaldispositions.updated"
DIRECTORY_UPDATED: Final = "directory.updated"
DISPOSALS: Final = frozenset(
    {"channelgroup.disposed", "channel.disposed", "interaction.disposed", "conversation.disposed"}
)

# --- results, requests

RESULTS: Final = frozenset({"success", "failure", "needinfo", "confirm"})


def word(said: str) -> str:
    """A word of an enumeration as the tables have it: processors write them in any case, or with blanks."""
    return said.strip().upper().replace(" ", "_")


def bare(command: str) -> str:
    """A command without blanks around it and without its `.request.`: what both spellings share."""
    kind, dot, verb = command.strip().partition(".")
    return kind + dot + verb.removeprefix("request.")


def kind(command: str) -> str:
    """The kind of object that a request or an event is about, by its name."""
    return command.partition(".")[0]


# What a `uiExtension` asks: the first by its `id`, the others by `type`.
OUTBOUND_SKILL: Final = "inContact.outboundskill"
LOGOUT_REASON: Final = "logoutreason"
AGENT_STATE: Final = "agentstate"
DISPOSITION: Final = "disposition"

# --- failure codes

ERROR_IN: Final[Mapping[str, ErrorCode]] = {
    "not-started": ErrorCode.NOT_LOGGED_IN,
    "already-started": ErrorCode.ALREADY_LOGGED_IN,
    "unknown-target": ErrorCode.UNKNOWN_OBJECT,
    "wrong-target-kind": ErrorCode.INVALID_COMMAND,
    "bad-request": ErrorCode.INVALID_COMMAND,
    "unknown-command": ErrorCode.UNSUPPORTED,
    "unsupported": ErrorCode.UNSUPPORTED,
    "bad-state": ErrorCode.WRONG_STATE,
    "channel-not-active": ErrorCode.NO_CHANNEL,
    "ongoing-interaction": ErrorCode.WRONG_STATE,
    "not-ready-failed": ErrorCode.PLATFORM_ERROR,
    "activation-failed": ErrorCode.NO_CHANNEL,
    "deactivation-failed": ErrorCode.PLATFORM_ERROR,
    "no-consult": ErrorCode.WRONG_STATE,
    "conversations-open": ErrorCode.WRONG_STATE,
    "bad-credentials": ErrorCode.BAD_CREDENTIALS,
    "cti-error": ErrorCode.PLATFORM_ERROR,
    "internal": ErrorCode.PLATFORM_ERROR,
}
# A logout that could not deactivate has already gone Not Ready; an internal error says nothing.
EFFECT_IN: Final[Mapping[str, Effect]] = {
    "deactivation-failed": Effect.UNKNOWN,
    "internal": Effect.UNKNOWN,
}
ERROR_OUT: Final[Mapping[ErrorCode, str]] = {
    ErrorCode.INVALID_COMMAND: "bad-request",
    ErrorCode.UNSUPPORTED: "unsupported",
    ErrorCode.NOT_ALLOWED: "unsupported",
    ErrorCode.UNKNOWN_PLATFORM: "internal",
    ErrorCode.UNKNOWN_SESSION: "unknown-target",
    ErrorCode.UNKNOWN_INTERACTION: "unknown-target",
    ErrorCode.UNKNOWN_OBJECT: "bad-request",
    ErrorCode.NOT_LOGGED_IN: "not-started",
    ErrorCode.ALREADY_LOGGED_IN: "already-started",
    ErrorCode.BAD_CREDENTIALS: "bad-credentials",
    ErrorCode.WRONG_STATE: "bad-state",
    ErrorCode.COMPLETION_BLOCKED: "bad-state",
    ErrorCode.NO_CHANNEL: "channel-not-active",
    ErrorCode.BAD_DESTINATION: "bad-request",
    ErrorCode.BUSY: "cti-error",
    ErrorCode.NEEDS_INFO: "bad-request",
    ErrorCode.CANCELLED: "bad-state",
    ErrorCode.EXPIRED: "bad-state",
    ErrorCode.TOO_MANY_ROUNDS: "bad-request",
    ErrorCode.CONFLICT: "bad-request",
    ErrorCode.RATE_LIMITED: "cti-error",
    ErrorCode.UNAVAILABLE: "cti-error",
    ErrorCode.LINK_DOWN: "cti-error",
    ErrorCode.TIMEOUT: "cti-error",
    ErrorCode.PLATFORM_ERROR: "cti-error",
    ErrorCode.INTERNAL: "internal",
}
