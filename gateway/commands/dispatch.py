"""The life of a command: accepted and stored, attempted, perhaps asked about, one final result.

Nothing here waits for a person: a question ends the attempt, and its answer begins the next one with the same
command id (pending.py). What is under way, and how it is finished, is kept in ledger.py.
"""

import asyncio
from functools import partial

from msgspec.structs import replace

from adapters.contract.dialect import Done, Outcome
from gateway.commands import ends
from gateway.commands.attempt import Attempt, stopped
from gateway.commands.beginnings import Beginnings, succeeded
from gateway.commands.ledger import Begun, Ledger, Live, OnResult
from gateway.commands.pending import Pending, by_default, given
from gateway.commands.precheck import Precheck
from gateway.commands.releases import Releases
from gateway.commands.targets import Target, Targets, changed_by
from gateway.commands.unanswered import Unanswered
from gateway.commands.unproved import Unproved
from gateway.commands.vetoes import Vetoes
from gateway.commands.waiting import Waiting
from gateway.commands.wording import require_sendable, unasked, worded
from gateway.events.router import Router
from gateway.http.admission import require_verb
from gateway.links.registry import Links
from gateway.platforms.needinfo import NeedInfoPolicy
from gateway.runtime.age import RunningTime
from gateway.runtime.ids import Minter
from gateway.runtime.tasks import Tasks
from gateway.security.access import Principal, Scope
from gateway.security.audit import Audit
from gateway.state.fold import State
from gateway.state.identity import NOBODY
from gateway.store.base import Store, storable
from gateway.store.blanked import incomplete
from gateway.store.patience import Patience
from gateway.telemetry import tracing
from gateway.telemetry.metrics import Metrics
from schemas.commands import AnyCommand, Complete, Release, verb
from schemas.errors import RefusedError, UncertainError, UnsupportedError
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
        vetoes: Vetoes,
        time: RunningTime,
        minter: Minter,
        metrics: Metrics,
        tasks: Tasks,
        patience: Patience,
        per_session: int,
        begun: Begun | None = None,
    ) -> None:
        self._patience, self.audit = patience, Audit(store)
        self._state, self._known = state, state.snapshots
        self._targets, self._links = targets, links
        self._store, self._router = store, router
        self._time, self._clock = time, time.clock
        self._minter, self._tasks, self._stopping = minter, tasks, False
        self.precheck = Precheck(state, links, vetoes, router, time)
        self._unproved = Unproved(state, links, store, router, time, tasks)
        self._ledger = Ledger(
            store=store,
            router=router,
            time=time,
            metrics=metrics,
            tasks=tasks,
            patience=patience,
            unproved=self._unproved.watch,
            per_session=per_session,
            begun=begun,
        )
        self._waiting = Waiting(links, time.clock, self._linked, self._unlinked)
        self._beginnings = Beginnings(state, router, time.clock)
        not_shown = partial(self._end, result=ends.END_NOT_SHOWN)
        self._releases = Releases(state, router, time.clock, self._shown_over, not_shown)
        self.pending = Pending(store, router, time, minter, metrics)
        self._unanswered = Unanswered(self.pending, self._ledger, tasks)

    async def start(self) -> None:
        """After a restart: questions go on, and so does what was not sent; of the rest nobody knows.

        No question's clock runs before all are sorted: a command whose question ran out meanwhile would be
        found without one, and finished twice.
        """
        self._waiting.begin()
        await self.pending.load()
        await self._unproved.start()
        asked = {one.command_id for one in self.pending.all()}
        for record in [one for one in await self._store.open_commands() if one.id not in asked]:
            live = self._ledger.take_up(record)
            if record.status is CommandStatus.ACCEPTED:
                await self._resume(live)
            else:
                await self._ledger.finish(live, await self._left(record))
        await self._unanswered.start(self._state, self._router)
        self.precheck.wrap_ups.start(self._targets.platforms, self.submit, self._tasks)

    async def _left(self, record: CommandRecord) -> FinalResult:
        """How a command ends that the last run left half done, and no question of it is open."""
        asked = record.result.needinfo.id if isinstance(record.result, NeedsInfo) else None
        known = None if asked is None else await self._store.needinfo(asked)
        return ends.left_behind(record, known[1] if known is not None else None)

    async def _resume(self, live: Live) -> None:
        """Go on with a command that was certainly not sent, unless that comes too late by now."""
        record = live.record
        try:
            target = self._targets.of(record.command)
        except RefusedError as error:
            await self._ledger.finish(live, Failed(code=error.code, message=error.message))
            return
        waited = self._time.now() - self._time.of_last_run(record.accepted_at)
        left_s = target.patience_s - waited.total_seconds()
        if incomplete(record.command):
            await self._ledger.finish(live, ends.not_kept(record.command))
        elif left_s <= 0:
            await self._ledger.finish(live, ends.TOO_LONG_AGO)
        else:
            self._waiting.add(live, min(left_s, target.patience_s))

    def close(self) -> None:
        """Take no further commands or answers; those under way go on."""
        self._stopping = True

    async def drained(self) -> None:
        """Return when no command is with a platform any more."""
        await self._ledger.drained()

    def stop(self) -> None:
        """Let the clock go: what waits for a person or a link stays in the store."""
        for one in (self.pending, self.precheck, self._waiting, self._releases, self._beginnings):
            one.stop()

    def _require_open(self) -> None:
        """What could not be waited for is not begun."""
        if self._stopping:
            raise RefusedError(ErrorCode.UNAVAILABLE, ends.STOPPING)

    def _require_journal(self) -> None:
        """What could not be kept is not begun."""
        if self._store.trouble:
            raise RefusedError(ErrorCode.UNAVAILABLE, ends.NO_JOURNAL)

    async def submit(
        self,
        command: AnyCommand,
        principal: Principal,
        *,
        key: str = "",
        interactive: bool = True,
        within_s: float | None = None,
        on_result: OnResult | None = None,
    ) -> CommandRecord:
        """Accept a command. Returns when it is stored and under way.

        `on_result` gets the final result, in `within_s` at most, or, soon, that a full disk lets nobody know
        it. Raises RefusedError for what is refused without a trace: unknown ids, missing rights, too many at
        once, a used key with another body, tones that no telephone has, a gateway that stops or cannot write;
        UncertainError if the disk takes too long.
        """
        principal.require_standing()
        require_sendable(command)
        self._require_open()
        if (known := await self._ledger.known(principal, key, command)) is not None:
            return known  # before anything is looked up: what it was about may be gone by now
        self._require_journal()
        target = self._targets.of(command, principal)
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
            traceparent=tracing.here(),
        )
        live = self._ledger.add(record, on_result, within_s)
        try:
            return storable(await self._patience.answer(self._proceed(live, live.record, target)))
        except UncertainError:
            if on_result is not None:
                return storable(live.record)  # whoever asked has it for the result
            raise

    async def answer(
        self, answer: Answer, principal: Principal, of: CommandId | None = None
    ) -> CommandRecord:
        """Answer a question, `of` that command, and go on with it. Raises RefusedError, UncertainError.

        Who may not give the command may not let it go on either.
        """
        principal.require(Scope.COMMANDS_WRITE)
        self._require_open()
        self._require_journal()
        needinfo = await self.pending.find(answer.needinfo_id, principal, of)
        if (asking := await self._ledger.find(needinfo.command_id)) is not None:
            require_verb(principal, verb(asking.command))
        return await self._patience.answer(self._answer(needinfo, answer, principal.name))

    async def _answer(self, needinfo: NeedInfo, answer: Answer, principal: str) -> CommandRecord:
        await self.pending.take(answer, principal)
        live = await self._ledger.taken_up(needinfo.command_id)
        if answer.action is AnswerAction.CANCEL:
            await self._ledger.finish(live, ends.CANCELLED)
        else:
            await self._again(live, given(needinfo, answer))
        return storable(live.kept or live.record)

    async def find(self, command_id: CommandId, principal: Principal) -> CommandRecord:
        """A command as it stands. Raises RefusedError."""
        return storable(await self._ledger.seen(command_id, principal))

    async def settled(self, command_id: CommandId, timeout_s: float) -> CommandRecord | None:
        """Wait until the command is finished or asks; None if that takes longer, or a full disk delays it."""
        try:
            return await self._patience.answer(self._ledger.settled(command_id, timeout_s))
        except UncertainError:
            return None

    async def followed(self, command_id: CommandId, timeout_s: float) -> CommandRecord | None:
        """The same, for who was told that it is accepted and can wait for the disk."""
        return await self._ledger.settled(command_id, timeout_s)

    # --- one attempt

    async def _proceed(self, live: Live, record: CommandRecord, target: Target) -> CommandRecord:
        """Store the record, then begin an attempt, or wait for the link to come. Returns what was stored."""
        for_the_platform = self.precheck.needs_link(record.command, target)
        completes = record.command.interaction_id if isinstance(record.command, Complete) else None
        # A call that we have released, and whose end has not been shown yet.
        awaits_end = for_the_platform and completes is not None and self._releases.awaited(completes)
        waits = awaits_end or (for_the_platform and self._waiting.needed(target))
        record = replace(record, status=CommandStatus.ACCEPTED if waits else CommandStatus.SENT)
        latest_s = min(self._clock.monotonic() + target.patience_s, live.until_s)
        await self._ledger.keep(live, record)
        if (now_s := self._clock.monotonic()) > latest_s:
            self._end(live, ends.TOO_LATE)  # the disk was full: a call is not to be answered minutes later
        elif completes is not None and awaits_end:
            self._releases.add(live, completes, live.until_s - now_s)
        elif waits:
            self._waiting.add(live, self._patience_s(live, target))
        else:
            self._attempt(live, target)
        return record

    def _patience_s(self, live: Live, target: Target) -> float:
        """How long the platform is waited for, by a client that may have less time than that."""
        return max(0.0, min(target.patience_s, live.until_s - self._clock.monotonic()))

    def _shown_over(self, live: Live) -> None:
        command = live.record.command
        if isinstance(command, Complete) and self._known.open_interaction(command.interaction_id) is None:
            self._end(live, Succeeded())  # there was nothing left to do after it
        else:
            self._linked(live)

    def _linked(self, live: Live) -> None:
        self._tasks.start(self._go_on(live, live.record), "command link")

    def _unlinked(self, live: Live) -> None:
        self._end(live, ends.no_link(live.record.platform_id, " came in time"))

    async def _go_on(self, live: Live, record: CommandRecord) -> None:
        """Make the next attempt: with more answers, or now that the link is there."""
        try:
            target = self._targets.of(record.command)
        except RefusedError as error:
            live.record = record
            await self._ledger.finish(live, Failed(code=error.code, message=error.message))
        else:
            await self._proceed(live, record, target)

    def _attempt(self, live: Live, target: Target) -> None:
        """Begin an attempt; it ends in `_outcome`, perhaps at once."""
        command = live.record.command
        live.steps.clear()
        tracing.go_on(live.record.traceparent)
        live.before = self._unproved.before(command, target.session_id)
        if (refusal := self.precheck.outcome(command, target)) is not None:
            self._outcome(live, target, refusal, NOBODY)
            return
        if (link := self._links.to(target.platform.id, target.session_id)) is None:
            self._outcome(live, target, ends.no_link(target.platform.id), NOBODY)
            return
        done = partial(self._outcome, live, target, link=link.number)
        context = replace(self._targets.context(target, link.number), answered=live.answered)
        if (unmet := self._targets.unmet(context, link.number)) is not None:
            done(unmet)
            return
        try:
            command, live.dialled = worded(command, context.agent, target.platform.plan)
            flow = link.flow(command, context)
        except UnsupportedError as error:
            done(Failed(code=ErrorCode.UNSUPPORTED, message=str(error)))
            return
        about = changed_by(command, context)
        link.sent(*about)

        def answered(outcome: Outcome) -> None:
            link.over(*about, nothing=isinstance(outcome, Failed) and outcome.effect is Effect.NONE)
            done(outcome)

        patience, sending = partial(self._patience_s, live, target), partial(self._ledger.sending, live)
        Attempt(link, flow, patience, self._clock, sending, answered).start()

    def _outcome(self, live: Live, target: Target, outcome: Outcome, link: int) -> None:
        """What became of an attempt, over the link with that number: the refs are that one's."""
        record = live.record
        match outcome:
            case Done(ref=ref):
                if isinstance(record.command, Release):
                    self._releases.released(record.command.interaction_id, target.patience_s)
                made = self._known.identify(target.session_id, ref, link) if ref is not None else None
                self._beginnings.when_shown(
                    made, lambda shown: self._end(live, succeeded(outcome, made, shown=shown))
                )
            case Failed():
                self._end(live, stopped(outcome, live.steps))
            case Question():
                asks, plan = target.platform.config.needinfo, target.platform.plan
                if record.attempts >= MAX_ROUNDS:
                    self._end(live, ends.too_many_rounds(outcome))
                elif (known := unasked(record.command, outcome, asks, plan)) is not None:
                    self._tasks.start(self._again(live, known), "needinfo unasked")
                elif asks.policy is NeedInfoPolicy.DEFAULT and (answer := by_default(outcome)) is not None:
                    self._tasks.start(self._by_policy(live, target, outcome, answer), "needinfo policy")
                elif asks.policy is NeedInfoPolicy.ASK and record.interactive:
                    self._tasks.start(self._ask(live, target, outcome), "needinfo")
                else:
                    self._end(live, ends.missing(outcome))

    def _end(self, live: Live, result: FinalResult) -> None:
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
        with self._ledger.writing(live):
            await asyncio.gather(self._store.put_command(record), self.pending.ask(asked))  # one commit
        live.record = live.kept = record
        return asked

    async def _again(self, live: Live, answers: dict[str, object]) -> None:
        """The next round: the same command with more answers."""
        record = live.record
        if live.restored and incomplete(record.command):
            await self._ledger.finish(live, ends.not_kept(record.command))
            return
        live.answered = record.result.needinfo.kind if isinstance(record.result, NeedsInfo) else None
        command = replace(record.command, answers={**record.command.answers, **answers})
        attempts = record.attempts + 1
        await self._go_on(
            live, replace(record, command=command, attempts=attempts, sent_at=None, steps=(), result=None)
        )
