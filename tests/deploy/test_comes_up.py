"""What Compose and the cluster describe comes up, gets its first key, is scraped, and raises no false alert.

There is no container engine here: the files are read, and exactly what they describe is started as processes
on loopback (see `described`), with a real Prometheus under the configuration that is shipped.
"""

import asyncio
import stat
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random
from typing import Any, Final

import pytest
import yaml
from aiohttp import ClientError, ClientSession, web
from aiohttp.test_utils import TestServer

from tests.deploy.described import DEPLOY, Container, Host, compose, image, kubernetes, pod
from tests.deploy.prometheus import Prometheus, prometheus
from tests.e2e.processes import ENVIRONMENT, TRUNKLINE
from tests.faults.gateway_process import free_port
from tests.patience import PATIENCE_S

pytestmark = pytest.mark.whole
DICE: Final = Random()  # noqa: S311  # of ports
LOOPBACK: Final = {"TRUNKLINE_WEBHOOKS__ALLOW_PRIVATE_NETWORKS": '["127.0.0.0/8"]'}  # for receivers of a test
HTTP, METRICS, PROMETHEUS = 8080, 9464, 9090


@pytest.fixture
def host() -> Iterator[Host]:
    """Short paths: of a socket's no more than 100 characters are taken."""
    with tempfile.TemporaryDirectory(prefix="tl-") as folder:
        yield Host(Path(folder))


@asynccontextmanager
async def up(container: Container, host: Host, **more: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """A container as a process; ready."""
    log = host.folder / "gateway.log"
    command = [str(TRUNKLINE), *map(host.at, container.command[1:])]
    assert container.command[0] == "trunkline"
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            *command,
            env={**ENVIRONMENT, **host.environment(container), **more},
            cwd=host.path(container.workdir),
            stdout=output,
            stderr=output,
        )
    try:
        async with asyncio.timeout(PATIENCE_S), ClientSession() as http:
            while not await ready(http, f"http://127.0.0.1:{host.ports[METRICS]}/readyz"):
                assert process.returncode is None, log.read_text(encoding="utf-8")
                await asyncio.sleep(0.1)  # it has no way of telling
            yield process
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def ready(http: ClientSession, url: str) -> bool:
    try:
        async with http.get(url) as response:
            return response.status == 200
    except ClientError:
        return False


def first_key(container: Container, host: Host) -> str:
    """What the operator reads, with `exec gateway cat`."""
    path = host.path(container.environment["TRUNKLINE_BOOTSTRAP_KEY_FILE"])
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    return path.read_text(encoding="utf-8").strip()


@asynccontextmanager
async def watched(host: Host, *, every: str = "15s") -> AsyncIterator[Prometheus]:
    """Compose's Prometheus, its target on loopback."""
    container = compose("prometheus")
    host.lay_out(container, DICE)
    file = host.path("/etc/prometheus/prometheus.yml")
    text = host.at(file.read_text(encoding="utf-8")).replace("gateway:", "127.0.0.1:")
    file.write_text(text.replace("15s", every), encoding="utf-8")
    arguments = dict(word.split("=", 1) for word in map(host.at, container.command))
    config, data = arguments.pop("--config.file"), arguments.pop("--storage.tsdb.path")
    more = [f"{name}={value}" for name, value in arguments.items()]
    async with prometheus(Path(config), Path(data), host.ports[PROMETHEUS], *more) as one:
        yield one


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


async def status(http: ClientSession, url: str, key: str | None = None) -> int:
    async with http.get(url, headers=bearer(key) if key else {}) as response:
        return response.status


async def test_compose_comes_up_is_scraped_and_raises_no_alert(host: Host) -> None:
    container = compose("gateway")
    host.lay_out(container, DICE)
    async with up(container, host) as _, ClientSession() as http, watched(host) as watching:
        url = f"http://127.0.0.1:{host.ports[HTTP]}"
        key = first_key(container, host)
        assert key not in (host.folder / "gateway.log").read_text(encoding="utf-8")
        assert [await status(http, f"{url}/v1/sessions", one) for one in (None, key)] == [401, 200]
        assert await status(http, f"{url}/metrics") == 401
        check = await asyncio.create_subprocess_exec(sys.executable, *map(host.at, container.health[1:]))
        assert await check.wait() == 0

        async def seen() -> bool:
            return await watching.value('up{job="trunkline"}') == 1

        await watching.until(seen)
        assert await watching.value("trunkline_build_info") == 1
        assert await watching.value('trunkline_deliveries_total{outcome="dead"}') == 0

        async def judged() -> bool:
            groups = (await watching.api("rules"))["groups"]
            last = [rule["lastEvaluation"] for group in groups for rule in group["rules"]]
            return all(not one.startswith("0001") for one in last)

        await watching.until(judged)
        assert await watching.alerts() == {}


async def test_the_operator_of_a_container_makes_a_key_for_prometheus_which_may_do_nothing_else(
    host: Host,
) -> None:
    container = compose("gateway")
    host.lay_out(container, DICE)
    async with up(container, host), ClientSession() as http:
        config = host.at(container.command[-1])
        made = await asyncio.create_subprocess_exec(
            *(
                TRUNKLINE,
                "keys",
                "create",
                "--config",
                config,
                "--name",
                "prometheus",
                "--scope",
                "metrics:read",
            ),
            env={**ENVIRONMENT, **host.environment(container)},
            stdout=asyncio.subprocess.PIPE,
        )
        out, _ = await made.communicate()
        (host.folder / "metrics.key").write_bytes(out)
        url = f"http://127.0.0.1:{host.ports[HTTP]}"
        narrow = out.decode().strip()
        assert await status(http, f"{url}/metrics", narrow) == 200
        assert await status(http, f"{url}/v1/sessions", narrow) == 403
        target = f"127.0.0.1:{host.ports[HTTP]}"
        config_file = host.folder / "by-key.yml"
        config_file.write_text(
            "global: {scrape_interval: 1s}\nscrape_configs:\n- job_name: trunkline\n"
            f"  authorization: {{credentials_file: {host.folder / 'metrics.key'}}}\n"
            f"  static_configs: [{{targets: ['{target}']}}]\n",
            encoding="utf-8",
        )
        async with prometheus(config_file, host.folder / "data", free_port(DICE)) as watching:

            async def seen() -> bool:
                return await watching.value("up") == 1

            await watching.until(seen)


async def test_the_port_for_prometheus_serves_nothing_else_and_no_post(host: Host) -> None:
    container = compose("gateway")
    host.lay_out(container, DICE)
    async with up(container, host), ClientSession() as http:
        url = f"http://127.0.0.1:{host.ports[METRICS]}"
        found = {
            path: await status(http, f"{url}{path}")
            for path in ("/metrics", "/healthz", "/readyz", "/v1/keys", "/v1/sessions", "/docs", "/activate")
        }
        assert found == {
            **dict.fromkeys(("/metrics", "/healthz", "/readyz"), 200),
            **dict.fromkeys(("/v1/keys", "/v1/sessions", "/docs", "/activate"), 404),
        }
        async with http.post(f"{url}/activate") as response:
            assert response.status == 404
        async with http.get(f"{url}/metrics") as response:
            assert response.headers["Connection"] == "close"


@pytest.mark.parametrize("links", [False, True])
async def test_the_pod_comes_up_beside_a_service_of_its_own_name(host: Host, links: bool) -> None:  # noqa: FBT001
    """Without service links, as shipped, and with them, as a cluster would have it by itself."""
    manifests = kubernetes()
    if links:
        spec: Any = next(one for one in manifests if one["kind"] == "Deployment")["spec"]["template"]["spec"]
        assert spec.pop("enableServiceLinks") is False
    container = pod(manifests)
    assert ("TRUNKLINE_PORT" in container.environment) is links
    host.lay_out(container, DICE)
    async with up(container, host), ClientSession() as http:
        url = f"http://127.0.0.1:{host.ports[HTTP]}"
        assert await status(http, f"{url}/v1/platforms", first_key(container, host)) == 200


def test_what_the_cluster_scrapes_and_probes_is_the_port_that_asks_for_no_key() -> None:
    by_name = {(one["kind"], one["metadata"]["name"]): one for one in kubernetes()}
    template = by_name["Deployment", "trunkline"]["spec"]["template"]
    (container,) = template["spec"]["containers"]
    ports = {one["name"]: one["containerPort"] for one in container["ports"]}
    assert template["metadata"]["annotations"]["prometheus.io/port"] == str(ports["metrics"])
    assert set(ports.values()) == set(image().ports)
    probes = [
        container[name]["httpGet"]["port"] for name in ("startupProbe", "livenessProbe", "readinessProbe")
    ]
    assert set(probes) == {"metrics"}
    published = by_name["Service", "trunkline"]["spec"]["ports"]
    assert [one["targetPort"] for one in published] == ["http"]
    http, metrics = by_name["NetworkPolicy", "trunkline"]["spec"]["ingress"]
    assert [one["port"] for one in http["ports"]] == ["http"]
    assert [one["port"] for one in metrics["ports"]] == ["metrics"]
    assert metrics["from"]


def test_compose_publishes_on_loopback_and_not_the_port_without_a_key() -> None:
    services: Mapping[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_bytes())["services"]
    published = [port for service in services.values() for port in service.get("ports", ())]
    assert published
    assert all(port.startswith("127.0.0.1:") for port in published)
    assert not any(port.endswith(f":{METRICS}") for port in published)


@asynccontextmanager
async def receiver(answer: int) -> AsyncIterator[str]:
    """A webhook's, which always answers that."""

    async def take(_request: web.Request) -> web.Response:
        return web.Response(status=answer)

    app = web.Application()
    app.router.add_post("/", take)
    server = TestServer(app, host="127.0.0.1")
    await server.start_server()
    try:
        yield str(server.make_url("/"))
    finally:
        await server.close()


async def test_three_alerts_fire_in_a_live_run(host: Host) -> None:
    """A delivery given up and a webhook disabled, each the first of its kind; then the gateway is killed."""
    container = compose("gateway")
    host.lay_out(container, DICE)
    async with (
        up(container, host, **LOOPBACK) as process,
        ClientSession(f"http://127.0.0.1:{host.ports[HTTP]}") as http,
        watched(host, every="1s") as watching,
        receiver(400) as refusing,
        receiver(410) as gone,
    ):
        headers = bearer(first_key(container, host))

        async def firing(name: str) -> bool:
            return (await watching.alerts()).get(name) == "firing"

        async def seen() -> bool:
            return await watching.value('trunkline_deliveries_total{outcome="disabled"}') == 0

        await watching.until(seen)
        assert await watching.alerts() == {}
        for hook in ({"url": refusing, "final_statuses": [400]}, {"url": gone}):
            async with http.post("/v1/webhooks", json=hook, headers=headers) as response:
                assert response.status == 201, await response.text()
        async with http.get("/v1/sessions", headers=headers) as response:
            session = (await response.json())["sessions"][0]["id"]
        state = {"type": "agent.set_state", "session_id": session, "state": "not_ready"}
        async with http.post("/v1/commands", json=state, headers=headers) as response:
            assert response.status == 200, await response.text()
        await watching.until(lambda: firing("TrunklineDeadDeliveries"))
        await watching.until(lambda: firing("TrunklineWebhookDisabled"))
        process.kill()
        await watching.until(lambda: firing("TrunklineDown"))
