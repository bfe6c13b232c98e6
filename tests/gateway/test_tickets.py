"""Tickets for streams: one connection, half a minute, and no more than the key or token that they are of."""

import msgspec
import pytest
from aiohttp import WSServerHandshakeError

from gateway.http.tickets import LIFE_S, MOST_OF_ONE, StreamTicket
from gateway.security.access import Scope
from schemas.grants import Role
from schemas.ids import AgentId
from schemas.values import Json
from tests.fakes import FakeClock
from tests.gateway.handmade import Bench, P, bench
from tests.patience import PATIENCE_S


async def key(one: Bench, *scopes: Scope) -> dict[str, str]:
    _, made = await one.gateway.keys.create("k", scopes or list(Scope))
    return {"Authorization": f"Bearer {made}"}


async def ticket(one: Bench, shown: dict[str, str]) -> str:
    reply = await one.request("POST", "/v1/stream-tickets", headers=shown)
    assert reply.status == 201, reply
    return msgspec.json.decode(reply.body, type=StreamTicket).ticket


async def listens(one: Bench, made: str, query: str = "") -> int:
    async with one.http.get(f"{one.url}/v1/events/stream?ticket={made}{query}") as response:
        return response.status


async def follows(one: Bench, made: str, **more: Json) -> dict[str, Json]:
    """The first frame of a WebSocket with that ticket and no other credential."""
    socket = await one.connect(f"/v1/stream?ticket={made}")
    await socket.send_json({"type": "subscribe", **more})
    return msgspec.json.decode((await socket.receive_str(timeout=PATIENCE_S)), type=dict[str, Json])


async def test_a_ticket_opens_one_stream_of_either_kind() -> None:
    async with bench() as one:
        shown = await key(one)
        first, second = await ticket(one, shown), await ticket(one, shown)
        assert first != second
        assert await listens(one, first) == 200
        assert (await follows(one, second))["type"] == "stream.subscribed"
        for used in (first, second):
            assert await listens(one, used) == 401
            with pytest.raises(WSServerHandshakeError) as refused:
                await one.connect(f"/v1/stream?ticket={used}")
            assert refused.value.status == 401


async def test_a_ticket_is_over_after_half_a_minute() -> None:
    clock = FakeClock()
    async with bench(clock=clock) as one:
        shown = await key(one)
        early, late = await ticket(one, shown), await ticket(one, shown)
        await clock.advance(LIFE_S - 1)
        assert await listens(one, early) == 200
        await clock.advance(1)
        assert await listens(one, late) == 401


@pytest.mark.parametrize(
    "path", ["/v1/events", "/v1/platforms", "/v1/webhooks", "/v1/interactions", "/metrics"]
)
async def test_a_ticket_is_good_for_nothing_else(path: str) -> None:
    async with bench() as one:
        shown = await key(one)
        made = await ticket(one, shown)
        assert (await one.request("GET", f"{path}?ticket={made}")).status == 401
        assert (await one.request("GET", path, headers={"Authorization": f"Bearer {made}"})).status == 401
        assert (await one.request("GET", f"{path}?ticket={made}", headers=shown)).status == 400
        for socket in ("/v1/links/p", "/v1/facades/p/bright_pattern"):
            assert (await one.request("GET", f"{socket}?ticket={made}")).status == 400
        assert await listens(one, made) == 200  # it was not used up


async def test_a_ticket_of_a_withdrawn_key_opens_nothing() -> None:
    async with bench() as one:
        await key(one)
        record, made = await one.gateway.keys.create("k", list(Scope))
        mine = await ticket(one, {"Authorization": f"Bearer {made}"})
        await one.gateway.keys.revoke(record.id)
        assert await listens(one, mine) == 401


async def test_a_ticket_shows_no_more_than_the_token_that_it_is_of() -> None:
    async with bench() as one:
        await key(one)
        token = one.gateway.tokens.mint(AgentId("a1"), P, Role.FACADE)
        shown = {"Authorization": f"Bearer {token}"}
        assert await listens(one, await ticket(one, shown), "&agent=a2") == 403
        assert await listens(one, await ticket(one, shown), "&type=webhook.*") == 403
        told = await follows(one, await ticket(one, shown), filter={"agents": ["a2"]})
        assert (told["type"], told["code"]) == ("stream.error", "not_allowed")
        assert (await follows(one, await ticket(one, shown)))["type"] == "stream.subscribed"


async def test_who_may_not_read_gets_none_and_nobody_any_number() -> None:
    async with bench() as one:
        lacking = await key(one, Scope.COMMANDS_WRITE)
        assert (await one.request("POST", "/v1/stream-tickets", headers=lacking)).status == 403
        assert (await one.request("POST", "/v1/stream-tickets")).status == 401
        shown, other = await key(one), await key(one)
        for _ in range(MOST_OF_ONE):
            await ticket(one, shown)
        async with one.http.post(f"{one.url}/v1/stream-tickets", headers=shown) as refused:
            assert (refused.status, refused.headers["Retry-After"]) == (429, str(LIFE_S))
        await ticket(one, other)


async def test_a_ticket_stands_in_no_line_of_the_log_and_no_answer(
    capsys: pytest.CaptureFixture[str],
) -> None:
    async with bench() as one:
        shown = await key(one)
        made = await ticket(one, shown)
        spent = await one.request("GET", f"/v1/events/stream?ticket={made}&limits=1", headers=shown)
        again = await one.request("GET", f"/v1/events/stream?ticket={made}")
        page = await one.request("GET", f"/v1/events?ticket={made}&limit=1", headers=shown)
        for reply in (spent, again, page):
            assert made.encode() not in reply.body
        said = capsys.readouterr()
        assert made not in said.out + said.err
