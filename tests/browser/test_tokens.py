"""Tokens and versions of scripts, in a real browser: a relay comes again by itself, and with its neighbours.

`before/` holds the scripts as they were before a page was handed fresh tokens: a browser may have kept them.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import msgspec
import pytest
from playwright.async_api import BrowserContext, Page, Route, WebSocketRoute

from adapters.bright_pattern.embedded.tables import NAME as OLDER
from gateway.runtime.clock import SystemClock
from gateway.security.access import Scope
from gateway.security.tokens import STORE_ENTRY, EndedError, Tokens
from schemas.grants import Role
from schemas.ids import AgentId
from schemas.values import Json
from tests.browser.pages import Site, chromium, site
from tests.browser.test_relay import shown
from tests.browser.test_sign_in import PAGE, signed_in
from tests.browser.vendor import OLDER_STAND_IN, STAND_IN, relay
from tests.e2e.world import PLATFORM, World, platform, world
from tests.fakes import START, FakeClock

BEFORE: Final = Path(__file__).parent / "before"
KEPT: Final = "() => Object.values(sessionStorage).join()"
LIFE_S: Final = 600  # of a token


class Leaping(SystemClock):
    """The machine's clock, but that some of the time can be left out."""

    def __init__(self) -> None:
        self.ahead_s = 0.0

    def now(self) -> datetime:
        """The time of day."""
        return super().now() + timedelta(seconds=self.ahead_s)

    def monotonic(self) -> float:
        """The steady time."""
        return super().monotonic() + self.ahead_s


def leave_out(played: World, seconds: float) -> None:
    """So much later, for the gateway."""
    clock = played.gateway.clock
    assert isinstance(clock, Leaping)
    clock.ahead_s += seconds
    for lease in tuple(played.gateway.gate.withdrawals.leases):
        lease.look()


@asynccontextmanager
async def joined(dialect: str = "bright_pattern") -> AsyncIterator[tuple[World, Site, BrowserContext]]:
    """A gateway with keys over a platform whose page is waited for, a site for it, and a browser."""
    async with site() as at:
        sim = platform(dialect, agents=("a1",), origins=(at.origin,))
        async with world([sim], clock=Leaping(), pages=False) as played, chromium() as browser:
            await played.gateway.keys.create("crm", list(Scope))
            yield played, at, await browser.new_context()


def token(played: World, role: Role = Role.LINK) -> str:
    return played.gateway.tokens.mint(AgentId("a1"), PLATFORM, role, LIFE_S)


async def over(played: World) -> str:
    """A token that was good once."""
    past = Tokens(await played.gateway.store.secret(STORE_ENTRY), FakeClock(START - timedelta(days=365)))
    return past.mint(AgentId("a1"), PLATFORM, Role.LINK)


def cut(played: World) -> None:
    """Cut the only link, as a network does."""
    (link,) = played.gateway.links._of_platform[PLATFORM]  # noqa: SLF001
    link._close(1012, "cut")  # noqa: SLF001


@pytest.mark.parametrize("dialect", ["bright_pattern", OLDER])
async def test_a_relay_outlives_its_token_a_cut_and_a_reload(dialect: str) -> None:
    stand_in = OLDER_STAND_IN if dialect == OLDER else STAND_IN
    async with joined(dialect) as (played, at, context):
        given = token(played)
        page = await at.open(context, "/", f"<body>{stand_in}{relay(played.url, token=given)}")
        await shown(page, "open")
        leave_out(played, 0.7 * LIFE_S)
        await page.wait_for_function(f"() => ({KEPT})() !== ''")
        leave_out(played, 0.4 * LIFE_S)
        with pytest.raises(EndedError):
            played.gateway.tokens.verify(given)
        cut(played)
        await shown(page, "lost")
        await shown(page, "open")
        await page.reload()  # with the same tag
        await shown(page, "open")
        assert at.errors == []


async def test_another_token_in_the_tag_is_the_newer_word() -> None:
    async with joined() as (played, at, context):
        page = await at.open(context, "/", f"<body>{STAND_IN}{relay(played.url, token=token(played))}")
        await shown(page, "open")
        leave_out(played, 0.7 * LIFE_S)
        await page.wait_for_function(f"() => ({KEPT})() !== ''")
        second = token(played)
        async with page.expect_websocket() as connecting:
            at.pages["/"] = (
                f"<!doctype html><title>CRM</title><body>{STAND_IN}{relay(played.url, token=second)}"
            )
            await page.reload()
        said = await (await connecting.value).wait_for_event("framesent")
        assert second in str(said)


SOURCES: Final = {
    "address": {"token-url": "/mint"},
    "function": {"token-function": "mint"},
}


@pytest.mark.parametrize("answer", ["plain", "json"])
@pytest.mark.parametrize("source", SOURCES)
async def test_a_relay_whose_token_is_over_asks_the_crm(source: str, answer: str) -> None:
    async with joined() as (played, at, context):
        gone = await over(played)
        asked: list[str] = []

        async def mint(route: Route) -> None:
            asked.append(route.request.url)
            made = token(played)
            body = made if answer == "plain" else msgspec.json.encode({"token": made}).decode()
            await route.fulfill(body=body)

        await context.route("**/mint*", mint)
        function = "<script>const mint = (who) => fetch(`/mint?who=${who}`).then((one) => one.text())"
        function += (
            ".then((text) => text[0] === '{' ? JSON.parse(text).token : text); window.mint = mint;</script>"
        )
        tag = relay(played.url, token=gone, who="ann", **SOURCES[source])
        page = await at.open(context, "/", f"<body>{function}{STAND_IN}{tag}")
        await shown(page, "refused")
        await shown(page, "open")
        assert [one.partition("?")[2] for one in asked] == ["who=ann"]


async def test_a_crm_that_gives_no_token_is_not_asked_again_and_again() -> None:
    async with joined() as (played, at, context):
        asked: list[str] = []

        async def refuse(route: Route) -> None:
            asked.append(route.request.url)
            await route.fulfill(status=503)

        await context.route("**/mint*", refuse)
        await context.clock.install()
        tag = relay(played.url, **SOURCES["address"])
        page = await at.open(context, "/", f"<body>{STAND_IN}{tag}")
        await shown(page, "refused")
        assert "gives no token: 503" in await page.inner_text("#shown")
        await context.clock.run_for(60_000)
        assert 2 <= len(asked) <= 9


# --- neighbouring versions


async def serve_before(context: BrowserContext) -> None:
    """The browser has the scripts of before."""

    async def answer(route: Route) -> None:
        name = route.request.url.rpartition("/")[2]
        headers = {"Access-Control-Allow-Origin": "*"}
        await route.fulfill(path=BEFORE / name, content_type="text/javascript", headers=headers)

    for script in BEFORE.glob("*.js"):
        await context.route(f"**/{script.name}", answer)


async def test_a_relay_of_before_works_with_this_gateway() -> None:
    async with joined() as (played, at, context):
        await serve_before(context)
        page = await at.open(context, "/", f"<body>{STAND_IN}{relay(played.url, token=token(played))}")
        await shown(page, "open")
        assert at.errors == []


async def test_a_facades_page_of_before_works_with_this_gateway_and_is_shown_no_token() -> None:
    async with site() as at:
        sim = platform("channel_session", origins=(at.origin,))
        async with world([sim], clock=Leaping()) as played, chromium() as browser:
            await played.gateway.keys.create("crm", list(Scope))
            context = await browser.new_context()
            await serve_before(context)
            given = token(played, Role.FACADE)
            script = f"{played.url}/v1/facades/sim/bright_pattern/api.js"
            logs = "<script>const seen = []; adApi.injectMessageLogger((name) => seen.push(name));</script>"
            tag = f'<script src="{script}" data-token="{given}"></script>'
            page = await at.open(context, "/", f"<body>{tag}{PAGE}{logs}")
            async with page.expect_websocket() as connecting:
                assert await signed_in(page) == "a1"
            socket = await connecting.value
            leave_out(played, 0.7 * LIFE_S)
            leave_out(played, 0.4 * LIFE_S)
            if not socket.is_closed():
                await socket.wait_for_event("close")
            assert "trunkline.token" not in await page.evaluate("() => seen")


async def played_by(page: Page, answer: dict[str, Json]) -> None:
    """A gateway of another version, which answers hellos like that."""

    def connected(socket: WebSocketRoute) -> None:
        frame = msgspec.json.encode({"jsonrpc": "2.0", "id": "hello", "result": answer}).decode()
        socket.on_message(lambda _: socket.send(frame))

    await page.route_web_socket("**/v1/links/sim", connected)


@pytest.mark.parametrize(
    ("answer", "state"),
    [({"agent": "a1"}, "open"), ({"agent": "a1", "protocol": 9, "oldest": 9}, "refused")],
    ids=["before", "too new"],
)
async def test_a_relay_works_with_a_gateway_of_before_and_says_with_which_it_does_not(
    answer: dict[str, Json], state: str
) -> None:
    async with joined() as (played, at, context):
        page = await context.new_page()
        said: list[str] = []
        page.on("console", lambda one: said.append(one.text) if one.type == "error" else None)
        await played_by(page, answer)
        at.pages["/"] = f"<!doctype html><title>CRM</title><body>{STAND_IN}{relay(played.url, token='t')}"
        await page.goto(at.origin)
        await shown(page, state)
        if state == "refused":
            assert "does not work with the gateway (version 9)" in await page.inner_text("#shown")
            assert [one for one in said if "does not work with the gateway" in one]


async def test_scripts_are_asked_for_anew_and_not_sent_again() -> None:
    async with joined() as (played, _, _):
        address = f"{played.url}/v1/links/sim/relay.js"
        async with played.http.get(address) as response:
            assert response.headers["Cache-Control"] == "public, no-cache"
            tag = response.headers["ETag"]
        for shown_tag in (tag, f"W/{tag}", f'"other", {tag}', "*"):
            async with played.http.get(address, headers={"If-None-Match": shown_tag}) as response:
                assert response.status == 304, shown_tag
        async with played.http.get(address, headers={"If-None-Match": '"other"'}) as response:
            assert response.status == 200
