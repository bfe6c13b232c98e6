"""Presence alike in the CRM: the newest state of each agent whom `users` has, told until the CRM took it.

What was in between is of no interest. After a start it is told at the next change; what the CRM sets is a
matter of its own automation, by `agent.set_state`.
"""

import asyncio
from functools import partial
from typing import Final

import structlog

from adapters.contract.crm import Crm
from gateway.crm.config import Opened
from gateway.crm.figures import CrmFigures, CrmOutcome
from gateway.crm.pace import Pace
from gateway.crm.requests import CrmError, Failure, Sender, run
from gateway.events.router import Batch
from gateway.runtime.clock import Clock
from schemas import events as ev
from schemas.agent import AgentSession

_TOLD_OF: Final = (ev.AgentLoggedIn, ev.AgentLoggedOut, ev.AgentStateChanged)
_log = structlog.get_logger("trunkline.crm")


class Presence:
    """One CRM's. Its bound is the users that are configured."""

    def __init__(
        self, one: Opened, crm: Crm, sender: Sender, clock: Clock, figures: CrmFigures, pace: Pace
    ) -> None:
        self._name, self._config, self._crm = one.name, one.config, crm
        self._sender = sender
        self._clock = clock
        self._figures = figures
        self._pace = pace
        self._newest: dict[str, AgentSession] = {}  # by the CRM's user
        self._wanted: dict[str, None] = {}  # users of whom it is still to be told, in order
        self._wake = asyncio.Event()

    def committed(self, batch: Batch) -> None:
        """Events are durable."""
        for event in batch.events:
            if isinstance(event, _TOLD_OF):
                self.changed(event.agent)

    def changed(self, agent: AgentSession) -> None:
        """An agent's state is another one."""
        user = self._config.users.get(agent.agent_id)
        if user is None or not self._config.has(agent.platform_id):
            return
        self._newest[user] = agent
        self._again(user)

    def _again(self, user: str) -> None:
        self._wanted[user] = None
        self._wake.set()

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._wanted:
                await self._clock.sleep(self._pace.wait_s())
                user = next(iter(self._wanted))
                del self._wanted[user]
                await self._tell(user)

    async def _tell(self, user: str) -> None:
        outcome, why = CrmOutcome.SHOWN, ""
        try:
            if not await run(self._crm.show_presence(user, self._newest[user]), self._sender):
                return
        except CrmError as error:
            outcome, why = CrmOutcome.FAILED, error.text
            self._pace.failed(error)
            if error.failure is not Failure.REFUSED:
                self._wanted[user] = None
            if error.unknown:  # what is under way may come after what is told next
                again = partial(self._again, user)
                self._clock.call_later(self._config.unknown_wait_s, again)
        else:
            self._pace.lives()
        self._figures.ended(self._name, outcome)
        _log.info("crm presence", crm=self._name, user=user, outcome=outcome, error=why)
