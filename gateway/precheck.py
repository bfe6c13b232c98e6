"""What the core decides about a command by itself, before the platform is asked."""

from adapters.capabilities import Support
from adapters.dialect import Done
from gateway.clock import Clock
from gateway.router import Router
from gateway.state import State
from gateway.targets import Target
from schemas.commands import AnyCommand, BlockCompletion, Complete, UnblockCompletion, verb
from schemas.results import ErrorCode, Failed


class Precheck:
    """Refuses what the dialect cannot say, and holds the veto on completion where the platform has none."""

    def __init__(self, state: State, router: Router, clock: Clock) -> None:
        self._state = state
        self._router = router
        self._clock = clock

    def outcome(self, command: AnyCommand, target: Target) -> Failed | Done | None:
        """How the command ends already; None if it is for the platform."""
        ability = target.platform.dialect.capabilities.commands_south[verb(command)]
        blocked = target.interaction.completion_blocked if target.interaction is not None else ""
        match command:
            case Complete() if blocked:
                return Failed(code=ErrorCode.COMPLETION_BLOCKED, message=blocked)
            case BlockCompletion(message=message) if ability.support is Support.GATEWAY:
                return self._block(target, message or "completion is blocked")
            case UnblockCompletion() if ability.support is Support.GATEWAY:
                return self._block(target, "")
        if ability.support is Support.UNSUPPORTED:
            return Failed(code=ErrorCode.UNSUPPORTED, message=ability.note)
        return None

    def _block(self, target: Target, message: str) -> Done:
        if target.interaction is not None:
            self._router.publish(self._state.set_block(target.interaction, message, self._clock.now()))
        return Done()
