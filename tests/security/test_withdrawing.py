"""What a key or token gave ends with it: streams, events, links, facades, polls, and tokens that it minted."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

import pytest
from aiohttp import ClientWebSocketResponse, WSMsgType

from adapters.contract.dialect import Done
from gateway.api.stream import CommandChanged
from schemas.grants import Role
from schemas.results import CommandStatus
from schemas.values import Json
from tests.fakes import FakeClock, until
from tests.gateway.echo import Line, echoing
from tests.gateway.handmade import Bench, Page, agent, bench
from tests.gateway.listener import listening
from tests.patience import PATIENCE_S
from tests.security.keyed import ask, bearer, boss, made

Withdraw = Callable[[Bench, str, str], Awaitable[object]]
ENDED: Final = 4401
FACADE: Final = "/v1/facades/p/bright_pattern?agent=a1"


async def by_revoking(standing: Bench, admin: str, key_id: str) -> None:
    assert (await ask(standing, admin, "DELETE", f"/v1/keys/{key_id}")).status == 200


async def by_rotating(standing: Bench, admin: str, key_id: str) -> None:
    rotated = await ask(standing, admin, "POST", f"/v1/keys/{key_id}/rotate", {"overlap_s": 0})
    assert rotated.status == 200


async def by_expiry(standing: Bench, _admin: str, _key_id: str) -> None:
    assert isinstance(standing.gateway.clock, FakeClock)
    await standing.gateway.clock.advance(40)


async def by_the_end_of_the_overlap(standing: Bench, admin: str, key_id: str) -> None:
    await ask(standing, admin, "POST", f"/v1/keys/{key_id}/rotate", {"overlap_s": 30})
    assert isinstance(standing.gateway.clock, FakeClock)
    await standing.gateway.clock.advance(30)


WAYS: Final = (by_revoking, by_rotating, by_expiry, by_the_end_of_the_overlap)


async def code(socket: ClientWebSocketResponse) -> int | None:
    """What it is closed with."""
    while (message := await socket.receive(PATIENCE_S)).type is WSMsgType.TEXT:
        pass
    assert message.type in {WSMsgType.CLOSE, WSMsgType.CLOSED}
    return socket.close_code


@pytest.mark.parametrize("withdraw", WAYS)
async def test_all_that_is_connected_by_a_key_is_closed_at_once(withdraw: Withdraw) -> None:
    async with bench(clock=FakeClock()) as standing:
        admin = await boss(standing)
        crm = await made(standing, admin, ttl_s=40)
        key = str(crm["key"])
        other = await standing.stream(token=admin)
        stream = await standing.stream(token=key)
        relay = await standing.relay("a1", token=key)
        facade = await standing.connect(FACADE, bearer(key))
        waiting = asyncio.create_task(ask(standing, key, "GET", "/v1/events?after=0&wait=60"))
        async with listening(standing, headers=bearer(key)) as listener:
            await until(lambda: len(standing.gateway.gate.withdrawals.leases) == 6)
            ends = [asyncio.create_task(code(one)) for one in (relay.socket, facade)]
            await withdraw(standing, admin, str(crm["id"]))
            assert [await one for one in ends] == [ENDED, ENDED]
            assert await stream.eventually(lambda: stream.close_code) == ENDED
            last = await listener.next()
            assert last["event"] == "stream.ended"
            assert f'"code":{ENDED}' in last["data"]
        answer = await waiting
        assert answer.status in {401, 403}
        assert other.close_code is None
        assert (await ask(standing, key, "GET", "/v1/sessions")).status in {401, 403}


async def test_a_poll_by_a_key_that_is_revoked_ends_and_its_session_with_it() -> None:
    async with echoing() as standing:
        admin = await boss(standing)
        crm = await made(standing, admin, scopes=["commands:write"])
        line = Line(standing, headers=bearer(str(crm["key"])))
        assert (await line.begin("?agent=a1", id="c1")).status == 200
        await line.hear()
        poll = asyncio.create_task(line.hear())
        await by_revoking(standing, admin, str(crm["id"]))
        assert (await poll).status in {200, 401, 403, 404}
        assert (await line.say(1)).status in {401, 403, 404}


@pytest.mark.parametrize("withdraw", [by_revoking, by_expiry])
@pytest.mark.parametrize("role", list(Role))
async def test_tokens_go_with_the_key_that_minted_them(withdraw: Withdraw, role: Role) -> None:
    async with bench(clock=FakeClock()) as standing:
        admin = await boss(standing)
        crm = await made(standing, admin, ttl_s=40)
        body: dict[str, Json] = {"agent_id": "a1", "platform_id": "p", "role": role.value, "ttl_s": 3600}
        minted = await ask(standing, str(crm["key"]), "POST", "/v1/link-tokens", body)
        assert minted.text("expires_at") <= "2026-03-02T09:00:40Z"  # it promises no more than there is
        token = minted.text("token")
        page = await said_hello(standing, role, token)
        assert "result" in await page.heard()
        end = asyncio.create_task(page.closed())
        await withdraw(standing, admin, str(crm["id"]))
        assert (await end)[0] == ENDED
        refused = await said_hello(standing, role, token)
        assert (await refused.closed())[0] == ENDED
        assert (await ask(standing, token, "GET", "/v1/sessions")).status in {401, 403}


async def said_hello(standing: Bench, role: Role, token: str) -> Page:
    """A page of that role, which says hello as today's script does."""
    page = Page(await standing.connect("/v1/links/p" if role is Role.LINK else FACADE))
    hello: dict[str, Json] = {
        "id": 0,
        "method": "trunkline.hello",
        "params": [{"token": token, "protocol": 2}],
    }
    await page.socket.send_json(hello)
    return page


async def test_tokens_stay_when_the_key_that_minted_them_gets_a_new_secret() -> None:
    async with bench() as standing:
        admin = await boss(standing)
        crm = await made(standing, admin)
        body: dict[str, Json] = {"agent_id": "a1", "platform_id": "p", "role": "facade"}
        minted = await ask(standing, str(crm["key"]), "POST", "/v1/link-tokens", body)
        await by_rotating(standing, admin, str(crm["id"]))
        assert (await ask(standing, minted.text("token"), "GET", "/v1/sessions")).status == 200


async def test_a_restart_takes_nothing_back(tmp_path: Path) -> None:
    path = str(tmp_path / "store.db")
    async with bench(path=path) as standing:
        admin = await boss(standing)
        crm, gone = await made(standing, admin), await made(standing, admin)
        body: dict[str, Json] = {"agent_id": "a1", "platform_id": "p", "role": "facade"}
        tokens = [
            (await ask(standing, str(key["key"]), "POST", "/v1/link-tokens", body)).text("token")
            for key in (crm, gone, crm)
        ]
        await by_revoking(standing, admin, str(gone["id"]))
        revoked = await ask(standing, str(crm["key"]), "POST", "/v1/link-tokens/revoke", {"token": tokens[2]})
        assert revoked.status == 200
    async with bench(path=path) as standing:
        statuses = [(await ask(standing, one, "GET", "/v1/sessions")).status for one in tokens]
        assert statuses[0] == 200
        assert all(status in {401, 403} for status in statuses[1:])


async def test_a_token_is_revoked_with_all_that_it_was_renewed_to() -> None:
    async with bench(clock=(clock := FakeClock())) as standing:
        admin = await boss(standing)
        crm = await made(standing, admin)
        body: dict[str, Json] = {"agent_id": "a1", "platform_id": "p", "role": "link"}
        first = (await ask(standing, str(crm["key"]), "POST", "/v1/link-tokens", body)).text("token")
        other = (await ask(standing, str(crm["key"]), "POST", "/v1/link-tokens", body)).text("token")
        page, beside = [await said_hello(standing, Role.LINK, one) for one in (first, other)]
        await page.heard()
        assert "result" in await beside.heard()
        await clock.advance(400)
        assert (await page.heard())["method"] == "trunkline.token"
        await clock.advance(300)  # the first one is over by itself
        end = asyncio.create_task(page.closed())
        revoked = await ask(standing, str(crm["key"]), "POST", "/v1/link-tokens/revoke", {"token": first})
        assert revoked.status == 200
        assert (await end)[0] == ENDED
        assert not beside.socket.closed


async def test_a_token_is_revoked_by_who_minted_it_or_an_administrator() -> None:
    async with bench() as standing:
        admin = await boss(standing)
        crm, other = [str((await made(standing, admin, scopes=["links"]))["key"]) for _ in range(2)]
        near = str((await made(standing, admin, grant={"agents": ["a2"]}))["key"])
        body: dict[str, Json] = {"agent_id": "a1", "platform_id": "p", "role": "facade"}
        token = (await ask(standing, crm, "POST", "/v1/link-tokens", body)).text("token")
        path = "/v1/link-tokens/revoke"
        for stranger in (other, near, token):
            assert (await ask(standing, stranger, "POST", path, {"token": token})).status == 403
        assert (await ask(standing, admin, "POST", path, {"token": f"{token}x"})).status == 400
        assert (await ask(standing, token, "GET", "/v1/sessions")).status == 200
        assert (await ask(standing, admin, "POST", path, {"token": token})).status == 200
        assert (await ask(standing, token, "GET", "/v1/sessions")).status in {401, 403}


async def test_the_first_key_ends_what_was_connected_without_one() -> None:
    async with bench() as standing:
        body: dict[str, Json] = {"agent_id": "a1", "platform_id": "p", "role": "facade"}
        token = (await ask(standing, "", "POST", "/v1/link-tokens", body)).text("token")
        stream, relay = await standing.stream(), await standing.relay()
        by_token = await said_hello(standing, Role.FACADE, token)
        assert "result" in await by_token.heard()
        facade = await standing.connect(FACADE)
        waiting = asyncio.create_task(ask(standing, "", "GET", "/v1/events?after=0&wait=60"))
        async with listening(standing) as listener:
            await until(lambda: len(standing.gateway.gate.withdrawals.leases) == 6)
            ends = [asyncio.create_task(code(one)) for one in (relay.socket, facade, by_token.socket)]
            made_first = await ask(standing, "", "POST", "/v1/keys", {"name": "first", "scopes": ["admin"]})
            assert made_first.status == 201
            assert [await one for one in ends] == [ENDED] * 3
            assert await stream.eventually(lambda: stream.close_code) == ENDED
            assert (await listener.next())["event"] == "stream.ended"
        assert (await waiting).status in {401, 403}
        assert (await ask(standing, "", "GET", "/v1/keys")).status == 401
        assert (await ask(standing, token, "GET", "/v1/sessions")).status in {401, 403}
        assert (await ask(standing, made_first.text("key"), "GET", "/v1/keys")).status == 200


async def test_a_command_under_way_ends_as_usual_when_its_key_is_revoked() -> None:
    async with bench() as standing:
        admin = await boss(standing)
        page = await standing.relay("a1", token=admin)
        await page.see(agent())
        await until(lambda: bool(standing.gateway.state.snapshots.sessions))
        crm = await made(standing, admin)
        stream = await standing.stream(token=str(crm["key"]))
        order: dict[str, Json] = {
            "type": "command",
            "ref": "1",
            "command": {"type": "agent.set_state", "session_id": standing.session(), "state": "not_ready"},
        }
        await stream.send(order)
        accepted = await stream.frame(CommandChanged)
        call = await page.called()
        await by_revoking(standing, admin, str(crm["id"]))
        assert await stream.eventually(lambda: stream.close_code) == ENDED
        await page.reply(call, Done())
        path = f"/v1/commands/{accepted.record.id}"
        await standing.finished(accepted.record)
        assert (await ask(standing, admin, "GET", path)).status == 200
        record = await standing.gateway.store.command(accepted.record.id)
        assert record is not None
        assert record.status is CommandStatus.FINISHED
