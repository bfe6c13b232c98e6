"""`/v1/events/stream`: the same events as server-sent events, resumed by `Last-Event-ID`.

An `id` without data tells where a client stands that has been told nothing for a while: what its filter kept
from it counts as told, so that it can resume there long after.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec
from aiohttp import hdrs, web

from gateway.api.history import Beginning, History
from gateway.events.filters import Selection
from gateway.events.router import Batch, Router
from gateway.http import sockets
from gateway.http.sockets import CONNECTIONS, because, close_code_of, pieces
from gateway.security.standing import Lease, Standing
from gateway.security.tokens import EndedError
from gateway.store.base import Appended
from gateway.store.epochs import Place
from gateway.telemetry.metrics import ClosedBecause
from schemas.ids import Cursor, Resume

_HEARTBEAT_S: Final = 15.0

_encode = msgspec.json.Encoder().encode


def _event(prefix: bytes, one: Appended) -> bytes:
    return b"id: %s%d\nevent: %s\ndata: %s\n\n" % (prefix, one.cursor, one.type.encode(), one.body)


def _beginning(begun: Beginning, resume: Resume) -> bytes:
    """The id comes last: whoever is cut off before it has not begun."""
    told = [
        b"event: %s\ndata: %s\n\n" % (str(one.__struct_config__.tag).encode(), _encode(one))
        for one in (begun.gap, begun.snapshot)
        if one is not None
    ]
    return b"".join([*told, b": cursor %d\nid: %s\n\n" % (begun.cursor, resume.encode())])


@dataclass(frozen=True)
class _Form:
    """Events as they are told live, joined; the same for all who are told of one history."""

    history: History

    def __call__(self, chosen: Sequence[Appended]) -> bytes:
        """At least one, which all are of one epoch."""
        prefix = self.history.resume_prefix(chosen[0].cursor)
        return b"".join([_event(prefix, one) for one in chosen])


class Ended(msgspec.Struct, frozen=True, kw_only=True, tag="stream.ended", tag_field="type"):
    """The last event: the key or token is over. `code` is the one that closes a WebSocket then."""

    code: int
    message: str


class Sse:
    """One client: gets batches from the router, writes them when the last write is through."""

    def __init__(
        self,
        router: Router,
        history: History,
        wanted: Selection,
        buffer_bytes: int,
        standing: Standing | None,
    ) -> None:
        self._router = router
        self._history = history
        self.selection = wanted
        self._form = _Form(history)
        self._buffer_bytes = buffer_bytes
        self._waiting: deque[bytes] = deque()
        self._size = 0
        self._cursor = Cursor(0)
        self._wake = asyncio.Event()
        self._left = False
        self._lease = Lease(standing, self._end)
        self._closed_because = ClosedBecause.LEFT
        self._cut: Callable[[], None] = lambda: None

    def deliver(self, batch: Batch) -> None:
        """What one commit made durable."""
        if batch.records[0].cursor > self._cursor:
            chunk, _ = batch.joined(self.selection, self._form)
        else:
            chosen = [one for one in batch.select(self.selection) if one.cursor > self._cursor]
            chunk = self._form(chosen) if chosen else b""
        self._cursor = max(self._cursor, batch.records[-1].cursor)
        if not chunk:
            return
        self._size += len(chunk)
        if self._size > self._buffer_bytes:
            self._too_slow()
        else:
            self._waiting.append(chunk)
            self._wake.set()

    def _too_slow(self) -> None:
        self._router.unsubscribe(self, ClosedBecause.TOO_SLOW)
        self._cut()  # it may be stuck in a write; the client resumes by its last id

    def leave(self) -> None:
        """End it with what is waiting: the gateway goes away."""
        self._closed_because = ClosedBecause.SHUTDOWN
        self._left = True
        self._wake.set()

    def _end(self, why: EndedError) -> None:
        """End it, and say by which code a WebSocket would be closed."""
        code = close_code_of(why)
        self._closed_because = because(code)
        self._router.unsubscribe(self, self._closed_because)
        self._waiting.append(
            b"event: stream.ended\ndata: %s\n\n" % _encode(Ended(code=code, message=why.message))
        )
        self._left = True
        self._wake.set()

    async def serve(self, request: web.Request, after: Place | None, *, snapshot: bool) -> web.StreamResponse:
        """Until the client goes, or reads too slowly: then it resumes by `Last-Event-ID`."""
        begun = await self._history.begin(self.selection, after, snapshot=snapshot)
        response = web.StreamResponse(
            headers={
                "Content-Type": "text/event-stream",
                "Cache-Control": "no-store",
                "X-Accel-Buffering": "no",
            }
        )
        connections = request.app[CONNECTIONS]
        connections.add(self)
        try:
            await response.prepare(request)
            if request.method == hdrs.METH_HEAD:
                return response
            if request.transport is not None:
                self._cut = request.transport.abort
            self._lease.begin()
            await self._catch_up(response, begun)
            if not self._left:
                self._router.subscribe(self, self.selection.of_agents)
            await self._live(response)
        except ConnectionError:
            pass  # the client went away
        finally:
            self._lease.stop()
            self._router.unsubscribe(self, self._closed_because)
            connections.remove(self)
        return response

    async def _catch_up(self, response: web.StreamResponse, begun: Beginning) -> None:
        """Send the journal up to its end; the end does not move between the last read and returning."""
        self._cursor = begun.cursor
        resume = self._history.resume
        await response.write(_beginning(begun, resume(begun.cursor)))
        while not self._left and (read := await self._history.next(self.selection, self._cursor)) is not None:
            if read.gap is not None:
                gap = Beginning(read.gap.restart_after, read.gap)
                await response.write(_beginning(gap, read.gap.resume))
            told = (_event(self._history.resume_prefix(one.cursor), one) for one in read.chosen)
            for piece in pieces(told):
                await self._write(response, piece)
            self._cursor = read.cursor

    async def _write(self, response: web.StreamResponse, piece: bytes) -> None:
        """Raises ConnectionError, too where the client has stopped reading."""
        try:
            async with asyncio.timeout(sockets.STALLED_S):
                await response.write(piece)
        except TimeoutError:
            self._cut()
            raise ConnectionResetError from None

    async def _live(self, response: web.StreamResponse) -> None:
        while not self._left or self._waiting:
            try:
                async with asyncio.timeout(_HEARTBEAT_S):
                    await self._wake.wait()
            except TimeoutError:
                if not self._waiting:
                    resume = self._history.resume(max(self._cursor, self._router.durable))
                    await response.write(b": here\nid: %s\n\n" % resume.encode())
                continue
            self._wake.clear()
            chunks, self._size = b"".join(self._waiting), 0
            self._waiting.clear()
            await response.write(chunks)
