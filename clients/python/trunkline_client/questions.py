"""Questions (needinfo): answers to them, and who gives them in time."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Final

from trunkline_client.connection import Connection
from trunkline_client.model.needinfo import Answer, AnswerAction, NeedInfo

REMEMBERED: Final = 1_000  # questions that were asked
# Given a question, its answer; None leaves it to somebody else.
Handler = Callable[[NeedInfo], Awaitable[Answer | None]]


def submit(question: NeedInfo, values: Mapping[str, object]) -> Answer:
    """Fill it in: a value for each key of its fields."""
    return Answer(needinfo_id=question.id, values=dict(values))


def skip(question: NeedInfo) -> Answer:
    """Go on without, where the question is `skippable`."""
    return Answer(needinfo_id=question.id, action=AnswerAction.SKIP)


def cancel(question: NeedInfo) -> Answer:
    """Give up the command."""
    return Answer(needinfo_id=question.id, action=AnswerAction.CANCEL)


async def asked(handler: Handler, question: NeedInfo, at: Connection) -> Answer | None:
    """What the handler says, as long as the question is open; None once its time is up.

    The time is the human's, not that of a request: as a rule two minutes, by the gateway's clock.
    """
    left_s = (question.expires_at - at.now()).total_seconds()
    try:
        async with asyncio.timeout(max(0.0, left_s)):
            return await handler(question)
    except TimeoutError:
        return None


class Open:
    """The questions that are being answered at present: one task each, ended when somebody else was first."""

    def __init__(self, group: asyncio.TaskGroup, answer: Callable[[NeedInfo], Awaitable[None]]) -> None:
        self._group = group
        self._answer = answer
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._begun: deque[str] = deque(maxlen=REMEMBERED)

    def begin(self, questions: Iterable[NeedInfo]) -> None:
        """Have them answered, each once: a list and an event may both tell of one."""
        for one in questions:
            if one.id not in self._begun:
                self._begun.append(one.id)
                task = self._group.create_task(self._run(one))
                self._tasks[one.id] = task

    def end(self, question_id: str) -> None:
        """Somebody has answered it, or it is over."""
        if (task := self._tasks.pop(question_id, None)) is not None:
            task.cancel()

    async def _run(self, question: NeedInfo) -> None:
        try:
            await self._answer(question)
        finally:
            self._tasks.pop(question.id, None)
