"""The AsyncAPI 3.0 document: what is told as it happens, and what clients say on the stream.

Channels are seen from the gateway: it receives what clients say, and sends events.
"""

from collections.abc import Iterable, Mapping
from importlib.metadata import version
from typing import Final

import msgspec

from gateway.api.bodies import CloudEvent
from gateway.api.components import ROOTS, Schema, components, name_of
from gateway.api.directions import Directed
from gateway.api.history import Gap, Snapshot
from gateway.api.openapi import ABOUT, BEARER, BINARY_HEADERS, CLOUD_EVENT, REF, WEBHOOK_HEADERS, schema_of
from gateway.api.sse import Ended
from gateway.api.stream import (
    CommandChanged,
    Knowledge,
    Order,
    Problem,
    Progress,
    Reaction,
    Subscribe,
    Subscribed,
)
from gateway.http.operations import AFTER, EVENT_FILTER, JSON, SNAPSHOT, TEXT, AnyParameter
from schemas.events import EVENTS, AnyEvent
from schemas.queries import AnyQueryReply

Frame = type[msgspec.Struct]
FROM_CLIENT: Final[tuple[Frame, ...]] = (Subscribe, Order, Reaction, Knowledge)
TO_CLIENT: Final[tuple[Frame, ...]] = (Subscribed, Snapshot, Gap, Progress, CommandChanged, Problem)
TO_LISTENER: Final[tuple[Frame, ...]] = (Gap, Snapshot, Ended)  # of server-sent events, beside those
TOLD: Final[tuple[Frame, ...]] = tuple(dict.fromkeys((*TO_CLIENT, *TO_LISTENER)))
FRAMES: Final[Mapping[str, object]] = {one.__name__: one for one in (*FROM_CLIENT, *TOLD)}


def tag(frame: Frame) -> str:
    """What stands in `type`."""
    return str(frame.__struct_config__.tag)


def document() -> Schema:
    """All of it."""
    kinds = {**ROOTS, **FRAMES, name_of(CloudEvent): CloudEvent}
    said = [*(one.__name__ for one in FROM_CLIENT), name_of(AnyQueryReply)]
    directed = Directed(components(kinds, REF), kinds.values(), said, kinds.keys() - said)
    told = [*EVENTS, *map(tag, TO_CLIENT)]
    asked = [tag(one) for one in FROM_CLIENT]
    sent = ["webhook", "webhook_binary"]
    resumable = [*EVENTS, *map(tag, TO_LISTENER)]
    messages = {tag(one): _message(one) for one in (*FROM_CLIENT, *TOLD, *EVENTS.values())}
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Trunkline", "version": version("trunkline"), "description": ABOUT},
        "defaultContentType": JSON,
        "channels": {
            "stream": _channel(
                "/v1/stream",
                "A WebSocket. The first frame is `subscribe`; then events, as they become durable.",
                [*asked, *told],
                {"ws": {"method": "GET", "bindingVersion": "0.1.0"}},
            ),
            "events": _channel(
                "/v1/events/stream",
                "Server-sent events: `id` is its `resume`, `event` the type, `data` the event; what is of"
                " a type `stream.*` has none. An `id` alone tells how far the client has been told all that"
                " fits.",
                resumable,
            ),
            "webhook": _channel(None, "The address that a webhook names.", sent),
            "query": _channel(
                *(None, "The address that a platform's configuration names.", ["webhook", "query_reply"])
            ),
        },
        "operations": {
            "receive_frames": _operation("receive", "stream", "What a client says.", asked, _KEYED),
            "send_frames": _operation("send", "stream", "What a client is told.", told, _KEYED),
            "send_events": _operation(
                *("send", "events", "Events, resumed by `Last-Event-ID`.", resumable),
                {
                    **_KEYED,
                    "bindings": {
                        "http": {
                            "method": "GET",
                            "query": _parameters((AFTER, SNAPSHOT, *EVENT_FILTER)),
                            "bindingVersion": "0.3.0",
                        }
                    },
                },
            ),
            "send_webhooks": _operation(
                *("send", "webhook", "Each event, until it arrives or is given up.", sent),
                _POSTED,
            ),
            "send_queries": _operation(
                *("send", "query", "Each `query.requested`, once; the response is the answer.", ["webhook"]),
                {**_POSTED, "reply": _messages("query", ["query_reply"])},
            ),
        },
        "components": {
            "messages": {**messages, **_POSTS, "query_reply": _query_reply(directed)},
            "schemas": {name: _plain(one) for name, one in directed.schemas.items()},
            "securitySchemes": {"bearer": BEARER},
        },
    }


def _channel(
    address: str | None, text: str, messages: Iterable[str], bindings: Mapping[str, object] | None = None
) -> Schema:
    made: Schema = {
        "address": address,
        "description": text,
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in messages},
    }
    return made if bindings is None else {**made, "bindings": bindings}


def _operation(
    action: str, channel: str, text: str, messages: Iterable[str], more: Mapping[str, object]
) -> Schema:
    return {"action": action, "summary": text, **_messages(channel, messages), **more}


def _messages(channel: str, names: Iterable[str]) -> Schema:
    return {
        "channel": {"$ref": f"#/channels/{channel}"},
        "messages": [{"$ref": f"#/channels/{channel}/messages/{name}"} for name in names],
    }


def _message(frame: Frame) -> Schema:
    return {
        "name": tag(frame),
        "title": frame.__name__,
        "summary": (frame.__doc__ or "").strip(),
        "payload": schema_of(frame),
    }


def _parameters(parameters: Iterable[AnyParameter]) -> Schema:
    return {
        "type": "object",
        "properties": {one.name: {**one.schema, "description": one.what} for one in parameters},
    }


def _plain(value: object) -> object:
    """Without `discriminator`, which is a different thing here."""
    match value:
        case dict():
            return {
                key: _plain(one)
                for key, one in value.items()
                if key != "discriminator" or not (isinstance(one, dict) and "propertyName" in one)
            }
        case list():
            return [_plain(one) for one in value]
        case _:
            return value


_KEYED: Final[Schema] = {"security": [{"$ref": "#/components/securitySchemes/bearer"}]}
_POSTED: Final[Schema] = {"bindings": {"http": {"method": "POST", "bindingVersion": "0.3.0"}}}


def _query_reply(directed: Directed) -> Schema:
    return {
        "name": "query_reply",
        "title": name_of(AnyQueryReply),
        "summary": "The answer, in a response of 200; one of 204 is the same as `no_opinion`.",
        "payload": {"$ref": REF.format(name=directed.written(name_of(AnyQueryReply)))},
    }


def _headers(named: Mapping[str, str]) -> Schema:
    return {
        "type": "object",
        "properties": {name: {**TEXT, "description": text} for name, text in named.items()},
        "required": list(WEBHOOK_HEADERS),
    }


_WEBHOOK: Final[Schema] = {
    "name": "webhook",
    "title": CloudEvent.__name__,
    "summary": "An event as a CloudEvent; its `type` is that of the event, after `dev.trunkline.`.",
    "contentType": CLOUD_EVENT,
    "headers": _headers(WEBHOOK_HEADERS),
    "payload": schema_of(CloudEvent),
}
_BINARY: Final[Schema] = {
    "name": "webhook_binary",
    "title": "CloudEvent, binary",
    "summary": "The event itself, for a webhook in binary mode; `null` where `ce-dataref` says where it is.",
    "contentType": JSON,
    "headers": _headers({**WEBHOOK_HEADERS, **BINARY_HEADERS}),
    "payload": {"anyOf": [schema_of(AnyEvent), {"type": "null"}]},
}
_POSTS: Final[Schema] = {"webhook": _WEBHOOK, "webhook_binary": _BINARY}
