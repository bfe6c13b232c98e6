"""The OpenAPI 3.1 document, made of the table of operations and of the structs themselves."""

import re
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from importlib.metadata import version
from typing import Final

import msgspec

from gateway.api.bodies import CloudEvent
from gateway.api.components import ROOTS, Schema, components, name_of
from gateway.http.operations import JSON, TEXT, Operation
from gateway.http.problems import ProblemDetails
from gateway.outbound.payload import Envelope
from schemas.events import AnyEvent
from schemas.queries import AnyQueryReply
from schemas.results import ErrorCode

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
    " (RFC 9457). Times are RFC 3339 in UTC. A field that has its default may be left out of an answer."
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
}
_PLAIN: Final[Mapping[object, Mapping[str, object]]] = {str: TEXT, dict: {"type": "object"}}


def document(operations: Iterable[Operation]) -> Schema:
    """All of it."""
    operations = tuple(operations)
    paths: dict[str, Schema] = {}
    for one in operations:
        paths.setdefault(one.path, {})[one.method.lower()] = _operation(one)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Trunkline", "version": version("trunkline"), "description": ABOUT},
        "tags": [{"name": name, "description": text} for name, text in GROUPS.items()],
        "paths": paths,
        "webhooks": {"event": {"post": _WEBHOOK}, "query": {"post": _QUERY_HOOK}},
        "components": {
            "schemas": components(roots(operations), REF),
            "securitySchemes": {"bearer": BEARER},
        },
    }


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


def _operation(one: Operation) -> Schema:
    summary, more = one.doc
    made: Schema = {"operationId": one.id, "tags": [one.group], "summary": summary.rstrip(".")}
    if more:
        made["description"] = more
    made["security"] = _security(one)
    if parameters := _parameters(one):
        made["parameters"] = parameters
    if one.body is not None:
        made["requestBody"] = {
            "required": one.body_required,
            "content": {one.media: {"schema": schema_of(one.body)}},
        }
    answers = {str(status): _answer(status, kind, one.media) for status, kind in one.answers.items()}
    problems = {str(status): _problem(codes) for status, codes in one.refusals().items()}
    made["responses"] = {**problems, **answers}
    return made


def _security(one: Operation) -> list[Schema]:
    if one.scope is None:
        return []
    needed: Schema = {"bearer": [one.scope.value]}
    return [needed, {}] if one.by_first_frame else [needed]


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


def _answer(status: int, kind: object, media: str) -> Schema:
    made: Schema = {"description": HTTPStatus(status).phrase}
    if kind is not None:
        made["content"] = {media: {"schema": schema_of(kind)}}
    return made


def _problem(codes: Iterable[ErrorCode]) -> Schema:
    return {
        "description": "Refused: " + ", ".join(f"`{code}`" for code in codes),
        "content": {"application/problem+json": {"schema": schema_of(ProblemDetails)}},
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
        "default": {"description": "It is sent again later."},
    },
}
_QUERY_HOOK: Final[Schema] = {
    "operationId": "answer_event",
    "summary": "A platform's query, put once to the address that its configuration names",
    "description": "The event is `query.requested`. Answer before `expirytime`, for that query.",
    **_SIGNED_EVENT,
    "responses": {
        "200": {
            "description": "The answer. `query_id` may be left out.",
            "content": {JSON: {"schema": schema_of(AnyQueryReply)}},
        },
        "204": {"description": "No opinion: others may answer, else the platform gets the default."},
        "default": {"description": "As good as 204, and told to the operator. Redirects are not followed."},
    },
}
