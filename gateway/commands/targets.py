"""What a command is about: the platform, the agent and the interaction that its ids name."""

from collections.abc import Mapping
from typing import Final

import msgspec

from adapters.contract.dialect import Context
from gateway.http.admission import require_sight, require_verb
from gateway.platforms.platform import Platform
from gateway.runtime import ids
from gateway.security.access import EVERYTHING, Principal
from gateway.state.fold import State
from schemas.commands import (
    Alternate,
    AnyCommand,
    CompleteConference,
    CompleteTransfer,
    InteractionCommand,
    ListDispositions,
    Login,
    Logout,
    VendorCall,
    verb,
)
from schemas.errors import RefusedError
from schemas.ids import AgentId, InteractionId, PlatformId, SessionId
from schemas.interaction import Interaction, InteractionState
from schemas.results import ErrorCode, Failed

OURSELVES: Final = Principal(name="gateway", scopes=EVERYTHING)  # what was accepted goes on, whoever gave it
# What may change more than the one interaction it names.
_OF_ALL: Final = (Alternate, CompleteConference, CompleteTransfer, Logout, VendorCall)


class Target(msgspec.Struct, frozen=True):
    """Where a command goes."""

    platform: Platform
    session_id: SessionId
    agent_id: AgentId
    interaction: Interaction | None

    @property
    def patience_s(self) -> float:
        """How long its platform is waited for."""
        return self.platform.config.needinfo.platform_timeout_s


class Targets:
    """Resolves the ids of commands."""

    def __init__(self, platforms: Mapping[PlatformId, Platform], state: State) -> None:
        self.platforms = platforms
        self._state = state

    def of(self, command: AnyCommand, principal: Principal = OURSELVES) -> Target:
        """Raises RefusedError: a verb that is not granted, or an id that leads nowhere, or out of sight."""
        require_verb(principal, verb(command))
        target = self._of(command, principal)
        require_sight(principal, target.platform.id, target.agent_id)
        return target

    def _of(self, command: AnyCommand, principal: Principal) -> Target:
        match command:
            case Login(platform_id=platform_id, agent_id=agent_id):
                platform = self.platforms.get(platform_id)
                if platform is None or not principal.sees_platform(platform_id):
                    raise RefusedError(ErrorCode.UNKNOWN_PLATFORM, f"there is no platform {platform_id}")
                if not agent_id:
                    raise RefusedError(ErrorCode.INVALID_COMMAND, "agent_id: must not be empty")
                return Target(platform, ids.session_id(platform_id, agent_id), agent_id, None)
            case (
                ListDispositions(session_id=session_id, interaction_id=named)
                | VendorCall(session_id=session_id, interaction_id=named)
            ):
                interaction = self._interaction(named, principal) if named is not None else None
                return self._session(session_id, interaction, principal)
            case InteractionCommand(interaction_id=interaction_id):
                interaction = self._interaction(interaction_id, principal)
                return self._session(interaction.session_id, interaction, principal)
            case _:
                return self._session(command.session_id, None, principal)

    def context(self, target: Target, link: int | None = None) -> Context:
        """The snapshots that a flow needs, as they are now.

        Of the others it has those that the link with that number has told of: what a page that is gone called
        `1` may be another customer's call by now.
        """
        others = tuple(
            one
            for one in self._state.snapshots.interactions(target.session_id)
            if (target.interaction is None or one.id != target.interaction.id)
            and (link is None or self._state.snapshots.is_of(one, link))
        )
        interaction = target.interaction
        if interaction is not None:
            interaction = self._state.snapshots.interaction(interaction.id) or interaction
        return Context(
            agent=self._state.snapshots.sessions.get(target.session_id),
            interaction=interaction,
            others=others,
        )

    def unmet(self, context: Context, link: int) -> Failed | None:
        """Why nothing can be said to the platform about the interaction yet; None if it can."""
        one = context.interaction
        if one is None or self._state.snapshots.is_of(one, link):
            return None
        if one.state is InteractionState.COMPLETED:
            return Failed(
                code=ErrorCode.WRONG_STATE, message="it is completed, and its platform has let go of it"
            )
        message = "the platform was connected again, and has yet to tell of this interaction"
        return Failed(code=ErrorCode.LINK_DOWN, message=message)

    def _interaction(self, interaction_id: InteractionId, principal: Principal) -> Interaction:
        interaction = self._state.snapshots.interaction(interaction_id)
        if interaction is None or not principal.sees(interaction.platform_id, interaction.agent_id):
            raise RefusedError(ErrorCode.UNKNOWN_INTERACTION, f"there is no interaction {interaction_id}")
        return interaction

    def _session(
        self, session_id: SessionId, interaction: Interaction | None, principal: Principal
    ) -> Target:
        session = self._state.snapshots.sessions.get(session_id)
        if session is None or not principal.sees(session.platform_id, session.agent_id):
            raise RefusedError(ErrorCode.UNKNOWN_SESSION, f"there is no session {session_id}")
        if interaction is not None and interaction.session_id != session_id:
            raise RefusedError(
                ErrorCode.UNKNOWN_INTERACTION, f"{interaction.id} is not an interaction of {session_id}"
            )
        return Target(self.platforms[session.platform_id], session_id, session.agent_id, interaction)


def changed_by(command: AnyCommand, context: Context) -> tuple[Interaction, ...]:
    """The interactions whose state a command may change."""
    named = (context.interaction,) if context.interaction is not None else ()
    return (*named, *context.others) if isinstance(command, _OF_ALL) else named
