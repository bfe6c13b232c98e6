"""The addresses whose handlers stand elsewhere: WebSockets, and what the operator asks."""

from gateway.api.bodies import Alive, Readiness
from gateway.api.operations import Operation, Unguarded, unguarded
from gateway.security.access import Scope
from schemas.results import ErrorCode

_SOCKET = "\nA WebSocket. The key or token comes in the `Authorization` header or with the first frame"


def sockets(*, stream: Unguarded, link: Unguarded, facade: Unguarded) -> tuple[Operation, ...]:
    """What is upgraded to a WebSocket. Each lets in by itself."""
    missing = (ErrorCode.UNKNOWN_OBJECT,)
    return (
        Operation(
            *("Events", "stream", "GET /v1/stream", unguarded(stream), Scope.EVENTS_READ, {101: None}),
            by_first_frame=True,
            text=f"Events as they become durable; commands and answers the other way.{_SOCKET}, `subscribe`."
            " The frames are described by AsyncAPI, at /asyncapi.json.",
        ),
        Operation(
            *("Links", "link", "GET /v1/links/{platform}", unguarded(link), Scope.LINKS, {101: None}),
            by_first_frame=True,
            problems=missing,
            text=f"A platform's page in an agent's browser.{_SOCKET}, `trunkline.hello`.",
        ),
        Operation(
            *("Links", "facade", "GET /v1/facades/{platform}/{dialect}", unguarded(facade)),
            Scope.COMMANDS_WRITE,
            {101: None},
            by_first_frame=True,
            problems=missing,
            text=f"A platform in any dialect that it is offered in.{_SOCKET}, `trunkline.hello`; without a"
            " key configured no hello is needed.",
        ),
    )


def operator(*, health: Unguarded, ready: Unguarded, metrics: Unguarded) -> tuple[Operation, ...]:
    """What probes and collectors ask."""
    return (
        Operation("Operator", "health", "GET /healthz", unguarded(health), None, {200: Alive}, text="Alive."),
        Operation(
            *("Operator", "readiness", "GET /readyz", unguarded(ready), None),
            {200: Readiness, 503: Readiness},
            text="Fit to serve, or why not.",
        ),
        Operation(
            *("Operator", "metrics", "GET /metrics", unguarded(metrics), Scope.EVENTS_READ, {200: str}),
            media="text/plain",
            text="Metrics in the text format of Prometheus.",
        ),
    )
