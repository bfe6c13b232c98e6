"""Interactions that a command began, of which the platform has shown nothing yet: the result waits for that.

A platform may answer before it shows the call. Nobody is to be told an id under which there is nothing, and
which a crash would give to nothing. If the platform is slow to show it, the result names none.
"""

from collections.abc import Callable
from typing import Final

from adapters.contract.dialect import Done
from gateway.events.router import Batch, Router
from gateway.runtime.clock import Clock, TimerHandleLike
from gateway.state.fold import State
from schemas import events as ev
from schemas.ids import InteractionId
from schemas.results import Succeeded

WITHIN_S: Final = 1.0
NOT_SHOWN: Final = "the platform has taken it, and has not shown the interaction yet"


def succeeded(done: Done, made: InteractionId | None, *, shown: bool = True) -> Succeeded:
    """The result of a command that the platform did; `made` is what it began."""
    warnings = done.warnings if shown else (*done.warnings, NOT_SHOWN)
    interaction_id = made if shown else None
    return Succeeded(interaction_id=interaction_id, data=done.data, warnings=warnings, extras=done.extras)


Go = Callable[[bool], object]


class Beginnings:
    """Those that are waited for."""

    def __init__(self, state: State, router: Router, clock: Clock) -> None:
        self._state = state
        self._clock = clock
        self._unseen: dict[InteractionId, tuple[TimerHandleLike, list[Go]]] = {}
        router.on_commit(self._committed)

    def stop(self) -> None:
        """Let the clock go."""
        for timer, _ in self._unseen.values():
            timer.cancel()
        self._unseen.clear()

    def when_shown(self, interaction_id: InteractionId | None, go: Go) -> None:
        """Call `go` when it is shown, or is late: with whether it is. None: there is none to wait for."""
        if interaction_id is None or self._state.snapshots.interaction(interaction_id) is not None:
            go(True)
            return
        if interaction_id not in self._unseen:
            timer = self._clock.call_later(WITHIN_S, lambda: self._settled(interaction_id, shown=False))
            self._unseen[interaction_id] = (timer, [])
        self._unseen[interaction_id][1].append(go)

    def _committed(self, batch: Batch) -> None:
        if not self._unseen:
            return
        for event in batch.events:
            if isinstance(event, ev.InteractionEvent):
                self._settled(event.interaction.id, shown=True)

    def _settled(self, interaction_id: InteractionId, *, shown: bool) -> None:
        timer, waiting = self._unseen.pop(interaction_id, (None, []))
        if timer is not None:
            timer.cancel()
        for go in waiting:
            go(shown)
