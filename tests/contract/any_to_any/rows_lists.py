"""The matrix: lists, and the way out."""

from typing import Final

from schemas import commands as c
from tests.contract.any_to_any.scenes import IDLE, TALKING, I, S
from tests.contract.any_to_any.words import (
    BP,
    CS,
    WWE,
    Fails,
    Refused,
    Row,
    Unsaid,
    call,
    calls,
    msg,
    rpc,
)

CHANNEL: Final = "s1.grp.voice"
PLAIN: Final = "said as in the plain row"

NO_LIST: Final = "dispositions are attached data without a list (wwe 7.1)"
LISTS: Final = (
    Row(
        c.ListDispositions(session_id=S, interaction_id=I),
        TALKING,
        north={
            BP: (
                rpc("getDispositionsList", {"interactionId": "i1"}),
                rpc("getDispositionsList", {"interactionId": ""}),
                rpc("getDispositionsList", {}),
            ),
            WWE: Unsaid(NO_LIST),
            CS: Unsaid("asked of a channel (cs 4.3)"),
        },
        south={
            BP: calls(call("getDispositionsList", {"interactionId": "bp-1"}).answered([])),
            WWE: Refused(NO_LIST),
            CS: calls(call("channel.request.externaldispositions", {}, at="S.G.C")),
        },
    ),
    Row(
        c.ListDispositions(session_id=S),
        IDLE,
        name="of the agent's channel",
        north={
            BP: Unsaid("an empty target is the active interaction (bp 3.4)"),
            WWE: Unsaid(NO_LIST),
            CS: (
                msg("channel.request.externaldispositions", CHANNEL),
                msg("channel.externaldispositions", "s1.voice"),
            ),
        },
        south={
            BP: calls(call("getDispositionsList", {}).answered([])),
            WWE: Refused(NO_LIST),
            CS: calls(call("channel.request.externaldispositions", {}, at="S.G.C")),
        },
    ),
    Row(
        c.ListDispositions(session_id=S, service="sales"),
        TALKING,
        name="of a service",
        north={
            BP: (rpc("getDispositionsList", {"service": "sales"}),),
            WWE: Unsaid(NO_LIST),
            CS: Unsaid("asked of a channel (cs 4.3)"),
        },
        south={
            BP: calls(call("getDispositionsList", {"service": "sales"}).answered([])),
            WWE: Refused(NO_LIST),
            CS: calls(call("channel.request.externaldispositions", {}, at="S.G.C")),
        },
    ),
    Row(
        c.ListDirectory(session_id=S),
        IDLE,
        north={
            BP: (rpc("getTeams"), rpc("getTeamMembers", "team-1")),
            WWE: Unsaid("no namespace lists people (wwe 3.12)"),
            CS: (
                msg("session.request.getdirectory", "s1"),
                msg("session.getdirectory", "s1"),
                msg("session.request.incontact.addressbook", "s1", realtime=True),
            ),
        },
        south={
            BP: calls(
                call("getTeams").answered([{"id": "team-1", "displayName": "Sales", "isSupervised": False}]),
                call("getTeamMembers", "team-1").answered([]),
            ),
            WWE: Refused("no namespace lists people (wwe 3.12)"),
            CS: calls(call("session.request.getdirectory", {}, at="S")),
        },
    ),
)

_PASSED: Final = "a client of this protocol has its own words only"
THE_WAY_OUT: Final = (
    Row(
        c.VendorCall(session_id=S, method="getConfig"),
        IDLE,
        name="of a page with Bright Pattern's script",
        north={
            BP: (rpc("getConfig"),),
            WWE: Unsaid("what is not served fails by name"),
            CS: Unsaid(_PASSED),
        },
        south={
            BP: calls(call("getConfig").answered({})),
            WWE: Refused("a request is namespace.method (wwe 3)"),
            CS: Refused("a command begins with the kind of its object (cs 2)"),
        },
    ),
    Row(
        c.VendorCall(session_id=S, method="outbound.getCampaigns"),
        IDLE,
        name="of WWE",
        north={
            BP: Unsaid("there is no such method (bp 3)"),
            WWE: Unsaid("campaigns are not in the model"),
            CS: Unsaid(_PASSED),
        },
        south={
            BP: Refused("there is no such method (bp 3)"),
            WWE: calls(call("outbound.getCampaigns")),
            CS: Refused("a command begins with the kind of its object (cs 2)"),
        },
    ),
    Row(
        c.VendorCall(session_id=S, method="auth.getJwtToken"),
        IDLE,
        name="for a secret",
        north={
            BP: Unsaid("there is no such method (bp 3)"),
            WWE: Unsaid("a secret: never fanned out (wwe 3.11)"),
            CS: Unsaid(_PASSED),
        },
        south={
            BP: Refused("there is no such method (bp 3)"),
            WWE: Refused("a secret: never fanned out (wwe 3.11)"),
            CS: Refused("a command begins with the kind of its object (cs 2)"),
        },
    ),
    Row(
        c.VendorCall(session_id=S, method="channel.request.incontact.getscripts"),
        IDLE,
        name="of the session protocol",
        north={
            BP: Unsaid("there is no such method (bp 3)"),
            WWE: Unsaid("what is not served fails by name"),
            CS: Unsaid("there are no scripts of ours"),
        },
        south={
            BP: Refused("there is no such method (bp 3)"),
            WWE: calls(call("channel.request.incontact.getscripts")),  # a namespace is open: the page says no
            CS: calls(call("channel.request.incontact.getscripts", {}, at="S.G.C")),
        },
    ),
    Row(
        c.VendorCall(session_id=S, method="conversation.hold"),
        IDLE,
        name="where there is nothing to address",
        north={BP: Unsaid("as above"), WWE: Unsaid(PLAIN), CS: Unsaid(PLAIN)},
        south={
            BP: Refused("there is no such method (bp 3)"),
            WWE: calls(call("conversation.hold")),
            CS: Fails("no conversation is open"),
        },
    ),
)

ROWS: Final = LISTS + THE_WAY_OUT
