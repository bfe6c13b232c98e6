"""The matrix: single-step transfer and conference; and frames that come to several commands."""

from collections.abc import Mapping
from typing import Final

from schemas import commands as c
from schemas.commands import DestinationKind
from tests.contract.any_to_any.rows_contact import LEG
from tests.contract.any_to_any.scenes import (
    CHAT,
    CONFERENCE,
    CONSULTING,
    TALKING,
    I,
    Scene,
    T,
)
from tests.contract.any_to_any.words import (
    BP,
    CS,
    WWE,
    Fails,
    Refused,
    Row,
    Said,
    Unsaid,
    call,
    calls,
    msg,
    rpc,
)

NUMBER: Final = "2002"
NUMBERS_ONLY: Final = "a number, internal or external (bp 3.5)"
NO_DROP: Final = "no request removes one party"

ROWS: Final = (
    Row(
        c.SingleStepTransfer(interaction_id=I, destination=NUMBER),
        TALKING,
        north={
            BP: (rpc("blindTransfer", NUMBER, None, "i1"), rpc("blindTransfer", NUMBER)),
            WWE: (rpc("interaction.singleStepTransfer", "i1", NUMBER, None, None),),
            CS: (msg("conversation.blindtransfer", LEG, destination=NUMBER),),
        },
        south={
            BP: calls(call("blindTransfer", NUMBER, None, "bp-1")),
            WWE: calls(call("interaction.singleStepTransfer", "4", NUMBER, {}, {})),
            CS: calls(call("conversation.blindtransfer", {"destination": NUMBER}, at="S.G.C.I.V")),
        },
    ),
    Row(
        c.SingleStepTransfer(interaction_id=I, destination=NUMBER, data={"case": "7"}),
        TALKING,
        name="with data",
        north={
            BP: (rpc("blindTransfer", NUMBER, {"case": "7"}, "i1"),),
            WWE: (rpc("interaction.singleStepTransfer", "i1", NUMBER, {"case": "7"}, None),),
            CS: Unsaid("a transfer has a destination only (cs 4.5)"),
        },
        south={
            BP: calls(call("blindTransfer", NUMBER, {"case": "7"}, "bp-1")),
            WWE: calls(call("interaction.singleStepTransfer", "4", NUMBER, {"case": "7"}, {})),
            CS: calls(
                call("conversation.blindtransfer", {"destination": NUMBER}, at="S.G.C.I.V"), warns=True
            ),
        },
    ),
    Row(
        c.SingleStepTransfer(interaction_id=I, destination="Sales", destination_kind=DestinationKind.QUEUE),
        TALKING,
        name="to a queue",
        north={
            BP: Unsaid(NUMBERS_ONLY),
            WWE: (
                rpc(
                    "interaction.singleStepTransfer",
                    "i1",
                    {"type": "INTERACTION_QUEUE", "destination": "Sales"},
                    None,
                    None,
                ),
            ),
            CS: Unsaid("a destination has no kind (cs 4.5)"),
        },
        south={
            BP: Refused(NUMBERS_ONLY),
            WWE: calls(
                call(
                    "interaction.singleStepTransfer",
                    "4",
                    {"type": "INTERACTION_QUEUE", "destination": "Sales"},
                    {},
                    {},
                )
            ),
            CS: calls(
                call("conversation.blindtransfer", {"destination": "Sales"}, at="S.G.C.I.V"), warns=True
            ),
        },
    ),
    Row(
        c.SingleStepConference(interaction_id=I, destination=NUMBER),
        TALKING,
        north={
            BP: (rpc("inviteToCallConference", NUMBER, None, "i1"), rpc("inviteToCallConference", NUMBER)),
            WWE: (rpc("interaction.singleStepConference", "i1", NUMBER, None, None),),
            CS: (msg("conversation.blindconference", LEG, destination=NUMBER),),
        },
        south={
            BP: calls(call("inviteToCallConference", NUMBER, None, "bp-1")),
            WWE: calls(call("interaction.singleStepConference", "4", NUMBER, {}, {})),
            CS: calls(call("conversation.blindconference", {"destination": NUMBER}, at="S.G.C.I.V")),
        },
    ),
    Row(
        c.SingleStepConference(interaction_id=T, destination="b7", destination_kind=DestinationKind.AGENT),
        CHAT,
        name="in a chat",
        north={
            BP: (rpc("inviteToChatConference", "b7", "t1"),),
            WWE: (
                rpc("interaction.singleStepConference", "t1", {"type": "AGENT", "destination": "b7"}, {}, {}),
            ),
            CS: Unsaid("conversations are for telephony only (cs 4.5)"),
        },
        south={
            BP: calls(call("inviteToChatConference", "b7", "bp-3")),
            WWE: calls(
                call("interaction.singleStepConference", "6", {"type": "AGENT", "destination": "b7"}, {}, {})
            ),
            CS: Fails("conversations are for telephony only (cs 4.5)"),
        },
    ),
    Row(
        c.DropParty(interaction_id=I, party_id="p2"),
        CONFERENCE,
        north={
            BP: (rpc("removeFromCallConference", "p2", "i1"), rpc("removeFromCallConference", "p2")),
            WWE: Unsaid(NO_DROP),
            CS: Unsaid(NO_DROP),
        },
        south={
            BP: calls(call("removeFromCallConference", "p2", "bp-1")),
            WWE: Refused(NO_DROP),
            CS: Refused(NO_DROP),
        },
    ),
    Row(
        c.DropParty(interaction_id=T, party_id="p1"),
        CHAT,
        name="from a chat",
        north={
            BP: (rpc("removeFromChatConference", "p1", "t1"),),
            WWE: Unsaid(NO_DROP),
            CS: Unsaid(NO_DROP),
        },
        south={
            BP: calls(call("removeFromChatConference", "p1", "bp-3")),
            WWE: Refused(NO_DROP),
            CS: Refused(NO_DROP),
        },
    ),
)

# A frame that comes to several commands, one after the other: what each of them is, is in the rows.
SEVERAL: Final[Mapping[str, tuple[str, Said, Scene, tuple[c.AnyCommand, ...]]]] = {
    "leave and complete": (
        BP,
        rpc("leaveAndCompleteInteraction", "7", "Call back", "i1"),
        TALKING,
        (
            c.Release(interaction_id=I),
            c.Complete(interaction_id=I, answers={"disposition": "7", "notes": "Call back"}),
        ),
    ),
    "transfer with data": (
        BP,
        rpc("transfer", {"case": "7"}),
        CONSULTING,
        (c.SetData(interaction_id=I, data={"case": "7"}), c.CompleteTransfer(interaction_id=I)),
    ),
    "merge with data": (
        BP,
        rpc("mergeAllCallsIntoConference", {"case": "7"}),
        CONSULTING,
        (c.SetData(interaction_id=I, data={"case": "7"}), c.CompleteConference(interaction_id=I)),
    ),
    "end a conference": (
        BP,
        rpc("destroyCallConference", "i1"),
        CONFERENCE,
        (c.DropParty(interaction_id=I, party_id="p2"), c.Release(interaction_id=I)),
    ),
}
