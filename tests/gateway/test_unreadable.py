"""The journal cannot be read while somebody is told of it: he is let go, and goes on from where he was."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import ClientSession, WSCloseCode, WSMsgType

from gateway.api.history import PAGE
from gateway.app import Gateway, running
from gateway.config import parse
from gateway.store.base import Appended
from gateway.store.memory import MemoryStore
from schemas import events as ev
from schemas.errors import StoreError
from schemas.ids import AgentId, Cursor
from tests.fakes import START
from tests.gateway.handmade import HANDMADE, NAME, P
from tests.gateway.listener import Listener


class Halting(MemoryStore):
    """It can be read up to an event, and not beyond for now."""

    upto = 0
    empty = False  # and says so by silence

    async def read(self, after: Cursor, limit: int) -> list[Appended]:
        """Events after a cursor. Raises StoreError."""
        if self.upto and after >= self.upto:
            if self.empty:
                return []
            raise StoreError("nobody answers")
        return await super().read(after, limit)


@asynccontextmanager
async def halting(events: int) -> AsyncIterator[tuple[str, ClientSession, Halting]]:
    """A gateway with so many events, its address and a client. Its journal can be read up to one page."""
    store = Halting()
    raw = {"server": {"port": 0}, "platforms": {P: {"dialect": NAME}}}
    gateway = Gateway(parse(raw, "test"), dialects=(HANDMADE,), store=store)
    async with running(gateway), ClientSession() as http:
        one = ev.PlatformNotice(time=START, platform_id=P, agent_id=AgentId("a1"), code="n")
        gateway.router.publish([one] * events)
        await store.barrier()
        store.upto = PAGE
        yield gateway.addresses[0], http, store


async def test_a_listener_to_whom_no_more_can_be_told_is_cut_off_and_goes_on_where_it_was() -> None:
    async with halting(PAGE + 5) as (url, http, store):
        async with http.get(f"{url}/v1/events/stream?after=0") as response:
            last = await Listener(response).last()
        assert last == PAGE
        store.upto = 0
        async with http.get(f"{url}/v1/events/stream", headers={"Last-Event-ID": str(last)}) as response:
            assert await Listener(response).cursors(5) == list(range(last + 1, last + 6))


async def test_a_stream_to_which_no_more_can_be_told_is_closed_by_a_code_for_that() -> None:
    async with halting(PAGE + 5) as (url, http, _):
        socket = await http.ws_connect(f"{url}/v1/stream")
        await socket.send_json({"type": "subscribe", "after": 0})
        frames = [await socket.receive()]
        while frames[-1].type is WSMsgType.TEXT:
            frames.append(await socket.receive())
        assert len(frames) == PAGE + 2  # how it begins, the events, and the end
        assert frames[-1].data == WSCloseCode.TRY_AGAIN_LATER


async def test_who_has_not_been_answered_yet_is_told_to_ask_again() -> None:
    async with halting(PAGE + 5) as (url, http, _), http.get(f"{url}/v1/events?after={PAGE}") as response:
        assert (response.status, "Retry-After" in response.headers) == (503, True)
        assert (await response.json())["type"] == "urn:trunkline:unavailable"


async def test_who_reads_on_where_nothing_can_be_read_is_not_told_all_again() -> None:
    async with halting(PAGE + 5) as (url, http, store):
        store.empty = True
        async with http.get(f"{url}/v1/events?after={PAGE}") as response:
            assert response.status == 503
        async with http.get(f"{url}/v1/events/stream?after={PAGE}") as listening:
            assert await Listener(listening).last() == 0
        store.upto = 0
        async with http.get(f"{url}/v1/events?after={PAGE}") as response:
            events = (await response.json())["events"]
        assert [one["cursor"] for one in events] == list(range(PAGE + 1, PAGE + 6))
