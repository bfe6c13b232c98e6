"""Where we listen: connections are taken as long as there are descriptors, and some are always left."""

import asyncio
import errno
import socket
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from typing import Final

from aiohttp import web
from aiohttp.abc import AbstractStreamWriter
from aiohttp.http import RawRequestMessage
from aiohttp.streams import StreamReader

from gateway.http.connection import Connection
from gateway.http.descriptors import Descriptors
from gateway.http.proxies import Networks
from gateway.http.strangers import Strangers
from gateway.http.tls import HANDSHAKE_S, ServedTls
from gateway.telemetry.peers import PeerFault, Peers

BACKLOG: Final = 1024
_AT_ONCE: Final = 32  # connections taken in one turn of the loop, or it would do nothing else
_PAUSE_S: Final = 0.05  # for those that were ended to give their descriptors back
_NO_DESCRIPTOR: Final = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
_NO_ROOM: Final = "all descriptors that clients may have are in use: a connection was not taken"


class Listener:
    """Takes connections for one server, from all its sockets."""

    def __init__(
        self,
        server: web.Server,
        strangers: Strangers,
        peers: Peers,
        trusted: Networks,
        descriptors: Descriptors,
        *,
        tls: ServedTls | None,
        most: int,
    ) -> None:
        """`most`: so many TLS handshakes at once; at it the oldest is ended."""
        self._tls = tls
        self._most = most
        self._server = server
        self._strangers = strangers
        self._peers = peers
        self._trusted = trusted
        self._descriptors = descriptors
        self._sockets: list[socket.socket] = []
        self._taking: dict[asyncio.Task[object], None] = {}  # the oldest first
        self._open: set[Connection] = set()
        self._inside: asyncio.AbstractServer | None = None
        self._paused: dict[socket.socket, asyncio.TimerHandle] = {}
        made = server.request_factory

        def make(
            message: RawRequestMessage,
            payload: StreamReader,
            protocol: web.RequestHandler,
            writer: AbstractStreamWriter,
            task: "asyncio.Task[None]",
        ) -> web.BaseRequest:
            if not isinstance(protocol, Connection):
                return made(message, payload, protocol, writer, task)
            return protocol.asks(made(protocol.heard(message), payload, protocol, writer, task))

        server.request_factory = make

    async def listen(self, host: str, port: int, *, reuse_port: bool = False) -> Sequence[str]:
        """Begin. Returns the addresses, as URLs. Raises OSError.

        `reuse_port`: others of this user listen on it too; the system gives each connection to one of them.
        """
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        try:
            for family, kind, proto, _, address in dict.fromkeys(found):
                try:
                    one = socket.socket(family, kind, proto)
                except OSError as error:
                    if error.errno == errno.EAFNOSUPPORT:
                        continue  # a machine without IPv6
                    raise
                self._sockets.append(one)
                one.setblocking(False)
                one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                if reuse_port:
                    one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
                if family == socket.AF_INET6:
                    one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
                one.bind(address)
                one.listen(BACKLOG)
        except OSError:
            self.stop()
            raise
        for one in self._sockets:
            self._watch(one)
        scheme = "http" if self._tls is None else "https"
        return [_url(scheme, one.getsockname()) for one in self._sockets]

    async def listen_inside(self, path: str) -> None:
        """Take too what other gateways of ours hand on, at a local socket. Raises OSError."""

        def inside() -> Connection:
            about = self._server, self._strangers, self._peers, self._trusted, self._open.discard
            made = Connection(*about, inside=True)
            self._open.add(made)
            return made

        self._inside = await asyncio.get_running_loop().create_unix_server(inside, path)

    def stop(self) -> None:
        """Take no more; those that are open go on."""
        loop = asyncio.get_running_loop()
        if self._inside is not None:
            self._inside.close()
        for timer in self._paused.values():
            timer.cancel()
        self._paused.clear()
        for one in self._sockets:
            loop.remove_reader(one)
            one.close()
        self._sockets.clear()

    async def taken(self) -> None:
        """Return when each connection that was taken is the server's, which ends it."""
        if self._tls is not None:  # who has not come to the end of a handshake has asked for nothing
            for task in self._taking:
                task.cancel()
        while self._taking:
            await asyncio.wait(self._taking)

    def cut(self) -> None:
        """End all that are open, at once."""
        for connection in tuple(self._open):
            connection.cut()

    def _watch(self, one: socket.socket) -> None:
        self._paused.pop(one, None)
        asyncio.get_running_loop().add_reader(one, self._take, one)

    def _pause(self, one: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        loop.remove_reader(one)
        self._paused[one] = loop.call_later(_PAUSE_S, self._watch, one)

    def _take(self, one: socket.socket) -> None:
        """Take what is waiting, for each that is too many another is ended."""
        for _ in range(_AT_ONCE):
            try:
                taken, _ = one.accept()
            except (BlockingIOError, InterruptedError):
                return
            except ConnectionError:
                continue  # it was given up meanwhile
            except OSError as error:
                if error.errno not in _NO_DESCRIPTOR:
                    raise
                if not self._strangers.make_room():
                    self._peers.fault(PeerFault.NO_ROOM, _NO_ROOM)
                self._pause(one)
                return
            if self._descriptors.scarce(taken.fileno()) and not self._strangers.make_room():
                self._peers.fault(PeerFault.NO_ROOM, _NO_ROOM)
                taken.close()
                continue
            taken.setblocking(False)
            task = asyncio.get_running_loop().create_task(self._serve(taken))
            if len(self._taking) >= self._most:
                self._peers.fault(PeerFault.CROWDED_OUT, "a TLS handshake made room for others")
                next(iter(self._taking)).cancel()
            self._taking[task] = None
            task.add_done_callback(self._taken)

    def _taken(self, task: asyncio.Task[object]) -> None:
        self._taking.pop(task, None)

    async def _serve(self, taken: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        with ExitStack() as stack, suppress(OSError):  # it is over already
            stack.callback(taken.close)
            if self._tls is None:
                await loop.connect_accepted_socket(self._connection, taken)
            else:
                await self._handshake(loop, taken, self._tls)
            stack.pop_all()  # it is the transport's now

    async def _handshake(self, loop: asyncio.AbstractEventLoop, taken: socket.socket, tls: ServedTls) -> None:
        """Raises OSError; until it is over nobody has said anything that counts."""
        try:
            await loop.connect_accepted_socket(
                self._connection, taken, ssl=tls.context, ssl_handshake_timeout=HANDSHAKE_S
            )
        except (OSError, TimeoutError) as error:
            why = getattr(error, "reason", "") or type(error).__name__
            self._peers.fault(PeerFault.BAD_TLS, "a TLS handshake failed", why=str(why).lower())
            raise

    def _connection(self) -> Connection:
        made = Connection(self._server, self._strangers, self._peers, self._trusted, self._open.discard)
        self._open.add(made)
        return made


def _url(scheme: str, name: tuple[object, ...]) -> str:
    host, port = str(name[0]), name[1]
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"
