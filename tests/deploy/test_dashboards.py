"""The dashboards show what a gateway has: every query is answered by a Prometheus, every name is known."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from gateway.cli.dashboards import Exposed
from gateway.cli.naming import named
from gateway.telemetry.metrics import Metrics
from schemas.ids import PlatformId
from tests.deploy.busy import busy
from tests.deploy.described import DEPLOY, ROOT
from tests.deploy.pictures import DASHBOARDS, asked, draw, panels
from tests.e2e.processes import configure, run, served

EXPOSED = Exposed(Metrics({PlatformId("sales"): "softswitch"}).render().decode())
ALERTS = DEPLOY / "prometheus" / "alerts.yml"


@pytest.mark.whole
async def test_all_that_is_shipped_names_what_a_gateway_has() -> None:
    ended = await run("dashboards", "check", cwd=ROOT)
    assert (ended.code, ended.err) == (0, "")
    assert "0 of what they name is missing" in ended.out


@pytest.mark.whole
async def test_a_gateway_that_runs_is_asked_on_its_own_socket(tmp_path: Path) -> None:
    config = configure(tmp_path)
    async with served(config):
        ended = await run("dashboards", "check", "--config", config, str(ALERTS), cwd=tmp_path)
    assert ended.code == 0, ended.err


@pytest.mark.parametrize(
    ("file", "text", "missing"),
    [
        ("a.json", {"expr": "rate(trunkline_event_total[5m])"}, "no trunkline_event_total"),
        ("a.json", {"expr": "sum by (platfrom) (trunkline_links)"}, "no label platfrom"),
        ("a.json", {"expr": 'trunkline_links{stat="connected"}'}, "no label stat"),
        ("a.json", {"expr": 'trunkline_links{state="conected"}'}, 'no state="conected"'),
        ("a.json", {"expr": 'trunkline_deliveries_total{outcome=~"dead|ded"}'}, 'no outcome="ded"'),
        ("a.json", {"expr": "trunkline_links", "legendFormat": "{{agent}}"}, "no label agent"),
        ("a.json", {"query": "label_values(trunkline_link, platform)"}, "no trunkline_link"),
        ("r.yml", {"alert": "A", "expr": "trunkline_dead > 0"}, "r.yml: A: there is no trunkline_dead"),
        (
            "r.yml",
            {"alert": "A", "expr": "trunkline_links", "annotations": {"summary": "{{ $labels.agent }}"}},
            "no label agent",
        ),
        ("d.md", "See `trunkline_evnts_total`.", "no trunkline_evnts_total"),
        ("d.md", 'See `trunkline_links{stae="connected"}`.', "no label stae"),
    ],
)
def test_what_there_is_not_is_found(file: str, text: Any, missing: str, tmp_path: Path) -> None:
    path = tmp_path / file
    path.write_text(text if isinstance(text, str) else json.dumps(text), encoding="utf-8")
    found = [line for one in named(path) for line in EXPOSED.missing(one)]
    assert len(found) == 1
    assert missing in found[0]


@pytest.mark.whole
async def test_every_panel_is_answered_and_can_be_drawn(tmp_path: Path) -> None:
    async with busy(tmp_path) as prometheus:

        async def begun() -> bool:
            return (await prometheus.value('trunkline_deliveries_total{outcome="delivered"}') or 0) > 0

        await prometheus.until(begun)
        for name, dashboard in DASHBOARDS.items():

            async def all_have_series(dashboard: Any = dashboard) -> Any:
                shown = await asked(prometheus, dashboard, 10.0)
                return shown if all(shown.values()) else None

            shown = await prometheus.until(all_have_series)
            picture = tmp_path / f"{name}.png"
            draw(dashboard, shown, picture)
            assert picture.stat().st_size > 10_000


def test_the_dashboards_are_those_that_are_wanted_and_provisioned() -> None:
    assert DASHBOARDS.keys() == {"overview", "platform", "agents", "webhooks", "node", "cluster"}
    uids = [dashboard["uid"] for dashboard in DASHBOARDS.values()]
    assert len(set(uids)) == len(uids)
    for dashboard in DASHBOARDS.values():
        for panel in panels(dashboard):
            assert panel["datasource"]["uid"] == "${datasource}"
            assert panel["title"]
    provisioning = DEPLOY / "grafana" / "provisioning"
    (provider,) = yaml.safe_load((provisioning / "dashboards" / "trunkline.yaml").read_bytes())["providers"]
    services = yaml.safe_load((DEPLOY / "compose.yaml").read_bytes())["services"]
    mounted = dict(volume.split(":")[:2] for volume in services["grafana"]["volumes"])
    assert mounted["./grafana/dashboards"] == provider["options"]["path"]
    (source,) = yaml.safe_load((provisioning / "datasources" / "prometheus.yaml").read_bytes())["datasources"]
    assert source["url"] == "http://prometheus:9090"
    assert "prometheus" in services


def test_pictures_of_all_are_in_the_manual() -> None:
    drawn = {path.stem for path in (ROOT / "docs" / "operate" / "dashboards").glob("*.png")}
    assert drawn == DASHBOARDS.keys()
