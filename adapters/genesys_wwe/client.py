"""North: the connection with a host page that takes us for the agent's WWE. Sans-IO.

One connection is one agent's page. Answers are the vendor's replies as JSON-RPC results: `{"data": ...}`,
`{"errorMessage": "..."}`, `{"subscriptionId": "..."}`. Source: seed 002; reference 2.3, 2.4, 3 and 4.1.
"""

from collections.abc import Generator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec

from adapters.contract.change import Change, Encoded, Frame
from adapters.contract.dialect import Broadcast, ClientOutput, Send, View
from adapters.genesys_wwe import methods, requests, same_dialect, snapshots, tables, wire
from adapters.genesys_wwe.encode import blocked_frame
from adapters.genesys_wwe.rate_limits import RateLimits
from adapters.genesys_wwe.scope import Plan, Scope
from adapters.genesys_wwe.settings import Settings
from adapters.kit import answers, jsonrpc
from adapters.kit.client import failure_text
from adapters.kit.methods import Reads, positional
from adapters.kit.page_client import PageClient, Request, RequestId, reply
from adapters.kit.under_way import FailedError, Step, Steps
from schemas import commands as c
from schemas.agent import AgentSession
from schemas.errors import RefusedError
from schemas.events import AgentEvent, AnyEvent, DispositionChanged, InteractionCompleted, VendorUnrecognised
from schemas.ids import AgentId
from schemas.results import ErrorCode, Failed, FinalResult
from schemas.values import Json

MAX_SUBSCRIPTIONS: Final = 100
# A request as a whole: the vendor's library gives up after 10 s, without a word.
WITHIN: Final = timedelta(seconds=8)

_MEDIA: Final = "media"
_NO_DATA: Final[Json] = {"data": None}


class Client(PageClient[Plan]):
    """ClientConnection of this dialect."""

    def __init__(self, settings: Settings, view: View, agent_id: AgentId | None) -> None:
        super().__init__(tables.NAME, agent_id)
        self._scope = Scope(view, agent_id or AgentId(""), settings, {})
        self._limits = RateLimits(settings)
        self._subscriptions: dict[str, tuple[str, ...]] = {}
        self._subscribed = 0
        self._channels: frozenset[str] = frozenset()  # subscribed to
        self._media: Mapping[str, wire.Media] | None = None  # as it knows them; None: not subscribed to them

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
                return (*frames, *self._changed_media(self._media, event, frames))
            case InteractionCompleted() | DispositionChanged():
                requests.forget(self._scope, event.interaction)
            case _:
                pass
        return frames

    def _changed_media(
        self, before: Mapping[str, wire.Media], event: AgentEvent, came: Sequence[Frame]
    ) -> Sequence[Frame]:
        """One for each medium that it does not know so; none if the platform's own event has told it.

        No event of the model says which medium it was. Source: reference 3.2, 3.3 and 4.3.
        """
        self._media = self._media_of(event.agent)
        if any(frame.topic == _MEDIA for frame in came):
            return ()
        said = self._scope.said(tables.MEDIA_LIST)
        return [
            jsonrpc.event(_MEDIA, (said is not None and same_dialect.medium(said, name)) or one)
            for name, one in self._media.items()
            if before.get(name) != one
        ]

    def _media_of(self, session: AgentSession | None) -> Mapping[str, wire.Media]:
        """Where the platform has told none, it is the agent's own state that stands for one."""
        if session is not None and not session.channels and self._scope.same_dialect:
            return {}
        return {one.name: one for one in snapshots.media_list(session) if one.name is not None}

    def overheard(self, frame: Frame) -> Sequence[ClientOutput]:
        """Another client broadcasts on a channel; it is told to those who subscribed to that."""
        return [Send(frame.body)] if frame.topic in self._channels else []

    # --- requests

    def _asked(self, request_id: RequestId, method: str, params: msgspec.Raw) -> Sequence[ClientOutput]:
        own = _OWN.get(method)
        if own is not None:
            return reply(request_id, own(self, params))
        if not self._limits.permit(method, self._now):
            return []  # over the limit: ignored, as the vendor documents it
        if not self._scope.settings.serves(method):
            raise RefusedError(ErrorCode.NOT_ALLOWED, f"Service not allowed: {method}")
        row = methods.BY_NAME.get(method)
        if row is None:
            raise RefusedError(ErrorCode.UNSUPPORTED, f"Unknown service: {method}")
        planned = row.plan(self._scope, params)
        told = [] if planned.broadcast is None else [Broadcast(planned.broadcast)]
        return [*told, *self._carry_out(Request(request_id, planned))]

    def _refused(self, request_id: RequestId, failed: Failed) -> Sequence[ClientOutput]:
        return reply(request_id, {"errorMessage": failed.message})

    def _steps(self, plan: Plan) -> Steps:
        """All of its commands, whatever becomes of one; the first failure is the answer's."""
        until = self._now + WITHIN
        failed: Failed | None = None
        warnings: tuple[str, ...] = ()
        answer: dict[str, Json] = {"data": plan.data}
        for command in plan.commands:
            result = yield from self._attempt(command, until)
            if isinstance(result, Failed):
                failed = failed or result
                continue
            warnings += result.warnings
            if isinstance(command, c.VendorCall):
                answer["data"] = result.data
        if failed is not None:
            raise FailedError(failed)
        requests.remember(self._scope, plan)
        if warnings and not self._scope.same_dialect:  # who speaks to his own platform knows it
            answer["warnings"] = warnings
        return answer

    def _attempt(self, command: c.AnyCommand, until: datetime) -> Generator[Step, FinalResult, FinalResult]:
        """One command, again with what it lacks where that was given (by name, perhaps) or need not be."""
        native = isinstance(command, c.VendorCall)  # what is passed on is of this client's own API
        while True:
            within_s = (until - self._now).total_seconds()
            result = yield Step(command, native=native, within_s=within_s)
            missing = result.missing if isinstance(result, Failed) else None
            found = None if missing is None else answers.answered(missing, command.answers)
            given = {**command.answers, **(found or {})}
            if given == command.answers:
                return result
            command = msgspec.structs.replace(command, answers=given)

    def _failed(self, request: Request[Plan], failed: Failed) -> Sequence[ClientOutput]:
        """Who tried to mark done what is blocked is told of the block too."""
        text = failure_text(failed, self._given_by, labels=True)
        answer = reply(request.id, {"errorMessage": text})
        match request.plan.commands:
            case (c.Complete(interaction_id=about),) if failed.code is ErrorCode.COMPLETION_BLOCKED:
                return [*answer, *self.overheard(blocked_frame(about, text))]
            case _:
                return answer

    def _given_by(self, key: str) -> str:
        """How a client gives what is missing: as attached data."""
        settings = self._scope.settings
        keys = {"disposition": settings.disposition_key, "notes": settings.notes_key}
        return keys.get(key, requests.ANSWER + key)

    # --- subscriptions

    def subscribe(self, channels: tuple[str, ...] | str) -> Json:
        """An unknown channel never fires; a list of nothing but unknown ones fails."""
        channels = (channels,) if isinstance(channels, str) else channels
        if not any(one in tables.CHANNELS or one.startswith(tables.MESSENGER) for one in channels):
            raise RefusedError(ErrorCode.UNKNOWN_OBJECT, f"Unknown channel: {', '.join(channels)}")
        if len(self._subscriptions) >= MAX_SUBSCRIPTIONS:
            raise RefusedError(ErrorCode.RATE_LIMITED, "Too many subscriptions")
        self._subscribed += 1
        subscription_id = f"s-{self._subscribed}"
        self._subscriptions[subscription_id] = channels
        self._listen()
        return {"subscriptionId": subscription_id}

    def unsubscribe(self, subscription_id: str) -> Json:
        """No more of that one; its channels go on as far as another subscription has them."""
        if self._subscriptions.pop(subscription_id, None) is None:
            raise RefusedError(ErrorCode.UNKNOWN_OBJECT, f"Unknown subscription: {subscription_id}")
        self._listen()
        return _NO_DATA

    def _listen(self) -> None:
        channels = {channel for channels in self._subscriptions.values() for channel in channels}
        if _MEDIA not in channels:
            self._media = None
        elif self._media is None:
            self._media = self._media_of(self._scope.session())
        self._channels = frozenset(channels)


_OWN: Final[Mapping[str, Reads[Client, Json]]] = {
    methods.SUBSCRIBE: positional(Client.subscribe),
    methods.UNSUBSCRIBE: positional(Client.unsubscribe),
}
