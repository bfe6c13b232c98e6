"""Which event says that an interaction is in a state now."""

from collections.abc import Mapping
from typing import Final

from schemas.events import (
    AnyInteractionEvent,
    InteractionAlerting,
    InteractionCompleted,
    InteractionConnected,
    InteractionDialing,
    InteractionHeld,
    InteractionPreviewed,
    InteractionQueued,
    InteractionUpdated,
    InteractionWrapUp,
)
from schemas.interaction import InteractionState

STATE_EVENTS: Final[Mapping[InteractionState, type[AnyInteractionEvent]]] = {
    InteractionState.QUEUED: InteractionQueued,
    InteractionState.PREVIEW: InteractionPreviewed,
    InteractionState.DIALING: InteractionDialing,
    InteractionState.ALERTING: InteractionAlerting,
    InteractionState.CONNECTED: InteractionConnected,
    InteractionState.HELD: InteractionHeld,
    InteractionState.WRAP_UP: InteractionWrapUp,
    InteractionState.COMPLETED: InteractionCompleted,
    InteractionState.UNKNOWN: InteractionUpdated,
}
