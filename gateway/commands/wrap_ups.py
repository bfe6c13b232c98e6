"""The limit of after-call work where the platform tells none: who set it, and what happens when it is over.

The operator may give every such work a limit; an agent may have longer. When it is over the gateway completes
it, as anybody could: what the platform asks then is answered by its defaults or not at all, and a veto or a
pause delays it. A platform's own limit is the platform's affair: it is told, where it tells it.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Final, Protocol

import structlog

from adapters.contract.capabilities import Support
from gateway.commands.ledger import OnResult
from gateway.commands.targets import OURSELVES
from gateway.events.router import Batch, Router
from gateway.platforms.platform import Platform
from gateway.runtime.age import RunningTime
from gateway.runtime.alarm import Alarm
from gateway.runtime.tasks import Tasks
from gateway.security.access import Principal
from gateway.state.fold import State
from schemas import events as ev
from schemas.commands import AnyCommand, Complete
from schemas.errors import RefusedError, UncertainError
from schemas.ids import InteractionId, PlatformId
from schemas.interaction import Interaction, InteractionState, WrapUpSetBy
from schemas.results import CommandRecord, ErrorCode, Failed, FinalResult

log = structlog.get_logger("trunkline.wrap_up")

_VERB: Final = "interaction.extend_wrap_up"
_AGAIN: Final = timedelta(seconds=5)  # after a veto or a pause stood in the way
_FOR_NOW: Final = frozenset(
    {ErrorCode.COMPLETION_BLOCKED, ErrorCode.UNAVAILABLE, ErrorCode.LINK_DOWN, ErrorCode.RATE_LIMITED}
)
_WORK: Final = InteractionState.WRAP_UP


class Submit(Protocol):
    """Accepts a command, as Dispatch does."""

    async def __call__(
        self,
        command: AnyCommand,
        principal: Principal,
        *,
        interactive: bool = True,
        on_result: OnResult | None = None,
    ) -> CommandRecord:
        """Raises RefusedError, UncertainError."""
        ...


class WrapUps:
    """The limits that the core keeps, in running time."""

    def __init__(self, state: State, router: Router, time: RunningTime) -> None:
        self._state = state
        self._router = router
        self._time = time
        self._until: dict[InteractionId, datetime] = {}
        self._limits: Mapping[PlatformId, float] = {}
        self._submit: Submit | None = None
        self._tasks = Tasks()
        self._alarm = Alarm(time, self._due, self._over)

    def start(self, platforms: Mapping[PlatformId, Platform], submit: Submit, tasks: Tasks) -> None:
        """Take up the limits of before a restart, and give one to all work that begins from now on."""
        self._submit, self._tasks = submit, tasks
        ours = {one.id for one in platforms.values() if _has_no_limit_of_its_own(one)}
        self._limits = {
            one.id: limit_s
            for one in platforms.values()
            if one.id in ours and (limit_s := one.config.wrap_up.limit_s) is not None
        }
        for one in self._state.snapshots.interactions():
            if one.state is _WORK and one.wrap_up_until is not None and one.platform_id in ours:
                self._until[one.id] = self._time.of_last_run(one.wrap_up_until)
        if self._limits:
            self._router.on_commit(self._committed)
        self._alarm.set()

    def stop(self) -> None:
        """Let the clock go; the snapshots know the limits."""
        self._alarm.stop()

    def extend(self, one: Interaction, by_s: float) -> None:
        """So much longer: from its limit, if that is yet to come."""
        now = self._time.now()
        begins = max(now, self._until.get(one.id, now))
        self._limit(one, begins + timedelta(seconds=by_s), WrapUpSetBy.AGENT)

    def _limit(self, one: Interaction, until: datetime, by: WrapUpSetBy) -> None:
        self._until[one.id] = until
        shown, now = self._time.shown(until), self._time.shown(self._time.now())
        self._router.publish(self._state.set_wrap_up(one, shown, by, now))
        self._alarm.set()

    def _committed(self, batch: Batch) -> None:
        for event in batch.events:
            if isinstance(event, ev.InteractionWrapUp) and event.platform_id in self._limits:
                one = self._state.snapshots.open_interaction(event.interaction.id)
                if one is not None and one.state is _WORK and one.wrap_up_until is None:
                    limit = timedelta(seconds=self._limits[one.platform_id])
                    self._limit(one, self._time.now() + limit, WrapUpSetBy.GATEWAY)

    def _due(self) -> datetime | None:
        return min(self._until.values(), default=None)

    def _over(self) -> None:
        now = self._time.now()
        for interaction_id, until in tuple(self._until.items()):
            if until > now:
                continue
            one = self._state.snapshots.open_interaction(interaction_id)
            if one is None or one.state is not _WORK:
                del self._until[interaction_id]
            elif one.wrap_up_paused:
                self._until[interaction_id] = now + _AGAIN
            elif self._submit is not None:
                del self._until[interaction_id]
                self._tasks.start(self._complete(one.id, self._submit), "wrap-up limit")

    async def _complete(self, interaction_id: InteractionId, submit: Submit) -> None:
        told = partial(self._done, interaction_id)
        command = Complete(interaction_id=interaction_id)
        try:
            await submit(command, OURSELVES, interactive=False, on_result=told)
        except UncertainError:
            return  # it is for the result
        except RefusedError as error:
            told(Failed(code=error.code))

    def _done(self, interaction_id: InteractionId, result: FinalResult) -> None:
        if not isinstance(result, Failed):
            return
        if result.code in _FOR_NOW and interaction_id not in self._until:
            self._until[interaction_id] = self._time.now() + _AGAIN
            self._alarm.set()
        else:
            log.warning(
                "after-call work goes on past its limit", interaction=interaction_id, code=result.code
            )


def _has_no_limit_of_its_own(platform: Platform) -> bool:
    return platform.dialect.capabilities.commands_south[_VERB].support is Support.GATEWAY
