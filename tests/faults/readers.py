"""Clients that take a list or a snapshot, keep its place, and only later read on from there.

Between the two the gateway may have died. What they were shown, and what comes after it, is compared with
what others were told.
"""

import asyncio
from contextlib import suppress
from random import Random
from typing import Final

import msgspec
from aiohttp import ClientError, ClientSession, ClientTimeout

from tests.faults.notes import Notes, Reading
from tests.faults.subscribers import Shown, read

_KEPT: Final = 8  # places at a time
_PAUSE_S: Final = 0.3
_SNAPSHOT_S: Final = 5.0
_TIMES: Final = ClientTimeout(total=15.0, connect=3.0)


class _List(msgspec.Struct):
    """`GET /v1/interactions`, and what a subscriber is told first: where it stands, and what is open."""

    cursor: int
    resume: str = ""
    interactions: list[Shown] = []


class _Page(msgspec.Struct):
    events: list[msgspec.Raw]
    cursor: int
    gap: msgspec.Raw | None = None


_list: Final = msgspec.json.Decoder(_List).decode
_page: Final = msgspec.json.Decoder(_Page).decode


class Reader:
    """One of them, until it is cancelled. `port` is where it reaches the gateway."""

    def __init__(self, port: int, notes: Notes, dice: Random) -> None:
        self._url = f"http://127.0.0.1:{port}"
        self._notes = notes
        self._dice = dice
        self._places: list[_List] = []

    async def run(self) -> None:
        """In turn: keep a place, go on from one of those that were kept."""
        async with ClientSession(timeout=_TIMES) as http:
            while True:
                with suppress(ClientError, OSError, TimeoutError, TypeError):  # TypeError: it closed
                    take = self._listed if self._dice.random() < 0.5 else self._subscribed
                    self._places.append(await take(http))
                if len(self._places) >= _KEPT:
                    place = self._places.pop(self._dice.randrange(_KEPT))
                    await self._read_on(http, place)
                await asyncio.sleep(self._dice.uniform(0, _PAUSE_S))

    async def _listed(self, http: ClientSession) -> _List:
        async with http.get(f"{self._url}/v1/interactions", raise_for_status=True) as response:
            return _list(await response.read())

    async def _subscribed(self, http: ClientSession) -> _List:
        async with http.ws_connect(f"{self._url}/v1/stream", max_msg_size=0) as socket:
            await socket.send_json({"type": "subscribe", "snapshot": True})
            async with asyncio.timeout(_SNAPSHOT_S):
                while True:
                    told = await socket.receive_str()
                    if told.startswith('{"type":"stream.snapshot"'):
                        return _list(told)

    async def _read_on(self, http: ClientSession, place: _List) -> None:
        """A page of what came after it, as soon as it can be had."""
        asked = {"after": place.resume or str(place.cursor), "limit": "500"}
        while True:
            with suppress(ClientError, OSError, TimeoutError):
                async with http.get(
                    f"{self._url}/v1/events", params=asked, raise_for_status=True
                ) as response:
                    page = _page(await response.read())
                break
            await asyncio.sleep(_PAUSE_S)
        self._notes.readings.append(
            Reading(
                place.cursor,
                tuple(one.seen() for one in place.interactions),
                tuple(read(bytes(body)) for body in page.events),
                page.cursor,
                gap=page.gap is not None,
            )
        )
