"""A platform over HTTP: a transport session is opened, our frames are posted in order, its own are polled.

Whatever a poll is answered with but messages is the end of that session. What such an answer might have held
is lost, and only the snapshot at the start of the next session tells what was missed.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Final

import msgspec
from aiohttp import (
    ClientConnectionError,
    ClientError,
    ClientHandlerType,
    ClientOSError,
    ClientRequest,
    ClientResponse,
    ClientSession,
    ServerDisconnectedError,
)

from adapters.contract.transports import Polling
from gateway.outbound.address import below, own, with_query
from gateway.platforms.platform import Platform
from gateway.runtime.clock import Clock
from gateway.runtime.frames import check, put_right
from gateway.telemetry import tracing
from schemas.errors import MalformedFrame

NAME: Final = "trunkline"  # what we call ourselves
_ANSWER_S: Final = 10.0
_POLL_S: Final = 120.0  # a platform holds a poll for as long as it likes, within reason
_END_S: Final = 2.0
_PAUSE_S: Final = 1.0  # from an empty poll's beginning to the next: not every platform lets it wait
_OK: Final = 200
_NOT_FOUND: Final = 404


class PolledCarrier:
    """One transport session; see gateway.links.dialled.Carrier."""

    def __init__(
        self, http: ClientSession, platform: Platform, polling: Polling, clock: Clock, most_bytes: int
    ) -> None:
        self._http = http
        self._base = own(platform.config.url or "")
        self._dialect = platform.dialect.name
        self._polling = polling
        self._clock = clock
        self._most_bytes = most_bytes
        self._id = ""

    async def begin(self) -> None:
        """Open it."""
        polling = self._polling
        body = await self._ask("POST", polling.sessions, polling.begin(NAME), _ANSWER_S)
        self._id = polling.read_begun(body)

    async def end(self) -> None:
        """Close it, if that can be done at all."""
        polling = self._polling
        with suppress(ClientError, OSError, MalformedFrame):
            await self._ask("POST", polling.sessions, polling.end(self._id, NAME), _END_S)

    async def send(self, frame: bytes) -> None:
        """Post one frame; returns when it is queued there."""
        await self._ask("POST", self._polling.requests, frame, _ANSWER_S)

    async def frames(self) -> AsyncGenerator[bytes]:
        """Poll, again and again. Nothing is asked for before what came has been taken."""
        while True:
            began_s = self._clock.monotonic()
            frames = self._unwrap(await self._ask("GET", self._polling.messages, None, _POLL_S))
            for frame in frames:
                yield frame
            early_s = _PAUSE_S - (self._clock.monotonic() - began_s)
            if not frames and early_s > 0:
                await self._clock.sleep(early_s)

    def _unwrap(self, body: bytes) -> Sequence[bytes]:
        """The frames in the answer to a poll, put right if need be. Raises MalformedFrame."""
        try:
            return self._polling.unwrap(body)
        except MalformedFrame:
            if (whole := put_right(body)) is None:
                raise
        return self._polling.unwrap(whole)

    async def _ask(self, method: str, path: str, body: bytes | None, within_s: float) -> bytes:
        """The body of the answer. Raises ClientError, OSError, MalformedFrame."""
        url = below(self._base, path)
        if self._id and path != self._polling.sessions:
            url = with_query(url, {self._polling.parameter: self._id})
        headers = tracing.outgoing()
        if body is not None:
            headers["Content-Type"] = f"{self._polling.media}; charset=utf-8"
        async with (
            asyncio.timeout(within_s),
            self._http.request(
                method, url, data=body, headers=headers, allow_redirects=False, middlewares=(_not_again,)
            ) as response,
        ):
            if response.status == _NOT_FOUND:
                raise ConnectionError(f"{path}: the platform knows the transport session no more")
            if response.status != _OK:
                raise ConnectionError(f"{path}: HTTP {response.status}")
            told = await self._read(response, path)
        try:
            check(told)
        except msgspec.DecodeError as error:
            raise MalformedFrame(self._dialect, path, str(error)) from error
        return told

    async def _read(self, response: ClientResponse, path: str) -> bytes:
        told = bytearray()
        async for chunk in response.content.iter_any():
            told += chunk
            if len(told) > self._most_bytes:
                raise MalformedFrame(self._dialect, path, f"more than {self._most_bytes} bytes")
        return bytes(told)


async def _not_again(request: ClientRequest, handler: ClientHandlerType) -> ClientResponse:
    """A GET that broke is sent again by aiohttp, unasked; but the poll may have been answered."""
    try:
        return await handler(request)
    except (ClientOSError, ServerDisconnectedError) as error:
        raise ClientConnectionError(str(error)) from error


@asynccontextmanager
async def dial(
    http: ClientSession, platform: Platform, polling: Polling, clock: Clock, most_bytes: int
) -> AsyncIterator[PolledCarrier]:
    """Open a session at the platform's address."""
    carrier = PolledCarrier(http, platform, polling, clock, most_bytes)
    await carrier.begin()
    try:
        yield carrier
    finally:
        await carrier.end()
