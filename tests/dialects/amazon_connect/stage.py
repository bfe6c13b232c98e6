"""The other ends: a relay beside a library, and a view for a control panel. Updates are of the documents."""

from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec

from adapters.amazon_connect.client import Client
from adapters.amazon_connect.platform import Connection
from adapters.amazon_connect.settings import Settings
from adapters.contract.dialect import Context, Flow, Outcome, PlatformOutput, Reply, Send
from schemas.agent import AgentSession, AgentState, StateChoice
from schemas.commands import AnyCommand
from schemas.ids import AgentId, InteractionId, PlatformId, RootId, SessionId
from schemas.interaction import Interaction, InteractionState
from schemas.observations import AnyObservation, InteractionGone, InteractionObserved, Observation
from schemas.values import Json

NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)
AGENT = AgentId("kim")
Object = dict[str, Json]

STATES: list[Json] = [
    {"agentStateARN": "s-1", "name": "Available", "type": "routable", "startTimestamp": None},
    {"agentStateARN": "s-2", "name": "Lunch", "type": "not_routable", "startTimestamp": None},
    {"agentStateARN": "s-3", "name": "Offline", "type": "offline", "startTimestamp": None},
]


def leg(name: str, kind: str, state: str, at: str = "00", **more: Json) -> Object:
    """A connection."""
    initial = more.pop("initial", kind != "agent")
    stands: Json = {"type": state, "timestamp": f"2026-03-01T09:00:{at}Z"}
    return {"connectionId": name, "type": kind, "initial": initial, "state": stands, **more}


def contact(state: str, *legs: Json, **more: Json) -> Object:
    """A contact: a call in from the queue, unless `more` says something else."""
    usual: Object = {
        "contactId": "c-7",
        "initialContactId": "c-7",
        "type": "voice",
        "queue": {"name": "Sales", "queueARN": "q-1", "queueId": "q-1"},
        "attributes": {"tier": {"name": "tier", "value": "gold"}},
        "initiationMethod": "inbound",
    }
    stands: Json = {"type": state, "timestamp": "2026-03-01T09:00:00Z"}
    return {**usual, "state": stands, "connections": list(legs), **more}


def two(state: str, own: str, first: str, **more: Json) -> Object:
    """A contact of two legs."""
    customer: Object = {"type": "phone_number", "phoneNumber": "+4930123456"}
    return contact(state, leg("l-1", "agent", own), leg("l-2", "inbound", first, endpoint=customer), **more)


def three(state: str, own: str, first: str, third: str, **endpoint: Json) -> Object:
    """A contact with a third leg."""
    customer: Object = {"type": "phone_number", "phoneNumber": "+4930123456"}
    other: Object = {"type": "phone_number", "phoneNumber": "+4930999", **endpoint}
    return contact(
        state,
        leg("l-1", "agent", own),
        leg("l-2", "inbound", first, endpoint=customer),
        leg("l-3", "outbound", third, initial=False, endpoint=other),
    )


def update(*contacts: Json, kind: str = "routable", name: str = "Available", **snapshot: Json) -> Object:
    """The data of agent::update."""
    arn = next((one["agentStateARN"] for one in STATES if isinstance(one, dict) and one["name"] == name), "x")
    state: Object = {
        "agentStateARN": arn,
        "type": kind,
        "name": name,
        "startTimestamp": "2026-03-01T09:00:00Z",
    }
    queue: Object = {"name": "Out", "queueARN": "q-9", "queueId": "q-9"}
    return {
        "snapshot": {
            "state": state,
            "contacts": list(contacts),
            "snapshotTimestamp": "2026-03-01T09:00:01Z",
            **snapshot,
        },
        "configuration": {
            "username": AGENT,
            "name": "Kim",
            "agentARN": "a-1",
            "agentStates": STATES,
            "routingProfile": {"defaultOutboundQueue": queue, "queues": [queue]},
        },
    }


def frame(value: Json) -> bytes:
    """JSON."""
    return msgspec.json.encode(value)


def event(name: str, *data: Json) -> bytes:
    """A notification."""
    return frame({"jsonrpc": "2.0", "method": name, "params": list(data)})


class Asked(msgspec.Struct, frozen=True):
    """A request that was sent."""

    method: str
    params: list[Json] = []
    id: int | str = 0


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


def connected(*contacts: Json) -> Connection:
    """A connection whose first snapshot is over, with these contacts in it."""
    connection = Connection(None)
    [asked] = sent(connection.opened(NOW))
    connection.received(frame({"jsonrpc": "2.0", "id": asked.id, "result": {"data": update(*contacts)}}), NOW)
    return connection


def tell(connection: Connection, *contacts: Json, **more: Json) -> list[AnyObservation]:
    """The next update."""
    kind, name = str(more.pop("kind", "routable")), str(more.pop("name", "Available"))
    told = update(*contacts, kind=kind, name=name, **more)
    return observed(connection.received(event("agent::update", told), NOW))


def seen(told: Sequence[AnyObservation]) -> list[InteractionObserved]:
    """Of interactions."""
    return [one for one in told if isinstance(one, InteractionObserved)]


def gone(told: Sequence[AnyObservation]) -> list[InteractionGone]:
    """Those that are over."""
    return [one for one in told if isinstance(one, InteractionGone)]


def run(flow: Flow, *answers: Json) -> tuple[list[Asked], Outcome]:
    """Answer a flow's calls in order, with success when the answers are used up: calls and outcome."""
    asked: list[Asked] = []
    left = list(answers)
    try:
        call = next(flow)
        while True:
            asked.append(Asked(call.method, list(call.params)))
            call = flow.send(Reply(msgspec.Raw(frame(left.pop(0) if left else {"data": {}}))))
    except StopIteration as done:
        return asked, done.value


def flow(command: AnyCommand, context: Context) -> Flow:
    """The flow of a command on a fresh connection."""
    return Connection(None).flow(command, context)


def interaction(name: str = "i7", /, **members: object) -> Interaction:
    """A snapshot: a call that the platform calls c-7."""
    usual = Interaction(
        id=InteractionId(name),
        root_id=RootId("r7"),
        platform_id=PlatformId("p"),
        session_id=SessionId("s"),
        agent_id=AGENT,
        state=InteractionState.CONNECTED,
        remote_address="+4930123456",
        service="Sales",
        data={"tier": "gold"},
        created_at=NOW,
        connected_at=NOW,
        refs={"contact": "c-7", "agent_leg": "l-1", "initial_leg": "l-2"},
    )
    return msgspec.convert({**msgspec.to_builtins(usual), **msgspec.to_builtins(members)}, Interaction)


def session(**members: object) -> AgentSession:
    """The agent's."""
    usual = AgentSession(
        id=SessionId("s"),
        platform_id=PlatformId("p"),
        agent_id=AGENT,
        name="Kim",
        state=AgentState.READY,
        choices=(
            StateChoice(id="s-1", state=AgentState.READY, label="Available"),
            StateChoice(id="s-2", state=AgentState.NOT_READY, label="Lunch"),
        ),
        extras={"agentStates": STATES, "defaultOutboundQueue": {"queueARN": "q-9"}, "queues": ["q-9"]},
    )
    return msgspec.convert({**msgspec.to_builtins(usual), **msgspec.to_builtins(members)}, AgentSession)


class Seen:
    """A View of one agent."""

    same_dialect = False

    def __init__(self, *interactions: Interaction) -> None:
        self.all = {one.id: one for one in interactions}
        self.session: AgentSession | None = session()

    def agent(self, agent_id: AgentId) -> AgentSession | None:
        """The agent's session."""
        return self.session if agent_id == AGENT else None

    def interactions(self, agent_id: AgentId) -> Sequence[Interaction]:
        """The agent's interactions."""
        return list(self.all.values()) if agent_id == AGENT else []

    def interaction(self, interaction_id: InteractionId) -> Interaction | None:
        """One of them."""
        return self.all.get(interaction_id)

    def private(self, agent_id: AgentId) -> dict[str, str]:
        """Nothing: the platform is of another dialect."""
        del agent_id
        return {}

    def frame(self, interaction_id: InteractionId) -> msgspec.Raw | None:
        """Nothing, likewise."""
        del interaction_id
        return None


def client(*interactions: Interaction, view: Seen | None = None, settings: Settings | None = None) -> Client:
    """A panel that was told how everything stands."""
    made = Client(settings or Settings(), view or Seen(*interactions), AGENT)
    made.opened(NOW)
    return made


def ask(client: Client, method: str, **params: Json) -> Sequence[object]:
    """What comes of a request."""
    return client.received(frame({"jsonrpc": "2.0", "id": 1, "method": method, "params": [params]}), NOW)
