"""The vendor's own library loads our control panel, unmodified, over any platform, in a real browser."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import Page

from adapters.amazon_connect.binding import DIALECT
from adapters.registry import DIALECTS
from schemas import events as ev
from schemas.interaction import EndCause
from tests.browser.connect import PAGE, RELEASES, library
from tests.browser.pages import Site, chromium, site
from tests.e2e.world import Stream, World, platform, world
from tests.patience import PATIENCE_S


@asynccontextmanager
async def panel(
    release: str, vendor: str = "bright_pattern", where: str = "ccp.html"
) -> AsyncIterator[tuple[World, Site, Page, Stream]]:
    """A page of another origin with the library of that release and our panel, signed in as a1."""
    async with site({"/streams.js": library(release)}) as at:
        sim = platform(vendor, origins=(at.origin,), facades={DIALECT.name: {}})
        known = DIALECTS if DIALECT in DIALECTS else (*DIALECTS, DIALECT)
        async with world([sim], dialects=known) as played, chromium() as browser:
            stream = await played.stream()
            address = f"{played.url}/v1/facades/sim/{DIALECT.name}/{where}#agent=a1"
            html = PAGE % {"panel": address, "patience": PATIENCE_S * 1000}
            page = await at.open(browser, "/", html)
            await page.wait_for_function("() => agent !== null")
            yield played, at, page, stream


async def until(page: Page, what: str) -> None:
    """Wait for what a script says."""
    await page.wait_for_function(f"() => {what}")


@pytest.mark.parametrize("release", RELEASES)
async def test_a_call_from_its_ring_to_its_clearing(release: str) -> None:
    async with panel(release) as (played, _, page, stream):
        assert await page.evaluate("() => agent.getAgentStates().map((one) => one.type)")
        assert await page.evaluate("() => Number.isFinite(agent.getStateDuration())")  # dates, not texts
        # ring, accept
        await played.simulate("a1", "inbound_call", ani="+15550100")
        await until(page, "newest()?.getState().type === 'connecting'")
        assert await page.evaluate("() => newest().isInbound()")
        assert (
            await page.evaluate("() => newest().getInitialConnection().getEndpoint().phoneNumber")
            == "+15550100"
        )
        assert await page.evaluate("() => newest().isSoftphoneCall()") is False
        await page.evaluate("() => call(newest(), 'accept')")
        await until(page, "names().includes('connected')")
        fired = await page.evaluate("() => names()")
        assert fired.index("accepted") < fired.index("connected"), fired
        # hold, resume
        await page.evaluate("() => call(newest().getInitialConnection(), 'hold')")
        await until(page, "newest().getInitialConnection().isOnHold()")
        await page.evaluate("() => call(newest().getInitialConnection(), 'resume')")
        await until(page, "!newest().getInitialConnection().isOnHold()")
        # a consultation is a leg, with no contact of its own
        await page.evaluate("() => call(newest(), 'addConnection', number('+15550123'))")
        await until(page, "newest().getSingleActiveThirdPartyConnection()?.getState().type === 'connected'")
        assert await page.evaluate("() => Object.keys(contacts).length") == 1
        assert await page.evaluate("() => newest().getInitialConnection().isOnHold()")
        await page.evaluate("() => call(newest(), 'toggleActiveConnections')")
        await until(page, "newest().getSingleActiveThirdPartyConnection().isOnHold()")
        await page.evaluate("() => call(newest(), 'conferenceConnections')")
        await until(page, "on() === 3")
        assert await page.evaluate("() => newest().getThirdPartyConnections().length") == 1  # the same leg
        # end, after-call work, clear
        await page.evaluate("() => call(newest().getAgentConnection(), 'destroy')")
        await until(page, "names().includes('acw')")
        await stream.until(lambda event: isinstance(event, ev.InteractionWrapUp))
        await page.evaluate("() => call(newest(), 'clear')")
        await until(page, "names().includes('destroyed')")
        fired = await page.evaluate("() => heard.filter(([, id]) => contacts[id]).map(([name]) => name)")
        assert [one for one in fired if one in {"acw", "destroyed"}] == ["acw", "destroyed"], fired
        assert fired.count("ended") == (2 if release == "2.0.0" else 1), fired  # as that release has it


async def test_states_calls_out_transfers_and_what_is_refused() -> None:
    async with panel("2.28.2") as (played, _, page, stream):
        # states
        await page.evaluate(
            "() => call(agent, 'setState', agent.getAgentStates().find((one) => one.type === 'not_routable'))"
        )
        await until(page, "agent.getState().type === 'not_routable'")
        refused = await page.evaluate(
            "() => call(agent, 'setState', 'Available').catch((error) => JSON.parse(error.message))"
        )
        assert refused["type"] == "UnexpectedParameter"
        # quick connects
        listed = await page.evaluate(
            "() => call(agent, 'getEndpoints', agent.getAllQueueARNs()).then((one) => one.endpoints)"
        )
        assert any(one["name"] == "Bob" for one in listed), listed
        # a call out, handed over while the customer is on hold: the cold transfer
        await page.evaluate("() => call(agent, 'connect', number('+15550123'))")
        await until(page, "newest()?.getState().type === 'connected'")
        assert not await page.evaluate("() => newest().isInbound()")
        await page.evaluate("() => agent.mute()")
        await until(page, "names().includes('muted')")
        await page.evaluate("() => agent.unmute()")
        await until(page, "heard.some(([name, muted]) => name === 'muted' && !muted)")
        await page.evaluate("() => call(newest(), 'addConnection', number('+15550124'))")
        await until(page, "newest().getSingleActiveThirdPartyConnection()?.isConnected()")
        await page.evaluate("() => call(newest().getAgentConnection(), 'destroy')")
        ended = await stream.until(
            lambda event: isinstance(event, ev.InteractionEnded) and event.interaction.consult_of is None
        )
        assert isinstance(ended, ev.InteractionEnded)
        assert ended.interaction.end_cause is EndCause.TRANSFERRED
        await page.evaluate("() => call(newest(), 'clear')")
        await until(page, "names().includes('destroyed')")
        # missed: one end, and it too is cleared
        before = await page.evaluate("() => heard.length")
        await played.simulate("a1", "inbound_call", ani="+15550100")
        await until(page, "newest()?.getStatus().type === 'connecting'")
        await page.evaluate("() => call(newest(), 'reject')")
        await until(
            page,
            "names().includes('missed') || names().at(-1) === 'destroyed'",
        )
        fired = await page.evaluate("(from) => heard.slice(from).map(([name]) => name)", before)
        assert fired.count("ended") == 1, fired
        # what is not there is refused, and not left unanswered
        failed = await page.evaluate(
            "() => new Promise((resolve) => connect.core.getClient().call('createTransport', {}, "
            "{success: resolve, failure: (error) => resolve(JSON.parse(error))}))"
        )
        assert failed["type"] == "InvalidConfigurationException"


async def test_terminated_and_begun_again_then_signed_out() -> None:
    async with panel("2.28.2") as (_, _, page, stream):
        # the newer channel: what the library asks there is answered, and the rest is refused
        assert await page.evaluate("() => agent.getNetworkConnectionStatus?.()") == "connected"
        # terminated and begun again, the panel says anew how things stand
        await page.evaluate("() => again()")
        await until(page, "agent !== null")
        # signed out: told once, and silent since, so that nobody takes it for signed in
        await page.evaluate("() => signOut()")
        await until(page, "said.includes('terminated')")
        await stream.until(lambda event: isinstance(event, ev.AgentLoggedOut))
        panel_frame = page.frames[-1]
        await panel_frame.wait_for_selector("#sign-in:not([hidden])")
        assert await page.evaluate("() => said.at(-1)") == "terminated"
