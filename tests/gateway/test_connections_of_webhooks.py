"""How receivers are connected to: proxies, authorities, our certificates, and TLS that fails, in words."""

import asyncio
import os
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from aiohttp import web
from structlog.testing import capture_logs
from yarl import URL

from gateway.config import Config
from gateway.outbound.profile import Environment, Profiles
from gateway.store.memory import MemoryStore
from gateway.webhooks.queryhook import check_addresses
from gateway.webhooks.spec import WebhookSpec
from schemas.errors import ConfigError, RefusedError
from schemas.values import Json
from tests.gateway.authority import Authority, Issued
from tests.gateway.connect_proxy import ConnectProxy, connect_proxy
from tests.gateway.name_server import NameServer, name_server
from tests.gateway.webhook_world import Receiver, World, running

NAME = "crm.example"


@pytest.fixture(autouse=True)
def around(monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine's own proxies are nobody's business here."""
    for name in os.environ:
        if name.lower() in {"http_proxy", "https_proxy", "no_proxy", "all_proxy"}:
            monkeypatch.delenv(name)


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    """Whom the receivers' certificates are by."""
    return Authority(tmp_path)


@pytest.fixture
async def names() -> AsyncIterator[NameServer]:
    """A name server that knows the receiver."""
    async with name_server() as made:
        made.names[NAME] = ["127.0.0.1"]
        made.ttl_s = 0
        yield made


@pytest.fixture
async def proxy() -> AsyncIterator[ConnectProxy]:
    """A proxy."""
    async with connect_proxy() as made:
        yield made


@asynccontextmanager
async def secured(
    issued: Issued, change: Callable[[ssl.SSLContext], object] = lambda _: None
) -> AsyncIterator[Receiver]:
    """A receiver that speaks TLS. Its `url` is with the port and without a host: put one in."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*issued)
    change(context)
    made = Receiver()
    app = web.Application()
    app.router.add_post("/{path:.*}", made.handle)
    runner = web.AppRunner(app, shutdown_timeout=0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
    made.url = f"https://{{}}:{runner.addresses[0][1]}/hook"
    try:
        yield made
    finally:
        await runner.cleanup()


@asynccontextmanager
async def gateway(
    names: NameServer, connections: dict[str, Json] | None = None, **webhooks: Json
) -> AsyncIterator[World]:
    """A deliverer that asks that name server; connections are configured by name."""
    config = Config.model_validate(
        {
            "look_ups": {"name_servers": [names.address]},
            "webhooks": {"connections": connections or {}, **webhooks},
        }
    )
    async with running(config=config) as world:
        yield world


async def tried(world: World, url: str, **fields: Json) -> str:
    """What comes of an attempt: nothing, or the error."""
    spec = WebhookSpec.model_validate({"url": url, **fields})
    made = await world.subscriptions.create(spec, "test")
    return (await world.subscriptions.test(made.webhook.id)).error


def trusting(authority: Authority, **more: Json) -> dict[str, Json]:
    return {"default": {"ca_file": str(authority.file), **more}}


# --- whom we believe, and what we show


async def test_an_authority_of_the_operators_own_is_believed_and_no_other(
    names: NameServer, authority: Authority, tmp_path: Path
) -> None:
    other = Authority(tmp_path, "Other Authority")
    connections: dict[str, Json] = {
        "ours": {"ca_file": str(authority.file)},
        "theirs": {"ca_file": str(other.file)},
    }
    async with secured(authority.issue(NAME)) as receiver, gateway(names, connections) as world:
        url = receiver.url.format(NAME)
        assert await tried(world, url, connection="ours") == ""
        wanted = f"TLS: wanted a certificate for {NAME} by an authority "
        assert await tried(world, url) == (
            f"{wanted}that this system trusts; was shown one by Test Authority, which is unknown;"
            " or it left out the certificates in between"
        )
        assert (await tried(world, url, connection="theirs")).startswith(
            f"{wanted}of theirs's ca_file; was shown"
        )


async def test_a_certificate_of_ours_is_shown_where_it_is_wanted(
    names: NameServer, authority: Authority
) -> None:
    def wants(context: ssl.SSLContext) -> None:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(authority.file)

    ours, locked = authority.issue("gateway"), authority.issue("gateway", password="sesame")
    foreign = Authority(authority.file.parent, "Foreign Authority").issue("gateway")
    connections: dict[str, Json] = {
        "none": {"ca_file": str(authority.file)},
        **{
            name: {
                "ca_file": str(authority.file),
                "certificate_file": str(one.certificate),
                "private_key_file": str(one.key),
                "private_key_password": "sesame" if one is locked else None,
            }
            for name, one in {"ours": ours, "locked": locked, "foreign": foreign}.items()
        },
    }
    async with secured(authority.issue(NAME), wants) as receiver, gateway(names, connections) as world:
        url = receiver.url.format(NAME)
        assert await tried(world, url, connection="ours") == ""
        assert await tried(world, url, connection="locked") == ""
        for name, what in (("none", "and was shown none"), ("foreign", "and did not accept ours")):
            error = await tried(world, url, connection=name)
            assert "client certificate" in error
            assert what in error or "hung up" in error  # whether its last word still comes is chance


async def test_nothing_of_a_connection_is_ever_shown(
    names: NameServer, authority: Authority, proxy: ConnectProxy
) -> None:
    ours = authority.issue("gateway", password="sesame")
    proxy.credentials = "me:p@ss/word"
    connections: dict[str, Json] = {
        "bank": {
            "proxy": f"http://me:p%40ss%2Fword@{proxy.address}",
            "ca_file": str(authority.file),
            "certificate_file": str(ours.certificate),
            "private_key_file": str(ours.key),
            "private_key_password": "sesame",
        }
    }
    with capture_logs() as logs:
        async with secured(authority.issue(NAME)) as receiver, gateway(names, connections) as world:
            assert await tried(world, receiver.url.format(NAME), connection="bank") == ""
            proxy.credentials = "me:other"
            world.deliverer._clients.clear()  # noqa: SLF001  # connections that are let in stay so
            error = await tried(world, receiver.url.format(NAME), connection="bank")
            assert error == "the proxy answered 407 Proxy Authentication Required"
            shown = msgspec.json.encode(world.subscriptions.all()).decode()
    assert '"connection":"bank"' in shown
    config = Config.model_validate({"webhooks": {"connections": connections}})
    for text in (shown, repr(logs), error, repr(config), config.model_dump_json()):
        for secret in ("p@ss", "p%40ss", "sesame", "PRIVATE KEY"):
            assert secret not in text
    assert str(ours.key) not in shown


async def test_files_that_change_are_used_and_those_that_cannot_be_are_not(
    names: NameServer, authority: Authority
) -> None:
    text = authority.file.read_bytes()
    other = Authority(authority.file.parent, "Other Authority").file.read_bytes()
    authority.file.write_bytes(other)
    async with secured(authority.issue(NAME)) as receiver, gateway(names, trusting(authority)) as world:
        made = await world.subscriptions.create(WebhookSpec(url=receiver.url.format(NAME)), "test")

        async def error() -> str:
            client = world.deliverer._clients[made.webhook.id]  # noqa: SLF001
            await client.close()  # as after a minute
            return (await world.subscriptions.test(made.webhook.id)).error

        assert "wanted a certificate" in await error()
        for content, works in ((text, True), (b"half a fi", True), (other, False), (text, True)):
            authority.file.write_bytes(content)
            changed_ns = authority.file.stat().st_mtime_ns + 1_000_000_000
            os.utime(authority.file, ns=(changed_ns, changed_ns))
            assert (await error() == "") is works, content[:30]


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"ca_file": "/nowhere/ca.pem"}, "webhooks.connections.bank.ca_file: cannot be read: No such file"),
        ({"ca_file": "{junk}"}, "webhooks.connections.bank.ca_file: cannot be used"),
        (
            {"certificate_file": "{junk}"},
            "webhooks.connections.bank.certificate_file, private_key_file: cannot be",
        ),
        (
            {"certificate_file": "{certificate}", "private_key_file": "{other_key}"},
            "certificate_file, private_key_file: cannot be used: KEY_VALUES_MISMATCH",
        ),
        (
            {"certificate_file": "{locked}", "private_key_file": "{locked_key}"},
            "private_key_file: cannot be used",
        ),
    ],
)
def test_files_that_cannot_be_used_are_told_at_the_start(
    authority: Authority, tmp_path: Path, wrong: dict[str, str], says: str
) -> None:
    (tmp_path / "junk").write_text("junk")
    one, other, locked = authority.issue("a"), authority.issue("b"), authority.issue("c", password="x")
    paths = {
        "junk": str(tmp_path / "junk"),
        "certificate": str(one.certificate),
        "other_key": str(other.key),
        "locked": str(locked.certificate),
        "locked_key": str(locked.key),
    }
    section = {name: value.format(**paths) for name, value in wrong.items()}
    config = Config.model_validate({"webhooks": {"connections": {"bank": section}}})
    with pytest.raises(ConfigError) as caught:
        check_addresses(config)
    assert says in str(caught.value)


@pytest.mark.parametrize(
    "wrong",
    [
        {"proxy": "https://me:secret@proxy:1"},
        {"proxy": "socks5://proxy:1"},
        {"proxy": "http://"},
        {"proxy": "http://proxy:1/path"},
        {"proxy": "http://proxy:secret/"},
        {"private_key_file": "x"},
        {"file": "x"},
    ],
)
def test_a_connection_that_cannot_be_is_refused_without_its_secrets(wrong: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"webhooks.connections") as caught:
        Config.model_validate({"webhooks": {"connections": {"bank": wrong}}})
    assert "'secret" not in str(caught.value).replace("secret@", "")


async def test_a_connection_is_the_operators_to_name(names: NameServer) -> None:
    async with gateway(names, {"bank": {"proxy": ""}}) as world:
        for name in ("banc", "/etc/passwd"):
            with pytest.raises(RefusedError, match=r"is not configured; there are: default, bank$"):
                await world.subscriptions.create(
                    WebhookSpec(url="http://127.0.0.1:9/", connection=name), "test"
                )
    hook = {"url": "http://127.0.0.1:9/", "secret": "whsec_" + "A" * 32, "connection": "banc"}
    config = Config.model_validate({"platforms": {"p": {"dialect": "x", "queries": {"webhook": hook}}}})
    with pytest.raises(ConfigError, match=r"p.queries.webhook.connection: 'banc' is not configured"):
        check_addresses(config)


async def test_a_connection_that_is_no_longer_configured_is_an_error_and_no_other_way(
    receiver: Receiver,
) -> None:
    store = MemoryStore()
    config = Config.model_validate({"webhooks": {"connections": {"bank": {"proxy": ""}}}})
    async with running(store, config=config) as world:
        spec = WebhookSpec(url=receiver.url, connection="bank")
        hook = (await world.subscriptions.create(spec, "test")).webhook.id
    async with running(store) as world:
        assert "'bank' is not configured" in (await world.subscriptions.test(hook)).error
        assert receiver.got.empty()


# --- TLS that fails, in words


async def test_what_was_wanted_and_what_was_shown(names: NameServer, authority: Authority) -> None:
    above = Authority(authority.file.parent, "Intermediate", authority)
    day = timedelta(days=1)
    cases = {
        "was shown one for other.example, 10.1.2.3": authority.issue("other.example", "10.1.2.3"),
        "for h0.example, h1.example, h2.example, h3.example, h4.example and 2 more": authority.issue(
            *(f"h{n}.example" for n in range(7))
        ),
        "was shown one that expired at 20": authority.issue(NAME, since=-3 * day, until=-2 * day),
        "was shown one that is valid from 20": authority.issue(NAME, since=day, until=2 * day),
        f"was shown one that is self-signed, by {NAME}": authority.self_signed(NAME),
        "was shown one by Intermediate, which is unknown; or it left out": above.issue(NAME),
        "": above.issue(NAME, chain=[above]),
    }
    async with gateway(names, trusting(authority)) as world:
        for says, issued in cases.items():
            async with secured(issued) as receiver:
                error = await tried(world, receiver.url.format(NAME))
            assert says in error
            assert error.startswith(
                f"TLS: wanted a certificate for {NAME} by an authority of default's"
            ) is bool(says)
            assert receiver.got.qsize() == (not says)  # nothing was sent to whoever was not believed


async def test_an_address_is_held_against_the_addresses_of_the_certificate(
    names: NameServer, authority: Authority
) -> None:
    async with gateway(names, trusting(authority)) as world:
        async with secured(authority.issue(NAME)) as receiver:
            error = await tried(world, receiver.url.format("127.0.0.1"))
            assert error.endswith(f"; was shown one for {NAME}")
        async with secured(authority.issue("127.0.0.1")) as receiver:
            assert await tried(world, receiver.url.format("127.0.0.1")) == ""


@asynccontextmanager
async def alarming(alert: int | None) -> AsyncIterator[int]:
    """The port of a receiver that ends TLS before it is there, with that alert or without a word."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(10_000)
        if alert is not None:
            writer.write(bytes([0x15, 3, 3, 0, 2, 2, alert]))  # RFC 5246, 7.2
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await server.wait_closed()


async def test_what_speaks_no_tls_or_an_old_one_is_told(
    names: NameServer, authority: Authority, receiver: Receiver
) -> None:
    async with gateway(names, trusting(authority)) as world:
        plain = receiver.url.replace("http://127.0.0.1", f"https://{NAME}")
        assert (
            await tried(world, plain)
            == "TLS: wanted TLS; was shown something else, as from a port for plain HTTP"
        )

        for alert, says in (
            (70, "TLS: wanted version 1.2 or newer; the receiver takes others only"),
            (
                40,
                "TLS: wanted version 1.2 or newer; found nothing in common, or it wants a client certificate",
            ),
            (112, f"TLS: wanted {NAME}; the receiver knows no such name"),
            (80, "TLS: tlsv1 alert internal error"),
            (None, "TLS: the receiver hung up while TLS was being agreed on"),
        ):
            async with alarming(alert) as port:
                assert (await tried(world, f"https://{NAME}:{port}/")).startswith(says)


async def test_a_delivery_and_a_query_say_the_same(names: NameServer, authority: Authority) -> None:
    async with (
        secured(authority.issue("other.example")) as receiver,
        gateway(names, trusting(authority)) as world,
    ):
        hook = (
            await world.subscriptions.create(WebhookSpec(url=receiver.url.format(NAME)), "test")
        ).webhook.id
        await world.happen("a")
        await world.counted("failed", 1)
        (delivery,) = await world.all(hook)
        assert delivery.error.endswith("was shown one for other.example")


# --- through a proxy


async def test_a_proxy_is_told_the_address_that_was_checked_and_tls_is_by_name(
    names: NameServer, authority: Authority, proxy: ConnectProxy
) -> None:
    connections = trusting(authority, proxy=proxy.url)
    async with secured(authority.issue(NAME)) as receiver, gateway(names, connections) as world:
        port = URL(receiver.url.format(NAME)).port
        tail = "?sig=a%2Fb%2Bc%3D&x=%40y"
        assert await tried(world, receiver.url.format(NAME) + tail) == ""
        got = await receiver.next()
        assert got.headers["Host"] == f"{NAME}:{port}"
        assert proxy.asked == [f"CONNECT 127.0.0.1:{port} HTTP/1.1"]
        error = await tried(world, receiver.url.format("127.0.0.1"))
        assert error.endswith(f"was shown one for {NAME}")


async def test_connections_through_a_proxy_are_kept(
    names: NameServer, authority: Authority, proxy: ConnectProxy
) -> None:
    connections = trusting(authority, proxy=proxy.url)
    async with secured(authority.issue(NAME)) as receiver, gateway(names, connections) as world:
        await world.subscribe(receiver.url.format(NAME))
        await world.happen("a", "a", "a")
        await receiver.events(3)
        assert len(proxy.asked) == 1


async def test_where_the_operator_says_so_a_proxy_is_told_the_name_of_what_was_checked(
    names: NameServer, authority: Authority, proxy: ConnectProxy
) -> None:
    connections = trusting(authority, proxy=proxy.url, proxy_by_name=True)
    async with secured(authority.issue(NAME)) as receiver, gateway(names, connections) as world:
        port = URL(receiver.url.format(NAME)).port
        proxy.routes[f"{NAME}:{port}"] = f"127.0.0.1:{port}"
        assert await tried(world, receiver.url.format(NAME)) == ""
        assert proxy.asked == [f"CONNECT {NAME}:{port} HTTP/1.1"]


@pytest.mark.parametrize("by_name", [False, True])
async def test_what_may_not_be_sent_to_may_not_be_through_a_proxy(
    names: NameServer,
    authority: Authority,
    proxy: ConnectProxy,
    by_name: bool,  # noqa: FBT001
) -> None:
    connections = trusting(authority, proxy=proxy.url, proxy_by_name=by_name)
    async with secured(authority.issue(NAME)) as receiver, gateway(names, connections) as world:
        hook = (
            await world.subscriptions.create(WebhookSpec(url=receiver.url.format(NAME)), "test")
        ).webhook.id
        names.names[NAME] = ["127.0.0.1", "169.254.169.254"]  # since it was made
        error = (await world.subscriptions.test(hook)).error
        assert "may not be sent to" in error
        assert proxy.asked == []
        for url in ("https://10.0.0.1/", "https://[::ffff:169.254.169.254]/", "http://192.0.2.1/"):
            with pytest.raises(RefusedError, match="address"):
                await world.subscriptions.create(WebhookSpec(url=url), "test")


async def test_the_proxys_own_name_may_lead_anywhere(
    names: NameServer, authority: Authority, proxy: ConnectProxy
) -> None:
    names.names["proxy.internal"] = ["127.0.0.1"]
    port = proxy.address.rpartition(":")[2]
    config: dict[str, Json] = {
        "server": {"host": "0.0.0.0"},  # noqa: S104  # so that loopback may not be sent to
        "look_ups": {"name_servers": [names.address]},
        "webhooks": {"connections": trusting(authority, proxy=f"http://proxy.internal:{port}")},
    }
    names.names[NAME] = ["93.184.216.34"]
    async with (
        secured(authority.issue(NAME)) as receiver,
        running(config=Config.model_validate(config)) as world,
    ):
        there = URL(receiver.url.format(NAME)).port
        proxy.routes[f"93.184.216.34:{there}"] = f"127.0.0.1:{there}"
        assert await tried(world, receiver.url.format(NAME)) == ""
        with pytest.raises(RefusedError, match="may not be sent to"):
            await world.subscriptions.create(WebhookSpec(url=f"https://proxy.internal:{there}/"), "test")


async def test_a_proxy_that_does_not_get_to_one_address_is_asked_for_the_next(
    names: NameServer, authority: Authority, proxy: ConnectProxy
) -> None:
    names.names[NAME] = ["127.0.0.2", "127.0.0.1"]
    async with (
        secured(authority.issue(NAME)) as receiver,
        gateway(names, trusting(authority, proxy=proxy.url)) as world,
    ):
        port = URL(receiver.url.format(NAME)).port
        proxy.refused = {f"127.0.0.2:{port}": "503 No Way"}
        assert await tried(world, receiver.url.format(NAME)) == ""
        proxy.refused = {f"127.0.0.{n}:{port}": "503 No Way" for n in (1, 2)}
        assert await tried(world, receiver.url.format(NAME)) == "the proxy answered 503 No Way"


async def test_a_proxy_that_is_not_there_is_named_as_what_is_missing(
    names: NameServer, authority: Authority
) -> None:
    async with connect_proxy() as gone:
        url = gone.url
    async with gateway(names, trusting(authority, proxy=url)) as world:
        assert (await tried(world, f"https://{NAME}/")).startswith("the proxy cannot be reached")


async def test_plain_http_goes_through_a_proxy_by_its_whole_address(
    names: NameServer, proxy: ConnectProxy, receiver: Receiver
) -> None:
    async with gateway(names, {"default": {"proxy": proxy.url}}) as world:
        url = receiver.url.replace("127.0.0.1", NAME)
        assert await tried(world, f"{url}/a?b=%2F") == ""
        assert proxy.asked == [f"POST {receiver.url}/a?b=%2F HTTP/1.1"]
        assert (await receiver.next()).headers["Host"] == url.removeprefix("http://")


@pytest.mark.parametrize("form", ["HTTPS_PROXY", "https_proxy"])
async def test_the_environment_says_whether_there_is_a_proxy(
    names: NameServer,
    authority: Authority,
    proxy: ConnectProxy,
    monkeypatch: pytest.MonkeyPatch,
    form: str,
) -> None:
    monkeypatch.setenv(form, f"http://me:secret@{proxy.address}")
    proxy.credentials = "me:secret"
    connections = {**trusting(authority), "direct": {"ca_file": str(authority.file), "proxy": ""}}
    async with secured(authority.issue(NAME)) as receiver:
        async with gateway(names, connections) as world:
            assert await tried(world, receiver.url.format(NAME)) == ""
            assert len(proxy.asked) == 1
            assert await tried(world, receiver.url.format(NAME), connection="direct") == ""
            assert len(proxy.asked) == 1
        monkeypatch.setenv("NO_PROXY", "other.example,.example")
        async with gateway(names, connections) as world:
            assert await tried(world, receiver.url.format(NAME)) == ""
            assert len(proxy.asked) == 1


@pytest.mark.parametrize(
    ("no", "address", "proxied"),
    [
        ("", "https://crm.example/", True),
        ("*", "https://crm.example/", False),
        ("crm.example", "https://crm.example/", False),
        ("CRM.example", "https://a.crm.example/", False),
        (".example", "https://crm.example./", False),
        ("*.example", "https://crm.example/", False),
        ("rm.example", "https://crm.example/", True),
        ("crm.example:443", "https://crm.example/", False),
        ("crm.example:8443", "https://crm.example/", True),
        ("10.0.0.0/8, 192.0.2.1", "https://10.1.2.3/", False),
        ("10.0.0.0/8,192.0.2.1", "https://192.0.2.1/", False),
        ("10.0.0.0/8", "https://11.1.2.3/", True),
        ("[::1]", "https://[::1]/", False),
        ("2001:db8::/32", "https://[2001:db8::5]/", False),
        (" , ,", "https://crm.example/", True),
        ("crm.example", "http://crm.example/", False),
    ],
)
def test_no_proxy_names_hosts_networks_and_ports(no: str, address: str, proxied: bool) -> None:  # noqa: FBT001
    said = {"https": "http://proxy:1", "http": "proxy:2", "no": no}
    found = Profiles(around=Environment(said)).get("").proxy(URL(address))
    assert (found is not None) is proxied
    if found is not None:
        assert str(found.url) == ("http://proxy:1" if address.startswith("https") else "http://proxy:2")


def test_a_proxy_of_the_environment_that_cannot_be_used_is_told_at_the_start() -> None:
    with pytest.raises(ConfigError, match="HTTPS_PROXY: must be the address of an HTTP proxy") as caught:
        Environment({"https": "socks5://me:secret@proxy:1"})
    assert "secret" not in str(caught.value)
