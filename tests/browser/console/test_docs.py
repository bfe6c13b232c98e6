"""The contract's page: what its script adds to it."""

from playwright.async_api import expect

from gateway.security.access import Scope
from tests.browser.console.seeing import NARROW, console
from tests.browser.pages import chromium
from tests.gateway.handmade import bench


async def test_the_contract_is_searched_and_tried() -> None:
    async with bench() as one, chromium() as browser, console(browser, f"{one.url}/docs") as seen:
        await seen.page.get_by_label("Search").fill("rotate secret webhook")
        await expect(seen.page.locator("#rotate_webhook_secret")).to_be_visible()
        await expect(seen.page.locator("#list_platforms")).to_be_hidden()
        await expect(seen.page.locator("nav a[href='#list_platforms']")).to_be_hidden()
        await seen.page.get_by_label("Search").fill("")
        await expect(seen.page.locator("#list_platforms pre.curl")).to_contain_text(
            f"'{one.url}/v1/platforms'"
        )

        platforms = seen.page.locator("#list_platforms")
        await platforms.get_by_text("Try it").click()
        await platforms.get_by_role("button", name="Send GET").click()
        await expect(platforms.get_by_role("status")).to_contain_text('"dialect": "handmade"')

        _, key = await one.gateway.keys.create("all", list(Scope))
        await platforms.get_by_role("button", name="Send GET").click()
        await expect(platforms.get_by_role("status")).to_contain_text("urn:trunkline:unauthenticated")
        mint = seen.page.locator("#mint_link_token")
        await mint.get_by_text("Try it").click()
        await mint.get_by_label("Body").fill('{"agent_id": "a1", "platform_id": "p", "role": "facade"}')
        await mint.get_by_label("Key or token").fill(key)
        await mint.get_by_role("button", name="Send POST").click()
        await expect(mint.get_by_role("status")).to_contain_text('"expires_at"')
        session = seen.page.locator("#get_session")
        await session.get_by_text("Try it").click()
        await session.get_by_label("id").fill("<b>")
        await session.get_by_role("button", name="Send GET").click()
        await expect(session.get_by_role("status")).to_contain_text("there is no session <b>")
    async with (
        bench() as one,
        chromium() as browser,
        console(browser, f"{one.url}/docs", size=NARROW) as seen,
    ):
        await seen.page.get_by_label("Search").fill("interaction.hold")
        await expect(seen.page.locator("#Hold")).to_be_visible()
