"""Clients that take a list or a snapshot, keep its place, and only later read on from there.

Between the two the gateway may have died. What they were shown, and what comes after it, is compared with
what others were told.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from random import Random
from typing import Final, TypeVar

import msgspec
from aiohttp import ClientError, ClientSession, ClientTimeout

from tests.faults.notes import Notes, Reading
from tests.faults.subscribers import Session, Shown, page_in, read

_KEPT: Final = 8  # places at a time
_PAUSE_S: Final = 0.3
_SNAPSHOT_S: Final = 5.0
_STREAMED: Final = 200  # events of a stream at most
_STREAM_S: Final = 0.5  # for them
_TIMES: Final = ClientTimeout(total=15.0, connect=3.0)


class _List(msgspec.Struct):
    """The lists, and the snapshot of a subscriber: where it stands, and what there is."""

    cursor: int
    resume: str
    interactions: list[Shown] | None = None
    sessions: list[Session] | None = None


_T = TypeVar("_T")
_S = TypeVar("_S")
_Went = tuple[
    Sequence[msgspec.Raw | bytes], int, bool
]  # events, the cursor of the last, whether there is a gap
_list: Final = msgspec.json.Decoder(_List).decode


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
                    self._places.append(await self._taken(http))
                if len(self._places) >= _KEPT:
                    place = self._places.pop(self._dice.randrange(_KEPT))
                    await self._read_on(http, place)
                await asyncio.sleep(self._dice.uniform(0, _PAUSE_S))

    async def _taken(self, http: ClientSession) -> _List:
        path = self._dice.choice(("interactions", "sessions", ""))
        if not path:
            return await self._subscribed(http)
        async with http.get(f"{self._url}/v1/{path}", raise_for_status=True) as response:
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
        """What came after it, as soon as it can be had: by either form of it, on a page or a stream."""
        after = self._dice.choice((place.resume, str(place.cursor)))
        go_on = self._dice.choice((self._page_after, self._stream_after))
        went: _Went | None = None
        while went is None:
            with suppress(ClientError, OSError, TimeoutError, TypeError):
                went = await go_on(http, after)
            await asyncio.sleep(_PAUSE_S)
        events, until, gap = went
        self._notes.readings.append(
            Reading(
                place.cursor,
                _in(place.interactions, Shown.seen),
                tuple(read(bytes(body)) for body in events),
                max(until, place.cursor),  # of a stream: nothing came yet
                gap=gap,
                agents=_in(place.sessions, lambda one: (one.id, one.state)),
            )
        )

    async def _page_after(self, http: ClientSession, after: str) -> _Went:
        asked = {"after": after, "limit": "500"}
        async with http.get(f"{self._url}/v1/events", params=asked, raise_for_status=True) as response:
            page = page_in(await response.read())
        return page.events, page.cursor, page.gap is not None

    async def _stream_after(self, http: ClientSession, after: str) -> _Went:
        """The first of what a stream tells, all of it in a row."""
        events: list[bytes] = []
        cursor, gap = 0, False
        async with http.ws_connect(f"{self._url}/v1/stream", max_msg_size=0) as socket:
            place = int(after) if after.isdecimal() else after
            await socket.send_json({"type": "subscribe", "after": place})
            with suppress(TimeoutError):
                async with asyncio.timeout(_STREAM_S):
                    while len(events) < _STREAMED:
                        told = await socket.receive_str()
                        gap = gap or told.startswith('{"type":"stream.gap"')
                        if not told.startswith('{"type":"stream.'):
                            events.append(told.encode())
                            cursor = read(events[-1]).cursor
        return events, cursor, gap


def _in(listed: Sequence[_T] | None, seen: Callable[[_T], _S]) -> tuple[_S, ...] | None:
    return None if listed is None else tuple(seen(one) for one in listed)
