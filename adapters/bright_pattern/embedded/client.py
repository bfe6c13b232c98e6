"""North: the connection with a page that takes us for the agent's Embedded Agent Desktop. Sans-IO.

One connection is one agent's page. A command with an id is answered, whether the script has a callback for
it or not: with its data, else null, or with a JSON-RPC error. The vendor has no errors, so that one is for
the facade. What is missing is named there by the call that gives it, before the next try. Source:
reference/bright-pattern.md section 7.2.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

import msgspec
from msgspec import UNSET, UnsetType

from adapters.bright_pattern.embedded import encode, methods, tables
from adapters.bright_pattern.embedded.requests import Args, Plan, Scope
from adapters.bright_pattern.embedded.settings import EmbeddedSettings
from adapters.contract.change import Change, Encoded, Frame
from adapters.contract.closing import CloseCode
from adapters.contract.dialect import ClientOutput, Close, Execute, Follow, Send, Timeless, View
from adapters.kit import jsonrpc
from adapters.kit.answers import Given
from adapters.kit.client import failure_text
from adapters.kit.under_way import Ended, FailedError, Steps, UnderWay, in_turn
from schemas import commands as c
from schemas import events as e
from schemas.errors import RefusedError
from schemas.ids import AgentId, InteractionId, SessionId
from schemas.interaction import Interaction, InteractionState
from schemas.queries import AnyQuery
from schemas.results import ErrorCode, Failed, FinalResult
from schemas.values import Json

MAX_OPEN: Final = 1000  # requests under way
_OFFERED: Final = frozenset({InteractionState.ALERTING, InteractionState.PREVIEW})
REFUSED: Final = -32000  # the first of those that JSON-RPC leaves to the server
_CODES: Final[Mapping[ErrorCode, int]] = {
    ErrorCode.INVALID_COMMAND: jsonrpc.INVALID_PARAMS,
    ErrorCode.UNSUPPORTED: jsonrpc.METHOD_NOT_FOUND,
}
_GIVEN_BY: Final[Mapping[str, str]] = {  # what is missing, and the call that gives it
    "disposition": methods.SET_DISPOSITION.name,
    "notes": methods.SET_NOTES.name,
    "service": methods.SELECT_SERVICE.name,
    "skill": methods.SELECT_SERVICE.name,
    "agent_state": methods.SET_STATUS.name,
}

_RequestId = int | str | None


class _Together(msgspec.Struct):
    """One request whose commands are all under way at once."""

    request_id: _RequestId | UnsetType
    under_way: int
    failure: Failed | None = None


class Client(Timeless):
    """ClientConnection of this dialect."""

    def __init__(self, settings: EmbeddedSettings, view: View, agent_id: AgentId | None) -> None:
        self._settings = settings
        self._view = view
        self._agent_id = agent_id
        self._given = Given()
        # What this client knows of; True: rendered without a word of the platform's, which may still come.
        self._rendered: dict[InteractionId, bool] = {}
        self._requests = UnderWay[_RequestId | UnsetType]()
        self._together: dict[str, _Together] = {}
        self._began = 0  # of those

    def opened(self, now: datetime) -> Sequence[ClientOutput]:
        """A page belongs to one agent. What is there already, it asks for itself."""
        del now
        if self._agent_id is None:
            return [Close(CloseCode.NOBODY, "the token names no agent")]
        self._rendered = {one.id: False for one in self._view.interactions(self._agent_id)}
        return [Follow(self._agent_id)]

    def received(self, frame: bytes, now: datetime) -> Sequence[ClientOutput]:
        """Read one command. Raises MalformedFrame for what is no JSON-RPC frame."""
        del now
        message = jsonrpc.decode(tables.NAME, frame)
        if message.method is UNSET:
            return []  # we ask such a client nothing
        try:
            return self._command(message.id, message.method, message.params)
        except RefusedError as error:
            return self._failed(message.id, Failed(code=error.code, message=error.message))

    def finished(self, token: str, result: FinalResult, now: datetime) -> Sequence[ClientOutput]:
        """The next command of the request, or its answer; the first failure is the answer's."""
        del now
        one = self._together.pop(token, None)
        if one is None:
            went_on = self._requests.finished(token, result)
            return [] if went_on is None else self._went_on(went_on)
        one.under_way -= 1
        if isinstance(result, Failed):
            one.failure = one.failure or result
        if one.under_way:
            return []
        return (
            self._failed(one.request_id, one.failure) if one.failure else self._answer(one.request_id, None)
        )

    def change(self, change: Change, encoded: Encoded) -> Sequence[bytes]:
        """All of the shared frames, and what is rendered, where no platform says what is in front."""
        if change.events[0].agent_id not in (None, self._agent_id):
            return ()
        return [
            body
            for event, frames in zip(change.events, encoded, strict=True)
            for body in self._event(event, frames)
        ]

    def _event(self, event: e.AnyEvent, frames: Sequence[Frame]) -> Sequence[bytes]:
        told = [frame.body for frame in frames]
        match event:
            case e.PlatformNotice() | e.VendorUnrecognised():
                return [body for one in frames if (body := encode.renamed(one, self._ours))]
            case e.InteractionCompleted(interaction=one):
                self._rendered.pop(one.id, None)
                self._given.forget(one.id)
            case e.FocusChanged(interaction=one) if one.focused:
                before, self._rendered[one.id] = self._rendered.get(one.id, False), False
                return () if before else told
            case e.InteractionDialing(interaction=one) | e.InteractionConnected(interaction=one):
                return (*told, *self._render(one))
            case e.InteractionReopened(interaction=one) if one.state not in _OFFERED:
                return (*told, *self._render(one))
            case _:
                pass
        return told

    def overheard(self, frame: Frame) -> Sequence[ClientOutput]:
        """Clients of this dialect say nothing to each other."""
        del frame
        return ()

    def ask(self, query: AnyQuery) -> Sequence[ClientOutput]:
        """This API has no question."""
        del query
        return []

    # --- commands

    def _command(
        self, request_id: _RequestId | UnsetType, command: str, params: msgspec.Raw
    ) -> Sequence[ClientOutput]:
        agent_id = self._agent_id or AgentId("")
        scope, row = Scope(self._view, agent_id, self._given), methods.COMMANDS.get(command)
        if row is methods.GET_STATE:
            state = encode.state(agent_id, self._view.agent(agent_id), scope.interactions())
            return self._answer(request_id, state)
        if row is None or row.request is None:
            raise RefusedError(ErrorCode.UNSUPPORTED, f"There is no command {command}")
        args = Args(params)
        if row is not methods.SELECT_SERVICE:
            scope.session()
        return self._carry_out(request_id, scope, row.request(scope, args))

    def _carry_out(
        self, request_id: _RequestId | UnsetType, scope: Scope, plan: Plan
    ) -> Sequence[ClientOutput]:
        if not plan.commands:
            return self._answer(request_id, plan.data)
        if len(self._requests) + len(self._together) + len(plan.commands) > MAX_OPEN:
            raise RefusedError(ErrorCode.RATE_LIMITED, "Too many requests under way")
        if not plan.together:
            steps = self._steps(plan, scope.session().id)
            return self._went_on(self._requests.begin(request_id, steps))
        one = _Together(request_id, len(plan.commands))
        self._began += 1
        tokens = [f"{self._began} {index}" for index in range(len(plan.commands))]
        self._together.update(dict.fromkeys(tokens, one))
        return [
            Execute(token=token, command=command)
            for token, command in zip(tokens, plan.commands, strict=True)
        ]

    def _steps(self, plan: Plan, named: SessionId) -> Steps:
        return (yield from in_turn(plan.commands, self._given, named=named)).data

    def _went_on(self, went_on: Execute | Ended[_RequestId | UnsetType]) -> Sequence[ClientOutput]:
        if isinstance(went_on, Execute):
            return [went_on]
        stopped = went_on.error
        if not isinstance(stopped, FailedError):
            return self._answer(went_on.request, went_on.data)
        released = any(isinstance(one, c.Release) for one in stopped.before)
        failed = stopped.failed
        if released:  # the call was left, and only then something went wrong
            failed = msgspec.structs.replace(failed, message=f"Released, but not completed: {_text(failed)}")
        return self._failed(went_on.request, failed)

    # --- answers

    def _answer(self, request_id: _RequestId | UnsetType, data: Json) -> Sequence[ClientOutput]:
        return [] if isinstance(request_id, UnsetType) else [Send(jsonrpc.response(request_id, data))]

    def _failed(self, request_id: _RequestId | UnsetType, failed: Failed) -> Sequence[ClientOutput]:
        if isinstance(request_id, UnsetType):
            return []
        code = _CODES.get(failed.code, REFUSED)
        return [Send(jsonrpc.failure(request_id, code, _text(failed)))]

    # --- what it was told

    def _render(self, one: Interaction) -> Sequence[bytes]:
        """Pages pop up when they are told of this, and not every platform says what is in front."""
        if one.focused or one.id in self._rendered:
            return ()
        self._rendered[one.id] = True
        return (encode.rendered(one).body,)

    def _ours(self, ref: str) -> str | None:
        """Our id of an interaction that the platform calls so."""
        listed = self._view.interactions(self._agent_id) if self._agent_id is not None else ()
        return next((one.id for one in listed if one.refs.get(tables.ITEM_ID) == ref), None)


def _text(failed: Failed) -> str:
    """What is missing is named by the call that gives it."""
    return failure_text(failed, lambda key: _GIVEN_BY.get(key, key))
