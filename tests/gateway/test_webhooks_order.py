"""Which delivery goes when, and whom a bad endpoint holds up."""

import asyncio
from datetime import datetime, timedelta

import msgspec
import pytest
from aiohttp import web

from gateway.config import Config
from gateway.outbound.schedule import RECORDS
from gateway.store.deliveries import Delivery, DeliveryState
from gateway.store.memory import MemoryStore
from schemas.ids import Cursor, WebhookId
from tests.fakes import FakeClock, until
from tests.gateway.webhook_world import Receiver, World, running


async def test_one_interaction_keeps_its_order_and_holds_up_no_other(
    world: World, receiver: Receiver
) -> None:
    release = asyncio.Event()

    async def slow_first(request: web.Request) -> web.Response:
        if request.headers["webhook-id"] == "evt_1":
            await release.wait()
        return web.Response()

    receiver.answers["/"] = slow_first
    await world.subscribe(receiver.url + "/")
    await world.happen("a", "a", "b", "b")
    assert sorted(await receiver.events(3)) == [1, 3, 4]
    await world.counted("delivered", 2)
    assert receiver.got.empty()
    release.set()
    assert await receiver.events(1) == [2]


async def test_an_interaction_whose_deliveries_fail_holds_up_itself_alone(
    world: World, receiver: Receiver
) -> None:
    async def not_a(request: web.Request) -> web.Response:
        about = msgspec.json.decode(await request.read())["subject"]
        return web.Response(status=500 if about == "a" else 204)

    receiver.answers["/"] = not_a
    await world.subscribe(receiver.url + "/")
    await world.happen("a", "a", "b", "c", "b", "c")
    await world.counted("delivered", 4)
    got = await receiver.events(5)
    assert sorted(got) == [1, 3, 4, 5, 6]
    assert got.index(3) < got.index(5)
    assert got.index(4) < got.index(6)
    assert receiver.got.empty()
    receiver.answers["/"] = 204
    await world.clock.advance(5)
    assert await receiver.events(2) == [1, 2]


async def test_what_comes_during_an_attempt_waits_for_its_end(world: World, receiver: Receiver) -> None:
    release = asyncio.Event()

    async def slow(_request: web.Request) -> web.Response:
        await release.wait()
        return web.Response()

    receiver.answers["/"] = slow
    hook = await world.subscribe(receiver.url + "/")
    await world.happen("a")
    await receiver.next()
    await world.happen("a", "b")
    assert await receiver.events(1) == [3]
    assert world.deliverer.lag() == {hook: 3}
    assert receiver.got.empty()
    release.set()
    assert await receiver.events(1) == [2]


async def test_a_retry_goes_before_what_came_later(world: World, receiver: Receiver) -> None:
    receiver.answers["/"] = 500
    await world.subscribe(receiver.url + "/")
    await world.happen("a")
    await world.counted("failed", 1)
    await world.happen("a")
    receiver.answers["/"] = 204
    await world.clock.advance(5)
    assert await receiver.events(3) == [1, 1, 2]


async def test_what_is_queued_while_older_ones_are_read_again_comes_after_them(
    world: World, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    following, reads, go = world.store.deliveries.following, list[Cursor](), asyncio.Event()

    async def slow(webhook_id: WebhookId, key: str, after: Cursor, limit: int) -> list[Delivery]:
        found = await following(webhook_id, key, after, limit)
        reads.append(after)
        await go.wait()
        return found

    receiver.answers["/"] = 500
    await world.subscribe(receiver.url + "/")
    await world.happen("a", "a")
    assert await receiver.events(1) == [1]
    await world.counted("failed", 1)
    receiver.answers["/"] = 204
    monkeypatch.setattr(world.store.deliveries, "following", slow)
    while not reads:
        await world.clock.advance(1)
    await world.happen("a", "a")
    await until(lambda: world.deliverer.lag() == dict.fromkeys(world.deliverer.lag(), 4))
    await world.clock.settle()
    go.set()
    assert await receiver.events(4) == [1, 2, 3, 4]


async def test_what_is_refused_stands_aside_at_once(world: World, receiver: Receiver) -> None:
    async def choosy(request: web.Request) -> web.Response:
        return web.Response(status=400 if request.headers["webhook-id"] == "evt_1" else 200)

    receiver.answers["/"] = choosy
    hook = await world.subscribe(receiver.url + "/")
    await world.happen("a", "a", "a")
    await world.counted("delivered", 2)
    assert await receiver.events(3) == [1, 2, 3]
    for number, wait in enumerate(RECORDS[1:], 2):
        await world.clock.advance(wait)
        assert await receiver.events(1) == [1]
        await until(lambda number=number: world.count("failed") + world.count("dead") == number)  # type: ignore[misc]  # it is bound at once
    assert [one.cursor for one in await world.all(hook, DeliveryState.DEAD)] == [1]


async def test_a_dead_endpoint_delays_no_other(world: World, receiver: Receiver) -> None:
    never = asyncio.Event()

    async def hang(_request: web.Request) -> web.Response:
        await never.wait()
        return web.Response()

    receiver.answers["/dead"] = hang
    await world.subscribe(f"{receiver.url}/dead")
    await world.subscribe(f"{receiver.url}/well")
    await world.happen(*(f"i{n}" for n in range(50)))
    got = [await receiver.next() for _ in range(58)]
    assert sorted(one.event for one in got if one.path == "/well") == list(range(1, 51))
    await world.counted("delivered", 50)
    assert receiver.got.empty()  # no more than eight at the dead one
    never.set()


async def test_an_endpoint_that_is_down_is_probed_and_then_gets_everything(
    world: World, receiver: Receiver
) -> None:
    receiver.answers["/"] = 503
    hook = await world.subscribe(receiver.url + "/")
    await world.happen(*(f"i{n}" for n in range(8)))
    await world.counted("failed", 8)
    await receiver.events(8)
    await world.happen("late")
    for probe, pause in enumerate((1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 600, 600), 1):
        await world.clock.advance(pause - 0.5)
        assert receiver.got.empty()  # one at a time, ever more rarely
        await world.clock.advance(0.5)
        await receiver.next()
        await world.counted("failed", 8 + probe)
    receiver.answers["/"] = 204
    await world.clock.advance(600)
    await world.counted("delivered", 9)
    assert {one.state for one in await world.all(hook)} == {DeliveryState.DELIVERED}
    assert world.subscriptions.get(hook).failing_since is None


async def test_deliveries_beyond_the_bound_are_dead_at_once(receiver: Receiver) -> None:
    config = Config.model_validate({"limits": {"webhook_backlog": 3}})
    world = World(MemoryStore(), FakeClock(), config)
    await world.deliverer.start()
    hook = await world.subscribe(receiver.url)
    await world.subscriptions.pause(hook)
    await world.happen("a", "b", "c", "d")
    await world.deliverer.planned()
    assert world.deliverer.lag() == {hook: 3}
    (dead,) = await world.all(hook, DeliveryState.DEAD)
    assert (dead.cursor, dead.error) == (4, "too many deliveries were waiting")
    await world.deliverer.stop()


async def test_more_deliveries_than_fit_into_memory_all_arrive_in_order(
    world: World, receiver: Receiver
) -> None:
    hook = await world.subscribe(receiver.url)
    await world.subscriptions.pause(hook)
    await world.happen(*("same" for _ in range(1_300)))
    await world.deliverer.planned()
    await world.subscriptions.resume(hook)
    assert await receiver.events(1_300) == list(range(1, 1_301))


class SetBack(FakeClock):
    """A clock that somebody sets back."""

    off = timedelta()

    def now(self) -> datetime:
        """The time of day, aware, UTC."""
        return super().now() + self.off


async def test_a_clock_that_is_set_back_makes_no_delivery_late_and_none_too_frequent(
    receiver: Receiver,
) -> None:
    clock = SetBack()
    receiver.answers["/"] = 500
    async with running(clock=clock) as world:
        await world.subscribe(receiver.url + "/")
        await world.happen("a")
        assert await receiver.events(1) == [1]
        await world.counted("failed", 1)
        clock.off = timedelta(hours=-6)
        await clock.advance(67)  # up to 6 s until the lane looks, and a minute that a receiver may ask for
        await world.counted("failed", 2)
        await clock.advance(60)
        assert world.count("failed") == 2  # the next is due in five minutes


async def test_a_clock_that_is_set_back_keeps_no_endpoint_closed(receiver: Receiver) -> None:
    clock = SetBack()
    receiver.answers["/"] = 500
    async with running(clock=clock) as world:
        await world.subscribe(receiver.url + "/")
        await world.happen("a", "b", "c", "d", "e")
        await world.counted("failed", 5)
        receiver.answers["/"] = 204
        clock.off = timedelta(hours=-6)
        await world.happen("f")
        await clock.advance(31)
        await world.counted("delivered", 1)
