"""Legal histories of a softswitch; some commands are given through the dialect that it is seen by."""

import os
import random
from collections.abc import Iterator
from typing import Final

from hypothesis import strategies as st

from adapters.contract.dialect import Done
from schemas.commands import Login, VendorCall
from schemas.values import Json
from tests.contract.known import PLATFORM
from tests.contract.seen_through import AGENTS, World, number
from tests.dialects.softswitch.driver import SESSION
from tests.dialects.softswitch.test_properties import KINDS, Step, command_of, take

# TRUNKLINE_THOROUGH=10 looks at ten times as many examples as a usual run.
THOROUGH: Final = int(os.environ.get("TRUNKLINE_THOROUGH", "1"))

ORDER: Final = "order"
ENDING: Final = frozenset(
    {"interaction.reject", "interaction.release", "interaction.complete_transfer"}
    | {"interaction.single_step_transfer"}
)
GUEST: Final = "guest"
# Contacts of which more is known than is usual.
GUESTS: Final[tuple[tuple[str, dict[str, Json]], ...]] = (
    (
        "simulate.inbound_call",
        {"ani": "+15550123", "dnis": "800", "name": "Cy Young", "data": {"case": "42"}},
    ),
    ("simulate.inbound_call", {"ani": "", "data": {"n": 1, "deep": {"list": [1, None, "x"]}}}),
    ("simulate.inbound_chat", {"address": "+15550124", "channel_type": "sms", "name": "Cy", "text": "Hello"}),
    ("simulate.inbound_email", {"address": "c@example.org", "subject": "Hello", "name": "Cy Young"}),
)
_KINDS: Final = [*KINDS, *[ORDER] * 25, *[GUEST] * 6]
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
    elif kind == GUEST:
        method, said = GUESTS[pick % len(GUESTS)]
        agent = AGENTS[who] if which else ""
        call = VendorCall(session_id=SESSION, method=method, params=({**said, "agent": agent},))
        world.ask(AGENTS[who], call)
    else:
        take(world, one)


def order(world: World, who: int, which: int, pick: int) -> None:
    """What the gateway over the platform says is allowed, given to the platform in its own words."""
    mine = world.known.state.snapshots.interactions(world.session(AGENTS[who]))
    if not mine:
        return
    about = mine[which % len(mine)]
    if not about.allowed:
        return
    verb = about.allowed[pick % len(about.allowed)]
    live = world.truth.last[number(about)].ended_at is None
    outcome = world.order(command_of(verb, about.id, pick // len(about.allowed)))
    over = world.truth.last[number(about)].ended_at is not None
    if live and over and verb in ENDING and isinstance(outcome, Done):
        world.ended_by_us.add(number(about))


def walk(world: World, seed: int, steps: int) -> Iterator[World]:
    """A history as dice have it, step by step; whoever was signed out comes back after a while."""
    choose = random.Random(seed)  # noqa: S311  # repeatable
    for _ in range(steps):
        step(world, (choose.choice(_KINDS), choose.randrange(3), choose.randrange(4), choose.randrange(1000)))
        if choose.randrange(40) == 0:
            for agent in AGENTS:
                world.ask(agent, Login(platform_id=PLATFORM, agent_id=agent))
        yield world
