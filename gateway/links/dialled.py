"""A platform that we connect to: dial, run, and dial again after a pause that grows and jitters.

What carries the frames is a `Carrier`; see gateway.links.carriers for those there are.
"""

import asyncio
import random
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, aclosing
from typing import Final, Protocol

import structlog
from aiohttp import ClientError

from gateway.links.link import Core, Link
from gateway.links.registry import Links
from gateway.platforms.platform import Platform
from gateway.runtime.tasks import Tasks
from gateway.telemetry import tracing
from gateway.telemetry.metrics import LinkEnd
from schemas.errors import MalformedFrame

log = structlog.get_logger("trunkline.dialled")

_FIRST_PAUSE_S: Final = 0.5
_LONGEST_PAUSE_S: Final = 30.0
_CONNECT_S: Final = 10.0
_Outbox = asyncio.Queue[tuple[bytes, str]]  # and the trace that each belongs to
_OUTBOX: Final = 1_000  # calls waiting for the carrier; more than that and the link is given up


class Carrier(Protocol):
    """One connection with a platform.

    What goes wrong with it, in either direction, is a ClientError or an OSError; what comes and is not what
    the dialect says of its transport is a MalformedFrame. Both are its end.
    """

    def frames(self) -> AsyncGenerator[bytes]:
        """What the platform says, in order, until it closes the connection."""
        ...

    async def send(self, frame: bytes) -> None:
        """Say something; returns when the next may be said."""
        ...


Dial = Callable[[], AbstractAsyncContextManager[Carrier]]  # leaving it closes the connection


class DialledLink:
    """Keeps one connection with a platform up until it is stopped."""

    def __init__(self, core: Core, platform: Platform, links: Links, dial: Dial) -> None:
        self._core = core
        self._platform = platform
        self._links = links
        self._dial = dial
        # One for all its links: it knows which sessions there are ours.
        self._connection = platform.dialect.platform_connection(platform.settings, None)

    def start(self, tasks: Tasks) -> None:
        """Begin to dial, in the background."""
        tasks.start(self._run(), f"link {self._platform.id}")

    async def _run(self) -> None:
        pause_s = _FIRST_PAUSE_S
        while True:
            if self._core.router.full:  # what a new connection tells at once would be on top of it
                await self._core.router.drained()
            attempt = asyncio.create_task(self._once())
            try:
                await asyncio.wait([attempt])
            finally:
                attempt.cancel()
                await asyncio.wait([attempt])
            error = attempt.exception()  # whatever it was, the next attempt is not to suffer from it
            if error is not None:
                why = str(error) or type(error).__name__
                self._links.unreachable(self._platform, why)
                if not isinstance(error, (ClientError, OSError, MalformedFrame)):
                    log.error("link failed", platform=self._platform.id, exc_info=error)
            ready = error is None and attempt.result()
            pause_s = _FIRST_PAUSE_S if ready else min(pause_s * 2, _LONGEST_PAUSE_S)
            await self._core.clock.sleep(pause_s * random.uniform(0.5, 1.0))  # noqa: S311  # no secret in it

    async def _once(self) -> bool:
        """One connection, to its end. Returns whether it was ever usable."""
        async with AsyncExitStack() as stack:
            async with asyncio.timeout(_CONNECT_S):
                carrier = await stack.enter_async_context(self._dial())
            return await self._carry(carrier)

    async def _carry(self, carrier: Carrier) -> bool:
        outbox: _Outbox = asyncio.Queue(_OUTBOX)
        ended = asyncio.Event()
        reason, end = "the platform closed the connection", LinkEnd.WENT_AWAY

        def send(frame: bytes) -> None:
            nonlocal end
            try:
                outbox.put_nowait((frame, tracing.here()))
            except asyncio.QueueFull:
                end = LinkEnd.FULL
                ended.set()

        def close(_code: int, why: str) -> None:
            nonlocal reason, end
            reason, end = why, LinkEnd.REFUSED
            ended.set()

        link = self._links.make(
            self._core, self._platform, self._links, send, close, connection=self._connection
        )
        try:
            async with asyncio.TaskGroup() as group:
                work = [
                    group.create_task(self._read(carrier, link)),
                    group.create_task(_write(carrier, outbox)),
                    group.create_task(_wait(ended)),
                ]
                for task in work:  # the first to end ends all
                    task.add_done_callback(lambda _: [other.cancel() for other in work])
                link.opened()
        except* MalformedFrame as errors:
            reason, end = str(errors.exceptions[0]), LinkEnd.UNREADABLE
            link.unreadable(reason)
        except* (ClientError, OSError) as errors:
            reason = str(errors.exceptions[0])
        finally:
            if (current := asyncio.current_task()) is not None and current.cancelling():
                end = LinkEnd.SHUTDOWN
            self._links.link_closed(link, reason, end)
        if not link.ready and not link.troubled:
            self._links.unreachable(self._platform, reason)
        return link.ready

    async def _read(self, carrier: Carrier, link: Link) -> None:
        async with aclosing(carrier.frames()) as frames:
            async for frame in frames:
                link.received(frame)
                if self._core.router.full:
                    await self._core.router.drained()


async def _write(carrier: Carrier, outbox: _Outbox) -> None:
    while True:
        frame, trace = await outbox.get()
        if trace != tracing.here():
            tracing.go_on(trace)
        await carrier.send(frame)


async def _wait(ended: asyncio.Event) -> None:
    await ended.wait()
