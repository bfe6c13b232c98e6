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


def handle(interaction: Interaction | None, of: str = "interaction") -> str | None:
    """The page's id of an interaction, or of its case; None: it has none."""
    return None if interaction is None else interaction.refs.get(of)


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
    return _with(kind, lambda context: handle(context.consultation()), _NO_CONSULTATION)


def with_case(kind: type[CommandT]) -> Plain:
    """With the id of the interaction's case."""
    return _with(kind, lambda context: handle(context.interaction, "case"), _NO_CASE)


def _with(kind: type[CommandT], of: Callable[[Context], str | None], missing: Failed) -> Plain:
    def build(row: Makes, _command: CommandT, context: Context) -> Call | Failed:
        ref = of(context)
        return missing if ref is None else row(ref)

    return plain(kind, build)


def target(command: c.Consult | c.SingleStepTransfer | c.SingleStepConference) -> Json:
    """A bare text is a telephone number; whatever else has to be said, needs the object."""
    medium = command.media if isinstance(command, c.Consult) else ""
    if command.destination_kind is c.DestinationKind.EXTERNAL and not medium:
        return command.destination
    found = {"type": tables.TARGET_OUT[command.destination_kind], "destination": command.destination}
    return {**found, "media": tables.MEDIUM_OUT.get(medium, medium)} if medium else found
