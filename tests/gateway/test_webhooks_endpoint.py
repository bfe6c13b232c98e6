"""What is refused is not what is down, and a short outage costs seconds."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import pytest
from aiohttp import web

from gateway.store.deliveries import DeliveryState
from gateway.webhooks.replay import Replay, Replayable
from gateway.webhooks.spec import WebhookSpec
from schemas.events import WebhookFailing
from schemas.ids import WebhookId
from tests.fakes import until
from tests.gateway.webhook_world import Receiver, World

Answer = Callable[[web.Request], Awaitable[web.Response]]


def by_type(**statuses: int) -> Answer:
    async def answer(request: web.Request) -> web.Response:
        kind = str(msgspec.json.decode(await request.read())["data"]["type"]).rpartition(".")[2]
        return web.Response(status=statuses.get(kind, 204))

    return answer


async def make(world: World, url: str, **fields: Any) -> WebhookId:
    spec = WebhookSpec.model_validate({"url": url, **fields})
    return (await world.subscriptions.create(spec, "test")).webhook.id


async def over(world: World, hook: WebhookId, *, step_s: float = 1.0, most_s: float = 120.0) -> None:
    """Let time pass until nothing waits."""
    for _ in range(int(most_s / step_s)):
        await asyncio.sleep(0.005)  # the receiver's sockets are not of the clock's
        await world.clock.settle()
        if not world.deliverer.lag()[hook]:
            return
        await world.clock.advance(step_s)
    raise AssertionError("something still waits")


async def test_what_one_type_is_refused_delays_nobody(world: World, receiver: Receiver) -> None:
    receiver.answers["/"] = by_type(state_changed=400)
    hook = await world.subscribe(receiver.url + "/")
    for number in range(156):
        await world.happen(f"i{number % 7}", kind="agent.state_changed")
        await world.happen(f"i{number % 7}", kind="interaction.alerting")
    await world.counted("delivered", 156)
    assert world.count("failed") == 156
    assert world.clock.monotonic() == 0.0
    assert len(await world.all(hook, DeliveryState.PENDING)) == 156


async def test_many_that_wait_for_their_time_take_no_room_from_what_is_due(
    world: World, receiver: Receiver
) -> None:
    receiver.answers["/"] = by_type(held=422)
    hook = await world.subscribe(receiver.url + "/")
    await world.happen(*(f"i{n}" for n in range(2_500)))
    await world.counted("failed", 2_500)
    await world.happen("new", kind="interaction.connected")
    await world.counted("delivered", 1)
    assert world.deliverer.lag() == {hook: 2_500}
    receiver.answers["/"] = 204
    await world.clock.advance(7)
    await world.counted("delivered", 2_501)


async def test_a_receiver_that_takes_three_a_second_gets_them_and_none_expires(
    world: World, receiver: Receiver
) -> None:
    taken: Counter[int] = Counter()

    async def three(_request: web.Request) -> web.Response:
        second = int(world.clock.monotonic())
        taken[second] += 1
        return web.Response(status=204 if taken[second] <= 3 else 429, headers={"retry-after": "1"})

    receiver.answers["/"] = three
    hook = await world.subscribe(receiver.url + "/")
    await world.happen(*(f"i{n}" for n in range(90)), kind="interaction.alerting")
    await over(world, hook, most_s=60)
    assert world.count("delivered") == 90
    assert world.count("expired") == 0


async def test_a_rate_is_kept_and_after_a_rest_there_is_a_burst(world: World, receiver: Receiver) -> None:
    hook = await make(world, receiver.url, rate={"per_second": 2, "burst": 3})
    await world.happen(*(f"i{n}" for n in range(9)))
    await world.counted("delivered", 3)
    for seconds in range(1, 4):
        await world.clock.advance(0.4)
        await world.counted("delivered", 1 + 2 * seconds)
        await world.clock.advance(0.6)
        await world.counted("delivered", 3 + 2 * seconds)
    assert world.deliverer.lag() == {hook: 0}


async def test_statuses_that_are_final_are_not_tried_again(world: World, receiver: Receiver) -> None:
    receiver.answers["/"] = by_type(held=404, muted=400)
    hook = await make(world, receiver.url + "/", final_statuses=[404])
    await world.happen("a")
    await world.happen("a", kind="interaction.muted")
    await world.counted("dead", 1)
    await world.counted("failed", 1)
    (dead,) = await world.all(hook, DeliveryState.DEAD)
    assert (dead.attempts, dead.error) == (1, "answered 404, which is final")


async def test_a_receiver_that_restarts_for_eight_seconds_while_a_call_begins_gets_it_in_time(
    world: World, receiver: Receiver
) -> None:
    receiver.answers["/"] = 503
    hook = await world.subscribe(receiver.url + "/")
    await world.happen("a", kind="interaction.created")
    await world.counted("failed", 1)
    await world.happen("a", kind="interaction.alerting")
    await world.clock.advance(8)
    receiver.answers["/"] = 204
    await over(world, hook, most_s=15)
    got = [receiver.got.get_nowait().event for _ in range(receiver.got.qsize())]
    assert got[-2:] == [1, 2]
    assert {one.state for one in await world.all(hook)} == {DeliveryState.DELIVERED}


async def test_records_alone_too_are_delivered_seconds_after_a_restart(
    world: World, receiver: Receiver
) -> None:
    receiver.answers["/"] = 502
    hook = await world.subscribe(receiver.url + "/")
    await world.happen("a", "b", kind="interaction.created")
    await world.clock.advance(20)
    receiver.answers["/"] = 204
    await over(world, hook, most_s=20)


@pytest.mark.parametrize(
    ("order", "states"),
    [
        ("interaction", ["pending", "delivered", "pending"]),
        ("strict", ["pending", "expired", "pending"]),
        ("none", ["pending", "delivered", "delivered"]),
    ],
)
async def test_what_would_let_a_live_event_expire_is_passed_unless_the_order_is_strict(
    world: World, receiver: Receiver, order: str, states: list[str]
) -> None:
    receiver.answers["/"] = by_type(created=500, connected=500 if order != "none" else 204)
    hook = await make(world, receiver.url + "/", order=order)
    await world.happen("a", kind="interaction.created")
    await world.happen("a", kind="interaction.alerting")
    await world.happen("a", kind="interaction.connected")
    for _ in range(70):
        await world.clock.advance(1)
        await asyncio.sleep(0.005)  # the receiver's sockets are not of the clock's
    if order == "strict":
        for _ in range(30):
            await world.clock.advance(60)
            await asyncio.sleep(0.005)  # the receiver's sockets are not of the clock's
        assert (await world.all(hook))[0].state is DeliveryState.PENDING  # and the others wait for it
        return
    assert [one.state.value for one in await world.all(hook)] == states


@pytest.mark.parametrize("alerting", [204, 400])
async def test_nothing_is_passed_for_the_sake_of_a_live_event_that_is_over(
    world: World, receiver: Receiver, alerting: int
) -> None:
    receiver.answers["/"] = by_type(alerting=alerting, connected=500)
    hook = await make(world, receiver.url + "/", final_statuses=[400])
    for kind in ("created", "alerting", "connected", "held"):
        await world.happen("a", kind=f"interaction.{kind}")
    for _ in range(70):
        await world.clock.advance(1)
        await asyncio.sleep(0.005)  # the receiver's sockets are not of the clock's
    found = await world.all(hook)
    told = "delivered" if alerting == 204 else "dead"
    assert [one.state.value for one in found] == ["delivered", told, "pending", "pending"]
    assert found[2].attempts == 2


async def test_the_rhythm_of_live_events_uses_up_nothing_of_what_they_wait_for(
    world: World, receiver: Receiver
) -> None:
    receiver.answers["/"] = 500
    hook = await world.subscribe(receiver.url + "/")
    await world.happen("a", kind="interaction.created")
    await world.counted("failed", 1)
    await world.happen("a", kind="interaction.alerting")
    for seconds in range(1, 5):
        await world.clock.advance(seconds)
        await asyncio.sleep(0.01)  # the receiver's sockets are not of the clock's
    first = (await world.all(hook))[0]
    assert first.attempts > first.step


@pytest.mark.parametrize("how", ["put", "resume", "test", "replay", "pending"])
async def test_an_owner_can_have_what_waits_tried_now(world: World, receiver: Receiver, how: str) -> None:
    receiver.answers["/"] = 500
    hook = await world.subscribe(receiver.url + "/")
    await world.happen(*(f"i{n}" for n in range(6)))
    await world.counted("failed", 6)
    for _ in range(20):
        await world.clock.advance(1)
        await asyncio.sleep(0.005)  # the receiver's sockets are not of the clock's
    receiver.answers["/"] = 204
    one = (await world.all(hook, DeliveryState.PENDING))[0]
    match how:
        case "put":
            await world.subscriptions.update(hook, WebhookSpec(url=receiver.url + "/"))
        case "resume":
            await world.subscriptions.resume(hook)
        case "test":
            await world.subscriptions.test(hook)
        case "replay":
            await world.subscriptions.replay(hook, one.id)
            await world.clock.advance(600)
        case _:
            await world.subscriptions.replay_some(hook, Replay(states=frozenset({Replayable.PENDING})))
            await world.clock.advance(600)
    await world.counted("delivered", 6)


async def test_operators_are_told_at_once_that_an_endpoint_is_down_and_not_each_time(
    world: World, receiver: Receiver
) -> None:
    receiver.answers["/"] = 503
    hook = await world.subscribe(receiver.url + "/", ["interaction.*"])
    for turn in range(3):
        await world.happen(*(f"i{turn}-{n}" for n in range(8)))
        await until(lambda: world.count("failed") > 0)
        await world.clock.settle()
        receiver.answers["/"] = 204
        await over(world, hook)
        receiver.answers["/"] = 503
    told = [one for one in world.told if isinstance(one, WebhookFailing)]
    assert [(one.percent, one.error) for one in told] == [(0, "answered 503")]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308, 408])
async def test_who_sends_everything_elsewhere_is_down_and_loses_no_order(
    world: World, receiver: Receiver, status: int
) -> None:
    receiver.answers["/"] = status
    hook = await world.subscribe(receiver.url + "/", ["interaction.*"])
    await world.happen("a", kind="interaction.created")
    await world.happen("a", kind="interaction.connected")
    await world.happen(*(f"i{n}" for n in range(4)))
    await world.counted("failed", 5)
    assert [receiver.got.get_nowait().event for _ in range(5)] == [1, 3, 4, 5, 6]
    (told,) = (one for one in world.told if isinstance(one, WebhookFailing))
    assert (told.percent, told.error.partition(":")[0]) == (0, f"answered {status}")
    receiver.answers["/moved"] = 204
    await world.subscriptions.update(hook, WebhookSpec(url=receiver.url + "/moved", events=["interaction.*"]))
    await world.counted("delivered", 6)
    got = [receiver.got.get_nowait() for _ in range(receiver.got.qsize())]
    assert [one.event for one in got if one.path == "/moved" and one.event < 3] == [1, 2]


async def test_the_gauges_say_how_many_wait_and_for_how_long(world: World, receiver: Receiver) -> None:
    receiver.answers["/"] = 400
    hook = await world.subscribe(receiver.url + "/")
    await world.happen("a", "b")
    await world.counted("failed", 2)
    await world.clock.advance(3)
    shown = world.metrics.render().decode()
    assert f'trunkline_webhook_waiting{{webhook="{hook}"}} 2.0' in shown
    assert f'trunkline_webhook_oldest_s{{webhook="{hook}"}} 3.0' in shown
