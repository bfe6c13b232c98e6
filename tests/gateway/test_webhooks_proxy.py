"""Through a proxy: the same rules on addresses, and TLS with the receiver itself."""

import pytest
from yarl import URL

from gateway.config import Config
from gateway.outbound.profile import Environment, Profiles
from gateway.webhooks.spec import WebhookSpec
from schemas.errors import ConfigError, RefusedError
from schemas.ids import Ref
from schemas.queries import TransferData
from schemas.values import Json
from tests.gateway.authority import Authority
from tests.gateway.connect_proxy import ConnectProxy, connect_proxy
from tests.gateway.handmade import Ask
from tests.gateway.name_server import NameServer
from tests.gateway.secured import NAME, gateway, secured, tried, trusting
from tests.gateway.test_queries_hook import hooked
from tests.gateway.test_single_sign_on import signing_in
from tests.gateway.webhook_world import Receiver, running


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


async def test_an_identity_provider_is_asked_through_the_proxy_of_the_environment(
    proxy: ConnectProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", proxy.url)
    async with signing_in() as (login, _, browser):
        _, got = await browser().sign_in()
        assert got.status == 200, got
        assert proxy.asked[0] == f"GET {login.issuer}/.well-known/openid-configuration HTTP/1.1"


async def test_a_query_hook_takes_a_connection_and_plain_json_too(
    proxy: ConnectProxy, receiver: Receiver
) -> None:
    overrides: dict[str, Json] = {"webhooks": {"connections": {"bank": {"proxy": proxy.url}}}}
    kind = "application/json"
    async with hooked(receiver, overrides=overrides, connection="bank", content_type=kind) as (_, page):
        await page.say(Ask("t1", TransferData(), ref=Ref("c1")))
        assert (await receiver.next()).headers["Content-Type"] == kind
    assert proxy.asked == [f"POST {receiver.url}/ HTTP/1.1"]
