"""Clients that poll: what they get and when, and that nothing of it is unbounded."""

import asyncio

import pytest
from aiohttp import ClientSession

from gateway.app import Gateway, running
from gateway.config import parse
from tests.fakes import FakeClock, until
from tests.gateway.echo import ECHO, PREFIX, Line, echoing, line, waiting
from tests.gateway.handmade import HANDMADE, Bench

# --- messages


async def test_what_is_said_is_queued_and_polled_in_order_and_once() -> None:
    async with echoing(FakeClock()) as standing:
        one = await line(standing)
        for i in range(50):
            said = await one.say(i)
            assert (said.status, said.body) == (200, b"")
        assert (await one.hear()).frames == list(range(50))
        await one.say("more")
        assert (await one.hear()).frames == ["more"]


async def test_answers_are_of_the_type_that_the_dialect_declares_and_are_kept_by_nobody() -> None:
    async with echoing() as standing:
        one = await line(standing)
        await one.say(1)
        heard = await one.hear()
        assert heard.headers["Content-Type"] == "text/plain; charset=utf-8"
        assert heard.headers["Cache-Control"] == "no-store"


async def test_a_poll_waits_for_a_message_and_is_answered_as_soon_as_it_comes() -> None:
    clock = FakeClock()
    async with echoing(clock) as standing:
        one = await line(standing)
        poll = asyncio.create_task(one.hear())
        await waiting(clock)
        await one.say("now")
        assert (await poll).frames == ["now"]


async def test_a_poll_that_waited_in_vain_is_answered_with_nothing() -> None:
    clock = FakeClock()
    async with echoing(clock, poll_wait_s=10.0) as standing:
        one = await line(standing)
        poll = asyncio.create_task(one.hear())
        await waiting(clock, 10.0)
        await clock.advance(9.9)
        assert not poll.done()
        await clock.advance(0.1)
        assert (await poll).frames == []
        await one.say("later")
        assert (await one.hear()).frames == ["later"]


async def test_a_newer_poll_ends_an_older_one_and_gets_the_messages() -> None:
    clock = FakeClock()
    async with echoing(clock) as standing:
        one = await line(standing)
        polls = [asyncio.create_task(one.hear())]
        await waiting(clock)
        for _ in range(2):
            polls.append(asyncio.create_task(one.hear()))
            assert (await polls[-2]).frames == []
        await one.say("x")
        assert (await polls[-1]).frames == ["x"]


async def poll_apart(standing: Bench, one: Line) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Poll over a connection of its own; what is read of the answer is up to the test."""
    host, _, port = standing.url.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(f"GET {PREFIX}/hear?line={one.id} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
    return reader, writer


async def test_messages_of_a_poll_whose_connection_is_gone_are_there_for_the_next() -> None:
    clock = FakeClock()
    async with echoing(clock) as standing:
        one = await line(standing)
        _, writer = await poll_apart(standing, one)
        await waiting(clock)
        writer.close()
        await writer.wait_closed()
        await one.ask("OPTIONS", "")  # by the time of the answer the gateway has seen that, too
        await one.say("kept")
        await until(lambda: 25.0 not in clock.waiting())  # the poll has tried to answer
        assert (await one.hear()).frames == ["kept"]


async def test_messages_of_a_poll_that_does_not_get_through_are_there_for_a_newer_one() -> None:
    clock = FakeClock()
    async with echoing(clock, limits={"subscriber_buffer_bytes": 64 * 2**20}) as standing:
        one = await line(standing)
        said = ["x" * 1_000_000 + str(i) for i in range(32)]
        for each in said:
            await one.say(each)
        reader, writer = await poll_apart(standing, one)
        assert await reader.readline() == b"HTTP/1.1 200 OK\r\n"  # and no more of the 32 MB
        assert (await one.hear()).frames == said
        writer.close()


async def test_asking_for_the_head_takes_no_messages() -> None:
    async with echoing() as standing:
        one = await line(standing)
        await one.say("x")
        assert (await one.ask("HEAD", f"/hear?line={one.id}")).status == 405
        assert (await one.hear()).frames == ["x"]


async def test_a_malformed_frame_is_told_by_the_next_poll_and_the_session_lives() -> None:
    async with echoing() as standing:
        one = await line(standing)
        assert (await one.say(b"{")).status == 200
        (told,) = (await one.hear()).frames
        assert isinstance(told, dict)
        assert told["method"] == "trunkline.error"
        await one.say("x")
        assert (await one.hear()).frames == ["x"]


# --- the session


async def test_a_session_is_closed_by_its_client_and_unknown_from_then_on() -> None:
    clock = FakeClock()
    async with echoing(clock) as standing:
        one = await line(standing, id="c1")
        assert one.id == "c1"
        poll = asyncio.create_task(one.hear())
        await waiting(clock)
        assert (await one.end()).status == 200
        assert (await poll).frames == []
        assert await one.gone()
        again = await line(standing, id="c1")
        await again.say("anew")
        assert (await again.hear()).frames == ["anew"]


async def test_a_session_without_an_id_is_given_one_that_nobody_can_guess() -> None:
    async with echoing() as standing:
        ids = {(await line(standing)).id for _ in range(3)}
        assert len(ids) == 3
        assert all(len(one) >= 32 for one in ids)


async def test_an_id_that_is_in_use_or_too_long_is_refused_and_harms_nobody() -> None:
    async with echoing() as standing:
        one = await line(standing, id="c1")
        await one.say("mine")
        assert (await Line(standing).begin(id="c1")).status == 409
        assert (await Line(standing).begin(id="c" * 201)).status == 400
        assert (await one.hear()).frames == ["mine"]


@pytest.mark.parametrize("body", [b"", b"[]", b"\xff", b"[" * 200])
async def test_a_body_that_opens_nothing_is_refused(body: bytes) -> None:
    async with echoing() as standing:
        assert (await Line(standing).ask("POST", "/line", body)).status == 400


async def test_a_session_that_the_dialect_ends_tells_first_what_was_said_before() -> None:
    async with echoing() as standing:
        one = await line(standing)
        await one.say(1)
        await one.say("bye")
        assert (await one.say("too late")).status == 404
        assert (await one.hear()).frames == [1, "bye"]
        assert await one.gone()


async def test_a_session_with_too_much_waiting_is_ended_and_counted() -> None:
    async with echoing(limits={"subscriber_buffer_bytes": 1000}) as standing:
        one = await line(standing)
        for _ in range(2):
            assert (await one.say("x" * 600)).status == 200
        assert await one.gone()
        assert 'subscriber_closed_total{reason="too_slow"} 1.0' in await metrics(standing)


async def test_messages_that_were_polled_do_not_count_as_waiting() -> None:
    async with echoing(limits={"subscriber_buffer_bytes": 1000}) as standing:
        one = await line(standing)
        for _ in range(5):
            await one.say("x" * 600)
            assert (await one.hear()).frames == ["x" * 600]


async def metrics(standing: Bench) -> str:
    return (await standing.request("GET", "/metrics")).body.decode()


async def test_a_session_is_dropped_after_a_while_without_request_or_poll() -> None:
    clock = FakeClock()
    async with echoing(clock, poll_idle_s=40.0) as standing:
        one, other = await line(standing), await line(standing)
        await clock.advance(39.0)
        await one.say(1)
        await clock.advance(39.0)
        assert await other.gone()
        assert (await one.hear()).frames == [1]
        await clock.advance(39.0)
        assert (await one.say(2)).status == 200
        await clock.advance(40.0)
        assert await one.gone()
        assert 'subscriber_closed_total{reason="idle"} 2.0' in await metrics(standing)


async def test_a_session_whose_poll_waits_is_not_idle() -> None:
    clock = FakeClock()
    async with echoing(clock, poll_wait_s=100.0, poll_idle_s=10.0) as standing:
        one = await line(standing)
        poll = asyncio.create_task(one.hear())
        await waiting(clock, 100.0)
        await one.say("heard")
        assert (await poll).frames == ["heard"]
        poll = asyncio.create_task(one.hear())
        await waiting(clock, 100.0)
        await clock.advance(99.0)
        assert not poll.done()
        await clock.advance(1.0)
        assert (await poll).frames == []
        await clock.advance(9.0)
        assert not (await one.say("still there")).body


async def test_sessions_count_as_connections_until_they_are_over() -> None:
    clock = FakeClock()
    async with echoing(clock, max_connections=1) as standing:
        one = await line(standing)
        refused = await Line(standing).begin()
        assert refused.status == 429
        await one.end()
        await line(standing)
        assert (await Line(standing).begin()).status == 429
        await clock.advance(60.0)
        await line(standing)


async def test_a_gateway_that_stops_ends_waiting_polls_at_once() -> None:
    config = parse(
        {
            "server": {"port": 0, "shutdown_s": 30.0},
            "store": {"path": ":memory:"},
            "platforms": {"p": {"dialect": "handmade"}},
        },
        "test",
    )
    clock = FakeClock()
    async with ClientSession() as http:
        async with running(Gateway(config, dialects=(HANDMADE, ECHO), clock=clock)) as gateway:
            url = gateway.addresses[0] + PREFIX
            async with http.post(f"{url}/line", data=b'{"id":"c1"}') as got:
                assert got.status == 200

            async def hear() -> bytes:
                async with http.get(f"{url}/hear?line=c1") as got:
                    return await got.read()

            poll = asyncio.create_task(hear())
            await waiting(clock)
        assert await poll == b"[]"
        assert 'subscriber_closed_total{reason="shutdown"} 1.0' in gateway.metrics.render().decode()
