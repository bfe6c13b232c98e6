"""Northbound over HTTP: a client opens a transport session, posts its requests and polls for what is told it.

What waits for a client is bounded: beyond that its session ends, as a socket does that is read too slowly. A
poll that finds nothing waits for a while. Messages leave the session when the answer that holds them has been
written: those of a poll whose connection was gone by then are there for the next one, and none is told twice.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from secrets import token_urlsafe
from typing import Final

import msgspec
import structlog
from aiohttp import WSCloseCode, web

from adapters.contract.transports import Begin, End, Polling
from gateway.facades.facade import Client, Facade
from gateway.http import bodies
from gateway.http.admission import admit, check_origin, client_agent, look_at
from gateway.http.connection import said_who
from gateway.http.hello import Hello, PageAdmission
from gateway.http.problems import refused
from gateway.http.sockets import CONNECTIONS, GOING_AWAY, TOO_SLOW, because
from gateway.runtime.clock import TimerHandleLike
from gateway.security.access import Principal
from gateway.telemetry.metrics import ClosedBecause
from schemas.errors import MalformedFrame, RefusedError
from schemas.ids import AgentId
from schemas.results import ErrorCode

log = structlog.get_logger("trunkline.polling")

LONGEST_ID: Final = 200  # of the client's own choosing
ID_BYTES: Final = 24  # of ours: where it is all that a client shows, it must not be guessed
_METHODS: Final = "GET, POST, OPTIONS"
_PREFLIGHT: Final = {
    "Access-Control-Allow-Methods": _METHODS,
    "Access-Control-Allow-Headers": "Authorization, Content-Type",
    "Access-Control-Max-Age": "600",
}


class Timing(msgspec.Struct, frozen=True):
    """How long is waited."""

    wait_s: float  # by a poll, for a message
    idle_s: float  # for the next request or poll, until the session is dropped


class Session:
    """One client that polls: takes its frames as a Sink, and hands them to its polls."""

    def __init__(
        self,
        facade: Facade,
        principal: Principal,
        agent_id: AgentId | None,
        *,
        admission: PageAdmission,
        owner: str | None,
        timing: Timing,
        wrap: Callable[[web.Request, Sequence[bytes]], web.Response],
        forget: Callable[["Session"], None],
    ) -> None:
        lease = admission.lease(principal, self, facade.platform.id, renews=False)
        self.client = Client(facade, self, principal, agent_id, lease)
        self.rights = principal.rights
        self.owner = owner  # whom it is for, with these rights only; None: to know its id is enough
        self.over = False
        self.closed_because = ClosedBecause.LEFT
        self._facade = facade
        self._timing = timing
        self._wrap = wrap
        self._forget = forget
        self._frames: list[bytes] = []
        self._size_bytes = 0
        self._changed = asyncio.Event()
        self._newest = 0  # of the polls, which are counted
        self._polling = 0  # how many of them are under way
        self._turn = asyncio.Lock()  # of the poll that is answered next
        self._written: asyncio.Transport | None = None  # where an answer is being written
        self._idle: TimerHandleLike | None = None

    # --- the client's sink

    def send(self, payload: bytes) -> None:
        """One frame."""
        self.send_all((payload,))

    def send_all(self, payloads: Sequence[bytes]) -> None:
        """Frames, in order. Ends the session if too much is waiting."""
        if self.over:
            return
        self._frames += payloads
        self._size_bytes += sum(map(len, payloads))
        if self._size_bytes > self._facade.core.buffer_bytes:
            self._frames.clear()
            self.end(TOO_SLOW, "polls too slowly")
        self._changed.set()

    def end(self, code: int, reason: str) -> None:
        """Begin to end it; the next poll gets what is waiting, and is the last."""
        self._end(because(code), reason)

    def leave(self) -> None:
        """End it, because the gateway goes away."""
        self.end(GOING_AWAY, "the gateway goes away")

    def _end(self, why: ClosedBecause, reason: str) -> None:
        if self.over:
            return
        self.over = True
        self.closed_because = why
        log.info("transport session over", platform=self._facade.platform.id, why=why, reason=reason)
        self._changed.set()
        # Not at once: it may be the client that ends it, in the middle of what it does.
        asyncio.get_running_loop().call_soon(self._finish)

    def _finish(self) -> None:
        self.client.closed()
        if not self._frames:
            self._drop()

    def _drop(self) -> None:
        """Nothing can be asked of it any more."""
        self._rest()
        self._forget(self)

    # --- the endpoint's side

    def begin(self) -> None:
        """The client is there."""
        self.touch()
        self.client.opened()

    def close(self) -> None:
        """The client wants no more."""
        self._frames.clear()
        self.end(WSCloseCode.OK, "the client closed it")
        self._finish()

    def touch(self) -> None:
        """The client has shown that it is there."""
        self._rest()
        if not self._polling:
            self._idle = self._facade.core.clock.call_later(self._timing.idle_s, self._expire)

    def _rest(self) -> None:
        if self._idle is not None:
            self._idle.cancel()
            self._idle = None

    def _expire(self) -> None:
        self._frames.clear()
        self._end(ClosedBecause.IDLE, f"no request and no poll for {self._timing.idle_s:g} s")
        self._finish()

    async def poll(self, request: web.Request) -> web.Response:
        """Answer with what is waiting, or comes within the time. A newer poll ends it with nothing."""
        self._newest += 1
        mine = self._newest
        self._changed.set()
        if self._written is not None:
            self._written.abort()  # it does not get through, and the client asks elsewhere
        self._polling += 1
        self._rest()
        try:
            async with self._turn:
                await self._something(mine)
                return await self._answer(request, mine)
        finally:
            self._polling -= 1
            if self.over and not self._frames:
                self._drop()
            else:
                self.touch()

    async def _something(self, mine: int) -> None:
        """Return when there is something to answer, if only that the time is over."""
        late = False

        def ring() -> None:
            nonlocal late
            late = True
            self._changed.set()

        timer = self._facade.core.clock.call_later(self._timing.wait_s, ring)
        try:
            while not (self._frames or self.over or late or mine != self._newest):
                self._changed.clear()
                await self._changed.wait()
        finally:
            timer.cancel()

    async def _answer(self, request: web.Request, mine: int) -> web.Response:
        frames = self._frames[:] if mine == self._newest else []
        response = self._wrap(request, frames)
        self._written = request.transport
        try:
            await response.prepare(request)
            await response.write_eof()
        except ConnectionError:
            return response  # nobody got it: they stay
        finally:
            self._written = None
        if request.transport is None:
            return response  # it was lost in the middle of the write, which does not tell
        del self._frames[: len(frames)]
        self._size_bytes -= sum(map(len, frames))
        return response


Handler = Callable[["Polled", web.Request], Awaitable[web.StreamResponse]]


class Polled:
    """One facade's transport sessions, and how they are asked for."""

    def __init__(self, facade: Facade, polling: Polling, admission: PageAdmission, timing: Timing) -> None:
        self._facade = facade
        self._polling = polling
        self._admission = admission
        self._timing = timing
        self._sessions: dict[str, Session] = {}

    async def serve(self, request: web.Request, how: Handler) -> web.StreamResponse:
        """Answer by one of the methods below; what they refuse can be read by the page, too."""
        check_origin(request, self._facade.platform)
        try:
            return await how(self, request)
        except RefusedError as error:
            return _shared(request, refused(request, error))

    async def probe(self, request: web.Request) -> web.StreamResponse:
        """The dialect is spoken here; to a browser, what its page may send."""
        response = self._response(request, b"")
        response.headers["Allow"] = _METHODS
        if "Origin" in request.headers:
            response.headers.update(_PREFLIGHT)
        return response

    async def sessions(self, request: web.Request) -> web.StreamResponse:
        """Open or close a session. Raises RefusedError."""
        known = "Authorization" in request.headers
        if known:
            admit(self._admission.gate, request)
        try:
            body = await (bodies.read(request) if known else bodies.read_small(request))
            said = self._polling.read_session(body)
        except MalformedFrame as error:
            raise RefusedError(ErrorCode.INVALID_COMMAND, str(error)) from error
        match said:
            case Begin():
                await look_at(self._admission.gate, request, said.token)
                return self._response(request, self._polling.begun(self._begin(request, said)))
            case End(id=session_id):
                self._find(request, session_id).close()
                return self._response(request, b"")

    async def requests(self, request: web.Request) -> web.StreamResponse:
        """Take one frame. Raises RefusedError."""
        session = self._named(request)
        if session.over or not session.client.lease.holds():
            raise _unknown()
        session.touch()
        session.client.received(await bodies.read(request))
        return self._response(request, b"")

    async def messages(self, request: web.Request) -> web.StreamResponse:
        """Answer a poll. Raises RefusedError."""
        if request.method != "GET":  # HEAD would throw the messages away
            raise web.HTTPMethodNotAllowed(request.method, ["GET"])
        return await self._named(request).poll(request)

    def _begin(self, request: web.Request, said: Begin) -> str:
        platform = self._facade.platform
        principal = self._admission.admit(request, Hello(token=said.token), platform.id)
        agent_id = client_agent(principal, platform.id, request.query.get("agent", ""))
        if said.token and said.id:
            raise RefusedError(
                ErrorCode.INVALID_COMMAND,
                "with a token in the body the id is ours to choose, as it stands for it",
            )
        session_id = said.id or token_urlsafe(ID_BYTES)
        if len(session_id) > LONGEST_ID:
            raise RefusedError(ErrorCode.INVALID_COMMAND, f"an id has at most {LONGEST_ID} characters")
        if session_id in self._sessions:
            raise RefusedError(ErrorCode.CONFLICT, "a session of that id is open")
        connections = request.app[CONNECTIONS]

        def forget(session: Session) -> None:
            connections.remove(session)
            if self._sessions.get(session_id) is session:  # the client may have begun anew
                del self._sessions[session_id]

        session = Session(
            self._facade,
            principal,
            agent_id,
            admission=self._admission,
            owner=None if said.token else principal.name,
            timing=self._timing,
            wrap=self._wrapped,
            forget=forget,
        )
        connections.add(session)
        self._sessions[session_id] = session
        session.begin()
        return session_id

    def _named(self, request: web.Request) -> Session:
        return self._find(request, request.query.get(self._polling.parameter, ""))

    def _find(self, request: web.Request, session_id: str) -> Session:
        """Raises RefusedError for one that is not there, or is another's."""
        session = self._sessions.get(session_id)
        if session is None:
            raise _unknown()
        if session.owner is not None:
            principal = self._admission.admit(request, Hello(), self._facade.platform.id)
            if (principal.name, principal.rights) != (session.owner, session.rights):
                raise _unknown()
            session.client.lease.prolong(principal.standing)  # it may have a newer token by now
        said_who(request)
        return session

    def _wrapped(self, request: web.Request, frames: Sequence[bytes]) -> web.Response:
        return self._response(request, self._polling.wrap(frames))

    def _response(self, request: web.Request, body: bytes) -> web.Response:
        response = web.Response(body=body, content_type=self._polling.media, charset="utf-8")
        response.headers["Cache-Control"] = "no-store"
        return _shared(request, response)


def _shared(request: web.Request, response: web.Response) -> web.Response:
    """Tell the browser that the page may read the answer: its origin has been checked."""
    if (origin := request.headers.get("Origin")) is not None:
        response.headers["Access-Control-Allow-Origin"] = origin
        response.headers["Vary"] = "Origin"
    return response


def _unknown() -> RefusedError:
    return RefusedError(ErrorCode.UNKNOWN_OBJECT, "there is no such transport session, or it is over")
