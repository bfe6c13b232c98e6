"""Links that do not become usable: seen by the operator and by who follows the platform, never only in a log.

A page that connects, says what cannot be read, is given up and connects again can do so for ever. So each
agent whose link fails stands in `GET /v1/platforms` with the reason, counts in a metric, and is told as an
event now and then; until the link is usable, or has not been tried for a while.
"""

from typing import Final

from gateway.events.router import Router
from gateway.platforms.platform import FailingLink, Platform
from gateway.runtime.clock import Clock
from gateway.telemetry.metrics import Metrics
from gateway.telemetry.peers import PeerFault, Peers
from schemas.events import PlatformNotice
from schemas.ids import AgentId

CODE: Final = "link.failing"  # of the notices
MOST: Final = 1_000  # known of a platform
GIVEN_UP_S: Final = 600.0  # after the last try
TOLD_EVERY_S: Final = 600.0  # of one agent
TOLD_AT_ONCE: Final = 20  # agents of one platform, within that time
_EXCERPT: Final = 200


class Failures:
    """Of all platforms."""

    def __init__(self, router: Router, clock: Clock, metrics: Metrics, peers: Peers) -> None:
        self._router = router
        self._clock = clock
        self._metrics = metrics
        self._peers = peers
        self._told_s: dict[str, dict[str, float]] = {}  # by platform and agent: when it was told

    def failed(self, platform: Platform, agent_id: AgentId | None, why: str) -> None:
        """A link ended before it was usable, or is not usable for what it said."""
        why = why[:_EXCERPT]
        now = self._clock.now()
        failing = platform.failing
        self._forget_old(platform)
        key = agent_id or ""
        before = failing.pop(key, None)
        if before is None and len(failing) >= MOST:
            del failing[next(iter(failing))]
        failing[key] = FailingLink(
            agent_id=key,
            reason=why,
            since=now if before is None else before.since,
            last=now,
            times=1 if before is None else before.times + 1,
            last_s=self._clock.monotonic(),
        )
        if not platform.links:
            platform.reason = why
        self._metrics.links_failing(platform.id, len(failing))
        self._peers.fault(PeerFault.LINK_FAILED, "link failed", platform.id, agent=key, why=why)
        self._tell(platform, agent_id, why)

    def usable(self, platform: Platform, agent_id: AgentId | None) -> None:
        """The agent's link is usable."""
        platform.failing.pop(agent_id or "", None)
        self._forget_old(platform)
        self._metrics.links_failing(platform.id, len(platform.failing))

    def measure(self, platform: Platform) -> None:
        """Set the metric to what still counts."""
        self._forget_old(platform)
        self._metrics.links_failing(platform.id, len(platform.failing))

    def _forget_old(self, platform: Platform) -> None:
        """They stand in the order of their last tries."""
        now_s = self._clock.monotonic()
        for key, one in tuple(platform.failing.items()):
            if now_s - one.last_s < GIVEN_UP_S:
                break
            del platform.failing[key]

    def _tell(self, platform: Platform, agent_id: AgentId | None, why: str) -> None:
        now_s = self._clock.monotonic()
        told_s = self._told_s.setdefault(platform.id, {})
        for key, at_s in tuple(told_s.items()):
            if now_s - at_s < TOLD_EVERY_S:
                break
            del told_s[key]
        if (agent_id or "") in told_s or len(told_s) >= TOLD_AT_ONCE:
            return
        told_s[agent_id or ""] = now_s
        self._router.publish(
            [
                PlatformNotice(
                    time=self._clock.now(),
                    platform_id=platform.id,
                    agent_id=agent_id,
                    code=CODE,
                    message=why,
                    error=True,
                )
            ]
        )
