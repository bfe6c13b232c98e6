"""A receiver's word on further attempts and on being sent to at all; what is told of what is given up."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from gateway.config import Config
from gateway.store.deliveries import DeliveryState, Rate, Webhook, WebhookSecret
from gateway.webhooks.endpoint import pace
from gateway.webhooks.spec import WebhookSpec
from schemas.errors import RefusedError
from schemas.events import WebhookExhausted
from schemas.ids import WebhookId
from schemas.results import ErrorCode
from schemas.values import Json
from tests.fakes import START, until
from tests.gateway.webhook_world import Receiver, World, running


def exhausted(world: World) -> list[WebhookExhausted]:
    return [one for one in world.told if isinstance(one, WebhookExhausted)]


# --- an answer's header


@pytest.mark.parametrize(("said", "tried_on"), [("no", False), ("False", False), ("yes", True), ("", True)])
@pytest.mark.parametrize("status", [400, 429, 503])
async def test_an_answer_may_say_that_there_is_to_be_no_further_attempt(
    receiver: Receiver, status: int, said: str, *, tried_on: bool
) -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(status=status, headers={"Webhook-Retry": said})

    receiver.answers["/hook"] = answer
    async with running() as world:
        hook = await world.subscribe(f"{receiver.url}/hook")
        await world.happen("i1")
        await receiver.next()
        if tried_on:
            await until(lambda: world.count("failed") == 1)
            (one,) = await world.all(hook)
            assert one.state is DeliveryState.PENDING
            return
        await until(lambda: world.count("dead") == 1)
        (one,) = await world.all(hook)
        assert (one.state, one.attempts) == (DeliveryState.DEAD, 1)
        assert "wants no further attempt" in one.error


# --- given up


async def test_operators_are_told_of_each_event_that_is_given_up(receiver: Receiver) -> None:
    receiver.answers["/bad"] = 400
    async with running() as world:
        spec = WebhookSpec(url=f"{receiver.url}/bad", name="crm", final_statuses=[400])
        hook = (await world.subscriptions.create(spec, "test")).webhook.id
        operators = await world.subscribe(f"{receiver.url}/operators", ["webhook.exhausted"])
        await world.happen("i1", "i2")
        await until(lambda: world.count("dead") == 2)
        told = exhausted(world)
        assert [(one.webhook_id, one.name, one.attempts) for one in told] == [(hook, "crm", 1)] * 2
        dead = {one.id: (one.type, one.cursor) for one in await world.all(hook, DeliveryState.DEAD)}
        assert {one.delivery_id: (one.of_type, one.of_cursor) for one in told} == dead
        assert "400" in told[0].error
        await until(lambda: world.count("delivered") == 2)
        assert {one.type for one in await world.all(operators)} == {"webhook.exhausted"}


async def test_two_receivers_that_are_away_do_not_tell_of_each_other_for_ever(receiver: Receiver) -> None:
    receiver.answers |= {"/one": 400, "/two": 400}
    async with running() as world:
        for name in ("one", "two"):
            spec = WebhookSpec(url=f"{receiver.url}/{name}", events=["*", "webhook.*"], final_statuses=[400])
            await world.subscriptions.create(spec, "test")
        await world.happen("i1")
        await until(lambda: world.count("dead") == 4)  # the event twice, and each told of the other's once
        assert len(exhausted(world)) == 2


async def test_what_there_was_no_room_for_is_told_of_as_well(receiver: Receiver) -> None:
    receiver.answers["/hook"] = 503
    config = Config.model_validate({"limits": {"webhook_backlog": 1}})
    async with running(config=config) as world:
        await world.subscribe(f"{receiver.url}/hook")
        await world.happen("i1", "i2", "i3")
        await until(lambda: len(exhausted(world)) == 2)
        assert {one.error for one in exhausted(world)} == {"too many deliveries were waiting"}
        assert {one.attempts for one in exhausted(world)} == {0}


# --- leave


class Asked:
    """A receiver that is asked for leave."""

    def __init__(self) -> None:
        self.headers: Mapping[str, str] = {}
        self.status = 200
        self.asked: list[Mapping[str, str]] = []
        self.url = ""

    async def options(self, request: web.Request) -> web.Response:
        """Give it or not."""
        self.asked.append(dict(request.headers))
        return web.Response(status=self.status, headers=self.headers)


@asynccontextmanager
async def asking() -> AsyncIterator[Asked]:
    made = Asked()
    app = web.Application()
    app.router.add_route("OPTIONS", "/hook", made.options)
    runner = web.AppRunner(app, shutdown_timeout=0)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        made.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
        yield made
    finally:
        await runner.cleanup()


PUBLIC = {"server": {"public_url": "https://gateway.example/base"}}


@pytest.mark.parametrize("origin", ["gateway.example", "*", "Gateway.Example"])
@pytest.mark.parametrize(("rate", "allowed"), [(None, 0), ("*", 0), ("120", 120)])
async def test_with_leave_a_webhook_is_made_and_keeps_to_it(
    origin: str, rate: str | None, allowed: int
) -> None:
    async with asking() as receiver, running(config=Config.model_validate(PUBLIC)) as world:
        receiver.headers = {"WebHook-Allowed-Origin": origin}
        if rate is not None:
            receiver.headers = {**receiver.headers, "WebHook-Allowed-Rate": rate}
        fields: dict[str, Json] = {"url": receiver.url, "handshake": True, "rate": {"per_second": 5}}
        made = await world.subscriptions.create(WebhookSpec.model_validate(fields), "test")
        (asked,) = receiver.asked
        assert asked["WebHook-Request-Origin"] == "gateway.example"
        assert asked["WebHook-Request-Rate"] == "300"
        assert made.webhook.allowed_per_minute == allowed
        kept = pace(world.deliverer.registry.get(made.webhook.id))
        assert kept == Rate(per_second=allowed / 60 if allowed else 5.0)


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        (200, {}),
        (200, {"WebHook-Allowed-Origin": "other.example"}),
        (405, {"WebHook-Allowed-Origin": "*"}),
        (302, {"WebHook-Allowed-Origin": "*", "Location": "/hook"}),
        (200, {"WebHook-Allowed-Origin": "*", "WebHook-Allowed-Rate": "0"}),
        (200, {"WebHook-Allowed-Origin": "*", "WebHook-Allowed-Rate": "many"}),
    ],
)
async def test_without_leave_there_is_no_webhook_and_none_is_moved_there(
    status: int, headers: dict[str, str]
) -> None:
    async with asking() as receiver, running(config=Config.model_validate(PUBLIC)) as world:
        receiver.status, receiver.headers = status, headers
        spec = WebhookSpec(url=receiver.url, handshake=True)
        with pytest.raises(RefusedError) as refused:
            await world.subscriptions.create(spec, "test")
        assert refused.value.code is ErrorCode.BAD_DESTINATION
        hook = await world.subscribe("http://127.0.0.1:9/elsewhere")
        with pytest.raises(RefusedError):
            await world.subscriptions.update(hook, spec)
        assert world.subscriptions.get(hook).url == "http://127.0.0.1:9/elsewhere"


async def test_an_operator_may_ask_for_leave_for_all_and_silence_is_none() -> None:
    config = Config.model_validate({"webhooks": {"require_handshake": True}})
    async with running(config=config) as world:
        with pytest.raises(RefusedError):
            await world.subscribe("http://127.0.0.1:9/hook")
    async with running() as world, asyncio.timeout(None):
        assert await world.subscribe("http://127.0.0.1:9/hook")  # else nobody is asked


def test_of_two_rates_the_slower_holds() -> None:
    def made(rate: Rate | None, allowed: int) -> Webhook:
        return Webhook(
            id=WebhookId("w"),
            url="",
            secrets=(WebhookSecret(secret=""),),
            created_at=START,
            rate=rate,
            allowed_per_minute=allowed,
        )

    assert pace(made(None, 0)) is None
    assert pace(made(None, 30)) == Rate(per_second=0.5)
    assert pace(made(Rate(per_second=0.1, burst=7), 30)) == Rate(per_second=0.1, burst=7)
    assert pace(made(Rate(per_second=9, burst=7), 30)) == Rate(per_second=0.5, burst=7)
