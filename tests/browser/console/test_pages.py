"""Every page of the console, wide and narrow, light and dark: pictures, and what axe-core finds."""

from typing import Final, Literal

import pytest
from playwright.async_api import Page

from tests.browser.axe import serious_faults
from tests.browser.console.seeing import NARROW, PICTURES, WIDE, console
from tests.browser.pages import chromium
from tests.e2e.needinfo_stage import answer, complete, wrap_up
from tests.e2e.needinfo_stage import stage as questions
from tests.e2e.world import World
from tests.gateway.webhook_world import Receiver, receiving

Scheme = Literal["light", "dark"]
LOOKS: Final[tuple[tuple[str, tuple[int, int], Scheme], ...]] = tuple(
    (f"{shape}-{scheme}", size, scheme)
    for shape, size in (("wide", WIDE), ("narrow", NARROW))
    for scheme in ("light", "dark")
)


async def busy(w: World, receiver: Receiver) -> dict[str, str]:
    """Let there be something of everything. Returns the pages by name, each with what it shows at last."""
    for path, status in (("well", 204), ("ill", 500)):
        receiver.answers[f"/{path}"] = status
        await w.request("POST", "/v1/webhooks", {"url": f"{receiver.url}/{path}", "name": path})
    finished = await wrap_up(w, "must")
    await answer(w, await complete(w, finished), disposition="2")
    await w.simulate("a2", "inbound_call", ani="+15550142", data={"name": "Ada", "account": "4711"})
    stream = await w.stream(after=0)
    await stream.until(lambda event: event.agent_id == "a2" and hasattr(event, "interaction"))
    hook = (await w.request("GET", "/v1/webhooks")).json()["webhooks"]
    assert isinstance(hook, list)
    assert isinstance(hook[1], dict)
    return {
        "overview": "The last hour",
        "agents": "a1",
        "interactions": "1 interaction of 1 open",
        f"interactions/{finished}": "interaction.completed",
        "tail": "events came",
        "webhooks": "failing",
        f"webhooks/{hook[1]['id']}": "answered 500",
        "keys": "New key",
        "audit": "Head of the chain",
        "dialects": "interaction.hold",
        "phone/sim/a2": "15550142",
        "nowhere": "There is no such page",
    }


async def overflows(page: Page) -> int:
    """By how many pixels the page is wider than what shows it."""
    script = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
    return int(await page.evaluate(script))


@pytest.mark.parametrize(("look", "size", "scheme"), LOOKS, ids=[look for look, _, _ in LOOKS])
async def test_every_page_can_be_used_by_everybody(look: str, size: tuple[int, int], scheme: Scheme) -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    wrong: list[str] = []
    async with (
        receiving() as receiver,
        questions("bright_pattern") as w,
        chromium() as browser,
        console(browser, f"{w.url}/console", size=size, scheme=scheme) as seen,
    ):
        for place, shows in (await busy(w, receiver)).items():
            await seen.go(place)
            await seen.has(shows)
            name = place.replace("/sim/", "-").partition("/")[0] + ("-one" if "/" in place else "")
            if place in {"keys", "webhooks"}:
                await seen.page.locator("details.card > summary").click()
            await seen.page.screenshot(path=PICTURES / f"{name}-{look}.png", full_page=True)
            wrong += [f"{place}: {fault}" for fault in await serious_faults(seen.page)]
            if (over := await overflows(seen.page)) > 0:
                wrong.append(f"{place}: {over} px too wide")
        for path in ("docs", "nowhere"):
            await seen.page.goto(f"{w.url}/{path}")
            await seen.page.get_by_role("heading").first.wait_for()
            await seen.page.screenshot(path=PICTURES / f"{path}-page-{look}.png")
            if look == LOOKS[0][0] or path != "docs":  # that is a long page: once is enough
                wrong += [f"/{path}: {fault}" for fault in await serious_faults(seen.page)]
    async with (
        questions("bright_pattern") as w,
        chromium() as browser,
        console(browser, f"{w.url}/console", size=size, scheme=scheme) as seen,
    ):
        await seen.has("1 of 1")
        await w.gateway.keys.create("closes the gateway", ["admin"])
        await seen.page.get_by_role("heading", name="Sign in").wait_for()
        await seen.page.screenshot(path=PICTURES / f"sign-in-{look}.png")
        wrong += [f"sign in: {fault}" for fault in await serious_faults(seen.page)]
    assert not wrong, "\n".join(["", *wrong])
