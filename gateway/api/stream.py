"""`/v1/stream`: events over a WebSocket, with commands and answers the other way.

A client's first frame is `subscribe`. Until it has caught up with the journal it is fed by reading that; from
then on it gets what every commit makes durable, without a gap and without a repeat.
"""

from collections.abc import Callable
from typing import Final

import msgspec
import structlog
from aiohttp import web

from gateway.admission import admit, narrow, require_command
from gateway.dispatch import Dispatch
from gateway.frames import check, text_frame
from gateway.queries import Queries
from gateway.router import Batch, Filter, Router
from gateway.security.access import Gate, Principal, Scope
from gateway.sockets import Socket, served
from gateway.state import State
from gateway.store.base import Appended, Store
from gateway.tasks import Tasks
from schemas.agent import AgentSession
from schemas.commands import AnyCommand
from schemas.errors import RefusedError
from schemas.ids import Cursor
from schemas.interaction import Interaction
from schemas.needinfo import Answer
from schemas.queries import AnsweredBy, AnyQuery, AnyQueryReply, QueryKind, kind_of
from schemas.results import CommandRecord, ErrorCode

log = structlog.get_logger("trunkline.stream")

PAGE: Final = 1_000
AT_ONCE: Final = 64


# --- from the client


class Subscribe(
    msgspec.Struct, frozen=True, kw_only=True, tag="subscribe", tag_field="type", forbid_unknown_fields=True
):
    """The first frame. `after`: everything after that cursor; without it, from now on."""

    token: str = ""  # where no Authorization header could be sent
    filter: Filter = Filter()
    after: Cursor | None = None
    snapshot: bool = False  # all sessions and open interactions first
    answers: tuple[QueryKind, ...] = ()  # kinds of queries this client answers


class Order(
    msgspec.Struct, frozen=True, kw_only=True, tag="command", tag_field="type", forbid_unknown_fields=True
):
    """A command. `ref` is the client's own and comes back with what becomes of it."""

    ref: str
    command: AnyCommand
    idempotency_key: str = ""
    interactive: bool = True


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
    """Events after this cursor follow."""

    cursor: Cursor


class Snapshot(msgspec.Struct, frozen=True, kw_only=True, tag="stream.snapshot", tag_field="type"):
    """Everything as it was at this cursor."""

    cursor: Cursor
    sessions: list[AgentSession]
    interactions: list[Interaction]


class Gap(msgspec.Struct, frozen=True, kw_only=True, tag="stream.gap", tag_field="type"):
    """Events between these cursors are no longer kept: take a snapshot."""

    after: Cursor
    first: Cursor


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


_decode: Callable[[bytes], ClientFrame] = msgspec.json.Decoder(ClientFrame).decode
_encode = msgspec.json.Encoder().encode


def matching(state: State, wanted: Filter) -> tuple[list[AgentSession], list[Interaction]]:
    """The snapshots that a filter lets through."""
    sessions = [
        one
        for one in state.sessions.values()
        if (not wanted.platforms or one.platform_id in wanted.platforms)
        and (not wanted.agents or one.agent_id in wanted.agents)
        and (not wanted.sessions or one.id in wanted.sessions)
    ]
    visible = {one.id for one in sessions}
    interactions = [
        one
        for one in state.interactions()
        if one.session_id in visible and (not wanted.interactions or one.id in wanted.interactions)
    ]
    return sessions, interactions


class Stream:
    """What all stream clients share."""

    def __init__(
        self,
        *,
        state: State,
        store: Store,
        router: Router,
        dispatch: Dispatch,
        queries: Queries,
        tasks: Tasks,
        buffer_bytes: int,
    ) -> None:
        self.state = state
        self.store = store
        self.router = router
        self.dispatch = dispatch
        self.queries = queries
        self.tasks = tasks
        self.buffer_bytes = buffer_bytes

    async def serve(self, request: web.Request, gate: Gate) -> web.StreamResponse:
        """One client, from its handshake to its end."""
        async with served(request, self.buffer_bytes) as socket:
            frame = await socket.first()
            if frame is not None:
                client = self._admit(request, socket, gate, frame)
                try:
                    await client.begin()
                    while (frame := await socket.receive()) is not None:
                        client.received(frame)
                finally:
                    client.closed()
        return socket.response

    def _admit(self, request: web.Request, socket: Socket, gate: Gate, frame: bytes) -> "_Client":
        """Raises RefusedError, after saying why in a frame too."""
        try:
            wanted = _first(frame)
            return _Client(self, socket, admit(gate, request, wanted.token), wanted)
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
    def __init__(self, shared: Stream, socket: Socket, principal: Principal, wanted: Subscribe) -> None:
        self._shared = shared
        self._socket = socket
        self._principal = principal
        self._wanted = wanted
        self._filter = narrow(principal, wanted.filter)
        self._cursor = Cursor(0)  # up to which everything was sent
        self._under_way = 0

    async def begin(self) -> None:
        """Snapshot and history, then live."""
        shared, wanted = self._shared, self._wanted
        if wanted.answers:
            shared.queries.add_answerer(self)
        start = shared.router.cursor
        if wanted.snapshot:
            sessions, interactions = matching(shared.state, self._filter)
            await shared.store.barrier()  # nobody sees what is not durable
            self._send(Snapshot(cursor=start, sessions=sessions, interactions=interactions))
        self._cursor = start
        if wanted.after is not None and not wanted.snapshot:
            await shared.store.barrier()
            first = await shared.store.first_cursor()
            self._cursor = wanted.after
            if wanted.after + 1 < first or wanted.after > start:  # or of a journal that is no more
                self._send(Gap(after=wanted.after, first=first))
                self._cursor = Cursor(first - 1)
        self._send(Subscribed(cursor=self._cursor))
        await self._catch_up()
        shared.router.subscribe(self)

    async def _catch_up(self) -> None:
        """Send the journal up to its end; the end does not move between the last read and returning."""
        store = self._shared.store
        await store.barrier()
        while self._socket.open:
            page = await store.read(self._cursor, PAGE)
            self._write([one for one in page if self._filter.accepts(one)])
            if page:
                self._cursor = page[-1].cursor
            if self._cursor >= self._shared.router.durable:
                return

    def _write(self, chosen: list[Appended]) -> None:
        if chosen:
            self._socket.write(b"".join([text_frame(one.body) for one in chosen]))

    def closed(self) -> None:
        self._shared.router.unsubscribe(self, self._socket.closed_because)
        self._shared.queries.remove_answerer(self)

    def answers(self, query: AnyQuery) -> bool:
        """Whether it said that it answers that kind, is told of this one, and may answer it."""
        told = Appended(
            Cursor(0), "query.requested", query.platform_id, query.session_id, query.agent_id, "", b""
        )
        return (
            kind_of(query) in self._wanted.answers
            and self._filter.accepts(told)
            and Scope.COMMANDS_WRITE in self._principal.scopes
            and self._principal.sees(query.platform_id, query.agent_id)
        )

    def deliver(self, batch: Batch) -> None:
        """What one commit made durable."""
        if batch.records[-1].cursor <= self._cursor:
            return
        if batch.records[0].cursor > self._cursor:
            frames, count = batch.websocket(self._filter)
            if count:
                self._socket.write(frames)
        else:
            self._write([one for one in batch.select(self._filter) if one.cursor > self._cursor])
        self._cursor = batch.records[-1].cursor

    def received(self, frame: bytes) -> None:
        """Take one frame from the client."""
        try:
            read = _read(frame)
        except msgspec.DecodeError as error:
            self._send(Problem(code=ErrorCode.INVALID_COMMAND, message=str(error)))
            return
        match read:
            case Subscribe():
                self._send(Problem(code=ErrorCode.CONFLICT, message="already subscribed"))
            case Knowledge(ref=ref, answer=answer):
                try:
                    about = self._shared.queries.about(answer.query_id)
                    require_command(self._principal, "query.answer", *about)
                    self._shared.queries.answer(answer, AnsweredBy.CLIENT, self)
                except RefusedError as error:
                    self._send(Problem(code=error.code, message=error.message, ref=ref))
            case Order(ref=ref) | Reaction(ref=ref):
                if self._under_way >= AT_ONCE:
                    message = f"{AT_ONCE} commands of this client are under way"
                    self._send(Problem(code=ErrorCode.RATE_LIMITED, message=message, ref=ref))
                    return
                self._under_way += 1
                self._shared.tasks.start(self._carry_out(read), "stream command")

    async def _carry_out(self, wanted: Order | Reaction) -> None:
        dispatch = self._shared.dispatch
        try:
            if isinstance(wanted, Order):
                record = await dispatch.submit(
                    wanted.command,
                    self._principal,
                    key=wanted.idempotency_key,
                    interactive=wanted.interactive,
                )
            else:
                record = await dispatch.answer(wanted.answer, self._principal)
            self._send(CommandChanged(ref=wanted.ref, record=record))
            settled = await dispatch.settled(record.id, 60.0)
            if settled is not None:
                self._send(CommandChanged(ref=wanted.ref, record=settled))
        except RefusedError as error:
            self._send(Problem(code=error.code, message=error.message, ref=wanted.ref))
        finally:
            self._under_way -= 1

    def _send(self, frame: msgspec.Struct) -> None:
        self._socket.send(_encode(frame))
