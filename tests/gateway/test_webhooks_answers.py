"""One attempt's end is one attempt's end: whatever a receiver answers, the next event is delivered."""

import asyncio
import gc
from collections.abc import AsyncIterator
from typing import Final

import pytest

from gateway.outbound import post, signature
from gateway.outbound.client import Client
from gateway.outbound.egress import Egress
from tests.fakes import FakeClock
from tests.gateway.scripted import Play, Scripted, for_ever, reset, scripted, silence, then
from tests.gateway.webhook_world import World


@pytest.fixture
async def receiver() -> AsyncIterator[Scripted]:
    """A receiver that plays a script."""
    async with scripted() as made:
        yield made


OK: Final = b"HTTP/1.1 200 OK\r\n"
CHUNKED: Final = OK + b"Transfer-Encoding: chunked\r\n\r\n"
ENDS: Final = b"Content-Length: 0\r\n\r\n"


def failed(status: str, *fields: bytes) -> bytes:
    return b"HTTP/1.1 %s Because\r\n" % status.encode() + b"".join(b"%s\r\n" % one for one in fields) + ENDS


def asks(value: bytes, status: str = "503") -> bytes:
    return failed(status, b"Retry-After: " + value)


TAKEN: Final[dict[str, bytes | Play]] = {
    **{f"status {status}": failed(str(status)) for status in (200, 201, 202, 203, 226, 250, 299)},
    "no reason": b"HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n",
    "version 1.0": then(b"HTTP/1.0 200 OK\r\n\r\nfine"),
    "a body": OK + b"Content-Length: 4\r\n\r\nfine",
    "a body of 1 MB": OK + b"Content-Length: 1000000\r\n\r\n" + b"x" * 1_000_000,
    "a body that is short": then(OK + b"Content-Length: 100\r\n\r\nshort"),
    "a body that is reset": then(OK + b"Content-Length: 100\r\n\r\nshort", reset),
    "a body that stops": then(OK + b"Content-Length: 100\r\n\r\nshort", silence),
    "a body without end": for_ever(OK + b"\r\n", b"x" * 10),
    "chunks without end": for_ever(CHUNKED, b"1\r\nx\r\n"),
    "chunks that are none": CHUNKED + b"zz\r\nnonsense\r\n",
    "a chunk that is short": then(CHUNKED + b"ff\r\nshort"),
    "chunks that stop": then(CHUNKED + b"1\r\nx\r\n", silence),
    "a body of a wrong encoding": OK + b"Content-Encoding: gzip\r\nContent-Length: 4\r\n\r\nfine",
    "a body of no text": OK + b"Content-Length: 4\r\n\r\n\xff\xfe\x00\xd8",
    "a header of 9 KB": OK + b"X-Long: " + b"x" * 9_000 + b"\r\n" + ENDS,
    "a header of 50 KB": then(OK + b"X-Long: " + b"x" * 50_000 + b"\r\n" + ENDS),
    "many headers": then(OK + b"".join(b"X-%d: 1\r\n" % n for n in range(500)) + ENDS),
    "two equal lengths": then(OK + b"Content-Length: 0\r\n" + ENDS),
    "two lengths": then(OK + b"Content-Length: 5\r\n" + ENDS),
    "a length that is none": then(OK + b"Content-Length: many\r\n\r\n"),
    "a negative length": then(OK + b"Content-Length: -1\r\n\r\n"),
    "a length beside chunks": then(OK + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    "a header without a colon": then(OK + b"nonsense\r\n" + ENDS),
    "a header of no letters": then(OK + b"X-\xff\xfe: \x00\r\n" + ENDS),
    "headers that break off": then(OK + b"Content-Le"),
    "headers that are reset": then(OK + b"Content-Le", reset),
    "early hints": b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + OK + ENDS,
    "a cookie that is none": OK + b"Set-Cookie: \x01=;;;\r\n" + ENDS,
    "line ends of one byte": then(b"HTTP/1.1 200 OK\nContent-Length: 0\n\n"),
    "an answer with something behind it": then(OK + ENDS + b"HTTP/1.1 500 No\r\n\r\n"),
    "asked to wait although taken": OK + b"Retry-After: 99999\r\n" + ENDS,
}
NOT_TAKEN: Final[dict[str, bytes | Play]] = {
    **{
        f"status {status}": failed(str(status))
        for status in (300, 301, 302, 307, 308, 400, 401, 403, 404, 405, 408, 409, 411, 413, 415, 418, 422)
    },
    **{f"status {status}": failed(str(status)) for status in (425, 426, 429, 431, 451, 499, 500, 501, 502)},
    **{f"status {status}": failed(str(status)) for status in (503, 504, 505, 507, 511, 520, 599)},
    "a redirect to ourselves": failed("302", b"Location: http://169.254.169.254/"),
    "a redirect to nowhere": failed("301", b"Location: \xff\x00://"),
    "asked for a date past all calendars": asks(b"Wed, 21 Oct 99999999999 07:28:00 GMT"),
    "asked for a zone that there is not": asks(b"Wed, 21 Oct 2026 07:28:00 +9999"),
    "asked for a day that there is not": asks(b"Wed, 99 Oct 2026 07:28:00 GMT"),
    "asked for very many seconds": asks(b"9" * 4_000),
    "asked for less than none": asks(b"-1"),
    "asked for not a number": asks(b"nan", "429"),
    "asked for no letters": asks(b"\xc2\xb2"),
    "asked for nothing": asks(b"", "429"),
    "no answer at all": then(b""),
    "a reset": reset,
    "half a status line": then(b"HTTP/1.1 20"),
    "another protocol": then(b"SSH-2.0-OpenSSH_9.6\r\n"),
    "nonsense": then(b"\x00\xff\x16\x03\x01" * 20),
    "a status of no digits": then(b"HTTP/1.1 abc OK\r\n\r\n"),
    "a status past all": then(b"HTTP/1.1 99999 OK\r\n\r\n"),
    "a status of nothing": then(b"HTTP/1.1 000 OK\r\n\r\n"),
    "a provisional answer alone": then(b"HTTP/1.1 100 Continue\r\n\r\n"),
    "another protocol agreed on": then(
        b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"
    ),
    "a failure without end": for_ever(b"HTTP/1.1 500 No\r\n\r\n", b"x"),
    "no status line for good": silence,
}


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is slow here need not be as slow as it may be."""
    monkeypatch.setattr(post, "_BODY_S", 0.2)


@pytest.mark.usefixtures("short")
@pytest.mark.parametrize("name", TAKEN)
async def test_a_success_is_one_from_the_status_line_on(world: World, receiver: Scripted, name: str) -> None:
    hook = await world.subscribe(receiver.url)
    receiver.script.append(TAKEN[name])
    await world.happen("a", "a")
    await receiver.next()
    await receiver.next()
    await world.counted("delivered", 2)
    assert receiver.got.empty()
    assert {one.attempts for one in await world.all(hook)} == {1}


async def test_whatever_is_answered_the_next_event_is_delivered_and_memory_is_flat(
    world: World, receiver: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert len(TAKEN) + len(NOT_TAKEN) >= 60
    monkeypatch.setattr(post, "_BODY_S", 0.05)
    hook = await world.subscribe(receiver.url)
    monkeypatch.setattr(world.deliverer._senders[hook].client, "_total_s", 0.3)  # noqa: SLF001
    objects: list[int] = []
    for turn in range(2):
        for name, answer in (TAKEN | NOT_TAKEN).items():
            before = world.count("delivered")
            receiver.script.append(answer)
            await world.happen(f"{turn} {name}")
            await receiver.next()
            await world.happen(f"{turn} after {name}")
            while await world.store.deliveries.count_pending(hook):  # some ask us to wait
                await world.clock.advance(20)
                await asyncio.sleep(0.001)  # the receiver's sockets are not of the clock's
            assert world.count("delivered") == before + 2, name
            while not receiver.got.empty():
                receiver.got.get_nowait()
        gc.collect()
        objects.append(len(gc.get_objects()))
    assert world.deliverer.problem() == ""
    assert objects[1] - objects[0] < 20 * 2 * len(TAKEN | NOT_TAKEN)  # the store keeps events and attempts


async def test_an_error_that_nobody_thought_of_is_a_failed_attempt_and_the_queue_goes_on(
    world: World, receiver: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_args: object) -> float:
        raise ZeroDivisionError

    hook = await world.subscribe(receiver.url)
    monkeypatch.setattr(post, "retry_after_s", broken)
    monkeypatch.setattr(signature, "signers", broken)
    await world.happen("a")
    await world.counted("failed", 1)
    assert (await world.all(hook))[0].error == "unexpected: ZeroDivisionError"
    assert (await world.subscriptions.test(hook)).error == "unexpected: ZeroDivisionError"
    monkeypatch.undo()
    await world.happen("b")
    await world.counted("delivered", 1)
    assert world.deliverer.problem() == ""


async def test_a_queue_that_ends_all_the_same_begins_anew_after_a_pause(
    world: World, receiver: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    hook = await world.subscribe(receiver.url)

    async def broken(*_args: object) -> None:
        raise ZeroDivisionError

    kept = world.store.deliveries.put_deliveries
    monkeypatch.setattr(world.store.deliveries, "put_deliveries", broken)
    await world.happen("a")
    await receiver.next()
    await world.clock.advance(0.5)
    monkeypatch.setattr(world.store.deliveries, "put_deliveries", kept)
    assert world.deliverer.problem() == ""
    await world.clock.advance(1)
    await world.counted("delivered", 1)
    assert world.deliverer.lag() == {hook: 0}


# --- connections


async def test_a_connection_that_was_closed_while_it_was_idle_costs_no_attempt(
    world: World, receiver: Scripted
) -> None:
    hook = await world.subscribe(receiver.url)
    await world.happen("a")
    await receiver.next()
    await world.counted("delivered", 1)

    async def as_if_idle(writer: asyncio.StreamWriter) -> None:
        writer.close()  # what was sent crosses with the end

    receiver.script.append(as_if_idle)
    await world.happen("a")
    first, second = await receiver.next(), await receiver.next()
    assert (first.connection, second.connection) == (1, 2)
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    await world.counted("delivered", 2)
    assert {one.attempts for one in await world.all(hook)} == {1}


async def test_a_new_connection_that_ends_without_a_word_is_a_failure(
    world: World, receiver: Scripted
) -> None:
    await world.subscribe(receiver.url)
    receiver.script.append(then(b""))
    await world.happen("a")
    await world.counted("failed", 1)
    assert receiver.got.qsize() == 1


async def test_a_connection_is_used_for_a_minute(receiver: Scripted) -> None:
    clock = FakeClock()
    one = Client(Egress(loopback=True), steady_s=clock.monotonic)
    for wait_s, number in ((0.0, 1), (59.0, 1), (1.0, 2), (59.0, 2), (2.0, 3)):
        await clock.advance(wait_s)
        async with one.post(receiver.url, {}, b"{}") as response:
            assert response.status == 204
        assert (await receiver.next()).connection == number
    await one.close()


async def test_an_address_arrives_as_it_was_given(world: World, receiver: Scripted) -> None:
    tails = ["?sig=a%2Fb%2Bc%3D&x=%40y", "/%41/../%7e?%2f", "?a=+b%20c&&d", "?[x]=(y)'*", "/a//b/?q=?/"]
    for tail in tails:
        hook = await world.subscribe(receiver.url + tail)
        await world.subscriptions.test(hook)
        assert (await receiver.next()).line == f"POST /hook{tail} HTTP/1.1"
