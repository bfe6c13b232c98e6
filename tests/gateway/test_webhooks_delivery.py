"""Attempts: when, how often, and what counts as an answer."""

from datetime import UTC, datetime, timedelta
from itertools import cycle

import msgspec
import pytest
from aiohttp import web
from cloudevents.core.bindings.http import HTTPMessage, from_http_event
from standardwebhooks.webhooks import Webhook as Reader

from gateway.outbound.post import MAX_RESPONSE
from gateway.outbound.schedule import LIVE, RECORDS
from gateway.store.deliveries import DeliveryState, WebhookStatus
from gateway.store.memory import MemoryStore
from gateway.webhooks.spec import WebhookSpec
from schemas.ids import Cursor
from tests.fakes import FakeClock, until
from tests.gateway.webhook_world import Receiver, World


async def test_a_delivery_is_signed_and_well_formed_for_independent_readers(receiver: Receiver) -> None:
    world = World(MemoryStore(), FakeClock(datetime.now(UTC)))  # the reader compares with the real time
    await world.deliverer.start()
    made = await world.subscriptions.create(WebhookSpec(url=f"{receiver.url}/hook"), "test")
    await world.happen("i1")
    got = await receiver.next()
    assert got.path == "/hook"
    Reader(made.secret).verify(got.body, {name.lower(): value for name, value in got.headers.items()})
    read = from_http_event(HTTPMessage(got.headers, got.body))
    assert read.get_id() == got.headers["webhook-id"] == "evt_1"
    assert read.get_type() == "dev.trunkline.interaction.held"
    assert read.get_data() == msgspec.json.decode((await world.store.read(Cursor(0), 1))[0].body)
    await world.counted("delivered", 1)
    await world.deliverer.stop()


CHANCES = {
    "never early nor late": (0.5,),
    "always early": (0.0,),
    "always late": (1.0,),
    "as it comes": (0.9, 0.1, 0.7, 0.3, 0.6, 0.2, 0.8, 0.4, 0.99, 0.01),
}


@pytest.mark.parametrize("chances", CHANCES.values(), ids=CHANCES.keys())
async def test_a_record_is_tried_ten_times_over_75_hours_and_then_is_dead(
    world: World, receiver: Receiver, chances: tuple[float, ...]
) -> None:
    receiver.answers["/"] = 500
    hook = await world.subscribe(receiver.url + "/")
    chance = cycle(chances)
    world.chance = drawn = next(chance)
    await world.happen("i1")
    begun, times = world.clock.now(), []
    for number, planned in enumerate(RECORDS, 1):
        wait = planned * (0.8 + 0.4 * drawn)
        if wait:
            world.chance = drawn = next(chance)
            await world.clock.advance(wait - 1)
            assert receiver.got.empty()
            await world.clock.advance(1)
        assert await receiver.events(1) == [1]
        times.append(world.clock.now() - begun)
        await until(lambda number=number: world.count("failed") + world.count("dead") == number)  # type: ignore[misc]  # it is bound at once
        await world.clock.settle()
    whole = timedelta(hours=75, minutes=35, seconds=5)
    assert whole * 0.8 <= times[-1] <= whole * 1.2
    assert chances != (0.5,) or times[-1] == whole
    (delivery,) = await world.all(hook)
    assert (delivery.state, delivery.attempts, delivery.error) == (DeliveryState.DEAD, 10, "answered 500")
    await world.clock.advance(100 * 3600)
    assert receiver.got.empty()
    attempts = await world.subscriptions.attempts(hook, delivery.id)
    assert [(one.number, one.status, one.at - begun) for one in attempts] == [
        (number, 500, at) for number, at in enumerate(times, 1)
    ]


@pytest.mark.parametrize("chance", [0.0, 0.5, 1.0])
async def test_a_live_event_is_tried_for_less_than_a_minute(
    world: World, receiver: Receiver, chance: float
) -> None:
    receiver.answers["/"] = 503
    world.chance = chance
    hook = await world.subscribe(receiver.url + "/")
    await world.happen("i1", kind="interaction.alerting")
    begun = world.clock.now()
    expires = begun + timedelta(seconds=sum(LIVE) * 1.2 + 15)
    for number, planned in enumerate(LIVE, 1):
        wait = planned * (0.8 + 0.4 * chance)
        if wait:
            await world.clock.advance(wait - 0.1)
            assert receiver.got.empty()
            await world.clock.advance(0.1)
        body = msgspec.json.decode((await receiver.next()).body)
        assert datetime.fromisoformat(body["expirytime"]) == expires
        await until(lambda number=number: world.count("failed") + world.count("expired") == number)  # type: ignore[misc]
        await world.clock.settle()
    (delivery,) = await world.all(hook)
    assert (delivery.state, delivery.attempts) == (DeliveryState.EXPIRED, 5)
    assert world.clock.now() < expires
    await world.clock.advance(3600)
    assert receiver.got.empty()


async def test_what_was_missed_while_paused_comes_late_but_live_events_expire(
    world: World, receiver: Receiver
) -> None:
    hook = await world.subscribe(receiver.url)
    await world.subscriptions.pause(hook)
    await world.happen("i1", kind="interaction.alerting")
    await world.happen("i1", kind="interaction.connected")
    await world.clock.advance(3600)
    assert receiver.got.empty()
    await world.subscriptions.resume(hook)
    assert await receiver.events(1) == [2]
    await world.counted("expired", 1)
    assert [one.state for one in await world.all(hook, DeliveryState.EXPIRED)] == [DeliveryState.EXPIRED]


@pytest.mark.parametrize(
    ("status", "delivered"), [(200, True), (299, True), (300, False), (404, False), (500, False)]
)
async def test_only_2xx_is_success(world: World, receiver: Receiver, status: int, delivered: bool) -> None:  # noqa: FBT001
    receiver.answers["/"] = status
    await world.subscribe(receiver.url + "/")
    await world.happen("i1")
    await world.counted("delivered" if delivered else "failed", 1)


async def test_a_redirect_is_not_followed(world: World, receiver: Receiver) -> None:
    async def elsewhere(_request: web.Request) -> web.Response:
        return web.Response(status=307, headers={"location": f"{receiver.url}/elsewhere"})

    receiver.answers["/"] = elsewhere
    hook = await world.subscribe(receiver.url + "/")
    await world.happen("i1")
    await world.counted("failed", 1)
    assert (await receiver.next()).path == "/"
    assert receiver.got.empty()
    assert "not followed" in (await world.all(hook))[0].error


async def test_gone_disables_the_webhook_until_its_owner_resumes_it(world: World, receiver: Receiver) -> None:
    receiver.answers["/"] = 410
    hook = await world.subscribe(receiver.url + "/")
    await world.happen("i1")
    await world.counted("disabled", 1)
    view = world.subscriptions.get(hook)
    assert (view.status, view.reason) == (WebhookStatus.DISABLED, "it answered 410 Gone")
    await world.subscriptions.pause(hook)
    assert world.subscriptions.get(hook).status is WebhookStatus.DISABLED
    await world.happen("i2")
    await world.clock.advance(3600)
    receiver.answers["/"] = 204
    await world.subscriptions.resume(hook)
    await world.happen("i3")
    # What was queued goes on. 2 told operators that it is off, 3 came meanwhile.
    assert sorted(await receiver.events(3)) == [1, 1, 4]


async def test_a_receiver_can_ask_for_more_time(world: World, receiver: Receiver) -> None:
    async def busy(_request: web.Request) -> web.Response:
        return web.Response(status=429, headers={"retry-after": "40"})

    receiver.answers["/"] = busy
    await world.subscribe(receiver.url + "/")
    await world.happen("i1")
    await world.counted("failed", 1)
    await receiver.next()
    await world.clock.advance(39)
    assert receiver.got.empty()
    await world.clock.advance(1)
    await receiver.next()


async def test_a_receiver_cannot_put_us_off_for_longer_than_ten_minutes(
    world: World, receiver: Receiver
) -> None:
    async def away(_request: web.Request) -> web.Response:
        return web.Response(status=503, headers={"retry-after": "Tue, 02 Mar 2060 09:00:00 GMT"})

    receiver.answers["/"] = away
    await world.subscribe(receiver.url + "/")
    await world.happen("i1")
    await receiver.next()
    await world.counted("failed", 1)
    for number in range(2, 15):  # it is no word on the event, which uses up none of its attempts
        await world.clock.advance(599)
        assert receiver.got.empty()
        await world.clock.advance(1)
        await receiver.next()
        await world.counted("failed", number)


async def test_a_receiver_that_is_not_there_is_a_failure_like_any(world: World, receiver: Receiver) -> None:
    hook = await world.subscribe("http://127.0.0.1:1/")
    await world.happen("i1")
    await world.counted("failed", 1)
    (delivery,) = await world.all(hook)
    (attempt,) = await world.subscriptions.attempts(hook, delivery.id)
    assert attempt.status is None
    assert "ClientConnectorError" in attempt.error
    assert receiver.got.empty()


async def test_an_answer_is_kept_up_to_a_bound_and_redacted(world: World, receiver: Receiver) -> None:
    async def chatty(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(status=500)
        await response.prepare(request)
        await response.write(b"no customer +4915112345678 ")
        for _ in range(100):
            await response.write(b"x" * 10_000)
        return response

    receiver.answers["/"] = chatty
    hook = await world.subscribe(receiver.url + "/")
    await world.happen("i1")
    await world.counted("failed", 1)
    (attempt,) = await world.subscriptions.attempts(hook, (await world.all(hook))[0].id)
    assert attempt.response.startswith("no customer +491********78 xxx")
    assert len(attempt.response) <= MAX_RESPONSE
