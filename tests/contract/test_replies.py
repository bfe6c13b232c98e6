"""Each reply is given once, to whoever waits for it, and to nobody else: late, duplicate and foreign replies.

What is sent here is what each dialect's own platform says on an ordinary day, said again, too late, or to a
connection that asked nothing.
"""

import copy
from collections.abc import Sequence

import pytest

from adapters.contract.dialect import PlatformConnection, PlatformOutput, Replied
from schemas.ids import AgentId
from tests.contract.histories import walk
from tests.contract.seen_through import VENDORS, Line, World

STEPS = 300


def replied(outputs: Sequence[PlatformOutput]) -> list[int]:
    """The calls that were answered."""
    return [one.call_id for one in outputs if isinstance(one, Replied)]


class Repeats:
    """Says to copies of one connection what must not be taken for an answer."""

    def __init__(self, world: "Repeating") -> None:
        self._world = world
        self._idle: PlatformConnection | None = None  # as it was before any call

    def ready(self, connection: PlatformConnection) -> None:
        """The handshake is over, and nothing is called yet."""
        self._idle = self._world.copy(connection)

    def about_to_read(self, connection: PlatformConnection, frame: bytes) -> None:
        """This frame comes next."""
        world, now = self._world, self._world.now
        once = world.copy(connection)
        answered = replied(once.received(frame, now))
        if not answered:
            return
        assert replied(once.received(frame, now)) == []
        world.duplicates += 1
        for call_id in answered:
            late = world.copy(connection)
            late.forget(call_id)
            assert call_id not in replied(late.received(frame, now))
            world.late += 1
        if self._idle is not None:
            assert replied(world.copy(self._idle).received(frame, now)) == []
            world.foreign += 1


class RepeatingLine(Line):
    """A connection whose copies hear each reply where they must not."""

    def __init__(self, world: "Repeating", agent: AgentId | None) -> None:
        super().__init__(world, agent)
        self._repeats = Repeats(world)

    def received(self, frame: bytes) -> None:
        """Before it counts."""
        if not self.closed:
            self._repeats.about_to_read(self.connection, frame)
        was_ready = self.ready
        super().received(frame)
        if self.ready and not was_ready:
            self._repeats.ready(self.connection)


class Repeating(World):
    """A world of such connections."""

    def __init__(self, dialect: str) -> None:
        self.duplicates = self.late = self.foreign = 0
        self._of_the_switch: Repeats | None = None
        super().__init__(VENDORS[dialect], 1)

    def line(self, agent: AgentId | None) -> Line:
        """One of them."""
        return RepeatingLine(self, agent)

    def copy(self, connection: PlatformConnection) -> PlatformConnection:
        """The connection as it is; the settings are shared."""
        return copy.deepcopy(connection, {id(one): one for one in (self.north, self.south)})

    def _take(self, frames: object) -> None:
        """The simulated platform's own dialect is one of them."""
        assert isinstance(frames, list)
        if self._of_the_switch is None:
            self._of_the_switch = Repeats(self)
            self._of_the_switch.ready(self._switch)
        for frame in frames:
            self._of_the_switch.about_to_read(self._switch, frame)
            super()._take([frame])


@pytest.mark.parametrize("dialect", VENDORS)
def test_a_reply_is_given_once_and_to_whoever_waits_for_it(dialect: str) -> None:
    world = Repeating(dialect)
    for _ in walk(world, 1, STEPS):
        pass
    assert min(world.duplicates, world.late, world.foreign) > STEPS // 10
