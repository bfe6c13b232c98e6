"""Calls that were released, of which nothing has shown the end yet: what completes them waits for that.

A platform says "done" to a release when it has taken it; that the call is over it says later. A completion
that comes in between would be refused, or worse. It waits for the end, at most as long as for any answer of
the platform's; then the platform decides.
"""

from collections.abc import Callable
from math import inf

from gateway.commands.ledger import Live
from gateway.events.router import Batch, Router
from gateway.runtime.clock import Clock, TimerHandleLike
from gateway.state.fold import State
from schemas import events as ev
from schemas.ids import InteractionId


class Releases:
    """Those that are not seen.

    `go` is called with each completion that waited, when it need not any more; `give_up` with one that may
    not wait so long.
    """

    def __init__(
        self,
        state: State,
        router: Router,
        clock: Clock,
        go: Callable[[Live], None],
        give_up: Callable[[Live], None],
    ) -> None:
        self._state = state
        self._clock = clock
        self._go = go
        self._give_up = give_up
        self._unseen: dict[InteractionId, tuple[TimerHandleLike, list[Live]]] = {}
        router.on_commit(self._committed)

    def stop(self) -> None:
        """Let the clock go; what waits stays in the store as it is."""
        for timer, _ in self._unseen.values():
            timer.cancel()
        self._unseen.clear()

    def released(self, interaction_id: InteractionId, within_s: float) -> None:
        """The platform has taken a release of it."""
        if interaction_id not in self._unseen and not self._over(interaction_id):
            timer = self._clock.call_later(within_s, lambda: self._settled(interaction_id))
            self._unseen[interaction_id] = (timer, [])

    def awaited(self, interaction_id: InteractionId) -> bool:
        """Whether its end is still to be shown."""
        return interaction_id in self._unseen

    def add(self, live: Live, interaction_id: InteractionId, within_s: float) -> None:
        """A completion that waits for it, so long at most, if it is not shown by now."""
        if interaction_id in self._unseen:
            self._unseen[interaction_id][1].append(live)
            if within_s < inf:
                self._clock.call_later(max(0.0, within_s), lambda: self._late(live, interaction_id))
        else:
            self._go(live)

    def _over(self, interaction_id: InteractionId) -> bool:
        one = self._state.snapshots.interaction(interaction_id)
        return one is None or one.ended_at is not None

    def _committed(self, batch: Batch) -> None:
        if not self._unseen:
            return
        for event in batch.events:
            if isinstance(event, ev.InteractionEvent) and event.interaction.ended_at is not None:
                self._settled(event.interaction.id)

    def _late(self, live: Live, interaction_id: InteractionId) -> None:
        _, waiting = self._unseen.get(interaction_id, (None, []))
        if live in waiting:
            waiting.remove(live)
            self._give_up(live)

    def _settled(self, interaction_id: InteractionId) -> None:
        timer, waiting = self._unseen.pop(interaction_id, (None, []))
        if timer is not None:
            timer.cancel()
        for live in waiting:
            self._go(live)
