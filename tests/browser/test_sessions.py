"""A session outlives its page: over reloads, where a frame has no storage of its own, up to a logout.

The page is of another site than the gateway: a browser that keeps nothing for third parties gives the
frame none.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

import pytest
from playwright.async_api import BrowserContext, Frame, Page

from gateway.security.access import Scope
from tests.browser.pages import Site, chromium, site
from tests.browser.test_desktop import application
from tests.browser.test_sign_in import PAGE, foreign, tag
from tests.browser.test_sign_in import signed_in as answered_for
from tests.e2e.world import World, platform, world

CHECKS: Final = "channel_session"
RIGHT: Final = "{username: 'a1', password: 'p', tenant: 't'}"
NO_STORAGE: Final = """
Object.defineProperty(window, 'sessionStorage', {get() { throw new DOMException('none', 'SecurityError'); }});
"""
HEARS: Final = """<script>
const heard = [];
for (const name of ['ON_LOGIN', 'ON_SERVER_ERROR']) adApi.on(name, (data) => heard.push([name, data]));
</script>"""


@asynccontextmanager
async def crm(*, open_mode: bool = False) -> AsyncIterator[tuple[World, Site, BrowserContext]]:
    """A gateway over a platform that checks passwords, a CRM of another site at `/`, somebody's browser."""
    async with site() as at:
        sim = platform(CHECKS, agents=(), settings={"agents": {}}, origins=(at.origin, foreign(at)))
        async with world([sim], keyed=True) as played, chromium() as browser:
            if not open_mode:
                await played.gateway.keys.create("crm", list(Scope))
            html = f"<!doctype html><meta charset=utf-8><title>CRM</title><body>{tag(played)}{PAGE}{HEARS}"
            at.pages |= {"/": html, "/other": "<!doctype html><title>Other</title>"}
            yield played, at, await browser.new_context()


async def asks(page: Page) -> Frame:
    """The frame, which asks who it is."""
    frame = await application(page)
    await frame.wait_for_selector("#sign-in:not([hidden])")
    return frame


async def signed_in(page: Page) -> str:
    """Who the page's calls are answered for, once there is somebody."""
    await page.evaluate("() => new Promise((resolve) => adApi.onCommWidgetReady(resolve))")
    return await answered_for(page)


async def login(page: Page, more: str = "") -> dict[str, Any]:
    """The vendor's OperationResult."""
    return dict(await page.evaluate(f"() => adApi.login({RIGHT}{more})"))


async def test_the_browser_gives_the_frame_no_storage() -> None:
    async with crm() as (_, at, context):
        frame = await asks(await at.visit(context, foreign(at)))
        refused = "() => { try { sessionStorage; return ''; } catch (error) { return error.name; } }"
        assert await frame.evaluate(refused) == "SecurityError"


async def test_a_session_survives_a_reload_and_going_back() -> None:
    async with crm() as (_, at, context):
        page = await at.visit(context, foreign(at))
        assert (await login(page))["status"] == "success"
        assert await signed_in(page) == "a1"
        for _ in range(2):
            await page.reload()
            assert await signed_in(page) == "a1"
        await page.goto(foreign(at) + "/other")
        await page.go_back()
        assert await signed_in(page) == "a1"
        assert at.errors == []


async def test_what_was_signed_in_to_by_the_form_survives_a_reload_without_keys_too() -> None:
    async with crm(open_mode=True) as (_, at, context):
        page = await at.visit(context, foreign(at))
        frame = await asks(page)
        await frame.fill("#who", "a1")
        await frame.click("#sign-in button")
        await frame.wait_for_selector("#status[data-state=open]")
        await page.reload()
        await (await application(page)).wait_for_selector("#status[data-state=open]")


async def test_a_page_without_storage_asks_again_and_works() -> None:
    async with crm() as (_, at, context):
        await context.add_init_script(NO_STORAGE)
        page = await at.visit(context, foreign(at))
        await login(page)
        assert await signed_in(page) == "a1"
        await page.reload()
        await asks(page)
        assert (await login(page, ", true"))["status"] == "success"
        assert await signed_in(page) == "a1"
        assert at.errors == []


async def test_a_duplicated_tab_is_signed_in_too_and_a_logout_in_one_is_one_in_both() -> None:
    async with crm() as (_, at, context):
        page = await at.visit(context, foreign(at))
        await login(page)
        assert await signed_in(page) == "a1"
        async with context.expect_page() as opening:
            await page.evaluate("() => void open(location.href)")
        other = await opening.value
        await other.wait_for_load_state()
        assert await signed_in(other) == "a1"
        assert (await page.evaluate("() => adApi.logout()"))["status"] == "success"
        for one in (page, other):
            await one.wait_for_function("() => sessionStorage.length === 0")
            await one.reload()
            await asks(one)


async def test_only_the_frame_says_what_is_kept() -> None:
    async with crm() as (_, at, context), site() as rogue:
        page = await at.visit(context, foreign(at))
        await login(page)
        assert await signed_in(page) == "a1"
        rogue.pages["/"] = (
            "<script>for (const one of [{trunkline: 1, keep: null}, 'done'])"
            " parent.postMessage(one, '*')</script>"
        )
        await page.evaluate(
            """(address) => new Promise((resolve) => {
              addEventListener('message', ({data}) => data === 'done' && resolve());
              document.body.append(Object.assign(document.createElement('iframe'), {src: address}));
            })""",
            rogue.origin,
        )
        await page.reload()
        assert await signed_in(page) == "a1"


async def test_what_was_kept_and_is_accepted_no_more_is_forgotten() -> None:
    async with crm() as (_, at, context):
        page = await at.visit(context, foreign(at))
        await login(page)
        assert await signed_in(page) == "a1"
        bad = "x" * 20
        await page.evaluate(
            """(who) => { for (const key of Object.keys(sessionStorage))
              sessionStorage.setItem(key, JSON.stringify({given: '', who})); }""",
            {"token": f"{bad}.{bad}.{bad}"},
        )
        await page.reload()
        await asks(page)
        await page.wait_for_function("() => sessionStorage.length === 0")


async def test_the_right_password_takes_a_session_over_and_the_older_page_is_told() -> None:
    async with crm() as (_, at, context):
        older = await at.visit(context, foreign(at))
        await login(older)
        assert await signed_in(older) == "a1"
        newer = await at.visit(context, foreign(at))  # a tab of its own: it knows of nothing
        refused = await login(newer)
        assert (refused["error"]["code"], refused["error"]["name"]) == (108, "user_already_logged_in")
        wrong = await newer.evaluate("() => adApi.login({username: 'a1', password: 'x'}, true)")
        assert wrong["error"]["name"] == "invalid_credentials"
        assert (await login(newer, ", true"))["status"] == "success"
        assert await signed_in(newer) == "a1"
        await older.wait_for_function("() => heard.some(([name]) => name === 'ON_SERVER_ERROR')")
        told = [data for name, data in await older.evaluate("() => heard") if name == "ON_SERVER_ERROR"]
        assert [(one["code"], one["name"]) for one in told] == [(100, "forced_logout_by_other_client")]
        await (await application(older)).wait_for_selector("#sign-in:not([hidden])")
        assert await older.evaluate("() => sessionStorage.length") == 0


async def test_the_form_offers_to_take_the_session_over() -> None:
    async with crm() as (_, at, context):
        older = await at.visit(context, foreign(at))
        await login(older)
        assert await signed_in(older) == "a1"
        newer = await at.visit(context, foreign(at))
        frame = await asks(newer)
        await frame.fill("#agent", "a1")
        await frame.fill("#password", "p")
        await frame.click("#password-sign-in button:text('Sign in')")
        await frame.click("#password-sign-in button:text('Take the session over')")
        assert await signed_in(newer) == "a1"


@pytest.mark.parametrize("first", ["keeper", "frame"])
async def test_the_host_page_in_a_frame_of_another_site_is_kept_for_by_its_keeper(first: str) -> None:
    async with crm() as (played, at, context):
        folder = f"{played.url}/v1/facades/sim/genesys_wwe"
        keeper = f'<script src="{folder}/keeper.js"></script>'
        frame = f'<iframe src="{folder}/host.html"></iframe>'
        order = keeper + frame if first == "keeper" else frame + keeper
        at.pages["/"] = f"<!doctype html><title>CRM</title><body>{order}"
        page = await at.visit(context, foreign(at))
        host = await application(page)
        await host.fill("#agent", "a1")
        await host.fill("#password", "p")
        await host.click("#password-sign-in button:text('Sign in')")
        await host.wait_for_selector("#sign-in", state="hidden")
        await page.wait_for_function("() => sessionStorage.length === 1")
        await page.reload()
        host = await application(page)
        await host.wait_for_selector("#status:text('Signed in as a1')")
        assert at.errors == []


async def test_the_older_script_keeps_it_as_well_and_is_told_of_a_takeover() -> None:
    async with crm() as (played, at, context):
        script = f'<script src="{played.url}/v1/facades/sim/bright_pattern_embedded/sdk.js"></script>'
        listens = """<script>
          const heard = [];
          bpspat.api.onAgentLogin(({data}) => heard.push(data));
          bpspat.api.init('https://tenant.example');
        </script>"""
        at.pages["/older"] = f"<!doctype html><title>CRM</title><body>{script}{listens}"
        page = await at.visit(context, foreign(at) + "/older")
        frame = await application(page)
        await frame.fill("#agent", "a1")
        await frame.fill("#password", "p")
        await frame.click("#password-sign-in button:text('Sign in')")
        asked = "() => new Promise((resolve) => bpspat.api.getState(({data}) => resolve(data.agent_id)))"
        assert await page.evaluate(asked) == "a1"
        await page.reload()
        assert await page.evaluate(asked) == "a1"
        assert at.errors == []
        newer = await at.visit(context, foreign(at))
        assert (await login(newer, ", true"))["status"] == "success"
        await page.wait_for_function("() => heard.some(({agent_id, login}) => agent_id === 'a1' && !login)")
