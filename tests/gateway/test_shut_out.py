"""Agents who are shut out, as their token is over or their script and the gateway are too far apart."""

import pytest

from gateway.http import hello as hellos
from gateway.security import shut_out
from schemas.grants import Role
from schemas.ids import AgentId
from schemas.values import Json
from tests.fakes import FakeClock
from tests.gateway.handmade import P, Page, bench
from tests.gateway.test_credentials_of_links import FACADE, LINK, mint, relay, said, shut_outs


async def test_who_is_shut_out_is_told_once_and_counted_until_he_is_let_in() -> None:
    async with bench(clock=(clock := FakeClock())) as standing:
        old = mint(standing, Role.LINK, 60)
        await clock.advance(60)
        for _ in range(3):
            assert (await (await relay(standing, old)).closed())[0] == 4401
        (told,) = await shut_outs(standing)
        assert (told.platform_id, told.agent_id, told.error) == (P, "a1", True)
        assert old not in told.message

        async def measured() -> str:
            return (await standing.request("GET", "/metrics")).body.decode()

        assert 'trunkline_agents_shut_out{platform="p"} 1.0' in await measured()
        assert 'trunkline_shut_out_total{platform="p",role="link"} 3.0' in await measured()
        await (await relay(standing, mint(standing, Role.LINK))).heard()
        assert 'trunkline_agents_shut_out{platform="p"} 0.0' in await measured()


async def test_so_many_are_told_of_and_no_more() -> None:
    async with bench(clock=(clock := FakeClock())) as standing:
        tokens = standing.gateway.tokens
        count = shut_out.AT_MOST + 5
        old = [tokens.verify(tokens.mint(AgentId(f"a{i}"), P, Role.LINK, 60)) for i in range(count)]
        await clock.advance(60)
        noted = standing.gateway.admission.shut_out
        for one in old:
            noted.add(P, one.agent_id, one.role, "over")
        assert len(await shut_outs(standing)) == shut_out.AT_MOST
        assert noted.counts()[P] == count
        await clock.advance(shut_out.GONE_S + 1)
        assert noted.counts()[P] == 0


async def test_a_stranger_is_nobody_who_is_shut_out() -> None:
    async with bench() as standing:
        assert (await (await relay(standing, "nonsense")).closed())[0] == 4401
        assert await shut_outs(standing) == []


# --- versions


@pytest.mark.parametrize(
    ("script", "of_gateway", "word"),
    [
        ({"protocol": 9, "oldest": 9}, 1, "this gateway is too old for the page's script"),
        ({"protocol": 2}, 3, "reload the page"),
        ({}, 3, "reload the page"),
    ],
)
@pytest.mark.parametrize("role", [Role.LINK, Role.FACADE])
async def test_versions_that_are_too_far_apart_say_so(
    script: dict[str, Json], of_gateway: int, word: str, role: Role, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hellos, "OLDEST", of_gateway)
    async with bench() as standing:
        page = Page(await standing.connect(LINK if role is Role.LINK else FACADE))
        await page.socket.send_json(said(mint(standing, role), **script))
        code, why = await page.closed()
        assert code == 4426
        assert word in why
        (told,) = await shut_outs(standing)
        assert word in told.message


async def test_a_newer_script_works_with_this_gateway_if_it_can_do_with_it() -> None:
    async with bench() as standing:
        page = await relay(standing, mint(standing, Role.LINK), protocol=9, oldest=2)
        assert "result" in await page.heard()
