"""Every page of the console, wide and narrow, light and dark: pictures, and what axe-core finds."""

from typing import Final, Literal

from playwright.async_api import Page

from gateway.security.access import Scope
from schemas import events as ev
from tests.browser.axe import serious_faults
from tests.browser.console.seeing import NARROW, PICTURES, WIDE, Seen, console
from tests.browser.pages import chromium
from tests.e2e.needinfo_stage import answer, complete, stage, wrap_up
from tests.e2e.world import World
from tests.gateway.webhook_world import Receiver, receiving

Scheme = Literal["light", "dark"]
# Each shape and each scheme is looked at by axe-core once.
LOOKS: Final[tuple[tuple[str, tuple[int, int], Scheme, bool], ...]] = (
    ("wide-light", WIDE, "light", True),
    ("wide-dark", WIDE, "dark", False),
    ("narrow-light", NARROW, "light", False),
    ("narrow-dark", NARROW, "dark", True),
)


async def busy(w: World, receiver: Receiver) -> dict[str, str]:
    """Let there be something of everything. Returns the places by what each shows at last."""
    for path, status in (("well", 204), ("ill", 500)):
        receiver.answers[f"/{path}"] = status
        hook = {"url": f"{receiver.url}/{path}", "name": path, "id": path}
        assert (await w.request("POST", "/v1/webhooks", hook)).status == 201
    finished = await wrap_up(w, "must")
    await answer(w, await complete(w, finished), disposition="2")
    await w.simulate("a2", "inbound_call", ani="+15550142", data={"name": "Ada", "account": "4711"})
    stream = await w.stream(after=0)
    told = await stream.until(lambda one: one.agent_id == "a2" and isinstance(one, ev.InteractionAlerting))
    assert isinstance(told, ev.InteractionAlerting)
    await w.command(type="interaction.accept", interaction_id=told.interaction.id)  # or it rings out
    return {
        "overview": "The last hour",
        "agents": "a1",
        "interactions": "1 interaction of 1 open",
        f"interactions/{finished}": "interaction.completed",
        "tail": "events came",
        "webhooks": "failing",
        "webhooks/ill": "answered 500",
        "keys": "New key",
        "audit": "Head of the chain",
        "dialects": "interaction.hold",
        "phone/sim/a2": "15550142",
        "nowhere": "There is no such page",
    }


async def overflow_px(page: Page) -> int:
    """By how much the page is wider than what shows it."""
    script = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
    return int(await page.evaluate(script))


async def looked_at(seen: Seen, name: str, look: str, *, axe: bool, within: str = "html") -> list[str]:
    """What is wrong with what is shown, after a picture of it. A long page is looked at in part."""
    await seen.page.screenshot(path=PICTURES / f"{name}-{look}.png", full_page=within == "html")
    found = await serious_faults(seen.page, within) if axe else ()
    wrong = [f"{name}, {look}: {fault}" for fault in found]
    if (over := await overflow_px(seen.page)) > 0:
        wrong.append(f"{name}, {look}: {over} px too wide")
    return wrong


async def test_every_page_can_be_used_by_everybody() -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    wrong: list[str] = []
    async with receiving() as receiver, stage("bright_pattern") as w, chromium() as browser:
        places = await busy(w, receiver)
        for look, size, scheme, axe in LOOKS:
            async with console(browser, f"{w.url}/console", size=size, scheme=scheme) as seen:
                for place, shows in places.items():
                    await seen.go(place)
                    await seen.has(shows)
                    if place in {"keys", "webhooks"}:
                        await seen.page.locator("details.card > summary").click()
                    name = place.partition("/")[0] + ("-one" if "/" in place else "")
                    wrong += await looked_at(seen, name, look, axe=axe)
                for path, within in (("docs", "#send_command"), ("nowhere", "html")):
                    await seen.page.goto(f"{w.url}/{path}")
                    await seen.page.get_by_role("heading").first.wait_for()
                    wrong += await looked_at(seen, f"{path}-page", look, axe=axe, within=within)
        await w.gateway.keys.create("closes the gateway", [Scope.ADMIN])
        for look, size, scheme, axe in LOOKS:
            async with console(browser, f"{w.url}/console", size=size, scheme=scheme) as seen:
                await seen.page.get_by_role("heading", name="Sign in").wait_for()
                wrong += await looked_at(seen, "sign-in", look, axe=axe)
    assert not wrong, "\n".join(["", *wrong])
