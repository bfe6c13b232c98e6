"""Connections that have not said who they are: for how long they may be silent, how many there may be."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest

from gateway.http.strangers import IDLE_S, SILENT_S
from gateway.security.access import Scope
from gateway.telemetry.peers import PeerFault
from schemas.values import Json
from tests.fakes import FakeClock, until
from tests.gateway.handmade import Bench, agent, bench
from tests.gateway.raw import HEAD, UPGRADE, Raw, connected

HEALTH = HEAD.format(path="/healthz") + "\r\n"


@asynccontextmanager
async def keyed(
    server: Mapping[str, Json] | None = None, clock: FakeClock | None = None
) -> AsyncIterator[tuple[Bench, str]]:
    """A gateway with a key for everything, and that key."""
    overrides: dict[str, Json] = {"server": {"port": 0, "shutdown_s": 1.0, **(server or {})}}
    async with bench(clock=clock, overrides=overrides) as standing:
        _, key = await standing.gateway.keys.create("t", list(Scope))
        yield standing, key


async def faults(standing: Bench, fault: PeerFault) -> int:
    """How often that was counted."""
    text = standing.gateway.metrics.render().decode()
    start = f'trunkline_peer_faults_total{{fault="{fault}"}} '
    return int(next(float(line.removeprefix(start)) for line in text.splitlines() if line.startswith(start)))


# --- time


@pytest.mark.parametrize(
    "said",
    ["", "GET /v1/platforms HTTP/1.1\r\nHost: x\r\nX-Half: ", "\r\n", "\x16\x03\x01\x02\x00\x01"],
    ids=["nothing", "half a head", "an empty line", "the beginning of TLS"],
)
async def test_who_sends_no_whole_request_in_time_is_left(said: str) -> None:
    clock = FakeClock()
    async with keyed(clock=clock) as (standing, _), connected(standing.url) as raw:
        raw.say(said)
        assert await (await standing.http.get(f"{standing.url}/healthz")).read()  # it has been taken by now
        await clock.advance(SILENT_S)
        await raw.ended()


async def test_a_head_that_comes_byte_by_byte_has_no_more_time_than_another() -> None:
    clock = FakeClock()
    async with keyed(clock=clock) as (standing, _), connected(standing.url) as raw:
        for byte in HEAD.format(path="/healthz")[:10]:
            raw.say(byte)
            await (await standing.http.get(f"{standing.url}/healthz")).read()
            await clock.advance(SILENT_S / 10)
        assert await raw.ended() == b""
        assert await faults(standing, PeerFault.SILENT) >= 1


async def test_a_stranger_may_ask_again_within_the_time_and_is_left_after_it() -> None:
    clock = FakeClock()
    async with keyed(clock=clock) as (standing, _), connected(standing.url) as raw:
        for _ in range(3):
            raw.say(HEALTH)
            assert (await raw.answer())[0] == 200
            await clock.advance(SILENT_S - 1)
        await clock.advance(1)
        assert await raw.ended() == b""


async def test_who_has_shown_a_key_may_be_idle_for_longer_but_not_for_ever() -> None:
    clock = FakeClock()
    async with keyed(clock=clock) as (standing, key), connected(standing.url) as raw:
        asked = HEAD.format(path="/v1/platforms") + f"Authorization: Bearer {key}\r\n\r\n"
        for _ in range(2):
            raw.say(asked)
            assert (await raw.answer())[0] == 200
            await clock.advance(IDLE_S - 1)
        await clock.advance(1)
        assert await raw.ended() == b""


async def test_a_link_that_is_up_has_all_the_time_there_is() -> None:
    clock = FakeClock()
    async with keyed(clock=clock) as (standing, key):
        page = await standing.relay(token=key)
        await clock.advance(IDLE_S * 2)
        await page.see(agent())
        await until(lambda: standing.gateway.state.snapshots.sessions != {})


# --- number


async def silent(standing: Bench, stack: AsyncExitStack, count: int, said: str = "") -> list[Raw]:
    """So many strangers, one after the other."""
    found = []
    for _ in range(count):
        raw = await stack.enter_async_context(connected(standing.url))
        raw.say(said)
        found.append(raw)
    await until(lambda: _strangers(standing) == count)
    return found


def _strangers(standing: Bench) -> int:
    listening = standing.gateway._listening  # noqa: SLF001
    assert listening is not None
    return len(listening._strangers)  # noqa: SLF001


@pytest.mark.parametrize("bound", ["max_strangers", "max_strangers_per_address"])
async def test_where_there_are_too_many_the_one_goes_that_is_silent_for_the_longest(bound: str) -> None:
    async with keyed({bound: 3}) as (standing, key), AsyncExitStack() as stack:
        page = await standing.relay(token=key)
        first, second, *_ = await silent(standing, stack, 3)
        async with connected(standing.url) as fourth:
            assert await first.ended() == b""
            fourth.say(HEALTH)
            assert (await fourth.answer())[0] == 200
            second.say(HEALTH)  # it has said something now: it is not the oldest any more
            assert (await second.answer())[0] == 200
            assert _strangers(standing) == 3
        assert await faults(standing, PeerFault.CROWDED_OUT) == 1
        await page.see(agent())  # who has said who he is does not count
        await until(lambda: standing.gateway.state.snapshots.sessions != {})


async def test_a_whole_call_centre_behind_one_address_gets_in() -> None:
    few: dict[str, Json] = {"max_strangers": 5, "max_strangers_per_address": 4}
    async with (
        keyed(few) as (standing, key),
        AsyncExitStack() as stack,
    ):
        await silent(standing, stack, 4)
        pages = [await standing.relay(f"a{n}", token=key) for n in range(30)]
        assert all(not page.socket.closed for page in pages)
        assert len(pages) == 30


async def test_sockets_that_say_no_hello_make_room_as_silent_ones_do() -> None:
    async with keyed({"max_strangers": 3}) as (standing, key), AsyncExitStack() as stack:
        upgrade = HEAD.format(path="/v1/stream") + UPGRADE + "\r\n"
        strangers = await silent(standing, stack, 3, upgrade)
        for one in strangers:
            assert b" 101 " in await one.head()
        page = await standing.relay(token=key)
        await strangers[0].ended()
        assert not page.socket.closed


async def test_a_proxy_is_not_an_address_of_its_own_and_each_request_of_it_is_somebodys() -> None:
    server: dict[str, Json] = {"trusted_proxies": ["127.0.0.0/8"], "max_strangers_per_address": 1}
    async with keyed(server) as (standing, key), AsyncExitStack() as stack:
        upgrade = HEAD.format(path="/v1/stream") + UPGRADE
        same, other, again = [await stack.enter_async_context(connected(standing.url)) for _ in range(3)]
        same.say(f"{upgrade}X-Forwarded-For: 203.0.113.7, 198.51.100.1\r\n\r\n")
        assert b" 101 " in await same.head()
        other.say(f"{upgrade}X-Forwarded-For: 198.51.100.2\r\n\r\n")
        assert b" 101 " in await other.head()
        again.say(f"{upgrade}X-Forwarded-For: 198.51.100.1\r\n\r\n")
        assert b" 101 " in await again.head()
        await same.ended()
        assert not other.reader.at_eof()
        known = await stack.enter_async_context(connected(standing.url))
        asked = HEAD.format(path="/v1/platforms") + "X-Forwarded-For: 198.51.100.9\r\n"
        known.say(f"{asked}Authorization: Bearer {key}\r\n\r\n")
        assert (await known.answer())[0] == 200
        known.say(f"{asked}\r\n")  # the same connection, and somebody else
        assert (await known.answer())[0] == 401


async def test_the_operator_is_served_on_a_socket_of_his_own(tmp_path: Path) -> None:
    path = f"{tmp_path}/op"
    async with keyed({"operator_socket": path}):
        reader, writer = await asyncio.open_unix_connection(path)
        raw = Raw(reader, writer)
        for where in ("/healthz", "/readyz", "/metrics"):
            raw.say(HEAD.format(path=where) + "\r\n")
            assert (await raw.answer())[0] == 200
        raw.say(HEAD.format(path="/v1/platforms") + "\r\n")
        assert (await raw.answer())[0] == 404
        writer.close()
