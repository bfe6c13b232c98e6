"""Connections that have not said who they are: so many at most, and so long.

Where there are too many, or descriptors are scarce, the one goes that has said nothing for the longest. So a
whole call centre that reconnects behind one address gets in: each of its agents is a stranger for a moment.
"""

from collections.abc import Callable
from typing import Final, Protocol

from gateway.http.proxies import household
from gateway.runtime.clock import Clock, TimerHandleLike
from gateway.telemetry.peers import PeerFault, Peers

SILENT_S: Final = 10.0  # from connecting, or the last answer, to a whole request
IDLE_S: Final = 75.0  # likewise, of somebody who has said who he is
_CROWDED: Final = "a connection that had not said who it is made room for others"
_SILENT: Final = "a connection sent no whole request in time"


class Guest(Protocol):
    """A connection."""

    address: str  # "" where it is not known yet

    def cut(self) -> None:
        """End it at once."""
        ...


class Waiting:
    """Those who have so long for something, in the order in which they began to wait."""

    def __init__(self, clock: Clock, within_s: float, late: Callable[[Guest], None]) -> None:
        self._clock = clock
        self._within_s = within_s
        self._late = late
        self._since: dict[Guest, float] = {}
        self._timer: TimerHandleLike | None = None

    def add(self, one: Guest) -> None:
        """It begins to wait, if need be anew."""
        self._since.pop(one, None)
        self._since[one] = self._clock.monotonic()
        if self._timer is None:
            self._timer = self._clock.call_later(self._within_s, self._rung)

    def remove(self, one: Guest) -> None:
        """It waits no more."""
        self._since.pop(one, None)

    def oldest(self) -> Guest | None:
        """Who has waited for the longest."""
        return next(iter(self._since), None)

    def stop(self) -> None:
        """Nobody is late any more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _rung(self) -> None:
        self._timer = None
        now_s = self._clock.monotonic()
        while (one := self.oldest()) is not None:
            left_s = self._since[one] + self._within_s - now_s
            if left_s > 0:
                self._timer = self._clock.call_later(left_s, self._rung)
                return
            del self._since[one]
            self._late(one)


class Strangers:
    """All of them, of one gateway; and of those who have said who they are, who is idle."""

    def __init__(self, peers: Peers, clock: Clock, most: int, most_of_address: int) -> None:
        self._peers = peers
        self._most = most
        self._most_of_address = most_of_address
        self._all: dict[Guest, None] = {}  # in the order of their last words
        self._of: dict[str, dict[Guest, None]] = {}  # by address
        self._silent = Waiting(clock, SILENT_S, self._too_late)
        self._idle = Waiting(clock, IDLE_S, lambda one: one.cut())

    def __len__(self) -> int:
        return len(self._all)

    def came(self, one: Guest) -> None:
        """It connected, or said something, but not who it is."""
        self.gone(one)
        self._all[one] = None
        of_address = self._of.setdefault(household(one.address), {})
        of_address[one] = None
        if one.address and len(of_address) > self._most_of_address:
            self._crowd_out(next(iter(of_address)))
        elif len(self._all) > self._most:
            self._crowd_out(next(iter(self._all)))

    def waits(self, one: Guest) -> None:
        """A request of it may come now."""
        (self._silent if one in self._all else self._idle).add(one)

    def asks(self, one: Guest) -> None:
        """It has sent a whole request, which is being answered."""
        self._silent.remove(one)
        self._idle.remove(one)

    def gone(self, one: Guest) -> None:
        """It has left, or said who it is: it does not count any more."""
        self.asks(one)
        if one in self._all:
            del self._all[one]
            key = household(one.address)
            self._of[key].pop(one)
            if not self._of[key]:
                del self._of[key]

    def make_room(self) -> bool:
        """Descriptors are scarce: end the connection that is missed least. False if all are in use."""
        one = next(iter(self._all), None)
        if one is not None:
            self._crowd_out(one)
            return True
        one = self._idle.oldest()
        if one is None:
            return False
        self._idle.remove(one)
        one.cut()
        return True

    def stop(self) -> None:
        """Leave all to themselves."""
        self._silent.stop()
        self._idle.stop()

    def _crowd_out(self, one: Guest) -> None:
        self.gone(one)
        self._peers.fault(PeerFault.CROWDED_OUT, _CROWDED, address=one.address, strangers=len(self._all))
        one.cut()

    def _too_late(self, one: Guest) -> None:
        self._peers.fault(PeerFault.SILENT, _SILENT, address=one.address)
        one.cut()
