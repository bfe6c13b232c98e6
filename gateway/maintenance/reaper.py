"""Ends the interactions that a platform forgot, with cause `lost`; its next word takes that back.

Every dialect's connection begins with a list of what there is, and what is not on it ends at once. What is
left are agents whose link never comes back: a page closed for good, an agent taken out of the configuration.
Their interactions are given up after `limits.lost_after_s` without a link. A living link is trusted however
long it is silent: a chat may say nothing for hours. After a restart the time counts anew, for nobody knows
when the link was there last.
"""

from typing import Final

import structlog

from gateway.events.router import Router
from gateway.links.registry import Links
from gateway.runtime.clock import Clock
from gateway.state.fold import State
from schemas.ids import SessionId

log = structlog.get_logger("trunkline.reaper")

_EVERY_S: Final = 60.0


class Reaper:
    """Looks once in a while."""

    def __init__(self, state: State, links: Links, router: Router, clock: Clock, lost_after_s: float) -> None:
        self._state = state
        self._links = links
        self._router = router
        self._clock = clock
        self._lost_after_s = lost_after_s
        self._alone_since: dict[SessionId, float] = {}

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            self.look()
            await self._clock.sleep(_EVERY_S)

    def look(self) -> None:
        """Give up what has been without a link for too long."""
        now_s = self._clock.monotonic()
        alone = {
            one.session_id
            for one in self._state.snapshots.interactions()
            if not self._links.serving(one.session_id)
        }
        self._alone_since = {session_id: self._alone_since.get(session_id, now_s) for session_id in alone}
        for session_id, since in self._alone_since.items():
            if now_s - since >= self._lost_after_s:
                for one in self._state.snapshots.interactions(session_id):
                    self._router.publish(self._state.complete(one, self._clock.now()))
                    log.warning("interaction lost", interaction=one.id, platform=one.platform_id)
