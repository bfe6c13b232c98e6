"""North: requests of one client that take commands, one after the other, and what becomes of each.

A request is a generator: it yields a command, is sent its result, and returns what the request gives. It
raises FailedError for what it cannot go on after. `in_turn` is the usual one.
"""

from collections.abc import Generator, Iterator, Sequence
from typing import Final, Generic, TypeVar

import msgspec
from msgspec import ValidationError, convert
from msgspec.structs import replace

from adapters.contract.dialect import Execute
from adapters.kit.answers import Given
from adapters.kit.leave_and_complete import chosen_disposition
from schemas import commands as c
from schemas.ids import SessionId
from schemas.interaction import Disposition
from schemas.results import ErrorCode, Failed, FinalResult, Succeeded
from schemas.values import Json

KeyT = TypeVar("KeyT")
ListedT = TypeVar("ListedT")


class Step(msgspec.Struct, frozen=True):
    """A command, and what is to be true for it; see Execute."""

    command: c.AnyCommand
    disposition: str = ""
    native: bool = False
    within_s: float | None = None


Steps = Generator[Step, FinalResult, Json]


class FailedError(Exception):
    """A command failed, and so does its request. `before` are those that went through."""

    def __init__(self, failed: Failed, before: Sequence[c.AnyCommand] = ()) -> None:
        super().__init__(failed.message)
        self.failed = failed
        self.before = tuple(before)


class Ended(msgspec.Struct, Generic[KeyT], frozen=True):
    """What a request came to."""

    request: KeyT
    data: Json = None
    error: Exception | None = None


class UnderWay(Generic[KeyT]):
    """The requests of one client. `ends` are the exceptions that a request may end with."""

    def __init__(self, *ends: type[Exception]) -> None:
        self._ends: tuple[type[Exception], ...] = (FailedError, *ends)
        self._open: dict[str, tuple[KeyT, Steps]] = {}
        self._tokens = 0

    def __len__(self) -> int:
        return len(self._open)

    def __iter__(self) -> Iterator[KeyT]:
        """Those that wait for a result."""
        return (request for request, _ in self._open.values())

    def begin(self, request: KeyT, steps: Steps) -> Execute | Ended[KeyT]:
        """The first command, or the end."""
        return self._go_on(request, steps, None)

    def finished(self, token: str, result: FinalResult) -> Execute | Ended[KeyT] | None:
        """The next command, or the end; None: no request waits for that."""
        known = self._open.pop(token, None)
        return None if known is None else self._go_on(*known, result)

    def _go_on(self, request: KeyT, steps: Steps, result: FinalResult | None) -> Execute | Ended[KeyT]:
        try:
            step = next(steps) if result is None else steps.send(result)
        except StopIteration as end:
            return Ended(request, data=end.value)
        except self._ends as error:
            return Ended(request, error=error)
        self._tokens += 1
        token = str(self._tokens)
        self._open[token] = (request, steps)
        return Execute(
            token=token,
            command=step.command,
            disposition=step.disposition,
            native=step.native,
            within_s=step.within_s,
        )


def attempt(
    command: c.AnyCommand, given: Given, *, disposition: str = "", named: SessionId | None = None
) -> Generator[Step, FinalResult, FinalResult]:
    """Carry out one command with what the client gave for it, asked again as often as that is an answer.

    `named`: a disposition in it may be a name. Where that is refused, that session's platform lists the ids.
    """
    command = given.prepared(command)
    while True:
        result = yield Step(command, disposition)
        if isinstance(result, Succeeded):
            given.succeeded(command)
            return result
        again = given.again(command, result)
        if again is None and named and result.code in _WRONG_WORD:
            again, named = (yield from _by_id(command, named)), None
        if again is None:
            return Succeeded() if given.keeps(command, result) else result
        command = again


def in_turn(
    commands: Sequence[c.AnyCommand], given: Given, *, named: SessionId | None
) -> Generator[Step, FinalResult, Succeeded]:
    """Carry out the commands: what the last one gives. Raises FailedError."""
    last = Succeeded()
    for index, command in enumerate(commands):
        about = chosen_disposition(commands[index:])
        result = yield from attempt(command, given, disposition=about, named=named)
        if isinstance(result, Failed):
            raise FailedError(result, commands[:index])
        last = result
    return last


_WRONG_WORD: Final = frozenset(
    {ErrorCode.UNKNOWN_OBJECT, ErrorCode.INVALID_COMMAND, ErrorCode.PLATFORM_ERROR}
)


def _by_id(command: c.AnyCommand, session_id: SessionId) -> Generator[Step, FinalResult, c.AnyCommand | None]:
    """The command with the id of the disposition that it names; None: it names none that is listed."""
    match command:
        case c.SetDisposition(disposition=str(said)) | c.Complete(answers={"disposition": str(said)}):
            iid = command.interaction_id
        case _:
            return None
    listed = dispositions((yield Step(c.ListDispositions(session_id=session_id, interaction_id=iid))))
    found = next((one.id for one in listed if said in (one.name, one.code) and said != one.id), None)
    if found is None:
        return None
    if isinstance(command, c.SetDisposition):
        return replace(command, disposition=found)
    return replace(command, answers={**command.answers, "disposition": found})


def dispositions(result: FinalResult) -> tuple[Disposition, ...]:
    """Those that a platform lists."""
    return listed(result, Disposition)


def listed(result: FinalResult, kind: type[ListedT]) -> tuple[ListedT, ...]:
    """What a platform lists; nothing if it does not, or in another shape than the model promises."""
    data = result.data if isinstance(result, Succeeded) else None
    try:
        return convert(msgspec.to_builtins(data or ()), tuple[kind, ...])  # type: ignore[valid-type]  # generic in the entry
    except ValidationError:
        return ()
