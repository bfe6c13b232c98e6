"""Northbound: a dialect spoken to clients. One connects as if we were its vendor's platform.

What carries the frames is a `Sink`: a WebSocket, served here, or a session that is polled (polling.py).
"""

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import Final, Protocol

import msgspec
from aiohttp import web
from msgspec import ValidationError, convert
from msgspec.structs import replace

from adapters.contract.change import Frame
from adapters.contract.dialect import (
    Answered,
    Broadcast,
    ClientOutput,
    Close,
    DialectSettings,
    ErasedDialect,
    Execute,
    Follow,
    Send,
)
from gateway.commands.dispatch import Dispatch
from gateway.events.router import Batch, Router
from gateway.events.shown import Shown
from gateway.facades.numbers import in_canonical_numbers
from gateway.facades.view import PlatformView
from gateway.http.admission import check_origin, client_agent, look_at, needs_hello, require_verb
from gateway.http.hello import Hello, PageAdmission, hello_answer, read_hello, token_frame
from gateway.http.sockets import Socket, error_frame, served
from gateway.platforms.platform import Platform
from gateway.queries.answering import ANSWER, Queries
from gateway.runtime.alarm import Alarm
from gateway.runtime.clock import Clock, Steady
from gateway.runtime.frames import check, put_right
from gateway.runtime.tasks import Tasks
from gateway.security.access import Principal, Scope
from gateway.security.audit import Action
from gateway.security.standing import Lease
from gateway.telemetry import tracing
from gateway.telemetry.metrics import ClosedBecause, Metrics
from gateway.telemetry.peers import PeerFault, Peers
from schemas.commands import InteractionCommand, ListDispositions, Login
from schemas.errors import MalformedFrame, RefusedError
from schemas.events import AgentLoggedIn, AgentLoggedOut, AnyEvent, CommandFinished
from schemas.ids import AgentId, Cursor, InteractionId
from schemas.interaction import Disposition, InteractionState
from schemas.queries import AnsweredBy, AnyQuery
from schemas.results import ErrorCode, Failed, FinalResult, Succeeded

AT_ONCE: Final = 64  # commands of one client under way


class Sink(Protocol):
    """Takes a client's frames. It never waits: a client that is too slow is ended."""

    def send(self, payload: bytes) -> object:
        """One frame."""
        ...

    def send_all(self, payloads: Sequence[bytes]) -> object:
        """Frames, in order, in one write."""
        ...

    def end(self, code: int, reason: str) -> None:
        """Begin to end the connection; `code` is a WebSocket close code. What was sent before goes first."""
        ...

    @property
    def closed_because(self) -> ClosedBecause:
        """Why it ended, once it has."""
        ...


class Core(msgspec.Struct, frozen=True):
    """What every facade works on."""

    shown: Shown
    dispatch: Dispatch
    queries: Queries
    router: Router
    clock: Clock
    metrics: Metrics
    tasks: Tasks
    peers: Peers
    buffer_bytes: int
    max_frame_bytes: int


class Facade:
    """One dialect spoken to one platform's clients: what its connections share."""

    def __init__(
        self, core: Core, platform: Platform, dialect: ErasedDialect, settings: DialectSettings
    ) -> None:
        if dialect.client_connection is None or dialect.event_encoder is None:
            raise ValueError(f"{dialect.name} has no clients")
        self.core = core
        self.platform = platform
        self.dialect = dialect
        self.settings = settings
        self.connect = dialect.client_connection
        self.same_dialect = dialect.name == platform.dialect.name
        own = dialect.own_event_encoder if self.same_dialect else None
        encode = (own or dialect.event_encoder)(settings)
        self.encode = encode if self.same_dialect else in_canonical_numbers(encode)
        self.clients: set[Client] = set()

    async def serve(self, request: web.Request, admission: PageAdmission) -> web.StreamResponse:
        """One client, from its handshake to its end."""
        async with served(request, self.core.buffer_bytes) as socket:
            admitted = await self._admit(request, socket, admission)
            principal = admitted.principal
            lease = admission.lease(principal, socket, self.platform.id, renews=admitted.renews)
            client = Client(self, socket, principal, admitted.agent_id, lease)
            try:
                client.opened()
                if admitted.first is not None:
                    client.received(admitted.first)
                while (frame := await socket.receive()) is not None:
                    client.received(frame)
            finally:
                client.closed()
        return socket.response

    async def _admit(self, request: web.Request, socket: Socket, admission: PageAdmission) -> "_Admitted":
        """Who the client is: by its header, or by a hello. An unchanged client says no hello.

        Raises RefusedError, TimeoutError.
        """
        check_origin(request, self.platform)
        named = request.query.get("agent", "")
        hello_needed = needs_hello(admission.gate, request)
        frame, greeting = None, None
        if hello_needed or not named:
            frame = await (socket.first() if hello_needed else socket.receive())
            greeting = read_hello(frame) if frame is not None else None
        said = Hello() if greeting is None else greeting.said
        socket.older = not said.renews
        await look_at(admission.gate, request, said.token)
        principal = admission.admit(request, said, self.platform.id)
        agent_id = client_agent(principal, self.platform.id, said.agent or named)
        if greeting is None:
            return _Admitted(principal, agent_id, first=frame)
        socket.send(hello_answer(greeting, agent_id or ""))
        return _Admitted(principal, agent_id, renews=said.renews)


class _Admitted(msgspec.Struct, frozen=True):
    principal: Principal
    agent_id: AgentId | None
    first: bytes | None = None  # a frame of the dialect, where that came first
    renews: bool = False


def _signed_in(event: AnyEvent) -> bool | None:
    """Whether it tells that the agent is signed in, or is no more; None: neither.

    Not all platforms say so themselves.
    """
    match event:
        case AgentLoggedIn() | CommandFinished(verb="agent.login", result=Succeeded()):
            return True
        case AgentLoggedOut() | CommandFinished(verb="agent.logout", result=Succeeded()):
            return False
        case _:
            return None


class Client:
    """One connected client. Whoever carries its frames calls `opened`, `received` and `closed`."""

    def __init__(
        self, facade: Facade, sink: Sink, principal: Principal, agent_id: AgentId | None, lease: Lease
    ) -> None:
        self._facade = facade
        self._core = facade.core
        self._sink = sink
        self._principal = principal
        self.lease = lease
        self._sees = partial(principal.sees, facade.platform.id)
        same = facade.same_dialect
        view = PlatformView(facade.core.shown, facade.platform.id, agent_id, self._sees, same_dialect=same)
        self._connection = facade.connect(facade.settings, view, agent_id)
        self._time = Steady(facade.core.clock)  # a deadline must not move because somebody sets the clock
        self._alarm = Alarm(facade.core.clock, self._connection.due, self._advance, self._time.now)
        self._followed: dict[str, Cursor] = {}  # agents, and the cursor up to which their snapshot told all
        self._under_way = 0
        self._open = True

    def opened(self) -> None:
        """Begin."""
        self.lease.begin()
        self._facade.clients.add(self)
        self._core.router.subscribe(self, ())
        self._do(self._connection.opened(self._time.now()))

    def closed(self) -> None:
        """End; results that are still to come are dropped."""
        self._open = False
        self.lease.stop()
        self._alarm.stop()
        self._facade.clients.discard(self)
        self._core.router.unsubscribe(self, self._sink.closed_because)
        self._core.queries.remove_asker(self)

    def received(self, frame: bytes) -> None:
        """Take one frame from the client."""
        if not self.lease.holds():
            return
        facade = self._facade
        try:
            if len(frame) > self._core.max_frame_bytes:
                what = f"{len(frame)} bytes, at most {self._core.max_frame_bytes} are taken"
                raise MalformedFrame(facade.dialect.name, "frame", what)  # noqa: TRY301  # one place counts all
            outputs = self._take(frame)
        except MalformedFrame as error:
            if (whole := put_right(frame)) is None:
                self._bad(str(error))
                return
            try:
                outputs = self._take(whole)
            except MalformedFrame as still:
                self._bad(str(still))
                return
        self._do(outputs)

    def _take(self, frame: bytes) -> Sequence[ClientOutput]:
        try:
            check(frame)
            return self._connection.received(frame, self._time.now())
        except msgspec.DecodeError as error:
            raise MalformedFrame(self._facade.dialect.name, "frame", str(error)) from error

    def _bad(self, what: str) -> None:
        facade = self._facade
        self._core.metrics.malformed(facade.platform.id)
        self._core.peers.fault(PeerFault.MALFORMED, "malformed frame", facade.platform.id, what=what)
        self._sink.send(error_frame("malformed_frame", what))

    def deliver(self, batch: Batch) -> None:
        """The events of the agents that the client follows."""
        frames: list[bytes] = []
        for change in batch.changes_of(self._followed):
            first = change.events[0]
            if (
                first.platform_id == self._facade.platform.id
                and (since := self._followed.get(first.agent_id or "")) is not None
                and first.cursor > since
            ):
                frames += self._connection.change(change, batch.dialect(self._facade.encode, change))
                if first.agent_id == self._principal.agent_id and self.lease.renews:
                    frames += [frame for event in change.events for frame in self._kept(event)]
        if frames:
            self._sink.send_all(frames)

    def _kept(self, event: AnyEvent) -> Sequence[bytes]:
        """Tells the client's page to keep its token over a reload, or not to: its agent has logged out."""
        standing, signed_in = self.lease.standing, _signed_in(event)
        if standing is None or signed_in is None:
            return ()
        standing.kept = signed_in
        return (token_frame(None, keep=signed_in),)

    def ask(self, query: AnyQuery) -> bool:
        """Put a platform's query to the client, if its dialect has such a thing."""
        outputs = self._connection.ask(query)
        self._do(outputs)
        return bool(outputs)

    def _broadcast(self, frame: Frame) -> None:
        for other in tuple(self._facade.clients):
            if other is not self and not other._followed.keys().isdisjoint(self._followed):  # noqa: SLF001
                other._do(other._connection.overheard(frame))  # noqa: SLF001

    def _advance(self) -> None:
        self._do(self._connection.advance(self._time.now()))

    def _do(self, outputs: Sequence[ClientOutput]) -> None:
        for output in outputs:
            match output:
                case Send(frame=frame):
                    self._sink.send(frame)
                case Execute():
                    self._execute(output)
                case Follow(agent_id=agent_id):
                    self._follow(agent_id)
                case Answered(answer=answer):
                    try:
                        require_verb(self._principal, ANSWER)
                        self._core.queries.require_sight(answer.query_id, self._principal)
                        self._core.queries.answer(answer, AnsweredBy.FACADE, self)
                        self._core.dispatch.audit.tell(
                            self._principal.name, Action.QUERY_ANSWERED, answer.query_id
                        )
                    except RefusedError as error:
                        platform = self._facade.platform.id
                        self._core.peers.fault(
                            PeerFault.LATE_ANSWER, "late answer", platform, why=error.message
                        )
                case Broadcast(frame=frame):
                    self._broadcast(frame)
                case Close(code=code, reason=reason):
                    self._sink.end(code, reason)
        if self._open:
            self._alarm.set()

    def _follow(self, agent_id: AgentId) -> None:
        if self._sees(agent_id):  # else it is as if there were no such agent
            self._followed[agent_id] = self._core.router.durable
            self._core.router.follow(self, agent_id)
            self._core.queries.add_asker(self, self._facade.platform.id, agent_id)

    def _execute(self, wanted: Execute) -> None:
        if self._under_way >= AT_ONCE:
            message = f"{AT_ONCE} commands of this client are under way"
            self._finished(wanted.token, Failed(code=ErrorCode.RATE_LIMITED, message=message))
            return
        self._under_way += 1
        self._core.tasks.start(self._submit(wanted), "facade command")

    async def _submit(self, wanted: Execute) -> None:
        tracing.begin(tracing.said())  # a command is not the connection that it came over
        command = wanted.command
        if isinstance(command, Login):
            command = replace(command, platform_id=self._facade.platform.id)
        try:
            if wanted.disposition and isinstance(command, InteractionCommand):
                await self._require_disposition(command.interaction_id, wanted.disposition)
            await self._core.dispatch.submit(
                command,
                self._caller(wanted),
                interactive=False,
                within_s=wanted.within_s,
                on_result=lambda result: self._ended(wanted.token, result),
            )
        except RefusedError as error:
            self._ended(wanted.token, Failed(code=error.code, message=error.message))

    def _caller(self, wanted: Execute) -> Principal:
        """Who gives the command: with the right to call a method that is the page's own API."""
        facade, principal = self._facade, self._principal
        if not wanted.native or facade.dialect.name != facade.platform.dialect.name:
            return principal
        return replace(principal, scopes=principal.scopes | {Scope.VENDOR_CALL})

    async def _require_disposition(self, interaction_id: InteractionId, wanted: str) -> None:
        """Raises RefusedError if the platform lists the dispositions, and that is none of them."""
        one = self._core.shown.interaction(interaction_id)
        if one is None or one.state is InteractionState.COMPLETED:
            return
        told: asyncio.Future[FinalResult] = asyncio.get_running_loop().create_future()
        await self._core.dispatch.submit(
            ListDispositions(session_id=one.session_id, interaction_id=one.id),
            self._principal,
            interactive=False,
            on_result=lambda result: None if told.done() else told.set_result(result),
        )
        result = await told
        try:
            listed = (
                convert(result.data or (), tuple[Disposition, ...]) if isinstance(result, Succeeded) else ()
            )
        except ValidationError:  # the platform's data has another shape than the model promises
            listed = ()
        if listed and not any(wanted in (known.id, known.code, known.name) for known in listed):
            raise RefusedError(ErrorCode.UNKNOWN_OBJECT, f"there is no disposition {wanted}")

    def _ended(self, token: str, result: FinalResult) -> None:
        self._under_way -= 1
        self._finished(token, result)

    def _finished(self, token: str, result: FinalResult) -> None:
        if self._open:
            self._do(self._connection.finished(token, result, self._time.now()))
