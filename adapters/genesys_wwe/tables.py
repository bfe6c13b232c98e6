"""Names that map. Source: seed 002 (interaction), reference 3 and 5 (everything else).

What a word of the vendor's means stands in `coverage.toml`, and is read from there. The other direction is
written out where a table has no inverse.
"""

from collections.abc import Mapping
from typing import Final

from adapters.kit.coverage import meanings
from schemas.agent import AgentState
from schemas.commands import DestinationKind
from schemas.interaction import Direction, EndCause, InteractionState, Media, RecordingState, Side

NAME: Final = "genesys_wwe"
PACKAGE: Final = "adapters.genesys_wwe"

CHANNELS: Final = ("interaction", "markdone", "agent", "media", "outbound", "system")
ABOUT_INTERACTIONS: Final = frozenset({"interaction", "markdone"})
MESSENGER: Final = "messenger:"  # further channels, one for each name after the colon

# What is asked for again when it may have changed, and what `Scope.said` is asked for.
INTERACTION_LIST: Final = "interaction.getInteractions"
STATE_LIST: Final = "agent.getStateList"
MEDIA_LIST: Final = "media.getMediaList"

# --- interaction.state: 30 words

_S = InteractionState
STATE_IN: Final[Mapping[str, InteractionState | None]] = {
    "UNKNOWN": None,  # the platform does not know: what we knew stands
    **meanings(PACKAGE, "state", "state", InteractionState),
}
# Listed as states, but they tell what happened: the state before them goes on.
NOTIFICATIONS: Final = frozenset({"SAVED", "USER_DATA_ATTACHED", "USER_DATA_UPDATED"})
FINAL: Final = frozenset(word for word, state in STATE_IN.items() if state is _S.COMPLETED)
# A pushed record is offered and accepted before it is shown; nobody is connected by that.
PREVIEW_ACCEPTED: Final = frozenset({"ACCEPTED", "CREATED", "PULLED"})

# How it ended, where the word itself says so. IDLE says nothing, REVOKED neither why nor by whom.
ENDED_IN: Final[Mapping[str, tuple[EndCause, Side]]] = {
    "COMPLETED": (EndCause.NORMAL, Side.UNKNOWN),
    "SENT": (EndCause.NORMAL, Side.AGENT),
    "TRANSFER_COMPLETED": (EndCause.TRANSFERRED, Side.UNKNOWN),
    "REJECTED": (EndCause.DECLINED, Side.AGENT),
}
# Of a call in that the agent did not take. REDIRECTED is left out: it is said of an offer that was refused as
# well as of one that rang out (reference 3.1.5), and says neither why nor by whom.
RONA_IN: Final = {"NO_ANSWER": (EndCause.NO_ANSWER, Side.PLATFORM)}
# What COMPLETED says of an interaction of open media; None: not ended by anything.
DONE: Final = frozenset({EndCause.NORMAL, EndCause.UNKNOWN, None})
RONA_OUT: Final[Mapping[EndCause, str]] = {
    EndCause.NO_ANSWER: "NO_ANSWER",
    EndCause.TIMEOUT: "NO_ANSWER",
    EndCause.DECLINED: "REDIRECTED",
}

STATE_OUT_VOICE: Final[Mapping[InteractionState, str]] = {
    _S.UNKNOWN: "UNKNOWN",
    _S.PREVIEW: "PREVIEW",
    _S.DIALING: "DIALING",
    _S.ALERTING: "RINGING",
    _S.CONNECTED: "TALKING",
    _S.HELD: "HELD",
    _S.WRAP_UP: "IDLE",
    _S.COMPLETED: "IDLE",  # a closed call has no word; it is removed
}
STATE_OUT_OPEN: Final[Mapping[InteractionState, str]] = {
    **STATE_OUT_VOICE,
    _S.DIALING: "UNKNOWN",  # no word for it: what is CREATED is worked on already
    _S.ALERTING: "INVITED",
    _S.CONNECTED: "ACCEPTED",
    _S.HELD: "ACCEPTED",  # HELD is a word for calls
    _S.COMPLETED: "COMPLETED",
}
NO_STATE: Final = frozenset({_S.QUEUED})  # an agent never sees the queue here

# eventType of a state just entered, where it is not the state's own name (reference 4.2).
LABEL_OF_STATE: Final[Mapping[str, str]] = {"TALKING": "ESTABLISHED", "IDLE": "RELEASED"}
# What only says that a state was entered, which is no news where it is known; or that it is gone, which its
# completion tells.
PLAIN_LABELS: Final = frozenset(
    {*STATE_IN, *LABEL_OF_STATE.values(), "REMOVED", "UPDATED", "ATTACHED_DATA_CHANGED"}
    | {"CALL_RECORDING_STATE_CHANGE", "PARTICIPANTS_UPDATED"}
)
# A call that is talked on; and what its frames are labelled while nothing else happens.
TALKED_ON: Final = {"TALKING": _S.CONNECTED, "HELD": _S.HELD}
TRANSFERRING: Final = "TRANSFERRING"
# eventTypes after which the interaction may be gone from the list.
REMOVALS: Final = frozenset({"REMOVED", "BUNDLE_CLOSE", "MARK_DONE"})
UNREMARKABLE: Final = PLAIN_LABELS - REMOVALS

# --- other enumerations of the interaction

MEDIA_IN: Final = meanings(PACKAGE, "mediaName", "media", Media)
PREVIEW_MEDIA: Final = "outboundpreview"
MEDIA_OUT: Final = {medium: word for word, medium in MEDIA_IN.items() if word != PREVIEW_MEDIA}
MEDIUM_OUT: Final[Mapping[str, str]] = {medium.value: word for medium, word in MEDIA_OUT.items()}
# What only one medium can be in (the families of reference 5.1.1), for frames that do not name it.
MEDIA_OF_STATE: Final[Mapping[str, Media]] = {
    **dict.fromkeys(("RINGING", "DIALING", "TALKING", "HELD"), Media.VOICE),
    **dict.fromkeys(("PREVIEW", "READY", "CANCELED", "REJECTED"), Media.VOICE),
    **dict.fromkeys(("JOIN_PENDING", "JOIN_FAILED", "HISTORY_IN_PROGRESS", "HISTORY_DONE"), Media.CHAT),
    **dict.fromkeys(("CREATED", "CANCELLED", "SENT"), Media.EMAIL),
}
DIRECTION_IN: Final = meanings(PACKAGE, "direction", "direction", Direction)
DIRECTION_OUT: Final[Mapping[Direction, str]] = {
    **{direction: word for word, direction in DIRECTION_IN.items()},
    Direction.INTERNAL: "UNKNOWN",  # callType says it
}
CALL_TYPE_OUT: Final[Mapping[Direction, str]] = {
    Direction.INBOUND: "INBOUND",
    Direction.OUTBOUND: "OUTBOUND",
    Direction.INTERNAL: "INTERNAL",
    Direction.UNKNOWN: "UNKNOWN",
}
CALL_TYPE_IN: Final[Mapping[str, Direction]] = {
    **{word: direction for direction, word in CALL_TYPE_OUT.items()},
    "CONSULT": Direction.UNKNOWN,  # of either
}
CONSULT_CALL: Final = "CONSULT"
INTERNAL_CALL: Final = "INTERNAL"
INTERNAL_IN: Final[Mapping[str, bool]] = {INTERNAL_CALL: True, "INBOUND": False, "OUTBOUND": False}
RECORDING_IN: Final = meanings(PACKAGE, "recordingState", "recording", RecordingState)
RECORDING_OUT: Final = {state: word for word, state in RECORDING_IN.items()}

# --- targetQuery

_TARGETS: Final = meanings(PACKAGE, "targetType", "destination", DestinationKind)
TARGET_OUT: Final = {kind: word for word, kind in _TARGETS.items()}
TARGET_IN: Final[Mapping[str, DestinationKind]] = {
    **_TARGETS,
    "CustomContact": DestinationKind.EXTERNAL,  # as the prose of the seed writes it
}

# --- cases

CASE_SELECTED: Final = "CASE_SELECTED"
CASE_EXPANDED: Final = "CASE_EXPANDED"
CASE_COLLAPSED: Final = "CASE_COLLAPSED"

# --- markdone: the vendor documents no payload; the first two are the reference's convention, the third ours

BLOCKED: Final = "MARKDONE_BLOCKED"
BLOCK_TIMEOUT: Final = "MARKDONE_BLOCK_TIMEOUT"
UNBLOCKED: Final = "MARKDONE_UNBLOCKED"
MARKDONE: Final = frozenset({BLOCKED, BLOCK_TIMEOUT, UNBLOCKED})
BLOCK_WARNING: Final = "Mark done is blocked"  # when the platform keeps the text to itself

# --- agent state: 12 types

AGENT_STATE_IN: Final = meanings(PACKAGE, "stateType", "agent", AgentState)
PLAIN_STATES: Final = frozenset({"UNKNOWN", "LOGOUT", "READY", "NOT_READY", "NOT_READY_AFTER_CALLWORK"})
UNSETTABLE: Final = frozenset({"UNKNOWN", "PARTIAL_READY", "OUT_OF_SERVICE"})
AGENT_STATE_OUT: Final[Mapping[AgentState, str]] = {
    AgentState.UNKNOWN: "UNKNOWN",
    AgentState.LOGGED_OUT: "LOGOUT",
    AgentState.NOT_READY: "NOT_READY",
    AgentState.READY: "READY",
    AgentState.RESERVED: "READY",  # an agent with a call stays ready here
    AgentState.BUSY: "READY",
    AgentState.AFTER_CALL_WORK: "NOT_READY_AFTER_CALLWORK",
    AgentState.SUPERVISING: "UNKNOWN",
}
WITH_ACTION_CODE: Final = {
    word: f"{word}_ACTION_CODE" for word in ("READY", "NOT_READY", "NOT_READY_AFTER_CALLWORK")
}
# The administrator-facing names of the actions; a reason follows a colon (opaque to the client).
OPERATION_OUT: Final[Mapping[AgentState, str]] = {
    AgentState.READY: "Ready",
    AgentState.NOT_READY: "NotReady",
    AgentState.AFTER_CALL_WORK: "AfterCallWork",
    AgentState.LOGGED_OUT: "LogOff",
}

# --- notices about the desktop and about campaigns: no state of ours is in them

NOTICE_CHANNELS: Final = frozenset({"system", "outbound"})
ERROR_NOTICE: Final = "error"
