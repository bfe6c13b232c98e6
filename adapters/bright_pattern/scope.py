"""North: whom a client's call concerns, and its arguments. Apart from requests.py for its length.

Source: reference/bright-pattern.md sections 2.1 and 3. An optional id that is "" or null is absent, and means
the active interaction.
"""

from collections.abc import Callable, Sequence
from typing import TypeVar

import msgspec

from adapters.bright_pattern import decode, encode, tables, wire
from adapters.bright_pattern.choices import Choices
from adapters.bright_pattern.settings import BrightPatternSettings
from adapters.kit.under_way import Steps
from schemas import commands as c
from schemas.agent import AgentSession
from schemas.errors import RefusedError
from schemas.ids import InteractionId
from schemas.interaction import Interaction, Record
from schemas.results import Succeeded
from schemas.values import Json

T = TypeVar("T")


class OperationError(RefusedError):
    """A request that is answered with one of the vendor's errors. Does not leave the adapter."""

    def __init__(self, name: str, message: str = "") -> None:
        super().__init__(tables.ERROR_IN[tables.REQUEST_ERRORS[name]], message)
        self.error = encode.error(name, message)


class Plan(msgspec.Struct, frozen=True):
    """What a method comes to: commands to be carried out one after the other, and what the last one gives."""

    commands: tuple[c.AnyCommand, ...]
    result: Callable[[Succeeded], Json] = lambda _: None


class Local(msgspec.Struct, frozen=True):
    """What is known here: the answer, and the events that follow it."""

    data: Json = None
    events: Sequence[bytes] = ()


class Args:
    """The positional arguments of a call. Raises OperationError(invalid_args) naming the argument."""

    def __init__(self, values: Sequence[Json]) -> None:
        self._values = values

    def given(self, index: int) -> Json:
        """An argument as it came; None if it is absent."""
        return self._values[index] if index < len(self._values) else None

    def text(self, index: int, name: str) -> str:
        """A required string; it may be empty."""
        value = self.given(index)
        if not isinstance(value, str):
            raise OperationError("invalid_args", f"{name} must be a string")
        return value

    def maybe(self, index: int, name: str) -> str:
        """An optional string; "" if it is absent."""
        return "" if self.given(index) is None else self.text(index, name)

    def filled(self, index: int, name: str, error: str = "invalid_args") -> str:
        """A required string that is not empty."""
        text = self.text(index, name)
        if not text.strip():
            raise OperationError(error, f"{name} is empty")
        return text

    def flag(self, index: int, name: str) -> bool:
        """A required boolean."""
        value = self.given(index)
        if not isinstance(value, bool):
            raise OperationError("invalid_args", f"{name} must be a boolean")
        return value

    def data(self, index: int, name: str) -> dict[str, Json]:
        """An optional flat record; empty if it is absent."""
        value = self.given(index)
        if value is None:
            return {}
        if not isinstance(value, dict):
            raise OperationError("invalid_args", f"{name} must be an object")
        return {str(key): entry for key, entry in value.items()}

    def shaped(self, index: int, name: str, kind: type[T]) -> T:
        """An argument of the vendor's own type."""
        return _converted(self.given(index), name, kind)

    def records(self, index: int) -> tuple[Record, ...]:
        """InitialObjects (initialObject on the page): absent, one object, or an array."""
        value = self.given(index)
        if value is None or value == "":
            return ()
        several = value if isinstance(value, list) else [value]
        objects = _converted(several, "associatedObjects", tuple[wire.InteractionAssociatedObject, ...])
        return tuple(decode.record(one) for one in objects)


def _converted(value: Json, name: str, kind: type[T]) -> T:
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        raise OperationError("invalid_args", f"{name}: {error}") from error


class Scope(msgspec.Struct, frozen=True):
    """Whom a call concerns: the agent, the interactions that it has, and what the client chose."""

    session: AgentSession
    interactions: tuple[Interaction, ...]
    active: InteractionId | None
    choices: Choices
    settings: BrightPatternSettings

    @property
    def same_dialect(self) -> bool:
        """Whether the platform is of this dialect."""
        return encode.session_of_this_dialect(self.session)

    def notes(self, one: Interaction) -> str:
        """The interaction's notes, with those that wait for its completion."""
        kept = self.choices.notes(one.id)
        return one.notes if kept is None else kept

    def interaction(self, named: str) -> Interaction:
        """The one named, else the active one, else the only one. Raises OperationError(no_interaction)."""
        wanted = named or self.active
        if wanted:
            found = next((one for one in self.interactions if one.id == wanted), None)
            if found is not None:
                return found
        if not named and len(self.interactions) == 1:
            return self.interactions[0]
        why = f"no such interaction: {named}" if named else "no active interaction"
        raise OperationError("no_interaction", why)

    def about(self, args: Args, index: int) -> Interaction:
        """The same, as the optional argument says."""
        return self.interaction(args.maybe(index, tables.INTERACTION_ID))


Request = Callable[[Args, Scope], Plan | Local | Steps]
