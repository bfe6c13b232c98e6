"""Events as an endless iterator, over as many connections as it takes.

Before it goes on after the event that it was told last, it looks that up. If the event is there, everything
after it follows: nothing is lost and nothing comes twice. If another one or none is there, the journal has
lost what we were told, as after a restored backup, and that is told as a gap.
"""

import asyncio
import itertools
from collections import deque
from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Final, Self

import msgspec
from aiohttp import ClientError, ClientWebSocketResponse, WSCloseCode, WSMsgType, WSServerHandshakeError

from trunkline_client.connection import CONNECT_S, Connection, Pauses, retry_after_s
from trunkline_client.errors import (
    GoneError,
    MalformedError,
    NotFoundError,
    ProblemError,
    StreamEndedError,
    UnansweredError,
    UnreachableError,
    refusal,
)
from trunkline_client.model import stream
from trunkline_client.model.commands import AnyCommand
from trunkline_client.model.events import Event, ToldEvent
from trunkline_client.model.ids import Cursor, Resume
from trunkline_client.model.queries import AnyQueryReply
from trunkline_client.model.results import CommandRecord, CommandStatus
from trunkline_client.place import Place
from trunkline_client.reading import Frame, read_event, read_frame

Told = ToldEvent | stream.StreamGap | stream.StreamSnapshot

HEARTBEAT_S: Final = 30.0
WAITING: Final = 1_000  # what was told and nobody took: from then on the gateway waits
TOLD_WITHIN_S: Final = 65.0  # what becomes of a command; the gateway itself follows it for a minute
# Close codes, as docs/integrate/events.md has them. After all others one comes again.
CREDENTIAL_OVER: Final = 4401
FOR_GOOD: Final = frozenset({1003, 1007, 1008, 1009, 4403, 4409, 4426})
_BEGINNINGS: Final = (stream.StreamGap, stream.StreamSnapshot, stream.Subscribed)
_encode: Final = msgspec.json.Encoder().encode


class Events(AsyncIterator[Told]):
    """Events that fit a filter. Iterate once, in one task; keep `resume` to go on from there another time."""

    def __init__(
        self,
        at: Connection,
        first: stream.Subscribe,
        after: str | int | None,
    ) -> None:
        """`first` is what is subscribed to, wherever it goes on from."""
        self._at = at
        self._first = first
        self._place = Place.read(after)  # up to which it was read
        self._taken = self._place  # up to which it was taken
        self._waiting: deque[tuple[Told | None, Place]] = deque()
        self._news = asyncio.Event()  # there is something to take, or the reader has ended
        self._room = asyncio.Event()
        self._joined = asyncio.Event()  # this connection tells us events
        self._refs = map(str, itertools.count(1))
        self._open: dict[str, asyncio.Future[CommandRecord]] = {}
        self._socket: ClientWebSocketResponse | None = None
        self._reader: asyncio.Task[None] | None = None

    @property
    def resume(self) -> str:
        """Where to go on after everything that was taken: give it as `after`. Empty: nothing is known yet."""
        return str(self._taken)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Told:
        """Raises StreamEndedError, or ProblemError, once it is of no use to come again."""
        reader = self.start()
        while True:
            while not self._waiting:
                if reader.done():
                    if not reader.cancelled():
                        await reader  # raises what ended it
                    raise StopAsyncIteration
                self._news.clear()
                await self._news.wait()
            told, self._taken = self._waiting.popleft()
            self._room.set()
            if told is not None:
                return told

    def start(self) -> asyncio.Task[None]:
        """Begin to read, as the first step of the iteration does."""
        if self._reader is None:
            self._reader = asyncio.create_task(self._read())
            self._reader.add_done_callback(lambda _: self._news.set())
        return self._reader

    async def joined(self) -> None:
        """Return once we are told events: from now on none is missed. Raises as iterating does."""
        reader, waiting = self.start(), asyncio.ensure_future(self._joined.wait())
        try:
            await asyncio.wait({waiting, reader}, return_when=asyncio.FIRST_COMPLETED)
            if reader.cancelled():
                raise StreamEndedError(WSCloseCode.OK, "it was closed")
            if reader.done():
                await reader
        finally:
            waiting.cancel()

    async def aclose(self) -> None:
        """Stop."""
        if self._reader is not None:
            self._reader.cancel()
            await asyncio.wait({self._reader})
            if not self._reader.cancelled():
                self._reader.exception()  # who iterates has it; who does not, wants nothing of it

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    # --- commands and answers over the same connection

    async def send(self, command: AnyCommand, key: str, *, interactive: bool = True) -> CommandRecord | None:
        """Give a command; its record once it is finished, or asks.

        None: there was no connection, or it went before that was told. Trunkline.send then asks by REST, with
        the same key. Raises ProblemError.
        """
        ref = next(self._refs)
        made = self._open[ref] = asyncio.get_running_loop().create_future()
        order = stream.Order(ref=ref, command=command, idempotency_key=key, interactive=interactive)
        try:
            if not await self._say(order):
                return None
            async with asyncio.timeout(TOLD_WITHIN_S):
                record: CommandRecord = await made
                return record
        except (TimeoutError, UnansweredError):
            return None
        finally:
            del self._open[ref]

    async def reply(self, answer: AnyQueryReply) -> bool:
        """Answer what a platform asks. False: there is no connection at present."""
        return await self._say(stream.Knowledge(ref=next(self._refs), answer=answer))

    async def _say(self, frame: msgspec.Struct) -> bool:
        if self._socket is None or self._socket.closed:
            return False
        try:
            await self._socket.send_str(_encode(frame).decode())
        except (ClientError, OSError):
            return False
        return True

    # --- the connections

    async def _read(self) -> None:
        pauses, refused = Pauses(), False
        while True:
            self._joined.clear()
            told_s: float | None = None
            try:
                code, why = await self._listen()
            except WSServerHandshakeError as error:
                code, why = _as_code(error.status), error.message
                told_s = retry_after_s(error.headers or {})
            except ProblemError as error:
                code, why, told_s = _as_code(error.status), error.detail, error.retry_after_s
            except (UnreachableError, UnansweredError, ClientError, OSError) as error:
                code, why = None, str(error)
            finally:
                self._let_go()
            if self._joined.is_set():
                pauses.reset()
                refused = False
            if code == CREDENTIAL_OVER and not refused and self._at.refused():
                refused = True  # another one is shown at once; if that is refused too, it is no use
                continue
            if code is not None and (code in FOR_GOOD or code == CREDENTIAL_OVER):
                raise StreamEndedError(code, why)
            await self._at.pause(pauses.next(told_s))

    def _let_go(self) -> None:
        self._socket = None
        for one in self._open.values():
            if not one.done():
                one.set_exception(UnansweredError("a command"))

    async def _listen(self) -> tuple[int | None, str]:
        """One connection; the code that it was closed with, and why."""
        lost = await has_lost(self._at, self._place)
        after = self._place.before if lost else self._place.after
        first = msgspec.structs.replace(self._first, after=None if lost and self._first.snapshot else after)
        headers = await self._at.authorization()
        async with asyncio.timeout(2 * CONNECT_S):
            socket = await self._at.session.ws_connect(
                self._at.url.replace("http", "ws", 1) + "/v1/stream",
                headers=headers,
                heartbeat=HEARTBEAT_S,
                max_msg_size=0,
            )
        try:
            return await self._follow(socket, first, lost=lost)
        finally:
            await socket.close()

    async def _follow(
        self, socket: ClientWebSocketResponse, first: stream.Subscribe, *, lost: bool
    ) -> tuple[int | None, str]:
        why = ""
        await socket.send_str(_encode(first).decode())
        async for message in socket:
            if message.type is not WSMsgType.TEXT or (frame := read_frame(message.data)) is None:
                continue
            if isinstance(frame, stream.StreamProblem):
                why = frame.message
            await self._took(frame, socket, lost=lost)
            lost = lost and not isinstance(frame, _BEGINNINGS)
        return socket.close_code, why

    async def _took(self, frame: Frame, socket: ClientWebSocketResponse, *, lost: bool) -> None:
        match frame:
            case Event():
                await self._tell(frame, self._place.told(frame.cursor, frame.id))
            case stream.StreamGap(resume=resume):
                await self._tell(frame, Place(resume))
            case stream.StreamSnapshot(cursor=cursor, resume=resume):
                if lost:
                    await self._tell_lost(cursor, resume)
                await self._tell(frame, Place(resume))
            case stream.Subscribed(cursor=cursor, resume=resume):
                if lost:
                    await self._tell_lost(cursor, resume)
                self._socket = socket
                await self._tell(None, Place(resume))
                self._joined.set()
            case stream.Progress(resume=resume):
                await self._tell(None, Place(resume))
            case stream.CommandChanged() | stream.StreamProblem():
                self._settle(frame)

    def _settle(self, frame: stream.CommandChanged | stream.StreamProblem) -> None:
        """What becomes of a command that was given over this connection."""
        waiting = self._open.get(frame.ref)
        if waiting is None or waiting.done():
            return
        if isinstance(frame, stream.StreamProblem):
            waiting.set_exception(refusal(frame.code, frame.message))
        elif frame.record.status in {CommandStatus.NEEDINFO, CommandStatus.FINISHED}:
            waiting.set_result(frame.record)

    async def _tell_lost(self, cursor: Cursor, resume: Resume) -> None:
        """We were told events that the journal has lost; it goes on after that cursor."""
        after, first = Cursor(self._place.cursor), Cursor(cursor + 1)
        gap = stream.StreamGap(after=after, first=first, restart_after=cursor, resume=resume)
        await self._tell(gap, Place(resume))

    async def _tell(self, told: Told | None, place: Place) -> None:
        """Pass it on, and how far that is. While much waits to be taken, nothing more is read."""
        self._place = place
        self._waiting.append((told, place))
        self._news.set()
        while len(self._waiting) >= WAITING:
            self._room.clear()
            await self._room.wait()


async def has_lost(at: Connection, place: Place) -> bool:
    """Whether the journal has no longer what we were told last. Raises TrunklineError."""
    if not place.event_id:
        return False
    try:
        reply = await at.request("GET", f"/v1/events/{place.cursor}", again=False)
        return read_event(reply.body).id != place.event_id
    except (NotFoundError, GoneError, MalformedError):
        return True


def _as_code(status: int) -> int | None:
    """What a refusal by HTTP is, as a close code; None: come again."""
    if status == HTTPStatus.UNAUTHORIZED:
        return CREDENTIAL_OVER
    refused = HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR
    return None if status == HTTPStatus.TOO_MANY_REQUESTS or not refused else 4403
