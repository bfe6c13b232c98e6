"""A client of this dialect over a platform of it: both connections, and the fold between them."""

from collections.abc import Sequence
from typing import Final

import msgspec

from adapters.bright_pattern.binding import CAPABILITIES
from adapters.bright_pattern.client import BrightPatternClient
from adapters.bright_pattern.encode_events import own_encoder
from adapters.bright_pattern.platform import BrightPatternPlatform
from adapters.bright_pattern.settings import BrightPatternSettings
from adapters.bright_pattern.tables import NAME
from adapters.contract.dialect import Call, Context, Done, Execute, Outcome, PlatformOutput, Reply, Send
from adapters.kit import jsonrpc
from gateway.facades.view import PlatformView
from gateway.runtime.ids import Minter
from gateway.state.fold import State
from schemas import events as e
from schemas.ids import AgentId, InteractionId, PlatformId
from schemas.interaction import Interaction
from schemas.observations import Observation
from schemas.results import Failed, FinalResult, Succeeded
from schemas.values import Json
from tests.clients import heard_by
from tests.dialects.bright_pattern.peers import HANDSHAKE, NOW, success

P: Final = PlatformId("p")
ADA: Final = AgentId("a-1")
Told = tuple[str, list[Json]]  # an event as a client reads it


def renamed(params: Json, handle: str) -> Json:
    """The parameters with the one handle that is ours."""
    text = msgspec.json.encode(params).replace(b'"i1"', msgspec.json.encode(handle))
    return msgspec.json.decode(text)


class Bridge:
    """What the page says on one side, and what the client reads on the other."""

    def __init__(
        self, settings: BrightPatternSettings | None = None, answers: dict[int, object] | None = None
    ) -> None:
        settings = settings or BrightPatternSettings()
        self.state = State({P: CAPABILITIES}, {P: NAME}, Minter())
        self.events: list[e.AnyEvent] = []
        self._encode = own_encoder(settings)
        self.client = BrightPatternClient(
            settings, PlatformView(self.state.snapshots, P, None, same_dialect=True), ADA
        )
        self.client.opened(NOW)
        self.reload(answers)

    def reload(self, answers: dict[int, object] | None = None) -> list[Told]:
        """The page is loaded anew: what the client is told of it."""
        self.page = BrightPatternPlatform(ADA)
        self.page.opened(NOW)
        told: list[Told] = []
        for number, data in {**HANDSHAKE, **(answers or {})}.items():
            told += self.hear(success(number, data))
        return told

    def say(self, event: str, *params: object) -> list[Told]:
        """The page tells an event: what the client is told."""
        return self.hear(jsonrpc.notification(event, params))

    def hear(self, frame: bytes) -> list[Told]:
        """The same for any frame of the page."""
        return self._tell(self.page.received(frame, NOW))

    def _tell(self, outputs: Sequence[PlatformOutput]) -> list[Told]:
        told: list[Told] = []
        for one in outputs:
            if not isinstance(one, Observation):
                continue
            for event in self.state.observe(P, one, NOW):
                self.events.append(event)
                frames = heard_by(self.client, self._encode, event)
                told += [msgspec.json.decode(frame, type=_Event).told for frame in frames]
        return told

    def one(self) -> Interaction:
        """The only open interaction."""
        (one,) = self.state.snapshots.interactions()
        return one

    def ask(self, method: str, *params: object, answers: Sequence[Json] = ()) -> tuple[Json, list[Call]]:
        """A method of the client and the page's results: the client's result, and the calls that it took."""
        made: list[Call] = []
        left = list(answers)
        (out,) = self.client.received(jsonrpc.request("r", method, params), NOW)
        while isinstance(out, Execute):
            (out,) = self.client.finished(out.token, self._result(out, made, left), NOW)
        assert isinstance(out, Send)
        assert not left
        return msgspec.json.decode(out.frame, type=_Answer).result, made

    def _result(self, asked: Execute, made: list[Call], left: list[Json]) -> FinalResult:
        named = getattr(asked.command, "interaction_id", None)
        about = self.state.snapshots.interaction(InteractionId(named)) if isinstance(named, str) else None
        others = tuple(
            one for one in self.state.snapshots.interactions() if about is None or one.id != about.id
        )
        flow = self.page.flow(asked.command, Context(interaction=about, others=others))
        outcome: Outcome
        try:
            made.append(next(flow))
            while True:
                made.append(flow.send(Reply(msgspec.Raw(msgspec.json.encode(left.pop(0))))))
        except StopIteration as end:
            outcome = end.value
        assert isinstance(outcome, Done | Failed)
        if isinstance(outcome, Failed):
            return outcome
        (session,) = self.state.snapshots.sessions.values()
        made_here = self.state.snapshots.identify(session.id, outcome.ref) if outcome.ref else None
        return Succeeded(interaction_id=made_here, data=outcome.data, warnings=outcome.warnings)


class _Event(msgspec.Struct, frozen=True):
    method: str
    params: list[Json]

    @property
    def told(self) -> Told:
        """As a test compares it."""
        return self.method, self.params


class _Answer(msgspec.Struct, frozen=True):
    result: Json
