"""What the core decides about a command by itself, before the platform is asked."""

from typing import Final

from adapters.contract.capabilities import Support
from adapters.contract.dialect import Done
from gateway.commands.targets import Target
from gateway.commands.vetoes import Vetoes
from gateway.links.registry import Links
from gateway.state.fold import State
from schemas.commands import AnyCommand, BlockCompletion, Complete, UnblockCompletion, verb
from schemas.interaction import InteractionState, Media
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


class Precheck:
    """Refuses what the dialect cannot say, and holds the veto on completion where the platform has none."""

    def __init__(self, state: State, links: Links, vetoes: Vetoes) -> None:
        self._state = state
        self._links = links
        self.vetoes = vetoes

    def needs_link(self, command: AnyCommand, target: Target) -> bool:
        """Whether it is for the platform at all."""
        return self._refusal(command, target) is None and not self._is_ours(command, target)

    def outcome(self, command: AnyCommand, target: Target) -> Failed | Done | None:
        """How the command ends already; None if it is for the platform."""
        if isinstance(command, BlockCompletion | UnblockCompletion) and self._is_ours(command, target):
            return self._veto(command)
        return self._refusal(command, target)

    @staticmethod
    def _is_ours(command: AnyCommand, target: Target) -> bool:
        ability = target.platform.dialect.capabilities.commands_south[verb(command)]
        return ability.support is Support.GATEWAY

    def _refusal(self, command: AnyCommand, target: Target) -> Failed | None:
        if isinstance(command, Complete) and (
            blocked := self.vetoes.warning(self._state.snapshots.interaction(command.interaction_id))
        ):
            return Failed(code=ErrorCode.COMPLETION_BLOCKED, message=blocked)
        ability = target.platform.dialect.capabilities.commands_south[verb(command)]
        if ability.support is Support.UNSUPPORTED:
            return Failed(code=ErrorCode.UNSUPPORTED, message=ability.note)
        if isinstance(command, Complete) and self._is_live(command, target):
            return _STILL_ON
        return None

    def _is_live(self, command: Complete, target: Target) -> bool:
        """Whether the platform itself says that the call is still on; if in doubt, it shall decide."""
        one = self._state.snapshots.open_interaction(command.interaction_id)
        if one is None or one.media is not Media.VOICE or one.state not in _LIVE or one.ended_at is not None:
            return False
        link = self._links.to(target.platform.id, target.session_id)
        return link is not None and link.certain(one)

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
