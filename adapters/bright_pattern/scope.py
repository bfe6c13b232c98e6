"""North: whom a client's call concerns, its arguments, and what the client chose so far.

Source: reference/bright-pattern.md sections 2.1, 3, 3.2 and 3.4. An optional id that is "" or null is
absent, and means the active interaction.
"""

from collections.abc import Callable, Iterator, Sequence
from inspect import signature
from typing import Final, TypeVar

import msgspec
from msgspec.structs import replace

from adapters.bright_pattern import encode, tables
from adapters.bright_pattern.settings import BrightPatternSettings
from adapters.kit.answers import Given
from adapters.kit.bounded import keep
from adapters.kit.client import meant
from adapters.kit.under_way import Steps
from schemas import commands as c
from schemas.agent import AgentSession
from schemas.errors import RefusedError
from schemas.ids import AgentId, InteractionId
from schemas.interaction import Interaction
from schemas.values import Json

T = TypeVar("T")
CLOSED: Final = 100  # interactions that a platform may still speak of


class OperationError(RefusedError):
    """A request that is answered with one of the vendor's errors. Does not leave the adapter."""

    def __init__(self, name: str, message: str = "") -> None:
        super().__init__(tables.ERROR_IN[tables.REQUEST_ERRORS[name]], message)
        self.error = encode.error(name, message)


class Local(msgspec.Struct, frozen=True):
    """What is known here: the answer, and the events that follow it. `follow` is who has logged in."""

    data: Json = None
    events: Sequence[bytes] = ()
    follow: AgentId | None = None


class Choices(Given):
    """The vendor's way to answer a refusal is a call before the next try: setService, then startCall."""

    def __init__(self) -> None:
        super().__init__()
        self.extension = ""  # the agent's own, where the directory told it
        self.did = ""  # the number to call from, or its id; empty: the platform's own choice
        self.noted: dict[InteractionId, str] = {}  # the note added last
        self.screens: dict[str, dict[str, Json]] = {}  # what is shown again when an interaction is active
        self._closed: dict[str, str] = {}  # platform's id of a completed interaction: ours

    def completed(self, one: Interaction) -> None:
        """It is completed, and its platform may still speak of it, as in a summary."""
        self.forget(one.id)
        self.noted.pop(one.id, None)
        self.screens.pop(one.id, None)
        if ref := one.refs.get(tables.INTERACTION_ID):
            keep(self._closed, ref, one.id, CLOSED)

    def own_numbers(self, session: AgentSession) -> set[str]:
        """What the agent itself is called at, as far as the platform told it."""
        return {session.agent_id, session.refs.get("extension", ""), self.extension} - {""}

    def listed(self, data: object, session: AgentSession) -> None:
        """A directory, which may list the agent too."""
        own = (one.address for one in encode.listed(data, "agent") if one.id == session.agent_id)
        self.extension = next(own, self.extension)

    def known(self, ref: str) -> str | None:
        """Our id of an interaction that is completed."""
        return self._closed.get(ref)

    def prepared(self, command: c.AnyCommand) -> c.AnyCommand:
        """The command, with what was given for it, and a call from the number that was chosen."""
        command = super().prepared(command)
        return replace(command, caller_id=self.did) if self.did and isinstance(command, c.Dial) else command


class Scope(msgspec.Struct, frozen=True):
    """Whom a call concerns: the agent, the interactions that it has, and what the client chose."""

    session: AgentSession
    interactions: tuple[Interaction, ...]
    active: InteractionId | None
    choices: Choices
    settings: BrightPatternSettings
    same_dialect: bool  # the platform is of this dialect

    def notes(self, one: Interaction) -> str:
        """The interaction's notes, with those that wait for its completion."""
        kept = self.choices.notes(one.id)
        return one.notes if kept is None else kept

    def interaction(self, named: str) -> Interaction:
        """The one named, else the active one, else the only one. Raises OperationError(no_interaction)."""
        one = meant(self.interactions, named, self.active)
        if one is not None:
            return one
        why = f"no such interaction: {named}" if named else "no active interaction"
        raise OperationError("no_interaction", why)


# What a method comes to; of commands, one after the other. After the scope a request takes the arguments, by
# the vendor's names but for their case, and last the interaction, where the method takes the id of one.
Request = Callable[..., c.AnyCommand | tuple[c.AnyCommand, ...] | Local | Steps | None]


class Shape(msgspec.Struct, frozen=True):
    """The parameters of a method: their names and types, and whether the id of an interaction follows."""

    params: tuple[tuple[str, type[object]], ...] = ()
    about: bool = False

    def read(self, given: Sequence[Json], scope: Scope) -> Iterator[object]:
        """The arguments, and the interaction. Raises OperationError."""
        for index, (name, kind) in enumerate(self.params):
            yield argument(given, index, name, kind)
        if self.about:
            yield scope.interaction(argument(given, len(self.params), tables.INTERACTION_ID, _text) or "")


_text: type[str | None] = str | None  # type: ignore[assignment]  # a union


def shape_of(request: Request) -> Shape:
    """The parameters that a request takes."""
    _, *named = signature(request, eval_str=True).parameters.values()
    about = bool(named) and named[-1].annotation is Interaction
    params = named[:-1] if about else named
    return Shape(tuple((_camel(one.name), one.annotation) for one in params), about)


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def argument(given: Sequence[Json], index: int, name: str, kind: type[T]) -> T:
    """A positional argument; null if it is absent. Raises OperationError(invalid_args) naming it."""
    value = given[index] if index < len(given) else None
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        plainly = next((word for one, word in _PLAINLY.items() if kind in (one, one | None)), None)
        why = f" must be {plainly}" if plainly else f": {error}"
        raise OperationError("invalid_args", f"{name}{why}") from error


_PLAINLY: Final = {str: "a string", bool: "a boolean", dict[str, Json]: "an object"}
