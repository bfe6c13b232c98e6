"""South: how the calls of plain commands are made.

A module of its own, because the rows of `methods` stand on it. Source: seed 002, methods; reference 3.
"""

from collections.abc import Callable
from typing import Final, TypeVar

from adapters.contract.dialect import Call, Context
from adapters.genesys_wwe import tables
from adapters.kit.methods import Makes, Plain, plain
from schemas import commands as c
from schemas.interaction import Interaction
from schemas.results import ErrorCode, Failed
from schemas.values import Json

CommandT = TypeVar("CommandT", bound=c.InteractionCommand)
ToTarget = type[c.Consult | c.SingleStepTransfer | c.SingleStepConference]

NO_INTERACTION: Final = Failed(
    code=ErrorCode.UNKNOWN_INTERACTION, message="The platform has no such interaction"
)
_NO_CASE: Final = Failed(
    code=ErrorCode.UNKNOWN_OBJECT, message="The platform has not told the case of this interaction"
)
_NO_CONSULTATION: Final = Failed(code=ErrorCode.WRONG_STATE, message="There is no consultation to complete")


def handle(interaction: Interaction | None) -> str | None:
    """The page's id of an interaction; None: it has none."""
    return None if interaction is None else interaction.refs.get("interaction")


def on_interaction(row: Makes, context: Context, *rest: Json) -> Call | Failed:
    """With the interaction's id, and what comes after it."""
    ref = handle(context.interaction)
    return NO_INTERACTION if ref is None else row(ref, *rest)


def with_interaction(kind: type[CommandT], *rest: Callable[[CommandT], Json]) -> Plain:
    """With the interaction's id, and what of the command comes after it."""
    return plain(
        kind, lambda row, command, context: on_interaction(row, context, *(one(command) for one in rest))
    )


def with_consultation(kind: type[CommandT]) -> Plain:
    """With the id of the consultation that the interaction is, or has."""

    def build(row: Makes, _command: CommandT, context: Context) -> Call | Failed:
        ref = handle(context.consultation())
        return _NO_CONSULTATION if ref is None else row(ref)

    return plain(kind, build)


def _with_case(row: Makes, _command: c.Focus, context: Context) -> Call | Failed:
    case = None if context.interaction is None else context.interaction.refs.get("case")
    return _NO_CASE if case is None else row(case)


FOCUS: Final = plain(c.Focus, _with_case)


def target(command: c.Consult | c.SingleStepTransfer | c.SingleStepConference) -> Json:
    """A bare text is a telephone number; whatever else has to be said, needs the object."""
    medium = command.media if isinstance(command, c.Consult) else ""
    if command.destination_kind is c.DestinationKind.EXTERNAL and not medium:
        return command.destination
    found = {"type": tables.TARGET_OUT[command.destination_kind], "destination": command.destination}
    return {**found, "media": tables.MEDIUM_OUT.get(medium, medium)} if medium else found
