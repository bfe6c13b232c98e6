"""Several browsers of one agent: whichever goes, and however, another one serves him."""

import asyncio
from collections.abc import Callable
from typing import Final

import pytest
from aiohttp import ClientWebSocketResponse, WSMsgType

from gateway.demo.simulation import facade_url
from schemas import events as ev
from schemas.results import Succeeded
from tests.e2e.world import BY_NAME, PLATFORM, World, platform, world
from tests.fakes import until

RELAYED: Final = tuple(sorted(name for name, one in BY_NAME.items() if one.link == "relay"))


class Browser:
    """One more page of agent a1, which can be made deaf to its own platform, and closed."""

    def __init__(self, w: World) -> None:
        self._w = w
        self.deaf = False
        self._close: list[Callable[[], object]] = []

    async def open(self, *, silent: bool = False) -> None:
        """Connect. A `silent` one never hears what it asked its platform."""
        self.deaf = silent
        sink = await self._w.connect(f"/v1/links/{PLATFORM}")
        await sink.send_json({"id": "hello", "method": "trunkline.hello", "params": [{"agent": "a1"}]})
        await sink.receive()
        source = await self._w.stack.enter_async_context(
            self._w.http.ws_connect(facade_url(self._w.switch.addresses[0], self._w.simulated[0], "a1"))
        )
        self._close = [
            self._w.tasks.start(self._carry(source, sink, up=True), "browser up"),
            self._w.tasks.start(self._carry(sink, source, up=False), "browser down"),
        ]
        self._sink = sink

    async def close(self) -> None:
        """The page is closed."""
        for close in self._close:
            close()
        await self._sink.close()

    async def _carry(
        self, source: ClientWebSocketResponse, sink: ClientWebSocketResponse, *, up: bool
    ) -> None:
        while (message := await source.receive()).type is WSMsgType.TEXT:
            if not (up and self.deaf):
                await sink.send_str(message.data)


def links(w: World) -> int:
    return w.gateway.platforms[PLATFORM].links


async def serves(w: World) -> None:
    """A command goes through."""
    reason = "" if w.simulated[0].dialect.name == "genesys_wwe" else "Break"
    record = await w.command(type="agent.set_state", session_id=w.session(), state="not_ready", reason=reason)
    assert isinstance(record.result, Succeeded), record
    record = await w.command(type="agent.set_state", session_id=w.session(), state="ready")
    assert isinstance(record.result, Succeeded), record


@pytest.mark.parametrize("dialect", RELAYED)
async def test_when_the_newer_page_closes_the_older_one_serves_and_tells_what_is(dialect: str) -> None:
    async with world([platform(dialect, agents=("a1",), switch={"not_ready_reasons": ["Break"]})]) as w:
        newer = Browser(w)
        await newer.open()
        await until(lambda: links(w) == 2)
        stream = await w.stream()
        newer.deaf = True  # what happens now is told by the older one alone, and does not count
        await w.simulate("a1", "inbound_call", ani="+14155550100")
        await asyncio.sleep(0)
        assert w.interactions() == []
        await newer.close()
        told = await stream.until(lambda event: isinstance(event, ev.InteractionCreated))
        assert isinstance(told, ev.InteractionCreated)
        assert told.recovered
        assert [one.id for one in w.interactions()] == [told.interaction.id]
        since = len(stream.seen)
        await w.simulate("a1", "remote_hangup", ref=w.contact())
        ended = await stream.until(lambda event: isinstance(event, ev.InteractionEnded), since)
        assert isinstance(ended, ev.InteractionEnded)
        assert not ended.recovered  # that was news
        await serves(w)
        listed = (await w.request("GET", "/v1/platforms")).json()["platforms"]
        assert isinstance(listed, list)
        assert [(one["state"], one["links"]) for one in listed if isinstance(one, dict)] == [("connected", 1)]


@pytest.mark.parametrize("dialect", RELAYED)
async def test_a_newer_page_that_never_becomes_ready_takes_no_command_and_leaves_no_trace(
    dialect: str,
) -> None:
    async with world([platform(dialect, agents=("a1",), switch={"not_ready_reasons": ["Break"]})]) as w:
        newer = Browser(w)
        await newer.open(silent=True)
        await serves(w)
        await newer.close()
        await serves(w)
        assert links(w) == 1


async def test_of_three_pages_whichever_is_the_newest_that_is_left_serves() -> None:
    dialect = RELAYED[0]
    async with world([platform(dialect, agents=("a1",), switch={"not_ready_reasons": ["Break"]})]) as w:
        second, third = Browser(w), Browser(w)
        await second.open()
        await until(lambda: links(w) == 2)
        await third.open()
        await until(lambda: links(w) == 3)
        await second.close()
        await until(lambda: links(w) == 2)
        await serves(w)
        await third.close()
        await until(lambda: links(w) == 1)
        await serves(w)
        assert w.agent().state.value == "ready"
