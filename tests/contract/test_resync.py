"""Frames that are lost, doubled or late: a connection that is opened again finds out how things stand.

Whatever happened on the wire before, after the new handshake what is known is what is so, nothing was told
twice, and what had been missed is told before the link counts as ready, so that it is marked as recovered.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.contract.dialect import Outcome
from schemas import events as ev
from schemas.commands import AnyCommand
from schemas.errors import MalformedFrame
from schemas.ids import InteractionId
from schemas.interaction import Interaction, InteractionState
from tests.contract.comparing import Comparison
from tests.contract.errands import DOWN
from tests.contract.histories import STEPS, THOROUGH, step
from tests.contract.losses import LOSSES
from tests.contract.seen_through import VENDORS, Line, World, number
from tests.dialects.softswitch.test_properties import Step

COMPLETED: Final = InteractionState.COMPLETED
PASS: Final = "pass"
DROP: Final = "drop"
DOUBLE: Final = "double"
HOLD: Final = "hold"  # until another one has passed
RELEASE: Final = "release"  # pass, and let go what is held, the last first
FAULTS: Final = st.lists(
    st.sampled_from((PASS, PASS, PASS, DROP, DOUBLE, HOLD, HOLD, RELEASE)), min_size=20, max_size=200
)


class Faulty(World):
    """A world whose wires do as they like until it is mended."""

    def __init__(self, dialect: str, seed: int, faults: Sequence[str]) -> None:
        self._faults: Iterator[str] = iter(faults)
        self._held: dict[tuple[Line, bool], list[bytes]] = {}
        self.accounted: Counter[InteractionId] = Counter()  # how many of ours may be the same one of theirs
        super().__init__(VENDORS[dialect], seed)

    def mend(self) -> None:
        """Connect anew, over wires that are as they should be."""
        self._faults = iter(())
        self._held.clear()
        over = {one.id for one in self.truth.last.values() if one.ended_at is not None}
        taken_for_over = {number(one) for one in self.known.last.values() if one.ended_at is not None}
        self.unsure = over | taken_for_over
        self.accounted = Counter(number(one) for one in self.known.last.values())
        # Neither an end nor a completion is taken back: after a wrong one another interaction begins.
        completed = {one.id for one in self.truth.last.values() if one.state is COMPLETED}
        taken_for_completed = {number(one) for one in self.known.last.values() if one.state is COMPLETED}
        self.accounted.update((taken_for_over - over) | (taken_for_completed - completed))
        # Nor is a leg known again that rings somebody else by now: its number alone is no proof.
        moved = {number(one) for one in self.known.last.values() if self._rings_another(one)}
        self.unsure |= moved
        self.accounted.update(moved)
        self.connect()

    def _rings_another(self, one: Interaction) -> bool:
        truth = self.truth.last.get(number(one))
        return truth is not None and truth.remote_address != one.remote_address

    def wire(self, line: Line, frame: bytes) -> Sequence[bytes]:
        """What arrives of what the platform says."""
        return self._through(self._held.setdefault((line, True), []), frame)

    def wire_up(self, line: Line, frame: bytes) -> Sequence[bytes]:
        """What arrives of what the gateway says."""
        return self._through(self._held.setdefault((line, False), []), frame)

    def _through(self, held: list[bytes], frame: bytes) -> Sequence[bytes]:
        match next(self._faults, PASS):
            case "drop":
                return ()
            case "double":
                return (frame, frame)
            case "hold":
                held.append(frame)
                return ()
            case "release":
                released = [frame, *reversed(held)]
                held.clear()
                return released
            case _:
                return (frame,)

    def unanswered(self, command: AnyCommand) -> Outcome:
        """It may come late, or never."""
        del command
        return DOWN

    def malformed(self, error: MalformedFrame) -> None:
        """Every frame is well-formed, whenever it comes."""
        raise error


@pytest.mark.parametrize("dialect", LOSSES)
@settings(max_examples=100 * THOROUGH, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(before=STEPS, after=STEPS, seed=st.integers(0, 3), faults=FAULTS)
def test_a_new_connection_finds_out_how_things_stand(
    dialect: str, before: list[Step], after: list[Step], seed: int, faults: list[str]
) -> None:
    world = Faulty(dialect, seed, faults)
    for one in before:
        step(world, one)
    told = len(world.known.told)
    world.mend()
    assert all(line.ready and not line.closed for line in world.lines)
    assert not Comparison(world, disturbed=True).differences()
    assert all(event.recovered for event in world.known.told[told:])
    for one in after:
        step(world, one)
        assert not Comparison(world, disturbed=True).differences()
    assert not twice(world)


@pytest.mark.parametrize("dialect", LOSSES)
@settings(max_examples=50 * THOROUGH, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps=STEPS, seed=st.integers(0, 3))
def test_a_frame_that_comes_twice_says_nothing_new(dialect: str, steps: list[Step], seed: int) -> None:
    doubled, quiet = Doubled(dialect, seed), World(VENDORS[dialect], seed)
    for one in steps:
        step(doubled, one)
        step(quiet, one)
    assert changes(doubled) == changes(quiet)
    assert not Comparison(doubled).differences()


class Doubled(World):
    """A world in which the platform says everything twice."""

    def __init__(self, dialect: str, seed: int) -> None:
        super().__init__(VENDORS[dialect], seed)

    def wire(self, line: Line, frame: bytes) -> Sequence[bytes]:
        """Twice."""
        del line
        return (frame, frame)


def changes(world: World) -> list[tuple[type[ev.AnyEvent], str]]:
    """What was told, and of what. A notice is no state: whoever says "hi" twice may mean it."""
    return [
        (type(event), event.interaction.id if isinstance(event, ev.InteractionEvent) else str(event.agent_id))
        for event in world.known.told
        if not isinstance(event, ev.PlatformNotice)
    ]


def twice(world: Faulty) -> set[InteractionId]:
    """What was taken for another one since the new connection: two of ours are one of the platform's.

    While frames overtake each other in a handshake that does not end, nobody can tell late from anew.
    """
    names = Counter(number(one) for one in world.known.last.values())
    return {name for name, count in names.items() if count > max(1, world.accounted[name])}
