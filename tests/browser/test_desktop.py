"""Workspace Web Edition in a real browser: the host page around an application, the relay in a desktop."""

import pytest
from playwright.async_api import Frame, Page

from schemas import events as ev
from tests.browser.desktop import APPLICATION
from tests.browser.pages import chromium, site
from tests.e2e.world import PATIENCE_S, VENDORS, platform, world


async def sign_in(page: Page, agent: str = "a1") -> None:
    """As a person would, on a gateway without keys."""
    await page.fill("#who", agent)
    await page.click("#sign-in button")


async def application(page: Page) -> Frame:
    """The application in a host page."""
    handle = await page.wait_for_selector("iframe")
    assert handle is not None
    frame = await handle.content_frame()
    assert frame is not None
    await frame.wait_for_load_state()
    return frame


@pytest.mark.parametrize("vendor", VENDORS)
async def test_an_application_in_the_host_page_takes_a_call(vendor: str) -> None:
    async with site({"/app": APPLICATION}) as crm:
        facade = {"web_content": {"CRM": crm.origin + "/app"}, "accepted_web_content_origins": crm.origin}
        sim = platform(vendor, facades={"genesys_wwe": facade})
        async with world([sim]) as played, chromium() as browser:
            page = await crm.visit(
                browser, f"{played.gateway.addresses[0]}/v1/facades/sim/genesys_wwe/host.html"
            )
            frame = await application(page)
            first = frame.evaluate("() => subscribe('interaction', 'agent')")
            await sign_in(page)
            reply = await first
            assert reply["subscriptionId"]
            who = await frame.evaluate("() => call('agent.get')")
            assert who["data"]["employeeId"] == "a1"
            await played.simulate("a1", "inbound_call", ani="+15550100")
            await frame.wait_for_function("() => events.some(([, one]) => one.eventType === 'RINGING')")
            ringing = await frame.evaluate("() => events.find(([, one]) => one.eventType === 'RINGING')[1]")
            answered = await frame.evaluate(
                "(iid) => call('voice.answer', iid)", ringing["interaction"]["interactionId"]
            )
            assert "errorMessage" not in answered, answered
            await frame.wait_for_function("() => events.some(([, one]) => one.eventType === 'ESTABLISHED')")
            assert crm.errors == []


async def test_the_relay_inside_a_desktop_is_a_link() -> None:
    async with site() as crm:
        sim = platform(
            "genesys_wwe", agents=("a1",), origins=("*",), played={"accepted_web_content_origins": "*"}
        )
        async with world([sim], pages=False) as played, chromium() as browser:
            switch, gateway = played.switch.addresses[0], played.gateway.addresses[0]
            stream = await played.stream()
            page = await crm.visit(browser, f"{switch}/v1/facades/sim/genesys_wwe/host.html")
            await page.evaluate(
                """(url) => { const frame = document.createElement('iframe'); frame.src = url;
                document.getElementById('content').append(frame); }""",
                f"{gateway}/v1/links/sim/relay.html?wwe={switch}",
            )
            await page.wait_for_selector("#sign-in:not([hidden])", timeout=PATIENCE_S * 1000)
            await sign_in(page)
            await stream.until(lambda event: isinstance(event, ev.AgentLoggedIn))
            await played.simulate("a1", "inbound_call", ani="+15550100")
            offered = await stream.until(lambda event: isinstance(event, ev.InteractionAlerting))
            assert isinstance(offered, ev.InteractionAlerting)
            done = await played.command(type="interaction.accept", interaction_id=offered.interaction.id)
            assert done.result is not None
            await stream.until(lambda event: isinstance(event, ev.InteractionConnected))
            assert crm.errors == []
