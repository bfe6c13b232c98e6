"""South: a page's handshake: whose page it is, how things stand, and the connection's own calls for both.

Until it is known whose page it is, what comes is held. Own calls are of one kind at a time, with a deadline.
Without an answer that the snapshot needs nothing is certain, so the connection ends, and the relay begins
anew. Any other call is made again after a pause, where the dialect says so (`patient`): a platform that
limits requests says nothing, which is no answer. The pauses grow, and end: what was never answered is given
up and said so, until there is a new reason to ask. Sans-IO.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Final, Generic, TypeVar

import msgspec
from msgspec import UnsetType

from adapters.contract.closing import CloseCode
from adapters.contract.dialect import ANSWER_WITHIN, Close, PlatformOutput, Ready, Send
from adapters.kit import jsonrpc
from schemas.ids import AgentId, Ref
from schemas.observations import Noticed
from schemas.values import Json

HeldT = TypeVar("HeldT")

MAX_HELD: Final = 1000  # frames
_NONE: Final[frozenset[str]] = frozenset()
_NONE_SOON: Final[frozenset[tuple[datetime, str]]] = frozenset()
# When something is asked once more of which a call of ours, or a notice, says that it is changing.
SOON: Final = (timedelta(seconds=0.5), timedelta(seconds=2))
PAUSES: Final = tuple(timedelta(seconds=seconds) for seconds in (5, 10, 20, 40, 80))
GIVEN_UP: Final = "it was not answered however often it was asked; what it would tell may be out of date"


def earliest(*times: datetime | None) -> datetime | None:
    """Of those that there are."""
    return min([at for at in times if at is not None], default=None)


class _Question(msgspec.Struct):
    """A kind of call that is not answered yet."""

    due: datetime  # when nobody waits for the answer any more; or, in a pause, when it is asked again
    call_id: int = 0  # 0 in a pause
    unanswered: int = 0
    again: bool = False  # the answer under way may be older than the latest reason to ask


class Handshake(Generic[HeldT]):
    """Of one page. `now` is the time of the frame or timer being worked on."""

    def __init__(self, hint: AgentId | None, *, patient: bool = False) -> None:
        self.now = datetime.min.replace(tzinfo=UTC)
        self.agent: Ref | None = None  # whose page it is, once that is known
        self._hint = hint
        self._patient = patient
        self._held: list[HeldT] = []
        self._snapshot: dict[str, None] = {}  # the methods whose answers Ready waits for
        self._questions: dict[str, _Question] = {}  # by method
        self._count = 0
        # Empty most of the time, and then the same for all connections.
        self._doubted = _NONE
        self._soon = _NONE_SOON

    # --- whose page it is

    def hold(self, frame: HeldT) -> list[PlatformOutput]:
        """Keep it until the agent is known; too much of it ends the connection."""
        if len(self._held) >= MAX_HELD:
            return [Close(CloseCode.TRY_AGAIN, "too much came before it was known whose page it is")]
        self._held.append(frame)
        return []

    def introduce(self, *names: str | None) -> list[HeldT] | Close:
        """The platform says who the agent is, else the link's token does: what was held can be told."""
        name = next((name for name in (*names, self._hint) if name), None)
        if name is None:
            return Close(CloseCode.NOBODY, "neither the page nor the link's token says who the agent is")
        self.agent = Ref(name)
        held, self._held = self._held, []
        return held

    # --- asking

    def begin(self, *methods: str) -> list[PlatformOutput]:
        """Ask for a snapshot: Ready follows on the last of these answers."""
        return [self.need(method) for method in methods]

    def need(self, method: str, *params: Json) -> Send:
        """Ask for one part of a snapshot."""
        self._snapshot[method] = None
        return self.ask(method, *params)

    def ask(self, method: str, *params: Json) -> Send:
        """Call, whatever is under way: an answer to an earlier call of the kind is nobody's any more."""
        return self._send(method, self._questions.setdefault(method, _Question(self.now)), params)

    def again(self, method: str) -> Iterable[Send]:
        """Ask anew how that stands, as soon as the last such call is over."""
        question = self._questions.get(method)
        if question is None:
            yield self.ask(method)
        elif question.call_id:
            question.again = True

    def soon(self, method: str) -> Iterable[Send]:
        """Ask anew now, and again shortly: what is being changed may not show at once."""
        self._soon |= {(self.now + pause, method) for pause in SOON}
        yield from self.again(method)

    def doubt(self, method: str) -> None:
        """Ask anew at the next occasion: when a frame comes, or at once by `due`."""
        self._doubted |= {method}

    def doubted(self) -> Iterable[Send]:
        """What was doubted, asked."""
        doubted, self._doubted = sorted(self._doubted), _NONE
        for method in doubted:
            yield from self.again(method)

    # --- answers

    def asked(self, answered: int | str | UnsetType | None) -> str | None:
        """Which call of ours has that id, as a number or as text; None: none that anybody waits for."""
        under_way = ((method, one.call_id) for method, one in self._questions.items() if one.call_id)
        return next((method for method, number in under_way if str(number) == str(answered)), None)

    def awaits(self, method: str) -> bool:
        """Whether the snapshot is not whole without its answer."""
        return method in self._snapshot

    def answered(self, method: str) -> Iterable[PlatformOutput]:
        """That call is over."""
        question = self._questions.pop(method)
        if method in self._snapshot:
            del self._snapshot[method]
            if not self._snapshot:
                yield Ready()
        if question.again:
            yield self.ask(method)

    def refused(self, method: str, why: str) -> Close:
        """That call failed, and nothing is certain without it."""
        self._over()
        return Close(CloseCode.TRY_AGAIN, f"{method}: {why}")

    def unanswered(self, method: str) -> Iterable[PlatformOutput]:
        """That call will get no answer: it is made again, or was often enough."""
        question = self._questions[method]
        if question.unanswered < len(PAUSES):
            question.call_id = 0
            question.due = self.now + PAUSES[question.unanswered]
            question.unanswered += 1
            return
        del self._questions[method]
        if self.agent is not None:
            yield Noticed(agent=self.agent, code=method, message=GIVEN_UP, error=True)

    # --- time

    def due(self) -> datetime | None:
        """When the next answer is late, or the next pause over."""
        if self._doubted:
            return self.now
        if not self._questions and not self._soon:
            return None
        times = [one.due for one in self._questions.values()] + [at for at, _ in self._soon]
        return min(times, default=None)

    def advance(self, now: datetime) -> list[PlatformOutput]:
        """End the connection for want of an answer; or give up on one, ask again after a pause, or soon."""
        self.now = now
        late = [method for method, one in self._questions.items() if one.call_id and one.due <= now]
        needed = [method for method in late if not self._patient or method in self._snapshot]
        if needed:
            self._over()
            return [Close(CloseCode.TRY_AGAIN, f"no answer to {', '.join(needed)}")]
        outputs: list[PlatformOutput] = [*self.doubted()]
        for method in late:
            outputs += self.unanswered(method)
        soon = sorted(one for one in self._soon if one[0] <= now)
        self._soon -= set(soon)
        for _, method in soon:
            outputs += self.again(method)
        for method, one in tuple(self._questions.items()):
            if not one.call_id and one.due <= now:
                outputs.append(self._send(method, one, ()))
        return outputs

    def _over(self) -> None:
        """The connection ends: nothing is waited for."""
        self._questions.clear()
        self._doubted = _NONE
        self._soon = _NONE_SOON

    def _send(self, method: str, question: _Question, params: tuple[Json, ...]) -> Send:
        self._count += 1
        question.call_id = -self._count  # those of the core's calls are positive
        question.due = self.now + ANSWER_WITHIN
        question.again = False
        return Send(jsonrpc.request(question.call_id, method, params))
