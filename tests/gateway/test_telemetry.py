"""Logs, metrics, health."""

import io
import logging
from collections.abc import Iterator
from enum import StrEnum

import msgspec
import pytest
import structlog
from prometheus_client.parser import text_string_to_metric_families

from adapters.contract.remarks import RemarkKind
from gateway.telemetry.collectors import Waiting
from gateway.telemetry.config import LogConfig
from gateway.telemetry.health import Health
from gateway.telemetry.logs import configure, drain
from gateway.telemetry.metrics import (
    ClosedBecause,
    DeliveryOutcome,
    HookOutcome,
    LinkEnd,
    LookUpOutcome,
    Metrics,
    QueryOutcome,
)
from gateway.telemetry.peers import PeerFault
from gateway.telemetry.tracing import SpanOutcome
from schemas.events import LinkState
from schemas.ids import PlatformId
from schemas.needinfo import NeedInfoKind, Resolution
from schemas.queries import QueryKind


@pytest.fixture
def out() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield io.StringIO()
    root.handlers, root.level = handlers, level
    structlog.reset_defaults()


def lines(out: io.StringIO) -> list[dict[str, object]]:
    drain(30.0)
    return [msgspec.json.decode(line, type=dict[str, object]) for line in out.getvalue().splitlines()]


def test_a_line_is_json_with_level_and_time_and_redacted(out: io.StringIO) -> None:
    configure(LogConfig(), out)
    structlog.get_logger().info(
        "command finished", command_id="c1", destination="+4915112345678", data={"a": 1}
    )
    structlog.get_logger().debug("not wanted")
    (line,) = lines(out)
    assert (line["event"], line["level"], line["command_id"]) == ("command finished", "info", "c1")
    assert (line["destination"], line["data"]) == ("+491********78", "[redacted]")
    assert str(line["timestamp"]).endswith("Z")


def test_libraries_log_in_the_same_form(out: io.StringIO) -> None:
    configure(LogConfig(), out)
    logging.getLogger("some.library").warning("got %s", "Bearer tlk_abc_secretsecret")
    logging.getLogger("aiohttp.access").info("a request")
    (line,) = lines(out)
    assert (line["event"], line["logger"]) == ("got Bearer tlk_abc_***", "some.library")


def test_a_traceback_is_kept_and_redacted(out: io.StringIO) -> None:
    configure(LogConfig(), out)
    try:
        dict[str, int]()["tlk_abc_secretsecret"]
    except KeyError:
        structlog.get_logger().exception("oops")
    (line,) = lines(out)
    assert "KeyError: 'tlk_abc_***" in str(line["exception"])
    assert "secretsecret" not in out.getvalue()


def test_configuring_again_replaces(out: io.StringIO) -> None:
    configure(LogConfig(), io.StringIO())
    configure(LogConfig(level="error", format="console"), out)
    structlog.get_logger().warning("no")
    structlog.get_logger().error("said once", code="busy")
    logging.getLogger("some.library").error("said too")
    drain(30.0)
    assert out.getvalue().count("said once") == 1
    assert out.getvalue().count("said too") == 1
    assert "no\n" not in out.getvalue()


def test_metrics_count_under_closed_labels() -> None:
    metrics = Metrics([PlatformId("sales")])
    for _ in range(3):
        metrics.event("sales", "interaction.held")
    metrics.event("sales", "made.up")
    metrics.event("elsewhere", "interaction.held")
    metrics.event("elsewhere", "interaction.held")
    metrics.malformed("sales")
    metrics.command("interaction.dial", "succeeded", 0.2)
    metrics.command("made.up", "made_up", 0.2)
    metrics.journal_pending.set(4)
    metrics.journal_commit_seconds.observe(0.003)
    metrics.subscribers.inc()
    metrics.subscriber_closed(ClosedBecause.TOO_SLOW)
    metrics.delivery(DeliveryOutcome.DEAD)
    metrics.needinfo(NeedInfoKind.CONFIRM, Resolution.EXPIRED)
    metrics.link_changed("sales", None, LinkState.CONNECTING)
    metrics.link_changed("sales", LinkState.CONNECTING, LinkState.CONNECTED)
    told = metrics.render().decode().splitlines()
    for line in (
        'trunkline_events_total{platform="sales",type="interaction.held"} 3.0',
        'trunkline_events_total{platform="sales",type="other"} 1.0',
        'trunkline_events_total{platform="other",type="interaction.held"} 2.0',
        'trunkline_malformed_total{platform="sales"} 1.0',
        'trunkline_commands_total{outcome="succeeded",verb="interaction.dial"} 1.0',
        'trunkline_commands_total{outcome="other",verb="other"} 1.0',
        'trunkline_command_seconds_bucket{le="0.25",verb="interaction.dial"} 1.0',
        "trunkline_journal_pending 4.0",
        "trunkline_journal_commit_seconds_count 1.0",
        "trunkline_subscribers 1.0",
        'trunkline_subscriber_closed_total{reason="too_slow"} 1.0',
        'trunkline_deliveries_total{outcome="dead"} 1.0',
        'trunkline_needinfo_total{kind="confirm",resolution="expired"} 1.0',
        'trunkline_links{platform="sales",state="connecting"} 0.0',
        'trunkline_links{platform="sales",state="connected"} 1.0',
    ):
        assert line in told


def test_two_gateways_in_one_process_count_apart() -> None:
    first, second = Metrics(), Metrics()
    first.subscribers.inc()
    assert "trunkline_subscribers 0.0" in second.render().decode()


def test_ready_means_every_check_is_content() -> None:
    health = Health()
    assert health.ready() == (True, {})
    problem = ["the journal cannot be written"]
    health.check("journal", lambda: problem[0])
    health.report("webhooks", "")
    assert health.ready() == (False, {"journal": "the journal cannot be written", "webhooks": "ok"})
    problem[0] = ""
    assert health.ready() == (True, {"journal": "ok", "webhooks": "ok"})
    health.report("webhooks", "stopped")
    assert not health.ready()[0]
    health.forget("webhooks")
    assert health.ready()[0]


# --- what is there from the start


def counters(text: str) -> dict[str, float]:
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}


def test_every_label_set_of_a_counter_is_there_at_0_from_the_start() -> None:
    """Else Prometheus never sees the first of its kind."""
    metrics = Metrics({PlatformId("sales"): "echo", PlatformId("service"): "echo"})
    before = counters(metrics.render().decode())
    for _ in range(2):
        metrics.event("sales", "interaction.held")
        metrics.event("", "gateway.clock_leapt")
        metrics.malformed("service")
        metrics.remark("sales", "echo", RemarkKind.MENDED)
        metrics.command("interaction.dial", "bad_destination", 0.1)
        metrics.command("made.up", "made_up", 0.1)
        metrics.subscriber_closed(ClosedBecause.IDLE)
        metrics.delivery(DeliveryOutcome.DISABLED)
        metrics.needinfo(NeedInfoKind.CONFIRM, Resolution.EXPIRED)
        metrics.query(QueryKind.SCREEN_POP, QueryOutcome.FULL)
        metrics.query_hook("sales", HookOutcome.LATE)
        metrics.link_ended("service", LinkEnd.TOO_LARGE)
        metrics.look_up(LookUpOutcome.SILENT, 5.0)
        metrics.peer_fault(PeerFault.FULL)
        metrics.shut_out("sales", "facade")
        metrics.spans(SpanOutcome.DROPPED, 1)
    after = counters(metrics.render().decode())
    assert after.keys() == before.keys()
    assert not any(value for name, value in before.items() if "_total" in name and "process_" not in name)
    changed = {name.partition("{")[0] for name, value in after.items() if value > before[name]}
    counted = {name.partition("{")[0] for name in before if "_total{" in name}
    assert counted <= changed


@pytest.mark.parametrize("kinds", [ClosedBecause, DeliveryOutcome, PeerFault, LinkEnd, LookUpOutcome])
def test_a_new_member_of_a_closed_set_is_there_by_itself(kinds: type[StrEnum]) -> None:
    told = Metrics({PlatformId("sales"): "echo"}).render().decode()
    assert all(f'"{kind.value}"' in told for kind in kinds)


def test_the_process_and_the_program_are_told() -> None:
    told = counters(Metrics().render().decode())
    assert told["process_resident_memory_bytes"] > 0
    assert told["process_open_fds"] > 0
    assert told["process_start_time_seconds"] > 0
    (build,) = [name for name in told if name.startswith("trunkline_build_info{")]
    assert 'version="0.1.0"' in build
    assert 'python="' in build


def test_what_waits_for_webhooks_is_told_for_each_and_for_all() -> None:
    metrics = Metrics()
    assert counters(metrics.render().decode())["trunkline_deliveries_oldest_seconds"] == 0
    metrics.waiting_webhooks(lambda: [Waiting("a", 3, 7.0), Waiting("b", 1, 60.0)])
    told = counters(metrics.render().decode())
    assert told['trunkline_webhook_waiting{webhook="a"}'] == 3
    assert told['trunkline_webhook_oldest_s{webhook="b"}'] == 60
    assert (told["trunkline_deliveries_waiting"], told["trunkline_deliveries_oldest_seconds"]) == (4, 60)


def test_how_old_a_delivery_was_is_told_of_what_was_delivered_only() -> None:
    metrics = Metrics()
    metrics.delivery(DeliveryOutcome.FAILED, 1.0, 0.2)
    metrics.delivery(DeliveryOutcome.DELIVERED, 4.0, 0.2)
    metrics.delivery(DeliveryOutcome.EXPIRED, 9.0)
    told = counters(metrics.render().decode())
    assert told["trunkline_delivery_seconds_sum"] == 4
    assert told["trunkline_attempt_seconds_count"] == 2


def test_what_we_write_ourselves_is_read_by_prometheus_own_parser() -> None:
    metrics = Metrics({PlatformId("sales"): "echo"})
    metrics.command("interaction.dial", "succeeded", 0.2)
    families = {one.name: one for one in text_string_to_metric_families(metrics.render().decode())}
    seconds = families["trunkline_command_seconds"]
    assert seconds.type == "histogram"
    dial = [one for one in seconds.samples if one.labels.get("verb") == "interaction.dial"]
    buckets = [one.value for one in dial if one.name.endswith("_bucket")]
    assert buckets == sorted(buckets)
    assert [one.value for one in dial if one.name.endswith("_count")] == [buckets[-1]] == [1]
    assert families["trunkline_commands"].type == "counter"
