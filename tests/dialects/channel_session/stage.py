"""What the tests of this dialect share: a stage for both ends of a connection."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

import msgspec
from pydantic import SecretStr

from adapters.channel_session.client import ChannelSessionClient
from adapters.channel_session.encode import encode
from adapters.channel_session.platform import ChannelSessionConnection
from adapters.channel_session.settings import ChannelSessionSettings
from adapters.contract.dialect import (
    Call,
    ClientOutput,
    Context,
    Execute,
    Outcome,
    PlatformOutput,
    Reply,
    Send,
)
from schemas import events as ev
from schemas.agent import AgentSession, AgentState, StateChoice
from schemas.commands import AnyCommand
from schemas.ids import AgentId, EventId, InteractionId, PlatformId, RootId, SessionId
from schemas.interaction import EndCause, Interaction, InteractionState
from schemas.observations import AnyObservation, InteractionObserved
from schemas.values import Json
from tests.clients import heard_by

NOW: Final = datetime(2026, 1, 1, tzinfo=UTC)
A1: Final = AgentId("a1")
GROUPED: Final = "s1.grp.voice"
AGENT: Final = AgentSession(
    id=SessionId("s1"),
    platform_id=PlatformId("p"),
    agent_id=A1,
    state=AgentState.READY,
    choices=(StateChoice(id="lunch", state=AgentState.NOT_READY, label="Lunch"),),
)
CALL: Final = Interaction(
    id=InteractionId("i1"),
    root_id=RootId("r1"),
    platform_id=PlatformId("p"),
    session_id=SessionId("s1"),
    agent_id=A1,
    state=InteractionState.CONNECTED,
)
CONSULTATION: Final = msgspec.structs.replace(
    CALL, id=InteractionId("i2"), consult_of=CALL.id, state=InteractionState.DIALING
)
I1: Final = f"{GROUPED}.i1"
V1: Final = f"{I1}.v1"
V2: Final = f"{I1}.v2"
REFS: Final = {"session": "s1", "group": "s1.grp", "channel": GROUPED, "target": I1, "conversation": V1}
CONTEXT: Final = Context(
    agent=msgspec.structs.replace(AGENT, refs={"session": "s1", "group": "s1.grp", "channel": GROUPED}),
    interaction=msgspec.structs.replace(CALL, refs=REFS),
)
S1: Final = SessionId("s1")
OK: Final = Reply(msgspec.Raw(b'{"command":"x","result":"success","data":{}}'))


def text(frame: bytes) -> dict[str, Json]:
    """A frame as JSON."""
    return msgspec.json.decode(frame, type=dict[str, Json])


# --- south


def told(name: str, target: str, data: Json = None) -> bytes:
    """An event of the platform."""
    return msgspec.json.encode(
        {"messageType": "objectEvent", "target": target, "name": name, "data": {} if data is None else data}
    )


def stated(kind: str, target: str, state: str, **more: Json) -> bytes:
    """state.updated of the platform."""
    return told("state.updated", target, {"type": kind, "state": state, **more})


def answered(command: str, target: str, result: str = "success", **more: Json) -> bytes:
    """A response of the platform."""
    return msgspec.json.encode({"command": command, "target": target, "result": result, **more})


class South:
    """Our connection with a platform, and what came out of it."""

    def __init__(self, *agents: str, incontact: bool = False) -> None:
        settings = ChannelSessionSettings(
            agents={agent: SecretStr("p") for agent in agents}, incontact=incontact
        )
        self.incontact = incontact
        self.connection = ChannelSessionConnection(settings)

    def open(self) -> list[dict[str, Json]]:
        """The frames sent at once."""
        return [text(out.frame) for out in self.connection.opened(NOW) if isinstance(out, Send)]

    def hear(self, *frames: bytes) -> list[PlatformOutput]:
        """Everything that comes out of these frames."""
        return [out for frame in frames for out in self.connection.received(frame, NOW)]

    def see(self, *frames: bytes) -> list[AnyObservation]:
        """The observations among it."""
        return [out for out in self.hear(*frames) if isinstance(out, AnyObservation)]

    def calls(self, *frames: bytes) -> list[InteractionObserved]:
        """The interactions among them."""
        return [one for one in self.see(*frames) if isinstance(one, InteractionObserved)]

    def start(self) -> None:
        """Take session s1 of agent a1, with one grouped channel, through its start."""
        self.open()
        self.hear(
            b'{"command":"prepareSession","result":"success","data":{"resourceId":"s1"}}',
            b'{"command":"session.start","target":"s1","result":"success"}',
            told("channelgroup.created", "s1", {"channelgroup": {"id": "grp", "name": "Ann"}}),
            told("channel.created", "s1.grp", {"channel": {"id": "voice", "type": "Telephony"}}),
            told("channel.initialized", GROUPED),
            told("channelgroup.initialized", "s1.grp"),
            told("session.initialized", "s1"),
        )

    def ring(self) -> list[AnyObservation]:
        """Offer call i1 with conversation v1."""
        return self.see(
            told("interaction.created", GROUPED, {"interaction": {"id": "i1", "type": "Telephony"}}),
            stated("interaction", f"{GROUPED}.i1", "ALERTING"),
            told("conversation.created", f"{GROUPED}.i1", {"conversation": {"id": "v1", "role": "primary"}}),
            stated("conversation", f"{GROUPED}.i1.v1", "ALERTING"),
            told(
                "conversation.member.added",
                f"{GROUPED}.i1.v1",
                {"member": {"id": "m1", "address": "+15550100"}},
            ),
            told("conversation.initialized", f"{GROUPED}.i1.v1"),
            told("interaction.datachanged", f"{GROUPED}.i1", {"case": "42"}),
            told("interaction.preview", f"{GROUPED}.i1", {"case": "42"}),
            told("interaction.initialized", f"{GROUPED}.i1"),
        )

    def talk(self) -> None:
        """The call is answered."""
        self.hear(
            stated("conversation", f"{GROUPED}.i1.v1", "TALKING"),
            stated("interaction", f"{GROUPED}.i1", "STARTED"),
        )

    def consult(self) -> list[AnyObservation]:
        """The agent consults: the events in the order of the seed."""
        return self.see(
            stated("interaction", f"{GROUPED}.i1", "STARTED"),
            stated("conversation", f"{GROUPED}.i1.v1", "HELD"),
            told("conversation.created", f"{GROUPED}.i1", {"conversation": {"id": "v2", "role": "consult"}}),
            stated("conversation", f"{GROUPED}.i1.v2", "DIALING"),
            told(
                "conversation.member.added", f"{GROUPED}.i1.v2", {"member": {"id": "m2", "address": "2001"}}
            ),
            told("conversation.initialized", f"{GROUPED}.i1.v2"),
            told("interaction.focuschanged", f"{GROUPED}.i1", {"conversation": {"id": "v2"}}),
        )


def ringing() -> South:
    """A platform that offers call i1."""
    south = South("a1")
    south.start()
    south.ring()
    return south


def talking() -> South:
    """The same, answered."""
    south = ringing()
    south.talk()
    return south


def run(
    command: AnyCommand, *replies: Reply, context: Context = CONTEXT, incontact: bool = False
) -> tuple[list[Call], Outcome]:
    """The calls a flow made and how it ended."""
    flow = ChannelSessionConnection(ChannelSessionSettings(incontact=incontact)).flow(command, context)
    made: list[Call] = []
    answers = iter(replies)
    try:
        made.append(next(flow))
        while True:
            made.append(flow.send(next(answers)))
    except StopIteration as stopped:
        return made, stopped.value


def asks(extension: str) -> Reply:
    """A reply that wants to know more."""
    return Reply(msgspec.Raw(b'{"command":"x","result":"needinfo","uiExtension":%b}' % extension.encode()))


# --- north


class Desk:
    """A view: what the agents are and have."""

    same_dialect = False

    def __init__(self, *interactions: Interaction, agent: AgentSession | None = AGENT) -> None:
        self.session = agent
        self.open = list(interactions)
        self.frames: dict[InteractionId, msgspec.Raw] = {}

    def agent(self, agent_id: AgentId) -> AgentSession | None:
        """The one agent."""
        return self.session if agent_id == A1 else None

    def interactions(self, agent_id: AgentId) -> Sequence[Interaction]:
        """What the one agent has."""
        return self.open if agent_id == A1 else ()

    def interaction(self, interaction_id: InteractionId) -> Interaction | None:
        """One of them."""
        return next((one for one in self.open if one.id == interaction_id), None)

    def private(self, agent_id: AgentId) -> Mapping[str, str]:
        """Nothing."""
        del agent_id
        return {}

    def frame(self, interaction_id: InteractionId) -> msgspec.Raw | None:
        """What the platform said last of it, where it is of this dialect."""
        return self.frames.get(interaction_id)


PREPARE: Final = {
    "command": "prepareSession",
    "data": {"model": "default", "override": False, "agent": {"id": "a1", "password": "p"}},
}
TAKE_OVER: Final = {
    "command": "prepareSession",
    "data": {"model": "default", "override": True, "agent": {"id": "a1", "password": "p"}},
}


class North:
    """A client's connection with us."""

    def __init__(self, desk: Desk, agent_id: AgentId | None = None, *, incontact: bool = False) -> None:
        self.desk = desk
        self.connection = ChannelSessionClient(ChannelSessionSettings(incontact=incontact), desk, agent_id)

    def say(self, request: Json) -> Sequence[ClientOutput]:
        """What comes of a client's request."""
        return self.connection.received(msgspec.json.encode(request), NOW)

    def ask(self, command: str, target: str, data: Json = None, **more: Json) -> Sequence[ClientOutput]:
        """What comes of a client's request, with data."""
        return self.say({"command": command, "target": target, "data": {} if data is None else data, **more})

    def order(self, command: str, target: str, data: Json = None) -> Execute:
        """The command that a request becomes."""
        (out,) = self.ask(command, target, data)
        assert isinstance(out, Execute)
        return out

    def reply(self, command: str, target: str, data: Json = None) -> dict[str, Json]:
        """The answer of a request that is answered at once."""
        (out,) = self.ask(command, target, data)
        assert isinstance(out, Send)
        return text(out.frame)

    def start(self) -> list[dict[str, Json]]:
        """Take over the agent's session; the frames that start it."""
        self.say(TAKE_OVER)
        return frames(self.ask("session.start", "s1"))


def frames(out: Sequence[ClientOutput]) -> list[dict[str, Json]]:
    """The frames sent."""
    return [text(one.frame) for one in out if isinstance(one, Send)]


def names(sent: Sequence[bytes]) -> list[str]:
    """The events' names; of state.updated, with the object and its state."""
    return [_name(text(frame)) for frame in sent]


def _name(frame: dict[str, Json]) -> str:
    data = frame.get("data")
    if frame.get("name") == "state.updated" and isinstance(data, dict):
        return f"state.updated {data['type']} {data['state']}"
    return str(frame.get("name") or frame.get("command"))


def started(*interactions: Interaction, incontact: bool = False) -> North:
    """A client that has started, with these interactions open."""
    north = North(Desk(*interactions), incontact=incontact)
    north.start()
    return north


def about(
    kind: type[ev.AnyInteractionEvent], now: Interaction, *, sequence: int = 5, part: int = 0
) -> ev.AnyEvent:
    """An event about an interaction as it is now."""
    return kind(  # type: ignore[call-arg]  # those with a party are not made here
        id=EventId("e"),
        time=NOW,
        platform_id=now.platform_id,
        session_id=now.session_id,
        agent_id=now.agent_id,
        sequence=sequence,
        part=part,
        interaction=now,
    )


def hears(north: North, *events: ev.AnyEvent) -> list[str]:
    """What a client is told of these events."""
    return names(heard_by(north.connection, encode, *events))


def now(interaction: Interaction, state: InteractionState, cause: EndCause | None = None) -> Interaction:
    """An interaction in that state."""
    return msgspec.structs.replace(interaction, state=state, end_cause=cause)
