"""How receivers are connected to: whom we believe, what we show, and that it is the operator's to say."""

import os
import ssl
from pathlib import Path

import msgspec
import pytest
from structlog.testing import capture_logs

from gateway.config import Config
from gateway.outbound.egress import Egress
from gateway.queries.hook import check_addresses
from gateway.store.memory import MemoryStore
from gateway.webhooks.spec import WebhookSpec
from schemas.errors import ConfigError, RefusedError
from schemas.values import Json
from tests.gateway.authority import Authority
from tests.gateway.connect_proxy import ConnectProxy
from tests.gateway.name_server import NameServer
from tests.gateway.secured import NAME, gateway, secured, tried, trusting
from tests.gateway.webhook_world import Receiver, running

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
            world.deliverer._senders.clear()  # noqa: SLF001  # connections that are let in stay so
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
            client = world.deliverer._senders[made.webhook.id].client  # noqa: SLF001
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
        check_addresses(config.platforms, Egress.of(config))
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
        check_addresses(config.platforms, Egress.of(config))


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
