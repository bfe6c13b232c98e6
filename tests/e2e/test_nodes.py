"""Several gateways on one NATS: any of them serves any client, and when the one at work dies another is."""

import asyncio
import signal
from contextlib import AsyncExitStack, suppress
from pathlib import Path

import msgspec
import pytest
from aiohttp import ClientError, ClientSession

from gateway.app import Gateway, running
from gateway.demo.simulation import Pages
from schemas import events as ev
from schemas.ids import InteractionId
from schemas.needinfo import NeedInfoKind, Resolution
from schemas.results import Succeeded
from tests.e2e.clients.bright_pattern import BrightPattern
from tests.e2e.clients.page import Call
from tests.e2e.needinfo_stage import answer, asked
from tests.e2e.nodes import (
    PHONE,
    AskingPage,
    At,
    Received,
    at_work,
    call_is_accepted,
    joined,
    numbered_without_a_gap,
    platforms,
    session_of,
)
from tests.e2e.processes import served
from tests.e2e.world import PLATFORM, Stream, World
from tests.fakes import until
from tests.nats_server import NatsServer

pytestmark = pytest.mark.whole


async def any_client_is_served(w: World, stream: Stream, call: InteractionId) -> None:
    """By a node that follows: a facade, commands over REST, and what they have done is seen at once."""
    client = await BrightPattern.open(w)
    await client.sign_in()
    client.calls = {call: Call.MAIN}
    held = await w.command(type="interaction.hold", interaction_id=call)
    assert isinstance(held.result, Succeeded), held
    shown = await w.request("GET", f"/v1/interactions/{call}")
    assert shown.json()["state"] == "held"
    await stream.until(lambda one: isinstance(one, ev.InteractionHeld))


async def a_question_of_one_is_answered_at_another(w: World, there: World, stream: Stream) -> None:
    session = await session_of(w, "a1", PHONE)
    question = await there.command(type="interaction.dial", session_id=session, destination="+15551234")
    assert asked(question).kind is NeedInfoKind.OUTBOUND_SKILL
    record = await answer(w, question, skill="sales")
    assert isinstance(record.result, Succeeded), record
    told = await stream.until(lambda one: isinstance(one, ev.NeedInfoResolved))
    assert isinstance(told, ev.NeedInfoResolved)
    assert told.resolution is Resolution.SUBMITTED


async def a_cursor_of_one_is_good_at_another(w: World, there: World, session: str) -> None:
    newest = await there.command(type="agent.set_state", session_id=session, state="not_ready")
    page = await there.request("GET", "/v1/events?limit=1000")
    await w.stream(after=msgspec.json.decode(page.body)["cursor"])
    assert newest.id in {one.command_id for one in await w.journal()}


async def test_any_node_serves_any_client_and_takes_over_from_one_that_is_killed(
    tmp_path: Path, nats_server: NatsServer
) -> None:
    async with AsyncExitStack() as stack:
        received = await stack.enter_async_context(Received.open())
        cluster = await stack.enter_async_context(platforms(tmp_path, nats_server.url))
        first, first_url = await stack.enter_async_context(served(cluster.file("first")))
        second = await stack.enter_async_context(running(Gateway(cluster.config("second"))))
        http = await stack.enter_async_context(ClientSession())
        assert second.store.following is not None
        w = await joined(cluster, second, stack, http)
        there = At(first_url, w)

        # The agents' pages come to the second, and so do all clients; the first is at work.
        Pages(cluster.simulated, w.tasks, http).open(cluster.switch.addresses[0], w.url)
        on_desk, on_phone = [await session_of(w, "a1", one) for one in (PLATFORM, PHONE)]
        hook = {"url": received.url, "events": ["interaction.*", "party.*"]}
        assert (await w.request("POST", "/v1/webhooks", hook)).status == 201
        stream = await w.stream(after=0)
        calls = [await call_is_accepted(w, stream, one) for one in (PLATFORM, PHONE)]
        await any_client_is_served(w, stream, calls[0])
        await a_question_of_one_is_answered_at_another(w, there, stream)
        await a_cursor_of_one_is_good_at_another(w, there, on_desk)

        # The first dies; meanwhile the customer of one call hangs up.
        first.send_signal(signal.SIGKILL)
        await first.wait()
        await w.simulate("a1", "remote_hangup", platform_id=PLATFORM, ref=w.contact())
        await at_work(http, w.url, on_desk)
        ended = await stream.until(lambda one: isinstance(one, ev.InteractionEnded))
        assert isinstance(ended, ev.InteractionEnded)
        assert (ended.interaction.id, ended.recovered) == (calls[0], True)
        again = await call_is_accepted(w, stream, PHONE)
        numbered_without_a_gap(stream)
        everything = await w.journal()
        assert [one.cursor for one in everything] == list(range(1, len(everything) + 1))
        assert [one.id for one in stream.seen] == [one.id for one in everything][: len(stream.seen)]
        ends = [one for one in everything if isinstance(one, ev.InteractionEnded)]
        assert [one.interaction.id for one in ends] == [calls[0]]

        # Another one follows, and takes over from the second as soon as that stops.
        third = await stack.enter_async_context(running(Gateway(cluster.config("third"))))
        assert third.store.following is not None
        at_third = await joined(cluster, third, stack, http)
        assert (await at_third.journal())[: len(everything)] == everything
        later = await at_third.stream(after=everything[-1].cursor)
        await second.stop()
        await at_work(http, at_third.url, on_phone)
        record = await later.order("hang up", {"type": "interaction.release", "interaction_id": again})
        assert isinstance(record.result, Succeeded), record
        await later.until(lambda one: isinstance(one, ev.InteractionEnded) and one.interaction.id == again)
        numbered_without_a_gap(later)
        whole = await at_third.journal()
        await received.all_of([one for one in whole if isinstance(one, ev.InteractionEvent)])


async def test_one_that_was_frozen_does_nothing_more_and_ends(
    tmp_path: Path, nats_server: NatsServer
) -> None:
    async with AsyncExitStack() as stack:
        cluster = await stack.enter_async_context(platforms(tmp_path, nats_server.url))
        first, first_url = await stack.enter_async_context(served(cluster.file("first")))
        second = await stack.enter_async_context(running(Gateway(cluster.config("second"))))
        http = await stack.enter_async_context(ClientSession())
        w = await joined(cluster, second, stack, http)
        on_phone = await session_of(w, "a1", PHONE)
        there = asyncio.create_task(At(first_url, w).stream(after=0))
        stream = await w.stream(after=0)
        await there
        first.send_signal(signal.SIGSTOP)
        await at_work(http, w.url, on_phone)
        body = {"type": "agent.set_state", "session_id": on_phone, "state": "ready"}
        late = asyncio.create_task(At(first_url, w).request("POST", "/v1/commands", body))
        first.send_signal(signal.SIGCONT)
        _, log = await first.communicate()
        assert first.returncode == 1, log.decode()
        with suppress(ClientError):  # it may have gone before it could answer
            assert (await late).status == 503
        await call_is_accepted(w, stream, PHONE)
        numbered_without_a_gap(stream)
        told = [one.command_id for one in await w.journal() if isinstance(one, ev.CommandFinished)]
        assert len(set(told)) == len(told)


async def test_what_a_platform_asks_is_answered_at_a_node_that_follows_and_by_the_same_client_later(
    tmp_path: Path, nats_server: NatsServer
) -> None:
    async with AsyncExitStack() as stack:
        cluster = await stack.enter_async_context(platforms(tmp_path, nats_server.url))
        first = await stack.enter_async_context(running(Gateway(cluster.config("first"))))
        second = await stack.enter_async_context(running(Gateway(cluster.config("second"))))
        http = await stack.enter_async_context(ClientSession())
        w = await joined(cluster, second, stack, http)
        page = AskingPage(w)
        await page.open()
        on_desk = await session_of(w, "a1", PLATFORM)
        stream = await w.stream(after=0, answers=["knowledge_search"])

        async def answered(title: str, number: int) -> None:
            def asked_for(one: ev.AnyEvent) -> bool:
                return isinstance(one, ev.QueryRequested)

            asking = asyncio.create_task(page.ask("ON_SEARCH_KNOWLEDGE_BASE", "refund"))
            told = await stream.until(asked_for, since=number)
            assert isinstance(told, ev.QueryRequested)
            items = [{"id": "k1", "title": title, "text": "In a week"}]
            found = {"type": "items", "query_id": told.query.id, "items": items}
            await stream.send({"type": "query_answer", "ref": title, "answer": found})
            assert [one["title"] for one in await asking] == [title]

        await until(lambda: bool(first.queries._answerers))  # noqa: SLF001  # over a stream of its own
        await answered("first", 0)
        await first.stop()
        await until(lambda: second.node.handing() is None)
        await page.open()
        await at_work(http, w.url, on_desk)
        await until(lambda: bool(second.queries._answerers))  # noqa: SLF001
        await answered("second", len(stream.seen))
        numbered_without_a_gap(stream)
