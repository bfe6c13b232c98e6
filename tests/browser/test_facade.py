"""A page written for Bright Pattern's script, unchanged, over every platform, in a real browser."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import Page

from schemas import events as ev
from schemas.interaction import EndCause
from schemas.values import Json
from tests.browser.crm import BUTTONS, EXAMPLES, facade
from tests.browser.pages import Site, chromium, site
from tests.e2e.world import VENDORS, Stream, World, platform, world


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
