"""Commands as calls: each is one call, with the switch's refs in place of our ids."""

from collections.abc import Mapping

import msgspec

from adapters.contract.dialect import Call, Context, Flow
from adapters.softswitch import codec
from schemas.commands import (
    AnyCommand,
    Command,
    InteractionCommand,
    ListDispositions,
    Login,
    SessionCommand,
    VendorCall,
    verb,
)
from schemas.ids import InteractionId
from schemas.results import ErrorCode, Failed

NO_REF = Failed(code=ErrorCode.UNKNOWN_INTERACTION, message="the platform has no such interaction")
NO_AGENT = Failed(code=ErrorCode.UNKNOWN_SESSION, message="the command names no agent session")


def flow(command: AnyCommand, context: Context) -> Flow:
    """Send the command as it is, under the switch's own names."""
    agent = _agent(command, context)
    if agent is None:
        return NO_AGENT
    translated = _translated(command, context)
    if isinstance(translated, Failed):
        return translated
    reply = yield Call(method=verb(command), params=(translated,), target=agent)
    return codec.decode_outcome(reply.body)


def _agent(command: AnyCommand, context: Context) -> str | None:
    if isinstance(command, Login):
        return command.agent_id
    if context.agent is None:
        return None
    return context.agent.refs.get("id", context.agent.agent_id)


def _translated(command: AnyCommand, context: Context) -> Command | Failed:
    refs: Mapping[str, str] = {} if context.interaction is None else context.interaction.refs
    match command:
        case InteractionCommand() | ListDispositions(interaction_id=str()) | VendorCall(interaction_id=str()):
            if "id" not in refs:
                return NO_REF
            return msgspec.structs.replace(command, interaction_id=InteractionId(refs["id"]))
        case SessionCommand() | Command():
            return command
