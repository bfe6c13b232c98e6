"""Several gateways on one NATS: any of them serves any client, and when the one at work dies another is."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from secrets import token_hex
from typing import Any, Final

import msgspec
import pytest
import yaml
from aiohttp import ClientError, ClientSession, web
from aiohttp.test_utils import TestServer

from gateway.app import Gateway, running
from gateway.config import Config, parse
from gateway.demo.simulation import Pages, Simulated, gateway_config, internal_dialect, switchboard
from gateway.runtime.tasks import Tasks
from schemas import events as ev
from schemas.ids import PlatformId
from schemas.needinfo import NeedInfoKind, Resolution
from schemas.results import Succeeded
from schemas.values import Json
from tests.e2e.clients.bright_pattern import BrightPattern
from tests.e2e.clients.page import Call
from tests.e2e.needinfo_stage import answer, asked
from tests.e2e.needinfo_stage import switch as asking_switch
from tests.e2e.processes import served
from tests.e2e.world import BY_NAME, PLATFORM, Stream, World, platform
from tests.nats_server import NatsServer
from tests.patience import PATIENCE_S

pytestmark = pytest.mark.whole

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
    """Events that a webhook's receiver took, in order."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []

    async def take(self, request: web.Request) -> web.Response:
        self.events.append(msgspec.json.decode(await request.read()))
        return web.Response(status=204)


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


async def call_is_accepted(w: World, stream: Stream, platform_id: PlatformId) -> str:
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


async def test_any_node_serves_any_client_and_takes_over_from_one_that_is_killed(
    tmp_path: Path, nats_server: NatsServer
) -> None:
    received = Received()
    app = web.Application()
    app.router.add_post("/", received.take)
    async with AsyncExitStack() as stack:
        receiver = TestServer(app)
        await stack.enter_async_context(receiver)
        cluster = await stack.enter_async_context(platforms(tmp_path, nats_server.url))
        first, first_url = await stack.enter_async_context(served(cluster.file("first")))
        second = await stack.enter_async_context(running(Gateway(cluster.config("second"))))
        http = await stack.enter_async_context(ClientSession())
        tasks = Tasks()
        stack.push_async_callback(tasks.finish, 0.0)
        assert second.store.following is not None
        w = World(second, cluster.switch, http, cluster.simulated, tasks, stack)

        # The agents' pages come to the second, and so do all clients; the first is at work.
        Pages(cluster.simulated, tasks, http).open(cluster.switch.addresses[0], w.url)
        on_desk, on_phone = [await session_of(w, "a1", one) for one in (PLATFORM, PHONE)]
        hook = {"url": str(receiver.make_url("/")), "events": ["interaction.*", "party.*"]}
        assert (await w.request("POST", "/v1/webhooks", hook)).status == 201
        stream = await w.stream(after=0)
        calls = [await call_is_accepted(w, stream, one) for one in (PLATFORM, PHONE)]
        client = await BrightPattern.open(w)
        await client.sign_in()
        client.calls = {calls[0]: Call.MAIN}
        held = await w.command(type="interaction.hold", interaction_id=calls[0])
        assert isinstance(held.result, Succeeded), held
        shown = await w.request("GET", f"/v1/interactions/{calls[0]}")  # what was done is seen at once
        assert shown.json()["state"] == "held"
        await stream.until(lambda one: isinstance(one, ev.InteractionHeld))

        # A question that is asked at the first is answered at the second.
        body: dict[str, Json] = {
            "type": "interaction.dial",
            "session_id": on_phone,
            "destination": "+15551234",
        }
        there = World(_At(first_url), cluster.switch, http, cluster.simulated, tasks, stack)  # type: ignore[arg-type]  # its address is all that is asked
        question = await there.command(**body)
        assert asked(question).kind is NeedInfoKind.OUTBOUND_SKILL
        record = await answer(w, question, skill="sales")
        assert isinstance(record.result, Succeeded), record
        told = await stream.until(lambda one: isinstance(one, ev.NeedInfoResolved))
        assert isinstance(told, ev.NeedInfoResolved)
        assert told.resolution is Resolution.SUBMITTED

        # A cursor of one is good at the other, even if it is not there yet.
        newest = await there.command(type="agent.set_state", session_id=on_desk, state="not_ready")
        page = await there.request("GET", f"/v1/events?after={stream.seen[-1].cursor}")
        cursor = msgspec.json.decode(page.body)["cursor"]
        resumed = await w.stream(after=cursor)
        assert not [one for one in resumed.frames if type(one).__name__ == "Gap"]
        assert newest.id in {one.command_id for one in await w.journal()}

        # The first dies; meanwhile the customer of one call hangs up.
        first.send_signal(signal.SIGKILL)
        await first.wait()
        await w.simulate("a1", "remote_hangup", platform_id=PLATFORM, ref=w.contact())
        await at_work(http, w.url, on_desk)
        assert second.store.following is None
        ended = await stream.until(lambda one: isinstance(one, ev.InteractionEnded))
        assert isinstance(ended, ev.InteractionEnded)
        assert (ended.interaction.id, ended.recovered) == (calls[0], True)
        again = await call_is_accepted(w, stream, PHONE)
        numbered_without_a_gap(stream)
        everything = await w.journal()
        assert [one.cursor for one in everything] == list(range(1, len(everything) + 1))
        assert [one.id for one in stream.seen] == [one.id for one in everything][: len(stream.seen)]
        ends = [one for one in everything if isinstance(one, ev.InteractionEnded)]
        assert [one.interaction.id for one in ends] == [calls[0]]

        # Another one follows, and takes over from the second as soon as that stops.
        third = await stack.enter_async_context(running(Gateway(cluster.config("third"))))
        assert third.store.following is not None
        at_third = World(third, cluster.switch, http, cluster.simulated, tasks, stack)
        assert await at_third.journal() == everything
        later = await at_third.stream(after=everything[-1].cursor)
        await second.stop()
        await at_work(http, at_third.url, on_phone)
        record = await later.order("hang up", {"type": "interaction.release", "interaction_id": again})
        assert isinstance(record.result, Succeeded), record
        await later.until(lambda one: isinstance(one, ev.InteractionEnded) and one.interaction.id == again)
        numbered_without_a_gap(later)
        await taken(
            received, [one for one in await at_third.journal() if isinstance(one, ev.InteractionEvent)]
        )


class _At:
    """A gateway that is another process."""

    def __init__(self, url: str) -> None:
        self.addresses = [url]


async def taken(received: Received, events: list[ev.AnyEvent]) -> None:
    """Each was delivered, at least once, and in order for each interaction."""
    async with asyncio.timeout(PATIENCE_S):
        while not {one.id for one in events} <= {one["id"] for one in received.events}:
            await asyncio.sleep(0.05)  # deliveries come by themselves
    for interaction in {one.interaction.id for one in events if isinstance(one, ev.InteractionEvent)}:
        order = [
            one["data"]["cursor"]
            for one in received.events
            if one["data"]["interaction"]["id"] == interaction
        ]
        assert list(dict.fromkeys(order)) == sorted(set(order))
