"""The matrix: the end of a contact, and what rides along."""

from typing import Final

from schemas import commands as c
from schemas.needinfo import NeedInfoKind
from schemas.values import Json
from tests.contract.any_to_any.rows_contact import CALL, CONSULT_LEG, LEG
from tests.contract.any_to_any.scenes import (
    BLOCKED,
    CHAT,
    CONSULTING,
    TALKING,
    WITH_DATA,
    WRAP_UP,
    C,
    I,
    T,
)
from tests.contract.any_to_any.words import (
    BP,
    CS,
    WWE,
    ByGateway,
    Refused,
    Row,
    Unsaid,
    call,
    calls,
    msg,
    rpc,
)

NO_LEG: Final = "a chat has no conversation to release (cs 4.5)"
_UNCHOSEN: Final[dict[str, Json]] = {"skip_disposition": True}
_CHOSEN: Final[dict[str, Json]] = {"disposition": "7", "notes": "Call back"}
_NO_DISPOSITION: Final[Json] = {"code": 16, "name": "no_disposition"}
_DISPOSITIONS: Final[Json] = [{"id": "7", "code": "S", "name": "Sold", "type": "SUCCESS"}]
_THEN_SAID: Final = "as the answer to what the platform asked: the tests of the dialects"
END: Final = (
    Row(
        c.Release(interaction_id=I),
        TALKING,
        north={
            BP: (rpc("leaveInteraction", "i1"), rpc("leaveInteraction")),
            WWE: (rpc("voice.hangUp", "i1"),),
            CS: (msg("conversation.release", LEG),),
        },
        south={
            BP: calls(call("leaveInteraction", "bp-1")),
            WWE: calls(call("voice.hangUp", "4")),
            CS: calls(call("conversation.release", {}, at="S.G.C.I.V")),
        },
    ),
    Row(
        c.Release(interaction_id=C),
        CONSULTING,
        name="a consultation",
        north={
            BP: (rpc("leaveInteraction", "c1"),),
            WWE: (rpc("voice.hangUp", "c1"),),
            CS: (msg("conversation.release", CONSULT_LEG),),
        },
        south={
            BP: calls(call("leaveInteraction", "bp-2")),
            WWE: calls(call("voice.hangUp", "5")),
            CS: calls(call("conversation.release", {}, at="S.G.C.I.W")),
        },
    ),
    Row(
        c.Release(interaction_id=T),
        CHAT,
        name="a chat",
        north={
            BP: (rpc("leaveInteraction", "t1"),),
            WWE: Unsaid("hanging up is for calls (wwe 3.4)"),
            CS: Unsaid(NO_LEG),
        },
        south={
            BP: calls(call("leaveInteraction", "bp-3")),
            WWE: Refused("hanging up is for calls (wwe 3.4)"),
            CS: Refused(NO_LEG),
        },
    ),
    Row(
        c.Complete(interaction_id=I),
        WRAP_UP,
        north={
            BP: (
                rpc("completeInteraction", "i1"),
                rpc("completeInteraction"),
                rpc("leaveAndCompleteInteraction", None, None, "i1"),
            ),
            WWE: (rpc("interaction.markdone", "i1"),),
            CS: (msg("interaction.complete", CALL), msg("interaction.request.complete", CALL)),
        },
        south={
            BP: calls(call("completeInteraction", "bp-1")),
            WWE: calls(call("interaction.markdone", "4")),
            CS: calls(call("interaction.complete", {}, at="S.G.C.I")),
        },
    ),
    Row(
        c.Complete(interaction_id=I),
        TALKING,
        name="before it is over",
        north={
            BP: (rpc("completeInteraction", "i1"),),
            WWE: (rpc("interaction.markdone", "i1"),),
            CS: (msg("interaction.complete", CALL),),
        },
        south={
            BP: calls(call("completeInteraction", "bp-1")),
            WWE: calls(call("interaction.markdone", "4")),
            CS: calls(call("interaction.complete", {}, at="S.G.C.I")),
        },
    ),
    Row(
        c.Complete(interaction_id=I, answers=_CHOSEN),
        WRAP_UP,
        name="with a disposition",
        north={
            BP: (rpc("leaveAndCompleteInteraction", "7", "Call back", "i1"),),
            WWE: Unsaid("attached as data before (wwe 7.1)"),
            CS: (
                msg("interaction.complete", CALL, dispositionId=7, notes="Call back"),
                msg("interaction.complete", CALL, extensions={"dispositionId": 7, "notes": "Call back"}),
            ),
        },
        south={
            BP: calls(
                call("setDisposition", "7", "bp-1"),
                call("replaceNote", "Call back", "bp-1"),
                call("completeInteraction", "bp-1"),
            ),
            WWE: calls(
                call("interaction.setUserData", "4", {"Business Result": "7", "Notes": "Call back"}),
                call("interaction.markdone", "4"),
            ),
            CS: calls(call("interaction.complete", {"dispositionId": 7, "notes": "Call back"}, at="S.G.C.I")),
        },
    ),
    Row(
        c.Complete(interaction_id=I, answers=_UNCHOSEN),
        WRAP_UP,
        name="without one, where it may be skipped",
        north={
            BP: Unsaid("nothing skips it (bp 3.6)"),
            WWE: Unsaid("there is no such question (wwe 7.1)"),
            CS: (msg("interaction.complete", CALL, skipDisposition=True),),
        },
        south={
            BP: calls(call("completeInteraction", "bp-1")),
            WWE: calls(call("interaction.markdone", "4")),
            CS: calls(call("interaction.complete", {"skipDisposition": True}, at="S.G.C.I")),
        },
    ),
    Row(
        c.Complete(interaction_id=I, answers={"agent_state": "ready"}),
        WRAP_UP,
        name="and the agent's next state",
        north={BP: Unsaid(_THEN_SAID), WWE: Unsaid(_THEN_SAID), CS: Unsaid(_THEN_SAID)},
        south={
            BP: calls(call("completeInteraction", "bp-1"), call("setAgentState", "ready")),
            WWE: calls(call("interaction.markdone", "4"), warns=True),
            CS: calls(
                call("interaction.complete", {}, at="S.G.C.I").answered(
                    {"uiExtension": {"type": "agentstate"}}
                ),
                call("channelgroup.request.setagentstate", {"state": "READY"}, at="S.G"),
            ),
        },
    ),
    Row(
        c.Complete(interaction_id=I),
        WRAP_UP,
        name="for which a disposition is missing",
        north={
            BP: (rpc("completeInteraction", "i1"),),
            WWE: Unsaid(_THEN_SAID),
            CS: (msg("interaction.complete", CALL),),
        },
        south={
            BP: calls(
                call("completeInteraction", "bp-1").answered(_NO_DISPOSITION),
                call("getDispositionsList", {"interactionId": "bp-1"}).answered(_DISPOSITIONS),
                asks=NeedInfoKind.DISPOSITION,
            ),
            WWE: calls(call("interaction.markdone", "4")),
            CS: calls(
                call("interaction.complete", {}, at="S.G.C.I").answered(
                    {
                        "uiExtension": {
                            "type": "disposition",
                            "dispositionRequired": True,
                            "dispositions": [{"dispositionId": 7, "dispositionName": "Sold", "priority": 1}],
                        }
                    }
                ),
                asks=NeedInfoKind.DISPOSITION,
            ),
        },
    ),
    Row(
        c.BlockCompletion(interaction_id=I, message="Save first"),
        TALKING,
        north={
            BP: Unsaid("a page vetoes when it is asked (bp 4)"),
            WWE: (rpc("interaction.blockMarkdone", "i1", "Save first"),),
            CS: Unsaid("completion knows no veto (cs 4.4)"),
        },
        south={
            BP: ByGateway(),
            WWE: calls(call("interaction.blockMarkdone", "4", "Save first")),
            CS: ByGateway(),
        },
    ),
    Row(
        c.UnblockCompletion(interaction_id=I),
        BLOCKED,
        north={
            BP: Unsaid("a page vetoes when it is asked (bp 4)"),
            WWE: (rpc("interaction.unblockMarkdone", "i1"),),
            CS: Unsaid("completion knows no veto (cs 4.4)"),
        },
        south={
            BP: ByGateway(),
            WWE: calls(call("interaction.unblockMarkdone", "4")),
            CS: ByGateway(),
        },
    ),
    *(
        Row(
            wanted,
            WRAP_UP,
            north=dict.fromkeys((BP, WWE, CS), Unsaid("no client knows a limit of the work")),
            south=dict.fromkeys((BP, WWE, CS), ByGateway()),
        )
        for wanted in (c.ExtendWrapUp(interaction_id=I, by_s=60), c.EndWrapUp(interaction_id=I))
    ),
)

NO_DELETE: Final = "a variable can be set and not removed (bp 3.4)"
NO_KEY: Final = "one item is set at a time, and none removed (cs 4.4)"
NOTES_LAST: Final = "notes ride in interaction.complete (cs 7.2)"
RIDES_ALONG: Final = (
    Row(
        c.SetData(interaction_id=I, data={"case": "7"}),
        TALKING,
        north={
            BP: (rpc("setVariable", "case", "7", "i1"), rpc("setVariable", "case", "7")),
            WWE: (rpc("interaction.setUserData", "i1", {"case": "7"}),),
            CS: (msg("interaction.setinteractiondata", CALL, key="case", value="7"),),
        },
        south={
            BP: calls(call("setVariable", "case", "7", "bp-1")),
            WWE: calls(call("interaction.setUserData", "4", {"case": "7"})),
            CS: calls(call("interaction.setinteractiondata", {"key": "case", "value": "7"}, at="S.G.C.I")),
        },
    ),
    Row(
        c.SetData(interaction_id=I, data={"case": "7", "vip": True}),
        TALKING,
        name="several keys, not all of them text",
        north={
            BP: Unsaid("one key a call, and text (bp 3.4)"),
            WWE: (rpc("interaction.setUserData", "i1", {"case": "7", "vip": True}),),
            CS: Unsaid(NO_KEY),
        },
        south={
            BP: calls(call("setVariable", "case", "7", "bp-1"), call("setVariable", "vip", "true", "bp-1")),
            WWE: calls(call("interaction.setUserData", "4", {"case": "7", "vip": True})),
            CS: calls(
                call("interaction.setinteractiondata", {"key": "case", "value": "7"}, at="S.G.C.I"),
                call("interaction.setinteractiondata", {"key": "vip", "value": True}, at="S.G.C.I"),
            ),
        },
    ),
    Row(
        c.DeleteData(interaction_id=I, key="case"),
        WITH_DATA,
        north={
            BP: Unsaid(NO_DELETE),
            WWE: (rpc("interaction.deleteUserData", "i1", "case"),),
            CS: Unsaid(NO_KEY),
        },
        south={
            BP: Refused(NO_DELETE),
            WWE: calls(call("interaction.deleteUserData", "4", "case")),
            CS: Refused(NO_KEY),
        },
    ),
    Row(
        c.SetDisposition(interaction_id=I, disposition="sold"),
        TALKING,
        north={
            BP: (rpc("setDisposition", "sold", "i1"), rpc("setDisposition", "sold")),
            WWE: (rpc("interaction.setUserData", "i1", {"Business Result": "sold"}),),
            CS: (
                msg("interaction.setdisposition", CALL, disposition="sold"),
                msg("interaction.request.setdisposition", CALL, disposition="sold"),
            ),
        },
        south={
            BP: calls(call("setDisposition", "sold", "bp-1")),
            WWE: calls(call("interaction.setUserData", "4", {"Business Result": "sold"})),
            CS: calls(call("interaction.setdisposition", {"disposition": "sold"}, at="S.G.C.I")),
        },
    ),
    Row(
        c.SetNotes(interaction_id=I, notes="Call back"),
        TALKING,
        north={
            BP: (
                rpc("replaceNote", "Call back", "i1"),
                rpc("addNote", "Call back", "i1"),  # the first note
                rpc("updateNote", "Call back"),
            ),
            WWE: (rpc("interaction.setUserData", "i1", {"Notes": "Call back"}),),
            CS: Unsaid(NOTES_LAST),
        },
        south={
            BP: calls(call("replaceNote", "Call back", "bp-1")),
            WWE: calls(call("interaction.setUserData", "4", {"Notes": "Call back"})),
            CS: Refused(NOTES_LAST),
        },
    ),
)

ROWS: Final = END + RIDES_ALONG
