"""What tests of queries want to know of a stream and of the metrics."""

from collections.abc import Mapping

from gateway.telemetry.metrics import QueryOutcome
from schemas import events as ev
from schemas.queries import AnyQuery, QueryKind, kind_of
from schemas.values import Json
from tests.e2e.world import Stream
from tests.gateway.handmade import Bench, P


async def requested(stream: Stream, kind: QueryKind | None = None) -> AnyQuery:
    """The first query that the stream is told of, or the first of that kind."""
    event = await stream.until(
        lambda event: isinstance(event, ev.QueryRequested) and kind in (None, kind_of(event.query))
    )
    assert isinstance(event, ev.QueryRequested)
    return event.query


async def resolved(stream: Stream) -> ev.QueryResolved:
    """The first end of a query that the stream is told of."""
    event = await stream.until(lambda event: isinstance(event, ev.QueryResolved))
    assert isinstance(event, ev.QueryResolved)
    return event


async def replies(stream: Stream, answer: Mapping[str, Json]) -> None:
    """Answer a query, under the ref `x`."""
    await stream.send({"type": "query_answer", "ref": "x", "answer": dict(answer)})


def _count(standing: Bench, series: str) -> int:
    lines = standing.gateway.metrics.render().decode().splitlines()
    found = (line.removeprefix(series) for line in lines if line.startswith(series))
    return int(float(next(found, "0")))


def queries(standing: Bench, outcome: QueryOutcome, kind: QueryKind = QueryKind.TRANSFER_DATA) -> int:
    """How many queries of a kind ended so."""
    return _count(standing, f'trunkline_queries_total{{kind="{kind}",outcome="{outcome}"}} ')


def hooks(standing: Bench, outcome: str) -> int:
    """How often the platform's web hook was asked and it ended so."""
    return _count(standing, f'trunkline_query_hooks_total{{outcome="{outcome}",platform="{P}"}} ')
