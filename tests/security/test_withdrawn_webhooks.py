"""A webhook whose key is over sends nothing more, loses nothing, and belongs to who resumes it."""

import pytest

from gateway.maintenance.upkeep import EVERY_S
from schemas.interaction import InteractionState
from schemas.values import Json
from tests.fakes import FakeClock, until
from tests.gateway.handmade import Bench, agent, bench, call
from tests.gateway.webhook_world import receiving
from tests.security.keyed import ask, boss, made
from tests.security.test_withdrawing import Withdraw, by_expiry, by_revoking, by_rotating


async def subscribed(standing: Bench, key: str, url: str, **more: Json) -> str:
    """The path of a webhook that is told of interactions."""
    spec: dict[str, Json] = {"url": url, "events": ["interaction.alerting", "interaction.connected"], **more}
    answer = await ask(standing, key, "POST", "/v1/webhooks", spec)
    assert answer.status == 201
    return f"/v1/webhooks/{answer.json()['webhook']['id']}"  # type: ignore[index]


async def status(standing: Bench, admin: str, path: str) -> str:
    """Of a webhook."""
    return (await ask(standing, admin, "GET", path)).text("status")


@pytest.mark.parametrize("withdraw", [by_revoking, by_expiry])
async def test_it_is_paused_and_whoever_resumes_it_has_it(withdraw: Withdraw) -> None:
    async with bench(clock=(clock := FakeClock())) as standing, receiving() as receiver:
        admin = await boss(standing)
        crm = await made(standing, admin, ttl_s=40)
        heir = await made(standing, admin, ttl_s=None)
        path = await subscribed(standing, str(crm["key"]), receiver.url)
        other = await subscribed(standing, admin, receiver.url + "/other")
        page = await standing.relay("a1", token=admin)
        await page.see(agent(), call())
        assert {(await receiver.next()).path for _ in range(2)} == {"/", "/other"}
        await withdraw(standing, admin, str(crm["id"]))
        await clock.advance(EVERY_S)
        await until(lambda: standing.gateway.deliverer.registry.all()[0].status == "paused")
        paused = await ask(standing, admin, "GET", path)
        assert paused.text("reason").startswith("the API key ")
        await page.see(call(state=InteractionState.CONNECTED))
        assert (await receiver.next()).path == "/other"
        assert await status(standing, admin, other) == "active"
        assert receiver.got.empty()
        assert (await ask(standing, str(heir["key"]), "POST", path + "/resume")).status == 200
        late = await receiver.next()
        assert late.path == "/"
        assert b"interaction.connected" in late.body  # it had waited
        [webhook, _] = standing.gateway.deliverer.registry.all()
        assert webhook.principal == f"key:{heir['id']}"
        assert webhook.reason == ""
        await clock.advance(EVERY_S)
        assert await status(standing, admin, path) == "active"


@pytest.mark.parametrize("end", ["pause", "resume"])
async def test_one_that_was_paused_before_is_had_by_who_resumes_it_too(end: str) -> None:
    async with bench(clock=(clock := FakeClock())) as standing:
        admin = await boss(standing)
        crm = await made(standing, admin)
        path = await subscribed(standing, str(crm["key"]), "http://127.0.0.1:9/hook")
        assert (await ask(standing, str(crm["key"]), "POST", f"{path}/{end}")).status == 200
        await by_revoking(standing, admin, str(crm["id"]))
        await clock.advance(EVERY_S)
        [webhook] = standing.gateway.deliverer.registry.all()
        assert webhook.status == "paused"
        assert (webhook.reason == "") == (end == "pause")  # its maker's reasons are his own
        assert (await ask(standing, admin, "POST", f"{path}/resume")).status == 200
        [webhook] = standing.gateway.deliverer.registry.all()
        assert webhook.principal != f"key:{crm['id']}"
        assert webhook.status == "active"


async def test_a_key_with_a_new_secret_keeps_its_webhooks() -> None:
    async with bench(clock=(clock := FakeClock())) as standing:
        admin = await boss(standing)
        crm = await made(standing, admin)
        path = await subscribed(standing, str(crm["key"]), "http://127.0.0.1:9/hook")
        await by_rotating(standing, admin, str(crm["id"]))
        await clock.advance(EVERY_S)
        assert await status(standing, admin, path) == "active"
        assert (await ask(standing, admin, "POST", f"{path}/resume")).status == 200  # it stays its maker's
        assert standing.gateway.deliverer.registry.all()[0].principal == f"key:{crm['id']}"
