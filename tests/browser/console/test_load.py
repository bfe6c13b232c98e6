"""The console with 5,000 live interactions and 500 events a second: it goes on, and frames are timed.

Nothing is asserted of the times, which are the machine's; they are printed (`make test-console`).
"""

import asyncio
from statistics import quantiles
from typing import Final

import msgspec

from schemas.interaction import InteractionState
from tests.browser.console.seeing import console
from tests.browser.pages import chromium
from tests.fakes import until
from tests.gateway.handmade import Bench, Page, bench, call

LIVE: Final = 5_000
PER_S: Final = 500
FRAMES: Final = 240
SAID: Final = {"interactions": "held", "overview": "highest", "tail": "held"}
_TICK_S: Final = 0.02
_STATES: Final = (InteractionState.HELD, InteractionState.CONNECTED)

# The time between frames, in ms, of so many frames.
_MEASURE: Final = """count => new Promise((resolve) => {
  const took = [];
  let before = performance.now();
  const frame = () => {
    const now = performance.now();
    took.push(now - before);
    before = now;
    if (took.length < count) requestAnimationFrame(frame);
    else resolve(JSON.stringify(took));
  };
  requestAnimationFrame(frame);
})"""
_times = msgspec.json.Decoder(list[float]).decode


async def keep_changing(page: Page) -> None:
    """Some interactions change their state, for ever."""
    at = 0
    many = int(PER_S * _TICK_S)
    while True:
        state = _STATES[at // LIVE % 2]
        await page.see(*(call(f"c{(at + i) % LIVE}", state) for i in range(many)))
        at += many
        await asyncio.sleep(_TICK_S)  # it is the rate that is wanted; nothing waits for it


async def open_all(one: Bench) -> Page:
    """An agent with that many interactions."""
    page = await one.page()
    for first in range(0, LIVE, 500):
        await page.see(*(call(f"c{first + i}", InteractionState.CONNECTED) for i in range(500)))
    await until(lambda: len(one.gateway.state.snapshots.interactions(one.session())) == LIVE)
    return page


async def test_the_console_is_of_use_with_much_going_on() -> None:
    async with bench() as one, chromium() as browser:
        agent = await open_all(one)
        async with console(browser, f"{one.url}/console#/interactions") as seen:
            await seen.has(f"{LIVE:,} interactions of {LIVE:,} open")
            one.tasks.start(keep_changing(agent), "changes")
            for place, part in (("interactions", "td"), ("overview", "figure"), ("tail", "td")):
                await seen.go(place)
                await seen.page.locator(f"main {part}").get_by_text(SAID[place]).first.wait_for()
                before = int(await seen.page.evaluate("() => performance.now()"))
                times = _times(await seen.page.evaluate(_MEASURE, FRAMES))
                took_s = (await seen.page.evaluate("() => performance.now()") - before) / 1000
                cuts = quantiles(times, n=100)
                print(  # noqa: T201  # these times are what the test is for
                    f"console, {place}: {LIVE} live, {PER_S} events/s wanted; "
                    f"{FRAMES} frames in {took_s:.1f} s: "
                    f"median {cuts[49]:.1f} ms, 95 % {cuts[94]:.1f} ms, longest {max(times):.1f} ms"
                )
            await seen.go("interactions")
            await seen.page.get_by_label("Find").fill("no such number")
            await seen.has("0 interactions of 5,000 open")
            nodes = int(await seen.page.evaluate("() => document.getElementsByTagName('*').length"))
            assert nodes < 1_000  # what is out of sight is not there
