"""The veto on completion: until when it stands, and who lifts it where the platform has none of its own."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from adapters.contract.capabilities import Support
from gateway.events.router import Router
from gateway.platforms.platform import Platform
from gateway.runtime.age import RunningTime
from gateway.runtime.alarm import Alarm
from gateway.state.fold import State
from schemas.ids import InteractionId
from schemas.interaction import Interaction

_VERB: Final = "interaction.block_completion"


def _lacks_veto(platform: Platform) -> bool:
    return platform.dialect.capabilities.commands_south[_VERB].support is Support.GATEWAY


def veto(interaction: Interaction | None, now: datetime) -> str:
    """The warning while completion is vetoed. By the clock: a veto whose time is over stands no longer."""
    if interaction is None:
        return ""
    until = interaction.completion_blocked_until
    return "" if until is not None and until <= now else interaction.completion_blocked


class Vetoes:
    """The vetoes that the core holds. One with a limit is lifted when its time is over."""

    def __init__(self, state: State, router: Router, time: RunningTime) -> None:
        self._state = state
        self._router = router
        self._time = time
        self._limited: dict[InteractionId, datetime] = {}  # in running time
        self._alarm = Alarm(time, self._due, self._lift_due)

    def start(self, platforms: Iterable[Platform]) -> None:
        """Take up, after a restart, the limited vetoes of the platforms that have none of their own."""
        without = {one.id for one in platforms if _lacks_veto(one)}
        for one in self._state.snapshots.interactions():
            until = one.completion_blocked_until
            if one.completion_blocked and until is not None and one.platform_id in without:
                self._limited[one.id] = self._time.of_last_run(until)
        self._alarm.set()

    def stop(self) -> None:
        """Let the clock go; the snapshots know how long each veto stands."""
        self._alarm.stop()

    def give(self, interaction: Interaction, message: str, limit_s: float) -> None:
        """Veto its completion, for so long if that is not 0."""
        now = self._time.now()
        until = now + timedelta(seconds=limit_s) if limit_s else None
        self._limited.pop(interaction.id, None)
        if until is not None:
            self._limited[interaction.id] = until
            until = self._time.shown(until)
        self._router.publish(self._state.set_block(interaction, message, until, self._time.shown(now)))
        self._alarm.set()

    def lift(self, interaction: Interaction) -> None:
        """Let it be completed."""
        self._limited.pop(interaction.id, None)
        self._router.publish(self._state.set_block(interaction, "", None, self._time.clock.now()))
        self._alarm.set()

    def warning(self, interaction: Interaction | None) -> str:
        """The warning while completion is vetoed, by us or by the platform."""
        until = self._limited.get(interaction.id) if interaction is not None else None
        if interaction is None or until is None:
            return veto(interaction, self._time.clock.now())
        return "" if until <= self._time.now() else interaction.completion_blocked

    def _due(self) -> datetime | None:
        return min(self._limited.values(), default=None)

    def _lift_due(self) -> None:
        now = self._time.now()
        for interaction_id, until in tuple(self._limited.items()):
            if until <= now:
                del self._limited[interaction_id]
                one = self._state.snapshots.open_interaction(interaction_id)
                if one is not None:
                    self._router.publish(
                        self._state.set_block(one, "", self._time.shown(until), self._time.shown(now))
                    )
