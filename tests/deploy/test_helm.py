"""The chart, rendered by a small renderer (Helm itself was not run), and checked by Kubernetes's schemas."""

import json
import re
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from random import Random
from typing import Any, Final

import kubernetes_validate  # type: ignore[import-untyped]  # it has no types
import pytest
import yaml
from aiohttp import ClientSession
from jsonschema import Draft7Validator

from gateway import config
from gateway.telemetry.metrics import Metrics
from schemas.ids import PlatformId
from tests.deploy.described import DEPLOY, Host, kubernetes, pod
from tests.deploy.helm import Renderer, merged, parsed
from tests.deploy.pictures import DASHBOARDS
from tests.deploy.test_comes_up import HTTP, first_key, host, status, up

__all__ = ["host"]  # a fixture

CHART: Final = DEPLOY / "helm" / "trunkline"
VERSION: Final = "1.31"  # of Kubernetes
EVERYTHING: Final[Mapping[str, Any]] = {
    "image": {"digest": f"sha256:{'0' * 64}"},
    "imagePullSecrets": [{"name": "pull"}],
    "environmentSecret": "secrets",
    "firstKey": {"secret": "first"},
    "store": {"storageClass": "fast"},
    "ingress": {
        "enabled": True,
        "className": "nginx",
        "tlsSecret": "tls",
        "annotations": {"nginx.ingress.kubernetes.io/proxy-read-timeout": "3600"},
    },
    "networkPolicy": {"clients": [{"namespaceSelector": {"matchLabels": {"a": "b"}}}]},
    "serviceMonitor": {"enabled": True, "labels": {"release": "prometheus"}},
    "prometheusRule": {"enabled": True, "labels": {"release": "prometheus"}},
    "dashboards": {"enabled": True},
    "podAnnotations": {"a": "b"},
    "nodeSelector": {"disk": "fast"},
    "tolerations": [{"key": "a", "operator": "Exists"}],
    "affinity": {"nodeAffinity": {}},
}
CLUSTER: Final[Mapping[str, Any]] = {
    "cluster": {"enabled": True, "replicas": 3, "autoscaling": {"enabled": True}},
    "environmentSecret": "nats",
    "firstKey": {"secret": "first"},
}
LEAST: Final[Mapping[str, Any]] = {
    "store": {"existingClaim": "mine"},
    "networkPolicy": {"enabled": False},
    "podDisruptionBudget": {"enabled": False},
}
CASES: Final = {"as it is": {}, "everything": EVERYTHING, "least": LEAST, "cluster": CLUSTER}
OPERATORS: Final = frozenset({"ServiceMonitor", "PrometheusRule"})  # of the Prometheus operator


def rendered(values: Mapping[str, Any], release: str = "trunkline") -> dict[tuple[str, str], Any]:
    found = list(Renderer(CHART, values, release).manifests())
    by_name = {(one["kind"], one["metadata"]["name"]): one for one in found}
    assert len(by_name) == len(found)
    return by_name


def strings(value: object) -> Iterator[str]:
    match value:
        case dict():
            for key, member in value.items():
                yield key
                yield from strings(member)
        case list():
            for member in value:
                yield from strings(member)
        case str():
            yield value
        case _:
            pass


@pytest.mark.parametrize("values", CASES.values(), ids=CASES)
def test_what_is_rendered_is_what_kubernetes_takes(values: Mapping[str, Any]) -> None:
    for (kind, _), one in rendered(values).items():
        if kind not in OPERATORS:
            kubernetes_validate.validate(one, VERSION, strict=True)


def test_the_plain_manifests_are_what_kubernetes_takes() -> None:
    for one in kubernetes():
        kubernetes_validate.validate(one, VERSION, strict=True)


def test_the_schemas_find_a_field_that_there_is_not() -> None:
    (deployment,) = (one for (kind, _), one in rendered({}).items() if kind == "Deployment")
    deployment["spec"]["template"]["spec"]["enableServiceLink"] = False
    with pytest.raises(kubernetes_validate.ValidationError, match="enableServiceLink"):
        kubernetes_validate.validate(deployment, VERSION, strict=True)


def test_what_is_switched_on_is_there_and_nothing_else() -> None:
    kinds = {name: {kind for kind, _ in rendered(values)} for name, values in CASES.items()}
    least = {"ConfigMap", "Deployment", "Service"}
    shipped = {*least, "PersistentVolumeClaim", "NetworkPolicy", "PodDisruptionBudget"}
    assert kinds["least"] == least
    assert kinds["as it is"] == shipped
    assert kinds["everything"] == {*shipped, "Ingress", *OPERATORS}
    assert kinds["cluster"] == {*shipped, "HorizontalPodAutoscaler"} - {"PersistentVolumeClaim"}


def test_the_pod_is_the_one_of_the_plain_manifests() -> None:
    """But for what a release names and what only a chart can say."""
    (chart,) = (one for (kind, _), one in rendered({}).items() if kind == "Deployment")
    (plain,) = (one for one in kubernetes() if one["kind"] == "Deployment")
    ours, theirs = chart["spec"]["template"], plain["spec"]["template"]
    assert ours["spec"] == theirs["spec"]
    theirs_said = theirs["metadata"]["annotations"]
    assert {key: ours["metadata"]["annotations"][key] for key in theirs_said} == theirs_said
    assert chart["spec"]["strategy"] == plain["spec"]["strategy"]


def test_a_release_of_any_name_holds_together() -> None:
    found = rendered(EVERYTHING, "blue")
    template = found["Deployment", "blue"]["spec"]["template"]
    labels = template["metadata"]["labels"]
    for kind, name, path in (
        ("Deployment", "blue", ("selector", "matchLabels")),
        ("Service", "blue", ("selector",)),
        ("Service", "blue-metrics", ("selector",)),
        ("NetworkPolicy", "blue", ("podSelector", "matchLabels")),
        ("PodDisruptionBudget", "blue", ("selector", "matchLabels")),
    ):
        selector: Any = found[kind, name]["spec"]
        for key in path:
            selector = selector[key]
        assert selector.items() <= labels.items(), kind
    watched = found["ServiceMonitor", "blue"]["spec"]["selector"]["matchLabels"]
    assert watched.items() <= found["Service", "blue-metrics"]["metadata"]["labels"].items()
    assert not watched.items() <= found["Service", "blue"]["metadata"]["labels"].items()
    volumes = {one["name"]: one for one in template["spec"]["volumes"]}
    assert volumes["config"]["configMap"]["name"] == "blue"
    assert volumes["store"]["persistentVolumeClaim"]["claimName"] == "blue"
    assert not [text for text in strings(template["spec"]["volumes"]) if text == "trunkline"]


def test_pods_of_a_cluster_are_several_keep_nothing_and_stand_apart() -> None:
    found = rendered(CLUSTER)
    deployment = found["Deployment", "trunkline"]["spec"]
    assert "replicas" not in deployment  # the autoscaler says
    assert deployment["strategy"] == {"rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}
    spec = deployment["template"]["spec"]
    assert {one["name"]: one for one in spec["volumes"]}["store"] == {"name": "store", "emptyDir": {}}
    labels = deployment["template"]["metadata"]["labels"]
    for one in spec["topologySpreadConstraints"]:
        assert one["labelSelector"]["matchLabels"].items() <= labels.items()
    (container,) = spec["containers"]
    drain_s = float(
        re.findall(r"sleep\((\d+)\)", container["lifecycle"]["preStop"]["exec"]["command"][-1])[0]
    )
    given = config.Config().server.shutdown_s
    assert drain_s + given < spec["terminationGracePeriodSeconds"]
    scaled = found["HorizontalPodAutoscaler", "trunkline"]["spec"]
    assert scaled["minReplicas"] == 3
    assert scaled["scaleTargetRef"]["name"] == "trunkline"
    (metric,) = scaled["metrics"]
    exposed = Metrics({PlatformId("sales"): "softswitch"}).render().decode()
    assert f"\n{metric['pods']['metric']['name']}{{" in exposed
    fixed = rendered({"cluster": {"enabled": True}})["Deployment", "trunkline"]["spec"]
    assert fixed["replicas"] == 2


def test_a_first_key_of_a_secret_may_be_read_by_nobody_else() -> None:
    """By the group of the pod, but not by others, or the gateway refuses it."""
    spec = rendered(EVERYTHING)["Deployment", "trunkline"]["spec"]["template"]["spec"]
    (secret,) = [one["secret"] for one in spec["volumes"] if "secret" in one]
    assert secret["defaultMode"] & stat.S_IRWXO == 0
    (container,) = spec["containers"]
    (variable,) = container["env"]
    mount = next(one for one in container["volumeMounts"] if one["name"] == "first-key")
    assert variable["value"] == f"{mount['mountPath']}/key"


def test_rules_and_dashboards_are_the_shipped_ones() -> None:
    found = rendered(EVERYTHING)
    rules = yaml.safe_load((DEPLOY / "prometheus" / "alerts.yml").read_bytes())
    assert found["PrometheusRule", "trunkline"]["spec"] == rules
    shown = found["ConfigMap", "trunkline-dashboards"]
    assert shown["metadata"]["labels"]["grafana_dashboard"] == "1"
    assert {json.loads(text)["uid"] for text in shown["data"].values()} == {
        one["uid"] for one in DASHBOARDS.values()
    }


def test_values_are_as_their_schema_says_and_a_misspelt_one_is_refused() -> None:
    schema = json.loads((CHART / "values.schema.json").read_text(encoding="utf-8"))
    Draft7Validator.check_schema(schema)
    own = yaml.safe_load((CHART / "values.yaml").read_bytes())
    validator = Draft7Validator(schema)
    for values in CASES.values():
        validator.validate(merged(own, values))
    assert set(own) | {"global"} == set(schema["properties"])
    mistakes: tuple[dict[str, Any], ...] = (
        {"imagee": {}},
        {"image": {"repository": "x", "tag": "latest"}},
        {"store": {"size": "big"}},
        {"podDisruptionBudget": {"maxUnavailable": 2}},
        {"cluster": {"replicas": 1}},
    )
    for wrong in mistakes:
        assert not validator.is_valid({**own, **wrong})


def test_the_shipped_configuration_is_one(tmp_path: Path) -> None:
    text = rendered({})["ConfigMap", "trunkline"]["data"]["config.yaml"]
    path = tmp_path / "config.yaml"
    path.write_text(text, encoding="utf-8")
    assert config.load(path).platforms


def test_a_change_of_the_configuration_starts_the_pod_anew() -> None:
    first, second = (
        rendered({"config": {"platforms": {name: {"dialect": "softswitch"}}}})["Deployment", "trunkline"]
        for name in ("a", "b")
    )
    annotations = [one["spec"]["template"]["metadata"]["annotations"] for one in (first, second)]
    assert annotations[0]["checksum/config"] != annotations[1]["checksum/config"]


@pytest.mark.parametrize(
    "template",
    ["{{ .Values.nothing }}", "{{ if .Values.image }}", "{{ range .Values.tolerations }}{{ end }}"],
)
def test_the_renderer_refuses_what_it_does_not_know(template: str, tmp_path: Path) -> None:
    (tmp_path / "templates").mkdir()
    for name in ("values.yaml", "Chart.yaml"):
        (tmp_path / name).write_text((CHART / name).read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / "templates" / "a.yaml").write_text(template, encoding="utf-8")
    with pytest.raises((KeyError, ValueError)):
        Renderer(tmp_path, {}).text("a.yaml")


def test_every_image_has_an_exact_version() -> None:
    texts = [path.read_text(encoding="utf-8") for path in DEPLOY.rglob("*.yaml")]
    texts.append((DEPLOY / "Dockerfile").read_text(encoding="utf-8"))
    images = [found for text in texts for found in re.findall(r"[\w/]+:v?\d[\w.-]*|\w+:latest", text)]
    named = {one.partition(":")[0] for one in images}
    assert {"python", "trunkline", "prom/prometheus", "grafana/grafana"} <= named
    for one in images:
        if one.partition(":")[0] in {"python", "trunkline", "prom/prometheus", "grafana/grafana"}:
            assert re.search(r":v?\d+\.\d+\.\d+", one), one
    assert not any(":latest" in one for one in images)


def test_templates_close_what_they_open() -> None:
    for path in (CHART / "templates").iterdir():
        assert parsed(path.read_text(encoding="utf-8")).body


@pytest.mark.whole
async def test_what_is_rendered_comes_up(host: Host) -> None:  # the fixture
    container = pod(list(rendered({}).values()))
    host.lay_out(container, Random())  # noqa: S311  # of ports
    async with up(container, host), ClientSession() as http:
        url = f"http://127.0.0.1:{host.ports[HTTP]}"
        assert await status(http, f"{url}/v1/platforms", first_key(container, host)) == 200
