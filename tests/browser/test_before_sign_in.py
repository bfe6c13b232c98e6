"""What a page hears while nobody is signed in, and after a logout. Sources: seed 000, reference 3.1."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import pytest
from playwright.async_api import Frame, Page

from tests.browser.crm import facade
from tests.browser.pages import chromium, site
from tests.browser.test_desktop import application
from tests.browser.vendor import older_script
from tests.e2e.world import VENDORS, World, platform, world
from tests.patience import PATIENCE_S

PAGE: Final = """
<script>
const adApi = new brightpattern.AdApi({integrationKey: 'crm'}), heard = [];
for (const name of ['ON_LOGIN', 'ON_LOGOUT']) adApi.on(name, (data) => heard.push([name, data]));
</script>
"""
OLDER: Final = """
<script>
const heard = [];
bpspat.api.addAgentLoginHandler(({data}) => heard.push(data));
const ask = (method) => new Promise((resolve) => bpspat.api[method](({data}) => resolve(data)));
</script>
"""
NOT_LOGGED_IN: Final = {"status": "error", "error": {"code": 2, "name": "not_logged_in"}}
DONE: Final = {"status": "success", "data": None}


@asynccontextmanager
async def crm(vendor: str) -> AsyncIterator[tuple[World, Page, Frame]]:
    """A page that says nothing of its agent, over a platform of that vendor; and the frame, which asks."""
    async with site() as at:
        sim = platform(vendor, origins=(at.origin,))
        async with world([sim]) as played, chromium() as browser:
            page = await at.open(browser, "/", f"<body>{facade(played.url, agent='')}{PAGE}")
            frame = await application(page)
            frame.page.set_default_timeout(PATIENCE_S * 1000)
            await frame.wait_for_selector("#sign-in:not([hidden])")
            yield played, page, frame
            assert [text for text in at.errors if "taken over" not in text] == []


async def sign_in(frame: Frame, agent: str = "a1") -> None:
    """By the form, as a person does."""
    await frame.fill("#who", agent)
    await frame.click("#sign-in button")
    await frame.wait_for_selector("#status[data-state=open]", state="attached")


@pytest.mark.parametrize("vendor", VENDORS)
async def test_before_anybody_signs_in_a_page_is_answered_at_once_and_hears_of_the_login(vendor: str) -> None:
    async with crm(vendor) as (_, page, frame):
        answers = "['getLoginState', 'getInteractionsState', 'getAgentState', 'getConfig']"
        said = await page.evaluate(f"() => Promise.all({answers}.map((name) => adApi[name]()))")
        assert said == [{"status": "success", "data": {"isLoggedIn": False}}, *[NOT_LOGGED_IN] * 3]
        assert await page.evaluate("() => heard") == []
        await sign_in(frame)
        await page.wait_for_function("() => heard.length > 0")
        ((name, told),) = await page.evaluate("() => heard")
        assert (name, told["isLoggedIn"], told["username"]) == ("ON_LOGIN", True, "a1")
        assert (await page.evaluate("() => adApi.getInteractionsState()"))["status"] == "success"
        assert await page.evaluate("() => adApi.openLogin()") == DONE
        assert await frame.is_hidden("#sign-in")


async def test_after_a_logout_the_form_comes_back_for_whoever_signs_in_next() -> None:
    async with crm("channel_session") as (_, page, frame):
        await sign_in(frame)
        await page.wait_for_function("() => heard.length === 1")
        assert await page.evaluate("() => adApi.logout()") == DONE
        await page.wait_for_function("() => heard.length === 2")
        assert (await page.evaluate("() => adApi.getLoginState()"))["data"] == {"isLoggedIn": False}
        assert await page.evaluate("() => adApi.openLogin()") == DONE
        await frame.wait_for_selector("#sign-in:not([hidden])")
        assert await page.evaluate("() => adApi.getAgentState()") == NOT_LOGGED_IN
        await sign_in(frame, "a2")
        await page.wait_for_function("() => heard.length === 3")
        heard = await page.evaluate("() => heard")
        assert [name for name, _ in heard] == ["ON_LOGIN", "ON_LOGOUT", "ON_LOGIN"]
        assert (await page.evaluate("() => adApi.getLoginState()"))["data"]["username"] == "a2"


async def test_a_page_of_the_older_api_hears_of_whoever_signs_in_in_its_frame() -> None:
    async with site() as at:
        sim = platform("bright_pattern", origins=(at.origin,))
        async with world([sim]) as played, chromium() as browser:
            page = await at.open(browser, "/", f"<body>{older_script(played.url, agent='')}{OLDER}")
            frame = await application(page)
            await frame.wait_for_selector("#sign-in:not([hidden])")
            await sign_in(frame)
            await page.wait_for_function("() => heard.length > 0")
            assert await page.evaluate("() => heard") == [{"agent_id": "a1", "login": True}]
            assert (await page.evaluate("() => ask('getState')"))["status"] == "ready"
            assert at.errors == []
