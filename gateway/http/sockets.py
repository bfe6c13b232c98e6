"""What our WebSocket endpoints share: raw coalesced writes, bounded buffers, an end with code and reason.

Frames are written to the transport as they are (gateway.frames); aiohttp does the handshake, reads, pings and
closes. So nothing waits for a slow peer: it is found out by the size of its buffer and closed.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Final, Literal, Protocol
from weakref import WeakSet

import msgspec
from aiohttp import WebSocketError, WSCloseCode, WSMsgType, hdrs, web

from gateway.http.connection import Connection
from gateway.http.peer_faults import PEERS, UNREADABLE, note, unreadable
from gateway.runtime.frames import text_frame
from gateway.security.standing import TakenOverError
from gateway.security.tokens import CredentialError, EndedError
from gateway.telemetry.metrics import ClosedBecause
from gateway.telemetry.peers import PeerFault
from schemas.errors import RefusedError, StoreError
from schemas.results import ErrorCode

HARD_LIMIT_BYTES: Final = 16 * 1024 * 1024  # a frame above it ends the connection, unread
HEARTBEAT_S: Final = 30.0
CLOSE_S: Final = 5.0
HELLO_S: Final = 10.0  # for the first frame, where that says who it is
STALLED_S: Final = 30.0  # for one piece of what was missed
LAST_S: Final = 30.0  # for what waits for a client that is too slow, and the code after it
_STALLED: Final = "stopped reading; resume after the last cursor that arrived"
_PIECE_BYTES: Final = 64 * 1024

# Close codes of ours (4000-4999 are free for applications). README lists them for clients.
ENDED: Final = 4401  # the key or token is over, or not known: come again with another
FORBIDDEN: Final = 4403
HELLO_TIMEOUT: Final = 4408
TAKEN_OVER: Final = 4409  # the agent has signed in elsewhere and taken the session over
OUTDATED: Final = 4426  # the script and this gateway are too far apart
TOO_SLOW: Final = 4429  # resume after the last cursor that arrived
GOING_AWAY: Final = int(WSCloseCode.GOING_AWAY)


def hard_limit_bytes(most_bytes: int) -> int:
    """What ends the connection, where a frame of more than `most_bytes` is dropped."""
    return max(HARD_LIMIT_BYTES, 2 * most_bytes)


def pieces(parts: Iterable[bytes]) -> Iterator[bytes]:
    """The parts joined into writes of some size: each may wait for the peer, which few should."""
    waiting: list[bytes] = []
    size = 0
    for part in parts:
        waiting.append(part)
        size += len(part)
        if size >= _PIECE_BYTES:
            yield b"".join(waiting)
            waiting.clear()
            size = 0
    if waiting:
        yield b"".join(waiting)


class Leaver(Protocol):
    """Somebody with a connection that would go on for ever."""

    def leave(self) -> None:
        """Begin to end it: the gateway goes away."""
        ...


class Connections:
    """Those of one application that are open: so many at most, and ended as soon as it shuts down.

    Otherwise each would be waited for until the time for that is over, and then be cut.
    """

    def __init__(self, app: web.Application, most: int) -> None:
        self._open: WeakSet[Leaver] = WeakSet()
        self._most = most
        self._app = app
        app[CONNECTIONS] = self
        app.on_shutdown.append(self._leave)

    def add(self, one: Leaver) -> None:
        """One more. Raises RefusedError if there are too many."""
        if len(self._open) >= self._most:
            if (peers := self._app.get(PEERS)) is not None:
                peers.fault(PeerFault.FULL, "a connection was refused: as many are open as may be")
            raise RefusedError(ErrorCode.RATE_LIMITED, f"{self._most} connections are open already")
        self._open.add(one)

    def remove(self, one: Leaver) -> None:
        """It is over."""
        self._open.discard(one)

    def let_go(self, why: str) -> int:
        """Have all come again, and perhaps to another gateway; returns how many."""
        some = tuple(self._open)
        for one in some:
            if isinstance(one, Socket):
                one.end(WSCloseCode.TRY_AGAIN_LATER, why)
            else:
                one.leave()
        return len(some)

    async def _leave(self, _app: web.Application) -> None:
        for one in tuple(self._open):
            one.leave()


CONNECTIONS: Final = web.AppKey("connections", Connections)


_BECAUSE: Final[Mapping[int | None, ClosedBecause]] = {
    TOO_SLOW: ClosedBecause.TOO_SLOW,
    GOING_AWAY: ClosedBecause.SHUTDOWN,
    FORBIDDEN: ClosedBecause.REFUSED,
    HELLO_TIMEOUT: ClosedBecause.REFUSED,
    OUTDATED: ClosedBecause.REFUSED,
    ENDED: ClosedBecause.CREDENTIAL,
    TAKEN_OVER: ClosedBecause.CREDENTIAL,
}


class CloseError(RefusedError):
    """Refused by a close code of its own."""

    def __init__(self, close_code: int, message: str) -> None:
        super().__init__(ErrorCode.NOT_ALLOWED, message)
        self.close_code = close_code


class UpgradeRequiredError(web.HTTPClientError):
    """It is a WebSocket that is served there."""

    status_code = 426

    def __init__(self) -> None:
        headers = {hdrs.UPGRADE: "websocket", hdrs.CONNECTION: "Upgrade"}
        super().__init__(headers=headers, reason="a WebSocket is served here")


def close_code_of(why: EndedError) -> int:
    """The close code that says why a credential is good no more."""
    return TAKEN_OVER if isinstance(why, TakenOverError) else ENDED


def because(code: int | None) -> ClosedBecause:
    """What a close code of ours tells about the end; None: it was not ours."""
    return _BECAUSE.get(code, ClosedBecause.LEFT)


class _WebSocket(web.WebSocketResponse[Literal[False]]):
    """Which says why it ends where its reader has refused a frame."""

    def __init__(self, most_bytes: int) -> None:
        super().__init__(compress=False, decode_text=False, max_msg_size=most_bytes, heartbeat=HEARTBEAT_S)

    async def close(self, *, code: int = WSCloseCode.OK, message: bytes = b"", drain: bool = True) -> bool:
        """Close it."""
        if code == WSCloseCode.MESSAGE_TOO_BIG and not message:
            message = f"a frame of more than {self._max_msg_size} bytes".encode()
        return await super().close(code=code, message=message, drain=drain)


class Socket:
    """A server's end of a WebSocket. A frame of `most_bytes` or more is its end."""

    def __init__(self, request: web.Request, buffer_bytes: int, most_bytes: int = HARD_LIMIT_BYTES) -> None:
        self._request = request
        self._buffer_bytes = buffer_bytes
        self._most_bytes = most_bytes
        self._ws = _WebSocket(most_bytes)
        self.too_large = ""  # why it ended, if a frame was
        self._transport: asyncio.Transport | None = None
        self._closing: asyncio.Task[object] | None = None
        self.left = False  # by us: the gateway goes away
        self.older = False  # the script on the other side, which knows one code of refusal alone
        self._code: int | None = None  # that we closed it with

    async def accept(self) -> None:
        """Do the handshake. Raises RefusedError if too many are open, HTTPException if the peer has left."""
        if self._request.headers.get(hdrs.UPGRADE, "").lower() != "websocket":
            raise UpgradeRequiredError
        connections = self._request.app[CONNECTIONS]
        connections.add(self)
        done = False
        try:
            await self._ws.prepare(self._request)
            done = True
        except ConnectionError as error:
            raise web.HTTPBadRequest(reason="the peer left during the handshake") from error
        finally:
            if not done:
                connections.remove(self)
        self._transport = self._request.transport
        connection = self._request.protocol
        if isinstance(connection, Connection) and connection.doorway is not None:
            connection.doorway.on_refused(self._refuse)

    @property
    def response(self) -> web.StreamResponse:
        """What the handler answers the request with."""
        return self._ws

    @property
    def open(self) -> bool:
        """Whether frames still go out."""
        transport = self._transport
        return (
            self._closing is None
            and not self._ws.closed
            and transport is not None
            and not transport.is_closing()
        )

    def send(self, payload: bytes) -> bool:
        """One text frame."""
        return self.write(text_frame(payload))

    def send_all(self, payloads: Sequence[bytes]) -> bool:
        """Text frames, in one write."""
        return self.write(b"".join([text_frame(payload) for payload in payloads]))

    def write(self, frames: bytes) -> bool:
        """Frames, ready made. Returns False, and ends the connection, if the peer reads too slowly."""
        transport = self._transport
        if transport is None or not self.open:
            return False
        transport.write(frames)
        if transport.get_write_buffer_size() > self._buffer_bytes:
            self.end(TOO_SLOW, "reads too slowly; resume after the last cursor that arrived")
            return False
        return True

    async def send_paced(self, payloads: Sequence[bytes]) -> None:
        """Text frames, as fast as the peer reads them: who is sent what it missed is not slow, but behind."""
        loop = asyncio.get_running_loop()
        for piece in pieces(map(text_frame, payloads)):
            if not self.open or self._transport is None:
                return
            self._transport.write(piece)
            # Not by a cancellation: the end waits for the same buffer to be read.
            stalled = loop.call_later(STALLED_S, self.end, TOO_SLOW, _STALLED)
            try:
                await self._request.writer.drain()
            except ConnectionError:
                return
            finally:
                stalled.cancel()

    def _refuse(self, why: str) -> None:
        self.too_large = why
        self.end(WSCloseCode.MESSAGE_TOO_BIG, why)

    def end(self, code: int, reason: str) -> None:
        """Begin to close; returns at once. What is in the buffer goes first, if that takes not too long."""
        if self._closing is None:
            self._code = code
            self._closing = asyncio.get_running_loop().create_task(self._end(code, reason))

    @property
    def closed_because(self) -> ClosedBecause:
        """Why it ended, once it has."""
        return because(self._code)

    def leave(self) -> None:
        """End it, because the gateway goes away."""
        self.left = True
        self.end(GOING_AWAY, "the gateway goes away")

    async def _end(self, code: int, reason: str) -> None:
        try:
            if self._transport is not None and not self._transport.is_closing():
                self._transport.set_write_buffer_limits(high=0)  # only an empty buffer has let the code out
            async with asyncio.timeout(LAST_S if code == TOO_SLOW else CLOSE_S):
                await self._ws.close(code=code, message=reason.encode()[:120])
        except (TimeoutError, ConnectionError, RuntimeError):
            pass  # the last is uvloop's word for a transport that is lost already
        finally:
            if self._transport is not None:
                self._transport.abort()

    async def first(self) -> bytes | None:
        """The frame that says who it is. Raises TimeoutError if that does not come soon."""
        async with asyncio.timeout(HELLO_S):
            return await self.receive()

    async def receive(self) -> bytes | None:
        """The next text frame; None when there will be no more."""
        while True:
            message = await self._ws.receive()
            if message.type is WSMsgType.TEXT:
                return bytes(message.data)
            if message.type is not WSMsgType.BINARY:
                if (
                    isinstance(message.data, WebSocketError)
                    and message.data.code == WSCloseCode.MESSAGE_TOO_BIG
                ):
                    self.too_large = f"a frame of more than {self._most_bytes} bytes"
                return None

    async def ended(self) -> None:
        """Wait until a close that was begun is over."""
        self._request.app[CONNECTIONS].remove(self)
        if self._closing is not None:
            await asyncio.wait([self._closing])


def error_frame(code: str, message: str) -> bytes:
    """Our own word on a frame that no dialect could answer."""
    return msgspec.json.encode(
        {"jsonrpc": "2.0", "method": "trunkline.error", "params": [{"code": code, "message": message}]}
    )


@asynccontextmanager
async def served(
    request: web.Request, buffer_bytes: int, most_bytes: int = HARD_LIMIT_BYTES
) -> AsyncIterator[Socket]:
    """One client's socket, from handshake to end: what goes wrong ends it with a code and a reason."""
    socket = Socket(request, buffer_bytes, most_bytes)
    await socket.accept()
    try:
        yield socket
    except CloseError as error:
        socket.end(error.close_code, error.message)
    except RefusedError as error:
        if not socket.too_large:
            note(request, PeerFault.REFUSED, "a connection was refused", why=error.message)
        if isinstance(error, CredentialError) and not socket.older:
            code = ENDED
        else:
            later = error.code is ErrorCode.UNAVAILABLE
            code = int(WSCloseCode.TRY_AGAIN_LATER) if later else FORBIDDEN
        socket.end(code, error.message)
    except StoreError as error:
        unreadable(request, error)
        socket.end(WSCloseCode.TRY_AGAIN_LATER, UNREADABLE)
    except TimeoutError:
        note(request, PeerFault.NO_HELLO, "a connection did not say who it is", address=request.remote)
        socket.end(HELLO_TIMEOUT, f"no first frame within {HELLO_S:g} s")
    except asyncio.CancelledError:
        socket.leave()
        raise
    finally:
        if socket.too_large:
            note(request, PeerFault.TOO_LARGE, "a frame was too large", why=socket.too_large)
        await socket.ended()
