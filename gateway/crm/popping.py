"""While it rings: the caller's record is found, and shown to the agent who is called.

It is for him alone: the CRM's user that `users` has for the agent of this leg. It is of use now or never, so
it has one short deadline for all, is done as soon as the event is durable, and is never tried again. Where
the page shows records itself, one tab of the agent's leads (the soft phone sees to that), and `pop` stays
off.
"""

from typing import Final

import structlog

from adapters.contract.crm import Crm, Sought
from gateway.crm.config import Opened
from gateway.crm.figures import CrmFigures, CrmOutcome
from gateway.crm.requests import CrmError, Sender, run
from gateway.crm.spellings import of_remote
from gateway.events.router import Batch
from gateway.outbound.standby import Standby
from gateway.runtime.clock import Clock, time_limit
from gateway.runtime.tasks import Tasks
from schemas import events as ev
from schemas.interaction import Interaction

MOST: Final = 32  # under way: more calls than that ring for a CRM that does not keep up
_log = structlog.get_logger("trunkline.crm")


class Popper:
    """One CRM's."""

    def __init__(
        self,
        one: Opened,
        crm: Crm,
        sender: Sender,
        clock: Clock,
        tasks: Tasks,
        figures: CrmFigures,
    ) -> None:
        self._name, self._config, self._crm = one.name, one.config, crm
        self._sender = sender
        self._clock = clock
        self._tasks = tasks
        self._figures = figures
        self.standby: Standby | None = None  # to be set before it is told anything
        self._under_way = 0

    def committed(self, batch: Batch) -> None:
        """Events are durable."""
        if self.standby is not None and self.standby.on:
            return
        for event in batch.events:
            if isinstance(event, ev.InteractionAlerting) and not event.recovered:
                self.rings(event.interaction)

    def rings(self, one: Interaction) -> None:
        """A contact is offered to an agent."""
        user = self._config.users.get(one.agent_id)
        if user is None or not self._config.has(one.platform_id) or one.media not in self._config.media:
            return
        if self._under_way >= MOST:
            self._figures.ended(self._name, CrmOutcome.LATE)
            return
        self._under_way += 1
        self._tasks.start(self._pop(user, one), f"crm {self._name} pops {one.id}")

    async def _pop(self, user: str, one: Interaction) -> None:
        outcome, why, found = CrmOutcome.FOUND, "", 0
        try:
            async with time_limit(self._clock, self._config.find_s):
                email = "" if one.contact is None else one.contact.email
                sought = Sought(numbers=of_remote(one), email=email, data=one.data)
                records = await run(self._crm.find(sought), self._sender)
                found = len(records)
                if await run(self._crm.pop(user, one, records), self._sender):
                    outcome = CrmOutcome.POPPED
        except TimeoutError:
            outcome = CrmOutcome.LATE
        except CrmError as error:
            outcome, why = CrmOutcome.FAILED, error.text
        finally:
            self._under_way -= 1
        self._figures.ended(self._name, outcome)
        _log.info("crm pop", crm=self._name, interaction_id=one.id, outcome=outcome, records=found, error=why)
