"""Open questions: asked, answered once, or expired. All of them are in the store: a restart loses none.

The rules are design section 3: at most MAX_ROUNDS a command; late, second, foreign and malformed answers are
refused with what is wrong; everyone who watches the agent sees the question and how it ended.
"""

from collections.abc import Callable, Mapping
from datetime import timedelta

from gateway.events.router import Router
from gateway.runtime.age import RunningTime
from gateway.runtime.clock import TimerHandleLike
from gateway.runtime.ids import Minter
from gateway.security.access import Principal
from gateway.store.base import Store
from gateway.telemetry.metrics import Metrics
from schemas import events as ev
from schemas.errors import RefusedError
from schemas.ids import CommandId, InteractionId, NeedInfoId
from schemas.interaction import Interaction
from schemas.needinfo import (
    Answer,
    AnswerAction,
    Field,
    FieldType,
    NeedInfo,
    Question,
    Resolution,
)
from schemas.results import CommandRecord, ErrorCode
from schemas.values import Json

_ENDED = {
    AnswerAction.SUBMIT: Resolution.SUBMITTED,
    AnswerAction.SKIP: Resolution.SKIPPED,
    AnswerAction.CANCEL: Resolution.CANCELLED,
}


def check(question: NeedInfo | Question, answer: Answer) -> None:
    """Raise RefusedError naming the field that an answer lacks, invents or fills wrongly."""
    if answer.action is AnswerAction.SKIP and not question.skippable:
        raise RefusedError(ErrorCode.INVALID_COMMAND, "this question cannot be skipped")
    if answer.action is not AnswerAction.SUBMIT:
        return
    fields = {field.key: field for field in question.fields}
    for key in answer.values:
        if key not in fields:
            raise RefusedError(ErrorCode.INVALID_COMMAND, f"values.{key}: not asked for")
    for key, field in fields.items():
        if key in answer.values:
            _check_field(field, answer.values[key])
        elif field.required and field.default is None:
            raise RefusedError(ErrorCode.INVALID_COMMAND, f"values.{key}: missing")


def _check_field(field: Field, value: Json) -> None:
    kinds: Mapping[FieldType, type | tuple[type, ...]] = {
        FieldType.CHOICE: str,
        FieldType.TEXT: str,
        FieldType.BOOLEAN: bool,
        FieldType.NUMBER: (int, float),
    }
    number_wanted = field.type is FieldType.NUMBER
    if not isinstance(value, kinds[field.type]) or (number_wanted and isinstance(value, bool)):
        raise RefusedError(ErrorCode.INVALID_COMMAND, f"values.{field.key}: must be a {field.type}")
    if field.choices and value not in {choice.id for choice in field.choices}:
        known = ", ".join(choice.id for choice in field.choices)
        raise RefusedError(ErrorCode.INVALID_COMMAND, f"values.{field.key}: must be one of {known}")


def given(question: NeedInfo | Question, answer: Answer) -> dict[str, Json]:
    """What an answer adds to the command's `answers`.

    A question that can be skipped is skipped too if nothing is chosen in it; texts that go with it count.
    """
    skipped: dict[str, Json] = {f"skip_{question.kind}": True}
    if answer.action is AnswerAction.SKIP:
        return skipped
    defaults = {field.key: field.default for field in question.fields if field.default is not None}
    values = {**defaults, **answer.values}
    choices = [field for field in question.fields if field.type is FieldType.CHOICE] or question.fields
    chosen = any(values.get(field.key) for field in choices)
    return values if chosen or not question.skippable else {**values, **skipped}


def by_default(question: Question) -> dict[str, Json] | None:
    """What an answer without a person adds: the defaults, or skipping; None if the question has neither."""
    action = AnswerAction.SKIP if question.skippable else AnswerAction.SUBMIT
    answer = Answer(needinfo_id=NeedInfoId(""), action=action)
    try:
        check(question, answer)
    except RefusedError:
        return None
    return given(question, answer)


def _all_s(needinfo: NeedInfo) -> float:
    """The time that people have for it, in seconds."""
    return (needinfo.expires_at - needinfo.asked_at).total_seconds()


class Pending:
    """The open questions of this node."""

    def __init__(
        self,
        store: Store,
        router: Router,
        time: RunningTime,
        minter: Minter,
        metrics: Metrics,
    ) -> None:
        self._store = store
        self._router = router
        self._time = time
        self._minter = minter
        self._metrics = metrics
        self.on_expired: Callable[[NeedInfo], None] = lambda _: None  # told of those whose time ran out
        self._open: dict[NeedInfoId, NeedInfo] = {}
        self._kept: dict[NeedInfoId, NeedInfo] = {}  # those that a restart would find open
        self._timers: dict[NeedInfoId, TimerHandleLike] = {}

    async def load(self) -> None:
        """Take up the questions that were open when the process ended; their time does not run yet."""
        self._kept = {needinfo.id: needinfo for needinfo in await self._store.open_needinfos()}
        self._open = dict(self._kept)

    def start(self) -> None:
        """Let the time of those run that were taken up: what is left of it, and never more than all of it."""
        for needinfo in self.all():
            left_s = (self._time.of_last_run(needinfo.expires_at) - self._time.now()).total_seconds()
            self._watch(needinfo, min(left_s, _all_s(needinfo)))

    def stop(self) -> None:
        """Let the clock go; the questions stay open in the store."""
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()

    def __bool__(self) -> bool:
        """Whether any is open."""
        return bool(self._open)

    def all(self) -> list[NeedInfo]:
        """The open ones, oldest first."""
        return list(self._open.values())

    def shown(self) -> list[NeedInfo]:
        """The same, as anybody may see it: what is not durable yet does not count."""
        return list(self._kept.values())

    def about(self, interaction_id: InteractionId) -> list[NeedInfo]:
        """The open ones of an interaction."""
        return [one for one in self._open.values() if one.interaction_id == interaction_id]

    def make(
        self, record: CommandRecord, question: Question, interaction: Interaction | None, timeout_s: float
    ) -> NeedInfo:
        """A question of a command, with id and deadline."""
        now = self._time.shown(self._time.now())
        return NeedInfo(
            id=self._minter.needinfo(),
            command_id=record.id,
            platform_id=record.platform_id,
            session_id=record.session_id,
            agent_id=record.agent_id,
            interaction_id=interaction.id if interaction is not None else None,
            kind=question.kind,
            title=question.title,
            fields=question.fields,
            skippable=question.skippable,
            round=record.attempts,
            asked_at=now,
            expires_at=now + timedelta(seconds=timeout_s),
        )

    async def ask(self, needinfo: NeedInfo) -> None:
        """Start its clock, tell it and keep it: both begin in one turn, so one commit has both."""
        self._watch(needinfo, _all_s(needinfo))
        self._router.publish(
            [
                ev.NeedInfoRequested(
                    time=needinfo.asked_at,
                    platform_id=needinfo.platform_id,
                    session_id=needinfo.session_id,
                    agent_id=needinfo.agent_id,
                    command_id=needinfo.command_id,
                    needinfo=needinfo,
                )
            ]
        )
        await self._store.put_needinfo(needinfo, None)
        self._kept[needinfo.id] = needinfo

    async def find(
        self, needinfo_id: NeedInfoId, principal: Principal | None = None, of: CommandId | None = None
    ) -> NeedInfo:
        """An open question, of that command. Raises RefusedError saying how it ended, or that there is none.

        For somebody who does not see its agent there is none, and never was.
        """
        needinfo, known = self._open.get(needinfo_id), None
        if needinfo is None and (known := await self._store.needinfo(needinfo_id)) is not None:
            needinfo = known[0]
        if needinfo is None or (principal and not principal.sees(needinfo.platform_id, needinfo.agent_id)):
            raise RefusedError(ErrorCode.UNKNOWN_OBJECT, f"there is no question {needinfo_id}")
        if of not in (None, needinfo.command_id):
            raise RefusedError(ErrorCode.UNKNOWN_OBJECT, f"{needinfo_id} is not a question of this command")
        if known is not None:
            code = ErrorCode.EXPIRED if known[1] is Resolution.EXPIRED else ErrorCode.CONFLICT
            raise RefusedError(code, f"question {needinfo_id} is already {known[1] or 'being answered'}")
        return needinfo

    async def take(self, answer: Answer) -> NeedInfo:
        """Close a question with an answer. Raises RefusedError; of two only the first gets through."""
        needinfo = await self.find(answer.needinfo_id)
        check(needinfo, answer)
        await self.resolve(needinfo, _ENDED[answer.action])
        return needinfo

    async def resolve(self, needinfo: NeedInfo, resolution: Resolution) -> None:
        """Keep and tell how a question ended. From the call on nobody else can."""
        self._open.pop(needinfo.id, None)
        timer = self._timers.pop(needinfo.id, None)
        if timer is not None:
            timer.cancel()
        self._metrics.needinfo(needinfo.kind, resolution)
        self._router.publish(
            [
                ev.NeedInfoResolved(
                    time=self._time.shown(self._time.now()),
                    platform_id=needinfo.platform_id,
                    session_id=needinfo.session_id,
                    agent_id=needinfo.agent_id,
                    command_id=needinfo.command_id,
                    needinfo=needinfo,
                    resolution=resolution,
                )
            ]
        )
        await self._store.put_needinfo(needinfo, resolution)
        self._kept.pop(needinfo.id, None)

    def _watch(self, needinfo: NeedInfo, left_s: float) -> None:
        self._open[needinfo.id] = needinfo
        self._timers[needinfo.id] = self._time.call_later(max(0.0, left_s), lambda: self._late(needinfo))

    def _late(self, needinfo: NeedInfo) -> None:
        if self._open.pop(needinfo.id, None) is not None:  # from here on nobody can answer it
            self.on_expired(needinfo)
