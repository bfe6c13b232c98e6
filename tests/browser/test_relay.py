"""The relay beside the vendor's script: a page with both is a platform's link. In a real browser.

The vendor's script is played by the facade of the simulated platform: what a page loads in its place.
"""

from schemas import events as ev
from tests.browser.pages import chromium, site
from tests.e2e.world import PLATFORM, platform, world


async def test_a_page_with_the_vendors_script_and_the_relay_is_a_link() -> None:
    async with site() as crm:
        sim = platform("bright_pattern", agents=("a1",), origins=(crm.origin,))
        async with world([sim], pages=False) as played, chromium() as browser:
            vendor = f"{played.switch.addresses[0]}/v1/facades/sim/bright_pattern/api.js"
            relay = f"{played.gateway.addresses[0]}/v1/links/sim/relay.js"
            stream = await played.stream()
            page = await crm.open(
                browser,
                "/",
                f'<body><p id="shown"></p><script src="{vendor}" data-agent="a1"></script>'
                f'<script type="module" src="{relay}" data-status="shown"></script>',
            )
            await page.wait_for_function("() => document.getElementById('shown').dataset.state === 'open'")
            await stream.until(lambda event: isinstance(event, ev.AgentLoggedIn))
            await played.simulate("a1", "inbound_call", ani="+15550100")
            offered = await stream.until(lambda event: isinstance(event, ev.InteractionAlerting))
            assert isinstance(offered, ev.InteractionAlerting)
            done = await played.command(type="interaction.accept", interaction_id=offered.interaction.id)
            assert done.result is not None
            await stream.until(lambda event: isinstance(event, ev.InteractionConnected))
            assert played.gateway.platforms[PLATFORM].links == 1
            assert crm.errors == []
