"""The spans of a gateway, and where each belongs.

    frame ─┬─ decode
           └─ commit ─┬─ deliver            a stream, an event stream or a facade's client
                      └─ webhook attempt    each of them; retries too

    command accepted ─┬─ platform call      one for each call of the vendor's API
                      ├─ question           from asked to answered; its events are committed within it
                      └─ command result ─── commit ─── deliver, webhook attempt

A command belongs to the trace that its client names, else to one of its own. Others may belong to a span that
is over, so none is open for longer than a call or a question, and a command that is finished after a restart
still has its place. Attributes are ids, types and dialects: nothing secret, nothing personal, nobody's number
and no agent's name.
"""

from collections import OrderedDict, deque
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from typing import Final, NamedTuple, TypeVar

from msgspec.structs import replace
from opentelemetry.context import Context
from opentelemetry.trace import (
    NonRecordingSpan,
    Span,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
    set_span_in_context,
)
from opentelemetry.util.types import AttributeValue

from adapters.contract.dialect import Call, Flow, Outcome, Reply
from gateway.platforms.platform import Platform
from gateway.spans.exporting import Exporting
from gateway.telemetry import tracing
from gateway.telemetry.build import build_version
from schemas import events as ev
from schemas.commands import verb
from schemas.events import TAGS
from schemas.ids import Cursor
from schemas.needinfo import NeedInfo
from schemas.results import CommandRecord, Failed

MOST_EVENTS: Final = 10_000  # whose place in a trace is remembered
MOST_OPEN: Final = 10_000  # commands not begun, and questions
_ROOT: Final = Context()  # of no trace
FAILED: Final = Status(StatusCode.ERROR)
_Kept = TypeVar("_Kept")


class Commit(NamedTuple):
    """What was published at once: its cursors, its span, and where that is."""

    first: Cursor
    last: Cursor
    span: Span
    within: Context


class Recorder:
    """Told by the parts of what they do."""

    def __init__(self, exporting: Exporting) -> None:
        self._ids, self._samples = exporting.ids, exporting.samples
        self._tracer = exporting.provider.get_tracer("trunkline", build_version())
        self.within: Context | None = None  # where what is published now belongs; None: nowhere
        self.calling = ""  # the place of the call that is about to be sent
        self._events: OrderedDict[str, str] = OrderedDict()  # id to place
        self._begun: OrderedDict[str, Span] = OrderedDict()  # commands by place, until their first call
        self._questions: OrderedDict[str, Span] = OrderedDict()
        self._committing: deque[tuple[Commit, Span | None]] = deque()

    def _start(
        self, name: str, within: Context, kind: SpanKind = SpanKind.INTERNAL, **about: AttributeValue
    ) -> Span:
        attributes = {f"trunkline.{key}": value for key, value in about.items() if value}
        return self._tracer.start_span(name, within, kind, attributes)

    # --- frames

    @contextmanager
    def frame(self, platform: Platform) -> Iterator[Span]:
        """A vendor's frame is taken; what is published meanwhile comes of it."""
        about = {"platform": platform.id, "dialect": platform.dialect.name}
        span = self._start("frame", _ROOT, SpanKind.CONSUMER, **about)
        before, self.within = self.within, set_span_in_context(span, _ROOT)
        try:
            yield span
        finally:
            self.within = before
            span.end()

    @contextmanager
    def inside(self, within: Context | None) -> Iterator[None]:
        """What is published belongs there, unless a frame is being taken."""
        before = self.within
        self.within = before or within
        try:
            yield
        finally:
            self.within = before

    @contextmanager
    def decode(self) -> Iterator[None]:
        """The frame is read, which may raise: then it was malformed."""
        span = self._start("decode", self.within or _ROOT)
        well = False
        try:
            yield
            well = True
        finally:
            if not well:
                span.set_status(FAILED)
            span.end()

    # --- events

    def published(self, events: Sequence[ev.AnyEvent]) -> None:
        """They have ids and cursors, and wait to be durable."""
        first, last = events[0], events[-1]
        within, result = self._parent(first)
        span = self._start(
            "commit",
            within,
            platform=first.platform_id,
            events=tuple(dict.fromkeys(TAGS[type(one)] for one in events)),
            cursor=last.cursor,
            interaction=first.interaction.id if isinstance(first, ev.InteractionEvent) else "",
        )
        place = _place(span)
        for event in events:
            _keep(self._events, event.id, place, MOST_EVENTS)
        if span.is_recording():
            commit = Commit(first.cursor, last.cursor, span, set_span_in_context(span, _ROOT))
            self._committing.append((commit, result))

    def _parent(self, event: ev.AnyEvent) -> tuple[Context, Span | None]:
        """Where an event belongs, and the span that ends when it is durable."""
        match event:
            case ev.CommandFinished(command_id=str(command_id)):
                at = tracing.of_command(command_id)
                self.accepted(at)
                result = event.result
                code = result.code.value if isinstance(result, Failed) else "succeeded"
                span = self._start("command result", _context(at), verb=event.verb, outcome=code)
                if isinstance(result, Failed):
                    span.set_status(FAILED)
                return set_span_in_context(span, _ROOT), span
            case ev.NeedInfoRequested(needinfo=asked):
                at = tracing.of_command(asked.command_id)
                self.accepted(at)
                span = self._start("question", _context(at), asks=asked.kind.value, round=asked.round)
                if (over := _keep(self._questions, asked.id, span, MOST_OPEN)) is not None:
                    over.end()
                return set_span_in_context(span, _ROOT), None
            case ev.NeedInfoResolved(needinfo=asked):
                span = self._asked(asked)
                span.set_attribute("trunkline.resolution", event.resolution.value)
                return set_span_in_context(span, _ROOT), span
            case _:
                return self.within or _ROOT, None

    def _asked(self, asked: NeedInfo) -> Span:
        """A question's span, begun now if a former life of ours asked it."""
        if asked.id in self._questions:
            return self._questions.pop(asked.id)
        at = tracing.of_command(asked.command_id)
        return self._start("question", _context(at), asks=asked.kind.value, round=asked.round)

    def committed(self, last: Cursor) -> list[Commit]:
        """All up to there is durable; what of it is recorded."""
        told: list[Commit] = []
        while self._committing and self._committing[0][0].last <= last:
            commit, result = self._committing.popleft()
            commit.span.end()
            if result is not None:
                result.end()
            told.append(commit)
        return told

    def delivered(self, surface: str, commit: Commit, count: int, begun_ns: int) -> None:
        """So many events of a commit were given to a client."""
        about: dict[str, AttributeValue] = {"trunkline.surface": surface, "trunkline.count": count}
        self._tracer.start_span("deliver", commit.within, SpanKind.PRODUCER, about, start_time=begun_ns).end()

    def attempt(self, event_id: str, otherwise: str, webhook_id: str) -> tuple[Span, str]:
        """An attempt at sending an event begins: its span and place.

        `otherwise`: where it belongs if the event's commit is forgotten, as after a restart.
        """
        at = self._events.get(event_id)
        if at is None:
            place = tracing.read(otherwise)
            left_out = place is not None and not self._samples(place.trace_id)
            at = str(place._replace(flags="00")) if place is not None and left_out else otherwise
        span = self._start(
            "webhook attempt", _context(at), SpanKind.PRODUCER, webhook=webhook_id, event=event_id
        )
        return span, _place(span)

    # --- commands

    def begun(self, record: CommandRecord) -> CommandRecord:
        """A command is taken, in the trace that its client named, or else in one of its own."""
        within, here = _context(tracing.said()), tracing.read(tracing.here())
        if within is _ROOT and here is not None:
            self._ids.next_trace_id = int(here.trace_id, 16)
        span = self._start(
            "command accepted",
            within,
            SpanKind.SERVER,
            verb=verb(record.command),
            command=record.id,
            platform=record.platform_id,
        )
        self._ids.next_trace_id = None
        place = _place(span)
        if (over := _keep(self._begun, place, span, MOST_OPEN)) is not None:
            over.end()
        return replace(record, traceparent=place)

    def accepted(self, at: str) -> None:
        """The command of that place is stored, and under way or over."""
        if (span := self._begun.pop(at, None)) is not None:
            span.end()

    def calls(self, flow: Flow, at: str, platform: Platform) -> Flow:
        """The same flow, with a span for each of its calls. `at`: the command's place."""
        self.accepted(at)
        return self._calls(flow, _context(at), platform)

    def _calls(self, flow: Flow, within: Context, platform: Platform) -> Generator[Call, Reply, Outcome]:
        try:
            call = next(flow)
            while True:
                span = self._start(
                    "platform call",
                    within,
                    SpanKind.CLIENT,
                    platform=platform.id,
                    dialect=platform.dialect.name,
                    method=call.method,
                )
                self.calling, reply = tracing.Exact(_place(span)), None
                try:
                    reply = yield call
                finally:
                    if reply is None:  # none came
                        span.set_status(FAILED)
                    span.end()
                call = flow.send(reply)
        except StopIteration as stop:
            outcome: Outcome = stop.value
            return outcome
        finally:
            flow.close()


def _place(span: Span) -> str:
    known = span.get_span_context()
    return f"00-{known.trace_id:032x}-{known.span_id:016x}-{known.trace_flags:02x}"


def _context(at: str) -> Context:
    """Of a place in a trace; of none for what is no place."""
    place = tracing.read(at)
    if place is None:
        return _ROOT
    flags = TraceFlags(int(place.flags, 16))
    known = SpanContext(int(place.trace_id, 16), int(place.span_id, 16), is_remote=True, trace_flags=flags)
    return set_span_in_context(NonRecordingSpan(known), _ROOT)


def _keep(kept: OrderedDict[str, _Kept], key: str, value: _Kept, most: int) -> _Kept | None:
    """One more; what has to go for it is returned."""
    kept[key] = value
    return kept.popitem(last=False)[1] if len(kept) > most else None
