"""South: the connection's own calls: one of a kind at a time, with a deadline, asked again if unanswered.

Silence under a limit on requests means that nothing is known (reference 2.4 and 7, row 12), and a library
that gives up by itself after 10 s says no more than that. So the pauses grow past the vendor's quarantine of
30 s, and end: what was never answered is given up and said so, until there is a new reason to ask. Sans-IO.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from adapters import jsonrpc
from adapters.dialect import ANSWER_WITHIN, Send
from schemas.values import Json

# When something is asked once more of which a call of ours, or a notice, says that it is changing.
SOON: Final = (timedelta(seconds=0.5), timedelta(seconds=2))
PAUSES: Final = tuple(timedelta(seconds=seconds) for seconds in (5, 10, 20, 40, 80))


class _Question(msgspec.Struct):
    """A kind of call that is not answered yet."""

    due: datetime  # when nobody waits for the answer any more; or, in a pause, when it is asked again
    call_id: str = ""  # empty in a pause
    unanswered: int = 0
    again: bool = False  # the answer under way may be older than the latest reason to ask


class Asking:
    """Which of our own calls are under way. `now` is the time of the frame or timer being worked on."""

    def __init__(self) -> None:
        self.now = datetime.min.replace(tzinfo=UTC)
        self._questions: dict[str, _Question] = {}  # by method
        self._count = 0
        self._doubted: set[str] = set()
        self._soon: set[tuple[datetime, str]] = set()

    def ask(self, method: str, *params: Json) -> Send:
        """Call, whatever is under way."""
        question = self._questions.setdefault(method, _Question(self.now))
        return self._send(method, question, params)

    def again(self, method: str) -> Iterable[Send]:
        """Ask anew how that stands, as soon as the last such call is over."""
        question = self._questions.get(method)
        if question is None:
            yield self.ask(method)
        elif question.call_id:
            question.again = True

    def soon(self, method: str) -> Iterable[Send]:
        """Ask anew now, and again shortly: what is being changed may not show at once."""
        self._soon.update((self.now + pause, method) for pause in SOON)
        yield from self.again(method)

    def doubt(self, method: str) -> None:
        """Ask anew at the next occasion: when a frame comes, or at once by `due`."""
        self._doubted.add(method)

    def doubted(self) -> Iterable[Send]:
        """What was doubted, asked."""
        doubted, self._doubted = sorted(self._doubted), set()
        for method in doubted:
            yield from self.again(method)

    def method(self, call_id: str) -> str | None:
        """Which call of ours that is the answer to; None: of none that anybody waits for."""
        found = (method for method, one in self._questions.items() if one.call_id == call_id)
        return next(found, None) if call_id else None

    def answered(self, method: str) -> Iterable[Send]:
        """That call is over."""
        if self._questions.pop(method).again:
            yield self.ask(method)

    def unanswered(self, method: str) -> bool:
        """That call will get no answer. True: it has been asked often enough, and is not any more."""
        question = self._questions[method]
        if question.unanswered == len(PAUSES):
            del self._questions[method]
            return True
        question.call_id = ""
        question.due = self.now + PAUSES[question.unanswered]
        question.unanswered += 1
        return False

    def due(self) -> datetime | None:
        """When the next answer is late, or the next pause over."""
        if self._doubted:
            return self.now
        times = [one.due for one in self._questions.values()] + [at for at, _ in self._soon]
        return min(times, default=None)

    def late(self) -> list[str]:
        """The calls of which the answer is late now."""
        return [method for method, one in self._questions.items() if one.call_id and one.due <= self.now]

    def rested(self) -> Iterable[Send]:
        """The calls whose pause is over now, and what was to be asked soon."""
        due = sorted(one for one in self._soon if one[0] <= self.now)
        self._soon.difference_update(due)
        for _, method in due:
            yield from self.again(method)
        for method, one in tuple(self._questions.items()):
            if not one.call_id and one.due <= self.now:
                yield self._send(method, one, ())

    def _send(self, method: str, question: _Question, params: tuple[Json, ...]) -> Send:
        self._count += 1
        question.call_id = f"own-{self._count}"
        question.due = self.now + ANSWER_WITHIN
        question.again = False
        return Send(jsonrpc.request(question.call_id, method, params))
