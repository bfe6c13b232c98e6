"""The events over HTTP: pages of the journal, which may be waited for, and server-sent events."""

import asyncio
from collections.abc import Sequence
from typing import Final, NamedTuple

import msgspec
from aiohttp import hdrs, web

from gateway.api.bodies import EventPage
from gateway.api.history import PAGE, Beginning, Gap, History
from gateway.api.places import cursor_of, resume_point
from gateway.api.sse import Sse
from gateway.events.filters import Selection
from gateway.events.router import Batch, Router
from gateway.events.teams import Teams
from gateway.http.admission import narrow, sees_event
from gateway.http.operations import (
    AFTER,
    EVENT_FILTER,
    LAST_EVENT_ID,
    SNAPSHOT,
    TICKETED,
    Number,
    Operation,
    filter_of,
)
from gateway.http.paging import LINKED, linked
from gateway.http.sockets import CONNECTIONS
from gateway.runtime.masking import masked_event
from gateway.security.access import Principal, Scope
from gateway.security.audit import Action
from gateway.security.standing import Lease, Standing
from gateway.store.base import Appended
from gateway.store.epochs import Place
from schemas.errors import RefusedError
from schemas.events import AnyEvent
from schemas.ids import Cursor
from schemas.results import ErrorCode

_SCANNED: Final = 20  # pages of the journal read for one of ours, when few events fit
_LIMIT: Final = Number("limit", "Events at most.", default=100, lowest=1, highest=PAGE, whole=True)
_WAIT: Final = Number("wait", "Seconds to wait for an event where there is none yet.", default=0, highest=60)

_encode = msgspec.json.Encoder().encode


class _Found(NamedTuple):
    events: Sequence[Appended]
    cursor: Cursor
    gap: Gap | None


class _Arrival:
    """A subscriber that only notes that there is something for it."""

    def __init__(self, wanted: Selection) -> None:
        self._selection = wanted
        self.noted = asyncio.Event()

    def deliver(self, batch: Batch) -> None:
        """What one commit made durable."""
        if batch.select(self._selection):
            self.noted.set()

    def leave(self) -> None:
        """Answer now: the gateway goes away, or whoever asks may stay no longer."""
        self.noted.set()


class Events:
    """The handlers."""

    def __init__(self, history: History, router: Router, teams: Teams, buffer_bytes: int) -> None:
        self._history = history
        self._router = router
        self._teams = teams
        self._buffer_bytes = buffer_bytes

    def operations(self) -> tuple[Operation, ...]:
        """What is served, and by which handler."""
        read = Scope.EVENTS_READ
        beginning = (AFTER, LAST_EVENT_ID, SNAPSHOT)
        return (
            Operation(
                *("Events", "list_events", "GET /v1/events", self.page, read, {200: EventPage}),
                parameters=(*beginning, _LIMIT, _WAIT, *EVENT_FILTER),
                headers=LINKED,
                problems=(ErrorCode.RATE_LIMITED, ErrorCode.UNAVAILABLE),
            ),
            Operation(
                *("Events", "get_event", "GET /v1/events/{cursor}", self.event, read, {200: AnyEvent}),
                problems=(ErrorCode.UNKNOWN_OBJECT, ErrorCode.EXPIRED, ErrorCode.UNAVAILABLE),
            ),
            Operation(
                *("Events", "stream_events", "GET /v1/events/stream", self.stream, read, {200: str}),
                parameters=(*beginning, *EVENT_FILTER, TICKETED),
                problems=(ErrorCode.RATE_LIMITED, ErrorCode.UNAVAILABLE),
                media="text/event-stream",
            ),
        )

    async def stream(self, request: web.Request, principal: Principal) -> web.StreamResponse:
        """Server-sent events.

        Beside the events there are `stream.gap` and `stream.snapshot`, and, as the last one, `stream.ended`
        where the key or token is over. All are described by AsyncAPI, at /asyncapi.json.
        """
        wanted = narrow(principal, filter_of(request), self._teams)
        self._history.read_by(principal.name, Action.EVENTS_STREAMED, resume_point(request))
        client = Sse(self._router, self._history, wanted, self._buffer_bytes, principal.standing)
        return await client.serve(request, resume_point(request), snapshot=SNAPSHOT.read(request))

    async def event(self, request: web.Request, principal: Principal) -> web.Response:
        """One journaled event; 410 once it is no longer kept."""
        named = request.match_info["cursor"]
        if (cursor := cursor_of(request)) is not None:
            found = await self._history.one(cursor)
            if found is not None and not sees_event(principal, found):
                raise _unknown(named)
            if found is not None:
                return web.Response(
                    body=masked_event(found.body, principal.mask), content_type="application/json"
                )
            if cursor < await self._history.oldest():
                raise RefusedError(ErrorCode.EXPIRED, f"event {cursor} is no longer kept")
        raise _unknown(named)

    async def page(self, request: web.Request, principal: Principal) -> web.Response:
        """Journaled events after a cursor, or from the oldest on.

        `limit` counts those that fit. A page without any is the end for now, unless `more` says otherwise:
        then many did not fit, and the rest is read from `cursor` on.
        """
        wanted = narrow(principal, filter_of(request), self._teams)
        limit, wait_s = int(_LIMIT.read(request)), _WAIT.read(request)
        self._history.read_by(principal.name, Action.EVENTS_READ, resume_point(request))
        begun = await self._begin(wanted, resume_point(request), snapshot=SNAPSHOT.read(request))
        found = _Found((), begun.cursor, begun.gap)
        if begun.snapshot is None:
            found = await self._find(wanted, found, limit)
            if wait_s and not found.events and request.method != hdrs.METH_HEAD:
                await self._arrival(request, wanted, found.cursor, wait_s, principal.standing)
                principal.require_standing()  # what came after its end is not theirs to see
                found = await self._find(wanted, found, limit)
        first = await self._history.oldest()
        more = found.cursor < self._history.durable
        rest = b"".join(
            b',"%s":%s' % (name, _encode(one))
            for name, one in ((b"gap", found.gap), (b"snapshot", begun.snapshot))
            if one is not None
        )
        events = b",".join([one.body for one in found.events])
        body = b'{"events":[%s],"cursor":%d,"resume":%s,"first":%d,"more":%s%s}'
        resume = _encode(self._history.resume(found.cursor))
        response = web.Response(
            body=body % (events, found.cursor, resume, first, b"true" if more else b"false", rest),
            content_type="application/json",
        )
        return linked(request, response, after=self._history.resume(found.cursor) if more else "")

    async def _begin(self, wanted: Selection, after: Place | None, *, snapshot: bool) -> Beginning:
        """Without a cursor and a snapshot, a page is the first there is."""
        if after is None and not snapshot:
            return await self._history.from_oldest()
        return await self._history.begin(wanted, after, snapshot=snapshot)

    async def _find(self, wanted: Selection, begun: _Found, limit: int) -> _Found:
        """Fill a page, as far as that takes reading not too much."""
        events: list[Appended] = []
        cursor, gap = begun.cursor, begun.gap
        for _ in range(_SCANNED):
            room = limit - len(events)
            if not room:
                break
            read = await self._history.next(wanted, cursor, room if wanted.everything else PAGE)
            if read is None or (read.gap is not None and events):
                break  # what comes after a gap is of the next page, and told there
            gap = read.gap or gap
            events += read.chosen[:room]
            cursor = read.cursor if len(read.chosen) <= room else events[-1].cursor
        return _Found(events, cursor, gap)

    async def _arrival(
        self,
        request: web.Request,
        wanted: Selection,
        after: Cursor,
        wait_s: float,
        standing: Standing | None,
    ) -> None:
        """Wait for something that fits, so long at most, and no longer than whoever asks may stay.

        Raises RefusedError if too many wait.
        """
        arrival = _Arrival(wanted)
        lease = Lease(standing, lambda _: arrival.leave())
        connections = request.app[CONNECTIONS]
        connections.add(arrival)
        self._router.subscribe(arrival, wanted.of_agents)
        lease.begin()
        try:
            if after >= self._history.durable:
                async with asyncio.timeout(wait_s):
                    await arrival.noted.wait()
        except TimeoutError:
            pass  # what did not fit in the meantime need not be looked at again
        finally:
            lease.stop()
            self._router.unsubscribe(arrival)
            connections.remove(arrival)


def _unknown(named: str) -> RefusedError:
    return RefusedError(ErrorCode.UNKNOWN_OBJECT, f"there is no event {named}")
