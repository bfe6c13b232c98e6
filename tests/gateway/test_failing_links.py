"""A platform whose frames are too large, or cannot be read, before its link is usable: it is seen."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Final

import msgspec
import pytest
from aiohttp import WSCloseCode, WSMsgType, web
from aiohttp.test_utils import TestServer

from gateway.links import failing, opening
from gateway.links.link import READY_S
from schemas import events as ev
from schemas.values import Json
from tests.fakes import FakeClock, until
from tests.gateway.handmade import Bench, Over, P, Page, agent, bench, call

SMALL: Final[dict[str, Json]] = {"server": {"port": 0, "shutdown_s": 1.0, "max_platform_frame_bytes": 2000}}
LARGE: Final = b'{"told":"ready","x":"' + b"x" * 2000 + b'"}'
UNREADABLE: Final = {
    "too large": (LARGE, "at most 2000 are taken"),
    "too deep": (b'{"told":' + b"[" * 200 + b"]" * 200 + b"}", "nested more than 100 deep"),
    "no UTF-8": (b'{"told":"\xff"}', "not UTF-8 (byte 9)"),
    "a line break in a text": (b'{"told":"re\nady"}', "frame"),
    "cut off": (b'{"told":"rea', "Input data was truncated"),
}


async def failed(standing: Bench) -> list[dict[str, Json]]:
    """What is told of failing links to who asks for the platforms."""
    reply = await standing.request("GET", "/v1/platforms")
    (shown,) = msgspec.convert(reply.json()["platforms"], list[dict[str, Json]])
    return msgspec.convert(shown["failing"], list[dict[str, Json]])


async def measured(standing: Bench) -> str:
    """The metric."""
    text = (await standing.request("GET", "/metrics")).body.decode()
    return next(line for line in text.splitlines() if line.startswith("trunkline_links_failing{"))


def notices(seen: list[ev.AnyEvent]) -> list[ev.PlatformNotice]:
    """Those of failing links."""
    return [one for one in seen if isinstance(one, ev.PlatformNotice) and one.code == failing.CODE]


@pytest.mark.parametrize(("frame", "reason"), UNREADABLE.values(), ids=UNREADABLE)
async def test_a_page_that_cannot_be_read_before_it_is_usable_is_seen_until_it_is(
    frame: bytes, reason: str
) -> None:
    async with bench(overrides=SMALL) as standing:
        stream = await standing.stream()
        page = await standing.relay()
        await page.socket.send_frame(frame, WSMsgType.TEXT)
        assert (await page.heard())["method"] == "trunkline.error"
        (one,) = await failed(standing)
        assert (one["agent_id"], one["times"]) == ("a1", 1)
        assert reason in str(one["reason"])
        assert await measured(standing) == 'trunkline_links_failing{platform="p"} 1.0'
        told = await stream.until(lambda event: isinstance(event, ev.PlatformNotice))
        assert isinstance(told, ev.PlatformNotice)
        assert (told.code, told.agent_id, told.error) == (failing.CODE, "a1", True)
        assert reason in told.message
        await page.socket.close()
        await standing.page()
        assert await failed(standing) == []
        assert await measured(standing) == 'trunkline_links_failing{platform="p"} 0.0'


async def test_one_that_fails_again_and_again_is_told_once_in_a_while() -> None:
    clock = FakeClock()
    async with bench(overrides=SMALL, clock=clock) as standing:
        stream = await standing.stream()
        for times in (1, 2, 3):
            page = await standing.relay()
            await page.socket.send_frame(LARGE, WSMsgType.TEXT)
            await page.heard()
            await page.socket.close()
            (one,) = await failed(standing)
            assert one["times"] == times
        await clock.advance(failing.TOLD_EVERY_S)
        page = await standing.relay()
        await page.socket.send_frame(LARGE, WSMsgType.TEXT)
        await page.heard()
        await stream.until(lambda _: len(notices(stream.seen)) == 2)
        assert len(notices(stream.seen)) == 2


async def test_of_many_agents_that_fail_some_are_told_and_all_are_counted() -> None:
    agents = failing.TOLD_AT_ONCE + 5
    async with bench(overrides=SMALL) as standing:
        stream = await standing.stream()
        for n in range(agents):
            page = await standing.relay(f"a{n}")
            await page.socket.send_frame(LARGE, WSMsgType.TEXT)
            await page.heard()
        assert len(await failed(standing)) == agents
        await standing.page("last")
        await stream.until(lambda event: isinstance(event, ev.PlatformStateChanged))
        assert len(notices(stream.seen)) == failing.TOLD_AT_ONCE


async def test_one_that_is_not_tried_any_more_is_forgotten() -> None:
    clock = FakeClock()
    async with bench(overrides=SMALL, clock=clock) as standing:
        page = await standing.relay()
        await page.socket.send_frame(LARGE, WSMsgType.TEXT)
        await page.heard()
        await page.socket.close()
        await clock.advance(failing.GIVEN_UP_S)
        assert await measured(standing) == 'trunkline_links_failing{platform="p"} 0.0'
        assert await failed(standing) == []


async def test_a_page_that_connects_and_says_nothing_of_use_is_seen() -> None:
    clock = FakeClock()
    async with bench(clock=clock) as standing:
        page = await standing.relay()
        await page.see(agent())
        await until(lambda: standing.gateway.state.snapshots.sessions != {})
        await clock.advance(READY_S)
        (one,) = await failed(standing)
        assert one["reason"] == "not usable 60 s after it connected"
        await page.say(Over())
        await until(lambda: standing.gateway.platforms[P].links == 1)
        assert await failed(standing) == []


async def test_a_page_that_leaves_before_it_is_usable_has_done_nothing_wrong() -> None:
    async with bench() as standing:
        page = await standing.relay()
        await page.socket.close()
        await standing.page()
        assert await failed(standing) == []


async def test_a_large_frame_of_a_usable_page_costs_that_frame() -> None:
    async with bench(overrides=SMALL) as standing:
        page = await standing.page()
        await page.socket.send_frame(LARGE, WSMsgType.TEXT)
        assert (await page.heard())["method"] == "trunkline.error"
        await standing.shown(page, call())
        assert standing.gateway.platforms[P].links == 1
        assert await failed(standing) == []


async def test_a_frame_beyond_all_bounds_ends_the_link_with_its_reason_and_is_seen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("gateway.links.relay.hard_limit_bytes", lambda _: 4000)
    async with bench(overrides=SMALL) as standing:
        stream = await standing.stream()
        page = await standing.page()
        await page.socket.send_frame(b"x" * 5000, WSMsgType.TEXT)
        assert await page.closed() == (WSCloseCode.MESSAGE_TOO_BIG, "a frame of more than 4000 bytes")
        told = await stream.until(lambda event: isinstance(event, ev.PlatformNotice))
        assert isinstance(told, ev.PlatformNotice)
        assert told.message == "a frame of more than 4000 bytes"
        await until(lambda: standing.gateway.platforms[P].reason == "a frame of more than 4000 bytes")


# --- dialled

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def dialled(handler: Handler, clock: FakeClock) -> AsyncIterator[Bench]:
    """A gateway that dials a platform which answers so."""
    site = web.Application()
    site.router.add_get("/", handler)
    async with TestServer(site) as server:
        url = str(server.make_url("/")).replace("http", "ws", 1)
        platforms: dict[str, dict[str, Json]] = {P: {"dialect": "handmade_dialled", "url": url}}
        async with bench(overrides=SMALL, platforms=platforms, clock=clock) as standing:
            yield standing


async def test_a_dialled_platform_whose_frames_are_too_large_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "hard_limit_bytes", lambda _: 4000)
    sent = b"x" * 5000

    async def handler(request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.send_frame(sent, WSMsgType.TEXT)
        await socket.receive()
        return socket

    async with dialled(handler, FakeClock()) as standing:
        await until(lambda: standing.gateway.platforms[P].failing != {})
        (one,) = await failed(standing)
        assert (one["agent_id"], one["times"]) == ("", 1)
        assert "more than 4000 bytes" in str(one["reason"])
        assert standing.gateway.platforms[P].reason == one["reason"]


async def test_a_dialled_platform_that_refuses_us_is_seen_and_forgotten_once_it_does_not() -> None:
    clock = FakeClock()
    refusing = True

    async def handler(request: web.Request) -> web.StreamResponse:
        if refusing:
            raise web.HTTPForbidden
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        page = Page(socket)  # type: ignore[arg-type]  # sends alike
        await page.see(agent())
        await page.say(Over())
        await socket.receive()
        return socket

    async with dialled(handler, clock) as standing:
        await until(lambda: standing.gateway.platforms[P].failing != {})
        (one,) = await failed(standing)
        assert "403" in str(one["reason"])
        refusing = False
        await until(lambda: any(wait < 2.0 for wait in clock.waiting()))
        await clock.advance(2.0)
        await until(lambda: standing.gateway.platforms[P].links == 1)
        assert await failed(standing) == []
        assert standing.gateway.platforms[P].reason == ""


# --- a page's snapshot, as large as they are


def chat(nth: int) -> dict[str, Json]:
    """A chat with so much data that twelve of them are more than 1 MiB."""
    return {
        "interactionId": f"i{nth}",
        "globalInteractionId": f"g{nth}",
        "state": "delivered",
        "type": "chat",
        "callParties": [],
        "chatParties": [],
        "callMuted": False,
        "callRecording": False,
        "attachedData": {"transcript": "x" * 90_000},
        "internal": False,
        "agentId": "a1",
    }


async def test_twelve_chats_with_much_data_are_a_snapshot_like_any_other() -> None:
    answers: dict[str, Json] = {
        "getLoginState": {"isLoggedIn": True, "agentId": "a1"},
        "getAgentState": {"state": "ready"},
        "getAgentNotReadyReasons": [],
        "getInteractionsState": {
            "activeInteractionId": None,
            "interactions": [chat(nth) for nth in range(12)],
        },
    }
    async with bench(platforms={"p": {"dialect": "bright_pattern"}}) as standing:
        page = await standing.relay()
        for _ in answers:
            asked = await page.heard()
            data = answers[str(asked["method"])]
            result: Json = {"status": "success", "data": data}
            await page.socket.send_json({"jsonrpc": "2.0", "id": asked["id"], "result": result})
        await until(lambda: standing.gateway.platforms[P].links == 1)
        assert len(standing.gateway.state.snapshots.interactions(standing.session())) == 12
        assert await failed(standing) == []
