"""The soft phone and its connection: cuts, tokens that end, pages of other origins, and frames."""

import re
from pathlib import Path
from typing import Final

import pytest
from playwright.async_api import Page

from gateway.api.stream import Stream
from gateway.security.access import Scope
from schemas.grants import Role
from schemas.ids import PlatformId
from schemas.interaction import InteractionState
from tests.browser.crm import facade
from tests.browser.pages import chromium, site
from tests.browser.phones import PHONE, Desk, desk, press
from tests.browser.test_phone import CARD, gone, shown
from tests.browser.test_tokens import Leaping
from tests.e2e.world import VENDORS, platform, world

OPEN: Final = "[data-state=open]"
SOURCE: Final = """(tokens) => {
  window.asked = 0;
  const phone = document.createElement('trunkline-phone');
  phone.tokenSource = async () => ({token: tokens[Math.min(asked++, tokens.length - 1)]});
  document.getElementById('phone').replaceChildren(phone);
}"""
LIFE_S: Final = 600


def cut(at: Desk) -> None:
    """Cut all streams, as a network does."""
    for client in tuple(_stream(at).live):
        client._socket.end(1012, "cut")  # noqa: SLF001  # there is no other way to


def _stream(at: Desk) -> Stream:
    (found,) = {id(one._shared): one._shared for one in at.gateway.router._subscribers}.values()  # type: ignore[attr-defined]  # noqa: SLF001  # likewise
    assert isinstance(found, Stream)
    return found


async def keyed(at: Desk) -> None:
    """Make the first key: from now on tokens are asked for."""
    _, at.key = await at.gateway.keys.create("tests", list(Scope))


async def test_a_cut_connection_comes_back_and_misses_nothing() -> None:
    async with desk() as at:
        page = await at.page()
        await shown(page, OPEN)
        await at.ring()
        await press(page, "interaction.accept", f"{CARD}[data-state=connected]")
        await page.evaluate(f"() => {PHONE}.querySelector('textarea[name=notes]').value = 'half a sent'")
        cut(at)
        await at.ring("Dora")
        await shown(page, f"{CARD}[data-state=alerting]")
        assert (
            await page.input_value(f"trunkline-phone {CARD}[data-state=connected] textarea") == "half a sent"
        )
        await press(page, "interaction.reject")
        await gone(page, f"{CARD}[data-state=alerting]")
        assert at.errors == []


async def test_a_token_that_ends_is_renewed_before_that_without_a_break() -> None:
    async with desk() as at:
        await keyed(at)
        context = await at.browser.new_context()
        await context.clock.install()
        page = await at.page(context, "/phone/")
        sockets: list[str] = []
        page.on("websocket", lambda socket: sockets.append(socket.url))
        await page.evaluate(SOURCE, [at.token(ttl_s=LIFE_S), at.token(ttl_s=2 * LIFE_S)])
        await shown(page, OPEN)
        states = """() => {
          window.states = [];
          document.addEventListener('connection', ({detail}) => states.push(detail.state));
        }"""
        await page.evaluate(states)
        await context.clock.fast_forward(int(0.85 * LIFE_S) * 1000)
        await page.wait_for_function("() => asked === 2 && states.length > 0")
        assert set(await page.evaluate("() => states")) == {"open"}
        await at.ring()
        await page.click("trunkline-phone [data-do='interaction.accept']:not([aria-disabled])")
        await shown(page, f"{CARD}[data-state=connected]")
        assert len(sockets) == 2
        assert at.errors == []


async def test_a_token_that_is_over_is_replaced_by_another() -> None:
    clock = Leaping()
    async with desk(clock=clock) as at:
        await keyed(at)
        page = await at.page(address="/phone/")
        await page.evaluate(SOURCE, [at.token(ttl_s=LIFE_S), at.token(ttl_s=3 * LIFE_S)])
        await shown(page, OPEN)
        clock.ahead_s += 1.5 * LIFE_S  # the page's machine slept
        for lease in tuple(at.gateway.gate.withdrawals.leases):
            lease.look()
        await page.wait_for_function("() => asked === 2")
        await shown(page, OPEN)
        await at.ring()
        await shown(page, f"{CARD}[data-state=alerting]")
        assert await page.evaluate("() => asked") == 2


TWO_SOURCES: Final = """([first, second]) => {
  const phone = document.createElement('trunkline-phone');
  phone.tokenSource = () => new Promise((told) => (window.late = () => told(first)));
  document.getElementById('phone').replaceChildren(phone);
  return new Promise((done) => setTimeout(() => {
    phone.tokenSource = () => second;
    done();
  }));
}"""


async def test_a_token_that_comes_when_another_was_said_is_not_looked_at() -> None:
    async with desk() as at:
        await keyed(at)
        page = await at.page(address="/phone/")
        await page.evaluate(TWO_SOURCES, [at.token("a1"), at.token("a2")])
        await shown(page, OPEN)
        await page.evaluate("() => late()")
        await at.ring(agent="a1")
        await at.ring(agent="a2")
        await shown(page, f"{CARD}[data-state=alerting]")
        assert await page.inner_text("trunkline-phone h2") == "Bob"
        assert at.errors == []


MANUAL: Final = Path("docs/integrate/phone.md")


async def test_the_manuals_tag_works_as_pasted_in_a_page_of_another_origin() -> None:
    (tag, _, pop) = re.findall(r"```html\n(.*?)```", MANUAL.read_text(encoding="utf-8"), re.DOTALL)
    async with site() as elsewhere, desk(origins=(elsewhere.origin,)) as at:
        await keyed(at)
        html = (tag + pop).replace("https://desktop.example", at.url).replace("eyJ...", at.token())
        page = await elsewhere.open(at.browser, "/", f"<body>{html}")
        await shown(page, OPEN)
        await at.ring()
        await page.wait_for_function("() => document.title === 'Call from +15550142'")
        await press(page, "interaction.accept", f"{CARD}[data-state=connected]")
        assert elsewhere.errors == []


async def in_a_facade(page: Page, frame_of: str) -> None:
    """The phone is in that frame, and is the agent's."""
    frame = await (await page.wait_for_selector(frame_of)).content_frame()  # type: ignore[union-attr]  # it is there
    assert frame is not None
    accept = "trunkline-phone [data-do='interaction.accept']:not([aria-disabled])"
    await (await frame.wait_for_selector(accept)).click()  # type: ignore[union-attr]  # likewise
    await frame.wait_for_selector(f"trunkline-phone {CARD}[data-state=connected]")


async def test_an_agent_whose_widget_is_replaced_can_answer_a_call_with_his_own_token() -> None:
    async with site() as at:
        sim = platform("channel_session", origins=(at.origin,))
        async with world([sim], keyed=True) as played, chromium() as browser:
            await played.gateway.keys.create("crm", list(Scope))
            token = played.gateway.tokens.mint(played.agent().agent_id, sim.platform_id, Role.FACADE)
            tag = facade(played.url).replace('data-agent="a1"', f'data-token="{token}"')
            tag += "<script>const adApi = new brightpattern.AdApi()</script>"
            page = await at.open(browser, "/", f"<body>{tag}")
            await played.simulate("a1", "inbound_call", ani="+15550100")
            await in_a_facade(page, "iframe")
            (one,) = played.interactions()
            assert one.state is InteractionState.CONNECTED
            assert played.interactions("a2") == []
            assert at.errors == []


@pytest.mark.parametrize("dialect", ["genesys_wwe"])
async def test_the_host_of_web_applications_has_the_phone_beside_them(dialect: str) -> None:
    async with site() as at, world([platform("channel_session")]) as played, chromium() as browser:
        page = await at.visit(browser, f"{played.url}/v1/facades/sim/{dialect}/host.html")
        await page.fill("#who", "a1")
        await page.click("#sign-in button")
        await shown(page, OPEN)
        await played.simulate("a1", "inbound_call", ani="+15550100")
        await press(page, "interaction.accept", f"{CARD}[data-state=connected]")
        assert at.errors == []


async def test_it_is_the_same_on_every_platform_and_says_what_could_only_be_done_nearly() -> None:
    sims = [platform(one, platform_id=PlatformId(one.replace("_", "-"))) for one in VENDORS]
    async with site() as at, world(sims) as played, chromium() as browser:
        for sim in sims:
            page = await at.visit(browser, f"{played.url}/phone/?platform={sim.platform_id}&agent=a1")
            await shown(page, OPEN)
            await played.simulate("a1", "inbound_call", platform_id=sim.platform_id, ani="+15550100")
            await press(page, "interaction.accept", f"{CARD}[data-state=connected]")
            await press(page, "interaction.hold", f"{CARD}[data-state=held]")
            await press(page, "interaction.retrieve", f"{CARD}[data-state=connected]")
            if sim.dialect.name == "genesys_wwe":  # it silences the whole device
                await press(page, "interaction.mute", ".messages .warn")
            await page.close()
        assert at.errors == []
