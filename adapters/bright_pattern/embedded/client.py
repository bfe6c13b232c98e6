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
from msgspec import UNSET
from msgspec.structs import replace

from adapters.bright_pattern.embedded import encode, methods, tables
from adapters.bright_pattern.embedded.requests import Args, Plan, Scope
from adapters.bright_pattern.embedded.settings import EmbeddedSettings
from adapters.contract.change import Change, Encoded, Frame
from adapters.contract.dialect import ClientOutput, Execute, Send, View
from adapters.kit import jsonrpc
from adapters.kit.answers import Given
from adapters.kit.client import failure_text
from adapters.kit.page_client import MAX_OPEN, PageClient, Request, RequestId, reply
from adapters.kit.under_way import Ended, FailedError, Steps, in_turn
from schemas import commands as c
from schemas import events as e
from schemas.errors import RefusedError
from schemas.ids import AgentId, InteractionId
from schemas.interaction import Interaction, InteractionState
from schemas.results import ErrorCode, Failed

_OFFERED: Final = frozenset({InteractionState.ALERTING, InteractionState.PREVIEW})
REFUSED: Final = -32000  # the first of those that JSON-RPC leaves to the server
_CODES: Final[Mapping[ErrorCode, int]] = {
    ErrorCode.INVALID_COMMAND: jsonrpc.INVALID_PARAMS,
    ErrorCode.UNSUPPORTED: jsonrpc.METHOD_NOT_FOUND,
}


class Client(PageClient[Plan]):
    """ClientConnection of this dialect."""

    def __init__(self, settings: EmbeddedSettings, view: View, agent_id: AgentId | None) -> None:
        super().__init__(tables.NAME, agent_id)
        self._settings = settings
        self._view = view
        self._given = Given()
        # What this client knows of; True: rendered without a word of the platform's, which may still come.
        self._rendered: dict[InteractionId, bool] = {}

    def opened(self, now: datetime) -> Sequence[ClientOutput]:
        """What is there already, it asks for itself."""
        if self._agent_id is not None:
            self._rendered = {one.id: False for one in self._view.interactions(self._agent_id)}
        return super().opened(now)

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

    # --- commands

    def _asked(self, request_id: RequestId, method: str, params: msgspec.Raw) -> Sequence[ClientOutput]:
        scope, row = (
            Scope(self._view, self._agent_id or AgentId(""), self._given),
            methods.COMMANDS.get(method),
        )
        if row is None or row.request is None:
            raise RefusedError(ErrorCode.UNSUPPORTED, f"There is no command {method}")
        args = Args(params)
        if not row.signed_out:
            scope.session()
        plan = row.request(scope, args)
        if not plan.commands:
            return reply(request_id, plan.data)
        if len(self._under_way) + len(plan.commands) > MAX_OPEN:
            raise RefusedError(ErrorCode.RATE_LIMITED, "Too many requests under way")
        parts = [Request(request_id, part) for part in plan.parts()]
        return [output for part in parts for output in self._carry_out(part)]

    def _steps(self, plan: Plan) -> Steps:
        named = Scope(self._view, self._agent_id or AgentId(""), self._given).session().id
        try:
            return (yield from in_turn(plan.commands, self._given, named=named)).data
        except FailedError as stopped:
            if not any(isinstance(one, c.Release) for one in stopped.before):
                raise
            message = f"Released, but not completed: {_text(stopped.failed)}"  # the call was left before
            raise FailedError(replace(stopped.failed, message=message)) from stopped

    def _went_on(self, step: Execute | Ended[Request[Plan]]) -> Sequence[ClientOutput]:
        """The first failure of commands that are under way together is the answer, after the last of them."""
        if isinstance(step, Ended) and (together := step.request.plan.together) is not None:
            together.under_way -= 1
            together.error = together.error or step.error
            if together.under_way:
                return []
            step = Ended(step.request, error=together.error)
        return super()._went_on(step)

    # --- answers

    def _refused(self, request_id: RequestId, failed: Failed) -> Sequence[ClientOutput]:
        if request_id is UNSET:
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
    return failure_text(failed, lambda key: methods.GIVEN_BY.get(key, key))
