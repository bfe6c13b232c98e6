"""The section `bus` of the configuration."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from gateway.cli.main import app
from gateway.config import Config, parse
from gateway.store.jetstream.store import JetStreamStore
from gateway.store.opening import open_store
from schemas.errors import ConfigError


def test_one_address_is_all_that_is_needed() -> None:
    bus = parse({"bus": "nats://ann:secr%40t@one:4222, tls://two"}, "c").bus
    assert bus is not None
    assert bus.servers == ["nats://one:4222", "tls://two"]
    assert (bus.user, bus.password and bus.password.get_secret_value()) == ("ann", "secr@t")
    assert "secr" not in repr(bus)


def test_without_a_bus_the_store_is_what_it_was() -> None:
    assert not isinstance(open_store(Config().store), JetStreamStore)
    config = parse({"bus": {"servers": ["nats://one"]}, "store": {"path": "a.db"}}, "c")
    assert isinstance(open_store(config.store, config.bus), JetStreamStore)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("http://one", "bus: servers: must be addresses"),
        ("", "bus: servers: must be addresses"),
        ({"servers": []}, "bus.servers: may not be empty"),
        ({"servers": ["nats://one"], "user": "a", "token": "b"}, "bus: one of user"),
        ({"servers": ["nats://one"], "tls_cert": "a.pem"}, "bus: tls_cert and tls_key"),
        ({"servers": ["nats://one"], "replicas": 9}, "bus.replicas: must be less"),
        ({"servers": ["nats://one"], "prefix": "a.b"}, "bus.prefix"),
    ],
)
def test_what_is_wrong_with_it_is_said(said: object, told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        parse({"bus": said}, "c")


FILE_COMMANDS = [
    ("keys", "list"),
    ("keys", "create", "--name", "n", "--scope", "admin"),
    ("backup", "there.db"),
    ("restore", "there.db"),
    ("activate",),
    ("journal", "verify"),
    ("audit", "verify"),
    ("privacy", "erase", "--party", "+15550177042"),
]


@pytest.mark.parametrize("command", FILE_COMMANDS, ids=lambda one: " ".join(one[:2]))
def test_what_works_on_a_file_says_that_there_is_none_and_makes_none(
    command: tuple[str, ...], tmp_path: Path
) -> None:
    config = tmp_path / "c.yaml"
    config.write_text("bus: nats://127.0.0.1:1\nstore: {path: t.db}\n")
    result = CliRunner().invoke(app, [*command, "--config", str(config)])
    assert result.exit_code != 0
    assert "the store is on NATS" in f"{result.output} {result.exception}"
    assert sorted(tmp_path.iterdir()) == [config]


def test_a_bus_that_is_not_there_is_said_at_the_start(tmp_path: Path) -> None:
    config = tmp_path / "c.yaml"
    config.write_text("bus: nats://127.0.0.1:1\nserver: {port: 0}\nstore: {path: t.db}\n")
    result = CliRunner().invoke(app, ["serve", "--config", str(config)])
    assert result.exit_code != 0
    assert "NATS: cannot be reached" in f"{result.output} {result.exception}"
