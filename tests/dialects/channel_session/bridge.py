"""A platform of this protocol, a client of it, and nothing between them but the gateway's fold.

The platform's frames go through our southern connection, the state and the event encoder to a started client;
the client's requests become calls of the platform, which a test answers by hand.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

import msgspec

from adapters.channel_session.binding import DIALECT
from adapters.channel_session.client import ChannelSessionClient
from adapters.channel_session.encode import encode
from adapters.channel_session.settings import ChannelSessionSettings
from adapters.contract.dialect import (
    Call,
    ClientOutput,
    Context,
    Done,
    Execute,
    Flow,
    Outcome,
    Replied,
    Send,
)
from gateway.facades.view import PlatformView
from gateway.runtime.ids import Minter
from gateway.state.fold import State
from schemas import events as ev
from schemas.commands import AnyCommand, InteractionCommand, VendorCall
from schemas.ids import InteractionId, PlatformId, Ref
from schemas.needinfo import Question
from schemas.observations import AnyObservation
from schemas.results import ErrorCode, Failed, FinalResult, Succeeded
from schemas.values import Json
from tests.clients import heard_by
from tests.dialects.channel_session.stage import NOW, TAKE_OVER, South, text, told

P: Final = PlatformId("p")
PREPARED: Final = b'{"command":"prepareSession","result":"success","data":{"resourceId":"s1"}}'
STARTED: Final = b'{"command":"session.start","target":"s1","result":"success"}'
INITIALIZED: Final = told("session.initialized", "s1")
CHANNEL: Final = "s1.grp.301"
PHONE: Final[dict[str, Json]] = {"id": "301", "name": "Desk", "type": "TELEPHONY"}
# What a platform announces of a session: one group, one channel, active and ready.
ANNOUNCED: Final = (
    told("channelgroup.created", "s1", {"channelgroup": {"id": "grp", "name": "301"}}),
    told("channel.created", "s1.grp", {"channel": {**PHONE, "state": "INACTIVE"}}),
    told("channel.infochanged", CHANNEL, {"channel": {**PHONE, "state": "ACTIVE", "agentstate": "READY"}}),
    told("channel.initialized", CHANNEL),
    told("channelgroup.initialized", "s1.grp"),
)

Frame = dict[str, Json]


class Bridge:
    """Both ends, with session s1 of agent a1 started on both."""

    def __init__(
        self, *recovered: bytes, announced: Sequence[bytes] = ANNOUNCED, incontact: bool = False
    ) -> None:
        self.south = South("a1", incontact=incontact)
        self.state = State({P: DIALECT.capabilities}, {P: DIALECT.name}, Minter())
        self.events: list[ev.AnyEvent] = []  # all that were told
        self.sent: list[Frame] = []  # to the platform, for the client
        self._handles: dict[str, str] = {}
        self._flow: tuple[str, Flow] | None = None
        self._calls = 0
        view = PlatformView(self.state.snapshots, P, None, same_dialect=True)
        self.client = ChannelSessionClient(ChannelSessionSettings(incontact=incontact), view)
        self.south.open()
        self.hear(PREPARED, STARTED, *announced, *recovered, INITIALIZED)
        self.session_id = str(self.state.snapshots.session_of(P, Ref("a1")))
        self._do(self.client.received(msgspec.json.encode(TAKE_OVER), NOW))
        self.begun = self.say("session.start", "s1")

    # --- the client's end

    def say(self, command: str, target: str, data: Json = None, **more: Json) -> list[Frame]:
        """The client's request, its target in the platform's handles; what the client is told at once."""
        asked = {
            "command": command,
            "target": self.ours(target),
            "data": {} if data is None else data,
            **more,
        }
        return self._do(self.client.received(msgspec.json.encode(asked), NOW))

    def _do(self, outputs: Sequence[ClientOutput]) -> list[Frame]:
        sent: list[Frame] = []
        for output in outputs:
            if isinstance(output, Send):
                sent.append(text(output.frame))
            elif isinstance(output, Execute):
                flow = self.south.connection.flow(output.command, self._context(output.command))
                self._flow = (output.token, flow)
                sent += self._step(partial(next, flow))
        return sent

    def _context(self, command: AnyCommand) -> Context:
        named = command.interaction_id if isinstance(command, InteractionCommand | VendorCall) else None
        open_now = self.state.snapshots.interactions()
        return Context(
            agent=next(iter(self.state.snapshots.sessions.values())),
            interaction=self.state.snapshots.interaction(named) if named is not None else None,
            others=tuple(one for one in open_now if one.id != named),
        )

    def _step(self, advance: Callable[[], Call]) -> list[Frame]:
        try:
            call = advance()
        except StopIteration as stopped:
            assert self._flow is not None
            token, self._flow = self._flow[0], None
            return self._do(self.client.finished(token, result_of(stopped.value), NOW))
        self._calls += 1
        self.sent.append(text(self.south.connection.send(call, self._calls)))
        return []

    # --- the platform's end

    def hear(self, *frames: bytes) -> list[Frame]:
        """What the client is told when the platform says this."""
        heard: list[Frame] = []
        for frame in frames:
            events: list[ev.AnyEvent] = []
            for output in self.south.connection.received(frame, NOW):
                if isinstance(output, AnyObservation):
                    events += self.state.observe(P, output, NOW)
                elif isinstance(output, Replied) and self._flow is not None:
                    heard += self._step(partial(self._flow[1].send, output.reply))
            heard += self.follow(events)  # they are on the disk before anybody sees them; a result is not
        return heard

    def reconnect(self, *open_now: bytes, announced: Sequence[bytes] = ANNOUNCED) -> list[Frame]:
        """The link was down: what the client is told when the platform then announces this."""
        incontact = self.south.incontact
        self.south = South("a1", incontact=incontact)
        self.south.open()
        frames = (PREPARED, STARTED, *announced, *open_now, INITIALIZED)
        seen = [one for one in self.south.hear(*frames) if isinstance(one, AnyObservation)]
        return self.follow(
            [event for one in seen for event in self.state.observe(P, one, NOW, recovered=True)]
        )

    def follow(self, events: Sequence[ev.AnyEvent]) -> list[Frame]:
        """What the client is told of these."""
        self.events += events
        return [text(frame) for frame in heard_by(self.client, encode, *events)]

    # --- handles

    def ours(self, target: str) -> str:
        """A target of the platform's with our handles."""
        handles = self._known()
        return ".".join(handles.get(one, one) for one in target.split("."))

    def _known(self) -> dict[str, str]:
        """The platform's ids of session, interactions and conversations, with ours; also of what is over."""
        self._handles["s1"] = str(self.state.snapshots.session_of(P, Ref("a1")))
        for event in self.events:
            if not isinstance(event, ev.InteractionEvent):
                continue
            refs = event.interaction.refs
            if event.interaction.consult_of is None:
                self._handles[refs["target"].rpartition(".")[2]] = str(event.interaction.id)
            if "conversation" in refs:
                self._handles[refs["conversation"].rpartition(".")[2]] = str(event.interaction.id)
        return self._handles

    def renamed(self, frame: bytes) -> Frame:
        """An event of the platform's as the client has to read it: only the handles are others."""
        event = text(frame)
        event["target"] = self.ours(str(event["target"]))
        data = event["data"]
        assert isinstance(data, dict)
        for kind in ("interaction", "conversation"):
            if isinstance(named := data.get(kind), dict):
                event["data"] = {**data, kind: {**named, "id": self._known()[str(named["id"])]}}
        return event

    def interaction_id(self, theirs: str) -> InteractionId:
        """Our id of an interaction or conversation of theirs."""
        return InteractionId(self._known()[theirs])


def result_of(outcome: Outcome) -> FinalResult:
    """What the core makes of an outcome for a client that asks its user itself."""
    match outcome:
        case Done():
            return Succeeded(data=outcome.data, warnings=outcome.warnings, extras=outcome.extras)
        case Question():
            return Failed(code=ErrorCode.NEEDS_INFO, missing=outcome)
        case Failed():
            return outcome
