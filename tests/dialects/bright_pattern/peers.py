"""What the tests of this dialect share: a view with one agent, and a client that stands for it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import msgspec

from adapters.bright_pattern.client import BrightPatternClient
from adapters.bright_pattern.platform import BrightPatternPlatform
from adapters.bright_pattern.settings import BrightPatternSettings
from adapters.contract.dialect import ClientOutput, PlatformOutput, Ready, Send
from adapters.kit import jsonrpc
from adapters.kit.jsonrpc import Message
from schemas import observations as o
from schemas.agent import AgentSession, AgentState, StateChoice
from schemas.ids import AgentId, InteractionId, PlatformId, RootId, SessionId
from schemas.interaction import Interaction, InteractionState

NOW = datetime(2026, 1, 1, tzinfo=UTC)
ADA = AgentId("ada")


def session(**changes: object) -> AgentSession:
    """A session of ada that is ready, with I1 in front."""
    plain = AgentSession(
        id=SessionId("s"),
        platform_id=PlatformId("p"),
        agent_id=ADA,
        state=AgentState.READY,
        choices=(StateChoice(id="Lunch", state=AgentState.NOT_READY, label="Lunch"),),
        focused_interaction_id=InteractionId("I1"),
    )
    return msgspec.structs.replace(plain, **changes)


def interaction(name: str = "I1", **changes: object) -> Interaction:
    """A connected call of ada."""
    plain = Interaction(
        id=InteractionId(name),
        root_id=RootId("R1"),
        platform_id=PlatformId("p"),
        session_id=SessionId("s"),
        agent_id=ADA,
        state=InteractionState.CONNECTED,
        notes="first",
        refs={"interactionId": name.lower()},
    )
    return msgspec.structs.replace(plain, **changes)


@dataclass
class Desk:
    """A view of one agent."""

    one: AgentSession | None = field(default_factory=session)
    open: list[Interaction] = field(
        default_factory=lambda: [
            interaction("I1"),
            interaction("C1", consult_of=InteractionId("I1"), state=InteractionState.HELD),
        ]
    )
    frames: dict[InteractionId, msgspec.Raw] = field(default_factory=dict)
    same_dialect: bool = False

    def agent(self, agent_id: AgentId) -> AgentSession | None:
        """Her session."""
        return self.one if self.one is not None and agent_id == self.one.agent_id else None

    def interactions(self, agent_id: AgentId) -> Sequence[Interaction]:
        """Hers."""
        return [one for one in self.open if one.agent_id == agent_id]

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


def client(desk: Desk | None = None, agent: AgentId | None = ADA) -> BrightPatternClient:
    """A client whose token names ada."""
    made = BrightPatternClient(BrightPatternSettings(), desk or Desk(), agent)
    made.opened(NOW)
    return made


def message(output: PlatformOutput | ClientOutput) -> Message:
    """The JSON-RPC message that is sent."""
    assert isinstance(output, Send)
    return msgspec.json.decode(output.frame, type=Message)


def call_id(output: PlatformOutput) -> int:
    """The id of the call that is sent."""
    number = message(output).id
    assert isinstance(number, int)
    return number


# --- the platform

LOGIN = {"isLoggedIn": True, "agentId": "a-1", "username": "ada", "sessionId": "s-1"}
HANDSHAKE: dict[int, object] = {
    -1: LOGIN,
    -2: {"state": "ready", "reservedForIncomingInteraction": False},
    -3: ["Lunch"],
    -4: {"activeInteractionId": None, "interactions": []},
}


def success(number: int, data: object) -> bytes:
    """The answer to a call."""
    return jsonrpc.response(number, {"status": "success", "data": data})


def error(number: int, code: int, name: str) -> bytes:
    """The refusal of a call."""
    return jsonrpc.response(number, {"status": "error", "error": {"code": code, "name": name}})


def call(name: str, **changes: object) -> dict[str, object]:
    """An interaction as the widget writes it."""
    plain = {
        "interactionId": name,
        "state": "delivered",
        "type": "voice",
        "callParties": [],
        "chatParties": [],
        "callMuted": False,
        "callRecording": False,
        "attachedData": {},
        "internal": False,
    }
    return {**plain, **changes}


def page(*, open_calls: Sequence[dict[str, object]] = (), active: str | None = None) -> BrightPatternPlatform:
    """A page whose handshake is over."""
    platform = BrightPatternPlatform(None)
    platform.opened(NOW)
    told: list[PlatformOutput] = []
    answers = HANDSHAKE | {-4: {"activeInteractionId": active, "interactions": open_calls}}
    for number, data in answers.items():
        told += platform.received(success(number, data), NOW)
    assert told[-1] == Ready()
    return platform


def tell(platform: BrightPatternPlatform, event: str, *params: object) -> Sequence[PlatformOutput]:
    """What the platform connection makes of an event."""
    return platform.received(jsonrpc.notification(event, params), NOW)


def seen(outputs: Sequence[PlatformOutput]) -> o.InteractionObserved:
    """The one interaction among them."""
    (one,) = [output for output in outputs if isinstance(output, o.InteractionObserved)]
    return one
