"""Making a webhook once, however often it is asked for: by a key of the caller's, and by an id of his."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from gateway.runtime.idempotency import LONGEST_KEY
from gateway.security.access import Scope
from gateway.store.sqlite import SqliteStore
from gateway.webhooks.spec import DeclaredWebhook
from schemas.errors import RefusedError
from schemas.results import ErrorCode
from schemas.values import Json
from tests.e2e.world import Reply
from tests.fakes import FakeClock
from tests.gateway.handmade import Bench, bench
from tests.gateway.webhook_world import Receiver, World, running

URL = "http://127.0.0.1:9/hook"


def asked(**fields: Json) -> DeclaredWebhook:
    return DeclaredWebhook.model_validate({"url": URL, **fields})


# --- by key


async def test_the_same_request_under_a_key_is_carried_out_once_and_answered_alike(world: World) -> None:
    first = await world.subscriptions.create(asked(name="a", headers={"x-key": "abcdef"}), "ops", "k1")
    again = await world.subscriptions.create(
        asked(name="a", events=[], headers={"X-Key": "abcdef"}), "ops", "k1"
    )
    assert again == first
    assert first.secret.startswith("whsec_")
    assert len(world.subscriptions.all()) == 1


@pytest.mark.parametrize(
    "other", [{"name": "b"}, {"name": "a", "headers": {"x-key": "other1"}}, {"name": "a", "id": "mine"}]
)
async def test_another_request_under_a_key_is_refused(world: World, other: dict[str, Json]) -> None:
    made = await world.subscriptions.create(asked(name="a", headers={"x-key": "abcdef"}), "ops", "k1")
    with pytest.raises(RefusedError, match=made.webhook.id) as caught:
        await world.subscriptions.create(asked(**other), "ops", "k1")
    assert caught.value.code is ErrorCode.CONFLICT
    assert "abcdef" not in caught.value.message
    assert len(world.subscriptions.all()) == 1


async def test_a_key_is_its_callers_own(world: World) -> None:
    first = await world.subscriptions.create(asked(), "ops", "k1")
    other = await world.subscriptions.create(asked(), "crm", "k1")
    assert first.webhook.id != other.webhook.id


async def test_two_at_once_make_one(world: World) -> None:
    made = await asyncio.gather(*(world.subscriptions.create(asked(), "ops", "k1") for _ in range(5)))
    assert len({(one.webhook.id, one.secret) for one in made}) == 1
    assert len(world.subscriptions.all()) == 1


async def test_a_secret_that_was_rotated_is_not_told_again(world: World) -> None:
    made = await world.subscriptions.create(asked(), "ops", "k1")
    await world.subscriptions.rotate(made.webhook.id)
    again = await world.subscriptions.create(asked(), "ops", "k1")
    assert (again.webhook.id, again.secret) == (made.webhook.id, "")


async def test_a_key_is_remembered_for_a_day_of_running_time(world: World) -> None:
    first = await world.subscriptions.create(asked(), "ops", "k1")
    await world.clock.advance(24 * 3600 - 1)
    assert (await world.subscriptions.create(asked(), "ops", "k1")).webhook.id == first.webhook.id
    await world.clock.advance(2)
    second = await world.subscriptions.create(asked(), "ops", "k1")
    assert second.webhook.id != first.webhook.id
    assert (await world.subscriptions.create(asked(), "ops", "k1")).webhook.id == second.webhook.id


async def test_a_key_holds_over_a_restart(tmp_path: Path) -> None:
    clock = FakeClock()
    async with running(SqliteStore(str(tmp_path / "a.db")), clock) as world:
        first = await world.subscriptions.create(asked(id="mine"), "ops", "k1")
    async with running(SqliteStore(str(tmp_path / "a.db")), clock) as world:
        assert await world.subscriptions.create(asked(id="mine"), "ops", "k1") == first
        with pytest.raises(RefusedError, match="used for another webhook"):
            await world.subscriptions.create(asked(id="mine", name="b"), "ops", "k1")


async def test_a_repeated_request_does_not_depend_on_the_name_server_nor_on_the_limit(world: World) -> None:
    world.subscriptions._limit = 1  # noqa: SLF001
    first = await world.subscriptions.create(asked(), "ops", "k1")
    world.deliverer.egress._loopback = False  # noqa: SLF001  # as if it could not be checked now
    world.deliverer.egress.check.cache_clear()
    assert await world.subscriptions.create(asked(), "ops", "k1") == first


async def test_a_key_that_is_too_long_is_refused(world: World) -> None:
    with pytest.raises(RefusedError, match="idempotency key"):
        await world.subscriptions.create(asked(), "ops", "k" * (LONGEST_KEY + 1))


# --- by id


async def test_a_deployment_declares_a_webhook_again_and_again(world: World) -> None:
    made = await world.subscriptions.create(asked(id="crm.orders-1", events=["agent.*", "webhook.*"]), "ops")
    again = await world.subscriptions.create(asked(id="crm.orders-1", events=["webhook.*", "agent.*"]), "ci")
    assert made.webhook.id == "crm.orders-1"
    assert (again.webhook, again.secret) == (made.webhook, "")
    await world.subscriptions.pause(made.webhook.id)
    paused = await world.subscriptions.create(asked(id="crm.orders-1", events=["agent.*", "webhook.*"]), "ci")
    assert paused.webhook.status == "paused"


@pytest.mark.parametrize(
    ("fields", "names"),
    [
        ({"name": "b"}, "name"),
        ({"url": "http://127.0.0.1:9/other", "mode": "binary"}, "url, mode"),
        ({"headers": {"x-key": "other1"}}, "headers"),
        ({"headers": None}, "headers"),
        ({"ed25519": True, "omit": ["vendor"]}, "ed25519, omit"),
        ({"rate": {"per_second": 3}, "order": "none"}, "order, rate"),
        ({"content": {"agent_id": "a"}, "final_statuses": [404]}, "content, final_statuses"),
        ({"content_type": "application/json", "members": ["agent_id"]}, "content_type, members"),
    ],
)
async def test_another_content_under_an_id_is_refused_and_what_differs_is_named(
    world: World, fields: dict[str, Json], names: str
) -> None:
    await world.subscriptions.create(asked(id="mine", headers={"x-key": "abcdef"}), "ops")
    with pytest.raises(RefusedError, match=f"differs in {names}$") as caught:
        await world.subscriptions.create(
            asked(**{"id": "mine", "headers": {"x-key": "abcdef"}, **fields}), "ops"
        )
    assert caught.value.code is ErrorCode.CONFLICT


async def test_two_that_declare_at_once_make_one_and_one_is_told_the_secret(world: World) -> None:
    made = await asyncio.gather(*(world.subscriptions.create(asked(id="mine"), "ops") for _ in range(5)))
    assert sorted(bool(one.secret) for one in made) == [False] * 4 + [True]


@pytest.mark.parametrize("wrong", ["", ".", "..", "a/b", "-a", "a b", "ä", "a" * 65, "a?b", "a%2Fb"])
def test_an_id_fits_into_an_address(wrong: str) -> None:
    with pytest.raises(ValueError, match="id"):
        asked(id=wrong)


async def test_an_id_that_was_deleted_can_be_used_again(world: World, receiver: Receiver) -> None:
    never = asyncio.Event()

    async def hang(_request: object) -> object:
        await never.wait()
        raise AssertionError

    receiver.answers["/old"] = hang  # type: ignore[assignment]  # it never answers
    made = await world.subscriptions.create(asked(id="mine", url=f"{receiver.url}/old"), "ops")
    await world.happen("a")
    await receiver.next()
    await world.subscriptions.delete(made.webhook.id)
    again = await world.subscriptions.create(asked(id="mine", url=f"{receiver.url}/new"), "ops")
    assert again.secret not in ("", made.secret)
    await world.clock.settle()
    await world.happen("b")
    got = await receiver.next()
    assert (got.path, got.event) == ("/new", 2)
    assert (await world.subscriptions.test(again.webhook.id)).status == 204
    assert world.deliverer.problem() == ""


# --- over HTTP


@asynccontextmanager
async def gateway() -> AsyncIterator[tuple[Bench, Mapping[str, str]]]:
    async with bench() as one:
        _, key = await one.gateway.keys.create("ops", list(Scope))
        yield one, {"Authorization": f"Bearer {key}"}


async def test_statuses_tell_what_was_made() -> None:
    async with gateway() as (one, ops):

        async def post(body: dict[str, Json], **more: str) -> Reply:
            return await one.request("POST", "/v1/webhooks", {"url": URL, **body}, {**ops, **more})

        made = await post({}, **{"Idempotency-Key": "k"})
        again = await post({}, **{"Idempotency-Key": "k"})
        assert (made.status, again.status, again.body) == (201, 201, made.body)
        assert (await post({"name": "x"}, **{"Idempotency-Key": "k"})).status == 409
        declared = await post({"id": "mine"})
        assert (declared.status, declared.json()["webhook"]["id"]) == (201, "mine")  # type: ignore[index]
        assert ((await post({"id": "mine"})).status, (await post({"id": "mine"})).json()["secret"]) == (
            200,
            "",
        )
        assert (await post({"id": "mine", "name": "x"})).status == 409
        assert (await post({"id": "a/b"})).status == 400
        put = await one.request("PUT", "/v1/webhooks/mine", {"url": URL, "name": "x"}, ops)
        assert put.status == 200
        assert (await post({"id": "mine", "name": "x"})).status == 200


# --- parameters that there are not


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("/v1/webhooks?state=dead", "'state' is no parameter of /v1/webhooks; there are: limit, page"),
        ("/v1/webhooks/mine/deliveries?stat=dead", "is it state?"),
        ("/v1/webhooks/mine/deliveries?cursor=4", "there are: state, after, limit"),
        ("/v1/webhooks/mine/deliveries?Limit=4", "is it limit?"),
        ("/v1/webhooks/mine/deliveries/d/attempts?limits=4", "is it limit?"),
        ("/v1/events?typ=agent.*", "is it type?"),
        ("/v1/events/stream?agents=a1", "is it agent?"),
        ("/v1/events/1?after=1", "'after' is no parameter"),
        ("/v1/sessions?platform_id=x", "is it platform?"),
        ("/v1/interactions?interactions=x", "is it interaction?"),
        ("/v1/interactions?snapshot=true", "'snapshot' is no parameter"),
        ("/v1/platforms?state=x", "'state' is no parameter"),
        ("/v1/needinfo?agent=x", "'agent' is no parameter"),
        (
            "/v1/events?type=agent.*&%3Cb%3E" + "x" * 99 + "=1",
            "'<b>xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx' is no",
        ),
    ],
)
async def test_a_parameter_that_there_is_not_is_refused_with_the_nearest_name(
    address: str, says: str
) -> None:
    async with gateway() as (one, ops):
        await one.request("POST", "/v1/webhooks", {"url": URL, "id": "mine"}, ops)
        answer = await one.request("GET", address, None, ops)
        assert answer.status == 400, answer
        assert says in str(answer.json()["detail"])
        assert (await one.request("GET", address)).status == 401  # who is asking comes first
