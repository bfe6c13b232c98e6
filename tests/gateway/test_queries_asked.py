"""Whom a platform's query is put to, and what follows when one passes or leaves. Time stands still."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final, get_args

import pytest

from gateway.api.stream import Problem
from gateway.queries import answering as core
from gateway.security.access import Scope
from gateway.telemetry.metrics import QueryOutcome
from schemas import events as ev
from schemas.grants import Role
from schemas.ids import AgentId, PlatformId
from schemas.queries import (
    ANSWERS,
    AnsweredBy,
    AnyQuery,
    AnyQueryAnswer,
    QueryKind,
    RecordOnScreen,
    TransferData,
)
from schemas.results import ErrorCode
from schemas.values import Json
from tests.fakes import FakeClock
from tests.gateway.handmade import NAME, Ask, Bench, P, Page, bench
from tests.gateway.querying import queries, replies, requested, resolved
from tests.gateway.test_facade import Client

OTHER: Final = PlatformId("q")
DEFAULT: Final[dict[str, Json]] = {"answer": "t1", "value": None}


@asynccontextmanager
async def standing_still() -> AsyncIterator[tuple[Bench, Page]]:
    """Two platforms, and the page of agent a1 on the first."""
    platforms: dict[str, dict[str, Json]] = {P: {"dialect": NAME}, OTHER: {"dialect": NAME}}
    async with bench(clock=FakeClock(), platforms=platforms) as standing:
        yield standing, await standing.page()


async def client(standing: Bench, agent: str = "a1", platform: str = P) -> Client:
    """A page of the only dialect that has such questions, in place of its vendor's."""
    made = Client(await standing.connect(f"/v1/facades/{platform}/bright_pattern?agent={agent}"))
    assert "error" not in await made.answer("getLoginState")
    return made


def test_every_kind_has_its_tag_and_its_answer() -> None:
    tags = {str(kind.__struct_config__.tag) for kind in get_args(AnyQuery)}
    assert {kind.value for kind in QueryKind} == tags
    assert set(ANSWERS) == set(get_args(AnyQuery))
    assert set(ANSWERS.values()) == set(get_args(AnyQueryAnswer))


# --- stream clients


@pytest.mark.parametrize(
    "wanted",
    [
        {"platforms": [OTHER]},
        {"agents": ["a2"]},
        {"sessions": ["ses_another"]},
        {"interactions": ["int_one"]},
        {"types": ["interaction.*"]},
        {"media": ["voice"]},
        {"content": {"query.type": "record_info"}},
    ],
    ids=lambda wanted: next(iter(wanted)),
)
async def test_a_client_that_would_not_be_told_is_not_waited_for(wanted: dict[str, Json]) -> None:
    async with standing_still() as (standing, page):
        await standing.stream(answers=["transfer_data"], filter=wanted)
        await page.say(Ask("t1", TransferData()))
        assert await page.heard() == DEFAULT
        assert queries(standing, QueryOutcome.NOBODY) == 1


async def test_a_client_is_waited_for_if_what_is_asked_fits_its_filter() -> None:
    async with standing_still() as (standing, page):
        fits = {"content": {"query.type": ["transfer_data", "record_info"], "agent_id": {"prefix": "a"}}}
        stream = await standing.stream(answers=["transfer_data"], filter=fits)
        await page.say(Ask("t1", TransferData()))
        asked = await stream.until(lambda event: isinstance(event, ev.QueryRequested))
        assert isinstance(asked, ev.QueryRequested)
        answer = {"type": "data", "query_id": asked.query.id, "data": {"vip": True}}
        await stream.send({"type": "query_answer", "ref": "r", "answer": answer})
        assert (await page.heard())["value"] == answer


async def test_a_client_that_may_not_answer_is_not_waited_for() -> None:
    async with standing_still() as (standing, page):
        _, key = await standing.gateway.keys.create("reads", [Scope.EVENTS_READ])
        await standing.stream(answers=["transfer_data"], token=key)
        await page.say(Ask("t1", TransferData()))
        assert await page.heard() == DEFAULT


async def test_a_client_of_another_agent_is_neither_waited_for_nor_told() -> None:
    async with standing_still() as (standing, page):
        await standing.page("a2")
        await standing.gateway.keys.create("crm", [Scope.EVENTS_READ])
        tokens = standing.gateway.tokens
        other = await standing.stream(
            answers=["transfer_data"], token=tokens.mint(AgentId("a2"), P, Role.FACADE)
        )
        await page.say(Ask("t1", TransferData()))
        assert await page.heard() == DEFAULT
        own = await standing.stream(
            answers=["transfer_data"], token=tokens.mint(AgentId("a1"), P, Role.FACADE)
        )
        await page.say(Ask("t2", TransferData()))
        await replies(own, {"type": "data", "query_id": (await requested(own)).id})
        assert (await page.heard())["answer"] == "t2"
        assert not any(isinstance(event, ev.QueryRequested) for event in other.seen)


async def test_a_client_is_asked_the_kinds_that_it_named_only() -> None:
    async with standing_still() as (standing, page):
        await standing.stream(answers=["record_on_screen"])
        await page.say(Ask("t1", TransferData()))
        assert await page.heard() == DEFAULT


async def test_a_kind_that_there_is_not_is_refused_by_its_name() -> None:
    async with standing_still() as (standing, _):
        socket = await standing.connect("/v1/stream")
        await socket.send_json({"type": "subscribe", "answers": ["record_in_screen"]})
        told = await socket.receive_json()
        assert (told["type"], told["code"]) == ("stream.error", "invalid_command")
        assert "record_in_screen" in told["message"]


async def test_the_default_is_given_once_the_last_client_has_left() -> None:
    async with standing_still() as (standing, page):
        first = await standing.stream(answers=["transfer_data"])
        last = await standing.stream(answers=["transfer_data"])
        witness = await standing.stream()
        await page.say(Ask("t1", TransferData()))
        await requested(first)
        await first.socket.close()
        await requested(last)
        await last.socket.close()
        assert await page.heard() == DEFAULT
        told = await resolved(witness)
        assert (told.answered, told.by) == (False, AnsweredBy.DEFAULT)
        assert queries(standing, QueryOutcome.DECLINED) == 1


async def test_a_client_may_answer_after_another_has_passed() -> None:
    async with standing_still() as (standing, page):
        first = await standing.stream(answers=["transfer_data"])
        last = await standing.stream(answers=["transfer_data"])
        await page.say(Ask("t1", TransferData()))
        query = await requested(first)
        await replies(first, {"type": "no_opinion", "query_id": query.id})
        await replies(first, {"type": "no_opinion", "query_id": query.id})
        await requested(last)
        answer: dict[str, Json] = {"type": "data", "query_id": query.id, "data": {"n": 1}}
        await replies(last, answer)
        assert (await page.heard())["value"] == answer


async def test_only_those_who_were_asked_can_pass() -> None:
    async with standing_still() as (standing, page):
        asked = await standing.stream(answers=["transfer_data"])
        looker_on = await standing.stream()
        await page.say(Ask("t1", TransferData()))
        query = await requested(looker_on)
        await replies(looker_on, {"type": "no_opinion", "query_id": query.id})
        await replies(looker_on, {"type": "no_opinion", "query_id": "qry_none"})
        await looker_on.frame(Problem)
        assert not queries(standing, QueryOutcome.DECLINED)
        await replies(asked, {"type": "no_opinion", "query_id": query.id})
        assert await page.heard() == DEFAULT


async def test_an_answer_that_does_not_say_to_what_is_refused() -> None:
    async with standing_still() as (standing, page):
        stream = await standing.stream(answers=["transfer_data"])
        await page.say(Ask("t1", TransferData()))
        await requested(stream)
        await replies(stream, {"type": "data"})
        assert (await stream.frame(Problem)).code is ErrorCode.INVALID_COMMAND


async def test_rest_takes_the_query_from_the_address() -> None:
    async with standing_still() as (standing, page):
        stream = await standing.stream(answers=["record_on_screen"])
        await page.say(Ask("t1", RecordOnScreen()))
        path = f"/v1/queries/{(await requested(stream)).id}/answer"
        wrong = await standing.request("POST", path, {"type": "record", "query_id": "qry_other"})
        assert wrong.status == 400
        right = await standing.request("POST", path, {"type": "record", "record": {"id": "C-17"}})
        assert right.status == 200
        value = (await page.heard())["value"]
        assert isinstance(value, dict)
        assert value["record"] == {"id": "C-17"}
        assert (await resolved(stream)).by is AnsweredBy.CLIENT


# --- clients of a dialect that has such questions


async def test_the_client_of_a_dialect_answers_in_its_own_words() -> None:
    async with standing_still() as (standing, page):
        facade = await client(standing)
        stream = await standing.stream()
        await page.say(Ask("t1", TransferData()))
        asked = await facade.until(method="ON_REQUEST_TRANSFER_DATA")
        await facade.socket.send_json({"jsonrpc": "2.0", "id": asked["id"], "result": {"n": 1}})
        value = (await page.heard())["value"]
        assert isinstance(value, dict)
        assert value["data"] == {"n": 1}
        assert (await resolved(stream)).by is AnsweredBy.FACADE


@pytest.mark.parametrize(
    "response",
    [{"error": {"code": 1, "message": "it failed"}}, {"result": "no object"}],
    ids=["error", "rubbish"],
)
async def test_a_handler_that_failed_is_no_opinion(response: dict[str, Json]) -> None:
    async with standing_still() as (standing, page):
        facade = await client(standing)
        await page.say(Ask("t1", TransferData()))
        asked = await facade.until(method="ON_REQUEST_TRANSFER_DATA")
        await facade.socket.send_json({"jsonrpc": "2.0", "id": asked["id"], **response})
        assert await page.heard() == DEFAULT
        assert queries(standing, QueryOutcome.DECLINED) == 1


async def test_the_client_of_a_dialect_that_leaves_is_not_waited_for() -> None:
    async with standing_still() as (standing, page):
        facade = await client(standing)
        await page.say(Ask("t1", TransferData()))
        await facade.until(method="ON_REQUEST_TRANSFER_DATA")
        await facade.socket.close()
        assert await page.heard() == DEFAULT


async def test_an_agent_of_the_same_name_on_another_platform_is_not_asked() -> None:
    async with standing_still() as (standing, page):
        await standing.page(platform=OTHER)
        facade = await client(standing, platform=OTHER)
        await page.say(Ask("t1", TransferData()))
        assert await page.heard() == DEFAULT
        await facade.ask("getLoginState")
        assert "method" not in await facade.heard()


# --- the platform


async def test_a_query_ends_with_the_link_that_asked_it() -> None:
    async with standing_still() as (standing, page):
        stream = await standing.stream(answers=["transfer_data"])
        await page.say(Ask("t1", TransferData()))
        query = await requested(stream)
        await page.socket.close()
        told = await resolved(stream)
        assert (told.query.id, told.answered, told.by) == (query.id, False, AnsweredBy.DEFAULT)
        await replies(stream, {"type": "data", "query_id": query.id})
        assert (await stream.frame(Problem)).code is ErrorCode.UNKNOWN_OBJECT


async def test_beyond_so_many_open_ones_the_default_is_the_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(core, "MAX_OPEN", 2)
    async with standing_still() as (standing, page):
        await standing.stream(answers=["transfer_data"])
        other = await standing.page(platform=OTHER)
        stream = await standing.stream(filter={"platforms": [OTHER]})
        await page.say(*(Ask(f"t{number}", TransferData()) for number in (3, 2, 1)))
        assert await page.heard() == DEFAULT
        assert queries(standing, QueryOutcome.FULL) == 1
        await other.say(Ask("t1", TransferData()))
        await requested(stream)
