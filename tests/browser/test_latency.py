"""How long it takes between a vendor's page and the gateway's clients. Measured and printed, never judged.

One clock serves both ends, for it is one machine; the page's is in milliseconds with fractions.
"""

import asyncio
import time
from statistics import median, quantiles

import pytest

from schemas import events as ev
from tests.browser.pages import chromium, site
from tests.browser.vendor import STAND_IN, relay
from tests.e2e.world import platform, world

ROUNDS = 200
EMIT = "(i) => { emit('ON_INTERACTION_STATE_CHANGE', call('delivered', {i: `${i}`, at: now()})); }"


def told(what: str, took_ms: list[float]) -> str:
    """Median and 99th percentile, for people."""
    return f"{what}: median {median(took_ms):.2f} ms, p99 {quantiles(took_ms, n=100)[98]:.2f} ms"


async def test_the_way_through_the_page_is_measured(capsys: pytest.CaptureFixture[str]) -> None:
    async with site() as at:
        sim = platform("bright_pattern", agents=("a1",), origins=(at.origin,))
        async with world([sim], pages=False) as played, chromium() as browser:
            stream = await played.stream()
            page = await at.open(browser, "/", f"<body>{STAND_IN}{relay(played.url)}")
            shown = await stream.until(lambda event: isinstance(event, ev.InteractionConnected))
            assert isinstance(shown, ev.InteractionConnected)
            up: list[float] = []
            for i in range(ROUNDS):
                since = len(stream.seen)
                emitting = asyncio.ensure_future(page.evaluate(EMIT, i))
                event = await stream.until(lambda one: isinstance(one, ev.InteractionDataChanged), since)
                arrived_ms = time.time() * 1000
                assert isinstance(event, ev.InteractionDataChanged)
                at_ms = event.interaction.data["at"]
                assert isinstance(at_ms, int | float)
                up.append(arrived_ms - at_ms)
                await emitting
            down: list[float] = []
            for _ in range(ROUNDS):
                asked_ms = time.time() * 1000
                await played.command(type="interaction.mute", interaction_id=shown.interaction.id)
                called_ms = await page.evaluate("() => calls.findLast(([name]) => name === 'setCallMute')[1]")
                down.append(called_ms - asked_ms)
            assert at.errors == []
    with capsys.disabled():
        print()  # noqa: T201
        print(told("from an event in the page to a subscriber of the stream", up))  # noqa: T201
        print(told("from a command over HTTP to the call in the page", down))  # noqa: T201
