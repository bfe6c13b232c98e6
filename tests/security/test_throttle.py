"""Wrong credentials are slowed down, good ones never by them; and a key has a rate."""

import re
from collections.abc import Mapping
from typing import Final

import pytest
from aiohttp import WSMsgType

from gateway.api.stream import Problem
from gateway.security.throttle import MOST, Buckets, Rate, Throttle
from gateway.telemetry.bounded import LINES
from schemas.grants import Role
from schemas.ids import AgentId
from schemas.results import ErrorCode
from schemas.values import Json
from tests.e2e.world import Stream
from tests.fakes import FakeClock
from tests.gateway.handmade import Bench, P, bench
from tests.patience import PATIENCE_S
from tests.security.keyed import ask, bearer, boss, made

FEW: Final[Mapping[str, Json]] = {"access": {"wrong_per_minute": 3}}
PROXIED: Final[Mapping[str, Json]] = {
    **FEW,
    "server": {"port": 0, "trusted_proxies": ["127.0.0.0/8"]},
}
WRONG: Final = "tlk_0123456789ab_" + "x" * 43


async def wrong(standing: Bench, credential: str = WRONG, address: str = "") -> int:
    """What a wrong credential from there is answered with."""
    headers = {"X-Forwarded-For": address} if address else {}
    return (await ask(standing, credential, "GET", "/v1/sessions", **headers)).status


async def counted(standing: Bench, fault: str) -> float:
    text = standing.gateway.metrics.render().decode()
    found = re.search(rf'trunkline_peer_faults_total{{fault="{fault}"}} ([0-9.]+)', text)
    assert found is not None
    return float(found[1])


async def test_the_fourth_wrong_key_from_an_address_is_told_when_to_come_again() -> None:
    async with bench(clock=(clock := FakeClock()), overrides=FEW) as standing:
        admin = await boss(standing)
        for _ in range(3):
            assert await wrong(standing) in {401, 403}
        answer = await ask(standing, WRONG, "GET", "/v1/sessions")
        assert answer.status == 429
        assert int(answer.headers["Retry-After"]) == 20
        assert answer.json()["type"] == "urn:trunkline:rate_limited"
        assert await counted(standing, "throttled") == 1
        assert (await ask(standing, admin, "GET", "/v1/sessions")).status == 200  # from the same address
        await clock.advance(20)
        assert await wrong(standing) in {401, 403}
        assert await wrong(standing) == 429


async def test_a_good_credential_is_let_in_whatever_is_tried_beside_it() -> None:
    """From the same address, with the beginning of the same key, by HTTP, streams and pages."""
    async with bench(clock=FakeClock(), overrides=FEW) as standing:
        admin = await boss(standing)
        token = standing.gateway.tokens.mint(AgentId("a1"), P, Role.FACADE)
        for wrong_one in (f"{admin[:-1]}!", token[:-3], "nonsense") * 20:
            await wrong(standing, wrong_one)
        assert await wrong(standing, f"{admin[:-1]}!") == 429
        assert (await ask(standing, admin, "GET", "/v1/sessions")).status == 200
        assert (await ask(standing, token, "GET", "/v1/sessions")).status == 200
        stream = await standing.stream(token=admin)
        assert stream.close_code is None
        await standing.relay("a1", token=admin)


async def test_a_key_is_guarded_against_many_addresses() -> None:
    async with bench(clock=FakeClock(), overrides=PROXIED) as standing:
        admin = await boss(standing)
        guesses = [f"{admin[:-2]}{n:02}" for n in range(5)]
        statuses = [await wrong(standing, guess, f"203.0.113.{n}") for n, guess in enumerate(guesses)]
        assert statuses[3:] == [429, 429]
        assert 429 not in statuses[:3]
        assert await wrong(standing, WRONG, "203.0.113.77") in {401, 403}
        assert (await ask(standing, admin, "GET", "/v1/sessions")).status == 200


async def test_an_address_is_the_client_s_and_of_ipv6_the_first_64_bits() -> None:
    async with bench(clock=FakeClock(), overrides=PROXIED) as standing:
        await boss(standing)
        keys = [f"tlk_{n:012x}_{'x' * 43}" for n in range(20)]
        for n in range(3):
            assert await wrong(standing, keys[n], "203.0.113.1") in {401, 403}
        assert await wrong(standing, keys[3], "203.0.113.1") == 429
        assert await wrong(standing, keys[4], "203.0.113.2") in {401, 403}
        for n in range(3):
            assert await wrong(standing, keys[5 + n], f"2001:db8:0:1::{n + 1}") in {401, 403}
        assert await wrong(standing, keys[9], "2001:db8:0:1:ffff::1") == 429
        assert await wrong(standing, keys[10], "2001:db8:0:2::1") in {401, 403}


async def test_who_is_no_trusted_proxy_says_nothing_of_addresses() -> None:
    async with bench(clock=FakeClock(), overrides=FEW) as standing:
        await boss(standing)
        statuses = [await wrong(standing, WRONG, f"203.0.113.{n}") for n in range(4)]
        assert statuses[3] == 429


async def test_a_token_that_is_over_is_no_guess() -> None:
    """A call centre whose tokens end together stands behind one address: its pages must learn why."""
    async with bench(clock=(clock := FakeClock()), overrides=FEW) as standing:
        await boss(standing)
        token = standing.gateway.tokens.mint(AgentId("a1"), P, Role.FACADE, 60)
        await clock.advance(60)
        assert 429 not in [await wrong(standing, token) for _ in range(10)]
        assert await wrong(standing, "") == 401  # who shows nothing guesses nothing
        assert 429 not in [await wrong(standing, "") for _ in range(10)]


async def test_a_page_with_a_wrong_token_is_told_to_come_with_another_however_many_there_are() -> None:
    async with bench(clock=FakeClock(), overrides=FEW) as standing:
        await boss(standing)
        codes = []
        for _ in range(6):
            socket = await standing.connect("/v1/links/p")
            said: Json = {"id": 0, "method": "trunkline.hello", "params": [{"token": "wrong", "protocol": 2}]}
            await socket.send_json(said)
            assert (await socket.receive(PATIENCE_S)).type is WSMsgType.CLOSE
            codes.append(socket.close_code)
        assert codes == [4401] * 6
        assert await counted(standing, "throttled") == 3


async def test_the_log_has_a_few_lines_and_no_key(capsys: pytest.CaptureFixture[str]) -> None:
    async with bench(clock=FakeClock(), overrides=FEW) as standing:
        await boss(standing)
        for n in range(40):
            await wrong(standing, f"tlk_0123456789ab_{n:043}")
    told = capsys.readouterr().out
    assert 0 < told.count("too many wrong credentials") <= LINES + 1
    assert f"{7:043}" not in told


def test_what_is_remembered_is_bounded() -> None:
    throttle = Throttle(FakeClock(), 3)
    for n in range(MOST):
        throttle.wrong(f"10.{n >> 16}.{n >> 8 & 255}.{n & 255}", f"tlk_{n:012x}_x")
    assert len(throttle._wrong) == MOST  # noqa: SLF001  # nobody else counts them
    throttle.wrong("192.0.2.1", "tlk_" + "y" * 100_000)
    assert len(throttle._wrong) == MOST  # noqa: SLF001
    assert max(map(len, throttle._wrong._at)) < 100  # noqa: SLF001


# --- the rate of a key


async def test_every_answer_to_a_key_tells_its_rate_and_what_is_left() -> None:
    rate: Mapping[str, Json] = {"access": {"key_rate": {"burst": 3, "per_s": 0.5}}}
    async with bench(clock=(clock := FakeClock()), overrides=rate) as standing:
        admin = await boss(standing)
        first = await ask(standing, admin, "GET", "/v1/sessions")
        assert first.headers["RateLimit-Policy"] == '"key";q=3;w=6'
        assert first.headers["RateLimit"] == '"key";r=2;t=2'
        missing = await ask(standing, admin, "GET", "/v1/keys/none")
        assert (missing.status, missing.headers["RateLimit"]) == (404, '"key";r=1;t=4')
        await ask(standing, admin, "GET", "/v1/sessions")
        over = await ask(standing, admin, "GET", "/v1/sessions")
        assert over.status == 429
        assert (over.headers["Retry-After"], over.headers["RateLimit"]) == ("2", '"key";r=0;t=6')
        assert await counted(standing, "over_rate") == 1
        await clock.advance(2)
        assert (await ask(standing, admin, "GET", "/v1/sessions")).status == 200


async def test_a_key_has_a_rate_of_its_own_and_no_other_pays_for_it() -> None:
    async with bench(clock=FakeClock()) as standing:
        admin = await boss(standing)
        slow = str((await made(standing, admin, rate={"burst": 1, "per_s": 0.1}))["key"])
        assert (await ask(standing, slow, "GET", "/v1/sessions")).headers[
            "RateLimit-Policy"
        ] == '"key";q=1;w=10'
        assert (await ask(standing, slow, "GET", "/v1/sessions")).status == 429
        assert (await ask(standing, slow, "GET", "/v1/events/stream")).status == 429
        assert (await ask(standing, admin, "GET", "/v1/sessions")).status == 200
        token = standing.gateway.tokens.mint(AgentId("a1"), P, Role.FACADE)
        assert "RateLimit" not in (await ask(standing, token, "GET", "/v1/sessions")).headers


async def test_opening_a_websocket_is_one_use() -> None:
    async with bench(clock=FakeClock()) as standing:
        admin = await boss(standing)
        slow = str((await made(standing, admin, rate={"burst": 3, "per_s": 0.1}))["key"])
        await standing.connect("/v1/stream", bearer(slow))
        assert (
            (await ask(standing, slow, "GET", "/v1/sessions")).headers["RateLimit"].startswith('"key";r=1;')
        )


async def test_a_key_s_commands_over_a_stream_count_too() -> None:
    async with bench(clock=FakeClock()) as standing:
        admin = await boss(standing)
        slow = str((await made(standing, admin, rate={"burst": 3, "per_s": 0.1}))["key"])
        stream = Stream(await standing.connect("/v1/stream", bearer(slow)))
        standing.tasks.start(stream.follow(stream.socket), "client")
        await stream.send({"type": "subscribe"})
        command: Json = {"type": "agent.set_state", "session_id": "ses_none", "state": "ready"}
        for ref in ("1", "2", "3", "4"):
            await stream.send({"type": "command", "ref": ref, "command": command})
        refused = await stream.frame(Problem, lambda frame: frame.code is ErrorCode.RATE_LIMITED)
        assert refused.ref in {"2", "3", "4"}


def test_a_bucket_fills_with_time_and_no_further() -> None:
    clock = FakeClock()
    buckets, rate = Buckets(clock), Rate(2, 1.0)
    assert [buckets.take("a", rate)[1] for _ in range(3)] == [0, 0, 1]
    clock._elapsed_s += 100  # noqa: SLF001  # time passes
    assert [buckets.take("a", rate)[1] for _ in range(3)] == [0, 0, 1]
