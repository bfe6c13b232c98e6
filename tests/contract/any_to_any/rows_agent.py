"""The matrix: the agent."""

from typing import Final

from schemas import commands as c
from schemas.agent import AgentState
from schemas.ids import PlatformId
from schemas.needinfo import NeedInfoKind
from schemas.values import Json
from tests.contract.any_to_any.scenes import BARE, IDLE, SIGNED_OUT, A, P, S
from tests.contract.any_to_any.words import (
    BP,
    CS,
    WWE,
    Refused,
    Row,
    Unsaid,
    call,
    calls,
    msg,
    rpc,
)

GROUP: Final = "s1.grp"
CHANNEL: Final = "s1.grp.voice"
NO_DESKTOP: Final = "signing the desktop in and out is not in the API (wwe 7.1)"
PLAIN: Final = "said as in the plain row"
_CREDENTIALS: Final[dict[str, Json]] = {"username": "a1", "password": "p"}
_AGENT: Final[dict[str, Json]] = {"id": "a1", "password": "p"}
_PREPARE: Final[dict[str, Json]] = {"model": "default", "override": False, "agent": _AGENT}
_TAKE_OVER: Final[dict[str, Json]] = {"model": "default", "override": True, "agent": _AGENT}
_PREPARED: Final[Json] = {"resourceId": "S"}
_NOT_IMPLEMENTED: Final[Json] = {"code": 14, "name": "api_method_not_implemented"}
_BAD_REASON: Final[Json] = {"code": 3, "name": "invalid_args"}
_WHICH_STATES: Final[Json] = [
    {"type": "READY", "displayName": "Ready", "operationName": "Ready"},
    {"type": "NOT_READY_AFTER_CALLWORK", "displayName": "After call", "operationName": "AfterCallWork"},
]

ROWS: Final = (
    Row(
        c.Login(platform_id=P, agent_id=A, password="p"),
        SIGNED_OUT,
        north={
            BP: (rpc("login", _CREDENTIALS), rpc("login", _CREDENTIALS, False)),
            WWE: Unsaid(NO_DESKTOP),
            CS: (
                msg("prepareSession", **_PREPARE).meaning(
                    c.Login(platform_id=PlatformId(""), agent_id=A, password="p")
                ),
            ),
        },
        south={
            BP: calls(call("login", _CREDENTIALS)),
            WWE: Refused(NO_DESKTOP),
            CS: calls(
                call("prepareSession", _PREPARE).answered(_PREPARED), call("session.start", {}, at="S")
            ),
        },
    ),
    Row(
        c.Login(platform_id=P, agent_id=A, password="p", force=True, answers={"confirm": True}),
        SIGNED_OUT,
        name="taking over",
        north={
            BP: (rpc("login", _CREDENTIALS, True), rpc("login", _CREDENTIALS, "true")),
            WWE: Unsaid(NO_DESKTOP),
            CS: (
                msg("prepareSession", **_TAKE_OVER).meaning(
                    c.Login(platform_id=PlatformId(""), agent_id=A, password="p", force=True)
                ),
            ),
        },
        south={
            BP: calls(call("login", _CREDENTIALS, True)),
            WWE: Refused(NO_DESKTOP),
            CS: calls(
                call("prepareSession", _TAKE_OVER).answered(_PREPARED), call("session.start", {}, at="S")
            ),
        },
    ),
    Row(
        c.Login(platform_id=P, agent_id=A),
        SIGNED_OUT,
        name="on the platform's own page",
        north={
            BP: (rpc("openLogin"),),
            WWE: Unsaid(NO_DESKTOP),
            CS: Unsaid("prepareSession names a password (cs 1.5)"),
        },
        south={
            BP: calls(call("openLogin"), warns=True),
            WWE: Refused(NO_DESKTOP),
            CS: calls(
                call("prepareSession", {**_PREPARE, "agent": {"id": "a1", "password": ""}}).answered(
                    _PREPARED
                ),
                call("session.start", {}, at="S"),
            ),
        },
    ),
    Row(
        c.Login(platform_id=P, agent_id=A, password="p"),
        SIGNED_OUT,
        name="of a widget that has only the page",
        north={BP: (rpc("login", _CREDENTIALS),), WWE: Unsaid(NO_DESKTOP), CS: Unsaid(PLAIN)},
        south={
            BP: calls(call("login", _CREDENTIALS).answered(_NOT_IMPLEMENTED), call("openLogin"), warns=True),
            WWE: Refused(NO_DESKTOP),
            CS: calls(
                call("prepareSession", _PREPARE).answered(_PREPARED), call("session.start", {}, at="S")
            ),
        },
    ),
    Row(
        c.Logout(session_id=S),
        IDLE,
        north={
            BP: (rpc("logout"),),
            WWE: (rpc("agent.setState", "LogOff"),),
            CS: (msg("session.request.logout", "s1"), msg("session.logout", "s1")),
        },
        south={
            BP: calls(call("logout")),
            WWE: Refused(NO_DESKTOP),
            CS: calls(call("session.request.logout", {}, at="S")),
        },
    ),
    Row(
        c.Logout(session_id=S, reason="End of shift"),
        IDLE,
        name="with a reason",
        north={
            BP: Unsaid("logout takes no parameter (bp 3.1)"),
            WWE: Unsaid("no operation of the list logs off for a reason"),
            CS: (msg("session.request.logout", "s1", reason="End of shift"),),
        },
        south={
            BP: calls(call("logout"), warns=True),
            WWE: Refused(NO_DESKTOP),
            CS: calls(call("session.request.logout", {"reason": "End of shift"}, at="S")),
        },
    ),
    Row(
        c.SetState(session_id=S, state=AgentState.NOT_READY),
        IDLE,
        north={
            BP: (rpc("setAgentState", "not_ready"), rpc("setAgentState", "not_ready", None)),
            WWE: (rpc("agent.setState", "NotReady"), rpc("media.setState", "voice", "NotReady")),
            CS: (
                msg("channelgroup.request.setagentstate", GROUP, state="NOT_READY"),
                msg("channelgroup.setagentstate", GROUP, state="NOT_READY"),
                msg("channel.request.setagentstate", CHANNEL, state="NOT_READY"),
                msg("channel.deactivate", CHANNEL),  # whoever is Ready goes Not Ready first (cs 4.2)
                msg("channelgroup.request.deactivate", GROUP, channel={"id": "voice"}),
                msg("channelgroup.request.deactivateall", GROUP),
            ),
        },
        south={
            BP: calls(call("setAgentState", "not_ready")),
            WWE: calls(call("agent.setState", "NotReady")),
            CS: calls(call("channelgroup.request.setagentstate", {"state": "NOT_READY"}, at="S.G")),
        },
    ),
    Row(
        c.SetState(session_id=S, state=AgentState.NOT_READY, reason="Lunch"),
        IDLE,
        name="with a reason",
        north={
            BP: (
                rpc("setAgentState", "not_ready", "Lunch").meaning(
                    c.SetState(
                        session_id=S,
                        state=AgentState.NOT_READY,
                        reason="Lunch",
                        answers={"agent_state": "not_ready:Lunch"},
                    )
                ),
            ),
            WWE: (rpc("agent.setState", "NotReady:Lunch"),),
            CS: (msg("channelgroup.request.setagentstate", GROUP, state="NOT_READY", reason="Lunch"),),
        },
        south={
            BP: calls(call("setAgentState", "not_ready", "Lunch")),
            WWE: calls(call("agent.setState", "Lunch")),
            CS: calls(
                call(
                    "channelgroup.request.setagentstate", {"state": "NOT_READY", "reason": "Lunch"}, at="S.G"
                )
            ),
        },
    ),
    Row(
        c.SetState(session_id=S, state=AgentState.NOT_READY),
        IDLE,
        name="for which a reason is missing",
        north={BP: (rpc("setAgentState", "not_ready"),), WWE: Unsaid(PLAIN), CS: Unsaid(PLAIN)},
        south={
            BP: calls(
                call("setAgentState", "not_ready").answered(_BAD_REASON),
                call("getAgentNotReadyReasons").answered(["Lunch"]),
                asks=NeedInfoKind.AGENT_STATE,
            ),
            WWE: calls(call("agent.setState", "NotReady")),
            CS: calls(call("channelgroup.request.setagentstate", {"state": "NOT_READY"}, at="S.G")),
        },
    ),
    Row(
        c.SetState(session_id=S, state=AgentState.AFTER_CALL_WORK),
        IDLE,
        name="into a state that only some have",
        north={
            BP: Unsaid("only ready and not_ready may be set (bp 3.2)"),
            WWE: (rpc("agent.setState", "AfterCallWork"),),
            CS: (msg("channelgroup.request.setagentstate", GROUP, state="ACW"),),
        },
        south={
            BP: Refused("only ready and not_ready may be set (bp 3.2)"),
            WWE: calls(
                call("agent.getStateList").answered(_WHICH_STATES), call("agent.setState", "AfterCallWork")
            ),
            CS: calls(call("channelgroup.request.setagentstate", {"state": "ACW"}, at="S.G")),
        },
    ),
    Row(
        c.SetState(session_id=S, state=AgentState.READY),
        BARE,
        name="of an agent of whom little is known",
        north={
            BP: (rpc("setAgentState", "ready"),),
            WWE: (rpc("agent.setState", "Ready"),),
            CS: (msg("channelgroup.request.setagentstate", GROUP, state="READY"),),
        },
        south={
            BP: calls(call("setAgentState", "ready")),
            WWE: calls(call("agent.getStateList").answered(_WHICH_STATES), call("agent.setState", "Ready")),
            CS: calls(call("channel.request.setagentstate", {"state": "READY"}, at="S.C")),
        },
    ),
)
