"""A platform whose every frame a test writes by hand, and a gateway on real sockets to stand it against.

The dialect is the smallest there can be: observations travel as they are, a command is one call that holds
it (Alternate is two), and what the platform answers is the outcome. Two dialects share it: one that a relay
carries, one that is dialled.
"""

from collections.abc import AsyncIterator, Callable, Generator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

import msgspec
from aiohttp import ClientSession, ClientWebSocketResponse, WSMsgType

from adapters.contract.capabilities import Capabilities, by_gateway, exact, unsupported
from adapters.contract.dialect import (
    Asked,
    Call,
    Context,
    Dialect,
    DialectSettings,
    Done,
    ErasedDialect,
    Flow,
    LinkKind,
    Outcome,
    PlatformOutput,
    Ready,
    Replied,
    Reply,
    Send,
    Timeless,
)
from adapters.contract.remarks import Remark, RemarkKind
from adapters.kit.reading import Remarks
from adapters.registry import DIALECTS
from gateway.api.stream import Subscribed
from gateway.app import Gateway, running
from gateway.config import parse
from gateway.runtime.clock import Clock
from gateway.runtime.tasks import Tasks
from gateway.security.access import Principal
from gateway.store.config import MEMORY
from schemas.agent import AgentState
from schemas.commands import COMMANDS, Alternate, AnyCommand, SendChat, verb
from schemas.errors import MalformedFrame, UnsupportedError
from schemas.events import PLATFORM_EVENTS
from schemas.ids import AgentId, PlatformId, Ref, SessionId
from schemas.interaction import Interaction, InteractionState
from schemas.needinfo import Question
from schemas.observations import AgentObserved, AnyObservation, InteractionObserved
from schemas.queries import AnyQuery, AnyQueryAnswer
from schemas.results import CommandRecord, Failed
from schemas.values import Json
from tests.e2e.world import Reply as HttpReply
from tests.e2e.world import Stream
from tests.fakes import until
from tests.patience import PATIENCE_S, TO_STOP_S

NAME: Final = "handmade"
P: Final = PlatformId("p")
A1: Final = Ref("a1")


class Seen(msgspec.Struct, frozen=True, tag="seen", tag_field="told"):
    """The platform shows something."""

    observation: AnyObservation


class Over(msgspec.Struct, frozen=True, tag="ready", tag_field="told"):
    """The first snapshot is over."""


class Answer(msgspec.Struct, frozen=True, tag="reply", tag_field="told", omit_defaults=True):
    """The answer to a call: one of the three."""

    id: int
    done: Done | None = None
    question: Question | None = None
    failed: Failed | None = None


class Ask(msgspec.Struct, frozen=True, tag="asked", tag_field="told"):
    """The platform asks the CRM."""

    token: str
    query: AnyQuery
    agent: Ref = A1
    ref: Ref | None = None


class Called(msgspec.Struct, frozen=True):
    """A call, as the platform gets it."""

    call: int
    verb: str
    command: dict[str, Json]


class Verdict(msgspec.Struct, frozen=True):
    """Our answer to what the platform asked."""

    answer: str  # the token
    value: dict[str, Json] | None


Told = Seen | Over | Answer | Ask
_decode: Callable[[bytes | msgspec.Raw], Told] = msgspec.json.Decoder(Told).decode
_encode: Final = msgspec.json.Encoder().encode


class HandmadeConnection(Timeless):
    """South, sans-IO."""

    def __init__(self, _settings: DialectSettings, _agent: AgentId | None) -> None:
        self._waiting: set[int] = set()
        self._remarks = Remarks()
        self.remarks = self._remarks.take

    def opened(self, _now: datetime) -> Sequence[PlatformOutput]:
        """The platform speaks first."""
        return ()

    def refresh(self, _now: datetime) -> Sequence[PlatformOutput]:
        """It cannot be asked."""
        return ()

    def received(self, frame: bytes, _now: datetime) -> Sequence[PlatformOutput]:
        """Read one frame. Raises MalformedFrame."""
        try:
            told = _decode(frame)
        except msgspec.DecodeError as error:
            raise MalformedFrame(NAME, "frame", str(error)) from error
        match told:
            case Seen(observation=observation):
                return (msgspec.structs.replace(observation, vendor=msgspec.Raw(frame)),)
            case Over():
                return (Ready(),)
            case Answer(id=call_id):
                if call_id not in self._waiting:
                    self._remarks.add(Remark(RemarkKind.UNAWAITED, "reply"))
                    return ()
                self._waiting.discard(call_id)
                return (Replied(call_id, Reply(msgspec.Raw(frame))),)
            case Ask(token=token, query=query, agent=agent, ref=ref):
                return (Asked(token=token, agent=agent, query=query, interaction_ref=ref),)

    def flow(self, command: AnyCommand, _context: Context) -> Flow:
        """Begin a command."""
        if isinstance(command, SendChat):
            raise UnsupportedError(NAME, "a chat message in this mood")
        return _two(command) if isinstance(command, Alternate) else _one(command)

    def send(self, call: Call, call_id: int) -> bytes:
        """The frame of a call."""
        self._waiting.add(call_id)
        return _encode({"call": call_id, "verb": call.method, "command": call.params[0]})

    def forget(self, call_id: int) -> None:
        """Drop the answer when it comes."""
        self._waiting.discard(call_id)

    def answer(self, token: str, answer: AnyQueryAnswer | None) -> Sequence[PlatformOutput]:
        """Answer what the platform asked."""
        return (Send(_encode({"answer": token, "value": answer})),)


def _two(command: AnyCommand) -> Generator[Call, Reply, Outcome]:
    held = yield from _one(command, "hold the one")
    return (yield from _one(command, "take the other")) if isinstance(held, Done) else held


def _one(command: AnyCommand, step: str = "") -> Generator[Call, Reply, Outcome]:
    reply = yield Call(method=verb(command), params=(command,), step=step)
    told = _decode(reply.body)
    if isinstance(told, Answer) and (outcome := told.done or told.question or told.failed) is not None:
        return outcome
    raise MalformedFrame(NAME, "reply", "holds no outcome")


_GATEWAYS: Final = (
    "interaction.block_completion",
    "interaction.unblock_completion",
    "interaction.extend_wrap_up",
    "interaction.end_wrap_up",
)
CAPABILITIES: Final = Capabilities(
    commands_south={
        **{name: exact(name) for name in COMMANDS},
        **{name: by_gateway("held here") for name in _GATEWAYS},
        "interaction.start_email": unsupported("it knows no e-mail"),
    },
    events_south={name: exact(name) for name in PLATFORM_EVENTS},
    commands_north={name: unsupported("it has no clients") for name in COMMANDS},
    events_north={name: unsupported("it has no clients") for name in PLATFORM_EVENTS},
)
HANDMADE: Final = Dialect(
    name=NAME,
    title="Written by hand",
    settings=DialectSettings,
    link=LinkKind.RELAY,
    capabilities=CAPABILITIES,
    platform_connection=HandmadeConnection,
)
DIALLED: Final = replace(HANDMADE, name="handmade_dialled", link=LinkKind.DIAL)


# --- the platform's end


class Page:
    """The platform's end of one relay's socket."""

    def __init__(self, socket: ClientWebSocketResponse) -> None:
        self.socket = socket

    async def say(self, *told: Told) -> None:
        """Send frames."""
        for one in told:
            await self.socket.send_str(_encode(one).decode())

    async def see(self, *observations: AnyObservation) -> None:
        """Show something."""
        no_frame = msgspec.Raw(b"null")  # Raw of nothing is no JSON
        await self.say(*(Seen(msgspec.structs.replace(one, vendor=no_frame)) for one in observations))

    async def heard(self) -> dict[str, Json]:
        """The next frame, as JSON."""
        message = await self.socket.receive(PATIENCE_S)
        assert message.type is WSMsgType.TEXT, message
        return msgspec.json.decode(message.data, type=dict[str, Json])

    async def called(self) -> Called:
        """The next frame, a call."""
        return msgspec.convert(await self.heard(), Called)

    async def reply(self, call: Called, outcome: Outcome) -> None:
        """Answer a call."""
        match outcome:
            case Done():
                await self.say(Answer(call.call, done=outcome))
            case Question():
                await self.say(Answer(call.call, question=outcome))
            case Failed():
                await self.say(Answer(call.call, failed=outcome))

    async def carry_out(self, outcome: Outcome) -> Called:
        """Take the next call and answer it."""
        call = await self.called()
        await self.reply(call, outcome)
        return call

    async def closed(self) -> tuple[int, str]:
        """How the gateway closed the socket: code and reason."""
        while (message := await self.socket.receive(PATIENCE_S)).type is WSMsgType.TEXT:
            pass
        return self.socket.close_code or 0, str(message.extra or "")


def agent(state: AgentState = AgentState.READY, name: Ref = A1) -> AgentObserved:
    """An agent, seen."""
    return AgentObserved(agent=name, state=state)


def call(
    ref: str = "c1", state: InteractionState = InteractionState.ALERTING, name: Ref = A1
) -> InteractionObserved:
    """An interaction, seen."""
    return InteractionObserved(agent=name, ref=Ref(ref), state=state)


# --- the gateway


@dataclass
class Bench:
    """A running gateway and what a test does to it."""

    gateway: Gateway
    http: ClientSession
    tasks: Tasks
    stack: AsyncExitStack = field(repr=False)

    @property
    def url(self) -> str:
        """Where it is served."""
        return self.gateway.addresses[0]

    async def connect(self, path: str, headers: Mapping[str, str] | None = None) -> ClientWebSocketResponse:
        """A WebSocket, closed in the end."""
        return await self.stack.enter_async_context(
            self.http.ws_connect(self.url.replace("http", "ws", 1) + path, headers=headers, max_msg_size=0)
        )

    async def relay(self, agent_id: str = "a1", platform: str = P, token: str = "") -> Page:
        """A relay that said its hello and got its answer."""
        page = Page(await self.connect(f"/v1/links/{platform}"))
        hello = {"id": 1, "method": "trunkline.hello", "params": [{"agent": agent_id, "token": token}]}
        await page.socket.send_str(_encode(hello).decode())
        assert (await page.heard())["result"] == {"agent": agent_id}
        return page

    async def page(self, agent_id: str = "a1", platform: str = P, token: str = "") -> Page:
        """A relay of an agent who is ready for work, with nothing open."""
        page = await self.relay(agent_id, platform, token)
        await page.see(agent(name=Ref(agent_id)))
        await page.say(Over())
        await until(
            lambda: self.gateway.links.to(PlatformId(platform), self.session(agent_id, platform)) is not None
        )
        await until(lambda: self.gateway.platforms[PlatformId(platform)].links > 0)
        return page

    def session(self, agent_id: str = "a1", platform: str = P) -> SessionId:
        """Our id of an agent's session."""
        return self.gateway.state.snapshots.session_of(PlatformId(platform), Ref(agent_id))

    async def shown(self, page: Page, *seen: InteractionObserved) -> list[Interaction]:
        """Show interactions, and wait until the gateway has them as they were shown."""
        await page.see(*seen)
        found: list[Interaction] = []

        def there() -> bool:
            found[:] = self.gateway.state.snapshots.interactions(self.session(seen[0].agent))
            return {(one.ref, one.state) for one in seen} <= {(one.ref, one.state) for one in found}

        await until(there)
        return found

    async def request(
        self, method: str, path: str, body: object = None, headers: Mapping[str, str] | None = None
    ) -> HttpReply:
        """One HTTP request. Bytes are sent as they are, anything else as JSON."""
        data = body if isinstance(body, bytes) or body is None else _encode(body)
        async with self.http.request(method, self.url + path, data=data, headers=headers) as response:
            return HttpReply(response.status, await response.read())

    async def stream(self, **subscribe: Json) -> Stream:
        """A client of /v1/stream that has subscribed."""
        stream = Stream(await self.connect("/v1/stream"))
        await stream.send({"type": "subscribe", **subscribe})
        self.tasks.start(stream.follow(stream.socket), "stream client")
        await stream.frame(Subscribed)
        return stream

    async def submit(self, command: AnyCommand, principal: Principal, key: str = "") -> CommandRecord:
        """Give a command past HTTP, for what only shows there."""
        return await self.gateway.dispatch.submit(command, principal, key=key)

    async def finished(self, record: CommandRecord) -> CommandRecord:
        """The command, once it is finished or asks."""
        settled = await self.gateway.dispatch.settled(record.id, PATIENCE_S)
        assert settled is not None
        return settled


@asynccontextmanager
async def bench(
    *,
    clock: Clock | None = None,
    path: str = MEMORY,
    platforms: Mapping[str, Mapping[str, Json]] | None = None,
    overrides: Mapping[str, Json] | None = None,
    dialects: Sequence[ErasedDialect] = (),
) -> AsyncIterator[Bench]:
    """A gateway with hand-made platforms: `p`, unless `platforms` says otherwise; `dialects` are more."""
    raw: dict[str, Json] = {
        "server": {"port": 0, "shutdown_s": 1.0 if path == MEMORY else TO_STOP_S},
        "store": {"path": path},
        "platforms": {P: {"dialect": NAME}} if platforms is None else platforms,
        **(overrides or {}),
    }
    gateway = Gateway(parse(raw, "bench"), dialects=(HANDMADE, DIALLED, *dialects, *DIALECTS), clock=clock)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(running(gateway))
        http = await stack.enter_async_context(ClientSession())
        tasks = Tasks()
        stack.push_async_callback(tasks.finish, 0.0)
        yield Bench(gateway, http, tasks, stack)
