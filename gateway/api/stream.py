"""`/v1/stream`: events over a WebSocket, with commands and answers the other way.

A client's first frame is `subscribe`. Until it has caught up with the journal it is fed by reading that; from
then on it gets what every commit makes durable, without a gap and without a repeat.
"""

from typing import Final

import msgspec
import structlog
from aiohttp import WSCloseCode, web

from gateway.api.history import History
from gateway.api.stream_elsewhere import Elsewhere, Handing
from gateway.commands.dispatch import Dispatch
from gateway.events.filters import Filter, Inside
from gateway.events.router import Batch, Router
from gateway.events.teams import Teams
from gateway.http.admission import admit, check_stream_origin, look_at, narrow, require_verb
from gateway.http.reading import Strict
from gateway.http.sockets import Socket, close_code_of, served
from gateway.queries.answering import ANSWER, Queries
from gateway.runtime.clock import Clock
from gateway.runtime.frames import check
from gateway.runtime.masking import masked
from gateway.runtime.tasks import Tasks
from gateway.security.access import Gate, Principal
from gateway.security.audit import Action
from gateway.security.standing import Lease
from gateway.security.throttle import TooOftenError
from gateway.security.tokens import EndedError
from gateway.store.base import Appended
from gateway.store.epochs import read_place
from gateway.telemetry import tracing
from schemas import events as ev
from schemas.commands import AnyCommand
from schemas.errors import RefusedError
from schemas.events import TAGS
from schemas.ids import Cursor, Resume
from schemas.needinfo import Answer
from schemas.queries import AnsweredBy, AnyQueryReply, QueryKind, kind_of
from schemas.results import CommandRecord, ErrorCode

log = structlog.get_logger("trunkline.stream")

AT_ONCE: Final = 64
PROGRESS_S: Final = 15.0
_NONE: Final = frozenset({"none"})  # no interaction's id


# --- from the client


class Subscribe(
    msgspec.Struct, frozen=True, kw_only=True, tag="subscribe", tag_field="type", forbid_unknown_fields=True
):
    """The first frame. `after`: everything after that cursor or `resume`; without it, from now on.

    With `snapshot`, all sessions and open interactions come first, unless `after` can be gone on from.
    """

    token: str = ""  # where no Authorization header could be sent
    filter: Filter = Filter()
    after: Cursor | Resume | None = None
    snapshot: bool = False
    answers: tuple[QueryKind, ...] = ()  # kinds of queries this client answers


class Order(
    msgspec.Struct, frozen=True, kw_only=True, tag="command", tag_field="type", forbid_unknown_fields=True
):
    """A command. `ref` is the client's own and comes back with what becomes of it."""

    ref: str
    command: AnyCommand
    idempotency_key: str = ""
    interactive: bool = True
    traceparent: str = ""  # W3C Trace Context, of what it is a part of


class Reaction(
    msgspec.Struct, frozen=True, kw_only=True, tag="answer", tag_field="type", forbid_unknown_fields=True
):
    """An answer to a question."""

    ref: str
    answer: Answer


class Knowledge(msgspec.Struct, frozen=True, kw_only=True, tag="query_answer", tag_field="type"):
    """An answer to a query, with its id; `no_opinion` leaves it to the others who were asked."""

    ref: str
    answer: AnyQueryReply


ClientFrame = Subscribe | Order | Reaction | Knowledge


# --- to the client, beside the events


class Subscribed(msgspec.Struct, frozen=True, kw_only=True, tag="stream.subscribed", tag_field="type"):
    """Events after this cursor follow. `resume` is the place, to be given as `after`."""

    cursor: Cursor
    resume: Resume


class Progress(msgspec.Struct, frozen=True, kw_only=True, tag="stream.progress", tag_field="type"):
    """Everything up to this cursor that fits has been told. From time to time, if there was anything."""

    cursor: Cursor
    resume: Resume


class CommandChanged(msgspec.Struct, frozen=True, kw_only=True, tag="command.changed", tag_field="type"):
    """A command of this client was accepted, asks something, or is finished."""

    ref: str
    record: CommandRecord


class Problem(
    msgspec.Struct, frozen=True, kw_only=True, tag="stream.error", tag_field="type", omit_defaults=True
):
    """A frame that could not be carried out; `ref` if it had one."""

    code: ErrorCode
    message: str
    ref: str = ""


_decode: Final = Strict[ClientFrame](ClientFrame).decode
_encode = msgspec.json.Encoder().encode


class Stream:
    """What all stream clients share."""

    def __init__(
        self,
        *,
        history: History,
        router: Router,
        dispatch: Dispatch,
        queries: Queries,
        teams: Teams,
        tasks: Tasks,
        clock: Clock,
        buffer_bytes: int,
    ) -> None:
        self.handing: Handing = lambda: None
        self.live: dict[_Client, None] = {}  # those that have caught up
        self._due = False  # a time is set to tell them how far they are
        self._clock = clock
        self._progress = (Cursor(0), b"")  # the newest frame that tells it
        self.history = history
        self.router = router
        self.dispatch = dispatch
        self.queries = queries
        self.teams = teams
        self.tasks = tasks
        self.buffer_bytes = buffer_bytes

    def follow(self, client: "_Client") -> None:
        """From now on tell it every now and then how far it is, until it is not among the live ones.

        A client whose filter lets little through could not go on after the retention otherwise.
        """
        self.live[client] = None
        if not self._due:
            self._due = True
            self._clock.call_later(PROGRESS_S, self._tell_progress)

    def _tell_progress(self) -> None:
        for client in tuple(self.live):
            client.tell_progress()
        self._due = bool(self.live)
        if self._due:
            self._clock.call_later(PROGRESS_S, self._tell_progress)

    def progress(self, cursor: Cursor) -> bytes:
        """The frame, made once for all who are as far."""
        if self._progress[0] != cursor:
            told = Progress(cursor=cursor, resume=self.history.resume(cursor))
            self._progress = (cursor, _encode(told))
        return self._progress[1]

    async def serve(self, request: web.Request, gate: Gate) -> web.StreamResponse:
        """One client, from its handshake to its end."""
        check_stream_origin(request, gate)
        async with served(request, self.buffer_bytes) as socket:
            frame = await socket.first()
            if frame is not None:
                client = await self._admit(request, socket, gate, frame)
                try:
                    await client.begin()
                    while (frame := await socket.receive()) is not None:
                        client.received(frame)
                finally:
                    client.closed()
        return socket.response

    async def _admit(self, request: web.Request, socket: Socket, gate: Gate, frame: bytes) -> "_Client":
        """Raises RefusedError, after saying why in a frame too."""
        try:
            wanted = _first(frame)
            await look_at(gate, request, wanted.token)
            principal = admit(gate, request, wanted.token)
            return _Client(self, socket, gate, principal, wanted, request)
        except RefusedError as error:
            socket.send(_encode(Problem(code=error.code, message=error.message)))
            raise


def _read(frame: bytes) -> ClientFrame:
    check(frame)
    return _decode(frame)


def _first(frame: bytes) -> Subscribe:
    try:
        read = _read(frame)
    except msgspec.DecodeError as error:
        raise RefusedError(ErrorCode.INVALID_COMMAND, f"first frame: {error}") from error
    if not isinstance(read, Subscribe):
        raise RefusedError(ErrorCode.INVALID_COMMAND, "the first frame must be of type subscribe")
    return read


class _Client:
    def __init__(
        self,
        shared: Stream,
        socket: Socket,
        gate: Gate,
        principal: Principal,
        wanted: Subscribe,
        request: web.Request,
    ) -> None:
        self._shared = shared
        self._gate = gate
        self._socket = socket
        self._principal = principal
        self._wanted = wanted
        self.selection = narrow(principal, wanted.filter, shared.teams)
        self._after = read_place(wanted.after) if wanted.after is not None else None
        self._lease = Lease(principal.standing, self._end)
        self._cursor = Cursor(0)  # up to which everything was sent
        self._progress = Cursor(0)  # up to which the client knows that
        self._under_way = 0
        # There only what it answers is subscribed to; what is told it is told here.
        told = wanted.filter if wanted.answers else Filter(interactions=_NONE)
        first = Subscribe(token=wanted.token, filter=told, answers=wanted.answers)
        self._elsewhere = Elsewhere(shared.handing, request, _encode(first), socket.send, shared.tasks)

    async def begin(self) -> None:
        """Gap, snapshot and history, then live."""
        self._lease.begin()
        shared, wanted = self._shared, self._wanted
        shared.history.read_by(self._principal.name, Action.EVENTS_STREAMED, self._after)
        if wanted.answers:
            self._elsewhere.answer(here=lambda: shared.queries.add_answerer(self))
        try:
            begun = await shared.history.begin(self.selection, self._after, snapshot=wanted.snapshot)
        except RefusedError as error:  # the disk
            self._send(Problem(code=error.code, message=error.message))
            self._socket.end(WSCloseCode.TRY_AGAIN_LATER, error.message)
            return
        self._cursor = self._progress = begun.cursor
        subscribed = Subscribed(cursor=begun.cursor, resume=shared.history.resume(begun.cursor))
        first = (begun.gap, begun.snapshot, subscribed)
        await self._socket.send_paced([_encode(one) for one in first if one is not None])
        while self._socket.open:
            read = await shared.history.next(self.selection, self._cursor)
            if read is None:
                break
            if read.gap is not None:
                self._send(read.gap)
            await self._socket.send_paced([one.body for one in read.chosen])
            self._cursor = read.cursor
        if self._socket.open:
            shared.router.subscribe(self, self.selection.of_agents)
            shared.follow(self)

    def _end(self, why: EndedError) -> None:
        self._send(Problem(code=why.code, message=why.message))
        self._socket.end(close_code_of(why), why.message)

    def closed(self) -> None:
        self._lease.stop()
        self._elsewhere.close()
        self._shared.live.pop(self, None)
        self._shared.router.unsubscribe(self, self._socket.closed_because)
        self._shared.queries.remove_answerer(self)

    def answers(self, query: ev.QueryRequested) -> bool:
        """Whether it said that it answers that kind, is told of this one, and may answer it."""
        session_id, agent_id = query.session_id or "", query.agent_id or ""
        told = Appended(Cursor(0), TAGS[type(query)], query.platform_id, session_id, agent_id, "", b"")
        return (
            kind_of(query.query) in self._wanted.answers
            and self.selection.accepts(told, lambda _: Inside(query))
            and self._principal.may(ANSWER)
            and self._principal.sees(query.platform_id, query.agent_id)
        )

    def deliver(self, batch: Batch) -> None:
        """What one commit made durable."""
        if batch.records[-1].cursor <= self._cursor:
            return
        if batch.records[0].cursor > self._cursor:
            frames, count = batch.websocket(self.selection)
            kept_up = not count or self._socket.write(frames)
        else:
            chosen = batch.select(self.selection)
            kept_up = self._socket.send_all([one.body for one in chosen if one.cursor > self._cursor])
        self._cursor = batch.records[-1].cursor
        if not kept_up:  # what it has in its buffer may take a while
            self._shared.live.pop(self, None)
            self._shared.router.unsubscribe(self, self._socket.closed_because)

    def tell_progress(self) -> None:
        """How far it is, unless it was told since."""
        if (durable := self._shared.router.durable) > self._progress:
            self._progress = durable
            self._socket.send(self._shared.progress(durable))

    def received(self, frame: bytes) -> None:
        """Take one frame from the client."""
        if not self._lease.holds():
            return
        try:
            read = _read(frame)
        except msgspec.DecodeError as error:
            self._send(Problem(code=ErrorCode.INVALID_COMMAND, message=str(error)))
            return
        try:
            self._gate.use(self._principal)
        except TooOftenError as error:
            ref = "" if isinstance(read, Subscribe) else read.ref
            self._send(Problem(code=error.code, message=error.message, ref=ref))
            return
        match read:
            case Subscribe():
                self._send(Problem(code=ErrorCode.CONFLICT, message="already subscribed"))
            case _ if self._elsewhere.needed:
                self._elsewhere.pass_on(frame, read.ref)
            case Knowledge():
                self._answer(read)
            case Order(ref=ref) | Reaction(ref=ref):
                if self._under_way >= AT_ONCE:
                    message = f"{AT_ONCE} commands of this client are under way"
                    self._send(Problem(code=ErrorCode.RATE_LIMITED, message=message, ref=ref))
                    return
                self._under_way += 1
                self._shared.tasks.start(self._carry_out(read), "stream command")

    def _answer(self, given: Knowledge) -> None:
        queries, query_id = self._shared.queries, given.answer.query_id
        try:
            require_verb(self._principal, ANSWER)
            queries.require_sight(query_id, self._principal)
            queries.answer(given.answer, AnsweredBy.CLIENT, self)
            self._shared.dispatch.audit.tell(self._principal.name, Action.QUERY_ANSWERED, query_id)
        except RefusedError as error:
            self._send(Problem(code=error.code, message=error.message, ref=given.ref))

    async def _carry_out(self, wanted: Order | Reaction) -> None:
        dispatch = self._shared.dispatch
        try:
            if isinstance(wanted, Order):
                tracing.begin(wanted.traceparent or tracing.said())
                record = await dispatch.submit(
                    wanted.command,
                    self._principal,
                    key=wanted.idempotency_key,
                    interactive=wanted.interactive,
                )
            else:
                record = await dispatch.answer(wanted.answer, self._principal)
            self._tell(wanted.ref, record)
            settled = await dispatch.followed(record.id, 60.0)
            if settled is not None:
                self._tell(wanted.ref, settled)
        except RefusedError as error:
            self._send(Problem(code=error.code, message=error.message, ref=wanted.ref))
        finally:
            self._under_way -= 1

    def _tell(self, ref: str, record: CommandRecord) -> None:
        self._send(CommandChanged(ref=ref, record=masked(record, self.selection.mask)))

    def _send(self, frame: msgspec.Struct) -> None:
        self._socket.send(_encode(frame))
