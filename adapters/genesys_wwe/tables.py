"""Names that map. Source: seed 002 (interaction), reference 3 and 5 (everything else).

Both directions are written out: many-to-one has no inverse.
"""

from collections.abc import Mapping
from typing import Final

from schemas.agent import AgentState
from schemas.commands import DestinationKind
from schemas.interaction import Direction, EndCause, InteractionState, Media, RecordingState, Side

NAME: Final = "genesys_wwe"

CHANNELS: Final = ("interaction", "markdone", "agent", "media", "outbound", "system")
ABOUT_INTERACTIONS: Final = frozenset({"interaction", "markdone"})
MESSENGER: Final = "messenger:"  # further channels, one for each name after the colon

# --- interaction.state: 30 words

_S = InteractionState
STATE_IN: Final[Mapping[str, InteractionState | None]] = {
    "UNKNOWN": None,  # the platform does not know: what we knew stands
    "IDLE": _S.WRAP_UP,
    "RINGING": _S.ALERTING,
    "DIALING": _S.DIALING,
    "TALKING": _S.CONNECTED,
    "HELD": _S.HELD,
    "PREVIEW": _S.PREVIEW,
    "INVITED": _S.ALERTING,
    "ACCEPTED": _S.CONNECTED,
    "CREATED": _S.CONNECTED,
    "PULLED": _S.CONNECTED,
    "REVOKED": _S.COMPLETED,
    "COMPLETED": _S.COMPLETED,
    "ERROR": _S.UNKNOWN,  # no longer where it was, and nobody says where
    "TRANSFERRING": _S.CONNECTED,  # with `transferring`
    "TRANSFER_COMPLETED": _S.COMPLETED,
    "INVITED_CONFERENCE": _S.ALERTING,
    "LEFT_CONFERENCE": _S.COMPLETED,
    "JOIN_PENDING": _S.CONNECTED,  # accepted already
    "JOIN_FAILED": _S.UNKNOWN,
    "HISTORY_IN_PROGRESS": _S.CONNECTED,
    "HISTORY_DONE": _S.CONNECTED,
    "CANCELLED": _S.COMPLETED,  # e-mail: two L
    "SENT": _S.COMPLETED,
    "READY": _S.PREVIEW,
    "CANCELED": _S.COMPLETED,  # preview: one L
    "REJECTED": _S.COMPLETED,
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
RONA_IN: Final[Mapping[str, tuple[EndCause, Side]]] = {
    "NO_ANSWER": (EndCause.NO_ANSWER, Side.PLATFORM),
}
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
    _S.UNKNOWN: "UNKNOWN",
    _S.PREVIEW: "PREVIEW",
    _S.DIALING: "UNKNOWN",  # no word for it: what is CREATED is worked on already
    _S.ALERTING: "INVITED",
    _S.CONNECTED: "ACCEPTED",
    _S.HELD: "ACCEPTED",  # HELD is a word for calls
    _S.WRAP_UP: "IDLE",
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
TALKED_ON: Final = {word: STATE_IN[word] for word in ("TALKING", "HELD")}
TRANSFERRING: Final = "TRANSFERRING"
# eventTypes after which the interaction may be gone from the list.
REMOVALS: Final = frozenset({"REMOVED", "BUNDLE_CLOSE", "MARK_DONE"})
UNREMARKABLE: Final = PLAIN_LABELS - REMOVALS

# --- other enumerations of the interaction

MEDIA_IN: Final[Mapping[str, Media]] = {
    "voice": Media.VOICE,
    "chat": Media.CHAT,
    "email": Media.EMAIL,
    "workitem": Media.WORK_ITEM,
    "outboundpreview": Media.VOICE,  # the preview of a call
}
PREVIEW_MEDIA: Final = "outboundpreview"
MEDIA_OUT: Final[Mapping[Media, str]] = {
    Media.VOICE: "voice",
    Media.CHAT: "chat",
    Media.EMAIL: "email",
    Media.WORK_ITEM: "workitem",
}
MEDIUM_OUT: Final[Mapping[str, str]] = {medium.value: word for medium, word in MEDIA_OUT.items()}
# What only one medium can be in (the families of reference 5.1.1), for frames that do not name it.
MEDIA_OF_STATE: Final[Mapping[str, Media]] = {
    **dict.fromkeys(("RINGING", "DIALING", "TALKING", "HELD"), Media.VOICE),
    **dict.fromkeys(("PREVIEW", "READY", "CANCELED", "REJECTED"), Media.VOICE),
    **dict.fromkeys(("JOIN_PENDING", "JOIN_FAILED", "HISTORY_IN_PROGRESS", "HISTORY_DONE"), Media.CHAT),
    **dict.fromkeys(("CREATED", "CANCELLED", "SENT"), Media.EMAIL),
}
DIRECTION_IN: Final[Mapping[str, Direction]] = {
    "IN": Direction.INBOUND,
    "OUT": Direction.OUTBOUND,
    "UNKNOWN": Direction.UNKNOWN,
}
DIRECTION_OUT: Final[Mapping[Direction, str]] = {
    Direction.INBOUND: "IN",
    Direction.OUTBOUND: "OUT",
    Direction.INTERNAL: "UNKNOWN",  # callType says it
    Direction.UNKNOWN: "UNKNOWN",
}
CALL_TYPE_IN: Final[Mapping[str, Direction]] = {
    "INTERNAL": Direction.INTERNAL,
    "INBOUND": Direction.INBOUND,
    "OUTBOUND": Direction.OUTBOUND,
    "CONSULT": Direction.UNKNOWN,  # of either
    "UNKNOWN": Direction.UNKNOWN,
}
CALL_TYPE_OUT: Final[Mapping[Direction, str]] = {
    Direction.INBOUND: "INBOUND",
    Direction.OUTBOUND: "OUTBOUND",
    Direction.INTERNAL: "INTERNAL",
    Direction.UNKNOWN: "UNKNOWN",
}
CONSULT_CALL: Final = "CONSULT"
INTERNAL_CALL: Final = "INTERNAL"
INTERNAL_IN: Final[Mapping[str, bool]] = {INTERNAL_CALL: True, "INBOUND": False, "OUTBOUND": False}
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

# --- targetQuery

TARGET_OUT: Final[Mapping[DestinationKind, str]] = {
    DestinationKind.EXTERNAL: "CUSTOM_CONTACT",
    DestinationKind.AGENT: "AGENT",
    DestinationKind.AGENT_GROUP: "AGENT_GROUP",
    DestinationKind.SKILL: "SKILL",
    DestinationKind.QUEUE: "INTERACTION_QUEUE",
    DestinationKind.ROUTING_POINT: "ROUTING_POINT",
}
TARGET_IN: Final[Mapping[str, DestinationKind]] = {
    "AGENT": DestinationKind.AGENT,
    "AGENT_GROUP": DestinationKind.AGENT_GROUP,
    "SKILL": DestinationKind.SKILL,
    "INTERACTION_QUEUE": DestinationKind.QUEUE,
    "ROUTING_POINT": DestinationKind.ROUTING_POINT,
    "CUSTOM_CONTACT": DestinationKind.EXTERNAL,
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

AGENT_STATE_IN: Final[Mapping[str, AgentState]] = {
    "UNKNOWN": AgentState.UNKNOWN,
    "LOGOUT": AgentState.LOGGED_OUT,
    "READY": AgentState.READY,
    "PARTIAL_READY": AgentState.READY,  # on some media; an aggregate that cannot be set
    "NOT_READY": AgentState.NOT_READY,
    "READY_ACTION_CODE": AgentState.READY,
    "NOT_READY_ACTION_CODE": AgentState.NOT_READY,
    "NOT_READY_AFTER_CALLWORK": AgentState.AFTER_CALL_WORK,
    "NOT_READY_AFTER_CALLWORK_ACTION_CODE": AgentState.AFTER_CALL_WORK,
    "DND_ON": AgentState.NOT_READY,
    "OUT_OF_SERVICE": AgentState.NOT_READY,
    "LOGOUT_DND_ON": AgentState.LOGGED_OUT,
}
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
WITH_ACTION_CODE: Final[Mapping[str, str]] = {
    "READY": "READY_ACTION_CODE",
    "NOT_READY": "NOT_READY_ACTION_CODE",
    "NOT_READY_AFTER_CALLWORK": "NOT_READY_AFTER_CALLWORK_ACTION_CODE",
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
