"""Questions that nobody answered: their time ran out, or their interaction was completed meanwhile."""

from gateway.commands import ends
from gateway.commands.ledger import Ledger
from gateway.commands.pending import Pending
from gateway.events.router import Batch, Router
from gateway.runtime.tasks import Tasks
from gateway.state.fold import State
from schemas import events as ev
from schemas.needinfo import NeedInfo, Resolution


class Unanswered:
    """Ends them, and their commands."""

    def __init__(self, pending: Pending, ledger: Ledger, tasks: Tasks) -> None:
        self._pending = pending
        self._ledger = ledger
        self._tasks = tasks
        pending.on_expired = self._expired

    async def start(self, state: State, router: Router) -> None:
        """End those whose interaction was completed before the restart, then see to the others."""
        for needinfo in self._pending.all():
            about = needinfo.interaction_id
            if about is not None and state.snapshots.open_interaction(about) is None:
                await self._overtaken(needinfo)
        self._pending.start()
        router.on_commit(self._completed)

    def _expired(self, needinfo: NeedInfo) -> None:
        self._tasks.start(self._expire(needinfo), "needinfo expiry")

    async def _expire(self, needinfo: NeedInfo) -> None:
        await self._pending.resolve(needinfo, Resolution.EXPIRED)
        live = await self._ledger.taken_up(needinfo.command_id)
        await self._ledger.finish(live, ends.EXPIRED)

    def _completed(self, batch: Batch) -> None:
        """An interaction that is completed has no questions: whoever asked got on without the answer."""
        if not self._pending:
            return
        for event in batch.events:
            if isinstance(event, ev.InteractionCompleted):
                for needinfo in self._pending.about(event.interaction.id):
                    self._tasks.start(self._overtaken(needinfo), "needinfo overtaken")

    async def _overtaken(self, needinfo: NeedInfo) -> None:
        await self._pending.resolve(needinfo, Resolution.OVERTAKEN)
        live = await self._ledger.taken_up(needinfo.command_id)
        await self._ledger.finish(live, ends.overtaken(live.record.command))
