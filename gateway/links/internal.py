"""A platform that runs inside this process: frames go over a queue instead of a socket."""

import asyncio
from collections import deque
from datetime import datetime

from adapters.contract.dialect import Peer
from gateway.links.link import Core
from gateway.links.registry import Links
from gateway.platforms.platform import Platform
from gateway.runtime.alarm import Alarm
from gateway.runtime.clock import Steady
from gateway.telemetry.metrics import LinkEnd


class InternalLink:
    """Joins a Link with a Peer, in the loop's thread, and wakes the peer when it has something to do."""

    def __init__(self, core: Core, platform: Platform, links: Links, peer: Peer) -> None:
        self._core = core
        self._links = links
        self._peer = peer
        self._inbox: deque[bytes] = deque()
        self._running = False
        self._holding: asyncio.Task[None] | None = None
        self._time = Steady(core.clock)
        self._alarm = Alarm(core.clock, self._due, self._advance, self._time.now)
        self._link = links.make(core, platform, links, self._send, self._refuse)

    def start(self) -> None:
        """Open the link."""
        self._link.opened()

    def stop(self) -> None:
        """Close it; the platform stands still."""
        self._alarm.stop()
        if self._holding is not None:
            self._holding.cancel()
        self._links.link_closed(self._link, "the gateway stops", LinkEnd.SHUTDOWN)

    def _refuse(self, _code: int, reason: str) -> None:
        self._links.link_closed(self._link, reason, LinkEnd.REFUSED)

    def _send(self, frame: bytes) -> None:
        """From the link to the platform. The answers come in the next turn: a call has returned by then."""
        self._inbox.append(frame)
        if not self._running:
            self._running = True
            asyncio.get_running_loop().call_soon(self._run)

    def _run(self) -> None:
        while self._inbox and not self._hold():
            for frame in self._peer.received(self._inbox.popleft(), self._time.now()):
                self._link.received(frame)
        self._running = False
        self._alarm.set()

    def _due(self) -> datetime | None:
        return self._peer.due() if self._holding is None else None

    def _advance(self) -> None:
        if not self._hold():
            for frame in self._peer.advance(self._time.now()):
                self._link.received(frame)

    def _hold(self) -> bool:
        """Whether the platform has to stand still, for the journal cannot take more."""
        if self._core.router.full and self._holding is None:
            self._holding = asyncio.get_running_loop().create_task(self._held())
        return self._holding is not None

    async def _held(self) -> None:
        await self._core.router.drained()
        self._holding = None
        self._advance()
        self._run()
