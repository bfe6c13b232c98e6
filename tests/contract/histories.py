"""Legal histories of a softswitch; some commands are given through the dialect that it is seen by."""

import os
import random
from typing import Final

from hypothesis import strategies as st

from schemas.commands import Login
from tests.contract.known import PLATFORM
from tests.contract.seen_through import AGENTS, World
from tests.dialects.softswitch.test_properties import KINDS, Step, command_of, take

# TRUNKLINE_THOROUGH=10 looks at ten times as many examples as a usual run.
THOROUGH: Final = int(os.environ.get("TRUNKLINE_THOROUGH", "1"))

ORDER: Final = "order"
_KINDS: Final = [*KINDS, *[ORDER] * 25]
STEPS: Final = st.lists(
    st.tuples(st.sampled_from(_KINDS), st.integers(0, 2), st.integers(0, 3), st.integers(0, 999)),
    min_size=20,  # left to itself hypothesis draws half a dozen, in which nobody ever talks
    max_size=70,
)


def step(world: World, one: Step) -> None:
    """One step of a history."""
    kind, who, which, pick = one
    if kind == ORDER:
        order(world, who, which, pick)
    else:
        take(world, one)


def order(world: World, who: int, which: int, pick: int) -> None:
    """What the gateway over the platform says is allowed, given to the platform in its own words."""
    mine = world.known.state.interactions(world.session(AGENTS[who]))
    if not mine:
        return
    about = mine[which % len(mine)]
    if about.allowed:
        verb = about.allowed[pick % len(about.allowed)]
        world.order(command_of(verb, about.id, pick // len(about.allowed)))


def walk(world: World, choose: random.Random, steps: int) -> None:
    """A history as dice have it; whoever was signed out comes back after a while."""
    for _ in range(steps):
        step(world, (choose.choice(_KINDS), choose.randrange(3), choose.randrange(4), choose.randrange(1000)))
        if choose.randrange(40) == 0:
            for agent in AGENTS:
                world.ask(agent, Login(platform_id=PLATFORM, agent_id=agent))
