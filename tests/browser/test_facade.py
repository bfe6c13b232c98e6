"""A page written for Bright Pattern's script, over every platform, in a real browser."""

import pytest

from tests.browser.pages import chromium, site
from tests.e2e.world import VENDORS, platform, world


@pytest.mark.parametrize("vendor", VENDORS)
async def test_a_page_signs_on_and_takes_a_call(vendor: str) -> None:
    async with site() as crm:
        sim = platform(vendor, origins=(crm.origin,))
        async with world([sim]) as played, chromium() as browser:
            url = played.gateway.addresses[0]
            page = await crm.open(
                browser,
                "/",
                f'<script src="{url}/v1/facades/sim/bright_pattern/api.js" data-agent="a1"></script>',
            )
            state = await page.evaluate(
                "() => { window.adApi = new brightpattern.AdApi(); return adApi.getLoginState(); }"
            )
            assert state["status"] == "success", state
            assert state["data"]["isLoggedIn"]
            await page.evaluate(
                """() => { window.seen = []; for (const e of ['ON_NEW_INTERACTION',
                'ON_INTERACTION_STATE_CHANGE', 'ON_INTERACTION_REMOVED'])
                adApi.on(e, (one) => seen.push([e, one.state])); }"""
            )
            await played.simulate("a1", "inbound_call", ani="+15550100")
            await page.wait_for_function("() => seen.length > 0")
            result = await page.evaluate("() => adApi.acceptInteraction()")
            assert result["status"] == "success", result
            await page.wait_for_function("() => seen.some(([, state]) => state === 'delivered')")
            assert crm.errors == []
