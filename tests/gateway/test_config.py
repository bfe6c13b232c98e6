"""The configuration: defaults, the environment over the file, and every mistake told with its place."""

import base64
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import pytest
from pydantic import SecretStr, ValidationError

from adapters.capabilities import Capabilities, exact
from adapters.dialect import Dialect, DialectSettings, LinkKind, PlatformConnection
from adapters.transports import Framing
from gateway.app import Gateway
from gateway.cli import checked
from gateway.commands.config import NeedInfoPolicy
from gateway.config import Config, load, platform_settings
from schemas.commands import COMMANDS
from schemas.errors import ConfigError
from schemas.events import PLATFORM_EVENTS
from schemas.ids import AgentId, PlatformId
from schemas.queries import QueryKind
from tests.gateway.echo import ECHO

Write = Callable[[str], Path]

WHOLE = """
server: {host: 0.0.0.0, port: 0}
store: {path: ":memory:", retention_days: 0.5}
platforms:
  sales:
    dialect: dialled
    url: wss://platform.example/agent
    settings: {tenant: acme, password: hunter2}
    facades: [dialled]
    needinfo: {policy: decline, human_timeout_s: 30}
    origins: ["https://crm.example", "http://localhost:3000"]
limits: {webhooks: 3}
webhooks:
  allow_private_networks: [10.0.0.0/8, "fd00::/8"]
  schedule: {live: [0, 1]}
log: {level: debug, format: console}
"""


class Settings(DialectSettings):
    """Of the made-up dialects."""

    tenant: str
    password: SecretStr = SecretStr("")


def no_connection(_settings: Settings, _agent: AgentId | None) -> PlatformConnection:
    raise AssertionError


def no_framing(_settings: Settings, _largest_bytes: int) -> Framing:
    raise AssertionError


def dialect(link: LinkKind) -> Dialect[Settings]:
    commands = MappingProxyType(dict.fromkeys(COMMANDS, exact("x")))
    events = MappingProxyType(dict.fromkeys(PLATFORM_EVENTS, exact("x")))
    return Dialect(
        name=link.value,
        title=link.value,
        settings=Settings,
        link=link,
        capabilities=Capabilities(commands, events, commands, events),
        platform_connection=no_connection,
    )


DIALECTS = {"dialled": dialect(LinkKind.DIAL), "relayed": dialect(LinkKind.RELAY)}
DIALECTS["polled"] = replace(DIALECTS["dialled"], polling=ECHO.polling)
DIALECTS["framed"] = replace(DIALECTS["dialled"], framing=no_framing)


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def run(text: str) -> Path:
        path = tmp_path / "trunkline.yaml"
        path.write_text(text, "utf-8")
        return path

    return run


def mistakes(run: Callable[[], object]) -> str:
    with pytest.raises(ConfigError) as caught:
        run()
    return str(caught.value)


def test_an_empty_file_gives_the_defaults(write: Write) -> None:
    config = load(write(""))
    assert (config.server.host, config.server.port, config.server.max_frame_bytes) == (
        "127.0.0.1",
        8080,
        2**20,
    )
    assert config.platforms == {}
    assert config.log.format == "json"


def test_everything_can_be_said(write: Write) -> None:
    config = load(write(WHOLE))
    sales = config.platforms[PlatformId("sales")]
    assert (sales.dialect, sales.url, sales.facades) == (
        "dialled",
        "wss://platform.example/agent",
        ["dialled"],
    )
    assert (sales.needinfo.policy, sales.needinfo.human_timeout_s) == (NeedInfoPolicy.DECLINE, 30)
    assert sales.needinfo.platform_timeout_s == 10
    assert [str(net) for net in config.webhooks.allow_private_networks] == ["10.0.0.0/8", "fd00::/8"]
    assert config.webhooks.schedule.live == [0, 1]
    assert config.store.path == ":memory:"


def test_the_environment_goes_over_the_file(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRUNKLINE_SERVER__PORT", "9000")
    monkeypatch.setenv("TRUNKLINE_PLATFORMS__SALES__SETTINGS__PASSWORD", "from-the-environment")
    config = load(write(WHOLE))
    assert (config.server.host, config.server.port) == ("0.0.0.0", 9000)  # noqa: S104
    assert config.platforms[PlatformId("sales")].settings == {
        "tenant": "acme",
        "password": "from-the-environment",
    }


def test_it_cannot_be_changed(write: Write) -> None:
    config = load(write(""))
    with pytest.raises(ValidationError, match="frozen"):
        config.server.port = 1


def test_every_mistake_is_told_with_file_and_place(write: Write) -> None:
    path = write(
        "server: {port: 70000, prot: 1}\nsevrer: {}\nlog: {level: loud}\n"
        "platforms: {Sales Team: {dialect: x}, a: {url: crm.example/a, origins: [crm.example/a],"
        " teams: {'a,b': [], sales: ['']}}}\n"
    )
    lines = mistakes(lambda: load(path)).splitlines()
    assert all(line.startswith(f"{path}: ") for line in lines)
    told = "\n".join(lines)
    for place in (
        "server.port",
        "server.prot",
        "sevrer",
        "log.level",
        "platforms.Sales Team",
        "platforms.a.dialect",
        "platforms.a.url",
        "platforms.a.origins",
        "platforms.a.teams.a,b",
        "platforms.a.teams.sales.0",
    ):
        assert f": {place}" in told


def test_a_mistake_does_not_print_the_value(write: Write) -> None:
    path = write("platforms: {a: {dialect: x, settings: hunter2}}")
    assert "hunter2" not in mistakes(lambda: load(path))


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("a: [", "not YAML"),
        ("- a", "mapping of sections"),
        ("1: a", "mapping of sections"),
        ("server: {port: 1}\nserver: {port: 2}", "given twice"),
        ("platforms: {a: {dialect: x}, a: {dialect: y}}", "given twice"),
        ("? [a]\n: b", "not YAML"),
    ],
)
def test_what_is_no_configuration_is_told(write: Write, text: str, what: str) -> None:
    path = write(text)
    told = mistakes(lambda: load(path))
    assert what in told
    assert str(path) in told


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    assert "No such file" in mistakes(lambda: load(tmp_path / "nowhere.yaml"))


def test_settings_become_their_dialects_own(write: Write) -> None:
    settings = platform_settings(load(write(WHOLE.replace("facades: [dialled]", "facades: []"))), DIALECTS)
    found = settings[PlatformId("sales")].own
    assert isinstance(found, Settings)
    assert (found.tenant, found.password.get_secret_value()) == ("acme", "hunter2")


def test_mistakes_in_platforms_are_told_together() -> None:
    config = Config.model_validate(
        {
            "platforms": {
                "a": {"dialect": "martian"},
                "b": {"dialect": "dialled", "settings": {"tenant": "t", "tenent": "t"}},
                "c": {"dialect": "relayed", "url": "ws://x", "settings": {}, "facades": ["relayed"]},
            }
        }
    )
    told = mistakes(lambda: platform_settings(config, DIALECTS)).splitlines()
    assert [line.partition(": ")[0] for line in told] == [
        "platforms.a.dialect",
        "platforms.b.url",
        "platforms.b.settings.tenent",
        "platforms.c.url",
        "platforms.c.facades",
        "platforms.c.settings.tenant",
    ]


@pytest.mark.parametrize(
    ("name", "url", "mistake"),
    [
        ("dialled", "wss://x", ""),
        ("dialled", "https://x", "must begin with one of ws://, wss://"),
        ("polled", "https://x/prefix", ""),
        ("polled", "ws://x", ""),
        ("polled", "tcp://x:1", "must begin with one of ws://, wss://, http://, https://"),
        ("framed", "tcp://x:1", ""),
        ("framed", "tcp://x", "needs a port"),
        ("framed", "http://x", "must begin with one of ws://, wss://, tcp://"),
    ],
)
def test_address_is_for_a_transport_that_the_dialect_declares(name: str, url: str, mistake: str) -> None:
    platform = {"dialect": name, "url": url, "settings": {"tenant": "t"}, "facades": []}
    config = Config.model_validate({"platforms": {"a": platform}})
    if not mistake:
        assert platform_settings(config, DIALECTS)
    else:
        assert mistakes(lambda: platform_settings(config, DIALECTS)) == f"platforms.a.url: {mistake}"


# --- queries

SECRET = "whsec_" + base64.b64encode(b"32 bytes that only the hook has!").decode()


def test_a_query_web_hook_is_read_and_its_secret_may_come_from_the_environment(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRUNKLINE_PLATFORMS__SALES__QUERIES__WEBHOOK__SECRET", SECRET)
    text = "platforms: {sales: {dialect: x, queries: {webhook: {url: 'https://crm.example'}}}}"
    queries = load(write(text)).platforms[PlatformId("sales")].queries
    assert queries.webhook is not None
    assert queries.webhook.secret.get_secret_value() == SECRET
    assert SECRET not in repr(queries)
    assert (queries.timeout_s, queries.webhook.timeout_s, queries.webhook.kinds) == (5.0, 4.0, None)


@pytest.mark.parametrize(
    ("queries", "place", "why"),
    [
        ("{webhook: {url: u, secret: hunter2}}", "webhook.secret", "begins with whsec_"),
        ("{webhook: {url: u, secret: whsec_hunter2!}}", "webhook.secret", "base64"),
        ("{webhook: {url: u, secret: whsec_aHVudGVyMg==}}", "webhook.secret", "24 to 64 bytes"),
        ("{webhook: {url: u}}", "webhook.secret", "required"),
        (f"{{webhook: {{url: u, secret: {SECRET}, kinds: [gossip]}}}}", "webhook.kinds", "transfer_data"),
        (f"{{webhook: {{url: u, secret: {SECRET}, timeout_s: 5}}}}", "", "less than the queries' 5 s"),
        (f"{{timeouts_s: {{screen_pop: 2}}, webhook: {{url: u, secret: {SECRET}}}}}", "", "queries' 2 s"),
        ("{timeout_s: 61}", "timeout_s", "less than or equal to 60"),
        ("{timeout_s: 0}", "timeout_s", "greater than 0"),
    ],
)
def test_mistakes_in_queries_are_told_without_the_value(
    write: Write, queries: str, place: str, why: str
) -> None:
    path = write(f"platforms: {{a: {{dialect: x, queries: {queries}}}}}")
    told = mistakes(lambda: load(path))
    assert f"{path}: platforms.a.queries{'.' if place else ''}{place}" in told
    assert why in told
    assert "hunter2" not in told


def test_a_query_web_hook_of_some_kinds_is_held_to_their_deadlines_only(write: Write) -> None:
    hook = f"{{url: u, secret: {SECRET}, kinds: [screen_pop], timeout_s: 7}}"
    queries = f"{{timeouts_s: {{screen_pop: 8}}, webhook: {hook}}}"
    found = load(write(f"platforms: {{a: {{dialect: x, queries: {queries}}}}}"))
    assert found.platforms[PlatformId("a")].queries.within_s(QueryKind.SCREEN_POP) == 8


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("u", "must be an http(s) address"),
        ("https://10.0.0.1/x", "may not be sent to"),
        ("http://93.184.216.34/x", "must be https"),
        ("https://me:hunter2@crm.example/x", "credentials"),
    ],
)
def test_a_query_web_hook_must_be_somewhere_that_may_be_sent_to(write: Write, url: str, why: str) -> None:
    queries = f"{{webhook: {{url: {url!r}, secret: {SECRET}}}}}"
    path = write(f"platforms: {{a: {{dialect: softswitch, queries: {queries}}}}}")
    for told in mistakes(lambda: Gateway(load(path))), mistakes(lambda: checked.load(path)):
        assert "platforms.a.queries.webhook.url: " in told
        assert why in told
        assert "hunter2" not in told
