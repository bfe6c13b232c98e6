"""Clients that poll: who they are, and which pages may."""

import pytest

from gateway.security.access import Scope
from schemas.grants import Role
from schemas.ids import AgentId, PlatformId
from schemas.values import Json
from tests.gateway.echo import ECHO, LISTED, PREFIX, Line, echoing
from tests.gateway.handmade import Bench, P, bench


def bearer(standing: Bench, credential: str) -> Line:
    return Line(standing, headers={"Authorization": f"Bearer {credential}"})


async def test_a_client_with_a_key_shows_it_with_every_request_and_another_key_does_not_do() -> None:
    async with echoing() as standing:
        _, key = await standing.gateway.keys.create("crm", [Scope.COMMANDS_WRITE, Scope.EVENTS_READ])
        _, other = await standing.gateway.keys.create("bot", [Scope.COMMANDS_WRITE, Scope.EVENTS_READ])
        _, reader = await standing.gateway.keys.create("reader", [Scope.EVENTS_READ])
        assert (await Line(standing).begin()).status == 401
        assert (await bearer(standing, reader).begin()).status == 403
        one = bearer(standing, key)
        assert (await one.begin("?agent=a1", id="c1")).status == 200
        assert (await one.hear()).frames == [{"agent": "a1"}]
        for stranger, status in ((Line(standing), 401), (bearer(standing, other), 404)):
            stranger.id = one.id
            asked = [await stranger.say(1), await stranger.hear(), await stranger.end()]
            assert [got.status for got in asked] == [status] * 3
        await one.say("mine")
        assert (await one.hear()).frames == ["mine"]


async def test_a_page_gives_its_token_in_the_body_and_its_session_then_stands_for_it() -> None:
    async with echoing() as standing:
        await standing.gateway.keys.create("crm", [Scope.EVENTS_READ])
        token = standing.gateway.tokens.mint(AgentId("a1"), P, Role.FACADE)
        one = Line(standing)
        assert (await one.begin(token=token, id="c1")).status == 400  # could be guessed
        assert (await one.begin(token=token)).status == 200
        assert (await one.hear()).frames == [{"agent": "a1"}]
        assert (await one.end()).status == 200
        assert await one.gone()


@pytest.mark.parametrize(
    ("agent", "platform", "role", "named"),
    [("a1", "p", Role.LINK, ""), ("a1", "q", Role.FACADE, ""), ("a1", "p", Role.FACADE, "?agent=a2")],
)
async def test_a_token_of_another_role_platform_or_agent_is_refused(
    agent: str, platform: str, role: Role, named: str
) -> None:
    async with echoing() as standing:
        token = standing.gateway.tokens.mint(AgentId(agent), PlatformId(platform), role)
        assert (await bearer(standing, token).begin(named)).status == 403
        assert (await Line(standing).begin(named, token=token)).status == 403


async def test_a_listed_page_may_read_every_answer_and_a_foreign_one_is_not_served() -> None:
    async with echoing() as standing:
        token = standing.gateway.tokens.mint(AgentId("a1"), P, Role.FACADE)
        page = Line(standing, headers={"Origin": LISTED})
        answers = [
            await page.begin(token=token),
            await page.hear(),
            await page.say(1),
            await page.end(),
            await page.hear(),
        ]
        assert [one.status for one in answers] == [200, 200, 200, 200, 404]
        assert {one.headers["Access-Control-Allow-Origin"] for one in answers} == {LISTED}
        assert [one.headers["Vary"] for one in answers] == [
            *["Origin"] * 4,
            "Origin, Accept",
        ]  # as a page, too
        page = Line(standing, headers={"Origin": "https://evil.example"})
        for refused in (await page.begin(token=token), await page.ask("OPTIONS", "")):
            assert refused.status in {401, 403}
            assert "Access-Control-Allow-Origin" not in refused.headers


@pytest.mark.parametrize("path", ["", "/line", "/say/it", "/hear"])
async def test_options_tell_that_it_is_spoken_and_what_a_page_may_send(path: str) -> None:
    async with echoing() as standing:
        await standing.gateway.keys.create("crm", [Scope.EVENTS_READ])  # preflights carry no credential
        plain = await Line(standing).ask("OPTIONS", path)
        assert (plain.status, plain.body) == (200, b"")
        assert "POST" in plain.headers["Allow"]
        preflight = await Line(standing, headers={"Origin": LISTED}).ask("OPTIONS", path)
        assert preflight.headers["Access-Control-Allow-Origin"] == LISTED
        assert "POST" in preflight.headers["Access-Control-Allow-Methods"]
        assert "Authorization" in preflight.headers["Access-Control-Allow-Headers"]


async def test_what_is_not_offered_or_not_polled_is_not_there() -> None:
    platforms: dict[str, dict[str, Json]] = {P: {"dialect": "handmade", "facades": ["bright_pattern"]}}
    async with bench(platforms=platforms, dialects=[ECHO]) as standing:
        for method, path in (
            ("OPTIONS", PREFIX),
            ("POST", f"{PREFIX}/line"),
            ("POST", "/v1/facades/p/bright_pattern/line"),
            ("POST", "/v1/facades/none/echo/line"),
        ):
            assert (await standing.request(method, path, b"{}")).status in {404, 405}, path
