"""A platform's query put to a web hook: what is sent, what its response means, and what is no answer."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Final

import msgspec
import pytest
from aiohttp import web
from cloudevents.core.bindings.http import HTTPMessage, from_http_event
from standardwebhooks import Webhook, WebhookVerificationError
from structlog.testing import capture_logs

from gateway.outbound.signature import new_secret
from gateway.queries.hook import MAX_ANSWER
from gateway.runtime.clock import Clock
from schemas import events as ev
from schemas.ids import Ref
from schemas.interaction import InteractionState, Record
from schemas.queries import (
    ANSWERS,
    AnsweredBy,
    AnyQuery,
    KnowledgeArticle,
    KnowledgeFolder,
    KnowledgeSearch,
    RecordInfo,
    RecordOnScreen,
    SaveActivity,
    ScreenPop,
    TransferData,
    ValidateRecords,
    kind_of,
)
from schemas.values import Json
from tests.fakes import FakeClock, until
from tests.gateway.documented import Checker
from tests.gateway.handmade import NAME, Ask, Bench, P, Page, bench, call
from tests.gateway.querying import hooks, replies, requested, resolved
from tests.gateway.webhook_world import Answer, Receiver, receiving

SECRET: Final = new_secret()
NOT_ANSWERED: Final[dict[str, Json]] = {"answer": "t1", "value": None}
ANSWERED: Final[Sequence[tuple[AnyQuery, dict[str, Json]]]] = (
    (TransferData(), {"type": "data", "data": {"vip": True}}),
    (KnowledgeFolder(folder_id="f"), {"type": "items", "items": [{"id": "k", "folder": True}]}),
    (KnowledgeSearch(text="refund"), {"type": "items", "items": [{"id": "k", "title": "Refunds"}]}),
    (KnowledgeArticle(article_id="k"), {"type": "items", "items": [{"id": "k", "text": "So."}]}),
    (RecordInfo(record_id="r"), {"type": "record", "record": {"id": "r", "display_name": "Case r"}}),
    (RecordOnScreen(), {"type": "record", "record": {"id": "r"}}),
    (ValidateRecords(records=(Record(id="r"),)), {"type": "verdict", "yes": False, "message": "no case"}),
    (SaveActivity(), {"type": "record", "record": {"id": "a", "fields": {"caseId": "c"}}}),
    (ScreenPop(url="https://crm.example"), {"type": "verdict", "yes": True}),
)


def says(body: Json | bytes, status: int = 200) -> Answer:
    """A receiver that answers everything so."""
    text = body if isinstance(body, bytes) else msgspec.json.encode(body)

    async def answer(_request: web.Request) -> web.Response:
        return web.Response(body=text, status=status, content_type="application/json")

    return answer


class Silent:
    """A receiver that answers nothing until it is let go."""

    def __init__(self) -> None:
        self.let_go = asyncio.Event()
        self.left = asyncio.Event()  # by who had asked

    async def __call__(self, _request: web.Request) -> web.Response:
        """Wait."""
        try:
            await self.let_go.wait()
        except asyncio.CancelledError:
            self.left.set()
            raise
        return web.Response(status=204)


@asynccontextmanager
async def hooked(
    receiver: Receiver,
    *,
    clock: Clock | None = None,
    overrides: Mapping[str, Json] | None = None,
    queries: Mapping[str, Json] | None = None,
    **webhook: Json,
) -> AsyncIterator[tuple[Bench, Page]]:
    """A platform with a web hook, and its page with an agent in the wrap-up of c1."""
    hook: dict[str, Json] = {"url": receiver.url, "secret": SECRET, **webhook}
    platforms: dict[str, dict[str, Json]] = {
        P: {"dialect": NAME, "queries": {"webhook": hook, **(queries or {})}}
    }
    async with bench(clock=clock, platforms=platforms, overrides=overrides) as standing:
        page = await standing.page()
        await standing.shown(page, call(state=InteractionState.WRAP_UP))
        yield standing, page


# --- what is sent, and the answer


@pytest.mark.parametrize(("query", "answer"), ANSWERED, ids=[kind_of(query) for query, _ in ANSWERED])
async def test_hook_answers_each_kind(query: AnyQuery, answer: dict[str, Json]) -> None:
    async with receiving() as receiver, hooked(receiver) as (standing, page):
        receiver.answers["/"] = says(answer)
        stream = await standing.stream()
        await page.say(Ask("t1", query, ref=Ref("c1")))
        heard = await page.heard()
        told = await resolved(stream)
        assert heard == {"answer": "t1", "value": {**answer, "query_id": told.query.id}}
        assert (told.answered, told.by) == (True, AnsweredBy.WEBHOOK)
        assert hooks(standing, "answered") == 1
        contract = Checker(standing.gateway.contract.openapi)
        contract.check_named("CloudEvent", msgspec.json.decode((await receiver.next()).body))
        contract.check_named("QueryReply", answer)


def test_every_kind_is_answered_above() -> None:
    assert {type(query) for query, _ in ANSWERED} == set(ANSWERS)


async def test_request_is_a_signed_cloud_event_of_the_query_as_the_stream_has_it() -> None:
    async with receiving() as receiver, hooked(receiver) as (standing, page):
        stream = await standing.stream()
        await page.say(Ask("t1", ValidateRecords(records=(Record(id="r"),)), ref=Ref("c1")))
        got = await receiver.next()
        event = await stream.until(lambda event: isinstance(event, ev.QueryRequested))
        assert isinstance(event, ev.QueryRequested)
    envelope = Webhook(SECRET).verify(got.body, got.headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(new_secret()).verify(got.body, got.headers)
    read = from_http_event(HTTPMessage(got.headers, got.body))
    assert (read.get_id(), read.get_type()) == (event.id, "dev.trunkline.query.requested")
    assert got.headers["webhook-id"] == event.id
    assert msgspec.convert(read.get_data(), ev.QueryRequested) == event
    assert event.query.expires_at is not None
    assert envelope["expirytime"] == event.query.expires_at.isoformat().replace("+00:00", "Z")


async def test_activity_to_save_is_told_with_the_interaction_it_is_of() -> None:
    async with receiving() as receiver, hooked(receiver) as (standing, page):
        (interaction,) = standing.gateway.state.snapshots.interactions()
        await page.say(Ask("t1", SaveActivity(), ref=Ref("c1")))
        query = msgspec.json.decode((await receiver.next()).body)["data"]["query"]
        assert query["interaction"]["id"] == query["interaction_id"] == interaction.id


async def test_kinds_that_the_hook_is_not_for_are_not_put_to_it() -> None:
    async with receiving() as receiver, hooked(receiver, kinds=["screen_pop"]) as (_, page):
        receiver.answers["/"] = says({"type": "verdict", "yes": True})
        await page.say(Ask("t1", TransferData()), Ask("t2", ScreenPop()))
        assert await page.heard() == NOT_ANSWERED
        heard = await page.heard()
        assert isinstance(heard["value"], dict)
        assert (heard["answer"], heard["value"]["yes"]) == ("t2", True)


async def test_answer_may_name_the_query() -> None:
    async def named(request: web.Request) -> web.Response:
        query = msgspec.json.decode(await request.read())["data"]["query"]
        return web.json_response({"type": "data", "query_id": query["id"], "data": {"n": 1}})

    async with receiving() as receiver, hooked(receiver) as (_, page):
        receiver.answers["/"] = named
        await page.say(Ask("t1", TransferData()))
        value = (await page.heard())["value"]
        assert isinstance(value, dict)
        assert value["data"] == {"n": 1}


@pytest.mark.parametrize("answer", [204, says({"type": "no_opinion"})], ids=["204", "no_opinion"])
async def test_no_opinion_is_the_default_at_once_and_no_failure(answer: Answer | int) -> None:
    async with receiving() as receiver, hooked(receiver, clock=FakeClock()) as (standing, page):
        receiver.answers["/"] = answer
        stream = await standing.stream()
        await page.say(Ask("t1", TransferData()))
        assert await page.heard() == NOT_ANSWERED
        told = await resolved(stream)
        assert (told.answered, told.by) == (False, AnsweredBy.DEFAULT)
        assert hooks(standing, "no_opinion") == 1


# --- what is no answer

VERDICT: Final[dict[str, Json]] = {"type": "verdict", "yes": False}


@pytest.mark.parametrize(
    "answer",
    [
        500,
        401,
        410,
        says(VERDICT, 201),
        says(b""),
        says(b"{}"),
        says(b'{"type": "verdict"'),
        says(b'{"type": "verdict", "yes": "no"}'),
        says({"type": "data", "data": {}}),
        says({"type": "opinion"}),
        says({**VERDICT, "query_id": "qry_another"}),
        says({**VERDICT, "message": "x" * MAX_ANSWER}),
        says(b'{"type": "verdict", "yes": false, "message": "\xff"}'),
        says(b'{"type":"verdict","yes":false,"more":' + b"[" * 200 + b"]" * 200 + b"}"),
    ],
    ids=[
        *("error", "not let in", "gone", "created"),
        *("empty", "nothing in it", "cut off", "wrong field", "wrong type", "unknown type"),
        *("of another query", "oversized", "not UTF-8", "too deep"),
    ],
)
async def test_what_is_no_answer_is_the_default_at_once(answer: Answer | int) -> None:
    async with receiving() as receiver, hooked(receiver, clock=FakeClock()) as (standing, page):
        receiver.answers["/"] = answer
        await page.say(Ask("t1", ValidateRecords()))
        assert await page.heard() == NOT_ANSWERED
        assert hooks(standing, "failed") == 1


async def test_redirect_is_not_followed() -> None:
    async def away(_request: web.Request) -> web.Response:
        return web.Response(status=307, headers={"Location": "/answers"})

    async with receiving() as receiver, hooked(receiver) as (standing, page):
        receiver.answers = {"/": away, "/answers": says(VERDICT)}
        await page.say(Ask("t1", ValidateRecords()))
        assert await page.heard() == NOT_ANSWERED
        assert hooks(standing, "failed") == 1
        assert (await receiver.next()).path == "/"
        assert receiver.got.empty()


async def test_hook_that_cannot_be_reached_is_the_default() -> None:
    async with receiving() as receiver:
        pass
    async with hooked(receiver) as (standing, page):
        await page.say(Ask("t1", TransferData()))
        assert await page.heard() == NOT_ANSWERED
        assert hooks(standing, "failed") == 1


async def test_nothing_is_logged_of_what_a_response_or_a_query_says() -> None:
    async with receiving() as receiver, hooked(receiver) as (_, page):
        receiver.answers["/"] = says({"type": "verdict", "yes": "Ada Lovelace"})
        with capture_logs() as logs:
            await page.say(Ask("t1", ScreenPop(content="Ada Lovelace")))
            await page.heard()
    told = [entry for entry in logs if entry["event"] in {"query web hook", "query resolved"}]
    assert [(entry["kind"], entry["outcome"]) for entry in told] == [
        ("screen_pop", "failed"),
        ("screen_pop", "declined"),
    ]
    assert "Lovelace" not in str(told)


# --- time


async def test_slow_hook_is_given_up_before_the_deadline_and_others_may_still_answer() -> None:
    clock = FakeClock()
    async with receiving() as receiver, hooked(receiver, clock=clock) as (standing, page):
        receiver.answers["/"] = silent = Silent()
        stream = await standing.stream(answers=["transfer_data"])
        await page.say(Ask("t1", TransferData()))
        query = await requested(stream)
        await receiver.next()
        await clock.advance(4.0)
        await until(lambda: hooks(standing, "timed_out") == 1)
        answer: dict[str, Json] = {"type": "data", "query_id": query.id, "data": {"by": "client"}}
        await replies(stream, answer)
        assert (await page.heard())["value"] == answer
        assert (await resolved(stream)).by is AnsweredBy.CLIENT
        await until(silent.left.is_set)


async def test_slow_hook_with_nobody_else_is_the_default_as_soon_as_it_is_given_up() -> None:
    clock = FakeClock()
    async with receiving() as receiver, hooked(receiver, clock=clock, timeout_s=1) as (_, page):
        receiver.answers["/"] = Silent()
        await page.say(Ask("t1", TransferData()))
        await receiver.next()
        await clock.advance(1.0)
        assert await page.heard() == NOT_ANSWERED


async def test_deadline_is_configured_for_all_kinds_and_for_single_ones() -> None:
    queries: dict[str, Json] = {"timeout_s": 30, "timeouts_s": {"screen_pop": 2}}
    clock = FakeClock()
    async with receiving() as receiver, hooked(receiver, clock=clock, queries=queries, timeout_s=1) as at:
        standing, page = at
        stream = await standing.stream(answers=["screen_pop", "transfer_data"])
        await page.say(Ask("t1", ScreenPop()), Ask("t2", TransferData()))
        await receiver.next()
        await receiver.next()
        await stream.until(
            lambda event: isinstance(event, ev.QueryRequested) and kind_of(event.query) == "transfer_data"
        )
        asked = [one for one in stream.seen if isinstance(one, ev.QueryRequested)]
        within = [(one.query.expires_at or one.time) - one.time for one in asked]
        assert [each.total_seconds() for each in within] == [2, 30]
        await clock.advance(2.0)
        assert await page.heard() == NOT_ANSWERED
        await clock.advance(28.0)
        assert await page.heard() == {"answer": "t2", "value": None}


async def test_first_valid_answer_counts_and_the_late_one_is_dropped() -> None:
    async with receiving() as receiver, hooked(receiver) as (standing, page):
        receiver.answers["/"] = silent = Silent()
        stream = await standing.stream(answers=["transfer_data"])
        await page.say(Ask("t1", TransferData()))
        query = await requested(stream)
        await receiver.next()
        answer: dict[str, Json] = {"type": "data", "query_id": query.id, "data": {"by": "client"}}
        await replies(stream, answer)
        assert (await page.heard())["value"] == answer
        await until(lambda: hooks(standing, "late") == 1)
        await until(silent.left.is_set)


async def test_hook_that_is_quicker_than_the_clients_is_the_answer() -> None:
    async with receiving() as receiver, hooked(receiver) as (standing, page):
        receiver.answers["/"] = says({"type": "data", "data": {"by": "hook"}})
        stream = await standing.stream(answers=["transfer_data"])
        await page.say(Ask("t1", TransferData()))
        value = (await page.heard())["value"]
        assert isinstance(value, dict)
        assert value["data"] == {"by": "hook"}
        assert (await resolved(stream)).by is AnsweredBy.WEBHOOK


async def test_hook_that_fails_leaves_it_to_the_clients() -> None:
    async with receiving() as receiver, hooked(receiver, clock=FakeClock()) as (standing, page):
        receiver.answers["/"] = 500
        stream = await standing.stream(answers=["transfer_data"])
        await page.say(Ask("t1", TransferData()))
        query = await requested(stream)
        await until(lambda: hooks(standing, "failed") == 1)
        pass_on: dict[str, Json] = {"type": "no_opinion", "query_id": query.id}
        await replies(stream, pass_on)
        assert await page.heard() == NOT_ANSWERED


async def test_more_than_may_be_under_way_are_the_default_at_once() -> None:
    overrides = {"limits": {"query_concurrency": 1}}
    async with receiving() as receiver, hooked(receiver, overrides=overrides) as (standing, page):
        receiver.answers["/"] = silent = Silent()
        await page.say(Ask("t1", TransferData()))
        await receiver.next()
        await page.say(Ask("t2", TransferData()))
        assert await page.heard() == {"answer": "t2", "value": None}
        assert hooks(standing, "busy") == 1
        silent.let_go.set()
        assert await page.heard() == NOT_ANSWERED
        await page.say(Ask("t3", TransferData()))
        assert await page.heard() == {"answer": "t3", "value": None}
        assert hooks(standing, "busy") == 1


async def test_stop_answers_what_is_open_by_the_default_and_waits_for_no_hook() -> None:
    async with receiving() as receiver, hooked(receiver) as (standing, page):
        receiver.answers["/"] = silent = Silent()
        await page.say(Ask("t1", TransferData()))
        await receiver.next()
        async with asyncio.TaskGroup() as group:
            group.create_task(standing.gateway.stop())
            assert await page.heard() == NOT_ANSWERED
        await until(silent.left.is_set)


async def test_what_is_asked_while_stopping_is_the_default_at_once() -> None:
    async with receiving() as receiver, hooked(receiver) as (standing, page):
        standing.gateway.queries.stop()
        await page.say(Ask("t1", TransferData()))
        assert await page.heard() == NOT_ANSWERED
        assert receiver.got.empty()
