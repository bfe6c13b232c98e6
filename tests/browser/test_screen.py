"""The host page is the desktop of its applications: it shows what they ask for, and says what is pressed."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from playwright.async_api import Frame, Page

from tests.browser.desktop import APPLICATION
from tests.browser.pages import Site, chromium, site
from tests.browser.test_desktop import application, sign_in
from tests.e2e.world import platform, world
from tests.patience import PATIENCE_S


@asynccontextmanager
async def desk(allowed: str = "") -> AsyncIterator[tuple[Site, Page, Frame]]:
    """A host page over a platform of another vendor, with one application."""
    async with site({"/app": APPLICATION, "/form": "<p>A form</p>" + APPLICATION}) as at:
        facade = {
            "web_content": {"CRM": f"{at.origin}/app"},
            "accepted_web_content_origins": at.origin + allowed,
        }
        sim = platform("channel_session", facades={"genesys_wwe": facade})
        async with world([sim]) as played, chromium() as browser:
            page = await at.visit(browser, f"{played.url}/v1/facades/sim/genesys_wwe/host.html")
            await sign_in(page)
            yield at, page, await application(page)
            assert at.errors == []


async def test_a_toast_is_shown_changed_pressed_and_closed() -> None:
    async with desk() as (_, page, frame):
        await frame.evaluate("() => subscribe('system')")
        toast = {
            "title": "Order",
            "subject": "A-17",
            "message": "First\nSecond",
            "keyValues": {"Total": "12.50"},
            "buttons": ["Open", "Later"],
        }
        made = await frame.evaluate("(toast) => call('system.popupToast', toast)", toast)
        assert made["data"] == "wweCustomToast0"
        shown = page.locator(".toast")
        for said in ("Order", "A-17", "First", "Total", "12.50"):
            assert said in await shown.inner_text()
        await shown.get_by_role("button", name="Open").click()
        await frame.wait_for_function("() => seen('TOAST_BUTTON_PRESSED').length === 1")
        assert await frame.evaluate("() => seen('TOAST_BUTTON_PRESSED')[0]") == {
            "eventType": "TOAST_BUTTON_PRESSED",
            "toastId": "wweCustomToast0",
            "button": "Open",
        }
        changed = {"title": "Changed", "buttonShowDismiss": True}
        await frame.evaluate("(toast) => call('system.updateToast', 'wweCustomToast0', toast)", changed)
        assert "First" not in await shown.inner_text()
        await shown.get_by_role("button", name="Dismiss").click()
        await frame.wait_for_function("() => seen('TOAST_CLOSED').length === 1")
        assert await shown.count() == 0
        closed = await frame.evaluate("() => call('system.closeToast', 'wweCustomToast0')")
        assert closed["errorMessage"] == "Unknown toast: wweCustomToast0"
        await frame.evaluate("() => call('system.popupToast', {title: 'Brief', autoCloseTimeout: 1})")
        await shown.wait_for(state="detached", timeout=PATIENCE_S * 1000)


async def test_a_dialog_is_opened_and_closed_from_within() -> None:
    async with desk() as (at, page, frame):
        await frame.evaluate("() => subscribe('system')")
        options = {"label": "Callback", "width": "430px", "height": "40%"}
        made = await frame.evaluate(
            "([url, options]) => call('system.openDialog', url, options)", ["/form?id=$Dialog.Id$", options]
        )
        inside = page.frame_locator("dialog iframe")
        assert "A form" in await inside.locator("body").inner_text()
        (within,) = (one for one in page.frames if one.url.startswith(f"{at.origin}/form"))
        assert within.url == f"{at.origin}/form?id={made['data']}"
        box = await page.locator("dialog").bounding_box()
        assert box is not None
        assert box["width"] >= float(options["width"].removesuffix("px"))
        await within.evaluate("(id) => { call('system.closeDialog', id); }", made["data"])
        await frame.wait_for_function("() => seen('DIALOG_CLOSED').length === 1")
        assert await page.locator("dialog").count() == 0
        refused = await frame.evaluate("() => call('system.openDialog', 'javascript:alert(1)', {})")
        assert "Not an address" in refused["errorMessage"]


async def test_a_view_of_the_menu_bar_is_one_button_until_it_is_closed() -> None:
    async with desk() as (_, page, frame):
        await frame.evaluate("() => subscribe('system')")
        for label in ("Orders", "Orders (2)"):
            await frame.evaluate(
                """(label) =>
                call('system.updateViewInApplicationMenuBar', {name: 'orders', label, tooltip: 'All'})""",
                label,
            )
        view = page.locator("#applications .view")
        assert [await view.inner_text(), await view.get_attribute("title")] == ["Orders (2)", "All"]
        await view.click()
        await frame.wait_for_function("() => seen('VIEW_SELECTED').length === 1")
        await frame.evaluate("() => call('system.closeViewInApplicationMenuBar', 'orders')")
        assert await view.count() == 0
        assert (await frame.evaluate("() => call('system.amIVisible')"))["data"] is True


async def test_an_origin_is_told_of_the_services_that_it_may_call_and_no_others() -> None:
    async with desk("(agent.get, system.popupToast, system.getAllowedServices)") as (_, page, frame):
        listed = await frame.evaluate("() => call('system.getAllowedServices')")
        assert listed["data"] == ["agent.get", "system.getAllowedServices", "system.popupToast"]
        refused = await frame.evaluate("() => call('system.openDialog', '/form', {})")
        assert refused["errorMessage"] == "Service not allowed: system.openDialog"
        assert await page.locator("dialog").count() == 0
