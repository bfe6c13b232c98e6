"""A CRM behind real sockets: what reaches it, with which credentials, and how often."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime

import pytest
from aiohttp import web

from adapters.contract.crm import Flow, Request
from gateway.crm.requests import CrmError, Failure, HttpSender, run
from gateway.outbound.egress import Egress
from gateway.runtime.clock import SystemClock
from schemas import events as ev
from schemas.errors import ConfigError
from schemas.ids import PlatformId
from schemas.values import Json
from tests.crm.calls import answered, leg, over
from tests.fakes import until
from tests.gateway.handmade import P, bench
from tests.patience import PATIENCE_S

Served = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def raw(served: Served) -> AsyncIterator[str]:
    """A server that is made of bytes."""
    ended: list[asyncio.Event] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ended.append(over := asyncio.Event())
        try:
            await served(reader, writer)
        finally:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()
            over.set()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        host, port = server.sockets[0].getsockname()[:2]
        yield f"http://{host}:{port}"
    for one in ended:
        await one.wait()


async def asked(reader: asyncio.StreamReader) -> bytes:
    """The first line of a request, whose head and body are read."""
    head = await reader.readuntil(b"\r\n\r\n")
    for line in head.split(b"\r\n"):
        if line.lower().startswith(b"content-length:"):
            await reader.readexactly(int(line.split(b":")[1]))
    return head.split(b"\r\n")[0]


def answer(body: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%s" % (len(body), body)


def sender(url: str) -> HttpSender:
    return HttpSender(Egress(loopback=True), SystemClock(), url, {}, connection="", timeout_s=PATIENCE_S)


def one(method: str, path: str, *, creates: bool = False) -> Flow[bytes]:
    """A flow of one request."""
    got = yield Request(method=method, path=path, body=b"{}", creates=creates)
    return got.body


async def test_a_create_that_the_crm_dies_over_is_not_sent_again() -> None:
    seen: list[bytes] = []

    async def served(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while not reader.at_eof():
            try:
                seen.append(await asked(reader))
            except asyncio.IncompleteReadError:
                break
            if seen[-1].startswith(b"POST"):
                break
            writer.write(answer(b"[]"))

    async with raw(served) as url:
        crm = sender(url)
        assert await run(one("GET", "/calls"), crm) == b"[]"
        with pytest.raises(CrmError) as told:
            await run(one("POST", "/calls", creates=True), crm)
        await crm.close()
    assert (told.value.failure, told.value.unknown, told.value.creating) == (Failure.DOWN, True, True)
    assert seen == [b"GET /calls HTTP/1.1", b"POST /calls HTTP/1.1"]


async def test_a_second_answer_to_one_request_is_not_taken_for_the_next_ones() -> None:
    async def served(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with_it = await asked(reader)
        body = with_it.split(b" ")[1]
        writer.write(answer(body) + answer(b"again " + body))
        await writer.drain()
        while not reader.at_eof():  # and goes on answering twice
            try:
                body = (await asked(reader)).split(b" ")[1]
            except (asyncio.IncompleteReadError, ConnectionError):
                break
            writer.write(answer(body) + answer(b"again " + body))

    async with raw(served) as url:
        crm = sender(url)
        for number in range(5):
            assert await run(one("GET", f"/{number}"), crm) == b"/%d" % number
        await crm.close()


async def test_a_crm_that_is_not_there_has_certainly_done_nothing() -> None:
    async with raw(lambda _reader, _writer: asyncio.sleep(0)) as url:
        pass
    crm = sender(url)
    with pytest.raises(CrmError) as told:
        await run(one("POST", "/calls", creates=True), crm)
    await crm.close()
    assert (told.value.unknown, told.value.creating) == (False, True)


async def test_a_gateway_logs_a_contact_in_a_crm_that_is_configured() -> None:
    calls: dict[str, dict[str, object]] = {}
    credentials: set[str | None] = set()

    async def handle(request: web.Request) -> web.StreamResponse:
        credentials.add(request.headers.get("Authorization"))
        if request.method == "GET":
            found = [{"id": key} for key in calls if key == request.query["key"]]
            return web.json_response({"data": found})
        body = json.loads(await request.read())
        if request.method == "POST":
            calls[body["key"]] = body
            return web.json_response({"id": body["key"]}, status=201)
        calls[request.match_info["path"].split("/")[1]] |= body
        return web.json_response({})

    app = web.Application()
    app.router.add_route("*", "/api/{path:.*}", handle)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    row: dict[str, Json] = {
        "connector": "rest",
        "url": f"http://{host}:{port}/api/",
        "headers": {"Authorization": "Bearer s3cret"},
        "settings": {
            "log": {
                "find": {"path": "/calls?key={key}", "items": "data"},
                "create": {"path": "/calls", "body": {"key": "{key}", "seconds": "{talk_s}"}},
                "update": {"path": "/calls/{id}", "body": {"outcome": "{outcome}", "text": "{legs}"}},
            }
        },
    }
    try:
        async with bench(overrides={"crm": {"books": row}}) as b:
            ended = over(answered(leg("i1", "r1", platform_id=PlatformId(P))))
            now, platform = datetime.now(UTC), ended.platform_id
            told = ev.InteractionEnded(time=now, platform_id=platform, interaction=ended)
            b.gateway.router.publish([told])
            await until(lambda: "r1" in calls)
            more = ev.InteractionCompleted(time=now, platform_id=platform, interaction=ended)
            b.gateway.router.publish([more])
            await until(lambda: calls["r1"].get("outcome") == "answered")
            assert b"trunkline_crm_activities_total" in b.gateway.metrics.render()
    finally:
        await runner.cleanup()
    assert calls["r1"]["seconds"] == 60
    assert credentials == {"Bearer s3cret"}


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"connector": "rst"}, "crm.books.connector: 'rst' is none; is it rest?"),
        ({"settings": {}}, "crm.books.settings.log: is required"),
        ({"platforms": ["q"]}, "crm.books.platforms: there is no 'q'"),
        ({"url": "https://10.0.0.1/secret-token"}, "crm.books.url: "),
        ({"connection": "bank"}, "crm.books.connection"),
    ],
)
async def test_mistakes_of_the_configuration_are_told_by_place(changes: dict[str, Json], told: str) -> None:
    row: dict[str, Json] = {
        "connector": "rest",
        "url": "https://crm.example",
        "settings": {"log": {"create": {"path": "/calls"}}},
        **changes,
    }
    with pytest.raises(ConfigError) as error:
        async with bench(overrides={"crm": {"books": row}}):
            pass
    assert told in str(error.value)
    assert "secret-token" not in str(error.value)
