"""A page written for Bright Pattern's script, unchanged, over every platform, in a real browser."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import Page

from gateway.facades.facade import Client
from schemas import events as ev
from schemas.interaction import EndCause
from schemas.values import Json
from tests.browser.crm import BUTTONS, EXAMPLES, facade
from tests.browser.pages import Site, chromium, site
from tests.e2e.world import VENDORS, Stream, World, platform, world
from tests.patience import PATIENCE_S


@asynccontextmanager
async def crm(
    vendor: str, html: str, switch: dict[str, Json] | None = None
) -> AsyncIterator[tuple[World, Site, Page, Stream]]:
    """A page of another origin with the facade's script and that content, over a platform of that vendor."""
    async with site() as at:
        sim = platform(vendor, origins=(at.origin,), switch=switch)
        async with world([sim]) as played, chromium() as browser:
            stream = await played.stream()
            page = await at.open(browser, "/", f"<body>{facade(played.gateway.addresses[0])}{html}")
            yield played, at, page, stream
            assert at.errors == []


@pytest.mark.parametrize("vendor", VENDORS)
async def test_the_documents_examples_run_as_they_are_printed(vendor: str) -> None:
    async with crm(vendor, EXAMPLES) as (_, _, page, stream):
        await page.wait_for_function("() => initialInteractionDataLoaded")
        assert await page.evaluate("() => activeInteractionId") is None
        await page.fill("#startCallPhoneNumberInput", "+15550123")
        await page.click("#startCallButton")
        connected = await stream.until(lambda event: isinstance(event, ev.InteractionConnected))
        assert isinstance(connected, ev.InteractionConnected)
        assert connected.interaction.remote_address == "+15550123"
        # the second example, with the list that its page is silent about
        await page.evaluate(
            "(one) => { interactionsList.push({interactionId: one}); adApi.leaveAndCompleteInteraction(); }",
            connected.interaction.id,
        )
        await page.wait_for_function("() => interactionsList.length === 0")


@pytest.mark.parametrize("vendor", VENDORS)
async def test_a_call_is_taken_held_and_handed_over_by_pressing_buttons(vendor: str) -> None:
    async with crm(vendor, BUTTONS) as (played, _, page, stream):
        await page.wait_for_function("() => adApi.adcFrame")
        await page.evaluate("() => adApi.getInteractionsState()")
        await played.simulate("a1", "inbound_call", ani="+15550100")
        await page.wait_for_function("() => call !== ''")
        for button, state in (("accept", "delivered"), ("hold", "hold"), ("retrieve", "delivered")):
            before = await page.evaluate("() => heard.length")
            await page.click(f"#{button}")
            await page.wait_for_function(
                "([from, state]) => heard.slice(from).some((one) => one.state === state)", arg=[before, state]
            )
        await page.click("#consult")
        await page.wait_for_function(
            "() => heard.some((one) => one.interactionId !== call && one.state === 'delivered')"
        )
        await page.click("#transfer")
        ended = await stream.until(
            lambda event: isinstance(event, ev.InteractionEnded) and event.interaction.consult_of is None
        )
        assert isinstance(ended, ev.InteractionEnded)
        assert ended.interaction.end_cause in {EndCause.TRANSFERRED, EndCause.UNKNOWN}
        await page.wait_for_function("() => results.length === 5")
        results = await page.evaluate("() => results")
        assert [one["status"] for one in results] == ["success"] * 5, results


SERVICE: dict[str, Json] = {
    "services": [
        {
            "id": "sales",
            "outbound": True,
            "dispositions": [{"id": "sold", "name": "Sold"}, {"id": "lost", "name": "Lost"}],
            "disposition_required": True,
        }
    ],
    "default_service": "sales",
}


@pytest.mark.parametrize("vendor", ["bright_pattern", "channel_session"])
async def test_a_question_is_answered_from_the_page(vendor: str) -> None:
    async with crm(vendor, BUTTONS, SERVICE) as (played, _, page, stream):
        await page.evaluate("() => adApi.getInteractionsState()")
        await played.simulate("a1", "inbound_call", ani="+15550100", service="sales")
        await page.wait_for_function("() => call !== ''")
        await page.click("#accept")
        await stream.until(lambda event: isinstance(event, ev.InteractionConnected))
        await page.click("#leave")
        await stream.until(lambda event: isinstance(event, ev.InteractionWrapUp))
        await page.click("#complete")
        await page.wait_for_function("() => disposition.options.length === 2")
        await page.select_option("#disposition", label="Sold")
        await page.click("#choose")
        done = await stream.until(lambda event: isinstance(event, ev.InteractionCompleted))
        assert isinstance(done, ev.InteractionCompleted)


async def test_a_request_that_came_to_nothing_is_not_carried_out_later() -> None:
    async with site() as at:
        sim = platform("bright_pattern", origins=(at.origin,))
        async with world([sim]) as played, chromium() as browser:
            context = await browser.new_context()
            await context.clock.install()
            page = await at.open(context, "/", f"<body>{facade(played.url)}{BUTTONS}")
            await page.evaluate("() => adApi.getAgentState()")
            now_ms = await page.evaluate("() => Date.now()")
            await context.clock.pause_at(now_ms + 1000)  # so that it does not connect again meanwhile
            (client,) = (one for one in played.gateway.router._subscribers if isinstance(one, Client))  # noqa: SLF001  # to cut it
            client._sink.end(1012, "cut")  # noqa: SLF001
            frame = page.frames[1]
            await frame.wait_for_selector("#status[data-state=lost]", timeout=PATIENCE_S * 1000)
            await frame.evaluate(
                """() => { window.asked = new Promise((done) => addEventListener('message',
                ({data}) => data.method === 'startCall' && done())); }"""
            )
            called = asyncio.ensure_future(page.evaluate("() => adApi.startCall('+15550123')"))
            await frame.evaluate("() => asked")
            await context.clock.fast_forward(20_000)
            assert (await called)["error"]["name"] == "timeout"
            assert (await page.evaluate("() => adApi.getAgentState()"))["status"] == "success"  # joined again
            assert played.switch.state.snapshots.interactions() == []
            assert at.errors == []


async def test_what_the_gateway_refuses_is_an_error_of_the_vendors() -> None:
    answers = """
    <script>
    const say = (packet) => parent.postMessage({trunkline: 1, ...packet}, '*');
    addEventListener('message', ({data: {uid, method}}) =>
      uid && say({uid, refused: 'no', code: method === 'getConfig' ? -32601 : -32000}));
    say({ready: 'channel'});
    </script>
    """
    async with site() as at:
        sim = platform("bright_pattern", origins=(at.origin,))
        async with world([sim]) as played, chromium() as browser:
            context = await browser.new_context()
            await context.route(
                "**/frame.html", lambda route: route.fulfill(body=answers, content_type="text/html")
            )
            page = await at.open(context, "/", f"<body>{facade(played.url)}{BUTTONS}")
            assert await page.evaluate("async () => [await adApi.getConfig(), await adApi.getTeams()]") == [
                {"status": "error", "error": {"code": 14, "name": "api_method_not_implemented"}},
                {"status": "error", "error": {"code": 7, "name": "invalid_request", "message": "no"}},
            ]


async def test_a_hidden_frame_is_shown_while_it_asks_who_the_agent_is() -> None:
    standalone = "<script>const adApi = new brightpattern.AdApi({standalone: true});</script>"
    async with site() as at:
        sim = platform("bright_pattern", origins=(at.origin,))
        async with world([sim]) as played, chromium() as browser:
            page = await at.open(browser, "/", f"<body>{facade(played.url, agent='')}{standalone}")
            await page.wait_for_selector("iframe:visible", timeout=PATIENCE_S * 1000)
            frame = page.frame_locator("iframe")
            await frame.locator("#who").fill("a1")
            await frame.locator("button").click()
            await page.wait_for_selector("iframe", state="hidden")
            assert (await page.evaluate("() => adApi.getLoginState()"))["data"]["isLoggedIn"]
            assert at.errors == []
