"""North: the connection with a host page that takes us for the agent's WWE. Sans-IO.

One connection is one agent's page. Answers are the vendor's replies as JSON-RPC results: `{"data": ...}`,
`{"errorMessage": "..."}`, `{"subscriptionId": "..."}`. Source: seed 002; reference 2.3, 2.4, 3 and 4.1.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec
from msgspec import UNSET

from adapters.contract.change import Change, Encoded, Frame
from adapters.contract.closing import CloseCode
from adapters.contract.dialect import Broadcast, ClientOutput, Close, Execute, Follow, Send, Timeless, View
from adapters.genesys_wwe import encoder, media, methods, passing, reads, requests, tables, theirs, wire
from adapters.genesys_wwe.limits import Limits
from adapters.genesys_wwe.scope import Scope, read
from adapters.genesys_wwe.settings import Settings
from adapters.kit import answers, jsonrpc
from schemas import commands as c
from schemas.errors import RefusedError
from schemas.events import AgentEvent, AnyEvent, DispositionChanged, InteractionCompleted, VendorUnrecognised
from schemas.ids import AgentId
from schemas.interaction import Interaction, InteractionState
from schemas.needinfo import Field
from schemas.queries import AnyQuery
from schemas.results import ErrorCode, Failed, FinalResult
from schemas.values import Json

MAX_SUBSCRIPTIONS: Final = 100
MAX_OPEN: Final = 1000  # requests under way
WITHIN_S: Final = 8.0  # a request as a whole: the vendor's library gives up after 10 s, without a word

_NO_DATA: Final[Json] = {"data": None}

_FREE: Final = frozenset({"subscribe", "unsubscribe"})  # no services: neither counted nor listed

_RequestId = int | str | None

_named = msgspec.json.Decoder(wire.Named)
_subscribe = msgspec.json.Decoder(wire.Subscribe)
_broadcast = msgspec.json.Decoder(wire.BroadcastMessage)


class _Batch(msgspec.Struct):
    """One request, and the commands that it has become."""

    request_id: _RequestId
    answered: bool  # whether the client wants to know
    left: int
    until: datetime  # when the client gives up
    about: c.AnyCommand | None = None  # the only one
    given: requests.Setting | None = None  # to be remembered once it is done
    failure: str | None = None
    blocked: bool = False
    warnings: tuple[str, ...] = ()
    data: Json = None  # what a call that was passed on was answered


class Client(Timeless):
    """ClientConnection of this dialect."""

    def __init__(self, settings: Settings, view: View, agent_id: AgentId | None) -> None:
        self._agent_id = agent_id
        self._scope = Scope(view, agent_id or AgentId(""), settings, {})
        self._limits = Limits(settings)
        self._subscriptions: dict[str, tuple[str, ...]] = {}
        self._subscribed = 0
        self._channels: frozenset[str] = frozenset()  # subscribed to
        self._open: dict[str, _Batch] = {}
        self._executed = 0
        self._now = datetime.min.replace(tzinfo=UTC)  # of the frame that is being read
        self._media: media.Told | None = None  # of the agent, as long as they are subscribed to

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
        if message.method not in _FREE and not self._limits.permit(message.method, now):
            return []  # over the limit: ignored, as the vendor documents it
        wanted = message.id is not UNSET
        request_id = None if message.id is UNSET else message.id
        try:
            return self._request(request_id, message.method, message.params, wanted=wanted)
        except RefusedError as error:
            return self._reply(request_id, {"errorMessage": error.message}, wanted=wanted)

    def finished(self, token: str, result: FinalResult, now: datetime) -> Sequence[ClientOutput]:
        """Answer once, when all commands of a request are over; the first failure is the answer's."""
        batch = self._open.pop(token, None)
        if batch is None:
            return []
        if (again := _answered(batch.about, result)) is not None:
            batch.about = again
            return [self._step(batch, again, now)]
        batch.left -= 1
        if isinstance(result, Failed):
            batch.failure = batch.failure or failure_text(result, self._scope.settings)
            batch.blocked = result.code is ErrorCode.COMPLETION_BLOCKED
        else:
            batch.data = result.data if isinstance(batch.about, c.VendorCall) else None
            batch.warnings += result.warnings
        if batch.left:
            return []
        if batch.failure is not None:
            answer: dict[str, Json] = {"errorMessage": batch.failure}
        else:
            self._remember(batch.given)
            answer = {"data": batch.data}
            if batch.warnings and not self._scope.theirs():  # who speaks to his own platform knows it
                answer["warnings"] = batch.warnings
        return [*self._reply(batch.request_id, answer, wanted=batch.answered), *self._blocked(batch)]

    def _blocked(self, batch: _Batch) -> Sequence[ClientOutput]:
        """Who tried to mark done what is blocked is told of the block, after its failure."""
        if not batch.blocked or not isinstance(batch.about, c.Complete):
            return []
        return self.overheard(encoder.blocked_frame(batch.about.interaction_id, batch.failure or ""))

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
                return frames if one is None else theirs.of_one(event, one, self._scope.settings)
            case AgentEvent() if self._media is not None:
                return (*frames, *self._media.changed(event, frames))
            case InteractionCompleted() | DispositionChanged():
                self._outdated(event.interaction)
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

    def _request(
        self, request_id: _RequestId, method: str, params: msgspec.Raw, *, wanted: bool
    ) -> Sequence[ClientOutput]:
        if method in _FREE:
            subscribing = method == "subscribe"
            answer = self._subscribe(params) if subscribing else self._unsubscribe(read(_named, params).name)
            return self._reply(request_id, answer, wanted=wanted)
        if not self._scope.settings.serves(method):
            raise RefusedError(ErrorCode.NOT_ALLOWED, f"Service not allowed: {method}")
        if method == "interaction.setUserData":
            return self._set_data(request_id, params, wanted=wanted)
        passed = passing.command(self._scope, method, params)
        if passed is not None:
            return self._execute(request_id, (passed,), wanted=wanted)
        if method in reads.READS:
            data = reads.answer(self._scope, method, params)
            return self._reply(request_id, {"data": data}, wanted=wanted)
        if method == "messenger.broadcastMessage":
            return [*self._broadcast(params), *self._reply(request_id, _NO_DATA, wanted=wanted)]
        reason = methods.UNAVAILABLE.get(method)
        if reason is not None:
            raise RefusedError(ErrorCode.UNSUPPORTED, f"{method} is not available here: {reason}")
        return self._execute(request_id, requests.commands(self._scope, method, params), wanted=wanted)

    def _set_data(
        self, request_id: _RequestId, params: msgspec.Raw, *, wanted: bool
    ) -> Sequence[ClientOutput]:
        setting = requests.set_data(self._scope, params)
        if setting.command is None:
            self._remember(setting)
            return self._reply(request_id, _NO_DATA, wanted=wanted)
        return self._execute(request_id, (setting.command,), wanted=wanted, given=setting)

    def _remember(self, setting: requests.Setting | None) -> None:
        if setting is not None and setting.given:
            self._scope.given.setdefault(setting.interaction_id, {}).update(setting.given)

    def _outdated(self, one: Interaction) -> None:
        """What was set of it counts no more: it is over, or somebody has chosen something else since."""
        given = self._scope.given
        if one.state is InteractionState.COMPLETED:
            given.pop(one.id, None)
        elif one.id in given:
            given[one.id] = requests.still_given(self._scope, one)

    def _broadcast(self, params: msgspec.Raw) -> Sequence[ClientOutput]:
        """The event is named by the whole channel, by which the vendor's library finds its handler."""
        said = read(_broadcast, params)
        if not said.channel:
            raise RefusedError(ErrorCode.INVALID_COMMAND, "Parameters: the channel has no name")
        return [Broadcast(encoder.frame(tables.MESSENGER + said.channel, said.message))]

    def _execute(
        self,
        request_id: _RequestId,
        commands: Sequence[c.AnyCommand],
        *,
        wanted: bool,
        given: requests.Setting | None = None,
    ) -> Sequence[ClientOutput]:
        if not commands:
            return self._reply(request_id, _NO_DATA, wanted=wanted)
        if len(self._open) + len(commands) > MAX_OPEN:
            raise RefusedError(ErrorCode.RATE_LIMITED, "Too many requests under way")
        about = commands[0] if len(commands) == 1 else None
        until = self._now + timedelta(seconds=WITHIN_S)
        batch = _Batch(request_id, wanted, len(commands), until, about, given)
        return [self._step(batch, command, self._now) for command in commands]

    def _step(self, batch: _Batch, command: c.AnyCommand, now: datetime) -> Execute:
        self._executed += 1
        token = str(self._executed)
        self._open[token] = batch
        within_s = (batch.until - now).total_seconds()
        native = isinstance(command, c.VendorCall)  # what is passed on is of this client's own API
        return Execute(token=token, command=command, native=native, within_s=within_s)

    def _reply(self, request_id: _RequestId, result: Json, *, wanted: bool) -> Sequence[ClientOutput]:
        return [Send(jsonrpc.response(request_id, result))] if wanted else []

    # --- subscriptions

    def _subscribe(self, params: msgspec.Raw) -> Json:
        """An unknown channel never fires; a list of nothing but unknown ones fails."""
        given = read(_subscribe, params).channels
        channels = (given,) if isinstance(given, str) else given
        if not any(one in tables.CHANNELS or one.startswith(tables.MESSENGER) for one in channels):
            raise RefusedError(ErrorCode.UNKNOWN_OBJECT, f"Unknown channel: {', '.join(channels)}")
        if len(self._subscriptions) >= MAX_SUBSCRIPTIONS:
            raise RefusedError(ErrorCode.RATE_LIMITED, "Too many subscriptions")
        self._subscribed += 1
        subscription_id = f"s-{self._subscribed}"
        self._subscriptions[subscription_id] = channels
        self._prefer()
        return {"subscriptionId": subscription_id}

    def _unsubscribe(self, subscription_id: str) -> Json:
        if self._subscriptions.pop(subscription_id, None) is None:
            raise RefusedError(ErrorCode.UNKNOWN_OBJECT, f"Unknown subscription: {subscription_id}")
        self._prefer()
        return _NO_DATA

    def _prefer(self) -> None:
        channels = frozenset(channel for channels in self._subscriptions.values() for channel in channels)
        if "media" not in channels:
            self._media = None
        elif self._media is None:
            self._media = media.Told(self._scope)
        self._channels = channels


def _answered(command: c.AnyCommand | None, result: FinalResult) -> c.AnyCommand | None:
    """The command with what it lacks, where that was given (by name, perhaps) or need not be; else None."""
    if command is None or not isinstance(result, Failed) or result.missing is None:
        return None
    found = answers.answered(result.missing, command.answers)
    if found is None or {**command.answers, **found} == command.answers:
        return None
    return msgspec.structs.replace(command, answers={**command.answers, **found})


def failure_text(failed: Failed, settings: Settings) -> str:
    """What errorMessage says: the message, else the code; or what is missing, under the name to give it."""
    if failed.missing is None:
        return failed.message or failed.vendor_code or failed.code.value.replace("_", " ")
    fields = "; ".join(_field_text(field, settings) for field in failed.missing.fields)
    return f"{failed.missing.title} ({fields})" if fields else failed.missing.title


def _field_text(field: Field, settings: Settings) -> str:
    keys = {"disposition": settings.disposition_key, "notes": settings.notes_key}  # set as attached data
    name = keys.get(field.key, requests.ANSWER + field.key)
    choices = ", ".join(f"{one.id} = {one.label}" if one.label else one.id for one in field.choices)
    return f"{name}: {choices}" if choices else name
