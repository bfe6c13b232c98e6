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

# --- events: the commands that listeners are matched by; the registrars are the script's own

REGISTRARS: Final[Mapping[str, str]] = {
    "onAgentLogin": "LOGIN_CHANGED",
    "addAgentLoginHandler": "LOGIN_CHANGED",
    "onStatusChange": "STATE_CHANGED",
    "addStatusChangeHandler": "STATE_CHANGED",
    "addInteractionRenderedHandler": "INTERACTION_RENDERED",
    "addInteractionCompletedHandler": "INTERACTION_COMPLETED",
    "addInboundCallOfferedHandler": "_I_CALL_OFFERED",
    "addInboundCallAnsweredHandler": "_I_CALL_ANSWERED",
    "addOutboundCallDialingHandler": "_O_CALL_DIALING",
    "addOutboundCallConnectedHandler": "_O_CALL_CONNECTED",
    "addCallHeldHandler": "_CALL_HELD",
    "addCallHoldedHandler": "_CALL_HELD",
    "addCallResumedHandler": "_CALL_RESUMED",
    "addCallEndedHandler": "_CALL_ENDED",
    "addBlindTransferHandler": "_BLIND_TRANSFER",
    "addConsultTransferHandler": "_CONSULT_TRANSFER",
    "addCallRecordingStatusHandler": "CALL_RECORDING_STATUS",
    "addScreenRecordingStatusHandler": "SCREEN_RECORDING_STATUS",
}


class CallEvent(NamedTuple):
    """What an event of a call says of it. None: nothing."""

    state: S | None
    direction: Direction | None
    follows: frozenset[S]  # the states that it can come from; unknown is one that nothing has told yet


_ON: Final = frozenset({S.UNKNOWN, S.DIALING, S.ALERTING, S.CONNECTED, S.HELD})
TALKING: Final = frozenset({S.UNKNOWN, S.CONNECTED, S.HELD})
CALL_EVENTS: Final[Mapping[str, CallEvent]] = {
    "_I_CALL_OFFERED": CallEvent(S.ALERTING, Direction.INBOUND, frozenset()),  # of none that we know
    "_I_CALL_ANSWERED": CallEvent(S.CONNECTED, Direction.INBOUND, frozenset({S.UNKNOWN, S.ALERTING})),
    "_O_CALL_DIALING": CallEvent(S.DIALING, Direction.OUTBOUND, frozenset()),
    "_O_CALL_CONNECTED": CallEvent(S.CONNECTED, Direction.OUTBOUND, frozenset({S.UNKNOWN, S.DIALING})),
    "_CALL_HELD": CallEvent(S.HELD, None, frozenset({S.UNKNOWN, S.CONNECTED})),
    "_CALL_RESUMED": CallEvent(S.CONNECTED, None, frozenset({S.UNKNOWN, S.HELD})),
    "_CALL_ENDED": CallEvent(S.WRAP_UP, None, _ON),
    "_BLIND_TRANSFER": CallEvent(None, None, TALKING),
    "_CONSULT_TRANSFER": CallEvent(None, None, TALKING),
}
GOES_ON: Final = {"_CALL_HELD": S.HELD, "_CALL_RESUMED": S.CONNECTED}
TRANSFERS: Final = frozenset({"_BLIND_TRANSFER", "_CONSULT_TRANSFER"})
EVENTS: Final = frozenset(REGISTRARS.values())

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
