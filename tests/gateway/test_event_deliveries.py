"""What became of one event, for each webhook in sight that it was queued for."""

from gateway.security.access import Scope
from schemas.grants import Grant
from schemas.values import Json
from tests.fakes import until
from tests.gateway.handmade import Bench, bench, call
from tests.gateway.webhook_world import receiving


async def of_event(one: Bench, cursor: object, key: str = "") -> list[dict[str, Json]]:
    """Its deliveries, as the API tells them."""
    headers = {"Authorization": f"Bearer {key}"} if key else None
    reply = await one.request("GET", f"/v1/events/{cursor}/deliveries", headers=headers)
    assert reply.status == 200, reply
    told = reply.json()["deliveries"]
    assert isinstance(told, list)
    return [each for each in told if isinstance(each, dict)]


async def test_an_event_is_told_with_its_delivery_to_each_webhook_that_wanted_it() -> None:
    async with bench() as one, receiving() as receiver:
        for name, events in (("all", []), ("ends", ["interaction.ended"])):
            made = {"url": f"{receiver.url}/{name}", "id": name, "events": events}
            assert (await one.request("POST", "/v1/webhooks", made)).status == 201
        await one.shown(await one.page(), call())
        found: list[dict[str, Json]] = []
        told = (await one.request("GET", "/v1/events?type=interaction.created")).json()["events"]
        assert isinstance(told, list)
        (created,) = told
        assert isinstance(created, dict)
        while [each["state"] for each in found] != ["delivered"]:
            await receiver.next()
            found = await of_event(one, created["cursor"])
        assert [(each["webhook_id"], each["type"]) for each in found] == [("all", "interaction.created")]
        address = f"/v1/webhooks/all/deliveries/{found[0]['id']}/attempts"
        assert (await one.request("GET", address)).status == 200
        assert await of_event(one, 10**9) == []
        for none in ("none", "0", "1" * 30):
            assert (await one.request("GET", f"/v1/events/{none}/deliveries")).status == 404


async def test_a_webhook_that_is_not_theirs_to_see_is_not_told_of() -> None:
    async with bench() as one, receiving() as receiver:
        await one.request("POST", "/v1/webhooks", {"url": receiver.url})
        await one.shown(await one.page(), call())
        await until(lambda: not receiver.got.empty())
        _, narrow = await one.gateway.keys.create("a2", [Scope.ADMIN], Grant(agents=frozenset({"a2"})))
        _, wide = await one.gateway.keys.create("all", [Scope.ADMIN])
        cursor = one.gateway.store.last_cursor()
        assert await of_event(one, cursor, narrow) == []
        assert len(await of_event(one, cursor, wide)) == 1
