"""/v1/events/stream: the same events, as a browser's EventSource reads them."""

import asyncio

import msgspec
import pytest

from gateway.api import sse
from gateway.api.history import Gap, Snapshot
from gateway.http import sockets
from schemas import events as ev
from schemas.ids import AgentId, Cursor
from tests.fakes import START, until
from tests.gateway.handmade import Bench, P, bench, call
from tests.gateway.listener import cursor_of, listening


async def forget(standing: Bench) -> None:
    """Everything durable is past the retention."""
    await standing.gateway.store.barrier()
    await standing.gateway.store.prune(standing.gateway.clock.now(), 1 << 40)


def publish(standing: Bench, count: int = 1, agent: str = "a1", size: int = 1) -> None:
    standing.gateway.router.publish(
        [
            ev.PlatformNotice(time=START, platform_id=P, agent_id=AgentId(agent), code="n" * size)
            for _ in range(count)
        ]
    )


async def test_an_event_has_its_cursor_as_id_its_type_and_its_body() -> None:
    async with bench() as standing, listening(standing) as listener:
        publish(standing)
        told = await listener.next()
        assert (cursor_of(told["id"]), told["event"]) == (1, "platform.notice")
        assert msgspec.json.decode(told["data"], type=ev.PlatformNotice).cursor == 1


@pytest.mark.parametrize(
    ("query", "headers", "first"),
    [
        ("?after=0", {}, 1),
        ("?after=2", {}, 3),
        ("", {"Last-Event-ID": "4"}, 5),
        ("?after=1", {"Last-Event-ID": "4"}, 5),
    ],
)
async def test_a_listener_goes_on_after_its_last_id(query: str, headers: dict[str, str], first: int) -> None:
    async with bench() as standing:
        publish(standing, 5)
        await standing.gateway.store.barrier()
        async with listening(standing, query, headers) as listener:
            publish(standing, 3)
            assert await listener.cursors(9 - first) == list(range(first, 9))


async def test_a_resume_under_commits_has_no_gap_and_no_repeat() -> None:
    async with bench() as standing:
        publish(standing, 2_345)

        async def commit() -> None:
            for _ in range(50):
                publish(standing, 3)
                await asyncio.sleep(0)

        writing = asyncio.create_task(commit())
        async with listening(standing, "?after=5") as listener:
            assert await listener.cursors(2_490) == list(range(6, 2_496))
        await writing


async def test_a_listener_hears_what_its_filter_lets_through() -> None:
    async with bench() as standing:
        publish(standing, 1, "a2")
        publish(standing, 1, "a1")
        async with listening(standing, "?after=0&agent=a1&type=platform.*") as listener:
            publish(standing, 1, "a2")
            publish(standing, 1, "a1")
            assert await listener.cursors(2) == [2, 4]


@pytest.mark.parametrize("after", [2, 999])
async def test_a_listener_outside_of_what_is_kept_is_told_of_the_gap(after: int) -> None:
    async with bench() as standing:
        publish(standing, 5)
        await forget(standing)
        publish(standing, 2)
        async with listening(standing, f"?after={after}") as listener:
            told = await listener.next()
            assert told["event"] == "stream.gap"
            gap = msgspec.json.decode(told["data"], type=Gap)
            resume = standing.gateway.store.epochs.resume(Cursor(5))
            assert gap == Gap(after=Cursor(after), first=Cursor(6), restart_after=Cursor(5), resume=resume)
            assert await listener.cursors(2) == [6, 7]


async def test_a_listener_knows_where_it_stands_before_it_was_told_anything() -> None:
    async with bench() as standing:
        publish(standing, 3)
        async with listening(standing) as listener:
            told = await listener.response.content.readuntil(b"\n\n")
            resume = standing.gateway.store.epochs.resume(Cursor(3))
            assert told == f": cursor 3\nid: {resume}\n\n".encode()


async def test_a_listener_that_is_told_nothing_for_long_knows_where_it_stands(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sse, "_HEARTBEAT_S", 0.01)
    async with bench() as standing, listening(standing, "?agent=a1") as listener:
        publish(standing, 2, "a2")
        here = f"id: {standing.gateway.store.epochs.resume(Cursor(2))}\n".encode()
        while here not in await listener.response.content.readuntil(b"\n\n"):
            pass
        publish(standing, 1, "a1")
        assert await listener.cursors(1) == [3]


async def test_a_snapshot_comes_first_and_again_only_after_a_gap() -> None:
    async with bench() as standing:
        page = await standing.page()
        (shown,) = await standing.shown(page, call())
        async with listening(standing, "?snapshot=true") as listener:
            told = await listener.next()
            snapshot = msgspec.json.decode(told["data"], type=Snapshot)
            assert (told["event"], snapshot.interactions) == ("stream.snapshot", [shown])
            publish(standing)
            assert await listener.cursors(1) == [snapshot.cursor + 1]
        last = {"Last-Event-ID": str(snapshot.cursor)}
        async with listening(standing, "?snapshot=true", last) as again:
            assert await again.cursors(1) == [snapshot.cursor + 1]
        await forget(standing)
        async with listening(standing, "?snapshot=true", last) as late:
            gap = msgspec.json.decode((await late.next())["data"], type=Gap)
            anew = msgspec.json.decode((await late.next())["data"], type=Snapshot)
            assert (gap.after, gap.restart_after) == (snapshot.cursor, anew.cursor)
            publish(standing)
            assert await late.cursors(1) == [anew.cursor + 1]


async def test_a_listener_that_stops_reading_what_it_missed_is_cut_off(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sockets, "STALLED_S", 0.2)
    async with bench() as standing:
        publish(standing, 9_000, size=1_000)
        async with listening(standing, "?after=0") as slow:
            connection = slow.response.connection
            assert connection is not None
            assert connection.transport is not None
            connection.transport.pause_reading()
            connections = standing.gateway.web[sockets.CONNECTIONS]
            await until(lambda: not connections._open)  # noqa: SLF001  # it is not told otherwise
            connection.transport.resume_reading()
            assert 0 < await slow.last() < 9_000


@pytest.mark.parametrize("cursor", ["x", "-1", "1.5", "9" * 40])
async def test_what_is_no_cursor_is_refused(cursor: str) -> None:
    async with bench() as standing:
        for path in ("/v1/events/stream", "/v1/events"):
            reply = await standing.request("GET", f"{path}?after={cursor}")
            assert reply.status == 400
            assert "is not a cursor" in str(reply.json()["detail"])


async def test_a_listener_that_does_not_read_is_cut_off() -> None:
    async with bench(overrides={"limits": {"subscriber_buffer_bytes": 50_000}}) as standing:
        async with listening(standing) as slow, listening(standing) as quick:
            connection = slow.response.connection
            assert connection is not None
            assert connection.transport is not None
            connection.transport.pause_reading()
            last = 0
            for _ in range(150):
                publish(standing, 40, size=1_000)
                last = (await quick.cursors(40))[-1]
            assert last == 6_000
            connection.transport.resume_reading()
            heard = await slow.last()
            assert 0 < heard < last
        await until(lambda: standing.gateway.router.durable == last)
        async with listening(standing, f"?after={heard}") as again:
            assert await again.cursors(1) == [heard + 1]
