"""South: the connection with the relay in one agent's page. Sans-IO.

Subscribe first, snapshot second, so that nothing falls between. Until agent.get is answered nobody knows
whose page it is: what comes before is read at once (a malformed frame is malformed then) and told after. A
snapshot that stays unanswered ends the connection: the relay begins a new one.
Source: reference 1.4, 2.4, 4 and 7 (rows 16, 18).
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec
from msgspec import UNSET, UnsetType

from adapters.contract.dialect import Call, Close, Context, Flow, PlatformOutput, Replied, Reply, Send
from adapters.genesys_wwe import decode, flows, methods, observe, wire
from adapters.genesys_wwe.page import OwnAnswer, Page, Said, read_answer
from adapters.genesys_wwe.settings import Settings
from adapters.genesys_wwe.tables import NAME
from adapters.kit import jsonrpc
from adapters.kit.handshake import earliest
from adapters.kit.relayed import Relayed
from schemas.commands import AnyCommand
from schemas.ids import AgentId, Ref
from schemas.interaction import EndCause
from schemas.observations import InteractionObserved
from schemas.queries import AnyQueryAnswer
from schemas.results import Effect, Failed

_DIGITS: Final = 20  # of the longest id that the core gives out; Python reads no more than some thousands


class Connection(Relayed[tuple[Said, msgspec.Raw]]):
    """PlatformConnection of this dialect."""

    def __init__(self, settings: Settings, hint: AgentId | None) -> None:
        state = (methods.GET_STATE.name, methods.GET_INTERACTIONS.name)  # what changes
        super().__init__(NAME, hint, who=(), state=state, patient=True)
        self._settings = settings
        self._page: Page | None = None  # once it is known whose
        self._look_at: datetime | None = None  # for interactions that may have been marked done

    # --- the contract

    def opened(self, now: datetime) -> Sequence[PlatformOutput]:
        """Subscribe, then ask who it is and how things stand."""
        own = self._handshake
        own.now = now
        return [
            own.need(methods.SUBSCRIBE, list(self._settings.channels)),
            *own.begin(methods.GET_AGENT.name, methods.GET_STATE.name, methods.GET_STATES.name),
            own.ask(methods.GET_MEDIA.name),  # not waited for, yet in time where answers come in order
            *own.begin(methods.GET_INTERACTIONS.name),
        ]

    def received(self, frame: bytes, now: datetime) -> Sequence[PlatformOutput]:
        """Read one frame. Raises MalformedFrame and has changed nothing then."""
        outputs = [*super().received(frame, now), *self._handshake.doubted()]
        self._plan_look()
        return outputs

    def _received(self, message: jsonrpc.Message, frame: msgspec.Raw) -> Iterable[PlatformOutput]:
        if message.method is UNSET:
            return self._answered(message, frame)
        if message.id is not UNSET:
            text = "a relay has nothing to ask"
            return [Send(jsonrpc.failure(message.id, jsonrpc.METHOD_NOT_FOUND, text))]
        event = decode.decode_event(message.method, message.params, self._mended)
        return self._handshake.hold((event, frame)) if self._page is None else self._page.said(event, frame)

    def repeated(self, frame: bytes) -> InteractionObserved | None:
        """A call that is held or talked on again: see the contract."""
        if self._page is None:
            return None
        found = decode.repeated(frame)
        return None if found is None else self._page.repeated(found, msgspec.Raw(frame))

    def flow(self, command: AnyCommand, context: Context) -> Flow:
        """Begin a command. Raises UnsupportedError for what the API has no call for."""
        return flows.begin(self._settings, command, context)

    def _ends(self, call: Call) -> Mapping[Ref, EndCause]:
        return {} if self._page is None else self._page.ends(call)

    def _unanswered(self, call: Call) -> None:
        """What it may have done is asked, by `due` if by no frame."""
        self._handshake.doubt(methods.shown_by(call))

    def answer(self, token: str, answer: AnyQueryAnswer | None) -> Sequence[PlatformOutput]:
        """This platform asks nothing."""
        del token, answer
        return []

    def due(self) -> datetime | None:
        """When an answer is late, a pause is over, a block ends, or the list is looked at again."""
        blocked = None if self._page is None else self._page.due()
        return earliest(super().due(), self._look_at, blocked)

    def advance(self, now: datetime) -> Sequence[PlatformOutput]:
        """Give up on the handshake, or on an answer; ask again; let go of a block whose time is over."""
        outputs = list(super().advance(now))
        if self._look_at is not None and self._look_at <= now:
            self._look_at = None
            outputs += self._handshake.again(methods.GET_INTERACTIONS.name)
        if self._page is not None:
            outputs += self._page.advance()
        self._plan_look()
        return outputs

    def _plan_look(self) -> None:
        awaits = self._page is not None and self._page.awaits_removal()
        if not self._settings.reconcile_s or not awaits:
            self._look_at = None
        elif self._look_at is None:
            self._look_at = self._handshake.now + timedelta(seconds=self._settings.reconcile_s)

    # --- answers

    def _answered(self, message: jsonrpc.Message, vendor: msgspec.Raw) -> Iterable[PlatformOutput]:
        body = decode.body_of(message)
        method = self._handshake.asked(message.id)
        if method is not None:
            return self._own_answer(read_answer(method, body, self._mended), vendor)
        call_id = _number(message.id)
        call = self._calls.pop(call_id, None)
        if call is None:
            return []  # nobody waits for it any more
        answer = decode.read_answer(body)
        return [
            *self._after(call, answer),
            Replied(call_id, Reply(body)),
            *self._endings.answered(call_id, done=not isinstance(answer, Failed)),
        ]

    def _after(self, call: Call, answer: msgspec.Raw | Failed) -> Iterable[PlatformOutput]:
        """What a call of the core has changed that the platform will not say."""
        if isinstance(answer, Failed):
            unknown = answer.effect is Effect.UNKNOWN
            return self._handshake.again(methods.shown_by(call)) if unknown else []
        return [] if self._page is None else self._page.done(call)

    def _own_answer(self, answer: OwnAnswer, vendor: msgspec.Raw) -> Iterable[PlatformOutput]:
        own, method = self._handshake, answer.method
        if answer.failed is not None and answer.failed.effect is Effect.UNKNOWN:
            # The library says that it waited in vain, which is no answer. A snapshot is asked for anew by the
            # next connection.
            return [] if own.awaits(method) else own.unanswered(method)
        if method == methods.SUBSCRIBE:
            refused = answer.failed
            return own.answered(method) if refused is None else [own.refused(method, refused.message)]
        if self._page is not None:
            return [*self._page.said(answer, vendor), *own.answered(method)]
        if method == methods.GET_AGENT.name:
            return [*self._introduced(answer, vendor), *own.answered(method)]
        return [*own.hold((answer, vendor)), *own.answered(method)]

    def _introduced(self, answer: OwnAnswer, vendor: msgspec.Raw) -> Iterable[PlatformOutput]:
        """The answer to agent.get, or that there is none: then the link's token names the agent."""
        agent = answer.agent or wire.Agent()
        held = self._handshake.introduce(agent.employeeId, agent.userName, agent.username)
        if isinstance(held, Close):
            return [held]
        owner = observe.owner(agent, self._handshake.agent or Ref(""), self._settings)
        page = self._page = Page(owner, self._handshake, self._endings)
        told = [output for one, frame in held for output in page.said(one, frame)]
        return [page.introduced(answer, vendor), *told]


def _number(answered: int | str | UnsetType | None) -> int:
    """The id of a call of the core; as text too, which is all that the vendor's own envelope can carry."""
    if isinstance(answered, str):
        return int(answered) if answered.isascii() and answered.isdigit() and len(answered) < _DIGITS else 0
    return answered if isinstance(answered, int) else 0
