"""What is measured of CRMs."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import StrEnum
from itertools import product
from typing import Final

from prometheus_client import Counter, Histogram
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from gateway.store.crm import EntryState
from gateway.telemetry.collectors import PREFIX
from gateway.telemetry.metrics import Metrics

_ATTEMPT_S: Final = (0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)


class CrmOutcome(StrEnum):
    """How an attempt ended."""

    LOGGED = "logged"
    TOLD = "told"  # all there is, to one that only hears
    FAILED = "failed"  # to be tried again, where that is of use
    DEAD = "dead"
    UNKNOWN = "unknown"  # it may be there, and the CRM cannot be asked for it
    LATE = "late"  # of no use any more
    FOUND = "found"  # records, while it rang
    POPPED = "popped"
    SHOWN = "shown"  # an agent's state


class CrmFigures:
    """Counts and times, by CRM; the names are the configuration's."""

    def __init__(self, metrics: Metrics, names: Iterable[str]) -> None:
        self.waiting: Callable[[], Mapping[str, Mapping[EntryState, int]]] = dict
        known = tuple(names)
        registry = metrics.registry
        self._ended = Counter(
            f"{PREFIX}crm_activities", "Attempts at CRMs.", ("crm", "outcome"), registry=registry
        )
        self._took = Histogram(
            f"{PREFIX}crm_seconds", "Of an attempt.", ("crm",), buckets=_ATTEMPT_S, registry=registry
        )
        for name, outcome in product(known, CrmOutcome):
            self._ended.labels(name, outcome)
        registry.register(_Waiting(self))

    def ended(self, crm: str, outcome: CrmOutcome) -> None:
        """An attempt ended so."""
        self._ended.labels(crm, outcome).inc()

    def took(self, crm: str, seconds: float) -> None:
        """It took so long."""
        self._took.labels(crm).observe(seconds)


class _Waiting(Collector):
    """Entries by their state, asked when the registry is."""

    def __init__(self, figures: CrmFigures) -> None:
        self._figures = figures

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """One gauge."""
        gauge = GaugeMetricFamily(
            f"{PREFIX}crm_entries", "Activities by their state.", labels=("crm", "state")
        )
        for crm, states in self._figures.waiting().items():
            for state in (EntryState.PENDING, EntryState.DEAD):
                gauge.add_metric((crm, state.value), states.get(state, 0))
        yield gauge
