"""North: the connection with a host page that takes us for the agent's WWE. Sans-IO.

One connection is one agent's page. Answers are the vendor's replies as JSON-RPC results: `{"data": ...}`,
`{"errorMessage": "..."}`, `{"subscriptionId": "..."}`. Source: seed 002; reference 2.3, 2.4, 3 and 4.1.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec
from msgspec import UNSET, UnsetType

from adapters.contract.change import Change, Encoded, Frame
from adapters.contract.closing import CloseCode
from adapters.contract.dialect import Broadcast, ClientOutput, Close, Execute, Follow, Send, Timeless, View
from adapters.genesys_wwe import methods, passthrough, requests, same_dialect, tables, wire
from adapters.genesys_wwe.encode import blocked_frame
from adapters.genesys_wwe.media import KnownMedia
from adapters.genesys_wwe.rate_limits import RateLimits
from adapters.genesys_wwe.scope import Plan, Scope, plan
from adapters.genesys_wwe.settings import Settings
from adapters.kit import answers, jsonrpc
from adapters.kit.client import failure_text
from schemas import commands as c
from schemas.errors import RefusedError
from schemas.events import AgentEvent, AnyEvent, DispositionChanged, InteractionCompleted, VendorUnrecognised
from schemas.ids import AgentId
from schemas.queries import AnyQuery
from schemas.results import ErrorCode, Failed, FinalResult
from schemas.values import Json

MAX_SUBSCRIPTIONS: Final = 100
MAX_OPEN: Final = 1000  # requests under way
WITHIN_S: Final = 8.0  # a request as a whole: the vendor's library gives up after 10 s, without a word

_NO_DATA: Final[Json] = {"data": None}

_RequestId = int | str | UnsetType | None  # UNSET: the client does not want to know

_named = msgspec.json.Decoder(wire.Named)
_subscribe = msgspec.json.Decoder(wire.Subscribe)


class _Batch(msgspec.Struct):
    """One request, and the commands that it has become."""

    request_id: _RequestId
    plan: Plan
    left: int
    until: datetime  # when the client gives up
    failure: str | None = None
    blocked: bool = False
    warnings: tuple[str, ...] = ()
    data: Json = None  # what a call that was passed on was answered


class Client(Timeless):
    """ClientConnection of this dialect."""

    def __init__(self, settings: Settings, view: View, agent_id: AgentId | None) -> None:
        self._agent_id = agent_id
        self._scope = Scope(view, agent_id or AgentId(""), settings, {})
        self._limits = RateLimits(settings)
        self._subscriptions: dict[str, tuple[str, ...]] = {}
        self._subscribed = 0
        self._channels: frozenset[str] = frozenset()  # subscribed to
        self._open: dict[str, tuple[_Batch, c.AnyCommand]] = {}
        self._executed = 0
        self._now = datetime.min.replace(tzinfo=UTC)  # of the frame or result that is being read
        self._media: KnownMedia | None = None  # of the agent, as long as they are subscribed to

    def opened(self, now: datetime) -> Sequence[ClientOutput]:
        """A page belongs to one agent."""
        del now
        if self._agent_id is None:
            return [Close(CloseCode.NOBODY, "the token names no agent")]
        return [Follow(self._agent_id)]

    def received(self, frame: bytes, now: datetime) -> Sequence[ClientOutput]:
        """Read one request. Raises MalformedFrame for what is no JSON-RPC frame."""
        self._now = now
        message = jsonrpc.decode(tables.NAME, frame)
        if message.method is UNSET:
            return []  # we ask such a client nothing
        try:
            match message.method:
                case methods.SUBSCRIBE:
                    return _reply(message.id, self._subscribe(message.params))
                case methods.UNSUBSCRIBE:
                    return _reply(message.id, self._unsubscribe(message.params))
                case method if not self._limits.permit(method, now):
                    return []  # over the limit: ignored, as the vendor documents it
                case method:
                    return self._carry_out(message.id, self._plan(method, message.params))
        except RefusedError as error:
            text = error.message
        except msgspec.DecodeError as error:
            text = f"Parameters: {error}"
        return _reply(message.id, {"errorMessage": text})

    def finished(self, token: str, result: FinalResult, now: datetime) -> Sequence[ClientOutput]:
        """Answer once, when all commands of a request are over; the first failure is the answer's."""
        self._now = now
        batch, command = self._open.pop(token, (None, None))
        if batch is None or command is None:
            return []
        if (again := _answered(command, result)) is not None:
            return [self._execute(batch, again)]
        batch.left -= 1
        if isinstance(result, Failed):
            batch.failure = batch.failure or failure_text(result, self._given_by, labels=True)
            batch.blocked = result.code is ErrorCode.COMPLETION_BLOCKED
        else:
            batch.data = result.data if isinstance(command, c.VendorCall) else None
            batch.warnings += result.warnings
        if batch.left:
            return []
        if batch.failure is not None:
            refused = {"errorMessage": batch.failure}
            blocked = self._blocked(command, batch.failure) if batch.blocked else ()
            return [*_reply(batch.request_id, refused), *blocked]
        requests.remember(self._scope, batch.plan)
        answer: dict[str, Json] = {"data": batch.data}
        if batch.warnings and not self._scope.same_dialect:  # who speaks to his own platform knows it
            answer["warnings"] = batch.warnings
        return _reply(batch.request_id, answer)

    def _given_by(self, key: str) -> str:
        """How a client gives what is missing: as attached data."""
        settings = self._scope.settings
        keys = {"disposition": settings.disposition_key, "notes": settings.notes_key}
        return keys.get(key, requests.ANSWER + key)

    def _blocked(self, command: c.AnyCommand, text: str) -> Sequence[ClientOutput]:
        """Who tried to mark done what is blocked is told of the block, after its failure."""
        if not isinstance(command, c.Complete):
            return ()
        return self.overheard(blocked_frame(command.interaction_id, text))

    def change(self, change: Change, encoded: Encoded) -> Sequence[bytes]:
        """The frames of the channels it subscribed to: once each, however many subscriptions there are."""
        if change.events[0].agent_id not in (None, self._agent_id):
            return ()
        return [
            frame.body
            for event, frames in zip(change.events, encoded, strict=True)
            for frame in self._event(event, frames)
            if frame.topic in self._channels
        ]

    def _event(self, event: AnyEvent, frames: Sequence[Frame]) -> Sequence[Frame]:
        match event:
            case VendorUnrecognised(interaction_id=str() as about):
                one = self._scope.view.interaction(about)
                return frames if one is None else same_dialect.of_one(event, one, self._scope.settings)
            case AgentEvent() if self._media is not None:
                return (*frames, *self._media.changed(event, frames))
            case InteractionCompleted() | DispositionChanged():
                requests.forget(self._scope, event.interaction)
            case _:
                pass
        return frames

    def overheard(self, frame: Frame) -> Sequence[ClientOutput]:
        """Another client broadcasts on a channel; it is told to those who subscribed to that."""
        return [Send(frame.body)] if frame.topic in self._channels else []

    def ask(self, query: AnyQuery) -> Sequence[ClientOutput]:
        """This API has no question."""
        del query
        return []

    # --- requests

    def _plan(self, method: str, params: msgspec.Raw) -> Plan:
        """What it comes to. Raises RefusedError, and msgspec.DecodeError for wrong parameters."""
        if not self._scope.settings.serves(method):
            raise RefusedError(ErrorCode.NOT_ALLOWED, f"Service not allowed: {method}")
        passed = passthrough.command(self._scope, method, params)
        if passed is not None:
            return plan(passed)
        row = methods.BY_NAME.get(method)
        if row is None:
            raise RefusedError(ErrorCode.UNSUPPORTED, f"Unknown service: {method}")
        if row.read is None:
            reason = methods.UNAVAILABLE[method]
            raise RefusedError(ErrorCode.UNSUPPORTED, f"{method} is not available here: {reason}")
        return row.read(self._scope, params)

    def _carry_out(self, request_id: _RequestId, planned: Plan) -> Sequence[ClientOutput]:
        if not planned.commands:
            requests.remember(self._scope, planned)
            told = [] if planned.broadcast is None else [Broadcast(planned.broadcast)]
            return [*told, *_reply(request_id, {"data": planned.data})]
        if len(self._open) + len(planned.commands) > MAX_OPEN:
            raise RefusedError(ErrorCode.RATE_LIMITED, "Too many requests under way")
        until = self._now + timedelta(seconds=WITHIN_S)
        batch = _Batch(request_id, planned, len(planned.commands), until)
        return [self._execute(batch, command) for command in planned.commands]

    def _execute(self, batch: _Batch, command: c.AnyCommand) -> Execute:
        self._executed += 1
        token = str(self._executed)
        self._open[token] = (batch, command)
        within_s = (batch.until - self._now).total_seconds()
        native = isinstance(command, c.VendorCall)  # what is passed on is of this client's own API
        return Execute(token=token, command=command, native=native, within_s=within_s)

    # --- subscriptions

    def _subscribe(self, params: msgspec.Raw) -> Json:
        """An unknown channel never fires; a list of nothing but unknown ones fails."""
        given = _subscribe.decode(params).channels
        channels = (given,) if isinstance(given, str) else given
        if not any(one in tables.CHANNELS or one.startswith(tables.MESSENGER) for one in channels):
            raise RefusedError(ErrorCode.UNKNOWN_OBJECT, f"Unknown channel: {', '.join(channels)}")
        if len(self._subscriptions) >= MAX_SUBSCRIPTIONS:
            raise RefusedError(ErrorCode.RATE_LIMITED, "Too many subscriptions")
        self._subscribed += 1
        subscription_id = f"s-{self._subscribed}"
        self._subscriptions[subscription_id] = channels
        self._listen()
        return {"subscriptionId": subscription_id}

    def _unsubscribe(self, params: msgspec.Raw) -> Json:
        subscription_id = _named.decode(params).name
        if self._subscriptions.pop(subscription_id, None) is None:
            raise RefusedError(ErrorCode.UNKNOWN_OBJECT, f"Unknown subscription: {subscription_id}")
        self._listen()
        return _NO_DATA

    def _listen(self) -> None:
        channels = {channel for channels in self._subscriptions.values() for channel in channels}
        if "media" not in channels:
            self._media = None
        elif self._media is None:
            self._media = KnownMedia(self._scope)
        self._channels = frozenset(channels)


def _reply(request_id: _RequestId, result: Json) -> Sequence[ClientOutput]:
    return [] if request_id is UNSET else [Send(jsonrpc.response(request_id, result))]


def _answered(command: c.AnyCommand, result: FinalResult) -> c.AnyCommand | None:
    """The command with what it lacks, where that was given (by name, perhaps) or need not be; else None."""
    if not isinstance(result, Failed) or result.missing is None:
        return None
    found = answers.answered(result.missing, command.answers)
    if found is None or {**command.answers, **found} == command.answers:
        return None
    return msgspec.structs.replace(command, answers={**command.answers, **found})
