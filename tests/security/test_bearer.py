"""Bearer tokens of an identity provider: whom they let in, for what, and how long."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import jwt
import pytest

from gateway.config import parse
from gateway.security.access import Principal
from gateway.security.bearer import BELIEVED_S, TRY_AGAIN_S
from gateway.security.signed import ASK_AGAIN_S, CLOCKS_DIFFER_S, KEYS_S
from schemas.errors import ConfigError
from schemas.values import Json
from tests.fakes import FakeClock
from tests.gateway.handmade import Bench, Page, bench
from tests.gateway.listener import listening
from tests.gateway.openid import Key, Provider, provider
from tests.security.keyed import ask, bearer, boss

API: Final = "https://trunkline.example"
SCOPES: Final[dict[str, Json]] = {
    "calls:see": ["events:read"],
    "calls:steer": ["events:read", "commands:write", "links"],
    "calls:rule": ["events:read", "commands:write", "links", "admin"],
}
KEYS: Final = "/keys"


@asynccontextmanager
async def trusting(clock: FakeClock, idp: Provider, **more: Json) -> AsyncIterator[Bench]:
    """A gateway with a key, that lets in whom the provider vouches for."""
    issuer: dict[str, Json] = {"issuer": idp.issuer, "audience": API, "scopes": SCOPES, **more}
    async with bench(
        clock=clock, overrides={"access": {"issuers": {"staff": issuer}, "wrong_per_minute": 2}}
    ) as one:
        await boss(one)
        yield one


def said(idp: Provider, clock: FakeClock, **claims: Json) -> dict[str, Json]:
    """What a good token says, with changes; None leaves a claim out."""
    now = int(clock.now().timestamp())
    whole: dict[str, Json] = {
        "iss": idp.issuer,
        "aud": API,
        "sub": "u-1",
        "iat": now,
        "exp": now + 300,
        "scope": "openid calls:see",
        **claims,
    }
    return {name: value for name, value in whole.items() if value is not None}


def token(idp: Provider, clock: FakeClock, **claims: Json) -> str:
    return idp.key.sign(said(idp, clock, **claims))


async def test_whom_the_provider_vouches_for_is_let_in_with_the_scopes_of_his_claims() -> None:
    async with provider() as idp, trusting(clock := FakeClock(), idp) as standing:
        reader, steerer = token(idp, clock), token(idp, clock, scope=["calls:steer", "nonsense"], sub="svc")
        assert (await ask(standing, reader, "GET", "/v1/sessions")).status == 200
        assert (await ask(standing, reader, "GET", "/v1/webhooks")).status == 403
        assert (await ask(standing, reader, "POST", "/v1/commands", {})).status == 403
        assert (await ask(standing, steerer, "POST", "/v1/commands", {})).status == 400
        nothing = token(idp, clock, scope="openid admin")  # ours by name, and not one that is configured
        assert (await ask(standing, nothing, "GET", "/v1/sessions")).status == 403
        assert idp.asked[KEYS] == 1
        stream = await standing.stream(token=reader)  # in the first frame too
        assert stream.close_code is None
        page = Page(await standing.connect("/v1/links/p"))
        await page.socket.send_json(
            {"id": 0, "method": "trunkline.hello", "params": [{"token": steerer, "agent": "a1"}]}
        )
        assert (await page.heard())["result"] == {"agent": "a1"}


@pytest.mark.parametrize("algorithm", ["ES256", "EdDSA", "PS256"])
async def test_every_way_of_signing_that_is_allowed_is_understood(algorithm: str) -> None:
    async with provider() as idp:
        idp.key = Key("k", algorithm)
        async with trusting(clock := FakeClock(), idp) as standing:
            assert (await ask(standing, token(idp, clock), "GET", "/v1/sessions")).status == 200


def hours(clock: FakeClock, by_s: float) -> int:
    return int(clock.now().timestamp() + by_s)


@pytest.mark.parametrize(
    ("claims", "header"),
    [
        ({"aud": "https://other.example"}, {}),
        ({"aud": None}, {}),
        ({"aud": []}, {}),
        ({"iss": "https://other.example"}, {}),
        ({"sub": None}, {}),
        ({"sub": ""}, {}),
        ({"sub": "a\nb"}, {}),
        ({"sub": "x" * 201}, {}),
        ({"exp": None}, {}),
        ({"exp": "soon"}, {}),
        ({"exp": float("nan")}, {}),
        ({"exp": -CLOCKS_DIFFER_S}, {}),
        ({"nbf": CLOCKS_DIFFER_S + 1}, {}),
        ({"iat": CLOCKS_DIFFER_S + 1}, {}),
        ({}, {"kid": "unknown"}),
        ({}, {"typ": "logout+jwt"}),
        ({}, {"alg": "RS384"}),
    ],
)
async def test_a_token_that_is_not_for_us_or_not_now_is_refused(
    claims: dict[str, Json], header: dict[str, str]
) -> None:
    """Numbers are seconds from now."""
    async with provider() as idp, trusting(clock := FakeClock(), idp) as standing:
        told = {
            name: hours(clock, value) if isinstance(value, int | float) and value == value else value  # noqa: PLR0124
            for name, value in claims.items()
        }
        bad = idp.key.sign(said(idp, clock, **told), **header)
        answer = await ask(standing, bad, "GET", "/v1/sessions")
        assert answer.status in {401, 403}, answer.body
        assert (await ask(standing, token(idp, clock), "GET", "/v1/sessions")).status == 200


async def test_what_is_not_signed_by_the_provider_is_refused() -> None:
    async with provider() as idp, trusting(clock := FakeClock(), idp) as standing:
        claims = said(idp, clock)
        public = str(idp.key.public["n"]).encode()
        forged = [
            jwt.encode(claims, key="", algorithm="none", headers={"kid": idp.key.id}),
            jwt.encode(claims, key=public, algorithm="HS256", headers={"kid": idp.key.id}),
            Key("first").sign(claims),
            token(idp, clock)[:-4],
            idp.key.sign(claims, crit="b64"),
        ]
        for one in forged:
            assert (await ask(standing, one, "GET", "/v1/sessions")).status in {401, 403, 429}, one
        assert (await ask(standing, forged[0], "GET", "/v1/sessions")).status == 429  # it was a guess
        assert (await ask(standing, token(idp, clock), "GET", "/v1/sessions")).status == 200


async def test_clocks_may_differ_by_a_minute_either_way() -> None:
    async with provider() as idp, trusting(clock := FakeClock(), idp) as standing:
        late = token(idp, clock, exp=hours(clock, 1 - CLOCKS_DIFFER_S))
        early = token(idp, clock, nbf=hours(clock, CLOCKS_DIFFER_S), iat=hours(clock, CLOCKS_DIFFER_S))
        for one in (late, early):
            assert (await ask(standing, one, "GET", "/v1/sessions")).status == 200
        await clock.advance(1)
        assert (await ask(standing, late, "GET", "/v1/sessions")).status in {401, 403}


async def test_the_end_of_a_token_ends_what_is_connected_by_it_and_is_no_guess() -> None:
    async with provider() as idp, trusting(clock := FakeClock(), idp) as standing:
        short = token(idp, clock, exp=hours(clock, 30 - CLOCKS_DIFFER_S))
        stream = await standing.stream(token=short)
        async with listening(standing, headers=bearer(short)) as listener:
            await clock.advance(30)
            assert await stream.eventually(lambda: stream.close_code) == 4401
            assert (await listener.next())["event"] == "stream.ended"
        for _ in range(6):
            assert (await ask(standing, short, "GET", "/v1/sessions")).status in {401, 403}


async def test_tokens_that_it_minted_end_with_it_and_are_not_renewed() -> None:
    async with provider() as idp, trusting(clock := FakeClock(), idp) as standing:
        short = token(idp, clock, exp=hours(clock, 90 - CLOCKS_DIFFER_S), scope="calls:steer")
        body: dict[str, Json] = {"agent_id": "a1", "platform_id": "p", "role": "link", "ttl_s": 3600}
        minted = (await ask(standing, short, "POST", "/v1/link-tokens", body)).text("token")
        page = Page(await standing.connect("/v1/links/p"))
        hello: Json = {"id": 0, "method": "trunkline.hello", "params": [{"token": minted, "protocol": 2}]}
        await page.socket.send_json(hello)
        assert "result" in await page.heard()
        end = asyncio.create_task(page.closed())
        await clock.advance(90)
        assert (await end)[0] == 4401


async def test_a_provider_may_change_its_keys_at_any_time() -> None:
    async with provider() as idp, trusting(clock := FakeClock(), idp) as standing:
        former = token(idp, clock, exp=hours(clock, 24 * 3600))
        assert (await ask(standing, former, "GET", "/v1/sessions")).status == 200
        await clock.advance(ASK_AGAIN_S)
        idp.key = Key("second")
        later = token(idp, clock, exp=hours(clock, 24 * 3600))
        assert (await ask(standing, later, "GET", "/v1/sessions")).status == 200
        assert idp.asked[KEYS] == 2
        await clock.advance(BELIEVED_S)
        assert (await ask(standing, former, "GET", "/v1/sessions")).status in {401, 403}  # it was taken back
        made_up = idp.key.sign(said(idp, clock), kid="made-up")
        for _ in range(10):
            await ask(standing, made_up, "GET", "/v1/sessions")
        assert idp.asked[KEYS] <= 3


async def test_a_provider_that_is_down_holds_up_nobody_whose_key_is_known() -> None:
    async with provider() as idp, trusting(clock := FakeClock(), idp) as standing:
        good = token(idp, clock, exp=hours(clock, 24 * 3600))
        idp.down = {KEYS}
        first = await ask(standing, good, "GET", "/v1/sessions")
        assert (first.status, first.headers["Retry-After"]) == (503, "5")
        for _ in range(5):
            assert (await ask(standing, good, "GET", "/v1/sessions")).status == 503
        assert idp.asked[KEYS] == 1
        idp.down = set()
        await clock.advance(TRY_AGAIN_S)
        assert (await ask(standing, good, "GET", "/v1/sessions")).status == 200
        idp.down = {KEYS}
        await clock.advance(ASK_AGAIN_S)
        unknown = idp.key.sign(said(idp, clock), kid="other")
        assert (await ask(standing, unknown, "GET", "/v1/sessions")).status == 503
        assert (await ask(standing, good, "GET", "/v1/sessions")).status == 200
        await clock.advance(KEYS_S)
        assert (await ask(standing, good, "GET", "/v1/sessions")).status == 503  # it may have been taken back


@pytest.mark.parametrize(
    "metadata",
    [
        {"issuer": "https://other.example"},
        {"jwks_uri": "http://169.254.169.254/keys"},
        {"jwks_uri": "https://10.0.0.1/keys"},
        {"jwks_uri": "file:///etc/passwd"},
    ],
)
async def test_a_discovery_that_leads_elsewhere_is_not_followed(metadata: dict[str, Json]) -> None:
    async with provider() as idp, trusting(clock := FakeClock(), idp) as standing:
        idp.metadata = metadata
        assert (await ask(standing, token(idp, clock), "GET", "/v1/sessions")).status == 503
        assert idp.asked[KEYS] == 0


async def test_the_place_of_the_keys_may_be_configured() -> None:
    async with provider() as idp:
        where = f"{idp.issuer}/keys"
        async with trusting(clock := FakeClock(), idp, jwks_uri=where) as standing:
            assert (await ask(standing, token(idp, clock), "GET", "/v1/sessions")).status == 200
        assert set(idp.asked) == {KEYS}


NARROWED: Final[dict[str, Json]] = {"grant_claims": {"agents": "desk.agent", "platforms": "platforms"}}


async def test_a_grant_is_read_from_the_claims_that_are_configured() -> None:
    async with provider() as idp, trusting(clock := FakeClock(), idp, **NARROWED) as standing:
        mine = token(idp, clock, desk={"agent": "a 1"}, platforms=["p", "q"])
        principal = await identified(standing, mine)
        assert principal.grant.agents == {"a 1"}
        assert principal.grant.platforms == {"p", "q"}
        assert principal.name == "oidc:staff:u-1"
        assert principal.sees("p", "a 1")
        assert not principal.sees("p", "a2")


@pytest.mark.parametrize(
    "claims",
    [
        {"platforms": ["p"]},
        {"platforms": ["p"], "desk": {}},
        {"platforms": ["p"], "desk": {"agent": ""}},
        {"platforms": [], "desk": {"agent": "a1"}},
        {"platforms": [""], "desk": {"agent": "a1"}},
        {"platforms": ["p", 1], "desk": {"agent": "a1"}},
        {"platforms": None, "desk": {"agent": "a1"}},
        {"platforms": {"p": True}, "desk": {"agent": "a1"}},
        {"platforms": 7, "desk": {"agent": "a1"}},
    ],
)
async def test_a_claim_that_does_not_narrow_lets_nobody_in(claims: dict[str, Json]) -> None:
    """Nothing in a grant is everything."""
    async with provider() as idp, trusting(clock := FakeClock(), idp, **NARROWED) as standing:
        answer = await ask(standing, token(idp, clock, **claims), "GET", "/v1/sessions")
        assert answer.status in {401, 403}


async def test_who_rules_makes_no_key_that_gives_more_than_his_token() -> None:
    async with provider() as idp, trusting(clock := FakeClock(), idp, **NARROWED) as standing:
        ruler = token(idp, clock, scope="calls:rule", desk={"agent": "a1"}, platforms="p")
        wide: dict[str, Json] = {"name": "x", "scopes": ["admin"]}
        assert (await ask(standing, ruler, "POST", "/v1/keys", wide)).status == 403
        narrow = wide | {"grant": {"agents": ["a1"], "platforms": ["p"]}}
        answer = await ask(standing, ruler, "POST", "/v1/keys", narrow)
        assert (answer.status, answer.json()["created_by"]) == (201, "oidc:staff:u-1")


async def test_a_token_of_a_provider_is_revoked_here_too() -> None:
    async with provider() as idp, trusting(clock := FakeClock(), idp) as standing:
        leaked, ruler = token(idp, clock), token(idp, clock, scope="calls:rule")
        stream = await standing.stream(token=leaked)
        assert (await ask(standing, leaked, "POST", "/v1/tokens/revoke", {"token": ruler})).status == 403
        assert (await ask(standing, ruler, "POST", "/v1/tokens/revoke", {"token": leaked})).status == 200
        assert await stream.eventually(lambda: stream.close_code) == 4401
        assert (await ask(standing, leaked, "GET", "/v1/sessions")).status in {401, 403}
        assert (await ask(standing, ruler, "GET", "/v1/sessions")).status == 200


async def identified(standing: Bench, credential: str) -> Principal:
    await standing.gateway.gate.look_at(f"Bearer {credential}")
    return standing.gateway.gate.identify(credential)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"issuer": "http://login.example"}, "https"),
        ({"jwks_uri": "http://login.example/keys"}, "https"),
        ({"audience": ""}, "audience"),
        ({"scopes": {}}, "scopes"),
        ({"scopes": {"x": ["everything"]}}, "events:read"),
        ({"grant_claims": {"platform": "x"}}, "platforms"),
    ],
)
def test_a_configuration_that_cannot_be_meant_is_refused(change: dict[str, Json], says: str) -> None:
    issuer: dict[str, Json] = {"issuer": "https://login.example", "audience": "x", "scopes": SCOPES, **change}
    with pytest.raises(ConfigError, match=says):
        parse({"access": {"issuers": {"staff": issuer}}}, "x")


def test_an_issuer_is_configured_once() -> None:
    issuer: dict[str, Json] = {"issuer": "https://login.example", "audience": "x", "scopes": SCOPES}
    with pytest.raises(ConfigError, match="same issuer"):
        parse({"access": {"issuers": {"a": issuer, "b": issuer}}}, "x")
