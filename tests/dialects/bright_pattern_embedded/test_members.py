"""Every optional member of every frame type may be null or of another type, and every list have a bad entry.

Generated from wire.py: each costs itself, and what is understood is as if it were not there.
"""

from typing import Final

import msgspec
import pytest

from adapters.bright_pattern.embedded import wire
from schemas.errors import MalformedFrame
from schemas.observations import InteractionObserved, InteractionsListed
from schemas.values import Json
from tests.dialects.bright_pattern_embedded import stage
from tests.dialects.bright_pattern_embedded.stage import NOW
from tests.wire_members import lists, odd_members

ITEM: Final[dict[str, Json]] = {
    "item_id": "17",
    "global_id": "g-17",
    "phone_number": "+15550100",
    "service": "Sales",
    "recording_url": "https://rec.example/1",
    "screenpop_data": {"case": "7"},
    "attached_data": {"tier": "gold"},
    "disposition": "Sold",
    "notes": "two",
}
STATE: Final[dict[str, Json]] = {
    "agent_id": "kim",
    "status": "not_ready",
    "reason": "Lunch",
    "interactions": [ITEM],
}
CALLS: Final = ("_I_CALL_OFFERED", "_O_CALL_CONNECTED", "_CALL_HELD", "_CALL_ENDED", "_BLIND_TRANSFER")
FRAMES: Final[dict[str, tuple[type[msgspec.Struct], dict[str, Json]]]] = {
    "GET_STATE": (wire.State, STATE),
    "LOGIN_CHANGED": (wire.LoginChanged, {"agent_id": "kim", "login": True}),
    "STATE_CHANGED": (wire.StateChanged, {"status": "busy", "reason": "", "agent_id": "kim"}),
    "INTERACTION_RENDERED": (wire.Item, ITEM),
    "INTERACTION_COMPLETED": (wire.Item, ITEM),
    "CALL_RECORDING_STATUS": (
        wire.RecordingStatus,
        {"item_id": "17", "call_id": "c", "recording": "1", "muted": "0"},
    ),
    **dict.fromkeys(CALLS, (wire.Item, ITEM)),
}


def heard(name: str, data: Json) -> tuple[list[object], list[str]]:
    """What is observed of such a frame, and asked after it."""
    connection = stage.connected({"item_id": "17"})
    if name == "GET_STATE":
        [asked] = stage.sent(connection.refresh(NOW))
        outputs = connection.received(stage.result(asked.id, data), NOW)
    else:
        outputs = connection.received(stage.event(name, data), NOW)
    return [*stage.observed(outputs)], [one.method for one in stage.sent(outputs)]


@pytest.mark.parametrize(
    ("name", "member", "odd"),
    [(name, member, odd) for name, (kind, _) in FRAMES.items() for member, _, odd in odd_members(kind)],
)
def test_an_odd_member_is_as_if_it_were_not_there(name: str, member: str, odd: Json) -> None:
    _, sample = FRAMES[name]
    without = {key: value for key, value in sample.items() if key != member}
    if member == "interactions":  # that nothing is listed is not known
        with pytest.raises(MalformedFrame):
            heard(name, {**sample, member: odd})
    else:
        assert heard(name, {**sample, member: odd}) == heard(name, without)


@pytest.mark.parametrize("member", sorted({name for name, _, _ in odd_members(wire.Item)}))
def test_the_same_of_an_interaction_in_the_snapshot(member: str) -> None:
    without = {key: value for key, value in ITEM.items() if key != member}
    odd = {**ITEM, member: {"odd": 1}}
    assert heard("GET_STATE", {**STATE, "interactions": [odd]}) == heard(
        "GET_STATE", {**STATE, "interactions": [without]}
    )


def test_a_bad_entry_costs_itself_and_ends_no_interaction() -> None:
    [(member, bad)] = lists(wire.State)
    connection = stage.connected({"item_id": "17"}, {"item_id": "18"})
    [asked] = stage.sent(connection.refresh(NOW))
    outputs = connection.received(stage.result(asked.id, {**STATE, member: [ITEM, *bad]}), NOW)
    seen = stage.observed(outputs)
    assert [one.ref for one in seen if isinstance(one, InteractionObserved)] == ["17"]
    assert not any(isinstance(one, InteractionsListed) for one in seen)
    assert len(connection.remarks()) == sum(one is not None for one in bad)


def test_an_entry_without_an_item_may_be_any_of_them() -> None:
    seen, _ = heard("GET_STATE", {**STATE, "interactions": [{"phone_number": "+15550100"}]})
    assert not any(isinstance(one, InteractionsListed) for one in seen)
