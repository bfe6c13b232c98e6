"""Workspace Web Edition in a real browser: the host page around an application, the relay in a desktop."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import BrowserContext, Frame, Page

from schemas import events as ev
from schemas.results import Effect, ErrorCode, Failed, Succeeded
from tests.browser.desktop import APPLICATION
from tests.browser.pages import chromium, site
from tests.browser.vendor import DESKTOP
from tests.e2e.world import VENDORS, Stream, World, platform, world
from tests.patience import PATIENCE_S


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


@pytest.mark.parametrize("vendor", ["bright_pattern", "genesys_wwe"])
async def test_a_case_that_an_application_selects_is_told_as_selected(vendor: str) -> None:
    async with site({"/app": APPLICATION}) as crm:
        facade = {"web_content": {"CRM": crm.origin + "/app"}, "accepted_web_content_origins": crm.origin}
        sim = platform(vendor, facades={"genesys_wwe": facade})
        async with world([sim]) as played, chromium() as browser:
            url = f"{played.gateway.addresses[0]}/v1/facades/sim/genesys_wwe/host.html"
            page = await crm.visit(browser, url)
            frame = await application(page)
            subscribed = frame.evaluate("() => subscribe('interaction')")
            await sign_in(page)
            await subscribed
            for ani in ("+15550100", "+15550101"):
                await played.simulate("a1", "inbound_call", ani=ani)
            await frame.wait_for_function("() => seen('RINGING').length === 2")
            for _ in range(3):
                case = await frame.evaluate(
                    """async () => (await call('interaction.getInteractions')).data
                    .find((one) => !one.isCaseSelected).caseId"""
                )
                await frame.evaluate("(id) => call('interaction.selectCaseByCaseId', id)", case)
                await frame.wait_for_function(
                    "(id) => seen('CASE_SELECTED').at(-1)?.selectedCaseId === id", arg=case
                )
            assert crm.errors == []


async def test_the_case_events_that_the_document_prints_reach_an_application() -> None:
    async with site({"/app": APPLICATION}) as at:
        facade = {"web_content": {"CRM": at.origin + "/app"}, "accepted_web_content_origins": at.origin}
        sim = platform("genesys_wwe", agents=("a1",), origins=(at.origin,), facades={"genesys_wwe": facade})
        async with world([sim], pages=False) as played, chromium() as browser:
            stream = await played.stream()
            relay = f"{played.url}/v1/links/sim/relay.html?wwe={at.origin}"
            desktop = await at.open(browser, "/", f'{DESKTOP}<iframe src="{relay}"></iframe>')
            await stream.until(lambda event: isinstance(event, ev.InteractionConnected))
            page = await at.visit(browser, f"{played.url}/v1/facades/sim/genesys_wwe/host.html")
            frame = await application(page)
            subscribed = frame.evaluate("() => subscribe('interaction')")
            await sign_in(page)
            await subscribed
            printed = ["CASE_EXPANDED", "CASE_COLLAPSED", "CASE_SELECTED"]
            for name in printed:
                data = {"eventType": name, "selectedCaseId": "c-1"}
                await desktop.evaluate("(data) => say({event: 'interaction', data})", data)
                await frame.wait_for_function("(name) => seen(name).length === 1", arg=name)
            (one,) = (await frame.evaluate("() => call('interaction.getInteractions')"))["data"]
            told = await frame.evaluate("() => events.map(([, one]) => one)")
            assert told == [{"eventType": name, "selectedCaseId": one["caseId"]} for name in printed]
            assert at.errors == []


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


@asynccontextmanager
async def odd_desktop() -> AsyncIterator[tuple[World, Stream, BrowserContext, Page, Frame]]:
    """A hand-written desktop with the relay in it, whose agent is in a call."""
    async with site() as at:
        sim = platform("genesys_wwe", agents=("a1",), origins=(at.origin,))
        async with world([sim], pages=False) as played, chromium() as browser:
            stream = await played.stream()
            context = await browser.new_context()
            await context.clock.install()
            relay = f"{played.url}/v1/links/sim/relay.html?wwe={at.origin}"
            page = await at.open(context, "/", f'{DESKTOP}<iframe src="{relay}"></iframe>')
            await stream.until(lambda event: isinstance(event, ev.InteractionConnected))
            yield played, stream, context, page, await application(page)
            assert at.errors == []


async def test_late_and_second_replies_change_nothing_and_one_without_data_is_a_success() -> None:
    async with odd_desktop() as (played, stream, context, page, _):
        (one,) = played.interactions()
        hold = await played.command(type="interaction.hold", interaction_id=one.id)
        assert isinstance(hold.result, Succeeded), hold.result  # answered twice, the second time as a failure
        gone = asyncio.create_task(played.command(type="interaction.release", interaction_id=one.id))
        await page.wait_for_function("() => late.length === 1")
        await context.clock.fast_forward(10_000)
        assert (await gone).result == Failed(
            code=ErrorCode.TIMEOUT, effect=Effect.UNKNOWN, message="Request timeout"
        )
        before = len(stream.seen)
        await page.evaluate("() => late.pop()()")
        await page.evaluate(
            "() => say({event: 'interaction', data: {eventType: 'HELD', interaction: "
            "{...call, state: 'HELD', previousState: 'TALKING'}}})"
        )
        held = await stream.until(lambda event: isinstance(event, ev.InteractionHeld), before)
        told = [event for event in stream.seen[before:] if isinstance(event, ev.InteractionEvent)]
        assert told == [held]


async def test_only_the_desktops_own_window_and_name_are_heard() -> None:
    async with odd_desktop() as (_, stream, _, page, _):
        forged = (
            "{event: 'interaction', data: {eventType: 'RELEASED', interaction: {interactionId: '1', "
            "state: 'IDLE', previousState: 'TALKING'}}, userAgent: 'WWE Server', protocolVersion: 2}"
        )
        await page.evaluate(
            f"""() => {{ const other = document.body.appendChild(document.createElement('iframe'));
            other.contentWindow.eval("parent.frames[0].postMessage({forged}, '*')");
            frames[0].postMessage({{...{forged}, userAgent: 'WWE Client'}}, '*');
            frames[0].postMessage(JSON.stringify({forged}), '*');
            frames[0].postMessage(null, '*'); }}"""
        )
        await page.evaluate(
            "() => say({event: 'interaction', data: {eventType: 'HELD', interaction: "
            "{...call, state: 'HELD', previousState: 'TALKING'}}})"
        )
        held = await stream.until(lambda event: isinstance(event, ev.InteractionHeld))
        assert not any(isinstance(event, ev.InteractionEnded) for event in stream.seen)
        assert held is not None


async def test_an_application_of_an_origin_that_is_not_listed_gets_no_answer() -> None:
    async with site({"/app": APPLICATION}) as crm:
        facade = {
            "web_content": {"CRM": crm.origin + "/app"},
            "accepted_web_content_origins": "https://x.example",
        }
        sim = platform("bright_pattern", facades={"genesys_wwe": facade})
        async with world([sim]) as played, chromium() as browser:
            page = await crm.visit(browser, f"{played.url}/v1/facades/sim/genesys_wwe/host.html")
            await sign_in(page)
            frame = await application(page)
            assert await frame.evaluate("() => call('agent.get')") == "Request timeout"


async def test_an_origin_may_call_what_is_listed_for_it_and_nothing_else() -> None:
    async with site({"/app": APPLICATION}) as crm:
        facade = {
            "web_content": {"CRM": crm.origin + "/app"},
            "accepted_web_content_origins": f"{crm.origin}(agent.*, voice.dial)",
        }
        sim = platform("bright_pattern", facades={"genesys_wwe": facade})
        async with world([sim]) as played, chromium() as browser:
            page = await crm.visit(browser, f"{played.url}/v1/facades/sim/genesys_wwe/host.html")
            await sign_in(page)
            frame = await application(page)
            assert (await frame.evaluate("() => call('agent.get')"))["data"]["employeeId"] == "a1"
            refused = await frame.evaluate("() => call('interaction.getInteractions')")
            assert refused["errorMessage"] == "Service not allowed: interaction.getInteractions"


async def test_applications_talk_to_each_other_and_each_hears_an_event_once() -> None:
    async with site({"/app": APPLICATION}) as crm:
        facade = {
            "web_content": {"one": crm.origin + "/app", "two": crm.origin + "/app"},
            "accepted_web_content_origins": crm.origin,
        }
        sim = platform("bright_pattern", facades={"genesys_wwe": facade})
        async with world([sim]) as played, chromium() as browser:
            page = await crm.visit(browser, f"{played.url}/v1/facades/sim/genesys_wwe/host.html")
            await sign_in(page)
            await application(page)
            one, two = page.frames[1:]
            for frame in (one, two):
                await frame.evaluate("() => subscribe('interaction')")
                await frame.evaluate("() => subscribe('interaction', 'agent')")
            await played.simulate("a1", "inbound_call", ani="+15550100")
            for frame in (one, two):
                ringing = "events.filter(([, one]) => one.eventType === 'RINGING').length"
                await frame.wait_for_function(f"() => {ringing} > 0")
                assert await frame.evaluate(f"() => {ringing}") == 1
