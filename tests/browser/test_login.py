"""An unchanged page signs its agent in by `login` or `openLogin`: a gateway with keys, a real browser."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

import pytest
from playwright.async_api import Frame, Page

from gateway.security.access import Scope
from schemas.values import Json
from tests.browser.pages import Site, chromium, site
from tests.browser.test_desktop import application
from tests.browser.test_sign_in import signed_in, tag
from tests.e2e.world import World, platform, world
from tests.patience import PATIENCE_S

PAGE: Final = """
<script>
const adApi = new brightpattern.AdApi({integrationKey: 'crm'}), heard = [];
for (const name of ['ON_LOGIN', 'ON_SERVER_ERROR']) adApi.on(name, (data) => heard.push([name, data]));
</script>
"""
RIGHT: Final = "{username: 'a1', password: 'p', tenant: 't'}"
WRONG: Final = "{username: 'a1', password: 'x', tenant: 't'}"


@asynccontextmanager
async def crm(vendor: str, *, agents: tuple[str, ...] = ()) -> AsyncIterator[tuple[World, Site, Page, Frame]]:
    """A page with the unchanged script over a platform that has signed these agents in already."""
    async with site() as at:
        configured: dict[str, Json] = {"agents": dict.fromkeys(agents, "p")} if vendor == CHECKS else {}
        sim = platform(vendor, agents=agents, settings=configured, origins=(at.origin,))
        async with world([sim], keyed=True) as played, chromium() as browser:
            await played.gateway.keys.create("crm", list(Scope))
            page = await at.open(browser, "/", f"<body>{tag(played)}{PAGE}")
            page.set_default_timeout(PATIENCE_S * 1000)
            yield played, at, page, await application(page)


CHECKS: Final = "channel_session"


async def login(page: Page, data: str, more: str = "") -> dict[str, Any]:
    """The vendor's OperationResult."""
    return dict(await page.evaluate(f"() => adApi.login({data}{more})"))


async def test_login_signs_in_is_confirmed_once_and_outlives_a_reload() -> None:
    async with crm(CHECKS) as (played, at, page, frame):
        assert await login(page, RIGHT) == {"status": "success", "data": None}
        await page.wait_for_function("() => heard.length > 0")
        assert await signed_in(page) == "a1"
        assert [name for name, _ in await page.evaluate("() => heard")] == ["ON_LOGIN"]
        ((_, told),) = await page.evaluate("() => heard")
        assert (told["isLoggedIn"], told["username"]) == (True, "a1")
        dialled = await page.evaluate("() => adApi.startCall('+15550123')")
        assert dialled["status"] == "success", dialled
        assert [one.remote_address for one in played.interactions("a1")] == ["+15550123"]
        await frame.wait_for_selector("#password-sign-in", state="hidden")
        await page.reload()
        assert await signed_in(page) == "a1"
        assert at.errors == []


async def test_a_wrong_password_is_refused_as_the_vendor_does_and_a_right_one_then_taken() -> None:
    async with crm(CHECKS) as (_, _, page, _):
        refused = await login(page, WRONG)
        assert refused["status"] == "error"
        assert (refused["error"]["code"], refused["error"]["name"]) == (109, "invalid_credentials")
        ((name, told),) = await page.evaluate("() => heard")
        assert (name, told["code"], told["name"]) == ("ON_SERVER_ERROR", 109, "invalid_credentials")
        assert (await login(page, RIGHT))["status"] == "success"
        assert await signed_in(page) == "a1"


async def test_an_agent_who_is_signed_in_already_takes_the_session_over_or_signs_in_otherwise() -> None:
    async with crm(CHECKS, agents=("a1",)) as (_, _, page, _):
        for data in (RIGHT, WRONG):  # for it is not seen whether the platform checks it
            refused = await login(page, data)
            assert (refused["error"]["code"], refused["error"]["name"]) == (108, "user_already_logged_in")
            assert "sign in in another way" in refused["error"]["message"]
        refused = await login(page, WRONG, ", true")
        assert (refused["error"]["code"], refused["error"]["name"]) == (109, "invalid_credentials")
        assert (await login(page, RIGHT, ", true"))["status"] == "success"
        assert await signed_in(page) == "a1"


async def test_where_a_login_proves_nothing_it_is_refused_and_says_so() -> None:
    async with crm("bright_pattern", agents=("a1",)) as (_, _, page, frame):
        refused = await login(page, RIGHT)
        assert (refused["error"]["code"], refused["error"]["name"]) == (14, "api_method_not_implemented")
        assert "does not show us that a password is right" in refused["error"]["message"]
        assert await page.evaluate("() => heard") == []
        assert await frame.query_selector("#password-sign-in") is None


@pytest.mark.parametrize("data", ["'a1', 'p', 't'", "null", "{username: 'a1'}"])
async def test_a_login_without_its_data_is_refused(data: str) -> None:
    async with crm(CHECKS) as (_, _, page, _):
        refused = await login(page, data)
        assert (refused["error"]["code"], refused["error"]["name"]) == (3, "invalid_args")


async def test_open_login_leaves_it_to_the_frame_and_is_confirmed() -> None:
    async with crm(CHECKS) as (_, at, page, frame):
        assert await page.evaluate("() => adApi.openLogin()") == {"status": "success", "data": None}
        await frame.fill("#agent", "a1")
        await frame.fill("#password", "x")
        await frame.click("#password-sign-in button")
        await frame.wait_for_selector("[role=alert]:text('unknown agent or wrong password')")
        await frame.fill("#password", "p")
        await frame.click("#password-sign-in button")
        await page.wait_for_function("() => heard.length > 0")
        assert [name for name, _ in await page.evaluate("() => heard")] == ["ON_LOGIN"]
        assert await signed_in(page) == "a1"
        wrong = [text for text in at.errors if "422" not in text]  # which the browser notes by itself
        assert wrong == []


async def test_once_signed_in_login_goes_to_the_platform() -> None:
    async with crm(CHECKS) as (_, _, page, _):
        await login(page, RIGHT)
        assert await signed_in(page) == "a1"
        again = await login(page, WRONG)
        assert again["error"]["name"] in {"user_already_logged_in", "invalid_credentials"}
