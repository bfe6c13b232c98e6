"""South: the connection with the relay in one agent's page. Sans-IO.

Subscribe first, snapshot second, so that nothing falls between. Until agent.get is answered nobody knows
whose page it is: what comes before is read at once (a malformed frame is malformed then) and told after. A
snapshot that stays unanswered ends the connection: the relay begins a new one.
Source: reference 1.4, 2.4, 4 and 7 (rows 16, 18).
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec
from msgspec import UNSET, UnsetType

from adapters.contract.closing import CloseCode
from adapters.contract.dialect import (
    ANSWER_WITHIN,
    Call,
    Close,
    Context,
    Flow,
    PlatformOutput,
    Ready,
    Replied,
    Reply,
    Send,
)
from adapters.genesys_wwe import answers, codec, flows, observing, wire
from adapters.genesys_wwe.asking import Asking
from adapters.genesys_wwe.memory import Memory
from adapters.genesys_wwe.page import Page, Said
from adapters.genesys_wwe.settings import Settings
from adapters.genesys_wwe.tables import NAME
from adapters.kit import jsonrpc
from adapters.kit.end_causes import Endings
from adapters.kit.reading import Mended, Remarks
from schemas.commands import AnyCommand
from schemas.ids import AgentId, Ref
from schemas.observations import InteractionObserved, Noticed
from schemas.queries import AnyQueryAnswer
from schemas.results import Effect, Failed

MAX_EARLY: Final = 1000  # frames kept until it is known whose page it is
TRY_AGAIN: Final = CloseCode.TRY_AGAIN
_DIGITS: Final = 20  # of the longest id that the core gives out; Python reads no more than some thousands


class Connection:
    """PlatformConnection of this dialect."""

    def __init__(self, settings: Settings, hint: AgentId | None) -> None:
        self._settings = settings
        self._hint = hint
        self._memory = Memory()
        self._asking = Asking()
        self._page = Page(settings, self._memory, self._asking)
        self._endings = Endings()
        self._mended = Mended()
        self._remarks = Remarks()
        self.remarks = self._remarks.take
        self._calls: dict[int, Call] = {}  # of the core
        self._waiting = set(answers.SNAPSHOT)
        self._patience_ends: datetime | None = None  # while the snapshot is waited for
        self._look_at: datetime | None = None  # for interactions that may have been marked done
        self._owner: observing.Owner | None = None
        self._early: list[tuple[Said, msgspec.Raw]] = []

    # --- the contract

    def opened(self, now: datetime) -> Sequence[PlatformOutput]:
        """Subscribe, then ask who it is and how things stand."""
        self._asking.now = now
        self._patience_ends = now + ANSWER_WITHIN
        return [
            self._asking.ask(answers.SUBSCRIBE, list(self._settings.channels)),
            *(
                self._asking.ask(method)
                for method in (
                    answers.AGENT,
                    answers.STATE,
                    answers.STATES,
                    answers.MEDIA,  # not waited for, yet in time where answers come in the order of the calls
                    answers.INTERACTIONS,
                )
            ),
        ]

    def received(self, frame: bytes, now: datetime) -> Sequence[PlatformOutput]:
        """Read one frame. Raises MalformedFrame and has changed nothing then."""
        self._asking.now = now
        message = jsonrpc.decode(NAME, frame)
        told = self._endings.through(self._read(message, msgspec.Raw(frame)), now)
        name = "answer" if message.method is UNSET else message.method
        self._remarks.add(*self._mended.told(name))
        outputs = [*told, *self._asking.doubted()]
        self._plan_look()
        return outputs

    def _read(self, message: jsonrpc.Message, vendor: msgspec.Raw) -> Sequence[PlatformOutput]:
        if message.method is UNSET:
            return self._answered(message, vendor)
        if message.id is not UNSET:
            text = "a relay has nothing to ask"
            return [Send(jsonrpc.failure(message.id, jsonrpc.METHOD_NOT_FOUND, text))]
        return self._tell(codec.decode_event(message.method, message.params, self._mended), vendor)

    def refresh(self, now: datetime) -> Sequence[PlatformOutput]:
        """Ask again for what changes: the agent's state, and what is open."""
        self._asking.now = now
        self._patience_ends = now + ANSWER_WITHIN
        self._waiting = {answers.STATE, answers.INTERACTIONS}
        return [self._asking.ask(method) for method in (answers.STATE, answers.INTERACTIONS)]

    def flow(self, command: AnyCommand, context: Context) -> Flow:
        """Begin a command. Raises UnsupportedError for what the API has no call for."""
        return flows.begin(self._settings, command, context)

    def send(self, call: Call, call_id: int) -> bytes:
        """The frame of a call: its method is the wire name."""
        self._calls[call_id] = call
        self._endings.sent(call_id, self._memory.ends(call.method, _first_ref(call)))
        return jsonrpc.request(call_id, call.method, call.params)

    def forget(self, call_id: int) -> None:
        """Drop the answer when it comes. What the call may have done is asked, by `due` if by no frame."""
        call = self._calls.pop(call_id, None)
        if call is not None:
            self._endings.forget(call_id)
            self._asking.doubt(_tells(call))

    def answer(self, token: str, answer: AnyQueryAnswer | None) -> Sequence[PlatformOutput]:
        """This platform asks nothing."""
        del token, answer
        return []

    # --- what happens by itself

    def due(self) -> datetime | None:
        """When an answer is late, a pause is over, a block ends, or the list is looked at again."""
        if self._patience_ends is not None:
            return self._patience_ends
        blocks = [until for _, until in self._memory.blocks()]
        times = (self._asking.due(), self._look_at, self._endings.due(), *blocks)
        return min((at for at in times if at is not None), default=None)

    def advance(self, now: datetime) -> Sequence[PlatformOutput]:
        """Give up on the handshake, or on an answer; ask again; let go of a block whose time is over."""
        self._asking.now = now
        if self._patience_ends is not None:
            if now < self._patience_ends:
                return []
            self._patience_ends = None
            return [Close(TRY_AGAIN, f"not answered: {', '.join(sorted(self._waiting))}")]
        if self._owner is None:
            return []  # it was closed
        outputs: list[PlatformOutput] = [*self._endings.advance(now), *self._asking.doubted()]
        for method in self._asking.late():
            outputs += self._unanswered(self._owner, method)
        outputs += self._asking.rested()
        if self._look_at is not None and self._look_at <= now:
            self._look_at = None
            outputs += self._asking.again(answers.INTERACTIONS)
        outputs += self._page.blocks_over(self._owner)
        self._plan_look()
        return outputs

    def _plan_look(self) -> None:
        if not self._settings.reconcile_s or not self._memory.awaits_removal():
            self._look_at = None
        elif self._look_at is None:
            self._look_at = self._asking.now + timedelta(seconds=self._settings.reconcile_s)

    def _unanswered(self, of: observing.Owner, method: str) -> Iterable[PlatformOutput]:
        if self._asking.unanswered(method):
            text = "it was not answered however often it was asked; what it would tell may be out of date"
            yield Noticed(agent=of.agent, code=method, message=text, error=True)

    # --- answers

    def _answered(self, message: jsonrpc.Message, vendor: msgspec.Raw) -> Sequence[PlatformOutput]:
        body = answers.body_of(message)
        method = self._asking.method(str(message.id))
        if method is not None:
            return self._own_answer(answers.read(method, body, self._mended), vendor)
        call_id = _number(message.id)
        call = self._calls.pop(call_id, None)
        if call is None:
            return []  # nobody waits for it any more
        done = not isinstance(codec.read_answer(body), Failed)
        return [
            *self._after(call, body),
            Replied(call_id, Reply(body)),
            *self._endings.answered(call_id, done=done),
        ]

    def _own_answer(self, heard: answers.Heard, vendor: msgspec.Raw) -> Sequence[PlatformOutput]:
        if heard.failed is not None and heard.failed.effect is Effect.UNKNOWN:
            # The library says that it waited in vain, which is no answer. A snapshot is asked for anew by the
            # next connection.
            if self._owner is None or heard.method in self._waiting:
                return []
            return list(self._unanswered(self._owner, heard.method))
        again = list(self._asking.answered(heard.method))
        return [*self._tell(heard, vendor), *again]

    def _after(self, call: Call, body: msgspec.Raw) -> Iterable[PlatformOutput]:
        """What a call of the core has changed that the platform will not say."""
        ref = _first_ref(call)
        answer = codec.read_answer(body)
        if isinstance(answer, Failed):
            if answer.effect is Effect.UNKNOWN:
                yield from self._asking.again(_tells(call))
            return
        if call.method == "interaction.markdone":
            yield from self._asking.soon(answers.INTERACTIONS)
        if self._owner is None:
            return
        match call.method:
            case "interaction.blockMarkdone":
                warning = str(call.params[1]) if len(call.params) > 1 else ""
                yield from self._page.blocked(self._owner, ref, warning, anew=True)
            case "interaction.unblockMarkdone":
                yield from self._page.unblocked(self._owner, ref, None)
            case "sipEndpoint.muteMicrophone" | "sipEndpoint.unmuteMicrophone":
                muted = self._memory.muted = call.method == "sipEndpoint.muteMicrophone"
                for one in self._memory.calls():
                    yield InteractionObserved(agent=self._owner.agent, ref=one, muted=muted)
            case _:
                pass  # seen by its events

    # --- what was said

    def _tell(self, said: Said, vendor: msgspec.Raw) -> Sequence[PlatformOutput]:
        if isinstance(said, answers.Heard):
            self._waiting.discard(said.method)
        if self._owner is not None:
            return [*self._page.said(self._owner, said, vendor), *self._ready()]
        if not isinstance(said, answers.Heard) or said.method != answers.AGENT:
            if len(self._early) >= MAX_EARLY:
                return [Close(TRY_AGAIN, "too much came before it was known whose page it is")]
            self._early.append((said, vendor))
            return []
        self._owner = observing.owner(said.agent or wire.Agent(), self._hint, self._settings)
        if self._owner is None:
            return [Close(CloseCode.NOBODY, "neither the page nor the link's token says who the agent is")]
        early, self._early = self._early, []
        outputs: list[PlatformOutput] = [self._page.introduced(self._owner, said, vendor)]
        for one, frame in early:
            outputs.extend(self._page.said(self._owner, one, frame))
        return [*outputs, *self._ready()]

    def _ready(self) -> Iterable[PlatformOutput]:
        if self._patience_ends is not None and not self._waiting:
            self._patience_ends = None
            yield Ready()


def _tells(call: Call) -> str:
    return answers.TELLS.get(call.method, answers.INTERACTIONS)


def _first_ref(call: Call) -> Ref:
    return Ref(str(call.params[0])) if call.params else Ref("")


def _number(answered: int | str | UnsetType | None) -> int:
    """The id of a call of the core; as text too, which is all that the vendor's own envelope can carry."""
    if isinstance(answered, str):
        return int(answered) if answered.isascii() and answered.isdigit() and len(answered) < _DIGITS else 0
    return answered if isinstance(answered, int) else 0
