"""North: what connections with pages that take us for their platform have in common. Sans-IO."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final, Generic, TypeVar

import msgspec
from msgspec import UNSET, UnsetType

from adapters.contract.change import Frame
from adapters.contract.closing import CloseCode
from adapters.contract.dialect import ClientOutput, Close, Execute, Follow, Send, Timeless
from adapters.kit import jsonrpc
from adapters.kit.under_way import Ended, FailedError, Steps, UnderWay
from schemas.errors import RefusedError
from schemas.ids import AgentId
from schemas.queries import AnyQuery
from schemas.results import ErrorCode, Failed, FinalResult
from schemas.values import Json

PlanT = TypeVar("PlanT")
RequestId = int | str | UnsetType | None  # UNSET: the client does not want to know

MAX_OPEN: Final = 1000  # requests under way


class Request(msgspec.Struct, Generic[PlanT], frozen=True):
    """One request, and what it comes to."""

    id: RequestId
    plan: PlanT


class PageClient(Timeless, ABC, Generic[PlanT]):
    """ClientConnection with one agent's page, by JSON-RPC, but for what is the dialect's own. Sans-IO.

    The page asks, and is answered; we ask it nothing.
    """

    def __init__(self, dialect: str, agent_id: AgentId | None) -> None:
        self._dialect = dialect
        self._agent_id = agent_id
        self._under_way: UnderWay[Request[PlanT]] = UnderWay()
        self._now = datetime.min.replace(tzinfo=UTC)  # of the frame or result that is being read

    def opened(self, now: datetime) -> Sequence[ClientOutput]:
        """A page belongs to one agent."""
        del now
        if self._agent_id is None:
            return [Close(CloseCode.NOBODY, "the token names no agent")]
        return [Follow(self._agent_id)]

    def received(self, frame: bytes, now: datetime) -> Sequence[ClientOutput]:
        """Read one request. Raises MalformedFrame for what is no JSON-RPC frame."""
        self._now = now
        message = jsonrpc.decode(self._dialect, frame)
        if message.method is UNSET:
            return []
        try:
            return self._asked(message.id, message.method, message.params)
        except RefusedError as error:
            return self._refused(message.id, Failed(code=error.code, message=error.message))
        except msgspec.DecodeError as error:
            failed = Failed(code=ErrorCode.INVALID_COMMAND, message=f"Parameters: {error}")
            return self._refused(message.id, failed)

    def finished(self, token: str, result: FinalResult, now: datetime) -> Sequence[ClientOutput]:
        """The next command of the request, or its answer."""
        self._now = now
        step = self._under_way.finished(token, result)
        return [] if step is None else self._went_on(step)

    def overheard(self, frame: Frame) -> Sequence[ClientOutput]:
        """Clients say nothing to each other, unless their dialect has it."""
        del frame
        return []

    def ask(self, query: AnyQuery) -> Sequence[ClientOutput]:
        """This API has no question."""
        del query
        return []

    # --- the dialect's

    @abstractmethod
    def _asked(self, request_id: RequestId, method: str, params: msgspec.Raw) -> Sequence[ClientOutput]:
        """A request. Raises RefusedError, and msgspec.DecodeError for wrong parameters."""

    @abstractmethod
    def _steps(self, plan: PlanT) -> Steps:
        """The commands that it takes; see adapters.kit.under_way."""

    @abstractmethod
    def _refused(self, request_id: RequestId, failed: Failed) -> Sequence[ClientOutput]:
        """The answer to what is not carried out."""

    def _failed(self, request: Request[PlanT], failed: Failed) -> Sequence[ClientOutput]:
        """The answer to what was carried out in vain."""
        return self._refused(request.id, failed)

    # --- for its use

    def _carry_out(self, request: Request[PlanT]) -> Sequence[ClientOutput]:
        """Its first command, or its answer. Raises RefusedError where too many are under way."""
        if len(self._under_way) >= MAX_OPEN:
            raise RefusedError(ErrorCode.RATE_LIMITED, "Too many requests under way")
        return self._went_on(self._under_way.begin(request, self._steps(request.plan)))

    def _went_on(self, step: Execute | Ended[Request[PlanT]]) -> Sequence[ClientOutput]:
        match step:
            case Execute():
                return [step]
            case Ended(request=request, error=FailedError(failed=failed)):
                return self._failed(request, failed)
            case Ended(request=request, data=data):
                return reply(request.id, data)


def reply(request_id: RequestId, result: Json) -> Sequence[ClientOutput]:
    """The answer to a request, if one is wanted."""
    return [] if request_id is UNSET else [Send(jsonrpc.response(request_id, result))]
