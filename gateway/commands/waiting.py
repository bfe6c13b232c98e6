"""Commands whose agent's link has not come yet since the start. They are stored as ACCEPTED: not sent.

A restart takes every link away, and the links come back by themselves within seconds: a command that is given
in between, or was accepted just before, waits for its link instead of failing. That is all: an agent whose
link was there and went is a reason to say so at once, and whoever gave the command decides.
"""

from collections.abc import Callable

from gateway.commands.ledger import Live
from gateway.commands.targets import Target
from gateway.links.link import Link
from gateway.links.registry import Links
from gateway.runtime.clock import Clock, TimerHandleLike
from schemas.ids import CommandId


class Waiting:
    """Those that wait. `go` is called once the link is there, `give_up` when it did not come in time."""

    def __init__(
        self, links: Links, clock: Clock, go: Callable[[Live], None], give_up: Callable[[Live], None]
    ) -> None:
        self._links = links
        self._clock = clock
        self._go = go
        self._give_up = give_up
        self._began_s = clock.monotonic()
        self._lives: dict[CommandId, tuple[Live, TimerHandleLike]] = {}
        links.on_ready(self._ready)

    def begin(self) -> None:
        """From now on links are on their way."""
        self._began_s = self._clock.monotonic()

    def stop(self) -> None:
        """Let the clock go; they stay in the store as they are."""
        for _, timer in self._lives.values():
            timer.cancel()
        self._lives.clear()

    def needed(self, target: Target) -> bool:
        """Whether the link to go by is missing, and may well be on its way."""
        patience_s = target.platform.config.needinfo.platform_timeout_s
        return (
            self._links.to(target.platform.id, target.session_id) is None
            and self._links.awaited(target.session_id)
            and self._clock.monotonic() < self._began_s + patience_s
        )

    def add(self, live: Live, within_s: float) -> None:
        """One more, if need be: the link may have come while it was stored."""
        timer = self._clock.call_later(max(0.0, within_s), lambda: self._late(live))
        self._lives[live.record.id] = (live, timer)
        self._look()

    def _ready(self, _link: Link) -> None:
        self._look()

    def _look(self) -> None:
        for command_id, (live, timer) in tuple(self._lives.items()):
            if self._links.to(live.record.platform_id, live.record.session_id) is not None:
                timer.cancel()
                del self._lives[command_id]
                self._go(live)

    def _late(self, live: Live) -> None:
        del self._lives[live.record.id]
        self._give_up(live)
