"""A whole world on loopback: the gateway under test, a switchboard that plays its platforms, its clients.

Everything is real but the platforms' makers: sockets on free ports, the clock, the store. Nothing sleeps;
what a test waits for is an event or a condition, and PATIENCE_S is only there so that a broken run ends.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from io import BytesIO
from typing import Final, TypeVar

import msgspec
from aiohttp import ClientSession, ClientWebSocketResponse, WSMsgType

from adapters.contract.capabilities import Support
from adapters.contract.dialect import ErasedDialect, LinkKind
from adapters.registry import DIALECTS
from gateway.api.history import Gap, Snapshot
from gateway.api.stream import CommandChanged, Problem, Progress, Subscribed
from gateway.app import Gateway, running
from gateway.demo.simulation import Pages, Simulated, gateway_config, internal_dialect, ready, switchboard
from gateway.runtime.clock import Clock
from gateway.runtime.tasks import Tasks
from gateway.security.tokens import MAX_TTL_S
from gateway.store.config import MEMORY
from schemas import events as ev
from schemas.agent import AgentSession
from schemas.grants import Role
from schemas.ids import AgentId, Cursor, PlatformId, Ref, SessionId
from schemas.interaction import Interaction
from schemas.results import CommandRecord, Succeeded
from schemas.values import Json
from tests.e2e.meddler import Meddler
from tests.patience import PATIENCE_S, TO_STOP_S

PLATFORM: Final = PlatformId("sim")
BY_NAME: Final[Mapping[str, ErasedDialect]] = {dialect.name: dialect for dialect in DIALECTS}

# What a script of a whole call tells a platform. An API beside the agent's own desktop may have no word for
# some of it: there the agent acts in the desktop, and a test of that dialect's own says how.
_WHOLE_CALL: Final = ("accept", "hold", "retrieve", "consult", "complete_transfer", "release", "complete")


def _carries_a_whole_call(one: ErasedDialect) -> bool:
    said = one.capabilities.commands_south
    return all(said[f"interaction.{verb}"].support is not Support.UNSUPPORTED for verb in _WHOLE_CALL)


VENDORS: Final = tuple(
    name for name, one in BY_NAME.items() if one.link is not LinkKind.INTERNAL and _carries_a_whole_call(one)
)

Frame = Subscribed | Snapshot | Gap | Progress | CommandChanged | Problem
T = TypeVar("T")
_told: Final = msgspec.json.Decoder[ev.AnyEvent | Frame](ev.AnyEvent | Frame)
_record: Final = msgspec.json.Decoder(CommandRecord)
_json: Final = msgspec.json.Decoder[dict[str, Json]](dict[str, Json])
_encode: Final = msgspec.json.Encoder().encode


def platform(  # noqa: PLR0913  # what a simulated platform can have, each with its usual value
    dialect: str,
    *,
    agents: Sequence[str] = ("a1", "a2"),
    platform_id: PlatformId = PLATFORM,
    switch: Mapping[str, Json] | None = None,
    settings: Mapping[str, Json] | None = None,
    needinfo: Mapping[str, Json] | None = None,
    origins: tuple[str, ...] = (),
    played: Mapping[str, Json] | None = None,
    facades: Mapping[str, Mapping[str, Json]] | None = None,
) -> Simulated:
    """A simulated platform of that dialect with agents a1 and a2 signed in, extensions 101 and 102.

    `agents` are those that the gateway is to see. `switch` goes over the settings of the switch
    (adapters.softswitch.settings), `settings` over those of the dialect. Numbers outside answer at once;
    those that never do are in the switch's NUMBERS.
    """
    bound = BY_NAME[dialect]
    dials = bound.link is LinkKind.DIAL  # then the gateway signs the agents in, with their passwords
    configured: list[Json] = [
        {"id": name, "name": full, "extension": extension, "password": "p", "logged_in": not dials}
        for name, full, extension in (("a1", "Ann", "101"), ("a2", "Bob", "102"))
    ]
    own: dict[str, Json] = {"agents": {"a1": "p", "a2": "p"}} if dials else {}
    return Simulated(
        platform_id,
        bound,
        tuple(agents),
        {"agents": configured, "answer_after_s": 0.0, **(switch or {})},
        {**own, **(settings or {})},
        needinfo or {},
        origins=origins,
        played=played or {},
        facades=facades,
    )


@dataclass(frozen=True)
class Reply:
    """An HTTP answer."""

    status: int
    body: bytes

    def json(self) -> dict[str, Json]:
        """The body, a JSON object."""
        return _json.decode(self.body)


class Told:
    """What one stream client was told, oldest first. It goes on filling until the world ends."""

    def __init__(self) -> None:
        self.seen: list[ev.AnyEvent] = []
        self.frames: list[Frame] = []  # what is no event: answers to commands, errors, gaps
        self.close_code: int | None = None
        self._changed = asyncio.Condition()

    async def until(self, predicate: Callable[[ev.AnyEvent], bool], since: int = 0) -> ev.AnyEvent:
        """The first event from `seen[since]` on that fits, waited for if need be."""

        def first() -> ev.AnyEvent | None:
            return next((event for event in self.seen[since:] if predicate(event)), None)

        return await self.eventually(first)

    async def frame(self, kind: type[T], fits: Callable[[T], bool] = lambda _: True) -> T:
        """The first frame of that kind that fits, waited for if need be."""
        return await self.eventually(
            lambda: next((one for one in self.frames if isinstance(one, kind) and fits(one)), None)
        )

    async def eventually(self, look: Callable[[], T | None]) -> T:
        """What `look` finds, as soon as it finds something; it looks after everything that is told."""
        try:
            async with asyncio.timeout(PATIENCE_S), self._changed:
                while (found := look()) is None:
                    await self._changed.wait()
                return found
        except TimeoutError:
            told = "\n".join(brief(event) for event in self.seen)
            raise AssertionError(f"waited in vain; told so far:\n{told}\n{self.frames}") from None

    async def follow(self, socket: ClientWebSocketResponse) -> None:
        """Take in what comes, until the socket closes."""
        while (message := await socket.receive()).type is WSMsgType.TEXT:
            told = _told.decode(message.data)
            async with self._changed:
                if isinstance(told, Frame):
                    self.frames.append(told)
                else:
                    self.seen.append(told)
                self._changed.notify_all()
        async with self._changed:
            self.close_code = socket.close_code or 0
            self._changed.notify_all()


class Stream(Told):
    """A client of /v1/stream: what it is told, and a way to say something."""

    def __init__(self, socket: ClientWebSocketResponse) -> None:
        super().__init__()
        self.socket = socket

    async def send(self, frame: Mapping[str, Json]) -> None:
        """Send one frame."""
        await self.socket.send_str(_encode(frame).decode())

    async def order(self, ref: str, command: Mapping[str, Json], **more: Json) -> CommandRecord:
        """Give a command under a ref of ours; returns its record once it is finished or asks."""
        await self.send({"type": "command", "ref": ref, "command": dict(command), **more})
        changed = await self.frame(
            CommandChanged, lambda one: one.ref == ref and one.record.result is not None
        )
        return changed.record


@dataclass
class World:
    """The gateway under test and everything around it."""

    gateway: Gateway
    switch: Gateway
    http: ClientSession
    simulated: Sequence[Simulated]
    tasks: Tasks
    stack: AsyncExitStack = field(repr=False)
    meddler: Meddler | None = None

    @property
    def url(self) -> str:
        """Of the gateway under test."""
        return self.gateway.addresses[0]

    @property
    def ws_url(self) -> str:
        """The same, for WebSockets."""
        return self.url.replace("http", "ws", 1)

    def session(self, agent: str = "a1", platform_id: PlatformId = PLATFORM) -> SessionId:
        """Our id of an agent's session."""
        found = [
            one.id
            for one in self.gateway.state.snapshots.sessions.values()
            if (one.platform_id, one.agent_id) == (platform_id, agent)
        ]
        assert found, f"{agent} has not been seen on {platform_id}"
        return found[0]

    def agent(self, agent: str = "a1", platform_id: PlatformId = PLATFORM) -> AgentSession:
        """The snapshot of an agent."""
        return self.gateway.state.snapshots.sessions[self.session(agent, platform_id)]

    def interactions(self, agent: str = "a1", platform_id: PlatformId = PLATFORM) -> list[Interaction]:
        """The open interactions of an agent, oldest first."""
        return self.gateway.state.snapshots.interactions(self.session(agent, platform_id))

    # --- looking on and asking

    async def connect(self, path: str) -> ClientWebSocketResponse:
        """A WebSocket to the gateway under test, closed when the world ends."""
        return await self.stack.enter_async_context(
            self.http.ws_connect(self.ws_url + path, max_msg_size=0, autoclose=True)
        )

    async def stream(self, after: int | None = None, **subscribe: Json) -> Stream:
        """A client of /v1/stream that has subscribed; `subscribe` are more fields of that frame."""
        stream = Stream(await self.connect("/v1/stream"))
        first: dict[str, Json] = {"type": "subscribe", **subscribe}
        if after is not None:
            first["after"] = after
        await stream.send(first)
        self.tasks.start(stream.follow(stream.socket), "stream client")
        await stream.frame(Subscribed)
        return stream

    async def request(
        self, method: str, path: str, body: Json | bytes = None, headers: Mapping[str, str] | None = None
    ) -> Reply:
        """One HTTP request to the gateway under test. Bytes are sent as they are, anything else as JSON."""
        data = None if body is None else BytesIO(body if isinstance(body, bytes) else _encode(body))
        async with (
            asyncio.timeout(PATIENCE_S),
            self.http.request(method, self.url + path, data=data, headers=headers) as response,
        ):
            return Reply(response.status, await response.read())

    async def command(self, *, interactive: bool = True, **body: Json) -> CommandRecord:
        """POST /v1/commands; the record, finished or asking. Its result may well be a failure."""
        flag = "true" if interactive else "false"
        reply = await self.request("POST", f"/v1/commands?interactive={flag}", body)
        assert reply.status == 200, reply
        return _record.decode(reply.body)

    async def answer(self, record: CommandRecord, **answer: Json) -> CommandRecord:
        """POST /v1/commands/{id}/answer; the record, finished or asking again."""
        reply = await self.request("POST", f"/v1/commands/{record.id}/answer", answer)
        assert reply.status == 200, reply
        return _record.decode(reply.body)

    async def journal(self, after: int = 0) -> list[ev.AnyEvent]:
        """Every event that GET /v1/events has after a cursor."""
        told: list[ev.AnyEvent] = []
        while True:
            reply = await self.request("GET", f"/v1/events?after={after}&limit=1000")
            assert reply.status == 200, reply
            page = _page.decode(reply.body)
            if not page.events:
                return told
            told += page.events
            after = page.cursor

    # --- the platform's side

    def contact(self, agent: str = "a1", platform_id: PlatformId = PLATFORM) -> Ref:
        """The platform's own name for the agent's newest contact: the `ref` of what is simulated."""
        state = self.switch.state
        return state.snapshots.interactions(state.snapshots.session_of(platform_id, Ref(agent)))[-1].ref

    async def simulate(
        self, agent: str, method: str, /, *, platform_id: PlatformId = PLATFORM, **params: Json
    ) -> CommandRecord:
        """Let something happen on the platform: simulate.<method> (adapters.softswitch.scenario).

        What comes in (`inbound_...`) rings at that agent, unless `params` name another `agent`.
        """
        if method.startswith("inbound_"):
            params = {"agent": agent, **params}
        body = {
            "type": "vendor.call",
            "session_id": self.switch.state.snapshots.session_of(platform_id, Ref(agent)),
            "method": f"simulate.{method}",
            "params": [params],
        }
        async with (
            asyncio.timeout(PATIENCE_S),
            self.http.post(self.switch.addresses[0] + "/v1/commands", data=_encode(body)) as response,
        ):
            raw = await response.read()
            assert response.status == 200, raw
        record = _record.decode(raw)
        assert isinstance(record.result, Succeeded), raw
        return record


@asynccontextmanager
async def world(  # noqa: PLR0913  # what a world can have, each with its usual value
    simulated: Sequence[Simulated],
    store_path: str = MEMORY,
    overrides: Mapping[str, Json] | None = None,
    *,
    meddled: bool = False,
    switch_clock: Clock | None = None,
    clock: Clock | None = None,
    pages: bool = True,
    keyed: bool = False,
    dialects: Sequence[ErasedDialect] = DIALECTS,
) -> AsyncIterator[World]:
    """Both gateways, up and joined: every agent of every platform has a link.

    `overrides` are sections of the configuration of the gateway under test. With `meddled` a Meddler stands
    on the link of the only platform. By the `switch_clock` the platforms' telephones ring, the gateway under
    test goes by the `clock`. Without `pages` nobody plays the agents' pages: a test opens real ones.
    `keyed`: they show tokens, for a test that makes keys, as without any key they are ended by the first.
    `dialects`: those that the gateway under test knows.
    """
    switch = Gateway(switchboard(simulated, internal_dialect(BY_NAME)), clock=switch_clock)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(running(switch))
        http = await stack.enter_async_context(ClientSession())
        tasks = Tasks()
        platforms = switch.addresses[0]
        meddler = Meddler(simulated[0], http, tasks) if meddled else None
        if meddler is not None:
            platforms = await meddler.start(platforms)
            stack.push_async_callback(meddler.stop)
        server = {} if store_path == MEMORY else {"server": {"port": 0, "shutdown_s": TO_STOP_S}}
        config = gateway_config(simulated, platforms, store_path, overrides={**server, **(overrides or {})})
        gateway = await stack.enter_async_context(running(Gateway(config, clock=clock, dialects=dialects)))
        stack.push_async_callback(tasks.finish, 0.0)
        if meddler is not None:
            meddler.open(gateway.addresses[0])
        elif pages:
            tokens = partial(_token, gateway) if keyed else lambda _platform, _agent: ""
            Pages(simulated, tasks, http, tokens).open(platforms, gateway.addresses[0])
        if pages:
            async with asyncio.timeout(PATIENCE_S):
                await ready(gateway, simulated)
        yield World(gateway, switch, http, simulated, tasks, stack, meddler)


def _token(gateway: Gateway, platform_id: PlatformId, agent: str) -> str:
    return gateway.tokens.mint(AgentId(agent), platform_id, Role.LINK, MAX_TTL_S)


def brief(event: ev.AnyEvent) -> str:
    """One line, for people."""
    about = ""
    if isinstance(event, ev.InteractionEvent):
        about = f"{event.interaction.id} {event.interaction.state}"
    elif isinstance(event, ev.AgentEvent):
        about = str(event.agent.state)
    return f"{event.cursor} {event.__struct_config__.tag} {event.agent_id or ''} {about}"


class _Page(msgspec.Struct):
    events: list[ev.AnyEvent]
    cursor: Cursor
    first: Cursor


_page: Final = msgspec.json.Decoder(_Page)
