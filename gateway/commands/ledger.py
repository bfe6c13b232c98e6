"""The commands that are not finished: kept, counted, waited for, and each finished once.

One write goes ahead of an attempt. It says SENT before the first call leaves, so that no crash can have a
command sent twice, and it is what the client hears of, so accepting costs no write of its own. ACCEPTED is
written only where the command has to wait for its link. A second write has the result. How far a command of
several calls has come is written behind, between the two: no call waits for it.

What is shown of a command is what is durable (`Live.kept`), and a result is handed to whoever asked when the
commit is through that has it, its event, and whatever else was told before: a crash takes nothing back of it.
Only a disk that cannot be written keeps nobody waiting: he is told that the effect is unknown, which stays
true whatever comes. What leads to a result is in dispatch.py.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from math import inf
from typing import Final

import structlog
from msgspec.structs import replace

from gateway.commands import ends
from gateway.commands.unproved import Before
from gateway.commands.wording import saying
from gateway.events.router import Batch, Router
from gateway.http.admission import require_sight
from gateway.numbers.plan import Dialled
from gateway.runtime.age import RunningTime
from gateway.runtime.idempotency import KEY_LIFE, require_short
from gateway.runtime.tasks import Tasks
from gateway.security.access import Principal
from gateway.security.audit import Action, Audit
from gateway.store.audit import Note
from gateway.store.base import Store, is_unproved, storable
from gateway.store.patience import Patience
from gateway.telemetry import tracing
from gateway.telemetry.metrics import Metrics
from schemas import events as ev
from schemas.commands import AnyCommand, verb
from schemas.errors import RefusedError
from schemas.ids import CommandId
from schemas.needinfo import NeedInfoKind
from schemas.results import CommandRecord, CommandStatus, ErrorCode, FinalResult, Succeeded

log = structlog.get_logger("trunkline.dispatch")

_FINISHED: Final = ev.TAGS[ev.CommandFinished]

OnResult = Callable[[FinalResult], None]
Begun = Callable[[CommandRecord], CommandRecord]  # gives a new one its place in a trace
Waiter = asyncio.Future[CommandRecord | None]


@dataclass
class Live:
    """A command that is not finished, or whose end is being stored."""

    record: CommandRecord
    kept: CommandRecord | None = None  # as it is durable; None: nobody knows of it yet
    writing: int = 0  # how many of its writes have to be durable before it goes on
    on_result: OnResult | None = None
    until_s: float = inf  # of the steady clock: by when whoever asked wants the result
    restored: bool = False  # from the store, which has no password
    steps: list[str] = field(default_factory=list)  # of the present attempt
    answered: NeedInfoKind | None = None  # the question that the present attempt follows on
    dialled: Dialled | None = None  # what the present attempt gives the platform for its destination
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
            _resolve(waiter, self.shown())

    def shown(self) -> CommandRecord | None:
        """As anybody may see it."""
        return storable(self.kept) if self.kept is not None else None


class Ledger:
    """All of them, by id and by idempotency key."""

    def __init__(  # noqa: PLR0913  # it is where what becomes of a command is told
        self,
        *,
        store: Store,
        router: Router,
        time: RunningTime,
        metrics: Metrics,
        tasks: Tasks,
        patience: Patience,
        unproved: Callable[[CommandRecord, Before | None], None],
        per_session: int,
        begun: Begun | None = None,
    ) -> None:
        """`unproved` is told of those that ended without anybody knowing whether they took effect."""
        self._begun = begun
        self._store = store
        self._audit = Audit(store)
        self._router = router
        self._clock = time.clock
        self._time = time
        self._metrics = metrics
        self._tasks = tasks
        self._patience = patience
        self._unproved = unproved
        self._per_session = per_session
        self._live: dict[CommandId, Live] = {}
        self._under_way: Counter[str] = Counter()
        self._keys: dict[tuple[str, str], CommandId] = {}
        self._ending: dict[CommandId, tuple[Live, FinalResult]] = {}  # their results are being stored
        patience.on_over(self._held_up)
        router.on_commit(self._committed)

    def add(
        self, record: CommandRecord, on_result: OnResult | None = None, within_s: float | None = None
    ) -> Live:
        """One more; it is not stored yet."""
        if self._begun is not None:
            record = self._begun(record)
        tracing.remember(record.id, record.traceparent)
        until_s = inf if within_s is None else self._time.clock.monotonic() + within_s
        return self._add(Live(record, on_result=on_result, until_s=until_s))

    def take_up(self, record: CommandRecord) -> Live:
        """One that is in the store."""
        tracing.remember(record.id, record.traceparent)
        return self._add(Live(record, record, restored=True))

    def _add(self, live: Live) -> Live:
        record = live.record
        self._live[record.id] = live
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

    async def known(self, principal: Principal, key: str, command: AnyCommand) -> CommandRecord | None:
        """The command that came under this key before.

        Raises RefusedError if it was another one, or one whose agent he does not see any more.
        """
        require_short(key)
        if not key:
            return None
        since = self._time.before(KEY_LIFE)
        record = await self._store.command_by_key(principal.name, key, since)
        if live := self._live.get(self._keys.get((principal.name, key), CommandId(""))):
            if live.kept is None:  # it may have come while the store was looking
                await self._patience.answer(self._store.barrier())
            record = live.kept
        if record is None:
            return None
        require_sight(principal, record.platform_id, record.agent_id)
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
        return live.kept if live else await self._store.command(command_id)

    async def seen(self, command_id: CommandId, principal: Principal) -> CommandRecord:
        """The same, for somebody. Raises RefusedError if there is none, or it is not his to see."""
        record = await self.find(command_id)
        if record is None or not _shown_to(principal, record):
            raise RefusedError(ErrorCode.UNKNOWN_OBJECT, f"there is no command {command_id}")
        return record

    async def taken_up(self, command_id: CommandId) -> Live:
        """A command that has a question open, taken up from the store after a restart."""
        if (live := self._live.get(command_id)) is not None:
            return live
        record = await self._store.command(command_id)
        if record is None:
            raise RefusedError(ErrorCode.UNKNOWN_OBJECT, f"there is no command {command_id}")
        if (live := self._live.get(command_id)) is not None:  # somebody was quicker
            return live
        return self.take_up(record)

    async def keep(self, live: Live, record: CommandRecord) -> None:
        """The command as it is from now on; durable on return. So is, the first time, who gave it."""
        live.record = record
        note = self._given(record) if live.kept is None else None
        with self.writing(live):
            await self._put(live, record, note)

    def _given(self, record: CommandRecord) -> Note:
        return self._audit.made(
            record.principal,
            Action.COMMANDED,
            record.id,
            platform_id=record.platform_id,
            agent_id=record.agent_id,
            verb=verb(record.command),
            interaction=getattr(record.command, "interaction_id", None) or "",
        )

    async def _put(self, live: Live, record: CommandRecord, note: Note | None = None) -> None:
        await self._store.put_command(record, note)
        live.kept = record

    @contextmanager
    def writing(self, live: Live) -> Iterator[None]:
        """It waits for the disk inside of this; whoever asked for it does so for a while."""
        live.writing += 1
        if self._patience.over:
            live.tell(ends.HELD_UP)
        try:
            yield
        finally:
            live.writing -= 1

    def _committed(self, batch: Batch) -> None:
        """What ends a command is durable, with the record: they were taken in one turn."""
        if not self._ending:
            return
        for event in batch.events:
            if isinstance(event, ev.CommandFinished) and event.command_id is not None:
                live, result = self._ending.pop(event.command_id, (None, None))
                if live is not None and result is not None:
                    live.kept = live.record
                    live.tell(result)

    def _held_up(self) -> None:
        """The disk takes too long."""
        for live in tuple(self._live.values()):
            if live.writing:
                live.tell(ends.HELD_UP)

    def sending(self, live: Live, step: str) -> None:
        """A call of the command leaves now. From the second on the store is told, and nobody waits for it."""
        live.steps.append(step)
        if len(live.steps) == 1:
            live.record = replace(live.record, sent_at=self._clock.now(), steps=())
        else:
            live.record = replace(live.record, steps=tuple(live.steps))
            self._tasks.start(self._put(live, live.record), "command progress")

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
        if live is None:
            return await self._store.command(command_id)
        if live.record.status is CommandStatus.NEEDINFO:
            return live.shown()
        waiter: Waiter = asyncio.get_running_loop().create_future()
        live.waiters.append(waiter)
        timer = self._clock.call_later(timeout_s, lambda: _resolve(waiter, None))
        try:
            return await waiter
        finally:
            timer.cancel()

    def finish(self, live: Live, result: FinalResult) -> Coroutine[object, object, None]:
        """Store the result, then tell it and wake who waits. What is stored is so by the call itself.

        Told it is right before the events of that commit: whoever asked hears of what it did not before.
        """
        result = saying(result, live.dialled)
        record = replace(
            live.record, status=CommandStatus.FINISHED, finished_at=self._clock.now(), result=result
        )
        live.record = record
        self._ending[record.id] = live, result
        self._router.publish([_finished(record, result)])
        return self._concluded(live, record, result, self._store.put_command(record))

    async def _concluded(
        self, live: Live, record: CommandRecord, result: FinalResult, stored: Awaitable[None]
    ) -> None:
        with self.writing(live):
            await stored
        live.kept = record
        self._ending.pop(record.id, None)
        self._remove(record)
        live.tell(result)
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
            principal=record.principal,
            platform=record.platform_id,
            session=record.session_id,
            outcome=outcome,
            attempts=record.attempts,
            seconds=round(took_s, 3),
            **({"trace_id": trace} if (trace := tracing.trace_id(record.traceparent)) else {}),
        )

    def _remove(self, record: CommandRecord) -> None:
        self._live.pop(record.id, None)
        self._keys.pop((record.principal, record.idempotency_key), None)
        self._under_way[record.session_id] -= 1
        if self._under_way[record.session_id] <= 0:
            del self._under_way[record.session_id]


def _shown_to(principal: Principal, record: CommandRecord) -> bool:
    """Whether a command is theirs to see: they gave it, or see what becomes of those of its agent."""
    if not principal.sees(record.platform_id, record.agent_id):
        return False
    return record.principal == principal.name or principal.sees_type(_FINISHED)


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
