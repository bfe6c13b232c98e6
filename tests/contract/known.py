"""What one gateway knows of one platform: its fold, with the promises of schemas.events checked."""

from collections.abc import Sequence
from datetime import datetime
from itertools import count
from typing import Final

from adapters.contract.capabilities import Capabilities
from adapters.contract.dialect import OF_A_PAGE, Naming
from gateway.runtime.ids import Minter
from gateway.state.fold import State
from schemas import events as ev
from schemas.ids import InteractionId, PlatformId, SessionId
from schemas.interaction import Interaction, InteractionState
from schemas.observations import AnyObservation

PLATFORM: Final = PlatformId("p")


class Known:
    """A state, and everything that it told."""

    def __init__(self, dialect: str, capabilities: Capabilities, naming: Naming = OF_A_PAGE) -> None:
        numbers = count(1)
        minter = Minter(lambda: f"{next(numbers):012}")  # the same in every run
        self.state = State({PLATFORM: capabilities}, {PLATFORM: dialect}, minter, {PLATFORM: naming})
        self.told: list[ev.AnyEvent] = []
        self.last: dict[InteractionId, Interaction] = {}  # every one that there ever was, as last told
        self._ended: set[InteractionId] = set()
        self._completed: set[InteractionId] = set()
        self._sequences: dict[InteractionId | SessionId, int] = {}

    def observe(
        self, seen: AnyObservation, now: datetime, *, recovered: bool = False, link: int | None = None
    ) -> Sequence[ev.AnyEvent]:
        """Take in what was seen; what that tells."""
        events = self.state.observe(PLATFORM, seen, now, recovered=recovered, link=link)
        for event in events:
            self._check(event)
        self.told += events
        return events

    def _check(self, event: ev.AnyEvent) -> None:
        """Created first; ended once, with a cause; completed once and last; no gap in the numbers."""
        match event:
            case ev.InteractionEvent(interaction=one):
                about: InteractionId | SessionId = one.id
                self._check_interaction(event, one)
            case ev.AgentEvent(agent=session):
                about = session.id
            case _:
                return
        assert event.sequence == self._sequences.get(about, 0) + 1, event
        self._sequences[about] = event.sequence

    def _check_interaction(self, event: ev.InteractionEvent, one: Interaction) -> None:
        assert isinstance(event, ev.InteractionCreated) == (one.id not in self.last), event
        if isinstance(event, ev.InteractionReopened):
            assert self.last[one.id].end_inferred, event
            self._completed.remove(one.id)
            self._ended.remove(one.id)
        late = isinstance(event, ev.InteractionUpdated) and event.late
        assert late == (one.id in self._completed), event
        times = [one.created_at, one.connected_at, one.ended_at, one.completed_at]
        told = [time for time in times if time is not None]
        assert told == sorted(told), event
        assert one.agent_id not in [party.user_id for party in one.parties], event
        self.last[one.id] = one
        if isinstance(event, ev.InteractionEnded):
            assert one.id not in self._ended, event
            assert one.end_cause is not None, event
            assert one.ended_by is not None, event
            self._ended.add(one.id)
        if isinstance(event, ev.InteractionCompleted):
            assert one.id in self._ended, event
            assert one.state is InteractionState.COMPLETED, event
            self._completed.add(one.id)
