"""Pages that are loaded again and number their calls anew: nobody's interaction becomes another's.

Of every dialect whose refs are a page's and that can be told whole calls. A page gives out numbers in an
order that the dice choose, so that one call's number is another's the next time.
"""

import random
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec
import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from schemas import events as ev
from schemas.commands import AnyCommand
from schemas.ids import AgentId, InteractionId
from schemas.values import Json
from tests.contract.histories import STEPS, THOROUGH, step
from tests.contract.losses import LOSSES
from tests.contract.seen_through import VENDORS, Line, World
from tests.dialects.softswitch.test_properties import Step

SEED: Final = 20261130
PAGED: Final = [name for name in LOSSES if not VENDORS[name].naming.lasting]
# What names a call for longer than a page is left as it is.
LASTING: Final = frozenset(
    {"globalInteractionId", "interactionUUID", "callUuid", "connId", "caseId", "selectedCaseId"}
)


def renamed(value: Json, names: Mapping[str, str]) -> Json:
    """The same with other names of calls, wherever a page's number stands."""
    match value:
        case dict():
            return {key: one if key in LASTING else renamed(one, names) for key, one in value.items()}
        case list():
            return [renamed(one, names) for one in value]
        case str():
            return names.get(value, value)
        case _:
            return value


class Paged(World):
    """A world in which a page has numbers of its own for the calls."""

    def __init__(self, dialect: str, dice: int) -> None:
        self._dice = random.Random(dice)  # noqa: S311  # repeatable
        self.pages: dict[int, dict[str, str]] = {}  # by line: the truth's name, and the page's
        self.pool: dict[int, list[str]] = {}
        super().__init__(VENDORS[dialect], dice)

    def line(self, agent: AgentId | None) -> Line:
        """A page load: numbers begin anew."""
        line = super().line(agent)
        numbers = [f"page-{number}" for number in range(400)]
        first = numbers[:4]
        self._dice.shuffle(first)
        self.pages[line.number], self.pool[line.number] = {}, [*first, *numbers[4:]]
        return line

    def wire(self, line: Line, frame: bytes) -> Sequence[bytes]:
        """What the page says, in its own numbers."""
        names = self.pages[line.number]
        for one in self.truth.last:
            if one.encode() in frame and one not in names:
                names[one] = self.pool[line.number].pop(0)
        return (msgspec.json.encode(renamed(msgspec.json.decode(frame), names)),)

    def wire_up(self, line: Line, frame: bytes) -> Sequence[bytes]:
        """What it is asked, in the truth's."""
        names = {theirs: truth for truth, theirs in self.pages[line.number].items()}
        return (msgspec.json.encode(renamed(msgspec.json.decode(frame), names)),)

    def meant(self, event: ev.InteractionEvent) -> str:
        """Whose number that is on the page that the agent has now."""
        line = next(one for one in self.lines if one.agent in (None, event.agent_id))
        names = {theirs: truth for truth, theirs in self.pages[line.number].items()}
        return names.get(event.interaction.ref, "")

    def unanswered(self, command: AnyCommand) -> object:  # type: ignore[override]  # never
        """Every page answers."""
        raise AssertionError(command)


@pytest.mark.parametrize("dialect", PAGED)
@seed(SEED)
@settings(
    max_examples=20 * THOROUGH,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # to shrink whole histories takes minutes
)
@given(parts=st.lists(STEPS, min_size=2, max_size=4), dice=st.integers(0, 999))
def test_however_often_pages_are_loaded_again_no_interaction_is_two_customers(
    dialect: str, parts: list[list[Step]], dice: int
) -> None:
    world = Paged(dialect, dice)
    told_as: dict[InteractionId, str] = {}
    looked = 0

    def look() -> None:
        nonlocal looked
        for event in world.known.told[looked:]:
            if not isinstance(event, ev.InteractionEvent) or event.interaction.end_inferred:
                continue
            meant = world.meant(event)
            assert told_as.setdefault(event.interaction.id, meant) == meant, event
        looked = len(world.known.told)

    for part in parts:
        for one in part:
            step_without_orders(world, one)
            look()
        world.connect()
        look()
    truth = {one.id for one in world.truth.state.snapshots.interactions()}
    known = [told_as.get(one.id) for one in world.known.state.snapshots.interactions()]
    assert set(known) <= truth
    assert len(known) == len(set(known)), "one call is two of ours"


def step_without_orders(world: World, one: Step) -> None:
    """Only what happens at the switch: `number` in those steps knows nothing of pages."""
    if one[0] != "order":
        step(world, one)
