"""`trunkline dashboards check`: every metric and label that is named is in a running gateway's /metrics."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import typer
from aiohttp import ClientError, ClientSession, UnixConnector
from prometheus_client.parser import text_string_to_metric_families

from gateway import config as configuration
from gateway.app import Gateway, dialects, running
from gateway.cli.naming import Named, named
from gateway.config import Config
from gateway.http import operator_socket
from gateway.store.config import MEMORY
from gateway.telemetry import logs
from gateway.telemetry.config import LogConfig
from schemas.errors import ConfigError

SHIPPED: Final = ("deploy/grafana/dashboards/*.json", "deploy/prometheus/alerts.yml", "docs/operate/*.md")
_OF_PROMETHEUS: Final = frozenset({"job", "instance", "le", "version", "alertname"})
_SUFFIXES: Final = ("_bucket", "_count", "_sum")


class Exposed:
    """What a text of /metrics has: families, the labels of each, the values of each label."""

    def __init__(self, text: str) -> None:
        self._labels: dict[str, set[str]] = {}
        self._values: dict[tuple[str, str], set[str]] = {}
        self.sampled: set[str] = set()  # a family may be known with nothing in it
        for family in text_string_to_metric_families(text):
            names = {family.name} if family.type != "counter" else {f"{family.name}_total"}
            names |= {f"{family.name}{suffix}" for suffix in _SUFFIXES if family.type == "histogram"}
            for name in names:
                self._labels.setdefault(name, set())
            for sample in family.samples:
                self.sampled.add(sample.name)
                self._labels.setdefault(sample.name, set()).update(sample.labels)
                for label, value in sample.labels.items():
                    self._values.setdefault((sample.name, label), set()).add(value)

    def missing(self, one: Named) -> Iterator[str]:
        """What of it there is not."""
        if one.metric not in self._labels:
            yield f"{one.where}: there is no {one.metric}"
            return
        if one.metric not in self.sampled:
            return
        known = self._labels[one.metric] | _OF_PROMETHEUS
        for label in sorted(one.labels - known):
            yield f"{one.where}: {one.metric} has no label {label}; it has {', '.join(sorted(known))}"
        for label, value in sorted(one.values):
            if label in known and value not in self._values.get((one.metric, label), {value}):
                yield f'{one.where}: {one.metric} has no {label}="{value}"'


async def check(config: Path | None, paths: Sequence[Path]) -> int:
    """Tell what is missing. Returns 1 if anything is. Raises ConfigError."""
    paths = paths or _shipped()
    exposed = Exposed(await (_of_one_made_for_this() if config is None else _of_the_one_that_runs(config)))
    wanted = [one for path in paths for one in named(path)]
    missing = list(dict.fromkeys(line for one in wanted for line in exposed.missing(one)))
    for line in missing:
        typer.echo(line, err=True)
    metrics = len({one.metric for one in wanted})
    typer.echo(f"{len(paths)} files name {metrics} metrics; {len(missing)} of what they name is missing")
    return int(bool(missing))


def _shipped() -> Sequence[Path]:
    paths = [found for shipped in SHIPPED for found in sorted(Path().glob(shipped))]
    if not paths:
        raise ConfigError("dashboards: name the files; there are none of ours below this folder")
    return paths


async def _of_the_one_that_runs(config: Path) -> str:
    loaded = configuration.load(config)
    store = "" if loaded.store.path == MEMORY else loaded.store.path
    where = operator_socket.path_of(loaded.server.operator_socket, store)
    if where is None:
        raise ConfigError(f"{config}: there is no operator's socket, which /metrics is read from")
    try:
        async with (
            ClientSession(connector=UnixConnector(str(where))) as http,
            http.get("http://operator/metrics") as response,
        ):
            return await response.text()
    except (ClientError, OSError) as error:
        raise ConfigError(f"{where}: no gateway answers there") from error


async def _of_one_made_for_this() -> str:
    """A gateway with a platform that needs nothing outside, on a port of its own, keeping nothing."""
    logs.configure(LogConfig(level="error"))
    internal = next(one.name for one in dialects() if one.peer is not None)
    config = Config.model_validate(
        {
            "server": {"port": 0, "operator_socket": ""},
            "store": {"path": MEMORY},
            "platforms": {"demo": {"dialect": internal}},
        }
    )
    async with running(Gateway(config)) as gateway, ClientSession(gateway.addresses[0]) as http:
        webhook = {"url": f"{gateway.addresses[0]}/", "events": ["gateway.*"]}  # some metrics are a webhook's
        async with http.post("/v1/webhooks", json=webhook) as made, http.get("/metrics") as response:
            made.raise_for_status()
            return await response.text()
