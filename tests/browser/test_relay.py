"""The relay beside the vendor's script: a page with both is a platform's link. In a real browser."""

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

from aiohttp import ClientSession
from playwright.async_api import Page

from gateway.app import Gateway, running
from gateway.demo.simulation import gateway_config, internal_dialect, switchboard
from gateway.links.signs import GO_ON, HOLD
from gateway.security.tokens import STORE_ENTRY, Tokens
from schemas import events as ev
from schemas.grants import Role
from schemas.ids import AgentId
from schemas.interaction import InteractionState
from schemas.values import Json
from tests.browser.pages import Site, chromium, site
from tests.browser.vendor import OTHER_IDS, STAND_IN, relay, vendor_script
from tests.e2e.world import BY_NAME, PLATFORM, Stream, World, platform, world
from tests.fakes import START, FakeClock, until
from tests.patience import TO_STOP_S


@asynccontextmanager
async def joined() -> AsyncIterator[tuple[World, Site, Stream]]:
    """A gateway whose only platform is waited for, and the site that its page will be of."""
    async with site() as at:
        sim = platform("bright_pattern", agents=("a1",), origins=(at.origin,))
        async with world([sim], pages=False) as played:
            yield played, at, await played.stream()


async def shown(page: Page, state: str) -> None:
    """Wait until the relay shows that state."""
    await page.wait_for_function(
        "(state) => document.getElementById('shown').dataset.state === state", arg=state
    )


def tags(events: list[ev.AnyEvent]) -> Counter[str]:
    """How often each kind of event about interactions was told."""
    return Counter(str(one.__struct_config__.tag) for one in events if isinstance(one, ev.InteractionEvent))


async def test_a_page_with_the_vendors_script_and_the_relay_is_a_link() -> None:
    async with joined() as (played, at, stream), chromium() as browser:
        tag = relay(played.url)
        page = await at.open(browser, "/", vendor_script(played.switch.addresses[0]) + tag)
        await shown(page, "open")
        await stream.until(lambda event: isinstance(event, ev.AgentLoggedIn))
        await played.simulate("a1", "inbound_call", ani="+15550100")
        offered = await stream.until(lambda event: isinstance(event, ev.InteractionAlerting))
        assert isinstance(offered, ev.InteractionAlerting)
        await played.command(type="interaction.accept", interaction_id=offered.interaction.id)
        await stream.until(lambda event: isinstance(event, ev.InteractionConnected))
        assert played.gateway.platforms[PLATFORM].links == 1
        assert at.errors == []


async def test_a_page_reloaded_in_mid_call_goes_on_with_the_same_interaction() -> None:
    async with joined() as (played, at, stream), chromium() as browser:
        html = vendor_script(played.switch.addresses[0]) + OTHER_IDS + relay(played.url)
        page = await at.open(browser, "/", html)
        await shown(page, "open")
        await stream.until(lambda event: isinstance(event, ev.AgentLoggedIn))
        await played.simulate("a1", "inbound_call", ani="+15550100")
        offered = await stream.until(lambda event: isinstance(event, ev.InteractionAlerting))
        assert isinstance(offered, ev.InteractionAlerting)
        one = offered.interaction
        await played.command(type="interaction.accept", interaction_id=one.id)
        await stream.until(lambda event: isinstance(event, ev.InteractionConnected))
        await page.reload()
        await shown(page, "open")
        await until(lambda: played.gateway.state.snapshots.interaction(one.id).ref != one.ref)  # type: ignore[union-attr]  # open
        held = await played.command(type="interaction.hold", interaction_id=one.id)
        assert held.result is not None
        await stream.until(lambda event: isinstance(event, ev.InteractionHeld))
        told = tags(await played.journal())
        assert (told["interaction.created"], told["interaction.connected"]) == (1, 1), told
        assert at.errors == []


async def test_what_happens_while_the_gateway_is_away_comes_out_as_recovered(tmp_path: Path) -> None:
    async with site() as at, ClientSession() as http:
        sim = platform("bright_pattern", agents=("a1",), origins=(at.origin,))
        switch = Gateway(switchboard([sim], internal_dialect(BY_NAME)))
        async with running(switch), chromium() as browser:
            store, platforms = str(tmp_path / "t.db"), switch.addresses[0]
            long: dict[str, Json] = {"server": {"port": 0, "shutdown_s": TO_STOP_S}}
            async with running(Gateway(gateway_config([sim], platforms, store, overrides=long))) as gateway:
                url, port = gateway.addresses[0], int(gateway.addresses[0].rpartition(":")[2])
                await at.open(browser, "/", vendor_script(platforms) + relay(url))
                await until(lambda: bool(gateway.state.snapshots.sessions))
                await _simulate(http, switch, "inbound_call", {"ani": "+15550100", "agent": "a1"})
                await until(lambda: bool(gateway.state.snapshots.interactions()))
                one = gateway.state.snapshots.interactions()[0]
            ref = switch.state.snapshots.interactions()[0].ref
            await _simulate(http, switch, "remote_hangup", {"ref": ref})
            async with running(Gateway(gateway_config([sim], platforms, store, port))) as gateway:
                found = gateway.state.snapshots.interaction(one.id)
                assert found is not None
                assert found.state is InteractionState.ALERTING
                await until(
                    lambda: one.id not in {open_.id for open_ in gateway.state.snapshots.interactions()}
                )
                await gateway.store.barrier()
                async with http.get(f"{url}/v1/events?after=0&limit=1000") as response:
                    told = [event for event in (await response.json())["events"] if "interaction" in event]
            ended = [event for event in told if event["type"] == "interaction.ended"]
            assert [event["recovered"] for event in ended] == [True]
            assert Counter(event["type"] for event in told)["interaction.completed"] == 1


async def _simulate(http: ClientSession, switch: Gateway, method: str, params: dict[str, str]) -> None:
    session = next(iter(switch.state.snapshots.sessions))
    body = {
        "type": "vendor.call",
        "session_id": session,
        "method": f"simulate.{method}",
        "params": [params],
    }
    async with http.post(f"{switch.addresses[0]}/v1/commands", json=body) as response:
        assert response.status == 200, await response.text()


async def test_of_two_tabs_one_leads_and_the_other_takes_over() -> None:
    async with joined() as (played, at, stream), chromium() as browser:
        context = await browser.new_context()
        html = f"<body>{vendor_script(played.switch.addresses[0])}{relay(played.url)}"
        first = await at.open(context, "/", html)
        await shown(first, "open")
        second = await at.open(context, "/", html)
        await stream.until(lambda event: isinstance(event, ev.AgentLoggedIn))
        assert await second.evaluate("() => document.getElementById('shown').dataset.state") is None
        await until(lambda: played.gateway.platforms[PLATFORM].links > 0)  # a login is told before
        assert played.gateway.platforms[PLATFORM].links == 1
        await first.close()
        await shown(second, "open")
        await until(lambda: played.gateway.platforms[PLATFORM].links == 1)


async def test_a_page_of_a_foreign_origin_is_refused_and_says_so() -> None:
    async with joined() as (played, _, _), site() as foreign, chromium() as browser:
        page = await foreign.open(browser, "/", f"<body>{STAND_IN}{relay(played.url)}")
        await shown(page, "refused")
        assert "not among the origins" in await page.inner_text("#shown")
        assert played.gateway.platforms[PLATFORM].links == 0


async def test_an_expired_token_is_refused_and_says_so() -> None:
    async with joined() as (played, at, _), chromium() as browser:
        past = FakeClock(START - timedelta(days=365))
        tokens = Tokens(await played.gateway.store.secret(STORE_ENTRY), past)
        token = tokens.mint(AgentId("a1"), PLATFORM, Role.LINK)
        page = await at.open(browser, "/", f"<body>{STAND_IN}{relay(played.url, token=token)}")
        await shown(page, "refused")
        assert "expired" in await page.inner_text("#shown")
        assert played.gateway.platforms[PLATFORM].links == 0


async def test_too_many_events_while_the_gateway_is_away_are_told_as_a_gap() -> None:
    async with joined() as (played, at, stream), chromium() as browser:
        page = await at.open(browser, "/", f"<body>{STAND_IN}{relay(played.url)}")
        await shown(page, "open")
        await stream.until(lambda event: isinstance(event, ev.InteractionConnected))
        (link,) = played.gateway.links._of_platform[PLATFORM]  # noqa: SLF001  # to cut it
        link._close(1012, "cut")  # noqa: SLF001
        await shown(page, "lost")
        await page.evaluate(
            """() => { for (let i = 0; i < 1100; i++)
            emit('ON_INTERACTION_STATE_CHANGE', call('hold', {i: `${i}`})); }"""
        )
        gap = await stream.until(
            lambda event: isinstance(event, ev.PlatformNotice) and event.code == "link.gap"
        )
        assert isinstance(gap, ev.PlatformNotice)
        assert " 100 " in gap.message


async def test_a_page_that_is_told_to_hold_keeps_so_many_events_and_tells_the_gap() -> None:
    async with joined() as (played, at, stream), chromium() as browser:
        page = await at.open(browser, "/", f"<body>{STAND_IN}{relay(played.url)}")
        await stream.until(lambda event: isinstance(event, ev.InteractionConnected))
        (link,) = played.gateway.links._of_platform[PLATFORM]  # noqa: SLF001  # as if the journal were full
        link._send(HOLD)  # noqa: SLF001
        (one,) = played.gateway.state.snapshots.interactions()
        await played.command(type="interaction.mute", interaction_id=one.id)  # by then it has heard
        await page.evaluate(
            """() => { for (let i = 0; i < 1100; i++)
            emit('ON_INTERACTION_STATE_CHANGE', call('hold', {i: `${i}`})); }"""
        )
        await played.command(type="interaction.mute", interaction_id=one.id)
        assert played.gateway.state.snapshots.interactions() == [one]
        link._send(GO_ON)  # noqa: SLF001
        gap = await stream.until(
            lambda event: isinstance(event, ev.PlatformNotice) and event.code == "link.gap"
        )
        assert isinstance(gap, ev.PlatformNotice)
        assert " 100 " in gap.message
        await stream.until(lambda event: isinstance(event, ev.InteractionHeld))


async def test_the_ready_page_loads_the_vendors_script_from_where_the_operator_says() -> None:
    async with site({"/api.js": STAND_IN.replace("<script>", "").replace("</script>", "")}) as vendor:
        sim = platform("bright_pattern", agents=("a1",), settings={"script": vendor.origin + "/api.js"})
        async with world([sim], pages=False) as played, chromium() as browser:
            stream = await played.stream()
            await vendor.visit(browser, f"{played.url}/v1/links/sim/relay.html")
            await stream.until(lambda event: isinstance(event, ev.InteractionConnected))
            assert vendor.errors == []


async def test_the_ready_page_says_what_it_lacks() -> None:
    async with joined() as (played, at, _), chromium() as browser:
        page = await at.visit(browser, f"{played.url}/v1/links/sim/relay.html")
        await page.wait_for_selector("#status[data-state=refused]")
        assert "do not say where the vendor's script is" in await page.inner_text("#status")
