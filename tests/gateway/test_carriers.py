"""Platforms that are polled or reached over TCP: how they are dialled, and what they cannot break."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Final

import msgspec
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer, unused_port

from adapters.channel_session.framing import Frame, Framing, pack
from adapters.contract.dialect import LinkKind
from gateway.links import opening
from gateway.security.access import ANONYMOUS
from schemas.commands import Dial
from schemas.results import CommandRecord, Effect, ErrorCode, Failed, Succeeded
from schemas.values import Json
from tests.fakes import FakeClock, until
from tests.gateway.echo import ECHO
from tests.gateway.handmade import HANDMADE, Bench, P, bench

CARRIED: Final = replace(
    HANDMADE,
    name="carried",
    link=LinkKind.DIAL,
    polling=ECHO.polling,
    framing=lambda _settings, largest_bytes: Framing(5, largest_bytes),
)
SHOWN: Final = b'{"told":"seen","observation":{"seen":"agent","agent":"a1","state":"ready"}}'
ALL: Final = b'{"told":"ready"}'
RINGING: Final = (
    b'{"told":"seen","observation":{"seen":"interaction","agent":"a1","ref":"c1","state":"alerting"}}'
)
DONE: Final = b'{"told":"reply","id":%d,"done":{}}'


@asynccontextmanager
async def dialling(url: str, clock: FakeClock | None = None) -> AsyncIterator[Bench]:
    """A gateway with one platform at that address."""
    platforms: dict[str, dict[str, Json]] = {P: {"dialect": "carried", "url": url}}
    async with bench(clock=clock, platforms=platforms, dialects=[CARRIED]) as standing:
        yield standing


async def linked(standing: Bench, links: int) -> None:
    await until(lambda: standing.gateway.platforms[P].links == links)


def pauses(clock: FakeClock) -> list[float]:
    """Until it is dialled again, or polled again. All else that waits is the checkpoint of every minute."""
    checkpoint = 60.0 - clock.monotonic() % 60.0
    return [due for due in clock.waiting() if abs(due - checkpoint) > 1e-6]


async def paused(clock: FakeClock) -> float:
    """What is waited for, once it is."""
    await until(lambda: bool(pauses(clock)))
    (waits_s,) = pauses(clock)
    return waits_s


async def dial(standing: Bench, number: str) -> CommandRecord:
    """A command that is one call."""
    return await standing.submit(Dial(session_id=standing.session(), destination=number), ANONYMOUS)


# --- polled


class Dropped(web.Response):
    """The answer to a poll that does not come, or not to its end."""

    def __init__(self, begins: bytes) -> None:
        super().__init__()
        self.begins = begins

    async def prepare(self, request: web.BaseRequest) -> None:
        """Write what there is of it, and cut the line."""
        assert request.transport is not None
        assert isinstance(request.transport, asyncio.Transport)
        request.transport.write(self.begins)
        request.transport.close()
        raise ConnectionResetError


@dataclass
class Office:
    """A platform that is polled: says what a test puts into `answers`, one a poll, and takes note of all."""

    port: int = 0
    opening: list[web.Response] = field(default_factory=list)  # before any session is opened
    answers: asyncio.Queue[bytes | web.Response] = field(default_factory=asyncio.Queue)
    posting: int = 200  # what a request is answered with
    held: asyncio.Event = field(default_factory=asyncio.Event)  # requests are not answered until it is set
    asked: list[str] = field(default_factory=list)  # addresses
    opened: int = 0
    closed: list[str] = field(default_factory=list)
    polls: int = 0
    came: list[dict[str, Json]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.held.set()

    async def line(self, request: web.Request) -> web.Response:
        """Open or close a session."""
        self.asked.append(request.path_qs)
        said = await request.json()
        if "end" in said:
            self.closed.append(said["end"])
            return web.Response()
        assert said == {"name": "trunkline"}
        assert request.headers["Content-Type"] == "text/plain; charset=utf-8"
        if self.opening:
            return self.opening.pop(0)
        self.opened += 1
        return web.json_response({"line": f"s{self.opened}"})

    async def take(self, request: web.Request) -> web.Response:
        """Queue a request."""
        self.asked.append(request.path_qs)
        self.came.append(await request.json())
        await self.held.wait()
        return web.Response(status=self.posting)

    async def hear(self, request: web.Request) -> web.Response:
        """Answer a poll."""
        self.asked.append(request.path_qs)
        self.polls += 1
        answer = await self.answers.get()
        return web.Response(body=answer) if isinstance(answer, bytes) else answer

    def say(self, *frames: bytes) -> None:
        """Answer a poll with these."""
        self.answers.put_nowait(b"[" + b",".join(frames) + b"]")

    async def got(self, requests: int) -> None:
        """Return when so many have come."""
        await until(lambda: len(self.came) >= requests)

    @asynccontextmanager
    async def open(self) -> AsyncIterator[str]:
        """Its address, as long as it can be reached."""
        app = web.Application()
        app.router.add_post("/tenant/line", self.line)
        app.router.add_post("/tenant/say/it", self.take)
        app.router.add_get("/tenant/hear", self.hear)
        server = TestServer(app, host="127.0.0.1", port=self.port)
        await server.start_server(shutdown_timeout=0.1)
        try:
            yield f"http://127.0.0.1:{server.port}/tenant?zone=7"
        finally:
            await server.close()


async def test_a_session_is_opened_polled_and_closed_at_the_configured_address() -> None:
    office = Office()
    async with office.open() as url:
        async with dialling(url) as standing:
            office.say(SHOWN, ALL)
            await linked(standing, 1)
            await until(lambda: office.polls == 2)
        assert office.closed == ["s1"]
    assert office.asked == [
        "/tenant/line?zone=7",
        "/tenant/hear?zone=7&line=s1",
        "/tenant/hear?zone=7&line=s1",
        "/tenant/line?zone=7",
    ]


async def test_commands_are_posted_in_order_one_by_one_while_a_poll_waits() -> None:
    office = Office()
    async with office.open() as url, dialling(url) as standing:
        office.say(SHOWN, ALL)
        await linked(standing, 1)
        await until(lambda: office.polls == 2)
        office.held.clear()
        records = [await dial(standing, number) for number in ("1", "2", "3")]
        await until(lambda: len(office.came) == 1)
        office.held.set()
        for nth, record in enumerate(records):
            await office.got(nth + 1)
            office.say(DONE % office.came[nth]["call"])
            assert isinstance((await standing.finished(record)).result, Succeeded)
        numbers = [msgspec.convert(one["command"], dict[str, Json])["destination"] for one in office.came]
        assert numbers == ["1", "2", "3"]


BROKEN: Final = {
    "dropped session": web.Response(status=404),
    "server error": web.Response(status=500, body=b"[" + ALL + b"]"),
    "redirect": web.Response(status=302, headers={"Location": "/tenant/hear"}),
    "no answer": Dropped(b""),
    "half an answer": Dropped(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n[" + ALL),
    "no HTTP": Dropped(b"~!OM"),
}
GARBAGE: Final = {
    "a page": b"<html>",
    "not UTF-8": b'["\xff"]',
    "too deep": b"[" * 200 + b"]" * 200,
    "too many digits": b'{"told":' + b"7" * 5000 + b"}",
}


@pytest.mark.parametrize("answer", [*BROKEN.values(), *GARBAGE.values()], ids=[*BROKEN, *GARBAGE])
async def test_a_poll_that_is_answered_with_anything_else_is_the_end_of_the_session(
    answer: bytes | web.Response,
) -> None:
    clock, office = FakeClock(), Office()
    async with office.open() as url, dialling(url, clock) as standing:
        office.say(SHOWN, ALL)
        await linked(standing, 1)
        office.answers.put_nowait(answer)
        await linked(standing, 0)
        assert await paused(clock) <= 0.5
        assert (office.opened, office.closed, office.polls) == (1, ["s1"], 2)  # it was not asked twice
        assert standing.gateway.platforms[P].malformed == isinstance(answer, bytes)
        await clock.advance(0.5)
        office.say(SHOWN, RINGING, ALL)
        await linked(standing, 1)
        (missed,) = standing.gateway.state.snapshots.interactions(standing.session())
        assert missed.ref == "c1"
        assert office.opened == 2


async def test_an_answer_without_end_is_not_read_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "hard_limit_bytes", lambda _: 10_000)
    clock, office = FakeClock(), Office()
    async with office.open() as url, dialling(url, clock) as standing:
        office.say(SHOWN, ALL)
        await linked(standing, 1)
        office.say(b'"' + b"x" * 10_000 + b'"')
        await linked(standing, 0)
        assert standing.gateway.platforms[P].malformed == 1
        assert "more than 10000 bytes" in standing.gateway.platforms[P].reason


async def test_a_bad_message_among_good_ones_is_counted_and_the_session_lives() -> None:
    office = Office()
    async with office.open() as url, dialling(url) as standing:
        office.say(SHOWN, b'{"told":"nothing"}', b"[]", ALL)
        await linked(standing, 1)
        assert standing.gateway.platforms[P].malformed == 2
        assert office.opened == 1


async def test_a_request_that_cannot_be_posted_ends_the_session_and_its_effect_is_unknown() -> None:
    clock, office = FakeClock(), Office(posting=503)
    async with office.open() as url, dialling(url, clock) as standing:
        office.say(SHOWN, ALL)
        await linked(standing, 1)
        result = (await standing.finished(await dial(standing, "1"))).result
        assert isinstance(result, Failed)
        assert (result.code, result.effect) == (ErrorCode.LINK_DOWN, Effect.UNKNOWN)
        await linked(standing, 0)
        office.posting = 200
        await paused(clock)
        await clock.advance(0.5)
        office.say(SHOWN, ALL)
        await linked(standing, 1)
        assert len(office.came) == 1  # nothing is said twice


async def test_a_session_that_cannot_be_opened_is_tried_again_at_growing_intervals() -> None:
    clock = FakeClock()
    office = Office(
        unused_port(),
        opening=[web.Response(status=500), web.Response(body=b"<html>"), web.json_response({"line": 1})],
    )
    async with dialling(f"http://127.0.0.1:{office.port}/tenant", clock) as standing:
        waits_s = await paused(clock)  # nobody is there
        assert 0.5 <= waits_s <= 1.0
        async with office.open():
            for longest_s in (2.0, 4.0, 8.0):
                await clock.advance(waits_s)
                waits_s = await paused(clock)
                assert longest_s / 2 <= waits_s <= longest_s
            await clock.advance(waits_s)
            office.say(SHOWN, ALL)
            await linked(standing, 1)


async def test_a_platform_that_does_not_let_polls_wait_is_asked_once_a_second() -> None:
    clock, office = FakeClock(), Office()
    async with office.open() as url, dialling(url, clock) as standing:
        office.say(SHOWN, ALL)
        for polls in range(2, 5):
            office.say()
            assert await paused(clock) == pytest.approx(1.0)
            assert office.polls == polls
            await clock.advance(1.0)
        await until(lambda: office.polls == 5)
        await clock.advance(7.0)  # this one waits
        office.say()
        await until(lambda: office.polls == 6)
        assert not pauses(clock)
        await linked(standing, 1)


async def test_a_platform_is_not_polled_while_the_journal_is_full(monkeypatch: pytest.MonkeyPatch) -> None:
    office = Office()
    async with office.open() as url, dialling(url) as standing:
        office.say(SHOWN, ALL)
        await linked(standing, 1)
        await until(lambda: office.polls == 2)
        full = True
        router, held = standing.gateway.router, asyncio.Event()

        async def drained() -> None:
            held.set()
            await until(lambda: not full)

        with monkeypatch.context() as patched:
            patched.setattr(type(router), "full", property(lambda _: full))
            patched.setattr(router, "drained", drained)
            office.say(RINGING)
            await until(held.is_set)
            for _ in range(5):  # time enough for a poll
                assert (await standing.request("GET", "/healthz")).status == 200
            assert office.polls == 2
            full = False
            await until(lambda: office.polls == 3)


# --- framed


@dataclass
class Trunk:
    """A platform that is reached over TCP; the newest connection counts."""

    lines: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = field(
        default_factory=asyncio.Queue
    )

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Show an agent, say that this is all."""
        writer.write(pack(Frame(5, SHOWN)) + pack(Frame(5, ALL)))
        self.lines.put_nowait((reader, writer))

    @asynccontextmanager
    async def open(self) -> AsyncIterator[str]:
        """Its address, as long as it can be reached."""
        server = await asyncio.start_server(self.answer, "127.0.0.1", 0)
        host, port = server.sockets[0].getsockname()
        try:
            yield f"tcp://{host}:{port}"
        finally:
            server.close()
            while not self.lines.empty():
                self.lines.get_nowait()[1].close()


async def test_a_platform_over_tcp_carries_commands() -> None:
    trunk = Trunk()
    async with trunk.open() as url, dialling(url) as standing:
        await linked(standing, 1)
        reader, writer = await trunk.lines.get()
        record = await dial(standing, "1")
        assert await reader.readexactly(5) == b"~!OM\x05"
        size = int.from_bytes(await reader.readexactly(4), "big")
        called = msgspec.json.decode(await reader.readexactly(size), type=dict[str, Json])
        writer.write(pack(Frame(5, DONE % called["call"])))
        assert isinstance((await standing.finished(record)).result, Succeeded)
        writer.close()


@pytest.mark.parametrize(
    ("said", "malformed"),
    [
        (pack(Frame(5, RINGING)) + b"HTTP/1.1 400 Bad Request", 1),
        (pack(Frame(5, RINGING)) + b"~!OM\x05\xff\xff\xff\xff", 1),
        (pack(Frame(5, RINGING)) + pack(Frame(5, ALL))[:-1], 0),
    ],
    ids=["no boundary", "too large", "cut off"],
)
async def test_a_stream_that_cannot_be_read_on_is_the_end_of_the_connection(
    said: bytes, malformed: int
) -> None:
    clock, trunk = FakeClock(), Trunk()
    async with trunk.open() as url, dialling(url, clock) as standing:
        await linked(standing, 1)
        _, writer = await trunk.lines.get()
        writer.write(said)
        if not malformed:
            writer.close()
        await linked(standing, 0)
        (seen,) = standing.gateway.state.snapshots.interactions(
            standing.session()
        )  # what stood before it counts
        assert seen.ref == "c1"
        assert standing.gateway.platforms[P].malformed == malformed
        assert await paused(clock) <= 0.5
        await clock.advance(0.5)
        await linked(standing, 1)
        writer.close()
