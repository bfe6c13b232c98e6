"""North: one client that takes us for the vendor's script. Correlation, and what this one client was told.

Source: reference/bright-pattern.md sections 1.2, 1.3 and 2; 2.2 for a login that fails. Requests are JSON-RPC
requests with a method's name and positional arguments; every answer is an OperationResult.
"""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from typing import Final

import msgspec
from msgspec import UnsetType

from adapters.bright_pattern import (
    encode,
    encode_events,
    methods,
    queries,
    requests,
    same_dialect,
    tables,
    wire,
)
from adapters.bright_pattern.methods import Asks, Row
from adapters.bright_pattern.scope import Choices, Local, OperationError, Scope
from adapters.bright_pattern.sent import Sent
from adapters.bright_pattern.settings import BrightPatternSettings
from adapters.contract.change import Change, Encoded, Frame
from adapters.contract.dialect import Answered, ClientOutput, Execute, Follow, Send, View
from adapters.kit import jsonrpc
from adapters.kit.bounded import keep
from adapters.kit.new_interactions import Awaiting, Beginning
from adapters.kit.under_way import Ended, FailedError, Step, Steps, UnderWay, attempt, in_turn
from schemas import commands as c
from schemas import events as e
from schemas.agent import AgentSession, AgentState
from schemas.ids import AgentId, InteractionId, PlatformId
from schemas.interaction import Interaction
from schemas.queries import AnyQuery, NoOpinion
from schemas.results import ErrorCode, Failed, FinalResult, Succeeded
from schemas.values import Json

MAX_QUERIES: Final = 100  # open towards this client; the core's clock has given up on older ones long since

_LEFT: Final = "the interaction was left, but not completed: "
_NOT_SERVED: Final = "api_method_not_implemented"

RequestId = int | str | None
_params = msgspec.json.Decoder(list[Json]).decode


class _Request(msgspec.Struct, frozen=True):
    """What a client asked for."""

    id: RequestId
    method: str
    there: frozenset[InteractionId] = frozenset()  # the interactions that there were


class BrightPatternClient:
    """One client: a page's script, bound to one agent."""

    def __init__(self, settings: BrightPatternSettings, view: View, agent: AgentId | None) -> None:
        self._settings = settings
        self._view = view
        self._agent = agent
        self._under_way = UnderWay[_Request](OperationError, msgspec.ValidationError)
        self._queries: dict[int, AnyQuery] = {}
        self._asked = 0
        self._choices = Choices()
        self._sent = Sent(view, self._session)
        self._awaiting = Awaiting[RequestId](self._interactions)

    # --- the contract

    def opened(self, now: datetime) -> Sequence[ClientOutput]:
        """Nothing is pushed: the client asks for the state itself."""
        del now
        self._sent.login = self._signed_in() is not None
        self._sent.active = self._sent.now_active()
        return () if self._agent is None else (Follow(self._agent),)

    def received(self, frame: bytes, now: datetime) -> Sequence[ClientOutput]:
        """Read one frame. Raises MalformedFrame for bytes that cannot be answered."""
        message = jsonrpc.decode(tables.NAME, frame)
        if isinstance(message.method, UnsetType):
            return self._answered(message)
        if isinstance(message.id, UnsetType):
            return ()  # a notification of a client: the vendor's script has none
        try:
            given = _params(message.params)
        except msgspec.DecodeError:
            return (_refusal(message.id, encode.error("invalid_request", "params must be an array")),)
        there = frozenset(one.id for one in self._interactions())
        steps = self._steps(message.method, given)
        return self._went_on(self._under_way.begin(_Request(message.id, message.method, there), steps), now)

    def finished(self, token: str, result: FinalResult, now: datetime) -> Sequence[ClientOutput]:
        """The result of an Execute: the next command of the method, or its answer."""
        went_on = self._under_way.finished(token, result)
        return () if went_on is None else self._went_on(went_on, now)

    def due(self) -> datetime | None:
        """When an interaction that was begun has not appeared in time."""
        return self._awaiting.due()

    def advance(self, now: datetime) -> Sequence[ClientOutput]:
        """Answer without it."""
        return [_begun(*late) for late in self._awaiting.late(now)]

    def change(self, change: Change, encoded: Encoded) -> Sequence[bytes]:
        """The shared frames, without what this client was told already, and what only it is told."""
        return [
            body
            for event, frames in zip(change.events, encoded, strict=True)
            for body in self._event(event, frames)
        ]

    def _event(self, event: e.AnyEvent, frames: Sequence[Frame]) -> Sequence[bytes]:
        match event:
            case e.InteractionEvent(interaction=one) if encode.visible(one):
                news = self._sent.news(one.id, frames)
                if isinstance(event, e.InteractionCompleted):
                    self._choices.completed(one)
                    self._awaiting.forget(one.id)
                switched = self._switched(self._sent.active_after(event))
                return (*news, *switched, *(_begun(*shown).frame for shown in self._awaiting.shown()))
            case e.AgentUpdated(agent=session):
                return self._switched(self._sent.now_active(session))
            case e.AgentLoggedIn():
                told, self._sent.login = self._sent.login, True
                return () if told else [frame.body for frame in frames]
            case e.AgentLoggedOut():
                self._sent.login, self._sent.active = False, None
            case e.PlatformNotice() if frames:
                return same_dialect.renamed(frames, self._known)
            case _:
                pass
        return [frame.body for frame in frames]

    def overheard(self, frame: Frame) -> Sequence[ClientOutput]:
        """Clients of this dialect say nothing to each other."""
        del frame
        return ()

    def ask(self, query: AnyQuery) -> Sequence[ClientOutput]:
        """Put a platform's query to the client."""
        event_of = queries.written(query, self._settings, same_dialect=self._view.same_dialect)
        if event_of is None:
            return ()
        self._asked += 1
        keep(self._queries, self._asked, query, MAX_QUERIES)
        event, params = event_of
        return (Send(jsonrpc.request(self._asked, event, params)),)

    # --- requests

    def _steps(self, method: str, given: Sequence[Json]) -> Steps:  # noqa: C901, PLR0911  # one exit a kind
        """A request, carried out: what it gives. Raises OperationError, FailedError."""
        row, session = _row(method), self._session()
        if row is methods.GET_LOGIN_STATE:
            return encode.login_state(session, same_dialect=self._view.same_dialect)
        if row is methods.LOGIN:
            return (yield from self._sign_in(requests.login(given, session, self._agent)))
        if row is methods.OPEN_LOGIN:
            return (yield from self._open_login(session))
        scope = self._scope()
        if row is methods.GET_INTERACTIONS_STATE:
            return self._state(scope)
        arguments = tuple(row.shape.read(given, scope))
        if row.asks is Asks.ONLY or (scope.same_dialect and row.asks is Asks.RATHER):
            result = yield Step(_passed_on(row, given, arguments, scope), native=True)
            if isinstance(result, Succeeded):
                return result.data
            _may_be_served(row, result)
        match said := None if row.request is None else row.request(scope, *arguments):
            case None | Local():
                return said
            case c.Focus():
                return (yield from self._focus(said))
            case tuple():
                return (yield from self._carried_out(said, scope))
            case c.Command():
                return (yield from self._carried_out((said,), scope))
            case _:
                return (yield from said)

    def _carried_out(self, commands: Sequence[c.AnyCommand], scope: Scope) -> Steps:
        """The commands that a method comes to."""
        named = None if scope.same_dialect else scope.session.id  # a platform of this dialect takes names
        done = yield from in_turn(commands, self._choices, named=named)
        if not isinstance(began := commands[-1], Beginning):
            return None
        unsaid = done.interaction_id is None and not scope.same_dialect
        return began if unsaid else requests.initiated(done)

    def _focus(self, command: c.Focus) -> Steps:
        """On a platform that knows no active interaction, it is this client's own affair."""
        result = yield Step(command)
        if isinstance(result, Succeeded):
            return None
        if result.code is not ErrorCode.UNSUPPORTED:
            raise FailedError(result)
        return Local(events=self._switched(command.interaction_id))

    def _session(self) -> AgentSession | None:
        return self._view.agent(self._agent) if self._agent is not None else None

    def _signed_in(self) -> AgentSession | None:
        """The session, if the agent is signed in."""
        session = self._session()
        return None if session is None or session.state is AgentState.LOGGED_OUT else session

    def _interactions(self) -> Sequence[Interaction]:
        listed = self._view.interactions(self._agent) if self._agent is not None else ()
        return [one for one in listed if encode.visible(one)]

    def _scope(self) -> Scope:
        session = self._signed_in()
        if session is None:
            raise OperationError("not_logged_in", "the agent is not logged in")
        listed = tuple(self._interactions())
        active, same = self._sent.now_active(), self._view.same_dialect
        return Scope(session, listed, active, self._choices, self._settings, same)

    def _state(self, scope: Scope) -> Json:
        """InteractionsState: each as its platform wrote it last, if it is of this dialect."""
        self._sent.listed(scope.interactions)
        active = self._sent.active = scope.active
        told = tuple(
            same_dialect.whole(self._view.frame(one.id), one, self._settings)
            or encode.interaction(one, self._settings, same_dialect=scope.same_dialect)
            for one in scope.interactions
        )
        listed = any(one.id == active for one in scope.interactions)
        return {"activeInteractionId": active if listed else None, "interactions": told}

    # --- login

    def _open_login(self, session: AgentSession | None) -> Steps:
        """Who is logged in already has nothing to log in to."""
        if self._agent is None:
            why = "this client does not say which agent it stands for"
            raise OperationError("not_enough_privileges", why)
        if self._signed_in() is not None:
            return None
        platform = session.platform_id if session else PlatformId("")
        return (yield from self._sign_in(c.Login(platform_id=platform, agent_id=self._agent)))

    def _sign_in(self, command: c.Login) -> Steps:
        result = yield from attempt(command, self._choices)
        if isinstance(result, Failed):
            raise FailedError(result)
        follow = None
        if self._agent is None:  # only a login that went through shows whose events the client may have
            self._agent = follow = command.agent_id
        session, events = self._signed_in(), tuple[bytes, ...]()
        if session is not None and not self._sent.login:
            self._sent.login = True  # it may have been told before the client followed the agent
            events = (encode_events.logged_in(session, same_dialect=self._view.same_dialect).body,)
        return Local(events=events, follow=follow)

    # --- results

    def _went_on(  # noqa: PLR0911  # one exit a kind
        self, went_on: Execute | Ended[_Request], now: datetime
    ) -> Sequence[ClientOutput]:
        match went_on:
            case Execute():
                return (went_on,)
            case Ended(request=request, error=OperationError() as refused):
                return (_refusal(request.id, refused.error),)
            case Ended(request=request, error=FailedError() as stopped):
                return self._failed(request, stopped, now)
            case Ended(request=request, error=Exception()):  # data of another shape than the model promises
                return (_refusal(request.id, encode.error("unknown_error", "unreadable data")),)
            case Ended(request=request, data=Local(data=known, events=events, follow=agent)):
                follow = () if agent is None else (Follow(agent),)
                return (*follow, _success(request.id, known), *(Send(frame) for frame in events))
            case Ended(request=request, data=(c.Dial() | c.StartChat() | c.StartEmail()) as begun):
                self._awaiting.add(request.id, begun, request.there, now)  # which it is, nobody said
                return [_begun(*shown) for shown in self._awaiting.shown()]
            case Ended(request=request, data=data):
                return (_success(request.id, data),)

    def _failed(self, request: _Request, stopped: FailedError, now: datetime) -> Sequence[ClientOutput]:
        result, error = stopped.failed, encode.failure(stopped.failed)
        logs_in = request.method in (methods.LOGIN.name, methods.OPEN_LOGIN.name)
        if logs_in and (known := requests.login_error(result)) is not None:
            told = encode_events.server_error(known.name, result.message, encode.milliseconds(now)).body
            return (_refusal(request.id, known), Send(told))
        if any(isinstance(one, c.Release) for one in stopped.before):
            error = msgspec.structs.replace(error, message=f"{_LEFT}{error.message or error.name}")
        return (_refusal(request.id, error),)

    def _answered(self, message: jsonrpc.Message) -> Sequence[ClientOutput]:
        query = self._queries.pop(message.id, None) if isinstance(message.id, int) else None
        if query is None:
            return ()  # late
        if isinstance(message.result, msgspec.Raw):  # else the client's handler failed
            with suppress(msgspec.DecodeError):  # as good as none: a platform must not wait for nothing
                return (Answered(queries.read_answer(query, message.result)),)
        return (Answered(NoOpinion(query_id=query.id)),)

    # --- the active interaction

    def _switched(self, active: InteractionId | None) -> Sequence[bytes]:
        if active == self._sent.active:
            return ()
        self._sent.active = active
        switched = encode_events.switched(active).body
        screen = self._choices.screens.get(active) if active else None  # one that was stored for it
        shown = () if screen is None else (jsonrpc.notification("ON_SHOW_SCREEN", (screen, active)),)
        return (switched, *shown)

    def _known(self, ref: str) -> str | None:
        """Our id of an interaction that the platform calls so."""
        named = (one.id for one in self._interactions() if one.refs.get(tables.INTERACTION_ID) == ref)
        return next(named, self._choices.known(ref))


def _row(method: str) -> Row:
    if method in methods.LATER:
        raise OperationError(_NOT_SERVED, f"{method} is not served")
    if method not in methods.METHODS:
        raise OperationError("invalid_request", f"there is no method {method}")
    return methods.METHODS[method]


def _may_be_served(row: Row, failed: Failed) -> None:
    """Whether a call that was passed on in vain is served here. Raises OperationError, FailedError."""
    if failed.code is ErrorCode.UNSUPPORTED and row.asks is Asks.ONLY:
        raise OperationError(_NOT_SERVED, f"{row.name} is not served")
    unasked = failed.code in (ErrorCode.UNSUPPORTED, ErrorCode.NOT_ALLOWED) and not failed.vendor_code
    if not unasked or row.asks is Asks.ONLY:
        raise FailedError(failed)


def _passed_on(row: Row, given: Sequence[Json], arguments: Sequence[object], scope: Scope) -> c.VendorCall:
    """The call as it came, but by the platform's own id of the interaction."""
    params = [given[index] if index < len(given) else None for index in range(len(row.shape.params))]
    about: Interaction | None = None
    for index, argument in enumerate(arguments):
        match argument:
            case wire.DispositionTarget(service=service, interactionId=named) if named or not service:
                about = scope.interaction(named or "")  # one that names no service is of an interaction
                asked = msgspec.convert(given[index], dict[str, Json])
                params[index] = {**asked, tables.INTERACTION_ID: _ref(about)}
            case Interaction():
                about = argument
                params.append(_ref(about))
            case _:
                pass
    session, iid = scope.session.id, about.id if about else None
    return c.VendorCall(session_id=session, method=row.name, params=tuple(params), interaction_id=iid)


def _ref(one: Interaction) -> str:
    return one.refs.get(tables.INTERACTION_ID, one.id)


def _begun(request_id: RequestId, one: InteractionId | None) -> Send:
    """What came of a call that begins an interaction. Source: seed 004."""
    return _success(request_id, wire.InitiateResult(one, None if one else "Timeout error"))


def _success(request_id: RequestId, data: Json) -> Send:
    return Send(jsonrpc.response(request_id, wire.Success(data)))


def _refusal(request_id: RequestId, error: wire.ResultError) -> Send:
    return Send(jsonrpc.response(request_id, wire.Refused(error)))
