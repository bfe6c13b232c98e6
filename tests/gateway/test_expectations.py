"""`Expect: 100-continue`: a body is invited once it is known who asks and that the body is wanted."""

import pytest

from gateway.http.doorway import STRANGER_BYTES
from tests.gateway.handmade import bench
from tests.gateway.raw import UPGRADE, Raw, connected
from tests.gateway.test_bodies import GUARDED, SERVED, WANTED, bearer, post
from tests.gateway.test_strangers import HEALTH, keyed

EXPECT = "Expect: 100-continue"
GO_ON = b"HTTP/1.1 100 Continue\r\n\r\n"
CHUNKED = "Transfer-Encoding: chunked"


async def refused(raw: Raw, *statuses: int) -> None:
    """It is told at once, without an invitation, and the connection is over: a body may follow or not."""
    head = await raw.head()
    assert int(head.split()[1]) in statuses
    assert b"connection: close" in head.lower()


@pytest.mark.parametrize("path", [*GUARDED, "/v1/nothing", "/v1/sessions"])
@pytest.mark.parametrize("length", [1_000_000, CHUNKED], ids=["a length", "chunked"])
async def test_nobody_without_a_key_is_invited_to_send_a_body(path: str, length: int | str) -> None:
    async with bench(platforms=SERVED) as standing:
        await standing.gateway.keys.create("t", ["links"])
        for headers in ((), (bearer("tlk_wrong"),), tuple(UPGRADE.split("\r\n")[:-1])):
            async with connected(standing.url) as raw:
                raw.say(post(path, length, EXPECT, *headers))
                await refused(raw, 401, 403, 404, 405)


@pytest.mark.parametrize(
    ("length", "headers", "status"),
    [
        (2_000_000, (), 413),
        (100, ("Content-Encoding: gzip",), 415),
        (CHUNKED, ("Content-Encoding: br",), 415),
    ],
)
async def test_a_body_that_will_not_be_taken_is_not_invited(
    length: int | str, headers: tuple[str, ...], status: int
) -> None:
    async with keyed() as (standing, key), connected(standing.url) as raw:
        raw.say(post("/v1/link-tokens", length, EXPECT, bearer(key), *headers))
        await refused(raw, status)


@pytest.mark.parametrize("path", ["/v1/facades/c/channel_session/sessions", "/v1/sign-in/pick-up"])
async def test_a_stranger_is_invited_to_a_small_body_only_where_it_says_who_he_is(path: str) -> None:
    async with bench(platforms=SERVED) as standing:
        await standing.gateway.keys.create("t", ["links"])
        async with connected(standing.url) as raw:
            raw.say(post(path, STRANGER_BYTES + 1, EXPECT))
            await refused(raw, 413)
        async with connected(standing.url) as raw:
            raw.say(post(path, 2, EXPECT, "Content-Encoding: gzip"))
            await refused(raw, 415)
        async with connected(standing.url) as raw:
            raw.say(post(path, 2, EXPECT))
            assert await raw.head() == GO_ON


@pytest.mark.parametrize("spelling", [EXPECT, "EXPECT: 100-Continue ", f"{EXPECT}\r\n{UPGRADE.strip()}"])
async def test_whoever_may_is_invited_once_and_the_connection_goes_on(spelling: str) -> None:
    async with keyed() as (standing, key), connected(standing.url) as raw:
        for _ in range(2):
            raw.say(post("/v1/link-tokens", len(WANTED), spelling, bearer(key)))
            assert await raw.head() == GO_ON
            raw.say(WANTED)
            assert (await raw.answer())[0] == 201
            raw.say(post("/v1/link-tokens", CHUNKED, spelling, bearer(key)))
            assert await raw.head() == GO_ON
            raw.say(b"%x\r\n%b\r\n0\r\n\r\n" % (len(WANTED), WANTED))
            assert (await raw.answer())[0] == 201


async def test_requests_that_were_sent_ahead_are_answered_in_order_each_with_what_it_expects() -> None:
    async with keyed() as (standing, key), connected(standing.url) as raw:
        impatient = post("/v1/link-tokens", len(WANTED), EXPECT, bearer(key)).encode() + WANTED
        raw.say(HEALTH.encode() + impatient + HEALTH.encode() + post("/v1/link-tokens", 9, EXPECT).encode())
        assert (await raw.answer())[0] == 200
        assert await raw.head() == GO_ON
        assert (await raw.answer())[0] == 201
        assert (await raw.answer())[0] == 200
        await refused(raw, 401)


async def test_what_follows_an_uninvited_body_s_head_is_not_taken_for_a_request() -> None:
    async with keyed() as (standing, _), connected(standing.url) as raw:
        raw.say(post("/v1/link-tokens", len(HEALTH), EXPECT) + HEALTH + HEALTH)
        await refused(raw, 401)
        assert b"HTTP/1.1" not in await raw.ended()


async def test_a_client_of_http_1_0_does_not_wait_so_it_is_not_told() -> None:
    async with keyed() as (standing, key), connected(standing.url) as raw:
        head = post("/v1/link-tokens", len(WANTED), EXPECT, bearer(key)).replace("HTTP/1.1", "HTTP/1.0")
        raw.say(head.encode() + WANTED)
        assert (await raw.answer())[0] == 201


@pytest.mark.parametrize("expect", ["Expect: 200-ok", f"{EXPECT}, 200-ok", f"{EXPECT}\r\nExpect: more"])
async def test_what_else_is_expected_is_refused_once_it_is_known_who_asks(expect: str) -> None:
    async with keyed() as (standing, key):
        for length, header, status in ((5, bearer(key), 417), (CHUNKED, bearer(key), 417), (5, "X: y", 401)):
            async with connected(standing.url) as raw:
                raw.say(post("/v1/link-tokens", length, expect, header))
                await refused(raw, status)
        for path, status in (("/v1/sign-in/pick-up", 417), ("/v1/nothing", 404), ("/v1/sessions", 405)):
            async with connected(standing.url) as raw:
                raw.say(post(path, 5, expect))
                await refused(raw, status)
