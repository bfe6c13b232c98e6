"""Which link reaches which agent."""

from collections.abc import Callable
from typing import Protocol

import structlog

from adapters.dialect import Asked, LinkKind
from gateway import ids
from gateway.clock import Clock
from gateway.links.failing import Failures
from gateway.links.link import Link
from gateway.platform import Platform
from gateway.router import Router
from gateway.telemetry.metrics import Metrics
from schemas import events as ev
from schemas.ids import PlatformId, SessionId

log = structlog.get_logger("trunkline.links")


class Inquiry(Protocol):
    """Whoever sees to what platforms ask."""

    def asked(self, link: Link, asked: Asked) -> None:
        """The platform asks, to be answered by `Link.answer`."""
        ...

    def link_closed(self, link: Link) -> None:
        """It waits for no answer any more."""
        ...


class Links:
    """All open links. The newest that has something of an agent speaks for it, and gets its commands.

    What an older one still says was under way when its page connected again: it would undo what is newer.
    """

    def __init__(
        self,
        router: Router,
        clock: Clock,
        metrics: Metrics,
        inquiry: Inquiry,
        failures: Failures,
    ) -> None:
        self._router = router
        self._clock = clock
        self._metrics = metrics
        self._inquiry = inquiry
        self._failures = failures
        self._of_session: dict[SessionId, Link] = {}
        self._of_platform: dict[PlatformId, list[Link]] = {}
        self._served: set[SessionId] = set()  # ever, since the start
        self._listeners: list[Callable[[Link], None]] = []

    def on_ready(self, listener: Callable[[Link], None]) -> None:
        """Tell a part of ours of every link that becomes usable: the snapshots are then as it found them."""
        self._listeners.append(listener)

    def to(self, platform_id: PlatformId, session_id: SessionId) -> Link | None:
        """The link for an agent's commands; for an agent not seen yet, the only one that can be his."""
        link = self._of_session.get(session_id)
        if link is not None:
            return link
        ready = [one for one in self._of_platform.get(platform_id, ()) if _may_carry(one, session_id)]
        return ready[-1] if len(ready) == 1 else None

    def awaited(self, session_id: SessionId) -> bool:
        """Whether no link has had anything of the agent since the start."""
        return session_id not in self._served

    def serving(self, session_id: SessionId) -> bool:
        """Whether a link has something of the agent now."""
        return session_id in self._of_session

    # --- as the links' owner

    def link_ready(self, link: Link) -> None:
        """It counts from now on."""
        self._of_platform.setdefault(link.platform.id, []).append(link)
        self._failures.usable(link.platform, link.agent_id)
        self._changed(link.platform, ev.LinkState.CONNECTED, "")
        for listener in self._listeners:
            listener(link)

    def link_speaks(self, link: Link, session_id: SessionId) -> bool:
        """Whether it speaks for the agent; then the agent's commands go there."""
        self._served.add(session_id)
        speaker = self._of_session.setdefault(session_id, link)
        if speaker is not link and speaker.made_at <= link.made_at:
            speaker = self._of_session[session_id] = link
        return speaker is link

    def link_asked(self, link: Link, asked: Asked) -> None:
        """Pass the platform's question on."""
        self._inquiry.asked(link, asked)

    def link_troubled(self, link: Link, why: str) -> None:
        """It is not usable, for that reason."""
        self._failures.failed(link.platform, link.agent_id, why)

    def unreachable(self, platform: Platform, why: str) -> None:
        """A platform that we dial could not be reached, or closed the connection before it was usable."""
        self._failures.failed(platform, None, why)

    def link_closed(self, link: Link, reason: str) -> None:
        """It counts no more."""
        link.closed(reason)
        self._inquiry.link_closed(link)
        for session_id in link.sessions:
            if self._of_session.get(session_id) is link:
                del self._of_session[session_id]
        ready = self._of_platform.get(link.platform.id, [])
        if link in ready:
            ready.remove(link)
            self._changed(link.platform, ev.LinkState.DISCONNECTED, reason)

    def _changed(self, platform: Platform, state: ev.LinkState, reason: str) -> None:
        platform.links = len(self._of_platform[platform.id])
        platform.state = ev.LinkState.CONNECTED if platform.links else ev.LinkState.DISCONNECTED
        platform.reason = "" if platform.links else reason
        gone = state is ev.LinkState.DISCONNECTED
        self._metrics.link_changed(
            platform.id, ev.LinkState.CONNECTED if gone else None, None if gone else state
        )
        log.info("link state", platform=platform.id, state=state, reason=reason, links=platform.links)
        self._router.publish(
            [
                ev.PlatformStateChanged(
                    time=self._clock.now(), platform_id=platform.id, state=platform.state, reason=reason
                )
            ]
        )


def _may_carry(link: Link, session_id: SessionId) -> bool:
    """Whether an agent who has not been seen on a link can be reached by it: never by another's page."""
    if link.platform.dialect.link is not LinkKind.RELAY:
        return True
    if link.agent_id is not None:
        return ids.session_id(link.platform.id, link.agent_id) == session_id
    return not link.sessions
