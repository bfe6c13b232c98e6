"""What the core decides about a command by itself, before the platform is asked."""

from typing import Final

from adapters.contract.capabilities import Support
from adapters.contract.dialect import Done
from gateway.commands.targets import Target
from gateway.commands.vetoes import Vetoes
from gateway.commands.wrap_ups import WrapUps
from gateway.events.router import Router
from gateway.links.registry import Links
from gateway.runtime.age import RunningTime
from gateway.state.fold import State
from schemas.commands import (
    AnyCommand,
    BlockCompletion,
    Complete,
    EndWrapUp,
    ExtendWrapUp,
    UnblockCompletion,
    verb,
)
from schemas.interaction import Interaction, InteractionState, Media
from schemas.results import ErrorCode, Failed

_LIVE: Final = frozenset(
    {
        InteractionState.DIALING,
        InteractionState.ALERTING,
        InteractionState.CONNECTED,
        InteractionState.HELD,
    }
)
_STILL_ON: Final = Failed(
    code=ErrorCode.WRONG_STATE, message="the call is not over: release it, then complete it"
)
_NO_WRAP_UP: Final = Failed(
    code=ErrorCode.WRONG_STATE, message="there is no after-call work: it has not begun, or is done"
)


class Precheck:
    """Refuses what the dialect cannot say, and holds the veto on completion where the platform has none."""

    def __init__(self, state: State, links: Links, vetoes: Vetoes, router: Router, time: RunningTime) -> None:
        self._state = state
        self._links = links
        self.vetoes = vetoes
        self.wrap_ups = WrapUps(state, router, time)

    def stop(self) -> None:
        """Let the clock go."""
        self.vetoes.stop()
        self.wrap_ups.stop()

    def needs_link(self, command: AnyCommand, target: Target) -> bool:
        """Whether it is for the platform at all."""
        return self._refusal(command, target) is None and not self._is_ours(command, target)

    def outcome(self, command: AnyCommand, target: Target) -> Failed | Done | None:
        """How the command ends already; None if it is for the platform."""
        if isinstance(command, BlockCompletion | UnblockCompletion) and self._is_ours(command, target):
            return self._veto(command)
        if isinstance(command, ExtendWrapUp) and self._is_ours(command, target):
            return self._extend(command)
        return self._refusal(command, target)

    @staticmethod
    def _is_ours(command: AnyCommand, target: Target) -> bool:
        if isinstance(command, EndWrapUp):
            return False  # the platform is told to complete it
        ability = target.platform.dialect.capabilities.commands_south[verb(command)]
        return ability.support is Support.GATEWAY

    def _refusal(self, command: AnyCommand, target: Target) -> Failed | None:
        if isinstance(command, Complete | EndWrapUp) and (
            blocked := self.vetoes.warning(self._state.snapshots.interaction(command.interaction_id))
        ):
            return Failed(code=ErrorCode.COMPLETION_BLOCKED, message=blocked)
        ability = target.platform.dialect.capabilities.commands_south[verb(command)]
        if ability.support is Support.UNSUPPORTED:
            return Failed(code=ErrorCode.UNSUPPORTED, message=ability.note)
        if isinstance(command, Complete) and self._is_live(command, target):
            return _STILL_ON
        if isinstance(command, EndWrapUp) and self._wrapping_up(command) is None:
            return _NO_WRAP_UP
        return None

    def _is_live(self, command: Complete, target: Target) -> bool:
        """Whether the platform itself says that the call is still on; if in doubt, it shall decide."""
        one = self._state.snapshots.open_interaction(command.interaction_id)
        if one is None or one.media is not Media.VOICE or one.state not in _LIVE or one.ended_at is not None:
            return False
        link = self._links.to(target.platform.id, target.session_id)
        return link is not None and link.certain(one)

    def _wrapping_up(self, command: ExtendWrapUp | EndWrapUp) -> Interaction | None:
        one = self._state.snapshots.open_interaction(command.interaction_id)
        return one if one is not None and one.state is InteractionState.WRAP_UP else None

    def _extend(self, command: ExtendWrapUp) -> Failed | Done:
        one = self._wrapping_up(command)
        if one is None:
            return _NO_WRAP_UP
        self.wrap_ups.extend(one, command.by_s)
        return Done()

    def _veto(self, command: BlockCompletion | UnblockCompletion) -> Failed | Done:
        """On the interaction as it is now: since the command was accepted it may have moved on."""
        one = self._state.snapshots.open_interaction(command.interaction_id)
        if one is None:
            return Failed(code=ErrorCode.WRONG_STATE, message="the interaction is completed")
        if isinstance(command, BlockCompletion):
            self.vetoes.give(one, command.message or "completion is blocked", command.limit_s)
        else:
            self.vetoes.lift(one)
        return Done()
