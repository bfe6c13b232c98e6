"""The names of this API and what they mean. Source: docs/sources/amazon-connect.md, 3, 4, 5, 8 and 14."""

from collections.abc import Mapping
from typing import Final

from schemas.agent import AgentState as A
from schemas.commands import DestinationKind
from schemas.interaction import InteractionState as S
from schemas.interaction import Kind, Media
from schemas.results import ErrorCode

NAME: Final = "amazon_connect"
PACKAGE: Final = "adapters.amazon_connect"

# --- events, which are the names of frames on our links

UPDATE: Final = "agent::update"
MUTE_TOGGLE: Final = "agent::mute_toggle"
ACCEPTED: Final = "contact::accepted"
VIEW: Final = "contact::view"

# --- agent states: the type is what counts, the name is the administrator's, or for people

ROUTABLE: Final = "routable"
NOT_ROUTABLE: Final = "not_routable"
OFFLINE: Final = "offline"
SYSTEM: Final = "system"
SETTABLE: Final[Mapping[str, A]] = {ROUTABLE: A.READY, NOT_ROUTABLE: A.NOT_READY, OFFLINE: A.NOT_READY}
TYPE_OUT: Final[Mapping[A, str]] = {A.READY: ROUTABLE, A.NOT_READY: NOT_ROUTABLE, A.LOGGED_OUT: OFFLINE}
# What hides the chosen state for a while: the name, of a type that nobody sets.
SYSTEM_OUT: Final[Mapping[A, tuple[str, str]]] = {
    A.RESERVED: ("PendingBusy", SYSTEM),
    A.BUSY: ("Busy", SYSTEM),
    A.AFTER_CALL_WORK: ("AfterCallWork", SYSTEM),
    A.SUPERVISING: ("Busy", SYSTEM),
    A.UNKNOWN: ("Init", "init"),
}
NAMES: Final[Mapping[str, str]] = {ROUTABLE: "Available", NOT_ROUTABLE: "Unavailable", OFFLINE: "Offline"}

# --- contacts

CONTACT_OUT: Final[Mapping[S, str]] = {
    S.UNKNOWN: "pending",
    S.PREVIEW: "connecting",
    S.DIALING: "connecting",
    S.ALERTING: "connecting",  # a call in is never `incoming`: that is a callback from the queue
    S.CONNECTED: "connected",
    S.HELD: "connected",  # the leg says it
    S.WRAP_UP: "ended",
}
NOT_SHOWN: Final = frozenset({S.QUEUED, S.COMPLETED})
LEG_OUT: Final[Mapping[S, str]] = {
    S.UNKNOWN: "connecting",
    S.PREVIEW: "connecting",
    S.DIALING: "connecting",
    S.ALERTING: "connecting",
    S.CONNECTED: "connected",
    S.HELD: "hold",
    S.WRAP_UP: "disconnected",
}
OPEN: Final = frozenset({S.UNKNOWN, S.PREVIEW, S.DIALING, S.ALERTING, S.CONNECTED, S.HELD})
MEDIA_OUT: Final[Mapping[Media, str]] = {
    Media.VOICE: "voice",
    Media.CHAT: "chat",
    Media.EMAIL: "email",
    Media.WORK_ITEM: "task",
}
SUBTYPE_OUT: Final[Mapping[Media, str]] = {
    Media.VOICE: "connect:Telephony",
    Media.CHAT: "connect:Chat",
    Media.EMAIL: "connect:Email",
    Media.WORK_ITEM: "connect:Task",
}
INITIATION_OUT: Final[Mapping[Kind, str]] = {  # else by the direction
    Kind.TRANSFER: "transfer",
    Kind.CALLBACK: "callback",
    Kind.CAMPAIGN: "outbound",
}

# --- endpoints

PHONE_NUMBER: Final = "phone_number"
ENDPOINT_IN: Final[Mapping[str, DestinationKind]] = {
    PHONE_NUMBER: DestinationKind.EXTERNAL,
    "agent": DestinationKind.AGENT,
    "queue": DestinationKind.QUEUE,
}
ENDPOINT_KIND_OUT: Final[Mapping[DestinationKind, str]] = {  # those that are listed
    DestinationKind.AGENT: "agent",
    DestinationKind.QUEUE: "queue",
    DestinationKind.SKILL: "queue",
}
ENDPOINT_OUT: Final[Mapping[str, str]] = {  # by DirectoryEntry.kind
    "external": PHONE_NUMBER,
    "agent": "agent",
    "skill": "queue",
    "queue": "queue",
}

# --- errors

INVALID_STATE: Final = "InvalidStateException"
INTERNAL: Final = "InternalServiceError"
ERROR_OUT: Final[Mapping[ErrorCode, str]] = {
    ErrorCode.INVALID_COMMAND: "UnexpectedParameter",
    ErrorCode.UNSUPPORTED: "InvalidConfigurationException",
    ErrorCode.NOT_ALLOWED: "AccessDeniedException",
    ErrorCode.UNKNOWN_INTERACTION: INVALID_STATE,
    ErrorCode.UNKNOWN_OBJECT: "ConnectionNotFound",
    ErrorCode.NOT_LOGGED_IN: "UnauthorizedException",
    ErrorCode.WRONG_STATE: INVALID_STATE,
    ErrorCode.COMPLETION_BLOCKED: INVALID_STATE,
    ErrorCode.NEEDS_INFO: INVALID_STATE,  # this API has no question: the message says what is missing
    ErrorCode.BUSY: INVALID_STATE,
    ErrorCode.BAD_DESTINATION: "BadEndpointException",
    ErrorCode.RATE_LIMITED: "QuotaExceededException",
}
