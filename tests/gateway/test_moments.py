"""Times in order whatever the platform's clock shows, and time that only counts on is no news."""

from datetime import datetime, timedelta
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from gateway.state.counting import only
from schemas import events as ev
from schemas.agent import AgentState
from schemas.interaction import Interaction, Recording
from schemas.observations import AgentObserved
from schemas.values import TimeSource
from tests.fakes import START
from tests.gateway.folding import S, new_state, see, shown, tags
from tests.gateway.handmade import A1, agent, call

OFF: Final = timedelta(minutes=10)
SECOND: Final = timedelta(seconds=1)


def times(one: Interaction) -> list[datetime]:
    """Those that it has."""
    return [at for at in (one.created_at, one.connected_at, one.ended_at, one.completed_at) if at is not None]


@pytest.mark.parametrize("off", [OFF, -OFF])
def test_a_clock_that_is_off_puts_nothing_out_of_order(off: timedelta) -> None:
    state, created, ended = new_state(), START + off, START + 60 * SECOND + off
    first = replace(call(), created_at=created)
    see(state, first)
    see(state, replace(first, state=S.CONNECTED), now=START + 5 * SECOND)
    over = replace(first, state=S.WRAP_UP, ended_at=ended)
    one = shown(see(state, over, now=START + 60 * SECOND))
    done = shown(see(state, replace(over, state=S.COMPLETED), now=START + 90 * SECOND))
    for seen in (one, done):
        assert times(seen) == sorted(times(seen))
    word = ended.isoformat().replace("+00:00", "Z")
    assert done.extras["ended_at"] == word
    assert ("created_at" in done.extras) == (off > timedelta(0))


def test_a_time_that_was_not_taken_is_no_news_when_it_is_told_again() -> None:
    state = new_state()
    seen = replace(call(state=S.CONNECTED), created_at=START + OFF, extras={"odd": 1})
    one = shown(see(state, seen))
    assert one.created_at == START
    for minutes in (1, 20):
        assert see(state, seen, now=START + timedelta(minutes=minutes)) == []
    told = see(state, replace(seen, extras={"odd": 2}), now=START + OFF)
    assert tags(told) == ["interaction.updated"]
    assert shown(told).extras == {"odd": 2, "created_at": one.extras["created_at"]}


@pytest.mark.parametrize(
    ("told", "taken", "source"),
    [
        (START - SECOND, START - SECOND, TimeSource.PLATFORM),
        (START + OFF, START, TimeSource.GATEWAY),
        (START - OFF, START, TimeSource.GATEWAY),  # before it was created
    ],
)
def test_the_time_of_an_event_is_the_platforms_if_it_can_be(
    told: datetime, taken: datetime, source: TimeSource
) -> None:
    state = new_state()
    see(state, call(), now=START - 5 * SECOND)
    (event,) = see(state, replace(call(state=S.CONNECTED), time=told))
    assert (event.time, event.time_source) == (taken, source)
    one = shown([event])
    assert times(one) == sorted(times(one))


MINUTES: Final = st.none() | st.integers(-30, 30)


@given(st.lists(st.tuples(st.sampled_from(S), MINUTES, MINUTES, MINUTES), max_size=8))
def test_no_clock_puts_times_out_of_order(words: list[tuple[S, int | None, int | None, int | None]]) -> None:
    state = new_state()

    def at(minutes: int | None) -> datetime | None:
        return None if minutes is None else START + timedelta(minutes=minutes)

    for place, (word, created, ended, time) in enumerate(words):
        now = START + timedelta(minutes=place)
        seen = replace(call(state=word), time=at(time), ended_at=at(ended), created_at=at(created))
        for event in see(state, seen, now=now):
            assert isinstance(event, ev.InteractionEvent)
            assert times(event.interaction) == sorted(times(event.interaction))
            assert all(time <= now for time in times(event.interaction))
            assert event.time <= now


# --- since


def test_since_is_of_state_and_reason() -> None:
    state = new_state()
    see(state, replace(agent(AgentState.NOT_READY), reason="Break"))
    told = see(state, replace(agent(AgentState.NOT_READY), reason="Lunch"), now=START + OFF)
    assert isinstance(told[-1], ev.AgentEvent)
    assert (told[-1].agent.reason, told[-1].agent.since) == ("Lunch", START + OFF)


def test_of_custom_states_since_is_of_the_platforms_word() -> None:
    state = new_state()
    for minutes, word in enumerate(("Coffee", "Coffee", "Workshop")):
        seen = AgentObserved(agent=A1, state=AgentState.UNKNOWN, vendor_state=word)
        see(state, seen, now=START + timedelta(minutes=minutes))
    (session,) = state.snapshots.sessions.values()
    assert session.since == START + timedelta(minutes=2)


def test_a_clock_ahead_sets_since_to_ours_and_is_quoted() -> None:
    state = new_state()
    see(state, replace(agent(), time=START + OFF))
    (session,) = state.snapshots.sessions.values()
    assert session.since == START
    assert session.extras["since"] == (START + OFF).isoformat().replace("+00:00", "Z")
    assert see(state, replace(agent(), time=START + OFF)) == []


# --- counting


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"duration": 1}, {"duration": 2}),
        ({}, {"duration": 2}),
        ({"parties": [{"name": "Ann", "talkTime": 4}]}, {"parties": [{"name": "Ann", "talkTime": 5}]}),
        ({"state": {"time_in_state": "00:00:09"}}, {"state": {"time_in_state": "00:01:09"}}),
        ({"before": "DIALING"}, {"before": "UNKNOWN"}),
        ({"parties": [{"side": "caller"}]}, {"parties": [{"side": "unknown"}]}),
    ],
)
def test_time_that_counts_on_is_no_news_and_rides_along(
    before: dict[str, object], after: dict[str, object]
) -> None:
    assert only(before, after)
    state = new_state()
    seen = replace(call(state=S.CONNECTED), extras=before)
    see(state, seen)
    assert see(state, replace(seen, extras=after)) == []
    assert see(state, replace(seen, extras=after), link=2) == []
    told = see(state, replace(seen, extras=after, recording=Recording(url="https://r")))
    assert tags(told) == ["interaction.recording_changed"]
    assert shown(told).extras == after
    see(state, replace(agent(), extras=before))
    assert see(state, replace(agent(), extras=after)) == []


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"duration": 1, "odd": 1}, {"duration": 2, "odd": 2}),
        ({"duration": "short"}, {"duration": "long"}),
        ({"durations": {"a": 1}}, {"durations": {"a": 2}}),
        ({"duration": True}, {"duration": False}),
        ({"before": "DIALING"}, {"before": "RINGING"}),
        ({"before": "UNKNOWN"}, {"before": "DIALING"}),
        ({"before": "DIALING"}, {}),
    ],
)
def test_what_only_looks_like_it_is_news(before: dict[str, object], after: dict[str, object]) -> None:
    state = new_state()
    seen = replace(call(state=S.CONNECTED), extras=before)
    see(state, seen)
    assert tags(see(state, replace(seen, extras=after))) == ["interaction.updated"]
