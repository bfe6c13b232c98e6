"""Which link reaches which agent."""

from bisect import insort
from collections.abc import Callable
from operator import attrgetter
from typing import Final, Protocol

import structlog

from adapters.contract.dialect import Asked, LinkKind
from gateway.events.router import Router
from gateway.links.failing import Failures
from gateway.links.link import Link
from gateway.platforms.platform import Platform
from gateway.runtime import ids
from gateway.runtime.clock import Clock
from gateway.telemetry.metrics import LinkEnd, Metrics
from schemas import events as ev
from schemas.ids import PlatformId, SessionId

log = structlog.get_logger("trunkline.links")

_age: Final = attrgetter("made_at")


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

    What an older one still says was under way when its page connected again: it would undo what is newer. If
    the newest closes, the next one speaks, and tells anew how things stand: what it said meanwhile did not
    count. A new one speaks from its first word on, but gets commands only once it is ready, if another is.
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
        self._of_session: dict[SessionId, list[Link]] = {}  # the newest last; none is empty
        self._of_platform: dict[PlatformId, list[Link]] = {}
        self._served: set[SessionId] = set()  # ever, since the start, by a link that was ready
        self._listeners: list[Callable[[Link], None]] = []
        self.make: type[Link] = Link  # what carriers make for a connection

    def on_ready(self, listener: Callable[[Link], None]) -> None:
        """Tell a part of ours of every link that has told how things stand, first or anew."""
        self._listeners.append(listener)

    def to(self, platform_id: PlatformId, session_id: SessionId) -> Link | None:
        """The link for an agent's commands; for an agent not seen yet, the only one that can be his."""
        links = self._of_session.get(session_id)
        if links is not None:
            return next((one for one in reversed(links) if one.ready), links[-1])
        ready = [one for one in self._of_platform.get(platform_id, ()) if _may_carry(one, session_id)]
        return ready[-1] if len(ready) == 1 else None

    def awaited(self, session_id: SessionId) -> bool:
        """Whether no link that was ready has had anything of the agent since the start."""
        return session_id not in self._served

    def serving(self, session_id: SessionId) -> bool:
        """Whether a link has something of the agent now."""
        return session_id in self._of_session

    # --- as the links' owner

    def link_ready(self, link: Link) -> None:
        """It counts from now on."""
        self._of_platform.setdefault(link.platform.id, []).append(link)
        self._served |= link.sessions
        self._failures.usable(link.platform, link.agent_id)
        self._changed(link.platform, ev.LinkState.CONNECTED, "")
        self.link_told(link)

    def link_told(self, link: Link) -> None:
        """It has told how things stand."""
        for listener in self._listeners:
            listener(link)

    def link_speaks(self, link: Link, session_id: SessionId) -> bool:
        """Whether it speaks for the agent."""
        links = self._of_session.get(session_id)
        if links is None:
            links = self._of_session[session_id] = [link]
        elif links[-1] is not link and link not in links:
            insort(links, link, key=_age)
        if link.ready:
            self._served.add(session_id)
        return links[-1] is link

    def link_asked(self, link: Link, asked: Asked) -> None:
        """Pass the platform's question on."""
        self._inquiry.asked(link, asked)

    def link_troubled(self, link: Link, why: str) -> None:
        """It is not usable, for that reason."""
        self._failures.failed(link.platform, link.agent_id, why)

    def unreachable(self, platform: Platform, why: str) -> None:
        """A platform that we dial could not be reached, or closed the connection before it was usable."""
        self._failures.failed(platform, None, why)

    def link_closed(self, link: Link, reason: str, end: LinkEnd = LinkEnd.WENT_AWAY) -> None:
        """It counts no more. `end` is what is counted of the reason."""
        self._metrics.link_ended(link.platform.id, end)
        link.closed(reason)
        self._inquiry.link_closed(link)
        heirs = {
            heir for session_id in link.sessions if (heir := self._without(link, session_id)) is not None
        }
        ready = self._of_platform.get(link.platform.id, [])
        if link in ready:
            ready.remove(link)
            self._changed(link.platform, ev.LinkState.DISCONNECTED, reason)
        for heir in heirs:
            heir.refresh()

    def _without(self, link: Link, session_id: SessionId) -> Link | None:
        """Which link speaks for the agent instead of this one; None if that one did not, or there is none."""
        links = self._of_session.get(session_id, [])
        if link not in links:
            return None
        spoke = links[-1] is link
        links.remove(link)
        if not links:
            del self._of_session[session_id]
        return links[-1] if spoke and links else None

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
