"""The parts of a delivery: when, signed how, saying what, to whom, about what."""

import base64
import socket
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address, ip_network

import aiohttp
import msgspec
import pytest
from aiohttp import web
from cloudevents.core.bindings.http import HTTPMessage, from_http_event
from gateway.outbound.config import ScheduleConfig
from standardwebhooks.webhooks import Webhook as Reader
from standardwebhooks.webhooks import WebhookVerificationError

from gateway.events.filters import look, types
from gateway.events.teams import Teams
from gateway.outbound import payload, signature
from gateway.outbound.egress import Egress
from gateway.outbound.schedule import LIVE, LIVE_TYPES, RECORDS, Schedule, retry_after_s
from gateway.store.base import Appended
from gateway.store.deliveries import Webhook, WebhookSecret
from gateway.webhooks import filters
from schemas.errors import RefusedError
from schemas.events import EVENTS, NO_PLATFORM, InteractionHeld, WebhookDisabled
from schemas.ids import AgentId, Cursor, EventId, InteractionId, PlatformId, RootId, SessionId, WebhookId
from schemas.interaction import Interaction, InteractionState
from tests.fakes import START

NOW = datetime.now(UTC)


def hook(**changes: object) -> Webhook:
    plain = Webhook(
        id=WebhookId("w"),
        url="https://crm.example",
        secrets=(WebhookSecret(secret="whsec_AAAA"),),
        created_at=NOW,
    )
    return msgspec.structs.replace(plain, **changes)


def appended(kind: str = "interaction.held", cursor: int = 5) -> Appended:
    return Appended(Cursor(cursor), kind, "sales", "s1", "anna", "i1", b"{}")


# --- when


def test_records_are_tried_for_three_days() -> None:
    assert len(RECORDS) == 10
    assert timedelta(seconds=sum(RECORDS)) == timedelta(hours=75, minutes=35, seconds=5)
    schedule = Schedule()
    waits = [schedule.wait_s(live=False, attempts=n, chance=0.5) for n in range(11)]
    assert waits == [*RECORDS, None]


def test_live_events_are_tried_for_less_than_a_minute() -> None:
    schedule = Schedule()
    assert [schedule.wait_s(live=True, attempts=n, chance=0.5) for n in range(6)] == [*LIVE, None]
    assert 44 < schedule.lifetime_s < 70
    assert set(EVENTS) > LIVE_TYPES


@pytest.mark.parametrize(("chance", "factor"), [(0.0, 0.8), (0.5, 1.0), (1.0, 1.2)])
def test_a_wait_is_spread_by_a_fifth(chance: float, factor: float) -> None:
    for attempts in range(10):
        wait = Schedule().wait_s(live=False, attempts=attempts, chance=chance)
        assert wait == pytest.approx(RECORDS[attempts] * factor)


def test_schedules_can_be_configured() -> None:
    schedule = Schedule.of(ScheduleConfig(records=[0, 1]))
    assert (schedule.records, schedule.live) == ([0, 1], LIVE)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("120", 120),
        ("Mon, 02 Mar 2026 09:01:00 GMT", 60),
        ("Mon, 02 Mar 2026 08:00:00 GMT", 0),
        ("soon", None),
        ("-5", None),
        ("Wed, 21 Oct 99999999999 07:28:00 GMT", None),
        ("9" * 400, 999_999_999_999),
        ("\u0663", None),
        ("", None),
    ],
)
def test_retry_after_is_read_in_both_forms(header: str | None, seconds: float | None) -> None:
    assert retry_after_s(header, START) == seconds


# --- signed how


def test_the_reference_reader_accepts_our_signature() -> None:
    secret, body = signature.new_secret(), '{"name":"Zoë"}'.encode()
    headers = signature.headers([signature.by_secret(secret)], "evt_1", datetime.now(UTC), body)
    assert Reader(secret).verify(body, headers) == {"name": "Zoë"}
    with pytest.raises(WebhookVerificationError):
        Reader(signature.new_secret()).verify(body, headers)
    with pytest.raises(WebhookVerificationError):
        Reader(secret).verify(body + b" ", headers)


def test_the_specifications_own_example_comes_out() -> None:
    # Standard Webhooks, reference libraries' shared test vector.
    by = signature.by_secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    at = datetime.fromtimestamp(1614265330, UTC)
    made = signature.headers([by], "msg_p5jXN8AQM9LWM0D4loKWxJek", at, b'{"test": 2432232314}')
    assert made["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_secret_is_long_random_and_of_the_known_form() -> None:
    first, second = signature.new_secret(), signature.new_secret()
    assert first != second
    assert len(signature.key_of(first)) == 32
    for wrong in ("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_***", "whsec_abc"):
        with pytest.raises(ValueError, match="secret"):
            signature.key_of(wrong)


def test_during_a_rotation_either_secret_verifies_and_an_expired_one_does_not() -> None:
    new, old, older = (signature.new_secret() for _ in range(3))
    webhook = hook(
        secrets=(
            WebhookSecret(secret=new),
            WebhookSecret(secret=old, expires_at=NOW + timedelta(hours=1)),
            WebhookSecret(secret=older, expires_at=NOW),
        )
    )
    now = datetime.now(UTC)  # the reader has a clock of its own
    headers = signature.headers(signature.signers(webhook, NOW), "evt_1", now, b"{}")
    for secret in (new, old):
        Reader(secret).verify(b"{}", headers)
    with pytest.raises(WebhookVerificationError):
        Reader(older).verify(b"{}", headers)


# --- saying what


def held() -> tuple[Appended, InteractionHeld]:
    interaction = Interaction(
        id=InteractionId("i1"),
        root_id=RootId("r1"),
        platform_id=PlatformId("sales"),
        session_id=SessionId("s1"),
        agent_id=AgentId("anna"),
        state=InteractionState.HELD,
        data={"name": 'Zoë "Z"', "n": [1, {"a": None}]},
    )
    event = InteractionHeld(
        id=EventId("evt_1"),
        cursor=Cursor(5),
        time=NOW,
        platform_id=PlatformId("sales"),
        sequence=7,
        interaction=interaction,
    )
    return appended()._replace(body=msgspec.json.encode(event)), event


def test_an_independent_reader_finds_the_event_in_the_envelope() -> None:
    record, event = held()
    body = payload.envelope(record, payload.head(record.body), NOW + timedelta(minutes=1))
    read = from_http_event(HTTPMessage({"content-type": payload.CONTENT_TYPE}, body))
    assert read.get_specversion() == "1.0"
    assert (read.get_id(), read.get_source(), read.get_subject()) == ("evt_1", "/platforms/sales", "i1")
    assert read.get_type() == "dev.trunkline.interaction.held"
    assert read.get_time() == NOW
    assert read.get_datacontenttype() == "application/json"
    assert read.get_extension("sequence") == "0000000007"
    assert read.get_extension("partitionkey") == "i1"
    assert datetime.fromisoformat(str(read.get_extension("expirytime"))) == NOW + timedelta(minutes=1)
    assert msgspec.convert(read.get_data(), InteractionHeld) == event


def test_the_event_is_sent_byte_for_byte_as_it_was_journaled() -> None:
    record, _ = held()
    assert payload.envelope(record, payload.head(record.body)).endswith(b',"data":' + record.body + b"}")


def test_what_does_not_apply_is_left_out() -> None:
    record = Appended(
        Cursor(1),
        "platform.notice",
        "sales",
        "",
        "",
        "",
        b'{"type":"platform.notice","id":"e","time":"2026-03-02T09:00:00Z"}',
    )
    read = msgspec.json.decode(payload.envelope(record, payload.head(record.body)))
    assert sorted(read) == sorted(
        ["specversion", "id", "source", "type", "time", "datacontenttype", "partitionkey", "data"]
    )
    assert read["partitionkey"] == "sales"


def test_an_event_about_the_gateway_is_of_no_platform() -> None:
    event = WebhookDisabled(
        id=EventId("e"), time=NOW, platform_id=NO_PLATFORM, webhook_id=WebhookId("whk_1"), reason="it asked"
    )
    record = Appended(Cursor(1), "webhook.disabled", "", "", "", "", msgspec.json.encode(event))
    body = payload.envelope(record, payload.head(record.body))
    read = from_http_event(HTTPMessage({"content-type": payload.CONTENT_TYPE}, body))
    assert (read.get_source(), read.get_subject()) == ("/gateway", "whk_1")
    assert read.get_extension("partitionkey") == "gateway"


# --- about what


@pytest.mark.parametrize(
    ("patterns", "event", "wanted"),
    [
        ((), "interaction.held", True),
        (("*",), "agent.updated", True),
        (("interaction.*",), "interaction.held", True),
        (("interaction.*",), "agent.updated", False),
        (("interaction.held", "agent.*"), "interaction.held", True),
        (("interaction.held", "agent.*"), "interaction.retrieved", False),
    ],
)
def test_patterns_choose_types(patterns: tuple[str, ...], event: str, wanted: bool) -> None:  # noqa: FBT001
    assert filters.matcher(hook(events=patterns), Teams({}))(appended(event), look) is wanted


def test_platform_agent_and_beginning_choose_too() -> None:
    assert filters.matcher(hook(platform_ids=("sales",), agent_ids=("anna", "bert")), Teams({}))(
        appended(), look
    )
    assert not filters.matcher(hook(platform_ids=("support",)), Teams({}))(appended(), look)
    assert not filters.matcher(hook(agent_ids=("bert",)), Teams({}))(appended(), look)
    assert not filters.matcher(hook(from_cursor=Cursor(5)), Teams({}))(appended(cursor=5), look)
    assert filters.matcher(hook(from_cursor=Cursor(5)), Teams({}))(appended(cursor=6), look)


def test_a_team_that_is_configured_no_longer_lets_nothing_through() -> None:
    """Else a webhook for one team would be told of everybody after a change of the configuration."""
    assert not filters.matcher(hook(teams=("gone",)), Teams({}))(appended(), look)


@pytest.mark.parametrize("pattern", ["interaction", "interaction.", "call.*", "", "inter*", "*.held"])
def test_a_pattern_that_means_nothing_is_refused(pattern: str) -> None:
    with pytest.raises(RefusedError, match="there are no events"):
        types(["interaction.held", pattern])


# --- to whom


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",  # noqa: S104
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1",
        "fd00::1",
        "::ffff:10.0.0.1",
        "::ffff:169.254.169.254",
        "64:ff9b::a00:1",
        "2002:a00:1::",
        "ff02::1",
    ],
)
def test_our_own_networks_are_out_of_reach(address: str) -> None:
    assert not Egress().reachable(ip_address(address))
    host = f"[{address}]" if ":" in address else address
    with pytest.raises(RefusedError, match="may not be sent to"):
        Egress().check(f"https://{host}/hook")


def test_an_operator_can_allow_private_networks() -> None:
    egress = Egress([ip_network("10.0.0.0/8")])
    assert egress.reachable(ip_address("10.1.2.3"))
    assert egress.reachable(ip_address("::ffff:10.1.2.3"))
    assert not egress.reachable(ip_address("192.168.1.1"))
    egress.check("http://10.1.2.3:9000/hook")


@pytest.mark.parametrize(
    "url",
    [
        "ftp://crm.example/",
        "crm.example/hook",
        "https://",
        "https://user:secret@crm.example/",
        "https://crm.example/#part",
        "http://93.184.215.14/",
        "https://crm.example/" + "x" * 3000,
        "https://crm.example:99999/",
    ],
)
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(RefusedError, match="address"):
        Egress().check(url)


async def test_a_name_is_judged_by_where_it_leads() -> None:
    with pytest.raises(RefusedError, match="may not be sent to"):
        await Egress().check_resolved("https://localhost/hook")
    await Egress(loopback=True).check_resolved("http://localhost:9000/hook")
    with pytest.raises(RefusedError, match="not known"):
        await Egress().check_resolved("https://no-such-name.invalid/")
    with pytest.raises(RefusedError, match="must be https"):
        await Egress().check_resolved("http://93.184.215.14/hook")


async def test_a_connection_takes_5_seconds_at_most_and_all_of_it_15() -> None:
    async with Egress().session() as session:
        assert (session.timeout.connect, session.timeout.total) == (5, 15)


async def test_the_client_connects_only_to_what_was_checked(aiohttp_unused_port: int) -> None:
    served: list[str] = []

    async def receive(request: web.Request) -> web.Response:
        served.append(request.path)
        return web.Response()

    app = web.Application()
    app.router.add_post("/hook", receive)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", aiohttp_unused_port).start()
    url = f"http://localhost:{aiohttp_unused_port}/hook"
    async with Egress().session() as closed:
        with pytest.raises(aiohttp.ClientConnectorError):
            await closed.post(url)
    async with Egress(loopback=True).session() as open_to_us:
        assert (await open_to_us.post(url)).status == 200
    assert served == ["/hook"]
    await runner.cleanup()


@pytest.fixture
def aiohttp_unused_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_a_secret_in_plain_base64_is_not_taken_for_text() -> None:
    assert signature.key_of("whsec_" + base64.b64encode(b"k" * 24).decode()) == b"k" * 24
