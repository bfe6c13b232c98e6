"""North: what one client was told already, so that nothing is told twice.

Source: reference/bright-pattern.md section 6: an id is announced once and withdrawn once, and
`activeInteractionId` is null or one of the listed ids. Some platforms do not say which interaction is active:
then the one that was stays so while it is open, and where none was, the only one, or the only one talked on.
"""

from collections.abc import Sequence

from adapters.bright_pattern import encode
from adapters.bright_pattern.encode_events import CHANGED
from adapters.contract.change import Frame
from adapters.contract.dialect import View
from schemas.agent import AgentSession
from schemas.ids import InteractionId
from schemas.interaction import Interaction, InteractionState


class Sent:
    """What one client was told."""

    def __init__(self, view: View) -> None:
        self._view = view
        self.login = False
        self.active: InteractionId | None = None
        self._said: dict[InteractionId, object] = {}  # what was said last of those that it knows of
        self.platform_says = False  # which one is active

    def knows(self, iid: InteractionId | None) -> bool:
        """Whether it was told of that interaction."""
        return iid in self._said

    def listed(self, ones: Sequence[Interaction]) -> None:
        """It was told of these, in an answer."""
        for one in ones:
            self._said.setdefault(one.id, None)

    def news(self, iid: InteractionId, frames: Sequence[Frame]) -> Sequence[bytes]:
        """The frames of a change of the interaction without those that say what was said before."""
        last, fresh = self._said.get(iid), []
        for frame in frames:
            if frame.said != last or frame.topic != CHANGED:
                fresh.append(frame.body)
            last = frame.said
        self._said[iid] = last
        return fresh

    def gone(self, iid: InteractionId) -> None:
        """It is completed."""
        self._said.pop(iid, None)

    def now_active(self, session: AgentSession | None) -> InteractionId | None:
        """Which one is active, as the platform says it or, where it does not, as this client sees it."""
        if session is None:
            return None
        if session.focused_interaction_id is not None:
            self.platform_says = True
            one = self._view.interaction(session.focused_interaction_id)
            return one.id if one is not None and encode.visible(one) else None
        if self.platform_says or self._view.same_dialect:
            return None
        ones = [one for one in self._view.interactions(session.agent_id) if self.knows(one.id)]
        if any(one.id == self.active for one in ones):
            return self.active
        talked_on = [one for one in ones if one.state is InteractionState.CONNECTED]
        return next((found[0].id for found in (ones, talked_on) if len(found) == 1), None)
