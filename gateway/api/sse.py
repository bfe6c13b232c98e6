"""`/v1/events/stream`: the same events as server-sent events, resumed by `Last-Event-ID`."""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Final

from aiohttp import web

from gateway.api.stream import PAGE
from gateway.router import Batch, Filter, Router
from gateway.sockets import CONNECTIONS
from gateway.store.base import Appended, Store
from gateway.telemetry.metrics import ClosedBecause
from schemas.errors import RefusedError
from schemas.ids import Cursor
from schemas.results import ErrorCode

_HEARTBEAT_S: Final = 15.0
DIGITS: Final = 18  # of a cursor: what every store can hold


def _chunk(events: list[Appended]) -> bytes:
    return b"".join(
        [b"id: %d\nevent: %s\ndata: %s\n\n" % (one.cursor, one.type.encode(), one.body) for one in events]
    )


def resume_point(request: web.Request) -> Cursor | None:
    """The cursor that a client goes on from: `Last-Event-ID`, else `after`. Raises RefusedError."""
    text = request.headers.get("Last-Event-ID") or request.query.get("after")
    if text is None:
        return None
    if not text.isdecimal() or len(text) > DIGITS:
        raise RefusedError(ErrorCode.INVALID_COMMAND, f"after: {text[:40]!r} is not a cursor")
    return Cursor(int(text))


class Sse:
    """One client: gets batches from the router, writes them when the last write is through."""

    def __init__(self, router: Router, store: Store, wanted: Filter, buffer_bytes: int) -> None:
        self._router = router
        self._store = store
        self._filter = wanted
        self._buffer_bytes = buffer_bytes
        self._waiting: deque[bytes] = deque()
        self._size = 0
        self._cursor = Cursor(0)
        self._wake = asyncio.Event()
        self._left = False
        self._cut: Callable[[], None] = lambda: None

    def deliver(self, batch: Batch) -> None:
        """What one commit made durable."""
        chosen = [one for one in batch.select(self._filter) if one.cursor > self._cursor]
        self._cursor = max(self._cursor, batch.records[-1].cursor)
        if not chosen:
            return
        chunk = _chunk(chosen)
        self._size += len(chunk)
        if self._size > self._buffer_bytes:
            self._router.unsubscribe(self, ClosedBecause.TOO_SLOW)
            self._cut()  # it may be stuck in a write; the client resumes by its last id
        else:
            self._waiting.append(chunk)
            self._wake.set()

    def leave(self) -> None:
        """End it with what is waiting: the gateway goes away."""
        self._left = True
        self._wake.set()

    async def serve(self, request: web.Request, after: Cursor | None) -> web.StreamResponse:
        """Until the client goes, or reads too slowly: then it resumes by `Last-Event-ID`."""
        connections = request.app[CONNECTIONS]
        connections.add(self)
        response = web.StreamResponse(
            headers={
                "Content-Type": "text/event-stream",
                "Cache-Control": "no-store",
                "X-Accel-Buffering": "no",
            }
        )
        try:
            await response.prepare(request)
            if request.transport is not None:
                self._cut = request.transport.abort
            await self._history(response, after)
            self._router.subscribe(self)
            await self._live(response)
        except ConnectionError:
            pass  # the client went away
        finally:
            self._router.unsubscribe(self, ClosedBecause.SHUTDOWN if self._left else ClosedBecause.LEFT)
            connections.remove(self)
        return response

    async def _history(self, response: web.StreamResponse, after: Cursor | None) -> None:
        self._cursor = self._router.cursor if after is None else after
        if after is not None:
            await self._store.barrier()
            first = await self._store.first_cursor()
            if after + 1 < first or after > self._router.cursor:  # or of a journal that is no more
                gap = b'event: stream.gap\ndata: {"type":"stream.gap","after":%d,"first":%d}\n\n'
                await response.write(gap % (after, first))
                self._cursor = Cursor(first - 1)
        await response.write(b": cursor %d\n\n" % self._cursor)
        await self._store.barrier()
        while self._cursor < self._router.durable:
            page = await self._store.read(self._cursor, PAGE)
            if not page:
                break
            self._cursor = page[-1].cursor
            if chosen := [one for one in page if self._filter.accepts(one)]:
                await response.write(_chunk(chosen))

    async def _live(self, response: web.StreamResponse) -> None:
        while not self._left or self._waiting:
            try:
                async with asyncio.timeout(_HEARTBEAT_S):
                    await self._wake.wait()
            except TimeoutError:
                await response.write(b": here\n\n")
                continue
            self._wake.clear()
            chunks, self._size = b"".join(self._waiting), 0
            self._waiting.clear()
            await response.write(chunks)
