"""How spans get to a collector: in batches, by a thread of the SDK's, which nobody waits for.

So many wait at most; what comes on top is dropped. Dropped, sent and lost with a collector that does not take
them are counted. A span is never sent twice by us, and what the collector says is not read.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from threading import Thread
from typing import Final

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanLimits, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.sdk.trace.sampling import Decision, ParentBased, TraceIdRatioBased

from gateway.spans.config import TracingConfig
from gateway.telemetry.build import build_version
from gateway.telemetry.tracing import SpanOutcome

FINISH_S: Final = 2.0  # for what is left at the end
_PATH: Final = "/v1/traces"
_BATCH: Final = 512
_EVERY_S: Final = 2.0
_TEXT: Final = 200  # characters of an attribute


Count = Callable[[SpanOutcome, int], None]


class Ids(RandomIdGenerator):
    """Random ids; a trace's may be given beforehand."""

    def __init__(self) -> None:
        self.next_trace_id: int | None = None

    def generate_trace_id(self) -> int:
        """The one that was given, once; else a random one."""
        given, self.next_trace_id = self.next_trace_id, None
        return super().generate_trace_id() if given is None else given


class _Counted(SpanExporter):
    """Sends by another one, and counts."""

    def __init__(self, exporter: SpanExporter, count: Count) -> None:
        self._exporter = exporter
        self._count = count
        self.over = 0  # spans, sent or not; written by the SDK's thread alone
        self._ended = False

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """One batch."""
        result = SpanExportResult.FAILURE
        try:
            result = self._exporter.export(spans)
        finally:
            well = result is SpanExportResult.SUCCESS
            self._count(SpanOutcome.SENT if well else SpanOutcome.FAILED, len(spans))
            self.over += len(spans)
        return result

    def shutdown(self) -> None:
        """Send nothing more; what is under way is not tried again."""
        if not self._ended:
            self._ended = True
            self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Nothing is held here."""
        return self._exporter.force_flush(timeout_millis)


class _Bounded(SpanProcessor):
    """Passes spans on to a queue that it keeps from overflowing, and counts what it does not pass on."""

    def __init__(self, queue: SpanProcessor, exporter: _Counted, most: int, count: Count) -> None:
        self._queue = queue
        self._exporter = exporter
        self._most = most
        self._count = count
        self._given = 0  # written by the loop's thread alone

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        """Nothing to do."""

    def on_end(self, span: ReadableSpan) -> None:
        """One more span."""
        if self._given - self._exporter.over >= self._most:
            self._count(SpanOutcome.DROPPED, 1)
            return
        self._given += 1
        self._queue.on_end(span)

    def shutdown(self) -> None:
        """Send what waits; blocks while that lasts."""
        self._queue.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Send what waits; blocks while that lasts."""
        return self._queue.force_flush(timeout_millis)


class Exporting:
    """A provider of tracers, and its end."""

    def __init__(self, config: TracingConfig, count: Count, exporter: SpanExporter | None = None) -> None:
        """`exporter` stands in for the one that sends to the configured collector."""
        self.ids = Ids()
        self._finished = False
        self._exporter = _Counted(exporter or _over_http(config), count)
        queue = BatchSpanProcessor(
            self._exporter,
            max_queue_size=config.most_waiting,
            max_export_batch_size=min(_BATCH, config.most_waiting),
            schedule_delay_millis=_EVERY_S * 1000,
        )
        self._ratio = TraceIdRatioBased(config.ratio)
        resource = {"service.name": config.service_name, "service.version": build_version()}
        self.provider = TracerProvider(
            sampler=ParentBased(self._ratio),
            resource=Resource.create(resource),
            shutdown_on_exit=False,
            id_generator=self.ids,
            span_limits=SpanLimits(max_span_attribute_length=_TEXT),
        )
        self.provider.add_span_processor(_Bounded(queue, self._exporter, config.most_waiting, count))

    def samples(self, trace_id: str) -> bool:
        """Whether a trace is recorded that begins with us."""
        decision = self._ratio.should_sample(None, int(trace_id, 16), "").decision
        return decision is Decision.RECORD_AND_SAMPLE

    async def finish(self, within_s: float) -> None:
        """Send what waits, in FINISH_S at most. Whatever the collector does then, nobody waits for it."""
        if self._finished:
            return
        self._finished = True
        loop, over = asyncio.get_running_loop(), asyncio.Event()

        def end() -> None:
            self.provider.shutdown()
            with suppress(RuntimeError):  # the loop has ended meanwhile
                loop.call_soon_threadsafe(over.set)

        Thread(target=end, name="last spans", daemon=True).start()
        try:
            async with asyncio.timeout(min(within_s, FINISH_S)):
                await over.wait()
        except TimeoutError:
            self._exporter.shutdown()


def _over_http(config: TracingConfig) -> OTLPSpanExporter:
    return OTLPSpanExporter(
        endpoint=f"{config.endpoint}{_PATH}",
        certificate_file=str(config.ca_file) if config.ca_file is not None else None,
        headers={name: value.get_secret_value() for name, value in config.headers.items()},
        timeout=config.export_s,
        compression=Compression.Gzip,
    )
