"""A stage for transfer races: who is in a contact, what each may do, and what everybody was told of it.

Commands are given in the canonical model and carried out through the dialect of the platform; what the others
do happens on the platform itself. One stage plays one race after the other; each ends with nothing open.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import msgspec

from schemas import events as ev
from schemas.events import LinkState
from schemas.ids import InteractionId, Ref
from schemas.interaction import EndCause, Interaction, InteractionState, Side
from schemas.results import CommandRecord, Failed, Succeeded
from schemas.values import Json
from tests.e2e.meddler import Meddler
from tests.e2e.world import PLATFORM, Stream, World
from tests.fakes import FakeClock

CUSTOMER: Final = "+15550100"
OUTSIDE: Final = "+15559999"  # a colleague who answers at once
BOB: Final = "102"  # agent a2
# Numbers that nobody answers (adapters.softswitch.settings.NUMBERS).
UNKNOWN_NUMBER: Final = "+9994041"
SILENT: Final = "+9994081"
ABSENT: Final = "+9994801"
BUSY: Final = "+9994861"
RING_S: Final = 20.0  # as long as the telephones of the switch ring
OVERLOADED: Final = "+9995031"
UNWILLING: Final = "+9996031"


class Who(StrEnum):
    """Whose view of the contact: every interaction of a race is one of these."""

    MAIN = "main"  # agent a1's, of the customer
    CONSULT = "consult"  # a1's consultation about it
    BOB = "bob"  # agent a2's


@dataclass(frozen=True)
class End:
    """Why the media was over, and who left first."""

    cause: EndCause
    side: Side

    def __str__(self) -> str:
        """For people."""
        return f"{self.cause} by {self.side}"


UNTOLD: Final = End(EndCause.UNKNOWN, Side.UNKNOWN)


@dataclass(frozen=True)
class Told:
    """One interaction from beginning to end: its lifecycle, and its end."""

    lifecycle: str
    end: End

    def __str__(self) -> str:
        """For people."""
        return f"{self.lifecycle}, {self.end}"


Story = Mapping[Who, Told]

LIFECYCLE: Final[Mapping[type[ev.InteractionEvent], str]] = {
    ev.InteractionCreated: "created",
    ev.InteractionAlerting: "alerting",
    ev.InteractionDialing: "dialing",
    ev.InteractionConnected: "connected",
    ev.InteractionHeld: "held",
    ev.InteractionRetrieved: "retrieved",
    ev.InteractionEnded: "ended",
    ev.InteractionWrapUp: "wrap_up",
    ev.InteractionCompleted: "completed",
}

_record: Final = msgspec.json.Decoder(CommandRecord)


class Stage:
    """A world in which races are played, and a client that is told everything."""

    def __init__(self, world: World, stream: Stream, clock: FakeClock | None = None) -> None:
        self.world = world
        self._clock = clock
        self._stream = stream
        self._since = 0
        self._read: dict[Who, int] = {}

    async def play(self, race: "Callable[[Stage], Awaitable[None]]") -> Story:
        """Play a race to its end; what was told of it."""
        self._since, self._read = len(self._stream.seen), {}
        await race(self)
        await self._stream.eventually(lambda: True if self._all_over() else None)
        told = self._stream.seen[self._since :]
        assert not [event for event in told if isinstance(event, ev.VendorUnrecognised)]
        return {who: _told(self._of(interaction)) for who, interaction in self._ids().items()}

    # --- what was told

    def _ids(self) -> dict[Who, InteractionId]:
        ids: dict[Who, InteractionId] = {}
        for event in self._stream.seen[self._since :]:
            if isinstance(event, ev.InteractionCreated):
                who = Who.MAIN if event.interaction.consult_of is None else Who.CONSULT
                who = who if event.agent_id == "a1" else Who.BOB
                assert who not in ids, f"two interactions are {who}"
                ids[who] = event.interaction.id
        return ids

    def _of(self, interaction: InteractionId) -> list[ev.AnyInteractionEvent]:
        return [
            event
            for event in self._stream.seen[self._since :]
            if isinstance(event, ev.InteractionEvent) and event.interaction.id == interaction
        ]

    def _all_over(self) -> bool:
        ids = self._ids()
        return bool(ids) and all(
            isinstance(self._of(one)[-1], ev.InteractionCompleted) for one in ids.values()
        )

    def _ended(self, who: Who) -> bool:
        interaction = self._ids().get(who)
        return interaction is not None and any(
            isinstance(event, ev.InteractionEnded) for event in self._of(interaction)
        )

    async def until(self, who: Who, verb: str) -> None:
        """Return when that was told of them, after what the last `until` waited for."""

        def told() -> bool | None:
            interaction = self._ids().get(who)
            if interaction is None:
                return None
            for nth, event in enumerate(self._of(interaction)):
                if nth >= self._read.get(who, 0) and LIFECYCLE.get(type(event)) == verb:
                    self._read[who] = nth + 1
                    return True
            return None

        await self._stream.eventually(told)

    def now(self, who: Who) -> Interaction:
        """The snapshot of an interaction."""
        found = self.world.gateway.state.snapshots.interaction(self._ids()[who])
        assert found is not None
        return found

    # --- what the agents do

    async def attempt(self, who: Who, verb: str, **more: Json) -> CommandRecord:
        """Give a command on an interaction, whatever comes of it."""
        body: dict[str, Json] = {"type": f"interaction.{verb}", "interaction_id": self._ids()[who], **more}
        reply = await self.world.request("POST", "/v1/commands", body)
        assert reply.status == 200, reply
        return _record.decode(reply.body)

    async def do(self, who: Who, verb: str, **more: Json) -> None:
        """Give a command that succeeds."""
        record = await self.attempt(who, verb, **more)
        assert isinstance(record.result, Succeeded), record

    async def refused(self, who: Who, verb: str, **more: Json) -> None:
        """Give a command that the platform refuses, with no effect."""
        record = await self.attempt(who, verb, **more)
        assert isinstance(record.result, Failed), record

    async def dial(self, destination: str) -> None:
        """Agent a1 calls out."""
        record = await self.world.command(
            type="interaction.dial", session_id=self.world.session(), destination=destination
        )
        assert isinstance(record.result, Succeeded), record
        await self.until(Who.MAIN, "dialing")

    async def rings(self, agent: str = "a1") -> None:
        """The customer calls an agent."""
        await self.world.simulate(agent, "inbound_call", ani=CUSTOMER)
        await self.until(Who.MAIN if agent == "a1" else Who.BOB, "alerting")

    async def talking(self) -> None:
        """The customer calls and a1 answers."""
        await self.rings()
        await self.do(Who.MAIN, "accept")
        await self.until(Who.MAIN, "connected")

    async def consulting(self, destination: str, then: str = "connected") -> None:
        """The customer is held while a1 asks somebody, who answers, or whose phone rings (`dialing`)."""
        await self.talking()
        await self.do(Who.MAIN, "consult", destination=destination)
        await self.until(Who.MAIN, "held")
        await self.until(Who.CONSULT, then)

    async def asking_bob(self, *, answers: bool) -> None:
        """The same with agent a2, whose phone rings, and who answers."""
        await self.consulting(BOB, "dialing")
        await self.until(Who.BOB, "alerting")
        if answers:
            await self.do(Who.BOB, "accept")
            await self.until(Who.BOB, "connected")
            await self.until(Who.CONSULT, "connected")

    async def finished(self, who: Who) -> None:
        """The media is over, or will be; the agent finishes the work."""
        await self._stream.eventually(lambda: True if self._ended(who) else None)
        await self.do(who, "complete")
        await self.until(who, "completed")

    async def taken_back(self) -> None:
        """The customer is on hold and says so; a1 takes them back, and ends the call."""
        await self.until(Who.CONSULT, "completed")
        self.held()
        await self.do(Who.MAIN, "retrieve")
        await self.until(Who.MAIN, "retrieved")
        await self.do(Who.MAIN, "release")
        await self.finished(Who.MAIN)

    def held(self) -> None:
        """Nobody forgets the customer: held, seen as held, and to be retrieved."""
        now = self.now(Who.MAIN)
        assert now.state is InteractionState.HELD
        assert "interaction.retrieve" in now.allowed

    # --- what the others do

    async def hangs_up(self, who: Who) -> None:
        """Whoever is outside in that interaction's call, the customer before a colleague."""
        await self.world.simulate("a1", "remote_hangup", ref=self._at_the_platform(who).ref)

    async def nobody_answers(self) -> None:
        """The telephones ring until they stop."""
        assert self._clock is not None
        await self._clock.advance(RING_S)

    async def link_breaks(self) -> None:
        """The gateway hears no more of the platform."""
        meddler = self._meddler()
        assert meddler.to_gateway is not None
        meddler.away = True
        await meddler.to_gateway.close()
        await self._link(LinkState.DISCONNECTED)

    async def link_is_back(self) -> None:
        """The page is opened again, or the platform is dialled again; all has been told again."""
        self._meddler().away = False
        self._meddler().open(self.world.url)
        await self._link(LinkState.CONNECTED)

    async def platform_says(self, *frames: Json) -> None:
        """Frames in the platform's name."""
        for frame in frames:
            await self._meddler().inject(msgspec.json.encode(frame))

    def _meddler(self) -> Meddler:
        assert self.world.meddler is not None
        return self.world.meddler

    async def _link(self, state: LinkState) -> None:
        def told() -> bool | None:
            states = [
                event.state
                for event in self._stream.seen[self._since :]
                if isinstance(event, ev.PlatformStateChanged)
            ]
            return True if states[-1:] == [state] else None

        await self._stream.eventually(told)

    def recovered(self) -> list[tuple[Who, str]]:
        """What was told of the race as missed while the link was down."""
        names = {interaction: who for who, interaction in self._ids().items()}
        return [
            (names[event.interaction.id], LIFECYCLE[type(event)])
            for event in self._stream.seen[self._since :]
            if isinstance(event, ev.InteractionEvent) and event.recovered and type(event) in LIFECYCLE
        ]

    async def at_the_desk(self, who: Who, verb: str, **more: Json) -> None:
        """The agent does it on the platform's own screen."""
        body = {"type": f"interaction.{verb}", "interaction_id": self._at_the_platform(who).id, **more}
        url = self.world.switch.addresses[0] + "/v1/commands"
        async with self.world.http.post(url, data=msgspec.json.encode(body)) as response:
            record = _record.decode(await response.read())
        assert isinstance(record.result, Succeeded), record

    def _at_the_platform(self, who: Who) -> Interaction:
        """An interaction as the platform itself has it, whatever its dialect makes of it."""
        state = self.world.switch.state
        open_now = state.snapshots.interactions(
            state.snapshots.session_of(PLATFORM, Ref("a2" if who is Who.BOB else "a1"))
        )
        return [one for one in open_now if (one.consult_of is not None) is (who is Who.CONSULT)][-1]


def _told(events: list[ev.AnyInteractionEvent]) -> Told:
    """The story, and what holds for every one: no gap, created first, ended once, completed once and last."""
    assert [event.sequence for event in events] == list(range(1, len(events) + 1))
    verbs = [LIFECYCLE[type(event)] for event in events if type(event) in LIFECYCLE]
    assert verbs[0] == "created"
    assert verbs.count("ended") == verbs.count("completed") == 1
    assert isinstance(events[-1], ev.InteractionCompleted)
    (ended,) = (event.interaction for event in events if isinstance(event, ev.InteractionEnded))
    last = events[-1].interaction
    assert (last.end_cause, last.ended_by) == (ended.end_cause, ended.ended_by)
    assert ended.end_cause is not None
    assert ended.ended_by is not None
    return Told(" ".join(verbs), End(ended.end_cause, ended.ended_by))
