"""Each alert of alerts.yml fires once, for what it is there for, and is quiet a moment before."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest
import yaml

from tests.deploy.described import DEPLOY
from tests.deploy.prometheus import as_json, promtool

ALERTS: Final[dict[str, dict[str, Any]]] = {
    rule["alert"]: rule
    for group in yaml.safe_load((DEPLOY / "prometheus" / "alerts.yml").read_bytes())["groups"]
    for rule in group["rules"]
}
AT: Final = 'instance="a:9464", job="trunkline"'
OTHER: Final = 'instance="b:9464", job="trunkline"'
INSTANCE: Final = {"instance": "a:9464"}
BOTH: Final = {"instance": "a:9464", "job": "trunkline"}


class Case(NamedTuple):
    """Series of one sample a minute, in Prometheus's notation, and who fires from when to when (minutes)."""

    series: Mapping[str, str]
    quiet_at: Sequence[int]
    fires_at: int
    labels: Mapping[str, str]
    value: str = ""  # as a text of the alert says it


CASES: Final[Mapping[str, Case]] = {
    "TrunklineDown": Case({f"up{{{AT}}}": "1x4 0x10"}, (4, 5), 6, BOTH),
    "TrunklineJournalBehind": Case(
        {f"trunkline_journal_pending{{{AT}}}": "5000x3 6000x10"}, (3, 4), 5, BOTH, "6000"
    ),
    "TrunklineStoreTrouble": Case({f"trunkline_store_trouble{{{AT}}}": "0x3 1x10"}, (3, 4), 5, BOTH),
    "TrunklineNobodyAtWork": Case(
        {f"trunkline_at_work{{{AT}}}": "1x3 0x10", f"trunkline_at_work{{{OTHER}}}": "0x6 1x10"},
        (3, 8),
        5,
        {"job": "trunkline"},
    ),
    "TrunklineLeaseNotHeld": Case(
        {
            f"trunkline_at_work{{{AT}}}": "1x20",
            f"trunkline_lease_held{{{AT}}}": "1x3 0x10",
            f"trunkline_at_work{{{OTHER}}}": "0x20",
            f"trunkline_lease_held{{{OTHER}}}": "0x20",
        },
        (3, 4),
        5,
        BOTH,
    ),
    "TrunklineTakeOvers": Case(
        {
            f"trunkline_take_overs_total{{{AT}}}": "0x5 1x5 2x60",
            f"trunkline_take_overs_total{{{OTHER}}}": "0x8 1x60",
        },
        (5, 9, 60),
        14,
        {"job": "trunkline"},
    ),
    "TrunklineNodeBehind": Case({f"trunkline_behind{{{AT}}}": "1000x3 1001x10"}, (3, 4), 5, BOTH, "1001"),
    "TrunklineClockLeapt": Case({f"trunkline_clock_leaps_total{{{AT}}}": "0x20 1x60"}, (20, 50), 23, BOTH),
    "TrunklineStoreLogHeld": Case(
        {f"trunkline_store_log_held_seconds{{{AT}}}": "0+60x30"}, (10, 11), 12, BOTH
    ),
    "TrunklineLinkDown": Case(
        {
            f'trunkline_links{{{AT}, platform="sales", state="connected"}}': "0x5 2x10 0x90",
            f'trunkline_links{{{AT}, platform="sales", state="connecting"}}': "0x100",
            f'trunkline_links{{{AT}, platform="never", state="connected"}}': "0x100",
        },
        (5, 15, 20, 90),
        22,
        {**INSTANCE, "platform": "sales"},
    ),
    "TrunklineLinksFailing": Case(
        {f'trunkline_links_failing{{{AT}, platform="sales"}}': "0x3 3x20"},
        (3, 8),
        9,
        {**BOTH, "platform": "sales"},
        "3",
    ),
    "TrunklineStrangers": Case(
        {
            f'trunkline_peer_faults_total{{{AT}, fault="crowded_out"}}': "0x5 0+50x30",
            f'trunkline_peer_faults_total{{{AT}, fault="no_room"}}': "0x5 0+50x30",
            f'trunkline_peer_faults_total{{{AT}, fault="silent"}}': "0+900x40",
        },
        (5, 10),
        20,
        INSTANCE,
    ),
    "TrunklineAgentsShutOut": Case(
        {f'trunkline_agents_shut_out{{{AT}, platform="sales"}}': "0x3 1x30"},
        (3, 13),
        14,
        {**BOTH, "platform": "sales"},
    ),
    "TrunklineDeadDeliveries": Case(
        {f'trunkline_deliveries_total{{{AT}, outcome="dead"}}': "0x5 1x40"}, (5, 17), 6, INSTANCE
    ),
    "TrunklineWebhookFailing": Case(
        {f'trunkline_webhooks{{{AT}, condition="failing"}}': "0x3 2x800"},
        (3, 720),
        725,
        {**BOTH, "condition": "failing"},
        "2",
    ),
    "TrunklineWebhookDisabled": Case(
        {f'trunkline_deliveries_total{{{AT}, outcome="disabled"}}': "0x5 1x40"}, (5, 17), 6, INSTANCE
    ),
    "TrunklineMalformedFrames": Case(
        {f'trunkline_malformed_total{{{AT}, platform="sales"}}': "0x3 0+60x30"},
        (3, 12),
        25,
        {**INSTANCE, "platform": "sales"},
    ),
    "TrunklineDeliveriesLate": Case(
        {f"trunkline_deliveries_oldest_seconds{{{AT}}}": "0+60x40"}, (15, 20), 22, BOTH
    ),
    "TrunklineRestarts": Case(
        {f"process_start_time_seconds{{{AT}}}": "1x5 2x5 3x5 4x60"}, (5, 11, 70), 20, BOTH
    ),
    "TrunklineDescriptorsScarce": Case(
        {f"process_open_fds{{{AT}}}": "700x3 701x10", f"trunkline_descriptors_limit{{{AT}}}": "1000x20"},
        (3, 4),
        5,
        BOTH,
    ),
}


def told(text: str, labels: Mapping[str, str], value: str) -> str:
    """A text of an alert, filled in."""
    filled = re.sub(r"\{\{ \$labels\.(\w+) \}\}", lambda found: labels[found[1]], text)
    return filled.replace("{{ $value }}", value)


def test_every_alert_has_a_case() -> None:
    assert CASES.keys() == ALERTS.keys()


@pytest.mark.parametrize("name", CASES)
async def test_an_alert_fires_when_it_has_to_and_not_before(name: str, tmp_path: Path) -> None:
    rule, case = ALERTS[name], CASES[name]
    fires = {
        "exp_labels": {**case.labels, **rule["labels"]},
        "exp_annotations": {
            key: told(text, case.labels, case.value) for key, text in rule["annotations"].items()
        },
    }
    document = {
        "rule_files": [str(DEPLOY / "prometheus" / "alerts.yml")],
        "evaluation_interval": "15s",
        "tests": [
            {
                "interval": "1m",
                "input_series": [{"series": one, "values": values} for one, values in case.series.items()],
                "alert_rule_test": [
                    *({"eval_time": f"{at}m", "alertname": name, "exp_alerts": []} for at in case.quiet_at),
                    {"eval_time": f"{case.fires_at}m", "alertname": name, "exp_alerts": [fires]},
                ],
            }
        ],
    }
    path = tmp_path / "rules.yml"
    path.write_text(as_json(document), encoding="utf-8")
    code, said = await promtool("test", "rules", str(path))
    assert code == 0, said


async def test_the_shipped_configuration_is_well_formed() -> None:
    code, said = await promtool("check", "config", str(DEPLOY / "prometheus" / "prometheus.yml"))
    assert code == 0, said
