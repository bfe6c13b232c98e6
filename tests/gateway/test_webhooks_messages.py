"""What a subscriber can have otherwise: headers of his own, binary mode, a public key, large events."""

import base64
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from aiohttp import web
from cloudevents.core.bindings.http import HTTPMessage, from_http_event
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from pydantic import ValidationError
from standardwebhooks.webhooks import Webhook as Reader

from gateway.config import Config
from gateway.outbound import headers, payload, signature
from gateway.store.base import Appended
from gateway.store.deliveries import WebhookMode
from gateway.store.memory import MemoryStore
from gateway.webhooks.spec import WebhookSpec
from gateway.webhooks.view import WebhookWithSecret
from schemas.ids import Cursor
from schemas.values import Json
from tests.fakes import START, FakeClock
from tests.gateway.webhook_world import Received, Receiver, World, running

KEY = "Bearer abcdef-0123456789"


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with running(MemoryStore(), FakeClock(datetime.now(UTC))) as made:  # readers compare with real time
        yield made


async def create(world: World, **fields: Json) -> WebhookWithSecret:
    return await world.subscriptions.create(WebhookSpec.model_validate(fields), "test")


def lower(got: Received) -> dict[str, str]:
    return {name.lower(): value for name, value in got.headers.items()}


# --- headers of his own


async def test_own_headers_are_sent_and_their_values_are_never_shown(
    world: World, receiver: Receiver
) -> None:
    own: dict[str, Json] = {"Authorization": KEY, "X-Tenant": "blue sky"}
    made = await create(world, url=receiver.url, headers=own)
    await world.happen("a")
    got = lower(await receiver.next())
    assert (got["authorization"], got["x-tenant"]) == (KEY, "blue sky")
    assert got["content-type"] == payload.CONTENT_TYPE
    shown = [made, world.subscriptions.get(made.webhook.id), world.subscriptions.all()]
    assert made.webhook.headers == ("authorization", "x-tenant")
    assert KEY.encode() not in msgspec.json.encode(shown)
    assert KEY not in repr(WebhookSpec.model_validate({"url": "https://x.example", "headers": own}))


async def test_headers_are_kept_by_a_change_that_does_not_name_them(world: World, receiver: Receiver) -> None:
    made = await create(world, url=receiver.url, headers={"x-tenant": "blue"})
    hook = made.webhook.id
    kept = await world.subscriptions.update(hook, WebhookSpec(url=receiver.url, name="crm"))
    assert (kept.headers, kept.name) == (("x-tenant",), "crm")
    none = await world.subscriptions.update(hook, WebhookSpec(url=receiver.url, headers={}))
    assert none.headers == ()


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        *(
            (name, "x", "set by the gateway")
            for name in (
                *("Host", "content-type", "Content-Length", "content-encoding", "Webhook-Id", "ce-id"),
                *("connection", "Transfer-Encoding", "te", "trailer", "upgrade", "keep-alive", "expect"),
                *("proxy-authorization", "accept-encoding", "user-agent", "date"),
            )
        ),
        ("x y", "x", "the name of a header"),
        ("x:", "x", "the name of a header"),
        ("x-é", "x", "the name of a header"),
        ("x\r\nhost", "x", "the name of a header"),
        ("", "x", "the name of a header"),
        ("x" * 101, "x", "the name of a header"),
        *(
            ("x-key", value, "visible ASCII")
            for value in (
                "secret\r\nhost: x",
                "secret\n",
                "\tsecret",
                "secret ",
                "",
                "s\0",
                "sécret",
                "s\x7f",
            )
        ),
        ("x-key", "x" * 9000, "at most 8192 bytes"),
    ],
)
def test_a_header_that_is_ours_or_malformed_is_refused_without_its_value(
    name: str, value: str, why: str
) -> None:
    with pytest.raises(ValidationError, match=why) as caught:
        WebhookSpec.model_validate({"url": "https://x.example", "headers": {name: value}})
    assert all("secret" not in one["msg"] for one in caught.value.errors())


def test_headers_have_a_bound_and_one_spelling() -> None:
    with pytest.raises(ValueError, match="at most 20 headers"):
        headers.checked({f"x-{n}": "x" for n in range(21)})
    with pytest.raises(ValueError, match="given twice"):
        headers.checked({"X-Key": "a", "x-key": "b"})
    assert headers.checked({"X-Key": "a b\tc"}) == {"x-key": "a b\tc"}


async def test_an_endpoint_that_repeats_a_secret_does_not_get_it_into_the_log(
    world: World, receiver: Receiver
) -> None:
    async def echo(request: web.Request) -> web.Response:
        _, _, key = request.headers["Authorization"].partition(" ")
        return web.Response(status=403, text=f"who is {key}? {request.headers['X-Key']} too; not ab")

    receiver.answers["/"] = echo
    own: dict[str, Json] = {"authorization": KEY, "x-key": "my pass phrase", "x-short": "ab"}
    made = await create(world, url=receiver.url + "/", headers=own)
    await world.happen("a")
    await world.counted("failed", 1)
    (delivery,) = await world.all(made.webhook.id)
    (attempt,) = await world.subscriptions.attempts(made.webhook.id, delivery.id)
    assert attempt.response == "who is [hidden]? [hidden] too; not ab"


# --- binary mode


async def test_a_binary_message_is_read_by_an_independent_reader_and_its_body_is_signed(
    world: World, receiver: Receiver
) -> None:
    made = await create(world, url=receiver.url, mode="binary")
    assert made.webhook.mode is WebhookMode.BINARY
    await world.happen("i1", kind="interaction.alerting")
    got = await receiver.next()
    journaled = (await world.store.read(Cursor(0), 1))[0].body
    assert got.body == journaled
    assert lower(got)["content-type"] == "application/json"
    assert Reader(made.secret).verify(got.body, lower(got)) == msgspec.json.decode(journaled)
    read = from_http_event(HTTPMessage(lower(got), got.body))
    assert (read.get_id(), read.get_source(), read.get_subject()) == ("evt_1", "/platforms/sales", "i1")
    assert (read.get_specversion(), read.get_type()) == ("1.0", "dev.trunkline.interaction.alerting")
    assert read.get_time() == world.clock.now()
    assert (read.get_extension("sequence"), read.get_extension("partitionkey")) == ("0000000001", "i1")
    expires = datetime.fromisoformat(str(read.get_extension("expirytime")))
    assert timedelta(seconds=40) < expires - world.clock.now() < timedelta(seconds=80)
    assert read.get_data() == msgspec.json.decode(journaled)
    assert (await world.subscriptions.test(made.webhook.id)).status == 204
    assert (await receiver.next()).headers["ce-type"] == "dev.trunkline.webhook.test"


def test_attributes_in_headers_are_percent_encoded() -> None:
    event = Appended(Cursor(5), "interaction.held", "sales", "s1", "anna", 'Zoë "1" 100%\t€', b"{}")
    message = payload.Packer(1024, None).pack(
        payload.Form(WebhookMode.BINARY), event, payload.Head("e", START)
    )
    assert message.headers["ce-subject"] == "Zo%C3%AB%20%221%22%20100%25%09%E2%82%AC"
    assert all(value.isascii() and value.isprintable() for value in message.headers.values())
    read = from_http_event(HTTPMessage(dict(message.headers), message.body))
    assert read.get_subject() == event.interaction_id


async def test_a_change_of_mode_is_for_what_is_sent_from_then_on(world: World, receiver: Receiver) -> None:
    made = await create(world, url=receiver.url)
    await world.happen("a")
    assert "ce-id" not in (await receiver.next()).headers
    await world.subscriptions.update(made.webhook.id, WebhookSpec(url=receiver.url, mode="binary"))
    await world.happen("b")
    assert (await receiver.next()).headers["ce-id"] == "evt_2"


# --- a public key


def verify(public_key: str, got: Received) -> int:
    """How many of the v1a signatures are by that key."""
    assert public_key.startswith("whpk_")
    key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public_key.removeprefix("whpk_")))
    told = lower(got)
    signed = f"{told['webhook-id']}.{told['webhook-timestamp']}.".encode() + got.body
    verified = 0
    for version, _, text in (one.partition(",") for one in told["webhook-signature"].split(" ")):
        if version == "v1a":
            try:
                key.verify(base64.b64decode(text), signed)
                verified += 1
            except InvalidSignature:
                continue
    return verified


async def test_who_holds_the_public_key_can_verify_and_rotation_overlaps(
    world: World, receiver: Receiver
) -> None:
    made = await create(world, url=receiver.url, ed25519=True)
    hook = made.webhook.id
    (old,) = made.webhook.public_keys
    assert world.subscriptions.get(hook).public_keys == (old,)  # it may be read ever after
    await world.happen("a")
    got = await receiver.next()
    assert verify(old, got) == 1
    Reader(made.secret).verify(got.body, lower(got))
    rotated = await world.subscriptions.rotate(hook)
    new, still = rotated.webhook.public_keys
    assert still == old
    await world.happen("b")
    got = await receiver.next()
    assert (verify(new, got), verify(old, got)) == (1, 1)
    for secret in (made.secret, rotated.secret):
        Reader(secret).verify(got.body, lower(got))
    await world.clock.advance(24 * 3600)
    await world.happen("c")
    got = await receiver.next()
    assert (verify(new, got), verify(old, got)) == (1, 0)
    assert world.subscriptions.get(hook).public_keys == (new,)
    shown = msgspec.json.encode([rotated, world.subscriptions.all()])
    assert b"whsk_" not in shown


async def test_key_pairs_come_and_go_with_a_change(world: World, receiver: Receiver) -> None:
    made = await create(world, url=receiver.url)
    hook = made.webhook.id
    assert made.webhook.public_keys == ()
    assert (await world.subscriptions.rotate(hook)).webhook.public_keys == ()
    paired = WebhookSpec(url=receiver.url, ed25519=True)
    (key,) = (await world.subscriptions.update(hook, paired)).public_keys
    assert (await world.subscriptions.update(hook, paired)).public_keys == (key,)
    await world.happen("a")
    assert verify(key, await receiver.next()) == 1
    assert (await world.subscriptions.update(hook, WebhookSpec(url=receiver.url))).public_keys == ()
    await world.happen("b")
    assert "v1a" not in (await receiver.next()).headers["webhook-signature"]


def test_a_signature_by_a_known_key_is_the_known_one() -> None:
    # RFC 8032, 7.1, test 1: the key pair.
    private = (
        signature.PRIVATE_PREFIX
        + base64.b64encode(
            bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
        ).decode()
    )
    public = bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
    assert signature.public_key(private) == "whpk_" + base64.b64encode(public).decode()
    # And its signature of nothing.
    expected = bytes.fromhex(
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
        "d25bf5f0595bbe24655141438e7a100b"
    )
    assert signature.by_private_key(private)(b"") == "v1a," + base64.b64encode(expected).decode()


# --- large events


def large(mode: WebhookMode, size: int, public_url: str | None = None) -> payload.Message:
    body = b'{"type":"interaction.held","note":"%s"}' % (b"x" * size)
    event = Appended(Cursor(5), "interaction.held", "sales", "s1", "anna", "i1", body)
    return payload.Packer(64 * 1024, public_url).pack(payload.Form(mode), event, payload.Head("e", START))


@pytest.mark.parametrize(
    ("public_url", "reference"),
    [
        (None, "/v1/events/5"),
        ("https://trunkline.example", "https://trunkline.example/v1/events/5"),
        ("https://example.net/gateway/", "https://example.net/gateway/v1/events/5"),
    ],
)
def test_what_is_too_large_goes_by_reference(public_url: str | None, reference: str) -> None:
    message = large(WebhookMode.STRUCTURED, 64 * 1024, public_url)
    read = from_http_event(HTTPMessage(dict(message.headers), message.body))
    assert (read.get_data(), read.get_extension("dataref")) == (None, reference)
    assert (read.get_id(), read.get_subject()) == ("e", "i1")
    message = large(WebhookMode.BINARY, 64 * 1024, public_url)
    assert (message.headers["ce-dataref"], message.body) == (reference, b"null")
    assert from_http_event(HTTPMessage(dict(message.headers), message.body)).get_data() is None
    secret = signature.new_secret()
    signed = signature.headers([signature.by_secret(secret)], "e", datetime.now(UTC), message.body)
    assert Reader(secret).verify(message.body, signed) is None


@pytest.mark.parametrize("mode", list(WebhookMode))
def test_what_fits_just_so_is_sent_whole(mode: WebhookMode) -> None:
    over = len(large(mode, 0).body)
    fits, not_so = large(mode, 64 * 1024 - over), large(mode, 64 * 1024 - over + 1)
    assert len(fits.body) == 64 * 1024
    assert b"dataref" not in fits.body
    assert "ce-dataref" not in fits.headers
    assert len(not_so.body) < 1000


async def test_the_limit_and_our_own_address_are_configured(receiver: Receiver) -> None:
    config = Config.model_validate(
        {"server": {"public_url": "https://gw.example"}, "webhooks": {"max_payload_bytes": 1024}}
    )
    async with running(config=config) as world:
        await create(world, url=receiver.url)
        await world.happen("x" * 2000)
        told = msgspec.json.decode((await receiver.next()).body)
        assert "data" not in told
        assert told["dataref"] == "https://gw.example/v1/events/1"


@pytest.mark.parametrize("url", ["ftp://x.example", "x.example", "https://x.example?q=1", "https://", "/v1"])
def test_an_address_of_ours_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(ValidationError, match="public_url"):
        Config.model_validate({"server": {"public_url": url}})
