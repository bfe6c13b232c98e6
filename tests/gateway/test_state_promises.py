"""What no platform and no restart can break."""

from collections.abc import Sequence
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET
from msgspec.structs import replace

from gateway.runtime.ids import Minter
from gateway.state.fold import State
from schemas import events as ev
from schemas.agent import AgentState
from schemas.ids import Cursor, InteractionId, PlatformId, Ref
from schemas.interaction import EndCause, Interaction
from schemas.observations import (
    AgentObserved,
    AnyObservation,
    InteractionGone,
    InteractionObserved,
    InteractionsListed,
)
from tests.fakes import START
from tests.gateway.folding import ANN, BOB, S, new_state, see, tags
from tests.gateway.handmade import CAPABILITIES, NAME, P, agent, call

# --- over a restart


def journaled(events: Sequence[ev.AnyEvent]) -> list[ev.AnyEvent]:
    return [replace(event, cursor=Cursor(place)) for place, event in enumerate(events, 1)]


def same(one: State, other: State) -> None:
    assert one.snapshots.interactions() == other.snapshots.interactions()
    assert one.snapshots.sessions == other.snapshots.sessions


@pytest.mark.parametrize("dumped_after", [0, 2, 5])
def test_a_dump_and_the_events_since_are_the_whole_state(dumped_after: int) -> None:
    seen: list[AnyObservation] = [
        agent(),
        replace(call("c1", S.CONNECTED), durable_ref=Ref("g1")),
        call("c2"),
        call("c2", S.COMPLETED),
        replace(call("c1", S.HELD), durable_ref=Ref("g1")),
    ]
    before = new_state()
    see(before, *seen[:dumped_after])
    dump = before.snapshots.dump()
    later = journaled(see(before, *seen[dumped_after:]))
    after = new_state()
    after.snapshots.restore(dump, later)
    same(after, before)
    held = replace(call("n1", S.HELD), durable_ref=Ref("g1"))
    assert see(after, agent(), held) == []
    assert tags(see(after, call("n1", S.CONNECTED))) == ["interaction.retrieved"]


def test_late_frames_are_ignored_after_a_restart_too() -> None:
    before, after = new_state(), new_state()
    after.snapshots.restore(None, journaled(see(before, call(), call(state=S.COMPLETED))))
    assert see(after, call(state=S.CONNECTED)) == []


def test_what_belongs_to_a_platform_configured_no_longer_is_left_out() -> None:
    before, after = new_state(), new_state()
    see(before, agent(), call())
    gone = State({PlatformId("q"): CAPABILITIES}, {PlatformId("q"): NAME}, Minter())
    gone.snapshots.restore(before.snapshots.dump(), see(after, call("c9")))
    assert (gone.snapshots.sessions, gone.snapshots.interactions()) == ({}, [])


# --- whatever comes

REFS: Final = st.sampled_from(["r1", "r2", "r3"]).map(Ref)
AGENTS: Final = st.sampled_from(["a1", "a2"]).map(Ref)
MAYBE: Final = st.none() | st.sampled_from(["d1", "d2"]).map(Ref)
INTERACTIONS: Final = st.builds(
    InteractionObserved,
    agent=AGENTS,
    ref=REFS,
    durable_ref=MAYBE,
    consult_of_ref=st.just(UNSET) | REFS,
    state=st.just(UNSET) | st.sampled_from(S),
    ended=st.booleans() | st.just(value=False),
    end_cause=st.just(UNSET) | st.sampled_from(EndCause),
    muted=st.just(UNSET) | st.booleans(),
    focused=st.just(UNSET) | st.booleans(),
    parties=st.just(UNSET) | st.sampled_from([(), (ANN,), (ANN, BOB), (replace(ANN, held=True),)]),
    data=st.just(UNSET) | st.sampled_from([{}, {"a": 1}]),
)
OBSERVATIONS: Final = st.one_of(
    INTERACTIONS,
    INTERACTIONS,
    st.builds(InteractionGone, agent=AGENTS, ref=REFS),
    st.builds(InteractionsListed, agent=AGENTS, refs=st.lists(REFS, max_size=2).map(tuple)),
    st.builds(
        AgentObserved,
        agent=AGENTS,
        state=st.just(UNSET) | st.sampled_from(AgentState),
        focused=st.just(UNSET) | st.none() | REFS,
    ),
)


class Watcher:
    """Holds the promises of schemas.events against what is told."""

    def __init__(self) -> None:
        self.last: dict[InteractionId, Interaction] = {}
        self.completed: set[InteractionId] = set()
        self.ended: set[InteractionId] = set()
        self.agents: dict[str, int] = {}
        self.told: dict[InteractionId, int] = {}

    def tell(self, events: Sequence[ev.AnyEvent]) -> None:
        """Take in what one observation led to."""
        for event in events:
            if isinstance(event, ev.InteractionEvent):
                self.interaction(event)
            elif isinstance(event, ev.AgentEvent):
                assert event.sequence == self.agents.get(event.agent.id, 0) + 1
                self.agents[event.agent.id] = event.sequence

    def interaction(self, event: ev.InteractionEvent) -> None:
        """Created first, counted, ended once and completed last in each life."""
        now = event.interaction
        before = self.last.get(now.id)
        assert isinstance(event, ev.InteractionCreated) == (before is None)
        if isinstance(event, ev.InteractionReopened):
            assert before is not None
            assert before.end_inferred
            assert now.id in self.completed
            assert event.recovered
            self.completed.discard(now.id)
            self.ended.discard(now.id)
        late = isinstance(event, ev.InteractionUpdated) and event.late
        assert late == (now.id in self.completed)
        times = [now.created_at, now.connected_at, now.ended_at, now.completed_at]
        told = [time for time in times if time is not None]
        assert told == sorted(told)
        assert event.sequence == (1 if before is None else self.told[now.id] + 1)
        assert (now.ended_at is None) == (now.end_cause is None)
        if isinstance(event, ev.InteractionEnded):
            assert now.id not in self.ended
            self.ended.add(now.id)
        if isinstance(event, ev.InteractionCompleted):
            assert now.id in self.ended
            assert event.sequence == now.sequence
            self.completed.add(now.id)
        self.last[now.id] = now
        self.told[now.id] = event.sequence


@given(st.lists(st.tuples(OBSERVATIONS, st.booleans()), max_size=25))
def test_no_platform_breaks_the_promises(script: list[tuple[AnyObservation, bool]]) -> None:
    state, watcher = new_state(), Watcher()
    for seen, twice in script:
        events = state.observe(P, seen, START)
        watcher.tell(events)
        if twice:
            watcher.tell(state.observe(P, seen, START))
        for open_one in state.snapshots.interactions():
            assert open_one.state is not S.COMPLETED
            assert watcher.last[open_one.id].sequence == open_one.sequence
        for session in state.snapshots.sessions.values():
            focused = session.focused_interaction_id
            assert focused is None or focused in {one.id for one in state.snapshots.interactions(session.id)}
    again = new_state()
    again.snapshots.restore(state.snapshots.dump(), ())
    same(again, state)


@given(st.lists(OBSERVATIONS, max_size=25), st.integers(0, 25))
def test_a_restart_at_any_moment_changes_nothing(script: list[AnyObservation], cut: int) -> None:
    state = new_state()
    see(state, *script[:cut])
    dump = state.snapshots.dump()
    later = see(state, *script[cut:])
    again = new_state()
    again.snapshots.restore(dump, later)
    assert [strip(one) for one in again.snapshots.interactions()] == [
        strip(one) for one in state.snapshots.interactions()
    ]


def strip(interaction: Interaction) -> Interaction:
    """Without what is changed in silence: vendor ids are learnt anew from the next snapshot."""
    return replace(interaction, ref=Ref(""), durable_ref=None, refs={}, vendor_state="")
