"""A collector of OpenTelemetry on this machine: takes OTLP over HTTP, as protobuf, and keeps the spans."""

import asyncio
import gzip
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from typing import Final, NamedTuple

from aiohttp import web
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Status

SILENT: Final = 0  # in place of a status: it takes the request, and never answers


class Recorded(NamedTuple):
    """A span, as it came: ids in hexadecimal digits; `parent` is empty for the first of a trace."""

    name: str
    trace: str
    id: str
    parent: str
    about: dict[str, str]
    failed: bool
    start_ns: int
    end_ns: int


class Spans:
    """Those that came, and their order."""

    def __init__(self, spans: Sequence[Recorded]) -> None:
        self.all = spans

    def named(self, name: str, **about: str) -> list[Recorded]:
        """Those of that name, with these attributes, oldest first."""
        wanted = {f"trunkline.{key}": value for key, value in about.items()}
        found = [one for one in self.all if one.name == name and wanted.items() <= one.about.items()]
        return sorted(found, key=lambda one: one.start_ns)

    def way(self, span: Recorded) -> list[str]:
        """The names from the first span of its trace that is here to this one."""
        of_id = {one.id: one for one in self.all}
        way, at = [span.name], span
        while at.parent in of_id:
            at = of_id[at.parent]
            assert at.trace == span.trace
            way.insert(0, at.name)
        return way


class Collector:
    """What came so far. `status` is what it answers."""

    def __init__(self) -> None:
        self.url = ""
        self.status = 200
        self.requests = 0
        self.headers: list[dict[str, str]] = []
        self.resources: list[dict[str, str]] = []
        self._spans: list[Recorded] = []

    @property
    def spans(self) -> Spans:
        """All that it has taken."""
        return Spans(tuple(self._spans))

    async def take(self, request: web.Request) -> web.Response:
        """One batch."""
        self.requests += 1
        self.headers.append(dict(request.headers))
        if self.status == SILENT:
            await asyncio.Event().wait()
        body = await request.read()  # aiohttp has taken it out of gzip
        if self.status == 200:
            told = ExportTraceServiceRequest.FromString(
                gzip.decompress(body) if body[:1] == b"\x1f" else body
            )
            for one in told.resource_spans:
                self.resources.append({key.key: _text(key.value) for key in one.resource.attributes})
            self._spans += _read(told)
        return web.Response(status=self.status)


def _read(told: ExportTraceServiceRequest) -> Iterator[Recorded]:
    for resource in told.resource_spans:
        for scope in resource.scope_spans:
            for span in scope.spans:
                yield Recorded(
                    span.name,
                    span.trace_id.hex(),
                    span.span_id.hex(),
                    span.parent_span_id.hex(),
                    {one.key: _text(one.value) for one in span.attributes},
                    span.status.code == Status.STATUS_CODE_ERROR,
                    span.start_time_unix_nano,
                    span.end_time_unix_nano,
                )


def _text(value: AnyValue) -> str:
    match value.WhichOneof("value"):
        case "string_value":
            return value.string_value
        case "int_value":
            return str(value.int_value)
        case "array_value":
            return " ".join(map(_text, value.array_value.values))
        case other:
            raise ValueError(f"an attribute is {other}")


@asynccontextmanager
async def collecting() -> AsyncIterator[Collector]:
    """A collector on a port of its own."""
    made = Collector()
    app = web.Application()
    app.router.add_post("/v1/traces", made.take)
    runner = web.AppRunner(app, shutdown_timeout=0, handler_cancellation=True)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0][:2]
        made.url = f"http://{host}:{port}"
        yield made
    finally:
        await runner.cleanup()
