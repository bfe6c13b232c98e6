"""North: what one client was told already, so that nothing is told twice.

Source: reference/bright-pattern.md section 6: an id is announced once and withdrawn once, and
`activeInteractionId` is null or one of the listed ids. Some platforms do not say which interaction is active:
then the one that was stays so while it is open, and where none was, the only one, or the only one talked on.
"""

from collections.abc import Callable, Sequence

from adapters.bright_pattern import encode
from adapters.bright_pattern.encode_events import CHANGED, SWITCHED
from adapters.contract.change import Frame
from adapters.contract.dialect import View
from schemas import events as e
from schemas.agent import AgentSession
from schemas.ids import InteractionId
from schemas.interaction import Interaction, InteractionState


class Sent:
    """What one client was told, of the session that it stands for."""

    def __init__(self, view: View, session: Callable[[], AgentSession | None]) -> None:
        self._view = view
        self._session = session
        self.login = False
        self.active: InteractionId | None = None
        self._said: dict[InteractionId, object] = {}  # what was said last of those that it knows of
        self._platform_says = False  # which one is active

    def listed(self, ones: Sequence[Interaction]) -> None:
        """It was told of these, in an answer."""
        for one in ones:
            self._said.setdefault(one.id, None)

    def news(self, iid: InteractionId, frames: Sequence[Frame]) -> Sequence[bytes]:
        """The frames of a change of the interaction without those that say what was said before.

        Nor which one is active: each client sees that its own way.
        """
        if not frames:
            return ()
        last, fresh = self._said.get(iid), []
        for frame in frames:
            if frame.topic == SWITCHED:
                continue
            if frame.said != last or frame.topic != CHANGED:
                fresh.append(frame.body)
            last = frame.said
        self._said[iid] = last
        return fresh

    def active_after(self, event: e.InteractionEvent) -> InteractionId | None:
        """Which one is active after an event of one that is told."""
        one, before = event.interaction, self.active
        match event:
            case e.FocusChanged():
                left = before == one.id and not self.now_active()  # its successor tells itself
                return one.id if one.focused else None if left else before
            case e.InteractionCompleted():
                self._said.pop(one.id, None)
                ask = before == one.id
            case _:
                ask = before is None and not self._platform_says
        now = self.now_active() if ask else before
        return now if not ask or now in self._said else None

    def now_active(self, session: AgentSession | None = None) -> InteractionId | None:
        """Which one is active, as the platform says it or, where it does not, as this client sees it."""
        session = session or self._session()
        if session is None:
            return None
        if session.focused_interaction_id is not None:
            self._platform_says = True
            one = self._view.interaction(session.focused_interaction_id)
            return one.id if one is not None and encode.visible(one) else None
        if self._platform_says or self._view.same_dialect:
            return None
        ones = [one for one in self._view.interactions(session.agent_id) if one.id in self._said]
        if any(one.id == self.active for one in ones):
            return self.active
        talked_on = [one for one in ones if one.state is InteractionState.CONNECTED]
        return next((found[0].id for found in (ones, talked_on) if len(found) == 1), None)
