"""A platform of this protocol on a real socket, and a gateway that has dialled it."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Final

import msgspec
from aiohttp import WSMsgType, web
from aiohttp.test_utils import TestServer

from schemas import events as ev
from schemas.ids import PlatformId
from schemas.values import Json
from tests.dialects.channel_session.stage import told
from tests.e2e.world import Stream
from tests.fakes import FakeClock, until
from tests.gateway.handmade import Bench, bench

P: Final = PlatformId("p")
# What it announces of a session: one group with two channels.
ANNOUNCED: Final = (
    told("channelgroup.created", "s1", {"channelgroup": {"id": "grp", "name": "Ann"}}),
    *(
        frame
        for media, kind in (("voice", "Telephony"), ("chat", "Chat"), ("email", "Email"))
        for frame in (
            told("channel.created", "s1.grp", {"channel": {"id": media, "type": kind, "state": "INACTIVE"}}),
            told(
                "channel.infochanged",
                f"s1.grp.{media}",
                {"channel": {"id": media, "state": "ACTIVE", "agentstate": "NOT_READY"}},
            ),
            told("channel.initialized", f"s1.grp.{media}"),
        )
    ),
    told("channelgroup.initialized", "s1.grp"),
    told("session.initialized", "s1"),
)


class Office:
    """The platform: signs agent a1 in, and otherwise says what a test has it say."""

    def __init__(self, *recovered: bytes) -> None:
        self.asked: list[dict[str, Json]] = []  # every request
        self.sockets: list[web.WebSocketResponse] = []
        self.recovered = recovered  # what is announced of open contacts at the start
        self.known = False  # it has the agent's session

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """One connection."""
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self.sockets.append(socket)
        async for message in socket:
            if message.type is WSMsgType.TEXT:
                asked = msgspec.json.decode(message.data, type=dict[str, Json])
                self.asked.append(asked)
                for frame in self._signing_in(asked):
                    await socket.send_str(frame.decode())
        return socket

    def _signing_in(self, asked: dict[str, Json]) -> Sequence[bytes]:
        data = asked.get("data")
        match asked["command"]:
            case "prepareSession" if self.known and isinstance(data, dict) and not data["override"]:
                return (answer(asked, "confirm", message="Take it over?"),)
            case "prepareSession":
                self.known = True
                return (answer(asked, data={"resourceId": "s1"}),)
            case "session.start":
                *before, initialized = ANNOUNCED
                return (answer(asked), *before, *self.recovered, initialized)
            case _:
                return ()

    async def say(self, *frames: bytes) -> None:
        """Send frames over the newest connection."""
        for frame in frames:
            await self.sockets[-1].send_str(frame.decode())

    async def cut(self) -> None:
        """End the newest connection."""
        await self.sockets[-1].close()

    async def request(self, command: str, nth: int = 1) -> dict[str, Json]:
        """The nth request of that command."""
        await until(lambda: len(self.requests(command)) >= nth)
        return self.requests(command)[nth - 1]

    def requests(self, command: str) -> list[dict[str, Json]]:
        """All requests of that command."""
        return [one for one in self.asked if one["command"] == command]


def answer(asked: dict[str, Json], result: str = "success", **more: Json) -> bytes:
    """The response to a request, which repeats its id."""
    named = {key: asked[key] for key in ("command", "target", "requestId") if key in asked}
    return msgspec.json.encode({**named, "result": result, **more})


class Desk:
    """The gateway with its platform, and a client of its stream."""

    def __init__(self, office: Office, standing: Bench, stream: Stream) -> None:
        self.office = office
        self.standing = standing
        self.stream = stream

    def told(self) -> list[ev.AnyEvent]:
        """The events so far."""
        return self.stream.seen

    def calls(self) -> list[ev.InteractionEvent]:
        """Those about interactions."""
        return [one for one in self.stream.seen if isinstance(one, ev.InteractionEvent)]


@asynccontextmanager
async def signed_in(
    office: Office, clock: FakeClock | None = None, *, path: str = ":memory:", **settings: Json
) -> AsyncIterator[Desk]:
    """A gateway on which agent a1 is signed in at that platform."""
    async with AsyncExitStack() as stack:
        app = web.Application()
        app.router.add_get("/bar", office.serve)
        server = TestServer(app)
        await server.start_server()
        stack.push_async_callback(server.close)
        platforms: dict[str, dict[str, Json]] = {
            P: {
                "dialect": "channel_session",
                "url": f"ws://127.0.0.1:{server.port}/bar",
                "settings": {"agents": {"a1": "p"}, **settings},
            }
        }
        standing = await stack.enter_async_context(bench(clock=clock, path=path, platforms=platforms))
        await until(lambda: standing.gateway.links.to(P, standing.session()) is not None)
        stream = await standing.stream()
        yield Desk(office, standing, stream)
