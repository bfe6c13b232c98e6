"""Which store a configuration names."""

from gateway.store.base import Store
from gateway.store.config import MEMORY, StoreConfig
from gateway.store.database import log_bytes_within
from gateway.store.memory import MemoryStore
from gateway.store.sqlite import SqliteStore


def open_store(config: StoreConfig) -> Store:
    """It, not yet opened."""
    if config.path == MEMORY:
        return MemoryStore()
    return SqliteStore(config.path, log_bytes=log_bytes_within(config.retention_bytes))
