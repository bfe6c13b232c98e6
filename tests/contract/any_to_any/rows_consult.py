"""The matrix: consultation, and what completes it."""

from typing import Final

from schemas import commands as c
from schemas.commands import DestinationKind
from tests.contract.any_to_any.rows_contact import CALL
from tests.contract.any_to_any.scenes import (
    BEHIND,
    CHAT,
    CONSULTING,
    CONSULTING_BEHIND,
    TALKING,
    C,
    I,
    T,
)
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

NUMBER: Final = "2002"
HOLDS: Final = "a client holds the one and retrieves the other itself"
ONE_IN_FRONT: Final = "the call that is in front is meant, and no other (bp 3.5)"
NUMBERS_ONLY: Final = "a number, internal or external (bp 3.5)"
A_CALL: Final = "there is nobody to consult about a chat but by chat (bp 3.5, cs 4.4)"

CONSULTATION: Final = (
    Row(
        c.Consult(interaction_id=I, destination=NUMBER),
        TALKING,
        north={
            BP: (rpc("consultCall", NUMBER),),
            WWE: (
                rpc("interaction.consult", "i1", NUMBER, None, None),
                rpc("interaction.consult", "i1", NUMBER, {}, {}),
                rpc("interaction.consult", "i1", {"type": "CUSTOM_CONTACT", "destination": NUMBER}),
                rpc("interaction.consult", "i1", {"target": "CUSTOM_CONTACT", "destination": NUMBER}),
            ),
            CS: (
                msg("interaction.consult", CALL, destination=NUMBER),
                msg("interaction.request.consult", CALL, destination=NUMBER),
            ),
        },
        south={
            BP: calls(call("consultCall", NUMBER)),
            WWE: calls(call("interaction.consult", "4", NUMBER, {}, {})),
            CS: calls(call("interaction.consult", {"destination": NUMBER}, at="S.G.C.I")),
        },
    ),
    Row(
        c.Consult(interaction_id=I, destination=NUMBER),
        BEHIND,
        name="about a call that is not in front",
        north={
            BP: Unsaid(ONE_IN_FRONT),
            WWE: (rpc("interaction.consult", "i1", NUMBER, None, None),),
            CS: (msg("interaction.consult", CALL, destination=NUMBER),),
        },
        south={
            BP: calls(call("switchActiveInteraction", "bp-1"), call("consultCall", NUMBER)),
            WWE: calls(call("interaction.consult", "4", NUMBER, {}, {})),
            CS: calls(call("interaction.consult", {"destination": NUMBER}, at="S.G.C.I")),
        },
    ),
    Row(
        c.Consult(interaction_id=I, destination="b7", destination_kind=DestinationKind.AGENT),
        TALKING,
        name="a colleague by name",
        north={
            BP: Unsaid(NUMBERS_ONLY),
            WWE: (rpc("interaction.consult", "i1", {"type": "AGENT", "destination": "b7"}, None, None),),
            CS: Unsaid("a destination has no kind (cs 4.4)"),
        },
        south={
            BP: calls(call("consultCall", "b7")),
            WWE: calls(call("interaction.consult", "4", {"type": "AGENT", "destination": "b7"}, {}, {})),
            CS: calls(call("interaction.consult", {"destination": "b7"}, at="S.G.C.I"), warns=True),
        },
    ),
    Row(
        c.Consult(interaction_id=I, destination="Sales", destination_kind=DestinationKind.SKILL),
        TALKING,
        name="whoever has a skill",
        north={
            BP: Unsaid(NUMBERS_ONLY),
            WWE: (rpc("interaction.consult", "i1", {"type": "SKILL", "destination": "Sales"}),),
            CS: Unsaid("a destination has no kind (cs 4.4)"),
        },
        south={
            BP: Refused(NUMBERS_ONLY),
            WWE: calls(call("interaction.consult", "4", {"type": "SKILL", "destination": "Sales"}, {}, {})),
            CS: calls(call("interaction.consult", {"destination": "Sales"}, at="S.G.C.I"), warns=True),
        },
    ),
    Row(
        c.Consult(interaction_id=I, destination=NUMBER, data={"case": "7"}),
        TALKING,
        name="with data",
        north={
            BP: Unsaid("consultCall takes no data (bp 3.5)"),
            WWE: (rpc("interaction.consult", "i1", NUMBER, {"case": "7"}, None),),
            CS: Unsaid("a consultation has a destination only (cs 4.4)"),
        },
        south={
            BP: calls(call("consultCall", NUMBER), warns=True),
            WWE: calls(call("interaction.consult", "4", NUMBER, {"case": "7"}, {})),
            CS: calls(call("interaction.consult", {"destination": NUMBER}, at="S.G.C.I"), warns=True),
        },
    ),
    Row(
        c.Consult(interaction_id=T, destination=NUMBER, media="voice"),
        CHAT,
        name="by voice about a chat",
        north={
            BP: Unsaid(A_CALL),
            WWE: (
                rpc(
                    "interaction.consult",
                    "t1",
                    {"type": "CUSTOM_CONTACT", "destination": NUMBER, "media": "voice"},
                    None,
                    None,
                ),
            ),
            CS: Unsaid(A_CALL),
        },
        south={
            BP: Refused(A_CALL),
            WWE: calls(
                call(
                    "interaction.consult",
                    "6",
                    {"type": "CUSTOM_CONTACT", "destination": NUMBER, "media": "voice"},
                    {},
                    {},
                )
            ),
            CS: Refused(A_CALL),
        },
    ),
    Row(
        c.Alternate(interaction_id=I),
        CONSULTING,
        north={BP: Unsaid(HOLDS), WWE: Unsaid(HOLDS), CS: (msg("interaction.alternate", CALL),)},
        south={
            BP: calls(call("setCallHold", True, "bp-2"), call("setCallHold", False, "bp-1")),
            WWE: calls(call("voice.hold", "5"), call("voice.resume", "4")),
            CS: calls(call("interaction.alternate", {}, at="S.G.C.I")),
        },
    ),
    Row(
        c.Alternate(interaction_id=C),
        CONSULTING,
        name="by the consultation's id",
        north={BP: Unsaid(HOLDS), WWE: Unsaid(HOLDS), CS: Unsaid("asked of the interaction (cs 4.4)")},
        south={
            BP: calls(call("setCallHold", True, "bp-2"), call("setCallHold", False, "bp-1")),
            WWE: calls(call("voice.hold", "5"), call("voice.resume", "4")),
            CS: calls(call("interaction.alternate", {}, at="S.G.C.I")),
        },
    ),
)

_BY_CONSULTATION: Final = c.CompleteTransfer(interaction_id=C)
_JOIN_BY_CONSULTATION: Final = c.CompleteConference(interaction_id=C)
COMPLETION: Final = (
    Row(
        c.CompleteTransfer(interaction_id=I),
        CONSULTING,
        north={
            BP: (
                rpc("transfer"),
                rpc("transfer", None, "", ""),
                rpc("transfer", None, "i1", "c1"),
                rpc("transfer", None, None, "c1").meaning(_BY_CONSULTATION),
            ),
            WWE: (rpc("interaction.completeTransfer", "c1").meaning(_BY_CONSULTATION),),
            CS: (
                msg("interaction.consulttransfer", CALL),
                msg("interaction.request.consulttransfer", CALL),
            ),
        },
        south={
            BP: calls(call("transfer")),
            WWE: calls(call("interaction.completeTransfer", "5")),
            CS: calls(call("interaction.consulttransfer", {}, at="S.G.C.I")),
        },
    ),
    Row(
        c.CompleteTransfer(interaction_id=C),
        CONSULTING_BEHIND,
        name="while the consultation is in front",
        north={
            BP: (rpc("transfer"), rpc("transfer", None, "i1").meaning(c.CompleteTransfer(interaction_id=I))),
            WWE: (rpc("interaction.completeTransfer", "c1"),),
            CS: (msg("interaction.consulttransfer", CALL).meaning(c.CompleteTransfer(interaction_id=I)),),
        },
        south={
            BP: calls(call("switchActiveInteraction", "bp-1"), call("transfer")),
            WWE: calls(call("interaction.completeTransfer", "5")),
            CS: calls(call("interaction.consulttransfer", {}, at="S.G.C.I")),
        },
    ),
    Row(
        c.CompleteTransfer(interaction_id=I),
        TALKING,
        name="without a consultation",
        north={
            BP: (rpc("transfer"),),
            WWE: Unsaid("it wants the id of a consultation (wwe 3.1)"),
            CS: (msg("interaction.consulttransfer", CALL),),
        },
        south={
            BP: Fails("there is none to complete"),
            WWE: Fails("there is none to complete"),
            CS: calls(call("interaction.consulttransfer", {}, at="S.G.C.I")),  # the platform says no-consult
        },
    ),
    Row(
        c.CompleteConference(interaction_id=I),
        CONSULTING,
        north={
            BP: (rpc("mergeAllCallsIntoConference"),),
            WWE: (rpc("interaction.completeConference", "c1").meaning(_JOIN_BY_CONSULTATION),),
            CS: (
                msg("interaction.consultconference", CALL),
                msg("interaction.request.consultconference", CALL),
            ),
        },
        south={
            BP: calls(call("mergeAllCallsIntoConference")),
            WWE: calls(call("interaction.completeConference", "5")),
            CS: calls(call("interaction.consultconference", {}, at="S.G.C.I")),
        },
    ),
    Row(
        c.CompleteConference(interaction_id=C),
        CONSULTING_BEHIND,
        name="while the consultation is in front",
        north={
            BP: (rpc("mergeAllCallsIntoConference"),),
            WWE: (rpc("interaction.completeConference", "c1"),),
            CS: (msg("interaction.consultconference", CALL).meaning(c.CompleteConference(interaction_id=I)),),
        },
        south={
            BP: calls(call("switchActiveInteraction", "bp-1"), call("mergeAllCallsIntoConference")),
            WWE: calls(call("interaction.completeConference", "5")),
            CS: calls(call("interaction.consultconference", {}, at="S.G.C.I")),
        },
    ),
)

ROWS: Final = CONSULTATION + COMPLETION
