"""The other ends: an agent's page that answers what the document says, and a view for a client."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import msgspec

from adapters.contract.dialect import Context, Flow, Outcome, PlatformOutput, Reply, Send
from adapters.genesys_wwe.client import Client
from adapters.genesys_wwe.platform import Connection
from adapters.genesys_wwe.settings import Settings
from schemas.agent import AgentSession, AgentState, StateChoice
from schemas.commands import AnyCommand
from schemas.ids import AgentId, InteractionId, PlatformId, RootId, SessionId
from schemas.interaction import Interaction, InteractionState
from schemas.observations import AgentObserved, AnyObservation, InteractionObserved, Observation, Unrecognised
from schemas.values import Json

NOW = datetime(2026, 1, 1, tzinfo=UTC)
AGENT = AgentId("1001")


class Asked(msgspec.Struct, frozen=True):
    """A request that was sent."""

    method: str
    params: list[Json] = []
    id: int | str = 0


ANSWERS: dict[str, Json] = {
    "subscribe": {"subscriptionId": "s-1"},
    "agent.get": {"data": {"employeeId": "1001", "firstname": "Kim", "lastname": "Lee", "username": "kim"}},
    "agent.getState": {"data": {"type": "READY", "displayName": "Ready", "operationName": "Ready"}},
    "agent.getStateList": {
        "data": [
            {"type": "READY", "displayName": "Ready", "operationName": "Ready"},
            {"type": "NOT_READY", "displayName": "Not ready", "operationName": "NotReady"},
            {"type": "NOT_READY_ACTION_CODE", "displayName": "Lunch", "operationName": "Lunch"},
            {"type": "PARTIAL_READY", "displayName": "Partly", "operationName": "Partly"},
        ]
    },
    "interaction.getInteractions": {"data": []},
    "media.getMediaList": {"data": []},
}


def frame(value: Json) -> bytes:
    """JSON."""
    return msgspec.json.encode(value)


def event(channel: str, data: Json) -> bytes:
    """A notification."""
    return frame({"jsonrpc": "2.0", "method": channel, "params": [data]})


def changed(interaction: Json, event_type: str = "ANY") -> bytes:
    """An interaction event."""
    return event("interaction", {"eventType": event_type, "interaction": interaction})


def result(request_id: int | str, value: Json) -> bytes:
    """A response."""
    return frame({"jsonrpc": "2.0", "id": request_id, "result": value})


def sent(outputs: Sequence[object]) -> list[Asked]:
    """The requests among the outputs."""
    return [msgspec.json.decode(one.frame, type=Asked) for one in outputs if isinstance(one, Send)]


def observed(outputs: Sequence[PlatformOutput]) -> list[AnyObservation]:
    """The observations among the outputs that say something, without the frames that they came from.

    Nor what is kept of those frames for clients of the same dialect (`test_same_dialect`): an observation of
    nothing but a frame, and the answers of the page.
    """
    seen = [
        msgspec.structs.replace(one, vendor=msgspec.Raw(b""))
        for one in outputs
        if isinstance(one, Observation)
    ]
    return [_without_answers(one) for one in seen if not _says_nothing(one)]


def _says_nothing(one: AnyObservation) -> bool:
    if isinstance(one, Unrecognised):
        return one.spare
    return isinstance(one, InteractionObserved) and one == InteractionObserved(agent=one.agent, ref=one.ref)


def _without_answers(one: AnyObservation) -> AnyObservation:
    return msgspec.structs.replace(one, private=msgspec.UNSET) if isinstance(one, AgentObserved) else one


def connected(
    interactions: Json = (), settings: Settings | None = None
) -> tuple[Connection, list[PlatformOutput]]:
    """A connection whose handshake is over, and what came of it."""
    connection = Connection(settings or Settings(), None)
    outputs: list[PlatformOutput] = []
    for asked in sent(connection.opened(NOW)):
        answer = ANSWERS[asked.method]
        if asked.method == "interaction.getInteractions":
            answer = {"data": interactions}
        outputs.extend(connection.received(result(asked.id, answer), NOW))
    return connection, outputs


def run(flow: Flow, *answers: Json) -> tuple[list[Asked], Outcome]:
    """Answer a flow's calls in order, the last answer for all further ones: calls and outcome."""
    asked: list[Asked] = []
    left = list(answers) or [{"data": None}]
    try:
        call = next(flow)
        while True:
            asked.append(msgspec.convert({"method": call.method, "params": list(call.params)}, Asked))
            answer = left.pop(0) if len(left) > 1 else left[0]
            call = flow.send(Reply(msgspec.Raw(frame(answer))))
    except StopIteration as done:
        return asked, done.value


def flow(command: AnyCommand, context: Context) -> Flow:
    """The flow of a command on a fresh connection."""
    return Connection(Settings(), None).flow(command, context)


def interaction(name: str = "i4", **members: object) -> Interaction:
    """A snapshot in the view."""
    usual = Interaction(
        id=InteractionId(name),
        root_id=RootId("case-1"),
        platform_id=PlatformId("p"),
        session_id=SessionId("s"),
        agent_id=AGENT,
        state=InteractionState.CONNECTED,
        data={"Segment": "Silver"},
    )
    return msgspec.convert({**msgspec.to_builtins(usual), **msgspec.to_builtins(members)}, Interaction)


class Seen:
    """A View of one agent."""

    same_dialect = False

    def __init__(self, *interactions: Interaction) -> None:
        self.all = {one.id: one for one in interactions}
        self.frames: dict[InteractionId, msgspec.Raw] = {}
        self.session = AgentSession(
            id=SessionId("s"),
            platform_id=PlatformId("p"),
            agent_id=AGENT,
            name="Kim Lee",
            state=AgentState.READY,
            choices=(
                StateChoice(id="", state=AgentState.READY, label="Ready"),
                StateChoice(id="", state=AgentState.NOT_READY, label="Not ready"),
                StateChoice(id="lunch", state=AgentState.NOT_READY, label="Lunch"),
            ),
        )

    def agent(self, agent_id: AgentId) -> AgentSession | None:
        """The one session."""
        return self.session if agent_id == AGENT else None

    def interactions(self, agent_id: AgentId) -> Sequence[Interaction]:
        """All of the agent's."""
        return [one for one in self.all.values() if one.agent_id == agent_id]

    def interaction(self, interaction_id: InteractionId) -> Interaction | None:
        """Any."""
        return self.all.get(interaction_id)

    def private(self, agent_id: AgentId) -> Mapping[str, str]:
        """Nothing."""
        del agent_id
        return {}

    def frame(self, interaction_id: InteractionId) -> msgspec.Raw | None:
        """What the platform said last of it, where it is of this dialect."""
        return self.frames.get(interaction_id)


def client(*interactions: Interaction, settings: Settings | None = None) -> Client:
    """A client whose agent has these interactions."""
    return Client(settings or Settings(), Seen(*interactions), AGENT)


def ask(to: Client, method: str, *params: Json) -> list[object]:
    """Send a request with id 1; the outputs, answers as plain values."""
    outputs = to.received(frame({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}), NOW)
    return [plain(one) for one in outputs]


def plain(output: object) -> object:
    """The result of a response; anything else as it is."""
    if not isinstance(output, Send):
        return output
    response = msgspec.json.decode(output.frame)
    assert response["id"] == 1
    return response["result"]
