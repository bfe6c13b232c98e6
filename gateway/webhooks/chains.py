"""What waits for one endpoint, as far as it is in memory: chains of deliveries, and when each is due.

A chain is what keeps its order: the deliveries of one interaction, or of one agent session. One that stands
aside is a chain of its own. A chain whose first delivery is not due is parked: only its place and its time
are kept, and its deliveries are read again when it is due. So there is no bound on how many may wait, and
those that wait take no room from those that are due.
"""

import heapq
from collections import deque
from collections.abc import Callable, Iterable
from datetime import datetime
from itertools import count
from typing import Final

from gateway.store.deliveries import Delivery
from schemas.ids import Cursor, DeliveryId

CHAIN: Final = 50  # deliveries of one chain in memory
_SPARE: Final = 64


class Chain:
    """Deliveries that go one after the other."""

    __slots__ = (
        *("busy", "created_at", "due_s", "early", "head", "key", "last", "live_step", "live_to"),
        *("live_until_s", "more", "only", "reading", "ticket", "waiting"),
    )

    def __init__(self, key: str, first: Delivery, only: DeliveryId | None) -> None:
        self.key = key
        self.only = only  # the one that there is, where that stands for itself
        self.waiting: deque[Delivery] = deque()
        self.head = first.cursor
        self.created_at = first.created_at
        self.last = Cursor(first.cursor - 1)  # up to here they are in memory, or over
        self.more = True  # there may be further ones in the store
        self.reading = False  # the next ones are being read from the store: what comes meanwhile is later
        self.busy = False
        self.due_s = 0.0
        self.early = False  # it is tried before it is due, to see whether the endpoint is there
        self.ticket = 0  # of its entry in the heaps; older entries are void
        self.live_until_s = 0.0  # a live event waits in it, until then
        self.live_to = Cursor(0)  # the last one that does
        self.live_step = 0


class Chains:
    """All of one webhook's. Times are steady, in seconds."""

    def __init__(self, steady_s: Callable[[], float]) -> None:
        self._steady_s = steady_s
        self._chains: dict[str, Chain] = {}
        self._tickets = count(1)
        self._later: list[tuple[float, Cursor, int, str]] = []
        self._due: list[tuple[Cursor, int, str]] = []
        self._due_live: list[tuple[Cursor, int, str]] = []
        self.size = 0  # deliveries in memory

    def clear(self) -> None:
        """Forget all but what is under way, of which the rest is read again."""
        for chain in self._chains.values():
            self._empty(chain)
            chain.more = True
        self._chains = {unit: chain for unit, chain in self._chains.items() if chain.busy}
        self._later.clear()
        self._due.clear()
        self._due_live.clear()

    def oldest(self) -> datetime | None:
        """When the one that has waited longest was made."""
        return min((chain.created_at for chain in self._chains.values()), default=None)

    def live(self) -> bool:
        """Whether a live event is due."""
        self._promote()
        return bool(self._due_live)

    def take(self, delivery: Delivery, due_s: float, live_until_s: float, *, alone: bool) -> None:
        """One that was read. `live_until_s`: 0 where it is no live one. `alone`: it stands for itself."""
        unit = _unit(delivery, alone=alone)
        chain = self._chains.get(unit)
        if chain is None:
            chain = self._chains[unit] = Chain(delivery.key, delivery, delivery.id if alone else None)
            now_s = self._steady_s()
            if due_s <= now_s:
                chain.more = False
                self._append(chain, delivery)
            if live_until_s > now_s:
                chain.live_until_s, chain.live_to = live_until_s, delivery.cursor
            self.schedule(chain, due_s)
            return
        if delivery.cursor <= chain.last:
            return
        if chain.more or chain.reading or chain.only is not None or len(chain.waiting) >= CHAIN:
            chain.more = True
        else:
            self._append(chain, delivery)
        if live_until_s:
            self._urge(chain, delivery, live_until_s)

    def urgent(self, delivery: Delivery, live_until_s: float, *, alone: bool) -> None:
        """A live one was queued: its chain is read and tried, however much waits before it in the store."""
        if live_until_s <= self._steady_s():
            return
        unit = _unit(delivery, alone=alone)
        chain = self._chains.get(unit)
        if chain is None:
            chain = self._chains[unit] = Chain(delivery.key, delivery, delivery.id if alone else None)
            chain.last, chain.due_s = Cursor(0), self._steady_s()
        chain.more = True
        self._urge(chain, delivery, live_until_s)

    def fill(self, chain: Chain, found: Iterable[Delivery], *, more: bool) -> None:
        """The next deliveries of a chain, as they were read."""
        chain.more = chain.more or more
        for delivery in found:
            self._append(chain, delivery)

    def _append(self, chain: Chain, delivery: Delivery) -> None:
        chain.waiting.append(delivery)
        chain.last = delivery.cursor
        self.size += 1

    def _urge(self, chain: Chain, delivery: Delivery, live_until_s: float) -> None:
        """A live event may wait in it: then it is tried at the rhythm of live events, and at once."""
        now_s = self._steady_s()
        if live_until_s <= now_s:
            return
        if chain.live_until_s <= now_s:
            chain.live_step = 0
        chain.live_until_s = max(chain.live_until_s, live_until_s)
        chain.live_to = max(chain.live_to, delivery.cursor)
        if not chain.busy:
            self.schedule(chain, min(chain.due_s, now_s))

    # --- what is due

    def schedule(self, chain: Chain, due_s: float) -> None:
        """Have it due by then."""
        chain.due_s = due_s
        chain.ticket = next(self._tickets)
        unit = _unit_of(chain)
        if due_s <= (now_s := self._steady_s()):
            heap = self._due_live if chain.live_until_s > now_s else self._due
            heapq.heappush(heap, (chain.head, chain.ticket, unit))
            return
        heapq.heappush(self._later, (due_s, chain.head, chain.ticket, unit))
        if len(self._later) > 2 * len(self._chains) + _SPARE:  # most of it is void
            self._later = [entry for entry in self._later if self._valid(entry[3], entry[2])]
            heapq.heapify(self._later)

    def all_due(self) -> None:
        """Have everything due now, in order."""
        now_s = self._steady_s()
        for chain in self._chains.values():
            if not chain.busy:
                self.schedule(chain, now_s)

    def next(self) -> Chain | None:
        """The one that is due and comes first: live ones, then by age. It is left where it is."""
        self._promote()
        for heap in (self._due_live, self._due):
            while heap:
                if self._valid(heap[0][2], heap[0][1]):
                    return self._chains[heap[0][2]]
                heapq.heappop(heap)
        return None

    def soonest(self) -> Chain | None:
        """The one that falls due next. It is left where it is."""
        while self._later:
            _, _, ticket, unit = self._later[0]
            if self._valid(unit, ticket):
                return self._chains[unit]
            heapq.heappop(self._later)
        return None

    def begin(self, chain: Chain, *, early: bool = False) -> None:
        """Take it: an attempt at its first delivery begins."""
        chain.busy = True
        chain.early = early
        chain.ticket = next(self._tickets)

    def _promote(self) -> None:
        now_s = self._steady_s()
        while self._later and self._later[0][0] <= now_s:
            _, _, ticket, unit = heapq.heappop(self._later)
            if self._valid(unit, ticket):
                self.schedule(self._chains[unit], now_s)

    def _valid(self, unit: str, ticket: int) -> bool:
        chain = self._chains.get(unit)
        return chain is not None and chain.ticket == ticket

    # --- what is over

    def over(self, chain: Chain) -> None:
        """The first of the chain, which was begun, is over: the next one is due."""
        self.size -= 1
        self._go_on(chain)

    def back(self, chain: Chain, delivery: Delivery, due_s: float) -> None:
        """It is to be tried again, and the others of the chain wait for it."""
        if due_s <= self._steady_s():
            chain.waiting.appendleft(delivery)
        else:
            self.size -= 1
            self._empty(chain)
            chain.more = True
            chain.last = Cursor(delivery.cursor - 1)
        chain.busy = False
        chain.head, chain.created_at = delivery.cursor, delivery.created_at
        self.schedule(chain, due_s)

    def aside(self, chain: Chain, delivery: Delivery, due_s: float) -> None:
        """It is to be tried again, and nobody waits for it."""
        self.over(chain)
        self.take(delivery, due_s, 0.0, alone=True)

    def empty(self, chain: Chain) -> None:
        """Nothing was found of a chain that was begun."""
        self._go_on(chain)

    def _go_on(self, chain: Chain) -> None:
        chain.busy = False
        if chain.waiting or chain.more:
            if chain.waiting:
                first = chain.waiting[0]
                chain.head, chain.created_at = first.cursor, first.created_at
            else:
                chain.head = Cursor(chain.last + 1)
            if chain.head > chain.live_to:  # that is over: nothing is passed for its sake any more
                chain.live_until_s, chain.live_step = 0.0, 0
            self.schedule(chain, self._steady_s())
        else:
            self._chains.pop(_unit_of(chain), None)

    def _empty(self, chain: Chain) -> None:
        self.size -= len(chain.waiting)
        if chain.waiting:
            chain.last = Cursor(chain.waiting[0].cursor - 1)
        chain.waiting.clear()


def _unit(delivery: Delivery, *, alone: bool) -> str:
    return f"\0{delivery.id}" if alone else delivery.key


def _unit_of(chain: Chain) -> str:
    return chain.key if chain.only is None else f"\0{chain.only}"
