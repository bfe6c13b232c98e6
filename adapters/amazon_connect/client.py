"""North: the connection with a control panel page of ours, which a library takes for the vendor's. Sans-IO.

One connection is one frame of the agent's. It is told everything anew whenever something of it has changed;
answers are `{"data": ...}` or `{"err": ...}`. What a page says to all pages, it says to us to hand on.
Source: docs/sources/amazon-connect.md, sections 8 and 10.
"""

from collections.abc import Generator, Sequence
from datetime import datetime
from typing import Final

import msgspec

from adapters.amazon_connect import methods, snapshots, tables, wire
from adapters.amazon_connect.scope import Plan, Scope
from adapters.amazon_connect.settings import Settings
from adapters.contract.change import Change, Encoded, Frame
from adapters.contract.dialect import Broadcast, ClientOutput, Send, View
from adapters.kit import answers, jsonrpc
from adapters.kit.client import failure_text
from adapters.kit.jsonrpc import NOTHING
from adapters.kit.page_client import PageClient, Request, RequestId, reply
from adapters.kit.under_way import FailedError, Step, Steps
from schemas import commands as c
from schemas.agent import AgentSession
from schemas.errors import RefusedError
from schemas.ids import AgentId
from schemas.interaction import Interaction
from schemas.results import ErrorCode, Failed, FinalResult, Succeeded

BROADCAST: Final = "broadcast"
# What pages of one agent hear of each other; the rest is between a page and its frame.
SHARED: Final = (tables.ACCEPTED, tables.VIEW)

_params: Final = msgspec.json.Decoder(tuple[msgspec.Raw, ...])
_broadcast: Final = msgspec.json.Decoder(tuple[wire.Broadcast])


class Client(PageClient[Plan]):
    """ClientConnection of this dialect."""

    def __init__(self, settings: Settings, view: View, agent_id: AgentId | None) -> None:
        super().__init__(tables.NAME, agent_id)
        self._view = view
        self._scope = Scope(agent_id or AgentId(""), settings)

    def opened(self, now: datetime) -> Sequence[ClientOutput]:
        """How everything stands, at once."""
        outputs = list(super().opened(now))
        if self._agent_id is not None:
            self._scope.session = self._view.agent(self._agent_id)
            for one in self._view.interactions(self._agent_id):
                self._scope.take(one)
            outputs += [Send(body) for body in self._update(now)]
        return outputs

    def change(self, change: Change, encoded: Encoded) -> Sequence[bytes]:
        """An update for each of its snapshots, and what is no part of one."""
        if change.events[0].agent_id not in (None, self._agent_id):
            return ()
        told: list[bytes] = []
        for event, frames in zip(change.events, encoded, strict=True):
            for frame in frames:
                if frame.said is None:
                    told.append(frame.body)
                else:
                    self._take(frame.said)
                    told += self._update(event.time)
        return told

    def _take(self, said: object) -> None:
        match said:
            case Interaction():
                self._scope.take(said)
            case AgentSession():
                self._scope.session = said
            case _:
                pass

    def _update(self, at: datetime) -> Sequence[bytes]:
        """Nothing, if it would say what was said last."""
        scope, last = self._scope, self._scope.last
        shown = scope.contacts()
        update = snapshots.update(scope.session, scope.agent_id, shown, scope.settings, at)
        if last is not None and update == _at(last, at):
            return ()
        scope.last = update
        return (jsonrpc.notification(tables.UPDATE, (update,)),)

    def overheard(self, frame: Frame) -> Sequence[ClientOutput]:
        """What another page of the agent says to all."""
        return [Send(frame.body)]

    # --- requests

    def _asked(self, request_id: RequestId, method: str, params: msgspec.Raw) -> Sequence[ClientOutput]:
        if method == BROADCAST:
            [said] = _broadcast.decode(params)
            if not said.event.startswith(SHARED):
                raise RefusedError(ErrorCode.UNSUPPORTED, f"{said.event} is not for other pages")
            return [*reply(request_id, {"data": {}}), Broadcast(jsonrpc.event(said.event, said.data))]
        row = methods.BY_NAME.get(method)
        if row is None or row.read is None:
            reason = methods.PASSED.get(method, "no such method")
            raise RefusedError(ErrorCode.UNSUPPORTED, f"{method} is not available here: {reason}")
        given = _params.decode(params)
        return self._carry_out(Request(request_id, row.read(self._scope, given[0] if given else NOTHING)))

    def _steps(self, plan: Plan) -> Steps:
        last = Succeeded()
        for command in plan.commands:
            result = yield from _attempt(command)
            if isinstance(result, Failed):
                raise FailedError(result)
            last = result
        return {"data": plan.read(last) if plan.commands else plan.data}

    def _refused(self, request_id: RequestId, failed: Failed) -> Sequence[ClientOutput]:
        kind = failed.vendor_code if self._view.same_dialect and failed.vendor_code else None
        error = wire.Error(
            kind or tables.ERROR_OUT.get(failed.code, tables.INTERNAL), failure_text(failed, _given_by)
        )
        return reply(request_id, {"err": msgspec.to_builtins(error)})


def _at(update: wire.Update, at: datetime) -> wire.Update:
    return msgspec.structs.replace(
        update, snapshot=msgspec.structs.replace(update.snapshot, snapshotTimestamp=at)
    )


def _given_by(key: str) -> str:
    """This API has no way to give what is missing: the agent gives it elsewhere."""
    return key


def _attempt(command: c.AnyCommand) -> Generator[Step, FinalResult, FinalResult]:
    """One command, again with what it lacks where that need not be said."""
    while True:
        result = yield Step(command)
        missing = result.missing if isinstance(result, Failed) else None
        found = None if missing is None else answers.answered(missing, command.answers)
        given = {**command.answers, **(found or {})}
        if given == command.answers:
            return result
        command = msgspec.structs.replace(command, answers=given)
