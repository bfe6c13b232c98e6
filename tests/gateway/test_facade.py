"""The endpoint of a dialect: who its client is, what it gets, and what it cannot break."""

import asyncio
from collections.abc import Mapping

import msgspec
import pytest
from aiohttp import ClientWebSocketResponse, WSMsgType

from adapters.contract.dialect import Done
from gateway.security.access import Scope
from schemas.grants import Role
from schemas.ids import AgentId, Ref
from schemas.interaction import InteractionState
from schemas.queries import ValidateRecords
from schemas.values import Json
from tests.fakes import until
from tests.gateway.handmade import Ask, Bench, P, bench, call
from tests.patience import PATIENCE_S

PATH = "/v1/facades/p/bright_pattern"


class Client:
    """A page that takes us for its platform."""

    def __init__(self, socket: ClientWebSocketResponse) -> None:
        self.socket = socket
        self.calls = 0

    async def heard(self) -> dict[str, Json]:
        """The next frame."""
        message = await self.socket.receive(10)
        assert message.type is WSMsgType.TEXT, message
        return msgspec.json.decode(message.data, type=dict[str, Json])

    async def until(self, **fields: Json) -> dict[str, Json]:
        """The next frame with these fields."""
        while True:
            frame = await self.heard()
            if all(frame.get(name) == value for name, value in fields.items()):
                return frame

    async def ask(self, method: str, *params: Json) -> int:
        """Send a request; its id."""
        self.calls += 1
        await self.socket.send_json({"jsonrpc": "2.0", "id": self.calls, "method": method, "params": params})
        return self.calls

    async def answer(self, method: str, *params: Json) -> dict[str, Json]:
        """Send a request; its response."""
        return await self.until(id=await self.ask(method, *params))

    async def closed(self) -> int | None:
        """The code that it was closed with."""
        while (await self.socket.receive(10)).type is WSMsgType.TEXT:
            pass
        return self.socket.close_code


def failed(response: Mapping[str, Json]) -> bool:
    """Whether a request was refused, in the vendor's way."""
    result = response["result"]
    assert isinstance(result, dict)
    return bool(result["status"] == "error")


async def client(
    standing: Bench, query: str = "?agent=a1", headers: Mapping[str, str] | None = None
) -> Client:
    return Client(await standing.connect(PATH + query, headers))


async def test_a_clients_request_is_a_command_and_its_result_the_response() -> None:
    async with bench() as standing:
        page = await standing.page()
        (shown,) = await standing.shown(page, call(state=InteractionState.CONNECTED))
        caller = await client(standing)
        request = await caller.ask("setCallHold", True, shown.id)
        asked = await page.carry_out(Done())
        assert (asked.verb, asked.command["interaction_id"]) == ("interaction.hold", shown.id)
        assert not failed(await caller.until(id=request))


async def test_a_client_gets_the_events_of_its_agent_and_of_no_other() -> None:
    async with bench() as standing:
        page, other = await standing.page("a1"), await standing.page("a2")
        caller = await client(standing)
        assert "result" in await caller.answer("getVersion")
        await standing.shown(other, call("c9", name=Ref("a2")))
        (mine,) = await standing.shown(page, call("c1"))
        frame = await caller.until(method="ON_NEW_INTERACTION")
        assert mine.id in msgspec.json.encode(frame).decode()
        assert standing.gateway.state.snapshots.interactions(standing.session("a2"))[0].id not in str(frame)


async def test_a_client_is_who_its_token_says() -> None:
    async with bench() as standing:
        gateway = standing.gateway
        page, other = await standing.page("a1"), await standing.page("a2")
        (theirs,) = await standing.shown(other, call("c9", name=Ref("a2")))
        await gateway.keys.create("crm", [Scope.EVENTS_READ])
        token = gateway.tokens.mint(AgentId("a1"), P, Role.FACADE)
        caller = await client(standing, "")
        hello = {"id": 0, "method": "trunkline.hello", "params": [{"token": token}]}
        await caller.socket.send_json(hello)
        assert (await caller.heard())["result"] == {"agent": "a1"}
        assert failed(await caller.answer("setCallHold", True, theirs.id))
        await standing.shown(page, call("c1"))
        await caller.until(method="ON_NEW_INTERACTION")


@pytest.mark.parametrize(
    ("role", "agent", "named"),
    [(Role.FACADE, "a1", "a2"), (Role.LINK, "a1", "a1")],
)
async def test_a_client_with_a_token_of_another_is_refused(role: Role, agent: str, named: str) -> None:
    async with bench() as standing:
        token = standing.gateway.tokens.mint(AgentId(agent), P, role)
        caller = await client(standing, f"?agent={named}", {"Authorization": f"Bearer {token}"})
        assert await caller.closed() == 4403


async def test_without_a_token_nobody_is_a_client_once_there_is_a_key() -> None:
    async with bench() as standing:
        await standing.gateway.keys.create("crm", [Scope.EVENTS_READ])
        caller = await client(standing)
        await caller.ask("getVersion")
        assert await caller.closed() == 4403


async def test_a_page_of_a_foreign_origin_is_no_client() -> None:
    async with bench() as standing:
        caller = await client(standing, headers={"Origin": "https://evil.example"})
        assert await caller.closed() == 4403


async def test_a_malformed_frame_is_told_and_the_client_lives() -> None:
    async with bench(overrides={"server": {"port": 0, "max_frame_bytes": 1000}}) as standing:
        await standing.page()
        caller = await client(standing)
        for frame in ("{", "x" * 1001):
            await caller.socket.send_str(frame)
            await caller.until(method="trunkline.error")
        assert "result" in await caller.answer("getVersion")


async def test_a_result_for_a_client_that_left_is_dropped_and_the_command_is_finished() -> None:
    async with bench() as standing:
        page = await standing.page()
        (shown,) = await standing.shown(page, call(state=InteractionState.CONNECTED))
        stream = await standing.stream()
        caller = await client(standing)
        await caller.ask("setCallHold", True, shown.id)
        asked = await page.called()
        await caller.socket.close()
        await page.reply(asked, Done())
        await stream.until(lambda event: str(event.__struct_config__.tag) == "command.finished")


async def test_a_client_has_so_many_commands_under_way_and_no_more() -> None:
    async with bench(overrides={"limits": {"command_queue": 200}}) as standing:
        page = await standing.page()
        (shown,) = await standing.shown(page, call(state=InteractionState.CONNECTED))
        caller = await client(standing)
        asked = [await caller.ask("setCallHold", True, shown.id) for _ in range(65)]
        assert failed(await caller.until(id=asked[-1]))
        await page.carry_out(Done())
        assert not failed(await caller.until(id=1))
        again = await caller.ask("setCallHold", True, shown.id)
        async with asyncio.timeout(PATIENCE_S):
            for _ in range(64):
                await page.carry_out(Done())
        assert not failed(await caller.until(id=again))


async def test_a_platforms_query_is_put_to_the_client_of_that_agent_and_its_answer_carried_back() -> None:
    async with bench() as standing:
        page, other = await standing.page("a1"), await standing.page("a2")
        await standing.shown(page, call(state=InteractionState.WRAP_UP))
        caller = await client(standing)
        await caller.answer("getVersion")
        await other.say(Ask("t0", ValidateRecords(), agent=Ref("a2")))
        assert await other.heard() == {"answer": "t0", "value": None}
        await page.say(Ask("t1", ValidateRecords(), ref=Ref("c1")))
        question = await caller.until(method="ON_VALIDATE_ASSOCIATED_RECORDS")
        result = {"valid": False, "message": "no"}
        await caller.socket.send_json({"jsonrpc": "2.0", "id": question["id"], "result": result})
        told = await page.heard()
        assert told["answer"] == "t1"
        value = told["value"]
        assert isinstance(value, dict)
        assert (value["yes"], value["message"]) == (False, "no")


async def test_a_client_that_left_is_asked_nothing() -> None:
    async with bench() as standing:
        page = await standing.page()
        caller = await client(standing)
        await caller.answer("getVersion")
        await caller.socket.close()
        await until(lambda: not standing.gateway.queries._askers)  # noqa: SLF001  # nothing else shows it
        await page.say(Ask("t1", ValidateRecords()))
        assert await page.heard() == {"answer": "t1", "value": None}
