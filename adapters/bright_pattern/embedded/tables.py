"""The names of the Embedded Agent Desktop API and what they mean.

Source: reference/bright-pattern.md section 7.2, and 5.7 for agent states that 7.2 does not list.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

from adapters.bright_pattern.tables import AGENT_STATE_IN, AGENT_STATE_OUT
from schemas.agent import AgentState as A
from schemas.interaction import Direction
from schemas.interaction import InteractionState as S

NAME: Final = "bright_pattern_embedded"

ITEM_ID: Final = "item_id"  # keys of Interaction.refs

RENDERED: Final = "INTERACTION_RENDERED"
COMPLETED: Final = "INTERACTION_COMPLETED"
CALL_RECORDING: Final = "CALL_RECORDING_STATUS"
SCREEN_RECORDING: Final = "SCREEN_RECORDING_STATUS"

# --- events: the commands that listeners are matched by


class Event(NamedTuple):
    """An event: the script's own registrars of it; of a call, what it says. None: nothing."""

    registrars: tuple[str, ...]
    state: S | None = None
    direction: Direction | None = None
    follows: frozenset[S] = frozenset()  # the states that it can come from; unknown: nothing has told one yet


_ON: Final = frozenset({S.UNKNOWN, S.DIALING, S.ALERTING, S.CONNECTED, S.HELD})
_OFFERED: Final = frozenset({S.UNKNOWN, S.ALERTING})
_DIALED: Final = frozenset({S.UNKNOWN, S.DIALING})
_IN, _OUT = Direction.INBOUND, Direction.OUTBOUND
TALKING: Final = frozenset({S.UNKNOWN, S.CONNECTED, S.HELD})
EVENTS: Final[Mapping[str, Event]] = {
    "LOGIN_CHANGED": Event(("onAgentLogin", "addAgentLoginHandler")),
    "STATE_CHANGED": Event(("onStatusChange", "addStatusChangeHandler")),
    RENDERED: Event(("addInteractionRenderedHandler",)),
    COMPLETED: Event(("addInteractionCompletedHandler",)),
    "_I_CALL_OFFERED": Event(("addInboundCallOfferedHandler",), S.ALERTING, _IN),  # of none that we know
    "_I_CALL_ANSWERED": Event(("addInboundCallAnsweredHandler",), S.CONNECTED, _IN, _OFFERED),
    "_O_CALL_DIALING": Event(("addOutboundCallDialingHandler",), S.DIALING, _OUT),
    "_O_CALL_CONNECTED": Event(("addOutboundCallConnectedHandler",), S.CONNECTED, _OUT, _DIALED),
    "_CALL_HELD": Event(("addCallHeldHandler", "addCallHoldedHandler"), S.HELD, None, TALKING - {S.HELD}),
    "_CALL_RESUMED": Event(("addCallResumedHandler",), S.CONNECTED, None, TALKING - {S.CONNECTED}),
    "_CALL_ENDED": Event(("addCallEndedHandler",), S.WRAP_UP, None, _ON),
    "_BLIND_TRANSFER": Event(("addBlindTransferHandler",), follows=TALKING),
    "_CONSULT_TRANSFER": Event(("addConsultTransferHandler",), follows=TALKING),
    CALL_RECORDING: Event(("addCallRecordingStatusHandler",)),
    SCREEN_RECORDING: Event(("addScreenRecordingStatusHandler",)),
}
REGISTRARS: Final = {one: name for name, event in EVENTS.items() for one in event.registrars}
CALL_EVENTS: Final = {name: event for name, event in EVENTS.items() if name.startswith("_")}
GOES_ON: Final = {"_CALL_HELD": S.HELD, "_CALL_RESUMED": S.CONNECTED}
TRANSFERS: Final = frozenset(name for name, event in CALL_EVENTS.items() if event.state is None)

# --- agent states: events say them in lower case, setStatus takes upper case; both are read in either

STATUS_IN: Final[Mapping[str, A]] = {**AGENT_STATE_IN, "offline": A.LOGGED_OUT}
STATUS_OUT: Final[Mapping[A, str]] = {
    **AGENT_STATE_OUT,
    A.UNKNOWN: "unknown",
    A.LOGGED_OUT: "offline",
    A.RESERVED: "ready",  # newer than this API: whoever is offered a call was ready
}
SETTABLE: Final[Mapping[A, str]] = {A.READY: "READY", A.NOT_READY: "NOT_READY"}

# --- flags

FLAG_IN: Final[Mapping[str, bool]] = {"1": True, "0": False, "true": True, "false": False}
FLAG_OUT: Final[Mapping[bool, str]] = {True: "1", False: "0"}
