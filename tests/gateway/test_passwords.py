"""Signing in by the platform's password: only where the platform checks it, and only so often."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest
from structlog.testing import capture_logs

from adapters.contract.dialect import Done, Outcome
from gateway.runtime.clock import Clock
from gateway.security.access import Scope
from gateway.sign_in import attempts, passwords
from schemas.agent import AgentState
from schemas.grants import Role
from schemas.ids import AgentId, Cursor, PlatformId, Ref
from schemas.results import ErrorCode, Failed
from schemas.values import Json
from tests.e2e.world import Reply
from tests.fakes import FakeClock, until
from tests.gateway import test_facade as facades
from tests.gateway.documented import Client
from tests.gateway.handmade import HANDMADE, NAME, Bench, Page, agent, bench

CHECKED: Final = replace(HANDMADE, name="checked", checks_password=lambda _settings, _agent: True)
PATH: Final = "/v1/facades/sim/bright_pattern/sign-in"
ANN: Final[dict[str, Json]] = {"id": "ann", "password": "right-horse", "logged_in": False}
BOB: Final[dict[str, Json]] = {"id": "bob", "logged_in": False}  # any password is taken
CAT: Final[dict[str, Json]] = {"id": "cat", "password": "meow"}  # signed in already
RIGHT: Final[dict[str, Json]] = {"agent_id": "ann", "password": "right-horse"}
WRONG: Final[dict[str, Json]] = {"agent_id": "ann", "password": "wrong-horse"}


@asynccontextmanager
async def keyed(
    clock: Clock | None = None, platform: Mapping[str, Json] | None = None
) -> AsyncIterator[Bench]:
    """A gateway with a key over a platform with these agents, unless another one is given."""
    switch: Mapping[str, Json] = {"dialect": "softswitch", "settings": {"agents": [ANN, BOB, CAT]}}
    async with bench(clock=clock, platforms={"sim": platform or switch}, dialects=(CHECKED,)) as one:
        await one.gateway.keys.create("crm", list(Scope))
        yield one


async def sign_in(one: Bench, body: Mapping[str, Json]) -> Reply:
    """As the frame asks."""
    return await one.request("POST", PATH, body, {"Origin": one.url})


def code(reply: Reply) -> str:
    """What was wrong."""
    return str(reply.json()["type"]).rpartition(":")[2]


def state(one: Bench, agent: str) -> AgentState:
    """How the platform shows an agent."""
    return one.gateway.state.snapshots.sessions[one.session(agent, "sim")].state


async def test_the_platforms_password_gets_a_token_and_signs_in() -> None:
    async with keyed() as one:
        client = Client(one, one.gateway.contract)
        got = await client(f"POST {PATH}", RIGHT, headers={"Origin": one.url})
        token = one.gateway.tokens.verify(str(got["token"]))
        assert (token.agent_id, token.platform_id, token.role) == ("ann", "sim", Role.FACADE)
        assert state(one, "ann") is AgentState.READY


async def test_what_was_wrong_is_not_told_and_nobody_is_signed_in() -> None:
    async with keyed() as one:
        client = Client(one, one.gateway.contract)
        mine = {"Origin": one.url}
        wrong = await client(f"POST {PATH}", WRONG, headers=mine, expect=422)
        unknown = await client(f"POST {PATH}", {**RIGHT, "agent_id": "eve"}, headers=mine, expect=422)
        anything = await client(f"POST {PATH}", {**RIGHT, "agent_id": "bob"}, headers=mine, expect=422)
        assert wrong == unknown == anything
        assert wrong["type"] == "urn:trunkline:bad_credentials"
        assert state(one, "ann") is state(one, "bob") is AgentState.LOGGED_OUT


@pytest.mark.parametrize("policy", ["ask", "default"])
@pytest.mark.parametrize("asks", [True, False])
async def test_an_agent_who_is_signed_in_already_is_not_taken_over(policy: str, *, asks: bool) -> None:
    switch: dict[str, Json] = {
        "dialect": "softswitch",
        "settings": {"agents": [CAT], "confirm_takeover": asks},
        "needinfo": {"policy": policy},
    }
    async with keyed(platform=switch) as one:
        reply = await sign_in(one, {"agent_id": "cat", "password": "meow"})
        assert (reply.status, code(reply)) == (422, "already_logged_in")
        assert "sign out there" in str(reply.json()["detail"])


async def test_a_platform_that_shows_no_proof_is_not_asked() -> None:
    async with keyed(platform={"dialect": NAME}) as one:
        offered = await one.request("GET", "/v1/facades/sim/bright_pattern/sign-in.json")
        assert offered.json()["password"] is False
        reply = await sign_in(one, RIGHT)
        assert (reply.status, code(reply)) == (422, "unsupported")
        await one.gateway.store.barrier()
        assert one.gateway.store.last_cursor() == 0  # no command, and nothing told of one


async def test_a_platform_that_is_not_there_is_told() -> None:
    async with keyed(platform={"dialect": "checked"}) as one:
        reply = await sign_in(one, RIGHT)
        assert (reply.status, code(reply)) == (503, "link_down")


@pytest.mark.parametrize("origin", ["", "null", "https://crm.example", "http://127.0.0.1"])
async def test_only_a_page_of_the_gateway_may_ask(origin: str) -> None:
    async with keyed() as one:
        assert (await one.request("POST", PATH, RIGHT, {"Origin": origin})).status == 401
        assert (await one.request("POST", PATH, RIGHT)).status == 401
        assert state(one, "ann") is AgentState.LOGGED_OUT


async def test_without_keys_only_this_machine_may_ask() -> None:
    switch: dict[str, Json] = {"dialect": "softswitch", "settings": {"agents": [ANN]}}
    async with bench(platforms={"sim": switch}) as one:
        rebound = {"Origin": "http://evil.example", "Host": "evil.example"}
        assert (await one.request("POST", PATH, RIGHT, rebound)).status == 401
        assert (await sign_in(one, RIGHT)).status == 200


@pytest.mark.parametrize("path", ["none/bright_pattern", "sim/none"])
async def test_there_has_to_be_such_a_facade(path: str) -> None:
    async with keyed() as one:
        where = f"/v1/facades/{path}/sign-in"
        assert (await one.request("POST", where, RIGHT, {"Origin": one.url})).status == 404


@pytest.mark.parametrize(
    "body", [{}, {"agent_id": "ann"}, {**RIGHT, "agent_id": ""}, {**RIGHT, "force": True}]
)
async def test_what_is_no_such_request_is_refused(body: dict[str, Json]) -> None:
    async with keyed() as one:
        assert (await sign_in(one, body)).status == 400


# --- how often


async def test_an_agents_password_can_be_tried_so_often_a_minute() -> None:
    async with keyed(clock := FakeClock()) as one:
        for _ in range(passwords.PER_AGENT):
            assert (await sign_in(one, WRONG)).status == 422
        assert (await sign_in(one, RIGHT)).status == 429
        await clock.advance(attempts.WITHIN_S)
        assert (await sign_in(one, RIGHT)).status == 200


async def test_many_at_once_are_not_more() -> None:
    async with keyed(FakeClock()) as one:
        replies = await asyncio.gather(*(sign_in(one, WRONG) for _ in range(3 * passwords.PER_AGENT)))
        assert [one.status for one in replies].count(422) == passwords.PER_AGENT


async def test_a_platform_is_asked_one_after_the_other() -> None:
    async with bench(platforms={"sim": {"dialect": "checked"}}, dialects=(CHECKED,)) as one:
        page = await one.page("ann", "sim")
        tasks = [asyncio.create_task(sign_in(one, RIGHT)) for _ in range(passwords.PER_AGENT + 1)]
        (late,), waiting = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        assert late.result().status == 429  # so the others have all been let in
        first = await page.called()
        other = {"type": "agent.set_state", "session_id": one.session("ann", "sim"), "state": "ready"}
        await one.request("POST", "/v1/commands?wait=0", other)
        assert (await page.called()).verb == "agent.set_state"
        await page.reply(first, Done())
        for _ in range(len(waiting) - 1):
            await page.carry_out(Done())
        assert [(await each).status for each in waiting] == [200] * len(waiting)


async def test_an_address_can_try_so_many_agents_a_minute() -> None:
    async with keyed(FakeClock()) as one:
        for i in range(passwords.PER_ADDRESS):
            assert (await sign_in(one, {"agent_id": f"agent-{i}", "password": "x"})).status == 422
        assert (await sign_in(one, RIGHT)).status == 429


async def test_who_signs_in_uses_no_attempt_up() -> None:
    many: list[Json] = [{**ANN, "id": f"agent-{i}"} for i in range(passwords.PER_ADDRESS + 1)]
    async with keyed(FakeClock(), {"dialect": "softswitch", "settings": {"agents": many}}) as one:
        for i in range(passwords.PER_ADDRESS + 1):
            assert (await sign_in(one, {**RIGHT, "agent_id": f"agent-{i}"})).status == 200


async def test_so_many_names_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attempts, "MOST_NAMES", 2)
    async with keyed(FakeClock()) as one:
        assert (await sign_in(one, WRONG)).status == 422
        assert (await sign_in(one, {**WRONG, "agent_id": "eve"})).status == 429


async def test_no_password_is_logged_or_kept() -> None:
    async with keyed() as one:
        with capture_logs() as logs:
            await sign_in(one, WRONG)
            token = (await sign_in(one, RIGHT)).json()["token"]
        told = repr(logs)
        assert "signed in" in told
        assert "sign-in refused" in told
        await one.gateway.store.barrier()
        kept = await one.gateway.store.read(Cursor(0), 100)
        assert any(b"command.finished" in event.body for event in kept)
        for secret in ("right-horse", "wrong-horse", str(token)):
            assert secret not in told
            assert secret not in repr(kept)


# --- taking a session over


@pytest.mark.parametrize("asks", [True, False])
async def test_the_right_password_takes_a_session_over_and_a_wrong_one_does_not(*, asks: bool) -> None:
    switch: dict[str, Json] = {
        "dialect": "softswitch",
        "settings": {"agents": [CAT], "confirm_takeover": asks},
    }
    async with keyed(platform=switch) as one:
        wrong = await sign_in(one, {"agent_id": "cat", "password": "woof", "take_over": True})
        assert (wrong.status, code(wrong)) == (422, "bad_credentials")
        right = await sign_in(one, {"agent_id": "cat", "password": "meow", "take_over": True})
        assert right.status == 200
        assert one.gateway.tokens.verify(str(right.json()["token"])).origin.startswith("sign-in:password:")


async def test_a_password_that_the_platform_took_before_proves_who_it_is_and_no_other_does() -> None:
    async with bench(platforms={"sim": {"dialect": "checked"}}, dialects=(CHECKED,)) as one:
        page = await one.page("ann", "sim")
        already = Failed(code=ErrorCode.ALREADY_LOGGED_IN)

        async def try_it(body: Mapping[str, Json], *outcomes: Outcome) -> tuple[int, str]:
            asked = asyncio.create_task(sign_in(one, body))
            for outcome in outcomes:
                await page.carry_out(outcome)
            reply = await asked
            return reply.status, "" if reply.status == 200 else code(reply)

        taking: dict[str, Json] = {**RIGHT, "take_over": True}
        # Nothing is known of it: neither the platform nor we have seen it.
        assert await try_it(taking, already) == (422, "already_logged_in")
        assert await try_it(RIGHT, Done()) == (200, "")
        assert await try_it(RIGHT, already) == (422, "already_logged_in")  # it was not asked for
        assert await try_it({**taking, "password": "x"}, already) == (422, "bad_credentials")
        assert await try_it(taking, already) == (200, "")
        # Who is not signed in over us is so elsewhere: there it is taken over.
        await page.see(agent(AgentState.LOGGED_OUT, Ref("ann")))
        await until(lambda: state(one, "ann") is AgentState.LOGGED_OUT)
        asked = asyncio.create_task(sign_in(one, taking))
        await page.carry_out(already)
        forced = await page.carry_out(Done())
        assert (forced.command["force"], forced.command["answers"]) == (True, {"confirm": True})
        assert (await asked).status == 200


async def test_after_a_restart_a_takeover_is_told_to_sign_in_again_and_that_helps(tmp_path: Path) -> None:
    def gateway() -> AbstractAsyncContextManager[Bench]:
        path = str(tmp_path / "t.db")
        return bench(path=path, platforms={"sim": {"dialect": "checked"}}, dialects=(CHECKED,))

    async def outcome(one: Bench, page: Page, body: Mapping[str, Json], of: Outcome) -> Reply:
        asked = asyncio.create_task(sign_in(one, body))
        await page.carry_out(of)
        return await asked

    already, taking = Failed(code=ErrorCode.ALREADY_LOGGED_IN), {**RIGHT, "take_over": True}
    async with gateway() as one:
        page = await one.page("ann", "sim")
        assert (await outcome(one, page, RIGHT, Done())).status == 200
        assert (await outcome(one, page, taking, already)).status == 200
    async with gateway() as one:
        page = await one.page("ann", "sim")
        refused = await outcome(one, page, taking, already)
        assert (refused.status, code(refused)) == (422, "already_logged_in")
        assert "sign in again" in str(refused.json()["detail"])
        assert (await outcome(one, page, RIGHT, Done())).status == 200
        assert (await outcome(one, page, taking, already)).status == 200


async def test_older_clients_are_closed_by_a_takeover_and_come_no_more_by_their_token() -> None:
    async with keyed() as one:
        older = str((await sign_in(one, RIGHT)).json()["token"])
        key = f"key:{one.gateway.keys.list()[0].id}"
        of_a_key = one.gateway.tokens.mint(AgentId("ann"), PlatformId("sim"), Role.FACADE, origin=key)
        bob = one.gateway.tokens.mint(AgentId("bob"), PlatformId("sim"), Role.FACADE, origin="sign-in:x:1")

        async def connect(token: str, dialect: str = "bright_pattern") -> facades.Client:
            client = facades.Client(await one.connect(f"/v1/facades/sim/{dialect}"))
            said = {"token": token, "protocol": 2}
            await client.socket.send_json({"id": 0, "method": "trunkline.hello", "params": [said]})
            return client

        here = [await connect(older), await connect(older, "genesys_wwe")]
        others = [await connect(of_a_key), await connect(bob)]
        for client in (*here, *others):
            assert "result" in await client.heard()
        closing = [asyncio.create_task(client.closed()) for client in here]
        newer = await sign_in(one, {**RIGHT, "take_over": True})
        assert [await each for each in closing] == [4409, 4409]
        assert await (await connect(older)).closed() == 4409
        refused = await one.request("GET", "/v1/sessions", None, {"Authorization": f"Bearer {older}"})
        assert refused.status == 403
        assert "has signed in elsewhere" in str(refused.json()["detail"])
        assert "result" in await (await connect(str(newer.json()["token"]))).heard()
        for client in others:
            await client.socket.ping()
            assert not client.socket.closed
