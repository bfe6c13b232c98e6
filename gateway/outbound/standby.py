"""Standby: a gateway on a copy of a store speaks to nobody outside until it is told to.

It delivers nothing to webhooks, dials no platform and asks no query hook. Who comes to it is served: clients,
operators, and pages that link to it by themselves. The store keeps it, so a restart changes nothing in it.
"""

from collections.abc import Callable
from typing import Final

import structlog

from gateway.store.base import Store
from schemas.errors import RefusedError
from schemas.results import ErrorCode

log = structlog.get_logger("trunkline")

NOTE: Final = (
    "this gateway is on standby: it delivers nothing to webhooks, dials no platform and asks no query hook."
    " `trunkline activate` ends that"
)


class Standby:
    """Whether this gateway is, from `begin` to `end`."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._waiting: list[Callable[[], object]] = []
        self.on = False

    async def begin(self, *, ask: bool) -> None:
        """As the store says; `ask`: in any case, and from now on."""
        if ask:
            await self._store.set_standby(on=True)
        self.on = await self._store.standby()
        if self.on:
            log.warning(NOTE)

    async def end(self) -> bool:
        """Be as usual from now on. False: it was so already."""
        if not self.on:
            return False
        await self._store.set_standby(on=False)
        self.on = False
        log.warning("this gateway is active")
        waiting, self._waiting = self._waiting, []
        for call in waiting:
            call()
        return True

    def when_active(self, call: Callable[[], object]) -> None:
        """Call it now, or once it is over."""
        if self.on:
            self._waiting.append(call)
        else:
            call()

    def note(self) -> str:
        """For operators; empty if there is nothing to say."""
        return NOTE if self.on else ""

    def refuse(self) -> None:
        """Raises RefusedError while it is on."""
        if self.on:
            raise RefusedError(ErrorCode.UNAVAILABLE, "on standby: nothing is sent to anybody outside")
