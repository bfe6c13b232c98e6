"""The veto on completion: until when it stands, and who lifts it where the platform has none of its own."""

from collections.abc import Container
from datetime import datetime, timedelta

from gateway.alarm import Alarm
from gateway.clock import Clock
from gateway.router import Router
from gateway.state import State
from schemas.ids import InteractionId, PlatformId
from schemas.interaction import Interaction


def veto(interaction: Interaction | None, now: datetime) -> str:
    """The warning while completion is vetoed. By the clock: a veto whose time is over stands no longer."""
    if interaction is None:
        return ""
    until = interaction.completion_blocked_until
    return "" if until is not None and until <= now else interaction.completion_blocked


class Vetoes:
    """The vetoes that the core holds. One with a limit is lifted when its time is over."""

    def __init__(self, state: State, router: Router, clock: Clock) -> None:
        self._state = state
        self._router = router
        self._clock = clock
        self._limited: dict[InteractionId, datetime] = {}
        self._alarm = Alarm(clock, self._due, self._lift_due)

    def start(self, platforms: Container[PlatformId]) -> None:
        """Take up, after a restart, the limited vetoes of the platforms that have none of their own."""
        for one in self._state.interactions():
            until = one.completion_blocked_until
            if one.completion_blocked and until is not None and one.platform_id in platforms:
                self._limited[one.id] = until
        self._alarm.set()

    def stop(self) -> None:
        """Let the clock go; the snapshots know how long each veto stands."""
        self._alarm.stop()

    def give(self, interaction: Interaction, message: str, limit_s: float) -> None:
        """Veto its completion, for so long if that is not 0."""
        now = self._clock.now()
        until = now + timedelta(seconds=limit_s) if limit_s else None
        self._limited.pop(interaction.id, None)
        if until is not None:
            self._limited[interaction.id] = until
        self._router.publish(self._state.set_block(interaction, message, until, now))
        self._alarm.set()

    def lift(self, interaction: Interaction) -> None:
        """Let it be completed."""
        self._limited.pop(interaction.id, None)
        self._router.publish(self._state.set_block(interaction, "", None, self._clock.now()))
        self._alarm.set()

    def _due(self) -> datetime | None:
        return min(self._limited.values(), default=None)

    def _lift_due(self) -> None:
        now = self._clock.now()
        for interaction_id, until in tuple(self._limited.items()):
            if until <= now:
                del self._limited[interaction_id]
                one = self._state.open_interaction(interaction_id)
                if one is not None:
                    self._router.publish(self._state.set_block(one, "", until, now))
