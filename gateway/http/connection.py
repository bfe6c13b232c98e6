"""One connection of ours: aiohttp's, and who it is of, as far as that has been said.

What aiohttp keeps to itself and we need is touched here and nowhere else.
"""

import asyncio
from collections.abc import Callable
from http import HTTPStatus
from typing import Final

import structlog
from aiohttp import hdrs, web
from aiohttp.http import HttpProcessingError, HttpVersion11, RawRequestMessage
from aiohttp.http_exceptions import BadHttpMethod, LineTooLong
from multidict import CIMultiDict, CIMultiDictProxy

from gateway.http import proxies
from gateway.http.doorway import Doorway, Reader
from gateway.http.problems import MEDIA, Refusal, problem
from gateway.http.proxies import Networks
from gateway.http.strangers import Strangers
from gateway.telemetry.peers import PeerFault, Peers
from schemas.results import ErrorCode

log = structlog.get_logger("trunkline.http")

LINGER_S: Final = 5.0  # for the rest of a body that is not wanted
READ_S: Final = 30.0  # for an answer to be read, by a stranger
KNOWN_READ_S: Final = 300.0  # likewise, by somebody who has said who he is
_GO_ON: Final = b"HTTP/1.1 100 Continue\r\n\r\n"
_MANY: Final = "Too many headers"  # the parser's words
_THEIRS: Final = (ConnectionError, HttpProcessingError, web.RequestPayloadError)


class Connection(web.RequestHandler):
    """From accepting it to its end. A stranger's until `said_who`; a proxy's so for each request anew."""

    __slots__ = (
        *("__weakref__", "_expects", "_inside", "_known", "_lost", "_peers", "_proxy", "_socket"),
        *("_strangers", "_trusted", "address", "doorway"),
    )

    def __init__(
        self,
        server: web.Server,
        strangers: Strangers,
        peers: Peers,
        trusted: Networks,
        lost: Callable[["Connection"], None],
        *,
        inside: bool = False,
    ) -> None:
        """`lost` is told when it is over. `inside`: what comes over it another gateway of ours hands on."""
        super().__init__(
            server,
            loop=asyncio.get_running_loop(),
            access_log=None,  # type: ignore[arg-type]  # none is written
            auto_decompress=False,  # see gateway.http.bodies
            lingering_time=LINGER_S,
        )
        self.address = ""
        self.doorway: Doorway | None = None
        self._strangers = strangers
        self._peers = peers
        self._trusted = trusted
        self._lost = lost
        self._socket: asyncio.Transport | None = None  # until it is over; aiohttp lets go of it before
        self._proxy = self._inside = inside
        self._known = False
        self._expects = ""  # of us, before it sends its body (RFC 9110, section 10.1.1)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """It is there, and has so long to say something."""
        peer = transport.get_extra_info("peername")
        self.address = str(peer[0]) if isinstance(peer, tuple) else ""
        self._proxy = self._inside or proxies.trusted(self.address, self._trusted)
        if self._proxy:
            self.address = ""  # of whoever it is that it will hand something on for
        super().connection_made(transport)
        self._socket = self.transport
        self._strangers.came(self)
        self._strangers.waits(self)

    def connection_lost(self, exc: BaseException | None) -> None:
        """It is over."""
        self._socket = None
        self._strangers.gone(self)
        self._lost(self)
        super().connection_lost(exc)

    def cut(self) -> None:
        """End it at once."""
        if self._socket is not None:
            self._socket.abort()

    def heard(self, message: RawRequestMessage) -> RawRequestMessage:
        """The head of a request, less what it expects; or aiohttp would invite any body there is."""
        self._expects = ""
        if hdrs.EXPECT not in message.headers:
            return message
        headers = CIMultiDict(message.headers)
        expects = ", ".join(headers.popall(hdrs.EXPECT))
        if message.version >= HttpVersion11:  # an older client does not wait
            self._expects = expects.strip().lower()
        return message._replace(headers=CIMultiDictProxy(headers))

    def invite(self) -> None:
        """Its body is wanted: whoever waits for that word gets it."""
        if self._expects and self.transport is not None:
            self._expects = ""
            self.transport.write(_GO_ON)

    def refuse_expectation(self) -> None:
        """Raises HTTPExpectationFailed if something is expected of us that we know nothing of."""
        if self._expects not in {"", "100-continue"}:
            raise web.HTTPExpectationFailed(reason=f"{self._expects[:40]!a} is expected, and not known here")

    def asks(self, request: web.BaseRequest) -> web.BaseRequest:
        """It has sent a whole request. Returns that, with the address of whoever a proxy hands it on for."""
        if self.transport is None:
            return request
        if self._proxy and isinstance(request.headers, CIMultiDictProxy):
            peer = request.remote or ""
            self._known = False
            self._strangers.gone(self)
            self.address = proxies.origin(request.headers, self._trusted, peer)
            if self.address != peer:
                request = request.clone(remote=self.address)
        if not self._known:
            self._strangers.came(self)
        self._strangers.asks(self)
        return request

    def said_who(self) -> None:
        """It has shown a credential that is good, or needs none."""
        self._known = True
        self._strangers.gone(self)
        if self.doorway is not None:
            self.doorway.open()
            self.doorway = None

    async def finish_response(
        self, request: web.BaseRequest, resp: web.StreamResponse, start_time: float | None
    ) -> tuple[web.StreamResponse, bool]:
        """Write the answer. Whoever does not read it is left."""
        if self._expects and request.body_exists:  # nobody knows whether it follows, as nobody wanted it
            resp.force_close()
        within_s = KNOWN_READ_S if self._known else READ_S
        stalled = asyncio.get_running_loop().call_later(within_s, self._does_not_read)
        try:
            return await super().finish_response(request, resp, start_time)
        finally:
            stalled.cancel()
            self._answered()

    def _answered(self) -> None:
        if self.transport is None:
            return
        if self._proxy:  # it is the proxy's own until its next request
            self._strangers.gone(self)
        else:
            self._strangers.waits(self)

    def _does_not_read(self) -> None:
        self._peers.fault(PeerFault.SLOW_READER, "an answer was not read", address=self.address)
        self.cut()

    def set_parser(self, parser: Reader, data_received_cb: Callable[[], None] | None = None) -> None:
        """It becomes a WebSocket, which hears one small message before it is known who is there."""
        if not self._known:
            parser = self.doorway = Doorway(parser, self._pause, self._go_on)
        super().set_parser(parser, data_received_cb)  # type: ignore[arg-type]  # all that is asked of it

    def _pause(self) -> None:
        if self.transport is not None:
            self.transport.pause_reading()

    def _go_on(self) -> None:
        if self.transport is not None:
            self.transport.resume_reading()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Answer what went wrong, as a problem. aiohttp logs most of it, below."""
        if isinstance(exc, BadHttpMethod):
            self._not_http(exc)
        super().handle_error(request, status, exc, message)  # raises, where an answer has begun
        return _Bare(*_refusal(status, exc))

    def log_exception(self, *_args: object, **kw: object) -> None:
        """What went wrong with a request: a line in a while, and a traceback only where we are to blame."""
        error = kw.get("exc_info")
        if isinstance(error, BadHttpMethod):
            return
        if isinstance(error, HttpProcessingError):
            self._not_http(error)
        elif isinstance(error, _THEIRS) or self.transport is None:
            self._peers.fault(PeerFault.BROKE_OFF, "a request broke off", address=self.address)
        else:
            self._peers.failed(error if isinstance(error, BaseException) else None)

    def _not_http(self, error: BaseException) -> None:
        why = type(error).__name__
        self._peers.fault(PeerFault.NOT_HTTP, "a request could not be read", address=self.address, why=why)


class _Bare(web.Response):
    """A problem, beside every application: without a word on what serves it."""

    def __init__(self, code: ErrorCode | Refusal, detail: str, status: int) -> None:
        told = problem(code, detail, status)
        super().__init__(body=told.body, status=status, content_type=MEDIA)
        self.force_close()

    async def _prepare_headers(self) -> None:
        await super()._prepare_headers()
        del self.headers[hdrs.SERVER]


def _refusal(status: int, error: BaseException | None) -> tuple[ErrorCode | Refusal, str, int]:
    """What the answer says. Nothing of what was sent: that may be anything, and a secret."""
    many = isinstance(error, HttpProcessingError) and _MANY in error.message
    if many or isinstance(error, LineTooLong):
        what = "the address or a header is too long, or there are too many headers"
        return Refusal.HEADERS_TOO_LARGE, what, HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
    if status < HTTPStatus.INTERNAL_SERVER_ERROR:
        return Refusal.MALFORMED_REQUEST, "the request could not be read as HTTP/1.1", status
    return ErrorCode.INTERNAL, "an error of the gateway's own; its log has more", status


def said_who(request: web.Request) -> None:
    """Whoever sends it has shown a credential that is good for something, or needs none."""
    connection = request.protocol
    if isinstance(connection, Connection):
        connection.said_who()


def refuse_expectation(request: web.Request) -> None:
    """Raises HTTPExpectationFailed if it expects of us what we know nothing of."""
    if isinstance(request.protocol, Connection):
        request.protocol.refuse_expectation()


def invite(request: web.Request) -> None:
    """Its body is wanted now."""
    if isinstance(request.protocol, Connection):
        request.protocol.invite()
