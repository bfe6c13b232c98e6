"""Whether this gateway sees the journal that it shares: if not, its clients had better go to another one.

Without NATS nothing comes to it and nothing goes out, and a connection on which nothing is said tells nobody.
So after a while all that would go on for ever ends, by a code that says to come again. A load balancer leads
it elsewhere then, as `/readyz` says that this gateway is not ready.
"""

from typing import Final

import structlog

from gateway.http.sockets import Connections
from gateway.runtime.clock import Clock
from gateway.store.base import Shared, Store

log = structlog.get_logger("trunkline")

LOOK_S: Final = 1.0
CUT_OFF_S: Final = 5.0  # without any server
UNANSWERED_S: Final = 20.0  # with one that does not answer: a new leader takes up to so long


class Sight:
    """Of one gateway."""

    def __init__(self, store: Store, shared: Shared, connections: Connections, clock: Clock) -> None:
        self._store = store
        self._shared = shared
        self._connections = connections
        self._clock = clock
        self._since_s: float | None = None  # there is trouble
        self._told = False

    async def watch(self) -> None:
        """Until cancelled."""
        while True:
            await self._clock.sleep(LOOK_S)
            self._look()

    def _look(self) -> None:
        why = self._store.files_trouble
        if not why:
            self._since_s, self._told = None, False
            return
        now_s = self._clock.monotonic()
        if self._since_s is None:
            self._since_s = now_s
        if now_s - self._since_s < (CUT_OFF_S if self._shared.cut_off else UNANSWERED_S):
            return
        count = self._connections.let_go("this gateway does not see the journal at present")
        if not self._told:  # who comes again meanwhile is let go likewise
            self._told = True
            log.warning("clients are let go", connections=count, why=why)
