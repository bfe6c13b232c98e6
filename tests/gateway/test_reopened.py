"""An end that was only inferred is taken back by the platform's next word; one that it told itself is not."""

from collections.abc import Callable
from datetime import timedelta
from typing import Final

import pytest
from msgspec import UNSET
from msgspec.structs import replace

from gateway.state.fold import State
from gateway.state.snapshots import KEPT
from schemas import events as ev
from schemas.agent import AgentState
from schemas.ids import Ref
from schemas.interaction import Disposition, EndCause, Recording, Side
from schemas.observations import AnyObservation, InteractionGone, InteractionObserved, InteractionsListed
from tests.fakes import START
from tests.gateway.folding import S, new_state, see, shown, tags
from tests.gateway.handmade import A1, P, agent, call

LATER: Final = START + timedelta(minutes=1)
OUT: Final = agent(AgentState.LOGGED_OUT)
EMPTY: Final = InteractionsListed(agent=A1, refs=())


def _tell(state: State, seen: AnyObservation) -> None:
    see(state, seen)


def _give_up(state: State) -> None:
    for one in state.snapshots.interactions():
        state.complete(one, START)


ENDS: Final[dict[str, Callable[[State], None]]] = {
    "logout": lambda state: _tell(state, OUT),
    "list": lambda state: _tell(state, EMPTY),
    "reaper": _give_up,
}


def over(how: str) -> State:
    """A call that was talked on, and is over for all we know."""
    state = new_state()
    see(state, agent(), call(state=S.CONNECTED))
    ENDS[how](state)
    assert state.snapshots.interactions() == []
    return state


def restarted(state: State) -> State:
    """The same after a restart."""
    again = new_state()
    again.snapshots.restore(state.snapshots.dump(), ())
    return again


@pytest.mark.parametrize("how", ENDS)
@pytest.mark.parametrize("restart", [False, True])
@pytest.mark.parametrize("word", [S.ALERTING, S.CONNECTED, S.HELD])
def test_the_platforms_next_word_takes_an_inferred_end_back(how: str, restart: bool, word: S) -> None:  # noqa: FBT001
    state = over(how)
    if restart:
        state = restarted(state)
    (told,) = see(state, call(state=word), now=LATER)
    assert isinstance(told, ev.InteractionReopened)
    one = told.interaction
    assert told.recovered
    assert (one.state, one.ended_at, one.completed_at) == (word, None, None)
    assert (one.end_cause, one.ended_by, one.end_inferred) == (None, None, False)
    assert told.sequence == one.sequence == 5
    assert one.connected_at == START
    assert "interaction.release" in one.allowed or word is S.ALERTING
    assert [open_one.id for open_one in state.snapshots.interactions()] == [one.id]
    ended = see(state, InteractionGone(agent=A1, ref=Ref("c1")), now=LATER)
    assert tags(ended) == ["interaction.ended", "interaction.completed"]
    assert [event.sequence for event in ended] == [6, 7]
    assert not shown(ended).end_inferred


def test_a_list_that_has_it_again_is_such_a_word() -> None:
    state = over("list")
    told = see(state, InteractionsListed(agent=A1, refs=(Ref("c1"),)))
    assert tags(told) == ["interaction.reopened"]
    assert see(state, InteractionsListed(agent=A1, refs=(Ref("c1"),))) == []


@pytest.mark.parametrize("how", ENDS)
@pytest.mark.parametrize("restart", [False, True])
@pytest.mark.parametrize("last", [S.ALERTING, S.CONNECTED, S.HELD])
def test_a_snapshot_without_states_brings_back_what_was_told_last(how: str, restart: bool, last: S) -> None:  # noqa: FBT001
    state = new_state()
    before = see(state, agent(), call(state=last))
    ENDS[how](state)
    if restart:
        state = restarted(state)
    listed = replace(call(), state=UNSET, data={"k": "v"})
    told = [
        *state.observe(P, listed, LATER, recovered=True),
        *state.observe(P, InteractionsListed(agent=A1, refs=(Ref("c1"),)), LATER, recovered=True),
    ]
    assert isinstance(told[0], ev.InteractionReopened)
    one = shown(told)
    assert (one.id, one.state, one.data) == (shown(before).id, last, {"k": "v"})
    assert (one.ended_at, one.completed_at, one.end_cause) == (None, None, None)


def test_wrap_up_that_a_logout_cut_short_has_its_own_end() -> None:
    state = new_state()
    done = replace(call(state=S.WRAP_UP), end_cause=EndCause.NORMAL, ended_by=Side.REMOTE)
    see(state, agent(), call(state=S.CONNECTED), done)
    see(state, OUT, now=LATER)
    assert see(state, call(state=S.WRAP_UP), now=LATER) == []  # which may be late, unless it is listed
    told = see(state, InteractionsListed(agent=A1, refs=(Ref("c1"),)), now=LATER)
    assert tags(told) == ["interaction.reopened", "interaction.ended", "interaction.wrap_up_started"]
    one = shown(told)
    assert (one.ended_at, one.end_cause, one.ended_by) == (START, EndCause.NORMAL, Side.REMOTE)


def test_what_is_said_of_wrap_up_before_the_list_that_has_it_counts() -> None:
    state = new_state()
    done = replace(call(state=S.WRAP_UP), end_cause=EndCause.NORMAL, ended_by=Side.REMOTE)
    see(state, agent(), call(state=S.CONNECTED), done)
    see(state, OUT, now=LATER)
    said = replace(call(state=S.WRAP_UP), data={"case": "4711"})
    assert see(state, said, now=LATER) == []
    told = see(state, InteractionsListed(agent=A1, refs=(Ref("c1"),)), now=LATER)
    assert tags(told)[0] == "interaction.reopened"
    one = shown(told)
    assert (one.state, one.data) == (S.WRAP_UP, {"case": "4711"})
    assert (one.ended_at, one.end_cause, one.ended_by) == (START, EndCause.NORMAL, Side.REMOTE)
    assert see(state, InteractionsListed(agent=A1, refs=(Ref("c1"),)), said, now=LATER) == []


def test_over_a_restart_the_events_alone_bring_it_back() -> None:
    state, again = new_state(), new_state()
    told = see(state, agent(), call(state=S.CONNECTED), OUT, call(state=S.HELD))
    again.snapshots.restore(None, told)
    assert again.snapshots.interactions() == state.snapshots.interactions()


@pytest.mark.parametrize(
    "late",
    [
        call(state=S.CONNECTED),
        call(state=S.WRAP_UP),
        InteractionsListed(agent=A1, refs=(Ref("c1"),)),
        InteractionObserved(agent=A1, ref=Ref("c1"), muted=True),
    ],
)
@pytest.mark.parametrize("restart", [False, True])
def test_what_the_platform_ended_is_not_revived(late: AnyObservation, restart: bool) -> None:  # noqa: FBT001
    state = new_state()
    see(state, agent(), call(state=S.CONNECTED), call(state=S.COMPLETED))
    assert see(restarted(state) if restart else state, late) == []


@pytest.mark.parametrize("how", ENDS)
def test_the_platform_may_say_itself_that_it_is_over(how: str) -> None:
    state = over(how)
    gone = InteractionGone(agent=A1, ref=Ref("c1"), end_cause=EndCause.BUSY, ended_by=Side.REMOTE)
    (told,) = see(state, gone)
    assert isinstance(told, ev.InteractionUpdated)
    assert told.late
    one = told.interaction
    assert (one.end_inferred, one.end_cause, one.ended_by) == (False, EndCause.BUSY, Side.REMOTE)
    assert see(state, gone, call(state=S.CONNECTED)) == []


# --- what comes late


RECORDED: Final = Recording(url="https://r/1")
SAID: Final[dict[str, dict[str, object]]] = {
    "recording": {"recording": RECORDED},
    "duration": {"extras": {"duration": 61}},
    "summary": {"notes": "The customer is happy."},
    "outcome": {"disposition": Disposition(id="sold")},
}


@pytest.mark.parametrize("said", SAID.values(), ids=SAID)
@pytest.mark.parametrize("restart", [False, True])
@pytest.mark.parametrize("word", [S.COMPLETED, UNSET])
def test_what_comes_after_the_end_is_told_once_of_what_is_completed(
    said: dict[str, object],
    restart: bool,  # noqa: FBT001
    word: S | None,
) -> None:
    state = new_state()
    see(state, agent(), call(state=S.CONNECTED), call(state=S.COMPLETED))
    if restart:
        state = restarted(state)
    late = replace(call(), state=word, **said)
    (told,) = see(state, late, now=LATER)
    assert isinstance(told, ev.InteractionUpdated)
    assert (told.late, told.sequence) == (True, 5)
    one = told.interaction
    assert {name: getattr(one, name) for name in said} == said
    assert (one.state, one.completed_at, one.sequence) == (S.COMPLETED, START, 5)
    assert see(state, late) == []
    assert state.snapshots.interactions() == []
    assert state.snapshots.interaction(one.id) == one
    again = new_state()
    again.snapshots.restore(None, [told])
    assert again.snapshots.interaction(one.id) == one


def test_what_is_merely_older_overwrites_nothing() -> None:
    state = new_state()
    noted = replace(call(state=S.COMPLETED), notes="n", recording=RECORDED)
    see(state, agent(), call(state=S.CONNECTED), noted)
    assert see(state, replace(call(state=S.CONNECTED), notes="older"), call(state=S.COMPLETED)) == []


def test_a_late_word_is_found_by_the_next_page_too() -> None:
    state = new_state()
    done = replace(call(state=S.COMPLETED), durable_ref=Ref("u-1"))
    first = shown(see(state, agent(), replace(done, state=S.CONNECTED), done))
    late = replace(done, ref=Ref("n9"), recording=RECORDED)
    (told,) = see(restarted(state), late, link=2)
    assert isinstance(told, ev.InteractionUpdated)
    assert told.interaction.id == first.id


def test_what_was_completed_long_ago_is_known_no_more() -> None:
    state = new_state()
    see(state, agent(), call(state=S.CONNECTED), call(state=S.COMPLETED))
    late = replace(call(state=S.COMPLETED), recording=RECORDED)
    state.snapshots.forget_old(START, START)
    assert tags(see(state, late)) == ["interaction.updated"]
    state = restarted(state)
    state.snapshots.forget_old(START - timedelta(seconds=1), LATER)
    assert tags(see(state, replace(late, notes="y"))) == ["interaction.updated"]
    state.snapshots.forget_old(START, LATER)
    assert see(restarted(state), replace(late, recording=None)) == []
    assert see(state, replace(late, notes="x")) == []


@pytest.mark.parametrize("years", [-40, 40])
def test_how_long_ago_goes_by_our_time_and_not_by_a_platforms(years: int) -> None:
    state, odd = new_state(), START + timedelta(days=365 * years)
    see(state, call(state=S.CONNECTED), now=odd)
    see(state, replace(call(state=S.COMPLETED), ended_at=odd, time=odd), now=odd)
    state.snapshots.forget_old(START - timedelta(hours=24), START)
    assert tags(see(state, replace(call(state=S.COMPLETED), notes="x"))) == ["interaction.updated"]
    state.snapshots.forget_old(START, LATER)
    assert see(state, replace(call(state=S.COMPLETED), notes="y")) == []


def test_no_more_than_so_many_are_kept() -> None:
    state = new_state()
    for number in range(KEPT + 1):
        see(state, call(f"c{number}"), call(f"c{number}", S.COMPLETED))
    late = [replace(call(f"c{number}", S.COMPLETED), notes="x") for number in (0, 1)]
    assert [len(state.observe(P, seen, START)) for seen in late] == [0, 1]


def test_what_changed_until_the_platforms_own_end_is_told_with_it() -> None:
    state = new_state()
    talking = replace(call(state=S.CONNECTED), data={"count": 4})
    see(state, talking, agent(AgentState.LOGGED_OUT))
    (told,) = see(state, replace(talking, state=S.COMPLETED, data={"count": 12}))
    assert isinstance(told, ev.InteractionUpdated)
    assert (told.late, told.interaction.data) == (True, {"count": 12})
    assert see(state, replace(talking, state=S.COMPLETED, data={"count": 13})) == []
