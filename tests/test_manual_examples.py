"""Every example of the manual is read by whoever reads such a thing in earnest."""

import asyncio
import sys
from collections.abc import Callable, Iterator
from functools import reduce
from operator import or_
from typing import Final, get_args

import msgspec
import pytest
from cloudevents.core.bindings.http import HTTPMessage, from_http_event
from standardwebhooks import WebhookVerificationError

from adapters.kit import jsonrpc
from gateway import config
from gateway.api import asyncapi, stream
from gateway.api.bodies import EventPage
from gateway.app import Gateway, running
from gateway.http import hello
from gateway.http.tickets import StreamTicket
from gateway.outbound import signature
from gateway.outbound.payload import CONTENT_TYPE
from gateway.runtime.clock import SystemClock
from gateway.security.minting import TokenRequest
from gateway.webhooks import replay, spec
from schemas import events as ev
from schemas.commands import COMMANDS, AnyCommand
from schemas.grants import Grant
from schemas.needinfo import Answer
from schemas.queries import AnyQueryReply
from schemas.results import CommandRecord
from schemas.values import Json
from tests.manual import blocks
from tests.patience import PATIENCE_S

_event: Final = msgspec.json.Decoder[ev.AnyEvent](ev.AnyEvent).decode


def cloud_event(text: str) -> object:
    """Read by an implementation that is not ours; its data by us."""
    read = from_http_event(HTTPMessage({"content-type": CONTENT_TYPE}, text.encode()))
    event = _event(msgspec.json.encode(read.get_data()))
    assert (read.get_id(), read.get_type()) == (event.id, f"dev.trunkline.{event.__struct_config__.tag}")
    return read


READ_BY: Final[tuple[tuple[str, Callable[[str], object]], ...]] = (
    ("specversion", cloud_event),
    ("jsonrpc", lambda text: jsonrpc.decode("bright_pattern", text.encode())),
    ("status", msgspec.json.Decoder(CommandRecord).decode),
    ("needinfo_id", msgspec.json.Decoder(Answer).decode),
    ("url", spec.DeclaredWebhook.model_validate_json),
    ("states", msgspec.json.Decoder(replay.Replay).decode),
    ("more", msgspec.json.Decoder(EventPage).decode),
    ("roles", msgspec.json.Decoder(Grant).decode),
    ("role", msgspec.json.Decoder(TokenRequest).decode),
    ("ticket", msgspec.json.Decoder(StreamTicket).decode),
)
REPLIES: Final = {str(kind.__struct_config__.tag) for kind in get_args(AnyQueryReply)}
TOLD: Final = reduce(or_, asyncapi.TOLD, ev.AnyEvent)


def decoder(told: dict[str, Json]) -> Callable[[str], object]:
    """Who reads such a thing in earnest."""
    for field, read in READ_BY:
        if field in told:
            return read
    kind = told["type"]
    if kind in COMMANDS:
        return msgspec.json.Decoder[AnyCommand](AnyCommand).decode
    if kind in {"subscribe", "command", "answer", "query_answer"}:
        return msgspec.json.Decoder[stream.ClientFrame](stream.ClientFrame).decode
    if kind in REPLIES:
        return msgspec.json.Decoder[AnyQueryReply](AnyQueryReply).decode
    return msgspec.json.Decoder(TOLD).decode


def names(told: Json, read: Json) -> Iterator[str]:
    """The fields that were told and not read, at any depth."""
    if isinstance(told, dict) and isinstance(read, dict):
        for name, value in told.items():
            if name not in read:
                yield name
            else:
                yield from names(value, read[name])
    elif isinstance(told, list) and isinstance(read, list):
        for one, other in zip(told, read, strict=True):
            yield from names(one, other)


@pytest.mark.parametrize("text", blocks("json"), ids=lambda text: text[:60])
def test_json_example_is_what_the_gateway_reads_and_writes(text: str) -> None:
    told = msgspec.json.decode(text, type=dict[str, Json])
    read = decoder(told)(text)
    if isinstance(read, msgspec.Struct) and not isinstance(read, jsonrpc.Message):
        defaults = {"answers", "agent_ids", "action"}  # may be written out although they say nothing
        assert set(names(told, msgspec.to_builtins(read))) <= defaults


def test_hello_is_read_as_one() -> None:
    (said,) = [text for text in blocks("json") if hello.HELLO_METHOD in text]
    read = hello.read_hello(said.encode())
    assert read is not None
    assert read[0].token


def test_python_example_takes_what_is_signed_and_refuses_what_is_not() -> None:
    (text,) = (one for one in blocks("python") if "event_in" in one)
    scope: dict[str, Callable[[str, bytes, dict[str, str]], Json]] = {}
    exec(text, scope)  # noqa: S102  # it is what we tell people to run
    secret, body = signature.new_secret(), b'{"data":{"type":"x"}}'
    headers = signature.headers([signature.by_secret(secret)], "evt_1", SystemClock().now(), body)
    assert scope["event_in"](secret, body, headers) == {"type": "x"}
    with pytest.raises(WebhookVerificationError):
        scope["event_in"](signature.new_secret(), body, headers)


async def test_the_client_of_the_readme_follows_a_gateway_as_pasted() -> None:
    """Only the port is another: the demonstration's own may be taken."""
    (text,) = (one for one in blocks("python") if "async def follow" in one)
    raw: dict[str, Json] = {"server": {"port": 0}, "store": {"path": ":memory:"}}
    async with running(Gateway(config.parse(raw, "test"))) as gateway:
        here = text.replace("http://127.0.0.1:8080", gateway.addresses[0].rstrip("/"))
        assert here != text
        client = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", here), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
        )
        try:
            assert client.stdout is not None
            async with asyncio.timeout(PATIENCE_S):
                first = await client.stdout.readline()
        finally:
            client.kill()
            await client.communicate()
    assert msgspec.json.decode(first)["type"] == "stream.subscribed"
