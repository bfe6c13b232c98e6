"""Names that map: states, media, failure codes.

What a word means stands in `coverage.toml`, and is read from there. The other direction is written out
where a table has no inverse. Source: reference channel-session.md sections 6 (states), 8.2 (failure codes).
"""

from collections.abc import Mapping
from typing import Final

from adapters.kit.coverage import meanings, words
from schemas.agent import AgentState, ChannelState
from schemas.interaction import InteractionState, Media, RecordingState
from schemas.results import Effect, ErrorCode

NAME: Final = "channel_session"
PACKAGE: Final = "adapters.channel_session"

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

_INTERACTION: Final = meanings(PACKAGE, "interaction", "", InteractionState)
_CONVERSATION: Final = meanings(PACKAGE, "conversation", "", InteractionState)
# Section 6.4 (interaction) and 6.5 (conversation): no word means two things, so one table serves both.
STATE_IN: Final[Mapping[str, InteractionState]] = {**_CONVERSATION, **_INTERACTION}
# Of a conversation that is talked on.
TALKED_ON: Final = {word: STATE_IN[word] for word in ("TALKING", "HELD")}
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
    **{state: word for word, state in _INTERACTION.items()},
    InteractionState.PREVIEW: "ALERTING",  # offered: to be accepted or rejected
    InteractionState.HELD: "STARTED",
}
CONVERSATION_OUT: Final[Mapping[InteractionState, str]] = {
    **{state: word for word, state in _CONVERSATION.items()},
    InteractionState.PREVIEW: "ALERTING",
}
# An agent never sees the queue here, and an unknown state is not guessed at: no state.updated for these.
NO_STATE: Final = frozenset({InteractionState.QUEUED, InteractionState.UNKNOWN})

_AGENT_STATE: Final = meanings(PACKAGE, "agent state", "", AgentState)
AGENT_STATE_IN: Final[Mapping[str, AgentState]] = {
    **_AGENT_STATE,
    "LOGGED_IN": AgentState.NOT_READY,  # signed in on a switch that sets neither: nothing is offered
    "AFTER_CALL_WORK": AgentState.AFTER_CALL_WORK,
}
AGENT_STATE_OUT: Final[Mapping[AgentState, str]] = {
    **{state: word for word, state in _AGENT_STATE.items()},
    AgentState.RESERVED: "BUSY",
    AgentState.SUPERVISING: "BUSY",
}
# What setagentstate takes; BUSY is read only, and signing out is a command of its own.
SETTABLE: Final = frozenset({AgentState.READY, AgentState.NOT_READY, AgentState.AFTER_CALL_WORK})

CHANNEL_STATE_IN: Final = meanings(PACKAGE, "channel", "", ChannelState)
CHANNEL_STATE_OUT: Final = {state: word for word, state in CHANNEL_STATE_IN.items()}
RECORDING_IN: Final = meanings(PACKAGE, "recording", "", RecordingState)
RECORDING_OUT: Final = {state: word for word, state in RECORDING_IN.items()}
MEDIA_OUT: Final[Mapping[Media, str]] = {
    Media.VOICE: "Telephony",
    Media.CHAT: "Chat",
    Media.EMAIL: "Email",
    Media.WORK_ITEM: "WorkItem",  # newer than the manual, whose receivers ignore what they do not know
}
MEDIA_IN: Final = {word.casefold(): media for media, word in MEDIA_OUT.items()}

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

_E = ErrorCode
ERROR_IN: Final = {code: ErrorCode(meaning) for code, meaning in words(PACKAGE, "errors").items()}
# A logout that could not deactivate has already gone Not Ready; an internal error says nothing.
EFFECT_IN: Final[Mapping[str, Effect]] = {
    "deactivation-failed": Effect.UNKNOWN,
    "internal": Effect.UNKNOWN,
}
_SAID_AS: Final[Mapping[str, tuple[ErrorCode, ...]]] = {
    "bad-request": (
        *(_E.INVALID_COMMAND, _E.UNKNOWN_OBJECT, _E.BAD_DESTINATION),
        *(_E.NEEDS_INFO, _E.TOO_MANY_ROUNDS, _E.CONFLICT),
    ),
    "unsupported": (_E.UNSUPPORTED, _E.NOT_ALLOWED),
    "unknown-target": (_E.UNKNOWN_SESSION, _E.UNKNOWN_INTERACTION),
    "not-started": (_E.NOT_LOGGED_IN,),
    "already-started": (_E.ALREADY_LOGGED_IN,),
    "bad-credentials": (_E.BAD_CREDENTIALS,),
    "bad-state": (_E.WRONG_STATE, _E.COMPLETION_BLOCKED, _E.CANCELLED, _E.EXPIRED),
    "channel-not-active": (_E.NO_CHANNEL,),
    "cti-error": (_E.BUSY, _E.RATE_LIMITED, _E.UNAVAILABLE, _E.LINK_DOWN, _E.TIMEOUT, _E.PLATFORM_ERROR),
    "internal": (_E.UNKNOWN_PLATFORM, _E.INTERNAL),
}
ERROR_OUT: Final = {code: word for word, codes in _SAID_AS.items() for code in codes}
