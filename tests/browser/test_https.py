"""Pages loaded over https, as vendors' pages are, and a gateway that serves TLS itself. In a real browser."""

import ssl
from pathlib import Path

from schemas.interaction import InteractionState
from tests.browser.crm import facade
from tests.browser.pages import chromium, site
from tests.browser.test_relay import shown
from tests.browser.vendor import relay, vendor_script
from tests.e2e.world import PLATFORM, platform, world
from tests.fakes import until
from tests.gateway.authority import Authority, Issued
from tests.gateway.test_tls import served

CRM = "<script>const adApi = new AgentDesktopClientAPIImpl()</script>"


def under_tls(issued: Issued) -> ssl.SSLContext:
    """What a server presents."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(issued.certificate, issued.key)
    return context


async def test_a_platform_s_page_and_a_client_s_are_joined_under_tls(tmp_path: Path) -> None:
    issued = Authority(tmp_path).issue("127.0.0.1")
    async with site(tls=under_tls(issued)) as at, chromium() as browser:
        sim = platform("bright_pattern", agents=("a1",), origins=(at.origin,))
        trusting = await browser.new_context(ignore_https_errors=True)  # nobody knows the authority
        async with world([sim], pages=False, overrides=served(issued)) as played:
            (url,) = played.gateway.addresses
            assert url.startswith("https://")
            desktop = await at.open(
                trusting, "/desktop", vendor_script(played.switch.addresses[0]) + relay(url)
            )
            await shown(desktop, "open")
            await until(lambda: played.gateway.platforms[PLATFORM].links == 1)
            crm = await at.open(trusting, "/crm", f"<body>{facade(url)}{CRM}")
            answer = await crm.evaluate("() => adApi.startCall('+15550123')")
            assert answer["status"] == "success", answer
            await until(
                lambda: any(
                    one.state is InteractionState.CONNECTED for one in played.gateway.shown.interactions()
                )
            )
            assert at.errors == []
