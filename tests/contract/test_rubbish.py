"""Whatever comes in, a connection raises nothing but MalformedFrame, and goes on as if that had not come.

Every frame on the wire between the two roles of a dialect may have rubbish before it, made of the frames that
really crossed. The connections are probed with copies. What a copy refuses the real one refuses too, and the
history has to go on as if nothing had been. What a copy takes is some other legal frame: it goes to a second
pair of connections, which hears everything, legal or not, and must never raise anything else either.
"""

import copy
import json
import random
import sys
from collections.abc import Callable, Sequence
from functools import cache
from typing import Final, TypeVar

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.contract.dialect import (
    Asked,
    ClientConnection,
    ClientOutput,
    Done,
    Execute,
    Outcome,
    PlatformConnection,
    PlatformOutput,
    Replied,
    Reply,
    Send,
)
from adapters.softswitch import codec
from adapters.softswitch.binding import DIALECT as SOFTSWITCH
from gateway.runtime.frames import check
from gateway.runtime.ids import Minter
from gateway.state.fold import State
from schemas import events as ev
from schemas.commands import AnyCommand
from schemas.errors import MalformedFrame, UnsupportedError
from schemas.ids import AgentId
from schemas.needinfo import Question
from schemas.observations import Observation
from schemas.results import ErrorCode, Failed, FinalResult, Succeeded
from tests.clients import bodies
from tests.contract.errands import Errand
from tests.contract.histories import STEPS, THOROUGH, step, walk
from tests.contract.known import PLATFORM
from tests.contract.losses import LOSSES
from tests.contract.mutations import Rubbish
from tests.contract.seen_through import VENDORS, Line, Told, World
from tests.dialects.golden import FRAMES
from tests.dialects.softswitch.driver import Driver
from tests.dialects.softswitch.test_properties import STEPS as SWITCH_STEPS
from tests.dialects.softswitch.test_properties import WORLD, Step, take

AT_MOST: Final = 3  # pieces of rubbish before one frame
CALLS: Final = 30  # after so many a flow has gone on long enough
FORGET: Final = 100  # frames after which the second pair is a copy of the first again
ANSWERS: Final[tuple[FinalResult, ...]] = (
    Succeeded(),
    Succeeded(data=[{"id": "d", "name": "n"}]),
    Succeeded(data="odd"),
    Failed(code=ErrorCode.WRONG_STATE),
)
T = TypeVar("T", PlatformConnection, ClientConnection)

_event = msgspec.json.Decoder(ev.AnyEvent).decode
_command = msgspec.json.Decoder(AnyCommand).decode


def taken(receive: Callable[[], object]) -> bool:
    """Whether a frame is taken: it is, or it is malformed."""
    try:
        receive()
    except MalformedFrame:
        return False
    return True


@cache
def documented(dialect: str) -> tuple[bytes, ...]:
    """Every golden frame: they say what our own encoders never would."""
    found: list[bytes] = []
    for path in sorted((FRAMES / dialect / "frames").glob("*.json")):
        frame = json.loads(path.read_bytes())["frame"]
        found += [json.dumps(one).encode() for one in (frame if isinstance(frame, list) else [frame])]
    return tuple(found)


@cache
def members(dialect: str) -> tuple[str, ...]:
    """Every member that the dialect reads or writes."""
    return tuple(
        sorted(
            {
                name
                for module in [
                    one for at, one in sys.modules.items() if at.startswith(f"adapters.{dialect}.")
                ]
                for kind in vars(module).values()
                if isinstance(kind, type) and issubclass(kind, msgspec.Struct)
                for name in kind.__struct_encode_fields__
            }
        )
    )


def legal(*frames: bytes) -> None:
    """Frames of ours are JSON."""
    for frame in frames:
        check(frame)
        msgspec.json.decode(frame, type=msgspec.Raw)


class NoisyLine(Line):
    """A connection on whose wire there is rubbish, in both directions."""

    def __init__(self, world: "Noisy", agent: AgentId | None) -> None:
        super().__init__(world, agent)
        self._noisy = world
        dialect = world.dialect
        assert dialect.event_encoder is not None
        self._encode = dialect.event_encoder(world.north)
        self._state = State({PLATFORM: dialect.capabilities}, {PLATFORM: dialect.name}, Minter())
        self._frames = 0
        self._spoilt_client = self.client
        self._spoilt_connection = self.connection

    def open(self) -> None:
        """The second pair begins as the first does."""
        self._spoilt_client, self._spoilt_connection = self._copy(self.client), self._copy(self.connection)
        super().open()

    def tell(self, told: Told) -> None:
        """Both clients hear of changes."""
        self._spoilt_client.change(told.change, told.encoded)
        super().tell(told)

    def received(self, frame: bytes) -> None:
        """Rubbish first."""
        now = self._noisy.now
        for bad in self._noisy.rubbish(frame):
            probe = self._copy(self.connection)
            try:
                outputs = probe.received(bad, now)
            except MalformedFrame:
                assert not taken(lambda: self.connection.received(bad, now))  # noqa: B023  # at once
                self._noisy.turned_down += 1
                continue
            self._noisy.taken += 1
            for output in outputs:
                if isinstance(output, Replied) and output.call_id in self.errands.waiting:
                    self._noisy.misled(self.connection, self.errands.waiting[output.call_id], output.reply)
            self._spoil_platform(bad)
        self._spoil_platform(frame)
        super().received(frame)

    def heard(self, frame: bytes) -> None:
        """Rubbish first."""
        now = self._noisy.now
        for bad in self._noisy.rubbish(frame):
            if taken(lambda: self._copy(self.client).received(bad, now)):  # noqa: B023  # at once
                self._noisy.taken += 1
                self._spoil_client(bad)
            else:
                assert not taken(lambda: self.client.received(bad, now))  # noqa: B023  # at once
                self._noisy.turned_down += 1
        self._spoil_client(frame)
        super().heard(frame)

    # --- the second pair

    def _copy(self, connection: T) -> T:
        """The connection as it is; what it looks at is shared."""
        shared = (self.view, self._noisy.north, self._noisy.south)
        return copy.deepcopy(connection, {id(one): one for one in shared})

    def _spoil_platform(self, frame: bytes) -> None:
        self._frames += 1
        if self._frames % FORGET == 0:
            self._spoilt_client, self._spoilt_connection = (
                self._copy(self.client),
                self._copy(self.connection),
            )
        try:
            outputs = self._spoilt_connection.received(frame, self._noisy.now)
        except MalformedFrame:
            return
        self._look_at_platform(outputs)

    def _look_at_platform(self, outputs: Sequence[PlatformOutput]) -> None:
        """It can be folded, journaled and told on."""
        for output in outputs:
            match output:
                case Observation():
                    for event in self._state.observe(PLATFORM, output, self._noisy.now):
                        _event(msgspec.json.encode(event))
                        legal(*bodies(self._encode, event))
                case Asked(token=token):
                    self._look_at_platform(self._spoilt_connection.answer(token, None))
                case Send(frame=frame):
                    legal(frame)
                case _:
                    pass

    def _spoil_client(self, frame: bytes) -> None:
        try:
            outputs = self._spoilt_client.received(frame, self._noisy.now)
        except MalformedFrame:
            return
        self._look_at_client(outputs)

    def _look_at_client(self, outputs: Sequence[ClientOutput]) -> None:
        """It can be sent, or carried out and answered."""
        for output in outputs:
            match output:
                case Execute(token=token, command=command):
                    _command(msgspec.json.encode(command))
                    result = self._noisy.choose.choice(ANSWERS)
                    self._look_at_client(self._spoilt_client.finished(token, result, self._noisy.now))
                case Send(frame=frame):
                    legal(frame)
                case _:
                    pass


class Noisy(World):
    """A world with rubbish on its wires."""

    def __init__(self, dialect: str, seed: int, noise: int) -> None:
        self.choose = random.Random(noise)  # noqa: S311  # repeatable
        self.turned_down = self.taken = self.misled_flows = 0
        self._make = Rubbish(self.choose, members(dialect))
        self._real = list(documented(dialect))
        self._replies: list[Reply] = []
        super().__init__(VENDORS[dialect], seed)

    def line(self, agent: AgentId | None) -> Line:
        """A noisy one."""
        return NoisyLine(self, agent)

    def rubbish(self, frame: bytes) -> list[bytes]:
        """What comes before this frame, of what a link lets through to an adapter."""
        self._real.append(frame)
        found = []
        for _ in range(self.choose.randrange(AT_MOST + 1)):
            bad = self._make.made_of(frame, self.choose.choice(self._real))
            try:
                check(bad)
            except msgspec.DecodeError:
                continue
            found.append(bad)
        return found

    def misled(self, connection: PlatformConnection, errand: Errand, reply: Reply) -> None:
        """A command whose next answer is rubbish, and every one after it, ends all the same."""
        self._replies.append(reply)
        self.misled_flows += 1
        flow = connection.flow(errand.command, errand.context)
        replies = [*errand.replies, reply, *self.choose.choices(self._replies, k=CALLS)]
        outcome: object = None
        try:
            next(flow)
            for one in replies:
                flow.send(one)
        except StopIteration as stop:
            outcome = stop.value
        except (MalformedFrame, UnsupportedError, msgspec.DecodeError):
            return  # gateway.commands.attempt makes a failure of it
        assert isinstance(outcome, Done | Question | Failed), f"no end in sight: {errand.command}"
        msgspec.json.encode(outcome)


@pytest.mark.parametrize("dialect", LOSSES)
@settings(max_examples=60 * THOROUGH, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps=STEPS, seed=st.integers(0, 3), noise=st.integers(0, 2**32))
def test_rubbish_is_malformed_and_leaves_no_trace(
    dialect: str, steps: list[Step], seed: int, noise: int
) -> None:
    noisy, quiet = Noisy(dialect, seed, noise), World(VENDORS[dialect], seed)
    for one in steps:
        step(noisy, one)
        step(quiet, one)
    assert noisy.turned_down
    assert noisy.taken
    assert noisy.known.told == quiet.known.told


@pytest.mark.parametrize("dialect", LOSSES)
def test_commands_are_misled_by_rubbish_too(dialect: str) -> None:
    """Else the property above would say nothing of them."""
    noisy = Noisy(dialect, 1, 1)
    assert len([*walk(noisy, 1, 1000)]) == 1000
    assert noisy.misled_flows > 10


class Recorded(Driver):
    """A switch whose clients' frames are kept."""

    def __init__(self, seed: int) -> None:
        self.asked = [codec.SNAPSHOT]
        super().__init__(**WORLD, seed=seed)

    def ask(self, agent: str, command: AnyCommand) -> Outcome:
        """Keep the frame."""
        self.asked.append(codec.encode_command(len(self.asked), agent, command))
        return super().ask(agent, command)


@settings(max_examples=30 * THOROUGH, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps=SWITCH_STEPS, noise=st.integers(0, 2**32))
def test_rubbish_is_malformed_to_both_ends_of_the_switch(steps: list[Step], noise: int) -> None:
    driver = Recorded(0)
    for one in steps:
        take(driver, one)
    choose = random.Random(noise)  # noqa: S311  # repeatable
    make = Rubbish(choose, members(SOFTSWITCH.name))
    for frame, receive in (
        *((frame, driver.connection.received) for frame in driver.frames),
        *((frame, driver.peer.received) for frame in driver.asked),
    ):
        bad = make.made_of(frame, choose.choice(driver.frames))
        try:
            check(bad)
        except msgspec.DecodeError:
            continue
        taken(lambda: receive(bad, driver.now))  # noqa: B023  # at once
    driver.wait(3600)
    legal(*driver.frames)
