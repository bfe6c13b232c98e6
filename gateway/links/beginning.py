"""What a new connection tells first, until it is whole: only all of it says which known call each one is.

Live frames that come in between wait with it, so that the order stays. Where nothing of the agent is known,
or refs are the platform's own, nothing waits.
"""

from collections.abc import Iterable, Sequence

from gateway.state.fold import State
from schemas.ids import PlatformId
from schemas.observations import AnyObservation, InteractionObserved, InteractionsListed


class Beginning:
    """Of the link with that number."""

    def __init__(self, state: State, platform_id: PlatformId, link: int) -> None:
        self._state = state
        self._platform_id = platform_id
        self._link = link
        self._kept: list[AnyObservation] = []

    def keeps(self, seen: AnyObservation) -> bool:
        """Whether it waits for the rest."""
        if not self._kept and not (
            isinstance(seen, InteractionObserved)
            and self._state.unmet(self._platform_id, seen.agent, self._link)
        ):
            return False
        self._kept.append(seen)
        return True

    def whole(self, seen: AnyObservation | None = None) -> Sequence[AnyObservation]:
        """All that waited, if this is the last of it, or with None at the end of the handshake."""
        if seen is not None and not isinstance(seen, InteractionsListed):
            return ()
        kept, self._kept = self._kept, []
        self.meet(kept)
        return kept

    def meet(self, told: Iterable[object]) -> None:
        """These are told together: find out which known ones they are."""
        seen = [one for one in told if isinstance(one, InteractionObserved)]
        if len(seen) > 1:
            self._state.meet(self._platform_id, seen, self._link)
