"""What is said again, but for the state: by far the most frequent frame of whole snapshots.

What the last one came to is known, so all the rest of it need not be looked at again.
"""

from msgspec import UNSET
from msgspec.structs import replace

from gateway.state import moments
from schemas.ids import InteractionId
from schemas.interaction import Interaction
from schemas.observations import InteractionObserved


class Repeated:
    """Of each open interaction what was said last, and the snapshot that came of it."""

    def __init__(self) -> None:
        self._last: dict[InteractionId, tuple[InteractionObserved, Interaction]] = {}

    def keep(self, seen: InteractionObserved, became: Interaction) -> None:
        """The snapshot stands for what was said."""
        self._last[became.id] = (seen, became)

    def forget(self, interaction_id: InteractionId) -> None:
        """It is over."""
        self._last.pop(interaction_id, None)

    def changed(self, old: Interaction, seen: InteractionObserved) -> dict[str, object] | None:
        """What is told otherwise than it is known, but for the state; None: it is to be looked at whole.

        Counting time, which differs in every frame, rides along. A relation may be known by now.
        """
        before, became = self._last.get(old.id, (None, None))
        if before is None or became is not old or seen.consult_of_ref or seen.parent_ref:
            return None
        alike = replace(
            before,
            state=seen.state,
            vendor_state=seen.vendor_state,
            vendor_event=seen.vendor_event,
            extras=seen.extras,
            time=seen.time,
            vendor=seen.vendor,
        )
        if alike != seen:
            return None
        changed: dict[str, object] = {}
        if seen.vendor_state is not UNSET and seen.vendor_state != old.vendor_state:
            changed["vendor_state"] = seen.vendor_state
        if seen.vendor_event is not UNSET and seen.vendor_event != old.vendor_event:
            changed["vendor_event"] = seen.vendor_event
        if seen.extras is not UNSET and seen.extras != old.extras:
            changed["extras"] = seen.extras
            moments.keep_words(old.extras, changed)
        return changed
