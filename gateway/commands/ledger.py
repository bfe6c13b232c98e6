"""The commands that are not finished: kept, counted, waited for, and each finished once.

One write goes ahead of an attempt. It says SENT before the first call leaves, so that no crash can have a
command sent twice, and it is what the client hears of, so accepting costs no write of its own. ACCEPTED is
written only where the command has to wait for its link. A second write has the result. How far a command of
several calls has come is written behind, between the two: no call waits for it.

A result is handed to whoever asked in the turn of the loop in which it is known; it is stored, told to
everybody else and counted right after. What leads to a result is in dispatch.py.
"""

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from math import inf
from typing import Final

import structlog
from msgspec.structs import replace

from gateway.clock import Clock
from gateway.commands.unproved import Before
from gateway.router import Router
from gateway.runtime.age import RunningTime
from gateway.store.base import Store, is_unproved, storable
from gateway.tasks import Tasks
from gateway.telemetry.metrics import Metrics
from schemas import events as ev
from schemas.commands import AnyCommand, verb
from schemas.errors import RefusedError
from schemas.ids import CommandId
from schemas.needinfo import NeedInfoKind
from schemas.results import CommandRecord, CommandStatus, ErrorCode, FinalResult, Succeeded

log = structlog.get_logger("trunkline.dispatch")

KEY_LIFE: Final = timedelta(hours=24)
LONGEST_KEY: Final = 200

OnResult = Callable[[FinalResult], None]
Waiter = asyncio.Future[CommandRecord | None]


@dataclass
class Live:
    """A command that is not finished, or whose end is being stored."""

    record: CommandRecord
    on_result: OnResult | None = None
    until_s: float = inf  # of the steady clock: by when whoever asked wants the result
    restored: bool = False  # from the store, which has no password
    steps: list[str] = field(default_factory=list)  # of the present attempt
    answered: NeedInfoKind | None = None  # the question that the present attempt follows on
    before: Before | None = None  # how things stood then; None: a former life sent it
    waiters: list[Waiter] = field(default_factory=list)

    def tell(self, result: FinalResult) -> None:
        """Hand the result to whoever asked, once."""
        if self.on_result is not None:
            on_result, self.on_result = self.on_result, None
            on_result(result)

    def wake(self) -> None:
        """Let those who wait for it see it as it is now."""
        waiters, self.waiters = self.waiters, []
        for waiter in waiters:
            _resolve(waiter, storable(self.record))


class Ledger:
    """All of them, by id and by idempotency key."""

    def __init__(
        self,
        *,
        store: Store,
        router: Router,
        clock: Clock,
        time: RunningTime,
        metrics: Metrics,
        tasks: Tasks,
        unproved: Callable[[CommandRecord, Before | None], None],
        per_session: int,
    ) -> None:
        """`unproved` is told of those that ended without anybody knowing whether they took effect."""
        self._store = store
        self._router = router
        self._clock = clock
        self._time = time
        self._metrics = metrics
        self._tasks = tasks
        self._unproved = unproved
        self._per_session = per_session
        self._live: dict[CommandId, Live] = {}
        self._under_way: Counter[str] = Counter()
        self._keys: dict[tuple[str, str], CommandId] = {}

    def add(
        self, record: CommandRecord, on_result: OnResult | None = None, within_s: float | None = None
    ) -> Live:
        """One more; it is not stored yet."""
        until_s = inf if within_s is None else self._clock.monotonic() + within_s
        live = self._live[record.id] = Live(record, on_result, until_s)
        self._under_way[record.session_id] += 1
        if record.idempotency_key:
            self._keys[record.principal, record.idempotency_key] = record.id
        return live

    def require_room(self, session_id: str) -> None:
        """Raises RefusedError if too many commands of that agent are under way."""
        if self._under_way[session_id] >= self._per_session:
            raise RefusedError(
                ErrorCode.RATE_LIMITED, f"{self._per_session} commands of this agent are under way"
            )

    async def known(self, principal: str, key: str, command: AnyCommand) -> CommandRecord | None:
        """The command that came under this key before. Raises RefusedError if it was another one."""
        if len(key) > LONGEST_KEY:
            raise RefusedError(ErrorCode.INVALID_COMMAND, f"idempotency key: over {LONGEST_KEY} characters")
        if not key:
            return None
        since = self._time.before(KEY_LIFE)
        record = await self._store.command_by_key(principal, key, since)
        if live := self._live.get(self._keys.get((principal, key), CommandId(""))):
            record = live.record  # it may have come while the store was looking
        if record is None:
            return None
        known = storable(record)
        wanted = storable(replace(record, command=command))
        if replace(known.command, answers={}) != replace(wanted.command, answers={}):
            raise RefusedError(
                ErrorCode.CONFLICT, f"idempotency key {key} was used for another command, {record.id}"
            )
        return known

    async def find(self, command_id: CommandId) -> CommandRecord | None:
        """A command as it stands, finished or not."""
        live = self._live.get(command_id)
        return live.record if live else await self._store.command(command_id)

    async def taken_up(self, command_id: CommandId) -> Live:
        """A command that has a question open, taken up from the store after a restart."""
        if (live := self._live.get(command_id)) is not None:
            return live
        record = await self._store.command(command_id)
        if record is None:
            raise RefusedError(ErrorCode.UNKNOWN_OBJECT, f"there is no command {command_id}")
        if (live := self._live.get(command_id)) is not None:  # somebody was quicker
            return live
        live = self.add(record)
        live.restored = True
        return live

    async def keep(self, live: Live, record: CommandRecord) -> None:
        """The command as it is from now on; durable on return."""
        live.record = record
        await self._store.put_command(record)

    def sending(self, live: Live, step: str) -> None:
        """A call of the command leaves now. From the second on the store is told, and nobody waits for it."""
        live.steps.append(step)
        if len(live.steps) == 1:
            live.record = replace(live.record, sent_at=self._clock.now(), steps=())
        else:
            live.record = replace(live.record, steps=tuple(live.steps))
            self._tasks.start(self._store.put_command(live.record), "command progress")

    async def drained(self) -> None:
        """Return when nothing is under way: what is left waits for a person, or for a link."""
        while sent := [one for one in self._live.values() if one.record.status is CommandStatus.SENT]:
            await self._changed(sent[0])

    async def _changed(self, live: Live) -> None:
        waiter: Waiter = asyncio.get_running_loop().create_future()
        live.waiters.append(waiter)
        await waiter

    async def settled(self, command_id: CommandId, timeout_s: float) -> CommandRecord | None:
        """Wait until the command is finished or asks; None if it takes longer than that."""
        live = self._live.get(command_id)
        if live is None or live.record.status is CommandStatus.NEEDINFO:
            return storable(live.record) if live else await self._store.command(command_id)
        waiter: Waiter = asyncio.get_running_loop().create_future()
        live.waiters.append(waiter)
        timer = self._clock.call_later(timeout_s, lambda: _resolve(waiter, None))
        try:
            return await waiter
        finally:
            timer.cancel()

    async def finish(self, live: Live, result: FinalResult) -> None:
        """Store the result, tell it, wake who waits."""
        live.tell(result)
        record = replace(
            live.record, status=CommandStatus.FINISHED, finished_at=self._clock.now(), result=result
        )
        self._router.publish([_finished(record, result)])  # in the turn, and so the commit, of the record
        await self.keep(live, record)
        self._remove(record)
        live.wake()
        if is_unproved(record):
            self._unproved(record, live.before)
        outcome = "succeeded" if isinstance(result, Succeeded) else str(result.code)
        took_s = (self._clock.now() - record.accepted_at).total_seconds()
        self._metrics.command(verb(record.command), outcome, took_s)
        log.info(
            "command finished",
            command=record.id,
            verb=verb(record.command),
            platform=record.platform_id,
            session=record.session_id,
            outcome=outcome,
            attempts=record.attempts,
            seconds=round(took_s, 3),
        )

    def _remove(self, record: CommandRecord) -> None:
        self._live.pop(record.id, None)
        self._keys.pop((record.principal, record.idempotency_key), None)
        self._under_way[record.session_id] -= 1
        if self._under_way[record.session_id] <= 0:
            del self._under_way[record.session_id]


def _finished(record: CommandRecord, result: FinalResult) -> ev.CommandFinished:
    made = result.interaction_id if isinstance(result, Succeeded) else None
    return ev.CommandFinished(
        time=record.finished_at or record.accepted_at,
        platform_id=record.platform_id,
        session_id=record.session_id,
        agent_id=record.agent_id,
        command_id=record.id,
        verb=verb(record.command),
        interaction_id=getattr(record.command, "interaction_id", None) or made,
        result=result,
    )


def _resolve(waiter: Waiter, record: CommandRecord | None) -> None:
    if not waiter.done():
        waiter.set_result(record)
