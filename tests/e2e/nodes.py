"""Several gateways on one NATS, with platforms and a receiver of webhooks: what their tests share."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from secrets import token_hex
from typing import Any, Final, Self

import msgspec
import yaml
from aiohttp import ClientError, ClientSession, WSMsgType, web
from aiohttp.test_utils import TestServer

from gateway.app import Gateway, running
from gateway.config import Config, parse
from gateway.demo.simulation import Simulated, facade_url, gateway_config, internal_dialect, switchboard
from gateway.runtime.tasks import Tasks
from schemas import events as ev
from schemas.ids import InteractionId, PlatformId
from schemas.results import Succeeded
from schemas.values import Json
from tests.e2e.needinfo_stage import switch as asking_switch
from tests.e2e.world import BY_NAME, PLATFORM, Stream, World, platform
from tests.patience import PATIENCE_S

PHONE: Final = PlatformId("phone")


def relayed_and_dialled() -> tuple[Simulated, ...]:
    """One platform that lives in the agents' pages, and one that is dialled, and asks."""
    asks = asking_switch(signed_in=False)
    return (
        platform("bright_pattern"),
        platform("channel_session", platform_id=PHONE, switch=asks, settings={"incontact": True}),
    )


class Cluster:
    """What all nodes have in common: the platforms, NATS, and a receiver of webhooks."""

    def __init__(self, switch: Gateway, simulated: tuple[Simulated, ...], folder: Path, bus: str) -> None:
        self.switch, self.simulated = switch, simulated
        self._folder = folder
        self._bus: dict[str, Json] = {"servers": [bus], "prefix": f"n{token_hex(4)}", "lease_s": 1}

    def raw(self, name: str, **bus: Json) -> dict[str, Json]:
        """The configuration of a node."""
        folder = self._folder / name
        folder.mkdir(exist_ok=True)
        more: dict[str, Json] = {
            "bus": {**self._bus, **bus},
            "server": {"port": 0, "shutdown_s": 10.0},
            "webhooks": {"allow_private_networks": ["127.0.0.0/8"]},
        }
        config = gateway_config(
            self.simulated, self.switch.addresses[0], str(folder / "trunkline.db"), overrides=more
        )
        return {**config.model_dump(mode="json", exclude_unset=True), **more}

    def file(self, name: str, **bus: Json) -> str:
        """The same, as a file."""
        path = self._folder / name / "config.yaml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(yaml.safe_dump(self.raw(name, **bus)))
        return str(path)

    def config(self, name: str) -> Config:
        """The same, read."""
        return parse(self.raw(name), name)


@asynccontextmanager
async def platforms(folder: Path, bus: str) -> AsyncIterator[Cluster]:
    simulated = relayed_and_dialled()
    async with running(Gateway(switchboard(simulated, internal_dialect(BY_NAME)))) as switch:
        yield Cluster(switch, simulated, folder, bus)


class Received:
    """A receiver of webhooks, and the events that it took, in order."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        self.url = ""
        self._more = asyncio.Event()

    @classmethod
    @asynccontextmanager
    async def open(cls) -> AsyncIterator[Self]:
        """It listens."""
        one, app = cls(), web.Application()
        app.router.add_post("/", one.take)
        async with TestServer(app) as server:
            one.url = str(server.make_url("/"))
            yield one

    async def take(self, request: web.Request) -> web.Response:
        """One delivery."""
        self.events.append(msgspec.json.decode(await request.read()))
        self._more.set()
        return web.Response(status=204)

    async def all_of(self, events: Sequence[ev.InteractionEvent]) -> None:
        """Return once it has each of them; what is of one interaction came in order."""
        async with asyncio.timeout(PATIENCE_S):
            while not {one.id for one in events} <= {one["id"] for one in self.events}:
                self._more.clear()
                await self._more.wait()
        for interaction in {one.interaction.id for one in events}:
            order = [
                one["data"]["cursor"]
                for one in self.events
                if one["data"]["interaction"]["id"] == interaction
            ]
            assert list(dict.fromkeys(order)) == sorted(set(order))


class At(World):
    """A gateway that is another process: what it is asked over its address."""

    def __init__(self, url: str, like: World) -> None:
        super().__init__(like.gateway, like.switch, like.http, like.simulated, like.tasks, like.stack)
        self._url = url

    @property
    def url(self) -> str:
        """Of the process."""
        return self._url


async def session_of(w: World, agent: str, platform_id: PlatformId) -> str:
    """As soon as it is shown."""
    while True:
        reply = await w.request("GET", f"/v1/sessions?agent={agent}&platform={platform_id}")
        found = msgspec.json.decode(reply.body)["sessions"] if reply.status == 200 else []
        if found:
            return str(found[0]["id"])
        await asyncio.sleep(0.05)  # it comes with the link, whenever that is


async def at_work(http: ClientSession, url: str, session: str) -> None:
    """Return once a command that is given there is carried out."""
    while True:
        body = {"type": "agent.set_state", "session_id": session, "state": "not_ready"}
        try:
            async with http.post(f"{url}/v1/commands", json=body) as response:
                said = await response.json()
            if response.status == 200 and said["result"]["outcome"] == "succeeded":
                return
        except ClientError:
            pass
        await asyncio.sleep(0.1)  # it tells nobody when it is


async def call_is_accepted(w: World, stream: Stream, platform_id: PlatformId) -> InteractionId:
    """A call comes to a1, and is accepted over the stream. Returns its id."""
    since = len(stream.seen)
    await w.simulate("a1", "inbound_call", platform_id=platform_id, ani="+15550100")
    rings = await stream.until(
        lambda one: isinstance(one, ev.InteractionAlerting) and one.platform_id == platform_id, since
    )
    assert isinstance(rings, ev.InteractionAlerting)
    command = {"type": "interaction.accept", "interaction_id": rings.interaction.id}
    record = await stream.order(f"accept {rings.interaction.id}", command)
    assert isinstance(record.result, Succeeded), record
    await stream.until(
        lambda one: isinstance(one, ev.InteractionConnected) and one.interaction.id == rings.interaction.id
    )
    return rings.interaction.id


def numbered_without_a_gap(stream: Stream) -> None:
    cursors = [one.cursor for one in stream.seen]
    assert cursors == list(range(cursors[0], cursors[0] + len(cursors)))


async def joined(cluster: Cluster, gateway: Gateway, stack: AsyncExitStack, http: ClientSession) -> World:
    """A node, with all that is around it."""
    tasks = Tasks()
    stack.push_async_callback(tasks.finish, 0.0)
    return World(gateway, cluster.switch, http, cluster.simulated, tasks, stack)


class AskingPage:
    """The page of a1 on the relayed platform; it can ask the CRM what the vendor's widget would."""

    def __init__(self, w: World) -> None:
        self._w = w
        self._answers: asyncio.Queue[Any] = asyncio.Queue()

    async def open(self) -> None:
        """Come to the node, and carry frames of the simulated platform there and back."""
        w = self._w
        self._there = await w.connect(f"/v1/links/{PLATFORM}")
        await self._there.send_json({"id": "hello", "method": "trunkline.hello", "params": [{"agent": "a1"}]})
        await self._there.receive()
        url = facade_url(w.switch.addresses[0], w.simulated[0], "a1")
        self._platform = await w.stack.enter_async_context(w.http.ws_connect(url))
        w.tasks.start(self._up(), "page up")
        w.tasks.start(self._down(), "page down")

    async def ask(self, event: str, *params: Json) -> Any:
        """What the widget gets."""
        await self._there.send_json({"jsonrpc": "2.0", "id": "asked", "method": event, "params": params})
        async with asyncio.timeout(PATIENCE_S):
            return await self._answers.get()

    async def _up(self) -> None:
        while (message := await self._platform.receive()).type is WSMsgType.TEXT:
            await self._there.send_str(message.data)

    async def _down(self) -> None:
        while (message := await self._there.receive()).type is WSMsgType.TEXT:
            frame = msgspec.json.decode(message.data)
            if frame.get("id") == "asked":
                self._answers.put_nowait(frame["result"])
            else:
                await self._platform.send_str(message.data)
