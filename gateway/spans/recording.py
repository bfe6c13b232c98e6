"""The parts that tell a recorder what they do; beside that each does what the plain one does."""

from collections.abc import Callable, Sequence
from time import time_ns
from typing import Final

from opentelemetry.context import Context as TraceContext

from adapters.contract.dialect import Call, Context, Flow, PlatformOutput, Reply
from gateway.events.filters import Selection
from gateway.events.router import Batch, Router, Subscriber
from gateway.links.link import Link
from gateway.outbound.client import Client
from gateway.outbound.payload import Message, Packer
from gateway.outbound.post import Posted, Poster
from gateway.runtime.age import RunningTime
from gateway.runtime.ids import Minter
from gateway.spans.config import TracingConfig
from gateway.spans.exporting import Count, Exporting
from gateway.spans.parts import Parts
from gateway.spans.recorder import FAILED, Commit, Recorder
from gateway.store.base import Appended, Store
from gateway.store.deliveries import Webhook
from gateway.telemetry import tracing
from gateway.telemetry.metrics import Metrics
from gateway.webhooks.owners import Owners
from gateway.webhooks.sending import Sender
from schemas import events as ev
from schemas.commands import AnyCommand
from schemas.observations import AnyObservation, InteractionObserved

MOST_DELIVERIES: Final = 64  # spans of one commit of the journal; further ones are left out


def recording(config: TracingConfig, count: Count) -> Parts:
    """The parts for a collector."""
    return of(Exporting(config, count))


def of(exporting: Exporting) -> Parts:
    """The parts that record there."""
    recorder = Recorder(exporting)
    return Parts(_router(recorder), _link(recorder), _sender(recorder), recorder.begun, exporting.finish)


def _router(recorder: Recorder) -> type[Router]:
    class RecordingRouter(Router):
        """Times commits, and what clients are given of them."""

        def __init__(
            self, store: Store, minter: Minter, metrics: Metrics, *, high_water: int = 50_000
        ) -> None:
            super().__init__(store, minter, metrics, high_water=high_water)
            self._told: list[Commit] = []

        def publish(self, events: Sequence[ev.AnyEvent], private: bytes = b"") -> None:
            super().publish(events, private)
            if events:
                recorder.published(events)

        def _committed(self, records: Sequence[Appended]) -> None:
            self._told = recorder.committed(records[-1].cursor)
            super()._committed(records)

        def _concerned(self, batch: Batch) -> Sequence[Subscriber]:
            concerned = super()._concerned(batch)
            told = self._told[:MOST_DELIVERIES]
            if not told:
                return concerned
            timed = MOST_DELIVERIES // len(told)
            return [
                _Timed(recorder, one, told, self._subscribers[one]) if at < timed else one
                for at, one in enumerate(concerned)
            ]

    return RecordingRouter


class _Timed:
    """A subscriber, for one batch."""

    def __init__(
        self, recorder: Recorder, subscriber: Subscriber, told: Sequence[Commit], agents: set[str] | None
    ) -> None:
        self._recorder = recorder
        self._subscriber = subscriber
        self._told = told
        self._agents = agents

    def deliver(self, batch: Batch) -> None:
        """Pass it on."""
        begun_ns = time_ns()
        self._subscriber.deliver(batch)
        surface = type(self._subscriber).__module__.rpartition(".")[2]
        chosen = self._chosen(batch)
        for commit in self._told:
            if count := sum(commit.first <= one.cursor <= commit.last for one in chosen):
                self._recorder.delivered(surface, commit, count, begun_ns)

    def _chosen(self, batch: Batch) -> Sequence[Appended]:
        """What it was given: by its filter, or by the agents that it follows."""
        selection, agents = getattr(self._subscriber, "selection", None), self._agents
        if isinstance(selection, Selection):
            return batch.select(selection)
        return [one for one in batch.records if agents is None or one.agent_id in agents]


def _link(recorder: Recorder) -> type[Link]:
    class RecordingLink(Link):
        """Times frames, and the calls of commands."""

        _held: TraceContext | None = None  # the last frame that told of something that is not whole yet

        def received(self, frame: bytes) -> str | None:
            with recorder.frame(self.platform) as span:
                wrong = super().received(frame)
                if wrong is not None:
                    span.set_status(FAILED)
                if self._settling.waits:
                    self._held = recorder.within
            return wrong

        def _read(self, frame: bytes) -> Sequence[PlatformOutput] | InteractionObserved:
            with recorder.decode():
                return super()._read(frame)

        def _settled(self, seen: Sequence[AnyObservation]) -> None:
            with recorder.inside(self._held):
                super()._settled(seen)

        def flow(self, command: AnyCommand, context: Context) -> Flow:
            return recorder.calls(super().flow(command, context), tracing.here(), self.platform)

        def call(self, call: Call, on_reply: Callable[[Reply | None], None]) -> int:
            at, recorder.calling = recorder.calling, ""
            if not at:  # nobody's command
                return super().call(call, on_reply)
            with tracing.at(at):
                return super().call(call, on_reply)

    return RecordingLink


class RecordingPoster(Poster):
    """Times attempts. The receiver is told of the attempt's own place."""

    def __init__(self, client: Client, time: RunningTime, recorder: Recorder) -> None:
        super().__init__(client, time)
        self._recorder = recorder

    async def post(self, webhook: Webhook, message_id: str, message: Message) -> Posted:
        """See Poster."""
        otherwise = message.trace.get(tracing.HEADER, "")
        span, at = self._recorder.attempt(message_id, otherwise, webhook.id)
        try:
            posted = await super().post(webhook, message_id, message._replace(trace={tracing.HEADER: at}))
            if posted.status is not None:
                span.set_attribute("http.response.status_code", posted.status)
            if posted.error:
                span.set_status(FAILED)
            return posted
        finally:
            span.end()


def _sender(recorder: Recorder) -> type[Sender]:
    class RecordingSender(Sender):
        """Sends by a poster that times attempts."""

        def __init__(self, client: Client, owners: Owners, packer: Packer, time: RunningTime) -> None:
            super().__init__(client, owners, packer, time)
            self.poster = RecordingPoster(client, time, recorder)

    return RecordingSender
