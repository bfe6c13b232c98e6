"""Bright Pattern's older script in a real browser: ours in its place, and the relay beside one.

Source of the samples: the vendor's Embedded Agent Desktop SDK specification, and reference 7.2. This API can
neither take a call nor hold one: the agent does that in the desktop, which the simulated platform is told.
"""

import dataclasses
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import pytest
from playwright.async_api import ConsoleMessage, Page

from adapters.bright_pattern.embedded.tables import NAME, REGISTRARS
from schemas import events as ev
from schemas.results import ErrorCode, Failed, Succeeded
from tests.browser.pages import Site, chromium, site
from tests.browser.test_relay import shown
from tests.browser.vendor import OLDER_STAND_IN, older_script, relay
from tests.e2e.test_bright_pattern_embedded import CUSTOMER, DATA, in_the_desktop, simulated
from tests.e2e.world import VENDORS, Stream, World, platform, world
from tests.patience import PATIENCE_S

# As "Get Agent State and Interaction Information" has it: the desktop in a frame, the script, a button.
SAMPLE: Final = """
<script src="https://TENANT/agentdesktop/libs/servicepattern-sdk-v1.js"></script>
<iframe id="repeater" src="https://TENANT/agentdesktop/UniversalRepeater.jsp"></iframe>
<button onclick="bpspat.api.getState(log)">Get State</button>
<div id="log"></div>
<script>
window.bpspat.api.init("https://TENANT");
function log(data) {
  document.getElementById("log").append(JSON.stringify(data));
}
</script>
"""
# A page of our own: every registrar has a listener, which keeps what it is told.
LISTENERS: Final = """
<script>
const heard = [];
for (const name of Object.keys(bpspat.api))
  if (/^(on|add)[A-Z]/.test(name)) bpspat.api[name]((message) => heard.push({name, ...message}));
const told = (command) => heard.some((one) => one.command === command);
const ask = (method, ...args) => new Promise((resolve) => bpspat.api[method](...args, resolve));
</script>
"""


@asynccontextmanager
async def crm(
    vendor: str, html: str = "", agent: str = "a1"
) -> AsyncIterator[tuple[World, Site, Page, list[str]]]:
    """A page of another origin with our script in the older one's place, and what it warns of."""
    async with site() as at:
        sim = dataclasses.replace(simulated(vendor), origins=(at.origin,))
        async with world([sim]) as played, chromium() as browser:
            warnings: list[str] = []

            def note(said: ConsoleMessage) -> None:
                if said.type == "warning":
                    warnings.append(said.text)

            context = await browser.new_context()
            context.on("console", note)
            page = await at.open(context, "/", f"<body>{older_script(played.url, agent)}{LISTENERS}{html}")
            yield played, at, page, warnings
            assert at.errors == []


async def told(page: Page, command: str) -> None:
    """Wait until a listener has been told that."""
    await page.wait_for_function("(command) => told(command)", arg=command)


# --- our script in the vendor's place


@pytest.mark.parametrize("vendor", [*VENDORS, NAME])
async def test_a_page_dials_says_what_came_of_it_and_completes_over_any_platform(vendor: str) -> None:
    async with crm(vendor) as (played, _, page, warnings):
        state = await page.evaluate("() => ask('getState')")
        assert (state["command"], type(state["request_id"])) == ("GET_STATE", str)
        assert (state["data"]["agent_id"], state["data"]["interactions"]) == ("a1", [])
        await page.evaluate(
            "() => { bpspat.api.selectService('sales'); bpspat.api.dialNumber('+15550123'); }"
        )
        await told(page, "_O_CALL_CONNECTED")
        [one] = (await page.evaluate("() => ask('getState')"))["data"]["interactions"]
        item = one["item_id"]
        assert one["phone_number"] == "+15550123"
        await page.evaluate("(item) => bpspat.api.terminateInteraction(item)", item)
        await told(page, "_CALL_ENDED")
        await page.evaluate("(item) => bpspat.api.completeInteractionWithDisp(item, 'sold', 'two')", item)
        await told(page, "INTERACTION_COMPLETED")
        completed = await page.evaluate("() => heard.find((one) => one.command === 'INTERACTION_COMPLETED')")
        assert completed["data"]["item_id"] == item
        assert (
            await page.evaluate(
                "() => heard.filter(({command}) => command === 'INTERACTION_RENDERED').length"
            )
            == 1
        )
        assert played.interactions() == []
        assert warnings == []


async def test_every_listener_hears_of_what_the_agent_does_in_the_desktop() -> None:
    throws = "<script>bpspat.api.addCallHeldHandler(() => { throw new Error('of the page'); })</script>"
    async with crm("genesys_wwe", throws) as (played, at, page, _):
        await page.evaluate("() => ask('getState')")
        await played.simulate("a1", "inbound_call", ani=CUSTOMER, data=DATA)
        await told(page, "_I_CALL_OFFERED")
        for verb, command in (
            ("accept", "_I_CALL_ANSWERED"),
            ("hold", "_CALL_HELD"),
            ("retrieve", "_CALL_RESUMED"),
            ("release", "_CALL_ENDED"),
        ):
            await in_the_desktop(played, verb)
            await told(page, command)
        heard = await page.evaluate("() => heard")
        assert {one["name"] for one in heard if one["command"] == "_CALL_HELD"} == {
            name for name, command in REGISTRARS.items() if command == "_CALL_HELD"
        }
        assert heard[0]["data"]["screenpop_data"] == DATA
        assert "request_id" not in heard[0]
        assert at.errors == ["of the page"]
        at.errors.clear()


async def test_the_status_of_a_recording_is_told_to_the_callback_else_to_the_listeners() -> None:
    async with crm("bright_pattern") as (played, _, page, _):
        await page.evaluate("() => ask('getState')")
        await played.simulate("a1", "inbound_call", ani=CUSTOMER)
        await in_the_desktop(played, "accept")
        await told(page, "_I_CALL_ANSWERED")
        answer = await page.evaluate("() => ask('getCallRecordingStatus')")
        assert (answer["command"], answer["data"]["recording"]) == ("GET_CALL_RECORDING_STATUS", "0")
        assert not await page.evaluate("() => told('CALL_RECORDING_STATUS')")
        await page.evaluate("(item) => bpspat.api.getCallRecordingStatus(item)", answer["data"]["item_id"])
        await told(page, "CALL_RECORDING_STATUS")


async def test_what_is_refused_is_a_warning_and_no_callback_is_called() -> None:
    async with crm("channel_session") as (_, _, page, warnings):
        await page.evaluate("() => bpspat.api.getScreenRecordingStatus('i1', () => heard.push('called'))")
        await page.evaluate("() => { bpspat.api.setStatus('AWAY'); bpspat.api.dialNumber(); }")
        await page.evaluate("() => ask('getState')")
        assert [one.partition(": ")[0] for one in warnings] == [
            f"bpspat.api.{name}" for name in ("getScreenRecordingStatus", "setStatus", "dialNumber")
        ]
        assert "number is empty" in warnings[2]
        assert await page.evaluate("() => heard.length") == 0


async def test_what_waits_for_the_frame_in_vain_is_never_sent() -> None:
    async with site() as at:
        sim = platform("bright_pattern", origins=(at.origin,))
        async with world([sim]) as played, chromium() as browser:
            context = await browser.new_context()
            await context.clock.install()
            script = older_script(played.url).partition("<script>")[0]
            page = await at.open(context, "/", f"<body>{script}")
            async with page.expect_console_message(lambda said: "dialNumber" in said.text):
                await page.evaluate("() => bpspat.api.dialNumber('+15550123')")
                await context.clock.fast_forward(20_000)
            await page.evaluate(
                "() => new Promise((done) => { bpspat.api.init(); bpspat.api.getState(done); })"
            )
            assert played.switch.state.snapshots.interactions() == []
            assert at.errors == []


async def test_a_command_is_said_once_also_if_the_frame_is_loaded_again() -> None:
    silent = """
    <script>
    addEventListener('message', ({data: {method}}) => {
      if (method) sessionStorage.said = `${sessionStorage.said ?? ''} ${method}`;
    });
    for (const ready of ['frame', 'channel']) parent.postMessage({trunkline: 1, ready}, '*');
    </script>
    """
    async with site() as at:
        sim = platform("bright_pattern", origins=(at.origin,))
        async with world([sim]) as played, chromium() as browser:
            context = await browser.new_context()
            await context.route(
                "**/frame.html", lambda route: route.fulfill(body=silent, content_type="text/html")
            )
            page = await at.open(context, "/", f"<body>{older_script(played.url)}")
            await page.evaluate("() => bpspat.api.dialNumber('+15550123')")
            frame = page.frames[1]
            await frame.wait_for_function("() => sessionStorage.said")
            await page.evaluate(
                """() => { const frame = document.querySelector('iframe');
                return new Promise((done) => { frame.onload = done; frame.src = frame.src; }); }"""
            )
            await page.evaluate("() => bpspat.api.getState(() => {})")
            await frame.wait_for_function("() => sessionStorage.said.includes('GET_STATE')")
            assert await frame.evaluate("() => sessionStorage.said") == " DIAL_NUMBER GET_STATE"


async def test_the_frame_shows_itself_while_a_person_has_to_say_who_the_agent_is() -> None:
    async with crm("bright_pattern", agent="") as (_, _, page, _):
        answer = page.evaluate("() => ask('getState')")
        handle = await page.wait_for_selector("iframe:visible", timeout=PATIENCE_S * 1000)
        frame = await handle.content_frame() if handle is not None else None
        assert frame is not None
        await frame.fill("#who", "a1")
        await frame.click("button")
        assert (await answer)["data"]["agent_id"] == "a1"
        assert not await page.is_visible("iframe")


async def test_the_documents_sample_needs_no_change_but_the_host() -> None:
    async with site() as at:
        sim = platform("genesys_wwe", origins=(at.origin,))
        async with world([sim]) as played, chromium() as browser:
            page = await at.open(browser, "/", "<body>" + SAMPLE.replace("https://TENANT", played.url))
            desktop = page.frame_locator("#repeater")
            await desktop.locator("#who").fill("a1")
            await desktop.locator("button").click()  # once: the frame that the script adds hears of it
            await page.wait_for_selector("iframe:not(#repeater)", state="hidden")
            await page.click("button")
            await page.wait_for_selector("#log:has-text('agent_id')", timeout=PATIENCE_S * 1000)
            assert '"agent_id":"a1"' in await page.inner_text("#log")
            assert at.errors == []


@pytest.mark.parametrize("path", ["app/lib", "libs"])
async def test_the_vendors_paths_lead_to_the_script_and_its_frame(path: str) -> None:
    async with site() as at:
        sim = platform("channel_session", origins=(at.origin,))
        async with world([sim]) as played, chromium() as browser:
            script = f"{played.url}/agentdesktop/{path}/servicepattern-sdk-v1.js"
            page = await at.open(browser, "/", f'<body><script src="{script}" data-agent="a1"></script>')
            await page.evaluate(
                "() => new Promise((done) => { bpspat.api.init(); bpspat.api.getState(done); })"
            )
            address = await page.get_attribute("iframe", "src")
            assert address == f"{played.url}/agentdesktop/AgentDesktopSdkProxy.jsp"
            assert at.errors == []


# --- the relay beside the vendor's script


@asynccontextmanager
async def linked(html: str) -> AsyncIterator[tuple[World, Page, Stream]]:
    """A page with the relay beside a stand-in of the older script, joined."""
    async with site() as at:
        sim = platform(NAME, agents=("a1",), origins=(at.origin,))
        async with world([sim], pages=False) as played, chromium() as browser:
            stream = await played.stream()
            page = await at.open(browser, "/", f"<body>{html}{relay(played.url, origin='https://t.example')}")
            await shown(page, "open")
            yield played, page, stream
            assert at.errors == []


async def test_commands_arrive_at_the_older_script_and_its_events_in_the_stream() -> None:
    async with linked(OLDER_STAND_IN) as (played, page, stream):
        assert await page.evaluate("() => calls") == [["init", "https://t.example"]]
        found = await stream.until(lambda event: isinstance(event, ev.InteractionCreated))
        assert isinstance(found, ev.InteractionCreated)
        one = found.interaction
        assert (one.remote_address, one.service, one.data) == ("+15550100", "sales", {"case": "7"})
        await page.evaluate("() => emit('_I_CALL_ANSWERED')")
        await stream.until(lambda event: isinstance(event, ev.InteractionConnected))
        await page.evaluate("() => emit('_CALL_HELD')")
        await stream.until(lambda event: isinstance(event, ev.InteractionHeld))
        for body in (
            {"type": "interaction.start_recording"},
            {"type": "interaction.set_data", "data": {"case": "8"}},
            {"type": "interaction.release"},
            {"type": "interaction.complete", "answers": {"disposition": "sold", "notes": "two"}},
        ):
            done = await played.command(**body, interaction_id=one.id)
            assert isinstance(done.result, Succeeded), done.result
            if body["type"] == "interaction.release":  # a completion waits for the end
                await page.evaluate("() => emit('_CALL_ENDED')")
        await stream.until(lambda event: isinstance(event, ev.RecordingChanged))
        await played.command(type="agent.set_state", session_id=played.session(), state="ready")
        assert await page.evaluate("() => calls.slice(1)") == [
            ["postVariable", "i1", "case", "8"],
            ["terminateInteraction", "i1"],
            ["completeInteractionWithDisp", "i1", "sold", "two"],
            ["setStatus", "READY"],
        ]


async def test_what_the_build_in_the_page_does_not_have_is_refused() -> None:
    async with linked(OLDER_STAND_IN) as (played, page, stream):
        await stream.until(lambda event: isinstance(event, ev.AgentLoggedIn))
        done = await played.command(
            type="vendor.call", session_id=played.session(), method="selectService", params=["sales"]
        )
        assert isinstance(done.result, Failed)
        assert done.result.code is ErrorCode.UNSUPPORTED
        assert len(await page.evaluate("() => calls")) == 1


async def test_the_relay_waits_for_the_desktop_to_answer() -> None:
    late = "<script>const {getState} = bpspat.api; bpspat.api.getState = () => {};</script>"
    async with site() as at:
        sim = platform(NAME, agents=("a1",), origins=(at.origin,))
        async with world([sim], pages=False) as played, chromium() as browser:
            context = await browser.new_context()
            await context.clock.install()
            page = await at.open(context, "/", f"<body>{OLDER_STAND_IN}{late}{relay(played.url)}")
            await page.wait_for_function(
                "() => document.getElementById('shown').textContent === 'waiting for the desktop'"
            )
            await page.evaluate("() => { bpspat.api.getState = getState; }")
            await context.clock.fast_forward(2_000)
            await shown(page, "open")
            assert at.errors == []


async def test_a_page_with_the_older_script_and_the_relay_is_a_link() -> None:
    async with site() as at:
        sim = platform(NAME, agents=("a1",), origins=(at.origin,))
        async with world([sim], pages=False) as played, chromium() as browser:
            stream = await played.stream()
            script = older_script(played.switch.addresses[0])
            page = await at.open(browser, "/", f"<body>{script}{relay(played.url)}")
            await shown(page, "open")
            await stream.until(lambda event: isinstance(event, ev.AgentLoggedIn))
            done = await played.command(
                type="interaction.dial", session_id=played.session(), destination="+15550123"
            )
            assert isinstance(done.result, Succeeded), done.result
            connected = await stream.until(lambda event: isinstance(event, ev.InteractionConnected))
            assert isinstance(connected, ev.InteractionConnected)
            assert connected.interaction.remote_address == "+15550123"
            assert at.errors == []


async def test_the_ready_page_loads_the_older_script_and_names_its_origin() -> None:
    script = OLDER_STAND_IN.replace("<script>", "").replace("</script>", "")
    async with site({"/sdk.js": script}) as vendor:
        sim = platform(NAME, agents=("a1",), settings={"script": vendor.origin + "/sdk.js"})
        async with world([sim], pages=False) as played, chromium() as browser:
            stream = await played.stream()
            page = await vendor.visit(browser, f"{played.url}/v1/links/sim/relay.html")
            await stream.until(lambda event: isinstance(event, ev.InteractionCreated))
            assert await page.evaluate("() => calls") == [["init", vendor.origin]]
            assert vendor.errors == []
