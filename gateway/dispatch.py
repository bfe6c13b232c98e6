"""The life of a command: accepted and stored, attempted, perhaps asked about, one final result.

Nothing here waits for a person: a question ends the attempt, and its answer begins the next one with the same
command id (gateway.pending). A result is handed to whoever asked in the turn of the loop in which the
platform gave it; it is stored and told to everybody else right after.
"""

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

import structlog
from msgspec.structs import replace

from adapters.dialect import Done, Outcome
from gateway.admission import require_command, require_sight
from gateway.attempt import Attempt
from gateway.clock import Clock
from gateway.config import NeedInfoPolicy
from gateway.ids import Minter
from gateway.links.registry import Links
from gateway.pending import Pending, by_default, given
from gateway.precheck import Precheck
from gateway.router import Batch, Router
from gateway.security.access import Principal
from gateway.state import State
from gateway.store.base import Store, storable
from gateway.targets import Target, Targets
from gateway.tasks import Tasks
from gateway.telemetry.metrics import Metrics
from schemas import events as ev
from schemas.commands import AnyCommand, Complete, verb
from schemas.errors import RefusedError, UnsupportedError
from schemas.ids import CommandId
from schemas.needinfo import MAX_ROUNDS, Answer, AnswerAction, NeedInfo, Question, Resolution
from schemas.results import (
    AnyResult,
    CommandRecord,
    CommandStatus,
    Effect,
    ErrorCode,
    Failed,
    FinalResult,
    NeedsInfo,
    Succeeded,
)

log = structlog.get_logger("trunkline.dispatch")

KEY_LIFE: Final = timedelta(hours=24)
LONGEST_KEY: Final = 200
_RESTARTED: Final = Failed(
    code=ErrorCode.INTERNAL,
    effect=Effect.UNKNOWN,
    message="the gateway restarted while the command was under way",
)

OnResult = Callable[[FinalResult], None]
Waiter = asyncio.Future[CommandRecord | None]


@dataclass
class _Live:
    """A command that is not finished, or whose end is being stored."""

    record: CommandRecord
    on_result: OnResult | None = None
    waiters: list[Waiter] = field(default_factory=list)


class Dispatch:
    """Takes commands and answers; gives each command its one result."""

    def __init__(  # noqa: PLR0913  # it is where the parts meet
        self,
        *,
        state: State,
        targets: Targets,
        links: Links,
        store: Store,
        router: Router,
        clock: Clock,
        minter: Minter,
        metrics: Metrics,
        tasks: Tasks,
        per_session: int,
    ) -> None:
        self._state = state
        self._targets = targets
        self._links = links
        self._store = store
        self._router = router
        self._clock = clock
        self._minter = minter
        self._metrics = metrics
        self._tasks = tasks
        self.precheck = Precheck(state, router, clock)
        self._per_session = per_session
        self._live: dict[CommandId, _Live] = {}
        self._under_way: Counter[str] = Counter()
        self._keys: dict[tuple[str, str], CommandId] = {}
        self.pending = Pending(store, router, clock, minter, metrics, self._expired)

    async def start(self) -> None:
        """After a restart: questions go on, commands whose fate nobody knows are finished as such."""
        await self.pending.start()
        asked = {one.command_id for one in self.pending.all()}
        for record in await self._store.open_commands():
            if record.id not in asked:  # also one whose question was answered, and no more
                self._live[record.id] = _Live(record)
                await self._settle(record.id, _RESTARTED)
        self._router.on_commit(self._completed)

    # --- what clients ask

    async def submit(
        self,
        command: AnyCommand,
        principal: Principal,
        *,
        key: str = "",
        interactive: bool = True,
        on_result: OnResult | None = None,
    ) -> CommandRecord:
        """Accept a command. Returns when it is stored and under way.

        `on_result` gets the final result. Raises RefusedError for what is refused without a trace: unknown
        ids, missing rights, too many at once, a used key with another body.
        """
        if len(key) > LONGEST_KEY:
            raise RefusedError(ErrorCode.INVALID_COMMAND, f"idempotency key: over {LONGEST_KEY} characters")
        self._require_store()
        target = self._targets.of(command)
        require_command(principal, verb(command), target.platform.id, target.agent_id)
        if key and (known := await self._known(principal, key, command)) is not None:
            return known
        if self._under_way[target.session_id] >= self._per_session:
            raise RefusedError(
                ErrorCode.RATE_LIMITED, f"{self._per_session} commands of this agent are under way"
            )
        record = CommandRecord(
            id=self._minter.command(),
            command=command,
            platform_id=target.platform.id,
            session_id=target.session_id,
            agent_id=target.agent_id,
            status=CommandStatus.SENT,
            accepted_at=self._clock.now(),
            attempts=1,
            interactive=interactive,
            principal=principal.name,
            idempotency_key=key,
        )
        self._live[record.id] = _Live(record, on_result)
        self._under_way[target.session_id] += 1
        if key:
            self._keys[principal.name, key] = record.id
        await self._store.put_command(record)
        self._attempt(record, target)
        return storable(record)

    async def answer(self, answer: Answer, principal: Principal) -> CommandRecord:
        """Answer a question and go on with its command. Raises RefusedError."""
        self._require_store()
        needinfo = await self.pending.find(answer.needinfo_id)
        require_command(principal, "needinfo.answer", needinfo.platform_id, needinfo.agent_id)
        await self.pending.take(answer)
        record = await self._record(needinfo.command_id)
        if answer.action is AnswerAction.CANCEL:
            cancelled = Failed(code=ErrorCode.CANCELLED, message="the question was cancelled")
            await self._settle(record.id, cancelled)
            return storable(record)
        return storable(await self._again(record, given(needinfo, answer)))

    def _require_store(self) -> None:
        """What could not be kept is not begun."""
        if self._store.trouble:
            raise RefusedError(
                ErrorCode.UNAVAILABLE, "the journal cannot be written at present; nothing was begun"
            )

    async def find(self, command_id: CommandId, principal: Principal) -> CommandRecord:
        """A command as it stands. Raises RefusedError."""
        live = self._live.get(command_id)
        record = live.record if live else await self._store.command(command_id)
        if record is None:
            raise RefusedError(ErrorCode.UNKNOWN_OBJECT, f"there is no command {command_id}")
        require_sight(principal, record.platform_id, record.agent_id)
        return storable(record)

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

    # --- one attempt

    def _attempt(self, record: CommandRecord, target: Target) -> None:
        """Begin an attempt; it ends in `_outcome`, perhaps at once."""

        def done(outcome: Outcome) -> None:
            self._outcome(record.id, target, outcome)

        if (refusal := self.precheck.outcome(record.command, target)) is not None:
            done(refusal)
            return
        link = self._links.to(target.platform.id, target.session_id)
        if link is None:
            done(Failed(code=ErrorCode.LINK_DOWN, message=f"no link to {target.platform.id} for this agent"))
            return
        try:
            flow = link.flow(record.command, self._targets.context(target))
        except UnsupportedError as error:
            done(Failed(code=ErrorCode.UNSUPPORTED, message=str(error)))
            return
        timeout_s = target.platform.config.needinfo.platform_timeout_s
        Attempt(link, flow, timeout_s, self._clock, done).start()

    def _outcome(self, command_id: CommandId, target: Target, outcome: Outcome) -> None:
        live = self._live[command_id]
        record = live.record
        match outcome:
            case Done(ref=ref, data=data, warnings=warnings, extras=extras):
                made = self._state.identify(target.session_id, ref) if ref is not None else None
                self._end(live, Succeeded(interaction_id=made, data=data, warnings=warnings, extras=extras))
            case Failed():
                self._end(live, outcome)
            case Question():
                policy = target.platform.config.needinfo.policy
                if record.attempts >= MAX_ROUNDS:
                    message = f"the platform still asks after {MAX_ROUNDS} rounds"
                    self._end(live, Failed(code=ErrorCode.TOO_MANY_ROUNDS, message=message, missing=outcome))
                elif policy is NeedInfoPolicy.DEFAULT and (answer := by_default(outcome)) is not None:
                    self._tasks.start(self._by_policy(live, target, outcome, answer), "needinfo policy")
                elif policy is NeedInfoPolicy.ASK and record.interactive:
                    self._tasks.start(self._ask(live, target, outcome), "needinfo")
                else:
                    message = "missing: " + ", ".join(field.key for field in outcome.fields)
                    self._end(live, Failed(code=ErrorCode.NEEDS_INFO, message=message, missing=outcome))

    async def _ask(self, live: _Live, target: Target, question: Question) -> None:
        live.record, _ = await self._question(live.record, target, question)
        self._wake(live)

    async def _by_policy(
        self, live: _Live, target: Target, question: Question, answer: dict[str, object]
    ) -> None:
        record, needinfo = await self._question(live.record, target, question)
        await self.pending.resolve(needinfo, Resolution.POLICY)
        await self._again(record, answer)

    async def _question(
        self, record: CommandRecord, target: Target, question: Question
    ) -> tuple[CommandRecord, NeedInfo]:
        """Keep and tell a question; only when that is done can anybody know of it."""
        timeout_s = target.platform.config.needinfo.human_timeout_s
        asked = self.pending.make(record, question, target.interaction, timeout_s)
        record = replace(record, status=CommandStatus.NEEDINFO, result=NeedsInfo(needinfo=asked))
        await self._store.put_command(record)
        await self.pending.ask(asked)
        return record, asked

    async def _again(self, record: CommandRecord, answers: dict[str, object]) -> CommandRecord:
        """The next round: the same command with more answers."""
        command = replace(record.command, answers={**record.command.answers, **answers})
        record = replace(
            record, command=command, attempts=record.attempts + 1, status=CommandStatus.SENT, result=None
        )
        live = self._live.setdefault(record.id, _Live(record))
        live.record = record
        await self._store.put_command(record)
        try:
            target = self._targets.of(command)
        except RefusedError as error:
            await self._settle(record.id, Failed(code=error.code, message=error.message))
        else:
            self._attempt(record, target)
        return record

    def _expired(self, needinfo: NeedInfo) -> None:
        self._tasks.start(self._expire(needinfo), "needinfo expiry")

    async def _expire(self, needinfo: NeedInfo) -> None:
        await self.pending.resolve(needinfo, Resolution.EXPIRED)
        await self._record(needinfo.command_id)
        message = "nobody answered the question in time"
        await self._settle(needinfo.command_id, Failed(code=ErrorCode.EXPIRED, message=message))

    def _completed(self, batch: Batch) -> None:
        """An interaction that is completed has no questions: whoever asked got on without the answer."""
        if not self.pending:
            return
        for event in batch.events:
            if isinstance(event, ev.InteractionCompleted):
                for needinfo in self.pending.about(event.interaction.id):
                    self._tasks.start(self._overtaken(needinfo), "needinfo overtaken")

    async def _overtaken(self, needinfo: NeedInfo) -> None:
        await self.pending.resolve(needinfo, Resolution.OVERTAKEN)
        record = await self._record(needinfo.command_id)
        message = "the interaction was completed before the question was answered"
        done = isinstance(record.command, Complete)
        result = (
            Succeeded(warnings=(message,)) if done else Failed(code=ErrorCode.WRONG_STATE, message=message)
        )
        await self._settle(record.id, result)

    # --- the end

    def _end(self, live: _Live, result: FinalResult) -> None:
        if live.on_result is not None:
            on_result, live.on_result = live.on_result, None
            on_result(result)
        self._tasks.start(self._settle(live.record.id, result), "command end")

    async def _settle(self, command_id: CommandId, result: FinalResult) -> None:
        """Store the result, tell it, wake who waits."""
        live = self._live[command_id]
        if live.on_result is not None:
            on_result, live.on_result = live.on_result, None
            on_result(result)
        live.record = record = replace(
            live.record, status=CommandStatus.FINISHED, finished_at=self._clock.now(), result=result
        )
        await self._store.put_command(record)
        self._live.pop(command_id, None)
        self._keys.pop((record.principal, record.idempotency_key), None)
        self._under_way[record.session_id] -= 1
        if self._under_way[record.session_id] <= 0:
            del self._under_way[record.session_id]
        self._router.publish([self._finished(record, result)])
        self._wake(live)
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

    def _finished(self, record: CommandRecord, result: AnyResult) -> ev.CommandFinished:
        made = result.interaction_id if isinstance(result, Succeeded) else None
        return ev.CommandFinished(
            time=record.finished_at or self._clock.now(),
            platform_id=record.platform_id,
            session_id=record.session_id,
            agent_id=record.agent_id,
            command_id=record.id,
            verb=verb(record.command),
            interaction_id=getattr(record.command, "interaction_id", None) or made,
            result=result,
        )

    @staticmethod
    def _wake(live: _Live) -> None:
        waiters, live.waiters = live.waiters, []
        for waiter in waiters:
            _resolve(waiter, storable(live.record))

    # --- looking up

    async def _record(self, command_id: CommandId) -> CommandRecord:
        """A command that has a question open, taken up from the store after a restart."""
        live = self._live.get(command_id)
        if live is None:
            record = await self._store.command(command_id)
            if record is None:
                raise RefusedError(ErrorCode.UNKNOWN_OBJECT, f"there is no command {command_id}")
            live = self._live.setdefault(command_id, _Live(record))
            self._under_way[record.session_id] += 1
        return live.record

    async def _known(self, principal: Principal, key: str, command: AnyCommand) -> CommandRecord | None:
        """The command that came under this key before. Raises RefusedError if it was another one."""
        since = self._clock.now() - KEY_LIFE
        record = await self._store.command_by_key(principal.name, key, since)
        if live := self._live.get(self._keys.get((principal.name, key), CommandId(""))):
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


def _resolve(waiter: Waiter, record: CommandRecord | None) -> None:
    if not waiter.done():
        waiter.set_result(record)
