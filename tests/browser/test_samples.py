"""The pages that the demonstration offers: written for one dialect, used over a platform of another."""

from schemas import events as ev
from tests.browser.pages import chromium, site
from tests.browser.test_desktop import application, sign_in
from tests.e2e.world import platform, world
from tests.patience import PATIENCE_S


async def test_a_page_for_bright_pattern_works_on_a_wwe_platform() -> None:
    async with site() as at, world([platform("genesys_wwe")]) as played, chromium() as browser:
        stream = await played.stream()
        page = await at.visit(browser, f"{played.url}/v1/facades/sim/bright_pattern/sample.html")
        frame = await application(page)
        await frame.fill("#who", "a1")
        await frame.click("#sign-in button")
        await page.wait_for_function("() => document.getElementById('agent').textContent === 'ready'")
        await page.click("#dial button")
        await stream.until(lambda event: isinstance(event, ev.InteractionConnected))
        await page.click("#calls li button:text('hold')")
        await stream.until(lambda event: isinstance(event, ev.InteractionHeld))
        await page.wait_for_selector("#calls li:has-text('hold')", timeout=PATIENCE_S * 1000)
        assert at.errors == []


async def test_an_application_for_wwe_works_on_a_bright_pattern_platform() -> None:
    async with site() as at, world([platform("bright_pattern")]) as played, chromium() as browser:
        stream = await played.stream()
        page = await at.visit(browser, f"{played.url}/v1/facades/sim/genesys_wwe/host.html")
        await sign_in(page)
        frame = await application(page)
        await frame.wait_for_function(
            "() => document.getElementById('agent').textContent.startsWith('Ready')"
        )
        await frame.click("#dial button")
        await stream.until(lambda event: isinstance(event, ev.InteractionConnected))
        await frame.click("#calls li button:text('hold')")
        await stream.until(lambda event: isinstance(event, ev.InteractionHeld))
        await frame.wait_for_selector("#calls li:has-text('HELD')", timeout=PATIENCE_S * 1000)
        assert at.errors == []
