"""Single sign-on, over real sockets: who is let in, with what, and who is not."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Final

import pytest
from aiohttp import ClientSession, CookieJar
from structlog.testing import capture_logs
from yarl import URL

from gateway.http.sockets import CONNECTIONS
from gateway.runtime.clock import Clock
from gateway.security.access import Scope
from gateway.sign_in import attempts, single_sign_on, waiting
from gateway.sign_in.single_sign_on import CALLBACK
from schemas.grants import Role
from schemas.values import Json
from tests.e2e.world import Reply
from tests.fakes import FakeClock, until
from tests.gateway.documented import Client
from tests.gateway.handmade import NAME, Bench, bench
from tests.gateway.openid import AGENT_CLAIM, SECRET, Key, Provider, provider
from tests.patience import PATIENCE_S


class Agent:
    """Somebody at a browser of his own: the page that asks for the sign-in, and the window beside it."""

    def __init__(self, one: Bench, http: ClientSession) -> None:
        self._bench = one
        self._http = http

    async def begin(self, platform: str = "sim", origin: str | None = None) -> Reply:
        """What the window does first."""
        headers = {"Origin": self._bench.url if origin is None else origin}
        url = f"{self._bench.url}/v1/sign-in"
        async with self._http.post(url, json={"platform_id": platform}, headers=headers) as response:
            return Reply(response.status, await response.read())

    async def go(self, address: str) -> URL:
        """Open an address of the provider's and press the button; returns where that leads, unopened."""
        async with self._http.get(address) as page:
            assert page.status == 200
        to = URL(address).with_path("/continue", keep_query=True)
        async with self._http.get(to, allow_redirects=False) as response:
            return URL(response.headers["Location"])

    async def come_back(self, address: URL) -> Reply:
        """Open the address that the provider sends the browser to."""
        async with self._http.get(address) as response:
            return Reply(response.status, await response.read())

    async def pick_up(self, secret: object) -> Reply:
        """What the page does meanwhile."""
        return await self._bench.request("POST", "/v1/sign-in/pick-up", {"pick_up": secret})

    async def sign_in(self) -> tuple[Reply, Reply]:
        """All of it: what the window shows, and what the page gets."""
        begun = (await self.begin()).json()
        back = await self.go(str(begun["location"]))
        shown = await self.come_back(back)
        return shown, await self.pick_up(begun["pick_up"])


@asynccontextmanager
async def signing_in(
    clock: Clock | None = None, config: Mapping[str, Json] | None = None
) -> AsyncIterator[tuple[Provider, Bench, Callable[[], Agent]]]:
    """A provider, a gateway with a key that takes its word, and browsers."""
    async with provider() as login:
        platforms = {"sim": {"dialect": NAME}, "other": {"dialect": NAME}}
        overrides = login.config(**(config or {}))
        async with bench(clock=clock, platforms=platforms, overrides=overrides) as one:
            await one.gateway.keys.create("crm", list(Scope))
            browsers = [await one.stack.enter_async_context(_browser()) for _ in range(2)]
            yield login, one, lambda: Agent(one, browsers.pop())


def _browser() -> ClientSession:
    return ClientSession(cookie_jar=CookieJar(unsafe=True))  # which keeps those of hosts without a name


async def test_who_has_signed_in_gets_a_token_for_that_agent_of_that_platform() -> None:
    async with signing_in() as (_, one, browser):
        shown, got = await browser().sign_in()
        assert (shown.status, got.status) == (200, 200), (shown, got)
        token = one.gateway.tokens.verify(str(got.json()["token"]))
        assert (token.agent_id, token.platform_id, token.role) == ("a1", "sim", Role.FACADE)
        ours = {"Authorization": f"Bearer {got.json()['token']}"}
        assert (await one.request("GET", "/v1/sessions", headers=ours)).status == 200


@pytest.mark.parametrize("way", ["client_secret_post", "none"])
async def test_the_provider_says_how_we_show_who_we_are(way: str) -> None:
    secret: Json = SECRET if way == "client_secret_post" else None
    async with signing_in(config={"client_secret": secret}) as (login, _, browser):
        login.metadata["token_endpoint_auth_methods_supported"] = [way]
        _, got = await browser().sign_in()
        assert got.status == 200, got


async def test_what_is_answered_is_as_documented() -> None:
    async with signing_in() as (_, one, browser):
        client = Client(one, one.gateway.contract)
        agent = browser()
        begun = (await agent.begin()).json()
        mine = {"Origin": one.url}
        await client("POST /v1/sign-in", {"platform_id": "sim"}, headers=mine)
        await client("POST /v1/sign-in", {"platform_id": "none"}, headers=mine, expect=404)
        await client("POST /v1/sign-in", {"platform_id": "sim"}, expect=401)
        await client("POST /v1/sign-in", {"platform": "sim"}, headers=mine, expect=400)
        back = await agent.go(str(begun["location"]))
        await client(f"GET {back.raw_path_qs}", expect=403)
        await agent.come_back(back)
        await client("POST /v1/sign-in/pick-up", {"pick_up": begun["pick_up"]})
        await client("POST /v1/sign-in/pick-up", {"pick_up": begun["pick_up"]}, expect=410)


# --- who is not let in


async def test_a_sign_in_is_good_for_one_return_and_one_token() -> None:
    async with signing_in() as (_, _, browser):
        agent = browser()
        begun = (await agent.begin()).json()
        back = await agent.go(str(begun["location"]))
        assert (await agent.come_back(back)).status == 200
        assert (await agent.come_back(back)).status == 403
        assert (await agent.pick_up(begun["pick_up"])).status == 200
        assert (await agent.pick_up(begun["pick_up"])).status == 410


async def test_of_two_that_wait_for_a_token_one_gets_it() -> None:
    async with signing_in(clock := FakeClock()) as (login, _, browser):
        agent = browser()
        begun = (await agent.begin()).json()
        back = await agent.go(str(begun["location"]))
        both = [asyncio.create_task(agent.pick_up(begun["pick_up"])) for _ in range(2)]
        await until(lambda: clock.waiting().count(single_sign_on.WAIT_S) == 2)
        login.claims = {"iat": int(clock.now().timestamp()), "exp": int(clock.now().timestamp()) + 300}
        await agent.come_back(back)
        assert sorted([(await each).status for each in both]) == [200, 410]


async def test_another_browser_cannot_come_back_with_it_and_takes_nothing_away() -> None:
    async with signing_in() as (_, _, browser):
        agent, other = browser(), browser()
        await other.begin()  # it has a cookie, of its own
        begun = (await agent.begin()).json()
        back = await agent.go(str(begun["location"]))
        assert (await other.come_back(back)).status == 403
        assert (await agent.come_back(back)).status == 200


async def test_one_browser_may_sign_in_twice_at_a_time() -> None:
    async with signing_in() as (_, _, browser):
        agent = browser()
        begun = [(await agent.begin()).json() for _ in range(2)]
        for one in begun:
            back = await agent.go(str(one["location"]))
            assert (await agent.come_back(back)).status == 200
            assert (await agent.pick_up(one["pick_up"])).status == 200


@pytest.mark.parametrize("origin", ["", "https://crm.example", "http://127.0.0.1", "null"])
async def test_a_page_of_somebody_else_cannot_begin(origin: str) -> None:
    async with signing_in() as (_, _, browser):
        reply = await browser().begin(origin=origin)
        assert reply.status == 401
        assert "only pages of this gateway" in str(reply.json()["detail"])


async def test_origins_that_are_configured_take_the_place_of_where_we_listen() -> None:
    async with signing_in(config={"origins": ["https://desktop.example"]}) as (_, one, browser):
        agent = browser()
        assert (await agent.begin(origin=one.url)).status == 401
        begun = (await agent.begin(origin="https://desktop.example")).json()
        asked = URL(str(begun["location"])).query
        assert asked["redirect_uri"] == f"https://desktop.example{CALLBACK}"


async def test_over_tls_the_cookie_is_the_hosts_own() -> None:
    async with signing_in(config={"origins": ["https://desktop.example"]}) as (_, one, _):
        headers = {"Origin": "https://desktop.example"}
        url = f"{one.url}/v1/sign-in"
        async with one.http.post(url, json={"platform_id": "sim"}, headers=headers) as response:
            (cookie,) = response.headers.getall("Set-Cookie")
        assert cookie.startswith("__Host-")
        assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))


async def test_only_platforms_that_are_named_are_signed_in_to() -> None:
    async with signing_in() as (_, one, browser):
        assert (await browser().begin("other")).status == 404
        for platform, window in (("sim", "/v1/sign-in/window.html?platform=sim"), ("other", "")):
            reply = await one.request("GET", f"/v1/facades/{platform}/bright_pattern/sign-in.json")
            assert reply.json()["window"] == window
        assert (await one.request("GET", "/v1/facades/sim/none/sign-in.json")).status == 404


@pytest.mark.parametrize(
    ("claims", "why"),
    [
        ({"aud": "other"}, "Audience"),
        ({"iss": "https://other.example"}, "issuer"),
        ({"nonce": "another"}, "another sign-in"),
        ({"exp": 1}, "expired"),
        ({AGENT_CLAIM: None}, "which agent"),
        ({AGENT_CLAIM: ["a1"]}, "which agent"),
        ({AGENT_CLAIM: ""}, "which agent"),
        ({AGENT_CLAIM: "a1\n"}, "which agent"),
    ],
    ids=str,
)
async def test_a_token_that_does_not_hold_signs_nobody_in(claims: dict[str, Json], why: str) -> None:
    async with signing_in() as (login, _, browser):
        login.claims = claims
        shown, got = await browser().sign_in()
        assert (shown.status, got.status) == (422, 422)
        assert why in str(got.json()["detail"])


async def test_an_address_counts_only_if_the_provider_has_verified_it() -> None:
    async with signing_in(config={"agent_claims": {"sim": "email"}}) as (login, one, browser):
        agent = browser()
        login.person["email"] = "a1@crm.example"
        assert (await agent.sign_in())[1].status == 422
        login.person["email_verified"] = True
        _, got = await agent.sign_in()
        assert one.gateway.tokens.verify(str(got.json()["token"])).agent_id == "a1@crm.example"


async def test_the_provider_may_refuse_and_that_is_told() -> None:
    async with signing_in() as (login, _, browser):
        login.error = "access_denied"
        shown, got = await browser().sign_in()
        assert (shown.status, got.status) == (422, 422)
        assert "did not let you in (access_denied)" in str(got.json()["detail"])


async def test_an_answer_of_another_provider_is_refused() -> None:
    async with signing_in() as (login, _, browser):
        agent = browser()
        begun = (await agent.begin()).json()
        back = await agent.go(str(begun["location"]))
        mixed_up = back.update_query(iss="https://other.example")
        assert (await agent.come_back(mixed_up)).status == 422
        assert login.asked["/token"] == 0


# --- the provider


async def test_a_key_that_is_new_is_found_and_what_is_known_is_not_asked_again() -> None:
    async with signing_in(clock := FakeClock()) as (login, _, browser):
        login.claims = {"iat": int(clock.now().timestamp()), "exp": int(clock.now().timestamp()) + 3600}
        agent = browser()
        for _ in range(2):
            assert (await agent.sign_in())[1].status == 200
        login.key = Key("second")
        assert (await agent.sign_in())[1].status == 422  # it was asked a moment ago
        await clock.advance(30)
        assert (await agent.sign_in())[1].status == 200
        assert (login.asked["/keys"], login.asked["/.well-known/openid-configuration"]) == (2, 1)


@pytest.mark.parametrize("path", ["/.well-known/openid-configuration", "/token", "/keys"])
async def test_a_provider_that_is_down_is_told_and_asked_again_the_next_time(path: str) -> None:
    async with signing_in() as (login, _, browser):
        agent = browser()
        login.down.add(path)
        reply = await agent.begin() if "well-known" in path else (await agent.sign_in())[1]
        assert reply.status == 503
        login.down.clear()
        assert (await agent.sign_in())[1].status == 200


@pytest.mark.parametrize(
    "metadata",
    [
        {"issuer": "https://other.example"},
        {"token_endpoint": "http://login.example/token"},
        {"jwks_uri": "file:///keys"},
        {"authorization_endpoint": "http://login.example/authorize"},
        {"token_endpoint": None},
        {"more": "x" * 300_000},
        {"more": [[]]},
    ],
    ids=lambda metadata: next(iter(metadata)),
)
async def test_what_discovery_tells_is_not_trusted_blindly(metadata: dict[str, Json]) -> None:
    if metadata.get("more") == [[]]:
        deep: Json = []
        for _ in range(200):
            deep = [deep]
        metadata = {"more": deep}
    async with signing_in() as (login, _, browser):
        login.metadata = metadata
        assert (await browser().begin()).status == 503


# --- time, numbers, secrets


async def test_a_page_waits_for_its_token_and_asks_again() -> None:
    async with signing_in(clock := FakeClock()) as (_, _, browser):
        agent = browser()
        begun = (await agent.begin()).json()
        waits = asyncio.create_task(agent.pick_up(begun["pick_up"]))
        await until(lambda: single_sign_on.WAIT_S in clock.waiting())
        await clock.advance(single_sign_on.WAIT_S)
        assert (await waits).status == 202


async def test_nobody_signs_in_after_ten_minutes() -> None:
    async with signing_in(clock := FakeClock()) as (_, _, browser):
        agent = browser()
        begun = (await agent.begin()).json()
        back = await agent.go(str(begun["location"]))
        await clock.advance(waiting.LIFE_S - 1)
        waits = asyncio.create_task(agent.pick_up(begun["pick_up"]))
        await until(lambda: single_sign_on.WAIT_S in clock.waiting())
        await clock.advance(1)
        assert (await waits).status == 202
        assert (await agent.come_back(back)).status == 403
        assert (await agent.pick_up(begun["pick_up"])).status == 410


async def test_a_gateway_that_goes_away_lets_the_waiting_page_go() -> None:
    async with signing_in() as (_, one, browser):
        agent = browser()
        begun = (await agent.begin()).json()
        waits = asyncio.create_task(agent.pick_up(begun["pick_up"]))
        connections = one.gateway.web[CONNECTIONS]
        await until(lambda: bool(connections._open))  # noqa: SLF001  # there is no other sign of it
        await one.gateway.web.shutdown()
        async with asyncio.timeout(PATIENCE_S):
            assert (await waits).status == 202


async def test_only_so_many_are_under_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "MOST", 1)
    async with signing_in() as (login, _, browser):
        agent = browser()
        login.down.add("/.well-known/openid-configuration")
        assert (await agent.begin()).status == 503  # and is not under way
        login.down.clear()
        assert (await agent.begin()).status == 200
        assert (await agent.begin()).status == 429


async def test_an_address_can_begin_so_often_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(single_sign_on, "PER_ADDRESS", 2)
    async with signing_in(clock := FakeClock()) as (_, _, browser):
        agent = browser()
        assert [(await agent.begin()).status for _ in range(3)] == [200, 200, 429]
        await clock.advance(attempts.WITHIN_S)
        assert (await agent.begin()).status == 200


async def test_no_secret_is_logged() -> None:
    async with signing_in() as (login, _, browser):
        agent = browser()
        with capture_logs() as logs:
            begun = (await agent.begin()).json()
            back = await agent.go(str(begun["location"]))
            await agent.come_back(back)
            token = (await agent.pick_up(begun["pick_up"])).json()["token"]
            login.down.add("/token")
            await agent.sign_in()
        told = repr(logs)
        assert "signed in" in told
        assert "single sign-on refused" in told
        for secret in (SECRET, begun["pick_up"], token, back.query["code"], back.query["state"]):
            assert str(secret) not in told


async def test_without_a_configuration_there_is_nothing_to_begin() -> None:
    async with bench(platforms={"sim": {"dialect": NAME}}) as one:
        reply = await one.request("POST", "/v1/sign-in", {"platform_id": "sim"}, {"Origin": one.url})
        assert reply.status == 404
        offered = await one.request("GET", "/v1/facades/sim/bright_pattern/sign-in.json")
        assert offered.json()["window"] == ""


POLICY: Final = ("default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "form-action 'none'")


@pytest.mark.parametrize("path", ["window.html?platform=sim", "window.js", "callback?state=none"])
async def test_the_windows_pages_have_a_strict_policy_and_are_not_kept(path: str) -> None:
    async with (
        signing_in() as (_, one, _),
        one.http.get(f"{one.url}/v1/sign-in/{path}") as response,
    ):
        assert all(part in response.headers["Content-Security-Policy"] for part in POLICY)
        assert response.headers["Cache-Control"] == "no-store"
        assert response.headers["Referrer-Policy"] == "no-referrer"
        assert "unsafe" not in response.headers["Content-Security-Policy"]
