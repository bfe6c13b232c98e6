"""What Compose describes as a cluster comes up: three NATS servers, two gateways, and a Prometheus.

As in test_comes_up.py, what the files describe is started as processes on loopback. Each container has ports
of its own there, so names of services become addresses.
"""

import asyncio
import os
import re
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from random import Random
from secrets import token_hex
from typing import Final

import pytest
import yaml
from aiohttp import ClientError, ClientSession

from tests.deploy.described import DEPLOY, Container, Host, compose
from tests.deploy.prometheus import Prometheus, prometheus
from tests.deploy.test_comes_up import HTTP, METRICS, first_key, status, up
from tests.faults.gateway_process import free_port
from tests.nats_server import SERVER
from tests.patience import PATIENCE_S

pytestmark = pytest.mark.whole
DICE: Final = Random()  # noqa: S311  # of ports
FILE: Final = "compose.cluster.yaml"
SERVERS: Final = ("nats-1", "nats-2", "nats-3")
GATEWAYS: Final = ("gateway-1", "gateway-2")
CLIENTS, MONITORING, ROUTES = 4222, 8222, 6222
PASSWORD: Final = token_hex(16)


class Network:
    """The services, each with a folder and ports of its own on this machine."""

    def __init__(self, folder: Path) -> None:
        self.containers: dict[str, Container] = {}
        self.hosts: dict[str, Host] = {}
        for name in (*SERVERS, *GATEWAYS):
            container = compose(name, {"NATS_PASSWORD": PASSWORD}, FILE)
            if name in SERVERS:
                container = replace(container, ports=(CLIENTS, MONITORING, ROUTES))
            place = folder / name
            place.mkdir()
            self.containers[name], self.hosts[name] = container, Host(place)
            self.hosts[name].lay_out(container, DICE)

    def here(self, text: str) -> str:
        """A text that names services, with their addresses."""
        names = "|".join(self.hosts)
        return re.sub(
            rf"\b({names}):(\d+)\b",
            lambda found: f"127.0.0.1:{self.hosts[found[1]].ports[int(found[2])]}",
            text,
        )

    def gateway(self, name: str) -> Container:
        """One, with the servers' addresses as they are here."""
        container = self.containers[name]
        environment = {key: self.here(value) for key, value in container.environment.items()}
        return replace(container, environment=environment)

    @asynccontextmanager
    async def server(self, name: str) -> AsyncIterator[None]:
        """A NATS server, as its container would run it."""
        container, host = self.containers[name], self.hosts[name]
        config = host.path("/etc/nats") / "nats.conf"
        config.write_text(host.at(self.here(config.read_text(encoding="utf-8"))), encoding="utf-8")
        with (host.folder / "nats.log").open("wb") as log:
            process = await asyncio.create_subprocess_exec(
                SERVER,
                *map(host.at, container.command),
                env={**os.environ, **host.environment(container)},
                stdout=log,
                stderr=log,
            )
        try:
            yield
        finally:
            process.terminate()
            await process.wait()


@pytest.fixture
def network() -> Iterator[Network]:
    with tempfile.TemporaryDirectory(prefix="tl-") as folder:
        yield Network(Path(folder))


async def well(http: ClientSession, url: str) -> None:
    """Return once it answers 200."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            try:
                if await status(http, url) == 200:
                    return
            except ClientError:
                pass  # it begins
            await asyncio.sleep(0.1)  # it has no way of telling


@asynccontextmanager
async def watched(network: Network, place: Path) -> AsyncIterator[Prometheus]:
    """Compose's Prometheus, its targets on loopback."""
    folder = place / "prometheus"
    folder.mkdir()
    for name in ("cluster.yml", "alerts.yml"):
        text = (DEPLOY / "prometheus" / name).read_text(encoding="utf-8")
        (folder / name).write_text(network.here(text).replace("15s", "1s"), encoding="utf-8")
    arguments = dict(word.split("=", 1) for word in compose("prometheus", file=FILE).command)
    config = folder / Path(arguments["--config.file"]).name
    async with prometheus(config, place / "data", free_port(DICE)) as one:
        yield one


async def test_it_comes_up_is_scraped_and_the_second_takes_over(network: Network, tmp_path: Path) -> None:
    async with AsyncExitStack() as stack, ClientSession() as http:
        for name in SERVERS:
            await stack.enter_async_context(network.server(name))
        for name in SERVERS:  # what its health check asks
            await well(http, f"http://127.0.0.1:{network.hosts[name].ports[MONITORING]}/healthz")
        running = {}
        for name in GATEWAYS:
            running[name] = await stack.enter_async_context(up(network.gateway(name), network.hosts[name]))
        key = first_key(network.containers["gateway-1"], network.hosts["gateway-1"])
        for name in GATEWAYS:
            url = f"http://127.0.0.1:{network.hosts[name].ports[HTTP]}/v1/platforms"
            assert [await status(http, url, one) for one in (None, key)] == [401, 200], name

        watching = await stack.enter_async_context(watched(network, tmp_path))

        async def at_work() -> str:
            both = [await watching.value("up{job='trunkline'} == 1"), await watching.value("sum(up)")]
            if both[1] != 2:
                return ""
            for name in GATEWAYS:
                instance = f"127.0.0.1:{network.hosts[name].ports[METRICS]}"
                if await watching.value(f'trunkline_at_work{{instance="{instance}"}}') == 1:
                    return name
            return ""

        first = await watching.until(at_work)
        assert await watching.value("sum(trunkline_at_work)") == 1
        assert await watching.value("sum(trunkline_lease_held)") == 1
        running[first].terminate()
        (second,) = set(GATEWAYS) - {first}
        instance = f"127.0.0.1:{network.hosts[second].ports[METRICS]}"

        async def taken_over() -> bool:
            return await watching.value(f'trunkline_take_overs_total{{instance="{instance}"}}') == 1

        await watching.until(taken_over)
        url = f"http://127.0.0.1:{network.hosts[second].ports[HTTP]}/v1/platforms"
        assert await status(http, url, key) == 200


def test_the_servers_are_one_cluster_and_nobody_else_reaches_them() -> None:
    services = yaml.safe_load((DEPLOY / FILE).read_bytes())["services"]
    config = (DEPLOY / "nats" / "nats.conf").read_text(encoding="utf-8")
    assert set(re.findall(r"nats://(nats-\d):6222", config)) == set(SERVERS)
    for name in SERVERS:
        assert "ports" not in services[name]
        assert services[name]["environment"]["NAME"] == name
    for name in GATEWAYS:
        assert set(re.findall(r"nats-\d", services[name]["environment"]["TRUNKLINE_BUS__SERVERS"])) == set(
            SERVERS
        )
        assert all(one.startswith("127.0.0.1:") for one in services[name]["ports"])
    watched = (DEPLOY / "prometheus" / "cluster.yml").read_text(encoding="utf-8")
    assert set(re.findall(r"gateway-\d", watched)) == set(GATEWAYS)
