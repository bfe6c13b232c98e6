"""What a crash leaves behind is made up for."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiohttp import web

from gateway.store.deliveries import DeliveryState
from gateway.store.sqlite import SqliteStore
from gateway.webhooks.endpoint_queue import NOT_SENT
from tests.fakes import FakeClock, until
from tests.gateway.webhook_world import Receiver, World


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "trunkline.db")


async def test_a_crash_between_commit_and_queueing_loses_nothing(path: str, receiver: Receiver) -> None:
    first = World(SqliteStore(path), FakeClock())
    await first.store.open()
    await first.deliverer.start()
    hook = await first.subscribe(receiver.url)
    await first.happen("a")
    assert await receiver.events(1) == [1]
    await first.counted("delivered", 1)
    await first.deliverer.stop()
    await first.happen("a", "b")  # durable, and nobody was told
    await first.store.close()

    second = World(SqliteStore(path), FakeClock())
    await second.store.open()
    await second.deliverer.start()
    assert sorted(await receiver.events(2)) == [2, 3]
    await second.counted("delivered", 2)
    assert [one.state for one in await second.all(hook)] == [DeliveryState.DELIVERED] * 3
    await second.deliverer.stop()
    await second.store.close()
    assert receiver.got.empty()


async def test_after_a_restart_what_is_live_comes_first_however_much_waits(
    path: str, receiver: Receiver
) -> None:
    first = World(SqliteStore(path), FakeClock())
    await first.store.open()
    await first.deliverer.start()
    hook = await first.subscribe(receiver.url)
    await first.subscriptions.pause(hook)
    await first.happen(*(f"i{n}" for n in range(2_500)))
    await first.happen("new", kind="interaction.created")
    await first.happen("new", kind="interaction.alerting")
    await until(lambda: first.deliverer.lag()[hook] == 2_502)
    await first.deliverer.stop()
    await first.subscriptions.resume(hook)
    await first.store.close()

    second = World(SqliteStore(path), FakeClock())
    await second.store.open()
    await second.deliverer.start()
    got = await receiver.events(50)
    assert got.index(2501) < got.index(2502)
    await second.deliverer.stop()
    await second.store.close()


async def test_a_crash_during_an_attempt_repeats_it_with_the_same_id(path: str, receiver: Receiver) -> None:
    never = asyncio.Event()

    async def hang(_request: web.Request) -> web.Response:
        await never.wait()
        return web.Response()

    receiver.answers["/"] = hang
    first = World(SqliteStore(path), FakeClock())
    await first.store.open()
    await first.deliverer.start()
    await first.subscribe(receiver.url + "/")
    await first.happen("a")
    before = await receiver.next()
    await first.deliverer.stop()
    await first.store.close()
    receiver.answers["/"] = 204
    second = World(SqliteStore(path), FakeClock())
    await second.store.open()
    await second.deliverer.start()
    after = await receiver.next()
    assert (after.headers["webhook-id"], after.body) == (before.headers["webhook-id"], before.body)
    await second.counted("delivered", 1)
    await second.deliverer.stop()
    await second.store.close()
    never.set()


async def test_a_live_event_that_aged_through_an_outage_is_not_sent(path: str, receiver: Receiver) -> None:
    first = World(SqliteStore(path), FakeClock())
    await first.store.open()
    await first.deliverer.start()
    hook = await first.subscribe(receiver.url)
    await first.deliverer.stop()
    await first.happen("a", kind="interaction.alerting")
    await first.happen("a", kind="interaction.completed")
    await first.store.close()
    second = World(SqliteStore(path), FakeClock(first.clock.now() + timedelta(hours=2)))
    await second.store.open()
    await second.deliverer.start()
    assert await receiver.events(1) == [2]
    await second.counted("delivered", 1)
    assert [one.state for one in await second.all(hook)] == [DeliveryState.EXPIRED, DeliveryState.DELIVERED]
    await second.deliverer.stop()
    await second.store.close()


async def test_an_event_that_the_journal_forgot_is_dead(world: World, receiver: Receiver) -> None:
    receiver.answers["/"] = 500
    hook = await world.subscribe(receiver.url + "/")
    await world.happen("a")
    await world.counted("failed", 1)
    await world.deliverer.stop()
    await world.store.prune(datetime.now(UTC) + timedelta(days=1), 0)
    again = World(world.store, world.clock)
    await again.deliverer.start()
    await again.clock.advance(5)
    await again.counted("dead", 1)
    assert (await again.all(hook))[0].error == NOT_SENT
    await again.deliverer.stop()


async def test_an_attempt_under_way_at_the_end_is_given_time_and_what_waits_is_not_begun(
    world: World, receiver: Receiver
) -> None:
    asked, go = asyncio.Event(), asyncio.Event()

    async def slow(_request: web.Request) -> web.Response:
        asked.set()
        await go.wait()
        return web.Response(status=204)

    receiver.answers["/"] = slow
    hook = await world.subscribe(receiver.url + "/")
    await world.happen("a", "a")
    await asked.wait()
    stopping = asyncio.create_task(world.deliverer.stop(30.0))
    await world.clock.settle()
    go.set()
    await stopping
    states = [one.state for one in await world.all(hook)]
    assert states == [DeliveryState.DELIVERED, DeliveryState.PENDING]
