"""Names that map: states, media, commands, failure codes. Both directions are written out.

Source: seed 003 for the commands it prints, else reference channel-session.md sections 4 (commands), 6
(states), 8.2 (failure codes).
"""

from collections.abc import Mapping
from typing import Final

from schemas.agent import AgentState, ChannelState
from schemas.interaction import EndCause, InteractionState, Media, RecordingState
from schemas.results import Effect, ErrorCode

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

# --- commands, in the spelling that we send

DIAL: Final = "channel.dial"
EXTERNAL_DISPOSITIONS: Final = "channel.request.externaldispositions"
CHANNEL_SET_STATE: Final = "channel.request.setagentstate"
GROUP_SET_STATE: Final = "channelgroup.request.setagentstate"
START: Final = "session.start"
LOGOUT: Final = "session.request.logout"
INITIALIZED: Final = "session.initialized"  # an event
DISPOSALS: Final = frozenset(
    {"channelgroup.disposed", "channel.disposed", "interaction.disposed", "conversation.disposed"}
)
STATE: Final = "state.updated"  # an event
GET_DIRECTORY: Final = "session.request.getdirectory"
ACCEPT: Final = "interaction.accept"
REJECT: Final = "interaction.reject"
SET_DATA: Final = "interaction.setinteractiondata"
SET_DISPOSITION: Final = "interaction.setdisposition"
COMPLETE: Final = "interaction.complete"
INTERACTION_CONSULT: Final = "interaction.consult"
ALTERNATE: Final = "interaction.alternate"
CONSULT_TRANSFER: Final = "interaction.consulttransfer"
CONSULT_CONFERENCE: Final = "interaction.consultconference"
RECORDING_START: Final = "interaction.request.recording.start"
RECORDING_STOP: Final = "interaction.request.recording.stop"
RECORDING_PAUSE: Final = "interaction.request.recording.pause"
RECORDING_RESUME: Final = "interaction.request.recording.resume"
ANSWER: Final = "conversation.answer"
RELEASE: Final = "conversation.release"
HOLD: Final = "conversation.hold"
RETRIEVE: Final = "conversation.retrieve"
MUTE: Final = "conversation.request.mute"
UNMUTE: Final = "conversation.request.unmute"
SEND_DTMF: Final = "conversation.senddtmf"
BLIND_TRANSFER: Final = "conversation.blindtransfer"
BLIND_CONFERENCE: Final = "conversation.blindconference"

PREVIEW: Final = "interaction.preview"
SCREENPOP: Final = "interaction.screenpop"

RESULTS: Final = frozenset({"success", "failure", "needinfo", "confirm"})
# Requests whose list comes in an event, with the event's name.
TOLD_BY_EVENT: Final[Mapping[str, str]] = {
    "channel.externaldispositions": "channel.externaldispositions.updated",
    "session.getdirectory": "directory.updated",
}

# Requests that need an open consultation, by bare name.
OF_A_CONSULT: Final = frozenset(
    {"interaction.alternate", "interaction.consulttransfer", "interaction.consultconference"}
)


def word(said: str) -> str:
    """A word of an enumeration as the tables have it: processors write them in any case, or with blanks."""
    return said.strip().upper().replace(" ", "_")


def bare(command: str) -> str:
    """A command without blanks around it and without its `.request.`: what both spellings share."""
    kind, dot, verb = command.strip().partition(".")
    return kind + dot + verb.removeprefix("request.")


# Our own commands that end a contact, by bare name: why it then ended. Nothing else tells.
LEAVING: Final[Mapping[str, EndCause]] = {
    "conversation.release": EndCause.NORMAL,
    "interaction.reject": EndCause.DECLINED,
    "interaction.consulttransfer": EndCause.TRANSFERRED,
    "interaction.consultconference": EndCause.CONFERENCED,
    "conversation.blindtransfer": EndCause.TRANSFERRED,
}

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
