"""Metrics for Prometheus, in a registry of our own. Every label comes from a closed set.

Events are the hot path: they are counted in a plain dictionary, which the registry reads when it is scraped.
"""

from collections import Counter as Counts
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import StrEnum
from itertools import product
from typing import Final

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)

from adapters.contract.remarks import RemarkKind
from gateway.telemetry.build import build_version, python_version
from gateway.telemetry.collectors import (
    PREFIX,
    DroppedLines,
    LabelledCounts,
    LabelledTimes,
    StoreFigures,
    StoreState,
    Waiting,
    WaitingDeliveries,
)
from gateway.telemetry.peers import PeerFault
from gateway.telemetry.tracing import SpanOutcome
from schemas.commands import COMMANDS
from schemas.events import EVENTS, PLATFORM_EVENTS, LinkState
from schemas.ids import PlatformId
from schemas.needinfo import NeedInfoKind, Resolution
from schemas.queries import QueryKind
from schemas.results import ErrorCode

OTHER: Final = "other"  # whatever is not in the closed set
_OUTCOMES: Final = frozenset({"succeeded", *(code.value for code in ErrorCode)})
_COMMIT_S: Final = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0)
_COMMAND_S: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 120.0)
_DELIVERY_S: Final = (0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 30.0, 300.0, 1800.0, 7200.0, 86400.0)
_ATTEMPT_S: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0)
_ROLES: Final = ("link", "facade")  # of tokens
disable_created_metrics()  # type: ignore[no-untyped-call]  # a second series for each, that nobody reads


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


class LookUpOutcome(StrEnum):
    """How looking a name up ended. Answers that were kept are not counted."""

    FOUND = "found"
    UNKNOWN = "unknown"  # the name, or it has no address
    SILENT = "silent"  # no name server answered, or none in time


class LinkEnd(StrEnum):
    """Why a link is over."""

    WENT_AWAY = "went_away"  # the page or the platform
    TOO_LARGE = "too_large"  # what it said
    UNREADABLE = "unreadable"
    CREDENTIAL = "credential"  # is over
    FULL = "full"  # it did not take what we sent
    REFUSED = "refused"  # by its dialect
    SHUTDOWN = "shutdown"  # of ours


# Of what peers do wrong, what ends with a connection that was not let in.
_REJECTED: Final = frozenset(
    {
        *(PeerFault.CROWDED_OUT, PeerFault.NO_ROOM, PeerFault.FULL, PeerFault.FOREIGN_ORIGIN),
        *(PeerFault.NO_HELLO, PeerFault.REFUSED, PeerFault.THROTTLED),
    }
)


class Metrics:
    """Everything we count. Methods may be called as often as there is something to say.

    Every label set that there can be is there from the start, with 0: Prometheus sees no increase where
    there was nothing before, and so would miss the first of what is rare.
    """

    def __init__(self, platforms: Iterable[PlatformId] | Mapping[PlatformId, str] = ()) -> None:
        """`platforms`: their names, and their dialects'."""
        dialects = platforms if isinstance(platforms, Mapping) else {}
        self._platforms = frozenset(platforms)
        self.registry = registry = CollectorRegistry()
        self._counts: list[LabelledCounts | LabelledTimes] = []
        ProcessCollector(registry=registry)
        build = Gauge(
            f"{PREFIX}build_info", "Which program this is.", ("version", "python"), registry=registry
        )
        build.labels(build_version(), python_version()).set(1)
        each = sorted(self._platforms)
        verbs, outcomes = (*COMMANDS, OTHER), (*sorted(_OUTCOMES), OTHER)

        self._event_counts = self._count("events", "Events journaled.", ("platform", each), ("type", EVENTS))
        self._events = self._event_counts.counts
        self._events |= {(OTHER, kind): 0 for kind in EVENTS.keys() - PLATFORM_EVENTS}
        self._waiting, self._store = WaitingDeliveries(), StoreState()
        for one in (DroppedLines(), self._waiting, self._store):
            registry.register(one)
        self._malformed = self._count("malformed", "Frames that could not be read.", ("platform", each))
        self._remarks = LabelledCounts(
            "remarks",
            "What frames that were taken had about them: mended members, replies that nobody waited for.",
            ("platform", "dialect", "kind"),
            ((name, dialect, kind) for (name, dialect), kind in product(dialects.items(), RemarkKind)),
        )
        self._counts.append(self._remarks)
        self._commands = self._count("commands", "Finished commands.", ("verb", verbs), ("outcome", outcomes))
        self._command_seconds = LabelledTimes(
            "command_seconds", "From accepted to finished, people's time included.", "verb", verbs, _COMMAND_S
        )
        self._counts.append(self._command_seconds)

        self.journal_pending = self._gauge("journal_pending", "Events not yet durable.")
        self.store_trouble = self._gauge("store_trouble", "1 while the store cannot be written.")
        self.clock_leaps = self._counter("clock_leaps", "Leaps of the time of day: gateway.clock_leapt.")
        self.standby = self._gauge("standby", "1 while nothing is sent to anybody outside.")
        self.at_work = self._gauge("at_work", "1 while this gateway is the one that speaks to platforms.")
        self.lease_held = self._gauge("lease_held", "1 while the store is certainly this gateway's to write.")
        self.behind = self._gauge("behind", "Events that the gateway at work has told, and this one not yet.")
        self.take_overs = self._counter("take_overs", "Times that this gateway took over from another one.")
        self.journal_commit_seconds = Histogram(
            f"{PREFIX}journal_commit_seconds",
            "From append to durable.",
            buckets=_COMMIT_S,
            registry=registry,
        )
        self.subscribers = self._gauge("subscribers", "Streams being served.")
        self._subscriber_closed = self._count(
            "subscriber_closed", "Streams that ended.", ("reason", ClosedBecause)
        )
        self._needinfo = self._count(
            "needinfo", "Questions resolved.", ("kind", NeedInfoKind), ("resolution", Resolution)
        )
        self._queries = self._count(
            "queries", "Platforms' queries.", ("kind", QueryKind), ("outcome", QueryOutcome)
        )
        self._query_hooks = self._count(
            "query_hooks", "Queries put to web hooks.", ("platform", each), ("outcome", HookOutcome)
        )
        self._look_ups = self._count("look_ups", "Names that were looked up.", ("outcome", LookUpOutcome))
        self._look_up_seconds = Histogram(
            f"{PREFIX}look_up_seconds", "Of looking a name up.", buckets=_ATTEMPT_S, registry=registry
        )
        self._spans = self._count("spans", "Spans that were recorded.", ("outcome", SpanOutcome))
        self._of_deliveries()
        self._of_peers(each)

    def _of_deliveries(self) -> None:
        registry = self.registry
        self._deliveries = self._count(
            "deliveries", "Attempts at webhook deliveries.", ("outcome", DeliveryOutcome)
        )
        self._delivery_seconds = LabelledTimes(
            "delivery_seconds",
            "From the journal to a receiver that took it, all attempts included.",
            *("", ("",), _DELIVERY_S),
        )
        self._attempt_seconds = LabelledTimes(
            "attempt_seconds",
            "Of one attempt at a delivery, with look-up and connecting.",
            *("", ("",), _ATTEMPT_S),
        )
        self._counts += [self._delivery_seconds, self._attempt_seconds]
        self.attempts_unlogged = self._counter(
            "attempts_unlogged", "Attempts at webhook deliveries that are missing in the log of attempts."
        )
        self._webhooks = Gauge(f"{PREFIX}webhooks", "Webhooks.", ("condition",), registry=registry)
        self.webhooks(())

    def _of_peers(self, each: Sequence[PlatformId]) -> None:
        registry = self.registry
        self._links = Gauge(f"{PREFIX}links", "Links to platforms.", ("platform", "state"), registry=registry)
        self._links_ended = self._count(
            "links_ended", "Links that are over.", ("platform", each), ("reason", LinkEnd)
        )
        self._links_failing = Gauge(
            f"{PREFIX}links_failing",
            "Agents' links, or a platform's own, that did not become usable when last tried.",
            ("platform",),
            registry=registry,
        )
        self._peer_faults = self._count(
            "peer_faults", "What strangers and peers did wrong.", ("fault", PeerFault)
        )
        self._rejected = self._count(
            "connections_rejected", "Connections that were not let in.", ("reason", sorted(_REJECTED))
        )
        self.strangers = self._gauge("strangers", "Connections that have not said who they are.")
        self.descriptors = self._gauge("descriptors_limit", "File descriptors that we may have.")
        self._shut_out = self._count(
            "shut_out",
            "Times that an agent's page or client was turned away, or ended, as its token was over.",
            ("platform", each),
            ("role", _ROLES),
        )
        self._agents_shut_out = Gauge(
            f"{PREFIX}agents_shut_out",
            "Agents with a page or client that keeps trying with a token that is over.",
            ("platform",),
            registry=registry,
        )
        for platform in each:
            self._links_failing.labels(platform)
            self._agents_shut_out.labels(platform)
            for state in LinkState:
                self._links.labels(platform, state.value)

    def _count(self, name: str, text: str, *labels: tuple[str, Iterable[str]]) -> LabelledCounts:
        """`labels`: each with all values that it can have."""
        names, values = zip(*labels, strict=True)
        found = LabelledCounts(name, text, names, product(*values))
        self._counts.append(found)
        return found

    def _gauge(self, name: str, text: str) -> Gauge:
        return Gauge(f"{PREFIX}{name}", text, registry=self.registry)

    def _counter(self, name: str, text: str) -> Counter:
        return Counter(f"{PREFIX}{name}", text, registry=self.registry)

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
        self._malformed.add(self._platform(platform_id))

    def remark(self, platform_id: str, dialect: str, kind: RemarkKind) -> None:
        """There was something to say of a frame that was taken."""
        self._remarks.add(self._platform(platform_id), dialect, kind.value)

    def command(self, verb: str, outcome: str, seconds: float) -> None:
        """A command is finished. `outcome` is `succeeded`, or the error code."""
        verb = verb if verb in COMMANDS else OTHER
        self._commands.add(verb, outcome if outcome in _OUTCOMES else OTHER)
        self._command_seconds.observe(verb, seconds)

    def subscriber_closed(self, reason: ClosedBecause) -> None:
        """A stream ended."""
        self._subscriber_closed.add(reason.value)

    def delivery(
        self, outcome: DeliveryOutcome, age_s: float | None = None, attempt_s: float | None = None
    ) -> None:
        """An attempt at a delivery ended.

        `age_s`: since it was queued. `attempt_s`: how long it took; None: nothing was sent.
        """
        self._deliveries.add(str(outcome))
        if attempt_s is not None:
            self._attempt_seconds.observe("", attempt_s)
        if age_s is not None and outcome is DeliveryOutcome.DELIVERED:
            self._delivery_seconds.observe("", age_s)

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
        self._needinfo.add(kind.value, resolution.value)

    def query(self, kind: QueryKind, outcome: QueryOutcome) -> None:
        """A platform's query is resolved."""
        self._queries.add(kind.value, outcome.value)

    def query_hook(self, platform_id: str, outcome: HookOutcome) -> None:
        """A platform's web hook was asked."""
        self._query_hooks.add(self._platform(platform_id), outcome.value)

    def spans(self, outcome: SpanOutcome, count: int) -> None:
        """What became of some; called from another thread too."""
        self._spans.counts[(outcome.value,)] += count

    def link_changed(self, platform_id: str, before: LinkState | None, after: LinkState | None) -> None:
        """A link went from one state to another; None: it is new, or gone."""
        platform = self._platform(platform_id)
        if before is not None:
            self._links.labels(platform, before.value).dec()
        if after is not None:
            self._links.labels(platform, after.value).inc()

    def link_ended(self, platform_id: str, why: LinkEnd) -> None:
        """A link is over."""
        self._links_ended.add(self._platform(platform_id), why.value)

    def look_up(self, outcome: LookUpOutcome, took_s: float) -> None:
        """A name was looked up."""
        self._look_ups.add(outcome.value)
        self._look_up_seconds.observe(took_s)

    def links_failing(self, platform_id: str, count: int) -> None:
        """How many links of a platform are known to fail."""
        self._links_failing.labels(self._platform(platform_id)).set(count)

    def peer_fault(self, fault: PeerFault) -> None:
        """A stranger or a peer did something wrong."""
        self._peer_faults.add(fault.value)
        if fault in _REJECTED:
            self._rejected.add(fault.value)

    def shut_out(self, platform_id: str, role: str) -> None:
        """An agent's credential was over. `role` is of a token."""
        self._shut_out.add(self._platform(platform_id), role)

    def agents_shut_out(self, counts: Mapping[PlatformId, int]) -> None:
        """How many agents are shut out at present."""
        for platform_id in self._platforms:
            self._agents_shut_out.labels(platform_id).set(counts.get(platform_id, 0))

    def store(self, ask: Callable[[], StoreFigures]) -> None:
        """Whom to ask how the store is."""
        self._store.ask = ask

    def render(self) -> bytes:
        """All of it, in Prometheus's text format (content type `text/plain; version=0.0.4`)."""
        counts = "".join([one.text() for one in self._counts])
        return generate_latest(self.registry) + counts.encode()

    def _platform(self, platform_id: str) -> str:
        return platform_id if platform_id in self._platforms else OTHER
