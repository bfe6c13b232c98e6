"""A platform that we connect to: dial, run, and dial again after a pause that grows and jitters."""

import asyncio
import random
from typing import Final

import structlog
from aiohttp import ClientError, ClientSession, ClientWebSocketResponse, WSMsgType

from gateway.links.link import Core, Link
from gateway.links.registry import Links
from gateway.platform import Platform
from gateway.sockets import HARD_LIMIT_BYTES, HEARTBEAT_S
from gateway.tasks import Tasks

log = structlog.get_logger("trunkline.dialled")

_FIRST_PAUSE_S: Final = 0.5
_LONGEST_PAUSE_S: Final = 30.0
_CONNECT_S: Final = 10.0
_OUTBOX: Final = 1_000  # calls waiting for the socket; more than that and the link is given up


class DialledLink:
    """Keeps one connection with a platform up until it is stopped."""

    def __init__(self, core: Core, platform: Platform, links: Links, session: ClientSession) -> None:
        self._core = core
        self._platform = platform
        self._links = links
        self._session = session

    def start(self, tasks: Tasks) -> None:
        """Begin to dial, in the background."""
        tasks.start(self._run(), f"link {self._platform.id}")

    async def _run(self) -> None:
        pause_s = _FIRST_PAUSE_S
        while True:
            attempt = asyncio.create_task(self._once())
            try:
                await asyncio.wait([attempt])
            finally:
                attempt.cancel()
                await asyncio.wait([attempt])
            error = attempt.exception()  # whatever it was, the next attempt is not to suffer from it
            if error is not None:
                known = isinstance(error, (ClientError, OSError, TimeoutError))
                why = str(error) or type(error).__name__
                log.warning(
                    "link failed", platform=self._platform.id, why=why, exc_info=None if known else error
                )
            ready = error is None and attempt.result()
            pause_s = _FIRST_PAUSE_S if ready else min(pause_s * 2, _LONGEST_PAUSE_S)
            await self._core.clock.sleep(pause_s * random.uniform(0.5, 1.0))  # noqa: S311  # no secret in it

    async def _once(self) -> bool:
        """One connection, to its end. Returns whether it was ever usable."""
        async with asyncio.timeout(_CONNECT_S):
            socket = await self._session.ws_connect(
                self._platform.config.url or "",
                max_msg_size=HARD_LIMIT_BYTES,
                heartbeat=HEARTBEAT_S,
                autoping=True,
                decode_text=False,
            )
        outbox: asyncio.Queue[bytes] = asyncio.Queue(_OUTBOX)
        ended = asyncio.Event()

        def send(frame: bytes) -> None:
            try:
                outbox.put_nowait(frame)
            except asyncio.QueueFull:
                ended.set()

        def close(_code: int, reason: str) -> None:
            log.warning("link refused", platform=self._platform.id, why=reason)
            ended.set()

        link = Link(self._core, self._platform, self._links, send, close)
        reason = "the platform closed the connection"
        try:
            async with asyncio.TaskGroup() as group:
                writer = group.create_task(_write(socket, outbox))
                watcher = group.create_task(_close_when(socket, ended))
                link.opened()
                await self._read(socket, link)
                writer.cancel()
                watcher.cancel()
        except* (ClientError, OSError) as errors:
            reason = str(errors.exceptions[0])
        finally:
            self._links.link_closed(link, reason)
            await socket.close()
        return link.ready

    async def _read(self, socket: ClientWebSocketResponse[bool], link: Link) -> None:
        while True:
            message = await socket.receive()
            if message.type is WSMsgType.TEXT:
                link.received(bytes(message.data))
            elif message.type is not WSMsgType.BINARY:
                return
            if self._core.router.full:
                await self._core.router.drained()


async def _write(socket: ClientWebSocketResponse[bool], outbox: asyncio.Queue[bytes]) -> None:
    while True:
        frame = await outbox.get()
        await socket.send_str(frame.decode())


async def _close_when(socket: ClientWebSocketResponse[bool], ended: asyncio.Event) -> None:
    await ended.wait()
    await socket.close()
