"""Bodies: who is asking comes first, then how large it is, how long it takes, whether it is compressed."""

import gzip
import zlib
from collections.abc import Mapping
from typing import Final

import msgspec
import pytest

from gateway.http.bodies import KNOWN_S, STRANGER_S
from gateway.http.doorway import STRANGER_BYTES
from gateway.telemetry.peers import PeerFault
from schemas.values import Json
from tests.fakes import FakeClock, until
from tests.gateway.handmade import Bench, bench
from tests.gateway.raw import connected
from tests.gateway.test_strangers import faults, keyed

WANTED: Final = msgspec.json.encode({"agent_id": "a1", "platform_id": "p", "role": "link"})
BOMB: Final = gzip.compress(b" " * 100_000_000)
SERVED: Final[dict[str, dict[str, Json]]] = {
    "p": {"dialect": "handmade"},
    "c": {"dialect": "channel_session", "url": "ws://127.0.0.1:9/"},
}
GUARDED: Final = (
    "/v1/webhooks",
    "/v1/commands",
    "/v1/commands/x/answer",
    "/v1/link-tokens",
    "/v1/facades/c/channel_session/direct/processRequest?clientId=x",
)


def post(path: str, size: int | str, *headers: str) -> str:
    """The head of a request."""
    length = f"Content-Length: {size}" if isinstance(size, int) else size
    return "\r\n".join((f"POST {path} HTTP/1.1", "Host: 127.0.0.1", length, *headers, "", ""))


def bearer(key: str) -> str:
    """The header that shows a key."""
    return f"Authorization: Bearer {key}"


ENCODED: Final[dict[str, tuple[str, ...]]] = {
    "gzip": ("Content-Encoding: gzip",),
    "in capitals": ("CONTENT-ENCODING: GZIP",),
    "deflate": ("Content-Encoding: deflate",),
    "br": ("Content-Encoding: br",),
    "zstd": ("Content-Encoding: zstd",),
    "a list": ("Content-Encoding: identity, gzip",),
    "twice": ("Content-Encoding: gzip", "Content-Encoding: gzip"),
    "something else": ("Content-Encoding: rot13",),
}


@pytest.mark.parametrize("path", GUARDED)
async def test_without_a_key_nothing_of_a_body_is_waited_for_or_inflated(path: str) -> None:
    async with bench(platforms=SERVED) as standing:
        await standing.gateway.keys.create("t", ["links"])
        for headers in ((), ENCODED["gzip"], (bearer("tlk_wrong"), *ENCODED["gzip"])):
            async with connected(standing.url) as raw:
                raw.say(post(path, 1_000_000, *headers))  # and no body
                assert (await raw.answer())[0] in {401, 403, 404}


async def test_of_a_stranger_s_body_no_more_is_taken_than_a_stranger_may_say() -> None:
    async with bench(platforms=SERVED) as standing:
        await standing.gateway.keys.create("t", ["links"])
        for path in ("/v1/facades/c/channel_session/sessions", "/v1/sign-in/pick-up"):
            async with connected(standing.url) as raw:
                raw.say(post(path, STRANGER_BYTES + 1))
                assert (await raw.answer())[0] == 413
            async with connected(standing.url) as raw:
                raw.say(post(path, "Transfer-Encoding: chunked"))
                raw.say(b"10001\r\n" + b" " * 0x10001 + b"\r\n")
                assert (await raw.answer())[0] == 413


@pytest.mark.parametrize("headers", ENCODED.values(), ids=ENCODED)
@pytest.mark.parametrize("last", [False, True], ids=["encoding first", "encoding last"])
async def test_a_compressed_body_is_refused_unless_it_is_allowed(
    headers: tuple[str, ...], *, last: bool
) -> None:
    async with keyed() as (standing, key), connected(standing.url) as raw:
        order = (bearer(key), *headers) if last else (*headers, bearer(key))
        body = gzip.compress(WANTED)
        raw.say(post("/v1/link-tokens", len(body), *order))
        raw.say(body)
        status, told = await raw.answer()
        assert status == 415
        assert b"encoding" in told
        assert await faults(standing, PeerFault.COMPRESSED) == 1


@pytest.mark.parametrize(
    "headers",
    [(), ("Content-Encoding: identity",), ("Content-Encoding:",)],
    ids=["none", "identity", "empty"],
)
async def test_a_body_that_is_as_it_is_is_taken(headers: tuple[str, ...]) -> None:
    async with keyed() as (standing, key), connected(standing.url) as raw:
        raw.say(post("/v1/link-tokens", len(WANTED), bearer(key), *headers))
        raw.say(WANTED)
        assert (await raw.answer())[0] == 201


async def sent(standing: Bench, key: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, bytes]:
    """The answer to a body."""
    async with standing.http.post(
        f"{standing.url}/v1/link-tokens", data=body, headers={"Authorization": f"Bearer {key}", **headers}
    ) as response:
        return response.status, await response.read()


async def test_where_they_are_allowed_compressed_bodies_are_read_like_others() -> None:
    async with keyed({"compressed_bodies": True}) as (standing, key):
        for body, name in ((gzip.compress(WANTED), "gzip"), (zlib.compress(WANTED), "Deflate")):
            assert (await sent(standing, key, body, {"Content-Encoding": name}))[0] == 201
        broken = {
            "cut off": gzip.compress(WANTED)[:-9],
            "not compressed": WANTED,
            "twice over": gzip.compress(WANTED) * 2,
        }
        for body in broken.values():
            assert (await sent(standing, key, body, {"Content-Encoding": "gzip"}))[0] == 400
        assert (await sent(standing, key, BOMB, {"Content-Encoding": "gzip"}))[0] == 413
        for name in ("br", "gzip, gzip", "zstd"):
            assert (await sent(standing, key, gzip.compress(WANTED), {"Content-Encoding": name}))[0] == 415


async def test_nobody_without_a_key_has_anything_inflated_even_where_that_is_allowed() -> None:
    allowed: dict[str, Json] = {"compressed_bodies": True}
    async with keyed(allowed) as (standing, _), connected(standing.url) as raw:
        raw.say(post("/v1/sign-in/pick-up", len(BOMB), "Content-Encoding: gzip"))
        assert (await raw.answer())[0] == 415


@pytest.mark.parametrize(
    ("path", "known", "within_s"),
    [("/v1/link-tokens", True, KNOWN_S), ("/v1/sign-in/pick-up", False, STRANGER_S)],
    ids=["with a key", "without"],
)
async def test_a_body_that_does_not_come_in_time_is_waited_for_no_longer(
    path: str, within_s: float, *, known: bool
) -> None:
    clock = FakeClock()
    async with keyed(clock=clock) as (standing, key), connected(standing.url) as raw:
        raw.say(post(path, 1000, *((bearer(key),) if known else ())) + "{")
        await until(lambda: within_s in clock.waiting())
        await clock.advance(within_s - 1)
        raw.say(b" ")  # a byte now and then is not the body
        await clock.advance(1)
        assert (await raw.answer())[0] == 408
        assert await faults(standing, PeerFault.SLOW_BODY) == 1


async def test_requests_that_break_off_are_counted_and_a_few_are_logged(
    caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    async with keyed() as (standing, key):
        for _ in range(50):
            async with connected(standing.url) as raw:
                raw.say(post("/v1/link-tokens", 1000, bearer(key)) + "{")
                await raw.writer.drain()
                raw.writer.transport.abort()
        for _ in range(50):
            async with connected(standing.url) as raw:
                raw.say("GET / HTTP/1.1\r\nHost: x\r\n\x00\r\n\r\n")
                await raw.ended()
    seen = await faults(standing, PeerFault.BROKE_OFF)
    assert 1 <= seen <= 50  # some were gone before their heads had been read
    assert await faults(standing, PeerFault.NOT_HTTP) == 50
    told = capsys.readouterr().out
    assert told.count("a request broke off") <= 5
    assert told.count("a request could not be read") == 5
    assert "Traceback" not in told
    assert not [one for one in caplog.records if one.levelname == "ERROR"]
