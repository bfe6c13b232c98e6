"""South: what a flow of several calls is made of: calls, what they give, and what there is to choose.

A call that fails raises CallError, with which the flow ends unless it knows better. How a reply is read is
the vendor's affair.
"""

from collections.abc import Callable, Generator
from typing import Final, TypeVar

import msgspec
from msgspec.structs import replace

from adapters.contract.dialect import Call, Flow, Reply
from adapters.kit import reading
from schemas.needinfo import Choice
from schemas.results import Effect, ErrorCode, Failed

T = TypeVar("T")
Asking = Generator[Call, Reply, T]

UNREADABLE: Final = Failed(
    code=ErrorCode.PLATFORM_ERROR, effect=Effect.UNKNOWN, message="the platform's answer cannot be read"
)


class CallError(Exception):
    """A call failed."""

    def __init__(self, failed: Failed) -> None:
        super().__init__(failed.message)
        self.failed = failed


class Asker:
    """The calls of one vendor. `read` gives the data of a reply, or why there is none."""

    def __init__(self, read: Callable[[Reply], msgspec.Raw | Failed]) -> None:
        self._read = read

    def failed(self, reply: Reply) -> Failed | None:
        """Why a call failed; None: it did not."""
        data = self._read(reply)
        return data if isinstance(data, Failed) else None

    def ask(self, call: Call, kind: type[T], *, before: bool = False) -> Asking[T]:
        """Make a call: what it gives, which is of that type. Raises CallError.

        `before`: an earlier call of the flow took effect, and cannot be taken back.
        """
        data = self._read((yield call))
        if isinstance(data, Failed):
            raise CallError(replace(data, effect=Effect.UNKNOWN) if before else data)
        try:
            return reading.decode(msgspec.json.Decoder(kind), data)
        except msgspec.DecodeError as error:
            raise CallError(UNREADABLE) from error

    def do(self, call: Call, *, before: bool = False) -> Asking[None]:
        """Make a call that gives nothing. Raises CallError."""
        yield from self.ask(call, msgspec.Raw, before=before)

    def choices(
        self,
        refused: CallError,
        listed: Call,
        kind: type[tuple[T, ...]],
        choice: Callable[[T], Choice],
    ) -> Asking[tuple[Choice, ...]]:
        """What there is to choose from, as a call lists it, where another was refused for want of a choice.

        Raises `refused` if there is nothing.
        """
        try:
            choices = tuple(choice(one) for one in (yield from self.ask(listed, kind)))
        except CallError:
            choices = ()
        if not choices:
            raise refused
        return choices


def ended(flow: Flow) -> Flow:
    """A flow that ends as the call that failed."""
    try:
        return (yield from flow)
    except CallError as why:
        return why.failed
