"""A page of Bright Pattern's over every platform, by its facade's socket. Sources: seeds 000 and 004."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import pairwise
from typing import Any, Final

import msgspec
import pytest
from aiohttp import ClientWebSocketResponse, WSMsgType

from schemas.ids import Ref
from schemas.values import Json
from tests.e2e.world import PLATFORM, VENDORS, World, platform, world
from tests.patience import PATIENCE_S

EVERYWHERE: Final = (*VENDORS, "bright_pattern_embedded")
Told = tuple[str, list[Any]]


class Page:
    """The vendor's script, as far as it speaks."""

    def __init__(self, socket: ClientWebSocketResponse) -> None:
        self._socket = socket
        self._sent = 0
        self.told: list[Told] = []

    async def ask(self, method: str, *params: Json) -> dict[str, Any]:
        """A method's OperationResult; what is told meanwhile is kept."""
        self._sent += 1
        request = {"jsonrpc": "2.0", "id": self._sent, "method": method, "params": params}
        await self._socket.send_str(msgspec.json.encode(request).decode())
        while (frame := await self._next()) is not None:
            if frame.get("id") == self._sent and "method" not in frame:
                return dict(frame["result"])
        raise AssertionError("closed")

    async def until(self, event: str, **data: Json) -> dict[str, Any]:
        """The first event told from now on whose data have these members."""
        while (frame := await self._next()) is not None:
            if frame.get("method") == event and data.items() <= dict(frame["params"][0]).items():
                return dict(frame["params"][0])
        raise AssertionError("closed")

    async def _next(self) -> dict[str, Any] | None:
        async with asyncio.timeout(PATIENCE_S):
            message = await self._socket.receive()
        if message.type is not WSMsgType.TEXT:
            return None
        frame: dict[str, Any] = msgspec.json.decode(message.data)
        if "method" in frame:
            self.told.append((frame["method"], frame["params"]))
        return frame


SALES: Final[dict[str, Json]] = {
    "services": [
        {
            "id": "sales",
            "outbound": True,
            "dispositions": [{"id": "d1", "name": "Sold"}, {"id": "d2", "name": "Lost"}],
        }
    ],
    "default_service": "sales",
}


@asynccontextmanager
async def joined(vendor: str, **settings: Json) -> AsyncIterator[tuple[World, Page]]:
    """A world with one page."""
    async with world([platform(vendor, switch=SALES, settings=settings)]) as played:
        yield played, Page(await played.connect("/v1/facades/sim/bright_pattern?agent=a1"))


@pytest.mark.parametrize("vendor", EVERYWHERE)
async def test_start_call_gives_the_id_of_the_interaction_wherever_it_appears(vendor: str) -> None:
    async with joined(vendor) as (played, page):
        answer = await page.ask("startCall", "+15550123")
        (one,) = played.interactions("a1")
        assert answer == {"status": "success", "data": {"id": one.id}}
        state = (await page.ask("getInteractionsState"))["data"]
        assert state["activeInteractionId"] == one.id


@pytest.mark.parametrize("vendor", VENDORS)
async def test_an_offer_becomes_active_and_no_change_is_told_twice(vendor: str) -> None:
    async with joined(vendor) as (played, page):
        await page.ask("getInteractionsState")
        await played.simulate("a1", "inbound_call", ani="+15550100", data={"case": "7"})
        offered = await page.until("ON_NEW_INTERACTION")
        iid = offered["interactionId"]
        assert (await page.ask("acceptInteraction"))["status"] == "success"
        assert (await page.ask("getInteractionsState"))["data"]["activeInteractionId"] == iid
        assert (await page.ask("leaveInteraction"))["status"] == "success"
        changes = [params for event, params in page.told if event == "ON_INTERACTION_STATE_CHANGE"]
        assert all(first != second for first, second in pairwise(changes))
        assert ("ON_ACTIVE_INTERACTION_SWITCHED", [iid]) in page.told


@pytest.mark.parametrize("vendor", ["bright_pattern", "channel_session"])
async def test_what_was_given_before_counts_and_what_is_optional_is_not_asked(vendor: str) -> None:
    async with joined(vendor, **({"incontact": True} if vendor == "channel_session" else {})) as (
        played,
        page,
    ):
        await page.ask("getInteractionsState")
        for note in ("hello", ""):
            await played.simulate("a1", "inbound_call", ani="+15550100", service="sales")
            iid = (await page.until("ON_NEW_INTERACTION"))["interactionId"]
            state = played.switch.state
            contact = state.snapshots.interactions(state.snapshots.session_of(PLATFORM, Ref("a1")))[-1].id
            await page.ask("acceptInteraction", iid)
            if note:
                assert (await page.ask("addNote", note, iid))["status"] == "success"
                assert (await page.ask("setDisposition", "Sold", iid))["status"] == "success"
            await page.ask("leaveInteraction", iid)
            done = await page.ask("completeInteraction", iid)
            assert done["status"] == "success", done
            await page.until("ON_INTERACTION_REMOVED", interactionId=iid)
            closed = state.snapshots.interaction(contact)
            assert closed is not None
            assert (closed.notes, closed.disposition and closed.disposition.id) == (
                (note, "d1") if note else ("", None)
            )


async def test_own_number_and_unknown_service_are_refused_by_their_names() -> None:
    async with joined("bright_pattern") as (_, page):
        services = (await page.ask("getServicesList"))["data"]
        assert [one["id"] for one in services] == ["sales"]
        assert (await page.ask("setService", "nonsense"))["error"]["name"] == "no_service"
        assert (await page.ask("setService", "sales"))["status"] == "success"
        for method in ("startCall", "consultCall", "blindTransfer", "inviteToCallConference"):
            answer = await page.ask(method, "101")
            assert answer["error"]["name"] in {"self_call", "no_interaction"}
        assert (await page.ask("startCall", "101"))["error"] == {
            "code": 12,
            "name": "self_call",
            "message": "phoneNumber is the agent's own number",
        }
