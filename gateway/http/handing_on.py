"""Requests that the gateway at work has to carry out: handed on to it, and answered as it answers.

It is reached at a local socket, however far away it is (see gateway.cluster.tunnel). Who is asking has been
looked at here already, where a header says it; the gateway at work looks again. What it is handed on for is
told as by a proxy, and believed as that socket is ours alone.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from http import HTTPStatus
from typing import Final

from aiohttp import (
    ClientConnectorError,
    ClientError,
    ClientResponse,
    ClientSession,
    ClientTimeout,
    ClientWebSocketResponse,
    DummyCookieJar,
    UnixConnector,
    WSMsgType,
    hdrs,
    web,
)
from multidict import CIMultiDict
from yarl import URL

from gateway.http import bodies
from gateway.http.admission import needs_hello
from gateway.http.connection import said_who
from gateway.http.sockets import CLOSE_S, GOING_AWAY, Socket, served
from gateway.http.tls import require_certificate
from gateway.security.access import Gate
from schemas.errors import RefusedError, UncertainError
from schemas.results import ErrorCode

_CHUNK: Final = 64 * 1024
_NOT_THEIRS: Final = frozenset(
    {
        *("connection", "keep-alive", "upgrade", "te", "trailer", "transfer-encoding", "proxy-connection"),
        *("content-length", "content-encoding", "accept-encoding", "expect"),
        *("forwarded", "x-forwarded-for", "sec-websocket-key", "sec-websocket-version"),
        *("sec-websocket-extensions", "sec-websocket-protocol"),
    }
)
_OURS: Final = frozenset(  # in an answer: what is said of it here
    {
        *("connection", "keep-alive", "transfer-encoding", "content-length", "date", "server", "vary"),
        *("x-content-type-options", "traceparent", "access-control-allow-origin"),
        *("access-control-expose-headers", "access-control-allow-credentials"),
    }
)
_FOR: Final = "X-Forwarded-For"
_CHANGED: Final = "another gateway is at work now: connect again"
NOTHING_DONE: Final = "no gateway is at work at this moment, so nothing was done"
UNKNOWN: Final = (
    "the gateway at work did not answer, so its effect is unknown. Look, or ask again with the same"
    " Idempotency-Key"
)
_SOON_S: Final = 1  # after which it may well be another one
NOBODY: Final = (  # said in place of the gateway at work, where there is none
    b"HTTP/1.1 503 Service Unavailable\r\nTrunkline-Nobody: 1\r\n"
    b"Content-Length: 0\r\nConnection: close\r\n\r\n"
)
_NOBODY_SAYS: Final = "Trunkline-Nobody"
_SAFE: Final = frozenset({hdrs.METH_GET, hdrs.METH_HEAD, hdrs.METH_OPTIONS})


class HandingOn:
    """To one local socket. To be made in the running loop."""

    def __init__(self, path: str, gate: Gate, buffer_bytes: int, most_bytes: int) -> None:
        """`buffer_bytes`: what may wait for a client that reads slowly; `most_bytes` of a frame are taken."""
        self._gate = gate
        self._buffer_bytes = buffer_bytes
        self._most_bytes = most_bytes
        self._http = ClientSession(
            connector=UnixConnector(path, limit=0),
            timeout=ClientTimeout(total=None),
            cookie_jar=DummyCookieJar(),
            auto_decompress=False,
            skip_auto_headers=(hdrs.ACCEPT, hdrs.CONTENT_TYPE, hdrs.USER_AGENT),
        )

    async def close(self) -> None:
        """Let go."""
        await self._http.close()

    async def request(self, request: web.Request) -> web.StreamResponse:
        """A request, whole or as it comes. Raises RefusedError where nobody answers."""
        if hdrs.AUTHORIZATION in request.headers or not request.can_read_body:
            body = await request.read()
        else:
            body = await bodies.read_small(request)
        try:
            async with self._http.request(
                request.method,
                _address(request),
                headers=_headers(request),
                data=body or None,
                allow_redirects=False,
            ) as answer:
                if _NOBODY_SAYS in answer.headers:
                    raise RefusedError(ErrorCode.UNAVAILABLE, NOTHING_DONE, _SOON_S)
                return await _answered(request, answer)
        except (ClientError, OSError) as error:
            raise _unanswered(request, error) from error

    async def socket(self, request: web.Request, *, certified: bool = False) -> web.StreamResponse:
        """A WebSocket, frame by frame. `certified`: the configured certificate has to be shown here."""
        if certified:
            require_certificate(request)
        async with served(request, self._buffer_bytes, self._most_bytes) as socket:
            # Before anything is said nobody else is troubled
            first = await socket.first() if needs_hello(self._gate, request) else b""
            if first is not None:
                await self._between(request, socket, first)
        return socket.response

    @asynccontextmanager
    async def connect(self, request: web.Request) -> AsyncIterator[ClientWebSocketResponse[bool]]:
        """The same WebSocket there. Raises ClientError, OSError."""
        there = await self._http.ws_connect(
            _address(request), headers=_headers(request), max_msg_size=0, decode_text=False, autoping=True
        )
        try:
            yield there
        finally:
            with suppress(TimeoutError, ConnectionError):
                async with asyncio.timeout(CLOSE_S):
                    await there.close()

    async def _between(self, request: web.Request, socket: Socket, first: bytes) -> None:
        try:
            async with self.connect(request) as there:
                back = asyncio.create_task(_back(request, there, socket))
                try:
                    if first:
                        await there.send_str(first.decode())
                    while (frame := await socket.receive()) is not None:
                        await there.send_str(frame.decode())
                finally:
                    back.cancel()
                    await asyncio.wait([back])
        except (ClientError, OSError) as error:
            raise RefusedError(ErrorCode.UNAVAILABLE, NOTHING_DONE) from error


async def _back(request: web.Request, there: ClientWebSocketResponse[bool], socket: Socket) -> None:
    """What the gateway at work says, until it closes."""
    unknown = True
    while True:
        message = await there.receive()
        if message.type is WSMsgType.TEXT:
            if unknown:
                said_who(request)
                unknown = False
            socket.send(bytes(message.data))
        elif message.type is WSMsgType.CLOSE:
            socket.end(int(message.data), str(message.extra or ""))
            return
        elif message.type is not WSMsgType.BINARY:
            socket.end(GOING_AWAY, _CHANGED)
            return


async def _answered(request: web.Request, answer: ClientResponse) -> web.StreamResponse:
    """As it comes: some go on for ever."""
    headers = CIMultiDict(
        (name, value) for name, value in answer.headers.items() if name.lower() not in _OURS
    )
    if answer.status < HTTPStatus.BAD_REQUEST:
        said_who(request)
    if answer.content_length is not None and answer.content_length <= _CHUNK:
        return web.Response(
            status=answer.status, reason=answer.reason, headers=headers, body=await answer.read()
        )
    response = web.StreamResponse(status=answer.status, reason=answer.reason, headers=headers)
    await response.prepare(request)
    try:
        if request.method != hdrs.METH_HEAD:
            async for chunk in answer.content.iter_any():
                await response.write(chunk)
            await response.write_eof()
    except (ClientError, OSError):
        if request.transport is not None:
            request.transport.abort()  # whoever reads it is to see that it broke off
    return response


def _address(request: web.Request) -> URL:
    return URL(f"http://at-work{request.rel_url.raw_path_qs}", encoded=True)


def _headers(request: web.Request) -> "CIMultiDict[str]":
    headers = CIMultiDict(
        (name, value) for name, value in request.headers.items() if name.lower() not in _NOT_THEIRS
    )
    headers[_FOR] = request.remote or ""
    headers[hdrs.ACCEPT_ENCODING] = "identity"  # it is compressed here, for those who take that
    return headers


def _unanswered(request: web.Request, error: ClientError | OSError) -> RefusedError:
    """Nothing is sent twice: what was sent may have been done."""
    if request.method in _SAFE or isinstance(error, ClientConnectorError):
        return RefusedError(ErrorCode.UNAVAILABLE, NOTHING_DONE, _SOON_S)
    return UncertainError(ErrorCode.UNAVAILABLE, UNKNOWN)
