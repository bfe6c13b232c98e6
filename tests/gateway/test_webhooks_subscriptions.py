"""What a subscriber can do with a webhook."""

import asyncio
from datetime import UTC, datetime

import msgspec
import pytest
from aiohttp import web
from standardwebhooks.webhooks import Webhook as Reader

from gateway.store.deliveries import DeliveryState
from gateway.store.memory import MemoryStore
from gateway.webhooks.spec import WebhookSpec
from gateway.webhooks.subscriptions import Subscriptions
from schemas.errors import RefusedError
from schemas.ids import DeliveryId
from schemas.results import ErrorCode
from tests.fakes import FakeClock
from tests.gateway.webhook_world import Receiver, World


async def test_a_webhook_gets_what_happens_from_its_making_on(world: World, receiver: Receiver) -> None:
    await world.happen("before")
    assert await world.store.deliveries.mark() == 0  # nobody subscribes: nothing is done
    await world.subscribe(receiver.url, ["interaction.held"])
    await world.happen("other", kind="interaction.retrieved")
    await world.happen("after")
    assert await receiver.events(1) == [3]
    assert await world.store.deliveries.mark() == 3


async def test_the_secret_is_told_once_and_rotation_overlaps_for_a_day(receiver: Receiver) -> None:
    world = World(MemoryStore(), FakeClock(datetime.now(UTC)))
    await world.deliverer.start()
    made = await world.subscriptions.create(WebhookSpec(url=receiver.url, name="crm"), "test")
    hook = made.webhook.id
    rotated = await world.subscriptions.rotate(hook)
    assert rotated.secret != made.secret
    told = msgspec.json.encode([world.subscriptions.get(hook), world.subscriptions.all(), rotated.webhook])
    assert b"whsec" not in told
    assert rotated.webhook.secrets == 2
    await world.happen("a")
    got = await receiver.next()
    headers = {name.lower(): value for name, value in got.headers.items()}
    for secret in (made.secret, rotated.secret):
        Reader(secret).verify(got.body, headers)
    await world.clock.advance(24 * 3600)
    assert world.subscriptions.get(hook).secrets == 1
    await world.happen("b")
    assert " " not in (await receiver.next()).headers["webhook-signature"]
    for _ in range(20):
        rotated = await world.subscriptions.rotate(hook)
    assert rotated.webhook.secrets == 10
    await world.deliverer.stop()


async def test_a_trial_tells_what_came_of_it_and_queues_nothing(world: World, receiver: Receiver) -> None:
    hook = await world.subscribe(receiver.url + "/")
    assert (await world.subscriptions.test(hook)).status == 204
    read = msgspec.json.decode((await receiver.next()).body)
    assert read["type"] == "dev.trunkline.webhook.test"
    receiver.answers["/"] = 500
    assert (await world.subscriptions.test(hook)).error == "answered 500"
    assert await world.all(hook) == []
    assert world.subscriptions.get(hook).failing_since is None


async def test_a_delivery_that_is_over_can_be_replayed(world: World, receiver: Receiver) -> None:
    hook = await world.subscribe(receiver.url)
    await world.happen("a", "b")
    await receiver.events(2)
    await world.counted("delivered", 2)
    one, two = await world.all(hook)
    for delivery in (one, two):
        await world.store.deliveries.put_deliveries(
            [msgspec.structs.replace(delivery, state=DeliveryState.DEAD)]
        )
    await world.subscriptions.replay(hook, one.id)
    assert await receiver.events(1) == [1]
    await world.counted("delivered", 3)
    assert world.deliverer.lag() == {hook: 0}


async def test_a_changed_address_takes_what_is_queued_along(world: World, receiver: Receiver) -> None:
    receiver.answers["/old"] = 500
    hook = await world.subscribe(f"{receiver.url}/old")
    await world.happen("a")
    await world.counted("failed", 1)
    await world.subscriptions.update(hook, WebhookSpec(url=f"{receiver.url}/new", events=["agent.*"]))
    await world.happen("b")
    await world.clock.advance(5)
    assert [(await receiver.next()).path for _ in range(2)] == ["/old", "/new"]
    assert world.subscriptions.get(hook).events == ("agent.*",)
    await world.counted("delivered", 1)
    assert receiver.got.empty()


async def test_a_webhook_deleted_during_an_attempt_is_gone_with_its_deliveries(
    world: World, receiver: Receiver
) -> None:
    never = asyncio.Event()

    async def hang(_request: web.Request) -> web.Response:
        await never.wait()
        return web.Response()

    receiver.answers["/"] = hang
    hook = await world.subscribe(receiver.url + "/")
    await world.happen("a")
    await receiver.next()
    await world.subscriptions.delete(hook)
    await world.clock.advance(3600)
    assert await world.all(hook) == []
    assert world.deliverer.problem() == ""
    for call in (
        world.subscriptions.test(hook),
        world.subscriptions.delete(hook),
        world.subscriptions.rotate(hook),
    ):
        with pytest.raises(RefusedError, match="no such webhook"):
            await call
    never.set()


@pytest.mark.parametrize(
    ("spec", "code"),
    [
        ({"url": "https://10.0.0.1/"}, ErrorCode.BAD_DESTINATION),
        ({"url": "gopher://127.0.0.1/"}, ErrorCode.BAD_DESTINATION),
        ({"url": "http://127.0.0.1/", "events": ["call.*"]}, ErrorCode.INVALID_COMMAND),
    ],
)
async def test_a_wrong_webhook_is_refused(world: World, spec: dict[str, object], code: ErrorCode) -> None:
    with pytest.raises(RefusedError) as caught:
        await world.subscriptions.create(WebhookSpec.model_validate(spec), "test")
    assert caught.value.code is code
    assert world.subscriptions.all() == []


async def test_webhooks_have_a_bound_and_deliveries_an_owner(receiver: Receiver) -> None:
    world = World(MemoryStore(), FakeClock())
    subscriptions = Subscriptions(world.store, world.clock, world.deliverer, 1)
    await world.deliverer.start()
    hook = await world.subscribe(receiver.url)
    with pytest.raises(RefusedError, match="1 webhooks already"):
        await subscriptions.create(WebhookSpec(url=receiver.url), "test")
    with pytest.raises(RefusedError, match="no such delivery"):
        await subscriptions.replay(hook, DeliveryId("unknown"))
    await world.deliverer.stop()
