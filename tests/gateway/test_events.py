"""GET /v1/events: pages of the journal, gaps, snapshots, and waiting for what has not happened yet."""

import asyncio
from typing import Final

import msgspec
import pytest

from gateway.api.history import Gap, History, Snapshot
from gateway.events.filters import Selection
from gateway.events.router import Router
from gateway.events.shown import Shown
from gateway.runtime.ids import Minter
from gateway.store.epochs import Place
from gateway.store.memory import MemoryStore
from gateway.telemetry.metrics import Metrics
from schemas import events as ev
from schemas.ids import AgentId, Cursor
from tests.fakes import START, FakeClock, until
from tests.gateway.handmade import Bench, P, bench, call

ALL: Final = Selection()


def publish(standing: Bench, *agents: str) -> None:
    standing.gateway.router.publish(
        [ev.PlatformNotice(time=START, platform_id=P, agent_id=AgentId(agent), code="n") for agent in agents]
    )


async def forget(standing: Bench) -> None:
    """Everything durable is past the retention."""
    await standing.gateway.store.barrier()
    await standing.gateway.store.prune(standing.gateway.clock.now(), 1 << 40)


class Page(msgspec.Struct, forbid_unknown_fields=True):
    """An answer."""

    events: list[ev.AnyEvent]
    cursor: int
    resume: str
    first: int
    more: bool
    gap: Gap | None = None
    snapshot: Snapshot | None = None

    @property
    def cursors(self) -> list[int]:
        """Of its events."""
        return [one.cursor for one in self.events]


async def page(standing: Bench, query: str = "") -> Page:
    reply = await standing.request("GET", f"/v1/events{query}")
    assert reply.status == 200, reply
    return msgspec.json.decode(reply.body, type=Page)


async def test_a_page_says_where_the_next_begins_and_whether_there_is_one() -> None:
    async with bench() as standing:
        publish(standing, *["a1"] * 5)
        first = await page(standing, "?limit=3")
        assert (first.cursors, first.cursor, first.first, first.more) == ([1, 2, 3], 3, 1, True)
        rest = await page(standing, "?limit=3&after=3")
        assert (rest.cursors, rest.cursor, rest.more) == ([4, 5], 5, False)
        none = await page(standing, "?after=5")
        assert (none.cursors, none.cursor, none.more) == ([], 5, False)


async def test_the_limit_counts_what_fits() -> None:
    async with bench() as standing:
        publish(standing, *(["a1"] + ["a2"] * 1_200) * 3)
        first = await page(standing, "?agent=a1&limit=2&after=0")
        assert (first.cursors, first.cursor, first.more) == ([1, 1_202], 2_000, True)
        rest = await page(standing, "?agent=a1&limit=2&after=2000")
        assert (rest.cursors, rest.cursor, rest.more) == ([2_403], 3_603, False)


async def test_a_page_is_found_in_so_much_of_the_journal_and_no_more() -> None:
    async with bench() as standing:
        publish(standing, *["a2"] * 20_010, "a1")
        first = await page(standing, "?agent=a1&after=0")
        assert (first.cursors, first.cursor, first.more) == ([], 20_000, True)
        assert (await page(standing, "?agent=a1&after=20000")).cursors == [20_011]


@pytest.mark.parametrize("after", [2, 999])
async def test_outside_of_what_is_kept_a_page_begins_with_a_gap(after: int) -> None:
    async with bench() as standing:
        publish(standing, *["a1"] * 5)
        await forget(standing)
        publish(standing, "a1", "a1")
        told = await page(standing, f"?after={after}&limit=1")
        resume = standing.gateway.store.epochs.resume(Cursor(5))
        assert told.gap == Gap(after=Cursor(after), first=Cursor(6), restart_after=Cursor(5), resume=resume)
        assert (told.cursors, told.cursor, told.first, told.more) == ([6], 6, 6, True)
        for query in ("?after=5", ""):  # without a cursor, nothing is asked for that is not there
            whole = await page(standing, query)
            assert (whole.cursors, whole.gap) == ([6, 7], None)


async def test_a_snapshot_comes_alone_and_the_events_go_on_from_there() -> None:
    async with bench() as standing:
        one = await standing.page()
        (shown,) = await standing.shown(one, call())
        told = await page(standing, "?snapshot=true")
        assert told.snapshot is not None
        assert (told.snapshot.interactions, told.snapshot.cursor) == ([shown], told.cursor)
        assert (told.events, told.more) == ([], False)
        publish(standing, "a1")
        following = await page(standing, f"?snapshot=true&after={told.cursor}")
        assert (following.cursors, following.snapshot) == ([told.cursor + 1], None)
        await forget(standing)
        late = await page(standing, f"?snapshot=true&after={told.cursor - 1}")
        assert late.gap is not None
        assert late.snapshot is not None
        assert late.gap.restart_after == late.snapshot.cursor == late.cursor


async def test_a_page_that_is_waited_for_comes_with_what_fits() -> None:
    async with bench() as standing:
        asking = asyncio.create_task(page(standing, "?agent=a1&wait=60"))
        await until(lambda: bool(standing.gateway.router._subscribers))  # noqa: SLF001  # it waits
        publish(standing, "a2")
        publish(standing, "a1")
        told = await asking
        assert (told.cursors, told.cursor) == ([2], 2)
        assert not standing.gateway.router._subscribers  # noqa: SLF001  # and does no longer


async def test_a_page_that_is_waited_for_in_vain_is_empty_and_further_on() -> None:
    async with bench() as standing:
        asking = asyncio.create_task(page(standing, "?agent=a1&wait=0.2"))
        publish(standing, "a2")
        told = await asking
        assert (told.cursors, told.cursor, told.more) == ([], 1, False)


async def test_who_waits_is_answered_when_the_gateway_goes_away() -> None:
    async with bench() as standing:
        asking = asyncio.create_task(page(standing, "?wait=60"))
        await until(lambda: bool(standing.gateway.router._subscribers))  # noqa: SLF001  # it waits
        await standing.gateway.stop()
        assert (await asking).events == []


async def test_only_so_many_wait_at_once() -> None:
    async with bench(overrides={"server": {"port": 0, "max_connections": 1}}) as standing:
        asking = asyncio.create_task(page(standing, "?wait=60"))
        await until(lambda: bool(standing.gateway.router._subscribers))  # noqa: SLF001  # it waits
        assert (await standing.request("GET", "/v1/events?wait=60")).status == 429
        publish(standing, "a1")
        assert (await asking).cursors == [1]


async def test_what_is_pruned_while_it_is_read_is_a_gap() -> None:
    store = MemoryStore()
    await store.open()
    router = Router(store, Minter(), Metrics([P]))
    history = History(Shown(), store, router, FakeClock(START))
    notices = [ev.PlatformNotice(time=START, platform_id=P, code="n") for _ in range(6)]
    router.publish(notices[:3])
    await store.barrier()
    begun = await history.begin(ALL, Place(Cursor(0)), snapshot=False)
    assert begun.gap is None
    await store.prune(START.replace(year=2100), 1 << 40)
    all_gone = await history.next(ALL, begun.cursor)
    assert all_gone is not None
    resume = store.epochs.resume(Cursor(3))
    gap = Gap(after=Cursor(0), first=Cursor(4), restart_after=Cursor(3), resume=resume)
    assert (list(all_gone.chosen), all_gone.cursor, all_gone.gap) == ([], 3, gap)
    assert await history.next(ALL, all_gone.cursor) is None
    router.publish(notices[3:])
    await store.barrier()
    some_gone = await history.next(ALL, begun.cursor)
    assert some_gone is not None
    assert ([one.cursor for one in some_gone.chosen], some_gone.gap) == ([4, 5, 6], gap)
