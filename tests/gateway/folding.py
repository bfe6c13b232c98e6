"""What the tests of the fold share: a state without a gateway, and what it tells."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from gateway.runtime.ids import Minter
from gateway.state.fold import State
from schemas import events as ev
from schemas.interaction import Interaction, InteractionState, Party, PartyRole
from schemas.observations import AnyObservation
from tests.fakes import START
from tests.gateway.handmade import CAPABILITIES, NAME, P

S = InteractionState
ANN: Final = Party(id="1", role=PartyRole.CUSTOMER, name="Ann")
BOB: Final = Party(id="2", role=PartyRole.AGENT, name="Bob")


def new_state() -> State:
    """Nothing seen yet."""
    return State({P: CAPABILITIES}, {P: NAME}, Minter())


def tags(events: Sequence[ev.AnyEvent]) -> list[str]:
    """The kinds of events."""
    return [str(event.__struct_config__.tag) for event in events]


def see(
    state: State, *seen: AnyObservation, now: datetime = START, link: int | None = None
) -> list[ev.AnyEvent]:
    """What is told of these observations, one after the other, over the connection with that number."""
    return [event for one in seen for event in state.observe(P, one, now, link=link)]


def shown(events: Sequence[ev.AnyEvent]) -> Interaction:
    """The snapshot of the last event."""
    event = events[-1]
    assert isinstance(event, ev.InteractionEvent)
    return event.interaction
