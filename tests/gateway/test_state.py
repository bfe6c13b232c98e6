"""What platforms show of interactions becomes events: the fold and the diff."""

from datetime import timedelta

import msgspec
import pytest
from msgspec import UNSET
from msgspec.structs import replace

from schemas import events as ev
from schemas.ids import Ref, RootId
from schemas.interaction import Disposition, EndCause, Party, PartyRole, Recording, RecordingState, Side
from schemas.observations import (
    AnyObservation,
    InteractionGone,
    InteractionObserved,
    InteractionsListed,
    Noticed,
    Unrecognised,
)
from tests.fakes import START
from tests.gateway.folding import ANN, BOB, S, new_state, see, shown, tags
from tests.gateway.handmade import A1, NAME, P, call


def test_what_is_seen_first_is_created_and_then_what_it_is() -> None:
    state = new_state()
    assert tags(see(state, call())) == ["interaction.created", "interaction.alerting"]
    assert tags(see(state, call("c2", S.UNKNOWN))) == ["interaction.created"]
    assert tags(see(state, call("c3", S.WRAP_UP))) == [
        "interaction.created",
        "interaction.ended",
        "interaction.wrap_up_started",
    ]


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (S.QUEUED, S.ALERTING, ["interaction.alerting"]),
        (S.PREVIEW, S.DIALING, ["interaction.dialing"]),
        (S.DIALING, S.CONNECTED, ["interaction.connected"]),
        (S.ALERTING, S.CONNECTED, ["interaction.connected"]),
        (S.CONNECTED, S.HELD, ["interaction.held"]),
        (S.HELD, S.CONNECTED, ["interaction.retrieved"]),
        (S.CONNECTED, S.WRAP_UP, ["interaction.ended", "interaction.wrap_up_started"]),
        (S.CONNECTED, S.COMPLETED, ["interaction.ended", "interaction.completed"]),
        (S.ALERTING, S.COMPLETED, ["interaction.ended", "interaction.completed"]),
        (S.WRAP_UP, S.COMPLETED, ["interaction.completed"]),
        (S.WRAP_UP, S.CONNECTED, []),
        (S.CONNECTED, S.UNKNOWN, ["interaction.updated"]),
    ],
)
def test_a_change_of_state_is_told_in_canonical_order(before: S, after: S, told: list[str]) -> None:
    state = new_state()
    see(state, call(state=before))
    assert tags(see(state, call(state=after))) == told


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"data": {"case": "7"}}, ["interaction.data_changed"]),
        ({"muted": True}, ["interaction.mute_changed"]),
        ({"recording_state": RecordingState.RECORDING}, ["interaction.recording_changed"]),
        (
            {"recording_state": RecordingState.STOPPED, "recording": Recording(url="https://r")},
            ["interaction.recording_changed"],
        ),
        ({"disposition": Disposition(id="sold"), "notes": "x"}, ["interaction.disposition_changed"]),
        ({"conference": True}, ["interaction.conference_changed"]),
        ({"completion_blocked": "not yet"}, ["interaction.completion_block_changed"]),
        (
            {"completion_blocked": "not yet", "completion_blocked_until": START},
            ["interaction.completion_block_changed"],
        ),
        ({"muted": True, "extras": {"odd": 1}}, ["interaction.mute_changed"]),
        ({"state": S.HELD, "extras": {"odd": 1}}, ["interaction.held"]),
        ({"focused": True}, ["interaction.focus_changed"]),
        ({"subject": "hello"}, ["interaction.updated"]),
        ({"parties": (ANN,)}, ["party.added"]),
        ({"parties": ()}, []),
        ({"refs": {"id": "9"}}, []),
        ({"vendor_state": "weird"}, ["interaction.updated"]),
        ({"extras": {"odd": 1}}, ["interaction.updated"]),
        ({"vendor_event": "odd.happened"}, ["interaction.updated"]),
        ({"vendor_event": "odd.happened", "extras": {"odd": 1}, "muted": True}, ["interaction.mute_changed"]),
        (
            {"parties": (ANN,), "data": {"a": 1}, "muted": True, "service": "sales"},
            ["party.added", "interaction.data_changed", "interaction.mute_changed", "interaction.updated"],
        ),
    ],
)
def test_a_changed_field_is_told_once_and_never_again(change: dict[str, object], told: list[str]) -> None:
    state = new_state()
    see(state, call(state=S.CONNECTED))
    seen = replace(call(state=S.CONNECTED), **change)
    assert sorted(tags(see(state, seen))) == sorted(told)
    assert see(state, seen, seen) == []
    found = state.snapshots.interactions()[0]
    assert {name: getattr(found, name) for name in change} == change


def test_parties_that_leave_come_and_change_are_told_one_by_one() -> None:
    state = new_state()
    see(state, replace(call(state=S.CONNECTED), parties=(ANN, BOB)))
    eve = Party(id="3", role=PartyRole.AGENT)
    told = see(state, replace(call(state=S.CONNECTED), parties=(replace(ANN, held=True), eve)))
    assert [(tag, getattr(event, "party").id) for tag, event in zip(tags(told), told, strict=True)] == [  # noqa: B009  # of three classes
        ("party.removed", "2"),
        ("party.added", "3"),
        ("party.updated", "1"),
    ]


def test_what_a_delta_does_not_say_stays() -> None:
    state = new_state()
    see(state, replace(call(), data={"a": 1}, ani="+1", notes="n"))
    found = shown(see(state, InteractionObserved(agent=A1, ref=Ref("c1"), state=S.CONNECTED)))
    assert (found.data, found.ani, found.notes) == ({"a": 1}, "+1", "n")


def test_the_events_of_one_change_share_a_snapshot_and_count_up() -> None:
    state = new_state()
    created = see(state, call())
    assert [(e.sequence, e.part) for e in created] == [(1, 0), (2, 1)]
    told = see(state, replace(call(state=S.CONNECTED), parties=(ANN,), muted=True))
    assert [(e.sequence, e.part) for e in told] == [(3, 0), (4, 1), (5, 2)]
    assert {id(e.interaction) for e in told if isinstance(e, ev.InteractionEvent)} == {id(shown(told))}
    assert shown(told).sequence == 5


def test_created_is_the_only_change_that_begins_at_part_plus_one() -> None:
    state = new_state()
    assert all(e.sequence == e.part + 1 for e in see(state, replace(call(), focused=True)))
    assert not any(e.sequence == e.part + 1 for e in see(state, replace(call(state=S.WRAP_UP), notes="n")))


def test_only_the_first_part_carries_the_frame() -> None:
    state = new_state()
    frame = msgspec.Raw(b'{"x":1}')
    told = see(state, replace(call(), vendor=frame))
    assert told[0].vendor is not None
    assert told[0].vendor.dialect == NAME
    assert bytes(told[0].vendor.frame) == b'{"x":1}'
    assert told[1].vendor is None


@pytest.mark.parametrize(
    ("cause", "side", "wanted", "at_last"),
    [
        (UNSET, UNSET, (EndCause.UNKNOWN, Side.UNKNOWN), EndCause.ABANDONED),
        (EndCause.NORMAL, Side.REMOTE, (EndCause.NORMAL, Side.REMOTE), EndCause.NORMAL),
    ],
)
def test_media_ends_once_with_its_cause(
    cause: EndCause, side: Side, wanted: tuple[EndCause, Side], at_last: EndCause
) -> None:
    state = new_state()
    see(state, call(state=S.CONNECTED))
    over = replace(call(state=S.WRAP_UP), end_cause=cause, ended_by=side, time=START)
    told = see(state, over)
    assert tags(told) == ["interaction.ended", "interaction.wrap_up_started"]
    found = shown(told)
    assert (found.end_cause, found.ended_by, found.ended_at) == (*wanted, START)
    later = replace(over, time=START + timedelta(seconds=9))
    assert see(state, later) == []
    completed = shown(see(state, replace(call(state=S.COMPLETED), end_cause=EndCause.ABANDONED)))
    assert completed.ended_at == START
    assert completed.end_cause is at_last


def test_a_cause_learnt_late_replaces_only_an_unknown_one() -> None:
    state = new_state()
    see(state, call(state=S.CONNECTED), call(state=S.WRAP_UP))
    told = see(state, replace(call(state=S.WRAP_UP), end_cause=EndCause.BUSY, ended_by=Side.AGENT))
    assert tags(told) == ["interaction.updated"]
    assert (shown(told).end_cause, shown(told).ended_by) == (EndCause.BUSY, Side.AGENT)
    assert see(state, replace(call(state=S.WRAP_UP), end_cause=EndCause.NO_ANSWER)) == []


def test_media_over_without_a_state_keeps_the_state() -> None:
    state = new_state()
    see(state, call(state=S.CONNECTED))
    told = see(state, InteractionObserved(agent=A1, ref=Ref("c1"), ended=True))
    assert tags(told) == ["interaction.ended"]
    assert see(state, call(state=S.HELD)) == []
    assert tags(see(state, call(state=S.WRAP_UP))) == ["interaction.wrap_up_started"]


@pytest.mark.parametrize(
    "late",
    [
        call(state=S.CONNECTED),
        call(state=S.WRAP_UP),
        call(state=S.COMPLETED),
        replace(call(state=S.HELD), notes="late"),
        InteractionObserved(agent=A1, ref=Ref("c1"), data={"late": 1}),
        InteractionGone(agent=A1, ref=Ref("c1")),
        InteractionsListed(agent=A1, refs=()),
        InteractionsListed(agent=A1, refs=(Ref("c1"),)),
    ],
)
def test_nothing_is_told_after_completion(late: AnyObservation) -> None:
    state = new_state()
    see(state, call(), call(state=S.COMPLETED))
    assert see(state, late) == []
    assert state.snapshots.interactions() == []


def test_nothing_is_told_of_what_was_never_more_than_completed() -> None:
    state = new_state()
    gone = InteractionGone(agent=A1, ref=Ref("nobody"))
    assert see(state, call(state=S.COMPLETED), gone) == []


def test_an_interaction_withdrawn_is_ended_and_completed() -> None:
    state = new_state()
    see(state, call())
    told = see(state, InteractionGone(agent=A1, ref=Ref("c1"), end_cause=EndCause.DECLINED))
    assert tags(told) == ["interaction.ended", "interaction.completed"]
    assert (shown(told).end_cause, shown(told).completed_at) == (EndCause.DECLINED, START)


def test_a_ref_used_again_is_another_interaction() -> None:
    state = new_state()
    first = shown(see(state, call()))
    see(state, call(state=S.COMPLETED))
    told = see(state, call())
    assert tags(told) == ["interaction.created", "interaction.alerting"]
    assert shown(told).id != first.id
    assert shown(told).sequence == 2
    done = state.snapshots.interaction(first.id)
    assert done is not None
    assert done.state is S.COMPLETED


def test_a_completed_ref_with_another_durable_one_is_another_interaction() -> None:
    state = new_state()
    one = replace(call(state=S.CONNECTED), durable_ref=Ref("g1"))
    first = shown(see(state, one))
    see(state, replace(one, state=S.COMPLETED))
    assert see(state, one) == []
    second = shown(see(state, replace(one, durable_ref=Ref("g2"))))
    assert second.id != first.id


def test_a_reloaded_page_keeps_our_id_by_the_durable_ref() -> None:
    state = new_state()
    first = shown(see(state, replace(call(state=S.CONNECTED), durable_ref=Ref("g1"))))
    moved = replace(call("n7", S.CONNECTED), durable_ref=Ref("g1"))
    assert see(state, moved) == []
    assert [(one.id, one.ref) for one in state.snapshots.interactions()] == [(first.id, Ref("n7"))]
    assert shown(see(state, call("n7", S.HELD))).id == first.id


def test_the_ref_before_a_reload_may_be_given_to_another_interaction() -> None:
    state = new_state()
    first = shown(see(state, replace(call(state=S.CONNECTED), durable_ref=Ref("g1"))))
    see(state, replace(call("n7", S.CONNECTED), durable_ref=Ref("g1")))
    other = shown(see(state, replace(call("c1", S.ALERTING), durable_ref=Ref("g2"))))
    assert other.id != first.id
    assert len(state.snapshots.interactions()) == 2


def test_what_is_not_listed_is_lost() -> None:
    state = new_state()
    see(state, call("c1"), call("c2", S.CONNECTED), call("x", name=Ref("a2")))
    told = see(state, InteractionsListed(agent=A1, refs=(Ref("c2"), Ref("c9"))))
    assert tags(told) == ["interaction.ended", "interaction.completed"]
    assert (shown(told).ref, shown(told).end_cause) == ("c1", EndCause.LOST)
    assert [one.ref for one in state.snapshots.interactions()] == ["c2", "x"]


def test_what_a_snapshot_shows_while_the_link_comes_up_is_recovered() -> None:
    state = new_state()
    see(state, call(), call("c2"))
    told = [
        *state.observe(P, call(state=S.CONNECTED), START, recovered=True),
        *state.observe(P, InteractionsListed(agent=A1, refs=(Ref("c1"),)), START, recovered=True),
    ]
    assert tags(told) == ["interaction.connected", "interaction.ended", "interaction.completed"]
    assert all(event.recovered for event in told)
    assert not any(event.recovered for event in see(state, call(state=S.HELD)))


def test_a_consultation_shares_the_root_of_what_it_is_about() -> None:
    state = new_state()
    main = shown(see(state, call("c1", S.CONNECTED)))
    side = shown(see(state, replace(call("c2", S.DIALING), consult_of_ref=Ref("c1"))))
    assert (side.consult_of, side.root_id) == (main.id, main.root_id)


def test_a_contact_named_by_the_platform_is_one_for_all_agents() -> None:
    state = new_state()
    mine = shown(see(state, replace(call("c1"), root_ref=Ref("k"))))
    yours = shown(see(state, replace(call("c9", name=Ref("a2")), root_ref=Ref("k"))))
    assert mine.root_id == yours.root_id
    assert mine.id != yours.id
    other = shown(see(state, call("c2")))
    assert other.root_id not in (mine.root_id, RootId(""))


def test_a_relation_learnt_late_is_told_as_an_update() -> None:
    state = new_state()
    see(state, replace(call("c2", S.DIALING), consult_of_ref=Ref("c1")))
    main = shown(see(state, call("c1", S.HELD)))
    told = see(state, replace(call("c2", S.DIALING), consult_of_ref=Ref("c1")))
    assert tags(told) == ["interaction.updated"]
    assert shown(told).consult_of == main.id


def test_a_call_we_began_has_its_id_before_it_is_seen() -> None:
    state = new_state()
    promised = state.snapshots.identify(state.snapshots.session_of(P, A1), Ref("c1"))
    assert shown(see(state, call())).id == promised


def test_allowed_follows_the_state_and_what_the_dialect_can_say() -> None:
    state = new_state()
    assert "interaction.accept" in shown(see(state, call())).allowed
    connected = shown(see(state, call(state=S.CONNECTED))).allowed
    assert "interaction.accept" not in connected
    assert "interaction.hold" in connected
    assert shown(see(state, call(state=S.COMPLETED))).allowed == ()


def test_what_changes_no_snapshot_is_told_with_its_frame() -> None:
    state = new_state()
    told = see(
        state,
        Noticed(agent=A1, code="device", message="unplugged", error=True),
        Unrecognised(agent=Ref(""), name="onMystery", vendor=msgspec.Raw(b"{}")),
    )
    assert tags(told) == ["platform.notice", "vendor.unrecognised"]
    assert told[0].session_id == state.snapshots.session_of(P, A1)
    assert told[1].session_id is None
    assert told[1].vendor is not None


def test_a_time_of_the_platforms_is_said_to_be_so() -> None:
    state = new_state()
    at = START - timedelta(minutes=1)
    ours, theirs = see(state, call("c1"))[0], see(state, replace(call("c2"), time=at))[0]
    assert (ours.time, ours.time_source) == (START, ev.TimeSource.GATEWAY)
    assert (theirs.time, theirs.time_source) == (at, ev.TimeSource.PLATFORM)


def test_what_is_over_when_it_is_first_seen_ended_when_the_platform_says() -> None:
    at = START - timedelta(minutes=1)
    assert shown(see(new_state(), replace(call("c1", S.WRAP_UP), ended_at=at))).ended_at == at


def test_a_late_word_under_a_new_ref_does_not_lend_it_the_id_of_what_is_completed() -> None:
    state = new_state()

    def told(ref: str, durable: str, at: S) -> InteractionObserved:
        return InteractionObserved(agent=Ref("a1"), ref=Ref(ref), durable_ref=Ref(durable), state=at)

    first = shown(see(state, told("1", "u1", S.CONNECTED)))
    see(state, told("1", "u1", S.COMPLETED))
    assert see(state, told("2", "u1", S.CONNECTED)) == []  # late, after a reload of the page
    second = shown(see(state, told("2", "u2", S.ALERTING)))
    assert second.id != first.id


@pytest.mark.parametrize("late", [S.QUEUED, S.PREVIEW, S.DIALING, S.ALERTING])
def test_a_late_beginning_of_what_the_platform_ended_revives_nothing(late: S) -> None:
    state = new_state()
    known = replace(call(state=S.CONNECTED), durable_ref=Ref("u1"))
    see(state, known, replace(known, state=S.COMPLETED))
    assert see(state, replace(known, state=late)) == []
    assert state.snapshots.interactions() == []
