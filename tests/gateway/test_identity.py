"""Which interaction a platform means after its page was loaded again: nobody's calls are mixed up."""

from collections.abc import Sequence
from datetime import timedelta
from itertools import permutations
from typing import Final

import pytest
from hypothesis import given, seed
from hypothesis import strategies as st
from msgspec.structs import replace

from adapters.contract.dialect import Naming
from gateway.runtime.ids import Minter
from gateway.state.fold import State
from schemas import events as ev
from schemas.ids import InteractionId, Ref
from schemas.interaction import Direction, Interaction
from schemas.observations import (
    AgentObserved,
    DispositionsListed,
    InteractionGone,
    InteractionObserved,
    InteractionsListed,
)
from tests.fakes import START
from tests.gateway.folding import S, new_state, see, shown, tags
from tests.gateway.handmade import A1, CAPABILITIES, NAME, P, agent, call

SEED: Final = 20261130
SEVERAL: Final = Naming(durable=("uuid", "connection"))


def one(
    ref: str,
    durable: str | None = None,
    *,
    address: str = "",
    start: int | None = None,
    state: S = S.CONNECTED,
) -> InteractionObserved:
    """A call as a page shows it: number, lasting name, address, and the minute it began."""
    seen = replace(call(ref, state), direction=Direction.INBOUND)
    if durable is not None:
        seen = replace(seen, durable_ref=Ref(durable))
    if address:
        seen = replace(seen, remote_address=address)
    if start is not None:
        seen = replace(seen, created_at=START - timedelta(minutes=start))
    return seen


def reload(state: State, told: Sequence[InteractionObserved], link: int = 2) -> list[ev.AnyEvent]:
    """Another page load lists these: as a link does it."""
    state.meet(P, told, link)
    refs = tuple(seen.ref for seen in told)
    return see(state, *told, InteractionsListed(agent=A1, refs=refs), link=link)


def by_ref(state: State) -> dict[str, InteractionId]:
    """Ours, by the numbers of the page."""
    return {known.ref: known.id for known in state.snapshots.interactions()}


def known_by(told: Sequence[InteractionObserved]) -> tuple[State, dict[str, InteractionId]]:
    """What the first page load showed."""
    state = new_state()
    see(state, agent(), *told, link=1)
    return state, by_ref(state)


@pytest.mark.parametrize("order", list(permutations(("1", "2", "3"))))
def test_numbers_given_out_anew_follow_the_durable_names(order: tuple[str, ...]) -> None:
    state, before = known_by([one("1", "u-1"), one("2", "u-2"), one("3", "u-3")])
    anew = [one(ref, f"u-{place}") for place, ref in enumerate(order, 1)]
    for told in (anew, anew[::-1]):
        assert reload(state, told) == []
    assert by_ref(state) == {ref: before[str(place)] for place, ref in enumerate(order, 1)}


def test_a_number_that_went_to_a_new_call_is_the_new_ones() -> None:
    state, before = known_by([one("1", "u-1"), one("2", "u-2")])
    told = reload(state, [one("1", "u-3", state=S.ALERTING), one("2", "u-1")])
    after = by_ref(state)
    assert after["2"] == before["1"]
    assert after["1"] not in before.values()
    over = state.snapshots.interaction(before["2"])
    assert over is not None
    assert (over.state, over.end_inferred) == (S.COMPLETED, True)
    assert tags(told).count("interaction.created") == 1


@pytest.mark.parametrize("swapped", [False, True])
def test_without_durable_names_address_and_start_say_who_it_is(swapped: bool) -> None:  # noqa: FBT001
    state, before = known_by([one("1", address="+1", start=5), one("2", address="+2", start=3)])
    first, second = ("2", "1") if swapped else ("1", "2")
    assert reload(state, [one(second, address="+2", start=3), one(first, address="+1", start=5)]) == []
    assert by_ref(state) == {first: before["1"], second: before["2"]}


def test_a_number_alone_is_no_proof() -> None:
    state, before = known_by([one("1", address="+1", start=5)])
    reload(state, [one("1", address="+2", start=5)])
    assert by_ref(state)["1"] != before["1"]


def test_where_a_page_says_nothing_else_the_number_is_all_there_is() -> None:
    state, before = known_by([one("1"), one("2")])
    assert reload(state, [one("2"), one("1")]) == []
    assert by_ref(state) == before


def test_a_durable_name_on_one_side_alone_decides_nothing() -> None:
    state, before = known_by([one("1", "u-1", address="+1", start=5), one("2", "u-2")])
    reload(state, [one("1"), one("2", address="+1", start=5)])
    assert by_ref(state)["2"] == before["1"]
    assert by_ref(state)["1"] not in before.values()


def test_two_legs_of_one_contact_share_a_name_and_are_told_apart() -> None:
    main, side = one("1", "g", address="+1", start=5), one("2", "g", address="102", start=2)
    state, before = known_by([main, side])
    assert reload(state, [replace(side, ref=Ref("1")), replace(main, ref=Ref("2"))]) == []
    assert by_ref(state) == {"1": before["2"], "2": before["1"]}


def test_a_leg_with_another_address_is_another_though_number_name_and_start_are_the_same() -> None:
    """Two consultations of one contact, begun in one second: a page may give either of them that number."""
    state = new_state()
    main, ringing = one("1", "con", address="+1", start=5), one("2", "con", address="103", start=2)
    see(state, main, ringing)
    before = by_ref(state)
    reload(state, [main, replace(ringing, remote_address="101")])
    assert by_ref(state)["1"] == before["1"]
    assert by_ref(state)["2"] != before["2"]


def test_of_two_legs_that_nothing_tells_apart_neither_is_taken_for_the_other() -> None:
    state, before = known_by([one("1", "g"), one("2", "g")])
    reload(state, [one("2", "g"), one("1", "g")])
    assert not set(by_ref(state).values()) & set(before.values())


def test_a_call_is_found_by_any_of_its_durable_names() -> None:
    state = State({P: CAPABILITIES}, {P: NAME}, Minter(), {P: SEVERAL})
    first = replace(one("1", "x-1"), refs={"connection": "x-1"})
    see(state, first, replace(one("1", "u-1"), refs={"connection": "x-1", "uuid": "u-1"}), link=1)
    before = by_ref(state)["1"]
    reload(state, [replace(one("7", "x-1"), refs={"connection": "x-1"}), one("1", "u-9")])
    assert by_ref(state)["7"] == before


@pytest.mark.parametrize(
    ("naming", "key", "known", "told", "same"),
    [
        (None, "", "u-1", "u-2", False),
        (None, "", "u-1", "u-1", True),
        (Naming(durable=("uuid",)), "uuid", "u-1", "u-2", False),
        (SEVERAL, "connection", "n-1", "n-2", False),
        (SEVERAL, "connection", "n-1", None, True),
    ],
)
def test_calls_that_start_alike_are_two_if_a_durable_name_of_one_kind_differs(
    naming: Naming | None, key: str, known: str, told: str | None, *, same: bool
) -> None:
    def named(seen: InteractionObserved, name: str | None) -> InteractionObserved:
        if not key:
            return replace(seen, durable_ref=Ref(name) if name else None)
        return replace(seen, refs={key: name} if name else {"uuid": "u-9"})

    state = State({P: CAPABILITIES}, {P: NAME}, Minter(), {P: naming} if naming is not None else {})
    see(state, agent(), named(one("1", address="+1", start=5), known), link=1)
    before = by_ref(state)["1"]
    reload(state, [named(one("7", address="+1", start=5), told)])
    assert (by_ref(state).get("7") == before) is same


def test_a_durable_name_that_changes_on_one_connection_is_an_update() -> None:
    state, before = known_by([one("1", "x-1")])
    assert see(state, one("1", "u-1"), link=1) == []
    reload(state, [one("4", "u-1")])
    assert by_ref(state) == {"4": before["1"]}


def test_refs_of_the_platform_itself_outlast_every_connection() -> None:
    state = State({P: CAPABILITIES}, {P: NAME}, Minter(), {P: Naming(lasting=True)})
    see(state, one("s.c.1", address="+1"), one("s.c.2", address="+2"), link=1)
    before = by_ref(state)
    assert see(state, one("s.c.2", address="+3"), link=2) != []
    assert by_ref(state) == before


def test_after_a_restart_no_ref_is_of_a_connection_that_is() -> None:
    state, before = known_by([one("1", "u-1"), one("2", "u-2")])
    again = new_state()
    again.snapshots.restore(state.snapshots.dump(), ())
    assert reload(again, [one("1", "u-2"), one("2", "u-1")], link=1) == []
    assert by_ref(again) == {"1": before["2"], "2": before["1"]}


def test_relatives_focus_and_lists_are_named_by_the_connection_that_is() -> None:
    state, before = known_by([one("1", "u-1"), one("2", "u-2")])
    anew = [one("2", "u-1"), one("1", "u-2"), replace(one("3", "u-3"), consult_of_ref=Ref("2"))]
    reload(state, anew)
    side = state.snapshots.interaction(by_ref(state)["3"])
    assert side is not None
    assert side.consult_of == before["1"]
    see(state, AgentObserved(agent=A1, focused=Ref("1")), link=2)
    assert state.snapshots.sessions[side.session_id].focused_interaction_id == before["2"]
    (listed,) = see(state, DispositionsListed(agent=A1, dispositions=(), interaction_ref=Ref("2")), link=2)
    assert isinstance(listed, ev.DispositionsUpdated)
    assert listed.interaction_id == before["1"]


def test_what_a_new_connection_has_not_told_of_has_no_ref_there() -> None:
    state, before = known_by([one("1", "u-1")])
    known = state.snapshots.interaction(before["1"])
    assert known is not None
    see(state, agent(), link=2)
    assert not state.snapshots.is_of(known, 2)
    assert see(state, InteractionGone(agent=A1, ref=Ref("1")), link=2) == []
    assert state.snapshots.identify(known.session_id, Ref("1"), 2) is None
    assert state.snapshots.identify(known.session_id, Ref("1"), 1) is None
    reload(state, [one("1", "u-1")])
    assert state.snapshots.is_of(known, 2)
    assert state.snapshots.identify(known.session_id, Ref("1"), 2) == known.id


def test_a_connection_that_speaks_again_names_things_as_it_did() -> None:
    state, before = known_by([one("1", "u-1")])
    see(state, one("1", "u-1"), link=5)
    see(state, one("8", "u-1"), link=6)
    see(state, agent(), link=5)
    assert see(state, one("1", "u-1", state=S.HELD), link=5) != []
    assert by_ref(state) == {"1": before["1"]}


# --- whatever happens


CONTACTS: Final = st.lists(st.tuples(st.booleans(), st.booleans(), st.integers(0, 2)), min_size=1, max_size=5)


@seed(SEED)
@given(CONTACTS, st.lists(st.permutations(range(6)), min_size=1, max_size=4), st.data())
def test_no_two_customers_are_ever_one(
    contacts: list[tuple[bool, bool, int]], reloads: list[list[int]], data: st.DataObject
) -> None:
    state = new_state()
    told_as: dict[InteractionId, int] = {}

    def look(numbers: Sequence[int], there: Sequence[int], link: int) -> None:
        listed = []
        for place in there:
            durable, dated, leg = contacts[place]
            listed.append(
                one(
                    str(numbers[place]),
                    (f"g-{leg}" if leg else f"u-{place}") if durable else None,  # legs of a contact share one
                    address=f"+{place}",
                    start=place if dated or leg else None,
                )
            )
        reload(state, data.draw(st.permutations(listed)), link)
        seen = by_ref(state)
        assert set(seen) == {str(numbers[place]) for place in there}
        for place in there:
            known = seen[str(numbers[place])]
            assert told_as.setdefault(known, place) == place, "one interaction of two customers"

    for link, numbers in enumerate(reloads, 1):
        there = data.draw(st.lists(st.sampled_from(range(len(contacts))), unique=True))
        look(numbers, there, link)


def lives(events: Sequence[ev.AnyEvent]) -> list[str]:
    """The kinds of events of interactions."""
    return [tag for tag in tags(events) if tag.startswith("interaction.")]


def snapshot(state: State, ref: str) -> Interaction:
    """The open interaction of that number."""
    return next(known for known in state.snapshots.interactions() if known.ref == ref)


def test_a_swapped_list_tells_each_call_what_is_its_own() -> None:
    state, before = known_by([one("1", "u-1"), one("2", "u-2")])
    told = reload(state, [one("2", "u-1", state=S.HELD), one("1", "u-2")])
    assert lives(told) == ["interaction.held"]
    assert shown(told).id == before["1"]
    assert snapshot(state, "2").id == before["1"]
