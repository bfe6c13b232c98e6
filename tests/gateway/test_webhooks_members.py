"""Events with fewer members, and bodies that are called plain JSON."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import msgspec
import pytest
from pydantic import ValidationError
from standardwebhooks.webhooks import Webhook as Reader

from gateway.outbound import members
from gateway.outbound.payload import CONTENT_TYPE
from gateway.store.base import Appended
from gateway.store.deliveries import Members
from gateway.store.memory import MemoryStore
from gateway.webhooks.spec import WebhookSpec
from schemas.ids import Cursor
from schemas.values import Json
from tests.fakes import START, FakeClock
from tests.gateway.webhook_world import Received, Receiver, World, running

BODY = (
    b'{"type":"interaction.held","id":"evt_1","cursor":1,"time":"2026-11-21T11:31:44Z","sequence":7,'
    b'"platform_id":"sales","vendor":{"dialect":"x","frame":{"a": 1.50}},"interaction":{"id":"i1",'
    b'"state":"held","parties":[{"name":"A","address":"1"},{"address":"2"}],'
    b'"data":{"account":4711,"a.b":1e3,"deep":{"x":null}}}}'
)
WHICH = b'{"type":"interaction.held","id":"evt_1","cursor":1,"time":"2026-11-21T11:31:44Z","sequence":7'


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with running(MemoryStore(), FakeClock(datetime.now(UTC))) as made:  # readers compare with real time
        yield made


@pytest.mark.parametrize(
    ("only", "rest"),
    [
        (("interaction.state",), b',"interaction":{"state":"held"}}'),
        (("vendor",), b',"vendor":{"dialect":"x","frame":{"a": 1.50}}}'),
        (("interaction.parties.name",), b',"interaction":{"parties":[{"name":"A"},{}]}}'),
        (("interaction.data.a.b",), b',"interaction":{"data":{"a.b":1e3}}}'),
        (("interaction.data", "interaction.data.account"), None),
        (("interaction.data.deep.x",), b',"interaction":{"data":{"deep":{"x":null}}}}'),
        (("interaction.state.deeper", "agent.id"), b',"interaction":{}}'),
    ],
)
def test_only_what_is_asked_for_is_sent_as_the_journal_has_it(
    only: tuple[str, ...], rest: bytes | None
) -> None:
    made = members.chosen(BODY, Members(only=only))
    if rest is not None:
        assert made == WHICH + rest
    else:
        assert msgspec.json.decode(made)["interaction"] == {
            "data": msgspec.json.decode(BODY)["interaction"]["data"]
        }


@pytest.mark.parametrize(
    ("omit", "gone"),
    [
        (("vendor",), b'"vendor":{"dialect":"x","frame":{"a": 1.50}},'),
        (("vendor.dialect",), b'"dialect":"x",'),
        (("interaction.data.a.b",), b'"a.b":1e3,'),
        (("interaction.parties.address",), b'"address":"2"'),
        (("agent", "interaction.id.x"), b""),
    ],
)
def test_what_is_omitted_is_gone_and_all_else_stays(omit: tuple[str, ...], gone: bytes) -> None:
    made = members.chosen(BODY, Members(omit=omit))
    wanted = BODY.replace(gone, b"").replace(
        b',"address":"1"', b"" if b"address" in gone else b',"address":"1"'
    )
    assert made == wanted


@pytest.mark.parametrize(
    "wrong",
    [
        {"omit": ["vendr"]},
        {"members": ["interacton.state"]},
        {"omit": ["id"]},
        {"omit": ["type.x"]},
        {"members": [""]},
        {"omit": ["vendor"] * 101},
        {"content_type": "text/json"},
    ],
)
def test_a_choice_that_cannot_be_is_refused_with_the_nearest_name(wrong: dict[str, Json]) -> None:
    with pytest.raises(ValidationError) as caught:
        WebhookSpec.model_validate({"url": "https://x.example", **wrong})
    assert "vendr" not in str(wrong) or "is it vendor?" in str(caught.value)


def test_who_shares_a_choice_shares_its_bytes_and_memory_is_bounded() -> None:
    slimmed = members.Slimmed()
    event = Appended(Cursor(1), "interaction.held", "sales", "s1", "anna", "i1", BODY)
    first = slimmed.body(event, Members(omit=("vendor",)))
    assert slimmed.body(event, Members(omit=("vendor",), after=Cursor(0))) is first
    assert slimmed.body(event, Members()) is BODY
    large = b'{"type":"x","vendor":"%s"}' % (b"x" * 1_000_000)
    for cursor in range(2, 20):
        slimmed.body(Appended(Cursor(cursor), "x", "", "", "", "", large), Members(omit=("agent",)))
    assert slimmed._size_bytes <= 4 * 1024 * 1024  # noqa: SLF001
    assert slimmed._size_bytes == sum(map(len, slimmed._made.values()))  # noqa: SLF001


async def subscribed(world: World, **fields: Json) -> tuple[str, str]:
    made = await world.subscriptions.create(WebhookSpec.model_validate(fields), "test")
    return made.webhook.id, made.secret


def verified(got: Received, secret: str) -> dict[str, Json]:
    headers = {name.lower(): value for name, value in got.headers.items()}
    Reader(secret).verify(got.body, headers)
    read: dict[str, Json] = msgspec.json.decode(got.body)
    return read


async def test_the_signature_is_over_what_is_sent(world: World, receiver: Receiver) -> None:
    _, whole = await subscribed(world, url=f"{receiver.url}/whole")
    _, slim = await subscribed(world, url=f"{receiver.url}/slim", members=["platform_id"])
    _, bare = await subscribed(world, url=f"{receiver.url}/bare", omit=["vendor"], mode="binary")
    await world.happen("a")
    got = {one.path: one for one in [await receiver.next() for _ in range(3)]}
    assert msgspec.convert(verified(got["/slim"], slim)["data"], dict[str, Json]).keys() == {
        "type",
        "id",
        "cursor",
        "time",
        "sequence",
    }
    assert verified(got["/whole"], whole)["data"] == verified(got["/bare"], bare)


@pytest.mark.parametrize("mode", ["structured", "binary"])
async def test_a_body_is_called_plain_json_for_who_parses_nothing_else(
    world: World, receiver: Receiver, mode: str
) -> None:
    _, secret = await subscribed(world, url=receiver.url, content_type="application/json", mode=mode)
    await world.happen("a")
    got = await receiver.next()
    assert got.headers["Content-Type"] == "application/json"
    verified(got, secret)
    await world.subscriptions.test(world.subscriptions.all()[0].id)
    assert (await receiver.next()).headers["Content-Type"] == "application/json"
    assert world.subscriptions.all()[0].content_type == "application/json"


async def test_the_default_stays(world: World, receiver: Receiver) -> None:
    _, secret = await subscribed(world, url=receiver.url)
    await world.happen("a")
    got = await receiver.next()
    assert got.headers["Content-Type"] == CONTENT_TYPE
    assert verified(got, secret)["data"] == msgspec.json.decode(
        (await world.store.read(Cursor(0), 1))[0].body
    )


async def test_an_id_has_one_content_whatever_is_chosen_between_two_attempts(
    world: World, receiver: Receiver
) -> None:
    await subscribed(world, url=f"{receiver.url}/", members=["platform_id"])
    receiver.answers["/"] = 500
    await world.happen("a")
    first = await receiver.next()
    await world.counted("failed", 1)
    receiver.answers["/"] = 204
    url = f"{receiver.url}/"
    for choice in ({"omit": ["vendor"]}, {}, {"members": ["agent_id"]}):
        spec = WebhookSpec.model_validate({"url": url, **choice})
        await world.subscriptions.update(world.subscriptions.all()[0].id, spec)
    again = await receiver.next()
    assert again.body == first.body
    await world.counted("delivered", 1)
    (delivery,) = await world.all(world.subscriptions.all()[0].id)
    await world.subscriptions.replay(delivery.webhook_id, delivery.id)
    assert (await receiver.next()).body == first.body


async def test_a_choice_outlives_a_restart(receiver: Receiver) -> None:
    store = MemoryStore()
    async with running(store) as world:
        await subscribed(world, url=receiver.url, omit=["agent_id"], content_type="application/json")
    async with running(store) as world:
        await world.happen("a")
        got = await receiver.next()
        assert got.headers["Content-Type"] == "application/json"
        assert world.subscriptions.all()[0].omit == ("agent_id",)


async def test_what_is_too_large_is_sent_once_it_is_small(world: World, receiver: Receiver) -> None:
    await subscribed(world, url=receiver.url, omit=["vendor"])
    cursor = world.store.last_cursor() + 1
    body = msgspec.json.encode(
        {"type": "interaction.held", "id": "e", "cursor": cursor, "time": START, "vendor": "x" * 100_000}
    )
    world.store.append(
        [Appended(Cursor(cursor), "interaction.held", "sales", "s1", "anna", "i1", body)],
        world.deliverer.committed,
    )
    await world.store.barrier()
    assert (await receiver.next()).event == cursor
