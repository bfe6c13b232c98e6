"""What operators are told of the store: readiness, notes beside it, metrics and the log."""

import structlog

from gateway.store.base import Store
from gateway.store.config import MEMORY, StoreConfig
from gateway.store.files import network
from gateway.store.patience import Patience
from gateway.telemetry.collectors import StoreFigures
from gateway.telemetry.health import Health
from gateway.telemetry.metrics import Metrics

log = structlog.get_logger("trunkline")


class StoreWatch:
    """One store's, from its opening on."""

    def __init__(
        self, store: Store, config: StoreConfig, health: Health, metrics: Metrics, patience: Patience
    ) -> None:
        self._store = store
        self._health = health
        self._metrics = metrics
        self._patience = patience
        self._network = "" if config.path == MEMORY else network(config.path)
        store.on_trouble = self._troubled
        health.check("store_files", lambda: store.files_trouble)
        health.note("store_log", lambda: store.log.note)
        health.note("store_network", self._on_network)
        metrics.store(self._figures)
        if self._network:
            log.warning(self._on_network())

    def _figures(self) -> StoreFigures:
        log_now = self._store.log
        return StoreFigures(
            log_now.size_bytes, log_now.checkpoints, log_now.held_s, on_network=bool(self._network)
        )

    def _on_network(self) -> str:
        if not self._network:
            return ""
        return (
            f"the store is on a network file system ({self._network}): its locks may not hold there, and a"
            " write may be lost that was confirmed. Keep it on a disk of this machine"
        )

    def _troubled(self, what: str) -> None:
        self._health.report("store", what)
        self._metrics.store_trouble.set(bool(what))
        self._patience.troubled(what)
        if what:
            log.critical("store in trouble", why=what)
        else:
            log.warning("store is well again")
