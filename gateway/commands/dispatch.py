"""The life of a command: accepted and stored, attempted, perhaps asked about, one final result.

Nothing here waits for a person: a question ends the attempt, and its answer begins the next one with the same
command id (pending.py). What is under way, and how it is finished, is kept in ledger.py.
"""

from datetime import timedelta
from typing import Final

from msgspec.structs import replace

from adapters.dialect import Done, Outcome
from gateway.admission import require_command, require_sight
from gateway.clock import Clock
from gateway.commands.attempt import Attempt, stopped
from gateway.commands.ledger import Ledger, Live, OnResult
from gateway.commands.pending import Pending, by_default, given
from gateway.commands.precheck import Precheck
from gateway.commands.targets import Target, Targets
from gateway.commands.unproved import Unproved
from gateway.commands.waiting import Waiting
from gateway.config import NeedInfoPolicy
from gateway.ids import Minter
from gateway.links.registry import Links
from gateway.router import Batch, Router
from gateway.security.access import Principal
from gateway.state import State
from gateway.store.base import Store, storable
from gateway.tasks import Tasks
from gateway.telemetry.metrics import Metrics
from schemas import events as ev
from schemas.commands import AnyCommand, Complete, Login, verb
from schemas.errors import RefusedError, UnsupportedError
from schemas.ids import CommandId
from schemas.needinfo import MAX_ROUNDS, Answer, AnswerAction, NeedInfo, Question, Resolution
from schemas.results import (
    CommandRecord,
    CommandStatus,
    Effect,
    ErrorCode,
    Failed,
    FinalResult,
    NeedsInfo,
    Succeeded,
)

_RESTARTED: Final = Failed(
    code=ErrorCode.INTERNAL,
    effect=Effect.UNKNOWN,
    message="the gateway restarted while the command was under way",
)
_STOPPING: Final = "the gateway is stopping"
_NO_JOURNAL: Final = "the journal cannot be written at present; nothing was begun"
_TOO_LATE: Final = Failed(
    code=ErrorCode.UNAVAILABLE, message="it could be kept only when it came too late by then"
)


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
        self._tasks = tasks
        self.precheck = Precheck(state, router, clock)
        self._unproved = Unproved(state, links, store, router, clock, tasks)
        self._ledger = Ledger(
            store=store,
            router=router,
            clock=clock,
            metrics=metrics,
            tasks=tasks,
            unproved=self._unproved.watch,
            per_session=per_session,
        )
        self._waiting = Waiting(links, clock, self._linked, self._unlinked)
        self._stopping = False
        self.pending = Pending(store, router, clock, minter, metrics, self._expired)

    async def start(self) -> None:
        """After a restart: questions go on, and so does what was not sent; of the rest nobody knows."""
        await self.pending.start()
        await self._unproved.start()
        asked = {one.command_id for one in self.pending.all()}
        for record in await self._store.open_commands():
            if record.id in asked:
                continue
            live = self._ledger.add(record)
            if record.status is CommandStatus.ACCEPTED:
                await self._resume(live)
            else:  # also one whose question was answered, and no more
                await self._ledger.finish(live, stopped(_RESTARTED, record.steps))
        self._router.on_commit(self._completed)

    async def _resume(self, live: Live) -> None:
        """Go on with a command that was certainly not sent, unless that comes too late by now."""
        record = live.record
        try:
            target = self._targets.of(record.command)
        except RefusedError as error:
            await self._ledger.finish(live, Failed(code=error.code, message=error.message))
            return
        until = record.accepted_at + self._patience(target)
        if isinstance(record.command, Login):
            message = "the gateway restarted before it was sent, and keeps no password: sign in again"
            await self._ledger.finish(live, Failed(code=ErrorCode.UNAVAILABLE, message=message))
        elif until <= self._clock.now():
            message = "the gateway restarted before it was sent, and that was too long ago"
            await self._ledger.finish(live, Failed(code=ErrorCode.UNAVAILABLE, message=message))
        else:
            self._waiting.add(live, until)

    def close(self) -> None:
        """Take no further commands or answers; those under way go on."""
        self._stopping = True

    async def drained(self) -> None:
        """Return when no command is with a platform any more."""
        await self._ledger.drained()

    def stop(self) -> None:
        """Let the clock go: what waits for a person or a link stays in the store."""
        self.pending.stop()
        self.precheck.vetoes.stop()
        self._waiting.stop()

    def _require_open(self) -> None:
        """What could not be kept, or waited for, is not begun."""
        if self._stopping:
            raise RefusedError(ErrorCode.UNAVAILABLE, _STOPPING)
        if self._store.trouble:
            raise RefusedError(ErrorCode.UNAVAILABLE, _NO_JOURNAL)

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
        ids, missing rights, too many at once, a used key with another body, a gateway that stops.
        """
        principal.require_standing()
        self._require_open()
        if (known := await self._ledger.known(principal.name, key, command)) is not None:
            return known  # before anything is looked up: what it was about may be gone by now
        target = self._targets.of(command)
        require_command(principal, verb(command), target.platform.id, target.agent_id)
        self._ledger.require_room(target.session_id)
        record = CommandRecord(
            id=self._minter.command(),
            command=command,
            platform_id=target.platform.id,
            session_id=target.session_id,
            agent_id=target.agent_id,
            status=CommandStatus.ACCEPTED,
            accepted_at=self._clock.now(),
            attempts=1,
            interactive=interactive,
            principal=principal.name,
            idempotency_key=key,
        )
        live = self._ledger.add(record, on_result)
        return storable(await self._proceed(live, record, target))

    async def answer(self, answer: Answer, principal: Principal) -> CommandRecord:
        """Answer a question and go on with its command. Raises RefusedError."""
        principal.require_standing()
        self._require_open()
        needinfo = await self.pending.find(answer.needinfo_id)
        require_command(principal, "needinfo.answer", needinfo.platform_id, needinfo.agent_id)
        await self.pending.take(answer)
        live = await self._ledger.taken_up(needinfo.command_id)
        if answer.action is AnswerAction.CANCEL:
            cancelled = Failed(code=ErrorCode.CANCELLED, message="the question was cancelled")
            await self._ledger.finish(live, cancelled)
        else:
            await self._again(live, given(needinfo, answer))
        return storable(live.record)

    async def find(self, command_id: CommandId, principal: Principal) -> CommandRecord:
        """A command as it stands. Raises RefusedError."""
        record = await self._ledger.find(command_id)
        if record is None:
            raise RefusedError(ErrorCode.UNKNOWN_OBJECT, f"there is no command {command_id}")
        require_sight(principal, record.platform_id, record.agent_id)
        return storable(record)

    async def settled(self, command_id: CommandId, timeout_s: float) -> CommandRecord | None:
        """Wait until the command is finished or asks; None if it takes longer than that."""
        return await self._ledger.settled(command_id, timeout_s)

    # --- one attempt

    async def _proceed(self, live: Live, record: CommandRecord, target: Target) -> CommandRecord:
        """Store the record, then begin an attempt, or wait for the link to come. Returns what was stored."""
        waits = self.precheck.needs_link(record.command, target) and self._waiting.needed(target)
        record = replace(record, status=CommandStatus.ACCEPTED if waits else CommandStatus.SENT)
        begun_s = self._clock.monotonic()
        await self._ledger.keep(live, record)
        if self._clock.monotonic() - begun_s > self._patience(target).total_seconds():
            self._end(live, _TOO_LATE)  # the disk was full: a call is not to be answered minutes later
        elif waits:
            self._waiting.add(live, self._clock.now() + self._patience(target))
        else:
            self._attempt(live, target)
        return record

    def _linked(self, live: Live) -> None:
        self._tasks.start(self._go_on(live, live.record), "command link")

    def _unlinked(self, live: Live) -> None:
        message = f"no link to {live.record.platform_id} for this agent came in time"
        self._end(live, Failed(code=ErrorCode.LINK_DOWN, message=message))

    async def _go_on(self, live: Live, record: CommandRecord) -> None:
        """Make the next attempt: with more answers, or now that the link is there."""
        try:
            target = self._targets.of(record.command)
        except RefusedError as error:
            live.record = record
            await self._ledger.finish(live, Failed(code=error.code, message=error.message))
        else:
            await self._proceed(live, record, target)

    @staticmethod
    def _patience(target: Target) -> timedelta:
        return timedelta(seconds=target.platform.config.needinfo.platform_timeout_s)

    def _attempt(self, live: Live, target: Target) -> None:
        """Begin an attempt; it ends in `_outcome`, perhaps at once."""
        command = live.record.command
        live.steps.clear()
        live.before = self._unproved.before(command, target.session_id)

        def done(outcome: Outcome) -> None:
            self._outcome(live, target, outcome)

        if (refusal := self.precheck.outcome(command, target)) is not None:
            done(refusal)
            return
        link = self._links.to(target.platform.id, target.session_id)
        if link is None:
            done(Failed(code=ErrorCode.LINK_DOWN, message=f"no link to {target.platform.id} for this agent"))
            return
        try:
            flow = link.flow(command, self._targets.context(target))
        except UnsupportedError as error:
            done(Failed(code=ErrorCode.UNSUPPORTED, message=str(error)))
            return
        timeout_s = target.platform.config.needinfo.platform_timeout_s
        Attempt(
            link, flow, timeout_s, self._clock, lambda step: self._ledger.sending(live, step), done
        ).start()

    def _outcome(self, live: Live, target: Target, outcome: Outcome) -> None:
        record = live.record
        match outcome:
            case Done(ref=ref, data=data, warnings=warnings, extras=extras):
                made = self._state.identify(target.session_id, ref) if ref is not None else None
                self._end(live, Succeeded(interaction_id=made, data=data, warnings=warnings, extras=extras))
            case Failed():
                self._end(live, stopped(outcome, live.steps))
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

    def _end(self, live: Live, result: FinalResult) -> None:
        live.tell(result)
        self._tasks.start(self._ledger.finish(live, result), "command end")

    # --- questions

    async def _ask(self, live: Live, target: Target, question: Question) -> None:
        await self._question(live, target, question)
        live.wake()

    async def _by_policy(
        self, live: Live, target: Target, question: Question, answer: dict[str, object]
    ) -> None:
        needinfo = await self._question(live, target, question)
        await self.pending.resolve(needinfo, Resolution.POLICY)
        await self._again(live, answer)

    async def _question(self, live: Live, target: Target, question: Question) -> NeedInfo:
        """Keep and tell a question; only when that is done can anybody know of it."""
        timeout_s = target.platform.config.needinfo.human_timeout_s
        asked = self.pending.make(live.record, question, target.interaction, timeout_s)
        record = replace(live.record, status=CommandStatus.NEEDINFO, result=NeedsInfo(needinfo=asked))
        await self._store.put_command(record)
        await self.pending.ask(asked)
        live.record = record
        return asked

    async def _again(self, live: Live, answers: dict[str, object]) -> None:
        """The next round: the same command with more answers."""
        record = live.record
        command = replace(record.command, answers={**record.command.answers, **answers})
        attempts = record.attempts + 1
        await self._go_on(
            live, replace(record, command=command, attempts=attempts, sent_at=None, steps=(), result=None)
        )

    def _expired(self, needinfo: NeedInfo) -> None:
        self._tasks.start(self._expire(needinfo), "needinfo expiry")

    async def _expire(self, needinfo: NeedInfo) -> None:
        await self.pending.resolve(needinfo, Resolution.EXPIRED)
        live = await self._ledger.taken_up(needinfo.command_id)
        message = "nobody answered the question in time"
        await self._ledger.finish(live, Failed(code=ErrorCode.EXPIRED, message=message))

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
        live = await self._ledger.taken_up(needinfo.command_id)
        message = "the interaction was completed before the question was answered"
        done = isinstance(live.record.command, Complete)
        result = (
            Succeeded(warnings=(message,)) if done else Failed(code=ErrorCode.WRONG_STATE, message=message)
        )
        await self._ledger.finish(live, result)
