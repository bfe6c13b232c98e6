"""The demonstration in a browser: ana is rung from its page, and a sample page answers questions."""

from pathlib import Path

from gateway.cli import demo
from schemas import events as ev
from tests.browser.pages import chromium, site
from tests.browser.test_desktop import application
from tests.fakes import until


async def test_ana_is_rung_from_the_page_and_a_sample_page_says_what_is_missing(tmp_path: Path) -> None:
    async with demo.scene(tmp_path, [0]) as on, site() as at, chromium() as browser:
        page = await at.visit(browser, f"{on.url}/demo")
        await page.wait_for_selector("#examples code")
        await page.click("#ring")
        await page.wait_for_selector("#calls tr:has-text('ana'):has-text('alerting')")
        await page.select_option("#event", "call.answered")
        await page.click("#trigger .first")
        await page.wait_for_selector("#calls tr:has-text('ana'):has-text('connected')")
        await page.select_option("#event", "chat.message")
        await page.click("#trigger .first")
        await page.wait_for_selector("#done.wrong:has-text('no chat')")
        at.errors.clear()  # the browser notes that answer

        page = await at.visit(browser, f"{on.url}/v1/facades/channel-session/bright_pattern/sample.html")
        frame = await application(page)
        await frame.fill("#who", "mia")
        await frame.click("#sign-in button")
        await page.wait_for_selector("#ready:enabled")
        await page.click("#dial button")
        await page.select_option("dialog select", "sales")  # for which service
        await page.click("dialog button:text-is('OK')")
        row = page.locator("#calls li")
        await row.locator(".state:text-is('delivered')").wait_for()
        assert await row.locator("button:enabled").all_inner_texts() == ["hold", "transfer", "leave"]
        await row.locator("button:text-is('hold')").click()
        await row.locator("button:text-is('retrieve'):enabled").click()
        await row.locator("button:text-is('leave'):enabled").click()
        await row.locator("button:text-is('complete'):enabled").click()
        await page.select_option("dialog select", "7")  # what came of it
        await page.click("dialog button:text-is('OK')")
        await page.select_option("dialog select:has(option[value=ready])", "ready")  # and which state is next
        await page.click("dialog button:text-is('OK')")
        await until(lambda: any(isinstance(one, ev.InteractionCompleted) for one in on.watcher.events))
        await row.wait_for(state="detached")
        assert await page.inner_text("#problem") == ""
        assert at.errors == []
