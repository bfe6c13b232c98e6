"""HTTP as people know it, at every address that there is: refusals, methods, origins, sizes, traces."""

import gzip
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Final

import msgspec
import pytest
from aiohttp import ClientSession, WSServerHandshakeError

from adapters.contract.dialect import Done
from gateway.http.application import LEAST_BYTES, takes_gzip
from gateway.http.operations import Operation
from gateway.security.access import Scope
from schemas.grants import Role
from schemas.ids import AgentId
from schemas.results import CommandRecord
from tests.gateway.handmade import Bench, P, bench, call
from tests.gateway.raw import connected
from tests.gateway.webhook_world import receiving

PROBLEM: Final = "application/problem+json"
CRM: Final = "https://crm.example"
SPENT: Final = "tlk_0123456789ab_nothing"
FILES: Final = {"file": "none.js", "platform": "p", "dialect": "bright_pattern"}


def address(one: Operation) -> str:
    """A path of it, of things that there are not."""
    return re.sub(r"{(\w+)}", lambda found: FILES.get(found[1], "none"), one.path)


@asynccontextmanager
async def keyed(**server: object) -> AsyncIterator[tuple[Bench, dict[str, str]]]:
    """A gateway with a key for everything, and the header that shows it."""
    patient = {"wrong_per_minute": 10_000}
    async with bench(overrides={"server": {"port": 0, **server}, "access": patient}) as one:
        _, key = await one.gateway.keys.create("all", list(Scope))
        yield one, {"Authorization": f"Bearer {key}"}


async def asked(
    one: Bench, method: str, path: str, headers: Mapping[str, str] | None = None, body: bytes | None = None
) -> tuple[int, Mapping[str, str], bytes]:
    """Status, headers and body as they came over the wire."""
    async with (
        ClientSession(auto_decompress=False) as http,
        http.request(
            method,
            one.url + path,
            headers=headers,
            data=body,
            skip_auto_headers=["Accept-Encoding"],
            allow_redirects=False,
        ) as response,
    ):
        return response.status, response.headers, await response.read()


def kind(body: bytes) -> str:
    return str(msgspec.json.decode(body)["type"]).removeprefix("urn:trunkline:")


# --- 401 and 403


@pytest.mark.parametrize(
    "header", [None, f"Bearer {SPENT}", "Bearer eyJ.no.token", "Basic dTpw", "Bearer", "Bearer tlk_x"]
)
async def test_without_a_credential_that_is_one_every_address_says_401_and_how(header: str | None) -> None:
    async with keyed() as (one, _):
        shown = {} if header is None else {"Authorization": header}
        for each in one.gateway.contract.operations:
            if each.scope is None or each.by_first_frame:
                continue
            status, headers, body = await asked(one, each.method, address(each), shown)
            assert (status, headers["Content-Type"]) == (401, PROBLEM), each.address
            assert headers["WWW-Authenticate"].startswith("Bearer"), each.address
            assert kind(body) == "unauthenticated"


async def test_without_the_right_every_address_says_403_and_not_how_to_sign_in() -> None:
    async with keyed() as (one, _):
        for each in one.gateway.contract.operations:
            if each.scope is None or each.by_first_frame:
                continue
            _, key = await one.gateway.keys.create(each.id, [scope for scope in Scope if scope != each.scope])
            status, headers, body = await asked(
                one, each.method, address(each), {"Authorization": f"Bearer {key}"}
            )
            assert (status, kind(body)) == (403, "not_allowed"), each.address
            assert "WWW-Authenticate" not in headers


@pytest.mark.parametrize("path", ["/v1/stream", "/v1/links/p", "/v1/facades/p/bright_pattern?agent=a1"])
async def test_a_websocket_that_shows_a_bad_credential_is_refused_before_it_is_one(path: str) -> None:
    async with keyed() as (one, _):
        for header, status in ((f"Bearer {SPENT}", 401), ("Basic dTpw", 401), ("", 403)):
            _, lacking = await one.gateway.keys.create("none", [Scope.VENDOR_CALL])
            with pytest.raises(WSServerHandshakeError) as refused:
                await one.connect(path, {"Authorization": header or f"Bearer {lacking}"})
            assert refused.value.status == status
            told = refused.value.headers
            assert told is not None
            assert told["Content-Type"] == PROBLEM
            assert ("WWW-Authenticate" in told) == (status == 401)


# --- methods


async def test_another_method_is_405_with_allow_and_options_and_head_are_answered_everywhere() -> None:
    async with keyed() as (one, key):
        for each in one.gateway.contract.operations:
            path = address(each)
            if "channel_session" in path:
                continue  # a dialect's own, which answers OPTIONS itself
            status, headers, body = await asked(one, "TRACE", path, key)
            assert (status, kind(body)) == (405, "method_not_allowed"), path
            allowed = {name.strip() for name in headers["Allow"].split(",")}
            assert {each.method, "OPTIONS"} <= allowed
            status, headers, body = await asked(one, "OPTIONS", path)
            assert (status, body) == (204, b"")
            assert {name.strip() for name in headers["Allow"].split(",")} == allowed
            if each.method == "GET" and each.id != "sign_in_callback":  # which is no reading, and says so
                assert "HEAD" in allowed
                whole = await asked(one, "GET", path, key) if each.id != "stream_events" else None
                status, headers, body = await asked(one, "HEAD", path, key)
                assert body == b""
                assert whole is None or (status, headers["Content-Type"]) == (
                    whole[0],
                    whole[1]["Content-Type"],
                ), path


# --- what the library refuses


@pytest.mark.parametrize(
    ("said", "status", "why"),
    [
        (b"NONSENSE\r\n\r\n", 400, "malformed_request"),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400, "malformed_request"),
        (b"GET / HTTP/9.9\r\n\r\n", 400, "malformed_request"),
        (b"GET / HTTP/1.1\r\nHost: x\r\nX y\r\n\r\n", 400, "malformed_request"),
        (b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 9_000 + b"\r\n\r\n", 431, "headers_too_large"),
        (b"GET /" + b"a" * 9_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 431, "headers_too_large"),
        (b"GET / HTTP/1.1\r\n" + b"".join(b"X%d: a\r\n" % i for i in range(9_000)) + b"\r\n", 431, ""),
        (b"POST /v1/commands HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: -1\r\n\r\n", 400, ""),
        (
            b"POST /v1/commands HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
            400,
            "",
        ),
        (
            b"POST /v1/commands HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9999999\r\n\r\n",
            413,
            "content_too_large",
        ),
        (b"GET /v1/nothing HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", 404, "unknown_object"),
        (b"OPTIONS * HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", 404, "unknown_object"),
        (b"GET /v1/stream HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", 426, "upgrade_required"),
        (
            b"POST /v1/commands HTTP/1.1\r\nHost: 127.0.0.1\r\nExpect: fun\r\nContent-Length: 2\r\n\r\n",
            417,
            "",
        ),
    ],
)
async def test_what_the_library_refuses_is_a_problem_without_its_name(
    said: bytes, status: int, why: str
) -> None:
    async with bench() as one, connected(one.url) as raw:
        raw.say(said)
        head = (await raw.head()).decode()
        assert head.split()[1] == str(status)
        assert f"\r\nContent-Type: {PROBLEM}\r\n" in head
        assert "\r\nServer:" not in head
        size = int(re.findall(r"Content-Length: (\d+)", head)[0])
        body = msgspec.json.decode(await raw.reader.readexactly(size))
        assert body["status"] == status
        assert body["type"] == f"urn:trunkline:{why}" or not why
        assert "aaaa" not in body["detail"]


async def test_no_answer_names_the_library() -> None:
    async with keyed() as (one, key):
        for path in ("/v1/platforms", "/nothing", "/docs", "/metrics", "/v1/facades/p/bright_pattern/api.js"):
            _, headers, _ = await asked(one, "GET", path, key)
            assert "Server" not in headers
        socket = await one.connect("/v1/stream", key)
        assert "Server" not in socket._response.headers  # noqa: SLF001  # there is no other way in


async def test_too_much_is_429_and_not_now_is_503_and_both_say_when() -> None:
    async with keyed(max_connections=0 + 1) as (one, key):
        await one.connect("/v1/stream", key)
        for path in ("/v1/events/stream", "/v1/events?wait=1&after=999999"):
            status, headers, _ = await asked(one, "GET", path, key)
            assert (status, int(headers["Retry-After"]) > 0) == (429, True), path
        with pytest.raises(WSServerHandshakeError) as refused:
            await one.connect("/v1/stream", key)
        assert refused.value.status == 429
        one.gateway.health.report("test", "is not well")
        status, headers, _ = await asked(one, "GET", "/readyz")
        assert (status, int(headers["Retry-After"]) > 0) == (503, True)


# --- pages of other origins


async def test_by_default_no_page_of_another_origin_may_read() -> None:
    async with keyed() as (one, key):
        preflight = {"Origin": CRM, "Access-Control-Request-Method": "GET"}
        for method, headers in (("OPTIONS", preflight), ("GET", {**key, "Origin": CRM})):
            _, told, _ = await asked(one, method, "/v1/platforms", headers)
            assert not [name for name in told if name.startswith("Access-Control-")]
        with pytest.raises(WSServerHandshakeError) as refused:
            await one.connect("/v1/stream", {"Origin": CRM})
        assert refused.value.status == 403


async def test_a_configured_origin_may_and_another_may_not() -> None:
    async with keyed(origins=[CRM]) as (one, key):
        preflight = {
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization",
        }
        for path in ("/v1/commands", "/v1/events/stream", "/v1/webhooks", "/v1/stream-tickets", "/nothing"):
            for origin in (CRM, "https://crm.example.evil.example", "null"):
                _, told, _ = await asked(one, "OPTIONS", path, {"Origin": origin, **preflight})
                let = origin == CRM
                assert told.get("Access-Control-Allow-Origin") == (CRM if let else None)
                assert "Origin" in told["Vary"]
                if let and path != "/nothing":
                    assert told["Access-Control-Allow-Methods"]
                    assert "Authorization" in told["Access-Control-Allow-Headers"]
                    assert told["Access-Control-Allow-Credentials"] == "true"
        for path in (
            "/v1/platforms",
            "/v1/sessions?limit=0",
            "/v1/events/stream",
        ):  # refusals, and streams, too
            _, told, _ = await asked(one, "HEAD", path, {**key, "Origin": CRM})
            assert told["Access-Control-Allow-Origin"] == CRM
            assert "Retry-After" in told["Access-Control-Expose-Headers"]
        _, told, _ = await asked(one, "GET", "/v1/platforms", key)
        assert "Origin" in told["Vary"]  # a cache may not give this to a page of the origin
        await one.connect("/v1/stream", {"Origin": CRM})
        with pytest.raises(WSServerHandshakeError):
            await one.connect("/v1/stream", {"Origin": "https://other.example"})


async def test_any_origin_may_read_but_then_without_the_browsers_own_credentials() -> None:
    async with keyed(origins=["*"]) as (one, key):
        _, told, _ = await asked(one, "GET", "/v1/platforms", {**key, "Origin": CRM})
        assert told["Access-Control-Allow-Origin"] == "*"
        assert "Access-Control-Allow-Credentials" not in told


# --- sizes


async def test_large_answers_come_in_gzip_to_who_takes_it() -> None:
    async with bench() as one:
        plain = await asked(one, "GET", "/openapi.json")
        assert len(plain[2]) > LEAST_BYTES
        assert plain[1]["Vary"] == "Accept-Encoding"
        assert "Content-Encoding" not in plain[1]
        packed = await asked(one, "GET", "/openapi.json", {"Accept-Encoding": "br, gzip"})
        assert (packed[1]["Content-Encoding"], packed[1]["Vary"]) == ("gzip", "Accept-Encoding")
        assert gzip.decompress(packed[2]) == plain[2]
        assert int(packed[1]["Content-Length"]) == len(packed[2]) < len(plain[2]) / 4
        head = await asked(one, "HEAD", "/openapi.json", {"Accept-Encoding": "gzip"})
        assert (head[1]["Content-Length"], head[2]) == (packed[1]["Content-Length"], b"")
        for path in ("/healthz", "/v1/events/stream"):
            _, told, _ = await asked(one, "HEAD", path, {"Accept-Encoding": "gzip"})
            assert "Content-Encoding" not in told, path


@pytest.mark.parametrize(
    ("said", "takes"),
    [
        ("", False),
        ("gzip", True),
        ("GZIP;q=0.5", True),
        ("gzip;q=0", False),
        ("gzip; q=0.000, *", False),
        ("*", True),
        ("*;q=0", False),
        ("deflate, br", False),
        ("x-gzip-not", False),
    ],
)
def test_who_takes_gzip_says_so(said: str, *, takes: bool) -> None:
    assert takes_gzip({"Accept-Encoding": said}) is takes


# --- traces


async def test_a_trace_goes_on_through_the_command_its_record_and_its_webhooks() -> None:
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    said = {"traceparent": f"00-{trace}-00f067aa0ba902b7-01"}
    async with bench() as one, receiving() as receiver:
        spec = {"url": f"{receiver.url}/hook", "events": ["command.finished"]}
        assert (await one.request("POST", "/v1/webhooks", spec)).status == 201
        page = await one.page()
        (shown,) = await one.shown(page, call())
        body = msgspec.json.encode({"type": "interaction.accept", "interaction_id": shown.id})
        status, headers, told = await asked(one, "POST", "/v1/commands?wait=0", said, body)
        assert status == 202
        assert headers["traceparent"].split("-")[1] == trace
        record = msgspec.json.decode(told, type=CommandRecord)
        await page.carry_out(Done())
        assert record.traceparent.split("-")[1] == trace
        got = (await receiver.next()).headers["traceparent"].split("-")
        assert got[1] == trace
        assert got[2] != record.traceparent.split("-")[2]


@pytest.mark.parametrize(
    "said", ["", "00-" + "0" * 32 + "-00f067aa0ba902b7-01", "ff-x", "00-AB-cd-01", "x" * 9]
)
async def test_a_trace_that_is_none_is_as_good_as_no_word(said: str) -> None:
    async with bench() as one:
        _, first, _ = await asked(one, "GET", "/healthz", {"traceparent": said})
        _, second, _ = await asked(one, "GET", "/healthz", {"traceparent": said})
        ids = {told["traceparent"].split("-")[1] for told in (first, second)}
        assert len(ids) == 2
        assert "0" * 32 not in ids


# --- tokens, too


async def test_a_token_that_is_over_is_401_and_one_of_another_agent_403() -> None:
    async with keyed() as (one, _):
        token = one.gateway.tokens.mint(AgentId("a1"), P, Role.FACADE)
        shown = {"Authorization": f"Bearer {token}"}
        assert (await asked(one, "GET", "/v1/sessions", shown))[0] == 200
        assert (await asked(one, "GET", "/v1/sessions?agent=a2", shown))[0] == 403
        assert (await asked(one, "GET", "/v1/webhooks", shown))[0] == 403
        assert (await asked(one, "GET", "/v1/sessions", {"Authorization": f"Bearer {token}x"}))[0] == 401
