"""The methods: 60 rows. Source: reference/bright-pattern.md sections 3 (methods) and 8 (readings); seed 004.

South, a row makes the call of a command that is one call; what takes several is in flows.py. North, it
reads a client's call (requests.py), or passes it on. Some come to something canonical, or are remembered
here; but a platform of this dialect knows more, and is asked itself.
"""

import re
from dataclasses import dataclass, replace
from enum import Enum
from functools import cached_property
from typing import Final, TypeVar

import msgspec

from adapters.bright_pattern import requests, wire
from adapters.bright_pattern.scope import Request, Scope, Shape, shape_of
from adapters.bright_pattern.tables import INTERACTION_ID, PACKAGE
from adapters.contract.capabilities import Word, word, word_by_flow, word_nearly
from adapters.contract.dialect import Context
from adapters.kit.declared import declared
from adapters.kit.methods import Method, plain
from schemas import commands as c
from schemas.interaction import EndCause, Interaction

TextT = TypeVar("TextT", c.SendDtmf, c.SendChat, c.SetDisposition, c.SetNotes)


class Asks(Enum):
    """Whether a client's call is passed on to a platform of this dialect."""

    NEVER = 0
    RATHER = 1  # for any other it is answered here, as far as may be
    ONLY = 2  # any other has no such method


@dataclass(frozen=True, eq=False)
class Row(Method[Scope, None]):
    """A method. North, `request` reads its positional arguments, in place of `read`."""

    ends_by: EndCause | None = None  # what the interactions that it is about end by, if the call succeeds
    asks: Asks = Asks.NEVER
    request: Request | None = None
    params: Shape | None = None  # where no request names them
    message_name: str = ""

    @cached_property
    def shape(self) -> Shape:
        """Its parameters."""
        return self.params or (Shape() if self.request is None else shape_of(self.request))

    @property
    def id_at(self) -> int | None:
        """Where the id of an interaction may stand; absent, it is the active one. None: it takes none."""
        return len(self.shape.params) if self.shape.about else None

    @property
    def message(self) -> str:
        """The name of its message between page and widget."""
        return self.message_name or re.sub(r"(?<=[a-z])(?=[A-Z])", "_", self.name).upper()


# --- shapes of rows

Simple = (
    type[c.Accept | c.Reject | c.Release | c.Complete | c.Focus | c.Hold | c.Retrieve | c.Mute | c.Unmute]
    | type[c.StartRecording | c.StopRecording | c.PauseRecording | c.ResumeRecording]
)


def _row(name: str, said: str, request: Request | None = None, ends_by: EndCause | None = None) -> Row:
    """It comes to the same in both roles."""
    return Row(name, word(said), word(said), request=request, ends_by=ends_by)


def reference(context: Context) -> str:
    """The vendor's id of the interaction that a command is about."""
    return context.interaction.refs[INTERACTION_ID] if context.interaction is not None else ""


def _one(name: str, kind: Simple, ends_by: EndCause | None = None) -> Row:
    """One command, about an interaction and nothing else."""
    calls = (plain(kind, lambda row, _command, context: row(reference(context))),)
    row = _row(name, c.verb(kind), lambda _scope, one: kind(interaction_id=one.id), ends_by)
    return replace(row, calls=calls, params=Shape(about=True))


def _switch(name: str, on: Simple, off: Simple) -> Row:
    """One command for true, one for false."""
    calls = (
        plain(on, lambda row, _command, context: row(True, reference(context))),
        plain(off, lambda row, _command, context: row(False, reference(context))),
    )
    said = f"{c.verb(on)}, {c.verb(off)}"
    row = _row(name, said, lambda _scope, state, one: (on if state else off)(interaction_id=one.id))
    return replace(row, calls=calls, params=Shape((("state", bool),), about=True))


def _text(name: str, param: str, kind: type[TextT], member: str, request: Request | None = None) -> Row:
    """One command, with a text, about an interaction: the vendor's name of it, and ours."""

    def read(_scope: Scope, text: str, one: Interaction) -> TextT:
        return msgspec.convert({member: text, "interaction_id": one.id}, kind)

    calls = (plain(kind, lambda row, command, context: row(getattr(command, member), reference(context))),)
    row = _row(name, c.verb(kind), request or read)
    return replace(row, calls=calls, params=Shape(((param, str),), about=True))


def _nearly(name: str, said: str, note: str, request: Request, *, south: Word | None = None) -> Row:
    """What it only comes near to here."""
    return Row(name, south or word(said), word_nearly(said, note), request=request)


_CALL: Final = word("vendor.call")
_PASSED_ON: Final = (
    "passed on to a platform of this dialect, with a scope of its own; no other platform has such a method"
)


def _passed(name: str, *params: tuple[str, type[object]], about: bool = False, message: str = "") -> Row:
    """What only a platform of this dialect knows."""
    north, shape = word_nearly("vendor.call", _PASSED_ON), Shape(params, about)
    return Row(name, _CALL, north, asks=Asks.ONLY, params=shape, message_name=message)


def _better(
    name: str, said: str, note: str, request: Request, *, south: Word | None = None, message: str = ""
) -> Row:
    """What a platform of this dialect knows better; `note` is about any other."""
    north = word_nearly(said, note) if note else word(said)
    return Row(name, south or word(said), north, (), None, None, Asks.RATHER, request, message_name=message)


_FLAG: Final[type[object]] = bool | None  # type: ignore[assignment]  # a union
_SERVICE: Final = "answer `service` of what begins an interaction"
_CALLER: Final = "caller_id of interaction.dial"
_CONFERENCE: Final = "interaction.single_step_conference"
_DROPPED: Final = "interaction.drop_party"
OWN_PAGE: Final = "the platform shows its own login page; the agent signs in there"
_ASKS: Final = "a login without a password; while nobody is signed in, the frame asks"
MERGES_ALL: Final = "all calls of the agent are merged, not only the two"
_MERGES_TWO: Final = "the active call and its consultation, not every call"

# --- the agent

GET_LOGIN_STATE = _row("getLoginState", "agent snapshot")
LOGIN = _row("login", "agent.login")
OPEN_LOGIN = Row("openLogin", word_nearly("agent.login", OWN_PAGE), word_nearly("agent.login", _ASKS))
LOGOUT = _row("logout", "agent.logout", lambda scope: c.Logout(session_id=scope.session.id))
GET_AGENT_STATE = _row("getAgentState", "agent snapshot", requests.agent_state)
SET_AGENT_STATE = _row("setAgentState", "agent.set_state", requests.set_agent_state)
GET_REASONS = _row("getAgentNotReadyReasons", "choices of the agent snapshot", requests.reasons)
GET_TEAMS = _better("getTeams", "directory.list", "", requests.get_teams)
GET_TEAM_MEMBERS = _better("getTeamMembers", "directory.list", "", requests.get_team_members)

# --- what to begin with

GET_SERVICES_LIST = _better(
    "getServicesList",
    "question for a service",
    "of another platform, those that it asked for, else those of its directory",
    requests.get_services_list,
)
GET_SERVICE = _better(
    "getService", _SERVICE, "of another platform, the client's own choice", requests.service, south=_CALL
)
SET_SERVICE = _better(
    "setService",
    _SERVICE,
    "of another platform, used with what this client begins, and one of those that it lists",
    requests.set_service,
)
GET_DID_LIST = _passed("getDIDNumbersList", message="GET_DID_LIST")
GET_DID = _better(
    "getDIDNumber",
    _CALLER,
    "of another platform, the client's own choice, by the name it gave",
    requests.did_number,
    south=_CALL,
    message="GET_DID",
)
SET_DID = _better(
    "setDIDNumber",
    _CALLER,
    "of another platform, used when this client dials, and not checked",
    requests.set_did_number,
    message="SET_DID",
)
GET_PHONE_DEVICES_LIST = _passed("getPhoneDevicesList")
GET_PHONE_DEVICE = _passed("getPhoneDevice")
SET_PHONE_DEVICE = _passed("setPhoneDevice", ("device", wire.PhoneDeviceData))
GET_CONFIG = _passed("getConfig")
START_CALL = _row("startCall", "interaction.dial", requests.start_call)
START_CHAT = _row("startChat", "interaction.start_chat", requests.start_chat)
START_EMAIL = _row("startEmail", "interaction.start_email", requests.start_email)

# --- interactions

GET_INTERACTIONS_STATE = _row("getInteractionsState", "interaction snapshots")
ACCEPT_INTERACTION = _one("acceptInteraction", c.Accept)
REJECT_INTERACTION = _one("rejectInteraction", c.Reject, EndCause.DECLINED)
SWITCH_ACTIVE_INTERACTION = replace(
    _one("switchActiveInteraction", c.Focus), request=requests.switch_active, params=None
)
SEND_CHAT_MESSAGE = _text("sendChatMessage", "message", c.SendChat, "text")
SUGGEST_CHAT_MESSAGE = _passed("suggestChatMessage", ("message", str), ("allowOverwrite", _FLAG), about=True)
SET_VARIABLE = _row("setVariable", "interaction.set_data", requests.set_variable)
GET_VARIABLES = _better(
    "getVariables",
    "data of the interaction snapshot",
    "of another platform, only variables that are attached data",
    requests.variables,
    south=_CALL,
)
ADD_OBJECT = _passed(
    "addInteractionAssociatedObject", ("object", wire.InteractionAssociatedObject), about=True
)
SET_SCREEN = _better(
    "setInteractionActiveScreen",
    "focus of the agent snapshot",
    "of another platform, shown again on this page only",
    requests.set_screen,
    south=_CALL,
)
GET_DISPOSITIONS_LIST = _better(
    "getDispositionsList", "interaction.list_dispositions", "", requests.get_dispositions
)
SET_DISPOSITION = _text(
    "setDisposition", "disposition", c.SetDisposition, "disposition", requests.set_disposition
)
SET_RESCHEDULE = _passed(
    "setRescheduleWindow", ("data", wire.RescheduleData), about=True, message="SET_RESCHEDULE"
)
ADD_NOTE = Row("addNote", _CALL, word("interaction.set_notes"), request=requests.add_note)
_REPLACES: Final = "replaces what this client added last, else adds"
UPDATE_NOTE = _nearly("updateNote", "interaction.set_notes", _REPLACES, requests.update_note, south=_CALL)
REPLACE_NOTE = _text("replaceNote", "note", c.SetNotes, "notes")
SET_DIAL_CANDIDATES = _passed("setDialCandidates", ("candidates", tuple[wire.DialCandidate, ...]))
_EVERY_PAGE: Final = "every page is asked, and the first answer counts"
ACTIVATE_PAGE = _nearly("activatePage", "query.requested", _EVERY_PAGE, lambda _scope: None, south=_CALL)

# --- calls

SET_CALL_HOLD = _switch("setCallHold", c.Hold, c.Retrieve)
SET_CALL_MUTE = _switch("setCallMute", c.Mute, c.Unmute)
SEND_DTMF = _text("sendDtmf", "dtmf", c.SendDtmf, "tones")
CONSULT_CALL = _row("consultCall", "interaction.consult", requests.consult_call)
TRANSFER = Row(
    "transfer",
    word("interaction.complete_transfer"),
    word_by_flow("interaction.set_data, interaction.complete_transfer"),
    request=requests.transfer,
    ends_by=EndCause.TRANSFERRED,
)
BLIND_TRANSFER = _row(
    "blindTransfer",
    "interaction.single_step_transfer",
    requests.single_step(c.SingleStepTransfer),
    EndCause.TRANSFERRED,
)
INVITE_TO_CALL = _row("inviteToCallConference", _CONFERENCE, requests.single_step(c.SingleStepConference))
REMOVE_FROM_CALL = _row("removeFromCallConference", _DROPPED, requests.remove_party)
DESTROY_CONFERENCE = Row(
    "destroyCallConference",
    _CALL,
    word_by_flow("interaction.drop_party, interaction.release"),
    request=requests.destroy_conference,
    ends_by=EndCause.NORMAL,
)
MERGE_ALL_CALLS = Row(
    "mergeAllCallsIntoConference",
    word_nearly("interaction.complete_conference", MERGES_ALL),
    word_nearly("interaction.complete_conference", _MERGES_TWO),
    request=requests.merge,
    ends_by=EndCause.CONFERENCED,
)
INVITE_TO_CHAT = _row("inviteToChatConference", _CONFERENCE, requests.invite_to_chat)
REMOVE_FROM_CHAT = _row("removeFromChatConference", _DROPPED, requests.remove_party)

# --- ending, recording, and the widget

LEAVE_INTERACTION = _one("leaveInteraction", c.Release, EndCause.NORMAL)
COMPLETE_INTERACTION = replace(_one("completeInteraction", c.Complete), calls=())
LEAVE_AND_COMPLETE = Row(
    "leaveAndCompleteInteraction",
    word("interaction.complete"),
    word_by_flow("interaction.release, interaction.complete"),
    request=requests.leave_and_complete,
    ends_by=EndCause.NORMAL,
)
SET_CALL_RECORDING = _switch("setCallRecording", c.StartRecording, c.StopRecording)
SET_CALL_RECORDING_MUTE = _switch("setCallRecordingMute", c.PauseRecording, c.ResumeRecording)
GET_SCREEN_RECORDING_STATE = _passed("getScreenRecordingState")
SET_SCREEN_RECORDING_MUTE = _passed("setScreenRecordingMute", ("state", bool))
SET_WIDGET_MINIMIZED = _better(
    "setWidgetMinimized",
    "the page itself",
    "of another platform there is no widget: the page is told what it said",
    requests.set_minimized,
    south=_CALL,
)

ROWS: Final = tuple(one for one in list(globals().values()) if isinstance(one, Row))
METHODS: Final = {row.name: row for row in ROWS}
LATER: Final = frozenset({"getChatTranscript", "getVoiceTranscript"})  # undeclared, of unknown shape
CAPABILITIES, VOCABULARY = declared(
    PACKAGE, ROWS, globals(), voice_only=frozenset({"interaction.consult"}), pause_unseen=True
)
