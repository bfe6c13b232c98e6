"""What a client of the stream wants done, while another gateway is at work: done over a stream of that one's.

Events are told here; over there nothing is subscribed to but what the client said that it answers. It is
opened with the client's own credential and first frame when it first wants something. If it breaks off,
whoever waits is told that the effect is unknown.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Final

import msgspec
from aiohttp import ClientError, ClientWebSocketResponse, WSMsgType, web

from gateway.http.handing_on import NOTHING_DONE, UNKNOWN, HandingOn
from gateway.runtime.tasks import Tasks
from schemas.results import ErrorCode

_MOST: Final = 64  # frames that wait to be passed on
_AGAIN_S: Final = 1.0
_COMMAND: Final = b'{"type":"command.changed"'
_PASSED: Final = (_COMMAND, b'{"type":"stream.error"')  # of what is said there; all else is told here


class _Record(msgspec.Struct, frozen=True):
    status: str


class _Said(msgspec.Struct, frozen=True):
    ref: str = ""
    record: _Record | None = None


_said: Final = msgspec.json.Decoder(_Said).decode
_encode: Final = msgspec.json.Encoder().encode
Handing = Callable[[], HandingOn | None]  # how to reach the gateway at work, where that is another one


class Elsewhere:
    """Of one client. What it is asked is begun at once."""

    def __init__(
        self,
        handing: Handing,
        request: web.Request,
        subscribe: bytes,
        send: Callable[[bytes], object],
        tasks: Tasks,
    ) -> None:
        """`subscribe`: the first frame there. `send` gets what is for the client."""
        self._handing = handing
        self._request = request
        self._subscribe = subscribe
        self._send = send
        self._tasks = tasks
        self._queue: asyncio.Queue[bytes] = asyncio.Queue(_MOST)
        self._open: dict[str, None] = {}  # refs of what has no end yet
        self._end: Callable[[], object] | None = None
        self._here: Callable[[], object] | None = None

    @property
    def needed(self) -> bool:
        """Whether another gateway is at work."""
        return self._handing() is not None

    def answer(self, here: Callable[[], object]) -> None:
        """Let what is asked there come to the client; `here` is called once we are at work ourselves."""
        self._here = here
        if self.needed:
            self._begin()
        else:
            here()

    def pass_on(self, frame: bytes, ref: str) -> None:
        """Have it done there."""
        self._begin()
        if self._queue.full():
            self._tell(ref, ErrorCode.RATE_LIMITED, f"{_MOST} frames wait for the gateway at work")
        else:
            self._queue.put_nowait(frame)
            self._open[ref] = None

    def close(self) -> None:
        """The client is gone."""
        if self._end is not None:
            self._end()

    def _begin(self) -> None:
        if self._end is None:
            self._end = self._tasks.start(self._run(), "stream elsewhere")

    async def _run(self) -> None:
        while (handing := self._handing()) is not None:
            why = NOTHING_DONE
            with suppress(ClientError, OSError):
                async with handing.connect(self._request) as there:
                    why = UNKNOWN
                    await self._speak(there)
            while not self._queue.empty():
                self._queue.get_nowait()
            for ref in self._open:
                self._tell(ref, ErrorCode.UNAVAILABLE, why)
            self._open.clear()
            if self._here is None:
                break
            await asyncio.sleep(_AGAIN_S)
        self._end = None
        if self._here is not None:
            self._here()

    def _tell(self, ref: str, code: ErrorCode, why: str) -> None:
        self._send(_encode({"type": "stream.error", "code": code, "message": why, "ref": ref}))

    async def _speak(self, there: ClientWebSocketResponse[bool]) -> None:
        await there.send_str(self._subscribe.decode())
        sending = asyncio.create_task(self._pass_on(there))
        try:
            while (message := await there.receive()).type is WSMsgType.TEXT:
                if message.data.startswith(_PASSED):
                    self._noted(message.data)
                    self._send(message.data)
        finally:
            sending.cancel()
            await asyncio.wait([sending])

    async def _pass_on(self, there: ClientWebSocketResponse[bool]) -> None:
        with suppress(ClientError, OSError):
            while True:
                await there.send_str((await self._queue.get()).decode())

    def _noted(self, frame: bytes) -> None:
        """What has its end needs not be lost."""
        said = _said(frame)
        if said.record is None or said.record.status in {"finished", "needinfo"}:
            self._open.pop(said.ref, None)
