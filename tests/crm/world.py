"""A consumer of the journal, a CRM, and a clock that we turn."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import Final

from pydantic import SecretStr

from adapters.contract.crm import Connector
from adapters.registry import CONNECTORS
from gateway.crm.config import CrmConfig, Opened
from gateway.crm.consumer import Consumer
from gateway.crm.figures import CrmFigures
from gateway.crm.requests import Sender
from gateway.store.base import Store
from gateway.telemetry.metrics import Metrics
from schemas.values import Json
from tests.crm.calls import Journal
from tests.fakes import FakeClock

BY_NAME: Final[Mapping[str, Connector]] = {one.name: one for one in CONNECTORS}


class World(Journal):
    """What `happen`s is journaled; a consumer logs it."""

    def __init__(
        self, store: Store, clock: FakeClock, sender: Sender, connector: str, settings: Mapping[str, Json]
    ) -> None:
        super().__init__(store)
        self.clock = clock
        self._sender = sender
        config = CrmConfig(connector=connector, url=SecretStr("https://crm.example"), users={"ana": "42"})
        made = BY_NAME[connector]
        self.one = Opened("crm", config, made.open(settings), made.open_live(settings))
        self.figures = CrmFigures(Metrics(), ["crm"])
        self.consumer: Consumer | None = None
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """As a start of the gateway does."""
        self.consumer = Consumer(
            self.one, self.store, self.clock, self._sender, self.figures, chance=lambda: 0.5
        )
        await self.consumer.begin()
        self._task = asyncio.get_running_loop().create_task(self.consumer.run())

    async def kill(self) -> None:
        """As a kill does: wherever it is, it goes no further."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def go(self, seconds: float) -> None:
        """Have the consumer see what there is, and so much time pass."""
        if self.consumer is not None:
            self.consumer.wake()
        await self.clock.advance(seconds)
