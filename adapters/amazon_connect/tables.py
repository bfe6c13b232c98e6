"""The names of this API and what they mean. Source: docs/sources/amazon-connect.md, 3, 4, 5, 8 and 14."""

from collections.abc import Mapping
from typing import Final

from schemas.agent import AgentState as A
from schemas.commands import DestinationKind
from schemas.interaction import Direction, Kind, Media
from schemas.interaction import InteractionState as S
from schemas.results import ErrorCode

NAME: Final = "amazon_connect"
PACKAGE: Final = "adapters.amazon_connect"

# --- events, which are the names of frames on our links

UPDATE: Final = "agent::update"
MUTE_TOGGLE: Final = "agent::mute_toggle"
ACCEPTED: Final = "contact::accepted"
VIEW: Final = "contact::view"
TERMINATED: Final = "terminated"
# What the library says of itself or of the agent's device: whether it is an error.
NOTICES: Final[Mapping[str, bool]] = {
    "agent::softphone_error": True,
    "agent::websocket_connection_lost": True,
    "agent::websocket_connection_gained": False,
    "auth_fail": True,
    "access_denied": True,
    "ack_timeout": True,
    "iframe_retries_exhausted": True,
}

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
STATE_IN: Final[Mapping[str, A]] = {  # names of the type `system`; the others leave what was last
    "PendingBusy": A.RESERVED,
    "Pending": A.RESERVED,
    "Busy": A.BUSY,
    "CallingCustomer": A.BUSY,
    "Dialing": A.BUSY,
    "Joining": A.BUSY,
    "AfterCallWork": A.AFTER_CALL_WORK,
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
CONTACT_IN: Final[Mapping[str, S]] = {  # those that hang on nothing else; see decode
    "init": S.UNKNOWN,
    "incoming": S.ALERTING,
    "pending": S.UNKNOWN,
    "connected": S.CONNECTED,
    "paused": S.HELD,
    "ended": S.WRAP_UP,
    "missed": S.WRAP_UP,
    "rejected": S.WRAP_UP,
    "error": S.WRAP_UP,
}
LEG_IN: Final[Mapping[str, S]] = {
    "init": S.DIALING,
    "connecting": S.DIALING,
    "connected": S.CONNECTED,
    "silent_monitor": S.CONNECTED,
    "barge": S.CONNECTED,
    "hold": S.HELD,
    "disconnected": S.COMPLETED,
}
TALKING: Final = frozenset({"connected", "silent_monitor", "barge"})
ACTIVE: Final = TALKING | {"connecting", "hold"}
OWN_LEGS: Final = frozenset({"agent", "monitoring"})
MEDIA_IN: Final[Mapping[str, Media]] = {
    "voice": Media.VOICE,
    "queue_callback": Media.VOICE,
    "chat": Media.CHAT,
    "email": Media.EMAIL,
    "task": Media.WORK_ITEM,
}
DIRECTION_IN: Final[Mapping[str, Direction]] = {  # else by the leg: a transfer says neither
    "inbound": Direction.INBOUND,
    "queue_transfer": Direction.INBOUND,
    "webrtc_api": Direction.INBOUND,
    "outbound": Direction.OUTBOUND,
    "external_outbound": Direction.OUTBOUND,
    "callback": Direction.OUTBOUND,
    "callback_customer_first_queued": Direction.OUTBOUND,
    "callback_customer_first_dialed": Direction.OUTBOUND,
    "campaign_preview": Direction.OUTBOUND,
}
KIND_IN: Final[Mapping[str, Kind]] = {
    "transfer": Kind.TRANSFER,
    "queue_transfer": Kind.QUEUE,
    "callback": Kind.CALLBACK,
    "callback_customer_first_queued": Kind.CALLBACK,
    "callback_customer_first_dialed": Kind.CALLBACK,
    "campaign_preview": Kind.CAMPAIGN,
    "outbound": Kind.DIRECT,
    "external_outbound": Kind.DIRECT,
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
UNANSWERED: Final = "trunkline.unanswered"  # our own: the library gave the relay no answer in time
ERROR_IN: Final[Mapping[str, ErrorCode]] = {  # the rest are platform_error
    INVALID_STATE: ErrorCode.WRONG_STATE,
    "CallAlreadyResumedException": ErrorCode.WRONG_STATE,
    "BadEndpointException": ErrorCode.BAD_DESTINATION,
    "AccessDeniedException": ErrorCode.NOT_ALLOWED,
    "UnauthorizedException": ErrorCode.NOT_LOGGED_IN,
    "RefreshTokenExpiredException": ErrorCode.NOT_LOGGED_IN,
    "QuotaExceededException": ErrorCode.RATE_LIMITED,
    "SoftphoneConnectionLimitBreachedException": ErrorCode.RATE_LIMITED,
    "ConnectionNotFound": ErrorCode.UNKNOWN_OBJECT,
    "InvalidAgentARNException": ErrorCode.UNKNOWN_OBJECT,
    "UnexpectedParameter": ErrorCode.INVALID_COMMAND,
    "InvalidContactTypeException": ErrorCode.INVALID_COMMAND,
    "PaginationException": ErrorCode.INVALID_COMMAND,
    "InvalidConfigurationException": ErrorCode.UNSUPPORTED,
}
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
