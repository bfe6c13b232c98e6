"""North: the `media` events: one for each medium of the agent that changed, and for no other.

A module of its own, beside `encode`, because each client has one: no event of the model says which medium it
was, and a client knows what it was told before. Source: reference 3.2, 3.3 and 4.3.
"""

from collections.abc import Mapping, Sequence

from adapters.contract.change import Frame
from adapters.genesys_wwe import methods, same_dialect, snapshots, wire
from adapters.genesys_wwe.scope import Scope
from adapters.kit import jsonrpc
from schemas.agent import AgentSession
from schemas.events import AgentEvent
from schemas.values import Json

CHANNEL = "media"


class KnownMedia:
    """The media as one client knows them, from its subscription on."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._known = self._media(scope.session())

    def changed(self, event: AgentEvent, came: Sequence[Frame]) -> Sequence[Frame]:
        """The frames of those that it does not know so; none if the platform's own event has told it."""
        before, self._known = self._known, self._media(event.agent)
        if any(frame.topic == CHANNEL for frame in came):
            return ()
        changed = {name: one for name, one in self._known.items() if before.get(name) != one}
        return [jsonrpc.event(CHANNEL, self._shown(name, one)) for name, one in changed.items()]

    def _media(self, session: AgentSession | None) -> Mapping[str, wire.Media]:
        """Where the platform has told none, it is the agent's own state that stands for one."""
        if session is not None and not session.channels and self._scope.same_dialect:
            return {}
        return {one.name: one for one in snapshots.media_list(session) if one.name is not None}

    def _shown(self, name: str, one: wire.Media) -> Json:
        listed = self._scope.said(methods.GET_MEDIA.name)
        return (None if listed is None else same_dialect.medium(listed, name)) or one
