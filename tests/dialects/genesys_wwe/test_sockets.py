"""Over real sockets: a page of the platform's, a gateway, and the host pages that take it for a desktop."""

from collections.abc import Callable, Mapping

import msgspec
from aiohttp import ClientWebSocketResponse, WSMsgType

from gateway.security.access import ANONYMOUS
from schemas.commands import Hold
from schemas.ids import PlatformId
from schemas.results import ErrorCode, Failed
from schemas.values import Json
from tests.dialects.genesys_wwe import stage
from tests.fakes import FakeClock, until
from tests.gateway.handmade import Bench, bench
from tests.patience import PATIENCE_S

PLATFORM = PlatformId("w")
TALKING: dict[str, Json] = {
    "interactionId": "4",
    "callUuid": "u-1",
    "caseId": "c-1",
    "state": "TALKING",
    "isMainCaseInteraction": None,
}


def platforms(**settings: Json) -> Mapping[str, Mapping[str, Json]]:
    return {PLATFORM: {"dialect": "genesys_wwe", "settings": settings}}


class Socket:
    """JSON-RPC frames over one socket."""

    def __init__(self, socket: ClientWebSocketResponse) -> None:
        self.socket = socket
        self.count = 0

    async def heard(self) -> dict[str, Json]:
        """The next frame."""
        message = await self.socket.receive(PATIENCE_S)
        assert message.type is WSMsgType.TEXT, message
        return msgspec.json.decode(message.data, type=dict[str, Json])

    async def until(self, fits: Callable[[dict[str, Json]], bool]) -> dict[str, Json]:
        """The next frame that fits."""
        while not fits(frame := await self.heard()):
            pass
        return frame

    async def send(self, frame: bytes) -> None:
        """A frame."""
        await self.socket.send_str(frame.decode())

    async def request(self, method: str, *params: Json) -> int:
        """Send a request; its id."""
        self.count += 1
        await self.send(stage.frame({"jsonrpc": "2.0", "id": self.count, "method": method, "params": params}))
        return self.count

    async def ask(self, method: str, *params: Json) -> Json:
        """The result of a request."""
        number = await self.request(method, *params)
        return (await self.until(lambda frame: frame.get("id") == number))["result"]


async def page(standing: Bench, agent: str, interactions: Json = ()) -> Socket:
    """An agent's desktop whose snapshot is over."""
    relay = await standing.relay(agent, PLATFORM)
    desktop = Socket(relay.socket)
    answers: dict[str, Json] = {
        **stage.ANSWERS,
        "agent.get": {"data": {"employeeId": agent}},
        "interaction.getInteractions": {"data": interactions},
    }
    for _ in range(6):
        asked = await desktop.heard()
        await desktop.send(stage.result(str(asked["id"]), answers[str(asked["method"])]))
    await until(lambda: standing.gateway.links.to(PLATFORM, standing.session(agent, PLATFORM)) is not None)
    return desktop


async def client(standing: Bench, agent: str, *channels: str) -> Socket:
    """A host page that has subscribed."""
    one = Socket(await standing.connect(f"/v1/facades/{PLATFORM}/genesys_wwe?agent={agent}"))
    if channels:
        assert await one.ask("subscribe", list(channels)) == {"subscriptionId": "s-1"}
    return one


async def test_what_a_client_broadcasts_reaches_the_agent_s_other_clients_that_listen_and_nobody_else() -> (
    None
):
    async with bench(platforms=platforms()) as standing:
        await page(standing, "1001")
        await page(standing, "1002")
        sender = await client(standing, "1001", "messenger:x")
        listening = await client(standing, "1001", "messenger:x", "messenger:y")
        elsewhere = await client(standing, "1001", "messenger:y", "messenger", "x")
        foreign = await client(standing, "1002", "messenger:x")
        message = {"any": ["thing", None, 1.5]}
        assert await sender.ask("messenger.broadcastMessage", "x", message) == {"data": None}
        assert await listening.heard() == msgspec.json.decode(stage.event("messenger:x", message))
        for other in (sender, elsewhere, foreign):  # the next thing that each hears is the answer to this
            number = await other.request("system.isFrameLeading")
            assert (await other.heard())["id"] == number


async def test_only_an_object_is_broadcast_and_only_on_a_channel_with_a_name() -> None:
    async with bench(platforms=platforms()) as standing:
        await page(standing, "1001")
        one = await client(standing, "1001")
        wrong: tuple[tuple[Json, ...], ...] = (("x", "text"), ("x",), ("", {}), (4, {}))
        for params in wrong:
            refused = await one.ask("messenger.broadcastMessage", *params)
            assert isinstance(refused, dict)
            assert set(refused) == {"errorMessage"}


async def test_what_the_platform_s_own_web_applications_broadcast_is_heard_too() -> None:
    async with bench(platforms=platforms()) as standing:
        desktop = await page(standing, "1001")
        one = await client(standing, "1001", "messenger:x")
        frame = stage.event("messenger:x", {"from": "inside"})
        await desktop.send(frame)
        assert await one.heard() == msgspec.json.decode(frame)


async def test_a_client_reads_the_platform_s_own_object_before_and_after_it_is_loaded_anew() -> None:
    async with bench(platforms=platforms()) as standing:
        desktop = await page(standing, "1001", [TALKING])
        held = {**TALKING, "state": "HELD", "new": {"member": []}}
        one = await client(standing, "1001", "interaction")
        await desktop.send(stage.changed(held, "HELD"))
        told = await one.heard()
        [mine] = standing.gateway.state.snapshots.interactions()
        shown = {**held, "interactionId": mine.id}
        assert told == msgspec.json.decode(stage.changed(shown, "HELD"))
        assert await one.ask("interaction.getInteractions") == {"data": [shown]}
        again = await client(standing, "1001")
        assert await again.ask("interaction.getByInteractionId", mine.id) == {"data": shown}
        assert await again.ask("agent.getStateList") == stage.ANSWERS["agent.getStateList"]


async def test_a_limited_block_ends_and_its_client_is_told_that_its_time_was_over() -> None:
    clock = FakeClock()
    async with bench(platforms=platforms(block_markdone_timeout_ms=20_000), clock=clock) as standing:
        desktop = await page(standing, "1001", [TALKING])
        one = await client(standing, "1001", "markdone")
        [mine] = standing.gateway.state.snapshots.interactions()
        number = await one.request("interaction.blockMarkdone", mine.id, "Save first")
        call = await desktop.heard()
        assert (call["method"], call["params"]) == ("interaction.blockMarkdone", ["4", "Save first"])
        await desktop.send(stage.result(str(call["id"]), {"data": None}))
        heard = [await one.heard(), await one.heard()]  # in either order: both are on the disk
        answer, blocked = sorted(heard, key=lambda frame: "id" not in frame)
        assert answer["id"] == number
        event: dict[str, Json] = {"interactionId": mine.id, "warningMessage": "Save first"}
        event["eventType"] = "MARKDONE_BLOCKED"
        assert blocked == msgspec.json.decode(stage.event("markdone", event))
        number = await one.request("interaction.markdone", mine.id)
        assert (await one.heard())["result"] == {"errorMessage": "Save first"}
        assert await one.heard() == blocked  # an attempt tells it again
        await clock.advance(20)
        over = {"eventType": "MARKDONE_BLOCK_TIMEOUT", "interactionId": mine.id, "warningMessage": ""}
        assert await one.heard() == msgspec.json.decode(stage.event("markdone", over))


async def test_what_a_call_without_an_answer_has_done_is_read_though_the_platform_says_nothing_more() -> None:
    clock = FakeClock()
    async with bench(platforms=platforms(), clock=clock) as standing:
        desktop = await page(standing, "1001", [TALKING])
        [mine] = standing.gateway.state.snapshots.interactions()
        record = await standing.submit(Hold(interaction_id=mine.id), ANONYMOUS)
        assert (await desktop.heard())["method"] == "voice.hold"
        await clock.advance(10)
        failed = (await standing.finished(record)).result
        assert isinstance(failed, Failed)
        assert failed.code is ErrorCode.TIMEOUT
        await clock.advance(0)
        assert (await desktop.heard())["method"] == "interaction.getInteractions"
        await clock.advance(15 + 5)
        assert (await desktop.heard())["method"] == "interaction.getInteractions"


async def test_a_desktop_that_does_not_answer_the_snapshot_is_let_go_with_what_is_missing() -> None:
    clock = FakeClock()
    async with bench(platforms=platforms(), clock=clock) as standing:
        relay = await standing.relay("1001", PLATFORM)
        desktop = Socket(relay.socket)
        for _ in range(6):
            asked = await desktop.heard()
            if asked["method"] not in {"agent.getState", "interaction.getInteractions"}:
                await desktop.send(stage.result(str(asked["id"]), stage.ANSWERS[str(asked["method"])]))
        await until(lambda: bool(standing.gateway.state.snapshots.sessions))
        await clock.advance(15)
        closed = await relay.socket.receive(PATIENCE_S)
        assert closed.type is WSMsgType.CLOSE
        missing = "no answer to agent.getState, interaction.getInteractions"
        assert (closed.data, closed.extra) == (1013, missing)
