"""Any legal history of a softswitch, seen through any dialect, folds to the same snapshots.

Any that can be told a whole call: the older desktop API lists calls without their states, and is not here.
What a dialect cannot say is in `losses`; everything else is equal after every step. That what is told keeps
its promises (created first, ended and completed once, no gaps) is checked by `Known`, on both sides.
"""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schemas import events as ev
from schemas.interaction import InteractionState, Media
from tests.contract.comparing import Comparison
from tests.contract.histories import STEPS, THOROUGH, step, walk
from tests.contract.losses import LOSSES
from tests.contract.seen_through import VENDORS, World
from tests.dialects.softswitch.test_properties import Step


@pytest.mark.parametrize("dialect", LOSSES)
@settings(max_examples=100 * THOROUGH, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps=STEPS, seed=st.integers(0, 3))
def test_any_history_folds_to_the_same_snapshots(dialect: str, steps: list[Step], seed: int) -> None:
    world = World(VENDORS[dialect], seed)
    for one in steps:
        step(world, one)
        assert not Comparison(world).differences()
    world.wait(3600)
    assert not Comparison(world).differences()


@pytest.mark.parametrize("dialect", LOSSES)
def test_walks_go_through_every_state_and_are_understood(dialect: str) -> None:
    """Else the property above might compare little; nothing of ours may be strange to ourselves."""
    worlds = [World(VENDORS[dialect], seed) for seed in range(4)]
    for seed, world in enumerate(worlds):
        for now in walk(world, seed, 600):
            assert not Comparison(now).differences()
    told = [event for world in worlds for event in world.known.told]
    assert not [event for event in told if isinstance(event, ev.VendorUnrecognised)]
    shown = [event.interaction for event in told if isinstance(event, ev.InteractionEvent)]
    assert {one.media for one in shown} == {Media.VOICE, Media.CHAT, Media.EMAIL}
    assert {one.state for one in shown} >= {
        InteractionState.DIALING,
        InteractionState.ALERTING,
        InteractionState.CONNECTED,
        InteractionState.HELD,
        InteractionState.WRAP_UP,
        InteractionState.COMPLETED,
    }
    assert any(one.consult_of for one in shown)
    assert any(one.conference for one in shown)


@pytest.mark.parametrize("dialect", LOSSES)
def test_what_is_declared_to_be_lost_is_lost_and_nothing_else_is(dialect: str) -> None:
    losses, unlike = LOSSES[dialect], set[str]()
    for seed in range(10):
        for world in walk(World(VENDORS[dialect], seed), seed, 600):
            unlike |= Comparison(world).unlike()
    assert {*losses.interaction, *losses.agent} == unlike
