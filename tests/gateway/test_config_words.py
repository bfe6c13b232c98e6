"""What is wrong with a configuration: file, line, key, nearest name, in our words. And paths in it."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest
import yaml
from jsonschema import Draft202012Validator

from gateway.cli import checked, config_schema
from gateway.config import Config, load
from gateway.runtime.environment import Environment
from schemas.errors import ConfigError

ROOT: Final = Path(__file__).parents[2]
SCHEMA: Final = ROOT / "deploy" / "config.schema.json"
# Words of the library that validates, which are nobody else's business.
INTERNALS: Final = re.compile(
    r"pydantic|Input should|Value error|Extra inputs|Field required|\[key\]|list\[|dict\[|function-|type=",
    re.IGNORECASE,
)
PLATFORMS: Final = "platforms: {a: {dialect: softswitch}}"
TWO_OF_A_HOST: Final = """platforms:
  a: {dialect: softswitch, hosts: [x.example]}
  b: {dialect: softswitch, hosts: [y.example, X.example]}
"""
Write = Callable[[str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def run(text: str) -> Path:
        path = tmp_path / "trunkline.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return run


def told(path: Path) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        checked.load(path)
    return str(caught.value).splitlines()


@pytest.mark.parametrize(
    ("text", "line", "place", "words"),
    [
        ("server:\n  prot: 1", 2, "server.prot", "is not known; is it port?"),
        ("sevrer: {}", 1, "sevrer", "is not known; is it server?"),
        ("store:\n\n  retention_days: soon", 3, "store.retention_days", "must be a number"),
        ("server:\n  port: eighty", 2, "server.port", "must be a whole number"),
        ("server:\n  port: 70000", 2, "server.port", "must be less than or equal to 65535"),
        ("server: {compressed_bodies: maybe}", 1, "server.compressed_bodies", "must be true or false"),
        ("server: [1]", 1, "server", "must be a mapping of names"),
        ("server: {host: 5}", 1, "server.host", "must be text; put it in quotes"),
        ("server: {trusted_proxies: [10.0.0.0/8,\n  x]}", 2, "server.trusted_proxies.1", "must be a network"),
        ("log:\n  level: warn", 2, "log.level", "must be one of debug, info, warning, error; is it warning?"),
        ("platforms: {a: {url: 'ws://x'}}", 1, "platforms.a.dialect", "is required"),
        ("platforms: {a: {dialect: sofswitch}}", 1, "platforms.a.dialect", "is it softswitch?"),
        ("platforms:\n  A b: {dialect: softswitch}", 2, "platforms.A b", "is not such a name"),
        (
            "platforms: {a: {dialect: x, facades: 5}}",
            1,
            "platforms.a.facades",
            "must be a list, or must be a mapping",
        ),
        ("platforms: {a: {dialect: x, origins: [crm]}}", 1, "platforms.a.origins", "crm is not an origin"),
        (
            "platforms:\n  a:\n    dialect: softswitch\n    settings:\n      agnts: []",
            5,
            "platforms.a.settings.agnts",
            "is not known; is it agents?",
        ),
        (
            "platforms: {a: {dialect: softswitch, settings: {agents: [{id: 5, name: x}]}}}",
            1,
            "platforms.a.settings.agents.0.id",
            "must be text",
        ),
        (
            "platforms: {a: {dialect: genesys_wwe, url: 'ws://x'}}",
            1,
            "platforms.a.url",
            "such a platform is not dialled",
        ),
        (
            "webhooks:\n  connections:\n    bank: {prxy: x}",
            3,
            "webhooks.connections.bank.prxy",
            "is not known; is it proxy?",
        ),
        (
            "webhooks: {connections: {bank: {ca_file: nowhere.pem}}}",
            1,
            "webhooks.connections.bank.ca_file",
            "cannot be read",
        ),
        ("metrics: {prt: 1}", 1, "metrics.prt", "is not known; is it port?"),
        ("single_sign_on: {issuer: x}", 1, "single_sign_on.client_id", "is required"),
    ],
)
def test_a_mistake_names_file_line_and_key_in_our_words(
    write: Write, text: str, line: int, place: str, words: str
) -> None:
    path = write(text)
    (found,) = [one for one in told(path) if one.startswith(f"{path}: {place}: ")]
    assert words in found
    assert found.endswith(f"(line {line})")
    assert not INTERNALS.search("\n".join(told(path)).replace(str(path), ""))


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("TRUNKLINE_SERVR__PORT", "1", "servr is not known; is it server?"),
        ("TRUNKLINE_SERVER__PRT", "1", "server.prt is not known; is it port?"),
        (
            "TRUNKLINE_WEBHOOKS__SCHEDULE__RECORD",
            "[1]",
            "record is not known; is it records?",
        ),
        ("trunkline_x__y".upper(), "1", "x is not known"),
        ("TRUNKLINE_LIMITS", "{", "must be JSON"),
        ("TRUNKLINE_WEBHOOKS__ALLOW_PRIVATE_NETWORKS", "10.0.0.0/8", "must be JSON"),
        (
            "TRUNKLINE_SERVER__PORT",
            "x",
            "server.port: must be a whole number (set by",
        ),
        ("TRUNKLINE_LOG", '{"level": "lod"}', "log.level: must be one of"),
    ],
)
def test_a_variable_that_is_wrong_is_named(
    write: Write, monkeypatch: pytest.MonkeyPatch, name: str, value: str, words: str
) -> None:
    path = write("platforms: {a: {dialect: softswitch}}")
    monkeypatch.setenv(name, value)
    found = "\n".join(told(path))
    assert name in found
    assert words in found
    assert not INTERNALS.search(found.replace(str(path), ""))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TRUNKLINE_PORT", "tcp://10.0.0.1:80"),
        ("TRUNKLINE_PORT_80_TCP_ADDR", "10.0.0.1"),
        ("TRUNKLINE_SERVICE_HOST", "10.0.0.1"),
        ("TRUNKLINE_METRICS_PORT", "tcp://10.0.0.1:9464"),
        ("TRUNKLINE_STORE_PORT_80_TCP", "tcp://10.0.0.1:80"),
        ("TRUNKLINEX__Y", "1"),
    ],
)
def test_what_a_cluster_sets_for_its_services_does_no_harm(
    write: Write, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    path = write("platforms: {a: {dialect: softswitch}}")
    before = load(path)
    monkeypatch.setenv(name, value)
    assert load(path) == before


def test_variables_reach_what_is_deep_and_keep_the_spelling_of_the_file(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write("platforms: {a: {dialect: softswitch, settings: {}}}\nwebhooks: {connections: {bank: {}}}")
    monkeypatch.setenv("TRUNKLINE_PLATFORMS__A__SETTINGS__AGENTS", '[{"id": "ann", "extension": "101"}]')
    monkeypatch.setenv("TRUNKLINE_PLATFORMS__A__ORIGINS", '["https://crm.example"]')
    monkeypatch.setenv("TRUNKLINE_WEBHOOKS__CONNECTIONS__BANK__PROXY_BY_NAME", "true")
    found = checked.load(path)
    (platform,) = found.platforms.values()
    assert platform.settings == {"agents": [{"id": "ann", "extension": "101"}]}
    assert platform.origins == ["https://crm.example"]
    assert found.webhooks.connections["bank"].proxy_by_name


def test_one_underscore_too_few_is_pointed_at() -> None:
    environment = Environment(Config, {})
    variables = {"TRUNKLINE_SERVER_PORT": "9000", "TRUNKLINE_LOG_LEVEL": "tcp://10.0.0.1:80", "OTHER": "1"}
    (found,) = environment.unread(variables)
    assert found == "TRUNKLINE_SERVER_PORT is not read; is it TRUNKLINE_SERVER__PORT?"


# --- what no start could make use of


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("server: {}", "platforms", "there are none"),
        ("store: {path: nowhere/t.db}\nplatforms: {a: {dialect: softswitch}}", "store.path", "is not there"),
        ("store: {path: .}\nplatforms: {a: {dialect: softswitch}}", "store.path", "is a folder"),
        (
            "server: {host: 0.0.0.0}\nplatforms: {a: {dialect: softswitch}}",
            "server.host",
            "there is no API key",
        ),
        (f"server: {{host: '::'}}\n{PLATFORMS}", "server.host", "no API key"),
        (
            "server: {operator_socket: nowhere/o.sock}\nplatforms: {a: {dialect: softswitch}}",
            "server.operator_socket",
            "is not there",
        ),
        (
            TWO_OF_A_HOST,
            "platforms.b.hosts.1",
            "is a host of the platform a too",
        ),
        (f"bootstrap_key_file: nowhere/first.key\n{PLATFORMS}", "bootstrap_key_file", "is not there"),
        ("metrics: {port: 8080}\nplatforms: {a: {dialect: softswitch}}", "metrics.port", "is server.port"),
    ],
)
def test_what_cannot_be_used_is_unfit(write: Write, text: str, place: str, words: str) -> None:
    path = write(text)
    with pytest.raises(ConfigError) as caught:
        checked.require_fit(checked.load(path), path)
    (found,) = str(caught.value).splitlines()
    assert found.startswith(f"{path}: {place}: ")
    assert words in found


def test_with_a_first_key_to_come_it_may_be_exposed(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write("server: {host: 0.0.0.0}\nplatforms: {a: {dialect: softswitch}}")
    monkeypatch.setenv("TRUNKLINE_BOOTSTRAP_KEY_FILE", str(path.with_name("first.key")))
    checked.require_fit(checked.load(path), path)


# --- paths


def test_paths_begin_at_the_configuration(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write("store: {path: data/t.db}\nserver: {operator_socket: o.sock}")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    found = load(path)
    assert found.store.path == str(tmp_path / "data" / "t.db")
    assert found.server.operator_socket == str(tmp_path / "o.sock")
    monkeypatch.chdir(tmp_path)
    assert load("trunkline.yaml").store.path == str(tmp_path / "data" / "t.db")
    monkeypatch.setenv("TRUNKLINE_STORE__PATH", "other.db")
    monkeypatch.chdir(elsewhere)
    assert load(path).store.path == str(tmp_path / "other.db")


@pytest.mark.parametrize("said", [":memory:", "/var/lib/trunkline/t.db"])
def test_what_is_no_relative_path_is_left_as_it_is(write: Write, said: str) -> None:
    assert load(write(f"store: {{path: '{said}'}}")).store.path == said


@pytest.mark.parametrize(
    ("text", "place", "file"),
    [
        ("store: {path: t.db}", "store.path", "t.db"),
        ("webhooks: {connections: {bank: {ca_file: ca.pem}}}", "webhooks.connections.bank.ca_file", "ca.pem"),
    ],
)
def test_a_file_that_only_the_former_rule_finds_is_told_with_both_places(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, place: str, file: str
) -> None:
    path = write(text)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / file).write_bytes(b"")
    monkeypatch.chdir(elsewhere)
    (found,) = told(path)
    assert found.startswith(f"{path}: {place}: ")
    assert str(tmp_path / file) in found
    assert str(elsewhere / file) in found
    if file == "t.db":  # with one at either place, the new rule goes
        (tmp_path / file).write_bytes(b"")
        assert load(path).store.path == str(tmp_path / file)


# --- for editors


def test_the_schema_of_the_configuration_is_up_to_date() -> None:
    found = json.loads(json.dumps(config_schema.document()))
    assert json.loads(SCHEMA.read_text(encoding="utf-8")) == found, "run `trunkline schema configuration`"


def test_the_schema_takes_the_examples_and_finds_what_is_misspelt() -> None:
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    for name in ("config.example.yaml", "compose.config.yaml"):
        text = (ROOT / "deploy" / name).read_text(encoding="utf-8")
        assert text.startswith("# yaml-language-server: $schema=config.schema.json\n")
        validator.validate(yaml.safe_load(text))
    mistakes: tuple[dict[str, object], ...] = (
        {"sevrer": {}},
        {"server": {"prot": 1}},
        {"platforms": {"a": {"dialect": "nonesuch"}}},
        {"platforms": {"a": {"dialect": "softswitch", "settings": {"agnts": []}}}},
        {"platforms": {"a": {}}},
    )
    for wrong in mistakes:
        assert not validator.is_valid(wrong), wrong
