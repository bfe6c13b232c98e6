"""Subscribers that follow the journal by cursor, each its own way, and go on after every break."""

import asyncio
import re
import socket
import zlib
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final

import msgspec
from aiohttp import ClientError, ClientSession, ClientTimeout

from tests.bench.client import Wire, text
from tests.faults.notes import PLATFORMS, Event, Followed

AGAIN_S: Final = 0.05
_CONNECT_S: Final = 3.0
_SMALL_BYTES: Final = 4096
_TRIES: Final = 100
_FOR_EVER: Final = ClientTimeout(total=None, connect=_CONNECT_S)


class _Result(msgspec.Struct):
    outcome: str = ""


class _Question(msgspec.Struct):
    id: str


class Session(msgspec.Struct):
    """What is read of an agent's."""

    id: str
    state: str = ""


class Shown(msgspec.Struct):
    """What is read of an interaction's snapshot."""

    id: str
    platform_id: str = ""
    ref: str = ""
    state: str = ""
    data: dict[str, object] = {}

    @property
    def count(self) -> int:
        """Of the contact's changes."""
        return int(str(self.data.get("count", 0)))

    def seen(self) -> tuple[str, int, str]:
        """The contact, by the platform's name of it, and how it is."""
        return f"{self.platform_id} {self.ref}", self.count, self.state


class _Vendor(msgspec.Struct):
    earlier: list[msgspec.Raw] = []


class _Event(msgspec.Struct):
    """What is read of an event; the rest is in its digest."""

    id: str
    type: str
    cursor: int
    platform_id: str
    session_id: str | None = None
    agent_id: str | None = None
    agent: Session | None = None
    sequence: int = 0
    late: bool = False
    interaction: Shown | None = None
    command_id: str = ""
    result: _Result | None = None
    needinfo: _Question | None = None
    vendor: _Vendor | None = None

    def pieces(self) -> tuple[int, ...]:
        """The contact's changes that its platform told before, of the one that this tells."""
        frames = self.vendor.earlier if self.vendor is not None else ()
        return tuple(int(count) for frame in frames for count in _COUNT.findall(bytes(frame)))


class Page(msgspec.Struct):
    """Of events."""

    events: list[msgspec.Raw]
    cursor: int
    gap: msgspec.Raw | None = None


_COUNT: Final = re.compile(rb'"count": ?"(\d+)"')
_event: Final = msgspec.json.Decoder(_Event).decode
page_in: Final = msgspec.json.Decoder(Page).decode


def read(body: bytes) -> Event:
    """An event as it came."""
    event = _event(body)
    about = event.interaction
    ended = event.type == "command.finished"
    return Event(
        event.id,
        event.type,
        event.cursor,
        subject=about.id if about is not None else event.session_id or event.platform_id,
        sequence=event.sequence,
        digest=zlib.crc32(body),
        contact=f"{event.platform_id} {about.ref}" if about is not None else "",
        count=about.count if about is not None else 0,
        state=about.state if about is not None else event.agent.state if event.agent is not None else "",
        command=event.command_id if ended else "",
        question=event.needinfo.id if event.needinfo is not None else "",
        outcome=event.result.outcome if ended and event.result is not None else "",
        agent=event.agent_id or "",
        late=event.late,
        pieces=event.pieces(),
    )


class Follower:
    """One subscriber. `port` is where it reaches the gateway."""

    def __init__(
        self, name: str, port: int, on_event: Callable[[Event, bytes], object] | None = None
    ) -> None:
        self.followed = Followed(name)
        self.cursor = 0
        self._port = port
        self._on_event = on_event

    @property
    def url(self) -> str:
        """Of the gateway."""
        return f"http://127.0.0.1:{self._port}"

    def take(self, body: bytes) -> None:
        """Note one event."""
        event = read(body)
        self.followed.events.append(event)
        self.cursor = event.cursor
        if self._on_event is not None:
            self._on_event(event, body)

    async def run(self, once: Callable[[], Awaitable[None]]) -> None:
        """Follow; after every break go on where it was."""
        while True:
            with suppress(ClientError, OSError):  # the gateway is down, or the link is cut
                await once()
            await asyncio.sleep(AGAIN_S)


class _Stream(Wire):
    """One connection of a stream's client."""

    follower: "StreamFollower"

    def received(self, data: bytes, start: int, end: int) -> None:
        """An event, or a word of the stream's own."""
        frame = data[start:end]
        if frame.startswith(b'{"type":"stream.gap"'):
            self.follower.followed.gaps += 1
        elif not frame.startswith(b'{"type":"stream.'):
            self.follower.take(frame)


class StreamFollower(Follower):
    """A WebSocket with `after`. A slow one stops reading for `pause_s` every now and then."""

    def __init__(
        self,
        name: str,
        port: int,
        on_event: Callable[[Event, bytes], object] | None = None,
        *,
        pause_s: float = 0.0,
        types: tuple[str, ...] = PLATFORMS,
    ) -> None:
        super().__init__(name, port, on_event)
        self.followed.types = types
        self.too_slow = 0  # how often it was closed for that
        self.pause_s = pause_s

    async def follow(self) -> None:
        """Until cancelled."""
        await self.run(self._once)

    async def _once(self) -> None:
        loop = asyncio.get_running_loop()
        plain = socket.socket()
        if self.pause_s:  # else the system would hold back for it what the gateway should
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _SMALL_BYTES)
        plain.setblocking(False)
        try:
            await loop.sock_connect(plain, ("127.0.0.1", self._port))
        except BaseException:
            plain.close()
            raise
        transport, wire = await loop.create_connection(
            lambda: _Stream(f"127.0.0.1:{self._port}", "/v1/stream", ""), sock=plain
        )
        wire.follower = self
        try:
            async with asyncio.timeout(_CONNECT_S):
                await wire.upgraded
            types = [] if self.followed.whole else [f"{one}*" for one in self.followed.types]
            wire.write(text({"type": "subscribe", "after": self.cursor, "filter": {"types": types}}))
            while self.pause_s and not wire.broken.done():
                transport.pause_reading()
                await asyncio.sleep(self.pause_s)
                transport.resume_reading()
                await asyncio.sleep(AGAIN_S)
            self.too_slow += "reads too slowly" in await wire.broken
        finally:
            transport.abort()


class SseFollower(Follower):
    """Server-sent events with `Last-Event-ID`."""

    async def follow(self) -> None:
        """Until cancelled."""
        async with ClientSession(timeout=_FOR_EVER, read_bufsize=1 << 20) as http:
            await self.run(lambda: self._once(http))

    async def _once(self, http: ClientSession) -> None:
        headers = {"Last-Event-ID": str(self.cursor)}
        async with http.get(f"{self.url}/v1/events/stream", headers=headers) as response:
            async for line in response.content:
                if line.startswith(b'data: {"type":"stream.gap"'):
                    self.followed.gaps += 1
                elif line.startswith(b"data: ") and line.endswith(b"\n"):
                    self.take(line[6:-1])


class PollFollower(Follower):
    """REST, page by page."""

    async def follow(self) -> None:
        """Until cancelled."""
        async with ClientSession(timeout=_FOR_EVER) as http:
            await self.run(lambda: self._once(http))

    async def catch_up(self) -> None:
        """To what is the end now. What breaks off is gone on with."""
        async with ClientSession(timeout=_FOR_EVER) as http:
            for left in reversed(range(_TRIES)):
                try:
                    await self._once(http)
                except (ClientError, OSError):
                    if not left:
                        raise
                else:
                    return
                await asyncio.sleep(AGAIN_S)

    async def _once(self, http: ClientSession) -> None:
        while True:
            address = f"{self.url}/v1/events?after={self.cursor}&limit=500"
            async with http.get(address, raise_for_status=True) as response:
                page = page_in(await response.read())
            self.followed.gaps += page.gap is not None
            for body in page.events:
                self.take(bytes(body))
            if not page.events:
                return
