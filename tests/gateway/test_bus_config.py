"""The section `bus` of the configuration."""

import pytest

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
