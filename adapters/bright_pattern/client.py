"""North: one client that takes us for the vendor's script. Correlation, and what this one client was told.

Source: reference/bright-pattern.md sections 1.2, 1.3 and 2; 2.2 for a login that fails. Requests are JSON-RPC
requests with a method's name and positional arguments; every answer is an OperationResult.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec
from msgspec import UnsetType

from adapters.bright_pattern import (
    asking,
    codec,
    encoder,
    errors,
    methods,
    north_codec,
    own,
    passing,
    renaming,
    tables,
    wire,
    wire_agent,
)
from adapters.bright_pattern.memory import Memory
from adapters.bright_pattern.methods import Args, OperationError, Plan, Scope
from adapters.bright_pattern.settings import BrightPatternSettings
from adapters.contract.dialect import Answered, ClientOutput, Execute, Follow, Send, Timeless, View
from adapters.kit import jsonrpc
from adapters.kit.leave_and_complete import chosen_disposition
from schemas import commands as c
from schemas import events as e
from schemas.agent import AgentSession, AgentState
from schemas.ids import AgentId, PlatformId
from schemas.needinfo import NeedInfoKind
from schemas.queries import AnyQuery, NoOpinion
from schemas.results import ErrorCode, Failed, FinalResult
from schemas.values import Json

MAX_QUERIES: Final = 100  # open towards this client; the core's clock has given up on older ones long since

# A login is accepted or refused; the vendor tells the latter by an event too. (2.2)
_LOGIN_ERRORS: Final = {
    ErrorCode.ALREADY_LOGGED_IN: "user_already_logged_in",
    ErrorCode.BAD_CREDENTIALS: "invalid_credentials",
}

_LEFT: Final = "the interaction was left, but not completed: "
_NOT_SERVED: Final = "api_method_not_implemented"

RequestId = int | str | None

_params = msgspec.json.Decoder(list[Json]).decode


class _Pending(msgspec.Struct, frozen=True):
    request_id: RequestId
    plan: Plan
    step: int = 0
    otherwise: tuple[str, Args] | None = None  # what to serve here if the platform must not be asked

    @property
    def command(self) -> c.AnyCommand:
        return self.plan.commands[self.step]


class BrightPatternClient(Timeless):
    """One client: a page's script, bound to one agent."""

    def __init__(self, settings: BrightPatternSettings, view: View, agent: AgentId | None) -> None:
        self._settings = settings
        self._view = view
        self._agent = agent
        self._pending: dict[str, _Pending] = {}
        self._tokens = 0
        self._queries: dict[int, AnyQuery] = {}
        self._asked = 0
        self._told_login = False
        self._memory = Memory()
        self._active: str | None = None  # the last one that this client was told
        self._told: set[str] = set()  # interactions that this client knows of

    # --- the contract

    def opened(self, now: datetime) -> Sequence[ClientOutput]:
        """Nothing is pushed: the client asks for the state itself."""
        del now
        if self._agent is None:
            return ()
        session = self._view.agent(self._agent)
        if session is not None:
            self._told_login = session.state is not AgentState.LOGGED_OUT
            self._active = self._visible_active(session)
        return (Follow(self._agent),)

    def received(self, frame: bytes, now: datetime) -> Sequence[ClientOutput]:
        """Read one frame. Raises MalformedFrame for bytes that cannot be answered."""
        del now
        message = jsonrpc.decode(tables.NAME, frame)
        if isinstance(message.method, UnsetType):
            return self._answered(message)
        if isinstance(message.id, UnsetType):
            return ()  # a notification of a client: the vendor's script has none
        try:
            return self._request(message.id, message.method, Args(_params(message.params)))
        except OperationError as refused:
            return (_refusal(message.id, refused.error),)
        except msgspec.DecodeError:
            return (_refusal(message.id, north_codec.error("invalid_request", "params must be an array")),)

    def finished(self, token: str, result: FinalResult, now: datetime) -> Sequence[ClientOutput]:
        """The result of an Execute: the next command of the method, or its answer."""
        pending = self._pending.pop(token, None)
        if pending is None:
            return ()
        if isinstance(result, Failed):
            return self._failed(pending, result, now)
        step = pending.step + 1
        if step < len(pending.plan.commands):
            return (self._execute(_Pending(pending.request_id, pending.plan, step)),)
        try:
            data = pending.plan.result(result)
        except msgspec.ValidationError:  # the platform's data has another shape than the model promises
            return (_refusal(pending.request_id, north_codec.error("unknown_error", "unreadable data")),)
        answer = Send(jsonrpc.response(pending.request_id, wire.Success(data)))
        if isinstance(pending.command, c.Login):
            return (*self._bound(pending.command.agent_id), answer, *self._greeting())
        return (answer,)

    def event(self, event: e.AnyEvent, frames: Sequence[bytes]) -> Sequence[bytes]:  # noqa: PLR0911
        """All of the shared frames, without what this client was told already."""
        if isinstance(event, e.InteractionEvent) and frames:
            self._told.add(event.interaction.id)
        match event:
            case e.FocusChanged(interaction=one) if frames:
                active = one.id if one.focused else self._after(one.id)
                return (*frames[:-1], *self._switched(active))
            case e.AgentUpdated(agent=session):
                return self._switched(self._visible_active(session))
            case e.AgentLoggedIn():
                told, self._told_login = self._told_login, True
                return () if told else frames
            case e.AgentLoggedOut():
                self._told_login, self._active = False, None
                return frames
            case e.PlatformNotice() if frames:
                return renaming.renamed(frames, self._known)
            case e.InteractionCompleted(interaction=one):
                self._memory.forget(one.id)
                self._told.discard(one.id)
                self._memory.closed(one.refs.get(codec.INTERACTION_ID), one.id)
                if self._active != one.id:
                    return frames
                active = self._focused()  # what is closed cannot be active, and nobody else may say so
                return (*frames, *self._switched(active if active in self._told else None))
            case _:
                return frames

    def overheard(self, frame: bytes) -> Sequence[ClientOutput]:
        """Clients of this dialect say nothing to each other."""
        del frame
        return ()

    def ask(self, query: AnyQuery) -> Sequence[ClientOutput]:
        """Put a platform's query to the client."""
        session = self._session()
        own_platform = session is not None and north_codec.is_own_session(session)
        asked = asking.written(query, self._settings, own=own_platform)
        if asked is None:
            return ()
        self._asked += 1
        self._queries[self._asked] = query
        if len(self._queries) > MAX_QUERIES:
            del self._queries[next(iter(self._queries))]
        event, params = asked
        return (Send(jsonrpc.request(self._asked, event, params)),)

    # --- requests

    def _request(self, request_id: RequestId, method: str, args: Args) -> Sequence[ClientOutput]:
        if method in tables.LATER_METHODS:
            raise OperationError(_NOT_SERVED, f"{method} is not served")
        if method not in tables.METHODS:
            raise OperationError("invalid_request", f"there is no method {method}")
        session = self._session()
        match method:
            case "getLoginState":
                return (_success(request_id, north_codec.login_state(session)),)
            case "login":
                return (self._execute(_Pending(request_id, self._login(args, session))),)
            case "openLogin":
                return (self._execute(_Pending(request_id, self._open_login(session))),)
            case _:
                pass
        scope = self._scope()
        if method == "getInteractionsState":
            return (_success(request_id, self._interactions(scope)),)
        better_there = method in passing.BETTER_THERE and north_codec.is_own_session(scope.session)
        if not better_there and method not in passing.ONLY_THERE:
            return self._served(request_id, method, args)
        otherwise = (method, args) if better_there else None
        plan = passing.plan(method, args, scope)
        return (self._execute(_Pending(request_id, plan, otherwise=otherwise)),)

    def _served(self, request_id: RequestId, method: str, args: Args) -> Sequence[ClientOutput]:
        """What is known here, or the commands that a method comes to. Raises OperationError."""
        scope = self._scope()
        known = own.answer(method, args, scope, self._memory, self._settings)
        if known is not None:
            return (_success(request_id, known.data), *(Send(frame) for frame in known.events))
        plan = self._memory.prepared(methods.READ[method](args, scope))
        return (self._execute(_Pending(request_id, plan)),)

    def _session(self) -> AgentSession | None:
        return self._view.agent(self._agent) if self._agent is not None else None

    def _scope(self) -> Scope:
        session = self._session()
        if session is None or session.state is AgentState.LOGGED_OUT:
            raise OperationError("not_logged_in", "the agent is not logged in")
        listed = tuple(one for one in self._view.interactions(session.agent_id) if north_codec.visible(one))
        return Scope(session, listed, self._memory.noted)

    def _interactions(self, scope: Scope) -> Json:
        """InteractionsState: each as its platform wrote it last, if it is of this dialect."""
        self._active = self._visible_active(scope.session)
        self._told.update(one.id for one in scope.interactions)
        told = tuple(
            renaming.whole(self._view.frame(one.id), one, self._settings)
            or north_codec.interaction(one, self._settings)
            for one in scope.interactions
        )
        listed = any(one.id == self._active for one in scope.interactions)
        return {"activeInteractionId": self._active if listed else None, "interactions": told}

    def _execute(self, pending: _Pending) -> Execute:
        self._tokens += 1
        token = str(self._tokens)
        self._pending[token] = pending
        chosen = chosen_disposition(pending.plan.commands[pending.step :])
        return Execute(token=token, command=pending.command, disposition=chosen)

    def _login(self, args: Args, session: AgentSession | None) -> Plan:
        data = args.shaped(0, "loginData", wire_agent.LoginData)
        force = args.shaped(1, "force", bool | str | None) in (True, "true")  # type: ignore[arg-type]  # a union
        if self._agent is not None and data.username != self._agent:
            raise OperationError("not_enough_privileges", "this client stands for another agent")
        command = c.Login(
            platform_id=session.platform_id if session else PlatformId(""),
            agent_id=AgentId(data.username),
            password=data.password,
            tenant=data.tenant or "",
            force=force,
            answers={"confirm": True} if force else {},
        )
        return Plan((command,))

    def _open_login(self, session: AgentSession | None) -> Plan:
        if self._agent is None:
            raise OperationError(
                "not_enough_privileges", "this client does not say which agent it stands for"
            )
        platform = session.platform_id if session else PlatformId("")
        return Plan((c.Login(platform_id=platform, agent_id=self._agent),))

    # --- results

    def _failed(self, pending: _Pending, result: Failed, now: datetime) -> Sequence[ClientOutput]:
        unasked = result.code in (ErrorCode.UNSUPPORTED, ErrorCode.NOT_ALLOWED) and not result.vendor_code
        if pending.otherwise is not None and unasked:
            try:
                return self._served(pending.request_id, *pending.otherwise)
            except OperationError as refused:
                return (_refusal(pending.request_id, refused.error),)
        if isinstance(pending.command, c.VendorCall) and result.code is ErrorCode.UNSUPPORTED:
            error = north_codec.error(_NOT_SERVED, f"{pending.command.method} is not served")
            return (_refusal(pending.request_id, error),)
        if not isinstance(pending.command, c.Login):
            self._memory.missing(pending.command, result.missing)
            error = north_codec.failure(result)
            if pending.step and isinstance(pending.plan.commands[pending.step - 1], c.Release):
                error = msgspec.structs.replace(error, message=f"{_LEFT}{error.message or error.name}")
            return (_refusal(pending.request_id, error),)
        asks = result.missing is not None and result.missing.kind is NeedInfoKind.CONFIRM
        name = "user_already_logged_in" if asks else _login_error(result)
        if name is None:
            return (_refusal(pending.request_id, north_codec.failure(result)),)
        error = wire.ResultError(errors.SERVER_ERRORS[name], name, result.message or None)
        told = encoder.server_error(name, result.message, north_codec.milliseconds(now))
        return (_refusal(pending.request_id, error), Send(told))

    def _bound(self, agent: AgentId) -> Sequence[ClientOutput]:
        """Only a login that went through shows whose events the client may have."""
        if self._agent is not None:
            return ()
        self._agent = agent
        return (Follow(agent),)

    def _greeting(self) -> Sequence[ClientOutput]:
        """ON_LOGIN may have been told before the client followed the agent."""
        session = self._session()
        if session is None or session.state is AgentState.LOGGED_OUT or self._told_login:
            return ()
        self._told_login = True
        return (Send(encoder.logged_in(session)),)

    def _answered(self, message: jsonrpc.Message) -> Sequence[ClientOutput]:
        query = self._queries.pop(message.id, None) if isinstance(message.id, int) else None
        if query is None:
            return ()  # late
        if isinstance(message.result, UnsetType):  # the client's handler failed
            return (Answered(NoOpinion(query_id=query.id)),)
        try:
            return (Answered(asking.read(query, message.result)),)
        except msgspec.DecodeError:  # as good as none: a platform that waits must not wait for nothing
            return (Answered(NoOpinion(query_id=query.id)),)

    # --- the active interaction

    def _visible_active(self, session: AgentSession) -> str | None:
        active = session.focused_interaction_id
        one = self._view.interaction(active) if active else None
        return active if one is not None and north_codec.visible(one) else None

    def _after(self, left: str) -> str | None:
        """What is active now that this one is not: what was, or nothing; its successor tells itself."""
        return None if self._active == left and not self._focused() else self._active

    def _focused(self) -> str | None:
        session = self._session()
        return self._visible_active(session) if session else None

    def _switched(self, active: str | None) -> Sequence[bytes]:
        if active == self._active:
            return ()
        self._active = active
        return (encoder.switched(active), *own.shown(active, self._memory))

    def _known(self, ref: str) -> str | None:
        """Our id of an interaction that the platform calls so."""
        listed = self._view.interactions(self._agent) if self._agent is not None else ()
        named = (one.id for one in listed if one.refs.get(codec.INTERACTION_ID) == ref)
        return next(named, self._memory.known(ref))


def _login_error(result: Failed) -> str | None:
    """The platform's own word if it stands in the list of server errors only, for the same failure."""
    number = errors.SERVER_ERRORS.get(result.vendor_code)
    if number and result.vendor_code not in errors.REQUEST_ERRORS and errors.ERROR_IN[number] is result.code:
        return result.vendor_code
    return _LOGIN_ERRORS.get(result.code)


def _success(request_id: RequestId, data: Json) -> Send:
    return Send(jsonrpc.response(request_id, wire.Success(data)))


def _refusal(request_id: RequestId, error: wire.ResultError) -> Send:
    return Send(jsonrpc.response(request_id, wire.Refused(error)))
