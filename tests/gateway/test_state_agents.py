"""What platforms show of agents becomes events: their state, their focus, their end of work."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from schemas import events as ev
from schemas.agent import AgentState, StateChoice
from schemas.ids import Ref
from schemas.observations import AgentObserved
from tests.fakes import START
from tests.gateway.folding import S, new_state, see, tags
from tests.gateway.handmade import A1, P, agent, call


def test_who_signs_out_has_nothing_open_any_more() -> None:
    state = new_state()
    see(state, agent(), call("c1"), call("c2", S.WRAP_UP), call("x", name=Ref("a2")))
    told = see(state, agent(AgentState.LOGGED_OUT))
    assert tags(told) == [
        "interaction.ended",
        "interaction.completed",
        "interaction.completed",
        "agent.logged_out",
    ]
    assert see(state, agent(AgentState.LOGGED_OUT)) == []
    assert [one.ref for one in state.snapshots.interactions()] == ["x"]


@pytest.mark.parametrize(
    ("before", "change", "told"),
    [
        (None, {"state": AgentState.READY}, ["agent.logged_in", "agent.state_changed"]),
        (None, {"state": AgentState.LOGGED_OUT}, []),
        (AgentState.LOGGED_OUT, {"state": AgentState.NOT_READY}, ["agent.logged_in", "agent.state_changed"]),
        (AgentState.READY, {"state": AgentState.READY}, []),
        (AgentState.READY, {"state": AgentState.BUSY}, ["agent.state_changed"]),
        (AgentState.READY, {"reason": "lunch"}, ["agent.state_changed"]),
        (AgentState.READY, {"pending_state": AgentState.NOT_READY}, ["agent.state_changed"]),
        (AgentState.READY, {"name": "Ann"}, ["agent.updated"]),
        (AgentState.READY, {"choices": (StateChoice(id="", state=AgentState.READY),)}, ["agent.updated"]),
        (AgentState.READY, {"state": AgentState.BUSY, "name": "Ann"}, ["agent.state_changed"]),
        (AgentState.READY, {"vendor_state": "odd"}, ["agent.state_changed"]),
        (AgentState.READY, {"vendor_event": "odd.happened"}, ["agent.updated"]),
        (AgentState.READY, {"extras": {"odd": 1}}, ["agent.updated"]),
    ],
)
def test_a_change_of_an_agent_is_told(
    before: AgentState | None, change: dict[str, object], told: list[str]
) -> None:
    state = new_state()
    if before is not None:
        see(state, agent(before))
    seen = replace(AgentObserved(agent=A1), **change)
    events = see(state, seen)
    assert tags(events) == told
    assert [event.part for event in events] == list(range(len(events)))
    assert see(state, seen) == []


def test_an_agents_sequence_counts_his_own_events_and_since_is_of_the_state() -> None:
    state = new_state()
    see(state, agent(), now=START)
    later = START + timedelta(seconds=5)
    told = see(state, replace(agent(), name="Ann"), now=later)
    assert isinstance(told[0], ev.AgentEvent)
    assert (told[0].sequence, told[0].agent.since) == (3, START)
    assert see(state, agent(AgentState.BUSY), now=later)[0].sequence == 4
    assert state.snapshots.sessions[state.snapshots.session_of(P, A1)].since == later


def test_the_focus_is_told_of_what_it_left_first() -> None:
    state = new_state()
    see(state, call("c1"), call("c2"))
    see(state, AgentObserved(agent=A1, focused=Ref("c1")))
    session = state.snapshots.session_of(P, A1)
    told = see(state, AgentObserved(agent=A1, focused=Ref("c2")))
    assert [(e.interaction.ref, e.interaction.focused) for e in told if isinstance(e, ev.FocusChanged)] == [
        ("c1", False),
        ("c2", True),
    ]
    assert state.snapshots.sessions[session].focused_interaction_id == state.snapshots.interactions()[1].id
    told = see(state, AgentObserved(agent=A1, focused=None))
    assert [(e.interaction.ref, e.interaction.focused) for e in told if isinstance(e, ev.FocusChanged)] == [
        ("c2", False)
    ]
    assert state.snapshots.sessions[session].focused_interaction_id is None


def test_where_several_are_in_front_the_focus_goes_to_another_of_them() -> None:
    state = new_state()
    see(state, *(replace(call(ref), focused=True) for ref in ("c1", "c2")), call("c2", S.COMPLETED))
    session = state.snapshots.sessions[state.snapshots.session_of(P, A1)]
    assert session.focused_interaction_id == state.snapshots.interactions(session.id)[0].id


def test_what_is_completed_has_the_focus_no_more() -> None:
    state = new_state()
    see(state, call("c1"), AgentObserved(agent=A1, focused=Ref("c1")), call("c1", S.COMPLETED))
    assert state.snapshots.sessions[state.snapshots.session_of(P, A1)].focused_interaction_id is None
