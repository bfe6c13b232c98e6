"""The addresses whose handlers stand elsewhere: WebSockets, clients that poll, and what the operator asks."""

from adapters.contract.transports import Polling
from gateway.api.bodies import Alive, Readiness
from gateway.http.operations import Handler, Operation, Parameter, Unguarded, unguarded
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


def polling(
    dialect: str,
    declared: Polling,
    *,
    probe: Unguarded,
    sessions: Unguarded,
    requests: Unguarded,
    messages: Unguarded,
) -> tuple[Operation, ...]:
    """What a client of a dialect asks where it cannot hold a WebSocket. Each lets in by itself."""
    prefix = f"/v1/facades/{{platform}}/{dialect}"
    session = Parameter(declared.parameter, "The transport session, by its id.")
    missing = (ErrorCode.UNKNOWN_OBJECT,)
    return (
        Operation(
            *("Links", f"{dialect}_sessions", f"POST {prefix}/{declared.sessions}", unguarded(sessions)),
            Scope.COMMANDS_WRITE,
            {200: str},
            parameters=(Parameter("agent", "Whose page it is, where no token says so."),),
            body=str,
            problems=(*missing, ErrorCode.CONFLICT, ErrorCode.RATE_LIMITED),
            media=declared.media,
            by_first_frame=True,
            text="Open or close a transport session, over which the dialect is spoken by polling."
            "\nThe key or token comes in the `Authorization` header of every request, and only who opened the"
            " session may use it. Or it comes in the body, and the session's id stands for it from then on.",
        ),
        Operation(
            *("Links", f"{dialect}_requests", f"POST {prefix}/{declared.requests}", unguarded(requests)),
            Scope.COMMANDS_WRITE,
            {200: None},
            parameters=(session,),
            body=str,
            problems=missing,
            media=declared.media,
            by_first_frame=True,
            text="One frame of the client's, which is queued.\nWhat it is answered with is polled.",
        ),
        Operation(
            *("Links", f"{dialect}_messages", f"GET {prefix}/{declared.messages}", unguarded(messages)),
            Scope.COMMANDS_WRITE,
            {200: str},
            parameters=(session,),
            problems=missing,
            media=declared.media,
            by_first_frame=True,
            text="The frames that wait for the client, in order.\nWhere there is none, it waits for one, and"
            " answers with none after `server.poll_wait_s`. A newer poll ends an older one with none. Frames"
            " that could not be written, as the connection was gone, are there for the next poll.",
        ),
        *(
            Operation(
                *(
                    "Links",
                    f"{dialect}_{name}",
                    f"OPTIONS {prefix}{path}",
                    unguarded(probe),
                    None,
                    {200: None},
                ),
                problems=(*missing, ErrorCode.NOT_ALLOWED),
                media=declared.media,
                text="Whether the dialect can be polled there, and by which page.",
            )
            for name, path in (
                ("probe", ""),
                ("sessions_probe", f"/{declared.sessions}"),
                ("requests_probe", f"/{declared.requests}"),
                ("messages_probe", f"/{declared.messages}"),
            )
        ),
    )


def operator(*, health: Unguarded, ready: Unguarded, metrics: Handler) -> tuple[Operation, ...]:
    """What probes and collectors ask."""
    return (
        Operation("Operator", "health", "GET /healthz", unguarded(health), None, {200: Alive}, text="Alive."),
        Operation(
            *("Operator", "readiness", "GET /readyz", unguarded(ready), None),
            {200: Readiness, 503: Readiness},
            text="Fit to serve, or why not.",
        ),
        Operation(
            *("Operator", "metrics", "GET /metrics", metrics, Scope.METRICS_READ, {200: str}),
            media="text/plain",
            text="Metrics in the text format of Prometheus.\nThey are of all platforms and tenants: a key"
            " that is narrowed to some does not read them.",
        ),
    )
