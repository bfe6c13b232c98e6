"""Metrics for Prometheus, in a registry of our own. Every label comes from a closed set.

Events are the hot path: they are counted in a plain dictionary, which the registry reads when it is scraped.
"""

from collections import Counter as Counts
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import StrEnum
from typing import Final, NamedTuple

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from adapters.contract.remarks import RemarkKind
from gateway.telemetry.logs import dropped
from gateway.telemetry.peers import PeerFault
from schemas.commands import COMMANDS
from schemas.events import EVENTS, LinkState
from schemas.ids import PlatformId
from schemas.needinfo import NeedInfoKind, Resolution
from schemas.queries import QueryKind
from schemas.results import ErrorCode

OTHER: Final = "other"  # whatever is not in the closed set
_PREFIX: Final = "trunkline_"
_OUTCOMES: Final = frozenset({"succeeded", *(code.value for code in ErrorCode)})
_COMMIT_S: Final = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0)
_COMMAND_S: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 120.0)


class ClosedBecause(StrEnum):
    """Why a subscriber is gone."""

    LEFT = "left"
    IDLE = "idle"  # a client that polls, and did not for a while
    TOO_SLOW = "too_slow"
    SHUTDOWN = "shutdown"
    REFUSED = "refused"
    CREDENTIAL = "credential"  # is over, or the session was taken over
    FAILED = "failed"


class DeliveryOutcome(StrEnum):
    """How an attempt at a delivery ended."""

    DELIVERED = "delivered"
    FAILED = "failed"  # to be tried again
    DEAD = "dead"
    EXPIRED = "expired"
    DISABLED = "disabled"  # and with it the webhook


class WebhookCondition(StrEnum):
    """How a webhook is."""

    WELL = "well"
    FAILING = "failing"  # nothing but failures of late
    PAUSED = "paused"
    DISABLED = "disabled"


class QueryOutcome(StrEnum):
    """Who answered a platform's query, or why the default did."""

    CLIENT = "client"
    FACADE = "facade"
    WEBHOOK = "webhook"
    GATEWAY = "gateway"  # a veto
    NOBODY = "nobody"  # was there to ask
    DECLINED = "declined"  # by all who were asked: passed, failed, gone
    EXPIRED = "expired"
    ABANDONED = "abandoned"  # the link closed, or the gateway stopped
    FULL = "full"  # too many were open


class HookOutcome(StrEnum):
    """How asking a web hook ended."""

    ANSWERED = "answered"
    NO_OPINION = "no_opinion"
    FAILED = "failed"  # no connection, another status, or not an answer to the query
    TIMED_OUT = "timed_out"
    LATE = "late"  # the query was over first
    BUSY = "busy"  # not asked: too many were under way


class _Counts(Collector):
    """Counts in a dictionary, by label values."""

    def __init__(self, name: str, text: str, labels: tuple[str, ...]) -> None:
        self._describe = (name, text, labels)
        self.counts: dict[tuple[str, ...], int] = {}

    def collect(self) -> Iterator[CounterMetricFamily]:
        """What there is now."""
        name, text, labels = self._describe
        family = CounterMetricFamily(name, text, labels=labels)
        for values, count in list(self.counts.items()):
            family.add_metric(values, count)
        yield family


class Waiting(NamedTuple):
    """What waits for one webhook."""

    webhook_id: str
    pending: int
    oldest_s: float


class _Waiting(Collector):
    """What waits for each webhook, asked when it is scraped; there are no more than `limits.webhooks`."""

    def __init__(self) -> None:
        self.ask: Callable[[], Iterable[Waiting]] = tuple

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """As it is now."""
        waiting = GaugeMetricFamily(f"{_PREFIX}webhook_waiting", "Deliveries that wait.", labels=("webhook",))
        oldest = GaugeMetricFamily(
            f"{_PREFIX}webhook_oldest_s", "Age of the delivery that has waited longest.", labels=("webhook",)
        )
        for one in self.ask():
            waiting.add_metric((one.webhook_id,), one.pending)
            oldest.add_metric((one.webhook_id,), one.oldest_s)
        yield from (waiting, oldest)


class StoreFigures(NamedTuple):
    """How the store is."""

    log_bytes: int = 0
    log_checkpoints: int = 0
    log_held_s: float = 0.0
    on_network: bool = False


class _Store(Collector):
    """How the store is, asked when it is scraped."""

    def __init__(self) -> None:
        self.ask: Callable[[], StoreFigures] = StoreFigures

    def collect(self) -> Iterator[CounterMetricFamily | GaugeMetricFamily]:
        """As it is now."""
        figures = self.ask()
        yield CounterMetricFamily(
            f"{_PREFIX}store_log_checkpoints",
            "Times that all of the database's log was taken into it, beside those by its size.",
            value=figures.log_checkpoints,
        )
        for name, text, value in (
            ("log_bytes", "Of the database's log (-wal).", figures.log_bytes),
            ("log_held_seconds", "How long a reader has kept the log from the database.", figures.log_held_s),
            ("on_network", "1 if it is on a network file system.", float(figures.on_network)),
        ):
            yield GaugeMetricFamily(f"{_PREFIX}store_{name}", text, value=value)


class _Dropped(Collector):
    """Lines of the log that were left out."""

    def collect(self) -> Iterator[CounterMetricFamily]:
        """As many as there are now."""
        yield CounterMetricFamily(
            f"{_PREFIX}log_lines_dropped", "Lines of the log that could not be written.", value=dropped()
        )


class Metrics:
    """Everything we count. Methods may be called as often as there is something to say."""

    def __init__(self, platforms: Iterable[PlatformId] = ()) -> None:
        self._platforms = frozenset(platforms)
        self._registry = registry = CollectorRegistry()
        self._event_counts = _Counts(f"{_PREFIX}events", "Events journaled.", ("platform", "type"))
        registry.register(self._event_counts)
        self._events = self._event_counts.counts
        registry.register(_Dropped())
        self._waiting = _Waiting()
        registry.register(self._waiting)
        self._store = _Store()
        registry.register(self._store)
        self._malformed = Counter(
            f"{_PREFIX}malformed", "Frames that could not be read.", ("platform",), registry=registry
        )
        self._remarks = Counter(
            f"{_PREFIX}remarks",
            "What frames that were taken had about them: mended members, replies that nobody waited for.",
            ("platform", "dialect", "kind"),
            registry=registry,
        )
        self._commands = Counter(
            f"{_PREFIX}commands", "Finished commands.", ("verb", "outcome"), registry=registry
        )
        self._command_seconds = Histogram(
            f"{_PREFIX}command_seconds",
            "From accepted to finished, people's time included.",
            ("verb",),
            buckets=_COMMAND_S,
            registry=registry,
        )
        self.journal_pending = Gauge(
            f"{_PREFIX}journal_pending", "Events not yet durable.", registry=registry
        )
        self.store_trouble = Gauge(
            f"{_PREFIX}store_trouble", "1 while the store cannot be written.", registry=registry
        )
        self.clock_leaps = Counter(
            f"{_PREFIX}clock_leaps", "Leaps of the time of day: gateway.clock_leapt.", registry=registry
        )
        self.standby = Gauge(
            f"{_PREFIX}standby", "1 while nothing is sent to anybody outside.", registry=registry
        )
        self.journal_commit_seconds = Histogram(
            f"{_PREFIX}journal_commit_seconds",
            "From append to durable.",
            buckets=_COMMIT_S,
            registry=registry,
        )
        self.subscribers = Gauge(f"{_PREFIX}subscribers", "Streams being served.", registry=registry)
        self._subscriber_closed = Counter(
            f"{_PREFIX}subscriber_closed", "Streams that ended.", ("reason",), registry=registry
        )
        deliveries = Counter(
            f"{_PREFIX}deliveries", "Attempts at webhook deliveries.", ("outcome",), registry=registry
        )
        self._deliveries = {outcome: deliveries.labels(outcome.value) for outcome in DeliveryOutcome}
        self.attempts_unlogged = Counter(
            f"{_PREFIX}attempts_unlogged",
            "Attempts at webhook deliveries that are missing in the log of attempts.",
            registry=registry,
        )
        self._webhooks = Gauge(f"{_PREFIX}webhooks", "Webhooks.", ("condition",), registry=registry)
        self.webhooks(())
        self._needinfo = Counter(
            f"{_PREFIX}needinfo", "Questions resolved.", ("kind", "resolution"), registry=registry
        )
        self._queries = Counter(
            f"{_PREFIX}queries", "Platforms' queries.", ("kind", "outcome"), registry=registry
        )
        self._query_hooks = Counter(
            f"{_PREFIX}query_hooks",
            "Queries put to web hooks.",
            ("platform", "outcome"),
            registry=registry,
        )
        self._links = Gauge(
            f"{_PREFIX}links", "Links to platforms.", ("platform", "state"), registry=registry
        )
        self._links_failing = Gauge(
            f"{_PREFIX}links_failing",
            "Agents' links, or a platform's own, that did not become usable when last tried.",
            ("platform",),
            registry=registry,
        )
        self._peer_faults = Counter(
            f"{_PREFIX}peer_faults", "What strangers and peers did wrong.", ("fault",), registry=registry
        )
        for fault in PeerFault:
            self._peer_faults.labels(fault.value)
        self.strangers = Gauge(
            f"{_PREFIX}strangers", "Connections that have not said who they are.", registry=registry
        )
        self.descriptors = Gauge(
            f"{_PREFIX}descriptors_limit", "File descriptors that we may have.", registry=registry
        )

        self._shut_out = Counter(
            f"{_PREFIX}shut_out",
            "Times that an agent's page or client was turned away, or ended, as its token was over.",
            ("platform", "role"),
            registry=registry,
        )
        self._agents_shut_out = Gauge(
            f"{_PREFIX}agents_shut_out",
            "Agents with a page or client that keeps trying with a token that is over.",
            ("platform",),
            registry=registry,
        )

    def event(self, platform_id: str, kind: str) -> None:
        """An event was journaled."""
        key = (platform_id, kind)
        count = self._events.get(key)
        if count is None:  # the first of its sort: look whether its labels are of the closed sets
            key = (self._platform(platform_id), kind if kind in EVENTS else OTHER)
            count = self._events.get(key, 0)
        self._events[key] = count + 1

    def malformed(self, platform_id: str) -> None:
        """A frame could not be read."""
        self._malformed.labels(self._platform(platform_id)).inc()

    def remark(self, platform_id: str, dialect: str, kind: RemarkKind) -> None:
        """There was something to say of a frame that was taken."""
        self._remarks.labels(self._platform(platform_id), dialect, kind.value).inc()

    def command(self, verb: str, outcome: str, seconds: float) -> None:
        """A command is finished. `outcome` is `succeeded`, or the error code."""
        verb = verb if verb in COMMANDS else OTHER
        self._commands.labels(verb, outcome if outcome in _OUTCOMES else OTHER).inc()
        self._command_seconds.labels(verb).observe(seconds)

    def subscriber_closed(self, reason: ClosedBecause) -> None:
        """A stream ended."""
        self._subscriber_closed.labels(reason.value).inc()

    def delivery(self, outcome: DeliveryOutcome) -> None:
        """An attempt at a delivery ended."""
        self._deliveries[outcome].inc()

    def waiting_webhooks(self, ask: Callable[[], Iterable[Waiting]]) -> None:
        """Whom to ask what waits for each webhook."""
        self._waiting.ask = ask

    def webhooks(self, conditions: Iterable[WebhookCondition]) -> None:
        """How all webhooks are."""
        counts = Counts(conditions)
        for condition in WebhookCondition:
            self._webhooks.labels(condition.value).set(counts[condition])

    def needinfo(self, kind: NeedInfoKind, resolution: Resolution) -> None:
        """A question is resolved."""
        self._needinfo.labels(kind.value, resolution.value).inc()

    def query(self, kind: QueryKind, outcome: QueryOutcome) -> None:
        """A platform's query is resolved."""
        self._queries.labels(kind.value, outcome.value).inc()

    def query_hook(self, platform_id: str, outcome: HookOutcome) -> None:
        """A platform's web hook was asked."""
        self._query_hooks.labels(self._platform(platform_id), outcome.value).inc()

    def link_changed(self, platform_id: str, before: LinkState | None, after: LinkState | None) -> None:
        """A link went from one state to another; None: it is new, or gone."""
        platform = self._platform(platform_id)
        if before is not None:
            self._links.labels(platform, before.value).dec()
        if after is not None:
            self._links.labels(platform, after.value).inc()

    def links_failing(self, platform_id: str, count: int) -> None:
        """How many links of a platform are known to fail."""
        self._links_failing.labels(self._platform(platform_id)).set(count)

    def peer_fault(self, fault: PeerFault) -> None:
        """A stranger or a peer did something wrong."""
        self._peer_faults.labels(fault.value).inc()

    def shut_out(self, platform_id: str, role: str) -> None:
        """An agent's credential was over. `role` is of a token."""
        self._shut_out.labels(self._platform(platform_id), role).inc()

    def agents_shut_out(self, counts: Mapping[PlatformId, int]) -> None:
        """How many agents are shut out at present."""
        for platform_id in self._platforms:
            self._agents_shut_out.labels(platform_id).set(counts.get(platform_id, 0))

    def store(self, ask: Callable[[], StoreFigures]) -> None:
        """Whom to ask how the store is."""
        self._store.ask = ask

    def render(self) -> bytes:
        """All of it, in Prometheus's text format (content type `text/plain; version=0.0.4`)."""
        return generate_latest(self._registry)

    def _platform(self, platform_id: str) -> str:
        return platform_id if platform_id in self._platforms else OTHER
