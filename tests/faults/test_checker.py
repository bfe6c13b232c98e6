"""A checker that cannot fail is worthless: every kind of fault in the notes is found, and nothing else."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Final

import pytest

from tests.faults.checker import check
from tests.faults.notes import GATEWAY, Event, Fact, Followed, Given, Notes, Order, Reading, Told


def event(cursor: int, kind: str, sequence: int, count: int, state: str) -> Event:
    return Event(f"e{cursor}", kind, cursor, "int_1", sequence, 100 + cursor, "p c1", count, state)


TOLD: Final = (
    event(1, "interaction.created", 1, 1, "alerting"),
    event(2, "interaction.alerting", 2, 1, "alerting"),
    event(3, "interaction.connected", 3, 2, "connected"),
    event(4, "interaction.ended", 4, 3, "completed"),
    event(5, "interaction.completed", 5, 3, "completed"),
    Event("e6", "interaction.created", 6, "int_2", 1, 106, "p c2", 1, "connected"),
    Event("e7", "agent.state_changed", 7, "ses_1", 1, 107, state="ready"),
    Event("e8", "command.finished", 8, "", 0, 108, command="cmd_1", outcome="succeeded"),
    Event("e9", "interaction.data_changed", 9, "int_2", 2, 109, "p c2", 2, "connected"),
)
LATE: Final = replace(TOLD[4], id="e10", type="interaction.updated", cursor=10, sequence=6, late=True)
ASKED: Final = Event("e10", "needinfo.requested", 10, "ses_2", 1, 110, question="q1")
FACTS: Final = (Fact("p c1", 3, "", over=True), Fact("p c2", 2, "connected", over=False))


def notes() -> Notes:
    """A day on which all went well: a kill between change 1 and 2 of c2, which nobody heard."""
    return Notes(
        told=[
            Told("l1", "p c1", 1),
            Told("l1", "p c1", 2),
            Told("l1", "p c1", 3, over=True),
            Told("l1", "p c2", 1),
            Told("l1", "p c9", 1),  # the last words before the kill: c9 came and went unheard
            Told("l1", "p c9", 2, over=True),
            Told("l2", "p c2", 1),
            Told("l2", "p c2", 2),
        ],
        asked=Counter({"m1": 1}),
        done={"m1"},
        orders=[Given("k1", "m1", ("cmd_1",), "succeeded"), Given("k2", "m2", ())],
        followed=[
            Followed("stream", events=list(TOLD)),
            Followed("poll", events=list(TOLD)),
            Followed(
                "hook",
                by_cursor=False,
                types=("interaction.", "command."),
                events=[TOLD[at] for at in (5, 0, 1, 8, 2, 7, 3, 4)],  # the agent's not wanted
                in_time={"e2"},
            ),
        ],
        readings=[Reading(4, (("p c1", 3, "completed"),), TOLD[4:8], 8)],
    )


def reading(**changes: object) -> Callable[[Notes], object]:
    def spoil(day: Notes) -> None:
        day.readings[0] = replace(day.readings[0], **changes)  # type: ignore[arg-type]  # a test's own names

    return spoil


def test_good_day_has_no_findings() -> None:
    assert list(check(notes(), FACTS)) == []


def test_what_a_subscriber_did_not_ask_for_may_stand_between_its_events() -> None:
    day = notes()
    disabled, more = (
        Event("e10", "webhook.disabled", 10, "", 0, 110),
        Event("e11", "agent.updated", 11, "", 0, 111),
    )
    for at in (0, 1):
        day.followed[at].events.append(more)
    day.followed.append(Followed("operator", types=GATEWAY, events=[disabled]))
    assert list(check(day, FACTS)) == []


def test_end_that_is_taken_back_may_come_again() -> None:
    day = notes()
    again = [
        replace(TOLD[at], id=f"e{cursor}", cursor=cursor, sequence=cursor - 4)
        for cursor, at in ((11, 3), (12, 4))
    ]
    everybody(*again)(day)
    assert "duplicated: stream was told interaction.completed of p c1 2 times" in check(day, FACTS)
    back = replace(TOLD[2], id="e10", type="interaction.reopened", cursor=10, sequence=6, count=3)
    for followed in day.followed:
        followed.events.insert(-2, back)
    assert list(check(day, FACTS)) == []


def test_what_is_said_again_at_a_sign_in_is_no_proof_of_what_came_before_it() -> None:
    day = notes()
    listed = Told("l1", "p c8", 4)  # changed while nobody was signed in; then a kill, and it was over
    day.told[4:4] = [listed, Told("l1", "p c2", 1)]
    only_here = [one for one in day.told if one != Told("l2", "p c2", 1)]
    assert list(check(replace(day, told=only_here), FACTS)) == []
    first_here = [one for one in only_here if one != Told("l1", "p c2", 1)]
    first_here.insert(4, Told("l1", "p c2", 1))
    assert any("change 4 of p c8" in one for one in check(replace(day, told=first_here), FACTS))


@pytest.mark.parametrize("pieces", [(1,), ()])
def test_changes_that_were_told_as_one_are_told_with_the_last_and_no_others(pieces: tuple[int, ...]) -> None:
    day = notes()
    first = {
        TOLD[at].id: replace(TOLD[at], count=2, pieces=() if at else pieces) for at in (0, 1)
    }  # created and alerting, one after the other
    for followed in day.followed:
        followed.events = [first.get(one.id, one) for one in followed.events]
    found = [line for line in check(day, FACTS) if "change 1 of p c1" in line]
    assert (not found) is bool(pieces)


def drop(*cursors: int, of: int = 0) -> Callable[[Notes], object]:
    """That subscriber is not told these; None of them for -1."""

    def spoil(day: Notes) -> None:
        for at, followed in enumerate(day.followed):
            if of in (at, -1):
                followed.events = [one for one in followed.events if one.cursor not in cursors]

    return spoil


def put(at: int, one: Event, *, of: int = 0) -> Callable[[Notes], object]:
    return lambda day: day.followed[of].events.insert(at, one)


def everybody(*more: Event) -> Callable[[Notes], object]:
    def spoil(day: Notes) -> None:
        for followed in day.followed:
            followed.events.extend(more)

    return spoil


def agents(*shown: tuple[str, str]) -> Callable[[Notes], object]:
    return reading(cursor=7, events=TOLD[7:8], shown=None, agents=shown)


def order(**changes: object) -> Callable[[Notes], object]:
    def spoil(day: Notes) -> None:
        day.orders[0] = replace(day.orders[0], **changes)  # type: ignore[arg-type]  # a test's own names

    return spoil


def swap(of: int, first: int, second: int) -> Callable[[Notes], object]:
    def spoil(day: Notes) -> None:
        events = day.followed[of].events
        events[first], events[second] = events[second], events[first]

    return spoil


FAULTS: Final[tuple[tuple[str, str, Callable[[Notes], object]], ...]] = (
    ("lost", "stream was never told interaction.connected e3", drop(3)),
    ("lost", "poll was never told command.finished e8", drop(8, of=1)),
    ("lost", "hook was never told interaction.ended e4", drop(4, of=2)),
    (
        "lost",
        "stream was told 1 times that events are no longer kept",
        lambda day: setattr(day.followed[0], "gaps", 1),
    ),
    ("lost", "poll was never told change 2 of p c1, said on l1", drop(3, of=-1)),
    ("lost", "stream was never told the end of p c1, said on l1", drop(5, of=-1)),
    ("lost", "stream has no interaction.ended of p c1", drop(4, of=-1)),
    ("lost", "stream has no interaction.created of p c1", drop(1, of=-1)),
    ("lost", "stream knows p c2 at change 1, connected; it is at 2, connected", drop(9, of=-1)),
    ("lost", "stream does not know p c2, which is open", drop(6, 9, of=-1)),
    (
        "lost",
        "never told change 7 of p c7, said on l1",
        lambda day: day.told.insert(1, Told("l1", "p c7", 7)),
    ),
    ("lost", "command cmd_1 was accepted and has no result", order(outcome="")),
    ("lost", "command cmd_1 succeeded, it is said, and the platform did", lambda day: day.done.clear()),
    ("lost", "stream was never told the end of command cmd_1", drop(8, of=-1)),
    ("lost", "a list at 4 showed change 4 of p c1, held; told was 3", reading(shown=(("p c1", 4, "held"),))),
    ("lost", "a list at 4 showed change 1 of p c2", reading(shown=(("p c2", 1, "connected"),))),
    ("lost", "read on from a list at 4 was never told agent.state_changed e7", reading(events=TOLD[4:6])),
    ("lost", "read on from a list at 4 was told that events are no longer kept", reading(gap=True)),
    (
        "duplicated",
        "read on from a list at 4 was told e99 as cursor 6; others e6",
        reading(events=(*TOLD[4:8], replace(TOLD[5], id="e99"))),
    ),
    ("lost", "question q1 was never over", everybody(ASKED)),
    (
        "duplicated",
        "needinfo.resolved of q1 was told as 2 events",
        everybody(
            ASKED, *(replace(ASKED, id=f"e{at}", type="needinfo.resolved", cursor=at) for at in (11, 12))
        ),
    ),
    ("duplicated", "stream was told e3 2 times", put(5, TOLD[2])),
    ("duplicated", "hook was told e3 2 times", put(5, TOLD[2], of=2)),
    ("duplicated", "was told another e3 than others were", put(3, replace(TOLD[2], digest=0))),
    ("duplicated", "number 2 of int_2 stands on e10, e9", everybody(replace(TOLD[8], id="e10", cursor=10))),
    ("duplicated", "number 9 of cursor stands on e10, e9", everybody(replace(TOLD[8], id="e10", sequence=3))),
    (
        "duplicated",
        "stream was told interaction.completed of p c1 2 times",
        everybody(replace(TOLD[4], id="e10", cursor=10, sequence=6)),
    ),
    (
        "duplicated",
        "stream knows p c2 as int_2, int_3",
        everybody(replace(TOLD[8], id="e10", cursor=10, subject="int_3", sequence=1)),
    ),
    (
        "duplicated",
        "command cmd_1 ended as ['succeeded', 'failed']",
        everybody(replace(TOLD[7], id="e10", cursor=10, outcome="failed")),
    ),
    (
        "duplicated",
        "command cmd_1 ended as ['succeeded'], its client was told failed",
        order(outcome="failed"),
    ),
    ("reordered", "stream was told cursor 3 after 4", swap(0, 2, 3)),
    ("reordered", "stream was told int_1 number 5 after 3", drop(4)),
    (
        "reordered",
        "poll was told change 1 of p c2 after 2",
        everybody(replace(TOLD[8], id="e10", cursor=10, sequence=3, count=1)),
    ),
    ("reordered", "hook was told int_1 number 3 after 4", swap(2, 4, 6)),
    (
        "reordered",
        "was told interaction.updated of p c1 when it was completed",
        everybody(replace(LATE, late=False)),
    ),
    (
        "reordered",
        "was told interaction.data_changed of p c1 when it was completed",
        everybody(replace(LATE, type="interaction.data_changed")),
    ),
    ("reordered", "was told interaction.connected of p c1 when it was unknown", drop(1, 2, of=-1)),
    ("reordered", "was told interaction.completed of p c1 when it was live", drop(4, of=-1)),
    (
        "reordered",
        "was told interaction.reopened of p c2 when it was live",
        everybody(replace(TOLD[8], id="e10", type="interaction.reopened", cursor=10, sequence=3)),
    ),
    (
        "too_late",
        "hook was not told interaction.alerting e2 (cursor 2) while it was of use",
        lambda day: day.followed[2].in_time.clear(),
    ),
    (
        "lost",
        "a list at 6 had no p c2, which was open by then",
        reading(cursor=6, events=TOLD[6:8], shown=()),
    ),
    ("lost", "a list at 7 showed ses_1 as busy; told was ready", agents(("ses_1", "busy"))),
    ("lost", "a list at 7 showed ses_2 as busy; told was nothing", agents(("ses_2", "busy"))),
    ("commands_twice", "the platform was asked m1 2 times", lambda day: day.asked.update(["m1"])),
    ("commands_twice", "idempotency key k1 made cmd_1, cmd_2", order(commands=("cmd_1", "cmd_2"))),
    ("commands_twice", "command cmd_1 did nothing, it is said", order(outcome="failed", harmless=True)),
    ("commands_twice", "k2 was refused, it is said", lambda day: day.asked.update(["m2"])),
)


@pytest.mark.parametrize(("kind", "text", "spoil"), FAULTS, ids=[text for _, text, _ in FAULTS])
def test_fault_is_found(kind: str, text: str, spoil: Callable[[Notes], object]) -> None:
    day = notes()
    spoil(day)
    found = list(check(day, FACTS))
    assert [one for one in found if one.startswith(f"{kind}: ") and text in one], found


def test_what_was_said_last_before_a_kill_is_not_demanded() -> None:
    day = notes()
    day.told.insert(6, Told("l1", "p c2", 99))
    assert list(check(day, FACTS)) == []


def test_what_is_over_when_it_is_first_heard_of_is_not_demanded_unless_it_lasted_there() -> None:
    day = notes()
    day.told.insert(6, Told("l2", "p c8", 5, over=True))
    assert list(check(day, FACTS)) == []
    day.told.insert(6, Told("l2", "p c8", 4))
    assert "lost: stream was never told the end of p c8, said on l2" in check(day, FACTS)


def test_snapshot_of_the_next_connection_does_not_prove_that_the_last_words_of_one_were_heard() -> None:
    day = notes()
    day.told[6:6] = [Told("l1", "p c2", 98), Told("l1", "p c2", 2)]  # cut; the next connection says 2 again
    assert list(check(day, FACTS)) == []


def passed(order: Order, *refused: str, at: int = 0) -> list[str]:
    """What is found where the receiver had number 4 of int_1 before number 3."""
    day = notes()
    swap(2, 4, 6)(day)
    day.followed[2].order = order
    day.followed[2].refused = dict.fromkeys(refused, at)
    return list(check(day, FACTS))


def test_what_the_receiver_refused_may_be_passed_unless_its_order_is_strict() -> None:
    wrong = ["reordered: hook was told int_1 number 3 after 4"]
    assert passed(Order.INTERACTION, "e3", at=4) == []
    assert passed(Order.INTERACTION, "e4", at=4) == wrong  # another one was
    assert passed(Order.INTERACTION, "e3", at=5) == wrong  # it was passed before that
    assert passed(Order.STRICT, "e3", at=4) == wrong
    assert passed(Order.NONE) == []


def test_what_a_receiver_never_takes_is_not_demanded() -> None:
    day = notes()
    drop(9, of=2)(day)
    assert "lost: hook was never told interaction.data_changed e9 (cursor 9)" in check(day, FACTS)
    day.followed[2].never = "interaction.data_changed"
    assert list(check(day, FACTS)) == []


def test_what_other_agents_do_is_not_demanded() -> None:
    day = notes()
    day.followed.append(Followed("b0's", by_cursor=False, types=("interaction.",), agents=frozenset({"b0"})))
    assert list(check(day, FACTS)) == []
    more = replace(TOLD[8], id="e10", cursor=10, sequence=3, agent="b0")
    for followed in day.followed[:3]:
        followed.events.append(more)
    assert "lost: b0's was never told interaction.data_changed e10 (cursor 10)" in check(day, FACTS)


def test_live_events_in_time_are_counted_and_the_share_is_never_rounded_up() -> None:
    day = notes()
    assert (check(day, FACTS).live, check(day, FACTS).live_in_time) == (1, 1.0)
    day.followed[2].in_time.clear()
    day.followed[2].refused["e2"] = 0  # its own word
    assert (check(day, FACTS).live, check(day, FACTS).live_in_time) == (0, 1.0)
    day.followed[2].refused.clear()
    found = check(day, FACTS)
    assert (found.live, found.live_in_time) == (1, 0.0)
    found.live = 10_000
    assert found.live_in_time == 0.999


def test_after_the_end_there_may_be_late_updates() -> None:
    day = notes()
    everybody(LATE)(day)
    assert list(check(day, FACTS)) == []
