"""The manual in a browser: read, searched by keyboard, on a narrow screen, and with nobody else asked."""

from typing import Final

from playwright.async_api import Browser, Page, expect

from gateway.app import Gateway, running
from gateway.config import parse
from schemas.values import Json
from tests.browser.pages import chromium
from tests.patience import PATIENCE_S

RAW: Final[dict[str, Json]] = {"server": {"port": 0}, "store": {"path": ":memory:"}}
PAGES: Final = (
    *("index", "start/crm-developer", "start/operator", "dialects/index", "dialects/genesys_wwe"),
    *("integrate/stream", "operate/incidents", "operate/configuration", "operate/watching", "comparison"),
)
NARROW: Final = 320


async def opened(browser: Browser, base: str, width: int, said: list[str]) -> Page:
    """A page of that width; what goes wrong in it, and whom it asks beside us, is noted."""
    page = await browser.new_page(viewport={"width": width, "height": 800}, color_scheme="dark")
    page.set_default_timeout(PATIENCE_S * 1000)
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("console", lambda one: said.append(one.text) if one.type in {"error", "warning"} else None)
    page.on("request", lambda one: None if one.url.startswith(base) else said.append(one.url))
    return page


async def test_the_manual_is_read_and_searched_with_nobody_else_asked() -> None:
    async with running(Gateway(parse(RAW, "test"))) as gateway, chromium() as browser:
        base = gateway.addresses[0].rstrip("/")
        said: list[str] = []
        page = await opened(browser, base, 1360, said)
        for path in PAGES:
            await page.goto(f"{base}/manual/{path}.html")
            await expect(page.locator("h1")).to_have_count(1)
            await expect(page.locator("nav [aria-current=page]")).to_have_count(1)
            broken = "[...document.images].filter((one) => !one.complete || !one.naturalWidth).length"
            assert await page.evaluate(broken) == 0, path

        await page.keyboard.press("/")
        await page.keyboard.type("descriptors scarce")
        first = page.locator("#found a").first
        await expect(first).to_contain_text("TrunklineDescriptorsScarce")
        await page.keyboard.press("ArrowDown")
        await expect(first).to_be_focused()
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/manual/operate/incidents.html#trunklinedescriptorsscarce")
        await page.fill("#query", "<img src=x onerror=alert(1)>")
        await expect(page.locator("#found")).to_be_visible()
        assert await page.locator("#found img").count() == 0
        await page.keyboard.press("Escape")
        await expect(page.locator("#found")).to_be_hidden()

        narrow = await opened(browser, base, NARROW, said)
        for path in PAGES:
            await narrow.goto(f"{base}/manual/{path}.html")
            assert await narrow.evaluate("document.documentElement.scrollWidth") == NARROW, path
        await expect(narrow.locator("#pages")).to_be_hidden()
        await narrow.click("#menu")
        await narrow.click("#pages summary:has-text('Begin')")
        await narrow.click("#pages a:has-text('As an operator')")
        await narrow.wait_for_url("**/manual/start/operator.html")
        assert not said
