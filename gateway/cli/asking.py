"""Questions at a terminal: field by field, a line each, while the human's clock runs."""

import asyncio
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Final, NamedTuple, TextIO

from schemas.needinfo import AnswerAction, Field, FieldType, NeedInfo
from schemas.values import Json

SKIP: Final = "/skip"
CANCEL: Final = "/cancel"
_YES: Final = frozenset({"y", "yes", "true", "1"})
_NO: Final = frozenset({"n", "no", "false", "0"})
_MOST_WAITING: Final = 64  # lines that were read before somebody wants them


class Lines:
    """Lines of standard input. A thread reads them: nothing else reads files, pipes and terminals alike."""

    def __init__(self, source: TextIO) -> None:
        self._source = source
        self._queue: asyncio.Queue[str | None] = asyncio.Queue(_MOST_WAITING)
        self._loop = asyncio.get_running_loop()
        self._over = False
        threading.Thread(target=self._read, daemon=True, name="standard input").start()

    async def next(self) -> str | None:
        """The next one, without its end; None: there are no more."""
        if self._over:
            return None
        line = await self._queue.get()
        self._over = line is None
        return line

    def _read(self) -> None:
        with suppress(RuntimeError, asyncio.CancelledError):  # the loop has ended before the input
            for line in self._source:
                asyncio.run_coroutine_threadsafe(self._queue.put(line.rstrip("\n")), self._loop).result()
            asyncio.run_coroutine_threadsafe(self._queue.put(None), self._loop).result()


class Answered(NamedTuple):
    """What was said."""

    action: AnswerAction
    values: dict[str, Json]


class Asker:
    """Puts questions to a person, or to a script."""

    def __init__(
        self,
        lines: Lines,
        say: Callable[[str], None],
        given: Mapping[str, Json],
        *,
        clock_on: TextIO | None = None,
    ) -> None:
        """`given` are answers that need no asking; the clock runs on a terminal."""
        self._lines = lines
        self._say = say
        self._given = given
        self._clock_on = clock_on

    async def ask(self, asked: NeedInfo) -> Answered | None:
        """Field by field. None: it took too long, or there is nobody to say anything more."""
        self._say(f"? {asked.title}  ({_left_s(asked):.0f} s; {_ways(asked)})")
        values: dict[str, Json] = {}
        for field in asked.fields:
            if field.key in self._given:
                values[field.key] = self._given[field.key]
                continue
            self._offer(field)
            while True:
                text = await self._line(asked)
                if text is None:
                    return None
                if self._clock_on is None:
                    self._say(f"> {text}")
                if text == CANCEL or (text == SKIP and asked.skippable):
                    action = AnswerAction.CANCEL if text == CANCEL else AnswerAction.SKIP
                    return Answered(action, {})
                try:
                    value = answer(field, text)
                except ValueError as error:
                    self._say(f"  {error}")
                    if self._clock_on is None:  # a script says nothing better the next time
                        return Answered(AnswerAction.CANCEL, {})
                    continue
                if value is not None:
                    values[field.key] = value
                break
        return Answered(AnswerAction.SUBMIT, values)

    def _offer(self, field: Field) -> None:
        optional = "" if field.required else ", may be left empty"
        default = f" [{field.default}]" if field.default not in (None, "") else ""
        self._say(f"  {field.title or field.key}{default}{optional}")
        for number, choice in enumerate(field.choices, 1):
            self._say(f"    {number}  {choice.label or choice.id}")

    async def _line(self, asked: NeedInfo) -> str | None:
        left_s = _left_s(asked)
        ticking = None if self._clock_on is None else asyncio.create_task(_tick(self._clock_on, asked))
        try:
            async with asyncio.timeout(max(left_s, 0)):
                text = await self._lines.next()
        except TimeoutError:
            self._say("  too late: the question is over")
            return None
        finally:
            if ticking is not None:
                ticking.cancel()
        return None if text is None else text.strip()


async def _tick(terminal: TextIO, asked: NeedInfo) -> None:
    """The seconds that are left, in the line above the one that is typed in."""
    terminal.write("\n? ")
    while True:
        # Where one types is kept, and gone back to.
        terminal.write(f"\x1b7\x1b[1A\r\x1b[K  {max(_left_s(asked), 0):.0f} s left\x1b8")
        terminal.flush()
        await asyncio.sleep(1.0)


def _left_s(asked: NeedInfo) -> float:
    return (asked.expires_at - datetime.now(UTC)).total_seconds()


def _ways(asked: NeedInfo) -> str:
    return f"{SKIP} or {CANCEL}" if asked.skippable else CANCEL


def answer(field: Field, text: str) -> Json:
    """What a line means for a field; None: nothing. Raises ValueError that says what it may be."""
    if not text:
        if field.default is not None:
            return field.default
        if field.required:
            raise ValueError("something has to be said here")
        return None
    match field.type:
        case FieldType.CHOICE:
            return _chosen(field, text)
        case FieldType.BOOLEAN:
            if text.lower() not in _YES | _NO:
                raise ValueError("yes or no")
            return text.lower() in _YES
        case FieldType.NUMBER:
            return float(text) if "." in text else int(text)
        case FieldType.TEXT:
            return text


def _chosen(field: Field, text: str) -> str:
    """By its id, its label or its number in the list, in this order."""
    for choice in field.choices:
        if text == choice.id or text.casefold() == choice.label.casefold():
            return choice.id
    if text.isdecimal() and 0 < int(text) <= len(field.choices):
        return field.choices[int(text) - 1].id
    raise ValueError(f"one of {', '.join(choice.label or choice.id for choice in field.choices)}")


def on_terminal() -> TextIO | None:
    """Where the clock runs: standard error, where people type; None where they do not."""
    return sys.stderr if sys.stdin.isatty() and sys.stderr.isatty() else None
