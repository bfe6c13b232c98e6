"""What the registry asks when it is scraped, where it would cost too much to set it each time."""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import accumulate
from typing import Final, NamedTuple

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from gateway.telemetry.logs import dropped

PREFIX: Final = "trunkline_"


class LabelledCounts:
    """Counts in a dictionary, by label values. Those of `known` are there from the start, with 0.

    There are thousands of them, and few ever change, so what stands before each number is written once.
    """

    def __init__(
        self, name: str, text: str, labels: tuple[str, ...], known: Iterable[tuple[str, ...]] = ()
    ) -> None:
        self._name = f"{PREFIX}{name}_total"
        self._head = f"# HELP {self._name} {text}\n# TYPE {self._name} counter\n"
        self._labels = labels
        self._series: dict[tuple[str, ...], str] = {}
        self.counts: dict[tuple[str, ...], int] = dict.fromkeys(known, 0)

    def add(self, *values: str) -> None:
        """One more."""
        self.counts[values] = self.counts.get(values, 0) + 1

    def text(self) -> str:
        """What there is now, in Prometheus's text format."""
        return self._head + "".join(
            [f"{self._series_of(values)} {count}.0\n" for values, count in self.counts.items()]
        )

    def _series_of(self, values: tuple[str, ...]) -> str:
        found = self._series.get(values)
        if found is None:  # closed sets and names of platforms: nothing in them is to be escaped
            pairs = sorted(zip(self._labels, values, strict=True))
            written = ",".join(f'{label}="{value}"' for label, value in pairs)
            found = self._series[values] = f"{self._name}{{{written}}}"
        return found


class LabelledTimes:
    """Histograms of seconds in a dictionary, by the value of one label, or one without a label; likewise."""

    def __init__(
        self, name: str, text: str, label: str, known: Iterable[str], buckets_s: Sequence[float]
    ) -> None:
        """Without a label, `known` is `("",)`."""
        name = f"{PREFIX}{name}"
        self._head = f"# HELP {name} {text}\n# TYPE {name} histogram\n"
        self._buckets_s = tuple(buckets_s)
        bounds = (*map(str, self._buckets_s), "+Inf")
        self._counts = {value: [0] * len(bounds) for value in known}  # of each bucket alone
        self._sums_s = dict.fromkeys(self._counts, 0.0)
        self._series = {
            value: [_of(f"{name}_bucket", ("le", bound), (label, value)) for bound in bounds]
            + [_of(f"{name}_{what}", (label, value)) for what in ("count", "sum")]
            for value in self._counts
        }

    def observe(self, value: str, took_s: float) -> None:
        """One more. Raises KeyError for a value that is not known."""
        self._counts[value][bisect_left(self._buckets_s, took_s)] += 1
        self._sums_s[value] += took_s

    def text(self) -> str:
        """What there is now, in Prometheus's text format."""
        lines = [self._head]
        for value, counts in self._counts.items():
            figures = list(accumulate(counts))
            told = (*figures, figures[-1], self._sums_s[value])
            lines += [
                f"{one} {float(figure)}\n" for one, figure in zip(self._series[value], told, strict=True)
            ]
        return "".join(lines)


def _of(name: str, *labels: tuple[str, str]) -> str:
    """A series with the labels that have a name."""
    written = ",".join(f'{label}="{value}"' for label, value in labels if label)
    return f"{name}{{{written}}}" if written else name


class Waiting(NamedTuple):
    """What waits for one webhook."""

    webhook_id: str
    pending: int
    oldest_s: float


class WaitingDeliveries(Collector):
    """What waits for each webhook, and for all; there are no more than `limits.webhooks`."""

    def __init__(self) -> None:
        self.ask: Callable[[], Iterable[Waiting]] = tuple

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """As it is now."""
        waiting = GaugeMetricFamily(f"{PREFIX}webhook_waiting", "Deliveries that wait.", labels=("webhook",))
        oldest = GaugeMetricFamily(
            f"{PREFIX}webhook_oldest_s", "Age of the delivery that has waited longest.", labels=("webhook",)
        )
        found = list(self.ask())
        for one in found:
            waiting.add_metric((one.webhook_id,), one.pending)
            oldest.add_metric((one.webhook_id,), one.oldest_s)
        yield from (waiting, oldest)
        yield GaugeMetricFamily(
            f"{PREFIX}deliveries_waiting", "Deliveries that wait.", value=sum(one.pending for one in found)
        )
        yield GaugeMetricFamily(
            f"{PREFIX}deliveries_oldest_seconds",
            "Age of the delivery that has waited longest, of all webhooks.",
            value=max((one.oldest_s for one in found), default=0.0),
        )


class StoreFigures(NamedTuple):
    """How the store is."""

    log_bytes: int = 0
    log_checkpoints: int = 0
    log_held_s: float = 0.0
    on_network: bool = False


class StoreState(Collector):
    """How the store is."""

    def __init__(self) -> None:
        self.ask: Callable[[], StoreFigures] = StoreFigures

    def collect(self) -> Iterator[CounterMetricFamily | GaugeMetricFamily]:
        """As it is now."""
        figures = self.ask()
        yield CounterMetricFamily(
            f"{PREFIX}store_log_checkpoints",
            "Times that all of the database's log was taken into it, beside those by its size.",
            value=figures.log_checkpoints,
        )
        for name, text, value in (
            ("log_bytes", "Of the database's log (-wal).", figures.log_bytes),
            ("log_held_seconds", "How long a reader has kept the log from the database.", figures.log_held_s),
            ("on_network", "1 if it is on a network file system.", float(figures.on_network)),
        ):
            yield GaugeMetricFamily(f"{PREFIX}store_{name}", text, value=value)


class DroppedLines(Collector):
    """Lines of the log that were left out."""

    def collect(self) -> Iterator[CounterMetricFamily]:
        """As many as there are now."""
        yield CounterMetricFamily(
            f"{PREFIX}log_lines_dropped", "Lines of the log that could not be written.", value=dropped()
        )
