"""The vendor's values about the agent: login, state, team, service, numbers and devices.

Source: reference/bright-pattern.md section 5.4. How a field is required: see wire.py. PhoneCapabilities and
ScreenRecordingState are read as the flags that they are (params.Flags).
"""
# ruff: noqa: N815  # the spelling is the vendor's

import msgspec
from msgspec import UNSET, UnsetType


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
