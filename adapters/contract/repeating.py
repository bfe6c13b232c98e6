"""The most frequent frame: one that says of an interaction what the last one said, but for its state."""

from typing import Protocol, runtime_checkable

from schemas.observations import InteractionObserved


@runtime_checkable
class Repeating(Protocol):
    """A connection that reads such a frame in one go.

    Nothing else comes of it: no output beside the observation, no remark, and `due` is as before.
    """

    def repeated(self, frame: bytes) -> InteractionObserved | None:
        """What `received` would say of it; None: give it to `received`. The frame is UTF-8. Never raises."""
        ...
