"""Every optional member of every frame type may be null or of another type, and every list have a bad entry.

Generated from wire.py and wire_events.py: each costs itself, and all else is as if it were not there.
"""

import re
from collections.abc import Iterator
from typing import Final

import msgspec
import pytest

from adapters.bright_pattern import wire, wire_events
from adapters.bright_pattern.binding import DIALECT
from adapters.kit import jsonrpc
from schemas import observations as o
from schemas.values import Json
from tests.dialects.bright_pattern import carriers_south
from tests.dialects.bright_pattern.carriers_south import plain
from tests.dialects.bright_pattern.peers import HANDSHAKE, NOW, call, call_id, message, page, success
from tests.dialects.bright_pattern.samples import SAMPLES, Members
from tests.dialects.bright_pattern.test_vocabulary import TOLD
from tests.wire_members import lists, odd_members

# A name in the documents, and what it is read as where that is called otherwise.
_READ_AS: Final = {
    "InteractionAssociatedObjectData": "InteractionAssociatedObject",
    "InteractionSummary": "InteractionSummaryResult",
    "InteractionSummaryFailed": "InteractionSummaryResult",
}
_MAPS: Final = {"PhoneCapabilities", "ScreenRecordingState", "WebScreenPop", "InteractionActivityData"}


def kinds() -> Iterator[tuple[str, type[msgspec.Struct]]]:
    """Every type that the south role reads, with its struct; the rest are maps without members."""
    for name in carriers_south.READ.keys() - _MAPS:
        wanted = _READ_AS.get(name, name)
        yield name, getattr(wire, wanted, None) or getattr(wire_events, wanted)


ODD: Final = [
    pytest.param(name, member, odd, id=f"{name}.{member}-{odd}")
    for name, kind in sorted(kinds(), key=str)
    for member, _, odd in odd_members(kind)
]
LISTS: Final = [
    pytest.param(name, member, bad, id=f"{name}.{member}")
    for name, kind in sorted(kinds(), key=str)
    for member, bad in lists(kind)
]


@pytest.mark.parametrize(("name", "member", "odd"), ODD)
def test_an_odd_member_is_as_if_it_were_not_there(name: str, member: str, odd: Json) -> None:
    read, sample = carriers_south.READ[name], SAMPLES[name]
    without = {key: value for key, value in sample.items() if key != member}
    assert read({**sample, member: odd}) == read(without)


@pytest.mark.parametrize(("name", "member", "bad"), LISTS)
def test_bad_entries_of_a_list_are_as_if_they_were_not_there(name: str, member: str, bad: list[Json]) -> None:
    read, sample = carriers_south.READ[name], SAMPLES[name]
    good = msgspec.convert(sample.get(member, []), list[Json])
    listed = read({**sample, member: [*bad, *good]})
    if name == "InteractionsState":  # what cannot be read may be one that is known: that is no list of all
        assert not any("refs" in one and "ref" not in one for one in msgspec.convert(listed, list[Members]))
    else:
        assert listed == read({**sample, member: good})


# --- the parameters of events

EVENTS: Final = {
    event: kind
    for kind in vars(wire_events).values()
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct) and kind.__struct_config__.array_like
    for event in re.findall(r"\bON_\w+", kind.__doc__ or "")
}


def test_every_event_with_parameters_has_its_struct() -> None:
    bare = {"ON_LOGOUT", "ON_REQUEST_RECORD_ON_SCREEN"}
    assert EVENTS.keys() | bare == DIALECT.vocabulary["south"].events.keys()


@pytest.mark.parametrize(
    ("event", "place", "odd"),
    [(event, place, odd) for event, kind in EVENTS.items() for _, place, odd in odd_members(kind)],
)
def test_an_odd_parameter_costs_itself(event: str, place: int, odd: Json) -> None:
    given = [*TOLD[event], *(None,) * len(EVENTS[event].__struct_fields__)]
    told = [
        page().received(jsonrpc.notification(event, (*given[:place], one, *given[place + 1 :])), NOW)
        for one in (odd, None)
    ]
    assert [type(one) for one in told[0]] == [type(one) for one in told[1]]
    assert not any(isinstance(one, o.Unrecognised) for one in told[0])


# --- the answers of the snapshot


@pytest.mark.parametrize("reread", [False, True], ids=["first", "again"])
def test_an_entry_that_cannot_be_read_ends_no_interaction(reread: bool) -> None:  # noqa: FBT001  # a parameter
    platform = page(open_calls=[call("i-1")], active="i-1")
    if not reread:
        platform = type(platform)(None)
        platform.opened(NOW)
        platform.received(success(-1, HANDSHAKE[-1]), NOW)
    asked = {message(one).method: call_id(one) for one in platform.refresh(NOW)}
    listed = {"activeInteractionId": None, "interactions": [call("i-2"), {"state": "delivered"}]}
    told = platform.received(success(asked["getInteractionsState"], listed), NOW)
    assert [one.ref for one in told if isinstance(one, o.InteractionObserved)] == ["i-2"]
    assert not any(isinstance(one, o.InteractionsListed) for one in told)
    assert [remark.what for remark in platform.remarks()] == ["answer: interactions[1]"]


def test_odd_reasons_are_left_out() -> None:
    assert plain(carriers_south.answered(-3, ["Lunch", 5, None])) == plain(
        carriers_south.answered(-3, ["Lunch"])
    )
