"""A softswitch seen through a dialect, in memory: what a gateway over such a platform knows, and the truth.

    switch = its own connection - truth - the dialect's clients == wire == its platform connections - known

The left half is a gateway that lends the switch to clients of the dialect, the right half a gateway over a
platform of that dialect. Nothing waits: every frame is carried as soon as whoever sent it is done.
"""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from typing import Final

import msgspec

from adapters.contract.change import Change, Encoded, changes
from adapters.contract.dialect import (
    Broadcast,
    ClientOutput,
    Close,
    Done,
    ErasedDialect,
    Execute,
    Follow,
    LinkKind,
    Outcome,
    PlatformOutput,
    Ready,
    Replied,
    Send,
)
from adapters.contract.repeating import Repeating
from adapters.registry import DIALECTS
from adapters.softswitch.binding import DIALECT as SOFTSWITCH
from adapters.softswitch.connection import SoftswitchConnection
from adapters.softswitch.settings import SoftswitchSettings
from gateway.facades.view import PlatformView
from gateway.links.beginning import Beginning
from gateway.runtime import ids
from gateway.runtime.frames import check
from schemas import events as ev
from schemas.commands import (
    AnyCommand,
    Login,
)
from schemas.errors import MalformedFrame
from schemas.ids import AgentId, InteractionId, Ref, SessionId
from schemas.interaction import Interaction
from schemas.needinfo import Question
from schemas.observations import AnyObservation, Observation
from schemas.results import ErrorCode, Failed, FinalResult, Succeeded
from schemas.values import Json
from tests.contract.errands import Errands, context_of
from tests.contract.known import PLATFORM, Known
from tests.contract.losses import LOSSES
from tests.dialects.softswitch.driver import Driver, agents
from tests.dialects.softswitch.test_properties import WORLD

# The world of the switch's own tests, with names and outcomes that differ from ids.
PEOPLE: Final[dict[str, object]] = {
    "agents": [
        {**one, "name": name}
        for one, name in zip(
            agents("a1", "a2", "a3", skills=["sales", "care"]), ("Ann Lee", "Bob", ""), strict=True
        )
    ],
    "services": [
        {
            "id": "sales",
            "outbound": True,
            "dispositions": [
                {"id": "sold", "name": "Sold it", "code": "S", "category": "success", "priority": 2}
            ],
            "wrap_up_s": 30,
        },
        {"id": "care", "acw": True},
    ],
}
AGENTS: Final = (AgentId("a1"), AgentId("a2"), AgentId("a3"))
VENDORS: Final[Mapping[str, ErasedDialect]] = {
    one.name: one for one in DIALECTS if one.link is not LinkKind.INTERNAL
}


@dataclass(frozen=True)
class Told:
    """A change of the truth with its place in the journal and its frames."""

    change: Change
    cursor: int
    encoded: Encoded


class Line:
    """One connection: a client of the left gateway that is the platform of the right one."""

    def __init__(self, world: "World", agent: AgentId | None) -> None:
        assert world.dialect.client_connection is not None
        self.agent = agent
        self.view = PlatformView(world.truth.state.snapshots, PLATFORM, agent)
        self.client = world.dialect.client_connection(world.north, self.view, agent)
        self.connection = world.dialect.platform_connection(world.south, agent)
        self.errands = Errands(self.connection, self.up)
        self.ready = False
        self.closed = ""  # why, once it is
        self.number = next(world.links)
        self.beginning = Beginning(world.known.state, PLATFORM, self.number)
        self._world = world
        self._followed: dict[AgentId, int] = {}

    def open(self) -> None:
        """Both ends are there."""
        self.told_by_client(self.client.opened(self._world.now))
        self.told_by_platform(self.connection.opened(self._world.now))

    def close(self, reason: str) -> None:
        """Nothing crosses any more."""
        if not self.closed:
            self.closed = reason
            self.errands.given_up()

    def advance(self) -> None:
        """Whatever is due at either end."""
        if self.closed:
            return
        now = self._world.now
        if (due := self.client.due()) is not None and due <= now:
            self.told_by_client(self.client.advance(now))
        if (due := self.connection.due()) is not None and due <= now:
            self.told_by_platform(self.connection.advance(now))

    def due(self) -> datetime | None:
        """When that is."""
        if self.closed:
            return None
        return min((at for at in (self.client.due(), self.connection.due()) if at is not None), default=None)

    # --- to the platform connection

    def tell(self, told: Told) -> None:
        """Pass a change on, as a facade does."""
        agent = told.change.events[0].agent_id
        if agent is not None and told.cursor > self._followed.get(agent, told.cursor):
            for frame in self.client.change(told.change, told.encoded):
                self.down(frame)

    def down(self, frame: bytes) -> None:
        """The platform says something."""
        for arriving in self._world.wire(self, frame):
            self._world.later(lambda one=arriving: self.received(one))  # type: ignore[misc]  # bound now

    def received(self, frame: bytes) -> None:
        """Take a frame of the platform, as a link does."""
        if self.closed:
            return
        check(frame)
        again = self.connection.repeated(frame) if isinstance(self.connection, Repeating) else None
        try:
            outputs = self.connection.received(frame, self._world.now) if again is None else (again,)
        except MalformedFrame as error:
            self._world.malformed(error)
        else:
            self.told_by_platform(outputs)

    def told_by_platform(self, outputs: Sequence[PlatformOutput]) -> None:
        """Do what the platform connection wants done, as a link does."""
        lasting = self._world.dialect.naming.lasting
        if self.ready and not lasting:
            self.beginning.meet(outputs)
        for output in outputs:
            match output:
                case Observation() if not (self.ready or lasting) and self.beginning.keeps(output):
                    self.observed(*self.beginning.whole(output))
                case Observation():
                    self.observed(output)
                case Send(frame=frame):
                    self.up(frame)
                case Replied(call_id=call_id, reply=reply):
                    self.errands.replied(call_id, reply)
                case Ready():
                    assert not self.ready
                    self.observed(*self.beginning.whole())
                    self.ready = True
                case Close(reason=reason):
                    self.close(reason)
                case _:
                    raise AssertionError(f"the softswitch asks nothing: {output}")

    def observed(self, *seen: AnyObservation) -> None:
        """Fold what was told."""
        for one in seen:
            self._world.known.observe(one, self._world.now, recovered=not self.ready, link=self.number)

    # --- to the client connection

    def up(self, frame: bytes) -> None:
        """The gateway over the platform says something."""
        for arriving in self._world.wire_up(self, frame):
            self._world.later(lambda one=arriving: self.heard(one))  # type: ignore[misc]  # bound now

    def heard(self, frame: bytes) -> None:
        """Take a frame of the gateway over the platform, as a facade does."""
        if not self.closed:
            check(frame)
            self.told_by_client(self.client.received(frame, self._world.now))

    def told_by_client(self, outputs: Sequence[ClientOutput]) -> None:
        """Do what the client connection wants done, as a facade does."""
        for output in outputs:
            match output:
                case Send(frame=frame):
                    self.down(frame)
                case Execute(token=token, command=command):
                    self._world.execute(command, lambda result, it=token: self._finished(it, result))  # type: ignore[misc]  # bound now
                case Follow(agent_id=agent):
                    self._followed[agent] = self._world.cursor
                case Close(reason=reason):
                    self.close(reason)
                case Broadcast():
                    pass  # no agent has a second client here
                case _:
                    raise AssertionError(f"nothing was asked: {output}")

    def _finished(self, token: str, result: FinalResult) -> None:
        if not self.closed:
            self.told_by_client(self.client.finished(token, result, self._world.now))


class World(Driver):
    """The switch, driven by hand, and everybody who looks at it."""

    def __init__(self, dialect: ErasedDialect, seed: int = 0) -> None:
        assert dialect.event_encoder is not None
        self.dialect = dialect
        dials = dialect.link is LinkKind.DIAL  # then the platform's connection signs the agents in
        own: dict[str, Json] = {"agents": dict.fromkeys(AGENTS, "p")} if dials else {}
        self.south = dialect.settings.model_validate(own)
        losses = LOSSES.get(dialect.name)
        self.north = dialect.settings.model_validate(losses.north if losses else {})
        self.truth = Known(SOFTSWITCH.name, SOFTSWITCH.capabilities, SOFTSWITCH.naming)
        self.known = Known(dialect.name, dialect.capabilities, dialect.naming)
        self.links = count(1)
        self.cursor = 0
        self.unsure: set[InteractionId] = set()  # over before a disturbance was: how, nobody need know
        self.ended_by_us: set[InteractionId] = set()  # by a command through the dialect that succeeded
        self.lines: list[Line] = []
        self._switch = SoftswitchConnection(SoftswitchSettings(), None)
        self._errands = Errands(self._switch, self._to_switch)
        self._encode = dialect.event_encoder(self.north)
        self._todo: deque[Callable[[], None]] = deque()
        super().__init__(**{**WORLD, **PEOPLE}, seed=seed)
        self._pages: Sequence[AgentId | None] = (None,) if dials else AGENTS
        self.connect()

    # --- what a test may replace

    def line(self, agent: AgentId | None) -> Line:
        """A connection, not open yet."""
        return Line(self, agent)

    def wire(self, line: Line, frame: bytes) -> Sequence[bytes]:
        """What arrives for a frame of the platform."""
        del line
        return (frame,)

    def wire_up(self, line: Line, frame: bytes) -> Sequence[bytes]:
        """What arrives for a frame of the gateway over it."""
        del line
        return (frame,)

    def unanswered(self, command: AnyCommand) -> Outcome:
        """A command by the dialect got no answer."""
        raise AssertionError(f"no answer: {command}")

    def malformed(self, error: MalformedFrame) -> None:
        """A platform connection could not read a frame."""
        raise error

    # --- the driver

    def connect(self) -> None:
        """Open every connection, anew if there was one."""
        for line in self.lines:
            line.close("a new one is opened")
        self.lines = [self.line(agent) for agent in self._pages]
        for line in self.lines:
            line.open()
        self.settle()

    def ask(self, agent: str, command: AnyCommand) -> Outcome:
        """Give the switch a command. On a platform that is dialled, only its connection signs agents in."""
        if isinstance(command, Login) and self.lines and self.lines[0].agent is None:
            return self.order(command)
        outcome = super().ask(agent, command)
        self.settle()
        return outcome

    def wait(self, seconds: float) -> None:
        """Let time pass, one timer after the other."""
        until = self.now + timedelta(seconds=seconds)
        while (due := self._due()) is not None and due <= until:
            self.now = max(self.now, due)
            self._take(self.peer.advance(self.now))
            for line in self.lines:
                line.advance()
            self.settle()
        self.now = until
        self._take(self.peer.advance(until))
        self.settle()

    def order(self, command: AnyCommand) -> Outcome:
        """Give a command by the dialect, as a client of the gateway over the platform does."""
        context, line = context_of(self.known, command), self.lines[0]
        if context.agent is not None:
            line = next((one for one in self.lines if one.agent == context.agent.agent_id), line)
        outcomes: list[Outcome] = []
        line.errands.run(command, context, outcomes.append)
        self.settle()
        return outcomes[0] if outcomes else self.unanswered(command)

    # --- carrying

    def later(self, job: Callable[[], None]) -> None:
        """Do it when what is being done is done."""
        self._todo.append(job)

    def settle(self) -> None:
        """Carry everything to where it goes."""
        while self._todo:
            self._todo.popleft()()

    def execute(self, command: AnyCommand, done: Callable[[FinalResult], None]) -> None:
        """Carry out a client's command on the switch; nobody there answers questions."""
        if isinstance(command, Login):
            command = msgspec.structs.replace(command, platform_id=PLATFORM)
        context = context_of(self.truth, command)
        session = context.agent.id if context.agent is not None else SessionId("")

        def over(outcome: Outcome) -> None:
            match outcome:
                case Done(ref=ref, data=data, warnings=warnings):
                    made = self.truth.state.snapshots.identify(session, ref) if ref is not None else None
                    done(Succeeded(interaction_id=made, data=data, warnings=warnings))
                case Failed():
                    done(outcome)
                case Question():
                    done(Failed(code=ErrorCode.NEEDS_INFO, message=outcome.title, missing=outcome))

        self._errands.run(command, context, over)

    def _to_switch(self, frame: bytes) -> None:
        self.later(lambda: self._take(self.peer.received(frame, self.now)))

    def _take(self, frames: object) -> None:
        super()._take(frames)
        assert isinstance(frames, list)
        told: list[Change] = []
        for frame in frames:
            events: list[ev.AnyEvent] = []
            for output in self._switch.received(frame, self.now):
                if isinstance(output, Observation):
                    events += self.truth.observe(output, self.now)
                elif isinstance(output, Replied):
                    self._errands.replied(output.call_id, output.reply)
            told += changes(events)
        for change in told:  # by now the view shows what comes after them, as behind a journal
            self.cursor += 1
            one = Told(change, self.cursor, self._encode(change))
            for line in self.lines:
                line.tell(one)

    def _due(self) -> datetime | None:
        times = [self.peer.due(), *(line.due() for line in self.lines)]
        return min((at for at in times if at is not None), default=None)

    # --- looking on

    def session(self, agent: AgentId) -> SessionId:
        """The agent's session, on either side."""
        return ids.session_id(PLATFORM, agent)


def number(one: Interaction) -> InteractionId:
    """The truth's own id of an interaction that was seen: what a vendor calls it ends in it."""
    return InteractionId(Ref(one.ref).rpartition(".")[2])
