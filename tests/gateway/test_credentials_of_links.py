"""Credentials of long connections: their end, fresh ones in time, and who is shut out."""

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

import msgspec
import pytest

from gateway.api.stream import CommandChanged, Problem
from gateway.http import hello as hellos
from gateway.security import shut_out
from gateway.security.access import Scope
from gateway.security.standing import LOOK_S
from gateway.security.tokens import LinkToken
from schemas import events as ev
from schemas.agent import AgentState
from schemas.grants import Role
from schemas.ids import AgentId, Cursor
from schemas.values import Json
from tests.fakes import FakeClock, until
from tests.gateway.echo import Line, echoing
from tests.gateway.handmade import Bench, Over, P, Page, agent, bench
from tests.gateway.listener import listening
from tests.gateway.test_facade import Client

LINK: Final = "/v1/links/p"
FACADE: Final = "/v1/facades/p/bright_pattern"
A1: Final = AgentId("a1")
CRM: Final = "sign-in:crm:1"


class Wall(FakeClock):
    """A clock whose time of day can be set."""

    def __init__(self) -> None:
        super().__init__()
        self.set_by = timedelta()

    def now(self) -> datetime:
        """The time of day, as it was set."""
        return super().now() + self.set_by

    def pass_unnoticed(self, seconds: float) -> None:
        """Time goes by, and no timer rings: the loop is busy."""
        self._elapsed_s += seconds


def mint(standing: Bench, role: Role, ttl_s: int = 600) -> str:
    return standing.gateway.tokens.mint(A1, P, role, ttl_s, origin=CRM)


def said(token: str, **more: Json) -> dict[str, Json]:
    return {"id": "hello", "method": "trunkline.hello", "params": [{"token": token, **more}]}


async def relay(standing: Bench, token: str, **more: Json) -> Page:
    """A relay that has said hello as today's script does, unless `more` says otherwise."""
    page = Page(await standing.connect(LINK))
    await page.socket.send_json(said(token, **({"protocol": hellos.PROTOCOL} | more)))
    return page


async def fresh(page: Page) -> str:
    """The token that it is handed next."""
    frame = await page.heard()
    assert frame["method"] == "trunkline.token", frame
    params = msgspec.convert(frame["params"], list[dict[str, str | bool]])
    assert params[0]["keep"] is True
    return str(params[0]["token"])


async def shut_outs(standing: Bench) -> list[ev.PlatformNotice]:
    """What was told of agents who are shut out."""
    await standing.gateway.store.barrier()
    told = await standing.gateway.store.read(Cursor(0), 1000)
    events = [msgspec.json.decode(one.body, type=ev.AnyEvent) for one in told]
    return [one for one in events if isinstance(one, ev.PlatformNotice) and one.code == shut_out.CODE]


async def closed(one: Page | Client, clock: FakeClock, seconds: float) -> int | None:
    """The code that it is closed with within that time. It reads meanwhile, as a browser does."""
    reading = asyncio.create_task(one.closed())
    await clock.advance(seconds)
    await reading
    return one.socket.close_code


# --- fresh tokens


async def test_a_relay_is_handed_a_fresh_token_in_time_which_names_the_same_origin() -> None:
    async with bench(clock=(clock := FakeClock())) as standing:
        first = mint(standing, Role.LINK)
        page = await relay(standing, first)
        answer = (await page.heard())["result"]
        assert answer == {"agent": "a1", "protocol": hellos.PROTOCOL, "oldest": hellos.OLDEST}
        await clock.advance(399)
        assert standing.gateway.tokens.verify(first).origin == CRM
        await clock.advance(1)
        second = standing.gateway.tokens.verify(await fresh(page))
        original = standing.gateway.tokens.verify(first)
        assert (second.origin, second.signed_in_at) == (CRM, original.signed_in_at)
        assert second.id != original.id
        assert second.expires_at - original.expires_at == timedelta(seconds=400)
        await clock.advance(250)  # the first is over by now
        await page.see(agent())
        await until(lambda: bool(standing.gateway.state.snapshots.sessions))


async def test_a_relay_lives_through_many_tokens_up_to_the_length_of_a_session() -> None:
    limits: Mapping[str, Json] = {"limits": {"session_s": 3600}}
    async with bench(clock=(clock := FakeClock()), overrides=limits) as standing:
        page = await relay(standing, mint(standing, Role.LINK))
        await page.heard()
        tokens: list[LinkToken] = []
        for _ in range(8):
            await clock.advance(400)
            tokens.append(standing.gateway.tokens.verify(await fresh(page)))
        assert (tokens[-1].expires_at - tokens[0].signed_in_at).total_seconds() == 3600
        assert await closed(page, clock, 400) == 4401
        assert [one.agent_id for one in await shut_outs(standing)] == ["a1"]


async def test_the_last_token_lets_the_relay_in_again_and_the_first_does_not() -> None:
    async with bench(clock=(clock := FakeClock())) as standing:
        first = mint(standing, Role.LINK)
        page = await relay(standing, first)
        await page.heard()
        await clock.advance(400)
        second = await fresh(page)
        await page.socket.close()
        await clock.advance(300)
        refused = await relay(standing, first)
        assert (await refused.closed())[0] == 4401
        assert "result" in await (await relay(standing, second)).heard()


async def test_a_key_that_is_revoked_gives_no_fresh_tokens() -> None:
    async with bench(clock=(clock := FakeClock())) as standing:
        record, key = await standing.gateway.keys.create("crm", list(Scope))
        body: dict[str, Json] = {"agent_id": "a1", "platform_id": "p", "role": "link"}
        bearer = {"Authorization": f"Bearer {key}"}
        token = str((await standing.request("POST", "/v1/link-tokens", body, bearer)).json()["token"])
        assert standing.gateway.tokens.verify(token).origin == f"key:{record.id}"
        page = await relay(standing, token)
        await page.heard()
        await standing.gateway.keys.revoke(record.id)
        assert await closed(page, clock, 600) == 4401


async def test_a_facades_page_is_handed_a_fresh_token_and_told_not_to_keep_it_after_a_logout() -> None:
    async with bench(clock=(clock := FakeClock())) as standing:
        page = await standing.page()
        client = Client(await standing.connect(FACADE))
        await client.socket.send_json(said(mint(standing, Role.FACADE), protocol=2))
        assert (await client.heard())["id"] == "hello"
        assert "result" in await client.answer("getVersion")
        await page.see(agent(AgentState.LOGGED_OUT))
        assert (await client.until(method="trunkline.token"))["params"] == [{"token": None, "keep": False}]
        await clock.advance(400)
        (again,) = msgspec.convert(
            (await client.until(method="trunkline.token"))["params"], list[dict[str, str | bool]]
        )
        assert again["token"]
        assert again["keep"] is False  # it is for the connection alone
        await page.see(agent())
        assert (await client.until(method="trunkline.token"))["params"] == [{"token": None, "keep": True}]


# --- the end


async def test_a_facades_page_of_before_gets_no_token_and_the_end_of_its_own() -> None:
    """It would pass it on to the page around it, as an event."""
    async with bench(clock=(clock := FakeClock())) as standing:
        token = mint(standing, Role.FACADE)
        page = Page(await standing.connect(FACADE))
        await page.socket.send_json(said(token))
        assert (await page.heard())["result"] == {"agent": "a1"}
        await clock.advance(599)
        assert not page.socket.closed
        assert await closed(page, clock, 1) == 4401
        again = Page(await standing.connect(FACADE))
        await again.socket.send_json(said(token))
        assert (await again.closed())[0] == 4403  # the only code that it knows


async def test_a_relay_of_before_passes_its_fresh_tokens_over_and_stays() -> None:
    async with bench(clock=(clock := FakeClock())) as standing:
        token = mint(standing, Role.LINK)
        page = Page(await standing.connect(LINK))
        await page.socket.send_json(said(token))
        assert (await page.heard())["result"] == {"agent": "a1"}
        await clock.advance(700)
        await fresh(page)
        await page.see(agent())
        await until(lambda: bool(standing.gateway.state.snapshots.sessions))
        again = Page(await standing.connect(LINK))
        await again.socket.send_json(said(token))
        assert (await again.closed())[0] == 4403


async def test_a_link_whose_token_is_over_says_so() -> None:
    limits: Mapping[str, Json] = {"limits": {"session_s": 60}}
    async with bench(clock=(clock := FakeClock()), overrides=limits) as standing:
        page = await relay(standing, mint(standing, Role.LINK))
        await page.heard()
        await page.say(Over())
        await until(lambda: standing.gateway.platforms[P].links == 1)
        assert await closed(page, clock, 60) == 4401
        await until(lambda: standing.gateway.platforms[P].links == 0)
        await standing.gateway.store.barrier()
        told = [msgspec.json.decode(one.body) for one in await standing.gateway.store.read(Cursor(0), 100)]
        assert told[-1]["reason"] == "the relay's token is over"


async def test_an_unchanged_client_is_closed_at_the_end_of_the_token_in_its_header() -> None:
    async with bench(clock=(clock := FakeClock())) as standing:
        headers = {"Authorization": f"Bearer {mint(standing, Role.FACADE)}"}
        client = Client(await standing.connect(FACADE + "?agent=a1", headers))
        assert "result" in await client.answer("getVersion")
        assert await closed(client, clock, 600) == 4401
        assert [one.agent_id for one in await shut_outs(standing)] == ["a1"]


async def test_a_stream_is_closed_when_its_token_ends() -> None:
    async with bench(clock=(clock := FakeClock())) as standing:
        stream = await standing.stream(token=mint(standing, Role.FACADE, 2))
        await clock.advance(2)
        problem = await stream.frame(Problem)
        assert problem.message == "the link token has expired"
        assert await stream.eventually(lambda: stream.close_code) == 4401


@pytest.mark.parametrize("first", [True, False])
async def test_no_command_is_taken_over_a_stream_whose_token_is_over(*, first: bool) -> None:
    """Not even where no timer has noticed yet."""
    async with bench(clock=(clock := Wall())) as standing:
        await standing.page()
        stream = await standing.stream(token=mint(standing, Role.FACADE, 2))
        order: dict[str, Json] = {
            "type": "command",
            "ref": "1",
            "command": {"type": "agent.set_state", "session_id": standing.session(), "state": "ready"},
        }
        if first:
            clock.pass_unnoticed(2)
        else:
            clock.set_by = timedelta(seconds=2)  # as after the machine slept: the steady clock stood still
        await stream.send(order)
        assert await stream.eventually(lambda: stream.close_code) == 4401
        assert not [one for one in stream.frames if isinstance(one, CommandChanged)]


async def test_a_command_of_somebody_whose_token_is_over_is_refused_wherever_it_comes_from() -> None:
    async with bench(clock=(clock := Wall())) as standing:
        page = await standing.page()
        client = Client(await standing.connect(FACADE))
        await client.socket.send_json(said(mint(standing, Role.FACADE, 2), protocol=2))
        await client.heard()
        clock.pass_unnoticed(2)
        await client.ask("setAgentState", "ready")
        assert await client.closed() == 4401
        await page.socket.ping()
        assert not await standing.gateway.store.open_commands()


async def test_a_clock_that_is_set_back_extends_nothing() -> None:
    async with bench(clock=(clock := Wall())) as standing:
        token = mint(standing, Role.FACADE, 60)
        stream = await standing.stream(token=token)
        client = Client(await standing.connect(FACADE, {"Authorization": f"Bearer {token}"}))
        await client.answer("getVersion")
        clock.set_by = timedelta(hours=-1)
        assert await closed(client, clock, 60) == 4401
        assert await stream.eventually(lambda: stream.close_code) == 4401
        refused = await relay(standing, token)
        assert (await refused.closed())[0] == 4401


async def test_a_clock_that_leaps_ahead_sends_no_relay_away() -> None:
    async with bench(clock=(clock := Wall())) as standing:
        page = await relay(standing, mint(standing, Role.LINK))
        await page.heard()
        clock.set_by = timedelta(hours=2)
        await clock.advance(LOOK_S)
        second = standing.gateway.tokens.verify(await fresh(page))
        assert second.expires_at > clock.now()
        assert not page.socket.closed


async def test_server_sent_events_end_with_a_word() -> None:
    async with bench(clock=(clock := FakeClock())) as standing:
        headers = {"Authorization": f"Bearer {mint(standing, Role.FACADE, 60)}"}
        async with listening(standing, "", headers) as listener:
            await clock.advance(60)
            told = await listener.next()
            assert told["event"] == "stream.ended"
            assert msgspec.json.decode(told["data"])["code"] == 4401


async def test_a_polled_session_is_over_with_its_token_unless_a_newer_one_is_shown() -> None:
    async with echoing(clock=(clock := FakeClock())) as standing:
        await standing.gateway.keys.create("crm", [Scope.EVENTS_READ])

        def line(token: str) -> Line:
            return Line(standing, headers={"Authorization": f"Bearer {token}"})

        given = Line(standing)
        assert (await given.begin(token=mint(standing, Role.FACADE, 60))).status == 200
        shown = line(mint(standing, Role.FACADE, 60))
        assert (await shown.begin(id="c1")).status == 200
        await clock.advance(30)
        newer = line(mint(standing, Role.FACADE, 60))
        newer.id = shown.id
        assert (await newer.say("mine")).status == 200
        await clock.advance(30)
        assert (await given.say("late")).status == 404
        assert (await shown.say("late")).status == 403
        assert (await newer.say("in time")).status == 200
        await clock.advance(30)
        assert (await newer.say("late")).status == 403


async def test_a_page_of_events_waits_no_longer_than_its_token_lasts() -> None:
    async with bench() as standing:
        await standing.gateway.store.barrier()
        headers = {"Authorization": f"Bearer {mint(standing, Role.FACADE, 1)}"}
        reply = await standing.request("GET", "/v1/events?wait=60", None, headers)
        assert reply.status == 403
        assert "expired" in str(reply.json()["detail"])
