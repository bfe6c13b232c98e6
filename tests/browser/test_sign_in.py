"""Signing in through the frame beside an unchanged page, on a gateway with keys, in a real browser."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Final

import pytest
from playwright.async_api import BrowserContext, Frame, Page

from gateway.security.access import Scope
from gateway.security.tokens import STORE_ENTRY, Tokens
from schemas.grants import Role
from schemas.ids import AgentId
from schemas.values import Json
from tests.browser.pages import Site, chromium, site
from tests.browser.test_desktop import application
from tests.e2e.world import PLATFORM, World, platform, world
from tests.fakes import START, FakeClock
from tests.gateway.openid import provider
from tests.patience import PATIENCE_S

A1: Final = AgentId("a1")
PATIENCE_MS: Final = PATIENCE_S * 1000
PAGE: Final = "<script>const adApi = new brightpattern.AdApi({integrationKey: 'crm'});</script>"


def foreign(at: Site) -> str:
    """The site under a name that makes it another site than the gateway's, not just another origin."""
    return at.origin.replace("127.0.0.1", "localhost")


def tag(played: World) -> str:
    """The unchanged script, with nothing said of the agent."""
    return f'<script src="{played.url}/v1/facades/sim/bright_pattern/api.js"></script>'


@asynccontextmanager
async def keyed(
    vendor: str, config: Mapping[str, Json] | None = None
) -> AsyncIterator[tuple[World, Site, BrowserContext]]:
    """A gateway with keys over a platform of that vendor, a CRM, and somebody's browser."""
    async with site() as at:
        sim = platform(vendor, origins=(at.origin, foreign(at)))
        async with world([sim], overrides=config) as played, chromium() as browser:
            await played.gateway.keys.create("crm", list(Scope))
            context = await browser.new_context()
            context.set_default_timeout(PATIENCE_MS)
            yield played, at, context


async def crm(played: World, at: Site, context: BrowserContext, origin: str = "") -> tuple[Page, Frame]:
    """The CRM's page, and the frame in it that asks who it is: of that origin, else of another site."""
    at.pages["/"] = f"<!doctype html><meta charset=utf-8><title>CRM</title><body>{tag(played)}{PAGE}"
    page = await at.visit(context, origin or foreign(at))
    frame = await application(page)
    await frame.wait_for_selector("#sign-in:not([hidden])")
    return page, frame


async def sign_on(page: Page, frame: Frame) -> Page:
    """Press the button in the frame, and the provider's; returns the window, which may be gone."""
    async with page.expect_popup() as opening:
        await frame.click("text=Single sign-on")
    window = await opening.value
    await window.click("text=Continue")
    return window


async def signed_in(page: Page) -> str:
    """Who the page's calls are answered for, once somebody is signed in: before, they say that nobody is."""
    await page.wait_for_function("async () => (await adApi.getLoginState()).data?.isLoggedIn")
    state = await page.evaluate("() => adApi.getLoginState()")
    assert state["status"] == "success", state
    return str(state["data"]["username"])


@pytest.mark.parametrize(
    "headers", [{}, {"Cross-Origin-Opener-Policy": "same-origin"}], ids=["open", "cut off"]
)
@pytest.mark.parametrize("vendor", ["genesys_wwe", "channel_session"])
async def test_a_page_without_a_token_works_after_single_sign_on(
    vendor: str, headers: dict[str, str]
) -> None:
    async with provider() as login, keyed(vendor, login.config()) as (played, at, context):
        login.headers = headers
        page, frame = await crm(played, at, context)
        await sign_on(page, frame)
        assert await signed_in(page) == "a1"
        dialled = await page.evaluate("() => adApi.startCall('+15550123')")
        assert dialled["status"] == "success", dialled
        assert [one.remote_address for one in played.interactions("a1")] == ["+15550123"]
        await frame.wait_for_selector("#status:text('Signed in as a1')")
        assert at.errors == []


async def test_a_page_that_asked_for_it_is_told_of_the_login() -> None:
    async with provider() as login, keyed("genesys_wwe", login.config()) as (played, at, context):
        page, frame = await crm(played, at, context)
        await page.evaluate("() => { window.heard = []; adApi.on('ON_LOGIN', (one) => heard.push(one)); }")
        assert (await page.evaluate("() => adApi.openLogin()"))["status"] == "success"
        await sign_on(page, frame)
        await page.wait_for_function("() => heard.length > 0")
        assert [one["username"] for one in await page.evaluate("() => heard")] == ["a1"]


@pytest.mark.parametrize("of_another_site", [False, True])  # then there is no storage for the frame
async def test_the_token_is_kept_for_the_tab(*, of_another_site: bool) -> None:
    async with provider() as login, keyed("genesys_wwe", login.config()) as (played, at, context):
        page, frame = await crm(played, at, context, "" if of_another_site else at.origin)
        await sign_on(page, frame)
        await signed_in(page)
        await page.reload()
        assert await signed_in(page) == "a1"
        assert login.asked["/token"] == 1


async def test_a_token_that_has_expired_is_asked_for_again() -> None:
    async with provider() as login, keyed("genesys_wwe", login.config()) as (played, at, context):
        page, frame = await crm(played, at, context, at.origin)
        past = FakeClock(START - timedelta(days=365))
        old = Tokens(await played.gateway.store.secret(STORE_ENTRY), past).mint(A1, PLATFORM, Role.FACADE)
        await frame.fill("#who", old)
        async with page.expect_websocket() as connecting:
            await frame.click("#sign-in button")
        socket = await connecting.value
        if not socket.is_closed():
            await socket.wait_for_event("close")
        await frame.wait_for_selector("#sign-in:not([hidden])")
        await sign_on(page, frame)
        assert await signed_in(page) == "a1"


async def test_the_window_closes_when_the_agent_has_signed_in() -> None:
    async with provider() as login, keyed("genesys_wwe", login.config()) as (played, at, context):
        page, frame = await crm(played, at, context)
        async with page.expect_popup() as opening:
            await frame.click("text=Single sign-on")
        window = await opening.value
        async with window.expect_event("close"):
            await window.click("text=Continue")


async def test_a_page_of_somebody_else_that_opens_the_window_gets_nothing() -> None:
    async with (
        provider() as login,
        keyed("genesys_wwe", login.config()) as (played, _, context),
        site() as other,
    ):
        listens = "<body><script>const heard = []; onmessage = ({data}) => heard.push(data);</script>"
        page = await other.open(context, "/", listens)
        async with page.expect_popup() as opening:
            await page.evaluate(f"() => void open('{played.url}/v1/sign-in/window.html?platform=sim')")
        window = await opening.value
        await window.wait_for_selector("#status:text('Waiting for the page')")
        await window.evaluate("() => opener.postMessage('after it', '*')")
        await page.wait_for_function("() => heard.length > 0")
        assert await page.evaluate("() => heard") == ["after it"]
        assert not login.asked["/authorize"]


async def test_the_window_goes_nowhere_without_a_page_that_asks() -> None:
    async with provider() as login, keyed("genesys_wwe", login.config()) as (played, at, context):
        page = await at.visit(context, f"{played.url}/v1/sign-in/window.html?platform=sim")
        await page.wait_for_selector("#status:text('opened without one')")
        assert not login.asked


async def test_what_goes_wrong_is_told_in_the_frame_and_one_can_begin_again() -> None:
    async with provider() as login, keyed("genesys_wwe", login.config()) as (played, at, context):
        page, frame = await crm(played, at, context)
        login.error = "access_denied"
        window = await sign_on(page, frame)
        await frame.wait_for_selector("[role=alert]:text('did not let you in')")
        await window.wait_for_selector("#status:text('You are not signed in')")
        login.error = ""
        await frame.click("text=Single sign-on")  # in the window that is still there
        await window.click("text=Continue")
        assert await signed_in(page) == "a1"


async def test_without_single_sign_on_there_is_no_button() -> None:
    async with keyed("genesys_wwe") as (played, at, context):
        offered = context.expect_event("response", lambda one: one.url.endswith("/sign-in.json"))
        async with offered as answered:
            _, frame = await crm(played, at, context)
        assert (await (await answered.value).json())["window"] == ""
        assert await frame.query_selector("text=Single sign-on") is None


async def test_applications_in_the_host_page_are_signed_in_to_once() -> None:
    async with provider() as login, keyed("bright_pattern", login.config()) as (played, at, context):
        page = await at.visit(context, f"{played.url}/v1/facades/sim/genesys_wwe/host.html")
        async with page.expect_popup() as opening:
            await page.click("text=Single sign-on")
        await (await opening.value).click("text=Continue")
        await page.wait_for_selector("#status:text('Signed in as a1')")
        assert at.errors == []
