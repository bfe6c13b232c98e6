"""Which store a configuration names."""

from gateway.cluster.config import BusConfig
from gateway.store.base import Store
from gateway.store.config import MEMORY, StoreConfig
from gateway.store.database import log_bytes_within
from gateway.store.memory import MemoryStore
from gateway.store.sqlite import SqliteStore
from schemas.errors import ConfigError


def open_store(config: StoreConfig, bus: BusConfig | None = None) -> Store:
    """It, not yet opened. Raises ConfigError where a bus is named and its client is not installed."""
    if bus is not None:
        return _on_bus(config, bus)
    if config.path == MEMORY:
        return MemoryStore()
    return SqliteStore(config.path, log_bytes=log_bytes_within(config.retention_bytes))


def _on_bus(config: StoreConfig, bus: BusConfig) -> Store:
    try:
        from gateway.store.jetstream.store import JetStreamStore  # noqa: PLC0415  # an extra of the package
    except ModuleNotFoundError as error:
        raise ConfigError(f"bus: {error.name} is missing: install trunkline[nats]") from error
    return JetStreamStore(bus, config.path, follows=True)
