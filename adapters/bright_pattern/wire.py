"""The vendor's values, field for field, in the vendor's spelling.

The parameters of events, and the values that only these have, are in wire_events.py. Source: seeds 000, 001
and 004; reference/bright-pattern.md sections 2 and 5.1 to 5.5. What says whom a value concerns is required.
The documents require more: where that is missing, nothing is said (UNSET). Left out: the window messages
between page and widget (reference 1.2), which the relay hides. PhoneCapabilities and ScreenRecordingState are
read as the flags that they are.
"""
# ruff: noqa: N815  # the spelling is the vendor's

from typing import Literal

import msgspec
from msgspec import UNSET, UnsetType

from adapters.kit import jsonrpc
from schemas.values import Json

# --- results


class ResultError(msgspec.Struct, frozen=True, omit_defaults=True):
    """Why a request was refused."""

    code: int = msgspec.field(default_factory=lambda: 99)  # unknown_error
    name: str = msgspec.field(default_factory=str)
    message: str | None = None


class OperationResult(msgspec.Struct, frozen=True):
    """The answer to every request, as read; `data` stays raw, for only the asker knows its type."""

    status: Literal["success", "error"]
    data: msgspec.Raw = jsonrpc.NOTHING
    error: ResultError | None = None


class Success(msgspec.Struct, frozen=True, tag_field="status", tag="success"):
    """The answer to a request, as written."""

    data: Json = None


class Refused(msgspec.Struct, frozen=True, tag_field="status", tag="error"):
    """The answer to a request that failed, as written."""

    error: ResultError


class InitiateResult(msgspec.Struct, frozen=True, omit_defaults=True):
    """What startCall, startChat and startEmail give. A null id need not be an error (deferred dial)."""

    id: str | None = msgspec.field(default_factory=lambda: None)  # a factory, so that null is written
    error: str | None = None


# --- interactions


class CallParty(msgspec.Struct, frozen=True, omit_defaults=True):
    """A party of a call. `userId` only for internal users."""

    id: str
    name: str = msgspec.field(default_factory=str)  # a factory, so that an empty one is written
    phone: str = msgspec.field(default_factory=str)
    userId: str | None = None


class ChatParty(msgspec.Struct, frozen=True, omit_defaults=True):
    """A party of a chat. `userId` only for internal ones, `contactId` only for external ones."""

    id: str
    type: str = msgspec.field(default_factory=str)
    name: str = msgspec.field(default_factory=str)
    userId: str | None = None
    contactId: str | None = None
    email: str | None = None
    phone: str | None = None


class InteractionAssociatedObject(msgspec.Struct, frozen=True, kw_only=True):
    """A CRM record. Generations differ on whether customFields and source are there."""

    id: str
    type: str = ""
    displayName: str = ""
    displayType: str = ""
    customFields: dict[str, str] | None = msgspec.field(default_factory=dict[str, str])
    source: str | UnsetType = UNSET


class InteractionAssociatedObjectsData(msgspec.Struct, frozen=True):
    """The records of an interaction. `selected` was one id until G4 and is a list of ids since."""

    list: tuple[InteractionAssociatedObject, ...] = ()
    selected: tuple[str, ...] | str | None = None


class InteractionData(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One interaction, always whole. Times are epoch milliseconds, duration is seconds."""

    interactionId: str
    state: str | UnsetType = UNSET
    type: str | UnsetType = UNSET
    callParties: tuple[CallParty, ...] | UnsetType = UNSET
    chatParties: tuple[ChatParty, ...] | UnsetType = UNSET  # not on the page of seed 001
    callMuted: bool | UnsetType = UNSET
    callRecording: bool | UnsetType = UNSET
    attachedData: dict[str, Json] | UnsetType | None = UNSET  # AttachedData, since G2
    internal: bool | UnsetType = UNSET  # not on the page of seed 001
    subject: str | UnsetType | None = UNSET  # not on the page of seed 000
    associatedObjects: InteractionAssociatedObjectsData | UnsetType | None = UNSET  # the same
    interactionKind: str | None = None  # since G6
    globalInteractionId: str | None = None
    phoneNumber: str | None = None
    email: str | None = None
    callDirection: str | None = None
    startTime: float | None = None
    endTime: float | None = None
    duration: float | None = None
    description: str | None = None
    disposition: str | None = None
    service: str | None = None
    playbackUrl: str | None = None
    recordingUrl: str | None = None
    DNIS: str | None = None
    ANI: str | None = None
    transferANI: str | None = None  # the table of seed 001 spells ANI so
    origination: str | None = None
    agentId: str | None = None  # only in the table of seed 001


class InteractionsState(msgspec.Struct, frozen=True):
    """All interactions of the agent at this moment."""

    interactions: tuple[InteractionData, ...]
    activeInteractionId: str | UnsetType | None = UNSET


class InteractionActivityData(InteractionData, frozen=True, kw_only=True, omit_defaults=True):
    """What ON_SAVE_ACTIVITY_RECORD brings, as written; until G4 it was an InteractionData."""

    contactName: str  # the other party's
    formValues: dict[str, str | bool] | None = None  # by the form fields' integration names


# --- the agent


class LoginStateData(msgspec.Struct, frozen=True, omit_defaults=True):
    """Whether an agent is logged in; who it is only with the privilege to know."""

    isLoggedIn: bool | UnsetType = UNSET  # every document has it
    agentId: str | None = None
    username: str | None = None
    sessionId: str | None = None


class LoginData(msgspec.Struct, frozen=True, omit_defaults=True):
    """What login takes."""

    username: str
    password: str
    tenant: str | None = None


class AgentStateData(msgspec.Struct, frozen=True):
    """The agent's state. The page of getAgentState leaves the reservation out, the declarations have it."""

    state: str | UnsetType = UNSET
    reservedForIncomingInteraction: bool = False
    notReadyReason: str | UnsetType | None = UNSET


class Team(msgspec.Struct, frozen=True, omit_defaults=True):
    """A team that the agent sees."""

    id: str
    displayName: str = msgspec.field(default_factory=str)
    isSupervised: bool = msgspec.field(default_factory=bool)  # a factory, so that false is written
    usersCount: int | None = None


class User(msgspec.Struct, frozen=True):
    """A member of a team (on pages: TeamMember); `phone` is the extension."""

    id: str
    teamId: str = ""
    firstName: str = ""
    lastName: str = ""
    phone: str = ""
    state: str = ""


class ServiceData(msgspec.Struct, frozen=True):
    """A service for outgoing interactions."""

    id: str
    name: str = ""
    useDispositions: bool = False
    requireDisposition: bool = False


class DIDNumber(msgspec.Struct, frozen=True):
    """A number that the agent may use as origin."""

    id: str
    number: str
    isSMS: bool
    isVoice: bool


class PhoneDeviceData(msgspec.Struct, frozen=True, omit_defaults=True):
    """The agent's device: a PhoneDevice, with its number where the kind needs one."""

    type: str
    phone: str | None = None


class ServerErrorData(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An error of the system or session. The page's table says that the code is a string."""

    code: int | str = msgspec.field(default_factory=int)
    name: str = msgspec.field(default_factory=str)
    timestamp: float | None = None  # epoch milliseconds
    message: str | None = None


# --- how a contact ended, and whom to dial when


class DispositionTarget(msgspec.Struct, frozen=True, omit_defaults=True):
    """Whose dispositions are asked for; empty means those of the active interaction."""

    service: str | None = None  # id or name
    interactionId: str | None = None


class DispositionData(msgspec.Struct, frozen=True):
    """One disposition."""

    id: str
    code: str = ""
    name: str = ""
    type: str = ""


class RescheduleData(msgspec.Struct, frozen=True, omit_defaults=True):
    """When to dial a campaign record again; local times as YYYY-MM-DD HH24:mm:ss."""

    numberToDial: str
    fromTime: str
    untilTime: str
    timezoneCode: str | None = None  # IANA name


class PhoneData(msgspec.Struct, frozen=True, omit_defaults=True):
    """A number of a dial candidate."""

    number: str
    type: str
    displayType: str | None = None


class DialCandidate(msgspec.Struct, frozen=True, omit_defaults=True):
    """A suggestion on the dialpad."""

    id: str
    displayName: str
    phones: tuple[PhoneData, ...]
    associatedObjects: tuple[InteractionAssociatedObject, ...] = ()
    email: str | None = None
    avatarUrl: str | None = None
