"""Commands under way over a connection: what gateway.commands.attempt does, without links and clocks."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from adapters.contract.dialect import Context, Flow, Outcome, PlatformConnection, Reply
from schemas.commands import AnyCommand, InteractionCommand, ListDispositions, SessionCommand, VendorCall
from schemas.errors import UnsupportedError
from schemas.ids import SessionId
from schemas.interaction import Interaction
from schemas.results import Effect, ErrorCode, Failed
from tests.contract.known import Known

DOWN: Final = Failed(code=ErrorCode.LINK_DOWN, message="the link went down", effect=Effect.UNKNOWN)

Wanted = Callable[[Outcome], None]


@dataclass(frozen=True)
class Errand:
    """A command under way."""

    command: AnyCommand
    context: Context
    flow: Flow
    done: Wanted
    replies: list[Reply]


class Errands:
    """The flows under way over one connection."""

    def __init__(self, connection: PlatformConnection, send: Callable[[bytes], None]) -> None:
        self.waiting: dict[int, Errand] = {}
        self._connection = connection
        self._send = send
        self._calls = 1_000_000  # far from those of a driver that shares the platform

    def run(self, command: AnyCommand, context: Context, done: Wanted) -> None:
        """Give a command; `done` gets what comes of it."""
        try:
            flow = self._connection.flow(command, context)
        except UnsupportedError as error:
            done(Failed(code=ErrorCode.UNSUPPORTED, message=str(error)))
        else:
            self._step(Errand(command, context, flow, done, []))

    def replied(self, call_id: int, reply: Reply) -> None:
        """The answer to a call is there."""
        errand = self.waiting.pop(call_id)
        errand.replies.append(reply)
        self._step(errand)

    def given_up(self) -> None:
        """No answer will come any more."""
        waiting, self.waiting = self.waiting, {}
        for errand in waiting.values():
            errand.flow.close()
            errand.done(DOWN)

    def _step(self, errand: Errand) -> None:
        try:
            call = errand.flow.send(errand.replies[-1]) if errand.replies else next(errand.flow)
        except StopIteration as stop:
            errand.done(stop.value)
        except UnsupportedError as error:
            errand.done(Failed(code=ErrorCode.UNSUPPORTED, message=str(error)))
        else:
            self._calls += 1
            self.waiting[self._calls] = errand
            self._send(self._connection.send(call, self._calls))


def context_of(known: Known, command: AnyCommand) -> Context:
    """What a command is about."""
    state = known.state
    interaction: Interaction | None = None
    session_id: SessionId | None = None
    if isinstance(command, InteractionCommand | ListDispositions | VendorCall):
        named = command.interaction_id
        interaction = state.snapshots.interaction(named) if named is not None else None
    if isinstance(command, SessionCommand):
        session_id = command.session_id
    elif interaction is not None:
        session_id = interaction.session_id
    if session_id is None:
        return Context()
    others = tuple(one for one in state.snapshots.interactions(session_id) if one is not interaction)
    return Context(agent=state.snapshots.sessions.get(session_id), interaction=interaction, others=others)
