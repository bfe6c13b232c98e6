"""After-call work in the words that every platform has: an early end of it is a completion."""

from schemas.commands import AnyCommand, Complete, EndWrapUp


def completing(command: AnyCommand) -> AnyCommand:
    """What a flow is given for the command: no platform tells an early end from any other completion."""
    if isinstance(command, EndWrapUp):
        return Complete(interaction_id=command.interaction_id, answers=command.answers)
    return command
