"""The OpenAPI 3.1 document, made of the table of operations and of the structs themselves."""

import re
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from http import HTTPStatus
from importlib.metadata import version
from typing import Final

import msgspec

from gateway.api.bodies import CloudEvent
from gateway.api.components import ROOTS, Schema, components, name_of
from gateway.api.directions import Directed
from gateway.http.operations import JSON, TEXT, Operation
from gateway.http.problems import MEDIA, ProblemDetails
from gateway.outbound.payload import Envelope
from schemas.events import AnyEvent
from schemas.queries import AnyQueryReply

REF: Final = "#/components/schemas/{name}"
CLOUD_EVENT: Final = "application/cloudevents+json"
GROUPS: Final[Mapping[str, str]] = {
    "Platforms": "What is configured, how we stand with it, and what its dialect can say.",
    "Snapshots": "Agent sessions and interactions as they are now.",
    "Commands": "Commands, and the questions they may lead to. A command ends in exactly one result.",
    "Events": "The journal, page by page or as it grows. Go on after the last `resume` or cursor.",
    "Links": "For pages in agents' browsers, and for clients that speak a dialect.",
    "Browser": "Scripts and pages for those pages, open to everybody.",
    "Keys": "API keys: made, rotated and revoked while the gateway runs.",
    "Webhooks": "Events pushed to a server of yours: signed, in order, again until they arrive.",
    "Operator": "For probes and collectors.",
    "Contract": "These documents.",
}
ABOUT: Final = (
    "One canonical interaction model over every platform that is configured. Errors are problem details"
    " (RFC 9457). Times are RFC 3339 in UTC. Every address answers `OPTIONS`, and `HEAD` where there is"
    " `GET`; any other method is answered with 405 and `Allow`. Large answers come in gzip to who takes it."
)
BEARER: Final[Mapping[str, object]] = {
    "type": "http",
    "scheme": "bearer",
    "description": "An API key, or a link token. While there is no key, this machine's own need none.",
}
WEBHOOK_HEADERS: Final[Mapping[str, str]] = {
    "webhook-id": "Stable over all attempts.",
    "webhook-timestamp": "Seconds since 1970, of this attempt.",
    "webhook-signature": "By Standard Webhooks 1.0: `v1` for each valid secret, `v1a` for each key pair.",
}
BINARY_HEADERS: Final[Mapping[str, str]] = {
    f"ce-{one.name}": "In binary mode: the envelope's attribute, percent-encoded."
    for one in msgspec.structs.fields(Envelope)
    if one.name != "datacontenttype"
}
_IN_PATH: Final[Mapping[str, str]] = {
    "id": "What it is about.",
    "cursor": "The event's position in the journal.",
    "delivery": "A delivery of that webhook.",
    "platform": "The platform's id, as configured.",
    "dialect": "The dialect's name.",
    "file": "The script or page.",
    "folder": "A folder of the manual.",
    "pictures": "A folder of its pictures.",
}
_PLAIN: Final[Mapping[object, Mapping[str, object]]] = {str: TEXT, dict: {"type": "object"}}


Written = Callable[[object], Mapping[str, object]]  # the schema of what a client sends


def document(operations: Iterable[Operation], public_url: str | None = None, *, keyed: bool = True) -> Schema:
    """All of it. `public_url`: where others reach us, if that is configured. `keyed`: there is a key."""
    operations = tuple(operations)
    directed = schemas(operations)
    written = partial(written_schema_of, directed)
    paths: dict[str, Schema] = {}
    for one in operations:
        paths.setdefault(one.path, {})[one.method.lower()] = _operation(one, written, keyed=keyed)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Trunkline", "version": version("trunkline"), "description": ABOUT},
        "servers": [_server(public_url)],
        "tags": [{"name": name, "description": text} for name, text in GROUPS.items()],
        "paths": paths,
        "webhooks": {"event": {"post": _WEBHOOK}, "query": {"post": _query_hook(written)}},
        "components": {"schemas": directed.schemas, "securitySchemes": {"bearer": BEARER}},
    }


def schemas(
    operations: Iterable[Operation], beside: Mapping[str, object] | None = None, said: Iterable[str] = ()
) -> Directed:
    """All schemas, by direction. `beside` are further kinds by name; clients send those that `said` names."""
    operations = tuple(operations)
    kinds = {**roots(operations), **(beside or {})}
    sent = [name_of(one.body) for one in operations if one.body not in (None, *_PLAIN)]
    sent += [name_of(AnyQueryReply), *said]
    return Directed(components(kinds, REF), kinds.values(), sent, kinds.keys() - sent)


def written_schema_of(directed: Directed, kind: object) -> Mapping[str, object]:
    """The same as `schema_of`, of what a client sends."""
    plain = _PLAIN.get(kind)
    return {"$ref": REF.format(name=directed.written(name_of(kind)))} if plain is None else plain


def _server(public_url: str | None) -> Schema:
    if public_url is None:
        return {"url": "/", "description": "The gateway that this document is of."}
    return {"url": public_url.rstrip("/"), "description": "As the operator has configured it."}


def roots(operations: Iterable[Operation]) -> dict[str, object]:
    """The canonical model, and every body there is, by name."""
    named = [kind for one in operations for kind in (one.body, *one.answers.values())]
    bodies = (
        ProblemDetails,
        CloudEvent,
        *(kind for kind in named if kind is not None and kind not in _PLAIN),
    )
    return {**ROOTS, **{name_of(kind): kind for kind in bodies}}


def schema_of(kind: object) -> Mapping[str, object]:
    """A reference to a struct's schema; the schema itself of what is plain."""
    plain = _PLAIN.get(kind)
    return {"$ref": REF.format(name=name_of(kind))} if plain is None else plain


def _operation(one: Operation, written: Written, *, keyed: bool) -> Schema:
    summary, more = one.doc
    made: Schema = {"operationId": one.id, "tags": [one.group], "summary": summary.rstrip(".")}
    if more:
        made["description"] = more
    made["security"] = _security(one, keyed=keyed)
    if parameters := _parameters(one):
        made["parameters"] = parameters
    if one.body is not None:
        body: Schema = {"schema": written(one.body)}
        if one.example is not None:
            body["example"] = one.example
        kinds = (one.takes, one.media) if one.takes else (one.media,)
        made["requestBody"] = {"required": one.body_required, "content": dict.fromkeys(kinds, body)}
    answers = {str(status): _answer(status, kind, one) for status, kind in one.answers.items()}
    problems = {str(status): _problem(status, codes) for status, codes in one.refusals().items()}
    made["responses"] = {**problems, **answers}
    return made


def _security(one: Operation, *, keyed: bool) -> list[Schema]:
    if one.scope is None:
        return []
    needed: Schema = {"bearer": [one.scope.value]}
    return [needed] if keyed and not one.by_first_frame and not one.ticketed else [needed, {}]


def in_path(path: str) -> dict[str, str]:
    """The variables of a path, and what they are."""
    return {name: _IN_PATH[name] for name in re.findall(r"{(\w+)}", path)}


def _parameters(one: Operation) -> list[Schema]:
    required: list[Schema] = [
        {"name": name, "in": "path", "required": True, "description": what, "schema": TEXT}
        for name, what in in_path(one.path).items()
    ]
    return required + [
        {"name": each.name, "in": each.place, "description": each.what, "schema": each.schema}
        for each in one.parameters
    ]


def _answer(status: int, kind: object, one: Operation) -> Schema:
    made: Schema = {"description": HTTPStatus(status).phrase}
    if kind is not None:
        made["content"] = {one.media: {"schema": schema_of(kind)}}
    if one.headers and status < HTTPStatus.BAD_REQUEST:
        made["headers"] = _headers(one.headers)
    return made


def _problem(status: int, codes: Iterable[str]) -> Schema:
    made: Schema = {
        "description": "Refused: " + ", ".join(f"`{code}`" for code in codes),
        "content": {MEDIA: {"schema": schema_of(ProblemDetails)}},
    }
    if status in _PROBLEM_HEADERS:
        made["headers"] = _headers(_PROBLEM_HEADERS[status])
    return made


def _headers(told: Mapping[str, str]) -> Schema:
    return {name: {"description": text, "schema": TEXT} for name, text in told.items()}


_RETRY: Final = {"Retry-After": "Seconds after which it may be asked again."}
_PROBLEM_HEADERS: Final[Mapping[int, Mapping[str, str]]] = {
    HTTPStatus.UNAUTHORIZED: {"WWW-Authenticate": "The kind of credential that is wanted: `Bearer`."},
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: {"Accept-Encoding": "The encodings of a body that are taken."},
    HTTPStatus.UPGRADE_REQUIRED: {"Upgrade": "`websocket`."},
    HTTPStatus.TOO_MANY_REQUESTS: _RETRY,
    HTTPStatus.SERVICE_UNAVAILABLE: _RETRY,
}
_SIGNED: Final[list[Schema]] = [
    {"name": name, "in": "header", "required": True, "description": text, "schema": TEXT}
    for name, text in WEBHOOK_HEADERS.items()
]
_SIGNED_EVENT: Final[Schema] = {
    "tags": ["Webhooks"],
    "security": [],
    "parameters": _SIGNED,
    "requestBody": {"required": True, "content": {CLOUD_EVENT: {"schema": schema_of(CloudEvent)}}},
}
_FEWER: Final[Schema] = {
    "type": "object",
    "description": "The same, with the members that the webhook asks for.",
}
_WEBHOOK: Final[Schema] = {
    "operationId": "receive_event",
    "summary": "An event, sent to the address that a webhook names",
    "description": "In binary mode the body is the event, or `null` beside `ce-dataref`. With `content_type`"
    " of `application/json` the envelope is called so. With `members` or `omit` the event has fewer members.",
    **_SIGNED_EVENT,
    "parameters": [
        *_SIGNED,
        *(
            {"name": name, "in": "header", "description": text, "schema": TEXT}
            for name, text in BINARY_HEADERS.items()
        ),
    ],
    "requestBody": {
        "required": True,
        "content": {
            CLOUD_EVENT: {"schema": {"anyOf": [schema_of(CloudEvent), _FEWER]}},
            JSON: {
                "schema": {"anyOf": [schema_of(AnyEvent), schema_of(CloudEvent), {"type": "null"}, _FEWER]}
            },
        },
    },
    "responses": {
        "2XX": {"description": "It arrived."},
        "410": {"description": "Never again: the webhook is disabled."},
        "4XX": {
            "description": "This event is refused; it is tried again, unless the header says otherwise.",
            "headers": {
                "Webhook-Retry": {"description": "`no`: no further attempt at this event.", "schema": TEXT}
            },
        },
        "default": {"description": "It is sent again later."},
    },
}


def _query_hook(written: Written) -> Schema:
    return {
        "operationId": "answer_event",
        "summary": "A platform's query, put once to the address that its configuration names",
        "description": "The event is `query.requested`. Answer before `expirytime`, for that query.",
        **_SIGNED_EVENT,
        "responses": {
            "200": {
                "description": "The answer. `query_id` may be left out.",
                "content": {JSON: {"schema": written(AnyQueryReply)}},
            },
            "204": {"description": "No opinion: others may answer, else the platform gets the default."},
            "default": {
                "description": "As good as 204, and told to the operator. Redirects are not followed."
            },
        },
    }
