"""A gateway over the simulated platform, its page with a soft phone, and hands that know only keys."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

import msgspec
from aiohttp import ClientSession
from playwright.async_api import Browser, BrowserContext, Page

from gateway.app import Gateway, running
from gateway.config import parse
from gateway.runtime.clock import Clock
from gateway.store.config import MEMORY
from schemas.grants import Role
from schemas.ids import AgentId, PlatformId, Ref
from schemas.interaction import Interaction
from schemas.values import Json
from tests.browser.pages import chromium
from tests.patience import PATIENCE_S

PLATFORM: Final = PlatformId("sim")
SWITCH: Final[Mapping[str, Json]] = {
    "agents": [
        {"id": "a1", "name": "Ann", "extension": "101"},
        {"id": "a2", "name": "Bob", "extension": "102"},
    ],
    "services": [
        {
            "id": "sales",
            "name": "Sales",
            "outbound": True,
            "dispositions": [{"id": "sold", "name": "Sold"}, {"id": "lost", "name": "Lost"}],
            "disposition_required": True,
        }
    ],
    "default_service": "sales",
    "not_ready_reasons": ["Lunch"],
    "answer_after_s": 0.0,
}
PHONE: Final = "document.querySelector('trunkline-phone').shadowRoot"
_FOCUSED: Final = f"""(wanted) => {{
  const one = {PHONE}.activeElement;
  return Boolean(one?.matches(wanted));
}}"""
MOST_TABS: Final = 80
_encode: Final = msgspec.json.Encoder().encode


@dataclass
class Desk:
    """The gateway, a browser, and what went wrong in its pages."""

    gateway: Gateway
    browser: Browser
    http: ClientSession
    key: str = ""
    errors: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Of the gateway."""
        return self.gateway.addresses[0]

    def token(self, agent: str = "a1", ttl_s: int = 600) -> str:
        """A link token for a client, as the CRM's server hands it to the agent's page."""
        return self.gateway.tokens.mint(AgentId(agent), PLATFORM, Role.FACADE, ttl_s)

    def interactions(self, agent: str = "a1") -> list[Interaction]:
        """The open interactions of an agent, oldest first."""
        snapshots = self.gateway.state.snapshots
        return snapshots.interactions(snapshots.session_of(PLATFORM, Ref(agent)))

    async def page(self, context: BrowserContext | Browser | None = None, address: str = "") -> Page:
        """The page to try the phone, for a1, or another; what goes wrong in it is noted."""
        page = await (context or self.browser).new_page()
        page.set_default_timeout(PATIENCE_S * 1000)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", lambda said: self.errors.append(said.text) if said.type == "error" else None)
        await page.goto(self.url + (address or f"/phone/?platform={PLATFORM}&agent=a1"))
        return page

    async def simulate(self, method: str, session_of: str = "a1", **params: Json) -> None:
        """Let something happen on the platform (adapters.softswitch.scenario)."""
        session = self.gateway.state.snapshots.session_of(PLATFORM, Ref(session_of))
        body = {
            "type": "vendor.call",
            "session_id": session,
            "method": f"simulate.{method}",
            "params": [params],
        }
        headers = {"Authorization": f"Bearer {self.key}"} if self.key else {}
        async with (
            asyncio.timeout(PATIENCE_S),
            self.http.post(f"{self.url}/v1/commands", data=_encode(body), headers=headers) as response,
        ):
            raw = await response.read()
            assert response.status == 200, raw
            assert b'"succeeded"' in raw, raw

    async def ring(self, name: str = "Carla", agent: str = "a1") -> None:
        """Somebody calls the agent."""
        await self.simulate("inbound_call", agent, ani="+15550142", name=name, agent=agent)


@asynccontextmanager
async def desk(
    switch: Mapping[str, Json] | None = None, clock: Clock | None = None, origins: tuple[str, ...] = ()
) -> AsyncIterator[Desk]:
    """All of it, on free ports. `origins`: pages of which may hold streams, beside our own."""
    settings = {**SWITCH, **(switch or {})}
    raw: dict[str, Json] = {
        "server": {"port": 0, "shutdown_s": 1.0, "origins": list(origins)},
        "store": {"path": MEMORY},
        "platforms": {PLATFORM: {"dialect": "softswitch", "settings": settings}},
    }
    async with (
        running(Gateway(parse(raw, "phones"), clock=clock)) as gateway,
        ClientSession() as http,
        chromium() as browser,
    ):
        yield Desk(gateway, browser, http)


async def tab_to(page: Page, selector: str) -> None:
    """Press Tab until that part of the phone is in focus, and see that it shows."""
    for _ in range(MOST_TABS):
        if await page.evaluate(_FOCUSED, selector):
            outline = await page.evaluate(f"() => getComputedStyle({PHONE}.activeElement).outlineStyle")
            assert outline != "none", f"nothing shows that {selector} is in focus"
            return
        await page.keyboard.press("Tab")
    raise AssertionError(f"no key leads to {selector}")


async def press(page: Page, verb: str, then: str = "") -> None:
    """Go to the button of a verb and press it, by keys; wait for what shows `then`."""
    button = f"[data-do='{verb}']:not([aria-disabled])"
    await page.wait_for_selector(f"trunkline-phone {button}")
    await tab_to(page, button)
    await page.keyboard.press("Enter")
    if then:
        await page.wait_for_selector(f"trunkline-phone {then}")
