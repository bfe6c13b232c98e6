"""What is not as documented costs itself: a member, an entry, half a character; not the event nor link."""

from typing import Final

import msgspec
import pytest

from adapters.bright_pattern import wire
from adapters.bright_pattern.flows import begin
from adapters.contract.dialect import Call, Context, Done, Reply
from adapters.kit import jsonrpc
from gateway.runtime.frames import put_right
from schemas import commands as c
from schemas import observations as o
from schemas.errors import MalformedFrame
from schemas.ids import SessionId
from schemas.interaction import InteractionState
from tests.dialects.bright_pattern.peers import HANDSHAKE, NOW, call, page, seen, success, tell

CHANGED: Final = "ON_INTERACTION_STATE_CHANGE"
MEMBERS: Final = [
    one.name for one in msgspec.structs.fields(wire.InteractionData) if one.name != "interactionId"
]


@pytest.mark.parametrize("odd", [None, True, 7, {"x": 1}], ids=str)
@pytest.mark.parametrize("member", MEMBERS)
def test_an_odd_member_costs_itself_in_an_event_and_in_the_snapshot(member: str, odd: object) -> None:
    one = call("i1", phoneNumber="+15550100") | {member: odd}
    event = seen(tell(page(), CHANGED, one))
    listed = page(open_calls=(one,))
    assert event.ref == "i1"
    assert listed.due() is None  # the snapshot was taken
    if member not in ("state", "phoneNumber"):
        assert (event.state, event.remote_address) == (InteractionState.CONNECTED, "+15550100")


def test_an_odd_entry_costs_itself_and_is_remarked() -> None:
    parties = [{"id": "p1", "name": None, "phone": "1"}, "rubbish", {"name": "no id"}, {"id": "p2"}]
    open_page = page()
    told = tell(open_page, CHANGED, call("i1", callParties=parties))
    assert [one.id for one in msgspec.convert(seen(told).parties, tuple[object, ...])] == ["p1", "p2"]  # type: ignore[attr-defined]  # parties
    assert [one.what for one in open_page.remarks()] == [
        f"{CHANGED}: [0].callParties[1]",
        f"{CHANGED}: [0].callParties[2]",
    ]


def test_an_odd_entry_of_a_list_that_was_asked_for_costs_itself() -> None:
    flow = begin(c.ListDispositions(session_id=SessionId("s"), service="Sales"), Context())
    assert isinstance(next(flow), Call)
    data = [{"id": "d1", "code": None, "name": "Sold", "type": "SUCCESS"}, 5, {"name": "no id"}]
    with pytest.raises(StopIteration) as end:
        flow.send(Reply(msgspec.Raw(msgspec.json.encode({"status": "success", "data": data}))))
    assert isinstance(end.value.value, Done)
    assert [one["id"] for one in msgspec.convert(end.value.value.data, list[dict[str, object]])] == ["d1"]


@pytest.mark.parametrize("event", ["ON_INTERACTION_STATE_CHANGE", "answer", "held"])
def test_half_a_character_can_be_put_right_and_the_frame_told_again(event: str) -> None:
    """The link puts a malformed frame right and gives it once more: nothing may have changed by then."""
    data = call("i1", description="thanks CUT")
    platform = page()
    frame = jsonrpc.notification(CHANGED, (data,))
    if event == "answer":
        platform.send(Call(method="getVariables", params=(("k",),)), 7)
        frame = success(7, {"k": "thanks CUT"})
    elif event == "held":
        platform = type(platform)(None)
        platform.opened(NOW)
    cut = frame.replace(b"CUT", rb"\ud83d")
    with pytest.raises(MalformedFrame):
        platform.received(cut, NOW)
    whole = put_right(cut)
    assert whole is not None
    told = list(platform.received(whole, NOW))
    if event == "held":
        told = list(platform.received(success(-1, HANDSHAKE[-1]), NOW))
    if event == "answer":
        assert "thanks \ufffd" in str(msgspec.json.decode(told[0].reply.body))  # type: ignore[union-attr]  # Replied
    else:
        assert next(one for one in told if isinstance(one, o.InteractionObserved)).notes == "thanks \ufffd"
