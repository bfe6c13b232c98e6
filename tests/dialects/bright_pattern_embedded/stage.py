"""The other ends: a relay beside a desktop that answers, and a view for a client."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import msgspec

from adapters.bright_pattern.embedded.client import Client
from adapters.bright_pattern.embedded.platform import Connection
from adapters.bright_pattern.embedded.settings import EmbeddedSettings
from adapters.contract.dialect import Context, Execute, Flow, Outcome, PlatformOutput, Reply, Send
from schemas.agent import AgentSession, AgentState, StateChoice
from schemas.commands import AnyCommand
from schemas.ids import AgentId, InteractionId, PlatformId, RootId, SessionId
from schemas.interaction import Interaction, InteractionState
from schemas.observations import AnyObservation, Observation
from schemas.values import Json

NOW = datetime(2026, 1, 1, tzinfo=UTC)
AGENT = AgentId("kim")
ITEM: dict[str, Json] = {"item_id": "17", "global_id": "g-17", "phone_number": "+15550100"}


class Asked(msgspec.Struct, frozen=True):
    """A request that was sent."""

    method: str
    params: list[Json] = []
    id: int | str = 0


def frame(value: Json) -> bytes:
    """JSON."""
    return msgspec.json.encode(value)


def event(command: str, *data: Json) -> bytes:
    """A notification."""
    return frame({"jsonrpc": "2.0", "method": command, "params": data})


def result(request_id: int | str, value: Json) -> bytes:
    """A response."""
    return frame({"jsonrpc": "2.0", "id": request_id, "result": value})


def state(*items: Json, **members: Json) -> dict[str, Json]:
    """The data of a getState answer."""
    return {"agent_id": AGENT, "status": "ready", "reason": "", "interactions": items, **members}


def sent(outputs: Sequence[object]) -> list[Asked]:
    """The requests among the outputs."""
    return [msgspec.json.decode(one.frame, type=Asked) for one in outputs if isinstance(one, Send)]


def observed(outputs: Sequence[PlatformOutput]) -> list[AnyObservation]:
    """The observations among the outputs, without the frames they came from."""
    return [
        msgspec.structs.replace(one, vendor=msgspec.Raw(b""))
        for one in outputs
        if isinstance(one, Observation)
    ]


def connected(*items: Json, settings: EmbeddedSettings | None = None) -> Connection:
    """A connection whose first snapshot is over, with these interactions in it."""
    connection = Connection(settings or EmbeddedSettings(), None)
    [asked] = sent(connection.opened(NOW))
    connection.received(result(asked.id, state(*items)), NOW)
    return connection


def run(flow: Flow, *answers: Json) -> tuple[list[Asked], Outcome]:
    """Answer a flow's calls in order, with null when the answers are used up: calls and outcome."""
    asked: list[Asked] = []
    left = list(answers)
    try:
        call = next(flow)
        while True:
            asked.append(msgspec.convert({"method": call.method, "params": list(call.params)}, Asked))
            answer = left.pop(0) if left else {"jsonrpc": "2.0", "id": 1, "result": None}
            call = flow.send(Reply(msgspec.Raw(frame(answer))))
    except StopIteration as done:
        return asked, done.value


def flow(command: AnyCommand, context: Context, settings: EmbeddedSettings | None = None) -> Flow:
    """The flow of a command on a fresh connection."""
    return Connection(settings or EmbeddedSettings(), None).flow(command, context)


def interaction(name: str = "i17", **members: object) -> Interaction:
    """A snapshot in the view: a call that the desktop calls 17."""
    usual = Interaction(
        id=InteractionId(name),
        root_id=RootId("r17"),
        platform_id=PlatformId("p"),
        session_id=SessionId("s"),
        agent_id=AGENT,
        state=InteractionState.CONNECTED,
        remote_address="+15550100",
        service="Sales",
        data={"case": "4711"},
        refs={"item_id": name.removeprefix("i")},
    )
    return msgspec.convert({**msgspec.to_builtins(usual), **msgspec.to_builtins(members)}, Interaction)


class Seen:
    """A View of one agent."""

    same_dialect = False

    def __init__(self, *interactions: Interaction) -> None:
        self.all = {one.id: one for one in interactions}
        self.session: AgentSession | None = AgentSession(
            id=SessionId("s"),
            platform_id=PlatformId("p"),
            agent_id=AGENT,
            state=AgentState.READY,
            choices=(StateChoice(id="lunch", state=AgentState.NOT_READY, label="Lunch"),),
            focused_interaction_id=next((one.id for one in interactions if one.focused), None),
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
        """Not asked for."""
        del interaction_id
        return None


def client(*interactions: Interaction, view: Seen | None = None) -> Client:
    """A client whose agent has these interactions."""
    made = Client(EmbeddedSettings(), view or Seen(*interactions), AGENT)
    made.opened(NOW)
    return made


def ask(to: Client, command: str, *params: Json) -> list[object]:
    """Send a request with id 1; the outputs: commands, results as plain values, errors as (code, text)."""
    outputs = to.received(frame({"jsonrpc": "2.0", "id": 1, "method": command, "params": params}), NOW)
    return [plain(one) for one in outputs]


def commands(outputs: Sequence[object]) -> list[AnyCommand]:
    """The commands among the outputs."""
    return [one.command for one in outputs if isinstance(one, Execute)]


def plain(output: object) -> object:
    """What a response says; anything else as it is."""
    if not isinstance(output, Send):
        return output
    response = msgspec.json.decode(output.frame)
    assert response["id"] == 1
    if "error" in response:
        return response["error"]["code"], response["error"]["message"]
    return response["result"]
