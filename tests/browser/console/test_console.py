"""What people do in the console, in a real browser against a real gateway."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web
from playwright.async_api import expect

from gateway.demo.simulation import Pages
from gateway.runtime.tasks import Tasks
from schemas.ids import PlatformId
from tests.browser.console.seeing import NARROW, console
from tests.browser.pages import chromium
from tests.e2e.needinfo_stage import answer, complete, stage, wrap_up
from tests.e2e.world import PLATFORM, World, platform, world
from tests.fakes import FakeClock
from tests.gateway.openid import provider
from tests.gateway.webhook_world import receiving
from tests.security.test_bearer import token, trusting

HOSTILE = "<img src=x onerror=\"document.title='taken'\">"


async def test_a_key_is_made_and_withdrawn_and_its_stream_closes_before_ones_eyes() -> None:
    async with (
        world([platform("bright_pattern")], keyed=True) as w,
        chromium() as browser,
        console(browser, f"{w.url}/") as operator,
    ):
        assert operator.page.url == f"{w.url}/console"
        await operator.has("1 of 1")  # an open gateway asks nobody
        await operator.go("keys")
        await operator.has("the gateway stands open")
        await operator.page.get_by_text("New key").click()
        await operator.page.get_by_label("Name").fill(HOSTILE)
        for scope in ("commands:write", "links", "metrics:read", "admin"):
            await operator.page.get_by_label(scope).check()
        await operator.press("Make the key")
        await operator.secret()  # the first one: the page goes on with it
        await operator.has(HOSTILE)

        await operator.page.get_by_text("New key").click()
        await operator.page.get_by_label("Name").fill("reader")
        await operator.press("Make the key")
        key = await operator.secret()
        async with console(browser, f"{w.url}/console#/webhooks", size=NARROW) as reader:
            await reader.sign_in(key[:-4] + "wrong")
            await reader.has("the API key is not valid")
            await reader.sign_in(key)
            await reader.has("Your key may not see this: needs the scope admin.")
            await reader.go("overview")
            await expect(reader.page.locator("#stream")).to_have_text("live")
            await reader.has("Your key may not see this: needs the scope metrics:read")

            row = operator.page.get_by_role("row").filter(has_text="reader")
            await row.get_by_role("button", name="Withdraw").click()
            await operator.press("Withdraw it")
            await expect(row).to_contain_text("revoked")
            await reader.page.get_by_role("heading", name="Sign in").wait_for()
            await expect(reader.page.locator(".refused")).to_contain_text("revoked")
            assert await reader.page.evaluate("() => sessionStorage.length") == 0
        assert "taken" not in await operator.page.title()


async def test_a_webhook_fails_and_is_replayed() -> None:
    async def refuse(_request: web.Request) -> web.Response:
        return web.Response(status=500, text=HOSTILE, headers={"Webhook-Retry": "no"})

    async with (
        receiving() as receiver,
        world([platform("bright_pattern")]) as w,
        chromium() as browser,
        console(browser, f"{w.url}/console#/webhooks") as seen,
    ):
        receiver.answers["/hook"] = refuse
        await seen.page.get_by_text("New webhook").click()
        await seen.page.get_by_label("Address").fill(f"{receiver.url}/hook")
        await seen.page.get_by_label("Name").fill("warehouse")
        await seen.page.get_by_label("Events").fill("interaction.created")
        await seen.press("Make the webhook")
        assert (await seen.secret()).startswith("whsec_")
        await seen.page.get_by_role("link", name="warehouse").click()
        await seen.press("Send a test")
        await seen.has("The test failed: answered 500")

        await w.simulate("a1", "inbound_call", ani="+15550142")
        row = seen.page.get_by_role("row").filter(has_text="interaction.created")
        await expect(row).to_contain_text("dead")
        await row.locator("summary").click()
        await seen.has(HOSTILE)  # the receiver's answer, as text

        receiver.answers["/hook"] = 204
        await row.get_by_role("button", name="Replay").click()
        await expect(row).to_contain_text("delivered")
        await seen.press("Pause")
        await expect(seen.page.locator(".facts")).to_contain_text("paused")
        await seen.press("Resume")
        await expect(seen.page.locator(".facts")).to_contain_text("active")
        await seen.press("New secret")
        await seen.press("Make it")
        assert (await seen.secret()).startswith("whsec_")
        await seen.press("Delete")
        await seen.press("Delete it")
        await seen.has("There is no webhook yet.")


@asynccontextmanager
async def agents_pages(w: World) -> AsyncIterator[None]:
    """The pages of the platform's agents, open for as long as this lasts."""
    tasks = Tasks()
    Pages(w.simulated, tasks, w.http).open(w.switch.addresses[0], w.url)
    try:
        yield
    finally:
        await tasks.finish(0.0)


async def test_a_link_that_goes_down_is_shown_with_what_to_do_and_comes_back() -> None:
    simulated = [platform("bright_pattern"), platform("genesys_wwe", platform_id=PlatformId("other"))]
    async with (
        world(simulated, pages=False) as w,
        chromium() as browser,
        console(browser, f"{w.url}/console") as seen,
    ):
        row = seen.page.get_by_role("row").filter(has_text="bright pattern")
        alerts = seen.page.locator(".alerts")
        async with agents_pages(w):
            await seen.has("2 of 2")
            await expect(row).to_contain_text("connected")
        await expect(row).to_contain_text("disconnected")
        await expect(row).to_contain_text("the relay went away")
        await expect(row).to_contain_text("page was closed")
        await expect(alerts).to_contain_text(f"{PLATFORM} is disconnected")
        async with agents_pages(w):
            await seen.has("2 of 2")
            await expect(row).not_to_contain_text("disconnected")
            await expect(alerts).not_to_contain_text("disconnected")


@pytest.mark.parametrize("dialect", ["bright_pattern", "channel_session"])
async def test_the_life_of_an_interaction_is_a_timeline_of_all_that_concerns_it(dialect: str) -> None:
    async with (
        receiving() as receiver,
        stage(dialect) as w,
        chromium() as browser,
        console(browser, f"{w.url}/console#/tail") as seen,
    ):
        await w.request("POST", "/v1/webhooks", {"url": receiver.url, "name": "all"})
        interaction = await wrap_up(w, "must")
        await seen.go(f"interactions/{interaction}")
        await seen.has("interaction.wrap_up_started")
        record = await complete(w, interaction)  # from here on the page is told
        await seen.has("asked:")
        await answer(w, record, disposition="2", notes=HOSTILE)
        await seen.has("interaction.complete succeeded")
        await seen.has("question submitted")
        await expect(seen.page.locator(".timeline h3").last).to_have_text("interaction.completed")
        heads = await seen.page.locator(".timeline h3").all_inner_texts()
        assert heads[0] == "interaction.created"
        assert "interaction.accept succeeded" in heads
        assert heads.count("interaction.created") == 1

        created = seen.page.locator(".entry").first
        await created.get_by_text(f"frame ({dialect.replace('_', ' ')})").click()
        await expect(created.locator("pre").filter(has_text="15550100").first).to_be_visible()
        await created.get_by_text("Webhooks: 1").click()
        await created.get_by_text("delivered after 1 attempt").click()
        await expect(created.get_by_role("region", name="Attempts")).to_contain_text("204")
        command = seen.page.locator(".entry.command").last
        await command.get_by_text("The command", exact=True).click()
        await expect(command).to_contain_text("given by anonymous")
        assert "taken" not in await seen.page.title()


async def test_the_tail_shows_what_fits_its_filter_and_says_what_is_misspelt() -> None:
    async with (
        world([platform("bright_pattern")]) as w,
        chromium() as browser,
        console(browser, f"{w.url}/console#/tail") as seen,
    ):
        table = seen.page.get_by_role("region", name="Events")
        await expect(table).to_contain_text("agent.logged_in")  # what was before
        types = seen.page.get_by_label("Types")
        await types.fill("interacton.*")
        await seen.press("Follow")
        await expect(seen.page.get_by_role("alert")).to_contain_text("no events of type")
        await types.fill("interaction.*")
        await seen.page.get_by_label("Agents").fill("a2")
        await seen.press("Follow")
        await w.simulate("a1", "inbound_call", ani="+15550141")
        await w.simulate("a2", "inbound_call", ani="+15550142")
        await expect(table).to_contain_text("+15550142")
        await expect(table).not_to_contain_text("+15550141")
        await expect(table).not_to_contain_text("agent.")
        await table.get_by_role("button").first.click()
        await expect(seen.page.locator(".chosen pre")).to_contain_text('"agent_id": "a2"')
        await seen.press("Pause")
        count = await table.get_by_role("row").count()
        await w.command(type="interaction.accept", interaction_id=w.interactions("a2")[0].id)
        await expect(seen.page.locator("#stream")).to_have_text("live")
        assert await table.get_by_role("row").count() == count
        await seen.press("Go on")
        await expect(table).to_contain_text("interaction.connected")


async def test_a_bearer_token_of_an_identity_provider_signs_in_until_it_is_over() -> None:
    clock = FakeClock()
    async with (
        provider() as idp,
        trusting(clock, idp) as one,
        chromium() as browser,
        console(browser, f"{one.url}/console") as seen,
    ):
        await seen.sign_in(token(idp, clock))
        await expect(seen.page.locator("#stream")).to_have_text("live")
        await seen.has("Your key may not see this: needs the scope metrics:read")
        await clock.advance(600)
        await seen.page.get_by_role("heading", name="Sign in").wait_for()
        await expect(seen.page.locator(".refused")).to_be_visible()
